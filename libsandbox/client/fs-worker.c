/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Workers for file calls: starting them, keeping idle ones, and exchanging frames with them.
 *
 * A handle keeps a few idle workers, so that a call costs a round trip and not the start of a
 * process. A process holds its sandbox, and an idle one held by that sandbox would hold it for
 * ever: while a worker is idle, its reference is not counted.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "client/fs-worker.h"
#include "wire/fd.h"

#define BUFFER ((size_t)64 << 10)
/* How long a worker that has closed its output may take to end, before we stop asking why. */
#define END_MS 5000

void sbx_fs_worker_free(SbxFsWorker *worker)
{
    if (worker == NULL)
        return;
    sbx_fd_clear(&worker->in);
    sbx_fd_clear(&worker->out);
    g_free(worker->user);
    g_free(worker->buffer);
    sbx_process_unref(worker->process);
    g_free(worker);
}

/* With the lock held. */
static SbxFsWorker *take_idle(sbx *sandbox, int nth)
{
    SbxFsWorker *worker = sandbox->workers[nth];

    for (int i = nth; i < SBX_FS_IDLE_MAX; i++)
        sandbox->workers[i] = i + 1 < SBX_FS_IDLE_MAX ? sandbox->workers[i + 1] : NULL;
    g_atomic_int_inc(&sandbox->refs);
    return worker;
}

void sbx_fs_give(SbxFsWorker *worker)
{
    sbx *sandbox = worker->sandbox;
    SbxFsWorker *old = NULL;
    int nth = 0;

    if (worker->broken || worker->at != worker->length || sandbox->pid != getpid()) {
        sbx_fs_worker_free(worker);
        return;
    }
    g_clear_pointer(&worker->buffer, g_free);
    worker->at = worker->length = worker->allocated = 0;
    g_mutex_lock(&sandbox->workers_lock);
    if (sandbox->workers[SBX_FS_IDLE_MAX - 1] != NULL)
        old = take_idle(sandbox, 0);
    while (sandbox->workers[nth] != NULL)
        nth++;
    sandbox->workers[nth] = worker;
    g_atomic_int_add(&sandbox->refs, -1);
    g_mutex_unlock(&sandbox->workers_lock);
    sbx_fs_worker_free(old);
}

void sbx_fs_close_idle(sbx *sandbox)
{
    /* The handle is at its end; its workers must not end it once more. */
    g_atomic_int_set(&sandbox->refs, SBX_FS_IDLE_MAX + 1);
    for (int i = 0; i < SBX_FS_IDLE_MAX; i++)
        sbx_fs_worker_free(g_steal_pointer(&sandbox->workers[i]));
}

/* Nothing is due from an idle worker: one that has something to say is no good any more. */
gboolean sbx_fs_has_spoken(const SbxFsWorker *worker)
{
    struct pollfd out = {.fd = worker->out, .events = POLLIN};

    return worker->at < worker->length || poll(&out, 1, 0) != 0;
}

static SbxFsWorker *find_idle(sbx *sandbox, const char *user)
{
    SbxFsWorker *found = NULL;

    g_mutex_lock(&sandbox->workers_lock);
    for (int i = SBX_FS_IDLE_MAX - 1; i >= 0 && found == NULL; i--)
        if (sandbox->workers[i] != NULL && g_strcmp0(sandbox->workers[i]->user, user) == 0)
            found = take_idle(sandbox, i);
    g_mutex_unlock(&sandbox->workers_lock);
    return found;
}

static int spawn(const SbxFsCall *call, const char *user, sbx_process **out)
{
    sbx_command *command = sbx_command_new(SBX_FILES_WORKER);
    sbx_error *reason = NULL;
    int code = command != NULL ? SBX_OK : sbx_fs_out_of_memory(call);

    if (code < 0)
        return code;
    command->is_worker = 1;
    command->output_ends_at_exit = 1;
    command->user = g_strdup(user);
    command->stdio[SBX_STDIN] = SBX_STDIO_PIPE;
    command->stdio[SBX_STDERR] = SBX_STDIO_NULL;
    code = sbx_spawn(call->sandbox, command, out, &reason);
    sbx_command_unref(command);
    return code < 0 ? sbx_fs_fail_with(call, reason) : code;
}

static int worker_new(const SbxFsCall *call, const char *user, SbxFsWorker **out)
{
    sbx_process *process = NULL;
    SbxFsWorker *worker = g_try_new0(SbxFsWorker, 1);
    int code = worker != NULL ? spawn(call, user, &process) : sbx_fs_out_of_memory(call);

    if (code < 0) {
        g_free(worker);
        return code;
    }
    worker->process = process;
    worker->sandbox = call->sandbox;
    worker->user = g_strdup(user);
    worker->in = sbx_process_take_fd(process, SBX_STDIN);
    worker->out = sbx_process_take_fd(process, SBX_STDOUT);
    fcntl(worker->in, F_SETFL, O_NONBLOCK);
    fcntl(worker->out, F_SETFL, O_NONBLOCK);
    *out = worker;
    return SBX_OK;
}

static int check_path(const SbxFsCall *call, const char *path)
{
    g_autofree char *shown = NULL;

    if (path == NULL)
        return sbx_fail(call->error, SBX_E_INVALID, 0, call->operation, NULL, "the path is NULL");
    if (strlen(path) <= SBX_PATH_MAX)
        return SBX_OK;
    shown = sbx_fs_show(path);
    return sbx_fail(call->error, SBX_E_INVALID, ENAMETOOLONG, call->operation,
                    "a longer one can be reached in steps, with a script that uses cd",
                    "the path \"%s\" has %zu bytes; at most %d are possible", shown, strlen(path),
                    SBX_PATH_MAX);
}

int sbx_fs_take(const SbxFsCall *call, SbxFsWorker **out)
{
    const char *user = call->options != NULL ? call->options->user : NULL;
    SbxFsWorker *worker;
    int code = sbx_check_handle(call->sandbox, call->operation, call->error);

    if (code == SBX_OK)
        code = check_path(call, call->path);
    if (code == SBX_OK && call->to != NULL)
        code = check_path(call, call->to);
    if (code < 0)
        return code;
    while ((worker = find_idle(call->sandbox, user)) != NULL) {
        if (!sbx_fs_has_spoken(worker)) {
            *out = worker;
            return SBX_OK;
        }
        sbx_fs_worker_free(worker);
    }
    return worker_new(call, user, out);
}

/* Why a worker has gone. */
static int lost(const SbxFsCall *call, SbxFsWorker *worker)
{
    sbx_error *reason = NULL;
    int state = sbx_process_wait(worker->process, END_MS, &reason);
    int signal = sbx_process_exit_signal(worker->process);
    int out_of_memory = sbx_process_oom(worker->process);

    worker->broken = TRUE;
    if (state < 0)
        return sbx_fs_fail_with(call, reason);
    return sbx_fail(call->error, SBX_E_PROTOCOL, EPIPE, call->operation,
                    out_of_memory ? "make the sandbox with more memory"
                                  : "the next call starts another one",
                    "the file helper in the sandbox %s has ended in the middle of the call%s%s",
                    call->sandbox->id, signal > 0 ? ", killed" : "",
                    out_of_memory ? " for want of memory" : "");
}

/* How many parts are left when @n bytes have been taken from their beginning. */
static void advance(struct iovec *parts, int count, size_t n)
{
    for (int i = 0; i < count; i++) {
        size_t done = MIN(n, parts[i].iov_len);

        parts[i].iov_base = (char *)parts[i].iov_base + done;
        parts[i].iov_len -= done;
        n -= done;
    }
}

int sbx_fs_put(const SbxFsCall *call, SbxFsWorker *worker, uint8_t type, const void *data,
               size_t length)
{
    uint8_t header[SBX_FILES_HEADER];
    struct iovec parts[2] = {{header, sizeof header}, {(void *)(uintptr_t)data, length}};

    sbx_files_header(header, type, length);
    while (parts[0].iov_len + parts[1].iov_len > 0) {
        int ready = sbx_wait_one(worker->in, POLLOUT, -1);
        ssize_t n = ready < 0 ? -1 : sbx_write_quietly(worker->in, parts, 2);

        if (ready < 0) {
            worker->broken = TRUE;
            return sbx_fs_wait_failed(call, ready);
        }
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return lost(call, worker);
        advance(parts, 2, n > 0 ? (size_t)n : 0);
    }
    return SBX_OK;
}

/* Makes room for a frame of which @wanted bytes are known to be coming. */
static int make_room(const SbxFsCall *call, SbxFsWorker *worker, size_t wanted)
{
    guint8 *buffer;

    if (worker->at > 0)
        memmove(worker->buffer, worker->buffer + worker->at, worker->length - worker->at);
    worker->length -= worker->at;
    worker->at = 0;
    wanted = MAX(wanted, BUFFER);
    if (wanted <= worker->allocated)
        return SBX_OK;
    buffer = g_try_realloc(worker->buffer, wanted);
    if (buffer == NULL) {
        worker->broken = TRUE;
        return sbx_fs_out_of_memory(call);
    }
    worker->buffer = buffer;
    worker->allocated = wanted;
    return SBX_OK;
}

/* Reads once what there is. 1, 0 when the deadline passed, or an error. */
static int fill(const SbxFsCall *call, SbxFsWorker *worker, int64_t deadline_ms)
{
    int ready = sbx_wait_one(worker->out, POLLIN, deadline_ms);
    ssize_t n;

    if (ready == 0)
        return 0;
    if (ready < 0) {
        worker->broken = TRUE;
        return sbx_fs_wait_failed(call, ready);
    }
    n = read(worker->out, worker->buffer + worker->length, worker->allocated - worker->length);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        return lost(call, worker);
    worker->length += n > 0 ? (size_t)n : 0;
    return 1;
}

/* Bytes of the frame that begins in the buffer, as far as its header is there. */
static size_t frame_size(const SbxFsWorker *worker)
{
    const guint8 *at;

    if (worker->length - worker->at < SBX_FILES_HEADER)
        return SBX_FILES_HEADER;
    at = worker->buffer + worker->at;
    return SBX_FILES_HEADER +
           ((size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3]);
}

int sbx_fs_receive(const SbxFsCall *call, SbxFsWorker *worker, int64_t deadline_ms,
                   struct sbx_files_frame *frame)
{
    for (;;) {
        int got = worker->at == worker->length
                      ? 0
                      : sbx_files_frame_parse(worker->buffer + worker->at,
                                              worker->length - worker->at, frame);

        if (got < 0)
            return sbx_fs_nonsense(call, worker);
        if (got > 0) {
            worker->at += SBX_FILES_HEADER + (size_t)frame->length;
            return 1;
        }
        got = make_room(call, worker, frame_size(worker));
        if (got == SBX_OK)
            got = fill(call, worker, deadline_ms);
        if (got <= 0)
            return got;
    }
}

int sbx_fs_receive_more(const SbxFsCall *call, SbxFsWorker *worker, int64_t deadline_ms,
                        struct sbx_files_frame *frame)
{
    int code = sbx_fs_receive(call, worker, deadline_ms, frame);

    if (code == SBX_E_CANCELLED)
        worker->broken = FALSE;
    return code;
}

int sbx_fs_finish(const SbxFsCall *call, SbxFsWorker *worker, const struct sbx_files_frame *frame,
                  struct sbx_files_reply *reply)
{
    struct sbx_files_failure failure;
    struct sbx_files_reply ignored;

    if (frame->type == SBX_FILES_FAILURE &&
        sbx_files_failure_decode(frame->body, frame->length, &failure))
        return sbx_fs_failed(call, (int)failure.error, failure.path);
    if (frame->type != SBX_FILES_REPLY ||
        !sbx_files_reply_decode(frame->body, frame->length, reply != NULL ? reply : &ignored))
        return sbx_fs_nonsense(call, worker);
    return SBX_OK;
}

int sbx_fs_reply(const SbxFsCall *call, SbxFsWorker *worker, struct sbx_files_reply *reply)
{
    struct sbx_files_frame frame;
    int code = sbx_fs_receive(call, worker, -1, &frame);

    return code < 0 ? code : sbx_fs_finish(call, worker, &frame, reply);
}

static void add_globs(GPtrArray *from, const char **globs, size_t *count)
{
    *count = from->len;
    for (guint i = 0; i < from->len; i++)
        globs[i] = from->pdata[i];
}

void sbx_fs_request(const SbxFsCall *call, uint32_t op, struct sbx_files_request *request)
{
    const sbx_fs_options *options = call->options;

    sbx_files_request_init(request, op);
    request->path = call->path;
    request->to = call->to;
    request->umask = (uint32_t)g_atomic_int_get(&call->sandbox->umask);
    if (options == NULL)
        return;
    request->flags = options->flags;
    request->mode = options->mode;
    request->depth = options->max_depth;
    request->prefix = options->prefix;
    request->suffix = options->suffix;
    add_globs(options->match, request->match, &request->match_count);
    add_globs(options->skip, request->skip, &request->skip_count);
}

int sbx_fs_send(const SbxFsCall *call, SbxFsWorker *worker,
                const struct sbx_files_request *request)
{
    struct sbx_tlv_writer writer;
    int code;

    sbx_tlv_writer_init(&writer, SBX_FILES_MAX_FRAME);
    sbx_files_request_encode(&writer, request);
    if (writer.failed)
        code = sbx_fs_out_of_memory(call);
    else
        code = sbx_fs_put(call, worker, SBX_FILES_REQUEST, writer.data, writer.length);
    sbx_tlv_writer_clear(&writer);
    return code;
}

/* Copies what is wanted of a reply; what is wanted and not there makes it nonsense. */
static int copy_reply(const SbxFsCall *call, SbxFsWorker *worker,
                      const struct sbx_files_reply *reply, char **path, sbx_stat **stat)
{
    if ((path != NULL && reply->path == NULL) || (stat != NULL && !reply->has_stat))
        return sbx_fs_nonsense(call, worker);
    if (stat != NULL) {
        *stat = g_try_new0(sbx_stat, 1);
        if (*stat == NULL)
            return sbx_fs_out_of_memory(call);
        (*stat)->fields = reply->stat;
    }
    if (path != NULL) {
        *path = strdup(reply->path);
        if (*path == NULL)
            return sbx_fs_out_of_memory(call);
    }
    return SBX_OK;
}

static int exchange(const SbxFsCall *call, const struct sbx_files_request *request, char **path,
                    sbx_stat **stat)
{
    struct sbx_files_reply reply;
    SbxFsWorker *worker = NULL;
    int code = sbx_fs_take(call, &worker);

    if (code < 0)
        return code;
    code = sbx_fs_send(call, worker, request);
    if (code == SBX_OK)
        code = sbx_fs_reply(call, worker, &reply);
    if (code == SBX_OK)
        code = copy_reply(call, worker, &reply, path, stat);
    sbx_fs_give(worker);
    return code;
}

int sbx_fs_exchange(const SbxFsCall *call, const struct sbx_files_request *request, char **path,
                    sbx_stat **stat)
{
    int code = sbx_fs_begin(call);

    if (code < 0)
        return code;
    code = exchange(call, request, path, stat);
    sbx_fs_end(call);
    return code;
}
