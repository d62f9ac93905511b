/* mount.h: the guest's file systems. All fatal on failure. */
#ifndef SBX_MOUNT_H
#define SBX_MOUNT_H

/* /dev, /proc and /sys in the initramfs. */
void mount_early(void);
/* The overlay of the read-only root device and the scratch device becomes /. Waits for the devices
 * to appear. */
void mount_root(const char *root_device, const char *scratch_device);
/* What belongs below the new root. */
void mount_late(void);

#endif
