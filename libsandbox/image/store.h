/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The image store: finding, listing, verifying and removing image versions.
 *
 * Layout: images/SLUG/VERSION/{rootfs.ext4,vmlinux,modules.cpio,manifest.json}. A version is made
 * elsewhere and renamed into place, so it is there whole or not at all; the greatest version is the
 * newest. A found image holds a read lock on its manifest, and removal needs the write lock.
 */
#ifndef SBX_IMAGE_STORE_H
#define SBX_IMAGE_STORE_H

#include <glib.h>

#include "image/dirs.h"
#include "image/name.h"
#include "image/progress.h"

/* An image version in use; cannot be removed until the last reference is gone. */
typedef struct {
    char *name;
    char *version;
    char *dir;
    char *rootfs;  /* paths of the files */
    char *vmlinux;
    char *modules;
    char *kernel_release;
    gint64 created_ms;
    int lock_fd;
} SbxImage;

SbxImage *sbx_image_ref(SbxImage *image);
void sbx_image_unref(SbxImage *image);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SbxImage, sbx_image_unref)

/* Finds "NAME" (its newest version) or "NAME@VERSION", checks it and locks it against removal.
 * Errors: SBX_E_INVALID, SBX_E_NOT_FOUND, SBX_E_IMAGE (damaged; message and hint say what). */
SbxImage *sbx_image_store_find(const char *name, GError **error);

/* The same in given directories. */
SbxImage *sbx_image_store_find_in(const SbxImageDirs *dirs, const SbxImageName *name,
                                  GError **error);

/* The same, reading every byte. */
SbxImage *sbx_image_store_verify(const SbxImageDirs *dirs, const SbxImageName *name,
                                 SbxImageProgress progress, gpointer data, GError **error);

/* One line of a listing. */
typedef struct {
    char *name;
    char *version;
    char *dir;
    char *kernel_release; /* NULL when the manifest cannot be read: damaged, but removable */
    gint64 created_ms;
    guint64 disk_size;
    gboolean in_use;
} SbxImageEntry;

/* SbxImageEntry*, by name, newest first within a name. Our own hide root's of the same name and
 * version. */
GPtrArray *sbx_image_store_list(const SbxImageDirs *dirs, GError **error);

/* Removes one version, or all of a name; none when one of them is in use (SBX_E_BUSY). Returns how
 * many, or -1. */
int sbx_image_store_remove(const SbxImageDirs *dirs, const SbxImageName *name, GError **error);

/* Versions of a name in an images directory, newest first; empty when there is none. */
GPtrArray *sbx_image_store_versions(const char *images, const SbxImageName *name, GError **error);

#endif
