/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Open files. See include/sandbox/file.h.
 *
 * The file is open in a worker of its own. A worker that is lost in the middle of a call took the
 * file along; dropping the handle is enough to end one.
 */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "client/fs-worker.h"

#define OPEN_FLAGS 63u

G_STATIC_ASSERT(SBX_OPEN_TRUNCATE == SBX_FILES_OPEN_TRUNCATE);
G_STATIC_ASSERT(SBX_OPEN_CREATE == SBX_FILES_OPEN_CREATE);
G_STATIC_ASSERT(SBX_OPEN_APPEND == SBX_FILES_OPEN_APPEND);
G_STATIC_ASSERT(SBX_LOCK_EXCLUSIVE == SBX_FILES_LOCK_EXCLUSIVE);
G_STATIC_ASSERT(SBX_LOCK_TRY == SBX_FILES_LOCK_TRY);
G_STATIC_ASSERT(SBX_SEEK_SET == SEEK_SET && SBX_SEEK_CUR == SEEK_CUR && SBX_SEEK_END == SEEK_END);

struct sbx_file {
    gint refs;
    gint busy;
    sbx *sandbox;
    char *path;
    SbxFsWorker *worker; /* NULL: closed */
    gboolean closed;     /* by us */
};

static int check_flags(unsigned int flags, const char *operation, sbx_error **error)
{
    unsigned int making = SBX_OPEN_CREATE | SBX_OPEN_CREATE_NEW | SBX_OPEN_TRUNCATE;

    if ((flags & ~OPEN_FLAGS) != 0)
        return sbx_fail(error, SBX_E_INVALID, 0, operation, NULL, "0x%x has unknown flags", flags);
    if ((flags & making) != 0 && (flags & (SBX_OPEN_WRITE | SBX_OPEN_APPEND)) == 0)
        return sbx_fail(error, SBX_E_INVALID, 0, operation, "add SBX_OPEN_WRITE",
                        "a file that is made or cut must be open for writing");
    if ((flags & SBX_OPEN_TRUNCATE) != 0 && (flags & SBX_OPEN_APPEND) != 0)
        return sbx_fail(error, SBX_E_INVALID, 0, operation, NULL,
                        "SBX_OPEN_TRUNCATE and SBX_OPEN_APPEND exclude each other");
    return SBX_OK;
}

static sbx_file *file_new(sbx *sandbox, const char *path)
{
    sbx_file *file = g_try_new0(sbx_file, 1);

    if (file == NULL)
        return NULL;
    file->refs = 1;
    file->sandbox = sbx_ref(sandbox);
    file->path = g_strdup(path);
    return file;
}

int sbx_fs_open(sbx *sandbox, const char *path, unsigned int flags, const sbx_fs_options *options,
                sbx_file **out, sbx_error **error)
{
    SbxFsCall call = {sandbox, options, __func__, "open", path, NULL, error};
    struct sbx_files_request request;
    sbx_file *file;
    int code = check_flags(flags, __func__, error);

    if (code < 0)
        return code;
    if (out == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "out is NULL");
    code = sbx_check_handle(sandbox, __func__, error);
    if (code < 0)
        return code;
    file = file_new(sandbox, path);
    if (file == NULL)
        return sbx_fs_out_of_memory(&call);
    sbx_fs_request(&call, SBX_FILES_OPEN, &request);
    request.flags = flags;
    code = sbx_fs_take(&call, &file->worker);
    if (code == SBX_OK)
        code = sbx_fs_send(&call, file->worker, &request);
    if (code == SBX_OK)
        code = sbx_fs_reply(&call, file->worker, NULL);
    if (code == SBX_OK) {
        *out = file;
        return SBX_OK;
    }
    /* It has no file open: the next call can have it. */
    if (file->worker != NULL)
        sbx_fs_give(g_steal_pointer(&file->worker));
    sbx_file_unref(file);
    return code;
}

sbx_file *sbx_file_ref(sbx_file *file)
{
    g_atomic_int_inc(&file->refs);
    return file;
}

sbx_file *sbx_file_unref(sbx_file *file)
{
    if (file == NULL || !g_atomic_int_dec_and_test(&file->refs))
        return NULL;
    sbx_fs_worker_free(file->worker);
    sbx_unref(file->sandbox);
    g_free(file->path);
    g_free(file);
    return NULL;
}

static int is_closed(const sbx_file *file, const char *operation, sbx_error **error)
{
    g_autofree char *shown = sbx_fs_show(file->path);

    return sbx_fail(error, file->closed ? SBX_E_INVALID : SBX_E_PROTOCOL, 0, operation,
                    "open it again", "the file \"%s\" is %s", shown,
                    file->closed ? "closed" : "lost: an earlier call on it broke off");
}

/* Makes the file this thread's until end(). */
static int begin(sbx_file *file, SbxFsCall *call)
{
    int code;

    if (file == NULL)
        return sbx_fail(call->error, SBX_E_INVALID, 0, call->operation, NULL, "file is NULL");
    call->sandbox = file->sandbox;
    call->path = file->path;
    code = sbx_check_handle(file->sandbox, call->operation, call->error);
    if (code < 0)
        return code;
    if (!g_atomic_int_compare_and_exchange(&file->busy, 0, 1))
        return sbx_fail(call->error, SBX_E_BUSY, 0, call->operation, "open the file twice",
                        "another call on this file is running");
    if (file->worker != NULL)
        return SBX_OK;
    g_atomic_int_set(&file->busy, 0);
    return is_closed(file, call->operation, call->error);
}

static void end(sbx_file *file)
{
    if (file->worker != NULL && file->worker->broken)
        sbx_fs_worker_free(g_steal_pointer(&file->worker));
    g_atomic_int_set(&file->busy, 0);
}

/* A request about the file, as the caller has filled it in, and its reply. */
static int exchange(sbx_file *file, const SbxFsCall *call, const struct sbx_files_request *request,
                    struct sbx_files_reply *reply)
{
    int code = sbx_fs_send(call, file->worker, request);

    return code < 0 ? code : sbx_fs_reply(call, file->worker, reply);
}

static int simple(sbx_file *file, SbxFsCall *call, const struct sbx_files_request *request)
{
    int code = begin(file, call);

    if (code < 0)
        return code;
    code = exchange(file, call, request, NULL);
    end(file);
    return code;
}

int sbx_file_close(sbx_file *file, sbx_error **error)
{
    SbxFsCall call = {.operation = __func__, .verb = "close", .error = error};
    struct sbx_files_request request;
    int code;

    if (file != NULL && file->closed)
        return SBX_OK;
    code = begin(file, &call);
    if (code < 0)
        return code;
    sbx_files_request_init(&request, SBX_FILES_CLOSE);
    code = exchange(file, &call, &request, NULL);
    file->closed = TRUE;
    sbx_fs_give(g_steal_pointer(&file->worker));
    end(file);
    return code;
}

/* What comes until the reply goes to the caller's memory. */
static int take_data(const SbxFsCall *call, SbxFsWorker *worker, guint8 *buffer, size_t size,
                     size_t *length)
{
    struct sbx_files_frame frame;
    size_t done = 0;
    int code;

    while ((code = sbx_fs_receive(call, worker, -1, &frame)) > 0) {
        if (frame.type != SBX_FILES_DATA) {
            code = sbx_fs_finish(call, worker, &frame, NULL);
            break;
        }
        if (frame.length > size - done)
            return sbx_fs_nonsense(call, worker);
        memcpy(buffer + done, frame.body, frame.length);
        done += frame.length;
    }
    if (code == SBX_OK)
        *length = done;
    return code;
}

int sbx_file_read(sbx_file *file, void *buffer, size_t size, size_t *length, sbx_error **error)
{
    SbxFsCall call = {.operation = __func__, .verb = "read", .error = error};
    struct sbx_files_request request;
    int code;

    if ((buffer == NULL && size > 0) || length == NULL || size > SSIZE_MAX)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "buffer or length is NULL, or the size is negative");
    code = begin(file, &call);
    if (code < 0)
        return code;
    sbx_files_request_init(&request, SBX_FILES_READ);
    request.length = size;
    code = sbx_fs_send(&call, file->worker, &request);
    if (code == SBX_OK)
        code = take_data(&call, file->worker, buffer, size, length);
    end(file);
    return code;
}

static int send_data(const SbxFsCall *call, SbxFsWorker *worker, const guint8 *data, size_t length)
{
    int code = SBX_OK;

    while (code == SBX_OK && length > 0 && !sbx_fs_has_spoken(worker)) {
        size_t portion = MIN(length, SBX_FILES_CHUNK);

        code = sbx_fs_put(call, worker, SBX_FILES_DATA, data, portion);
        data += portion;
        length -= portion;
    }
    if (code == SBX_OK)
        code = sbx_fs_put(call, worker, SBX_FILES_END, NULL, 0);
    return code < 0 ? code : sbx_fs_reply(call, worker, NULL);
}

int sbx_file_write(sbx_file *file, const void *data, size_t length, sbx_error **error)
{
    SbxFsCall call = {.operation = __func__, .verb = "write", .error = error};
    struct sbx_files_request request;
    int code;

    if ((data == NULL && length > 0) || length > SSIZE_MAX)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "data is NULL, or the length is negative");
    code = begin(file, &call);
    if (code < 0)
        return code;
    sbx_files_request_init(&request, SBX_FILES_WRITE);
    code = sbx_fs_send(&call, file->worker, &request);
    if (code == SBX_OK)
        code = send_data(&call, file->worker, data, length);
    end(file);
    return code;
}

int sbx_file_seek(sbx_file *file, int64_t offset, int whence, int64_t *position, sbx_error **error)
{
    SbxFsCall call = {.operation = __func__, .verb = "seek in", .error = error};
    struct sbx_files_request request;
    struct sbx_files_reply reply;
    int code;

    if (whence < SBX_SEEK_SET || whence > SBX_SEEK_END)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "%d is not a SBX_SEEK_", whence);
    code = begin(file, &call);
    if (code < 0)
        return code;
    sbx_files_request_init(&request, SBX_FILES_SEEK);
    request.offset = offset;
    request.whence = (uint32_t)whence;
    code = exchange(file, &call, &request, &reply);
    if (code == SBX_OK && position != NULL)
        *position = reply.offset;
    end(file);
    return code;
}

int sbx_file_truncate(sbx_file *file, int64_t size, sbx_error **error)
{
    SbxFsCall call = {.operation = __func__, .verb = "set the size of", .error = error};
    struct sbx_files_request request;

    if (size < 0)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "a size is not negative");
    sbx_files_request_init(&request, SBX_FILES_SET_SIZE);
    request.offset = size;
    return simple(file, &call, &request);
}

int sbx_file_sync(sbx_file *file, sbx_error **error)
{
    SbxFsCall call = {.operation = __func__, .verb = "sync", .error = error};
    struct sbx_files_request request;

    sbx_files_request_init(&request, SBX_FILES_SYNC);
    return simple(file, &call, &request);
}

int sbx_file_datasync(sbx_file *file, sbx_error **error)
{
    SbxFsCall call = {.operation = __func__, .verb = "sync", .error = error};
    struct sbx_files_request request;

    sbx_files_request_init(&request, SBX_FILES_DATASYNC);
    return simple(file, &call, &request);
}

int sbx_file_lock(sbx_file *file, unsigned int flags, sbx_error **error)
{
    SbxFsCall call = {.operation = __func__, .verb = "lock", .error = error};
    struct sbx_files_request request;

    if ((flags & ~(unsigned int)(SBX_LOCK_EXCLUSIVE | SBX_LOCK_TRY)) != 0)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "0x%x has unknown flags", flags);
    sbx_files_request_init(&request, SBX_FILES_LOCK);
    request.flags = flags;
    return simple(file, &call, &request);
}

int sbx_file_unlock(sbx_file *file, sbx_error **error)
{
    SbxFsCall call = {.operation = __func__, .verb = "unlock", .error = error};
    struct sbx_files_request request;

    sbx_files_request_init(&request, SBX_FILES_UNLOCK);
    return simple(file, &call, &request);
}

int sbx_file_utime(sbx_file *file, int64_t atime, int64_t mtime, sbx_error **error)
{
    SbxFsCall call = {.operation = __func__, .verb = "set the times of", .error = error};
    struct sbx_files_request request;

    sbx_files_request_init(&request, SBX_FILES_FUTIME);
    request.atime = atime;
    request.mtime = mtime;
    return simple(file, &call, &request);
}

int sbx_file_stat(sbx_file *file, sbx_stat **out, sbx_error **error)
{
    SbxFsCall call = {.operation = __func__, .verb = "look at", .error = error};
    struct sbx_files_request request;
    struct sbx_files_reply reply;
    sbx_stat *stat;
    int code;

    if (out == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "out is NULL");
    code = begin(file, &call);
    if (code < 0)
        return code;
    sbx_files_request_init(&request, SBX_FILES_FSTAT);
    code = exchange(file, &call, &request, &reply);
    if (code == SBX_OK && !reply.has_stat)
        code = sbx_fs_nonsense(&call, file->worker);
    stat = code == SBX_OK ? g_try_new0(sbx_stat, 1) : NULL;
    end(file);
    if (code < 0)
        return code;
    if (stat == NULL)
        return sbx_fs_out_of_memory(&call);
    stat->fields = reply.stat;
    *out = stat;
    return SBX_OK;
}
