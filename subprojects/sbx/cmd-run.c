/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sbx run: a command in a fresh sandbox, and the sandbox gone after it. The sandbox has session
 * lifetime, so it goes with this process, however that ends; --timeout is kept here.
 */
#include "report.h"
#include "run-command.h"
#include "sandbox-args.h"

static int timed_out(const struct invocation *inv)
{
    g_autofree char *text = g_strdup_printf("the sandbox was destroyed after its time of %s",
                                            invocation_value(inv, OPT_TIMEOUT));

    report_failure(inv, SBX_E_TIMEOUT, text, "give it more with --timeout");
    return EXIT_TIMED_OUT;
}

int cmd_run(const struct invocation *inv)
{
    g_autoptr(sbx_options) options = sandbox_args_options(inv);
    g_autoptr(sbx_command) command = options ? sandbox_args_command(inv, inv->operands) : NULL;
    g_autoptr(sbx) sandbox = NULL;
    g_autoptr(sbx_error) error = NULL;
    int64_t timeout;
    gint64 deadline;
    int status;

    if (!command)
        return EXIT_USAGE;
    timeout = sandbox_args_timeout(inv);
    sbx_options_set_timeout(options, SBX_TIMEOUT_SESSION, NULL);
    sandbox = sandbox_args_create(inv, options);
    if (!sandbox)
        return EXIT_SANDBOX;
    deadline = timeout == SBX_TIMEOUT_SESSION ? 0 : g_get_monotonic_time() + timeout * 1000;

    status = run_command(inv, sandbox, command, ON_INTERRUPT_LEAVE, PUMP_STREAMS,
                         deadline, &error);
    if (status == RUN_TIMED_OUT)
        status = timed_out(inv);
    else if (status < 0)
        status = run_command_failed(inv, error);
    /* A failure means that it has gone, or that its keeper has, and the sandbox with it. */
    sbx_kill(sandbox, NULL);
    return status;
}
