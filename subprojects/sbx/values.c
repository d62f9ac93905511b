/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See values.h. The library knows the ranges. */
#include "values.h"

#include "report.h"

static bool bad_value(const struct invocation *inv, enum option_id id, const char *word,
                      const char *hint)
{
    const struct option_spec *spec = &option_specs[id];
    g_autofree char *text =
        g_strdup_printf("option --%s: expected %s%s%s, not '%s'", spec->name, spec->value,
                        word ? " or " : "", word ? word : "", invocation_value(inv, id));

    report_failure(inv, SBX_E_INVALID, text, hint);
    return false;
}

bool value_count(const struct invocation *inv, enum option_id id, const char *word,
                 int64_t word_value, int64_t *out)
{
    const char *text = invocation_value(inv, id);
    guint64 count;

    if (!text)
        return true;
    if (g_strcmp0(text, word) == 0) {
        *out = word_value;
        return true;
    }
    if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT, &count, NULL))
        return bad_value(inv, id, word, NULL);
    *out = (int64_t)count;
    return true;
}

bool value_size(const struct invocation *inv, enum option_id id, const char *word,
                int64_t word_value, int64_t *out)
{
    const char *text = invocation_value(inv, id);
    g_autoptr(sbx_error) error = NULL;
    uint64_t bytes;

    if (!text)
        return true;
    if (g_strcmp0(text, word) == 0) {
        *out = word_value;
        return true;
    }
    if (sbx_parse_size(text, &bytes, &error) < 0)
        return bad_value(inv, id, word, error ? sbx_error_hint(error) : NULL);
    *out = (int64_t)bytes; /* at most 2^62 */
    return true;
}
