/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cancellation of the tool's work: by a signal (Ctrl-C, SIGTERM, SIGHUP, the parent's death) or by
 * the disappearance of whoever reads the progress.
 */
#ifndef SBX_IMAGE_CANCEL_H
#define SBX_IMAGE_CANCEL_H

#include <glib.h>
#include <poll.h>

typedef struct {
    int signal_fd;
    int progress_fd; /* -1: nobody listens */
    gboolean cancelled;
} SbxCancel;

/* Blocks the signals for this process and takes them from a descriptor from now on. */
gboolean sbx_cancel_init(SbxCancel *cancel, int progress_fd, GError **error);
void sbx_cancel_clear(SbxCancel *cancel);

/* Looks, without waiting, whether it was cancelled. */
gboolean sbx_cancel_check(SbxCancel *cancel);

/* Waits for one of @fds (at most 4; negative ones are ignored) or, unless cancelled already, for
 * cancellation. */
void sbx_cancel_poll(SbxCancel *cancel, struct pollfd *fds, guint n);

#endif
