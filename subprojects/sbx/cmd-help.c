/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx help [COMMAND]: the same as sbx [COMMAND] --help. */
#include <stdlib.h>

#include "help.h"
#include "report.h"

int cmd_help(const struct invocation *inv)
{
    int used = 0;
    const struct command_spec *command = command_find(inv->operands, inv->operands_length, &used);
    g_autofree char *words = g_strjoinv(" ", inv->operands);
    g_autofree char *message = g_strdup_printf("unknown command '%s'", words);

    if (inv->operands_length == 0)
        help_print(stdout);
    else if (command && used == inv->operands_length)
        help_print_command(stdout, command);
    else if (inv->operands_length == 1 && group_find(inv->operands[0]))
        help_print_group(stdout, group_find(inv->operands[0]));
    else {
        report_failure(inv, SBX_E_INVALID, message, "see: sbx --help");
        return EXIT_USAGE;
    }
    return EXIT_SUCCESS;
}
