/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Watching files. See include/sandbox/watch.h. */
#include <string.h>

#include "client/fs-worker.h"

struct sbx_watch {
    gint busy;
    sbx *sandbox;
    SbxFsWorker *worker; /* also when it is broken: its descriptor is being polled */
    char *top;
    struct sbx_tlv_reader reader; /* of the present frame */
    struct sbx_files_event event; /* kind 0: none */
    sbx_error *failure;
};

G_STATIC_ASSERT(SBX_WATCH_CREATE == SBX_FILES_EVENT_CREATE);
G_STATIC_ASSERT(SBX_WATCH_RENAME == SBX_FILES_EVENT_RENAME);
G_STATIC_ASSERT(SBX_WATCH_OVERFLOW == SBX_FILES_EVENT_OVERFLOW);

static sbx_watch *watch_new(const SbxFsCall *call, SbxFsWorker *worker)
{
    sbx_watch *watch = g_try_new0(sbx_watch, 1);

    if (watch == NULL)
        return NULL;
    watch->sandbox = sbx_ref(call->sandbox);
    watch->worker = worker;
    watch->top = g_strdup(call->path);
    return watch;
}

int sbx_fs_watch(sbx *sandbox, const char *path, const sbx_fs_options *options, sbx_watch **out,
                 sbx_error **error)
{
    SbxFsCall call = {sandbox, options, __func__, "watch", path, NULL, error};
    struct sbx_files_request request;
    SbxFsWorker *worker = NULL;
    int code;

    if (out == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "out is NULL");
    code = sbx_fs_take(&call, &worker);
    if (code < 0)
        return code;
    sbx_fs_request(&call, SBX_FILES_WATCH, &request);
    code = sbx_fs_send(&call, worker, &request);
    if (code == SBX_OK)
        code = sbx_fs_reply(&call, worker, NULL);
    if (code == SBX_OK) {
        *out = watch_new(&call, worker);
        if (*out != NULL)
            return SBX_OK;
        worker->broken = TRUE;
        code = sbx_fs_out_of_memory(&call);
    }
    sbx_fs_give(worker);
    return code;
}

int sbx_watch_fd(sbx_watch *watch)
{
    return watch->worker->out;
}

static gboolean event_ok(const sbx_watch *watch, const struct sbx_files_event *event)
{
    if (event->kind == SBX_FILES_EVENT_OVERFLOW)
        return *event->path == '\0';
    return g_str_has_prefix(event->path, watch->top) &&
           (event->to == NULL || g_str_has_prefix(event->to, watch->top));
}

/* The next event: 1, 0 when the deadline passed, or an error. */
static int next(sbx_watch *watch, const SbxFsCall *call, int64_t deadline_ms)
{
    struct sbx_files_frame frame;

    for (;;) {
        int code = sbx_files_event_next(&watch->reader, &watch->event);

        if (code < 0 || (code > 0 && !event_ok(watch, &watch->event)))
            return sbx_fs_nonsense(call, watch->worker);
        if (code > 0)
            return 1;
        watch->event = (struct sbx_files_event){0};
        code = sbx_fs_receive_more(call, watch->worker, deadline_ms, &frame);
        if (code <= 0)
            return code;
        if (frame.type != SBX_FILES_EVENTS) {
            watch->worker->broken = TRUE;
            code = sbx_fs_finish(call, watch->worker, &frame, NULL);
            return code < 0 ? code : sbx_fs_nonsense(call, watch->worker);
        }
        sbx_tlv_reader_init(&watch->reader, frame.body, frame.length);
    }
}

static int step(sbx_watch *watch, int timeout_ms, sbx_error **error)
{
    int64_t deadline = timeout_ms < 0 ? -1 : sbx_now_ms() + timeout_ms;
    SbxFsCall call = {watch->sandbox, NULL, "sbx_watch_next", "watch", watch->top, NULL,
                      &watch->failure};
    int code = watch->failure == NULL ? next(watch, &call, deadline) : -1;

    if (code >= 0)
        return code;
    watch->event = (struct sbx_files_event){0};
    if (code == SBX_E_CANCELLED)
        return sbx_fail_with(error, g_steal_pointer(&watch->failure));
    return sbx_fs_fail_again(watch->failure, error);
}

int sbx_watch_next(sbx_watch *watch, int timeout_ms, sbx_error **error)
{
    int code;

    if (watch == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "watch is NULL");
    code = sbx_check_handle(watch->sandbox, __func__, error);
    if (code >= 0)
        code = sbx_check_timeout(timeout_ms, __func__, error);
    if (code < 0)
        return code;
    if (!g_atomic_int_compare_and_exchange(&watch->busy, 0, 1))
        return sbx_fail(error, SBX_E_BUSY, 0, __func__, NULL,
                        "another call on this watch is running");
    code = step(watch, timeout_ms, error);
    g_atomic_int_set(&watch->busy, 0);
    return code;
}

int sbx_watch_kind(const sbx_watch *watch)
{
    return watch->event.kind;
}

const char *sbx_watch_path(const sbx_watch *watch)
{
    return watch->event.path;
}

const char *sbx_watch_to(const sbx_watch *watch)
{
    return watch->event.to;
}

void sbx_watch_free(sbx_watch *watch)
{
    if (watch == NULL)
        return;
    sbx_fs_worker_free(watch->worker);
    sbx_unref(watch->sandbox);
    g_free(watch->top);
    sbx_error_free(watch->failure);
    g_free(watch);
}
