/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx completion: prints the completion script of a shell. */
#include <stdlib.h>

#include "completion.h"
#include "report.h"

int cmd_completion(const struct invocation *inv)
{
    static const struct {
        const char *shell;
        void (*print)(FILE *stream);
    } scripts[] = {{"bash", completion_bash}, {"zsh", completion_zsh}, {"fish", completion_fish}};
    g_autofree char *message = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(scripts); i++) {
        if (g_str_equal(inv->operands[0], scripts[i].shell)) {
            scripts[i].print(stdout);
            return EXIT_SUCCESS;
        }
    }
    message = g_strdup_printf("there is no completion for '%s'", inv->operands[0]);
    report_failure(inv, SBX_E_INVALID, message, "known shells: bash, zsh, fish");
    return EXIT_USAGE;
}
