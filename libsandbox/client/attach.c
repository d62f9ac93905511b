/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attach: leaving processes alone, and coming back to them. See include/sandbox/process.h. */
#include <sys/socket.h>

#include "client/process-private.h"

int64_t sbx_process_id(sbx_process *process)
{
    return process->number;
}

/* What was delivered stays readable; the link polls as readable, since waiting does not block. */
void sbx_process_note_detached(sbx_process *process)
{
    pthread_mutex_lock(&process->lock);
    if (process->state == 0) {
        process->state = SBX_E_INVALID;
        process->failure = g_strdup("the process is detached: its end is told to whoever attaches");
    }
    shutdown(process->link.fd, SHUT_RDWR);
    sbx_fd_clear(&process->fds[SBX_STDIN]);
    pthread_mutex_unlock(&process->lock);
}

int sbx_process_detach(sbx_process *process, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    int code = sbx_process_call(process, "process.detach", NULL, &reply, __func__, error);

    if (code < 0)
        return code;
    if (sbx_json_get_boolean(reply.result, "detached", FALSE))
        sbx_process_note_detached(process);
    return SBX_OK;
}

/* Only what the process has. */
static void close_others(SbxPipes *pipes, const SbxReply *reply)
{
    static const char *const streams[] = {"stdin", "stdout", "stderr"};

    for (int i = 0; i < 3; i++)
        if (!sbx_json_get_boolean(reply->result, streams[i], FALSE))
            sbx_fd_clear(&pipes->ours[i]);
}

static int64_t send_attach(sbx *sandbox, int64_t number, SbxPipes *pipes, SbxLink *link,
                           const char *operation, sbx_error **error)
{
    JsonObject *params = json_object_new();
    int64_t id;

    json_object_set_string_member(params, "sandbox", sandbox->id);
    json_object_set_int_member(params, "process", number);
    id = sbx_link_send(link, "process.attach", params, pipes->theirs, 3, operation, error);
    for (int i = 0; i < 3; i++)
        sbx_fd_clear(&pipes->theirs[i]);
    return id;
}

int sbx_process_attach(sbx *sandbox, int64_t id, sbx_process **out, sbx_error **error)
{
    static const int modes[3] = {SBX_STDIO_PIPE, SBX_STDIO_PIPE, SBX_STDIO_PIPE};
    g_auto(SbxPipes) pipes = SBX_PIPES_INIT;
    g_auto(SbxReply) reply = {0};
    SbxLink link = {.fd = -1};
    sbx_error *reason = NULL;
    int64_t request;
    int code;

    if (out == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "out is NULL");
    code = sbx_pipes_open(&pipes, modes, __func__, error);
    if (code == SBX_OK)
        code = sbx_process_take_link(sandbox, &link, __func__, error);
    if (code < 0)
        return code;
    request = send_attach(sandbox, id, &pipes, &link, __func__, &reason);
    if (request >= 0 && sbx_link_receive(&link, request, &reply, __func__, &reason) == SBX_OK) {
        close_others(&pipes, &reply);
        code = sbx_process_new(sandbox, &link, &reply, &pipes, out, __func__, &reason);
    }
    if (reason == NULL)
        return code;
    sbx_link_drop(&link);
    return sbx_process_call_failed(sandbox, reason, __func__, error);
}
