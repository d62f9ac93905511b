/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The manifest of an image version: what its files must be. Written by build-image.
 */
#ifndef SBX_IMAGE_MANIFEST_H
#define SBX_IMAGE_MANIFEST_H

#include <glib.h>

#include "image/digest.h"

#define SBX_IMAGE_MANIFEST "manifest.json"

enum { SBX_IMAGE_ROOTFS, SBX_IMAGE_VMLINUX, SBX_IMAGE_MODULES, SBX_IMAGE_N_FILES };

extern const char *const sbx_image_file_names[SBX_IMAGE_N_FILES];

typedef struct {
    guint64 size;
    char sha256[SBX_DIGEST_SIZE];
} SbxImageFile;

typedef struct {
    char *name;
    char *suite;
    char *architecture;
    char *kernel_release;
    char *deno; /* its version, or NULL */
    gint64 created_ms;
    SbxImageFile files[SBX_IMAGE_N_FILES];
    char sha256[SBX_DIGEST_SIZE]; /* of the manifest itself */
} SbxImageManifest;

/* Reads and checks it; anything unexpected is SBX_E_IMAGE. @path is for messages. */
SbxImageManifest *sbx_image_manifest_read(int fd, const char *path, GError **error);
void sbx_image_manifest_free(SbxImageManifest *manifest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SbxImageManifest, sbx_image_manifest_free)

#endif
