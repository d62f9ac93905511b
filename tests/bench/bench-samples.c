/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Samples: see bench-samples.h. */
#include "bench-samples.h"

#include <math.h>
#include <time.h>

double now_ms(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

Samples *samples_new(void)
{
    return g_array_new(FALSE, FALSE, sizeof(double));
}

void samples_free(Samples *samples)
{
    g_array_unref(samples);
}

void samples_add(Samples *samples, double value)
{
    g_array_append_val(samples, value);
}

static gint by_value(gconstpointer a, gconstpointer b)
{
    double first = *(const double *)a;
    double second = *(const double *)b;

    return (first > second) - (first < second);
}

double samples_quantile(Samples *samples, double part)
{
    guint at;

    if (samples->len == 0)
        return NAN;
    g_array_sort(samples, by_value);
    at = (guint)ceil(part * samples->len);
    return g_array_index(samples, double, at > 0 ? at - 1 : 0);
}
