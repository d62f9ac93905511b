/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing without SIGPIPE, whose disposition is the program's. The signal is for the thread that
 * wrote: it is held back there, and taken away if it was not there before.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/uio.h>
#include <time.h>

#include "client/fs-worker.h"

static int is_pending(void)
{
    sigset_t pending;

    return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

ssize_t sbx_write_quietly(int fd, const struct iovec *parts, int count)
{
    static const struct timespec now = {0};
    int was_pending = is_pending();
    sigset_t only;
    sigset_t before;
    ssize_t n;
    int saved;

    sigemptyset(&only);
    sigaddset(&only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &only, &before);
    n = writev(fd, parts, count);
    saved = errno;
    if (n < 0 && saved == EPIPE && !was_pending)
        while (sigtimedwait(&only, NULL, &now) < 0 && errno == EINTR)
            continue;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = saved;
    return n;
}
