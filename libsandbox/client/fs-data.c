/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whole files, to and from memory and descriptors. See include/sandbox/fs.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "client/fs-worker.h"

/* Whoever takes what is read: 0, or an error that ends the call. */
typedef struct {
    int (*fn)(const SbxFsCall *call, void *data, const uint8_t *bytes, size_t length);
    void *data;
} Sink;

/* Bytes of a local descriptor that one write() may have without blocking once it polls as ready. */
typedef struct {
    int fd;
    size_t portion;
    uint64_t done;
} Local;

static int local_failed(const SbxFsCall *call, const char *what, int fd)
{
    return sbx_fail(call->error, SBX_E_SYSTEM, errno, call->operation, NULL,
                    "cannot %s the descriptor %d: %s", what, fd, g_strerror(errno));
}

/* A pipe or terminal in blocking mode that polls as writable has room for PIPE_BUF bytes only. */
static Local local_open(int fd)
{
    Local local = {.fd = fd, .portion = SBX_FILES_MAX_FRAME};
    struct stat info;
    int flags = fcntl(fd, F_GETFL);

    if (flags >= 0 && (flags & O_NONBLOCK) == 0 && fstat(fd, &info) == 0 &&
        !S_ISREG(info.st_mode) && !S_ISBLK(info.st_mode))
        local.portion = PIPE_BUF;
    return local;
}

static int local_wait(const SbxFsCall *call, int fd, short events)
{
    int ready = sbx_wait_one(fd, events, -1);

    return ready < 0 ? sbx_fs_wait_failed(call, ready) : SBX_OK;
}

static int write_local(const SbxFsCall *call, void *data, const uint8_t *bytes, size_t length)
{
    Local *local = data;

    while (length > 0) {
        struct iovec part = {(void *)(uintptr_t)bytes, MIN(length, local->portion)};
        int code = local_wait(call, local->fd, POLLOUT);
        ssize_t n = code < 0 ? -1 : sbx_write_quietly(local->fd, &part, 1);

        if (code < 0)
            return code;
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return local_failed(call, "write to", local->fd);
        bytes += n > 0 ? n : 0;
        length -= n > 0 ? (size_t)n : 0;
        local->done += n > 0 ? (uint64_t)n : 0;
    }
    return SBX_OK;
}

/* Growing memory. */
typedef struct {
    guint8 *bytes;
    size_t length;
    size_t allocated;
    uint64_t most;
} Memory;

static int too_big(const SbxFsCall *call, uint64_t most)
{
    g_autofree char *shown = sbx_fs_show(call->path);

    return sbx_fail(call->error, SBX_E_TOO_BIG, EFBIG, call->operation,
                    "sbx_fs_read_to_fd() reads files of any size",
                    "the file \"%s\" has more than %" G_GUINT64_FORMAT " bytes", shown, most);
}

static int append(const SbxFsCall *call, void *data, const uint8_t *bytes, size_t length)
{
    Memory *memory = data;

    if (length > memory->most - memory->length)
        return too_big(call, memory->most);
    if (memory->length + length + 1 > memory->allocated) {
        size_t wanted = MAX(memory->allocated * 2, memory->length + length + 1);
        guint8 *grown = realloc(memory->bytes, wanted);

        if (grown == NULL)
            return sbx_fs_out_of_memory(call);
        memory->bytes = grown;
        memory->allocated = wanted;
    }
    memcpy(memory->bytes + memory->length, bytes, length);
    memory->length += length;
    return SBX_OK;
}

/* Passes on what comes until the reply. */
static int drain(const SbxFsCall *call, SbxFsWorker *worker, const Sink *sink)
{
    struct sbx_files_frame frame;
    int code;

    while ((code = sbx_fs_receive(call, worker, -1, &frame)) > 0) {
        if (frame.type != SBX_FILES_DATA)
            return sbx_fs_finish(call, worker, &frame, NULL);
        code = sink->fn(call, sink->data, frame.body, frame.length);
        if (code < 0) {
            /* The rest is on its way. */
            worker->broken = TRUE;
            return code;
        }
    }
    return code;
}

static int read_with_worker(const SbxFsCall *call, uint64_t most, const Sink *sink)
{
    struct sbx_files_request request;
    SbxFsWorker *worker = NULL;
    int code = sbx_fs_take(call, &worker);

    if (code < 0)
        return code;
    sbx_fs_request(call, SBX_FILES_READ_FILE, &request);
    request.length = most;
    code = sbx_fs_send(call, worker, &request);
    if (code == SBX_OK)
        code = drain(call, worker, sink);
    sbx_fs_give(worker);
    return code;
}

static int read_all(const SbxFsCall *call, uint64_t most, const Sink *sink)
{
    int code = sbx_fs_begin(call);

    if (code < 0)
        return code;
    code = read_with_worker(call, most, sink);
    sbx_fs_end(call);
    return code;
}

int sbx_fs_read_file(sbx *sandbox, const char *path, const sbx_fs_options *options, void **data,
                     size_t *length, sbx_error **error)
{
    SbxFsCall call = {sandbox, options, __func__, "read", path, NULL, error};
    Memory memory = {.most = options != NULL ? options->max_size : (uint64_t)1 << 30};
    Sink sink = {append, &memory};
    int code;

    if (data == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "data is NULL");
    code = read_all(&call, memory.most, &sink);
    if (code == SBX_OK)
        code = append(&call, &memory, (const uint8_t *)"", 0);
    if (code < 0) {
        free(memory.bytes);
        return code;
    }
    memory.bytes[memory.length] = '\0';
    *data = memory.bytes;
    if (length != NULL)
        *length = memory.length;
    return SBX_OK;
}

int sbx_fs_read_to_fd(sbx *sandbox, const char *path, const sbx_fs_options *options, int fd,
                      uint64_t *length, sbx_error **error)
{
    SbxFsCall call = {sandbox, options, __func__, "read", path, NULL, error};
    Local local = local_open(fd);
    Sink sink = {write_local, &local};
    int code;

    if (fd < 0)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "%d is not a descriptor", fd);
    code = read_all(&call, UINT64_MAX, &sink);
    if (code == SBX_OK && length != NULL)
        *length = local.done;
    return code;
}

/* Whoever gives what is written: the next bytes, 0 at their end, or an error. */
typedef struct {
    int (*fn)(const SbxFsCall *call, void *data, const uint8_t **bytes, size_t *length);
    void *data;
} Origin;

static int write_all(const SbxFsCall *call, SbxFsWorker *worker, const Origin *origin)
{
    const uint8_t *bytes = NULL;
    size_t length = 0;
    int code = SBX_OK;

    /* One that cannot write says so before it has everything. */
    while (code == SBX_OK && !sbx_fs_has_spoken(worker)) {
        code = origin->fn(call, origin->data, &bytes, &length);
        if (code <= 0)
            break;
        code = sbx_fs_put(call, worker, SBX_FILES_DATA, bytes, length);
    }
    if (code < 0) {
        worker->broken = TRUE;
        return code;
    }
    code = sbx_fs_put(call, worker, SBX_FILES_END, NULL, 0);
    return code < 0 ? code : sbx_fs_reply(call, worker, NULL);
}

static int write_with_worker(const SbxFsCall *call, const Origin *origin)
{
    struct sbx_files_request request;
    SbxFsWorker *worker = NULL;
    int code = sbx_fs_take(call, &worker);

    if (code < 0)
        return code;
    sbx_fs_request(call, SBX_FILES_WRITE_FILE, &request);
    code = sbx_fs_send(call, worker, &request);
    if (code == SBX_OK)
        code = write_all(call, worker, origin);
    sbx_fs_give(worker);
    return code;
}

static int write_file(const SbxFsCall *call, const Origin *origin)
{
    int code = sbx_fs_begin(call);

    if (code < 0)
        return code;
    code = write_with_worker(call, origin);
    sbx_fs_end(call);
    return code;
}

typedef struct {
    const uint8_t *bytes;
    size_t left;
} Span;

static int next_of_span(const SbxFsCall *call, void *data, const uint8_t **bytes, size_t *length)
{
    Span *span = data;

    (void)call;
    *bytes = span->bytes;
    *length = MIN(span->left, SBX_FILES_CHUNK);
    span->bytes += *length;
    span->left -= *length;
    return *length > 0;
}

int sbx_fs_write_file(sbx *sandbox, const char *path, const sbx_fs_options *options,
                      const void *data, size_t length, sbx_error **error)
{
    SbxFsCall call = {sandbox, options, __func__, "write", path, NULL, error};
    Span span = {data, length};
    Origin origin = {next_of_span, &span};

    if ((data == NULL && length > 0) || length > SSIZE_MAX)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "data is NULL, or the length is negative");
    return write_file(&call, &origin);
}

typedef struct {
    Local local;
    uint8_t *chunk;
} Reading;

static int next_of_fd(const SbxFsCall *call, void *data, const uint8_t **bytes, size_t *length)
{
    Reading *reading = data;
    ssize_t n;

    do {
        int code = local_wait(call, reading->local.fd, POLLIN);

        if (code < 0)
            return code;
        n = read(reading->local.fd, reading->chunk, SBX_FILES_CHUNK);
    } while (n < 0 && (errno == EAGAIN || errno == EINTR));
    if (n < 0)
        return local_failed(call, "read", reading->local.fd);
    *bytes = reading->chunk;
    *length = (size_t)n;
    reading->local.done += (uint64_t)n;
    return n > 0;
}

int sbx_fs_write_from_fd(sbx *sandbox, const char *path, const sbx_fs_options *options, int fd,
                         uint64_t *length, sbx_error **error)
{
    SbxFsCall call = {sandbox, options, __func__, "write", path, NULL, error};
    Reading reading = {.local = {.fd = fd}};
    Origin origin = {next_of_fd, &reading};
    int code;

    if (fd < 0)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "%d is not a descriptor", fd);
    reading.chunk = g_try_malloc(SBX_FILES_CHUNK);
    if (reading.chunk == NULL)
        return sbx_fs_out_of_memory(&call);
    code = write_file(&call, &origin);
    g_free(reading.chunk);
    if (code == SBX_OK && length != NULL)
        *length = reading.local.done;
    return code;
}
