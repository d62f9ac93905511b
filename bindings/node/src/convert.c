/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values of JavaScript to those of C and back.
 *
 * Names in a guest are bytes, and need not be UTF-8. A byte that is none becomes a lone surrogate
 * U+DC80 to U+DCFF, as Python does it, and the same byte again on its way back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addon.h"

#define SAFE_INTEGER 9007199254740991 /* Number.MAX_SAFE_INTEGER */

napi_value undefined(napi_env env)
{
    napi_value value = NULL;

    napi_get_undefined(env, &value);
    return value;
}

int is_nothing(napi_env env, napi_value value)
{
    napi_valuetype type = napi_undefined;

    napi_typeof(env, value, &type);
    return type == napi_undefined || type == napi_null;
}

void throw_type(napi_env env, const char *what, const char *wanted)
{
    char text[200];

    snprintf(text, sizeof text, "%s must be %s", what, wanted);
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", text);
}

/* --- texts --- */

/* The length of the UTF-8 sequence that the text begins with, 0 when it is none; its character. */
static size_t sequence(const uint8_t *text, size_t left, uint32_t *character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = text[0] < 0x80 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;

    if (length == 1) {
        *character = text[0];
        return 1;
    }
    if (text[0] < 0xc2 || text[0] > 0xf4 || left < length)
        return 0;
    *character = text[0] & (0xffU >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        *character = *character << 6 | (text[i] & 0x3f);
    }
    if (*character < least[length] || *character > 0x10ffff ||
        (*character >= 0xd800 && *character <= 0xdfff))
        return 0;
    return length;
}

static int is_utf8(const uint8_t *text, size_t length)
{
    uint32_t character;
    size_t step;

    for (size_t at = 0; at < length; at += step) {
        step = sequence(text + at, length - at, &character);
        if (step == 0)
            return 0;
    }
    return 1;
}

static size_t to_utf16(const uint8_t *text, size_t length, char16_t *out)
{
    size_t used = 0, step;
    uint32_t character;

    for (size_t at = 0; at < length; at += step) {
        step = sequence(text + at, length - at, &character);
        if (step == 0) {
            out[used++] = (char16_t)(0xdc00 + text[at]);
            step = 1;
        } else if (character > 0xffff) {
            out[used++] = (char16_t)(0xd7c0 + (character >> 10));
            out[used++] = (char16_t)(0xdc00 + (character & 0x3ff));
        } else {
            out[used++] = (char16_t)character;
        }
    }
    return used;
}

napi_value text_to_js(napi_env env, const char *text)
{
    napi_value value = NULL;
    size_t length;
    char16_t *wide;

    if (text == NULL) {
        napi_get_null(env, &value);
        return value;
    }
    length = strlen(text);
    if (is_utf8((const uint8_t *)text, length)) {
        napi_create_string_utf8(env, text, length, &value);
        return value;
    }
    wide = malloc(length * sizeof *wide);
    if (wide == NULL) {
        napi_throw_error(env, "SBX_E_NO_MEMORY", "out of memory");
        return NULL;
    }
    napi_create_string_utf16(env, wide, to_utf16((const uint8_t *)text, length, wide), &value);
    free(wide);
    return value;
}

static size_t put_utf8(char *out, uint32_t character)
{
    if (character < 0x80) {
        out[0] = (char)character;
        return 1;
    }
    if (character < 0x800) {
        out[0] = (char)(0xc0 | character >> 6);
        out[1] = (char)(0x80 | (character & 0x3f));
        return 2;
    }
    if (character < 0x10000) {
        out[0] = (char)(0xe0 | character >> 12);
        out[1] = (char)(0x80 | (character >> 6 & 0x3f));
        out[2] = (char)(0x80 | (character & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | character >> 18);
    out[1] = (char)(0x80 | (character >> 12 & 0x3f));
    out[2] = (char)(0x80 | (character >> 6 & 0x3f));
    out[3] = (char)(0x80 | (character & 0x3f));
    return 4;
}

static size_t from_utf16(const char16_t *wide, size_t length, char *out)
{
    size_t used = 0;

    for (size_t i = 0; i < length; i++) {
        uint32_t unit = wide[i];

        if (unit >= 0xd800 && unit < 0xdc00 && i + 1 < length && (wide[i + 1] & 0xfc00) == 0xdc00)
            used += put_utf8(out + used, 0x10000 + ((unit - 0xd800) << 10) + (wide[++i] - 0xdc00U));
        else if (unit >= 0xdc80 && unit <= 0xdcff)
            out[used++] = (char)(unit - 0xdc00);
        else
            used += put_utf8(out + used, (unit & 0xf800) == 0xd800 ? 0xfffd : unit);
    }
    return used;
}

/* A text in which the engine replaced something: is it one of our bytes? */
static char *text_with_bytes(napi_env env, napi_value value, size_t *length)
{
    size_t units = 0;
    char16_t *wide = NULL;
    char *text = NULL;

    if (napi_get_value_string_utf16(env, value, NULL, 0, &units) == napi_ok)
        wide = malloc((units + 1) * sizeof *wide);
    if (wide != NULL)
        text = malloc(units * 3 + 1);
    if (text != NULL) {
        napi_get_value_string_utf16(env, value, wide, units + 1, &units);
        *length = from_utf16(wide, units, text);
        text[*length] = '\0';
    }
    free(wide);
    return text;
}

static char *text_from_bytes(napi_env env, napi_value value, const char *what, size_t *length)
{
    void *bytes = NULL;
    char *text;

    if (bytes_from_js(env, value, what, &bytes, length) < 0)
        return NULL;
    text = malloc(*length + 1);
    if (text != NULL) {
        if (*length > 0)
            memcpy(text, bytes, *length);
        text[*length] = '\0';
    } else {
        napi_throw_error(env, "SBX_E_NO_MEMORY", "out of memory");
    }
    return text;
}

static char *text_from_string(napi_env env, napi_value value, size_t *length)
{
    char *text = malloc(*length + 1);

    if (text != NULL) {
        napi_get_value_string_utf8(env, value, text, *length + 1, length);
        if (strstr(text, "\xef\xbf\xbd") != NULL) {
            free(text);
            text = text_with_bytes(env, value, length);
        }
    }
    if (text == NULL)
        napi_throw_error(env, "SBX_E_NO_MEMORY", "out of memory");
    return text;
}

char *text_from_js(napi_env env, napi_value value, const char *what)
{
    size_t length = 0;
    bool is_bytes = false;
    char *text = NULL;

    if (napi_get_value_string_utf8(env, value, NULL, 0, &length) == napi_ok)
        text = text_from_string(env, value, &length);
    else if (napi_is_typedarray(env, value, &is_bytes) == napi_ok && is_bytes)
        text = text_from_bytes(env, value, what, &length);
    else
        throw_type(env, what, "a string or a Uint8Array");
    if (text != NULL && strlen(text) != length) {
        free(text);
        throw_type(env, what, "without NUL characters");
        return NULL;
    }
    return text;
}

/* --- numbers --- */

static int throw_range(napi_env env, const char *what, const char *low, const char *high)
{
    char text[200];

    snprintf(text, sizeof text, "%s must be an integer from %s to %s", what, low, high);
    napi_throw_range_error(env, "ERR_OUT_OF_RANGE", text);
    return -1;
}

int int64_from_js(napi_env env, napi_value value, int64_t least, int64_t most, const char *what,
                  int64_t *number)
{
    char low[32], high[32];
    double real = 0;
    bool lossless = true, is_boolean = false;
    napi_valuetype type = napi_undefined;

    napi_typeof(env, value, &type);
    if (type == napi_boolean) {
        napi_get_value_bool(env, value, &is_boolean);
        *number = is_boolean;
    } else if (type == napi_bigint) {
        napi_get_value_bigint_int64(env, value, number, &lossless);
    } else if (type == napi_number) {
        napi_get_value_double(env, value, &real);
        lossless = real >= -(double)SAFE_INTEGER && real <= (double)SAFE_INTEGER &&
                   (double)(int64_t)real == real;
        *number = lossless ? (int64_t)real : 0;
    } else {
        throw_type(env, what, "a number");
        return -1;
    }
    if (lossless && *number >= least && *number <= most)
        return 0;
    snprintf(low, sizeof low, "%lld", (long long)least);
    snprintf(high, sizeof high, "%lld", (long long)most);
    return throw_range(env, what, low, high);
}

int uint64_from_js(napi_env env, napi_value value, uint64_t most, const char *what,
                   uint64_t *number)
{
    char high[32];
    bool lossless = false;
    int64_t is_signed = 0;

    if (napi_get_value_bigint_uint64(env, value, number, &lossless) == napi_ok) {
        if (lossless && *number <= most)
            return 0;
        snprintf(high, sizeof high, "%llu", (unsigned long long)most);
        return throw_range(env, what, "0", high);
    }
    if (int64_from_js(env, value, 0, most < INT64_MAX ? (int64_t)most : INT64_MAX, what,
                      &is_signed) < 0)
        return -1;
    *number = (uint64_t)is_signed;
    return 0;
}

napi_value int64_to_js(napi_env env, int64_t number)
{
    napi_value value = NULL;

    if (number >= -SAFE_INTEGER && number <= SAFE_INTEGER)
        napi_create_int64(env, number, &value);
    else
        napi_create_bigint_int64(env, number, &value);
    return value;
}

napi_value uint64_to_js(napi_env env, uint64_t number)
{
    napi_value value = NULL;

    if (number <= SAFE_INTEGER)
        napi_create_int64(env, (int64_t)number, &value);
    else
        napi_create_bigint_uint64(env, number, &value);
    return value;
}

/* --- bytes --- */

static size_t element_size(napi_typedarray_type type)
{
    switch (type) {
    case napi_int16_array:
    case napi_uint16_array:
        return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array:
        return 4;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array:
        return 8;
    default:
        return 1;
    }
}

int bytes_from_js(napi_env env, napi_value value, const char *what, void **bytes, size_t *length)
{
    bool is_array = false;
    napi_typedarray_type type = napi_uint8_array;

    napi_is_typedarray(env, value, &is_array);
    if (!is_array ||
        napi_get_typedarray_info(env, value, &type, length, bytes, NULL, NULL) != napi_ok) {
        throw_type(env, what, "a Uint8Array");
        return -1;
    }
    *length *= element_size(type);
    return 0;
}

napi_value bytes_to_js(napi_env env, const void *bytes, size_t length)
{
    napi_value buffer = NULL, array = NULL;
    void *memory = NULL;

    if (napi_create_arraybuffer(env, length, &memory, &buffer) != napi_ok)
        return NULL;
    if (length > 0)
        memcpy(memory, bytes, length);
    napi_create_typedarray(env, napi_uint8_array, length, buffer, 0, &array);
    return array;
}
