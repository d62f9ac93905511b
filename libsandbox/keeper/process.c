/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Process: one command of a client in a sandbox. The client's pipes go to the agent session, which
 * pumps them; here are only the beginning and the end.
 */
#include <errno.h>
#include <string.h>

#include <sandbox/error.h>
#include <sandbox/process.h>

#include "keeper/event.h"
#include "keeper/sandbox.h"
#include "wire/fd.h"
#include "wire/json.h"

/* A start takes milliseconds; under a fork bomb in an emulated guest 7 s were seen. */
#define START_SECONDS 120

struct SbxProcess {
    SbxSandbox *sandbox; /* a reference */
    gint64 number;
    SbxRequest *request; /* until it is answered */
    SbxClient *client;   /* of a spawn that was answered: is told the end */
    gboolean wait;       /* answer at the end, not at the start */
    guint start_timer;   /* until the guest has said that it runs */
    SbxAgentProcess *agent_process;
    char *command; /* for events; NULL: there are none of it */
    int pid;
};

/* A command as it came; the strings belong to it. */
typedef struct {
    char **argv;
    char *script;
    char **env;
    char *cwd;
    char *user;
    gboolean piped[3];
    SbxAgentCommand agent;
} Command;

static void command_clear(Command *command)
{
    g_strfreev(command->argv);
    g_free(command->script);
    g_strfreev(command->env);
    g_free(command->cwd);
    g_free(command->user);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Command, command_clear)

/* program and args as one vector. */
static char **join(char *program, char **args)
{
    guint count = g_strv_length(args);
    char **argv = g_new0(char *, count + 2);

    argv[0] = program;
    memcpy(argv + 1, args, sizeof *args * count);
    g_free(args);
    return argv;
}

static gboolean parse_streams(JsonObject *params, Command *command, GError **error)
{
    static const char *const names[] = {"stdin", "stdout", "stderr"};

    for (int i = 0; i < 3; i++) {
        const char *mode = sbx_json_get_string(params, names[i]);

        if (mode != NULL && strcmp(mode, "pipe") == 0) {
            command->piped[i] = TRUE;
        } else if (i == 2 && mode != NULL && strcmp(mode, "merge") == 0) {
            command->agent.merge_stderr = TRUE;
        } else if (mode != NULL && strcmp(mode, "null") != 0) {
            sbx_fault_set(error, SBX_E_INVALID, 0, NULL, "%s has an unknown mode", names[i]);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean parse_command(JsonObject *params, Command *command, GError **error)
{
    char *program = sbx_json_get_bytes(params, "program");
    char **args = sbx_json_get_bytes_array(params, "args");

    command->script = sbx_json_get_bytes(params, "script");
    if (args == NULL || (program == NULL) == (command->script == NULL) ||
        g_strv_length(args) > SBX_ARGS_MAX) {
        g_free(program);
        g_strfreev(args);
        sbx_fault_set(error, SBX_E_INVALID, 0, NULL, "the command is malformed");
        return FALSE;
    }
    if (program != NULL)
        command->argv = join(program, args);
    else
        command->argv = args;
    command->env = sbx_env_parse(sbx_json_get_object(params, "env"), error);
    if (command->env == NULL || !parse_streams(params, command, error))
        return FALSE;
    command->cwd = sbx_json_get_bytes(params, "cwd");
    command->user = sbx_json_get_bytes(params, "user");
    command->agent.is_worker = sbx_json_get_boolean(params, "worker", FALSE);
    command->agent.argv = (const char *const *)command->argv;
    command->agent.script = command->script;
    command->agent.script_length = 0;
    command->agent.env = (const char *const *)command->env;
    command->agent.clear_env = sbx_json_get_boolean(params, "clear_env", FALSE);
    command->agent.cwd = command->cwd;
    command->agent.user = command->user;
    return TRUE;
}

static GError *agent_fault(const GError *error)
{
    int code = SBX_E_PROTOCOL;
    int number = 0;

    if (error->domain == SBX_AGENT_ERROR) {
        switch (error->code) {
        case SBX_AGENT_ERROR_NOT_EXECUTABLE:
            code = SBX_E_EXEC;
            number = EACCES;
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

static void process_free(SbxProcess *process)
{
    g_clear_handle_id(&process->start_timer, g_source_remove);
    g_hash_table_remove(process->sandbox->processes, &process->number);
    if (process->client != NULL)
        sbx_client_unref(process->client);
    if (process->agent_process != NULL)
        sbx_agent_process_unref(process->agent_process);
    sbx_sandbox_unref(process->sandbox);
    g_free(process->command);
    g_free(process);
}

/* Tells the client of a spawned process; takes @params. */
static void announce(SbxProcess *process, JsonObject *params)
{
    sbx_client_notify(process->client, "process.exited", params);
}

/* Takes @fault. */
static void finish_with_fault(SbxProcess *process, GError *fault)
{
    if (process->request != NULL) {
        sbx_request_fail(g_steal_pointer(&process->request), fault);
    } else {
        JsonObject *params = json_object_new();

        json_object_set_object_member(params, "error", sbx_fault_to_json(fault));
        announce(process, params);
        g_error_free(fault);
    }
    process_free(process);
}

void sbx_process_orphaned(SbxProcess *process)
{
    finish_with_fault(process, sbx_sandbox_gone(process->sandbox));
}

/* The session broke, or refused. When the sandbox is ending, its reason is what the client should
 * read, and that is known when the VM has gone. */
static void fail(SbxProcess *process, const GError *error)
{
    SbxSandbox *sandbox = process->sandbox;

    if (g_error_matches(error, SBX_AGENT_ERROR, SBX_AGENT_ERROR_CLOSED) ||
        g_error_matches(error, SBX_AGENT_ERROR, SBX_AGENT_ERROR_PROTOCOL)) {
        sbx_sandbox_lost(sandbox, error);
        if (sandbox->state == SBX_ENDED)
            sbx_process_orphaned(process);
        else
            g_ptr_array_add(sandbox->orphans, process);
        return;
    }
    finish_with_fault(process, agent_fault(error));
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
    sbx_event_emit_started(process->sandbox, pid, process->command);
    if (process->wait)
        return;
    process->client = sbx_client_ref(process->request->client);
    result = json_object_new();
    json_object_set_int_member(result, "process", process->number);
    json_object_set_int_member(result, "pid", pid);
    sbx_request_reply(g_steal_pointer(&process->request), result, NULL, 0);
}

/* The guest's figures are its own claims; they only have to fit. */
static void set_figure(JsonObject *object, const char *name, guint64 value)
{
    json_object_set_int_member(object, name, (gint64)MIN(value, (guint64)G_MAXINT64));
}

static JsonObject *describe_exit(const SbxAgentExit *exit)
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

static void exited(SbxAgentProcess *agent_process, const SbxAgentExit *exit, const GError *error,
                   gpointer data)
{
    SbxProcess *process = data;
    JsonObject *result;

    (void)agent_process;
    if (error != NULL) {
        fail(process, error);
        return;
    }
    sbx_event_emit_exited(process->sandbox, process->pid, process->command, exit, exit->cause);
    sbx_usage_sample(process->sandbox);
    result = describe_exit(exit);
    if (process->request != NULL)
        sbx_request_reply(g_steal_pointer(&process->request), result, NULL, 0);
    else
        announce(process, result);
    process_free(process);
}

/* An agent that does not answer has been taken over, or its guest is beyond use. */
static gboolean start_timed_out(gpointer data)
{
    SbxProcess *process = data;

    process->start_timer = 0;
    sbx_sandbox_die(process->sandbox, "its agent did not answer any more");
    return G_SOURCE_REMOVE;
}

void sbx_process_start(SbxSandbox *sandbox, SbxRequest *request, gboolean wait)
{
    g_auto(Command) command = {0};
    GError *fault = NULL;
    SbxProcess *process;
    int fds[3] = {-1, -1, -1};
    int next = 0;

    if (!parse_command(request->params, &command, &fault)) {
        sbx_request_fail(request, fault);
        return;
    }
    for (int i = 0; i < 3; i++)
        if (command.piped[i])
            fds[i] = sbx_request_take_fd(request, next++);
    for (int i = 0; i < 3; i++) {
        if (!command.piped[i] || fds[i] >= 0)
            continue;
        for (int j = 0; j < 3; j++)
            sbx_fd_clear(&fds[j]);
        sbx_request_fail(request, sbx_fault_new(SBX_E_INVALID, 0, NULL, NULL,
                                                "a pipe is missing in the request"));
        return;
    }
    command.agent.output_ends_at_exit =
        wait || sbx_json_get_boolean(request->params, "output_ends_at_exit", FALSE);
    process = g_new0(SbxProcess, 1);
    process->sandbox = sbx_sandbox_ref(sandbox);
    process->number = ++sandbox->keeper->next_process;
    process->request = request;
    process->wait = wait;
    process->command = sbx_event_command_text(&command.agent);
    g_hash_table_insert(sandbox->processes, &process->number, process);
    process->start_timer = g_timeout_add_seconds(START_SECONDS, start_timed_out, process);
    process->agent_process = sbx_agent_session_spawn(sandbox->session, &command.agent, fds[0],
                                                     fds[1], fds[2], started, exited, process,
                                                     NULL);
}

static void signal_sent(SbxAgentSession *session, const GError *error, gpointer data)
{
    SbxRequest *request = data;

    (void)session;
    if (error != NULL && !g_error_matches(error, SBX_AGENT_ERROR, SBX_AGENT_ERROR_NO_PROCESS))
        sbx_request_fail(request, agent_fault(error));
    else
        sbx_request_reply(request, json_object_new(), NULL, 0);
}

void sbx_process_send_signal(SbxSandbox *sandbox, SbxRequest *request)
{
    gint64 number = sbx_json_get_int(request->params, "process", 0);
    gint64 signal = sbx_json_get_int(request->params, "signal", 0);
    SbxProcess *process = g_hash_table_lookup(sandbox->processes, &number);

    if (signal < 1 || signal > 64)
        sbx_request_fail(request, sbx_fault_new(SBX_E_INVALID, 0, NULL, NULL, "not a signal"));
    else if (process == NULL)
        sbx_request_reply(request, json_object_new(), NULL, 0);
    else
        sbx_agent_process_signal(process->agent_process, (int)signal, SBX_AGENT_SCOPE_GROUP,
                                 signal_sent, request);
}
