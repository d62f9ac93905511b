/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The guard: a process between the tool and the build script.
 *
 *   tool --fork--> guard --fork, exec--> build-image --> mmdebstrap, apt, dpkg, npm, mkfs ...
 *
 * A shell reacts to a signal only when its foreground command has ended, and SIGKILL of the tool
 * tells nobody. So the guard gets SIGTERM from the tool (cancellation) or from the kernel (the
 * tool's death), passes it on to the script's whole process group, and after a time of grace uses
 * SIGKILL. It is the reaper of the script's orphans, so it can find and end those that left the
 * group, too. It keeps the read ends of the pipes open: when the tool has been killed, a last
 * message must not end the script by SIGPIPE amid its clean-up. While it lives it holds the tool's
 * locks: the next builder starts when all is clean.
 */
#include "image/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "image/failure.h"
#include "image/tree.h"

/* build-image's clean-up removes a root tree: 0.3 s measured, many times that on a busy disk. */
enum { GRACE_SECONDS = 20, LOCKS_MAX = 2, EXIT_NOT_STARTED = 127, EXIT_STOPPED = 130 };

typedef struct {
    const char *const *argv;
    const char *build_dir;
    pid_t parent;
    pid_t self;
    pid_t script;
    int progress_fd;
    int log_fd;
    int keep[LOCKS_MAX + 4]; /* all the descriptors that stay open, ascending */
    guint n_keep;
} Guard;

static int compare_ints(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void close_others(Guard *guard)
{
    unsigned int next = 3;

    qsort(guard->keep, guard->n_keep, sizeof(int), compare_ints);
    for (guint i = 0; i < guard->n_keep; i++) {
        unsigned int kept = (unsigned int)guard->keep[i];

        if (kept > next)
            close_range(next, kept - 1, 0);
        next = kept + 1;
    }
    close_range(next, ~0U, 0);
}

/* The tool's answer on stdout must end with the tool. */
static void leave_stdio(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (int fd = 0; fd <= 2; fd++)
        dup2(null, fd);
    if (null > 2)
        close(null);
}

static void reset_signals(void)
{
    sigset_t none;

    for (int number = 1; number < SIGRTMIN; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static G_GNUC_NORETURN void run_script(const Guard *guard)
{
    int progress, log;

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != guard->self)
        _exit(EXIT_NOT_STARTED);
    reset_signals();
    /* Above the targets first: either may be one of them. */
    progress = fcntl(guard->progress_fd, F_DUPFD_CLOEXEC, SBX_GUARD_PROGRESS_FD + 1);
    log = fcntl(guard->log_fd, F_DUPFD_CLOEXEC, SBX_GUARD_PROGRESS_FD + 1);
    if (progress >= 0 && log >= 0 && dup2(log, 1) >= 0 && dup2(log, 2) >= 0 &&
        dup2(progress, SBX_GUARD_PROGRESS_FD) >= 0)
        execv(guard->argv[0], (char *const *)guard->argv);
    dprintf(2, "cannot start %s: %s\n", guard->argv[0], g_strerror(errno));
    _exit(EXIT_NOT_STARTED);
}

static gboolean script_has_ended(const Guard *guard)
{
    siginfo_t info = {0};

    /* Not reaped yet: as long as it is a zombie, its process group's number cannot be reused. */
    return waitid(P_PID, (id_t)guard->script, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == guard->script;
}

static struct timespec time_left(const struct timespec *deadline)
{
    struct timespec now, left;

    clock_gettime(CLOCK_MONOTONIC, &now);
    left.tv_sec = deadline->tv_sec - now.tv_sec;
    left.tv_nsec = 0;
    if (left.tv_sec < 0)
        left.tv_sec = 0;
    return left;
}

/* Until the script has ended; signals come one by one from sigtimedwait(). */
static gboolean watch(const Guard *guard, const sigset_t *set)
{
    struct timespec deadline = {0};
    gboolean stopping = FALSE;

    while (!script_has_ended(guard)) {
        struct timespec left = time_left(&deadline);
        int number = sigtimedwait(set, NULL, stopping ? &left : NULL);

        if (number < 0 && errno == EAGAIN) {
            kill(-guard->script, SIGKILL);
            clock_gettime(CLOCK_MONOTONIC, &deadline);
            deadline.tv_sec += GRACE_SECONDS;
        } else if (number > 0 && number != SIGCHLD && !stopping) {
            stopping = TRUE;
            kill(-guard->script, SIGTERM);
            clock_gettime(CLOCK_MONOTONIC, &deadline);
            deadline.tv_sec += GRACE_SECONDS;
        }
    }
    return stopping;
}

/* Our children, among them what orphans the script left; none can have been reaped by others. */
static void kill_children(void)
{
    g_autofree char *path = g_strdup_printf("/proc/self/task/%d/children", (int)getpid());
    g_autofree char *text = NULL;
    g_auto(GStrv) pids = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return;
    pids = g_strsplit(text, " ", -1);
    for (char **pid = pids; *pid; pid++) {
        int number = atoi(*pid);

        if (number > 1)
            kill(number, SIGKILL);
    }
}

static int end_all(const Guard *guard)
{
    int code = EXIT_NOT_STARTED;
    pid_t pid;

    kill(-guard->script, SIGKILL);
    do {
        int status;

        kill_children();
        pid = waitpid(-1, &status, 0);
        if (pid == guard->script)
            code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    } while (pid > 0 || errno == EINTR);
    return code;
}

static G_GNUC_NORETURN void run_guard(Guard *guard)
{
    sigset_t set;
    gboolean stopped;
    int code;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_SETMASK, &set, NULL);
    setpgid(0, 0);
    leave_stdio();
    close_others(guard);
    prctl(PR_SET_NAME, "sbx-image-guard");
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != guard->parent)
        raise(SIGTERM);
    guard->self = getpid();
    guard->script = fork();
    if (guard->script == 0)
        run_script(guard);
    if (guard->script < 0)
        _exit(EXIT_NOT_STARTED);
    setpgid(guard->script, guard->script);
    stopped = watch(guard, &set);
    code = end_all(guard);
    if (getppid() != guard->parent)
        sbx_tree_remove(guard->build_dir, NULL);
    _exit(stopped ? EXIT_STOPPED : code);
}

static gboolean make_pipe(int ends[2], GError **error)
{
    if (pipe2(ends, O_CLOEXEC) == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
        return TRUE;
    sbx_image_set_errno(error, errno, "cannot make a pipe");
    return FALSE;
}

static gboolean fork_guard(Guard *template, SbxGuard *guard, GError **error)
{
    guard->pid = fork();
    if (guard->pid == 0)
        run_guard(template);
    if (guard->pid > 0)
        guard->pidfd = pidfd_open(guard->pid, 0);
    if (guard->pid > 0 && guard->pidfd >= 0)
        return TRUE;
    sbx_image_set_errno(error, errno, "cannot start a process");
    if (guard->pid > 0) {
        kill(guard->pid, SIGTERM);
        waitpid(guard->pid, NULL, 0);
    }
    return FALSE;
}

gboolean sbx_guard_start(const char *const *argv, const char *build_dir, const int *locks,
                         guint n_locks, SbxGuard *guard, GError **error)
{
    int progress[2] = {-1, -1};
    int log[2] = {-1, -1};
    gboolean ok = make_pipe(progress, error) && make_pipe(log, error);

    g_assert(n_locks <= LOCKS_MAX);
    *guard = (SbxGuard){.pidfd = -1, .progress_fd = -1, .log_fd = -1};
    if (ok) {
        Guard template = {.argv = argv,
                          .build_dir = build_dir,
                          .parent = getpid(),
                          .progress_fd = progress[1],
                          .log_fd = log[1],
                          .keep = {progress[0], progress[1], log[0], log[1]},
                          .n_keep = 4 + n_locks};

        memcpy(template.keep + 4, locks, n_locks * sizeof(int));
        ok = fork_guard(&template, guard, error);
    }
    sbx_fd_clear(&progress[1]);
    sbx_fd_clear(&log[1]);
    guard->progress_fd = progress[0];
    guard->log_fd = log[0];
    if (!ok) {
        sbx_fd_clear(&guard->progress_fd);
        sbx_fd_clear(&guard->log_fd);
    }
    return ok;
}

void sbx_guard_stop(SbxGuard *guard)
{
    /* Not reaped before sbx_guard_finish(), so the number is still its. */
    kill(guard->pid, SIGTERM);
}

int sbx_guard_finish(SbxGuard *guard)
{
    int status = 0;

    while (waitpid(guard->pid, &status, 0) < 0 && errno == EINTR)
        ;
    sbx_fd_clear(&guard->pidfd);
    sbx_fd_clear(&guard->progress_fd);
    sbx_fd_clear(&guard->log_fd);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
