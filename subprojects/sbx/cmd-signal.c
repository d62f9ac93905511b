/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx signal: a signal to a command of a sandbox, whoever is attached to it. */
#include <stdlib.h>

#include "process-args.h"
#include "report.h"

int cmd_signal(const struct invocation *inv)
{
    int scope = invocation_has(inv, OPT_SIGNAL_ALL) ? SBX_SCOPE_ALL : SBX_SCOPE_GROUP;
    g_autoptr(sbx) sandbox = NULL;
    g_autoptr(sbx_error) error = NULL;
    int64_t id;
    int number;

    if (!process_args_id(inv, inv->operands[1], &id) ||
        !process_args_signal(inv, inv->operands[2], &number))
        return EXIT_USAGE;
    if (sbx_connect(inv->operands[0], NULL, &sandbox, &error) < 0 ||
        sbx_process_signal_by_id(sandbox, id, number, scope, &error) < 0) {
        report_error(inv, error);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
