/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the image files share: see failure.h.
 */
#include "image/failure.h"

#include <errno.h>

void sbx_image_set_errno(GError **error, int sys_errno, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    sbx_fault_set_errno(error, sys_errno,
                        "free some space on that file system, or set XDG_DATA_HOME to a larger one",
                        "check the owner and the permissions of that path", format, args);
    va_end(args);
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
