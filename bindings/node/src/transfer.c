/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Transfers: bytes from and to pipes and sockets.
 *
 * The queue's thread polls the descriptors of reads and writes that wait, and makes them. Neither
 * the engine's loop nor its pool of threads has a part in it, so it is the same in every engine,
 * and who closes a descriptor is never in doubt: its handle.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addon.h"

#define READ_MAX (1 << 20)

int transfer_go_on(Pending *pending, int cancelled)
{
    ssize_t got;

    if (cancelled) {
        pending->failure = ECANCELED;
        return 1;
    }
    do {
        if (pending->is_write)
            got =
                write(pending->fd, pending->bytes + pending->done, pending->length - pending->done);
        else
            got = read(pending->fd, pending->bytes, pending->length);
    } while (got < 0 && errno == EINTR);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return 0;
    if (got < 0)
        pending->failure = errno;
    else
        pending->done += (size_t)got;
    return got < 0 || !pending->is_write || pending->done == pending->length;
}

static napi_value failure(State *state, const Pending *pending)
{
    napi_env env = state->env;
    napi_value error = NULL, number = NULL, code = NULL;

    napi_create_string_utf8(env, pending->failure == ECANCELED ? "ERR_CANCELLED" : "ERR_SYSTEM",
                            NAPI_AUTO_LENGTH, &code);
    napi_create_error(env, code, text_to_js(env, strerror(pending->failure)), &error);
    napi_create_int32(env, pending->failure, &number);
    napi_set_named_property(env, error, "errno", number);
    return error;
}

static void deliver(State *state, Message *message)
{
    Pending *pending = (Pending *)message;
    napi_value value = NULL;

    if (pending->failure != 0)
        value = failure(state, pending);
    else if (pending->is_write || pending->done == 0)
        napi_get_null(state->env, &value);
    else
        value = bytes_to_js(state->env, pending->bytes, pending->done);
    pending_settle(pending, pending->failure != 0, value);
}

static void drop(State *state, Message *message)
{
    (void)state;
    (void)message;
}

static void give_to_thread(State *state, Pending *pending)
{
    pthread_mutex_lock(&state->lock);
    pending->next_transfer = state->transfers;
    state->transfers = pending;
    pthread_mutex_unlock(&state->lock);
    state_wake(state);
}

/* A transfer of so many bytes with the descriptor that is the first argument. */
static napi_value transfer_start(State *state, napi_value descriptor, int is_write, void *bytes,
                                 size_t length)
{
    Handle *handle = handle_get(state, descriptor);
    napi_value promise = NULL;
    Pending *pending;

    if (handle == NULL || handle->type != TYPE_FD || handle->object == NULL || handle->released) {
        throw_type(state->env, "descriptor", "open");
        return NULL;
    }
    pending = pending_new(state, &promise);
    if (pending == NULL)
        return NULL;
    pending->message.deliver = deliver;
    pending->message.drop = drop;
    pending->fd = handle_fd(handle);
    pending->is_write = is_write;
    handle_pin(handle);
    pending->invocation.pins[pending->invocation.pin_count++] = handle;
    pending->length = length;
    pending->bytes = malloc(length > 0 ? length : 1);
    fcntl(pending->fd, F_SETFL, fcntl(pending->fd, F_GETFL) | O_NONBLOCK);
    if (pending->bytes == NULL) {
        napi_throw_error(state->env, "SBX_E_NO_MEMORY", "out of memory");
        pending_settle(pending, 1, NULL);
        return promise;
    }
    if (is_write && length > 0)
        memcpy(pending->bytes, bytes, length);
    give_to_thread(state, pending);
    return promise;
}

/* read(descriptor, size): some bytes, or null at the end. */
napi_value transfer_read(napi_env env, napi_callback_info info)
{
    napi_value arguments[2];
    size_t count = 2;
    void *state = NULL;
    uint64_t size = 0;

    napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
    napi_get_instance_data(env, &state);
    if (state == NULL || uint64_from_js(env, arguments[1], READ_MAX, "size", &size) < 0)
        return NULL;
    return transfer_start(state, arguments[0], 0, NULL, size);
}

/* write(descriptor, bytes): when all of them are written. */
napi_value transfer_write(napi_env env, napi_callback_info info)
{
    napi_value arguments[2];
    size_t count = 2, length = 0;
    void *state = NULL, *bytes = NULL;

    napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
    napi_get_instance_data(env, &state);
    if (state == NULL || bytes_from_js(env, arguments[1], "bytes", &bytes, &length) < 0)
        return NULL;
    return transfer_start(state, arguments[0], 1, bytes, length);
}

/* The descriptor is being closed. */
void transfer_cancel_all(State *state, const Handle *handle)
{
    pthread_mutex_lock(&state->lock);
    for (Pending *pending = state->transfers; pending != NULL; pending = pending->next_transfer)
        if (pending->invocation.pins[0] == handle)
            pending->cancelled = 1;
    pthread_mutex_unlock(&state->lock);
    state_wake(state);
}
