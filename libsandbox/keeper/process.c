/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Process: one command of a client in a sandbox. The client's pipes go to the agent session, which
 * pumps them; here it is started. See process-private.h.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include <sandbox/error.h>
#include <sandbox/process.h>

#include "keeper/command.h"
#include "keeper/event.h"
#include "keeper/process-private.h"
#include "wire/fd.h"
#include "wire/json.h"

/* A start takes milliseconds; under a fork bomb in an emulated guest 7 s were seen. */
#define START_SECONDS 120

/* Helpers of one sandbox: half of the processes that its agent runs at once, the rest are for
 * commands. One takes some 200 KiB of the guest's memory. */
#define WORKERS_MAX 512

/* How much of a command is remembered, for people to recognise it by. */
#define TEXT_MAX 1024

GError *sbx_agent_fault(const GError *error)
{
    int code = SBX_E_PROTOCOL;
    int number = 0;

    if (error->domain == SBX_AGENT_ERROR) {
        switch (error->code) {
        case SBX_AGENT_ERROR_NOT_EXECUTABLE:
            code = SBX_E_EXEC;
            number = EACCES;
            break;
        case SBX_AGENT_ERROR_NOT_A_PROGRAM:
            code = SBX_E_EXEC;
            number = ENOEXEC;
            break;
        case SBX_AGENT_ERROR_LONG_ARGUMENTS:
            code = SBX_E_EXEC;
            number = E2BIG;
            break;
        case SBX_AGENT_ERROR_NO_PROGRAM:
            code = SBX_E_EXEC;
            number = ENOENT;
            break;
        case SBX_AGENT_ERROR_BAD_DIRECTORY:
        case SBX_AGENT_ERROR_NO_USER:
        case SBX_AGENT_ERROR_FAILED:
            code = SBX_E_EXEC;
            break;
        case SBX_AGENT_ERROR_INVALID:
            code = SBX_E_INVALID;
            break;
        case SBX_AGENT_ERROR_LIMIT:
        case SBX_AGENT_ERROR_BUSY:
            code = SBX_E_BUSY;
            break;
        case SBX_AGENT_ERROR_NO_PROCESS:
            code = SBX_E_NOT_FOUND;
            break;
        default:
            code = SBX_E_PROTOCOL;
            break;
        }
    }
    return sbx_fault_new(code, number, NULL, NULL, "%s", error->message);
}

/* The session broke, or refused. When the sandbox is ending, its reason is what the client should
 * read, and that is known when the VM has gone. */
static void fail(SbxProcess *process, const GError *error)
{
    SbxSandbox *sandbox = process->sandbox;

    if (g_error_matches(error, SBX_AGENT_ERROR, SBX_AGENT_ERROR_CLOSED) ||
        g_error_matches(error, SBX_AGENT_ERROR, SBX_AGENT_ERROR_PROTOCOL)) {
        process->is_orphan = TRUE;
        g_clear_handle_id(&process->deadline_timer, g_source_remove);
        g_clear_handle_id(&process->grace_timer, g_source_remove);
        sbx_sandbox_lost(sandbox, error);
        if (sandbox->state == SBX_ENDED)
            sbx_process_orphaned(process);
        else
            g_ptr_array_add(sandbox->orphans, process);
        return;
    }
    sbx_process_finish_with_fault(process, sbx_agent_fault(error));
}

static void started(SbxAgentProcess *agent_process, int pid, const GError *error, gpointer data)
{
    SbxProcess *process = data;
    JsonObject *result;

    (void)agent_process;
    g_clear_handle_id(&process->start_timer, g_source_remove);
    if (error != NULL) {
        fail(process, error);
        return;
    }
    process->pid = pid;
    sbx_event_emit_started(process->sandbox, pid, process->is_worker ? NULL : process->text);
    sbx_process_kill_again(process);
    if (process->wait || process->is_abandoned)
        return;
    if (process->is_started_detached)
        sbx_process_drop_client(process);
    result = json_object_new();
    json_object_set_int_member(result, "process", process->number);
    json_object_set_int_member(result, "pid", pid);
    sbx_request_reply(g_steal_pointer(&process->request), result, NULL, 0);
}

/* SIGKILL, or that a child of it got one and it gave up, after somebody here has sent one. */
static int cause_of(const SbxProcess *process, const SbxAgentExit *exit)
{
    gboolean was_killed = exit->signalled && exit->status == SIGKILL;
    gboolean has_failed = exit->signalled || exit->status != 0;

    if (exit->cause != SBX_CAUSE_EXIT && exit->cause != SBX_CAUSE_SIGNAL)
        return exit->cause;
    if (process->is_overdue && (was_killed || (process->kill_arrived && has_failed)))
        return SBX_CAUSE_DEADLINE;
    if (exit->output_cut && has_failed)
        return SBX_CAUSE_OUTPUT;
    return exit->cause;
}

static JsonObject *describe_exit(const SbxProcess *process, const SbxAgentExit *exit)
{
    JsonObject *result = sbx_exit_to_json(exit);

    json_object_set_int_member(result, "cause", cause_of(process, exit));
    json_object_set_boolean_member(result, "output_cut", exit->output_cut);
    return result;
}

static void exited(SbxAgentProcess *agent_process, const SbxAgentExit *exit, const GError *error,
                   gpointer data)
{
    SbxProcess *process = data;
    JsonObject *end;

    (void)agent_process;
    if (error != NULL) {
        fail(process, error);
        return;
    }
    end = describe_exit(process, exit);
    sbx_event_emit_exited(process->sandbox, process->pid, process->is_worker ? NULL : process->text,
                          end);
    sbx_usage_sample(process->sandbox);
    sbx_process_finish(process, end);
}

/* An agent that does not answer has been taken over, or its guest is beyond use. */
static gboolean start_timed_out(gpointer data)
{
    SbxProcess *process = data;

    process->start_timer = 0;
    sbx_sandbox_die(process->sandbox, "its agent did not answer any more");
    return G_SOURCE_REMOVE;
}

static char *command_text(const SbxWantedCommand *command)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *valid = NULL;

    if (command->script != NULL)
        g_string_append_len(text, command->script, (gssize)strnlen(command->script, TEXT_MAX));
    for (int i = 0; command->argv[i] != NULL && text->len < TEXT_MAX; i++) {
        if (text->len > 0)
            g_string_append_c(text, ' ');
        g_string_append_len(text, command->argv[i], (gssize)strnlen(command->argv[i], TEXT_MAX));
    }
    g_string_truncate(text, MIN(text->len, TEXT_MAX));
    valid = g_utf8_make_valid(text->str, (gssize)text->len);
    return g_strdelimit(g_steal_pointer(&valid), "\n\r\t", ' ');
}

/* The descriptors that came along; FALSE with a fault set and none taken. */
static gboolean take_fds(const SbxWantedCommand *command, SbxRequest *request, gboolean is_detached,
                         int *fds, GError **error)
{
    int next = 0;

    for (int i = 0; i < 3; i++) {
        if (!command->piped[i] || (is_detached && !command->relayed[i]))
            continue;
        fds[i] = sbx_request_take_fd(request, next++);
        if (fds[i] >= 0)
            continue;
        for (int j = 0; j < i; j++)
            sbx_fd_clear(&fds[j]);
        sbx_fault_set(error, SBX_E_INVALID, 0, NULL, "a pipe is missing in the request");
        return FALSE;
    }
    return TRUE;
}

/* Puts ends of pipes into @fds in place of what was given; FALSE with a fault set. */
static gboolean relay_fds(SbxProcess *process, const SbxWantedCommand *command, int *fds,
                          GError **error)
{
    for (int i = 0; i < 3; i++) {
        int given = fds[i];

        if (!command->relayed[i])
            continue;
        fds[i] = -1;
        process->relays[i] =
            sbx_relay_new(given, i == 0, &fds[i], sbx_process_relay_done, process, error);
        if (process->relays[i] == NULL)
            return FALSE;
    }
    return TRUE;
}

/* What a client may come back to. */
static void prepare_leaving(SbxProcess *process, SbxWantedCommand *command, SbxProcessMode mode)
{
    command->agent.may_detach = mode != SBX_PROCESS_RUN;
    command->agent.input_waits = command->agent.rows > 0;
    for (guint i = 0; i < 3; i++) {
        process->is_kept[i] = command->agent.may_detach && command->piped[i] &&
                              !command->relayed[i] && (i > 0 || command->agent.input_waits);
        if (mode == SBX_PROCESS_START && process->is_kept[i])
            command->agent.kept_streams |= 1u << i;
    }
}

static SbxProcess *process_new(SbxSandbox *sandbox, SbxRequest *request,
                               const SbxWantedCommand *command, SbxProcessMode mode)
{
    SbxProcess *process = g_new0(SbxProcess, 1);

    process->sandbox = sbx_sandbox_ref(sandbox);
    process->number = ++sandbox->keeper->next_process;
    process->request = request;
    process->wait = mode == SBX_PROCESS_RUN;
    process->is_started_detached = mode == SBX_PROCESS_START;
    process->ends_with_output = command->agent.output_ends_at_exit;
    process->text = command_text(command);
    process->is_worker = command->agent.is_worker;
    sbx_process_count_worker(process, TRUE);
    process->user = g_strdup(command->user);
    process->started_ms = g_get_real_time() / 1000;
    g_hash_table_insert(sandbox->processes, &process->number, process);
    return process;
}

static gboolean has_room(SbxSandbox *sandbox, const SbxWantedCommand *command, GError **error)
{
    if (!command->agent.is_worker || sandbox->n_workers < WORKERS_MAX)
        return TRUE;
    sbx_fault_set(error, SBX_E_BUSY, 0, "close files, directories or watches, or wait for calls",
                  "the sandbox %s has %d helpers already, for open files and calls that go on",
                  sandbox->id, WORKERS_MAX);
    return FALSE;
}

void sbx_process_start(SbxSandbox *sandbox, SbxRequest *request, SbxProcessMode mode)
{
    g_auto(SbxWantedCommand) command = {0};
    GError *fault = NULL;
    SbxProcess *process;
    int fds[3] = {-1, -1, -1};

    if (!sbx_command_parse(request->params, &command, &fault) ||
        !has_room(sandbox, &command, &fault) ||
        !take_fds(&command, request, mode == SBX_PROCESS_START, fds, &fault)) {
        sbx_request_fail(request, fault);
        return;
    }
    command.agent.output_ends_at_exit =
        mode == SBX_PROCESS_RUN ||
        sbx_json_get_boolean(request->params, "output_ends_at_exit", FALSE);
    process = process_new(sandbox, request, &command, mode);
    prepare_leaving(process, &command, mode);
    if (!relay_fds(process, &command, fds, &fault)) {
        for (int i = 0; i < 3; i++)
            sbx_fd_clear(&fds[i]);
        sbx_process_finish_with_fault(process, fault);
        return;
    }
    process->start_timer = g_timeout_add_seconds(START_SECONDS, start_timed_out, process);
    process->agent_process = sbx_agent_session_spawn(
        sandbox->session, &command.agent, fds[0], fds[1], fds[2], started, exited, process, NULL);
    sbx_process_watch(process, sbx_json_get_int(request->params, "deadline_ms", 0));
}

void sbx_process_send_signal(SbxSandbox *sandbox, SbxRequest *request)
{
    gint64 number = sbx_json_get_int(request->params, "process", 0);
    gint64 signal = sbx_json_get_int(request->params, "signal", 0);
    gint64 scope = sbx_json_get_int(request->params, "scope", SBX_SCOPE_GROUP);
    SbxProcess *process = g_hash_table_lookup(sandbox->processes, &number);

    if (signal < 1 || signal > 64 || scope < SBX_SCOPE_PROCESS || scope > SBX_SCOPE_ALL)
        sbx_request_fail(request, sbx_fault_new(SBX_E_INVALID, 0, NULL, NULL, "not a signal"));
    else if (process == NULL && sbx_json_get_boolean(request->params, "must_exist", FALSE))
        sbx_request_fail(request, sbx_process_not_found(sandbox, number));
    else if (process == NULL)
        sbx_request_reply(request, json_object_new(), NULL, 0);
    else
        sbx_agent_process_signal(process->agent_process, (int)signal, (SbxAgentScope)scope,
                                 sbx_process_acknowledge, request);
}

SbxAgentProcess *sbx_process_find(SbxSandbox *sandbox, JsonObject *params)
{
    gint64 number = sbx_json_get_int(params, "process", 0);
    SbxProcess *process = g_hash_table_lookup(sandbox->processes, &number);

    return process != NULL && process->end == NULL ? process->agent_process : NULL;
}
