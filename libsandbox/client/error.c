/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors as programs see them: see include/sandbox/error.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/private.h"

struct sbx_error {
    int code;
    int sys_errno;
    char *message;
    char *hint;
    char *cause;
    const char *operation; /* static */
};

/* What is handed out when there is no memory for an error. */
static sbx_error out_of_memory = {
    .code = SBX_E_NO_MEMORY,
    .message = (char *)"out of memory",
    .operation = "libsandbox",
};

static char *duplicate(const char *text)
{
    return text != NULL ? strdup(text) : NULL;
}

static int is_plain(gunichar c)
{
    return c < 0x7f ? c >= 0x20 : !g_unichar_iscntrl(c) && g_unichar_type(c) != G_UNICODE_FORMAT;
}

/* What the caller or the guest named may be any bytes: a message is one line of UTF-8. */
static char *one_line(const char *text)
{
    char *line = malloc(strlen(text) * 4 + 1); /* \xNN for each byte */
    char *end = line;

    while (line != NULL && *text != '\0') {
        gunichar c = g_utf8_get_char_validated(text, -1);
        int is_valid = c < 0x110000;
        size_t length = is_valid ? (size_t)(g_utf8_next_char(text) - text) : 1;

        if (is_valid && is_plain(c))
            end = (char *)memcpy(end, text, length) + length;
        else
            end += sprintf(end, "\\x%02x", is_valid ? c : (unsigned char)*text);
        text += length;
    }
    if (line != NULL)
        *end = '\0';
    return line;
}

int sbx_fail_cause(sbx_error **error, int code, int sys_errno, const char *operation,
                   const char *hint, const char *cause, const char *message)
{
    sbx_error *made;

    if (error == NULL)
        return code;
    made = calloc(1, sizeof *made);
    if (made != NULL)
        made->message = one_line(message);
    if (made == NULL || made->message == NULL) {
        free(made);
        *error = &out_of_memory;
        return code;
    }
    made->code = code;
    made->sys_errno = sys_errno;
    made->operation = operation;
    made->hint = duplicate(hint);
    made->cause = duplicate(cause);
    *error = made;
    return code;
}

int sbx_fail(sbx_error **error, int code, int sys_errno, const char *operation, const char *hint,
             const char *format, ...)
{
    g_autofree char *message = NULL;
    va_list args;

    if (error == NULL)
        return code;
    va_start(args, format);
    message = g_strdup_vprintf(format, args);
    va_end(args);
    return sbx_fail_cause(error, code, sys_errno, operation, hint, NULL, message);
}

int sbx_fail_fault(sbx_error **error, const char *operation, GError *fault)
{
    int code = sbx_fault_code(fault);

    sbx_fail_cause(error, code, sbx_fault_errno(fault), operation, sbx_fault_hint(fault),
                   sbx_fault_cause(fault), fault->message);
    g_error_free(fault);
    return code;
}

int sbx_fail_with(sbx_error **error, sbx_error *reason)
{
    int code = reason->code;

    if (error != NULL)
        *error = reason;
    else
        sbx_error_free(reason);
    return code;
}

sbx_error *sbx_error_copy(const sbx_error *error)
{
    sbx_error *copy = NULL;

    if (error != NULL)
        sbx_fail_cause(&copy, error->code, error->sys_errno, error->operation, error->hint,
                       error->cause, error->message);
    return copy;
}

int sbx_code_from_name(const char *name)
{
    int code = sbx_fault_code_from_name(name);

    return code != 0 ? code : SBX_E_INTERNAL;
}

int sbx_error_code(const sbx_error *error)
{
    return error->code;
}

const char *sbx_error_message(const sbx_error *error)
{
    return error->message;
}

const char *sbx_error_hint(const sbx_error *error)
{
    return error->hint;
}

const char *sbx_error_operation(const sbx_error *error)
{
    return error->operation;
}

int sbx_error_errno(const sbx_error *error)
{
    return error->sys_errno;
}

const char *sbx_error_cause(const sbx_error *error)
{
    return error->cause;
}

void sbx_error_free(sbx_error *error)
{
    if (error == NULL || error == &out_of_memory)
        return;
    free(error->message);
    free(error->hint);
    free(error->cause);
    free(error);
}

const char *sbx_error_code_name(int code)
{
    return sbx_fault_code_name(code);
}
