/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Handles: objects of the library in JavaScript's hands.
 *
 * A handle is released by JavaScript (dispose, close), by the garbage collector, or with its
 * environment, whichever is first. While a call uses the object it stays: the release is done when
 * the call is over.
 */
#include <stdlib.h>
#include <unistd.h>

#include "addon.h"

/* Descriptors are kept as pointers, 0 as one that is not NULL. */
static void *fd_object(int fd)
{
    return (void *)((intptr_t)fd + 1);
}

int handle_fd(const Handle *handle)
{
    return handle->object == NULL ? -1 : (int)((intptr_t)handle->object - 1);
}

static void let_go(Handle *handle)
{
    void *object = handle->object;

    handle->object = NULL;
    if (handle->callback != NULL)
        callback_unref(handle->callback);
    handle->callback = NULL;
    if (object == NULL)
        return;
    if (handle->type == TYPE_FD)
        close((int)((intptr_t)object - 1));
    else
        sbx_types[handle->type].release(object);
    if (handle->state != NULL)
        handle->state->handle_count--;
}

static void unlink_handle(Handle *handle)
{
    if (handle->state == NULL)
        return;
    if (handle->previous != NULL)
        handle->previous->next = handle->next;
    else
        handle->state->handles = handle->next;
    if (handle->next != NULL)
        handle->next->previous = handle->previous;
}

static void handle_unref(Handle *handle)
{
    if (--handle->refs > 0)
        return;
    let_go(handle);
    unlink_handle(handle);
    free(handle);
}

static void finalize(napi_env env, void *data, void *hint)
{
    Handle *handle = data;

    (void)env;
    (void)hint;
    handle_unref(handle);
}

napi_value handle_new(State *state, int type, void *object)
{
    Handle *handle = calloc(1, sizeof *handle);
    napi_value value = NULL;

    if (object == NULL) {
        free(handle);
        napi_get_null(state->env, &value);
        return value;
    }
    if (handle == NULL) {
        if (type != TYPE_FD)
            sbx_types[type].release(object);
        napi_throw_error(state->env, "SBX_E_NO_MEMORY", "out of memory");
        return NULL;
    }
    *handle =
        (Handle){.state = state, .next = state->handles, .type = type, .object = object, .refs = 1};
    if (handle->next != NULL)
        handle->next->previous = handle;
    state->handles = handle;
    state->handle_count++;
    if (napi_create_external(state->env, handle, finalize, NULL, &value) != napi_ok) {
        handle_unref(handle);
        return NULL;
    }
    return value;
}

napi_value handle_new_fd(State *state, int fd)
{
    return handle_new(state, TYPE_FD, fd < 0 ? NULL : fd_object(fd));
}

/* NULL when it is none. */
Handle *handle_get(State *state, napi_value value)
{
    napi_valuetype type = napi_undefined;
    void *data = NULL;

    napi_typeof(state->env, value, &type);
    if (type != napi_external || napi_get_value_external(state->env, value, &data) != napi_ok)
        return NULL;
    return data;
}

void handle_pin(Handle *handle)
{
    handle->refs++;
    handle->pins++;
}

void handle_unpin(Handle *handle)
{
    if (--handle->pins == 0 && handle->released)
        let_go(handle);
    handle_unref(handle);
}

void handle_release(Handle *handle)
{
    if (handle->pins == 0) {
        let_go(handle);
        return;
    }
    handle->released = 1;
    if (handle->type == TYPE_FD && handle->state != NULL)
        transfer_cancel_all(handle->state, handle);
}

/* The environment ends: what JavaScript still holds is an empty shell from now on. */
void handles_clear(State *state)
{
    Handle *next;

    for (Handle *handle = state->handles; handle != NULL; handle = next) {
        next = handle->next;
        let_go(handle);
        handle->state = NULL;
    }
    state->handles = NULL;
}
