/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that a guest has to answer, which it may never do: they must not keep sbx from ending. */
#ifndef SBX_WAIT_OP_H
#define SBX_WAIT_OP_H

#include "auto.h"

/* How long a guest may take to answer once the user wants the end, in milliseconds. */
#define WAIT_OP_PATIENCE_MS 5000

enum wait_end { WAIT_DONE, WAIT_SIGNAL, WAIT_TIME_OVER };

/*
 * Lets an op of the default queue go on until it is done, a signal that ends things comes, or the
 * deadline, one of g_get_monotonic_time(), passes; 0: none. signal_fd is from signals_open().
 * Signals that come meanwhile are still to be read from it.
 */
enum wait_end wait_op(sbx_op *op, int signal_fd, gint64 deadline);

/* Milliseconds left for poll(): -1 without a deadline. */
int wait_op_left(gint64 deadline);

#endif
