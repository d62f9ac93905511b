/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The image store: removal. All versions are locked first, then each is renamed out of sight, which
 * is the moment of its removal, and its files are deleted. What a crash leaves of the latter is
 * swept by the next build or removal.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "image/failure.h"
#include "image/manifest.h"
#include "image/store-private.h"
#include "image/sweep.h"
#include "image/tree.h"

typedef struct {
    const SbxImageDirs *dirs;
    const SbxImageName *name;
    GPtrArray *versions;
    GArray *locks; /* int */
} Removal;

static void close_lock(gpointer data)
{
    sbx_fd_clear(data);
}

/* Locks one version, unless it has no manifest and so cannot be in use. */
static gboolean lock_version(Removal *removal, const char *version, GError **error)
{
    g_autofree char *path = g_build_filename(removal->dirs->own, removal->name->slug, version,
                                             SBX_IMAGE_MANIFEST, NULL);
    g_auto(fd_t) fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0 && (errno == ENOENT || errno == ELOOP || errno == EISDIR))
        return TRUE;
    if (fd < 0) {
        sbx_image_set_errno(error, errno, "cannot open %s", path);
        return FALSE;
    }
    if (sbx_image_lock(fd, F_WRLCK) < 0) {
        sbx_fault_set(error, SBX_E_BUSY, 0, "end the sandboxes that run on it, then try again",
                      "the image %s@%s is in use", removal->name->name, version);
        return FALSE;
    }
    g_array_append_val(removal->locks, fd);
    fd = -1;
    return TRUE;
}

static gboolean remove_version(const Removal *removal, const char *version, GError **error)
{
    const char *own = removal->dirs->own;
    g_autofree char *path = g_build_filename(own, removal->name->slug, version, NULL);
    g_autofree char *hidden = g_build_filename(own, SBX_REMOVED_PREFIX "XXXXXX", NULL);
    g_autofree char *stamp = sbx_image_stamp_name(removal->name->slug, version);
    g_autofree char *cached = g_build_filename(removal->dirs->cache, stamp, NULL);

    G_GNUC_UNUSED g_auto(fd_t) lock = sbx_image_lock_dir(path);

    unlink(cached);
    /* A directory replaces an empty one. */
    if (!g_mkdtemp(hidden) || rename(path, hidden) < 0) {
        sbx_image_set_errno(error, errno, "cannot remove %s", path);
        rmdir(hidden);
        return FALSE;
    }
    return sbx_tree_remove(hidden, error);
}

/* Nothing in our own directory: tell the two reasons apart. */
static int nothing_to_remove(const Removal *removal, GError **error)
{
    g_autoptr(GPtrArray) others = NULL;

    if (removal->dirs->fallback)
        others = sbx_image_store_versions(removal->dirs->fallback, removal->name, NULL);
    if (others && others->len > 0)
        sbx_fault_set(error, SBX_E_DENIED, 0, "remove it as root",
                      "the image %s belongs to root (%s)", removal->name->name,
                      removal->dirs->fallback);
    else
        sbx_image_set_not_found(removal->dirs, removal->name, error);
    return -1;
}

int sbx_image_store_remove(const SbxImageDirs *dirs, const SbxImageName *name, GError **error)
{
    g_autoptr(GPtrArray) versions = sbx_image_store_versions(dirs->own, name, error);
    g_autoptr(GArray) locks = g_array_new(FALSE, FALSE, sizeof(int));
    Removal removal = {dirs, name, versions, locks};

    if (!versions)
        return -1;
    if (versions->len == 0)
        return nothing_to_remove(&removal, error);
    g_array_set_clear_func(locks, close_lock);
    for (guint i = 0; i < versions->len; i++) {
        if (!lock_version(&removal, versions->pdata[i], error))
            return -1;
    }
    for (guint i = 0; i < versions->len; i++) {
        if (!remove_version(&removal, versions->pdata[i], error))
            return -1;
    }
    sbx_image_sweep(dirs->own);
    return (int)versions->len;
}
