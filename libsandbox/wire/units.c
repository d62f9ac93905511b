/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Units: see units.h. */
#include "wire/units.h"

#include <string.h>

#include <sandbox/options.h>

typedef struct {
    const char *name;
    double factor;
} Unit;

/* Of names for one factor, the first is printed. */
static const Unit size_units[] = {
    {"B", 1},    {"", 1},     {"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30},
    {"TiB", 0x1p40}, {"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6},     {"GB", 1e9},
    {"TB", 1e12},
};

static const Unit duration_units[] = {
    {"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}, {"d", 86400e3},
};

/* Digits, optionally a point and digits, then exactly one unit. Negative when it is not that. */
static double parse(const char *text, const Unit *units, size_t count)
{
    size_t digits = text != NULL ? strspn(text, "0123456789") : 0;
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

static char *print(guint64 value, const Unit *units, size_t count)
{
    const Unit *best = &units[0];

    for (size_t i = 1; i < count; i++)
        if (units[i].factor > best->factor && value >= (guint64)units[i].factor &&
            value % (guint64)units[i].factor == 0)
            best = &units[i];
    return g_strdup_printf("%" G_GUINT64_FORMAT "%s", value / (guint64)best->factor, best->name);
}

gboolean sbx_units_parse_size(const char *text, guint64 *bytes)
{
    double value = parse(text, size_units, G_N_ELEMENTS(size_units));

    if (value < 0 || value > 0x1p62)
        return FALSE;
    *bytes = (guint64)value;
    return TRUE;
}

gboolean sbx_units_parse_duration(const char *text, gint64 *milliseconds)
{
    double value = parse(text, duration_units, G_N_ELEMENTS(duration_units));

    if (value < 1 || value > (double)SBX_TIMEOUT_MAX_MS)
        return FALSE;
    *milliseconds = (gint64)value;
    return TRUE;
}

char *sbx_units_print_size(guint64 bytes)
{
    return print(bytes, size_units, G_N_ELEMENTS(size_units));
}

char *sbx_units_print_duration(gint64 milliseconds)
{
    return print((guint64)MAX(milliseconds, 0), duration_units, G_N_ELEMENTS(duration_units));
}
