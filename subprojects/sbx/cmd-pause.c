/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx pause and sbx resume: stop a sandbox's CPUs, and let them go on. */
#include <stdlib.h>

#include "auto.h"
#include "json.h"
#include "report.h"

static int change(const struct invocation *inv, int (*call)(sbx *, sbx_error **),
                  const char *status, const char *done)
{
    g_autoptr(sbx) sandbox = NULL;
    g_autoptr(sbx_error) error = NULL;

    if (sbx_connect(inv->operands[0], NULL, &sandbox, &error) < 0 || call(sandbox, &error) < 0) {
        report_error(inv, error);
        return EXIT_FAILURE;
    }
    if (invocation_has(inv, OPT_JSON)) {
        g_autoptr(JsonBuilder) builder = json_builder_new();

        json_builder_begin_object(builder);
        json_add_text(builder, "id", sbx_id(sandbox));
        json_add_text(builder, "status", status);
        json_builder_end_object(builder);
        json_print(stdout, builder);
    } else if (invocation_has(inv, OPT_QUIET)) {
        puts(sbx_id(sandbox));
    } else {
        printf("%s %s\n", done, sbx_id(sandbox));
    }
    return EXIT_SUCCESS;
}

int cmd_pause(const struct invocation *inv)
{
    return change(inv, sbx_pause, "paused", "Paused");
}

int cmd_resume(const struct invocation *inv)
{
    return change(inv, sbx_resume, "running", "Resumed");
}
