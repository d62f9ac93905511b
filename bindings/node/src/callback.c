/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Progress functions of JavaScript.
 *
 * C calls them on the queue's thread. They are told by messages, which does not hold up the work;
 * one that has returned false, or thrown, ends it with the next call.
 */
#include <stdlib.h>
#include <string.h>

#include "addon.h"

struct Callback {
    State *state;
    Callback *previous, *next;
    int refs; /* JavaScript's thread, and messages */
    int cancelled;
    napi_ref function;
};

typedef struct {
    Message message;
    Callback *callback;
    int permille;
    char *stage, *text;
} Progress;

Callback *callback_new(State *state, napi_value function)
{
    Callback *callback = calloc(1, sizeof *callback);

    if (callback == NULL ||
        napi_create_reference(state->env, function, 1, &callback->function) != napi_ok) {
        free(callback);
        napi_throw_error(state->env, "SBX_E_NO_MEMORY", "out of memory");
        return NULL;
    }
    callback->state = state;
    callback->refs = 1;
    callback->next = state->callbacks;
    if (callback->next != NULL)
        callback->next->previous = callback;
    state->callbacks = callback;
    return callback;
}

Callback *callback_ref(Callback *callback)
{
    __atomic_add_fetch(&callback->refs, 1, __ATOMIC_RELAXED);
    return callback;
}

void callback_unref(Callback *callback)
{
    if (__atomic_sub_fetch(&callback->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    if (callback->state != NULL) {
        napi_delete_reference(callback->state->env, callback->function);
        if (callback->previous != NULL)
            callback->previous->next = callback->next;
        else
            callback->state->callbacks = callback->next;
        if (callback->next != NULL)
            callback->next->previous = callback->previous;
    }
    free(callback);
}

/* The environment ends, and takes the functions along. */
void callbacks_forget(State *state)
{
    for (Callback *callback = state->callbacks; callback != NULL; callback = callback->next)
        callback->state = NULL;
    state->callbacks = NULL;
}

static void progress_free(Progress *progress)
{
    callback_unref(progress->callback);
    free(progress->stage);
    free(progress->text);
    free(progress);
}

static void cancel(Callback *callback)
{
    __atomic_store_n(&callback->cancelled, 1, __ATOMIC_RELAXED);
}

static void deliver(State *state, Message *message)
{
    Progress *progress = (Progress *)message;
    napi_env env = state->env;
    napi_value function = NULL, answer = NULL, arguments[3];
    napi_valuetype type = napi_undefined;
    bool go_on = true, thrown = false;

    napi_create_int32(env, progress->permille, &arguments[0]);
    arguments[1] = text_to_js(env, progress->stage);
    arguments[2] = text_to_js(env, progress->text);
    napi_get_reference_value(env, progress->callback->function, &function);
    if (function != NULL &&
        napi_call_function(env, undefined(env), function, 3, arguments, &answer) == napi_ok) {
        napi_typeof(env, answer, &type);
        if (type == napi_boolean)
            napi_get_value_bool(env, answer, &go_on);
    }
    napi_is_exception_pending(env, &thrown);
    if (thrown)
        napi_get_and_clear_last_exception(env, &answer);
    if (thrown || !go_on)
        cancel(progress->callback);
    progress_free(progress);
}

static void drop(State *state, Message *message)
{
    (void)state;
    progress_free((Progress *)message);
}

/* On the queue's thread. */
int on_progress(void *data, int permille, const char *stage, const char *text)
{
    Callback *callback = data;
    Progress *progress;

    if (__atomic_load_n(&callback->cancelled, __ATOMIC_RELAXED))
        return 1;
    progress = calloc(1, sizeof *progress);
    if (progress == NULL)
        return 0;
    progress->message.deliver = deliver;
    progress->message.drop = drop;
    progress->callback = callback_ref(callback);
    progress->permille = permille;
    progress->stage = stage != NULL ? strdup(stage) : NULL;
    progress->text = text != NULL ? strdup(text) : NULL;
    post_message(callback->state, &progress->message);
    return 0;
}
