/* mount.c: from the initramfs to the overlay root. The parts of the overlay stay mounted in the
 * initramfs, out of reach of anybody below the new root. */
#include "mount.h"

#include "agent.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MOUNT_ATTR_RDONLY
#include <linux/mount.h>
#endif

enum { DEVICE_DEADLINE_MS = 10000 };

#define SCRATCH_OPTIONS "nobarrier,data=writeback,noauto_da_alloc,commit=60"

static void need(bool done, const char *what)
{
    if (!done)
        agent_fatal("%s: %s", what, strerror(errno));
}

static void mount_on(const char *type, const char *source, const char *target,
                     unsigned long flags, const char *options)
{
    mkdir(target, 0755);
    if (mount(source, target, type, flags, options) < 0)
        agent_fatal("cannot mount %s on %s: %s", source, target, strerror(errno));
}

void mount_early(void)
{
    mkdir("/dev", 0755);
    /* The kernel may have done this one already. */
    need(mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID, "mode=0755") == 0 || errno == EBUSY,
         "cannot mount /dev");
    mount_on("proc", "proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    mount_on("sysfs", "sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

/* A driver may still be looking at its device when its module has been loaded. */
static void wait_for(const char *device)
{
    char events[4096];
    int fd = inotify_init1(IN_CLOEXEC);
    struct pollfd item = {.fd = fd, .events = POLLIN};

    need(fd >= 0 && inotify_add_watch(fd, "/dev", IN_CREATE) >= 0, "inotify");
    while (access(device, F_OK) < 0) {
        if (poll(&item, 1, DEVICE_DEADLINE_MS) <= 0)
            agent_fatal("there is no %s", device);
        need(read(fd, events, sizeof events) > 0, "inotify");
    }
    close(fd);
}

static void mount_scratch(const char *device)
{
    mkdir("/scratch", 0755);
    /* It is thrown away with the machine: nothing on it must survive a crash. A file system without
     * a journal refuses the journal's options, and needs none of them. */
    if (mount(device, "/scratch", "ext4", MS_NOATIME, SCRATCH_OPTIONS) < 0 &&
        mount(device, "/scratch", "ext4", MS_NOATIME, "noauto_da_alloc") < 0)
        agent_fatal("cannot mount the scratch disk %s: %s", device, strerror(errno));
    mkdir("/scratch/upper", 0755);
    mkdir("/scratch/work", 0700);
    chmod("/scratch/upper", 0755);
}

static void mount_lower(const char *device)
{
    mkdir("/lower", 0755);
    if (mount(device, "/lower", "ext4", MS_RDONLY | MS_NOATIME, NULL) < 0)
        agent_fatal("cannot mount the root disk %s: %s", device, strerror(errno));
}

pid_t mount_disks_begin(const char *root_device, const char *scratch_device)
{
    pid_t child = fork();

    need(child >= 0, "fork");
    if (child > 0)
        return child;
    wait_for(root_device);
    mount_lower(root_device);
    wait_for(scratch_device);
    mount_scratch(scratch_device);
    _exit(0);
}

void mount_root(pid_t disks)
{
    int status;

    need(waitpid(disks, &status, 0) == disks && status == 0, "cannot mount the disks");
    mount_on("overlay", "overlay", "/newroot", MS_NOATIME,
             "lowerdir=/lower,upperdir=/scratch/upper,workdir=/scratch/work");
    need(chdir("/newroot") == 0, "cannot enter the new root");
    mkdir("dev", 0755);
    mkdir("proc", 0555);
    mkdir("sys", 0555);
    need(mount("/dev", "dev", NULL, MS_MOVE, NULL) == 0 &&
             mount("/proc", "proc", NULL, MS_MOVE, NULL) == 0 &&
             mount("/sys", "sys", NULL, MS_MOVE, NULL) == 0,
         "cannot move the kernel's file systems");
    need(mount(".", "/", NULL, MS_MOVE, NULL) == 0 && chroot(".") == 0 && chdir("/") == 0,
         "cannot switch to the new root");
}

static void make_links(void)
{
    symlink("/proc/self/fd", "/dev/fd");
    symlink("/proc/self/fd/0", "/dev/stdin");
    symlink("/proc/self/fd/1", "/dev/stdout");
    symlink("/proc/self/fd/2", "/dev/stderr");
    symlink("/proc/self/mounts", "/etc/mtab");
}

void mount_late(void)
{
    mount_on("devpts", "devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC,
             "mode=0620,gid=5,ptmxmode=0666");
    mount_on("tmpfs", "tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777");
    mount_on("tmpfs", "tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=0755");
    mount_on("cgroup2", "cgroup2", "/sys/fs/cgroup", MS_NOSUID | MS_NODEV | MS_NOEXEC,
             "memory_recursiveprot");
    mkdir("/run/lock", 01777);
    chmod("/run/lock", 01777);
    /* On the disk: there is more of it than memory, and both are thrown away. */
    mkdir("/tmp", 01777);
    chmod("/tmp", 01777);
    make_links();
}
