/* process.c: one process of the guest: its four requests, and what is told when. */
#include "agent/pump.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { INPUT, OUTPUT, ERROR_OUTPUT };

struct _SbxAgentProcess {
    gatomicrefcount refs;
    SbxAgentSession *session; /* a reference */
    guint64 id;
    AgentStream *main;
    AgentPump pumps[3];
    AgentAllowance allowance;
    gboolean output_ends_at_exit;
    gboolean detached;
    gboolean over;            /* the last callback is on its way */
    gboolean has_started, has_exited;
    int pid;
    SbxAgentExit exit;
    GError *error;
    SbxAgentStartedFunc started;
    SbxAgentExitedFunc exited;
    gpointer data;
    GDestroyNotify notify;
};

SbxAgentProcess *sbx_agent_process_ref(SbxAgentProcess *process)
{
    g_atomic_ref_count_inc(&process->refs);
    return process;
}

void sbx_agent_process_unref(SbxAgentProcess *process)
{
    if (process == NULL || !g_atomic_ref_count_dec(&process->refs))
        return;
    for (int i = 0; i < 3; i++)
        agent_pump_stop(&process->pumps[i]);
    g_clear_error(&process->error);
    agent_session_unref(process->session);
    g_free(process);
}

static void report_started(gpointer object)
{
    SbxAgentProcess *process = object;

    if (!process->detached && process->started != NULL)
        process->started(process, process->pid, NULL, process->data);
    sbx_agent_process_unref(process);
}

/* The last: the start failed, or it exited, or the session is gone, or nobody cares. */
static void report_end(gpointer object)
{
    SbxAgentProcess *process = object;

    if (!process->detached && !process->has_started) {
        if (process->started != NULL)
            process->started(process, 0, process->error, process->data);
    } else if (!process->detached && process->exited != NULL) {
        process->exit.output_cut = process->allowance.is_exceeded;
        process->exited(process, process->error == NULL ? &process->exit : NULL, process->error,
                        process->data);
    }
    if (process->notify != NULL)
        process->notify(process->data);
    /* What it was created with; plain output may go on and has references of its own. */
    sbx_agent_process_unref(process);
}

static void end(SbxAgentProcess *process)
{
    if (process->over)
        return;
    process->over = TRUE;
    agent_session_defer(process->session, report_end, process);
}

static gboolean output_is_complete(SbxAgentProcess *process)
{
    return !process->pumps[OUTPUT].is_open && !process->pumps[ERROR_OUTPUT].is_open;
}

static void end_if_complete(SbxAgentProcess *process)
{
    if (process->has_exited && (!process->output_ends_at_exit || output_is_complete(process)))
        end(process);
}

/* Each open output pump holds a reference, given back from the main loop. */
static void release(gpointer object)
{
    sbx_agent_process_unref(object);
}

static void input_done(gpointer owner, gboolean intact)
{
    SbxAgentProcess *process = owner;

    (void)intact;
    agent_session_defer(process->session, release, process);
}

static void output_done(gpointer owner, gboolean intact)
{
    SbxAgentProcess *process = owner;

    if (!intact && process->has_started && process->session->error == NULL)
        agent_session_violation(process->session, "the output of a process was cut off");
    end_if_complete(process);
    agent_session_defer(process->session, release, process);
}

static void kill_all(gpointer object)
{
    sbx_agent_process_signal(object, SIGKILL, SBX_AGENT_SCOPE_CGROUP, NULL, NULL);
    sbx_agent_process_unref(object);
}

static void output_exceeded(gpointer owner)
{
    SbxAgentProcess *process = owner;

    agent_session_defer(process->session, kill_all, sbx_agent_process_ref(process));
}

static void main_headers(AgentStream *stream)
{
    SbxAgentProcess *process = stream->owner;

    if (stream->status != 200)
        return;
    if (stream->pid == 0) {
        agent_session_violation(process->session, "a process without a pid");
        return;
    }
    process->has_started = TRUE;
    process->pid = (int)stream->pid;
    agent_session_defer(process->session, report_started, sbx_agent_process_ref(process));
}

static void take_exit(SbxAgentProcess *process, AgentStream *stream)
{
    struct sbx_exit record;

    if (!stream->complete || stream->reply == NULL ||
        !sbx_exit_decode(stream->reply->data, stream->reply->len, &record)) {
        agent_session_violation(process->session, "a malformed exit record");
        return;
    }
    process->exit = (SbxAgentExit){
        .signalled = record.signalled,
        .status = (int)record.status,
        .oom = record.oom,
        .cause = (int)record.cause,
        .cpu_user_us = record.cpu_user,
        .cpu_system_us = record.cpu_system,
        .max_rss = record.max_rss,
        .peak_memory = MAX(record.peak_memory, record.max_rss),
        .wall_ns = record.wall,
    };
    process->has_exited = TRUE;
}

static void main_closed(AgentStream *stream, guint32 error_code)
{
    SbxAgentProcess *process = stream->owner;
    SbxAgentSession *session = process->session;

    (void)error_code;
    process->main = NULL;
    if (session->error == NULL && process->has_started)
        take_exit(process, stream);
    if (process->has_exited) {
        end_if_complete(process);
        return;
    }
    process->error = agent_stream_failure(stream);
    if (process->error == NULL)
        process->error = g_error_new(SBX_AGENT_ERROR, SBX_AGENT_ERROR_FAILED, "no answer");
    for (int i = 0; i < 3; i++) {
        if (process->pumps[i].is_open)
            agent_session_defer(session, release, process);
        agent_pump_stop(&process->pumps[i]);
    }
    end(process);
}

static const AgentStreamOps main_ops = {.headers = main_headers, .closed = main_closed};

static void encode(const SbxAgentCommand *command, const SbxAgentProcess *process,
                   struct sbx_tlv_writer *body)
{
    const AgentPump *pumps = process->pumps;
    const char *script = command->script;
    struct sbx_command message = {
        .argv = (const char **)command->argv,
        .argc = command->argv != NULL ? g_strv_length((char **)command->argv) : 0,
        .env = (const char **)command->env,
        .env_count = command->env != NULL ? g_strv_length((char **)command->env) : 0,
        .cwd = command->cwd,
        .user = command->user,
        .rows = command->rows,
        .columns = command->columns,
        .memory_limit = command->memory_limit,
        .task_limit = command->task_limit,
        .cpu_limit = command->cpu_limit_us,
        .flags = (pumps[INPUT].is_open ? SBX_COMMAND_STDIN : 0) |
                 (pumps[OUTPUT].is_open ? SBX_COMMAND_STDOUT : 0) |
                 (pumps[ERROR_OUTPUT].is_open ? SBX_COMMAND_STDERR : 0) |
                 (command->is_worker ? SBX_COMMAND_WORKER : 0) |
                 (command->merge_stderr ? SBX_COMMAND_MERGE : 0) |
                 (command->clear_env ? SBX_COMMAND_CLEAR_ENV : 0) |
                 (command->output_ends_at_exit ? SBX_COMMAND_OUTPUT_ENDS_AT_EXIT : 0),
    };
    g_autofree char *copy = NULL;

    if (script != NULL && command->script_length > 0) {
        script = copy = g_strndup(script, command->script_length);
        message.script_length = command->script_length;
    } else if (script != NULL) {
        message.script_length = strlen(script);
    }
    message.script = script;
    sbx_tlv_writer_init(body, SBX_PROTO_MAX_COMMAND);
    sbx_command_encode(body, &message);
}

/* The same check as the agent's, so that the caller hears of it in words. */
static const char *find_fault(const struct sbx_tlv_writer *body)
{
    struct sbx_command message;

    if (body->failed)
        return "the command is too large";
    if (!sbx_command_decode(body->data, body->length, &message))
        return "the command is malformed: it needs either arguments or a script without NUL bytes, "
               "and KEY=VALUE as environment";
    sbx_command_clear(&message);
    return NULL;
}

static void open_streams(SbxAgentProcess *process, struct sbx_tlv_writer *body)
{
    static const char *const names[] = {"stdin", "stdout", "stderr"};
    g_autofree char *path =
        g_strdup_printf(SBX_PROTO_PATH "processes/%" G_GUINT64_FORMAT, process->id);

    process->main =
        agent_stream_open(process->session, "POST", path, body, NULL, &main_ops, process);
    if (process->main == NULL)
        return;
    for (int i = 0; i < 3; i++) {
        AgentPump *pump = &process->pumps[i];
        g_autofree char *pipe = g_strdup_printf("%s/%s", path, names[i]);
        if (!pump->is_open)
            continue;
        sbx_agent_process_ref(process);
        if (i == INPUT)
            agent_pump_send(pump, pipe);
        else
            agent_pump_receive(pump, pipe);
    }
}

static void refuse(SbxAgentProcess *process, SbxAgentError code, const char *text)
{
    process->error = process->session->error != NULL
                         ? g_error_copy(process->session->error)
                         : g_error_new_literal(SBX_AGENT_ERROR, code, text);
    for (int i = 0; i < 3; i++)
        agent_pump_stop(&process->pumps[i]);
    end(process);
}

static void open_pumps(SbxAgentProcess *process, const SbxAgentCommand *command, const int *fds)
{
    process->allowance = (AgentAllowance){.is_limited = command->output_limit > 0,
                                          .left = command->output_limit,
                                          .exceeded = output_exceeded};
    for (int i = 0; i < 3; i++) {
        AgentPump *pump = &process->pumps[i];

        agent_pump_init(pump, process->session, fds[i], (command->kept_streams >> i & 1) != 0,
                        i == INPUT ? input_done : output_done, process);
        pump->may_wait = command->may_detach && (i != INPUT || command->input_waits);
        if (i != INPUT)
            pump->allowance = &process->allowance;
        if (fds[i] < 0)
            agent_pump_allow_leaving(pump);
    }
}

SbxAgentProcess *sbx_agent_session_spawn(SbxAgentSession *session, const SbxAgentCommand *command,
                                         int stdin_fd, int stdout_fd, int stderr_fd,
                                         SbxAgentStartedFunc started, SbxAgentExitedFunc exited,
                                         gpointer data, GDestroyNotify notify)
{
    SbxAgentProcess *process = g_new0(SbxAgentProcess, 1);
    struct sbx_tlv_writer body;

    g_atomic_ref_count_init(&process->refs);
    process->session = agent_session_ref(session);
    process->id = ++session->last_id;
    process->output_ends_at_exit = command->output_ends_at_exit;
    process->started = started;
    process->exited = exited;
    process->data = data;
    process->notify = notify;
    open_pumps(process, command, (const int[]){stdin_fd, stdout_fd, stderr_fd});
    process->pumps[OUTPUT].follow_reader = command->rows > 0;
    sbx_agent_process_ref(process); /* until report_end */
    encode(command, process, &body);
    const char *fault = find_fault(&body);
    if (fault != NULL) {
        sbx_tlv_writer_clear(&body);
        refuse(process, SBX_AGENT_ERROR_INVALID, fault);
        return process;
    }
    open_streams(process, &body);
    if (process->main == NULL)
        refuse(process, SBX_AGENT_ERROR_CLOSED, "the session is closed");
    return process;
}

void sbx_agent_process_signal(SbxAgentProcess *process, int number, SbxAgentScope scope,
                              SbxAgentDoneFunc done, gpointer data)
{
    g_autofree char *path =
        g_strdup_printf(SBX_PROTO_PATH "processes/%" G_GUINT64_FORMAT "/signal", process->id);
    struct sbx_signal message = {.number = (guint32)number, .scope = (guint32)scope};
    struct sbx_tlv_writer body;

    sbx_tlv_writer_init(&body, SBX_PROTO_MAX_REPLY);
    sbx_signal_encode(&body, &message);
    agent_control_request(process->session, "POST", path, &body, done, data);
}

void sbx_agent_process_resize(SbxAgentProcess *process, guint rows, guint columns,
                              SbxAgentDoneFunc done, gpointer data)
{
    g_autofree char *path =
        g_strdup_printf(SBX_PROTO_PATH "processes/%" G_GUINT64_FORMAT "/resize", process->id);
    struct sbx_size message = {.rows = rows, .columns = columns};
    struct sbx_tlv_writer body;

    sbx_tlv_writer_init(&body, SBX_PROTO_MAX_REPLY);
    sbx_size_encode(&body, &message);
    agent_control_request(process->session, "POST", path, &body, done, data);
}

void sbx_agent_process_get_usage(SbxAgentProcess *process, SbxAgentUsageFunc done, gpointer data)
{
    agent_process_ask_usage(process->session, process, process->id, done, data);
}

void sbx_agent_process_detach(SbxAgentProcess *process)
{
    process->detached = TRUE;
    for (int i = 0; i < 3; i++) {
        if (process->pumps[i].is_open)
            agent_session_defer(process->session, release, process);
        agent_pump_stop(&process->pumps[i]);
    }
    if (process->main != NULL)
        agent_stream_abandon(g_steal_pointer(&process->main), NGHTTP2_CANCEL);
    end(process);
}

void sbx_agent_process_cancel(SbxAgentProcess *process)
{
    sbx_agent_process_signal(process, SIGKILL, SBX_AGENT_SCOPE_CGROUP, NULL, NULL);
    sbx_agent_process_detach(process);
}

gboolean sbx_agent_process_has_exited(SbxAgentProcess *process)
{
    return process->has_exited;
}

void sbx_agent_process_allow_leaving(SbxAgentProcess *process)
{
    for (int i = 0; i < 3; i++)
        agent_pump_allow_leaving(&process->pumps[i]);
}

void sbx_agent_process_leave(SbxAgentProcess *process)
{
    for (int i = 0; i < 3; i++)
        agent_pump_leave(&process->pumps[i]);
}

void sbx_agent_process_attach(SbxAgentProcess *process, int stdin_fd, int stdout_fd, int stderr_fd)
{
    const int fds[] = {stdin_fd, stdout_fd, stderr_fd};

    for (int i = 0; i < 3; i++)
        if (fds[i] >= 0 && agent_pump_attach(&process->pumps[i], fds[i]))
            sbx_agent_process_ref(process);
}
