/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The guard: a process between the tool and the build script, which ends all that the script
 * started, even when the tool is killed.
 */
#ifndef SBX_IMAGE_GUARD_H
#define SBX_IMAGE_GUARD_H

#include <glib.h>
#include <sys/types.h>

/* The script's progress lines come to this descriptor of it; scripts use lower ones themselves. */
#define SBX_GUARD_PROGRESS_FD 9

typedef struct {
    pid_t pid;
    int pidfd;
    int progress_fd; /* read ends, not blocking */
    int log_fd;      /* the script's stdout and stderr */
} SbxGuard;

/* Starts @argv under a guard. The guard keeps copies of @locks (their holder counts as alive while
 * it cleans up) and removes @build_dir when it has outlived its parent. */
gboolean sbx_guard_start(const char *const *argv, const char *build_dir, const int *locks,
                         guint n_locks, SbxGuard *guard, GError **error);

/* Asks the guard to end the script. */
void sbx_guard_stop(SbxGuard *guard);

/* After pidfd became readable: the script's exit code, 128 + n when signal n ended it. */
int sbx_guard_finish(SbxGuard *guard);

#endif
