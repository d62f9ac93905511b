/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Snapshots: the saved state of a sandbox. See include/sandbox/snapshot.h. */
#include <errno.h>
#include <string.h>

#include "client/private.h"

struct sbx_snapshot_list {
    JsonArray *items; /* of objects */
};

int sbx_check_snapshot_name(const char *name, const char *operation, sbx_error **error)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";

    if (name != NULL && *name != '\0' && strchr("._-", *name) == NULL &&
        strlen(name) <= SBX_SNAPSHOT_NAME_MAX && name[strspn(name, letters)] == '\0')
        return SBX_OK;
    return sbx_fail(error, SBX_E_INVALID, 0, operation,
                    "names are 1 to 63 of a-z, 0-9, '.', '_' and '-', and begin with a letter or "
                    "digit",
                    "\"%.80s\" is not a name for a snapshot", name != NULL ? name : "(null)");
}

static JsonObject *name_params(const char *name)
{
    JsonObject *params = json_object_new();

    json_object_set_string_member(params, "name", name);
    return params;
}

int sbx_snapshot(sbx *sandbox, const char *name, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    int code = sbx_check_snapshot_name(name, __func__, error);

    if (code < 0)
        return code;
    return sbx_handle_call(sandbox, "sandbox.snapshot", name_params(name), NULL, 0, &reply,
                           __func__, error);
}

int sbx_snapshot_remove(const char *name, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    int code = sbx_check_snapshot_name(name, __func__, error);

    if (code < 0)
        return code;
    return sbx_call(1, "snapshot.remove", name_params(name), NULL, 0, &reply, __func__, error);
}

int sbx_snapshot_list_get(sbx_snapshot_list **out, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    sbx_snapshot_list *list;
    int code;

    if (out == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "out is NULL");
    code = sbx_call(1, "snapshot.list", NULL, NULL, 0, &reply, __func__, error);
    if (code < 0)
        return code;
    list = g_try_new0(struct sbx_snapshot_list, 1);
    if (list == NULL)
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, __func__, NULL, "out of memory");
    list->items = sbx_reply_items(&reply, "snapshots");
    *out = list;
    return SBX_OK;
}

void sbx_snapshot_list_free(sbx_snapshot_list *list)
{
    if (list == NULL)
        return;
    json_array_unref(list->items);
    g_free(list);
}

size_t sbx_snapshot_list_length(const sbx_snapshot_list *list)
{
    return json_array_get_length(list->items);
}

static JsonObject *item(const sbx_snapshot_list *list, size_t index)
{
    return sbx_item(list->items, index);
}

const char *sbx_snapshot_list_name(const sbx_snapshot_list *list, size_t index)
{
    return sbx_json_get_string(item(list, index), "name");
}

const char *sbx_snapshot_list_image(const sbx_snapshot_list *list, size_t index)
{
    return sbx_json_get_string(item(list, index), "image");
}

uint64_t sbx_snapshot_list_memory(const sbx_snapshot_list *list, size_t index)
{
    return (uint64_t)sbx_json_get_int(item(list, index), "memory", 0);
}

int sbx_snapshot_list_vcpus(const sbx_snapshot_list *list, size_t index)
{
    return (int)sbx_json_get_int(item(list, index), "vcpus", item(list, index) != NULL ? 0 : -1);
}

uint64_t sbx_snapshot_list_disk_size(const sbx_snapshot_list *list, size_t index)
{
    return (uint64_t)sbx_json_get_int(item(list, index), "disk_size", 0);
}

int64_t sbx_snapshot_list_created(const sbx_snapshot_list *list, size_t index)
{
    return sbx_json_get_int(item(list, index), "created_ms", 0);
}

uint64_t sbx_snapshot_list_size(const sbx_snapshot_list *list, size_t index)
{
    return (uint64_t)sbx_json_get_int(item(list, index), "size", 0);
}
