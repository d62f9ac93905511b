/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The image store: the listing. Reads manifests only; a damaged version is listed too, so that it
 * can be seen and removed.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "image/failure.h"
#include "image/manifest.h"
#include "image/store-private.h"

enum { STAT_BLOCK = 512, VERSION_TIME_LENGTH = 16 };

static void entry_free(gpointer data)
{
    SbxImageEntry *entry = data;

    g_free(entry->name);
    g_free(entry->version);
    g_free(entry->dir);
    g_free(entry->kernel_release);
    g_free(entry);
}

static guint64 disk_size_of(const char *dir)
{
    guint64 size = 0;

    for (int i = 0; i < SBX_IMAGE_N_FILES; i++) {
        g_autofree char *path = g_build_filename(dir, sbx_image_file_names[i], NULL);
        struct stat st;

        if (lstat(path, &st) == 0)
            size += (guint64)st.st_blocks * STAT_BLOCK;
    }
    return size;
}

/* For a version whose manifest does not say. */
static gint64 created_from_version(const char *version)
{
    g_autofree char *text = g_strndup(version, VERSION_TIME_LENGTH);
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, NULL);

    return time ? g_date_time_to_unix(time) * 1000 : 0;
}

/* NULL when the version has just been removed. */
static SbxImageEntry *entry_new(const char *images, const SbxImageName *name, const char *version)
{
    g_autofree char *dir = g_build_filename(images, name->slug, version, NULL);
    g_autofree char *path = g_build_filename(dir, SBX_IMAGE_MANIFEST, NULL);
    g_auto(fd_t) fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    g_autoptr(SbxImageManifest) manifest =
        fd >= 0 ? sbx_image_manifest_read(fd, path, NULL) : NULL;
    SbxImageEntry *entry;

    if (fd < 0 && !g_file_test(dir, G_FILE_TEST_IS_DIR))
        return NULL;
    entry = g_new0(SbxImageEntry, 1);
    entry->name = g_strdup(name->name);
    entry->version = g_strdup(version);
    entry->kernel_release = manifest ? g_strdup(manifest->kernel_release) : NULL;
    entry->created_ms = manifest ? manifest->created_ms : created_from_version(version);
    entry->disk_size = disk_size_of(dir);
    entry->in_use = fd >= 0 && sbx_image_is_locked(fd);
    entry->dir = g_steal_pointer(&dir);
    return entry;
}

static gboolean add_versions(const char *images, const SbxImageName *name, GPtrArray *entries,
                             GError **error)
{
    g_autoptr(GPtrArray) versions = sbx_image_store_versions(images, name, error);

    for (guint i = 0; versions && i < versions->len; i++) {
        SbxImageEntry *entry = entry_new(images, name, versions->pdata[i]);

        if (entry)
            g_ptr_array_add(entries, entry);
    }
    return versions != NULL;
}

static gboolean add_dir(const char *images, GPtrArray *entries, GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autoptr(GDir) dir = g_dir_open(images, 0, &reason);
    const char *slug;

    if (!dir) {
        if (g_error_matches(reason, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            return TRUE;
        sbx_image_set_errno(error, errno, "cannot list %s", images);
        return FALSE;
    }
    while ((slug = g_dir_read_name(dir))) {
        g_autofree char *text = sbx_image_name_from_slug(slug);
        g_autoptr(SbxImageName) name = text ? sbx_image_parse_name(text, NULL) : NULL;

        if (name && !add_versions(images, name, entries, error))
            return FALSE;
    }
    return TRUE;
}

static int by_name_newest_first(gconstpointer a, gconstpointer b)
{
    const SbxImageEntry *one = *(SbxImageEntry *const *)a;
    const SbxImageEntry *two = *(SbxImageEntry *const *)b;
    int order = strcmp(one->name, two->name);

    return order != 0 ? order : strcmp(two->version, one->version);
}

static gboolean same_version(gconstpointer a, gconstpointer b)
{
    const SbxImageEntry *one = a;
    const SbxImageEntry *two = b;

    return g_str_equal(one->name, two->name) && g_str_equal(one->version, two->version);
}

GPtrArray *sbx_image_store_list(const SbxImageDirs *dirs, GError **error)
{
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(entry_free);
    g_autoptr(GPtrArray) others = g_ptr_array_new_with_free_func(entry_free);

    if (!add_dir(dirs->own, entries, error) ||
        (dirs->fallback && !add_dir(dirs->fallback, others, error)))
        return NULL;
    while (others->len > 0) {
        SbxImageEntry *entry = g_ptr_array_steal_index_fast(others, others->len - 1);

        if (g_ptr_array_find_with_equal_func(entries, entry, same_version, NULL))
            entry_free(entry);
        else
            g_ptr_array_add(entries, entry);
    }
    g_ptr_array_sort(entries, by_name_newest_first);
    return g_steal_pointer(&entries);
}
