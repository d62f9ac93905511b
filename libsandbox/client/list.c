/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* List: the running sandboxes of this user. See include/sandbox/list.h. */
#include <errno.h>
#include <string.h>

#include "client/private.h"

struct sbx_list {
    JsonArray *items; /* of objects */
};

struct sbx_list_options {
    int status;
    unsigned int n_labels;
    char *keys[SBX_LIST_LABELS_MAX];
    char *values[SBX_LIST_LABELS_MAX]; /* NULL: any */
};

sbx_list_options *sbx_list_options_new(void)
{
    sbx_list_options *options = g_try_new0(sbx_list_options, 1);

    if (options != NULL)
        options->status = SBX_STATUS_ANY;
    return options;
}

sbx_list_options *sbx_list_options_copy(const sbx_list_options *options)
{
    sbx_list_options *copy = sbx_list_options_new();

    if (copy == NULL)
        return NULL;
    *copy = *options;
    for (unsigned int i = 0; i < options->n_labels; i++) {
        copy->keys[i] = g_strdup(options->keys[i]);
        copy->values[i] = g_strdup(options->values[i]);
    }
    return copy;
}

void sbx_list_options_free(sbx_list_options *options)
{
    if (options == NULL)
        return;
    for (unsigned int i = 0; i < options->n_labels; i++) {
        g_free(options->keys[i]);
        g_free(options->values[i]);
    }
    g_free(options);
}

int sbx_list_options_set_label(sbx_list_options *options, const char *key, const char *value,
                               sbx_error **error)
{
    if (options == NULL || key == NULL || *key == '\0' || strlen(key) > SBX_LABEL_KEY_MAX ||
        !g_utf8_validate(key, -1, NULL))
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "a label's key must have 1 to %d bytes of UTF-8", SBX_LABEL_KEY_MAX);
    if (value != NULL &&
        (strlen(value) > SBX_LABEL_VALUE_MAX || !g_utf8_validate(value, -1, NULL)))
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "a label's value must have at most %d bytes of UTF-8", SBX_LABEL_VALUE_MAX);
    if (options->n_labels == SBX_LIST_LABELS_MAX)
        return sbx_fail(error, SBX_E_TOO_BIG, 0, __func__, NULL,
                        "a list can ask for at most %d labels", SBX_LIST_LABELS_MAX);
    options->keys[options->n_labels] = g_strdup(key);
    options->values[options->n_labels++] = g_strdup(value);
    return SBX_OK;
}

int sbx_list_options_set_status(sbx_list_options *options, int status, sbx_error **error)
{
    if (options == NULL || status < SBX_STATUS_ANY || status > SBX_STATUS_PAUSED)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "%d is none of SBX_STATUS_",
                        status);
    options->status = status;
    return SBX_OK;
}

static JsonObject *options_to_json(const sbx_list_options *options)
{
    JsonObject *params = json_object_new();
    JsonObject *labels = json_object_new();
    JsonArray *names = json_array_new();
    JsonArray *values = json_array_new();

    for (unsigned int i = 0; i < options->n_labels; i++) {
        json_array_add_string_element(names, options->keys[i]);
        if (options->values[i] != NULL)
            json_array_add_string_element(values, options->values[i]);
        else
            json_array_add_null_element(values);
    }
    json_object_set_array_member(labels, "names", names);
    json_object_set_array_member(labels, "values", values);
    json_object_set_object_member(params, "labels", labels);
    if (options->status != SBX_STATUS_ANY)
        json_object_set_int_member(params, "status", options->status);
    return params;
}

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

/* From an answer; an empty one when there was none. */
static int list_new(const SbxReply *reply, sbx_list **out, const char *operation,
                    sbx_error **error)
{
    sbx_list *list = g_try_new0(struct sbx_list, 1);

    if (list == NULL)
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, operation, NULL, "out of memory");
    list->items = sbx_reply_items(reply, "sandboxes");
    *out = list;
    return SBX_OK;
}

static int get(const sbx_list_options *options, sbx_list **out, const char *operation,
               sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    int code;

    if (out == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, operation, NULL, "out is NULL");
    code = sbx_call(0, "sandbox.list", options != NULL ? options_to_json(options) : NULL, NULL, 0,
                    &reply, operation, error);
    if (code < 0 && code != SBX_E_NOT_FOUND)
        return code;
    return list_new(&reply, out, operation, error);
}

int sbx_list_get(sbx_list **out, sbx_error **error)
{
    return get(NULL, out, __func__, error);
}

int sbx_list_get_filtered(const sbx_list_options *options, sbx_list **out, sbx_error **error)
{
    return get(options, out, __func__, error);
}

int sbx_list_get_one(sbx *sandbox, sbx_list **out, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    int code;

    if (out == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "out is NULL");
    code = sbx_handle_call(sandbox, "sandbox.info", json_object_new(), NULL, 0, &reply, __func__,
                           error);
    return code < 0 ? code : list_new(&reply, out, __func__, error);
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

uint64_t sbx_list_disk_size(const sbx_list *list, size_t index)
{
    return (uint64_t)sbx_json_get_int(item(list, index), "disk_size", 0);
}

int64_t sbx_list_uptime(const sbx_list *list, size_t index)
{
    return sbx_json_get_int(item(list, index), "uptime_ms", 0);
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
