/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cancellation of the tool's work: see cancel.h.
 */
#include "image/cancel.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include "image/failure.h"

enum { FDS_MAX = 4 };

gboolean sbx_cancel_init(SbxCancel *cancel, int progress_fd, GError **error)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    cancel->cancelled = FALSE;
    cancel->progress_fd = progress_fd;
    cancel->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (cancel->signal_fd >= 0)
        return TRUE;
    sbx_image_set_errno(error, errno, "cannot watch for signals");
    return FALSE;
}

void sbx_cancel_clear(SbxCancel *cancel)
{
    sbx_fd_clear(&cancel->signal_fd);
}

static void poll_with(SbxCancel *cancel, struct pollfd *fds, guint n, int timeout)
{
    struct pollfd all[FDS_MAX + 2];
    int ready;

    g_assert(n <= FDS_MAX);
    if (n > 0)
        memcpy(all, fds, n * sizeof(*fds));
    all[n] = (struct pollfd){.fd = cancel->cancelled ? -1 : cancel->signal_fd, .events = POLLIN};
    /* No event is asked for: POLLERR, "no reader is left", comes unasked. */
    all[n + 1] = (struct pollfd){.fd = cancel->cancelled ? -1 : cancel->progress_fd};
    do {
        ready = poll(all, n + 2, timeout);
    } while (ready < 0 && errno == EINTR);
    for (guint i = 0; i < n; i++)
        fds[i].revents = ready > 0 ? all[i].revents : 0;
    if (ready > 0 && (all[n].revents || all[n + 1].revents & (POLLERR | POLLNVAL)))
        cancel->cancelled = TRUE;
}

gboolean sbx_cancel_check(SbxCancel *cancel)
{
    if (!cancel->cancelled)
        poll_with(cancel, NULL, 0, 0);
    return cancel->cancelled;
}

void sbx_cancel_poll(SbxCancel *cancel, struct pollfd *fds, guint n)
{
    poll_with(cancel, fds, n, -1);
}
