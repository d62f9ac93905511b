/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of images: "NAME" or "NAME@VERSION", and the directory name ("slug") that stands for NAME.
 */
#ifndef SBX_IMAGE_NAME_H
#define SBX_IMAGE_NAME_H

#include <glib.h>

#define SBX_IMAGE_NAME_MAX 128

typedef struct {
    char *name;    /* "builtin:debian-13" */
    char *version; /* "20261121T221500Z-1a2b3c4d", or NULL */
    char *slug;    /* "builtin+debian-13": one path component, never hidden, one per name */
} SbxImageName;

SbxImageName *sbx_image_parse_name(const char *text, GError **error);
void sbx_image_name_free(SbxImageName *name);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SbxImageName, sbx_image_name_free)

/* The name that a directory stands for, or NULL when it is none of ours. */
char *sbx_image_name_from_slug(const char *slug);

/* YYYYMMDDTHHMMSSZ-xxxxxxxx: the UTC time of publication, eight digits of the manifest's hash. */
gboolean sbx_image_version_is_valid(const char *version);

#endif
