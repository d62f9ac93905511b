/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Connects a process in a sandbox with the standard streams and signals of sbx. */
#ifndef SBX_PUMP_H
#define SBX_PUMP_H

#include "auto.h"
#include "parse.h"

enum pump_end {
    PUMP_EXITED,      /* the process has ended: see sbx_process_exit_code() */
    PUMP_INTERRUPTED, /* a second SIGINT, SIGTERM or SIGHUP, or a first that the guest does not take */
    PUMP_TIMED_OUT,   /* the deadline passed */
    PUMP_LEFT,        /* the user typed the key for that */
    PUMP_FAILED,      /* *error says why */
};

enum pump_mode {
    PUMP_STREAMS,
    PUMP_TERMINAL,       /* the process is on a terminal that has the size of ours */
    PUMP_TERMINAL_LEAVE, /* ... and Ctrl-] leaves it */
};

/*
 * Takes the process's streams and passes bytes and signals on until the process has ended and its
 * output is written. signal_fd is from signals_open(). When our own output could not be written for
 * another reason than a reader that left, that is reported and *output_lost set. The deadline is one of
 * g_get_monotonic_time(); 0: none.
 */
enum pump_end pump_run(const struct invocation *inv, sbx_process *process, int signal_fd,
                       enum pump_mode mode, gint64 deadline, bool *output_lost, sbx_error **error);

#endif
