/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The image store: finding and verifying a version, and the lock that keeps it.
 *
 * The lock is an open-file-description lock, not a flock: its write side needs write permission, so
 * nobody can block root's images for others, and it can be queried without being taken. A version
 * may vanish between the listing and the lock; then the search starts again.
 */
#include "image/store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "image/check.h"
#include "image/failure.h"
#include "image/store-private.h"

/* Every further attempt means that another version was removed meanwhile. */
enum { SEARCH_ATTEMPTS = 16 };

typedef enum { LOAD_OK, LOAD_VANISHED, LOAD_FAILED } LoadResult;

typedef struct {
    const SbxImageDirs *dirs;
    const SbxImageName *name;
    gboolean full;
    SbxImageProgress progress;
    gpointer data;
} Search;

int sbx_image_lock(int fd, short type)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET};

    return fcntl(fd, F_OFD_SETLK, &lock);
}

gboolean sbx_image_is_locked(int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

static int newest_first(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)b, *(const char *const *)a);
}

GPtrArray *sbx_image_store_versions(const char *images, const SbxImageName *name, GError **error)
{
    g_autoptr(GPtrArray) versions = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *path = g_build_filename(images, name->slug, NULL);
    g_autoptr(GError) reason = NULL;
    g_autoptr(GDir) dir = g_dir_open(path, 0, &reason);
    const char *entry;

    if (!dir && !g_error_matches(reason, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
        sbx_image_set_errno(error, errno, "cannot list %s", path);
        return NULL;
    }
    while (dir && (entry = g_dir_read_name(dir))) {
        if (sbx_image_version_is_valid(entry) &&
            (!name->version || g_str_equal(entry, name->version)))
            g_ptr_array_add(versions, g_strdup(entry));
    }
    g_ptr_array_sort(versions, newest_first);
    return g_steal_pointer(&versions);
}

/* Whether @path still leads to what @fd is open on. */
static gboolean is_still(const char *path, int fd)
{
    struct stat by_path, by_fd;

    return stat(path, &by_path) == 0 && fstat(fd, &by_fd) == 0 && by_path.st_dev == by_fd.st_dev &&
           by_path.st_ino == by_fd.st_ino;
}

static LoadResult open_locked(const char *dir, const char *path, int *out, GError **error)
{
    g_auto(fd_t) fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0 && errno == ENOENT) {
        if (!g_file_test(dir, G_FILE_TEST_IS_DIR))
            return LOAD_VANISHED;
        sbx_image_set_damaged(error, "%s is missing", path);
        return LOAD_FAILED;
    }
    if (fd < 0) {
        sbx_image_set_errno(error, errno, "cannot open %s", path);
        return LOAD_FAILED;
    }
    if (sbx_image_lock(fd, F_RDLCK) < 0) {
        if (errno == EAGAIN || errno == EACCES)
            return LOAD_VANISHED;
        sbx_image_set_errno(error, errno, "cannot lock %s", path);
        return LOAD_FAILED;
    }
    if (!is_still(path, fd))
        return LOAD_VANISHED;
    *out = sbx_fd_steal(&fd);
    return LOAD_OK;
}

/* The version ends with the start of its manifest's checksum. */
static gboolean check_manifest(const SbxImageManifest *manifest, const SbxImageName *name,
                               const char *version, const char *path, GError **error)
{
    const char *hash = strrchr(version, '-') + 1;

    if (!g_str_has_prefix(manifest->sha256, hash))
        return sbx_image_set_damaged(error, "%s was changed after it was published", path);
    if (!g_str_equal(manifest->name, name->name))
        return sbx_image_set_damaged(error, "%s is of another image, %s", path, manifest->name);
    return TRUE;
}

static void fill(SbxImage *image, const SbxImageManifest *manifest, const char *version)
{
    image->name = g_strdup(manifest->name);
    image->version = g_strdup(version);
    image->kernel_release = g_strdup(manifest->kernel_release);
    image->created_ms = manifest->created_ms;
    image->rootfs =
        g_build_filename(image->dir, sbx_image_file_names[SBX_IMAGE_ROOTFS], NULL);
    image->vmlinux =
        g_build_filename(image->dir, sbx_image_file_names[SBX_IMAGE_VMLINUX], NULL);
    image->modules =
        g_build_filename(image->dir, sbx_image_file_names[SBX_IMAGE_MODULES], NULL);
}

char *sbx_image_stamp_name(const char *slug, const char *version)
{
    return g_strdup_printf("verified-%s@%s", slug, version);
}

static gboolean check_files(const Search *search, const SbxImageManifest *manifest,
                            const char *dir, const char *version, GError **error)
{
    g_autofree char *stamp = sbx_image_stamp_name(search->name->slug, version);
    SbxImageCheck check = {
        .manifest = manifest,
        .dir = dir,
        .cache_dir = search->dirs->cache,
        .cache_name = stamp,
        .full = search->full,
        .progress = search->progress,
        .data = search->data,
    };

    return sbx_image_check(&check, error);
}

static SbxImage *image_new(const char *dir)
{
    SbxImage *image = g_atomic_rc_box_new0(SbxImage);

    image->dir = g_strdup(dir);
    image->lock_fd = -1;
    return image;
}

static LoadResult load(const Search *search, const char *images, const char *version,
                       SbxImage **out, GError **error)
{
    g_autofree char *dir = g_build_filename(images, search->name->slug, version, NULL);
    g_autofree char *path = g_build_filename(dir, SBX_IMAGE_MANIFEST, NULL);
    g_autoptr(SbxImage) image = image_new(dir);
    g_autoptr(SbxImageManifest) manifest = NULL;
    LoadResult result = open_locked(dir, path, &image->lock_fd, error);

    if (result != LOAD_OK)
        return result;
    manifest = sbx_image_manifest_read(image->lock_fd, path, error);
    if (!manifest || !check_manifest(manifest, search->name, version, path, error) ||
        !check_files(search, manifest, dir, version, error))
        return LOAD_FAILED;
    fill(image, manifest, version);
    *out = g_steal_pointer(&image);
    return LOAD_OK;
}

/* The newest version in one images directory. LOAD_OK without an image: there is none. */
static LoadResult search_dir(const Search *search, const char *images, SbxImage **out,
                             GError **error)
{
    g_autoptr(GPtrArray) versions = sbx_image_store_versions(images, search->name, error);

    if (!versions)
        return LOAD_FAILED;
    return versions->len > 0 ? load(search, images, versions->pdata[0], out, error) : LOAD_OK;
}

static LoadResult search_once(const Search *search, SbxImage **out, GError **error)
{
    const char *const places[] = {search->dirs->own, search->dirs->fallback};
    LoadResult result = LOAD_OK;

    for (gsize i = 0; i < G_N_ELEMENTS(places) && result == LOAD_OK && !*out; i++) {
        if (places[i])
            result = search_dir(search, places[i], out, error);
    }
    return result;
}

static SbxImage *search_store(const Search *search, GError **error)
{
    SbxImage *image = NULL;
    LoadResult result = LOAD_VANISHED;

    for (int i = 0; i < SEARCH_ATTEMPTS && result == LOAD_VANISHED; i++)
        result = search_once(search, &image, error);
    if (result == LOAD_VANISHED)
        sbx_fault_set(error, SBX_E_BUSY, 0, "try again when that is done",
                      "the image %s is being removed", search->name->name);
    else if (result == LOAD_OK && !image)
        sbx_image_set_not_found(search->dirs, search->name, error);
    return image;
}

void sbx_image_set_not_found(const SbxImageDirs *dirs, const SbxImageName *name, GError **error)
{
    sbx_fault_set(error, SBX_E_NOT_FOUND, 0,
                  name->version ? "list what is there with: sbx image list"
                                : "build it with: sbx image build",
                  "there is no image %s%s%s in %s", name->name, name->version ? "@" : "",
                  name->version ? name->version : "", dirs->own);
}

SbxImage *sbx_image_store_find_in(const SbxImageDirs *dirs, const SbxImageName *name,
                                  GError **error)
{
    const Search search = {.dirs = dirs, .name = name};

    return search_store(&search, error);
}

SbxImage *sbx_image_store_find(const char *name, GError **error)
{
    g_autoptr(SbxImageName) parsed = sbx_image_parse_name(name, error);
    g_autoptr(SbxImageDirs) dirs = parsed ? sbx_image_dirs_new(error) : NULL;

    return dirs ? sbx_image_store_find_in(dirs, parsed, error) : NULL;
}

SbxImage *sbx_image_store_verify(const SbxImageDirs *dirs, const SbxImageName *name,
                                 SbxImageProgress progress, gpointer data, GError **error)
{
    const Search search = {
        .dirs = dirs, .name = name, .full = TRUE, .progress = progress, .data = data};

    return search_store(&search, error);
}

SbxImage *sbx_image_ref(SbxImage *image)
{
    return g_atomic_rc_box_acquire(image);
}

static void image_clear(gpointer data)
{
    SbxImage *image = data;

    g_free(image->name);
    g_free(image->version);
    g_free(image->dir);
    g_free(image->rootfs);
    g_free(image->vmlinux);
    g_free(image->modules);
    g_free(image->kernel_release);
    sbx_fd_clear(&image->lock_fd);
}

void sbx_image_unref(SbxImage *image)
{
    if (image)
        g_atomic_rc_box_release_full(image, image_clear);
}
