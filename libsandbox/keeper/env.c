/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Env: see env.h. A change is answered when the agent has it, so that whoever was answered may rely on
 * it. A paused guest's agent gets the table when it goes on (pause.c), before anything can be started.
 */
#include "keeper/env.h"

#include <string.h>

#include <sandbox/error.h>
#include <sandbox/options.h>

#include "wire/json.h"

/* The agent answers in less than a millisecond, under a fork bomb in an emulated guest in seconds. */
#define ANSWER_MS 30000

/* --- tables --- */

static gboolean has_name(const char *entry, const char *name)
{
    gsize length = strlen(name);

    return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

const char *sbx_env_value(char **env, const char *name)
{
    for (; *env != NULL; env++)
        if (has_name(*env, name))
            return *env + strlen(name) + 1;
    return NULL;
}

char **sbx_env_with(char **env, const char *name, const char *value)
{
    GPtrArray *entries = g_ptr_array_new();

    for (; *env != NULL; env++)
        if (!has_name(*env, name))
            g_ptr_array_add(entries, g_strdup(*env));
    if (value != NULL)
        g_ptr_array_add(entries, g_strconcat(name, "=", value, NULL));
    g_ptr_array_add(entries, NULL);
    return (char **)g_ptr_array_free(entries, FALSE);
}

/* Each name once: of equal ones the last counts. */
static void add_all(GHashTable *table, char **env)
{
    for (; *env != NULL; env++) {
        const char *equals = strchr(*env, '=');

        if (equals != NULL)
            g_hash_table_replace(table, g_strndup(*env, (gsize)(equals - *env)), *env);
    }
}

char **sbx_env_merge(char **env, char **other)
{
    g_autoptr(GHashTable) table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GPtrArray *entries = g_ptr_array_new();
    GHashTableIter iter;
    gpointer entry;

    add_all(table, env);
    add_all(table, other);
    g_hash_table_iter_init(&iter, table);
    while (g_hash_table_iter_next(&iter, NULL, &entry))
        g_ptr_array_add(entries, g_strdup(entry));
    g_ptr_array_add(entries, NULL);
    return (char **)g_ptr_array_free(entries, FALSE);
}

gboolean sbx_env_fits(char **env, GError **error)
{
    gsize total = 0;

    for (guint i = 0; env[i] != NULL; i++) {
        gsize length = strlen(env[i]) + 1;

        total += length;
        if (length > SBX_ENV_BYTES_MAX)
            sbx_fault_set(error, SBX_E_TOO_BIG, 0, NULL,
                          "an environment variable is longer than %d bytes", SBX_ENV_BYTES_MAX);
        else if (i >= SBX_ENV_MAX)
            sbx_fault_set(error, SBX_E_TOO_BIG, 0, "delete some",
                          "there are more than %d environment variables", SBX_ENV_MAX);
        else if (total > SBX_ENV_TOTAL_MAX)
            sbx_fault_set(error, SBX_E_TOO_BIG, 0, "delete some",
                          "the environment variables have more than %d bytes", SBX_ENV_TOTAL_MAX);
        else
            continue;
        return FALSE;
    }
    return TRUE;
}

/* Base64 of the strings with their NULs: in JSON, control characters would take six bytes each. */
char *sbx_env_to_text(char **env)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();

    for (; *env != NULL; env++)
        g_byte_array_append(bytes, (const guint8 *)*env, (guint)strlen(*env) + 1);
    return g_base64_encode(bytes->data, bytes->len);
}

char **sbx_env_from_text(const char *text)
{
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(g_free);
    gsize length = 0;
    g_autofree char *bytes = (char *)g_base64_decode(text, &length);
    gsize at = 0;

    if (length > 0 && bytes[length - 1] != '\0')
        return NULL;
    while (at < length) {
        const char *equals = strchr(bytes + at, '=');

        if (equals == NULL || equals == bytes + at)
            return NULL;
        g_ptr_array_add(entries, g_strdup(bytes + at));
        at += strlen(bytes + at) + 1;
    }
    g_ptr_array_add(entries, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&entries), FALSE);
}

/* --- looking --- */

static JsonObject *to_json(char **env)
{
    JsonObject *object = json_object_new();
    JsonArray *names = json_array_new();
    JsonArray *values = json_array_new();

    for (; *env != NULL; env++) {
        const char *equals = strchr(*env, '=');
        g_autofree char *name = g_strndup(*env, (gsize)(equals - *env));

        json_array_add_element(names, sbx_json_bytes_node(name));
        json_array_add_element(values, sbx_json_bytes_node(equals + 1));
    }
    json_object_set_array_member(object, "names", names);
    json_object_set_array_member(object, "values", values);
    return object;
}

void sbx_env_method_list(SbxKeeper *keeper, SbxRequest *request)
{
    SbxSandbox *sandbox = sbx_sandbox_wanted(keeper, request, "id", TRUE);
    JsonObject *result;

    if (sandbox == NULL)
        return;
    result = json_object_new();
    json_object_set_object_member(result, "env", to_json(sandbox->config.env));
    sbx_request_reply(request, result, NULL, 0);
}

/* The name that a request has, or NULL and the request answered. */
static char *wanted_name(SbxRequest *request)
{
    g_autofree char *name = sbx_json_get_bytes(request->params, "name");

    if (name != NULL && *name != '\0' && strchr(name, '=') == NULL &&
        strlen(name) <= SBX_ENV_BYTES_MAX)
        return g_steal_pointer(&name);
    sbx_request_fail(request, sbx_fault_new(SBX_E_INVALID, 0, NULL, NULL,
                                            "not a name for an environment variable"));
    return NULL;
}

void sbx_env_method_get(SbxKeeper *keeper, SbxRequest *request)
{
    SbxSandbox *sandbox = sbx_sandbox_wanted(keeper, request, "id", TRUE);
    g_autofree char *name = sandbox != NULL ? wanted_name(request) : NULL;
    JsonObject *result;
    const char *value;

    if (name == NULL)
        return;
    value = sbx_env_value(sandbox->config.env, name);
    result = json_object_new();
    /* Without one it is not there; an error would look like one about the sandbox. */
    if (value != NULL)
        json_object_set_member(result, "value", sbx_json_bytes_node(value));
    sbx_request_reply(request, result, NULL, 0);
}

/* --- changing --- */

typedef struct {
    SbxSandbox *sandbox;
    SbxRequest *request; /* until it is answered */
    guint timer;
} Change;

static void answer(Change *change, GError *fault)
{
    SbxRequest *request = g_steal_pointer(&change->request);

    g_clear_handle_id(&change->timer, g_source_remove);
    if (request == NULL)
        g_clear_error(&fault);
    else if (fault != NULL)
        sbx_request_fail(request, fault);
    else
        sbx_request_reply(request, json_object_new(), NULL, 0);
}

static void agent_answered(SbxAgentSession *session, const GError *error, gpointer data)
{
    Change *change = data;
    SbxSandbox *sandbox = change->sandbox;

    (void)session;
    if (sandbox->state >= SBX_ENDING)
        answer(change, sbx_sandbox_gone(sandbox));
    else if (error != NULL)
        answer(change, sbx_fault_new(SBX_E_SYSTEM, 0, NULL, NULL,
                                     "the guest of %s did not take the environment: %s",
                                     sandbox->id, error->message));
    else
        answer(change, NULL);
    sbx_sandbox_unref(sandbox);
    g_free(change);
}

static gboolean took_too_long(gpointer data)
{
    Change *change = data;

    change->timer = 0;
    answer(change, sbx_fault_new(SBX_E_TIMEOUT, 0, NULL, NULL,
                                 "the guest of %s did not answer within %d s; commands see the "
                                 "change when it does",
                                 change->sandbox->id, ANSWER_MS / 1000));
    return G_SOURCE_REMOVE;
}

static void tell_agent(SbxSandbox *sandbox, SbxRequest *request)
{
    SbxAgentSetup setup = {.env = (const char *const *)sandbox->config.env};
    Change *change = g_new0(Change, 1);

    change->sandbox = sbx_sandbox_ref(sandbox);
    change->request = request;
    change->timer = g_timeout_add(ANSWER_MS, took_too_long, change);
    sbx_agent_session_setup(sandbox->session, &setup, agent_answered, change);
}

/* Takes @env. */
static void replace(SbxSandbox *sandbox, SbxRequest *request, char **env)
{
    GError *fault = NULL;

    if (!sbx_env_fits(env, &fault)) {
        g_strfreev(env);
        sbx_request_fail(request, fault);
        return;
    }
    g_strfreev(sandbox->config.env);
    sandbox->config.env = env;
    if (sandbox->state == SBX_RUNNING)
        tell_agent(sandbox, request);
    else
        sbx_request_reply(request, json_object_new(), NULL, 0);
}

void sbx_env_method_set(SbxKeeper *keeper, SbxRequest *request)
{
    SbxSandbox *sandbox = sbx_sandbox_wanted(keeper, request, "id", TRUE);
    g_autofree char *name = sandbox != NULL ? wanted_name(request) : NULL;
    g_autofree char *value = name != NULL ? sbx_json_get_bytes(request->params, "value") : NULL;

    if (name == NULL)
        return;
    if (value == NULL)
        sbx_request_fail(request, sbx_fault_new(SBX_E_INVALID, 0, NULL, NULL,
                                                "an environment variable needs a value"));
    else
        replace(sandbox, request, sbx_env_with(sandbox->config.env, name, value));
}

void sbx_env_method_delete(SbxKeeper *keeper, SbxRequest *request)
{
    SbxSandbox *sandbox = sbx_sandbox_wanted(keeper, request, "id", TRUE);
    g_autofree char *name = sandbox != NULL ? wanted_name(request) : NULL;

    if (name == NULL)
        return;
    if (sbx_env_value(sandbox->config.env, name) == NULL)
        sbx_request_reply(request, json_object_new(), NULL, 0);
    else
        replace(sandbox, request, sbx_env_with(sandbox->config.env, name, NULL));
}
