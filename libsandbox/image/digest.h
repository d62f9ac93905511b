/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SHA-256 of bytes and of files, as 64 lower-case hexadecimal digits.
 */
#ifndef SBX_IMAGE_DIGEST_H
#define SBX_IMAGE_DIGEST_H

#include <glib.h>

#define SBX_DIGEST_SIZE 65 /* 64 digits and a NUL */

/* Called between blocks with the bytes read so far; FALSE ends the work as cancelled. */
typedef gboolean (*SbxDigestStep)(gpointer data, guint64 done);

gboolean sbx_digest_bytes(const void *bytes, gsize length, char hex[SBX_DIGEST_SIZE],
                          GError **error);

/* Reads @fd from its beginning to its end; @path is for messages, @step may be NULL. */
gboolean sbx_digest_fd(int fd, const char *path, SbxDigestStep step, gpointer data,
                       char hex[SBX_DIGEST_SIZE], GError **error);

/* For sparse files: of (offset, data) of every aligned block of 64 KiB that is not all zeros, the
 * offset as 8 bytes, big-endian. Holes cost nothing, and a hole and zeros are the same; the file's size
 * is not part of it. */
gboolean sbx_digest_sparse_fd(int fd, const char *path, char hex[SBX_DIGEST_SIZE], GError **error);

#endif
