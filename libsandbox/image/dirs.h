/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where images live, for this user and this environment.
 */
#ifndef SBX_IMAGE_DIRS_H
#define SBX_IMAGE_DIRS_H

#include <glib.h>

typedef struct {
    char *own;      /* this user's images; made by the first build */
    char *fallback; /* root's images, searched after our own; NULL for root */
    char *cache;    /* stamps of images in a directory that we cannot write */
} SbxImageDirs;

/* Root: /var/lib/libsandbox. Others: $XDG_DATA_HOME/libsandbox, then root's. With
 * LIBSANDBOX_DATA_DIR (an absolute path): that directory only. */
SbxImageDirs *sbx_image_dirs_new(GError **error);
void sbx_image_dirs_free(SbxImageDirs *dirs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SbxImageDirs, sbx_image_dirs_free)

#endif
