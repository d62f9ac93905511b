/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compares the files of an image version with its manifest.
 *
 * Files are hashed once, and their identities (device, inode, size, times) recorded in a stamp; as
 * long as files and stamp agree, sizes and the ext4 magic are enough: every sandbox opens its image,
 * and hashing it takes 200-700 ms. A stamp is the text that stamp_text() makes, compared as a whole,
 * so there is nothing to parse. Losing or forging one costs or gains its owner nothing else: who can
 * write a stamp can write the image, or owns the cache in which it lies.
 */
#include "image/check.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "image/failure.h"

enum { EXT4_MAGIC_OFFSET = 1024 + 56 };

#define STAMP_NAME ".verified"

typedef struct {
    const SbxImageCheck *check;
    guint64 total;
    guint64 before; /* bytes of the files that are done */
    const char *name;
    int permille;
} Reading;

/* O_NONBLOCK: something that is not a regular file must not make us wait. */
static int open_file(const char *path, const SbxImageFile *expected, struct stat *st,
                     GError **error)
{
    g_auto(fd_t) fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0 && (errno == ENOENT || errno == ELOOP)) {
        sbx_image_set_damaged(error, "%s is missing", path);
        return -1;
    }
    if (fd < 0 || fstat(fd, st) < 0) {
        sbx_image_set_errno(error, errno, "cannot open %s", path);
        return -1;
    }
    if (!S_ISREG(st->st_mode)) {
        sbx_image_set_damaged(error, "%s is not a regular file", path);
        return -1;
    }
    if ((guint64)st->st_size != expected->size) {
        sbx_image_set_damaged(error,
                              "%s has %" G_GINT64_FORMAT " bytes instead of %" G_GUINT64_FORMAT,
                              path, (gint64)st->st_size, expected->size);
        return -1;
    }
    return sbx_fd_steal(&fd);
}

static gboolean report(gpointer data, guint64 done)
{
    Reading *reading = data;
    const SbxImageCheck *check = reading->check;
    int permille = (int)((reading->before + done) * 1000 / reading->total);

    if (!check->progress || permille == reading->permille)
        return TRUE;
    reading->permille = permille;
    return check->progress(check->data, permille, "verify", reading->name);
}

static gboolean check_digest(Reading *reading, int fd, const char *path, const SbxImageFile *file,
                             GError **error)
{
    char hex[SBX_DIGEST_SIZE];

    if (!sbx_digest_fd(fd, path, report, reading, hex, error))
        return FALSE;
    if (!g_str_equal(hex, file->sha256))
        return sbx_image_set_damaged(error, "the content of %s differs from its checksum", path);
    reading->before += file->size;
    return TRUE;
}

/* One line a file. */
static char *stamp_text(const SbxImageManifest *manifest, const struct stat st[SBX_IMAGE_N_FILES])
{
    GString *text = g_string_new("libsandbox-verified 2\n");

    for (int i = 0; i < SBX_IMAGE_N_FILES; i++)
        g_string_append_printf(
            text, "%s dev %llu ino %llu size %lld mtime %lld.%09ld ctime %lld.%09ld sha256 %s\n",
            sbx_image_file_names[i], (unsigned long long)st[i].st_dev,
            (unsigned long long)st[i].st_ino, (long long)st[i].st_size,
            (long long)st[i].st_mtim.tv_sec, st[i].st_mtim.tv_nsec,
            (long long)st[i].st_ctim.tv_sec, st[i].st_ctim.tv_nsec, manifest->files[i].sha256);
    return g_string_free(text, FALSE);
}

static gboolean stamp_matches(const char *path, const char *wanted)
{
    g_autofree char *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) && g_str_equal(text, wanted);
}

/* A stamp that cannot be written costs time at the next open, nothing else. */
static void remember(const SbxImageCheck *check, const char *beside, const char *cached,
                     const char *text)
{
    if (g_file_set_contents(beside, text, -1, NULL) || !check->cache_dir)
        return;
    if (g_mkdir_with_parents(check->cache_dir, 0700) == 0)
        g_file_set_contents(cached, text, -1, NULL);
}

static gboolean has_ext4_magic(int fd)
{
    guint8 magic[2];

    return pread(fd, magic, sizeof(magic), EXT4_MAGIC_OFFSET) == sizeof(magic) &&
           magic[0] == 0x53 && magic[1] == 0xef;
}

/* The open files of one version. */
typedef struct {
    char *paths[SBX_IMAGE_N_FILES];
    int fds[SBX_IMAGE_N_FILES];
} Files;

static void files_clear(Files *files)
{
    for (int i = 0; i < SBX_IMAGE_N_FILES; i++) {
        sbx_fd_clear(&files->fds[i]);
        g_free(files->paths[i]);
    }
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Files, files_clear)

/* Sizes of all files first: a truncated one should not be noticed after reading the others. */
static gboolean open_all(const SbxImageCheck *check, Files *files, GError **error)
{
    struct stat st;

    for (int i = 0; i < SBX_IMAGE_N_FILES; i++) {
        files->paths[i] = g_build_filename(check->dir, sbx_image_file_names[i], NULL);
        files->fds[i] = open_file(files->paths[i], &check->manifest->files[i], &st, error);
        if (files->fds[i] < 0)
            return FALSE;
    }
    if (!has_ext4_magic(files->fds[SBX_IMAGE_ROOTFS]))
        return sbx_image_set_damaged(error, "%s is not an ext4 file system",
                                     files->paths[SBX_IMAGE_ROOTFS]);
    return TRUE;
}

/* What a stamp says of the files as they are now; NULL with *error set. */
static char *stamp_now(const SbxImageCheck *check, const Files *files, GError **error)
{
    struct stat st[SBX_IMAGE_N_FILES];

    for (int i = 0; i < SBX_IMAGE_N_FILES; i++) {
        if (fstat(files->fds[i], &st[i]) < 0) {
            sbx_image_set_errno(error, errno, "cannot examine %s", files->paths[i]);
            return NULL;
        }
    }
    return stamp_text(check->manifest, st);
}

static gboolean check_digests(const SbxImageCheck *check, const Files *files, GError **error)
{
    Reading reading = {.check = check, .permille = -1};

    for (int i = 0; i < SBX_IMAGE_N_FILES; i++)
        reading.total += check->manifest->files[i].size;
    for (int i = 0; i < SBX_IMAGE_N_FILES; i++) {
        reading.name = sbx_image_file_names[i];
        if (!check_digest(&reading, files->fds[i], files->paths[i], &check->manifest->files[i],
                          error))
            return FALSE;
    }
    return TRUE;
}

gboolean sbx_image_check(const SbxImageCheck *check, GError **error)
{
    g_auto(Files) files = {.fds = {-1, -1, -1}};
    g_autofree char *beside = g_build_filename(check->dir, STAMP_NAME, NULL);
    g_autofree char *cached = NULL;
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;

    if (check->cache_dir)
        cached = g_build_filename(check->cache_dir, check->cache_name, NULL);
    if (!open_all(check, &files, error))
        return FALSE;
    before = stamp_now(check, &files, error);
    if (!before)
        return FALSE;
    if (!check->full &&
        (stamp_matches(beside, before) || (cached && stamp_matches(cached, before))))
        return TRUE;
    if (!check_digests(check, &files, error))
        return FALSE;
    /* Who wrote to them meanwhile will be noticed: the stamp must tell what they were at the start. */
    after = stamp_now(check, &files, NULL);
    if (after && g_str_equal(before, after))
        remember(check, beside, cached, after);
    return TRUE;
}

gboolean sbx_image_stamp_write(const SbxImageManifest *manifest, const char *dir, GError **error)
{
    g_autofree char *path = g_build_filename(dir, STAMP_NAME, NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) cause = NULL;
    struct stat st[SBX_IMAGE_N_FILES];

    for (int i = 0; i < SBX_IMAGE_N_FILES; i++) {
        g_autofree char *file = g_build_filename(dir, sbx_image_file_names[i], NULL);

        if (lstat(file, &st[i]) < 0) {
            sbx_image_set_errno(error, errno, "cannot examine %s", file);
            return FALSE;
        }
    }
    text = stamp_text(manifest, st);
    if (!g_file_set_contents(path, text, -1, &cause)) {
        sbx_image_set_errno(error, errno, "cannot write %s", path);
        return FALSE;
    }
    return TRUE;
}
