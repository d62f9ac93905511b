/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The addon's beginning and end in an environment, and what it exports. */
#include <stdlib.h>
#include <sys/socket.h>

#include "addon.h"

static State *state_of(napi_env env)
{
    void *state = NULL;

    napi_get_instance_data(env, &state);
    return state;
}

/* The first argument, and the state. */
static State *argument(napi_env env, napi_callback_info info, napi_value *value)
{
    size_t count = 1;

    napi_get_cb_info(env, info, &count, value, NULL, NULL);
    return state_of(env);
}

static napi_value release(napi_env env, napi_callback_info info)
{
    napi_value value = NULL;
    State *state = argument(env, info, &value);
    Handle *handle = state != NULL ? handle_get(state, value) : NULL;

    if (handle != NULL)
        handle_release(handle);
    return undefined(env);
}

/* cancel(token): the call that last() told of, if it is still under way. */
static napi_value cancel(napi_env env, napi_callback_info info)
{
    napi_value value = NULL;
    State *state = argument(env, info, &value);
    double token = 0;

    napi_get_value_double(env, value, &token);
    for (Pending *pending = state->pending; pending != NULL; pending = pending->next) {
        if (pending->token == token) {
            pending_cancel(pending);
            break;
        }
    }
    return undefined(env);
}

/* last(): which call was started last. */
static napi_value last(napi_env env, napi_callback_info info)
{
    napi_value value = NULL;

    (void)info;
    napi_create_double(env, state_of(env)->last_token, &value);
    return value;
}

/* shutdown(descriptor): nothing more will be written to a socket. */
static napi_value shut_down(napi_env env, napi_callback_info info)
{
    napi_value value = NULL;
    State *state = argument(env, info, &value);
    Handle *handle = handle_get(state, value);

    if (handle != NULL && handle->type == TYPE_FD && handle->object != NULL)
        shutdown(handle_fd(handle), SHUT_WR);
    return undefined(env);
}

static napi_value set_error_factory(napi_env env, napi_callback_info info)
{
    napi_value value = NULL;
    State *state = argument(env, info, &value);

    if (state->make_error != NULL)
        napi_delete_reference(env, state->make_error);
    state->make_error = NULL;
    napi_create_reference(env, value, 1, &state->make_error);
    return undefined(env);
}

/* counts(): what is there, for tests that look for leaks. */
static napi_value counts(napi_env env, napi_callback_info info)
{
    State *state = state_of(env);
    napi_value object = NULL, value = NULL;

    (void)info;
    napi_create_object(env, &object);
    napi_create_double(env, (double)state->handle_count, &value);
    napi_set_named_property(env, object, "handles", value);
    napi_create_double(env, (double)state->pending_count, &value);
    napi_set_named_property(env, object, "pending", value);
    return object;
}

static void end(void *data)
{
    State *state = data;

    state_stop(state);
    handles_clear(state);
    callbacks_forget(state);
}

static void finalize(napi_env env, void *data, void *hint)
{
    State *state = data;

    (void)env;
    (void)hint;
    pthread_mutex_destroy(&state->lock);
    free(state);
}

static int export_function(napi_env env, napi_value target, const char *name, napi_callback call,
                           const void *data)
{
    napi_value function = NULL;

    if (napi_create_function(env, name, NAPI_AUTO_LENGTH, call, (void *)(uintptr_t)data,
                             &function) != napi_ok)
        return -1;
    return napi_set_named_property(env, target, name, function) == napi_ok ? 0 : -1;
}

static napi_value export_calls(napi_env env)
{
    napi_value calls = NULL;

    napi_create_object(env, &calls);
    for (size_t i = 0; i < sbx_function_count; i++)
        if (sbx_functions[i].count > SBX_PARAMS_MAX ||
            export_function(env, calls, sbx_functions[i].name, call_function, &sbx_functions[i]) <
                0)
            return NULL;
    return calls;
}

static napi_value export_constants(napi_env env)
{
    napi_value constants = NULL;

    napi_create_object(env, &constants);
    for (size_t i = 0; i < sbx_constant_count; i++) {
        const SbxConstant *constant = &sbx_constants[i];

        napi_set_named_property(env, constants, constant->name,
                                constant->is_text ? text_to_js(env, constant->text)
                                                  : int64_to_js(env, constant->number));
    }
    return constants;
}

static State *make_state(napi_env env)
{
    State *state = calloc(1, sizeof *state);

    if (state == NULL)
        return NULL;
    state->env = env;
    state->wake_fd = -1;
    pthread_mutex_init(&state->lock, NULL);
    if (napi_set_instance_data(env, state, finalize, NULL) != napi_ok) {
        finalize(env, state, NULL);
        return NULL;
    }
    /* The hook that was added last runs first: before the engine ends what wakes it. */
    if (make_waker(state) < 0 || napi_add_env_cleanup_hook(env, end, state) != napi_ok)
        return NULL;
    return state;
}

NAPI_MODULE_INIT(/* napi_env env, napi_value exports */)
{
    static const struct {
        const char *name;
        napi_callback call;
    } own[] = {
        {"release", release},    {"cancel", cancel},        {"last", last},
        {"shutdown", shut_down}, {"counts", counts},        {"setErrorFactory", set_error_factory},
        {"read", transfer_read}, {"write", transfer_write},
    };
    napi_value calls;

    if (make_state(env) == NULL) {
        napi_throw_error(env, "SBX_E_NO_MEMORY", "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        export_function(env, exports, own[i].name, own[i].call, NULL);
    calls = export_calls(env);
    if (calls == NULL) {
        napi_throw_error(env, "SBX_E_INTERNAL", "the table of functions is damaged");
        return NULL;
    }
    napi_set_named_property(env, exports, "calls", calls);
    napi_set_named_property(env, exports, "constants", export_constants(env));
    return exports;
}
