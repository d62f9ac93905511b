/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx image build: makes an image from Debian's packages. */
#include <stdlib.h>

#include "auto.h"
#include "format.h"
#include "json.h"
#include "progress.h"
#include "report.h"
#include "terminal.h"

static sbx_image_build_options *build_options(const struct invocation *inv, sbx_error **error)
{
    g_autoptr(sbx_image_build_options) options = sbx_image_build_options_new();
    const char *mirror = invocation_value(inv, OPT_MIRROR);

    if (!options)
        return NULL;
    if (mirror && sbx_image_build_options_set_mirror(options, mirror, error) < 0)
        return NULL;
    sbx_image_build_options_set_deno(options, !invocation_has(inv, OPT_NO_DENO));
    sbx_image_build_options_set_force(options, invocation_has(inv, OPT_BUILD_FORCE));
    return g_steal_pointer(&options);
}

static void print_result(const struct invocation *inv, const char *image, const char *version,
                         bool built, gint64 microseconds)
{
    g_autofree char *took = format_duration(microseconds / 1000);

    if (invocation_has(inv, OPT_JSON)) {
        g_autoptr(JsonBuilder) builder = json_builder_new();

        json_builder_begin_object(builder);
        json_add_text(builder, "name", image);
        json_add_text(builder, "version", version);
        json_add_bool(builder, "built", built);
        json_builder_end_object(builder);
        json_print(stdout, builder);
    } else if (invocation_has(inv, OPT_QUIET)) {
        printf("%s@%s\n", image, version);
    } else if (built) {
        printf("Built %s@%s in %s\n", image, version, took);
    } else {
        printf("%s@%s is there already; --force builds a new version\n", image, version);
    }
}

int cmd_image_build(const struct invocation *inv)
{
    const char *image = inv->operands_length ? inv->operands[0] : SBX_IMAGE_DEFAULT;
    g_autoptr(sbx_error) error = NULL;
    g_autoptr(sbx_image_build_options) options = build_options(inv, &error);
    gint64 started = g_get_monotonic_time();
    struct progress progress;
    char *version = NULL;
    int rc;

    if (!options) {
        report_error(inv, error);
        return EXIT_USAGE;
    }
    progress_begin(&progress, inv, image);
    rc = sbx_image_build(image, options, progress_update, &progress, &version, &error);
    progress_end(&progress);
    if (rc < 0) {
        report_error(inv, error);
        return progress_cancelled() ? EXIT_INTERRUPTED : EXIT_FAILURE;
    }
    print_result(inv, image, version ? version : "?", rc == 1, g_get_monotonic_time() - started);
    sbx_free(version);
    return EXIT_SUCCESS;
}
