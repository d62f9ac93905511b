/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx version: that of the program, and that of the library it found. */
#include <stdlib.h>

#include "auto.h"
#include "json.h"
#include "parse.h"

int cmd_version(const struct invocation *inv)
{
    if (invocation_has(inv, OPT_JSON)) {
        g_autoptr(JsonBuilder) builder = json_builder_new();

        json_builder_begin_object(builder);
        json_add_text(builder, "sbx", SBX_VERSION_STRING);
        json_add_text(builder, "libsandbox", sbx_version());
        json_builder_end_object(builder);
        json_print(stdout, builder);
    } else if (invocation_has(inv, OPT_QUIET)) {
        puts(SBX_VERSION_STRING);
    } else {
        printf("sbx %s (libsandbox %s)\n", SBX_VERSION_STRING, sbx_version());
    }
    return EXIT_SUCCESS;
}
