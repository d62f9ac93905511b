/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Env: the environment variables of a sandbox. See include/sandbox/env.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/private.h"

struct sbx_env_list {
    char **names;
    char **values;
    size_t length;
};

/* The parameters of a call about one variable. */
static int make_params(const char *name, const char *value, JsonObject **params,
                       const char *operation, sbx_error **error)
{
    if (name == NULL || *name == '\0' || strchr(name, '=') != NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, operation, NULL,
                        "\"%.64s\" is not a name for an environment variable",
                        name != NULL ? name : "(null)");
    if (strlen(name) + (value != NULL ? strlen(value) : 0) + 2 > SBX_ENV_BYTES_MAX)
        return sbx_fail(error, SBX_E_TOO_BIG, 0, operation, NULL,
                        "the environment variable %.64s is longer than %d bytes", name,
                        SBX_ENV_BYTES_MAX);
    *params = json_object_new();
    json_object_set_member(*params, "name", sbx_json_bytes_node(name));
    if (value != NULL)
        json_object_set_member(*params, "value", sbx_json_bytes_node(value));
    return SBX_OK;
}

int sbx_env_get(sbx *sandbox, const char *name, char **value, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    g_autofree char *bytes = NULL;
    JsonObject *params = NULL;
    char *copy;
    int code;

    if (value == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "value is NULL");
    code = make_params(name, NULL, &params, __func__, error);
    if (code < 0)
        return code;
    code = sbx_handle_call(sandbox, "env.get", params, NULL, 0, &reply, __func__, error);
    if (code < 0)
        return code;
    bytes = sbx_json_get_bytes(reply.result, "value");
    if (bytes == NULL)
        return sbx_fail(error, SBX_E_NOT_FOUND, 0, __func__, NULL,
                        "the sandbox %s has no environment variable %.64s of its own", sandbox->id,
                        name);
    copy = strdup(bytes); /* for sbx_free() */
    if (copy == NULL)
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, __func__, NULL, "out of memory");
    *value = copy;
    return SBX_OK;
}

int sbx_env_set(sbx *sandbox, const char *name, const char *value, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    JsonObject *params = NULL;
    int code;

    if (value == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, "sbx_env_delete() deletes one",
                        "value is NULL");
    code = make_params(name, value, &params, __func__, error);
    if (code < 0)
        return code;
    return sbx_handle_call(sandbox, "env.set", params, NULL, 0, &reply, __func__, error);
}

int sbx_env_delete(sbx *sandbox, const char *name, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    JsonObject *params = NULL;
    int code = make_params(name, NULL, &params, __func__, error);

    if (code < 0)
        return code;
    return sbx_handle_call(sandbox, "env.delete", params, NULL, 0, &reply, __func__, error);
}

int sbx_env_list_get(sbx *sandbox, sbx_env_list **out, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    sbx_env_list *list;
    JsonObject *env;
    int code;

    if (out == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "out is NULL");
    code = sbx_handle_call(sandbox, "env.list", json_object_new(), NULL, 0, &reply, __func__, error);
    if (code < 0)
        return code;
    list = g_try_new0(sbx_env_list, 1);
    if (list == NULL)
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, __func__, NULL, "out of memory");
    env = sbx_json_get_object(reply.result, "env");
    list->names = sbx_json_get_bytes_array(env, "names");
    list->values = sbx_json_get_bytes_array(env, "values");
    if (list->names == NULL || list->values == NULL ||
        g_strv_length(list->names) != g_strv_length(list->values)) {
        sbx_env_list_free(list);
        return sbx_fail(error, SBX_E_PROTOCOL, 0, __func__, NULL,
                        "the keeper's answer has a malformed environment");
    }
    list->length = g_strv_length(list->names);
    *out = list;
    return SBX_OK;
}

void sbx_env_list_free(sbx_env_list *list)
{
    if (list == NULL)
        return;
    g_strfreev(list->names);
    g_strfreev(list->values);
    g_free(list);
}

size_t sbx_env_list_length(const sbx_env_list *list)
{
    return list->length;
}

const char *sbx_env_list_name(const sbx_env_list *list, size_t index)
{
    return index < list->length ? list->names[index] : NULL;
}

const char *sbx_env_list_value(const sbx_env_list *list, size_t index)
{
    return index < list->length ? list->values[index] : NULL;
}
