/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows: copies of a running sandbox, and stopping it for a while. */
#include "bench.h"

#define CHILDREN 4

/* What the parent holds in memory: nothing that could be left out of a copy, as zeros could. */
static const char hold[] = "head -c 104857600 /dev/urandom > /dev/shm/held";
static const char check[] = "test $(stat -c %s /dev/shm/held) = 104857600";

static double fork_sandbox(sbx *parent, guint count)
{
    sbx *children[CHILDREN] = {NULL};
    sbx_error *error = NULL;
    double start = now_ms();
    double took;

    if (sbx_fork(parent, count, NULL, children, &error) < 0)
        die("sbx_fork", error);
    took = now_ms() - start;
    for (guint i = 0; i < count; i++)
        g_free(sandbox_sh(children[i], check));
    sandboxes_end(children, count);
    return took;
}

void bench_fork(void)
{
    Samples *one = samples_new();
    Samples *four = samples_new();
    Samples *starts = samples_new();
    sbx *parent;

    pool_exactly(0);
    parent = sandbox_create(NULL, NULL);
    g_free(sandbox_sh(parent, hold));
    for (int i = 0; i < runs; i++) {
        bare_libvirt_pair(starts, NULL);
        samples_add(one, fork_sandbox(parent, 1));
        samples_add(four, fork_sandbox(parent, CHILDREN));
    }
    sandbox_end(parent);
    figure("fork of a sandbox that holds 100 MB: 1 child", "ms", one, "bare libvirt domain start",
           starts, NULL);
    figure("fork of a sandbox that holds 100 MB: 4 children", "ms", four, NULL, NULL, NULL);
}

void bench_pause(void)
{
    Samples *pause = samples_new();
    Samples *resume = samples_new();
    Samples *both = samples_new();
    sbx_error *error = NULL;
    sbx *sandbox;

    pool_exactly(0);
    sandbox = sandbox_create(NULL, NULL);
    for (int i = 0; i < runs * 10; i++) {
        double start = now_ms();
        double paused;

        if (sbx_pause(sandbox, &error) < 0)
            die("sbx_pause", error);
        paused = now_ms();
        if (sbx_resume(sandbox, &error) < 0)
            die("sbx_resume", error);
        samples_add(pause, paused - start);
        samples_add(resume, now_ms() - paused);
        samples_add(both, now_ms() - start);
    }
    g_free(sandbox_sh(sandbox, "true"));
    sandbox_end(sandbox);
    figure("pause", "ms", pause, NULL, NULL, NULL);
    figure("resume", "ms", resume, NULL, NULL, NULL);
    figure("pause and resume", "ms", both, NULL, NULL, NULL);
}
