/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What run and exec share: a command in a sandbox, from start to exit status. */
#ifndef SBX_RUN_COMMAND_H
#define SBX_RUN_COMMAND_H

#include "auto.h"
#include "parse.h"
#include "pump.h"

enum on_interrupt {
    ON_INTERRUPT_LEAVE,        /* the caller destroys the sandbox */
    ON_INTERRUPT_KILL_PROCESS, /* the sandbox stays */
    ON_INTERRUPT_DETACH,       /* the process stays */
};

enum { RUN_FAILED = -1, RUN_TIMED_OUT = -2 };

/*
 * Runs the command with the standard streams and signals of sbx. Returns the exit status for sbx,
 * RUN_FAILED with *error, or RUN_TIMED_OUT at the deadline (of g_get_monotonic_time(); 0: none). From
 * here on signals are events: see signals.h.
 */
int run_command(const struct invocation *inv, sbx *sandbox, const sbx_command *command,
                enum on_interrupt on_interrupt, enum pump_mode mode, gint64 deadline,
                sbx_error **error);

/* The same with a process that runs already, or has ended. */
int run_attached(const struct invocation *inv, sbx *sandbox, int64_t id, sbx_error **error);

/* Reports why run_command() failed; returns the exit status for that. */
int run_command_failed(const struct invocation *inv, const sbx_error *error);

#endif
