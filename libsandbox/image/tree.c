/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Removal of directory trees.
 *
 * An ordinary user's build makes files that belong to the user's subordinate ids, which only root
 * of a user namespace with the same mapping may remove: unshare(1) makes one with the help of the
 * set-uid newuidmap.
 */
#include "image/tree.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/failure.h"

enum { OPEN_DIRECTORIES = 32 };

/* Goes on after a failure, so that as much as possible is gone; the last rmdir tells. */
static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    remove(path);
    return 0;
}

static gboolean is_gone(const char *path)
{
    struct stat st;

    return lstat(path, &st) < 0 && errno == ENOENT;
}

static void remove_as_mapped_root(const char *path)
{
    const char *argv[] = {"unshare", "--user", "--map-root-user", "--map-auto", "--",
                          "rm",      "-rf",    "--one-file-system", "--", path, NULL};

    g_spawn_sync("/", (char **)argv, NULL,
                 G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
                 NULL, NULL, NULL, NULL, NULL, NULL);
}

gboolean sbx_tree_remove(const char *path, GError **error)
{
    int reason;

    nftw(path, remove_one, OPEN_DIRECTORIES, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    if (is_gone(path))
        return TRUE;
    if (geteuid() != 0)
        remove_as_mapped_root(path);
    if (remove(path) == 0 || errno == ENOENT)
        return TRUE;
    reason = errno == ENOTEMPTY || errno == EEXIST ? EACCES : errno;
    sbx_image_set_errno(error, reason, "cannot remove %s", path);
    return FALSE;
}
