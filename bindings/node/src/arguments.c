/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A call's arguments: from JavaScript's into the slots, and what has to be freed afterwards. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addon.h"

#define BUFFER_MAX (1 << 30)

static int fill_handle(State *state, Invocation *invocation, const SbxParam *param,
                       napi_value value, SbxSlot *slot, const char *what)
{
    Handle *handle = handle_get(state, value);
    char wanted[100];

    if (handle == NULL || handle->type != param->type) {
        snprintf(wanted, sizeof wanted, "a %s%s", sbx_types[param->type].name,
                 param->flags & MAY_BE_NULL ? " or null" : "");
        throw_type(state->env, what, wanted);
        return -1;
    }
    if (handle->object == NULL || handle->released) {
        throw_type(state->env, what, "in use; it was closed");
        return -1;
    }
    handle_pin(handle);
    invocation->pins[invocation->pin_count++] = handle;
    slot->p = handle->object;
    return 0;
}

static int fill_texts(napi_env env, napi_value value, SbxSlot *slot, const char *what)
{
    uint32_t count = 0;
    char **texts;

    if (napi_get_array_length(env, value, &count) != napi_ok) {
        throw_type(env, what, "an array of strings");
        return -1;
    }
    texts = calloc((size_t)count + 1, sizeof *texts);
    if (texts == NULL) {
        napi_throw_error(env, "SBX_E_NO_MEMORY", "out of memory");
        return -1;
    }
    slot->p = texts;
    slot->length = count;
    for (uint32_t i = 0; i < count; i++) {
        napi_value item = NULL;

        if (napi_get_element(env, value, i, &item) != napi_ok)
            return -1;
        texts[i] = text_from_js(env, item, what);
        if (texts[i] == NULL)
            return -1;
    }
    return 0;
}

static int fill_callback(State *state, Invocation *invocation, napi_value value, SbxSlot *slot,
                         const char *what)
{
    napi_valuetype type = napi_undefined;

    napi_typeof(state->env, value, &type);
    if (type != napi_function) {
        throw_type(state->env, what, "a function");
        return -1;
    }
    invocation->callback = callback_new(state, value);
    slot->p = invocation->callback;
    return slot->p != NULL ? 0 : -1;
}

static int fill_number(napi_env env, const SbxParam *param, napi_value value, SbxSlot *slot,
                       const char *what)
{
    int64_t number = 0;
    uint64_t size = 0;
    int code = 0;

    switch (param->kind) {
    case KIND_INT:
        code = int64_from_js(env, value, INT32_MIN, INT32_MAX, what, &number);
        slot->i = (int)number;
        return code;
    case KIND_UINT:
        code = int64_from_js(env, value, 0, UINT32_MAX, what, &number);
        slot->u = (unsigned int)number;
        return code;
    case KIND_INT64:
        return int64_from_js(env, value, INT64_MIN, INT64_MAX, what, &slot->l);
    case KIND_UINT64:
        return uint64_from_js(env, value, UINT64_MAX, what, &slot->ul);
    default: /* KIND_SIZE */
        code = uint64_from_js(env, value, SIZE_MAX, what, &size);
        slot->length = size;
        return code;
    }
}

static int fill_buffer(napi_env env, napi_value value, SbxSlot *slot, const char *what)
{
    uint64_t size = 0;

    if (uint64_from_js(env, value, BUFFER_MAX, what, &size) < 0)
        return -1;
    slot->room = size;
    slot->p = malloc(size > 0 ? size : 1);
    if (slot->p != NULL)
        return 0;
    napi_throw_error(env, "SBX_E_NO_MEMORY", "out of memory");
    return -1;
}

static int fill(State *state, Invocation *invocation, const SbxParam *param, napi_value value,
                SbxSlot *slot)
{
    char what[200];

    snprintf(what, sizeof what, "%s: %s", invocation->function->name, param->name);
    if (param->flags & MAY_BE_NULL && is_nothing(state->env, value))
        return 0;
    switch (param->kind) {
    case KIND_HANDLE:
        return fill_handle(state, invocation, param, value, slot, what);
    case KIND_TEXT:
        slot->p = text_from_js(state->env, value, what);
        return slot->p != NULL ? 0 : -1;
    case KIND_TEXTS:
        return fill_texts(state->env, value, slot, what);
    case KIND_BYTES:
        return bytes_from_js(state->env, value, what, &slot->p, &slot->length);
    case KIND_CALLBACK:
        return fill_callback(state, invocation, value, slot, what);
    case KIND_OUT_BUFFER:
        return fill_buffer(state->env, value, slot, what);
    default:
        return fill_number(state->env, param, value, slot, what);
    }
}

static int fill_handles(napi_env env, Invocation *invocation, const SbxParam *param, SbxSlot *slot)
{
    slot->length = invocation->slots[param->partner].u;
    if (slot->length > SBX_FORK_MAX)
        slot->length = SBX_FORK_MAX + 1; /* the library refuses it without touching the array */
    slot->p = calloc(slot->length + 1, sizeof(void *));
    if (slot->p != NULL)
        return 0;
    napi_throw_error(env, "SBX_E_NO_MEMORY", "out of memory");
    return -1;
}

/* 0, or -1 after an exception was thrown; to be cleared either way. */
int invocation_fill(State *state, Invocation *invocation, size_t count, const napi_value *arguments)
{
    const SbxFunction *function = invocation->function;
    size_t used = 0;

    for (int i = 0; i < function->count; i++) {
        const SbxParam *param = &function->params[i];
        SbxSlot *slot = &invocation->slots[i];
        napi_value value;

        if (param->kind == KIND_OUT_HANDLES &&
            fill_handles(state->env, invocation, param, slot) < 0)
            return -1;
        if (param->kind == KIND_LENGTH || param->kind > KIND_OUT_BUFFER)
            continue;
        value = used < count ? arguments[used] : undefined(state->env);
        used++;
        if (fill(state, invocation, param, value, slot) < 0)
            return -1;
    }
    return 0;
}

/* Texts: the library has its own copies when a call was started. */
void invocation_free_inputs(Invocation *invocation)
{
    for (int i = 0; i < invocation->function->count; i++) {
        SbxSlot *slot = &invocation->slots[i];
        SbxKind kind = invocation->function->params[i].kind;

        if (kind == KIND_TEXTS && slot->p != NULL)
            for (char **text = slot->p; *text != NULL; text++)
                free(*text);
        if (kind == KIND_TEXT || kind == KIND_TEXTS) {
            free(slot->p);
            slot->p = NULL;
        }
    }
}

void invocation_clear(State *state, Invocation *invocation)
{
    (void)state;
    invocation_free_inputs(invocation);
    for (int i = 0; i < invocation->function->count; i++) {
        SbxKind kind = invocation->function->params[i].kind;

        if (kind == KIND_OUT_BUFFER || kind == KIND_OUT_HANDLES)
            free(invocation->slots[i].p);
    }
    while (invocation->pin_count > 0)
        handle_unpin(invocation->pins[--invocation->pin_count]);
    if (invocation->callback != NULL)
        callback_unref(invocation->callback);
    invocation->callback = NULL;
    sbx_error_free(invocation->call.error);
    invocation->call.error = NULL;
}
