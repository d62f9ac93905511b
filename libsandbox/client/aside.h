/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What blocks and has no descriptor that tells of its end: see aside.c. */
#ifndef SBX_CLIENT_ASIDE_H
#define SBX_CLIENT_ASIDE_H

#include <sys/socket.h>

/* Something that blocks, in system calls alone. */
typedef struct SbxAside {
    /* Returns 0 or an errno value. Must neither allocate nor take a mutex. */
    int (*function)(const struct SbxAside *aside);
    int fds[2]; /* the descriptors it takes, -1: none */
    const void *data;
} SbxAside;

/* Calls the function, inside of an op in a child process. Returns 0 or -errno; -ECANCELED inside a
 * cancelled op. */
int sbx_aside(const SbxAside *aside);

/* flock() with LOCK_SH or LOCK_EX, likewise. An op does not have the lock before it goes on: it must
 * give it back before it waits again. */
int sbx_flock(int fd, int kind);
/* connect() of a fresh unix socket, likewise; the address goes by way of the descriptor @directory. */
int sbx_connect_socket(int fd, const struct sockaddr *address, socklen_t length, int directory);

#endif
