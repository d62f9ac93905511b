/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The template store: whether a template's files are what template.json says.
 *
 * Hashing 256 MiB of memory takes 0.2 s (measured), so what was found right is recorded in a stamp:
 * the text that sbx_template_stamp_text() makes, compared as a whole, so there is nothing to parse.
 * Losing one costs the next user that time; who can forge one can write template.json. The state is
 * read in any case, so it is always hashed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <sandbox/error.h>

#include "image/failure.h"
#include "keeper/template-store-private.h"

void sbx_template_files_clear(SbxTemplateFiles *files)
{
    for (int i = 0; i < SBX_TEMPLATE_N_FILES; i++)
        sbx_fd_clear(&files->fds[i]);
}

gboolean sbx_template_files_open(int at, SbxTemplateFiles *files, GError **error)
{
    for (int i = 0; i < SBX_TEMPLATE_N_FILES; i++)
        files->fds[i] = -1;
    for (int i = 0; i < SBX_TEMPLATE_N_FILES; i++) {
        files->fds[i] =
            sbx_template_open_file(at, sbx_template_file_names[i], &files->st[i], error);
        if (files->fds[i] < 0)
            return FALSE;
    }
    return TRUE;
}

static gboolean check_size(const SbxTemplateFiles *files, int which, guint64 wanted,
                           GError **error)
{
    guint64 size = (guint64)files->st[which].st_size;

    if (size == wanted)
        return TRUE;
    return sbx_template_set_damaged(
        error, "its %s file has %" G_GUINT64_FORMAT " bytes instead of %" G_GUINT64_FORMAT,
        sbx_template_file_names[which], size, wanted);
}

gboolean sbx_template_files_check_sizes(const SbxTemplateFiles *files, const SbxTemplateKey *key,
                                        guint64 state_size, GError **error)
{
    guint64 size = (guint64)files->st[SBX_TEMPLATE_STATE].st_size;

    if (!check_size(files, SBX_TEMPLATE_MEMORY, key->memory, error) ||
        !check_size(files, SBX_TEMPLATE_DISK, key->disk_size, error))
        return FALSE;
    if (size == 0)
        return sbx_template_set_damaged(error, "its state file is empty");
    if (size > SBX_TEMPLATE_STATE_MAX)
        return sbx_template_set_damaged(
            error, "its state file has %" G_GUINT64_FORMAT " bytes, more than %u", size,
            SBX_TEMPLATE_STATE_MAX);
    return state_size == 0 || check_size(files, SBX_TEMPLATE_STATE, state_size, error);
}

gboolean sbx_template_file_digest(const SbxTemplateFiles *files, int which,
                                  char hex[SBX_DIGEST_SIZE], GError **error)
{
    const char *name = sbx_template_file_names[which];
    g_autoptr(GError) reason = NULL;
    gboolean ok;

    ok = which == SBX_TEMPLATE_STATE
             ? sbx_digest_fd(files->fds[which], name, NULL, NULL, hex, &reason)
             : sbx_digest_sparse_fd(files->fds[which], name, hex, &reason);
    if (ok)
        return TRUE;
    /* A bad block is a defect like another. */
    if (sbx_fault_errno(reason) == EIO)
        return sbx_template_set_damaged(error, "its %s file cannot be read: %s", name,
                                        g_strerror(EIO));
    g_propagate_error(error, g_steal_pointer(&reason));
    return FALSE;
}

static gboolean differs(GError **error, int which)
{
    return sbx_template_set_damaged(error, "the content of its %s file differs from its checksum",
                                    sbx_template_file_names[which]);
}

static gboolean check_digest(const SbxTemplateFiles *files, const SbxTemplateManifest *manifest,
                             int which, GError **error)
{
    char hex[SBX_DIGEST_SIZE];

    if (!sbx_template_file_digest(files, which, hex, error))
        return FALSE;
    return g_str_equal(hex, manifest->files[which].sha256) || differs(error, which);
}

/* Fewer bytes than asked for are a defect: the file was cut meanwhile. */
static gboolean read_all(int fd, char *to, gsize length, GError **error)
{
    for (gsize done = 0; done < length;) {
        ssize_t n = pread(fd, to + done, length - done, (off_t)done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return sbx_template_set_damaged(error, "its state file cannot be read: %s",
                                            n < 0 ? g_strerror(errno) : "it became shorter");
        done += (gsize)n;
    }
    return TRUE;
}

GBytes *sbx_template_state_read(const SbxTemplateFiles *files, const SbxTemplateManifest *manifest,
                                GError **error)
{
    gsize length = (gsize)files->st[SBX_TEMPLATE_STATE].st_size;
    g_autofree char *bytes = g_try_malloc(length);
    char hex[SBX_DIGEST_SIZE];

    if (!bytes) {
        sbx_fault_set(error, SBX_E_NO_MEMORY, 0, NULL,
                      "no memory for a template's state, %zu bytes", length);
        return NULL;
    }
    if (!read_all(files->fds[SBX_TEMPLATE_STATE], bytes, length, error) ||
        !sbx_digest_bytes(bytes, length, hex, error))
        return NULL;
    if (!g_str_equal(hex, manifest->files[SBX_TEMPLATE_STATE].sha256)) {
        differs(error, SBX_TEMPLATE_STATE);
        return NULL;
    }
    return g_bytes_new_take(g_steal_pointer(&bytes), length);
}

/* The clock from which file times are taken: it advances by ticks. */
void sbx_template_now(struct timespec *now)
{
    clock_gettime(CLOCK_REALTIME_COARSE, now);
}

gboolean sbx_template_is_settled(const struct stat *st, const struct timespec *now)
{
    return st->st_ctim.tv_sec < now->tv_sec ||
           (st->st_ctim.tv_sec == now->tv_sec && st->st_ctim.tv_nsec < now->tv_nsec);
}

/* One line a file. */
char *sbx_template_stamp_text(const SbxTemplateManifest *manifest, const SbxTemplateFiles *files)
{
    GString *text = g_string_new("libsandbox-template-verified 1\n");

    for (int i = SBX_TEMPLATE_MEMORY; i <= SBX_TEMPLATE_DISK; i++) {
        const struct stat *st = &files->st[i];

        g_string_append_printf(
            text, "%s dev %llu ino %llu size %lld mtime %lld.%09ld ctime %lld.%09ld sha256 %s\n",
            sbx_template_file_names[i], (unsigned long long)st->st_dev,
            (unsigned long long)st->st_ino, (long long)st->st_size, (long long)st->st_mtim.tv_sec,
            st->st_mtim.tv_nsec, (long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec,
            manifest->files[i].sha256);
    }
    return g_string_free(text, FALSE);
}

static gboolean stamp_matches(int at, const char *wanted)
{
    gsize length = strlen(wanted);
    g_autofree char *text = g_malloc(length + 1);
    struct stat st;
    g_auto(fd_t) fd = sbx_template_open_file(at, SBX_TEMPLATE_STAMP, &st, NULL);

    return fd >= 0 && pread(fd, text, length + 1, 0) == (ssize_t)length &&
           memcmp(text, wanted, length) == 0;
}

/* Not synced: a stamp that a crash has torn matches nothing. */
static void replace_stamp(int at, const char *text)
{
    g_autofree char *name = g_strdup_printf(SBX_TEMPLATE_STAMP "-%08x", g_random_int());
    g_auto(fd_t) fd =
        openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return;
    if (!sbx_write_all(fd, text, strlen(text)) || renameat(at, name, at, SBX_TEMPLATE_STAMP) < 0)
        unlinkat(at, name, 0);
}

gboolean sbx_template_is_unchanged(const SbxTemplateFiles *files, int which)
{
    const struct stat *was = &files->st[which];
    struct stat now;

    return fstat(files->fds[which], &now) == 0 && now.st_size == was->st_size &&
           now.st_mtim.tv_sec == was->st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == was->st_mtim.tv_nsec &&
           now.st_ctim.tv_sec == was->st_ctim.tv_sec &&
           now.st_ctim.tv_nsec == was->st_ctim.tv_nsec;
}

void sbx_template_stamp_write(int at, const SbxTemplateManifest *manifest,
                              const SbxTemplateFiles *files, const struct timespec *since)
{
    g_autofree char *text = sbx_template_stamp_text(manifest, files);

    for (int i = SBX_TEMPLATE_MEMORY; i <= SBX_TEMPLATE_DISK; i++) {
        if (!sbx_template_is_unchanged(files, i) || !sbx_template_is_settled(&files->st[i], since))
            return;
    }
    replace_stamp(at, text);
}

gboolean sbx_template_check_contents(int at, const SbxTemplateManifest *manifest,
                                     const SbxTemplateFiles *files, GError **error)
{
    g_autofree char *text = sbx_template_stamp_text(manifest, files);
    struct timespec since;

    if (stamp_matches(at, text))
        return TRUE;
    sbx_template_now(&since);
    if (!check_digest(files, manifest, SBX_TEMPLATE_MEMORY, error) ||
        !check_digest(files, manifest, SBX_TEMPLATE_DISK, error))
        return FALSE;
    sbx_template_stamp_write(at, manifest, files, &since);
    return TRUE;
}

void sbx_template_mark_used(int at)
{
    g_auto(fd_t) fd = openat(at, SBX_TEMPLATE_USED,
                             O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

    if (fd >= 0)
        futimens(fd, NULL);
}

gint64 sbx_template_used_ms(int at)
{
    struct stat st;

    if (fstatat(at, SBX_TEMPLATE_USED, &st, AT_SYMLINK_NOFOLLOW) < 0 && fstat(at, &st) < 0)
        return 0;
    return (gint64)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
}
