/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Process attach: leaving processes, coming back to them, and what there are. */
#include <errno.h>

#include <sandbox/error.h>

#include "keeper/process-private.h"
#include "wire/fd.h"
#include "wire/json.h"

static SbxProcess *find(SbxSandbox *sandbox, SbxRequest *request)
{
    gint64 number = sbx_json_get_int(request->params, "process", 0);

    return g_hash_table_lookup(sandbox->processes, &number);
}

void sbx_process_method_detach(SbxKeeper *keeper, SbxRequest *request)
{
    SbxSandbox *sandbox = sbx_sandbox_wanted(keeper, request, "sandbox", TRUE);
    SbxProcess *process = sandbox != NULL ? find(sandbox, request) : NULL;
    gboolean is_running =
        process != NULL && process->end == NULL && process->request == NULL && !process->is_orphan;
    JsonObject *result;

    if (sandbox == NULL)
        return;
    /* Of one that has ended, or is about to, the client was told, or will be. */
    if (is_running) {
        sbx_process_drop_client(process);
        sbx_agent_process_leave(process->agent_process);
    }
    result = json_object_new();
    json_object_set_boolean_member(result, "detached", is_running);
    sbx_request_reply(request, result, NULL, 0);
}

/* ESRCH tells it from a sandbox that is not there. */
GError *sbx_process_not_found(SbxSandbox *sandbox, gint64 number)
{
    return sbx_fault_new(SBX_E_NOT_FOUND, ESRCH, "`sbx ps` lists them", NULL,
                         "the sandbox %s has no process %" G_GINT64_FORMAT, sandbox->id, number);
}

/* NULL with a fault set. */
static SbxProcess *find_detached(SbxSandbox *sandbox, SbxRequest *request, GError **error)
{
    gint64 number = sbx_json_get_int(request->params, "process", 0);
    SbxProcess *process = find(sandbox, request);

    if (process == NULL || process->wait || process->request != NULL || process->is_orphan) {
        g_propagate_error(error, sbx_process_not_found(sandbox, number));
        return NULL;
    }
    if (process->client != NULL)
        sbx_client_look(process->client);
    if (process->client != NULL) {
        sbx_fault_set(error, SBX_E_BUSY, 0, "detach there first: sbx_process_detach()",
                      "somebody is attached to process %" G_GINT64_FORMAT, number);
        return NULL;
    }
    return process;
}

static JsonObject *describe_streams(const SbxProcess *process)
{
    static const char *const names[] = {"stdin", "stdout", "stderr"};
    JsonObject *result = json_object_new();

    json_object_set_int_member(result, "process", process->number);
    json_object_set_int_member(result, "pid", process->pid);
    for (int i = 0; i < 3; i++)
        json_object_set_boolean_member(result, names[i], process->is_kept[i]);
    return result;
}

void sbx_process_method_attach(SbxKeeper *keeper, SbxRequest *request)
{
    SbxSandbox *sandbox = sbx_sandbox_wanted(keeper, request, "sandbox", TRUE);
    GError *fault = NULL;
    SbxProcess *process = sandbox != NULL ? find_detached(sandbox, request, &fault) : NULL;
    SbxClient *client;
    int fds[3] = {-1, -1, -1};

    if (fault != NULL)
        sbx_request_fail(request, fault);
    if (process == NULL)
        return;
    for (int i = 0; i < 3; i++)
        if (process->is_kept[i])
            fds[i] = sbx_request_take_fd(request, i);
    client = sbx_client_ref(request->client);
    if (process->end == NULL)
        sbx_process_set_client(process, client);
    sbx_agent_process_attach(process->agent_process, fds[0], fds[1], fds[2]);
    sbx_request_reply(request, describe_streams(process), NULL, 0);
    if (process->end != NULL)
        sbx_client_notify(client, "process.exited", json_object_ref(process->end));
    sbx_client_unref(client);
}

static JsonObject *describe(const SbxProcess *process)
{
    JsonObject *object = json_object_new();

    json_object_set_int_member(object, "process", process->number);
    json_object_set_int_member(object, "pid", process->pid);
    json_object_set_string_member(object, "command", process->text);
    json_object_set_string_member(object, "user", process->user != NULL ? process->user : "app");
    json_object_set_int_member(object, "started_ms", process->started_ms);
    json_object_set_boolean_member(object, "attached", process->client != NULL);
    if (process->end != NULL)
        json_object_set_object_member(object, "end", json_object_ref(process->end));
    return object;
}

guint sbx_process_count_running(SbxSandbox *sandbox)
{
    GHashTableIter iter;
    gpointer value;
    guint count = 0;

    g_hash_table_iter_init(&iter, sandbox->processes);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const SbxProcess *process = value;

        count += process->end == NULL && !process->is_worker;
    }
    return count;
}

static int by_number(gconstpointer a, gconstpointer b)
{
    const SbxProcess *first = *(SbxProcess *const *)a;
    const SbxProcess *second = *(SbxProcess *const *)b;

    return first->number < second->number ? -1 : first->number > second->number;
}

void sbx_process_method_list(SbxKeeper *keeper, SbxRequest *request)
{
    SbxSandbox *sandbox = sbx_sandbox_wanted(keeper, request, "sandbox", TRUE);
    g_autoptr(GPtrArray) processes = g_ptr_array_new();
    GHashTableIter iter;
    gpointer process;
    JsonObject *result;
    JsonArray *items;

    if (sandbox == NULL)
        return;
    g_hash_table_iter_init(&iter, sandbox->processes);
    while (g_hash_table_iter_next(&iter, NULL, &process))
        if (!((const SbxProcess *)process)->is_worker)
            g_ptr_array_add(processes, process);
    result = json_object_new();
    items = json_array_new();
    g_ptr_array_sort(processes, by_number);
    for (guint i = 0; i < processes->len; i++)
        json_array_add_object_element(items, describe(processes->pdata[i]));
    json_object_set_array_member(result, "processes", items);
    sbx_request_reply(request, result, NULL, 0);
}
