/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows: many creates, at once and for a while, against what bare libvirt does on the same CPUs. */
#include <pthread.h>
#include <stdio.h>

#include "bench.h"

#define BURST 50
#define RATE_MS 10000

static void complain(const char *what, const sbx_error *error)
{
    fprintf(stderr, "bench: %s: %s\n", what, sbx_error_message(error));
}

/* --- a burst --- */

typedef struct {
    pthread_barrier_t start;
    sbx *made[BURST];
    gint next;
    gint failed;
} Burst;

static gpointer create_one(gpointer data)
{
    Burst *burst = data;
    int at = g_atomic_int_add(&burst->next, 1);
    sbx_error *error = NULL;

    pthread_barrier_wait(&burst->start);
    if (sbx_create(NULL, &burst->made[at], &error) < 0) {
        g_atomic_int_inc(&burst->failed);
        complain("a create of a burst", error);
        sbx_error_free(error);
    }
    return NULL;
}

/* Milliseconds until the last is there. */
static double run_burst(int *failed)
{
    Burst burst = {.failed = 0};
    GThread *threads[BURST];
    double start;
    double took;

    pthread_barrier_init(&burst.start, NULL, BURST + 1);
    for (guint i = 0; i < BURST; i++)
        threads[i] = g_thread_new("burst", create_one, &burst);
    start = now_ms();
    pthread_barrier_wait(&burst.start);
    for (guint i = 0; i < BURST; i++)
        g_thread_join(threads[i]);
    took = now_ms() - start;
    pthread_barrier_destroy(&burst.start);
    for (guint i = 0; i < BURST; i++)
        if (burst.made[i] != NULL)
            sandbox_end(burst.made[i]);
    *failed += burst.failed;
    return took;
}

/* The pool is what it is when nobody asked for a burst: the keeper's own size. */
void bench_burst(void)
{
    Samples *ours = samples_new();
    Samples *theirs = samples_new();
    int failed = 0;

    pool_auto();
    for (int i = 0; i < MAX(runs / 3, 1); i++) {
        samples_add(theirs, bare_libvirt_starts(host_cpus(), BURST));
        pool_fill(1);
        samples_add(ours, run_burst(&failed));
    }
    figure_one("burst of 50: failed", "creates", failed, "0");
    figure("burst of 50: time to the last", "ms", ours,
           "bare libvirt, 50 domain starts in as many threads as CPUs", theirs, "ratio <= 1.2");
}

/* --- a steady rate --- */

typedef struct {
    double deadline;
    gint done;
    gint failed;
} Rate;

static gpointer create_and_kill(gpointer data)
{
    Rate *rate = data;

    while (now_ms() < rate->deadline) {
        sbx *made = NULL;
        sbx_error *error = NULL;

        if (sbx_create(NULL, &made, &error) < 0 || sbx_kill(made, &error) < 0) {
            g_atomic_int_inc(&rate->failed);
            complain("a create of a steady rate", error);
            sbx_error_free(error);
        } else {
            g_atomic_int_inc(&rate->done);
        }
        sbx_unref(made);
    }
    return NULL;
}

/* Sandboxes per second. */
static double run_rate(guint threads, int *failed)
{
    double start = now_ms();
    Rate rate = {.deadline = start + RATE_MS};
    g_autoptr(GPtrArray) members = g_ptr_array_new();
    double took;

    for (guint i = 0; i < threads; i++)
        g_ptr_array_add(members, g_thread_new("rate", create_and_kill, &rate));
    for (guint i = 0; i < threads; i++)
        g_thread_join(g_ptr_array_index(members, i));
    took = now_ms() - start;
    *failed += rate.failed;
    return rate.done * 1000 / took;
}

void bench_rate(void)
{
    Samples *ours = samples_new();
    Samples *theirs = samples_new();
    int failed = 0;

    pool_auto();
    for (int i = 0; i < MAX(runs / 3, 1); i++) {
        /* Without what was in store: the pool's spares are not made in this time. */
        pool_exactly(0);
        samples_add(theirs, bare_libvirt_rate(host_cpus(), RATE_MS));
        pool_auto();
        samples_add(ours, run_rate((guint)host_cpus(), &failed));
    }
    figure_one("steady rate: failed", "creates", failed, "0");
    figure("steady rate: create and kill in as many threads as CPUs", "per second", ours,
           "bare libvirt, start and destroy in as many threads", theirs, "ratio >= 0.8");
}
