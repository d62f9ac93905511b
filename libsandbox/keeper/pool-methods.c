/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What clients ask of the pools: a listing, settings, spares now, spares gone. See doc/protocol.md. */
#include <string.h>

#include <sandbox/error.h>

#include "keeper/pool-private.h"
#include "wire/json.h"

/* Somebody who waits for spares. */
typedef struct {
    SbxPool *pool;
    SbxRequest *request;
    guint count;
    guint timer;
} Fill;

static void fill_free(Fill *fill)
{
    g_clear_handle_id(&fill->timer, g_source_remove);
    sbx_client_unwatch(fill->request->client, fill);
    g_ptr_array_remove(fill->pool->fills, fill);
    g_free(fill);
}

/* Takes @fault. */
static void fill_failed(Fill *fill, GError *fault)
{
    SbxRequest *request = fill->request;

    fill_free(fill);
    sbx_request_fail(request, fault);
}

static void fill_done(Fill *fill)
{
    SbxRequest *request = fill->request;
    JsonObject *result = json_object_new();

    json_object_set_int_member(result, "ready", g_queue_get_length(&fill->pool->ready));
    fill_free(fill);
    sbx_request_reply(request, result, NULL, 0);
}

void sbx_pool_check_fills(SbxPool *pool)
{
    for (guint i = pool->fills->len; i > 0; i--) {
        Fill *fill = pool->fills->pdata[i - 1];

        if (g_queue_get_length(&pool->ready) >= fill->count)
            fill_done(fill);
        else if (pool->failures >= 3 && pool->last_fault != NULL)
            fill_failed(fill, g_error_copy(pool->last_fault));
    }
}

void sbx_pool_cancel_fills(SbxPool *pool, const char *why)
{
    while (pool->fills->len > 0)
        fill_failed(pool->fills->pdata[0],
                    sbx_fault_new(SBX_E_CANCELLED, 0, NULL, NULL, "no spares are made: %s", why));
}

static gboolean fill_timed_out(gpointer data)
{
    Fill *fill = data;

    fill->timer = 0;
    fill_failed(fill, sbx_fault_new(SBX_E_TIMEOUT, 0, NULL, NULL,
                                    "%u of %u spares were ready when the time was over",
                                    g_queue_get_length(&fill->pool->ready), fill->count));
    return G_SOURCE_REMOVE;
}

static void fill_abandoned(gpointer data)
{
    Fill *fill = data;

    fill_failed(fill, sbx_fault_new(SBX_E_CANCELLED, 0, NULL, NULL, "gone"));
}

static gboolean check_fill(SbxPools *pools, SbxPool *pool, gint64 count, GError **error)
{
    guint64 have = g_queue_get_length(&pool->ready) + pool->coming->len;
    guint64 others = sbx_pools_used(pools) - pool->cost * have;

    if (count < 1 || count > SBX_SPARES_MAX) {
        sbx_fault_set(error, SBX_E_INVALID, 0, NULL, "count is not within 1 and %d", SBX_SPARES_MAX);
        return FALSE;
    }
    if (others + pool->cost * (guint64)count <= pools->budget)
        return TRUE;
    sbx_fault_set(error, SBX_E_BUSY, 0, "raise it: `sbx pool set --budget`, LIBSANDBOX_SPARE_MEMORY",
                  "%" G_GINT64_FORMAT " spares of some %" G_GUINT64_FORMAT
                  " MiB are over the budget of %" G_GUINT64_FORMAT " MiB for spares",
                  count, pool->cost >> 20, pools->budget >> 20);
    return FALSE;
}

void sbx_pool_method_fill(SbxKeeper *keeper, SbxRequest *request)
{
    gint64 count = sbx_json_get_int(request->params, "count", 1);
    gint64 timeout = sbx_json_get_int(request->params, "timeout_ms", 0);
    SbxSandboxConfig config;
    GError *fault = NULL;
    SbxPool *pool = NULL;
    Fill *fill;

    /* It is how long to wait, and not how long a sandbox is to live. */
    json_object_remove_member(request->params, "timeout_ms");
    if (keeper->stopping) {
        sbx_request_fail(request, sbx_fault_new(SBX_E_KEEPER, 0, "try again", NULL,
                                                "the keeper is being stopped"));
        return;
    }
    if (sbx_sandbox_config_parse(request->params, &config, &fault)) {
        pool = sbx_pool_for(keeper, &config);
        if (!check_fill(keeper->pools, pool, count, &fault))
            pool = NULL;
    }
    sbx_sandbox_config_clear(&config);
    if (pool == NULL) {
        sbx_request_fail(request, fault);
        return;
    }
    fill = g_new0(Fill, 1);
    *fill = (Fill){.pool = pool, .request = request, .count = (guint)count};
    if (timeout > 0)
        fill->timer = g_timeout_add((guint)MIN(timeout, G_MAXUINT - 1), fill_timed_out, fill);
    g_ptr_array_add(pool->fills, fill);
    sbx_client_watch(request->client, fill_abandoned, fill);
    pool->filled = MAX(pool->filled, (guint)count);
    pool->last_claim_us = g_get_monotonic_time();
    pool->is_idle = FALSE;
    pool->is_drained = FALSE;
    pool->failures = 0;
    sbx_pool_check_fills(pool);
    sbx_pool_refill_soon(pool);
}

static JsonObject *describe(SbxPool *pool)
{
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, "image", pool->config.image);
    json_object_set_int_member(object, "memory", (gint64)pool->config.memory);
    json_object_set_int_member(object, "vcpus", pool->config.vcpus);
    json_object_set_int_member(object, "disk_size", (gint64)pool->config.disk_size);
    json_object_set_int_member(object, "ready", g_queue_get_length(&pool->ready));
    json_object_set_int_member(object, "starting", pool->coming->len);
    json_object_set_int_member(object, "target", sbx_pool_target(pool));
    json_object_set_int_member(object, "private_bytes", (gint64)pool->cost);
    return object;
}

void sbx_pool_method_list(SbxKeeper *keeper, SbxRequest *request)
{
    SbxPools *pools = keeper->pools;
    JsonObject *result = json_object_new();
    JsonArray *items = json_array_new();
    GHashTableIter iter;
    gpointer pool;

    g_hash_table_iter_init(&iter, pools->pools);
    while (g_hash_table_iter_next(&iter, NULL, &pool))
        json_array_add_object_element(items, describe(pool));
    json_object_set_array_member(result, "pools", items);
    json_object_set_int_member(result, "size", pools->size);
    json_object_set_int_member(result, "budget", (gint64)pools->budget);
    json_object_set_int_member(result, "used", (gint64)sbx_pools_used(pools));
    sbx_request_reply(request, result, NULL, 0);
}

static void refill_all(SbxPools *pools)
{
    GHashTableIter iter;
    gpointer pool;

    g_hash_table_iter_init(&iter, pools->pools);
    while (g_hash_table_iter_next(&iter, NULL, &pool))
        sbx_pool_refill_soon(pool);
}

static void forget_filled(SbxPools *pools)
{
    GHashTableIter iter;
    gpointer pool;

    g_hash_table_iter_init(&iter, pools->pools);
    while (g_hash_table_iter_next(&iter, NULL, &pool))
        if (((SbxPool *)pool)->fills->len == 0)
            ((SbxPool *)pool)->filled = 0;
}

/* What is over the budget goes, the latest first. */
static void obey_budget(SbxPools *pools)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, pools->pools);
    while (sbx_pools_used(pools) > pools->budget && g_hash_table_iter_next(&iter, NULL, &value)) {
        SbxPool *pool = value;
        SbxSandbox *last;

        while (sbx_pools_used(pools) > pools->budget &&
               (last = g_queue_pop_tail(&pool->ready)) != NULL)
            sbx_sandbox_end(last, "the budget for spares is less now");
    }
}

void sbx_pool_method_set(SbxKeeper *keeper, SbxRequest *request)
{
    SbxPools *pools = keeper->pools;
    gint64 size = sbx_json_get_int(request->params, "size", pools->size);
    gint64 budget = sbx_json_get_int(request->params, "budget", (gint64)pools->budget);

    if (size < -1 || size > SBX_SPARES_MAX || budget < 0) {
        sbx_request_fail(request, sbx_fault_new(SBX_E_INVALID, 0, NULL, NULL,
                                                "size or budget is out of range"));
        return;
    }
    /* It takes the place of what was made on request. */
    if (json_object_has_member(request->params, "size"))
        forget_filled(pools);
    pools->size = (int)size;
    pools->budget = (guint64)budget;
    obey_budget(pools);
    refill_all(pools);
    sbx_request_reply(request, json_object_new(), NULL, 0);
}

/* One that has not looked for its image yet may be of any version. */
static gboolean has_version(gpointer spare, const char *version)
{
    SbxSandbox *sandbox = spare;

    return sandbox->image == NULL || strcmp(sandbox->image->version, version) == 0;
}

/* Whether spares are of a version of their image, in a pool for whatever version is the newest. */
static gboolean has_spare_of(SbxPool *pool, const char *version)
{
    for (GList *ready = pool->ready.head; ready != NULL; ready = ready->next)
        if (has_version(ready->data, version))
            return TRUE;
    for (guint i = 0; i < pool->coming->len; i++)
        if (has_version(pool->coming->pdata[i], version))
            return TRUE;
    return FALSE;
}

/* "NAME" stands for all its versions. */
static gboolean is_of_image(SbxPool *pool, const char *image)
{
    const char *version = strchr(image, '@');
    const char *pool_version = strchr(pool->config.image, '@');
    gsize name = version != NULL ? (gsize)(version - image) : strlen(image);

    if (strncmp(pool->config.image, image, name) != 0 ||
        (pool->config.image[name] != '\0' && pool->config.image[name] != '@'))
        return FALSE;
    if (version == NULL)
        return TRUE;
    return pool_version != NULL ? strcmp(pool_version, version) == 0
                                : has_spare_of(pool, version + 1);
}

typedef struct {
    SbxRequest *request;
    guint drained;
} Drain;

static gboolean is_draining(SbxKeeper *keeper)
{
    g_autoptr(GPtrArray) sandboxes = sbx_keeper_sandboxes(keeper, FALSE);

    for (guint i = 0; i < sandboxes->len; i++) {
        SbxSandbox *sandbox = sandboxes->pdata[i];

        if (sandbox->purpose == &sbx_purpose_spare && sandbox->state == SBX_ENDING)
            return TRUE;
    }
    return FALSE;
}

void sbx_pools_check_drains(SbxKeeper *keeper)
{
    GQueue *drains = &keeper->pools->drains;
    Drain *drain;

    if (g_queue_is_empty(drains) || is_draining(keeper))
        return;
    while ((drain = g_queue_pop_head(drains)) != NULL) {
        JsonObject *result = json_object_new();

        json_object_set_int_member(result, "drained", drain->drained);
        sbx_request_reply(drain->request, result, NULL, 0);
        g_free(drain);
    }
}

/* Answered when they are gone: then their image is not in use any more. */
void sbx_pool_method_drain(SbxKeeper *keeper, SbxRequest *request)
{
    const char *image = sbx_json_get_string(request->params, "image");
    Drain *drain = g_new0(Drain, 1);
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, keeper->pools->pools);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        SbxPool *pool = value;

        if (image != NULL && !is_of_image(pool, image))
            continue;
        drain->drained += g_queue_get_length(&pool->ready) + pool->coming->len;
        pool->is_idle = TRUE;
        pool->is_drained = TRUE;
        pool->wanted = 0;
        pool->filled = 0;
        g_queue_clear_full(&pool->claims, g_free);
        sbx_pool_cancel_fills(pool, "the pool was drained");
        sbx_pool_empty(pool, "its pool was drained");
    }
    drain->request = request;
    g_queue_push_tail(&keeper->pools->drains, drain);
    sbx_pools_check_drains(keeper);
}
