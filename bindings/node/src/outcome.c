/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a call has brought, as values of JavaScript. */
#include <stdlib.h>

#include "addon.h"

static napi_value number_to_js(napi_env env, double number)
{
    napi_value value = NULL;

    napi_create_double(env, number, &value);
    return value;
}

static napi_value handles_to_js(State *state, int type, void **objects, size_t count)
{
    napi_value array = NULL;

    napi_create_array_with_length(state->env, count, &array);
    for (size_t i = 0; i < count; i++)
        napi_set_element(state->env, array, (uint32_t)i, handle_new(state, type, objects[i]));
    return array;
}

static napi_value owned_text(napi_env env, char *text)
{
    napi_value value = text_to_js(env, text);

    sbx_free(text);
    return value;
}

static napi_value owned_bytes(napi_env env, SbxSlot *slot)
{
    napi_value value = bytes_to_js(env, slot->p, slot->length);

    sbx_free(slot->p);
    return value;
}

/* An output, or a result; what is owned goes over or is freed. */
static napi_value output(State *state, SbxKind kind, int type, SbxSlot *slot)
{
    napi_env env = state->env;

    switch (kind) {
    case KIND_OUT_BUFFER:
        return bytes_to_js(env, slot->p, slot->length);
    case KIND_OUT_HANDLE:
        return handle_new(state, type, slot->p);
    case KIND_OUT_HANDLES:
        return handles_to_js(state, type, slot->p, slot->length);
    case KIND_OUT_TEXT:
        return owned_text(env, slot->p);
    case KIND_OUT_BYTES:
        return owned_bytes(env, slot);
    case KIND_OUT_FD:
        return handle_new_fd(state, slot->i);
    case KIND_OUT_INT:
        return number_to_js(env, slot->i);
    case KIND_OUT_UINT:
        return number_to_js(env, slot->u);
    case KIND_OUT_INT64:
        return int64_to_js(env, slot->l);
    case KIND_OUT_UINT64:
        return uint64_to_js(env, slot->ul);
    case KIND_OUT_SIZE:
        return uint64_to_js(env, slot->length);
    case KIND_BORROWED_TEXT:
        return text_to_js(env, slot->p);
    default:
        return undefined(env);
    }
}

/* Outputs of a call that succeeded: none is the code, one is it, more are an array. */
static napi_value outputs(State *state, Invocation *invocation)
{
    const SbxFunction *function = invocation->function;
    int with_code = function->result == KIND_CODE_AND_OUTPUTS;
    napi_value array = NULL, value = NULL;
    uint32_t used = 0;

    napi_create_array(state->env, &array);
    if (with_code)
        napi_set_element(state->env, array, used++,
                         number_to_js(state->env, invocation->call.result.i));
    for (int i = 0; i < function->count; i++) {
        const SbxParam *param = &function->params[i];

        if (param->kind < KIND_OUT_FIRST)
            continue;
        value = output(state, param->kind, param->type, &invocation->slots[i]);
        if (value != NULL)
            napi_set_element(state->env, array, used, value);
        used++;
    }
    if (used == 0)
        return number_to_js(state->env, invocation->call.result.i);
    return used == 1 ? value : array;
}

static napi_value borrowed_bytes(State *state, Invocation *invocation)
{
    size_t length = 0;

    for (int i = 0; i < invocation->function->count; i++)
        if (invocation->function->params[i].kind == KIND_LENGTH)
            length = invocation->slots[i].length;
    return bytes_to_js(state->env, invocation->call.result.p, length);
}

/* Of a call that succeeded. */
napi_value invocation_outcome(State *state, Invocation *invocation)
{
    const SbxFunction *function = invocation->function;

    switch (function->result) {
    case KIND_CODE:
    case KIND_CODE_AND_OUTPUTS:
        return outputs(state, invocation);
    case KIND_BORROWED_BYTES:
        return borrowed_bytes(state, invocation);
    default:
        return output(state, function->result, function->result_type, &invocation->call.result);
    }
}

/* The error as an object of the class that JavaScript's side has for it. */
napi_value error_to_js(State *state, int code, const sbx_error *error)
{
    napi_env env = state->env;
    napi_value make = NULL, value = NULL, arguments[7];
    const char *name = sbx_error_code_name(code);

    arguments[0] = number_to_js(env, code);
    arguments[1] = text_to_js(env, name);
    arguments[2] = text_to_js(env, error != NULL ? sbx_error_message(error) : name);
    arguments[3] = text_to_js(env, error != NULL ? sbx_error_operation(error) : NULL);
    arguments[4] = text_to_js(env, error != NULL ? sbx_error_hint(error) : NULL);
    arguments[5] = number_to_js(env, error != NULL ? sbx_error_errno(error) : 0);
    arguments[6] = text_to_js(env, error != NULL ? sbx_error_cause(error) : NULL);
    if (state->make_error != NULL &&
        napi_get_reference_value(env, state->make_error, &make) == napi_ok && make != NULL &&
        napi_call_function(env, undefined(env), make, 7, arguments, &value) == napi_ok)
        return value;
    napi_create_error(env, arguments[1], arguments[2], &value);
    return value;
}
