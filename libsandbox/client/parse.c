/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sizes and durations as people write them. See include/sandbox/options.h. */
#include <math.h>
#include <string.h>

#include "client/private.h"

typedef struct {
    const char *name;
    double factor;
} Unit;

static const Unit size_units[] = {
    {"", 1},    {"B", 1},     {"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30},
    {"TiB", 0x1p40}, {"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6},     {"GB", 1e9},
    {"TB", 1e12},
};

static const Unit duration_units[] = {
    {"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}, {"d", 86400e3},
};

/* Digits, optionally a point and digits, then exactly one unit. Negative when it is none of that. */
static double parse(const char *text, const Unit *units, size_t count)
{
    size_t digits = strspn(text, "0123456789");
    size_t length = digits;

    if (digits == 0 || digits > 18)
        return -1;
    if (text[length] == '.') {
        size_t fraction = strspn(text + length + 1, "0123456789");

        if (fraction == 0)
            return -1;
        length += 1 + fraction;
    }
    for (size_t i = 0; i < count; i++)
        if (strcmp(text + length, units[i].name) == 0)
            return g_ascii_strtod(text, NULL) * units[i].factor;
    return -1;
}

int sbx_parse_size(const char *text, uint64_t *bytes, sbx_error **error)
{
    double value = text != NULL ? parse(text, size_units, G_N_ELEMENTS(size_units)) : -1;

    if (value < 0 || value > 0x1p62)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, "write for example 512MiB, 1GiB or 2GB",
                        "\"%s\" is not a size", text != NULL ? text : "(null)");
    *bytes = (uint64_t)value;
    return SBX_OK;
}

int sbx_parse_duration(const char *text, int64_t *milliseconds, sbx_error **error)
{
    double value;

    if (text != NULL && strcmp(text, "session") == 0) {
        *milliseconds = SBX_TIMEOUT_SESSION;
        return SBX_OK;
    }
    value = text != NULL ? parse(text, duration_units, G_N_ELEMENTS(duration_units)) : -1;
    if (value < 1 || value > (double)SBX_TIMEOUT_MAX_MS)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__,
                        "write for example 30s, 5m, 2h, 1d or session", "\"%s\" is not a duration",
                        text != NULL ? text : "(null)");
    *milliseconds = (int64_t)value;
    return SBX_OK;
}
