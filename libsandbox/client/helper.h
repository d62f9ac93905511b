/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Running one of our helper programs and reading what it says, on the calling thread.
 *
 * The program that we are linked into may ignore SIGCHLD or reap children of its own accord: what
 * the helper said decides what happened, not its exit code, and it is waited for by a pidfd.
 */
#ifndef SBX_CLIENT_HELPER_H
#define SBX_CLIENT_HELPER_H

#include <glib.h>
#include <sys/types.h>

#include <sandbox/error.h>

/* Where the helper writes lines of progress. */
#define SBX_HELPER_LINE_FD 3
/* What else it is given is here and after. */
#define SBX_HELPER_GIVEN_FD 4
#define SBX_HELPER_GIVEN_MAX 2

typedef struct {
    const char *operation;
    /* Takes a line of progress (without its end, may be changed); anything but 0 cancels. NULL: no
     * lines are wanted. */
    int (*line)(void *data, char *line);
    void *data;
    /* Descriptors that the helper gets, closed here as soon as it has them or cannot be started. */
    int given[SBX_HELPER_GIVEN_MAX];
    int n_given;

    /* What came of it; cleared with sbx_helper_clear(). */
    GString *answer;    /* its standard output */
    GString *complaint; /* the start of its standard error */
    gboolean cancelled;

    /* Private. */
    GString *partial;
    pid_t pid;
    int pidfd;
    int line_fd;
    int answer_fd;
    int complaint_fd;
} SbxHelper;

/* Runs argv[0] to its end. An error means that it could not be started. */
int sbx_helper_run(SbxHelper *helper, const char *const *argv, sbx_error **error);
void sbx_helper_clear(SbxHelper *helper);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SbxHelper, sbx_helper_clear)

#endif
