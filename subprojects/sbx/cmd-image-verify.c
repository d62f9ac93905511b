/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx image verify: compares the files of an image with their checksums. */
#include <stdlib.h>

#include "auto.h"
#include "json.h"
#include "progress.h"
#include "report.h"
#include "terminal.h"

static void print_result(const struct invocation *inv, const char *image)
{
    g_autofree char *escaped = terminal_escape(image);

    if (invocation_has(inv, OPT_JSON)) {
        g_autoptr(JsonBuilder) builder = json_builder_new();

        json_builder_begin_object(builder);
        json_add_text(builder, "image", image);
        json_add_bool(builder, "intact", TRUE);
        json_builder_end_object(builder);
        json_print(stdout, builder);
    } else if (!invocation_has(inv, OPT_QUIET)) {
        printf("%s is intact\n", escaped);
    }
}

int cmd_image_verify(const struct invocation *inv)
{
    const char *image = inv->operands_length ? inv->operands[0] : SBX_IMAGE_DEFAULT;
    g_autoptr(sbx_error) error = NULL;
    struct progress progress;
    int rc;

    progress_begin(&progress, inv, image);
    rc = sbx_image_verify(image, progress_update, &progress, &error);
    progress_end(&progress);
    if (rc < 0) {
        report_error(inv, error);
        return progress_cancelled() ? EXIT_INTERRUPTED : EXIT_FAILURE;
    }
    print_result(inv, image);
    return EXIT_SUCCESS;
}
