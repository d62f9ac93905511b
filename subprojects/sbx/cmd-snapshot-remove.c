/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx snapshot remove: removes a snapshot. */
#include <stdlib.h>

#include "auto.h"
#include "json.h"
#include "report.h"

int cmd_snapshot_remove(const struct invocation *inv)
{
    const char *name = inv->operands[0];
    g_autoptr(sbx_error) error = NULL;

    if (sbx_snapshot_remove(name, &error) < 0) {
        report_error(inv, error);
        return EXIT_FAILURE;
    }
    if (invocation_has(inv, OPT_JSON)) {
        g_autoptr(JsonBuilder) builder = json_builder_new();

        json_builder_begin_object(builder);
        json_add_text(builder, "name", name);
        json_add_bool(builder, "removed", TRUE);
        json_builder_end_object(builder);
        json_print(stdout, builder);
    } else {
        printf(invocation_has(inv, OPT_QUIET) ? "%s\n" : "Removed %s\n", name);
    }
    return EXIT_SUCCESS;
}
