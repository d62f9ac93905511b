/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Process list: the commands of a sandbox. See include/sandbox/process-list.h. */
#include <errno.h>

#include "client/process-private.h"

struct sbx_process_list {
    JsonArray *items; /* of objects */
};

int sbx_process_list_get(sbx *sandbox, sbx_process_list **out, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    sbx_error *reason = NULL;
    sbx_process_list *list;
    JsonObject *params;
    int code = sbx_check_handle(sandbox, __func__, error);

    if (code < 0)
        return code;
    if (out == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "out is NULL");
    params = json_object_new();
    json_object_set_string_member(params, "sandbox", sandbox->id);
    code = sbx_call(0, "process.list", params, NULL, 0, &reply, __func__, &reason);
    if (reason != NULL)
        return sbx_process_call_failed(sandbox, reason, __func__, error);
    if (code == SBX_E_NOT_FOUND)
        return sbx_process_sandbox_gone(sandbox, __func__, error);
    list = g_try_new0(struct sbx_process_list, 1);
    if (list == NULL)
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, __func__, NULL, "out of memory");
    list->items = sbx_reply_items(&reply, "processes");
    *out = list;
    return SBX_OK;
}

void sbx_process_list_free(sbx_process_list *list)
{
    if (list == NULL)
        return;
    json_array_unref(list->items);
    g_free(list);
}

size_t sbx_process_list_length(const sbx_process_list *list)
{
    return json_array_get_length(list->items);
}

static JsonObject *item(const sbx_process_list *list, size_t index)
{
    return sbx_item(list->items, index);
}

int64_t sbx_process_list_id(const sbx_process_list *list, size_t index)
{
    return sbx_json_get_int(item(list, index), "process", 0);
}

int sbx_process_list_pid(const sbx_process_list *list, size_t index)
{
    return (int)sbx_json_get_int(item(list, index), "pid", 0);
}

const char *sbx_process_list_command(const sbx_process_list *list, size_t index)
{
    return sbx_json_get_string(item(list, index), "command");
}

const char *sbx_process_list_user(const sbx_process_list *list, size_t index)
{
    return sbx_json_get_string(item(list, index), "user");
}

int64_t sbx_process_list_started(const sbx_process_list *list, size_t index)
{
    return sbx_json_get_int(item(list, index), "started_ms", 0);
}

int sbx_process_list_state(const sbx_process_list *list, size_t index)
{
    JsonObject *object = item(list, index);

    if (object == NULL)
        return -1;
    return sbx_json_get_object(object, "end") != NULL ? SBX_PROCESS_EXITED : SBX_PROCESS_RUNNING;
}

int sbx_process_list_attached(const sbx_process_list *list, size_t index)
{
    JsonObject *object = item(list, index);

    return object != NULL ? sbx_json_get_boolean(object, "attached", FALSE) : -1;
}

static int of_end(const sbx_process_list *list, size_t index, const char *name)
{
    return (int)sbx_json_get_int(sbx_json_get_object(item(list, index), "end"), name, -1);
}

int sbx_process_list_exit_code(const sbx_process_list *list, size_t index)
{
    return of_end(list, index, "exit_code");
}

int sbx_process_list_cause(const sbx_process_list *list, size_t index)
{
    return of_end(list, index, "cause");
}
