/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System calls that block and whose end no descriptor tells: see aside.c. */
#ifndef SBX_CLIENT_ASIDE_H
#define SBX_CLIENT_ASIDE_H

#include <sys/socket.h>

/* flock() with LOCK_SH or LOCK_EX. Returns 0 or -errno; -ECANCELED inside a cancelled op. */
int sbx_flock(int fd, int kind);
/* connect() of a fresh unix socket, likewise; the address goes by way of the descriptor @directory. */
int sbx_connect_socket(int fd, const struct sockaddr *address, socklen_t length, int directory);

#endif
