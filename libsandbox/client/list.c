/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* List: the running sandboxes of this user. See include/sandbox/list.h. */
#include <errno.h>
#include <string.h>

#include "client/private.h"

struct sbx_list {
    JsonArray *items; /* of objects */
};

JsonArray *sbx_reply_items(const SbxReply *reply, const char *name)
{
    JsonArray *items = sbx_json_get_array(reply->result, name);

    return items != NULL ? json_array_ref(items) : json_array_new();
}

JsonObject *sbx_item(JsonArray *items, size_t index)
{
    JsonNode *node;

    if (index >= json_array_get_length(items))
        return NULL;
    node = json_array_get_element(items, (guint)index);
    return JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

int sbx_list_get(sbx_list **out, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    sbx_list *list;
    int code;

    if (out == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "out is NULL");
    code = sbx_call(0, "sandbox.list", NULL, NULL, 0, &reply, __func__, error);
    if (code < 0 && code != SBX_E_NOT_FOUND)
        return code;
    list = g_try_new0(struct sbx_list, 1);
    if (list == NULL)
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, __func__, NULL, "out of memory");
    list->items = sbx_reply_items(&reply, "sandboxes");
    *out = list;
    return SBX_OK;
}

void sbx_list_free(sbx_list *list)
{
    if (list == NULL)
        return;
    json_array_unref(list->items);
    g_free(list);
}

size_t sbx_list_length(const sbx_list *list)
{
    return json_array_get_length(list->items);
}

static JsonObject *item(const sbx_list *list, size_t index)
{
    return sbx_item(list->items, index);
}

const char *sbx_list_id(const sbx_list *list, size_t index)
{
    return sbx_json_get_string(item(list, index), "id");
}

int sbx_list_status(const sbx_list *list, size_t index)
{
    return (int)sbx_json_get_int(item(list, index), "status", -1);
}

const char *sbx_list_image(const sbx_list *list, size_t index)
{
    return sbx_json_get_string(item(list, index), "image");
}

int64_t sbx_list_created(const sbx_list *list, size_t index)
{
    return sbx_json_get_int(item(list, index), "created_ms", 0);
}

int64_t sbx_list_deadline(const sbx_list *list, size_t index)
{
    return sbx_json_get_int(item(list, index), "deadline_ms", 0);
}

uint64_t sbx_list_memory(const sbx_list *list, size_t index)
{
    return (uint64_t)sbx_json_get_int(item(list, index), "memory", 0);
}

int sbx_list_vcpus(const sbx_list *list, size_t index)
{
    return (int)sbx_json_get_int(item(list, index), "vcpus", item(list, index) != NULL ? 0 : -1);
}

static const char *label_part(const sbx_list *list, size_t index, size_t nth, const char *part)
{
    JsonObject *labels = sbx_json_get_object(item(list, index), "labels");
    JsonArray *array = sbx_json_get_array(labels, part);
    JsonNode *node;

    if (array == NULL || nth >= json_array_get_length(array))
        return NULL;
    node = json_array_get_element(array, (guint)nth);
    return JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
}

const char *sbx_list_label_key(const sbx_list *list, size_t index, size_t nth)
{
    return label_part(list, index, nth, "names");
}

const char *sbx_list_label_value(const sbx_list *list, size_t index, size_t nth)
{
    return label_part(list, index, nth, "values");
}
