/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows: how long one sbx_create() takes, by what there is already. */
#include "bench.h"

/* Creates with a spare ready: taken from the pool in rounds, alone and in a crowd by turns; at
 * least 56 of each. */
#define TURNS 2
#define ROUNDS_MIN 4
#define SPARES 7
#define CROWD 10

/* --- booting afresh --- */

/* A create that boots, in turns with a bare boot. */
static void compare_boots(const char *name, gboolean stop_keeper, const char *target)
{
    g_autoptr(GError) cause = NULL;
    BareBoot *bare = bare_boot_new(&cause);
    sbx_options *options = fresh_options();
    sbx_error *error = NULL;
    Samples *ours = samples_new();
    Samples *theirs = samples_new();

    if (bare == NULL)
        die_text("cannot prepare a bare boot: %s", cause->message);
    for (int i = 0; i < runs; i++) {
        double took = bare_boot_run(bare);

        if (took >= 0)
            samples_add(theirs, took);
        if (stop_keeper && sbx_keeper_stop(1, &error) < 0)
            die("sbx_keeper_stop", error);
        sandbox_end(sandbox_create(options, &took));
        samples_add(ours, took);
    }
    bare_boot_free(bare);
    sbx_options_unref(options);
    figure(name, "ms", ours, "bare QEMU boot to init", theirs, target);
}

void bench_create_cold(void)
{
    compare_boots("create, nothing cached", TRUE, "ratio <= 1.2");
}

void bench_create_fresh(void)
{
    compare_boots("create, booting afresh, the keeper runs", FALSE, NULL);
}

/* --- from a spare --- */

/* Fills the pool and takes so many of it, one after the other. Meanwhile the keeper makes new ones,
 * as it does for everybody. */
static void take_spares(Samples *ours, Samples *reference)
{
    sbx *made[SPARES];

    pool_fill(SPARES);
    for (guint i = 0; i < SPARES; i++) {
        double took;

        fork_exec(reference);
        made[i] = sandbox_create(NULL, &took);
        samples_add(ours, took);
    }
    sandboxes_end(made, SPARES);
}

static void take_in_rounds(Samples *ours, Samples *reference)
{
    for (int round = 0; round < MAX(runs / 2, ROUNDS_MIN); round++)
        take_spares(ours, reference);
}

static Samples *copy(Samples *samples)
{
    Samples *made = samples_new();

    g_array_append_vals(made, samples->data, samples->len);
    return made;
}

void bench_create_ready(void)
{
    static const char target[] = "p50 <= 5, p99 <= 20";
    Samples *alone = samples_new();
    Samples *alone_reference = samples_new();
    Samples *crowd = samples_new();
    Samples *crowd_reference = samples_new();
    Samples *alone_again;

    pool_auto();
    for (int turn = 0; turn < TURNS; turn++) {
        sbx *others[CROWD];

        take_in_rounds(alone, alone_reference);
        for (guint i = 0; i < CROWD; i++)
            others[i] = sandbox_create(NULL, NULL);
        take_in_rounds(crowd, crowd_reference);
        sandboxes_end(others, CROWD);
    }
    alone_again = copy(alone);
    figure("create, spare ready", "ms", alone, "fork and exec of an empty program", alone_reference,
           target);
    figure("create, spare ready, 10 others run", "ms", copy(crowd),
           "fork and exec of an empty program", crowd_reference, target);
    figure("create, spare ready: 10 others against none", "ms", crowd, "none others run",
           alone_again, "ratio near 1");
}

/* --- from the template --- */

void bench_create_dry(void)
{
    Samples *ours = samples_new();
    Samples *theirs = samples_new();

    pool_exactly(0);
    for (int i = 0; i < runs; i++) {
        double took;

        bare_libvirt_pair(theirs, NULL);
        sandbox_end(sandbox_create(NULL, &took));
        samples_add(ours, took);
    }
    figure("create, pool dry, template on disk", "ms", ours, "bare libvirt domain start", theirs,
           "ratio <= 1.3");
}
