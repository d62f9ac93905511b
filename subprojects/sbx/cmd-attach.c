/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx attach: connects with a command that runs detached. */
#include "process-args.h"
#include "report.h"
#include "run-command.h"

int cmd_attach(const struct invocation *inv)
{
    g_autoptr(sbx) sandbox = NULL;
    g_autoptr(sbx_error) error = NULL;
    int64_t id;
    int status;

    if (!process_args_id(inv, inv->operands[1], &id))
        return EXIT_USAGE;
    if (sbx_connect(inv->operands[0], NULL, &sandbox, &error) < 0) {
        report_error(inv, error);
        return EXIT_SANDBOX;
    }
    status = run_attached(inv, sandbox, id, &error);
    return status < 0 ? run_command_failed(inv, error) : status;
}
