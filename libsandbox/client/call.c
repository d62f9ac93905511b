/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls to the keeper.
 *
 * A link (a connection to the keeper) carries one call at a time, so threads never wait for each
 * other and no thread of ours has to sort answers. Links that are idle wait in a pool for the next
 * call. A link belongs to the process that made it; a forked child drops the pool it inherited.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "client/private.h"

#define POOL_MAX 16

static struct {
    pthread_mutex_t lock;
    pid_t pid;
    SbxLink links[POOL_MAX];
    int count;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER};

void sbx_reply_clear(SbxReply *reply)
{
    g_clear_pointer(&reply->result, json_object_unref);
    for (int i = 0; i < reply->n_fds; i++)
        if (reply->fds[i] >= 0)
            close(reply->fds[i]);
    reply->n_fds = 0;
}

/* A child that is forked while another thread is in the pool must not inherit a locked lock. */
static void lock_pool(void)
{
    pthread_mutex_lock(&pool.lock);
}

static void unlock_pool(void)
{
    pthread_mutex_unlock(&pool.lock);
}

static void watch_fork(void)
{
    pthread_atfork(lock_pool, unlock_pool, unlock_pool);
}

/* With the lock held: forgets the links of the process before fork(). */
static void pool_check_fork(void)
{
    if (pool.pid == getpid())
        return;
    for (int i = 0; i < pool.count; i++)
        close(pool.links[i].fd);
    pool.count = 0;
    pool.pid = getpid();
}

/* Nothing is due on an idle link: if something is there, the keeper has gone. */
static int link_is_fresh(const SbxLink *link)
{
    struct pollfd state = {.fd = link->fd, .events = POLLIN};

    return poll(&state, 1, 0) == 0;
}

int sbx_link_take(int start, SbxLink *link, const char *operation, sbx_error **error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    int fd;

    pthread_once(&once, watch_fork);
    pthread_mutex_lock(&pool.lock);
    pool_check_fork();
    while (pool.count > 0) {
        *link = pool.links[--pool.count];
        if (link_is_fresh(link)) {
            pthread_mutex_unlock(&pool.lock);
            return SBX_OK;
        }
        close(link->fd);
    }
    pthread_mutex_unlock(&pool.lock);
    fd = sbx_keeper_connect(start, operation, error);
    if (fd < 0)
        return fd;
    link->fd = fd;
    link->next_id = 1;
    return SBX_OK;
}

void sbx_link_give(SbxLink *link)
{
    pthread_mutex_lock(&pool.lock);
    pool_check_fork();
    if (pool.count < POOL_MAX) {
        pool.links[pool.count++] = *link;
        link->fd = -1;
    }
    pthread_mutex_unlock(&pool.lock);
    sbx_link_drop(link);
}

void sbx_link_drop(SbxLink *link)
{
    if (link->fd >= 0)
        close(link->fd);
    link->fd = -1;
}

int64_t sbx_link_send(SbxLink *link, const char *method, JsonObject *params, const int *fds,
                      int n_fds, const char *operation, sbx_error **error)
{
    int64_t id = link->next_id++;
    g_autoptr(JsonObject) request = sbx_message_request(id, method, params);
    GError *reason = NULL;
    int ready = sbx_wait_one(link->fd, POLLOUT, -1);

    if (ready < 0)
        return sbx_wait_failed(ready, operation, error);
    if (sbx_message_send(link->fd, request, fds, n_fds, &reason))
        return id;
    if (sbx_fault_errno(reason) == EPIPE || sbx_fault_errno(reason) == ECONNRESET) {
        g_error_free(reason);
        return sbx_fail(error, SBX_E_KEEPER, EPIPE, operation, NULL,
                        "the keeper has gone; its sandboxes have ended");
    }
    return sbx_fail_fault(error, operation, reason);
}

/* Unpacks an answer. Takes the message's contents. */
static int read_answer(SbxMessage *message, SbxReply *reply, const char *operation,
                       sbx_error **error)
{
    JsonObject *fault = sbx_json_get_object(message->object, "error");
    JsonObject *result = sbx_json_get_object(message->object, "result");

    if (fault != NULL)
        return sbx_fail_fault(error, operation, sbx_fault_from_json(fault));
    if (result == NULL)
        return sbx_fail(error, SBX_E_PROTOCOL, 0, operation, NULL,
                        "the keeper's answer has no result");
    reply->result = json_object_ref(result);
    reply->n_fds = MIN(message->n_fds, SBX_MESSAGE_FDS_MAX);
    for (int i = 0; i < reply->n_fds; i++)
        reply->fds[i] = sbx_message_take_fd(message, i);
    return SBX_OK;
}

static int cancelled(const char *operation, sbx_error **error)
{
    return sbx_fail(error, SBX_E_CANCELLED, 0, operation, NULL,
                    "the progress callback cancelled the call");
}

/* Until there is something to read; a watcher hears of signals meanwhile. SBX_E_CANCELLED when it has
 * had enough. */
static int wait_watched(const SbxLink *link, const SbxWatch *watch, const char *operation,
                        sbx_error **error)
{
    int ready = watch == NULL ? sbx_wait_one(link->fd, POLLIN, -1)
                              : sbx_wait_signal(link->fd, POLLIN);

    while (ready == -EINTR) {
        if (watch->fn(watch->data, NULL) != 0)
            return cancelled(operation, error);
        ready = sbx_wait_signal(link->fd, POLLIN);
    }
    return ready < 0 ? sbx_wait_failed(ready, operation, error) : SBX_OK;
}

/* Waits for the answer to request @id; @watch, when there is one, sees what comes before it. */
static int receive(SbxLink *link, int64_t id, const SbxWatch *watch, SbxReply *reply,
                   const char *operation, sbx_error **error)
{
    memset(reply, 0, sizeof *reply);
    for (;;) {
        g_auto(SbxMessage) message = {0};
        GError *reason = NULL;
        int got = wait_watched(link, watch, operation, error);

        if (got < 0)
            return got;
        got = sbx_message_receive(link->fd, &message, &reason);
        if (got < 0)
            return sbx_fail_fault(error, operation, reason);
        if (got == 0)
            return sbx_fail(error, SBX_E_KEEPER, EPIPE, operation, NULL,
                            "the keeper has gone; its sandboxes have ended");
        if (sbx_json_get_int(message.object, "id", -1) == id)
            return read_answer(&message, reply, operation, error);
        if (watch != NULL && watch->fn(watch->data, message.object) != 0)
            return cancelled(operation, error);
    }
}

int sbx_link_receive(SbxLink *link, int64_t id, SbxReply *reply, const char *operation,
                     sbx_error **error)
{
    return receive(link, id, NULL, reply, operation, error);
}

int sbx_link_call(SbxLink *link, const char *method, JsonObject *params, const int *fds, int n_fds,
                  SbxReply *reply, const char *operation, sbx_error **error)
{
    int64_t id = sbx_link_send(link, method, params, fds, n_fds, operation, error);

    if (id < 0)
        return (int)id;
    return sbx_link_receive(link, id, reply, operation, error);
}

/* What a call sends. */
typedef struct {
    int start;
    const char *method;
    JsonObject *params; /* may be NULL */
    const int *fds;
    int n_fds;
    const SbxWatch *watch; /* may be NULL */
} Request;

/* One attempt. *used is set when the link had been used before. */
static int call_once(const Request *request, SbxReply *reply, int *used, const char *operation,
                     sbx_error **error)
{
    SbxLink link;
    int64_t id;
    int code = sbx_link_take(request->start, &link, operation, error);

    if (code < 0)
        return code;
    *used = link.next_id > 1;
    id = sbx_link_send(&link, request->method,
                       request->params != NULL ? json_object_ref(request->params) : NULL,
                       request->fds, request->n_fds, operation, error);
    code = id < 0 ? (int)id : receive(&link, id, request->watch, reply, operation, error);
    /* After a broken exchange, and one that was left, nobody knows what the link will bring next. */
    if (code == SBX_E_KEEPER || code == SBX_E_PROTOCOL || code == SBX_E_SYSTEM ||
        code == SBX_E_CANCELLED)
        sbx_link_drop(&link);
    else
        sbx_link_give(&link);
    return code;
}

static int call(const Request *request, SbxReply *reply, const char *operation, sbx_error **error)
{
    sbx_error *reason = NULL;
    int used = 0;
    int code = call_once(request, reply, &used, operation, &reason);

    /* The keeper ended while the link was idle, or at this moment: whatever it may have begun for us
     * has gone with it, so that asking the next one is safe. */
    if (code == SBX_E_KEEPER && used && sbx_error_errno(reason) == EPIPE) {
        sbx_error_free(reason);
        reason = NULL;
        code = call_once(request, reply, &used, operation, &reason);
    }
    return reason != NULL ? sbx_fail_with(error, reason) : code;
}

int sbx_call(int start, const char *method, JsonObject *params, const int *fds, int n_fds,
             SbxReply *reply, const char *operation, sbx_error **error)
{
    g_autoptr(JsonObject) owned = params;
    Request request = {
        .start = start, .method = method, .params = owned, .fds = fds, .n_fds = n_fds};

    return call(&request, reply, operation, error);
}

int sbx_call_watched(const char *method, JsonObject *params, const SbxWatch *watch, SbxReply *reply,
                     const char *operation, sbx_error **error)
{
    g_autoptr(JsonObject) owned = params;
    Request request = {.start = 1, .method = method, .params = owned, .watch = watch};

    return call(&request, reply, operation, error);
}
