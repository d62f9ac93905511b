/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ops: calls that run in a fiber. See include/sandbox/op.h.
 *
 * The call itself is the one that blocks, unchanged. Where it would wait, sbx_wait() comes here: the
 * op tells its queue what it waits for and leaves its fiber.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "client/op-private.h"
#include "client/private.h"

/* How long one op may go on while others could. */
#define SLICE_MS 5

/* --- inside of an op --- */

static void op_main(void *data)
{
    sbx_op *op = data;

    op->code = op->kind->run(op->frame, &op->error);
}

/* Leaves the fiber until one of @fds may be ready or the time is up, with count 0 only to let others
 * go on. Returns 0 or -errno. */
static int suspend(sbx_op *op, struct pollfd *fds, unsigned int count, int64_t deadline_ms)
{
    sbx_queue *queue = op->queue;
    int code = 0;

    sbx_queue_lock(queue);
    if (count == 0 && deadline_ms == 0) {
        op->state = SBX_OP_READY;
        sbx_queue_list(op, &queue->ready);
    } else if (!g_atomic_int_get(&op->cancelled) || g_atomic_int_get(&op->shielded) > 0) {
        code = sbx_queue_watch(op, fds, count, deadline_ms);
    } else {
        sbx_queue_unlock(queue);
        return 0;
    }
    sbx_queue_unlock(queue);
    if (code == 0)
        sbx_fiber_leave();
    return code == -EPERM ? 0 : code; /* what cannot be watched is always ready */
}

int sbx_op_poll(sbx_op *op, struct pollfd *fds, unsigned int count, int64_t deadline_ms)
{
    for (;;) {
        int code;
        int ready;

        if (g_atomic_int_get(&op->cancelled) && op->shielded == 0) {
            op->interrupted = 1;
            return -ECANCELED;
        }
        if (sbx_now_ms() >= op->slice_end_ms)
            suspend(op, NULL, 0, 0);
        ready = poll(fds, count, 0);
        if (ready > 0)
            return ready;
        if (ready < 0 && errno != EINTR)
            return -errno;
        if (deadline_ms >= 0 && sbx_now_ms() >= deadline_ms)
            return 0;
        code = suspend(op, fds, count, deadline_ms);
        if (code < 0)
            return code;
    }
}

int sbx_op_park(sbx_op *op, GMutex *lock, int64_t deadline_ms)
{
    gboolean is_cancelled;

    sbx_queue_lock(op->queue);
    is_cancelled = g_atomic_int_get(&op->cancelled) && g_atomic_int_get(&op->shielded) == 0;
    if (!is_cancelled)
        sbx_queue_watch(op, NULL, 0, deadline_ms);
    sbx_queue_unlock(op->queue);
    if (is_cancelled) {
        op->interrupted = 1;
        return -ECANCELED;
    }
    /* Whoever lets it go on leaves that to this thread, which dispatches. */
    g_mutex_unlock(lock);
    sbx_fiber_leave();
    g_mutex_lock(lock);
    return 0;
}

void sbx_op_unpark(sbx_op *op)
{
    sbx_queue *queue = op->queue;

    sbx_queue_lock(queue);
    sbx_queue_rouse(op);
    sbx_queue_wake(queue);
    sbx_queue_unlock(queue);
}

int sbx_op_is_cancelled(void)
{
    sbx_op *op = sbx_fiber_data();

    return op != NULL && g_atomic_int_get(&op->cancelled);
}

void sbx_wait_shield(int on)
{
    sbx_op *op = sbx_fiber_data();

    if (op != NULL)
        g_atomic_int_add(&op->shielded, on ? 1 : -1);
}

typedef struct {
    sbx_progress_func progress;
    void *data;
    int permille;
    const char *stage;
    const char *text;
    int result;
} ProgressCall;

static void call_progress(void *data)
{
    ProgressCall *call = data;

    call->result = call->progress(call->data, call->permille, call->stage, call->text);
}

int sbx_call_progress(sbx_progress_func progress, void *data, int permille, const char *stage,
                      const char *text)
{
    ProgressCall call = {progress, data, permille, stage, text, 1};

    if (sbx_fiber_data() == NULL)
        call_progress(&call);
    else if (!sbx_op_is_cancelled())
        sbx_fiber_call_outside(call_progress, &call);
    return call.result;
}

/* --- running --- */

/* Whatever an interrupted call made of it: it was cancelled. */
static void judge(sbx_op *op)
{
    if (!op->entered || (op->interrupted && op->code < 0)) {
        sbx_error_free(op->error);
        op->error = NULL;
        op->code = sbx_fail(&op->error, SBX_E_CANCELLED, 0, "sbx_op_cancel", NULL,
                            "the call was cancelled");
    }
}

static void op_free(sbx_op *op)
{
    sbx_error_free(op->error);
    sbx_queue_unref(op->queue);
    g_free(op);
}

/* What the call held is released before anybody is told that it is done. */
static void finish(sbx_op *op)
{
    sbx_queue *queue = op->queue;
    gboolean abandoned;

    judge(op);
    sbx_queue_lock(queue);
    if (op->code >= 0 && !op->abandoned)
        op->kind->deliver(op->frame);
    sbx_queue_unlock(queue);
    op->kind->free(op->frame);
    op->frame = NULL;
    sbx_fiber_free(g_steal_pointer(&op->fiber));

    sbx_queue_lock(queue);
    op->state = SBX_OP_DONE;
    abandoned = op->abandoned;
    if (!abandoned) {
        sbx_queue_list(op, &queue->finished);
        queue->unheard++;
    }
    g_atomic_int_set(&op->done, 1);
    pthread_cond_broadcast(&queue->changed);
    sbx_queue_unlock(queue);
    if (abandoned)
        op_free(op);
}

void sbx_op_run(sbx_op *op)
{
    if (!op->entered && g_atomic_int_get(&op->cancelled)) {
        finish(op);
        return;
    }
    sbx_queue_lock(op->queue);
    op->state = SBX_OP_RUNNING;
    op->entered = TRUE;
    sbx_queue_unlock(op->queue);
    op->slice_end_ms = sbx_now_ms() + SLICE_MS;
    if (sbx_fiber_enter(op->fiber))
        finish(op);
}

int sbx_op_start(const SbxCallKind *kind, void *frame, sbx_queue *queue, sbx_op **out,
                 const char *operation, sbx_error **error)
{
    sbx_op *op = NULL;
    int code = SBX_OK;

    if (out == NULL)
        code = sbx_fail(error, SBX_E_INVALID, 0, operation, NULL, "op is NULL");
    if (code == SBX_OK)
        code = sbx_queue_resolve(&queue, operation, error);
    if (code == SBX_OK)
        op = g_try_new0(sbx_op, 1);
    if (op != NULL)
        op->fiber = sbx_fiber_new(op_main, op);
    if (op == NULL || op->fiber == NULL) {
        g_free(op);
        kind->free(frame);
        return code < 0 ? code
                        : sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, operation, NULL,
                                   "out of memory for one more op");
    }
    op->refs = 1;
    op->queue = sbx_queue_ref(queue);
    op->kind = kind;
    op->frame = frame;
    op->link.data = op;
    op->state = SBX_OP_READY;
    *out = op;
    sbx_queue_lock(queue);
    sbx_queue_list(op, &queue->ready);
    sbx_queue_wake(queue);
    sbx_queue_unlock(queue);
    return SBX_OK;
}

gpointer sbx_op_space(size_t count, size_t size)
{
    return g_try_malloc0_n(MAX(count, 1), size);
}

gpointer sbx_op_copy(const void *items, size_t count, size_t size)
{
    gpointer copy = sbx_op_space(count, size);

    if (copy != NULL && count > 0)
        memcpy(copy, items, count * size);
    return copy;
}

char **sbx_op_copy_texts(const char *const *texts, size_t count)
{
    char **copy = count < SIZE_MAX ? sbx_op_space(count + 1, sizeof *copy) : NULL;

    for (size_t i = 0; copy != NULL && i < count; i++)
        copy[i] = g_strdup(texts[i]);
    if (copy != NULL)
        copy[count] = NULL;
    return copy;
}

int sbx_op_copy_fd(int fd)
{
    int copy = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : -1;

    return copy < 0 && fd >= 0 && errno != EBADF ? -errno : copy;
}

int sbx_op_no_fd(int fd, int number, const char *operation, sbx_error **error)
{
    return sbx_fail(error, SBX_E_SYSTEM, number, operation, NULL,
                    "cannot duplicate descriptor %d: %s", fd, g_strerror(number));
}

/* --- the program's side --- */

static int is_forked(sbx_op *op)
{
    return op->queue->pid != getpid();
}

/* With the lock, which it gives up meanwhile: has an op end, at once if nobody is in the way. */
static void cancel(sbx_op *op)
{
    sbx_queue *queue = op->queue;

    g_atomic_int_set(&op->cancelled, 1);
    if (g_atomic_int_get(&op->shielded) == 0)
        sbx_queue_rouse(op);
    if (op->state != SBX_OP_READY || !sbx_queue_enter(queue)) {
        sbx_queue_wake(queue);
        return;
    }
    sbx_queue_list(op, NULL);
    sbx_queue_unlock(queue);
    sbx_op_run(op);
    sbx_queue_lock(queue);
    sbx_queue_leave(queue);
}

int sbx_op_cancel(sbx_op *op)
{
    int done;

    if (is_forked(op))
        return SBX_E_FORKED;
    sbx_queue_lock(op->queue);
    if (op->state != SBX_OP_DONE)
        cancel(op);
    done = op->state == SBX_OP_DONE;
    sbx_queue_unlock(op->queue);
    return done;
}

sbx_op *sbx_op_ref(sbx_op *op)
{
    g_atomic_int_inc(&op->refs);
    return op;
}

sbx_op *sbx_op_unref(sbx_op *op)
{
    sbx_queue *queue;

    /* What a forked child drops was never its own, and its parent's fiber cannot be unwound here. */
    if (op == NULL || !g_atomic_int_dec_and_test(&op->refs) || is_forked(op))
        return NULL;
    queue = sbx_queue_ref(op->queue);
    sbx_queue_lock(queue);
    if (op->state == SBX_OP_DONE) {
        sbx_queue_list(op, NULL);
        sbx_queue_unlock(queue);
        op_free(op);
    } else {
        op->abandoned = TRUE;
        cancel(op);
        sbx_queue_unlock(queue);
    }
    sbx_queue_unref(queue);
    return NULL;
}

int sbx_op_is_done(sbx_op *op)
{
    return g_atomic_int_get(&op->done);
}

int sbx_op_finish(sbx_op *op, sbx_error **error)
{
    if (is_forked(op))
        return sbx_fail(error, SBX_E_FORKED, 0, __func__, NULL, "the op was started before fork()");
    if (!g_atomic_int_get(&op->done))
        return sbx_fail(error, SBX_E_BUSY, 0, __func__, "sbx_op_wait() waits for it",
                        "the op is not done");
    if (op->code < 0 && error != NULL)
        *error = sbx_error_copy(op->error);
    return op->code;
}

void sbx_op_set_data(sbx_op *op, void *data)
{
    g_atomic_pointer_set(&op->data, data);
}

void *sbx_op_data(sbx_op *op)
{
    return g_atomic_pointer_get(&op->data);
}
