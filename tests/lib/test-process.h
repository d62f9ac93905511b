/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes of this machine as /proc shows them, and waiting for their end without polling. */
#pragma once

#include <glib.h>
#include <sys/types.h>

/* Processes whose command line has that argument; of pid_t. */
GArray *test_processes_with(const char *argument);
/* ... that has an argument with that beginning. */
GArray *test_processes_starting(const char *prefix);
/* A process and all its descendants; of pid_t. */
GArray *test_descendants(pid_t top);
/* An argument of a process, or NULL when it has none such or has gone. */
char *test_process_argument(pid_t pid, guint nth);
/* argv[0]. */
char *test_process_name(pid_t pid);

/* A pidfd; the test fails when there is no such process. */
int test_pidfd(pid_t pid);
/* Waits until the process of a pidfd has ended; FALSE when it has not in that time. */
gboolean test_ends_within(int pidfd, int milliseconds);
/* Stops or kills by pidfd, which cannot hit a stranger. */
void test_pidfd_kill(int pidfd, int signal);

/* What a process has: entries of /proc/PID/fd and /proc/PID/task, and its anonymous memory. */
guint test_count_fds(pid_t pid);
guint test_count_threads(pid_t pid);
gsize test_anonymous_kib(pid_t pid);
