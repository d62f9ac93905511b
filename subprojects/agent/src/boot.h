/* boot.h: everything between the kernel starting /init and the agent serving. */
#ifndef SBX_BOOT_H
#define SBX_BOOT_H

/* Returns the fd of the host's port. Fatal on failure. */
int boot(void);

#endif
