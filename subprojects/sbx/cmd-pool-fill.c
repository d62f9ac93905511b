/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx pool fill: waits until so many spares are ready. */
#include <stdlib.h>

#include "format.h"
#include "json.h"
#include "report.h"
#include "sandbox-args.h"

/* The operand and --timeout; false after reporting what is wrong with them. */
static bool read_arguments(const struct invocation *inv, unsigned int *count, int64_t *timeout)
{
    const char *text = invocation_value(inv, OPT_FILL_TIMEOUT);
    g_autoptr(sbx_error) error = NULL;
    guint64 number;

    if (!g_ascii_string_to_unsigned(inv->operands[0], 10, 1, SBX_SPARES_MAX, &number, NULL)) {
        g_autofree char *message = g_strdup_printf("expected a number of spares from 1 to %d, not "
                                                   "'%s'",
                                                   SBX_SPARES_MAX, inv->operands[0]);

        report_failure(inv, SBX_E_INVALID, message, NULL);
        return false;
    }
    *count = (unsigned int)number;
    *timeout = SBX_WAIT_FOREVER;
    if (text && sbx_parse_duration(text, timeout, &error) < 0) {
        g_autofree char *message = g_strdup_printf("option --timeout: %s",
                                                   sbx_error_message(error));

        report_failure(inv, SBX_E_INVALID, message, sbx_error_hint(error));
        return false;
    }
    if (*timeout == SBX_TIMEOUT_SESSION) /* "session": there is no limit */
        *timeout = SBX_WAIT_FOREVER;
    return true;
}

int cmd_pool_fill(const struct invocation *inv)
{
    g_autoptr(sbx_options) options = sandbox_args_options(inv);
    g_autoptr(sbx_error) error = NULL;
    gint64 started = g_get_monotonic_time();
    unsigned int count;
    int64_t timeout;
    int ready;

    if (!options || !read_arguments(inv, &count, &timeout))
        return EXIT_USAGE;
    ready = sbx_pool_fill(options, count, timeout, &error);
    if (ready < 0) {
        report_error(inv, error);
        return EXIT_FAILURE;
    }
    if (invocation_has(inv, OPT_JSON)) {
        g_autoptr(JsonBuilder) builder = json_builder_new();

        json_builder_begin_object(builder);
        json_add_int(builder, "ready", ready);
        json_builder_end_object(builder);
        json_print(stdout, builder);
    } else if (!invocation_has(inv, OPT_QUIET)) {
        g_autofree char *took = format_duration((g_get_monotonic_time() - started) / 1000);

        printf("%d spare%s ready after %s\n", ready, ready == 1 ? " is" : "s are", took);
    }
    return EXIT_SUCCESS;
}
