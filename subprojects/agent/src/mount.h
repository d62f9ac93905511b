/* mount.h: the guest's file systems. All fatal on failure. */
#ifndef SBX_MOUNT_H
#define SBX_MOUNT_H

#include <sys/types.h>

/* /dev, /proc and /sys in the initramfs. */
void mount_early(void);
/* Mounts both disks in a process aside, while other modules are loaded. A failure there is fatal to the
 * agent, as one here is. */
pid_t mount_disks_begin(const char *root_device, const char *scratch_device);
/* Waits for that. The overlay of the read-only root disk and the scratch disk becomes /. */
void mount_root(pid_t disks);
/* What belongs below the new root. */
void mount_late(void);

#endif
