/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the store's files share.
 */
#ifndef SBX_IMAGE_STORE_PRIVATE_H
#define SBX_IMAGE_STORE_PRIVATE_H

#include "image/store.h"

/* Takes F_RDLCK or F_WRLCK at once; -1 with errno EAGAIN when another holds it. */
int sbx_image_lock(int fd, short type);

/* Whether anyone else holds either lock. Takes none, needs no write permission. */
gboolean sbx_image_is_locked(int fd);

/* Name in the cache of the stamp of a version that could not be stamped in place. */
char *sbx_image_stamp_name(const char *slug, const char *version);

void sbx_image_set_not_found(const SbxImageDirs *dirs, const SbxImageName *name, GError **error);

#endif
