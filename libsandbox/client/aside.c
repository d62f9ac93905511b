/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * System calls that block and whose end no descriptor tells: flock(), and connect() to a unix socket
 * whose backlog is full. Outside of ops they may block. Inside, a child process that shares the open
 * file makes the call, and its end is waited for: a lock belongs to the open file, a connection to
 * the socket, whoever asked for it. It is rare: another program starts or stops the keeper right now.
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

typedef struct {
    long number;
    long args[3]; /* the first one is the descriptor */
    int other;    /* one more that it takes, or -1 */
    pid_t parent;
} Call;

/* In the child, which has the program's memory as it was but not its other threads: system calls and
 * nothing else. It must not outlive the program, nor keep what others of its descriptors lead to. */
__attribute__((no_sanitize("address", "thread"))) static void child(const Call *call)
{
    long fd = call->args[0];
    long low = call->other >= 0 ? MIN(fd, call->other) : fd;
    long high = MAX(fd, call->other);
    long result;

    syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (syscall(SYS_getppid) != call->parent)
        syscall(SYS_exit_group, EINTR);
    if (low > 0)
        syscall(SYS_close_range, 0, low - 1, 0);
    if (high > low + 1)
        syscall(SYS_close_range, low + 1, high - 1, 0);
    syscall(SYS_close_range, high + 1, ~0U, 0);
    result = syscall(call->number, fd, call->args[1], call->args[2]);
    syscall(SYS_exit_group, result < 0 ? *__errno_location() : 0);
}

/* A child without a signal at its end: the program's own waiting for children does not see it. It has
 * every signal blocked, so that no handler of the program runs in it. Returns its pidfd or -errno. */
static int start(const Call *call)
{
    sigset_t all, before;
    int pidfd = -1;
    long pid;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid = syscall(SYS_clone, CLONE_PIDFD, NULL, &pidfd, NULL, 0);
    if (pid == 0)
        child(call);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pid < 0 ? -errno : pidfd;
}

/* Returns 0 or -errno. */
static int make_call(const Call *call)
{
    siginfo_t info = {0};
    g_auto(fd_t) pidfd = start(call);
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

static int make_aside(const Call *call)
{
    int code;

    do
        code = make_call(call);
    while (code == -EINTR);
    return code;
}

int sbx_flock(int fd, int kind)
{
    Call call = {.number = SYS_flock, .args = {fd, kind}, .other = -1, .parent = getpid()};
    int code;

    for (;;) {
        if (flock(fd, sbx_fiber_data() != NULL ? kind | LOCK_NB : kind) == 0)
            return 0;
        if (errno == EWOULDBLOCK)
            break;
        if (errno != EINTR)
            return -errno;
    }
    code = make_aside(&call);
    /* A child that was killed may have got it. */
    if (code < 0)
        flock(fd, LOCK_UN);
    return code;
}

int sbx_connect_socket(int fd, const struct sockaddr *address, socklen_t length, int directory)
{
    Call call = {.number = SYS_connect,
                 .args = {fd, (long)(intptr_t)address, (long)length},
                 .other = directory,
                 .parent = getpid()};
    int aside = sbx_fiber_data() != NULL;
    int code = 0;

    if (aside && fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
        return -errno;
    do
        code = connect(fd, address, length) < 0 ? -errno : 0;
    while (code == -EINTR);
    if (aside)
        fcntl(fd, F_SETFL, 0);
    return aside && code == -EAGAIN ? make_aside(&call) : code;
}
