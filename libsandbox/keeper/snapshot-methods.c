/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Listing and removing snapshots. See doc/protocol.md. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sandbox/error.h>

#include "keeper/snapshot-private.h"
#include "wire/fd.h"
#include "wire/json.h"

typedef struct {
    SbxKeeper *keeper;
    SbxRequest *request;
    char *name;
    JsonObject *result;
    GError *fault;
} Work;

static gboolean work_done(gpointer data)
{
    Work *work = data;

    sbx_request_done(work->request, work->keeper, work->result, work->fault);
    g_free(work->name);
    g_free(work);
    return G_SOURCE_REMOVE;
}

static JsonObject *describe(const char *name, const SbxTemplateEntry *entry)
{
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, "name", name);
    json_object_set_string_member(object, "image", entry->image);
    json_object_set_int_member(object, "memory", (gint64)entry->memory);
    json_object_set_int_member(object, "vcpus", entry->vcpus);
    json_object_set_int_member(object, "disk_size", (gint64)entry->disk_size);
    json_object_set_int_member(object, "created_ms", entry->created_ms);
    json_object_set_int_member(object, "size", (gint64)entry->size);
    return object;
}

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *names_in(const char *dir)
{
    g_autoptr(GDir) open = g_dir_open(dir, 0, NULL);
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    const char *name;

    while (open != NULL && (name = g_dir_read_name(open)) != NULL)
        g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, by_name);
    return names;
}

static void list_in_worker(gpointer data)
{
    Work *work = data;
    g_autoptr(GPtrArray) names = names_in(work->keeper->snapshots_dir);
    JsonArray *items = json_array_new();

    for (guint i = 0; i < names->len; i++) {
        SbxTemplateEntry *entry = sbx_snapshot_find(work->keeper, names->pdata[i], NULL);

        if (entry == NULL)
            continue;
        json_array_add_object_element(items, describe(names->pdata[i], entry));
        sbx_template_entry_free(entry);
    }
    work->result = json_object_new();
    json_object_set_array_member(work->result, "snapshots", items);
    g_main_context_invoke(NULL, work_done, work);
}

static void remove_in_worker(gpointer data)
{
    Work *work = data;
    g_autofree char *dir = sbx_snapshot_path(work->keeper, work->name);
    g_auto(fd_t) lock = -1;
    SbxTemplateEntry *entry = NULL;
    gboolean removed = FALSE;

    /* What has no directory is not being made either, and gets none for a lock. */
    if (sbx_snapshot_name_is_valid(work->name) && g_file_test(dir, G_FILE_TEST_IS_DIR))
        lock = sbx_snapshot_lock(work->keeper, work->name, &work->fault);
    if (work->fault == NULL)
        entry = sbx_snapshot_find(work->keeper, work->name, &work->fault);
    if (entry != NULL) {
        removed = sbx_template_store_remove(dir, entry->id, &work->fault);
        sbx_template_entry_free(entry);
    }
    if (lock >= 0) {
        sbx_fd_clear(&lock);
        /* Its file goes as well; where there is a snapshot still, the directory is not empty. */
        sbx_template_store_sweep(dir, removed ? 0 : G_MAXUINT);
        if (rmdir(dir) < 0 && removed)
            g_message("cannot remove %s: %s", dir, g_strerror(errno));
    }
    work->result = json_object_new();
    g_main_context_invoke(NULL, work_done, work);
}

static void begin(SbxKeeper *keeper, SbxRequest *request, SbxWork fn)
{
    const char *name = sbx_json_get_string(request->params, "name");
    Work *work = g_new0(Work, 1);

    *work = (Work){.keeper = keeper, .request = request, .name = g_strdup(name != NULL ? name : "")};
    keeper->pending++;
    sbx_keeper_work(keeper, fn, work);
}

void sbx_snapshot_method_list(SbxKeeper *keeper, SbxRequest *request)
{
    begin(keeper, request, list_in_worker);
}

void sbx_snapshot_method_remove(SbxKeeper *keeper, SbxRequest *request)
{
    begin(keeper, request, remove_in_worker);
}
