/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The keeper's directory: where sockets, the initramfs and libvirt's state are.
 *
 * With the embedded driver it is the mount point of a private tmpfs and has nothing in it. With a
 * libvirt daemon, whose QEMU must find those files, it is a real one: emptied by the guardian when
 * the keeper has ended, and by the next guardian when this one was killed. Its name is then always
 * the same for a runtime directory, and keeper.lock says that nobody else uses it.
 *
 * What removes it may be root, and what is in it a less trusted user's: nothing is reached by a
 * path from outside, through a link, or across a mount (the host's disks are bound below it).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <sandbox/error.h>

#include "keeper/launch.h"

#define EMBED_MAX 42  /* bytes; libvirt's root is two deeper, see virt/libvirt-embed.c */
#define DAEMON_MAX 70 /* a socket's name goes below it, and has 107 bytes at most */
#define DEPTH_MAX 16  /* what we make is three deep */

static int open_below(int parent, const char *name)
{
    struct open_how how = {
        .flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
        .resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH,
    };

    return (int)syscall(SYS_openat2, parent, name, &how, sizeof how);
}

/* Takes @fd. */
static void empty(int fd, int depth)
{
    DIR *dir = fdopendir(fd);
    struct dirent *entry;

    if (dir == NULL) {
        close(fd);
        return;
    }
    while ((entry = readdir(dir)) != NULL) {
        int below;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            unlinkat(dirfd(dir), entry->d_name, 0) == 0)
            continue;
        below = depth < DEPTH_MAX ? open_below(dirfd(dir), entry->d_name) : -1;
        if (below >= 0)
            empty(below, depth + 1);
        unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
    }
    closedir(dir);
}

/* The directory if it is ours or the keeper's, else -1. */
static int open_own(const Launch *launch)
{
    int fd = open(launch->vm_dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat status;

    if (fd >= 0 && (fstat(fd, &status) < 0 ||
                    (status.st_uid != geteuid() && status.st_uid != launch->uid))) {
        close(fd);
        errno = EPERM;
        return -1;
    }
    return fd;
}

/* Below the runtime directory or, when that is too deep for the sockets, or closed to the user that
 * root's keeper becomes, below /tmp. */
static char *vm_dir_name(const Launch *launch, int runtime)
{
    char *path = launch_format("%s/vm", launch->runtime_dir);
    struct stat status;

    if (strlen(path) <= (launch->daemon ? DAEMON_MAX : EMBED_MAX) &&
        (launch->client_uid != 0 || launch_is_open(launch->runtime_dir)))
        return path;
    free(path);
    if (fstat(runtime, &status) < 0)
        launch_fail(SBX_E_SYSTEM, errno, NULL, "cannot examine %s: %s", launch->runtime_dir,
                    strerror(errno));
    return launch_format("/tmp/sbx-%u-%lx-%lx", geteuid(), (unsigned long)status.st_dev,
                         (unsigned long)status.st_ino);
}

void launch_make_vm_dir(Launch *launch, int runtime)
{
    /* Root's VMs run as libvirt's user in a daemon's, who must be able to pass through. */
    mode_t mode = launch->daemon && launch->client_uid == 0 ? 0711 : 0700;
    int fd;

    launch->vm_dir = vm_dir_name(launch, runtime);
    if (mkdir(launch->vm_dir, 0700) < 0 && errno != EEXIST)
        launch_fail(errno == ENOSPC ? SBX_E_NO_SPACE : SBX_E_SYSTEM, errno, NULL,
                    "cannot make %s: %s", launch->vm_dir, strerror(errno));
    fd = open_own(launch);
    if (fd < 0 || (launch->daemon && fchown(fd, launch->uid, launch->gid) < 0) ||
        fchmod(fd, mode) < 0)
        launch_fail(SBX_E_SYSTEM, errno, "remove it", "cannot use %s: %s", launch->vm_dir,
                    strerror(errno));
    empty(fd, 0);
}

void launch_remove_vm_dir(const Launch *launch)
{
    static const char *const mounts[] = {"l/cache", "cache", "disks"};
    int fd;

    /* The guardian shares init's mounts. */
    if (launch->daemon) {
        for (size_t i = 0; i < sizeof mounts / sizeof mounts[0]; i++) {
            char *path = launch_format("%s/%s", launch->vm_dir, mounts[i]);

            umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);
            free(path);
        }
        fd = open_own(launch);
        if (fd >= 0)
            empty(fd, 0);
    } else {
        umount2(launch->vm_dir, MNT_DETACH);
    }
    if (rmdir(launch->vm_dir) < 0)
        launch_log("cannot remove %s: %s", launch->vm_dir, strerror(errno));
}
