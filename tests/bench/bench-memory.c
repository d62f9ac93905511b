/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows: memory of VMs and of the keeper, and what wakes the keeper when there is nothing to do. */
#include <poll.h>

#include "bench.h"

#define REST_MS 2000 /* what the rows before have started comes to rest */
#define IDLE_MS 5000
#define SPARES 3
#define SANDBOXES 15

static double private_dirty_mb(pid_t pid)
{
    return host_bytes(pid, "smaps_rollup", "Private_Dirty") / 1e6;
}

/* --- VMs --- */

static void measure_spares(void)
{
    Samples *dirty = samples_new();
    Samples *shared = samples_new();
    g_autoptr(GArray) vms = NULL;

    pool_exactly(SPARES);
    poll(NULL, 0, REST_MS);
    vms = host_vms();
    if (vms->len != SPARES)
        die_text("%u VMs run where %d spares should", vms->len, SPARES);
    for (guint i = 0; i < vms->len; i++) {
        pid_t vm = g_array_index(vms, pid_t, i);

        samples_add(dirty, private_dirty_mb(vm));
        samples_add(shared, host_bytes(vm, "smaps_rollup", "Pss") / 1e6);
    }
    figure("idle spare: private dirty of QEMU", "MB", dirty, NULL, NULL,
           "<= 12 with KVM, <= 35 emulated");
    figure("idle spare: proportional set size of QEMU", "MB", shared, NULL, NULL, NULL);
}

/* @sandbox is the only one. */
static void measure_used(const char *name, sbx *sandbox)
{
    g_free(sandbox_sh(sandbox, "true"));
    figure_one(name, "MB", private_dirty_mb(host_vm(sandbox)), NULL);
    sandbox_end(sandbox);
}

void bench_memory(void)
{
    sbx_options *fresh = fresh_options();
    sbx *claimed;

    measure_spares();
    claimed = sandbox_create(NULL, NULL);
    pool_exactly(0); /* the others end: it is the only one */
    measure_used("claimed spare after sbx_sh(true): private dirty of QEMU", claimed);
    measure_used("sandbox that booted afresh after sbx_sh(true): private dirty of QEMU",
                 sandbox_create(fresh, NULL));
    sbx_options_unref(fresh);
}

/* --- the keeper --- */

/* Ours is idle, too: it only waits for the time to pass. @state: "no spares" */
static void measure_idle(const char *state)
{
    g_autofree char *wakeups_name = g_strdup_printf("keeper, idle, %s: wakeups", state);
    g_autofree char *resident = g_strdup_printf("keeper, idle, %s: resident", state);
    g_autofree char *dirty = g_strdup_printf("keeper, idle, %s: private dirty", state);
    pid_t keeper = host_keeper();
    double wakeups;

    poll(NULL, 0, REST_MS);
    wakeups = host_wakeups(keeper);
    poll(NULL, 0, IDLE_MS);
    wakeups = host_wakeups(keeper) - wakeups;
    figure_one(wakeups_name, "per second", wakeups / (IDLE_MS / 1000.0), "0");
    figure_one(resident, "MB", host_bytes(keeper, "status", "VmRSS") / 1e6, "<= 20");
    figure_one(dirty, "MB", private_dirty_mb(keeper), NULL);
}

/* With one there before: what the first of a keeper costs once is not counted. */
static void measure_growth(void)
{
    sbx *made[SANDBOXES + 1];
    pid_t keeper = host_keeper();
    double before;
    double after;

    made[SANDBOXES] = sandbox_create(NULL, NULL);
    poll(NULL, 0, REST_MS);
    before = private_dirty_mb(keeper);
    for (guint i = 0; i < SANDBOXES; i++)
        made[i] = sandbox_create(NULL, NULL);
    poll(NULL, 0, REST_MS);
    after = private_dirty_mb(keeper);
    sandboxes_end(made, SANDBOXES + 1);
    figure_one("keeper, per sandbox: private dirty", "KB", (after - before) * 1000 / SANDBOXES,
               "<= 256");
}

/* Of a keeper that has done little else: what libvirt costs once is in it. */
void bench_keeper_memory(void)
{
    sbx_error *error = NULL;

    if (sbx_keeper_stop(1, &error) < 0)
        die("sbx_keeper_stop", error);
    pool_exactly(0);
    sandbox_end(sandbox_create(NULL, NULL));
    measure_idle("no spares");
    pool_exactly(SPARES);
    measure_idle("3 spares");
    pool_exactly(0);
    measure_growth();
}
