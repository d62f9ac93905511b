/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Helper programs: see helper.h. */
#include "client/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/private.h"
#include "wire/fd.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

enum {
    FIRST_FREE_FD = 10, /* above all descriptors that the child gets */
    LINE_BYTES = 2048,
    ANSWER_BYTES = 8 * 1024 * 1024,
    COMPLAINT_BYTES = 4096,
};

extern char **environ;

static int make_pipe(int *ours, int *theirs)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    *ours = ends[0];
    *theirs = fcntl(ends[1], F_DUPFD_CLOEXEC, FIRST_FREE_FD);
    sbx_fd_close(ends[1]);
    return *theirs < 0 ? -1 : 0;
}

/* Moves what is given out of the way of the descriptors that the child gets. */
static int move_given(SbxHelper *helper)
{
    for (int i = 0; i < helper->n_given; i++) {
        int moved = fcntl(helper->given[i], F_DUPFD_CLOEXEC, FIRST_FREE_FD);

        if (moved < 0)
            return -1;
        sbx_fd_close(helper->given[i]);
        helper->given[i] = moved;
    }
    return 0;
}

static void close_given(SbxHelper *helper)
{
    for (int i = 0; i < helper->n_given; i++)
        sbx_fd_clear(&helper->given[i]);
}

/* The child starts with the default for every signal, whatever this program does with them. */
static int set_signals(posix_spawnattr_t *attributes)
{
    sigset_t all, none;

    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(attributes, &all);
    posix_spawnattr_setsigmask(attributes, &none);
    return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

static int set_files(const SbxHelper *helper, posix_spawn_file_actions_t *actions, int answer,
                     int complaint, int line)
{
    int result = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);

    if (result == 0)
        result = posix_spawn_file_actions_adddup2(actions, answer, 1);
    if (result == 0)
        result = posix_spawn_file_actions_adddup2(actions, complaint, 2);
    if (result == 0)
        result = posix_spawn_file_actions_adddup2(actions, line, SBX_HELPER_LINE_FD);
    for (int i = 0; i < helper->n_given && result == 0; i++)
        result = posix_spawn_file_actions_adddup2(actions, helper->given[i],
                                                  SBX_HELPER_GIVEN_FD + i);
    return result;
}

/* Returns an errno value. */
static int spawn(SbxHelper *helper, char *const *argv, int answer, int complaint, int line)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int result = posix_spawn_file_actions_init(&actions);

    if (result != 0)
        return result;
    result = posix_spawnattr_init(&attributes);
    if (result == 0) {
        result = set_signals(&attributes);
        if (result == 0)
            result = set_files(helper, &actions, answer, complaint, line);
        if (result == 0)
            result = posix_spawn(&helper->pid, argv[0], &actions, &attributes, argv, environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return result;
}

static int start(SbxHelper *helper, char *const *argv, sbx_error **error)
{
    g_auto(fd_t) answer = -1;
    g_auto(fd_t) complaint = -1;
    g_auto(fd_t) line = -1;
    int result;

    if (make_pipe(&helper->answer_fd, &answer) < 0 || make_pipe(&helper->line_fd, &line) < 0 ||
        make_pipe(&helper->complaint_fd, &complaint) < 0 || move_given(helper) < 0)
        return sbx_fail(error, SBX_E_SYSTEM, errno, helper->operation, NULL,
                        "cannot make a pipe to the helper program: %s", g_strerror(errno));
    result = spawn(helper, argv, answer, complaint, line);
    if (result != 0)
        return sbx_fail(error, SBX_E_SYSTEM, result, helper->operation, NULL,
                        "cannot start the helper program %s: %s", argv[0], g_strerror(result));
    /* Without one (it may have ended already) cancellation still works through the pipe. */
    helper->pidfd = pidfd_open(helper->pid, 0);
    return SBX_OK;
}

/* The helper notices either: the signal, or that nobody reads its progress any more. */
static void cancel(SbxHelper *helper)
{
    helper->cancelled = TRUE;
    if (helper->pidfd >= 0)
        pidfd_send_signal(helper->pidfd, SIGTERM, NULL, 0);
    sbx_fd_clear(&helper->line_fd);
}

static void take_lines(SbxHelper *helper, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length && !helper->cancelled; i++) {
        if (bytes[i] == '\n') {
            if (helper->line != NULL && helper->line(helper->data, helper->partial->str) != 0)
                cancel(helper);
            g_string_truncate(helper->partial, 0);
        } else if (helper->partial->len < LINE_BYTES) {
            g_string_append_c(helper->partial, bytes[i]);
        }
    }
}

static void take_answer(SbxHelper *helper, const char *bytes, size_t length)
{
    if (helper->answer->len + length <= ANSWER_BYTES)
        g_string_append_len(helper->answer, bytes, (gssize)length);
}

static void take_complaint(SbxHelper *helper, const char *bytes, size_t length)
{
    size_t room = COMPLAINT_BYTES - helper->complaint->len;

    g_string_append_len(helper->complaint, bytes, (gssize)MIN(length, room));
}

/* One read from a descriptor that is ready; closes it at its end. */
static void take(SbxHelper *helper, int *fd, void (*sink)(SbxHelper *, const char *, size_t))
{
    char bytes[4096];
    ssize_t n = read(*fd, bytes, sizeof bytes);

    if (n > 0)
        sink(helper, bytes, (size_t)n);
    else if (n == 0 || (errno != EINTR && errno != EAGAIN))
        sbx_fd_clear(fd);
}

/* Reads what is there, waiting until @deadline_ms at most. Returns whether there was anything, or
 * -errno. */
static int take_ready(SbxHelper *helper, int64_t deadline_ms)
{
    struct pollfd fds[] = {{.fd = helper->line_fd, .events = POLLIN},
                           {.fd = helper->answer_fd, .events = POLLIN},
                           {.fd = helper->complaint_fd, .events = POLLIN}};
    int ready = sbx_wait(fds, G_N_ELEMENTS(fds), deadline_ms);

    if (ready <= 0)
        return ready;
    if (fds[0].revents != 0)
        take(helper, &helper->line_fd, take_lines);
    if (fds[1].revents != 0)
        take(helper, &helper->answer_fd, take_answer);
    if (fds[2].revents != 0)
        take(helper, &helper->complaint_fd, take_complaint);
    return 1;
}

/* ECHILD: this program ignores SIGCHLD or has reaped it, and it is gone. */
static void reap(SbxHelper *helper)
{
    siginfo_t info;
    idtype_t type = helper->pidfd >= 0 ? (idtype_t)P_PIDFD : P_PID;
    id_t id = helper->pidfd >= 0 ? (id_t)helper->pidfd : (id_t)helper->pid;

    if (helper->pidfd >= 0)
        sbx_wait_one(helper->pidfd, POLLIN, -1);
    while (waitid(type, id, &info, WEXITED) < 0 && errno == EINTR)
        ;
}

/* Until it has ended. One that is cancelled is waited for, too: it removes what it has begun. */
static int follow(SbxHelper *helper)
{
    int code = 0;

    while (helper->answer_fd >= 0 || helper->line_fd >= 0) {
        int ready = take_ready(helper, -1);

        if (ready >= 0)
            continue;
        if (code < 0)
            break;
        code = ready;
        cancel(helper);
        sbx_wait_shield(1);
    }
    if (code == 0)
        sbx_wait_shield(1);
    reap(helper);
    /* What it left behind may still hold its standard error: only what is there already. */
    while (helper->complaint_fd >= 0 && take_ready(helper, 0) > 0)
        ;
    sbx_wait_shield(0);
    return code;
}

int sbx_helper_run(SbxHelper *helper, const char *const *argv, sbx_error **error)
{
    int code;

    helper->answer = g_string_new(NULL);
    helper->complaint = g_string_new(NULL);
    helper->partial = g_string_new(NULL);
    helper->cancelled = FALSE;
    helper->pidfd = helper->line_fd = helper->answer_fd = helper->complaint_fd = -1;
    code = start(helper, (char *const *)argv, error);
    close_given(helper);
    if (code < 0)
        return code;
    code = follow(helper);
    return code < 0 ? sbx_wait_failed(code, helper->operation, error) : SBX_OK;
}

static void free_string(GString **string)
{
    if (*string != NULL)
        g_string_free(*string, TRUE);
    *string = NULL;
}

void sbx_helper_clear(SbxHelper *helper)
{
    /* Never run: the descriptors are not set. */
    if (helper->answer == NULL)
        return;
    sbx_fd_clear(&helper->pidfd);
    sbx_fd_clear(&helper->line_fd);
    sbx_fd_clear(&helper->answer_fd);
    sbx_fd_clear(&helper->complaint_fd);
    free_string(&helper->answer);
    free_string(&helper->complaint);
    free_string(&helper->partial);
}
