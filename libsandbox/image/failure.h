/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the image files share: errors from errno, complete writes, and the hint for damaged images.
 * All errors are of the SBX_FAULT domain (wire/fault.h), their codes are the public SBX_E_ numbers.
 */
#ifndef SBX_IMAGE_FAILURE_H
#define SBX_IMAGE_FAILURE_H

#include <glib.h>
#include <sandbox/error.h>

#include "wire/fault.h"
#include "wire/fd.h"

/* A failed system call: the code follows from @sys_errno, whose text is appended to the message. */
void sbx_image_set_errno(GError **error, int sys_errno, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* SBX_E_IMAGE, "The image is damaged: " and what differs, with the hint. Returns FALSE. */
gboolean sbx_image_set_damaged(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Writes all of it; FALSE with errno set otherwise. */
gboolean sbx_write_all(int fd, const void *data, gsize length);

#endif
