/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Console: what a guest wrote to its serial port. See include/sandbox/console.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/private.h"

static int copy_out(const char *text, char **data, size_t *length, const char *operation,
                    sbx_error **error)
{
    gsize size = 0;
    g_autofree guchar *bytes = text != NULL ? g_base64_decode(text, &size) : NULL;
    char *copy = malloc(size + 1); /* for sbx_free() */

    if (copy == NULL)
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, operation, NULL, "out of memory");
    if (size > 0)
        memcpy(copy, bytes, size);
    copy[size] = '\0';
    *data = copy;
    if (length != NULL)
        *length = size;
    return SBX_OK;
}

int sbx_console_read(const char *id, char **data, size_t *length, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    sbx_error *reason = NULL;
    JsonObject *params;
    int code;

    if (id == NULL || !sbx_id_ok(id) || data == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__,
                        "ids look like sbx_loc_ and 20 letters or digits",
                        "\"%.64s\" is not a sandbox id, or data is NULL",
                        id != NULL ? id : "(null)");
    params = json_object_new();
    json_object_set_string_member(params, "id", id);
    code = sbx_call(0, "sandbox.console", params, NULL, 0, &reply, __func__, &reason);
    if (reason != NULL)
        return sbx_fail_with(error, reason);
    if (code == SBX_E_NOT_FOUND) /* there is no keeper */
        return sbx_fail(error, SBX_E_NOT_FOUND, 0, __func__, "`sbx list` shows the running ones",
                        "there is no sandbox %s", id);
    return copy_out(sbx_json_get_string(reply.result, "data"), data, length, __func__, error);
}
