/* modules.h: kernel modules from the initramfs. */
#ifndef SBX_MODULES_H
#define SBX_MODULES_H

/* Loads one group of /modules/list, in order. A module that is built in or loaded already is fine,
 * a missing list too (everything built in). */
void modules_load(const char *group);
/* Loads the groups whose virtio device is there. */
void modules_load_for_devices(void);
/* Gives their memory back. */
void modules_delete_files(void);

#endif
