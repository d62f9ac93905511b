/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See run-command.h. */
#include "run-command.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "report.h"
#include "signals.h"
#include "wait-op.h"

int run_command_failed(const struct invocation *inv, const sbx_error *error)
{
    report_error(inv, error);
    if (!error || sbx_error_code(error) != SBX_E_EXEC)
        return EXIT_SANDBOX;
    switch (sbx_error_errno(error)) {
    case EACCES:
    case EPERM:
    case ENOEXEC:
    case EISDIR:
    case ETXTBSY:
    case E2BIG:
    case ELIBBAD:
        return EXIT_CANNOT_START;
    default:
        return EXIT_NO_COMMAND;
    }
}

static int exit_status(const struct invocation *inv, sbx_process *process, bool output_lost)
{
    int status = sbx_process_exit_code(process);

    if (sbx_process_cause(process) == SBX_CAUSE_UNKNOWN) {
        report_failure(inv, SBX_E_TIMEOUT,
                       "the time of the command is over, and the guest does not say whether it has "
                       "ended", "destroy the sandbox: sbx kill");
        return EXIT_SANDBOX;
    }
    if (sbx_process_cause(process) == SBX_CAUSE_DEADLINE) {
        report_failure(inv, SBX_E_TIMEOUT, "the command was killed when its time was over", NULL);
        return EXIT_TIMED_OUT;
    }
    if (sbx_process_oom(process))
        report_note(inv, "the sandbox ran out of memory and killed a process of the command");
    return status == 0 && output_lost ? EXIT_SANDBOX : status;
}

/* The user insists on the end. A guest that does not answer any more is not waited for. */
static void kill_process(const struct invocation *inv, sbx_process *process)
{
    g_autoptr(sbx_op) op = NULL;

    if (sbx_process_kill_start(process, NULL, &op, NULL) >= 0 &&
        sbx_op_wait(op, WAIT_OP_PATIENCE_MS, NULL) == 0)
        report_note(inv, "the sandbox does not answer: its command may be running still");
}

static int pump_to_the_end(const struct invocation *inv, sbx_process *process, int signal_fd,
                           enum on_interrupt on_interrupt, enum pump_mode mode, gint64 deadline,
                           sbx_error **error)
{
    bool output_lost;

    switch (pump_run(inv, process, signal_fd, mode, deadline, &output_lost, error)) {
    case PUMP_EXITED:
        return exit_status(inv, process, output_lost);
    case PUMP_INTERRUPTED:
        if (on_interrupt == ON_INTERRUPT_KILL_PROCESS)
            kill_process(inv, process);
        return EXIT_INTERRUPTED;
    case PUMP_LEFT:
        return EXIT_INTERRUPTED;
    case PUMP_TIMED_OUT:
        return RUN_TIMED_OUT;
    default:
        return RUN_FAILED;
    }
}

static int open_signals(const struct invocation *inv, enum pump_mode mode)
{
    int fd = signals_open();

    if (fd < 0 || (mode != PUMP_STREAMS && signals_add(fd, SIGWINCH) < 0)) {
        g_autofree char *text = g_strdup_printf("cannot receive signals: %s", g_strerror(errno));

        report_failure(inv, SBX_E_SYSTEM, text, NULL);
    }
    return fd;
}

/* Without a process: returns what to end with. Giving the start up ends what it has started. */
static int start(sbx *sandbox, const sbx_command *command, int signal_fd, gint64 deadline,
                 sbx_process **process, sbx_error **error)
{
    g_autoptr(sbx_op) op = NULL;

    if (sbx_spawn_start(sandbox, command, process, NULL, &op, error) < 0)
        return RUN_FAILED;
    switch (wait_op(op, signal_fd, deadline)) {
    case WAIT_SIGNAL:
        return EXIT_INTERRUPTED;
    case WAIT_TIME_OVER:
        return RUN_TIMED_OUT;
    default:
        return sbx_op_finish(op, error) < 0 ? RUN_FAILED : EXIT_SUCCESS;
    }
}

int run_command(const struct invocation *inv, sbx *sandbox, const sbx_command *command,
                enum on_interrupt on_interrupt, enum pump_mode mode, gint64 deadline,
                sbx_error **error)
{
    g_autoptr(sbx_process) process = NULL;
    int signal_fd = open_signals(inv, mode);
    int status;

    if (signal_fd < 0)
        return EXIT_SANDBOX;
    status = start(sandbox, command, signal_fd, deadline, &process, error);
    if (process)
        status = pump_to_the_end(inv, process, signal_fd, on_interrupt, mode, deadline, error);
    close(signal_fd);
    return status;
}

int run_attached(const struct invocation *inv, sbx *sandbox, int64_t id, sbx_error **error)
{
    g_autoptr(sbx_process) process = NULL;
    int signal_fd = open_signals(inv, PUMP_TERMINAL_LEAVE);
    int status = RUN_FAILED;
    enum pump_mode mode;

    if (signal_fd < 0)
        return EXIT_SANDBOX;
    if (sbx_process_attach(sandbox, id, &process, error) >= 0) {
        /* Only one on a terminal has an input. */
        mode = sbx_process_fd(process, SBX_STDIN) >= 0 ? PUMP_TERMINAL_LEAVE : PUMP_STREAMS;
        status = pump_to_the_end(inv, process, signal_fd, ON_INTERRUPT_DETACH, mode, 0, error);
    }
    close(signal_fd);
    return status;
}
