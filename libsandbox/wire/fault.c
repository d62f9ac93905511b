/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fault: see fault.h. */
#include "wire/fault.h"

#include <errno.h>
#include <string.h>

#include <sandbox/error.h>

#include "wire/json.h"

typedef struct {
    int sys_errno;
    char *hint;
    char *cause;
} SbxFaultPrivate;

static void sbx_fault_private_init(SbxFaultPrivate *private)
{
    memset(private, 0, sizeof *private);
}

static void sbx_fault_private_copy(const SbxFaultPrivate *from, SbxFaultPrivate *to)
{
    to->sys_errno = from->sys_errno;
    to->hint = g_strdup(from->hint);
    to->cause = g_strdup(from->cause);
}

static void sbx_fault_private_clear(SbxFaultPrivate *private)
{
    g_free(private->hint);
    g_free(private->cause);
}

G_DEFINE_EXTENDED_ERROR(SbxFault, sbx_fault)

static const struct {
    int code;
    const char *name;
} names[] = {
    {SBX_OK, "SBX_OK"},
    {SBX_E_INVALID, "SBX_E_INVALID"},
    {SBX_E_NO_MEMORY, "SBX_E_NO_MEMORY"},
    {SBX_E_SYSTEM, "SBX_E_SYSTEM"},
    {SBX_E_UNAVAILABLE, "SBX_E_UNAVAILABLE"},
    {SBX_E_KEEPER, "SBX_E_KEEPER"},
    {SBX_E_PROTOCOL, "SBX_E_PROTOCOL"},
    {SBX_E_NOT_FOUND, "SBX_E_NOT_FOUND"},
    {SBX_E_EXISTS, "SBX_E_EXISTS"},
    {SBX_E_BUSY, "SBX_E_BUSY"},
    {SBX_E_NO_SPACE, "SBX_E_NO_SPACE"},
    {SBX_E_DENIED, "SBX_E_DENIED"},
    {SBX_E_TIMEOUT, "SBX_E_TIMEOUT"},
    {SBX_E_CANCELLED, "SBX_E_CANCELLED"},
    {SBX_E_BOOT, "SBX_E_BOOT"},
    {SBX_E_GONE, "SBX_E_GONE"},
    {SBX_E_EXEC, "SBX_E_EXEC"},
    {SBX_E_IMAGE, "SBX_E_IMAGE"},
    {SBX_E_UNSUPPORTED, "SBX_E_UNSUPPORTED"},
    {SBX_E_FORKED, "SBX_E_FORKED"},
    {SBX_E_TOO_BIG, "SBX_E_TOO_BIG"},
    {SBX_E_INTERNAL, "SBX_E_INTERNAL"},
    {SBX_E_FILE, "SBX_E_FILE"},
};

static GError *fault_valist(int code, int sys_errno, const char *hint, const char *cause,
                            const char *format, va_list args)
{
    GError *error = g_error_new_valist(SBX_FAULT, code, format, args);
    SbxFaultPrivate *private = sbx_fault_get_private(error);

    private->sys_errno = sys_errno;
    private->hint = g_strdup(hint);
    private->cause = g_strdup(cause);
    return error;
}

GError *sbx_fault_new(int code, int sys_errno, const char *hint, const char *cause,
                      const char *format, ...)
{
    va_list args;
    GError *error;

    va_start(args, format);
    error = fault_valist(code, sys_errno, hint, cause, format, args);
    va_end(args);
    return error;
}

void sbx_fault_set(GError **error, int code, int sys_errno, const char *hint, const char *format,
                   ...)
{
    va_list args;

    if (error == NULL)
        return;
    va_start(args, format);
    *error = fault_valist(code, sys_errno, hint, NULL, format, args);
    va_end(args);
}

void sbx_fault_set_errno(GError **error, int sys_errno, const char *space_hint,
                         const char *rights_hint, const char *format, va_list args)
{
    g_autofree char *message = g_strdup_vprintf(format, args);
    const char *hint = NULL;
    int code = SBX_E_SYSTEM;

    switch (sys_errno) {
    case ENOSPC:
    case EDQUOT:
        code = SBX_E_NO_SPACE;
        hint = space_hint;
        break;
    case EACCES:
    case EPERM:
    case EROFS:
        code = SBX_E_DENIED;
        hint = rights_hint;
        break;
    default:
        break;
    }
    sbx_fault_set(error, code, sys_errno, hint, "%s: %s", message, g_strerror(sys_errno));
}

void sbx_fault_add_cause(GError *fault, const char *cause)
{
    SbxFaultPrivate *private;

    if (!g_error_matches(fault, SBX_FAULT, fault->code))
        return;
    private = sbx_fault_get_private(fault);
    if (private->cause == NULL)
        private->cause = g_strdup(cause);
}

int sbx_fault_code(const GError *error)
{
    return error->domain == SBX_FAULT ? error->code : SBX_E_SYSTEM;
}

int sbx_fault_errno(const GError *error)
{
    return error->domain == SBX_FAULT ? sbx_fault_get_private(error)->sys_errno : 0;
}

const char *sbx_fault_hint(const GError *error)
{
    return error->domain == SBX_FAULT ? sbx_fault_get_private(error)->hint : NULL;
}

const char *sbx_fault_cause(const GError *error)
{
    return error->domain == SBX_FAULT ? sbx_fault_get_private(error)->cause : NULL;
}

const char *sbx_fault_code_name(int code)
{
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (names[i].code == code)
            return names[i].name;
    return "SBX_E_UNKNOWN";
}

int sbx_fault_code_from_name(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_strcmp0(names[i].name, name) == 0)
            return names[i].code;
    return 0;
}

JsonObject *sbx_fault_to_json(const GError *error)
{
    JsonObject *object = json_object_new();
    JsonObject *data = json_object_new();

    json_object_set_int_member(object, "code", sbx_fault_code(error));
    sbx_json_set_text(object, "message", error->message);
    if (sbx_fault_errno(error) != 0)
        json_object_set_int_member(data, "errno", sbx_fault_errno(error));
    if (sbx_fault_hint(error) != NULL)
        sbx_json_set_text(data, "hint", sbx_fault_hint(error));
    if (sbx_fault_cause(error) != NULL)
        sbx_json_set_text(data, "cause", sbx_fault_cause(error));
    json_object_set_object_member(object, "data", data);
    return object;
}

GError *sbx_fault_from_json(JsonObject *object)
{
    gint64 code = sbx_json_get_int(object, "code", 0);
    JsonObject *data = sbx_json_get_object(object, "data");
    const char *message = sbx_json_get_string(object, "message");

    if (code >= 0 || code < G_MININT)
        code = SBX_E_PROTOCOL;
    return sbx_fault_new((int)code, data != NULL ? (int)sbx_json_get_int(data, "errno", 0) : 0,
                         data != NULL ? sbx_json_get_string(data, "hint") : NULL,
                         data != NULL ? sbx_json_get_string(data, "cause") : NULL, "%s",
                         message != NULL ? message : "unknown error");
}
