/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the image files share: see failure.h.
 */
#include "image/failure.h"

#include <errno.h>

static int code_for_errno(int sys_errno, const char **hint)
{
    *hint = NULL;
    switch (sys_errno) {
    case ENOSPC:
    case EDQUOT:
        *hint = "free some space on that file system, or set XDG_DATA_HOME to a larger one";
        return SBX_E_NO_SPACE;
    case EACCES:
    case EPERM:
    case EROFS:
        *hint = "check the owner and the permissions of that path";
        return SBX_E_DENIED;
    default:
        return SBX_E_SYSTEM;
    }
}

void sbx_image_set_errno(GError **error, int sys_errno, const char *format, ...)
{
    g_autofree char *message = NULL;
    const char *hint;
    int code = code_for_errno(sys_errno, &hint);
    va_list args;

    va_start(args, format);
    message = g_strdup_vprintf(format, args);
    va_end(args);
    sbx_fault_set(error, code, sys_errno, hint, "%s: %s", message, g_strerror(sys_errno));
}

gboolean sbx_image_set_damaged(GError **error, const char *format, ...)
{
    g_autofree char *what = NULL;
    va_list args;

    va_start(args, format);
    what = g_strdup_vprintf(format, args);
    va_end(args);
    sbx_fault_set(error, SBX_E_IMAGE, 0,
                  "build a new version (sbx image build --force), then remove the damaged one",
                  "the image is damaged: %s", what);
    return FALSE;
}

gboolean sbx_write_all(int fd, const void *data, gsize length)
{
    const char *next = data;

    while (length > 0) {
        ssize_t n = write(fd, next, length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return FALSE;
        next += n;
        length -= (gsize)n;
    }
    return TRUE;
}
