/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes. See include/sandbox/process.h.
 *
 * The program makes the pipes and passes their far ends along; the keeper pumps between them and the
 * guest. Each running process has a link to itself: its end is announced there, by the keeper or, when
 * the keeper dies, by end-of-file.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/process-private.h"

void sbx_pipes_clear(SbxPipes *pipes)
{
    for (int i = 0; i < 3; i++) {
        sbx_fd_clear(&pipes->ours[i]);
        sbx_fd_clear(&pipes->theirs[i]);
    }
}

int sbx_pipes_open(SbxPipes *pipes, const int *modes, const char *operation, sbx_error **error)
{
    for (int i = 0; i < 3; i++) {
        int ends[2];

        if (modes[i] != SBX_STDIO_PIPE)
            continue;
        if (pipe2(ends, O_CLOEXEC) < 0)
            return sbx_fail(error, SBX_E_SYSTEM, errno, operation, NULL, "cannot make a pipe: %s",
                            g_strerror(errno));
        pipes->ours[i] = ends[i == SBX_STDIN ? 1 : 0];
        pipes->theirs[i] = ends[i == SBX_STDIN ? 0 : 1];
    }
    return SBX_OK;
}

/* The descriptors that go along with a command, in order. */
static int collect_fds(const sbx_command *command, const SbxPipes *pipes, int *fds)
{
    int count = 0;

    for (int i = 0; i < 3; i++) {
        if (command->stdio[i] == SBX_STDIO_FD)
            fds[count++] = command->fds[i];
        else if (pipes->theirs[i] >= 0)
            fds[count++] = pipes->theirs[i];
    }
    return count;
}

/* Before descriptors of our own may take the number of one that was closed. */
static int check_command(const sbx_command *command, const char *operation, sbx_error **error)
{
    if (command->program != NULL && *command->program == '\0')
        return sbx_fail(error, SBX_E_INVALID, 0, operation, NULL, "the program's name is empty");
    if (command->bytes > SBX_COMMAND_BYTES_MAX ||
        (command->script != NULL && strlen(command->script) > (16u << 20)))
        return sbx_fail(error, SBX_E_TOO_BIG, 0, operation,
                        "write the script to a file in the sandbox and run that",
                        "the script is longer than 16 MiB");
    for (int i = 0; i < 3; i++) {
        if (command->stdio[i] != SBX_STDIO_FD)
            continue;
        if (command->owns_fds && command->fds[i] < -1)
            return sbx_fail(error, SBX_E_SYSTEM, -command->fds[i], operation, NULL,
                            "cannot duplicate the descriptor that is to be standard stream %d: %s",
                            i, g_strerror(-command->fds[i]));
        if (fcntl(command->fds[i], F_GETFD) < 0)
            return sbx_fail(error, SBX_E_INVALID, EBADF, operation, NULL,
                            "descriptor %d, which is to be standard stream %d, is not open",
                            command->fds[i], i);
    }
    return SBX_OK;
}

/* Sends the request that starts a command; the answer has yet to come. */
static int64_t send_start(sbx *sandbox, const char *method, const sbx_command *command,
                          const int *modes, SbxPipes *pipes, SbxLink *link, const char *operation,
                          sbx_error **error)
{
    JsonObject *params;
    int fds[3];
    int n_fds = collect_fds(command, pipes, fds);
    int64_t id;

    params = sbx_command_to_json(command);
    json_object_set_string_member(params, "sandbox", sandbox->id);
    if (modes[SBX_STDIN] == SBX_STDIO_NULL)
        json_object_set_string_member(params, "stdin", "null");
    id = sbx_link_send(link, method, params, fds, n_fds, operation, error);
    for (int i = 0; i < 3; i++)
        sbx_fd_clear(&pipes->theirs[i]);
    return id;
}

/* A keeper that has gone took the sandbox along. */
int sbx_process_sandbox_gone(sbx *sandbox, const char *operation, sbx_error **error)
{
    return sbx_fail(error, SBX_E_GONE, 0, operation, NULL,
                    "the sandbox %s has ended: its keeper is gone", sandbox->id);
}

/* Hands on how a call failed. Who has a handle has a sandbox that was there: one that the keeper does
 * not know, because it is a new keeper or has forgotten it, has ended. */
int sbx_process_call_failed(sbx *sandbox, sbx_error *reason, const char *operation,
                            sbx_error **error)
{
    /* ESRCH: the sandbox is there, and the process is not. */
    if (sbx_error_code(reason) != SBX_E_NOT_FOUND || sbx_error_errno(reason) == ESRCH)
        return sbx_fail_with(error, reason);
    sbx_error_free(reason);
    return sbx_fail(error, SBX_E_GONE, 0, operation, NULL, "the sandbox %s has ended", sandbox->id);
}

int sbx_process_take_link(sbx *sandbox, SbxLink *link, const char *operation, sbx_error **error)
{
    int code = sbx_check_handle(sandbox, operation, error);

    if (code < 0)
        return code;
    code = sbx_link_take(0, link, operation, error);
    return code == SBX_E_NOT_FOUND ? sbx_process_sandbox_gone(sandbox, operation, error) : code;
}

int sbx_process_new(sbx *sandbox, SbxLink *link, const SbxReply *reply, SbxPipes *pipes,
                    sbx_process **out, const char *operation, sbx_error **error)
{
    sbx_process *process = g_try_new0(sbx_process, 1);

    if (process == NULL)
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, operation, NULL, "out of memory");
    process->refs = 1;
    process->sandbox = sbx_ref(sandbox);
    pthread_mutex_init(&process->lock, NULL);
    process->link = *link;
    process->number = sbx_json_get_int(reply->result, "process", 0);
    process->pid = (int)sbx_json_get_int(reply->result, "pid", -1);
    for (int i = 0; i < 3; i++)
        process->fds[i] = sbx_fd_steal(&pipes->ours[i]);
    *out = process;
    return SBX_OK;
}

int sbx_spawn(sbx *sandbox, const sbx_command *command, sbx_process **out, sbx_error **error)
{
    static const int no_pipes[3] = {SBX_STDIO_NULL, SBX_STDIO_NULL, SBX_STDIO_NULL};
    g_auto(SbxPipes) pipes = SBX_PIPES_INIT;
    g_auto(SbxReply) reply = {0};
    SbxLink link = {.fd = -1};
    sbx_error *reason = NULL;
    int64_t id;
    int code;

    if (command == NULL || out == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "command or out is NULL");
    code = check_command(command, __func__, error);
    if (code == SBX_OK)
        code = sbx_pipes_open(&pipes, command->is_detached ? no_pipes : command->stdio, __func__,
                              error);
    if (code == SBX_OK)
        code = sbx_process_take_link(sandbox, &link, __func__, error);
    if (code < 0)
        return code;
    id = send_start(sandbox, command->is_detached ? "process.start" : "process.spawn", command,
                    command->stdio, &pipes, &link, __func__, &reason);
    if (id >= 0 && sbx_link_receive(&link, id, &reply, __func__, &reason) == SBX_OK)
        code = sbx_process_new(sandbox, &link, &reply, &pipes, out, __func__, &reason);
    if (reason != NULL) {
        sbx_link_drop(&link);
        return sbx_process_call_failed(sandbox, reason, __func__, error);
    }
    if (command->is_detached)
        sbx_process_note_detached(*out);
    return code;
}

sbx_process *sbx_process_ref(sbx_process *process)
{
    g_atomic_int_inc(&process->refs);
    return process;
}

sbx_process *sbx_process_unref(sbx_process *process)
{
    if (process == NULL || !g_atomic_int_dec_and_test(&process->refs))
        return NULL;
    /* The link first: that it is detached should be known before its pipes break. */
    sbx_link_drop(&process->link);
    for (int i = 0; i < 3; i++)
        sbx_fd_clear(&process->fds[i]);
    pthread_mutex_destroy(&process->lock);
    sbx_unref(process->sandbox);
    g_free(process->failure);
    g_free(process);
    return NULL;
}

int sbx_process_pid(sbx_process *process)
{
    return process->pid;
}

static int stream_fd(sbx_process *process, int stream, int take)
{
    int fd = -1;

    if (stream < SBX_STDIN || stream > SBX_STDERR)
        return -1;
    pthread_mutex_lock(&process->lock);
    fd = process->fds[stream];
    if (take)
        process->fds[stream] = -1;
    pthread_mutex_unlock(&process->lock);
    return fd;
}

int sbx_process_fd(sbx_process *process, int stream)
{
    return stream_fd(process, stream, 0);
}

int sbx_process_take_fd(sbx_process *process, int stream)
{
    return stream_fd(process, stream, 1);
}

int sbx_process_exit_fd(sbx_process *process)
{
    return process->link.fd;
}

/* With the lock held: takes in what the keeper said of the end. */
static void note_end(sbx_process *process, int got, SbxMessage *message)
{
    JsonObject *params = got > 0 ? sbx_json_get_object(message->object, "params") : NULL;
    JsonObject *fault = sbx_json_get_object(params, "error");

    if (params == NULL || fault != NULL) {
        g_autoptr(GError) reason = fault != NULL ? sbx_fault_from_json(fault) : NULL;

        process->state = SBX_E_GONE;
        process->failure = reason != NULL
                               ? g_strdup(reason->message)
                               : g_strdup_printf("the sandbox %s has ended: its keeper is gone",
                                                 process->sandbox->id);
        return;
    }
    process->state = 1;
    sbx_end_from_json(params, &process->end);
}

/* Looks for the end without waiting. Returns the state. */
static int look(sbx_process *process)
{
    struct pollfd waiting = {.fd = process->link.fd, .events = POLLIN};
    int state;

    /* After fork() the announcement is the parent's. */
    if (process->sandbox->pid != getpid())
        return 0;
    pthread_mutex_lock(&process->lock);
    if (process->state == 0 && poll(&waiting, 1, 0) > 0) {
        g_auto(SbxMessage) message = {0};
        int got = sbx_message_receive(process->link.fd, &message, NULL);

        note_end(process, got, &message);
        /* From here on it polls as readable, for whoever watches sbx_process_exit_fd(). */
        shutdown(process->link.fd, SHUT_RD);
    }
    state = process->state;
    pthread_mutex_unlock(&process->lock);
    return state;
}

int sbx_process_wait(sbx_process *process, int timeout_ms, sbx_error **error)
{
    int64_t deadline = timeout_ms < 0 ? -1 : sbx_now_ms() + timeout_ms;
    int state = sbx_check_handle(process->sandbox, __func__, error);

    if (state >= 0)
        state = sbx_check_timeout(timeout_ms, __func__, error);
    if (state < 0)
        return state;
    state = look(process);
    while (state == 0 && timeout_ms != 0) {
        int ready = sbx_wait_one(process->link.fd, POLLIN, deadline);

        if (ready == 0)
            return 0;
        if (ready < 0)
            return sbx_wait_failed(ready, __func__, error);
        state = look(process);
    }
    if (state < 0)
        return sbx_fail(error, state, 0, __func__, NULL, "%s", process->failure);
    return state;
}

const SbxEnd *sbx_process_end(sbx_process *process)
{
    return look(process) == 1 ? &process->end : NULL;
}

static int call_about(sbx *sandbox, int64_t number, const char *method, JsonObject *params,
                      SbxReply *reply, const char *operation, sbx_error **error)
{
    g_autoptr(JsonObject) owned = params != NULL ? params : json_object_new();
    sbx_error *reason = NULL;
    int code = sbx_check_handle(sandbox, operation, error);

    if (code < 0)
        return code;
    json_object_set_string_member(owned, "sandbox", sandbox->id);
    json_object_set_int_member(owned, "process", number);
    code = sbx_call(0, method, json_object_ref(owned), NULL, 0, reply, operation, &reason);
    if (reason != NULL)
        return sbx_process_call_failed(sandbox, reason, operation, error);
    return code == SBX_E_NOT_FOUND ? sbx_process_sandbox_gone(sandbox, operation, error) : code;
}

int sbx_process_call(sbx_process *process, const char *method, JsonObject *params, SbxReply *reply,
                     const char *operation, sbx_error **error)
{
    return call_about(process->sandbox, process->number, method, params, reply, operation, error);
}

static int send_signal(sbx *sandbox, int64_t number, int signal, int scope, int must_exist,
                       const char *operation, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    JsonObject *params;

    if (scope < SBX_SCOPE_PROCESS || scope > SBX_SCOPE_ALL)
        return sbx_fail(error, SBX_E_INVALID, 0, operation, NULL, "%d is not a scope", scope);
    if (signal < 1 || signal > 64)
        return sbx_fail(error, SBX_E_INVALID, 0, operation, NULL, "%d is not a signal", signal);
    params = json_object_new();
    json_object_set_int_member(params, "signal", signal);
    json_object_set_int_member(params, "scope", scope);
    json_object_set_boolean_member(params, "must_exist", must_exist);
    return call_about(sandbox, number, "process.signal", params, &reply, operation, error);
}

int sbx_process_signal_by_id(sbx *sandbox, int64_t id, int signal, int scope, sbx_error **error)
{
    return send_signal(sandbox, id, signal, scope, 1, __func__, error);
}

int sbx_process_signal(sbx_process *process, int signal, sbx_error **error)
{
    return send_signal(process->sandbox, process->number, signal, SBX_SCOPE_GROUP, 0, __func__,
                       error);
}

int sbx_process_signal_scope(sbx_process *process, int signal, int scope, sbx_error **error)
{
    return send_signal(process->sandbox, process->number, signal, scope, 0, __func__, error);
}

int sbx_process_kill(sbx_process *process, sbx_error **error)
{
    return send_signal(process->sandbox, process->number, SIGKILL, SBX_SCOPE_ALL, 0, __func__,
                       error);
}

/* Reads one stream when poll() found something. Closes it at its end. */
static int collect(const struct pollfd *ready, int *fd, SbxBuffer *buffer)
{
    ssize_t n;

    if (*fd < 0 || ready->revents == 0)
        return SBX_OK;
    n = sbx_buffer_read(buffer, *fd);
    if (n == 0)
        sbx_fd_clear(fd);
    return n < 0 ? (int)n : SBX_OK;
}

/* Takes in both streams until they end. */
static int collect_output(SbxPipes *pipes, sbx_result *result, const char *operation,
                          sbx_error **error)
{
    int *out = &pipes->ours[SBX_STDOUT];
    int *err = &pipes->ours[SBX_STDERR];

    /* The keeper closes both streams before it answers; if it dies, its ends close all the same. */
    while (*out >= 0 || *err >= 0) {
        struct pollfd ready[2] = {{.fd = *out, .events = POLLIN}, {.fd = *err, .events = POLLIN}};
        int code;

        code = sbx_wait(ready, 2, -1);
        if (code < 0)
            return sbx_wait_failed(code, operation, error);
        code = collect(&ready[0], out, &result->out);
        if (code == SBX_OK)
            code = collect(&ready[1], err, &result->err);
        if (code < 0)
            return sbx_fail(error, code == -ENOMEM ? SBX_E_NO_MEMORY : SBX_E_SYSTEM, -code,
                            operation, NULL, "cannot take in the output: %s", g_strerror(-code));
        if (result->out.length + result->err.length > SBX_OUTPUT_MAX)
            return sbx_fail(error, SBX_E_TOO_BIG, 0, operation,
                            "send large output to a file, or use sbx_spawn()",
                            "the command wrote more than 1 GiB");
    }
    return SBX_OK;
}

static int run(sbx *sandbox, const sbx_command *command, sbx_result **out, const char *operation,
               sbx_error **error)
{
    g_auto(SbxPipes) pipes = SBX_PIPES_INIT;
    g_auto(SbxReply) reply = {0};
    SbxLink link = {.fd = -1};
    sbx_error *reason = NULL;
    sbx_result *result;
    int modes[3] = {command->stdio[0], command->stdio[1], command->stdio[2]};
    int64_t id;
    int code;

    if (modes[SBX_STDIN] == SBX_STDIO_PIPE)
        modes[SBX_STDIN] = SBX_STDIO_NULL; /* nobody would write to it */
    code = check_command(command, operation, error);
    if (code == SBX_OK)
        code = sbx_pipes_open(&pipes, modes, operation, error);
    if (code == SBX_OK)
        code = sbx_process_take_link(sandbox, &link, operation, error);
    if (code < 0)
        return code;
    result = calloc(1, sizeof *result);
    id = result == NULL
             ? sbx_fail(&reason, SBX_E_NO_MEMORY, ENOMEM, operation, NULL, "out of memory")
             : send_start(sandbox, "process.run", command, modes, &pipes, &link, operation, &reason);
    if (id >= 0 && collect_output(&pipes, result, operation, &reason) == SBX_OK)
        sbx_link_receive(&link, id, &reply, operation, &reason);
    if (reason != NULL) {
        /* This is how the keeper hears that the command is to be killed, whoever inherited the link. */
        shutdown(link.fd, SHUT_RDWR);
        sbx_link_drop(&link);
        sbx_result_free(result);
        return sbx_process_call_failed(sandbox, reason, operation, error);
    }
    sbx_end_from_json(reply.result, &result->end);
    sbx_link_give(&link);
    *out = result;
    return SBX_OK;
}

int sbx_run(sbx *sandbox, const sbx_command *command, sbx_result **out, sbx_error **error)
{
    if (command == NULL || out == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "command or out is NULL");
    return run(sandbox, command, out, __func__, error);
}

int sbx_sh(sbx *sandbox, const char *script, sbx_result **out, sbx_error **error)
{
    sbx_command *command;
    int code;

    if (script == NULL || out == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "script or out is NULL");
    command = sbx_command_new_script(script);
    if (command == NULL)
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, __func__, NULL, "out of memory");
    code = run(sandbox, command, out, __func__, error);
    sbx_command_unref(command);
    return code;
}
