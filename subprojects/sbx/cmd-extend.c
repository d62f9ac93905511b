/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx extend: gives a sandbox a new deadline. */
#include <stdlib.h>

#include "auto.h"
#include "format.h"
#include "json.h"
#include "report.h"

static void print_deadline(const struct invocation *inv, const char *id, int64_t deadline)
{
    g_autofree char *left = format_duration(deadline - format_now());

    if (invocation_has(inv, OPT_JSON)) {
        g_autoptr(JsonBuilder) builder = json_builder_new();

        json_builder_begin_object(builder);
        json_add_text(builder, "id", id);
        json_add_int(builder, "deadline_ms", deadline);
        json_builder_end_object(builder);
        json_print(stdout, builder);
    } else if (invocation_has(inv, OPT_QUIET)) {
        puts(id);
    } else {
        printf("%s lives for another %s\n", id, left);
    }
}

int cmd_extend(const struct invocation *inv)
{
    g_autoptr(sbx) sandbox = NULL;
    g_autoptr(sbx_error) error = NULL;
    int64_t milliseconds;
    int64_t deadline;

    if (sbx_parse_duration(inv->operands[1], &milliseconds, NULL) < 0 ||
        milliseconds == SBX_TIMEOUT_SESSION) {
        g_autofree char *text =
            g_strdup_printf("expected DURATION, for example 5m, not '%s'", inv->operands[1]);

        report_failure(inv, SBX_E_INVALID, text, NULL);
        return EXIT_USAGE;
    }
    if (sbx_connect(inv->operands[0], NULL, &sandbox, &error) < 0 ||
        sbx_extend(sandbox, milliseconds, &deadline, &error) < 0) {
        report_error(inv, error);
        return EXIT_FAILURE;
    }
    print_deadline(inv, sbx_id(sandbox), deadline);
    return EXIT_SUCCESS;
}
