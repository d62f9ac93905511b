/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The template store: a new one, from its directory to its name.
 *
 * The files reach the disk, then the directory with template.json, then the rename: after a power
 * cut a template is there with all its bytes, or not at all. The rename itself is not waited for.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <time.h>

#include <sandbox/error.h>

#include "image/failure.h"
#include "keeper/template-store-private.h"
#include "wire/fault.h"

enum { PUBLISH_ATTEMPTS = 16 };

/* Beside the memory: for the state, the disk's changes, and whoever else needs a little. */
#define FREE_MIN (G_GUINT64_CONSTANT(64) << 20)

/* A VM whose memory is a file dies when there is no block for a page of it. With less than this it
 * was that, whatever is reported. */
#define FULL_BELOW (G_GUINT64_CONSTANT(4) << 20)

/* --- begin and discard --- */

static gboolean check_space(int store, const char *dir, guint64 memory, GError **error)
{
    struct statvfs space;
    guint64 available;

    if (fstatvfs(store, &space) < 0) {
        sbx_template_set_errno(error, errno, "cannot tell how much space is free in %s", dir);
        return FALSE;
    }
    available = (guint64)space.f_bavail * space.f_frsize;
    /* No blocks at all: the file system has no limit of its own (a tmpfs with size=0). */
    if (space.f_blocks == 0 || (memory <= G_MAXINT64 && available >= memory + FREE_MIN))
        return TRUE;
    /* The directory has another name outside, which only the hint can say. */
    sbx_fault_set(error, SBX_E_NO_SPACE, ENOSPC, SBX_TEMPLATE_SPACE_HINT,
                  "to save a virtual machine with %" G_GUINT64_FORMAT
                  " MiB of memory takes %" G_GUINT64_FORMAT " MiB of disk, and %" G_GUINT64_FORMAT
                  " MiB are free",
                  memory >> 20, (memory >> 20) + (FREE_MIN >> 20), available >> 20);
    return FALSE;
}

GError *sbx_template_full_fault(const char *build_dir, const GError *reason)
{
    struct statvfs space;

    if (statvfs(build_dir, &space) < 0 || space.f_blocks == 0 ||
        (guint64)space.f_bavail * space.f_frsize >= FULL_BELOW)
        return NULL;
    return sbx_fault_new(
        SBX_E_NO_SPACE, ENOSPC, SBX_TEMPLATE_SPACE_HINT, reason != NULL ? reason->message : NULL,
        "the disk got full while a virtual machine was saved on it: %" G_GUINT64_FORMAT
        " KiB are free",
        ((guint64)space.f_bavail * space.f_frsize) >> 10);
}

/* Makes a directory and locks it: as long as the lock is held, sweeps let it be. */
static char *make_build_dir(int store, const char *dir, int *hold, GError **error)
{
    for (;;) {
        g_autofree char *name = sbx_template_build_name();
        g_auto(fd_t) fd = -1;
        struct stat st;

        if (mkdirat(store, name, 0700) < 0) {
            if (errno == EEXIST)
                continue;
            sbx_template_set_errno(error, errno, "cannot make a directory in %s", dir);
            return NULL;
        }
        fd = sbx_template_open_dir(store, name);
        if (fd < 0 && errno == ENOENT)
            continue;
        if (fd < 0 || flock(fd, LOCK_EX) < 0 || fstat(fd, &st) < 0) {
            sbx_template_set_errno(error, errno, "cannot lock %s in %s", name, dir);
            return NULL;
        }
        /* A sweep may have come between mkdir and flock. */
        if (st.st_nlink == 0)
            continue;
        *hold = sbx_fd_steal(&fd);
        return g_steal_pointer(&name);
    }
}

static gboolean make_memory(int at, const char *dir, guint64 size, GError **error)
{
    const char *name = sbx_template_file_names[SBX_TEMPLATE_MEMORY];
    g_auto(fd_t) fd = openat(at, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd >= 0 && ftruncate(fd, (off_t)size) == 0)
        return TRUE;
    sbx_template_set_errno(error, errno,
                           "cannot make a file of %" G_GUINT64_FORMAT " bytes in %s", size, dir);
    return FALSE;
}

char *sbx_template_begin(const char *dir, guint64 memory, int *hold, GError **error)
{
    g_auto(fd_t) store = sbx_template_store_open(dir, TRUE, error);
    g_auto(fd_t) lock = -1;
    g_autofree char *name = NULL;

    if (store < 0 || !check_space(store, dir, memory, error))
        return NULL;
    name = make_build_dir(store, dir, &lock, error);
    if (!name)
        return NULL;
    if (!make_memory(lock, dir, memory, error)) {
        sbx_template_remove_tree(store, name);
        return NULL;
    }
    *hold = sbx_fd_steal(&lock);
    return g_build_filename(dir, name, NULL);
}

void sbx_template_discard(const char *build_dir)
{
    g_autofree char *dir = g_path_get_dirname(build_dir);
    g_autofree char *name = g_path_get_basename(build_dir);
    g_auto(fd_t) store = sbx_template_store_open(dir, FALSE, NULL);

    if (store >= 0 && g_str_has_prefix(name, SBX_TEMPLATE_BUILD_PREFIX))
        sbx_template_remove_tree(store, name);
}

/* --- publish --- */

/* A finished build, open. */
typedef struct {
    const char *dir;
    char *name; /* of the build in it */
    char *id;
    int store;
    int at;
    SbxTemplateFiles files;
    SbxTemplateManifest manifest;
    struct timespec since; /* when reading began */
} Build;

static void build_clear(Build *build)
{
    g_free(build->name);
    g_free(build->id);
    sbx_fd_clear(&build->store);
    sbx_fd_clear(&build->at);
    sbx_template_files_clear(&build->files);
    g_clear_pointer(&build->manifest.notes, json_object_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Build, build_clear)

static gboolean open_build(Build *build, const char *build_dir, GError **error)
{
    build->name = g_path_get_basename(build_dir);
    build->store = sbx_template_store_open(build->dir, TRUE, error);
    if (build->store < 0)
        return FALSE;
    build->at = sbx_template_open_dir(build->store, build->name);
    if (build->at < 0) {
        sbx_template_set_errno(error, errno, "cannot open the new template %s", build_dir);
        return FALSE;
    }
    return sbx_template_files_open(build->at, &build->files, error);
}

static gboolean digest_files(Build *build, GError **error)
{
    sbx_template_now(&build->since);
    for (int i = 0; i < SBX_TEMPLATE_N_FILES; i++) {
        build->manifest.files[i].size = (guint64)build->files.st[i].st_size;
        if (!sbx_template_file_digest(&build->files, i, build->manifest.files[i].sha256, error))
            return FALSE;
        if (!sbx_template_is_unchanged(&build->files, i))
            return sbx_template_set_damaged(error, "its %s file is still being written to",
                                            sbx_template_file_names[i]);
    }
    return TRUE;
}

/* Nothing but the three files is published. */
static gboolean prepare(Build *build, GError **error)
{
    static const char *const keep[] = {"memory", "disk", "state", NULL};

    if (!sbx_template_files_check_sizes(&build->files, &build->manifest.key, 0, error))
        return FALSE;
    sbx_template_empty(build->at, keep);
    for (int i = 0; i < SBX_TEMPLATE_N_FILES; i++) {
        struct stat *st = &build->files.st[i];
        int fd = build->files.fds[i];

        if (((st->st_mode & 07777) != 0600 && fchmod(fd, 0600) < 0) || fstat(fd, st) < 0) {
            sbx_template_set_errno(error, errno, "cannot change its %s file",
                                   sbx_template_file_names[i]);
            return FALSE;
        }
        /* The disk writes while we compute checksums. */
        sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    }
    return TRUE;
}

static gboolean sync_fd(int fd, const char *name, GError **error)
{
    if (fsync(fd) == 0)
        return TRUE;
    sbx_template_set_errno(error, errno, "cannot write its %s to the disk", name);
    return FALSE;
}

static gboolean write_manifest(Build *build, const char *text, gsize length, GError **error)
{
    g_auto(fd_t) fd = openat(build->at, SBX_TEMPLATE_JSON,
                             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0 || !sbx_write_all(fd, text, length)) {
        sbx_template_set_errno(error, errno, "cannot write its " SBX_TEMPLATE_JSON);
        return FALSE;
    }
    return sync_fd(fd, SBX_TEMPLATE_JSON, error);
}

/* What is written must be readable: a key or notes that are not UTF-8 or nest too deep are not. */
static char *print_manifest(Build *build, gsize *length, GError **error)
{
    g_auto(SbxTemplateManifest) again = {0};
    g_autoptr(GError) reason = NULL;
    g_autofree char *text = NULL;

    build->manifest.created_ms = g_get_real_time() / 1000;
    text = sbx_template_manifest_print(&build->manifest, length, error);
    if (!text)
        return NULL;
    if (!sbx_template_manifest_parse(text, *length, build->id, &again, &reason)) {
        sbx_fault_set(error, SBX_E_INVALID, 0, "the key's texts and the notes must be UTF-8",
                      "its key and notes cannot be kept: %s", reason->message);
        return NULL;
    }
    return g_steal_pointer(&text);
}

static gboolean make_durable(Build *build, GError **error)
{
    gsize length;
    g_autofree char *text = print_manifest(build, &length, error);

    if (!text)
        return FALSE;
    for (int i = 0; i < SBX_TEMPLATE_N_FILES; i++) {
        if (!sync_fd(build->files.fds[i], sbx_template_file_names[i], error))
            return FALSE;
    }
    if (!write_manifest(build, text, length, error))
        return FALSE;
    sbx_template_stamp_write(build->at, &build->manifest, &build->files, &build->since);
    sbx_template_mark_used(build->at);
    return sync_fd(build->at, "directory", error);
}

/* What has the name already: TRUE if it is valid; FALSE, without an error, if it is gone now. */
static gboolean is_there(const Build *build, GError **error)
{
    g_autofree char *damage = NULL;
    g_autoptr(SbxTemplate) template = sbx_template_load(build->dir, build->id, &damage, error);

    if (damage)
        g_message("replacing the template %.12s: %s", build->id, damage);
    return template != NULL;
}

/* A directory replaces nothing but an empty one. */
static gboolean move_into_place(Build *build, GError **error)
{
    int reason = 0;

    for (int i = 0; i < PUBLISH_ATTEMPTS; i++) {
        g_autoptr(GError) cause = NULL;

        if (renameat(build->store, build->name, build->store, build->id) == 0)
            return TRUE;
        reason = errno;
        if (reason != EEXIST && reason != ENOTEMPTY && reason != ENOTDIR)
            break;
        if (is_there(build, &cause)) {
            sbx_template_remove_tree(build->store, build->name);
            return TRUE;
        }
        if (cause) {
            g_propagate_error(error, g_steal_pointer(&cause));
            return FALSE;
        }
    }
    sbx_template_set_errno(error, reason, "cannot rename it to %s/%s", build->dir, build->id);
    return FALSE;
}

gboolean sbx_template_publish(const char *dir, const char *build_dir, const SbxTemplateKey *key,
                              JsonObject *notes, GError **error)
{
    g_auto(Build) build = {
        .dir = dir, .store = -1, .at = -1, .files.fds = {-1, -1, -1}, .manifest.key = *key};
    g_autoptr(GError) reason = NULL;

    build.id = sbx_template_id(key);
    build.manifest.notes = notes ? json_object_ref(notes) : json_object_new();
    if (open_build(&build, build_dir, &reason) && prepare(&build, &reason) &&
        digest_files(&build, &reason) && make_durable(&build, &reason) &&
        move_into_place(&build, &reason))
        return TRUE;
    g_prefix_error(&reason, "cannot save the virtual machine %.12s: ", build.id);
    /* Who built it made a mistake. */
    if (reason->code == SBX_E_IMAGE)
        reason->code = SBX_E_INTERNAL;
    g_propagate_error(error, g_steal_pointer(&reason));
    return FALSE;
}
