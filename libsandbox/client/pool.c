/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pools: VMs that are up before anybody asks for them. See include/sandbox/pool.h. */
#include <errno.h>
#include <inttypes.h>

#include "client/private.h"

struct sbx_pool_list {
    JsonArray *items; /* of objects */
    int setting;
    uint64_t budget;
    uint64_t used;
};

int sbx_pool_fill(const sbx_options *options, unsigned int count, int64_t timeout_ms,
                  sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    JsonObject *params;
    int code;

    if (count < 1 || count > SBX_SPARES_MAX)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "%u spares are out of range: 1 to %d", count, SBX_SPARES_MAX);
    if (timeout_ms != SBX_WAIT_FOREVER && (timeout_ms < 1 || timeout_ms > SBX_TIMEOUT_MAX_MS))
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "a timeout of %" PRId64 " ms is out of range", timeout_ms);
    code = sbx_options_kind(options, &params, __func__, error);
    if (code < 0)
        return code;
    json_object_set_int_member(params, "count", count);
    json_object_set_int_member(params, "timeout_ms", timeout_ms);
    code = sbx_call(1, "pool.fill", params, NULL, 0, &reply, __func__, error);
    return code < 0 ? code : (int)CLAMP(sbx_json_get_int(reply.result, "ready", 0), 0, G_MAXINT);
}

/* Sets one member of the keeper's settings. */
static int set(const char *member, int64_t value, const char *operation, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    JsonObject *params = json_object_new();

    json_object_set_int_member(params, member, value);
    return sbx_call(1, "pool.set", params, NULL, 0, &reply, operation, error);
}

int sbx_pool_set_size(int size, sbx_error **error)
{
    if (size != SBX_SPARES_AUTO && (size < 0 || size > SBX_SPARES_MAX))
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "%d spares are out of range: 0 to %d, or -1 for automatic", size,
                        SBX_SPARES_MAX);
    return set("size", size, __func__, error);
}

int sbx_pool_set_budget(uint64_t bytes, sbx_error **error)
{
    if (bytes > INT64_MAX)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "a budget of %" PRIu64 " bytes is out of range", bytes);
    return set("budget", (int64_t)bytes, __func__, error);
}

int sbx_pool_drain(const char *image, unsigned int *drained, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    sbx_error *reason = NULL;
    JsonObject *params;
    int code;

    if (image != NULL && !sbx_image_name_ok(image))
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, "names look like builtin:debian-13",
                        "\"%.200s\" is not an image name", image);
    params = json_object_new();
    if (image != NULL)
        json_object_set_string_member(params, "image", image);
    code = sbx_call(0, "pool.drain", params, NULL, 0, &reply, __func__, &reason);
    if (reason != NULL)
        return sbx_fail_with(error, reason);
    /* Without a keeper there are no spares, and no error. */
    if (drained != NULL)
        *drained = code < 0 ? 0
                            : (unsigned int)CLAMP(sbx_json_get_int(reply.result, "drained", 0), 0,
                                                  G_MAXINT);
    return SBX_OK;
}

int sbx_pool_list_get(sbx_pool_list **out, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    sbx_pool_list *list;
    int code;

    if (out == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "out is NULL");
    code = sbx_call(1, "pool.list", NULL, NULL, 0, &reply, __func__, error);
    if (code < 0)
        return code;
    list = g_try_new0(struct sbx_pool_list, 1);
    if (list == NULL)
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, __func__, NULL, "out of memory");
    list->items = sbx_reply_items(&reply, "pools");
    list->setting = (int)sbx_json_get_int(reply.result, "size", SBX_SPARES_AUTO);
    list->budget = (uint64_t)sbx_json_get_int(reply.result, "budget", 0);
    list->used = (uint64_t)sbx_json_get_int(reply.result, "used", 0);
    *out = list;
    return SBX_OK;
}

void sbx_pool_list_free(sbx_pool_list *list)
{
    if (list == NULL)
        return;
    json_array_unref(list->items);
    g_free(list);
}

size_t sbx_pool_list_length(const sbx_pool_list *list)
{
    return json_array_get_length(list->items);
}

int sbx_pool_list_setting(const sbx_pool_list *list)
{
    return list->setting;
}

uint64_t sbx_pool_list_budget(const sbx_pool_list *list)
{
    return list->budget;
}

uint64_t sbx_pool_list_used(const sbx_pool_list *list)
{
    return list->used;
}

static JsonObject *item(const sbx_pool_list *list, size_t index)
{
    return sbx_item(list->items, index);
}

/* A count: -1 where there is no such pool. */
static int item_count(const sbx_pool_list *list, size_t index, const char *name)
{
    return (int)sbx_json_get_int(item(list, index), name, item(list, index) != NULL ? 0 : -1);
}

const char *sbx_pool_list_image(const sbx_pool_list *list, size_t index)
{
    return sbx_json_get_string(item(list, index), "image");
}

uint64_t sbx_pool_list_memory(const sbx_pool_list *list, size_t index)
{
    return (uint64_t)sbx_json_get_int(item(list, index), "memory", 0);
}

int sbx_pool_list_vcpus(const sbx_pool_list *list, size_t index)
{
    return item_count(list, index, "vcpus");
}

uint64_t sbx_pool_list_disk_size(const sbx_pool_list *list, size_t index)
{
    return (uint64_t)sbx_json_get_int(item(list, index), "disk_size", 0);
}

int sbx_pool_list_ready(const sbx_pool_list *list, size_t index)
{
    return item_count(list, index, "ready");
}

int sbx_pool_list_starting(const sbx_pool_list *list, size_t index)
{
    return item_count(list, index, "starting");
}

int sbx_pool_list_target(const sbx_pool_list *list, size_t index)
{
    return item_count(list, index, "target");
}

uint64_t sbx_pool_list_private_bytes(const sbx_pool_list *list, size_t index)
{
    return (uint64_t)sbx_json_get_int(item(list, index), "private_bytes", 0);
}
