/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls: at once for what never blocks, as a promise for what does.
 *
 * The promise is settled on JavaScript's thread when the queue's thread has said that the operation
 * is done. Promises that are not settled keep the program running; an addon that only was loaded
 * does not.
 */
#include <stdlib.h>

#include "addon.h"

Pending *pending_new(State *state, napi_value *promise)
{
    Pending *pending = calloc(1, sizeof *pending);

    if (pending == NULL || state_start(state) < 0 ||
        napi_create_promise(state->env, &pending->deferred, promise) != napi_ok) {
        free(pending);
        napi_throw_error(state->env, "SBX_E_SYSTEM", "out of memory, of descriptors or of threads");
        return NULL;
    }
    pending->state = state;
    pending->fd = -1;
    pending->token = ++state->last_token;
    pending->next = state->pending;
    if (pending->next != NULL)
        pending->next->previous = pending;
    state->pending = pending;
    if (state->pending_count++ == 0)
        napi_ref_threadsafe_function(state->env, state->wake_js);
    return pending;
}

void pending_free(Pending *pending)
{
    State *state = pending->state;

    if (pending->previous != NULL)
        pending->previous->next = pending->next;
    else
        state->pending = pending->next;
    if (pending->next != NULL)
        pending->next->previous = pending->previous;
    if (--state->pending_count == 0 && !state->stopping)
        napi_unref_threadsafe_function(state->env, state->wake_js);
    sbx_op_unref(pending->invocation.call.op);
    if (pending->invocation.function != NULL)
        invocation_clear(state, &pending->invocation);
    while (pending->invocation.pin_count > 0)
        handle_unpin(pending->invocation.pins[--pending->invocation.pin_count]);
    free(pending->bytes);
    free(pending);
}

/* With the promise's value, or what is wrong; NULL stands for an exception that is under way. */
void pending_settle(Pending *pending, int rejected, napi_value value)
{
    napi_env env = pending->state->env;
    bool thrown = false;

    napi_is_exception_pending(env, &thrown);
    if (thrown) {
        napi_get_and_clear_last_exception(env, &value);
        rejected = 1;
    }
    if (rejected)
        napi_reject_deferred(env, pending->deferred, value);
    else
        napi_resolve_deferred(env, pending->deferred, value != NULL ? value : undefined(env));
    pending_free(pending);
}

void pending_cancel(Pending *pending)
{
    if (pending->invocation.call.op != NULL) {
        sbx_op_cancel(pending->invocation.call.op);
        return;
    }
    pthread_mutex_lock(&pending->state->lock);
    pending->cancelled = 1;
    pthread_mutex_unlock(&pending->state->lock);
    state_wake(pending->state);
}

static void deliver(State *state, Message *message)
{
    Pending *pending = (Pending *)message;
    SbxCall *call = &pending->invocation.call;
    int code = sbx_op_finish(call->op, &call->error);
    napi_value value;

    call->result.i = code;
    value = code < 0 ? error_to_js(state, code, call->error)
                     : invocation_outcome(state, &pending->invocation);
    pending_settle(pending, code < 0, value);
}

static void drop(State *state, Message *message)
{
    (void)state;
    (void)message; /* freed with the others that are pending */
}

static napi_value throw_failure(State *state, Invocation *invocation)
{
    napi_throw(state->env, error_to_js(state, invocation->call.result.i, invocation->call.error));
    invocation_clear(state, invocation);
    return NULL;
}

/* The lock keeps the thread from telling of the operation before it is known whose it is. */
static napi_value start_call(State *state, const SbxFunction *function, size_t count,
                             const napi_value *arguments)
{
    napi_value promise = NULL;
    Pending *pending = pending_new(state, &promise);
    Invocation *invocation;
    int code;

    if (pending == NULL)
        return NULL;
    pending->message.deliver = deliver;
    pending->message.drop = drop;
    invocation = &pending->invocation;
    invocation->function = function;
    if (invocation_fill(state, invocation, count, arguments) < 0) {
        pending_settle(pending, 1, NULL);
        return promise;
    }
    invocation->call.queue = state->queue;
    pthread_mutex_lock(&state->lock);
    function->invoke(invocation->slots, &invocation->call);
    code = invocation->call.result.i;
    if (code >= 0)
        sbx_op_set_data(invocation->call.op, pending);
    pthread_mutex_unlock(&state->lock);
    invocation_free_inputs(invocation);
    if (code < 0)
        pending_settle(pending, 1, error_to_js(state, code, invocation->call.error));
    return promise;
}

static napi_value call_now(State *state, const SbxFunction *function, size_t count,
                           const napi_value *arguments)
{
    Invocation invocation = {.function = function};
    napi_value value;

    if (invocation_fill(state, &invocation, count, arguments) < 0) {
        invocation_clear(state, &invocation);
        return NULL;
    }
    function->invoke(invocation.slots, &invocation.call);
    if ((function->result == KIND_CODE || function->result == KIND_CODE_AND_OUTPUTS) &&
        invocation.call.result.i < 0)
        return throw_failure(state, &invocation);
    if (invocation.callback != NULL && invocation.pin_count > 0) {
        /* A setter: the object calls it, for as long as it is. */
        if (invocation.pins[0]->callback != NULL)
            callback_unref(invocation.pins[0]->callback);
        invocation.pins[0]->callback = callback_ref(invocation.callback);
    }
    value = invocation_outcome(state, &invocation);
    invocation_clear(state, &invocation);
    return value;
}

napi_value call_function(napi_env env, napi_callback_info info)
{
    napi_value arguments[SBX_PARAMS_MAX];
    size_t count = SBX_PARAMS_MAX;
    void *function = NULL, *state = NULL;

    if (napi_get_cb_info(env, info, &count, arguments, NULL, &function) != napi_ok ||
        napi_get_instance_data(env, &state) != napi_ok || state == NULL)
        return NULL;
    if (((const SbxFunction *)function)->is_async)
        return start_call(state, function, count, arguments);
    return call_now(state, function, count, arguments);
}
