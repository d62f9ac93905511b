/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx exec: a command in a sandbox that is running already. */
#include "report.h"
#include "run-command.h"
#include "sandbox-args.h"

int cmd_exec(const struct invocation *inv)
{
    g_autoptr(sbx_command) command = sandbox_args_command(inv, inv->operands + 1);
    g_autoptr(sbx) sandbox = NULL;
    g_autoptr(sbx_error) error = NULL;
    int status;

    if (!command)
        return EXIT_USAGE;
    if (sbx_connect(inv->operands[0], NULL, &sandbox, &error) < 0) {
        report_error(inv, error);
        return EXIT_SANDBOX;
    }
    status = run_command(inv, sandbox, command, ON_INTERRUPT_KILL_PROCESS, 0, &error);
    return status < 0 ? run_command_failed(inv, error) : status;
}
