/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx template remove: removes templates, and says of each what became of it. */
#include <stdlib.h>

#include "auto.h"
#include "each.h"
#include "json.h"
#include "report.h"

static int remove_all(const struct invocation *inv)
{
    g_autoptr(sbx_error) error = NULL;
    int removed = sbx_template_remove_all(&error);

    if (removed < 0) {
        report_error(inv, error);
        return EXIT_FAILURE;
    }
    if (invocation_has(inv, OPT_JSON)) {
        g_autoptr(JsonBuilder) builder = json_builder_new();

        json_builder_begin_object(builder);
        json_add_int(builder, "removed", removed);
        json_builder_end_object(builder);
        json_print(stdout, builder);
    } else if (!invocation_has(inv, OPT_QUIET)) {
        printf("Removed %d template%s\n", removed, removed == 1 ? "" : "s");
    }
    return EXIT_SUCCESS;
}

int cmd_template_remove(const struct invocation *inv)
{
    bool all = invocation_has(inv, OPT_ALL);

    if (all == (inv->operands_length > 0)) {
        report_failure(inv, SBX_E_INVALID, "'sbx template remove' needs IDs, or --all",
                       "see them with: sbx template list");
        return EXIT_USAGE;
    }
    return all ? remove_all(inv) : each_operand(inv, sbx_template_remove, "removed", "Removed");
}
