/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx template build: boots a VM and saves it, before a sandbox wants it. */
#include <stdlib.h>

#include "format.h"
#include "json.h"
#include "progress.h"
#include "report.h"
#include "sandbox-args.h"

#define ID_SHOWN 12

static void print_result(const struct invocation *inv, const char *id, bool built,
                         gint64 microseconds)
{
    g_autofree char *took = format_duration(microseconds / 1000);

    if (invocation_has(inv, OPT_JSON)) {
        g_autoptr(JsonBuilder) builder = json_builder_new();

        json_builder_begin_object(builder);
        json_add_text(builder, "id", id);
        json_add_bool(builder, "built", built);
        json_builder_end_object(builder);
        json_print(stdout, builder);
    } else if (invocation_has(inv, OPT_QUIET)) {
        puts(id);
    } else if (built) {
        printf("Built template %.*s in %s\n", ID_SHOWN, id, took);
    } else {
        printf("Template %.*s is there already; --force builds it anew\n", ID_SHOWN, id);
    }
}

int cmd_template_build(const struct invocation *inv)
{
    g_autoptr(sbx_options) options = sandbox_args_options(inv);
    g_autoptr(sbx_error) error = NULL;
    gint64 started = g_get_monotonic_time();
    struct progress progress;
    char *id = NULL;
    int rc;

    if (!options)
        return EXIT_USAGE;
    progress_begin(&progress, inv, "template");
    rc = sbx_template_build(options, invocation_has(inv, OPT_TEMPLATE_FORCE), progress_update,
                            &progress, &id, &error);
    progress_end(&progress);
    if (rc < 0) {
        report_error(inv, error);
        return progress_cancelled() ? EXIT_INTERRUPTED : EXIT_FAILURE;
    }
    print_result(inv, id, rc == 1, g_get_monotonic_time() - started);
    sbx_free(id);
    return EXIT_SUCCESS;
}
