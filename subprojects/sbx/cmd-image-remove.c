/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx image remove: removes an image, or one version of it. */
#include <stdlib.h>

#include "auto.h"
#include "json.h"
#include "report.h"
#include "terminal.h"

int cmd_image_remove(const struct invocation *inv)
{
    const char *image = inv->operands[0];
    g_autofree char *escaped = terminal_escape(image);
    g_autoptr(sbx_error) error = NULL;
    int removed = sbx_image_remove(image, &error);

    if (removed < 0) {
        report_error(inv, error);
        return EXIT_FAILURE;
    }
    if (invocation_has(inv, OPT_JSON)) {
        g_autoptr(JsonBuilder) builder = json_builder_new();

        json_builder_begin_object(builder);
        json_add_text(builder, "image", image);
        json_add_int(builder, "removed", removed);
        json_builder_end_object(builder);
        json_print(stdout, builder);
    } else if (!invocation_has(inv, OPT_QUIET)) {
        printf("Removed %s (%d version%s)\n", escaped, removed, removed == 1 ? "" : "s");
    }
    return EXIT_SUCCESS;
}
