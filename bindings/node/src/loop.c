/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The thread of an environment: it polls the queue's descriptor, those of transfers that wait, and
 * one to be woken by; lets operations go on; and tells JavaScript what is done.
 *
 * It begins with the first call that blocks, has every signal blocked, and ends with the
 * environment.
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "addon.h"

/* What is polled: 0 the waking, 1 the queue, then the transfers. */
#define FIXED 2

typedef struct {
    struct pollfd *fds;
    Pending **transfers;
    size_t count, room;
} Poll;

void state_wake(State *state)
{
    uint64_t one = 1;

    if (state->has_thread && write(state->wake_fd, &one, sizeof one) < 0) {
        /* The counter is full: it is awake. */
    }
}

/* The first message wakes JavaScript; it then takes all there are. */
void post_message(State *state, Message *message)
{
    int first;

    pthread_mutex_lock(&state->lock);
    first = state->first == NULL;
    message->next = NULL;
    if (first)
        state->first = message;
    else
        state->last->next = message;
    state->last = message;
    pthread_mutex_unlock(&state->lock);
    if (first)
        napi_call_threadsafe_function(state->wake_js, NULL, napi_tsfn_nonblocking);
}

static Message *take_messages(State *state)
{
    Message *first;

    pthread_mutex_lock(&state->lock);
    first = state->first;
    state->first = state->last = NULL;
    pthread_mutex_unlock(&state->lock);
    return first;
}

/* On JavaScript's thread; without an environment when that is ending. */
static void on_wake(napi_env env, napi_value function, void *context, void *data)
{
    State *state = context;
    napi_handle_scope scope;
    Message *next;

    (void)function;
    (void)data;
    if (env == NULL)
        return;
    for (Message *message = take_messages(state); message != NULL; message = next) {
        next = message->next;
        napi_open_handle_scope(env, &scope);
        message->deliver(state, message);
        napi_close_handle_scope(env, scope);
    }
}

/* --- the thread --- */

static int poll_reserve(Poll *set, size_t count)
{
    void *fds, *transfers;

    if (count <= set->room)
        return 0;
    fds = realloc(set->fds, count * 2 * sizeof *set->fds);
    if (fds != NULL)
        set->fds = fds;
    transfers = realloc(set->transfers, count * 2 * sizeof(Pending *));
    if (transfers != NULL)
        set->transfers = transfers;
    if (fds == NULL || transfers == NULL)
        return -1;
    set->room = count * 2;
    return 0;
}

/* 1 when the thread is to end. */
static int poll_set(State *state, Poll *set)
{
    int stopping;

    pthread_mutex_lock(&state->lock);
    stopping = state->stopping;
    set->count = FIXED;
    for (Pending *pending = state->transfers; pending != NULL; pending = pending->next_transfer) {
        if (poll_reserve(set, set->count + 1) < 0)
            break; /* those that are left come when others are done */
        set->fds[set->count] =
            (struct pollfd){.fd = pending->fd, .events = pending->is_write ? POLLOUT : POLLIN};
        set->transfers[set->count++] = pending;
    }
    pthread_mutex_unlock(&state->lock);
    return stopping;
}

static void unlink_transfer(State *state, Pending *pending)
{
    Pending **at = &state->transfers;

    pthread_mutex_lock(&state->lock);
    while (*at != pending)
        at = &(*at)->next_transfer;
    *at = pending->next_transfer;
    pthread_mutex_unlock(&state->lock);
}

static int is_cancelled(State *state, const Pending *pending)
{
    int cancelled;

    pthread_mutex_lock(&state->lock);
    cancelled = pending->cancelled;
    pthread_mutex_unlock(&state->lock);
    return cancelled;
}

static void go_on_with_transfers(State *state, Poll *set)
{
    for (size_t i = FIXED; i < set->count; i++) {
        Pending *pending = set->transfers[i];

        int cancelled = is_cancelled(state, pending);

        if (set->fds[i].revents == 0 && !cancelled)
            continue;
        if (transfer_go_on(pending, cancelled)) {
            unlink_transfer(state, pending);
            post_message(state, &pending->message);
        }
    }
}

static void go_on_with_calls(State *state)
{
    sbx_op *op;
    Pending *pending;

    if (sbx_dispatch(state->queue, NULL) < 0)
        return;
    while ((op = sbx_queue_next(state->queue)) != NULL) {
        pthread_mutex_lock(&state->lock); /* until who started it has said whose it is */
        pending = sbx_op_data(op);
        pthread_mutex_unlock(&state->lock);
        post_message(state, &pending->message);
    }
}

static void *run(void *data)
{
    State *state = data;
    Poll set = {0};
    uint64_t count;

    if (poll_reserve(&set, FIXED) < 0)
        return NULL;
    while (!poll_set(state, &set)) {
        set.fds[0] = (struct pollfd){.fd = state->wake_fd, .events = POLLIN};
        set.fds[1] = (struct pollfd){.fd = sbx_get_fd(state->queue), .events = POLLIN};
        if (poll(set.fds, set.count, -1) <= 0)
            continue;
        if (set.fds[0].revents != 0 && read(state->wake_fd, &count, sizeof count) < 0)
            continue;
        if (set.fds[1].revents != 0)
            go_on_with_calls(state);
        go_on_with_transfers(state, &set);
    }
    free(set.fds);
    free(set.transfers);
    return NULL;
}

/* --- its beginning and end --- */

static int start_thread(State *state)
{
    sigset_t all, before;
    int code;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    code = pthread_create(&state->thread, NULL, run, state);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    state->has_thread = code == 0;
    return code == 0 ? 0 : -1;
}

int make_waker(State *state)
{
    napi_value name = NULL;

    napi_create_string_utf8(state->env, "libsandbox", NAPI_AUTO_LENGTH, &name);
    if (napi_create_threadsafe_function(state->env, NULL, NULL, name, 0, 1, NULL, NULL, state,
                                        on_wake, &state->wake_js) != napi_ok)
        return -1;
    napi_unref_threadsafe_function(state->env, state->wake_js);
    return 0;
}

int state_start(State *state)
{
    if (state->has_thread)
        return 0;
    if (state->stopping)
        return -1;
    if (state->queue == NULL && sbx_queue_new(&state->queue, NULL) < 0)
        return -1;
    if (state->wake_fd < 0)
        state->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (state->wake_fd < 0)
        return -1;
    return start_thread(state);
}

/* The environment ends: operations are given up, and nobody is told. */
void state_stop(State *state)
{
    Message *next;

    pthread_mutex_lock(&state->lock);
    state->stopping = 1;
    pthread_mutex_unlock(&state->lock);
    if (state->has_thread) {
        state_wake(state);
        pthread_join(state->thread, NULL);
    }
    state->has_thread = 0;
    for (Message *message = take_messages(state); message != NULL; message = next) {
        next = message->next;
        message->drop(state, message);
    }
    while (state->pending != NULL)
        pending_free(state->pending);
    state->queue = sbx_queue_unref(state->queue);
    if (state->wake_fd >= 0)
        close(state->wake_fd);
    state->wake_fd = -1;
}
