/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* List: clients' sandboxes, all or those that somebody looks for. */
#include <string.h>

#include <sandbox/error.h>
#include <sandbox/list.h>

#include "keeper/sandbox.h"
#include "wire/json.h"

/* What is looked for; the strings are the request's. */
typedef struct {
    JsonArray *keys;   /* NULL: no label */
    JsonArray *values; /* as many; null: any value */
    gint64 status;
} Filter;

static const char *text_at(JsonArray *array, guint index)
{
    JsonNode *node = json_array_get_element(array, index);

    return JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
}

static gboolean parse_filter(JsonObject *params, Filter *filter, GError **error)
{
    JsonObject *labels = sbx_json_get_object(params, "labels");

    *filter = (Filter){.status = sbx_json_get_int(params, "status", SBX_STATUS_ANY)};
    if (labels == NULL)
        return TRUE;
    filter->keys = sbx_json_get_array(labels, "names");
    filter->values = sbx_json_get_array(labels, "values");
    if (filter->keys != NULL && filter->values != NULL &&
        json_array_get_length(filter->keys) == json_array_get_length(filter->values) &&
        json_array_get_length(filter->keys) <= SBX_LIST_LABELS_MAX)
        return TRUE;
    sbx_fault_set(error, SBX_E_INVALID, 0, NULL, "the labels are malformed");
    return FALSE;
}

static gboolean has_label(JsonObject *labels, const char *key, const char *value)
{
    g_auto(GStrv) keys = sbx_json_get_bytes_array(labels, "names");
    g_auto(GStrv) values = sbx_json_get_bytes_array(labels, "values");

    for (guint i = 0; keys != NULL && values != NULL && keys[i] != NULL; i++)
        if (g_strcmp0(keys[i], key) == 0)
            return value == NULL || strcmp(values[i], value) == 0;
    return FALSE;
}

static gboolean matches(const Filter *filter, SbxSandbox *sandbox)
{
    guint count = filter->keys != NULL ? json_array_get_length(filter->keys) : 0;

    if (filter->status != SBX_STATUS_ANY && filter->status != sbx_sandbox_status(sandbox))
        return FALSE;
    for (guint i = 0; i < count; i++)
        if (!has_label(sandbox->config.labels, text_at(filter->keys, i),
                       text_at(filter->values, i)))
            return FALSE;
    return TRUE;
}

static int by_age(gconstpointer a, gconstpointer b)
{
    const SbxSandbox *first = *(SbxSandbox *const *)a;
    const SbxSandbox *second = *(SbxSandbox *const *)b;

    if (first->created_ms != second->created_ms)
        return first->created_ms < second->created_ms ? -1 : 1;
    return strcmp(first->id, second->id);
}

/* Takes @items. */
static void reply(SbxRequest *request, JsonArray *items)
{
    JsonObject *result = json_object_new();

    json_object_set_array_member(result, "sandboxes", items);
    sbx_request_reply(request, result, NULL, 0);
}

void sbx_list_method(SbxKeeper *keeper, SbxRequest *request)
{
    g_autoptr(GPtrArray) sandboxes = sbx_keeper_sandboxes(keeper, TRUE);
    JsonArray *items;
    GError *fault = NULL;
    Filter filter;

    if (!parse_filter(request->params, &filter, &fault)) {
        sbx_request_fail(request, fault);
        return;
    }
    items = json_array_new();
    g_ptr_array_sort(sandboxes, by_age);
    for (guint i = 0; i < sandboxes->len; i++) {
        SbxSandbox *sandbox = sandboxes->pdata[i];

        if (!sandbox->is_hidden && matches(&filter, sandbox))
            json_array_add_object_element(items, sbx_sandbox_describe(sandbox));
    }
    reply(request, items);
}

void sbx_list_method_one(SbxKeeper *keeper, SbxRequest *request)
{
    SbxSandbox *sandbox = sbx_sandbox_wanted(keeper, request, "id", TRUE);
    JsonArray *items;

    if (sandbox == NULL)
        return;
    items = json_array_new();
    json_array_add_object_element(items, sbx_sandbox_describe(sandbox));
    reply(request, items);
}
