/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Process requests: what clients want of a running process besides its end. */
#include <errno.h>

#include <sandbox/error.h>
#include <sandbox/process.h>
#include <sandbox/terminal.h>

#include "keeper/command.h"
#include "keeper/sandbox.h"
#include "wire/json.h"

void sbx_process_acknowledge(SbxAgentSession *session, const GError *error, gpointer request)
{
    (void)session;
    if (error != NULL && !g_error_matches(error, SBX_AGENT_ERROR, SBX_AGENT_ERROR_NO_PROCESS))
        sbx_request_fail(request, sbx_agent_fault(error));
    else
        sbx_request_reply(request, json_object_new(), NULL, 0);
}

void sbx_process_resize_method(SbxKeeper *keeper, SbxRequest *request)
{
    SbxSandbox *sandbox = sbx_sandbox_wanted(keeper, request, "sandbox", FALSE);
    SbxAgentProcess *process;
    gint64 rows, columns;

    if (sandbox == NULL)
        return;
    process = sbx_process_find(sandbox, request->params);
    if (!sbx_command_get_limit(request->params, "rows", SBX_TERMINAL_SIZE_MAX, &rows) ||
        rows == 0 ||
        !sbx_command_get_limit(request->params, "columns", SBX_TERMINAL_SIZE_MAX, &columns) ||
        columns == 0)
        sbx_request_fail(request,
                         sbx_fault_new(SBX_E_INVALID, 0, NULL, NULL, "not a terminal's size"));
    else if (process == NULL)
        sbx_request_reply(request, json_object_new(), NULL, 0);
    else
        sbx_agent_process_resize(process, (guint)rows, (guint)columns, sbx_process_acknowledge,
                                 request);
}

/* The guest's figures are its own claims; they only have to fit. */
static void set_figure(JsonObject *object, const char *name, guint64 value)
{
    json_object_set_int_member(object, name, (gint64)MIN(value, (guint64)G_MAXINT64));
}

JsonObject *sbx_exit_to_json(const SbxAgentExit *exit)
{
    JsonObject *result = json_object_new();

    json_object_set_int_member(result, "exit_code",
                               exit->signalled ? 128 + exit->status : exit->status);
    json_object_set_int_member(result, "signal", exit->signalled ? exit->status : 0);
    json_object_set_boolean_member(result, "oom", exit->oom);
    json_object_set_int_member(result, "cause", exit->cause);
    set_figure(result, "cpu_time_us",
               MIN(exit->cpu_user_us, (guint64)G_MAXINT64) +
                   MIN(exit->cpu_system_us, (guint64)G_MAXINT64));
    set_figure(result, "peak_memory", exit->peak_memory);
    set_figure(result, "wall_time_us", exit->wall_ns / 1000);
    return result;
}

/* ESRCH tells it from a sandbox that is not there. */
static GError *process_ended(void)
{
    return sbx_fault_new(SBX_E_NOT_FOUND, ESRCH, NULL, NULL, "the process has ended");
}

static void measured(SbxAgentProcess *process, const SbxAgentUsage *usage, const GError *error,
                     gpointer data)
{
    SbxRequest *request = data;
    JsonObject *result;

    (void)process;
    if (error != NULL) {
        sbx_request_fail(request,
                         g_error_matches(error, SBX_AGENT_ERROR, SBX_AGENT_ERROR_NO_PROCESS)
                             ? process_ended()
                             : sbx_agent_fault(error));
        return;
    }
    result = json_object_new();
    set_figure(result, "cpu_user_us", usage->cpu_user_us);
    set_figure(result, "cpu_system_us", usage->cpu_system_us);
    set_figure(result, "memory", usage->memory);
    set_figure(result, "peak_memory", usage->peak_memory);
    set_figure(result, "tasks", usage->tasks);
    set_figure(result, "read_bytes", usage->read_bytes);
    set_figure(result, "written_bytes", usage->written_bytes);
    sbx_request_reply(request, result, NULL, 0);
}

void sbx_process_usage_method(SbxKeeper *keeper, SbxRequest *request)
{
    SbxSandbox *sandbox = sbx_sandbox_wanted(keeper, request, "sandbox", FALSE);
    SbxAgentProcess *process;

    if (sandbox == NULL)
        return;
    process = sbx_process_find(sandbox, request->params);
    if (process != NULL)
        sbx_agent_process_get_usage(process, measured, request);
    else
        sbx_request_fail(request, process_ended());
}
