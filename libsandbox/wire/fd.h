/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* g_auto(fd_t): a descriptor that is closed when it goes out of scope (GLib has g_autofd from 2.76). */
#ifndef SBX_WIRE_FD_H
#define SBX_WIRE_FD_H

#include <errno.h>
#include <glib.h>
#include <unistd.h>

typedef int fd_t;

/* Closes a descriptor and keeps errno. */
static inline void sbx_fd_close(fd_t fd)
{
    int saved = errno;

    close(fd);
    errno = saved;
}

G_DEFINE_AUTO_CLEANUP_FREE_FUNC(fd_t, sbx_fd_close, -1)

/* Closes *fd, when there is one, and marks it closed. */
static inline void sbx_fd_clear(int *fd)
{
    if (*fd >= 0)
        sbx_fd_close(*fd);
    *fd = -1;
}

/* Hands over *fd. */
static inline int sbx_fd_steal(int *fd)
{
    int taken = *fd;

    *fd = -1;
    return taken;
}

#endif
