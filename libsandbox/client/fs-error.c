/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors of file calls: what the guest's errno means, and what to do about it. */
#include <errno.h>
#include <string.h>

#include "client/fs-worker.h"

#define SHOWN_MAX 300 /* bytes of a path in a message */

static const struct {
    int sys_errno;
    int code;
    const char *hint;
    const char *operation; /* whose hint it is; NULL: everybody's */
} meanings[] = {
    {ENOENT, SBX_E_NOT_FOUND, NULL},
    {EEXIST, SBX_E_EXISTS, NULL},
    {EACCES, SBX_E_DENIED, "sbx_fs_options_set_user() chooses a user who may, for example root"},
    {EPERM, SBX_E_DENIED, "sbx_fs_options_set_user() chooses a user who may, for example root"},
    {EROFS, SBX_E_DENIED, NULL},
    {ENOSPC, SBX_E_NO_SPACE, "remove something there, or make the sandbox with a larger disk"},
    {EDQUOT, SBX_E_NO_SPACE, NULL},
    {EBUSY, SBX_E_BUSY, NULL},
    {EAGAIN, SBX_E_BUSY, "somebody else holds the lock"},
    {ETXTBSY, SBX_E_BUSY, "it is a program that runs"},
    {EFBIG, SBX_E_TOO_BIG, "sbx_fs_read_to_fd() and sbx_file_read() read files of any size",
     "sbx_fs_read_file"},
    {EINVAL, SBX_E_INVALID, NULL},
    {ENAMETOOLONG, SBX_E_INVALID, NULL},
    {ENOTEMPTY, SBX_E_FILE, "SBX_FS_RECURSIVE removes what is in it, too", "sbx_fs_remove"},
    {EXDEV, SBX_E_FILE, "it is another file system: copy the file and remove the old one"},
    {ELOOP, SBX_E_FILE, "symbolic links lead in a circle there"},
};

char *sbx_fs_show(const char *path)
{
    g_autofree char *valid = g_utf8_make_valid(path, (gssize)strnlen(path, SHOWN_MAX));
    GString *shown = g_string_new(NULL);

    for (const char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);

        if (g_unichar_iscntrl(c) || g_unichar_type(c) == G_UNICODE_FORMAT)
            g_string_append_printf(shown, "\\x%02x", c);
        else
            g_string_append_unichar(shown, c);
    }
    if (strlen(path) > SHOWN_MAX)
        g_string_append(shown, "...");
    return g_string_free(shown, FALSE);
}

int sbx_fs_failed(const SbxFsCall *call, int sys_errno, const char *path)
{
    g_autofree char *shown = sbx_fs_show(call->path);
    g_autofree char *to = call->to != NULL ? sbx_fs_show(call->to) : NULL;
    g_autofree char *about = path != NULL ? sbx_fs_show(path) : NULL;
    const char *hint = NULL;
    int code = SBX_E_FILE;

    for (size_t i = 0; i < G_N_ELEMENTS(meanings); i++)
        if (meanings[i].sys_errno == sys_errno) {
            code = meanings[i].code;
            if (meanings[i].operation == NULL ||
                strcmp(meanings[i].operation, call->operation) == 0)
                hint = meanings[i].hint;
        }
    return sbx_fail(call->error, code, sys_errno, call->operation, hint,
                    "cannot %s \"%s\"%s%s%s in the sandbox %s: %s%s%s%s", call->verb, shown,
                    to != NULL ? " to \"" : "", to != NULL ? to : "", to != NULL ? "\"" : "",
                    call->sandbox->id, about != NULL ? "\"" : "", about != NULL ? about : "",
                    about != NULL ? "\": " : "", g_strerror(sys_errno));
}

int sbx_fs_wait_failed(const SbxFsCall *call, int result)
{
    if (result == -ECANCELED)
        return sbx_fail(call->error, SBX_E_CANCELLED, 0, call->operation, NULL,
                        "the call was cancelled");
    return sbx_fail(call->error, SBX_E_SYSTEM, -result, call->operation, NULL, "cannot wait: %s",
                    g_strerror(-result));
}

int sbx_fs_fail_with(const SbxFsCall *call, sbx_error *reason)
{
    int code = sbx_fail_cause(call->error, sbx_error_code(reason), sbx_error_errno(reason),
                              call->operation, sbx_error_hint(reason), sbx_error_cause(reason),
                              sbx_error_message(reason));

    sbx_error_free(reason);
    return code;
}

int sbx_fs_fail_again(const sbx_error *failure, sbx_error **error)
{
    return sbx_fail_cause(error, sbx_error_code(failure), sbx_error_errno(failure),
                          sbx_error_operation(failure), sbx_error_hint(failure),
                          sbx_error_cause(failure), sbx_error_message(failure));
}

int sbx_fs_nonsense(const SbxFsCall *call, SbxFsWorker *worker)
{
    worker->broken = TRUE;
    return sbx_fail(
        call->error, SBX_E_PROTOCOL, EBADMSG, call->operation, "the next call starts another one",
        "the file helper in the sandbox %s talks nonsense; it was let go", call->sandbox->id);
}

int sbx_fs_out_of_memory(const SbxFsCall *call)
{
    return sbx_fail(call->error, SBX_E_NO_MEMORY, ENOMEM, call->operation, NULL, "out of memory");
}
