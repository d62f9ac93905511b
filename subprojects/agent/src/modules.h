/* modules.h: kernel modules from the initramfs. */
#ifndef SBX_MODULES_H
#define SBX_MODULES_H

#include <sys/types.h>

/* Loads one group of /modules/list, in order. A module that is built in or loaded already is fine,
 * a missing list too (everything built in). */
void modules_load(const char *group);
/* The same in a process aside; modules_load_end() waits for it and loads what it could not, for want of
 * a module of another group. Loading one means patching text, which takes long under emulation. */
pid_t modules_load_begin(const char *group);
void modules_load_end(pid_t aside, const char *group);
/* Loads the groups whose virtio device is there. */
void modules_load_for_devices(void);
/* Gives their memory back. */
void modules_delete_files(void);

#endif
