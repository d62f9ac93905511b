/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compares the files of an image version with its manifest.
 */
#ifndef SBX_IMAGE_CHECK_H
#define SBX_IMAGE_CHECK_H

#include <glib.h>

#include "image/manifest.h"
#include "image/progress.h"

typedef struct {
    const SbxImageManifest *manifest;
    const char *dir;         /* of the version */
    const char *cache_dir;   /* where stamps go when @dir cannot be written */
    const char *cache_name;  /* name of this version's stamp there */
    gboolean full;           /* read the root file system whatever its stamp says */
    SbxImageProgress progress; /* may be NULL */
    gpointer data;
} SbxImageCheck;

gboolean sbx_image_check(const SbxImageCheck *check, GError **error);

/* Records that the files in @dir, about to be published, have the manifest's checksums. */
gboolean sbx_image_stamp_write(const SbxImageManifest *manifest, const char *dir, GError **error);

#endif
