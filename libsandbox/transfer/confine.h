/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the helper gives up before it looks at what a guest has sent. */
#ifndef SBX_TRANSFER_CONFINE_H
#define SBX_TRANSFER_CONFINE_H

#include "tar.h"

/*
 * From here on nothing but reading and writing files and pipes, with memory and time for that: no
 * other program, no new process, no socket, nobody else's memory, no mounts. All else is EPERM. And
 * with Landlock (Linux 5.19, where it is not switched off) no file outside of the root, and for the
 * relay none at all. Failing is for a kernel without seccomp.
 */
bool confine_writer(void *data, int root_fd, struct tar_failure *failure);
bool confine_reader(void *data, int root_fd, struct tar_failure *failure);
bool confine_relay(struct tar_failure *failure);

#endif
