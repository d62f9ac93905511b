/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See run-command.h. */
#include "run-command.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "pump.h"
#include "report.h"
#include "signals.h"

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

    if (sbx_process_oom(process))
        report_note(inv, "the sandbox ran out of memory and killed a process of the command");
    return status == 0 && output_lost ? EXIT_SANDBOX : status;
}

static int pump_to_the_end(const struct invocation *inv, sbx_process *process, int signal_fd,
                           enum on_interrupt on_interrupt, gint64 deadline, sbx_error **error)
{
    bool output_lost;

    switch (pump_run(inv, process, signal_fd, deadline, &output_lost, error)) {
    case PUMP_EXITED:
        return exit_status(inv, process, output_lost);
    case PUMP_INTERRUPTED:
        if (on_interrupt == ON_INTERRUPT_KILL_PROCESS)
            sbx_process_signal(process, SIGKILL, NULL);
        return EXIT_INTERRUPTED;
    case PUMP_TIMED_OUT:
        return RUN_TIMED_OUT;
    default:
        return RUN_FAILED;
    }
}

int run_command(const struct invocation *inv, sbx *sandbox, const sbx_command *command,
                enum on_interrupt on_interrupt, gint64 deadline, sbx_error **error)
{
    g_autoptr(sbx_process) process = NULL;
    int signal_fd = signals_open();
    int status = RUN_FAILED;

    if (signal_fd < 0) {
        g_autofree char *text = g_strdup_printf("cannot receive signals: %s", g_strerror(errno));

        report_failure(inv, SBX_E_SYSTEM, text, NULL);
        return EXIT_SANDBOX;
    }
    if (sbx_spawn(sandbox, command, &process, error) >= 0)
        status = pump_to_the_end(inv, process, signal_fd, on_interrupt, deadline, error);
    close(signal_fd);
    return status;
}
