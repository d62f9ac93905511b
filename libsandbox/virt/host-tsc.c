/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rate of this machine's time stamp counter, which an emulated guest reads as its own. */
#include "virt/host-tsc.h"

#include <time.h>

#if defined(__x86_64__)
#include <x86intrin.h>

#define INTERVAL_NS 20000000 /* the readings are some 100 ns apart: 10 ppm */
#define TRIES 16

typedef struct {
    guint64 ticks;
    gint64 ns;
} Reading;

static gint64 clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_RAW, &now);
    return (gint64)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Both at one moment: of several tries the one that took the shortest, when nobody came between. */
static Reading read_both(void)
{
    Reading best = {0};
    gint64 shortest = G_MAXINT64;

    for (int i = 0; i < TRIES; i++) {
        gint64 before = clock_ns();
        guint64 ticks = __rdtsc();
        gint64 after = clock_ns();

        if (after - before < shortest) {
            shortest = after - before;
            best = (Reading){.ticks = ticks, .ns = before + (after - before) / 2};
        }
    }
    return best;
}

static guint measure(void)
{
    const struct timespec interval = {.tv_nsec = INTERVAL_NS};
    Reading first = read_both();
    Reading last;

    nanosleep(&interval, NULL); /* shorter or longer, it is measured */
    last = read_both();
    return (guint)((double)(last.ticks - first.ticks) * 1e6 / (double)(last.ns - first.ns) + 0.5);
}
#else
static guint measure(void)
{
    return 0;
}
#endif

guint sbx_host_tsc_khz(void)
{
    static gsize khz;

    if (g_once_init_enter(&khz))
        g_once_init_leave(&khz, MAX(measure(), 1));
    return khz > 1 ? (guint)khz : 0;
}
