/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Publication: a finished build becomes a version.
 *
 * Order matters: the files reach the disk, then the directory with its manifest, then the rename.
 * After a power cut a version is there with all its bytes or not at all.
 */
#include "image/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "image/check.h"
#include "image/failure.h"
#include "image/store.h"
#include "image/tree.h"

enum { VERSION_TIME_LENGTH = 16, VERSION_HASH_LENGTH = 8 };

static gboolean is_expected(const char *name)
{
    for (int i = 0; i < SBX_IMAGE_N_FILES; i++) {
        if (g_str_equal(name, sbx_image_file_names[i]))
            return TRUE;
    }
    return g_str_equal(name, SBX_IMAGE_MANIFEST);
}

/* A version holds its four files and the stamp; whatever else the script left is not published. */
static gboolean remove_others(const char *output, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(output, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(output, name, NULL);

        if (!is_expected(name) && !sbx_tree_remove(path, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean sync_path(const char *path, int flags, mode_t mode, GError **error)
{
    g_auto(fd_t) fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | flags);

    if (fd >= 0 && (mode == 0 || fchmod(fd, mode) == 0) && fsync(fd) == 0)
        return TRUE;
    sbx_image_set_errno(error, errno, "cannot write %s to the disk", path);
    return FALSE;
}

static gboolean sync_files(const char *output, GError **error)
{
    for (int i = 0; i < SBX_IMAGE_N_FILES; i++) {
        g_autofree char *path = g_build_filename(output, sbx_image_file_names[i], NULL);

        if (!sync_path(path, 0, 0644, error))
            return FALSE;
    }
    return TRUE;
}

static SbxImageManifest *read_manifest(const char *output, const SbxImageName *name,
                                       GError **error)
{
    g_autofree char *path = g_build_filename(output, SBX_IMAGE_MANIFEST, NULL);
    g_auto(fd_t) fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    g_autoptr(SbxImageManifest) manifest = NULL;

    if (fd < 0) {
        sbx_image_set_errno(error, errno, "build-image made no usable %s", SBX_IMAGE_MANIFEST);
        return NULL;
    }
    manifest = sbx_image_manifest_read(fd, path, error);
    if (!manifest)
        return NULL;
    if (!g_str_equal(manifest->name, name->name)) {
        sbx_fault_set(error, SBX_E_INTERNAL, 0, NULL, "build-image made %s instead of %s",
                      manifest->name, name->name);
        return NULL;
    }
    return g_steal_pointer(&manifest);
}

/* Now, or a second after the newest version when the clock went backwards: the newest version must
 * have the greatest name. */
static char *next_time(const char *images, const SbxImageName *name)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autoptr(GPtrArray) versions = sbx_image_store_versions(images, name, NULL);
    g_autofree char *text = g_date_time_format(now, "%Y%m%dT%H%M%SZ");
    g_autofree char *newest = NULL;
    g_autoptr(GDateTime) last = NULL;
    g_autoptr(GDateTime) next = NULL;

    if (!versions || versions->len == 0)
        return g_steal_pointer(&text);
    newest = g_strndup(versions->pdata[0], VERSION_TIME_LENGTH);
    last = g_date_time_new_from_iso8601(newest, NULL);
    next = last && strcmp(text, newest) <= 0 ? g_date_time_add_seconds(last, 1) : NULL;
    return next ? g_date_time_format(next, "%Y%m%dT%H%M%SZ") : g_steal_pointer(&text);
}

static gboolean make_durable(const SbxImageManifest *manifest, const char *output, GError **error)
{
    g_autofree char *path = g_build_filename(output, SBX_IMAGE_MANIFEST, NULL);

    return sync_files(output, error) && sync_path(path, 0, 0644, error) &&
           sbx_image_stamp_write(manifest, output, error) &&
           sync_path(output, O_DIRECTORY, 0755, error);
}

static gboolean move_into_place(const char *images, const SbxImageName *name, const char *output,
                                const char *version, GError **error)
{
    g_autofree char *parent = g_build_filename(images, name->slug, NULL);
    g_autofree char *path = g_build_filename(parent, version, NULL);

    if ((mkdir(parent, 0755) < 0 && errno != EEXIST) || rename(output, path) < 0) {
        sbx_image_set_errno(error, errno, "cannot move the new image to %s", path);
        return FALSE;
    }
    return sync_path(parent, O_DIRECTORY, 0, error) && sync_path(images, O_DIRECTORY, 0, error);
}

/* Reads every byte: what is published is what the manifest says, from here on a stamp vouches for it. */
static gboolean check_output(const SbxImageManifest *manifest, const char *output, GError **error)
{
    const SbxImageCheck check = {.manifest = manifest, .dir = output, .full = TRUE};

    return sbx_image_check(&check, error);
}

char *sbx_image_publish(const SbxImageDirs *dirs, const SbxImageName *name, const char *output,
                        GError **error)
{
    g_autoptr(SbxImageManifest) manifest = read_manifest(output, name, error);
    g_autofree char *time = NULL;
    g_autofree char *version = NULL;

    if (!manifest || !remove_others(output, error) || !check_output(manifest, output, error) ||
        !make_durable(manifest, output, error))
        return NULL;
    time = next_time(dirs->own, name);
    version = g_strdup_printf("%s-%.*s", time, VERSION_HASH_LENGTH, manifest->sha256);
    if (!move_into_place(dirs->own, name, output, version, error))
        return NULL;
    return g_steal_pointer(&version);
}
