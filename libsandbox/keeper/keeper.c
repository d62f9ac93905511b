/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keeper as a whole: the driver, workers, memory of ended sandboxes, the idle exit. */
#include "keeper/keeper.h"

#include <string.h>
#include <unistd.h>

#include <sandbox/error.h>

#include "keeper/pool.h"
#include "keeper/sandbox.h"

#define ENDED_MAX 256

typedef struct {
    SbxWork work;
    gpointer data;
} Job;

static void run_job(gpointer data, gpointer user_data)
{
    Job *job = data;

    (void)user_data;
    job->work(job->data);
    g_free(job);
}

void sbx_keeper_work(SbxKeeper *keeper, SbxWork work, gpointer data)
{
    Job *job = g_new(Job, 1);

    job->work = work;
    job->data = data;
    /* Unlimited: a kill must not wait behind starts, and how many VMs start at once is bounded by
     * libvirt's own locks and the host. */
    if (keeper->workers == NULL)
        keeper->workers = g_thread_pool_new(run_job, NULL, -1, FALSE, NULL);
    g_thread_pool_push(keeper->workers, job, NULL);
}

GError *sbx_keeper_driver_fault(GError *error)
{
    static const struct {
        int virt;
        int code;
        const char *hint;
    } codes[] = {
        {SBX_VIRT_ERROR_FAILED, SBX_E_BOOT, NULL},
        {SBX_VIRT_ERROR_UNAVAILABLE, SBX_E_UNAVAILABLE, "`sbx doctor` shows what is missing"},
        {SBX_VIRT_ERROR_INVALID, SBX_E_INTERNAL, NULL},
        {SBX_VIRT_ERROR_START_FAILED, SBX_E_BOOT, NULL},
        {SBX_VIRT_ERROR_NO_MEMORY, SBX_E_BUSY, "end other sandboxes, or ask for less memory"},
        {SBX_VIRT_ERROR_NO_SPACE, SBX_E_NO_SPACE, "free some space"},
        {SBX_VIRT_ERROR_GONE, SBX_E_GONE, NULL},
        {SBX_VIRT_ERROR_TIMED_OUT, SBX_E_TIMEOUT, NULL},
    };
    GError *fault = NULL;

    if (error->domain == SBX_FAULT)
        return error;
    for (size_t i = 0; error->domain == SBX_VIRT_ERROR && i < G_N_ELEMENTS(codes); i++)
        if (codes[i].virt == error->code)
            fault = sbx_fault_new(codes[i].code, 0, codes[i].hint, NULL, "%s", error->message);
    if (fault == NULL)
        fault = sbx_fault_new(SBX_E_BOOT, 0, NULL, NULL, "%s", error->message);
    g_error_free(error);
    return fault;
}

SbxDriver *sbx_keeper_driver(SbxKeeper *keeper, GError **error)
{
    g_autofree char *root = g_build_filename(keeper->vm_dir, "l", NULL);
    g_autofree char *reason = NULL;
    GError *failure = NULL;
    SbxDriver *driver;

    g_mutex_lock(&keeper->driver_lock);
    if (keeper->driver == NULL) {
        SbxDriverConfig config = {.uri = g_getenv("LIBSANDBOX_URI"),
                                  .root_dir = root,
                                  .own_dir = keeper->daemon ? keeper->vm_dir : NULL};

        if (keeper->try_kvm) {
            config.kvm = sbx_kvm_probe(&reason);
        } else {
            config.kvm = SBX_KVM_ABSENT;
            reason = g_strdup("KVM cannot be used on this host; `sbx doctor` says why");
        }
        config.kvm_reason = reason;
        keeper->driver = sbx_driver_open(&config, &failure);
        if (failure != NULL)
            g_message("cannot open the driver: %s", failure->message);
    }
    driver = keeper->driver;
    g_mutex_unlock(&keeper->driver_lock);
    if (driver == NULL)
        g_propagate_error(error, sbx_keeper_driver_fault(failure));
    return driver;
}

void sbx_keeper_note_end(SbxKeeper *keeper, const char *id, const char *why)
{
    char *key = g_strdup(id);

    g_hash_table_insert(keeper->ended, key, g_strdup(why));
    g_queue_push_tail(&keeper->ended_order, key);
    if (g_queue_get_length(&keeper->ended_order) > ENDED_MAX)
        g_hash_table_remove(keeper->ended, g_queue_pop_head(&keeper->ended_order));
}

GError *sbx_keeper_no_sandbox(SbxKeeper *keeper, const char *id)
{
    const char *why = id != NULL ? g_hash_table_lookup(keeper->ended, id) : NULL;

    if (why != NULL)
        return sbx_fault_new(SBX_E_GONE, 0, NULL, NULL, "the sandbox %s has ended: %s", id, why);
    return sbx_fault_new(SBX_E_NOT_FOUND, 0, "`sbx list` shows the running ones", NULL,
                         "there is no sandbox %s", id != NULL ? id : "without an id");
}

static gboolean idle_over(gpointer data)
{
    SbxKeeper *keeper = data;

    keeper->idle_timer = 0;
    g_message("nothing to do for %u s: ending", keeper->idle_seconds);
    sbx_keeper_stop_all(keeper, "the keeper has nothing to do");
    return G_SOURCE_REMOVE;
}

void sbx_keeper_check_idle(SbxKeeper *keeper)
{
    g_autoptr(GPtrArray) sandboxes = sbx_keeper_sandboxes(keeper, TRUE);
    gboolean empty = g_hash_table_size(keeper->sandboxes) == 0 &&
                     g_hash_table_size(keeper->builds) == 0 && keeper->pending == 0;
    /* A template that is being built is work: on a host where it takes longer than the keeper stays,
     * there would never be one, and every sandbox would boot. */
    gboolean idle = sandboxes->len == 0 && g_hash_table_size(keeper->clients) == 0 &&
                    g_hash_table_size(keeper->builds) == 0;

    g_clear_handle_id(&keeper->idle_timer, g_source_remove);
    if (keeper->stopping && empty)
        g_main_loop_quit(keeper->loop);
    else if (idle)
        keeper->idle_timer = g_timeout_add_seconds(keeper->idle_seconds, idle_over, keeper);
}

GPtrArray *sbx_keeper_sandboxes(SbxKeeper *keeper, gboolean only_clients)
{
    GPtrArray *sandboxes = g_ptr_array_new();
    GHashTableIter iter;
    gpointer sandbox;

    g_hash_table_iter_init(&iter, keeper->sandboxes);
    while (g_hash_table_iter_next(&iter, NULL, &sandbox))
        if (!only_clients || ((SbxSandbox *)sandbox)->purpose->is_client)
            g_ptr_array_add(sandboxes, sandbox);
    return sandboxes;
}

void sbx_keeper_stop_all(SbxKeeper *keeper, const char *why)
{
    g_autoptr(GPtrArray) sandboxes = sbx_keeper_sandboxes(keeper, FALSE);

    keeper->stopping = TRUE;
    sbx_pools_stop(keeper->pools);
    for (guint i = 0; i < sandboxes->len; i++)
        sbx_sandbox_end(sandboxes->pdata[i], why);
    sbx_keeper_check_idle(keeper);
}
