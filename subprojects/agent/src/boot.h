/* boot.h: everything between the kernel starting /init and the agent serving. */
#ifndef SBX_BOOT_H
#define SBX_BOOT_H

/* Returns the fd of the host's port; reset_port is that of the port for resets, or -1. Fatal on
 * failure. */
int boot(int *reset_port);

#endif
