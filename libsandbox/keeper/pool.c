/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pools of spares: see pool.h. The methods of clients are in pool-methods.c.
 *
 * Making a spare: restored from the kind's template, which is built first when there is none; booted
 * where there can be none. One round of what a first command runs (warm-up.c), then the VM is stopped.
 */
#include "keeper/pool-private.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>

#include <sandbox/error.h>

#include "keeper/identity.h"
#include "keeper/template.h"
#include "wire/units.h"

/* A pool keeps what was claimed within that time. */
#define DEMAND_SECONDS 60
/* Nobody wanted one: the last spare goes. Shorter than the keeper itself waits. */
#define IDLE_SECONDS 600
/* More are not kept without being asked for. */
#define SPARES_AUTO_MAX 16
/* What a spare is taken to cost until the first was measured. */
#define COST_GUESS (UINT64_C(64) << 20)
#define QUIET_MS 300
/* A template that cannot be built is tried again after that time; until then spares are booted. */
#define BUILD_AGAIN_US (INT64_C(300) * G_USEC_PER_SEC)

static void refill(SbxPool *pool);

static char *kind_of(const SbxSandboxConfig *config)
{
    return g_strdup_printf("%s %" G_GUINT64_FORMAT " %u %" G_GUINT64_FORMAT, config->image,
                           config->memory, config->vcpus, config->disk_size);
}

SbxPool *sbx_pool_for(SbxKeeper *keeper, const SbxSandboxConfig *config)
{
    SbxPools *pools = keeper->pools;
    g_autofree char *kind = kind_of(config);
    SbxPool *pool = g_hash_table_lookup(pools->pools, kind);

    if (pool != NULL)
        return pool;
    pool = g_new0(SbxPool, 1);
    pool->pools = pools;
    pool->kind = g_steal_pointer(&kind);
    pool->cost = COST_GUESS;
    pool->templates_lost = g_atomic_int_get(&keeper->templates_lost);
    sbx_sandbox_config_copy_machine(&pool->config, config);
    g_queue_init(&pool->ready);
    g_queue_init(&pool->claims);
    pool->coming = g_ptr_array_new();
    pool->fills = g_ptr_array_new();
    g_hash_table_insert(pools->pools, pool->kind, pool);
    return pool;
}

static void pool_free(gpointer data)
{
    SbxPool *pool = data;

    g_clear_handle_id(&pool->timer, g_source_remove);
    g_clear_handle_id(&pool->refill_source, g_source_remove);
    g_clear_error(&pool->last_fault);
    g_queue_clear(&pool->ready);
    g_queue_clear_full(&pool->claims, g_free);
    g_ptr_array_unref(pool->coming);
    g_ptr_array_unref(pool->fills);
    sbx_sandbox_config_clear(&pool->config);
    g_free(pool->images_stamp);
    g_free(pool->kind);
    g_free(pool);
}

/* --- how many --- */

static void forget_old_claims(SbxPool *pool)
{
    gint64 old = g_get_monotonic_time() - DEMAND_SECONDS * G_USEC_PER_SEC;
    gint64 *first;

    while ((first = g_queue_peek_head(&pool->claims)) != NULL && *first < old)
        g_free(g_queue_pop_head(&pool->claims));
}

guint sbx_pool_target(SbxPool *pool)
{
    guint demand;
    guint target;

    if (pool->pools->stopped || pool->is_drained)
        return 0;
    if (pool->pools->size >= 0) {
        target = (guint)pool->pools->size;
    } else {
        forget_old_claims(pool);
        demand = MIN(g_queue_get_length(&pool->claims), SPARES_AUTO_MAX);
        target = pool->is_idle ? 0 : MAX(demand, 1);
    }
    return MAX(MAX(target, pool->wanted), pool->filled);
}

guint64 sbx_pools_used(SbxPools *pools)
{
    GHashTableIter iter;
    gpointer value;
    guint64 used = 0;

    g_hash_table_iter_init(&iter, pools->pools);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        SbxPool *pool = value;

        used += pool->cost * (g_queue_get_length(&pool->ready) + pool->coming->len);
    }
    return used;
}

/* --- making one --- */

typedef struct {
    SbxPool *pool;
    SbxPools *pools;
    char *kind;
    pid_t pid;
    guint64 cost;
} Measurement;

static gboolean measured(gpointer data)
{
    Measurement *measurement = data;
    SbxPool *pool = g_hash_table_lookup(measurement->pools->pools, measurement->kind);

    if (pool != NULL && measurement->cost > 0)
        pool->cost = measurement->cost;
    g_free(measurement->kind);
    g_free(measurement);
    return G_SOURCE_REMOVE;
}

/* What the VM's process has to itself. */
static void measure_in_worker(gpointer data)
{
    Measurement *measurement = data;
    g_autofree char *path = g_strdup_printf("/proc/%d/smaps_rollup", (int)measurement->pid);
    g_autofree char *text = NULL;
    const char *found = NULL;

    if (g_file_get_contents(path, &text, NULL, NULL))
        found = strstr(text, "Private_Dirty:");
    if (found != NULL)
        measurement->cost = g_ascii_strtoull(found + strlen("Private_Dirty:"), NULL, 10) << 10;
    g_main_context_invoke(NULL, measured, measurement);
}

static void measure(SbxPool *pool, SbxSandbox *sandbox)
{
    Measurement *measurement;
    pid_t pid = sandbox->domain != NULL ? sbx_domain_pid(sandbox->domain) : 0;

    if (pid <= 0)
        return;
    measurement = g_new0(Measurement, 1);
    measurement->pools = pool->pools;
    measurement->kind = g_strdup(pool->kind);
    measurement->pid = pid;
    sbx_keeper_work(sandbox->keeper, measure_in_worker, measurement);
}

static void spare_ready(SbxSandbox *sandbox)
{
    SbxPool *pool = sandbox->owner;

    sandbox->state = SBX_SPARE;
    sbx_boot_finish(sandbox);
    g_ptr_array_remove(pool->coming, sandbox);
    g_queue_push_tail(&pool->ready, sandbox);
    measure(pool, sandbox);
    sbx_pool_check_fills(pool);
    sbx_pool_refill_soon(pool);
}

/* Whoever adopted it in the meantime goes on by himself. */
static gboolean is_still_ours(SbxSandbox *sandbox)
{
    return sandbox->purpose == &sbx_purpose_spare && sandbox->state == SBX_STARTING;
}

static void stopped(SbxQmp *monitor, JsonObject *result, const GError *error, gpointer data)
{
    SbxSandbox *sandbox = data;

    (void)monitor;
    (void)result;
    if (error == NULL && is_still_ours(sandbox))
        spare_ready(sandbox);
    sbx_sandbox_unref(sandbox);
}

static void warm(SbxAgentSession *session, const GError *error, gpointer data)
{
    SbxSandbox *sandbox = data;

    if (!is_still_ours(sandbox) || !sbx_boot_agent_answered(session, error, sandbox))
        return;
    if (sandbox->monitor != NULL)
        sbx_qmp_execute(sandbox->monitor, "stop", NULL, -1, stopped, sbx_sandbox_ref(sandbox));
    else
        spare_ready(sandbox);
}

static void rehearsed(SbxAgentSession *session, const GError *error, gpointer data)
{
    SbxSandbox *sandbox = data;

    if (is_still_ours(sandbox) && sbx_boot_agent_answered(session, error, sandbox))
        sbx_warm_up(sandbox, FALSE, warm, sandbox);
}

/* What the claim will ask of it is asked once before: that is part of getting warm. */
static void spare_up(SbxSandbox *sandbox)
{
    sandbox->is_warming = TRUE;
    sbx_identity_give(sandbox, rehearsed, sandbox);
}

/* Takes @fault. */
static void note_failure(SbxPool *pool, GError *fault)
{
    pool->failures++;
    g_clear_error(&pool->last_fault);
    pool->last_fault = fault;
    sbx_pool_check_fills(pool);
}

static void spare_failed(SbxSandbox *sandbox, GError *fault)
{
    SbxPool *pool = sandbox->owner;

    g_message("a spare for %s did not start: %s", pool->config.image, fault->message);
    note_failure(pool, fault);
}

static void spare_gone(SbxSandbox *sandbox)
{
    sbx_pools_check_drains(sandbox->keeper);
}

const SbxPurpose sbx_purpose_spare = {
    .up = spare_up,
    .failed = spare_failed,
    .gone = spare_gone,
};

static void start_spare(SbxPool *pool)
{
    SbxKeeper *keeper = pool->pools->keeper;
    SbxSandboxConfig config;
    SbxSandbox *sandbox;

    sbx_sandbox_config_copy_machine(&config, &pool->config);
    sandbox = sbx_sandbox_new(keeper, &config, &sbx_purpose_spare, pool);
    g_ptr_array_add(pool->coming, sandbox);
    sbx_boot_start(sandbox, 1);
}

/* --- the template --- */

static void template_built(const char *id, gboolean built, const GError *fault, gpointer data)
{
    SbxPool *pool = data;

    (void)id;
    (void)built;
    pool->is_building = FALSE;
    pool->has_template = fault == NULL;
    pool->template_checked_us = g_get_monotonic_time();
    sbx_pool_refill_soon(pool);
}

/* One was lost, maybe this pool's: it is made anew at once; one that gets lost again soon is no
 * good, and is made again as late as one that could not be built. */
static void see_to_lost_template(SbxPool *pool)
{
    gint lost = g_atomic_int_get(&pool->pools->keeper->templates_lost);
    gint64 now = g_get_monotonic_time();

    if (lost == pool->templates_lost)
        return;
    pool->templates_lost = lost;
    pool->has_template = FALSE;
    if (pool->template_lost_us != 0 && now - pool->template_lost_us < BUILD_AGAIN_US)
        return;
    pool->template_lost_us = now;
    pool->template_checked_us = 0;
}

/* FALSE while it is being made. */
static gboolean have_template(SbxPool *pool)
{
    SbxKeeper *keeper = pool->pools->keeper;

    if (pool->is_building)
        return FALSE;
    see_to_lost_template(pool);
    if (pool->has_template || keeper->templates_dir == NULL || keeper->daemon ||
        (pool->template_checked_us != 0 &&
         g_get_monotonic_time() - pool->template_checked_us < BUILD_AGAIN_US))
        return TRUE;
    pool->is_building = TRUE;
    sbx_template_build(keeper, &pool->config, FALSE, NULL, template_built, pool);
    return FALSE;
}

/* --- seeing to it --- */

/* What an image's name stands for: its directories change when a version comes or goes. */
static char *images_stamp(const SbxImageDirs *dirs, const char *image)
{
    g_autoptr(SbxImageName) name = sbx_image_parse_name(image, NULL);
    const char *const places[] = {dirs->own, dirs->fallback};
    GString *stamp = g_string_new(NULL);

    for (gsize i = 0; name != NULL && i < G_N_ELEMENTS(places); i++) {
        g_autofree char *path =
            places[i] != NULL ? g_build_filename(places[i], name->slug, NULL) : NULL;
        struct stat status;

        if (path != NULL && stat(path, &status) == 0)
            g_string_append_printf(stamp, "%" G_GUINT64_FORMAT " %" G_GINT64_FORMAT ".%09ld ",
                                   (guint64)status.st_ino, (gint64)status.st_mtim.tv_sec,
                                   status.st_mtim.tv_nsec);
    }
    return g_string_free(stamp, FALSE);
}

/* A new version of the image, or none any more: what was made from the old one is of no use. */
static void check_image(SbxPool *pool)
{
    g_autofree char *stamp = images_stamp(pool->pools->keeper->image_dirs, pool->config.image);

    if (g_strcmp0(stamp, pool->images_stamp) == 0)
        return;
    if (pool->images_stamp != NULL) {
        sbx_pool_empty(pool, "its image has changed");
        pool->has_template = FALSE;
        pool->template_checked_us = 0;
    }
    g_free(pool->images_stamp);
    pool->images_stamp = g_steal_pointer(&stamp);
}

static void drop_surplus(SbxPool *pool, guint target)
{
    while (g_queue_get_length(&pool->ready) > target)
        sbx_sandbox_end(g_queue_pop_tail(&pool->ready), "it was one spare too many");
}

static gboolean look_again(gpointer data)
{
    SbxPool *pool = data;
    gint64 idle = g_get_monotonic_time() - pool->last_claim_us;

    pool->timer = 0;
    if (idle >= IDLE_SECONDS * G_USEC_PER_SEC) {
        pool->is_idle = TRUE;
        pool->filled = 0;
    }
    refill(pool);
    return G_SOURCE_REMOVE;
}

/* One timer, at the time when demand may have changed; none when nothing is kept. */
static void plan_next_look(SbxPool *pool)
{
    guint kept = g_queue_get_length(&pool->ready) + pool->coming->len;
    gint64 *oldest = g_queue_peek_head(&pool->claims);
    gint64 at = oldest != NULL ? *oldest + (DEMAND_SECONDS + 1) * G_USEC_PER_SEC
                               : pool->last_claim_us + IDLE_SECONDS * G_USEC_PER_SEC;

    g_clear_handle_id(&pool->timer, g_source_remove);
    if (kept == 0 || pool->pools->size >= 0)
        return;
    at = MAX(at - g_get_monotonic_time(), G_USEC_PER_SEC);
    pool->timer = g_timeout_add_seconds((guint)(at / G_USEC_PER_SEC), look_again, pool);
}

static void refill(SbxPool *pool)
{
    SbxPools *pools = pool->pools;
    guint target = sbx_pool_target(pool);

    if (!pools->stopped)
        check_image(pool);
    drop_surplus(pool, target);
    if (target > 0 && have_template(pool) && pool->failures < 3)
        while (g_queue_get_length(&pool->ready) + pool->coming->len < target &&
               sbx_pools_used(pools) + pool->cost <= pools->budget)
            start_spare(pool);
    plan_next_look(pool);
}

static gboolean refill_now(gpointer data)
{
    SbxPool *pool = data;

    pool->refill_source = 0;
    refill(pool);
    return G_SOURCE_REMOVE;
}

/* Claims that come one after the other are not to meet our own work on the CPUs: as long as there are
 * spares, the next ones are made when it is quiet. */
void sbx_pool_refill_soon(SbxPool *pool)
{
    guint wait = g_queue_is_empty(&pool->ready) ? 0 : QUIET_MS;

    g_clear_handle_id(&pool->refill_source, g_source_remove);
    pool->refill_source =
        g_timeout_add_full(G_PRIORITY_DEFAULT_IDLE, wait, refill_now, pool, NULL);
}

/* --- claims --- */

static void note_demand(SbxPool *pool)
{
    pool->last_claim_us = g_get_monotonic_time();
    pool->is_idle = FALSE;
    pool->is_drained = FALSE;
    pool->failures = 0;
    g_queue_push_tail(&pool->claims, g_memdup2(&pool->last_claim_us, sizeof(gint64)));
    if (g_queue_get_length(&pool->claims) > SPARES_AUTO_MAX)
        g_free(g_queue_pop_head(&pool->claims));
}

SbxSandbox *sbx_pool_claim(SbxKeeper *keeper, const SbxSandboxConfig *config)
{
    SbxSandbox *sandbox;
    SbxPool *pool;

    if (config->spares == 0)
        return NULL;
    pool = sbx_pool_for(keeper, config);
    check_image(pool);
    /* None are kept, but there may be some that somebody had made. */
    if (keeper->pools->size != 0 || config->spares > 0)
        note_demand(pool);
    if (config->spares > 0)
        pool->wanted = MAX(pool->wanted, (guint)config->spares);
    pool->filled -= MIN(pool->filled, 1);
    sandbox = g_queue_pop_head(&pool->ready);
    if (sandbox != NULL)
        return sandbox;
    /* The one that is nearest to being ready. */
    if (pool->coming->len == 0)
        return NULL;
    return g_ptr_array_steal_index(pool->coming, 0);
}

void sbx_pool_answered(SbxSandbox *sandbox)
{
    if (sandbox->config.spares != 0 && sandbox->config.root == NULL &&
        (sandbox->keeper->pools->size != 0 || sandbox->config.spares > 0))
        sbx_pool_refill_soon(sbx_pool_for(sandbox->keeper, &sandbox->config));
}

void sbx_pool_forget(SbxSandbox *sandbox)
{
    SbxPool *pool = sandbox->owner;

    if (sandbox->purpose != &sbx_purpose_spare)
        return;
    g_ptr_array_remove(pool->coming, sandbox);
    /* Whoever wants it gone takes it out before: this one died. */
    if (g_queue_remove(&pool->ready, sandbox))
        note_failure(pool, sbx_fault_new(SBX_E_BOOT, 0, NULL, NULL, "a spare died while it waited: %s",
                                         sandbox->end_reason));
    sbx_pool_refill_soon(pool);
}

void sbx_pool_empty(SbxPool *pool, const char *why)
{
    SbxSandbox *sandbox;

    while ((sandbox = g_queue_pop_head(&pool->ready)) != NULL)
        sbx_sandbox_end(sandbox, why);
    while (pool->coming->len > 0)
        sbx_sandbox_end(pool->coming->pdata[0], why);
}

/* --- all of them --- */

static guint64 default_budget(void)
{
    struct sysinfo host;

    return sysinfo(&host) == 0 ? (guint64)host.totalram * host.mem_unit / 8 : COST_GUESS;
}

static void read_environment(SbxPools *pools)
{
    const char *size = g_getenv("LIBSANDBOX_SPARES");
    const char *budget = g_getenv("LIBSANDBOX_SPARE_MEMORY");
    guint64 number;

    if (size != NULL && *size != '\0' && strcmp(size, "auto") != 0) {
        if (g_ascii_string_to_unsigned(size, 10, 0, SBX_SPARES_MAX, &number, NULL))
            pools->size = (int)number;
        else
            g_warning("LIBSANDBOX_SPARES is neither \"auto\" nor a number up to %d: %s",
                      SBX_SPARES_MAX, size);
    }
    if (budget != NULL && *budget != '\0' && !sbx_units_parse_size(budget, &pools->budget))
        g_warning("LIBSANDBOX_SPARE_MEMORY is no size: %s", budget);
}

SbxPools *sbx_pools_new(SbxKeeper *keeper)
{
    SbxPools *pools = g_new0(SbxPools, 1);

    pools->keeper = keeper;
    pools->size = -1;
    pools->budget = default_budget();
    pools->pools = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, pool_free);
    g_queue_init(&pools->drains);
    read_environment(pools);
    return pools;
}

void sbx_pools_free(SbxPools *pools)
{
    g_hash_table_unref(pools->pools);
    g_free(pools);
}

void sbx_pools_stop(SbxPools *pools)
{
    GHashTableIter iter;
    gpointer pool;

    pools->stopped = TRUE;
    g_hash_table_iter_init(&iter, pools->pools);
    while (g_hash_table_iter_next(&iter, NULL, &pool))
        sbx_pool_cancel_fills(pool, "the keeper was stopped");
}
