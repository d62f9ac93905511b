/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Figures, a line of JSON each: see bench.h. */
#include <stdio.h>

#include "bench.h"

static char *host;

void figure_host(char *json)
{
    g_free(host);
    host = json;
}

void figure(const char *name, const char *unit, Samples *samples, const char *reference_name,
            Samples *reference, const char *target)
{
    double p50 = samples_quantile(samples, 0.5);

    if (samples->len == 0 || (reference != NULL && reference->len == 0))
        die_text("%s: nothing was measured", name);
    printf("{\"name\": \"%s\", \"unit\": \"%s\", \"n\": %u, \"p50\": %.3f, \"p99\": %.3f, "
           "\"min\": %.3f",
           name, unit, samples->len, p50, samples_quantile(samples, 0.99),
           samples_quantile(samples, 0));
    if (reference != NULL) {
        double against = samples_quantile(reference, 0.5);

        printf(", \"reference\": {\"name\": \"%s\", \"n\": %u, \"p50\": %.3f, \"p99\": %.3f}, "
               "\"ratio\": %.3f, \"difference\": %.3f",
               reference_name, reference->len, against, samples_quantile(reference, 0.99),
               p50 / against, p50 - against);
        samples_free(reference);
    }
    if (target != NULL)
        printf(", \"target\": \"%s\"", target);
    printf(", \"host\": %s}\n", host);
    fflush(stdout);
    samples_free(samples);
}

void figure_one(const char *name, const char *unit, double value, const char *target)
{
    Samples *samples = samples_new();

    samples_add(samples, value);
    figure(name, unit, samples, NULL, NULL, target);
}
