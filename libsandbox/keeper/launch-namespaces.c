/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The keeper's user, its namespaces and its private view of the file system.
 *
 * An ordinary user gets a user namespace that maps just that user onto itself: enough to make PID and
 * mount namespaces, and what runs inside keeps the identity that files and credentials show. Root
 * needs no user namespace; its keeper becomes a user that owns nothing else on the machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <sandbox/error.h>

#include "keeper/launch.h"

/* Root's keeper runs as the first of these that no user or group of the machine has. The range is
 * systemd's for dynamic service users (systemd.exec(5), DynamicUser=), from the top down. */
#define SERVICE_UID_LAST 65519
#define SERVICE_UID_FIRST 61184
#define SERVICE_NAME "libsandbox"

#define USERNS_HINT                                                                                \
    "user namespaces must be allowed (sysctl user.max_user_namespaces, "                           \
    "kernel.unprivileged_userns_clone), or run as root"

void launch_choose_user(Launch *launch)
{
    struct passwd *service;

    launch->client_uid = geteuid();
    launch->uid = geteuid();
    launch->gid = getegid();
    if (launch->uid != 0)
        return;
    service = getpwnam(SERVICE_NAME);
    if (service != NULL) {
        launch->uid = service->pw_uid;
        launch->gid = service->pw_gid;
        return;
    }
    for (uid_t id = SERVICE_UID_LAST; id >= SERVICE_UID_FIRST; id--) {
        if (getpwuid(id) != NULL || getgrgid(id) != NULL)
            continue;
        launch->uid = id;
        launch->gid = id;
        return;
    }
    launch_fail(SBX_E_UNAVAILABLE, 0, "make a user named " SERVICE_NAME,
                "there is no free user id for the keeper");
}

static int write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? write(fd, text, strlen(text)) : -1;

    if (fd >= 0)
        close(fd);
    return n < 0 ? -1 : 0;
}

void launch_unshare(const Launch *launch)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    char map[64];

    if (launch->client_uid == 0) {
        if (unshare(CLONE_NEWPID | CLONE_NEWNS) < 0)
            launch_fail(SBX_E_UNAVAILABLE, errno, "in a container, allow it CAP_SYS_ADMIN",
                        "cannot make PID and mount namespaces: %s", strerror(errno));
        return;
    }
    if (unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS) < 0)
        launch_fail(SBX_E_UNAVAILABLE, errno, USERNS_HINT,
                    "cannot make user, PID and mount namespaces: %s", strerror(errno));
    write_file("/proc/self/setgroups", "deny");
    snprintf(map, sizeof map, "%u %u 1", gid, gid);
    if (write_file("/proc/self/gid_map", map) < 0)
        launch_fail(SBX_E_UNAVAILABLE, errno, USERNS_HINT, "cannot map group %u: %s", gid,
                    strerror(errno));
    snprintf(map, sizeof map, "%u %u 1", uid, uid);
    if (write_file("/proc/self/uid_map", map) < 0)
        launch_fail(SBX_E_UNAVAILABLE, errno, USERNS_HINT, "cannot map user %u: %s", uid,
                    strerror(errno));
}

/* Makes a directory below the private one that belongs to the keeper. Returns its path. */
static char *private_dir(const Launch *launch, const char *name)
{
    char *path = launch_format("%s/%s", launch->vm_dir, name);

    if (mkdir(path, 0700) < 0 || chown(path, launch->uid, launch->gid) < 0)
        launch_fail(SBX_E_SYSTEM, errno, NULL, "cannot make %s: %s", path, strerror(errno));
    return path;
}

/* Shows the host's directory as VM_DIR/NAME. Where the host's cannot be made (a read-only home, no
 * home) the private directory stays what it is, in memory. @own: the keeper must be able to write. */
static void show_dir(const Launch *launch, char *host, const char *name, int own)
{
    char *path = private_dir(launch, name);
    int made = host != NULL ? launch_mkdirs(host, 0755) : -1;

    if (made == 0 && own && launch->client_uid == 0 &&
        (chown(host, launch->uid, launch->gid) < 0 || chmod(host, 0700) < 0))
        made = -1;
    if (made == 0 && (!own || access(host, W_OK) == 0)) {
        if (mount(host, path, NULL, MS_BIND, NULL) < 0)
            launch_log("cannot show %s to the keeper: %s", host, strerror(errno));
    } else if (host != NULL) {
        launch_log("%s cannot be used: %s", host, strerror(errno));
    }
    free(path);
    free(host);
}

static void mount_private(const Launch *launch)
{
    char *options = launch_format("mode=0700,uid=%u,gid=%u,size=512m", launch->uid, launch->gid);

    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        launch_fail(SBX_E_SYSTEM, errno, NULL, "cannot make mounts private: %s", strerror(errno));
    if (!launch->daemon && mount("libsandbox", launch->vm_dir, "tmpfs", MS_NOSUID, options) < 0)
        launch_fail(SBX_E_SYSTEM, errno, NULL, "cannot mount a tmpfs on %s: %s", launch->vm_dir,
                    strerror(errno));
    free(options);
    /* libvirt looks its processes up by number. A container that hides parts of /proc forbids this
     * to a user namespace; then /proc shows the outer numbers and only diagnostics suffer. */
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
        launch_log("cannot mount /proc: %s", strerror(errno));
}

/* A place for one device in the new /dev: the host's node, shown there. */
static void show_device(const char *dev, const char *name)
{
    char *host = launch_format("/dev/%s", name);
    char *path = launch_format("%s/%s", dev, name);
    int fd;

    if (access(host, F_OK) == 0) {
        fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        if (fd < 0 || mount(host, path, NULL, MS_BIND, NULL) < 0) {
            launch_log("cannot show %s to the keeper: %s", host, strerror(errno));
            unlink(path);
        }
        if (fd >= 0)
            close(fd);
    }
    free(host);
    free(path);
}

/* Root's keeper gets a node of its own: the host's belongs to root or the kvm group. */
static void make_kvm(const Launch *launch, const char *dev)
{
    char *path = launch_format("%s/kvm", dev);
    struct stat status;

    if (launch->client_uid != 0) {
        show_device(dev, "kvm");
    } else if (stat("/dev/kvm", &status) == 0 &&
               (mknod(path, S_IFCHR | 0600, status.st_rdev) < 0 ||
                chown(path, launch->uid, launch->gid) < 0)) {
        launch_log("cannot make %s: %s", path, strerror(errno));
        unlink(path);
    }
    free(path);
}

/* A /dev with what a VM needs and nothing else. It is also how /dev/kvm can be made absent: libvirt
 * 9.0 takes about 44 s to fail per VM when there is one that cannot be opened. */
static void mount_dev(const Launch *launch)
{
    static const char *const devices[] = {"null", "zero", "full", "random", "urandom"};
    char *dev = private_dir(launch, "dev");

    if (mount("libsandbox", dev, "tmpfs", MS_NOSUID, "mode=0755,size=1m") < 0) {
        launch_log("cannot mount a private /dev: %s", strerror(errno));
        free(dev);
        return;
    }
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++)
        show_device(dev, devices[i]);
    make_kvm(launch, dev);
    if (mount(dev, "/dev", NULL, MS_BIND | MS_REC, NULL) < 0)
        launch_log("cannot replace /dev: %s", strerror(errno));
    umount2(dev, MNT_DETACH);
    free(dev);
}

void launch_mask_kvm(void)
{
    umount2("/dev/kvm", MNT_DETACH);
    unlink("/dev/kvm");
}

static char *below(const char *base, const char *name)
{
    return base != NULL ? launch_format("%s/%s", base, name) : NULL;
}

int launch_is_open(const char *path)
{
    char *copy = launch_format("%s", path);
    struct stat status;
    int open = 1;

    while (open && strcmp(copy, "/") != 0) {
        char *slash = strrchr(copy, '/');

        open = stat(copy, &status) == 0 && (status.st_mode & S_IXOTH) != 0;
        slash[slash == copy ? 1 : 0] = '\0';
    }
    free(copy);
    return open;
}

char *launch_images(const Launch *launch)
{
    /* A daemon's QEMU opens images where they are: so must the keeper. */
    int hidden = launch->data_dir == NULL ||
                 (!launch->daemon && launch->client_uid == 0 && !launch_is_open(launch->data_dir));

    return launch_format("%s/images", hidden ? launch->vm_dir : launch->data_dir);
}

/* Memory of VMs that are being copied. Its size is the kernel's default, half of the machine's memory;
 * a tmpfs of its own, so that a large fork cannot take the room of what running VMs need. */
static void mount_forks(const Launch *launch)
{
    char *path = private_dir(launch, "forks");
    char *options = launch_format("mode=0700,uid=%u,gid=%u", launch->uid, launch->gid);

    if (mount("libsandbox", path, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, options) < 0)
        launch_log("cannot mount a tmpfs on %s: %s", path, strerror(errno));
    free(options);
    free(path);
}

void launch_mount(const Launch *launch)
{
    mount_private(launch);
    if (!launch->daemon) {
        show_dir(launch, below(launch->data_dir, "images"), "images", 0);
        show_dir(launch, below(launch->data_dir, "snapshots"), "snapshots", 1);
        mount_forks(launch);
    }
    show_dir(launch, below(launch->data_dir, "disks"), "disks", 1);
    show_dir(launch, launch->cache_dir != NULL ? launch_format("%s", launch->cache_dir) : NULL,
             "cache", 1);
    /* libvirt's root; what it learns about QEMU in seconds is kept on the host. */
    free(private_dir(launch, "l"));
    show_dir(launch, launch_format("%s/cache/libvirt", launch->vm_dir), "l/cache", 1);
    mount_dev(launch);
}
