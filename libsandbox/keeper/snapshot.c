/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Snapshots: see snapshot.h. The methods that only look are in snapshot-methods.c. */
#include "keeper/snapshot-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sandbox/error.h>
#include <sandbox/snapshot.h>

#include "keeper/capture.h"
#include "keeper/env.h"
#include "keeper/guest-run.h"
#include "keeper/template.h"
#include "wire/fd.h"
#include "wire/json.h"

/* What the guest has not written yet goes to its disk first: a later VMM may have to boot from that. */
#define SYNC_MS 30000

gboolean sbx_snapshot_name_is_valid(const char *name)
{
    gsize length = name != NULL ? strlen(name) : 0;

    if (length == 0 || length > SBX_SNAPSHOT_NAME_MAX ||
        !(g_ascii_islower(name[0]) || g_ascii_isdigit(name[0])))
        return FALSE;
    for (const char *c = name; *c != '\0'; c++)
        if (!g_ascii_islower(*c) && !g_ascii_isdigit(*c) && strchr("-_.", *c) == NULL)
            return FALSE;
    return TRUE;
}

char *sbx_snapshot_path(SbxKeeper *keeper, const char *name)
{
    return g_build_filename(keeper->snapshots_dir, name, NULL);
}

/* One lock for a name, whatever the machine: no template has this id. */
int sbx_snapshot_lock(SbxKeeper *keeper, const char *name, GError **error)
{
    static const char nobody[] = "0000000000000000000000000000000000000000000000000000000000000000";
    g_autofree char *dir = sbx_snapshot_path(keeper, name);
    g_autoptr(GError) reason = NULL;
    int lock = sbx_template_lock(dir, nobody, FALSE, &reason);

    if (lock < 0 && g_error_matches(reason, SBX_FAULT, SBX_E_BUSY))
        sbx_fault_set(error, SBX_E_BUSY, 0, "try again when that is done, or take another name",
                      "the snapshot %s is being made", name);
    else if (lock < 0)
        g_propagate_error(error, g_steal_pointer(&reason));
    return lock;
}

SbxTemplateEntry *sbx_snapshot_find(SbxKeeper *keeper, const char *name, GError **error)
{
    g_autofree char *dir = sbx_snapshot_name_is_valid(name) ? sbx_snapshot_path(keeper, name) : NULL;
    g_autoptr(GPtrArray) entries = dir != NULL ? sbx_template_store_list(dir, NULL) : NULL;

    for (guint i = 0; entries != NULL && i < entries->len; i++) {
        SbxTemplateEntry *entry = entries->pdata[i];

        if (entry->image != NULL && !entry->building)
            return g_ptr_array_steal_index(entries, i);
    }
    sbx_fault_set(error, SBX_E_NOT_FOUND, 0, "`sbx snapshot list` shows them",
                  "there is no snapshot %.64s", name != NULL ? name : "without a name");
    return NULL;
}

/* --- a sandbox from one --- */

/* The environment of whom it was made of, with what was given on top. */
static gboolean merge_env(SbxSandboxConfig *config, const SbxTemplateEntry *entry, GError **error)
{
    const char *text = sbx_json_get_string(entry->notes, "env");
    g_auto(GStrv) env = text != NULL ? sbx_env_from_text(text) : NULL;
    char **merged;

    if (env == NULL)
        return TRUE;
    merged = sbx_env_merge(env, config->env);
    g_strfreev(config->env);
    config->env = merged;
    return sbx_env_fits(merged, error);
}

gboolean sbx_snapshot_fill_in(SbxKeeper *keeper, SbxSandboxConfig *config, GError **error)
{
    SbxTemplateEntry *entry = sbx_snapshot_find(keeper, config->root, error);
    gboolean ok;

    if (entry == NULL)
        return FALSE;
    g_free(config->image);
    config->image = g_strdup(entry->image);
    if (!config->given_memory)
        config->memory = entry->memory;
    if (!config->given_vcpus)
        config->vcpus = entry->vcpus;
    config->is_same_machine =
        config->memory == entry->memory && config->vcpus == entry->vcpus;
    if (config->given_disk_size && config->disk_size != entry->disk_size)
        sbx_fault_set(error, SBX_E_INVALID, 0, "leave the disk size out",
                      "the disk of snapshot %s has %" G_GUINT64_FORMAT " MiB, which cannot be changed",
                      config->root, entry->disk_size >> 20);
    else
        config->disk_size = entry->disk_size;
    ok = *error == NULL && merge_env(config, entry, error);
    sbx_template_entry_free(entry);
    return ok;
}

typedef struct {
    SbxSandbox *sandbox; /* a reference */
    SbxTemplate *template;
    int disk_fd;
    GError *fault;
} Boot;

static gboolean boot_loaded(gpointer data)
{
    Boot *boot = data;
    SbxSandbox *sandbox = boot->sandbox;

    sandbox->restore_from = boot->template;
    sandbox->is_copy = boot->template != NULL;
    sandbox->may_boot = TRUE;
    sandbox->no_template = TRUE;
    sandbox->disk_from = boot->disk_fd;
    sbx_boot_start(sandbox, 1);
    if (boot->fault != NULL)
        sbx_sandbox_boot_failed(sandbox, boot->fault);
    else if (sandbox->state == SBX_ENDING)
        sbx_boot_abandon(sandbox, FALSE);
    sbx_sandbox_unref(sandbox);
    g_free(boot);
    return G_SOURCE_REMOVE;
}

/* The template if this very VMM can restore it. */
static SbxTemplate *load_memory(SbxKeeper *keeper, SbxSandbox *sandbox, const char *dir,
                                const char *id)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *now = NULL;
    SbxDriver *driver = sbx_keeper_driver(keeper, &error);
    g_autoptr(SbxImage) image =
        driver != NULL ? sbx_keeper_find_image(keeper, sandbox->config.image, &error) : NULL;
    SbxTemplate *template = NULL;

    if (image != NULL && (sbx_driver_capabilities(driver) & SBX_DRIVER_SNAPSHOT) != 0)
        now = sbx_template_id_for(keeper, driver, image, &sandbox->config, &error);
    if (g_strcmp0(now, id) == 0)
        template = sbx_template_load(dir, id, NULL, &error);
    else if (error == NULL)
        g_message("the snapshot %s was made by another VMM: only its disk is used",
                  sandbox->config.root);
    if (error != NULL)
        g_message("only the disk of snapshot %s is used: %s", sandbox->config.root,
                  error->message);
    return template;
}

static void load_in_worker(gpointer data)
{
    Boot *boot = data;
    SbxSandbox *sandbox = boot->sandbox;
    SbxKeeper *keeper = sandbox->keeper;
    SbxTemplateEntry *entry = sbx_snapshot_find(keeper, sandbox->config.root, &boot->fault);
    g_autofree char *dir = sbx_snapshot_path(keeper, sandbox->config.root);

    if (entry != NULL) {
        g_autofree char *path = g_build_filename(dir, entry->id, "disk", NULL);

        boot->disk_fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (boot->disk_fd < 0)
            sbx_fault_set(&boot->fault, SBX_E_SYSTEM, errno, NULL, "cannot open %s: %s", path,
                          g_strerror(errno));
        else if (sandbox->config.is_same_machine)
            boot->template = load_memory(keeper, sandbox, dir, entry->id);
        sbx_template_entry_free(entry);
    }
    g_main_context_invoke(NULL, boot_loaded, boot);
}

void sbx_snapshot_boot(SbxSandbox *sandbox)
{
    Boot *boot = g_new0(Boot, 1);

    boot->sandbox = sbx_sandbox_ref(sandbox);
    boot->disk_fd = -1;
    sbx_keeper_work(sandbox->keeper, load_in_worker, boot);
}

/* --- making one --- */

typedef struct {
    SbxKeeper *keeper;
    SbxSandbox *sandbox; /* a reference */
    SbxImage *image; /* ours: the sandbox may end at any time */
    SbxRequest *request;
    char *name;
    char *store;
    GStringChunk *strings;
    SbxTemplateKey key;
    JsonObject *notes; /* its environment, when it was asked for */
    char *build_dir;
    int name_lock_fd;
    int lock_fd;
    int hold_fd;
    GBytes *state;
    GError *fault;
} Making;

static void answer(Making *making)
{
    JsonObject *result;

    if (making->build_dir != NULL)
        sbx_template_discard(making->build_dir);
    sbx_fd_clear(&making->hold_fd);
    sbx_fd_clear(&making->lock_fd);
    sbx_fd_clear(&making->name_lock_fd);
    /* Our locks' files; no template is as old. */
    sbx_template_store_sweep(making->store, G_MAXUINT);
    if (making->fault != NULL)
        rmdir(making->store); /* where there is another of that name it is not empty */
    if (making->fault != NULL) {
        sbx_request_fail(making->request, making->fault);
    } else {
        result = json_object_new();
        json_object_set_string_member(result, "name", making->name);
        sbx_request_reply(making->request, result, NULL, 0);
    }
    g_clear_pointer(&making->state, g_bytes_unref);
    g_string_chunk_free(making->strings);
    json_object_unref(making->notes);
    sbx_image_unref(making->image);
    making->keeper->pending--;
    sbx_keeper_check_idle(making->keeper);
    sbx_sandbox_unref(making->sandbox);
    g_free(making->build_dir);
    g_free(making->store);
    g_free(making->name);
    g_free(making);
}

static gboolean published(gpointer data)
{
    answer(data);
    return G_SOURCE_REMOVE;
}

/* In a worker: a full disk shows in many ways. */
static void look_for_room(Making *making)
{
    GError *full = sbx_template_full_fault(making->build_dir, making->fault);

    if (full == NULL)
        return;
    g_error_free(making->fault);
    making->fault = full;
}

static void look_in_worker(gpointer data)
{
    look_for_room(data);
    g_main_context_invoke(NULL, published, data);
}

static void publish_in_worker(gpointer data)
{
    Making *making = data;
    g_autofree char *path = g_build_filename(making->build_dir, "state", NULL);
    gsize size;
    const char *bytes = g_bytes_get_data(making->state, &size);
    g_autoptr(GError) reason = NULL;

    if (!g_file_set_contents_full(path, bytes, (gssize)size, G_FILE_SET_CONTENTS_NONE, 0600,
                                  &reason))
        sbx_fault_set(&making->fault, SBX_E_SYSTEM, 0, NULL, "cannot write the snapshot %s: %s",
                      making->name, reason->message);
    else if (sbx_template_publish(making->store, making->build_dir, &making->key, making->notes,
                                  &making->fault))
        g_clear_pointer(&making->build_dir, g_free);
    if (making->fault != NULL)
        look_for_room(making);
    g_main_context_invoke(NULL, published, making);
}

static void captured(SbxTemplate *template, const GError *fault, gpointer data)
{
    Making *making = data;

    if (fault != NULL) {
        making->fault = g_error_copy(fault);
        sbx_keeper_work(making->keeper, look_in_worker, making);
        return;
    }
    making->state = g_bytes_ref(template->state);
    sbx_keeper_work(making->keeper, publish_in_worker, making);
}

static void synced(SbxAgentSession *session, const GError *error, gpointer data)
{
    Making *making = data;
    SbxSandbox *sandbox = making->sandbox;

    (void)session;
    (void)error; /* a session that has ended is a sandbox that has */
    if (sandbox->busy == making)
        sandbox->busy = NULL;
    if (sandbox->state != SBX_RUNNING && sandbox->state != SBX_PAUSED) {
        making->fault = sbx_sandbox_gone(sandbox);
        answer(making);
    } else {
        sbx_capture(sandbox, making->build_dir, captured, making);
    }
}

static gboolean prepared(gpointer data)
{
    Making *making = data;
    SbxSandbox *sandbox = making->sandbox;

    if (making->fault != NULL) {
        if (sandbox->busy == making)
            sandbox->busy = NULL;
        answer(making);
    } else if (sandbox->state == SBX_RUNNING) {
        sbx_guest_run(sandbox, "exec sync", SYNC_MS, synced, making);
    } else {
        synced(NULL, NULL, making);
    }
    return G_SOURCE_REMOVE;
}

static void prepare_in_worker(gpointer data)
{
    Making *making = data;
    SbxKeeper *keeper = making->keeper;
    SbxSandbox *sandbox = making->sandbox;
    SbxDriver *driver = sbx_keeper_driver(keeper, &making->fault);
    SbxTemplateEntry *there = NULL;
    g_autofree char *id = NULL;

    if (making->fault == NULL)
        making->name_lock_fd = sbx_snapshot_lock(keeper, making->name, &making->fault);
    if (making->name_lock_fd >= 0)
        there = sbx_snapshot_find(keeper, making->name, NULL);
    if (there != NULL) {
        sbx_template_entry_free(there);
        sbx_fault_set(&making->fault, SBX_E_EXISTS, 0, "remove it first: `sbx snapshot remove`",
                      "there is a snapshot %s already", making->name);
    }
    if (making->fault == NULL &&
        sbx_template_key(keeper, driver, making->image, &sandbox->config, &making->key,
                         making->strings, &making->fault)) {
        id = sbx_template_id(&making->key);
        making->lock_fd = sbx_template_lock(making->store, id, FALSE, &making->fault);
        if (making->lock_fd >= 0)
            making->build_dir = sbx_template_begin(making->store, sandbox->config.memory,
                                                   &making->hold_fd, &making->fault);
    }
    g_main_context_invoke(NULL, prepared, making);
}

static JsonObject *make_notes(SbxSandbox *sandbox)
{
    g_autofree char *env = sbx_env_to_text(sandbox->config.env);
    JsonObject *notes = json_object_new();

    json_object_set_string_member(notes, "env", env);
    return notes;
}

void sbx_snapshot_method(SbxKeeper *keeper, SbxRequest *request)
{
    const char *name = sbx_json_get_string(request->params, "name");
    SbxSandbox *sandbox = sbx_sandbox_wanted(keeper, request, "id", TRUE);
    Making *making;

    if (sandbox == NULL)
        return;
    if (!sbx_snapshot_name_is_valid(name)) {
        sbx_request_fail(request, sbx_fault_new(SBX_E_INVALID, 0, NULL, NULL,
                                                "not a name for a snapshot"));
        return;
    }
    if (!sbx_capture_possible(sandbox, request))
        return;
    making = g_new0(Making, 1);
    making->keeper = keeper;
    making->sandbox = sbx_sandbox_ref(sandbox);
    making->image = sbx_image_ref(sandbox->image);
    making->request = request;
    making->name = g_strdup(name);
    making->store = sbx_snapshot_path(keeper, name);
    making->strings = g_string_chunk_new(4096);
    making->name_lock_fd = -1;
    making->notes = make_notes(sandbox);
    making->lock_fd = -1;
    making->hold_fd = -1;
    sandbox->busy = making;
    keeper->pending++;
    sbx_keeper_work(keeper, prepare_in_worker, making);
}
