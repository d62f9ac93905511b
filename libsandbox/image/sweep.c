/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Private directories below images/. A living builder holds a flock on its directory (a flock, as
 * directories cannot be opened for writing); a dead one cannot.
 */
#include "image/sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "image/failure.h"
#include "image/tree.h"

static int open_directory(const char *path)
{
    return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static gboolean was_swept(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && st.st_nlink == 0;
}

char *sbx_image_build_dir_new(const char *images, int *lock_fd, GError **error)
{
    for (;;) {
        g_autofree char *path = g_build_filename(images, SBX_BUILD_PREFIX "XXXXXX", NULL);
        g_auto(fd_t) fd = -1;

        /* 0711: who cannot open it cannot lock it. */
        if (!g_mkdtemp_full(path, 0711)) {
            sbx_image_set_errno(error, errno, "cannot make a directory in %s", images);
            return NULL;
        }
        fd = open_directory(path);
        if (fd < 0 && errno == ENOENT)
            continue;
        if (fd < 0 || flock(fd, LOCK_EX) < 0) {
            sbx_image_set_errno(error, errno, "cannot lock %s", path);
            return NULL;
        }
        /* Another's sweep may have come between mkdir and flock. */
        if (was_swept(fd))
            continue;
        *lock_fd = sbx_fd_steal(&fd);
        return g_steal_pointer(&path);
    }
}

int sbx_image_lock_dir(const char *path)
{
    g_auto(fd_t) fd = open_directory(path);

    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
        return -1;
    return sbx_fd_steal(&fd);
}

static void sweep_one(const char *path)
{
    g_auto(fd_t) fd = sbx_image_lock_dir(path);

    if (fd >= 0)
        sbx_tree_remove(path, NULL);
}

void sbx_image_sweep(const char *images)
{
    g_autoptr(GDir) dir = g_dir_open(images, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(images, name, NULL);

        if (g_str_has_prefix(name, SBX_BUILD_PREFIX) ||
            g_str_has_prefix(name, SBX_REMOVED_PREFIX))
            sweep_one(path);
    }
}
