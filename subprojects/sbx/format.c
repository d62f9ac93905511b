/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See format.h. */
#include "format.h"

#include <glib.h>

char *format_size(uint64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = (double)bytes / 1024;
    size_t unit = 0;

    if (bytes < 1024)
        return g_strdup_printf("%" G_GUINT64_FORMAT " B", bytes);
    /* A larger unit when it is exact (1 GiB, but 1280 MiB), or the number gets long. */
    while (value >= 1024 && unit + 1 < G_N_ELEMENTS(units) &&
           (value >= 10240 || bytes % (G_GUINT64_CONSTANT(1024) << (10 * (unit + 1))) == 0)) {
        value /= 1024;
        unit++;
    }
    if (value == (double)(uint64_t)value)
        return g_strdup_printf("%.0f %s", value, units[unit]);
    return g_strdup_printf("%.1f %s", value, units[unit]);
}

char *format_duration(int64_t milliseconds)
{
    int64_t seconds = MAX(milliseconds, 0) / 1000;

    if (seconds < 60)
        return g_strdup_printf("%ds", (int)seconds);
    if (seconds < 3600)
        return g_strdup_printf("%dm %ds", (int)(seconds / 60), (int)(seconds % 60));
    if (seconds < 86400)
        return g_strdup_printf("%dh %dm", (int)(seconds / 3600), (int)(seconds / 60 % 60));
    return g_strdup_printf("%dd %dh", (int)(seconds / 86400), (int)(seconds / 3600 % 24));
}

char *format_timestamp(int64_t milliseconds)
{
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(milliseconds / 1000);
    g_autoptr(GDateTime) local = utc ? g_date_time_to_local(utc) : NULL;

    return local ? g_date_time_format(local, "%Y-%m-%d %H:%M") : g_strdup("?");
}

int64_t format_now(void)
{
    return g_get_real_time() / 1000;
}
