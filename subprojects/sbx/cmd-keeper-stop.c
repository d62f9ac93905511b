/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx keeper stop: ends this user's keeper process. */
#include <stdlib.h>

#include "auto.h"
#include "json.h"
#include "report.h"

int cmd_keeper_stop(const struct invocation *inv)
{
    g_autoptr(sbx_error) error = NULL;
    int stopped = sbx_keeper_stop(invocation_has(inv, OPT_STOP_FORCE), &error);

    if (stopped < 0) {
        report_error(inv, error);
        return EXIT_FAILURE;
    }
    if (invocation_has(inv, OPT_JSON)) {
        g_autoptr(JsonBuilder) builder = json_builder_new();

        json_builder_begin_object(builder);
        json_add_bool(builder, "stopped", stopped == 1);
        json_builder_end_object(builder);
        json_print(stdout, builder);
    } else if (!invocation_has(inv, OPT_QUIET)) {
        puts(stopped == 1 ? "The keeper has been stopped" : "No keeper was running");
    }
    return EXIT_SUCCESS;
}
