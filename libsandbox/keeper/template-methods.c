/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What clients ask of the templates. See doc/protocol.md. */
#include <string.h>

#include <sandbox/error.h>

#include "keeper/template.h"
#include "wire/json.h"

/* Below that many digits a prefix is a guess. */
#define PREFIX_MIN 8

static gboolean check_enabled(SbxKeeper *keeper, SbxRequest *request)
{
    if (keeper->templates_dir != NULL)
        return TRUE;
    sbx_request_fail(request, sbx_fault_new(SBX_E_UNSUPPORTED, 0,
                                            "unset LIBSANDBOX_TEMPLATES and end the keeper: "
                                            "`sbx keeper stop`",
                                            NULL, "templates are turned off"));
    return FALSE;
}

/* --- list and remove: disk, so in a worker --- */

typedef struct {
    SbxKeeper *keeper;
    SbxRequest *request;
    char *dir;
    char *id; /* or its beginning; NULL: all */
    JsonObject *result;
    GError *fault;
} Work;

static gboolean work_done(gpointer data)
{
    Work *work = data;

    sbx_request_done(work->request, work->keeper, work->result, work->fault);
    g_free(work->dir);
    g_free(work->id);
    g_free(work);
    return G_SOURCE_REMOVE;
}

static void set_text(JsonObject *object, const char *name, const char *text)
{
    json_object_set_string_member(object, name, text != NULL ? text : "");
}

static JsonObject *describe(const SbxTemplateEntry *entry)
{
    JsonObject *object = json_object_new();

    set_text(object, "id", entry->id);
    set_text(object, "image", entry->image);
    set_text(object, "vmm", entry->vmm);
    set_text(object, "accelerator", entry->accelerator);
    json_object_set_int_member(object, "memory", (gint64)entry->memory);
    json_object_set_int_member(object, "vcpus", entry->vcpus);
    json_object_set_int_member(object, "disk_size", (gint64)entry->disk_size);
    json_object_set_int_member(object, "created_ms", entry->created_ms);
    json_object_set_int_member(object, "used_ms", entry->used_ms);
    json_object_set_int_member(object, "size", (gint64)entry->size);
    set_text(object, "state", entry->building ? "building" : "ready");
    return object;
}

static void list_in_worker(gpointer data)
{
    Work *work = data;
    g_autoptr(GPtrArray) entries = sbx_template_store_list(work->dir, &work->fault);
    JsonArray *items = json_array_new();

    for (guint i = 0; entries != NULL && i < entries->len; i++)
        json_array_add_object_element(items, describe(entries->pdata[i]));
    work->result = json_object_new();
    json_object_set_array_member(work->result, "templates", items);
    g_main_context_invoke(NULL, work_done, work);
}

static gboolean check_unique(GPtrArray *entries, const char *prefix, GError **error)
{
    guint found = 0;

    for (guint i = 0; i < entries->len; i++)
        found += g_str_has_prefix(((SbxTemplateEntry *)entries->pdata[i])->id, prefix);
    if (found == 1)
        return TRUE;
    sbx_fault_set(error, found == 0 ? SBX_E_NOT_FOUND : SBX_E_INVALID, 0,
                  "`sbx template list` shows them", found == 0 ? "there is no template %.64s"
                                                               : "%.64s is several templates",
                  prefix);
    return FALSE;
}

static void remove_in_worker(gpointer data)
{
    Work *work = data;
    g_autoptr(GPtrArray) entries = sbx_template_store_list(work->dir, &work->fault);
    guint removed = 0;

    if (entries != NULL && work->id != NULL && !check_unique(entries, work->id, &work->fault))
        g_clear_pointer(&entries, g_ptr_array_unref);
    for (guint i = 0; entries != NULL && work->fault == NULL && i < entries->len; i++) {
        const SbxTemplateEntry *entry = entries->pdata[i];

        if (work->id == NULL ? entry->building : !g_str_has_prefix(entry->id, work->id))
            continue;
        if (sbx_template_store_remove(work->dir, entry->id, &work->fault)) {
            sbx_template_forget(work->keeper, entry->id);
            g_atomic_int_inc(&work->keeper->templates_lost);
            removed++;
        }
    }
    work->result = json_object_new();
    json_object_set_int_member(work->result, "removed", removed);
    g_main_context_invoke(NULL, work_done, work);
}

static void begin(SbxKeeper *keeper, SbxRequest *request, SbxWork fn, const char *id)
{
    Work *work = g_new0(Work, 1);

    *work = (Work){.keeper = keeper, .request = request, .dir = g_strdup(keeper->templates_dir),
                   .id = g_strdup(id)};
    keeper->pending++;
    sbx_keeper_work(keeper, fn, work);
}

void sbx_template_method_list(SbxKeeper *keeper, SbxRequest *request)
{
    if (check_enabled(keeper, request))
        begin(keeper, request, list_in_worker, NULL);
}

void sbx_template_method_remove(SbxKeeper *keeper, SbxRequest *request)
{
    const char *id = sbx_json_get_string(request->params, "id");
    gboolean all = sbx_json_get_boolean(request->params, "all", FALSE);

    if (!check_enabled(keeper, request))
        return;
    if (!all && (id == NULL || strlen(id) < PREFIX_MIN))
        sbx_request_fail(request, sbx_fault_new(SBX_E_INVALID, 0, "give more of it", NULL,
                                                "a template's id has at least %d digits",
                                                PREFIX_MIN));
    else
        begin(keeper, request, remove_in_worker, all ? NULL : id);
}

/* --- build --- */

typedef struct {
    SbxKeeper *keeper;
    SbxRequest *request;
    guint number;
    gboolean is_gone; /* the client has */
} Wish;

static void told_progress(const char *stage, guint done, guint total, gpointer data)
{
    Wish *wish = data;
    JsonObject *params = json_object_new();

    json_object_set_string_member(params, "stage", stage);
    json_object_set_int_member(params, "done", done);
    json_object_set_int_member(params, "total", total);
    sbx_client_notify(wish->request->client, "template.progress", params);
}

static void told_done(const char *id, gboolean built, const GError *fault, gpointer data)
{
    Wish *wish = data;
    JsonObject *result;

    /* Its client may have asked twice, and hung up at the other answer. */
    if (wish->is_gone)
        return;
    sbx_client_unwatch(wish->request->client, wish);
    if (fault != NULL) {
        sbx_request_fail(wish->request, g_error_copy(fault));
    } else {
        result = json_object_new();
        json_object_set_string_member(result, "id", id);
        json_object_set_boolean_member(result, "built", built);
        sbx_request_reply(wish->request, result, NULL, 0);
    }
    g_free(wish);
}

static gboolean forget_wish(gpointer data)
{
    Wish *wish = data;

    sbx_request_fail(wish->request, sbx_fault_new(SBX_E_CANCELLED, 0, NULL, NULL, "gone"));
    g_free(wish);
    return G_SOURCE_REMOVE;
}

/* Perhaps in the middle of telling it something. */
static void client_gone(gpointer data)
{
    Wish *wish = data;

    wish->is_gone = TRUE;
    sbx_template_build_ignore(wish->keeper, wish->number);
    g_idle_add_full(G_PRIORITY_DEFAULT, forget_wish, wish, NULL);
}

void sbx_template_method_build(SbxKeeper *keeper, SbxRequest *request)
{
    gboolean force = sbx_json_get_boolean(request->params, "force", FALSE);
    SbxSandboxConfig config;
    GError *fault = NULL;
    Wish *wish;

    if (!check_enabled(keeper, request))
        return;
    if (!sbx_sandbox_config_parse(request->params, &config, &fault)) {
        sbx_sandbox_config_clear(&config);
        sbx_request_fail(request, fault);
        return;
    }
    wish = g_new0(Wish, 1);
    wish->keeper = keeper;
    wish->request = request;
    wish->number = sbx_template_build(keeper, &config, force, told_progress, told_done, wish);
    sbx_client_watch(request->client, client_gone, wish);
    sbx_sandbox_config_clear(&config);
}
