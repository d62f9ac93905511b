/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Samples of one unit, and the clock they are taken with. */
#ifndef SBX_TESTS_BENCH_SAMPLES_H
#define SBX_TESTS_BENCH_SAMPLES_H

#include <glib.h>

typedef GArray Samples; /* double */

Samples *samples_new(void);
void samples_free(Samples *samples);
void samples_add(Samples *samples, double value);
/* Sorts them. @part: 0.5 is the median. NAN without any. */
double samples_quantile(Samples *samples, double part);

/* Milliseconds of a monotonic clock. */
double now_ms(void);

#endif
