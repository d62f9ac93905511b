/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx snapshot create: saves a sandbox under a name. */
#include <stdlib.h>

#include "auto.h"
#include "json.h"
#include "report.h"

int cmd_snapshot_create(const struct invocation *inv)
{
    const char *name = inv->operands[1];
    g_autoptr(sbx) sandbox = NULL;
    g_autoptr(sbx_error) error = NULL;

    if (sbx_connect(inv->operands[0], NULL, &sandbox, &error) < 0 ||
        sbx_snapshot(sandbox, name, &error) < 0) {
        report_error(inv, error);
        return EXIT_FAILURE;
    }
    if (invocation_has(inv, OPT_JSON)) {
        g_autoptr(JsonBuilder) builder = json_builder_new();

        json_builder_begin_object(builder);
        json_add_text(builder, "id", sbx_id(sandbox));
        json_add_text(builder, "name", name);
        json_builder_end_object(builder);
        json_print(stdout, builder);
    } else if (invocation_has(inv, OPT_QUIET)) {
        puts(name);
    } else {
        printf("Saved %s as %s; start from it with: sbx run --root %s\n", sbx_id(sandbox), name,
               name);
    }
    return EXIT_SUCCESS;
}
