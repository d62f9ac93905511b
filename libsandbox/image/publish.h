/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Publication: a finished build becomes a version.
 */
#ifndef SBX_IMAGE_PUBLISH_H
#define SBX_IMAGE_PUBLISH_H

#include "image/dirs.h"
#include "image/name.h"

/* Checks what the script left in @output, makes it durable and renames it into place. The caller
 * holds the image's build lock. Returns the version. */
char *sbx_image_publish(const SbxImageDirs *dirs, const SbxImageName *name, const char *output,
                        GError **error);

#endif
