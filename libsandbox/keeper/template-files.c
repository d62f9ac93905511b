/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The template store: directories and what is in them, see template-store-private.h.
 *
 * A template is removed by renaming it, in one step, to a name that a sweep cleans up after; nobody
 * ever finds one with half of its files.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <sandbox/error.h>

#include "keeper/template-store-private.h"
#include "wire/fault.h"

/* A template has no directories in it; somebody else's accident might. */
enum { DEPTH_MAX = 3, NAME_ATTEMPTS = 16 };

/* Another keeper that is loading it may write its stamp and its mark while we remove. */
enum { EMPTY_ATTEMPTS = 4 };

void sbx_template_set_errno(GError **error, int sys_errno, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    sbx_fault_set_errno(
        error, sys_errno, SBX_TEMPLATE_SPACE_HINT,
        "check owner and permissions of libsandbox's data and cache directories, or set "
        "LIBSANDBOX_DATA_DIR to others",
        format, args);
    va_end(args);
}

gboolean sbx_template_set_damaged(GError **error, const char *format, ...)
{
    g_autofree char *what = NULL;
    va_list args;

    va_start(args, format);
    what = g_strdup_vprintf(format, args);
    va_end(args);
    sbx_fault_set(error, SBX_E_IMAGE, 0, NULL, "%s", what);
    return FALSE;
}

gboolean sbx_template_is_still(int at, const char *name, int fd)
{
    struct stat by_name, by_fd;

    return fstatat(at, name, &by_name, AT_SYMLINK_NOFOLLOW) == 0 && fstat(fd, &by_fd) == 0 &&
           by_name.st_dev == by_fd.st_dev && by_name.st_ino == by_fd.st_ino;
}

int sbx_template_open_dir(int at, const char *name)
{
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* O_NONBLOCK: something that is not a regular file must not make us wait. */
int sbx_template_open_file(int at, const char *name, struct stat *st, GError **error)
{
    g_auto(fd_t) fd = openat(at, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0 && errno == ENOENT) {
        sbx_template_set_damaged(error, "its %s file is missing", name);
        return -1;
    }
    if (fd < 0 && errno != ELOOP && errno != ENXIO) {
        sbx_template_set_errno(error, errno, "cannot open its %s file", name);
        return -1;
    }
    if (fd < 0 || fstat(fd, st) < 0 || !S_ISREG(st->st_mode)) {
        sbx_template_set_damaged(error, "its %s is not a regular file", name);
        return -1;
    }
    return sbx_fd_steal(&fd);
}

GPtrArray *sbx_template_names(int at)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    int fd = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;

    if (!dir) {
        sbx_fd_clear(&fd);
        return g_steal_pointer(&names);
    }
    while ((entry = readdir(dir))) {
        if (!g_str_equal(entry->d_name, ".") && !g_str_equal(entry->d_name, ".."))
            g_ptr_array_add(names, g_strdup(entry->d_name));
    }
    closedir(dir);
    return g_steal_pointer(&names);
}

char *sbx_template_build_name(void)
{
    return g_strdup_printf(SBX_TEMPLATE_BUILD_PREFIX "%08x", g_random_int());
}

static gboolean remove_below(int at, const char *name, int depth);

/* Goes on after a failure, so that as much as possible is gone. */
static void empty_below(int fd, const char *const *keep, int depth)
{
    g_autoptr(GPtrArray) names = sbx_template_names(fd);

    for (guint i = 0; i < names->len; i++) {
        if (!keep || !g_strv_contains(keep, names->pdata[i]))
            remove_below(fd, names->pdata[i], depth);
    }
}

static gboolean remove_below(int at, const char *name, int depth)
{
    g_auto(fd_t) fd = -1;

    if (unlinkat(at, name, 0) == 0 || errno == ENOENT)
        return TRUE;
    if (errno != EISDIR && errno != EPERM)
        return FALSE;
    fd = sbx_template_open_dir(at, name);
    for (int i = 0; i < EMPTY_ATTEMPTS; i++) {
        if (fd >= 0 && depth < DEPTH_MAX)
            empty_below(fd, NULL, depth + 1);
        if (unlinkat(at, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
            return TRUE;
        if (errno != ENOTEMPTY && errno != EEXIST)
            break;
    }
    return FALSE;
}

void sbx_template_empty(int fd, const char *const *keep)
{
    empty_below(fd, keep, 0);
}

gboolean sbx_template_remove_tree(int at, const char *name)
{
    return remove_below(at, name, 0);
}

/* NFS knows no flags. A directory replaces an empty one at most. */
static int rename_no_replace(int store, const char *from, const char *to)
{
    if (renameat2(store, from, store, to, RENAME_NOREPLACE) == 0)
        return 0;
    return errno == EINVAL ? renameat(store, from, store, to) : -1;
}

/* Renames to a name that nobody has; NULL with errno set. */
static char *rename_away(int store, const char *id)
{
    for (int i = 0; i < NAME_ATTEMPTS; i++) {
        g_autofree char *name = sbx_template_build_name();

        if (rename_no_replace(store, id, name) == 0)
            return g_steal_pointer(&name);
        if (errno != EEXIST && errno != ENOTEMPTY)
            break;
    }
    return NULL;
}

gboolean sbx_template_take_away(int store, const char *id, int fd)
{
    g_autofree char *name = NULL;

    if (!sbx_template_is_still(store, id, fd))
        return TRUE;
    name = rename_away(store, id);
    if (!name)
        return errno == ENOENT;
    /* Another keeper was faster, and a new one is complete already: put it back. If yet another is
     * there, one of two equals goes. */
    if (!sbx_template_is_still(store, name, fd) &&
        rename_no_replace(store, name, id) == 0)
        return TRUE;
    return sbx_template_remove_tree(store, name);
}
