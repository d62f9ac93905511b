/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx pool drain: ends spares. */
#include <stdlib.h>

#include "auto.h"
#include "json.h"
#include "report.h"

int cmd_pool_drain(const struct invocation *inv)
{
    const char *image = inv->operands_length ? inv->operands[0] : NULL;
    g_autoptr(sbx_error) error = NULL;
    unsigned int drained = 0;

    if (sbx_pool_drain(image, &drained, &error) < 0) {
        report_error(inv, error);
        return EXIT_FAILURE;
    }
    if (invocation_has(inv, OPT_JSON)) {
        g_autoptr(JsonBuilder) builder = json_builder_new();

        json_builder_begin_object(builder);
        json_add_int(builder, "drained", drained);
        json_builder_end_object(builder);
        json_print(stdout, builder);
    } else if (!invocation_has(inv, OPT_QUIET)) {
        printf("Ended %u spare%s\n", drained, drained == 1 ? "" : "s");
    }
    return EXIT_SUCCESS;
}
