/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What blocks and has no descriptor that tells of its end: flock(), and connect() to a unix socket
 * whose backlog is full. Outside of ops it may block. Inside, a child process does it, and the end of
 * that is waited for. It is rare: another program starts or stops the keeper right now.
 *
 * No op may hold a lock while it waits. Whoever dispatches it may be waiting for that very lock in
 * another call.
 */
#include "client/aside.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/fiber.h"
#include "client/private.h"
#include "wire/fd.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

/* In the child, which has the program's memory as it was but not its other threads: system calls and
 * nothing else. It must not outlive the program, nor keep what others of its descriptors lead to. */
static void child(const SbxAside *aside, pid_t parent)
{
    int low = MIN(aside->fds[0], aside->fds[1]);
    int high = MAX(aside->fds[0], aside->fds[1]);

    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent)
        syscall(SYS_exit_group, EINTR);
    if (low > 0)
        syscall(SYS_close_range, 0, low - 1, 0);
    if (high > low + 1)
        syscall(SYS_close_range, low + 1, high - 1, 0);
    syscall(SYS_close_range, high + 1, ~0U, 0);
    syscall(SYS_exit_group, aside->function(aside));
}

/* A child without a signal at its end: the program's own waiting for children does not see it. It has
 * every signal blocked, so that no handler of the program runs in it. Returns its pidfd or -errno. */
static int start(const SbxAside *aside)
{
    pid_t parent = getpid();
    sigset_t all, before;
    int pidfd = -1;
    long pid;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid = syscall(SYS_clone, CLONE_PIDFD, NULL, &pidfd, NULL, 0);
    if (pid == 0)
        child(aside, parent);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pid < 0 ? -errno : pidfd;
}

/* Returns 0 or -errno. */
static int call_in_child(const SbxAside *aside)
{
    siginfo_t info = {0};
    g_auto(fd_t) pidfd = start(aside);
    int code;

    if (pidfd < 0)
        return pidfd;
    code = sbx_wait_one(pidfd, POLLIN, -1);
    if (code < 0) {
        pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
        sbx_wait_shield(1);
        sbx_wait_one(pidfd, POLLIN, -1);
        sbx_wait_shield(0);
    }
    while (waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | __WALL) < 0 && errno == EINTR)
        ;
    if (code < 0)
        return code;
    /* Killed with the thread that started it: the op goes on in another one. */
    return info.si_code == CLD_EXITED ? -info.si_status : -EINTR;
}

int sbx_aside(const SbxAside *aside)
{
    int code;

    if (sbx_fiber_data() == NULL)
        return -aside->function(aside);
    do
        code = call_in_child(aside);
    while (code == -EINTR);
    return code;
}

/* In a child: until the lock could be had. The child has another open file, so its end frees the lock
 * again. */
static int await_lock(const SbxAside *aside)
{
    const int *kind = aside->data;
    char path[32];
    int fd;

    g_snprintf(path, sizeof path, "/proc/self/fd/%d", aside->fds[0]);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    while (flock(fd, *kind) < 0)
        if (errno != EINTR)
            return errno;
    return 0;
}

int sbx_flock(int fd, int kind)
{
    SbxAside aside = {.function = await_lock, .fds = {fd, -1}, .data = &kind};
    int in_op = sbx_fiber_data() != NULL;
    int code = 0;

    while (code == 0) {
        if (flock(fd, in_op ? kind | LOCK_NB : kind) == 0)
            return 0;
        if (errno == EWOULDBLOCK)
            code = sbx_aside(&aside);
        else if (errno != EINTR)
            code = -errno;
    }
    return code;
}

/* What connect() takes. */
typedef struct {
    const struct sockaddr *address;
    socklen_t length;
} Target;

static int call_connect(const SbxAside *aside)
{
    const Target *target = aside->data;

    while (connect(aside->fds[0], target->address, target->length) < 0)
        if (errno != EINTR)
            return errno;
    return 0;
}

int sbx_connect_socket(int fd, const struct sockaddr *address, socklen_t length, int directory)
{
    Target target = {.address = address, .length = length};
    SbxAside aside = {.function = call_connect, .fds = {fd, directory}, .data = &target};
    int code;

    if (sbx_fiber_data() == NULL)
        return -call_connect(&aside);
    if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
        return -errno;
    code = -call_connect(&aside);
    fcntl(fd, F_SETFL, 0);
    return code == -EAGAIN ? sbx_aside(&aside) : code;
}
