/* launch.c: the child between clone and exec.
 *
 * It shares the agent's memory (CLONE_VM), so it starts in its cgroup without copying a page table,
 * and leaves word of what went wrong there. It runs on a stack of its own and calls nothing that
 * locks or allocates. The agent does nothing meanwhile, not even set errno, which they share: it
 * waits for a word in memory that the kernel clears when the child execs or ends. That is
 * CLONE_VFORK with a limit, for a directory or program may be in a file system that never answers.
 * A child that takes too long gets SIGKILL, and with that it never executes another instruction of
 * ours. Where that clone3 is not to be had (valgrind, sanitizers, other architectures) it is a fork,
 * which reports by a pipe that exec closes; nothing else differs but the limit. */
#include "launch.h"

#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LAUNCH_BY_FORK 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define LAUNCH_BY_FORK 1
#endif
#endif

/* What login programs give; some programs close every possible descriptor, or use select. */
enum { SOFT_FILES = 1024, HARD_FILES = 524288, STACK_SIZE = 64 << 10 };
/* The first is below the keeper's patience for the end of a command that it has killed, which waits
 * meanwhile; the longest is below its patience for a start. */
enum { PATIENCE_SECONDS = 4, LONGEST_SECONDS = 60, END_SECONDS = 1 };

static int proc_fd = -1;

void launch_init(void)
{
    /* The agent itself holds three pipes for each process. */
    struct rlimit files = {.rlim_cur = HARD_FILES, .rlim_max = HARD_FILES};
    if (setrlimit(RLIMIT_NOFILE, &files) < 0 && getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    if (agent_mode.init)
        proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

struct child {
    const struct launch *launch;
    int report; /* -1: failure is in the agent's memory too */
    struct launch_error failure;
    enum launch_stage stage; /* what is under way */
    bool failed;
};

static _Noreturn void give_up(struct child *child, enum launch_stage stage)
{
    const struct launch_error failure = {.stage = stage, .error = errno};

    child->failure = failure;
    child->failed = true;
    if (child->report >= 0 && write(child->report, &failure, sizeof failure) < 0)
        _exit(126);
    _exit(127);
}

/* The agent is exempt from the OOM killer; its commands are what the killer is for. */
static bool reset_oom_score(void)
{
    if (proc_fd < 0)
        return true;
    int fd = openat(proc_fd, "self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && write(fd, "0", 1) == 1;
    if (fd >= 0)
        close(fd);
    return done;
}

static bool prepare(const struct launch *launch)
{
    struct rlimit files = {.rlim_cur = SOFT_FILES, .rlim_max = HARD_FILES};
    struct rlimit now;

    if (setsid() < 0 || !reset_oom_score())
        return false;
    if (getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_max < files.rlim_max)
        files.rlim_max = now.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files) < 0)
        return false;
    for (int i = 0; i < 3; i++)
        if (dup2(launch->stdio[i], i) < 0)
            return false;
    if (launch->terminal && ioctl(0, TIOCSCTTY, 0) < 0)
        return false;
    /* Whatever the agent was started with must not reach a command either. */
    syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC);
    if (launch->script_fd == LAUNCH_SCRIPT_FD)
        return fcntl(LAUNCH_SCRIPT_FD, F_SETFD, 0) == 0;
    return launch->script_fd < 0 || dup2(launch->script_fd, LAUNCH_SCRIPT_FD) >= 0;
}

static bool become_user(const struct launch *launch)
{
    const struct user *user = launch->user;

    /* Raw calls: glibc's would look for other threads to change along, which are not ours. */
    return !launch->switch_user ||
           (syscall(SYS_setgroups, user->group_count, user->groups) == 0 &&
            syscall(SYS_setresgid, user->gid, user->gid, user->gid) == 0 &&
            syscall(SYS_setresuid, user->uid, user->uid, user->uid) == 0);
}

static bool enter_directory(const struct launch *launch)
{
    /* A relative directory is relative to home. */
    if (chdir(launch->user->home) < 0 && chdir("/") < 0)
        return false;
    return launch->cwd == NULL || chdir(launch->cwd) == 0;
}

static enum launch_stage blame(const char *path)
{
    int error = errno;
    bool there = error == ENOENT && access(path, F_OK) == 0;
    errno = error;
    return there ? LAUNCH_INTERPRETER : LAUNCH_EXEC;
}

/* execvpe, without its shell fallback and with a PATH that is the command's, not the agent's. */
static enum launch_stage search_and_exec(const struct launch *launch)
{
    char path[4096];
    size_t length = strlen(launch->program);
    int error = ENOENT;

    if (launch->program_fd >= 0) {
        syscall(SYS_execveat, launch->program_fd, "", launch->argv, launch->environment,
                AT_EMPTY_PATH);
        return LAUNCH_EXEC;
    }
    if (strchr(launch->program, '/') != NULL || length == 0) {
        execve(launch->program, launch->argv, launch->environment);
        return blame(launch->program);
    }
    for (const char *at = launch->search_path; at != NULL;) {
        size_t part = strcspn(at, ":");
        if (part + length + 2 <= sizeof path) {
            memcpy(path, at, part);
            path[part] = '/';
            memcpy(path + part + (part > 0), launch->program, length + 1);
            /* A look costs less than an exec that fails. */
            if (access(path, F_OK) == 0) {
                execve(path, launch->argv, launch->environment);
                if (errno == ENOENT)
                    return LAUNCH_INTERPRETER;
            }
            if (errno == EACCES)
                error = EACCES;
            else if (errno != ENOENT && errno != ENOTDIR)
                return LAUNCH_EXEC;
        }
        at = at[part] == ':' ? at + part + 1 : NULL;
    }
    errno = error;
    return LAUNCH_EXEC;
}

static int child_main(void *data)
{
    struct child *child = data;
    sigset_t none;

    if (!prepare(child->launch))
        give_up(child, LAUNCH_PREPARE);
    if (!become_user(child->launch))
        give_up(child, LAUNCH_USER);
    child->stage = LAUNCH_DIRECTORY;
    if (!enter_directory(child->launch))
        give_up(child, LAUNCH_DIRECTORY);
    /* The agent handles and ignores no signal, so all dispositions are the default already. */
    child->stage = LAUNCH_EXEC;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    give_up(child, search_and_exec(child->launch));
}

#if defined(__x86_64__) && !defined(LAUNCH_BY_FORK)
enum { SHARES_MEMORY = 1 };

/* clone3 with a new stack, on which the child calls child_main and never returns. */
static long clone_on_stack(struct clone_args *args, void *data)
{
    register long result __asm__("rax") = SYS_clone3;
    register struct clone_args *arg1 __asm__("rdi") = args;
    register unsigned long arg2 __asm__("rsi") = sizeof *args;
    register int (*function)(void *) __asm__("r12") = child_main;
    register void *argument __asm__("r13") = data;

    __asm__ volatile("syscall\n\t"
                     "testq %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xorl %%ebp, %%ebp\n\t"
                     "movq %%r13, %%rdi\n\t"
                     "callq *%%r12\n\t"
                     "hlt\n"
                     "1:"
                     : "+r"(result)
                     : "r"(arg1), "r"(arg2), "r"(function), "r"(argument)
                     : "rcx", "r11", "memory", "cc");
    return result;
}

/* A call that leaves errno alone, which is the child's at that time. */
static long raw_call(long number, long a, long b, long c, long d, long e, long f)
{
    register long result __asm__("rax") = number;
    register long arg1 __asm__("rdi") = a;
    register long arg2 __asm__("rsi") = b;
    register long arg3 __asm__("rdx") = c;
    register long arg4 __asm__("r10") = d;
    register long arg5 __asm__("r8") = e;
    register long arg6 __asm__("r9") = f;

    __asm__ volatile("syscall"
                     : "+r"(result)
                     : "r"(arg1), "r"(arg2), "r"(arg3), "r"(arg4), "r"(arg5), "r"(arg6)
                     : "rcx", "r11", "memory", "cc");
    return result;
}

/* Waits until the kernel has cleared the word. False when it has not in that time. */
static bool wait_for_word(const unsigned *word, time_t seconds)
{
    const struct timespec until = {.tv_sec = (time_t)(agent_clock(CLOCK_MONOTONIC) / 1000000000u) +
                                             seconds};

    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) != 0)
        if (raw_call(SYS_futex, (long)word, FUTEX_WAIT_BITSET, 1, (long)&until, 0,
                     (int)FUTEX_BITSET_MATCH_ANY) == -ETIMEDOUT)
            return false;
    return true;
}

/* Whether the child waits for the server of a file system (FUSE, NFS, 9p), or for another who looks
 * the same name up there, and not for a turn on a processor or a disk, which may take long, too. */
static bool waits_for_server(pid_t pid)
{
    static const char *const places[] = {"request_wait_answer", "fuse_", "__fuse_", "rpc_", "nfs",
                                         "p9_", "d_alloc_parallel", "d_wait_lookup"};
    char path[32], place[64] = "";

    snprintf(path, sizeof path, "%d/wchan", (int)pid);
    long fd = raw_call(SYS_openat, proc_fd, (long)path, O_RDONLY | O_CLOEXEC, 0, 0, 0);
    if (fd < 0)
        return false;
    raw_call(SYS_read, fd, (long)place, sizeof place - 1, 0, 0, 0);
    raw_call(SYS_close, fd, 0, 0, 0, 0, 0);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (strncmp(place, places[i], strlen(places[i])) == 0)
            return true;
    return false;
}

/* The word of a child that does not even die stays its: the kernel clears it some day. */
static unsigned *take_word(void)
{
    static unsigned *word;
    unsigned *taken = word;

    if (taken == NULL || *taken != 0)
        taken = word = malloc(sizeof *word);
    if (taken != NULL)
        *taken = 1;
    return taken;
}

static void await(struct child *child, pid_t pid, const unsigned *word)
{
    for (int waited = 0; waited < LONGEST_SECONDS; waited += PATIENCE_SECONDS) {
        if (wait_for_word(word, PATIENCE_SECONDS))
            return;
        if (waits_for_server(pid))
            break;
    }
    raw_call(SYS_kill, pid, SIGKILL, 0, 0, 0, 0);
    wait_for_word(word, END_SECONDS);
    child->failure = (struct launch_error){.stage = child->stage, .error = ETIMEDOUT};
    child->failed = true;
}

static pid_t clone_child(struct child *child)
{
    static char stack[STACK_SIZE] __attribute__((aligned(16)));
    unsigned *word = take_word();
    struct clone_args args = {
        .flags = CLONE_VM | CLONE_CHILD_CLEARTID,
        .child_tid = (uintptr_t)word,
        .exit_signal = SIGCHLD,
        .stack = (uintptr_t)stack,
        .stack_size = sizeof stack,
    };

    if (child->launch->cgroup_fd >= 0) {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = (uint64_t)child->launch->cgroup_fd;
    }
    if (word == NULL)
        return -1;
    long result = clone_on_stack(&args, child);
    if (result <= 0)
        *word = 0;
    if (result == -ENOSYS && child->launch->cgroup_fd < 0)
        return 0;
    if (result < 0) {
        errno = (int)-result;
        return -1;
    }
    await(child, (pid_t)result, word);
    return (pid_t)result;
}
#else
enum { SHARES_MEMORY = 0 };

static pid_t clone_child(struct child *child)
{
    struct clone_args args = {
        .flags = CLONE_INTO_CGROUP,
        .exit_signal = SIGCHLD,
        .cgroup = (uint64_t)child->launch->cgroup_fd,
    };

    if (child->launch->cgroup_fd < 0)
        return 0;
    pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
    if (pid == 0)
        child_main(child);
    return pid;
}
#endif

static pid_t clone_or_fork(struct child *child)
{
    pid_t pid = SHARES_MEMORY ? 0 : clone_child(child);
    if (pid != 0)
        return pid;
    pid = fork();
    if (pid == 0)
        child_main(child);
    return pid;
}

static pid_t launch_with_pipe(struct child *child, struct launch_error *error)
{
    int pipe_fds[2];

    if (pipe2(pipe_fds, O_CLOEXEC) < 0) {
        error->error = errno;
        return -1;
    }
    child->report = pipe_fds[1];
    pid_t pid = clone_or_fork(child);
    error->error = errno;
    close(pipe_fds[1]);
    ssize_t n = pid > 0 ? read(pipe_fds[0], error, sizeof *error) : 0;
    close(pipe_fds[0]);
    return n > 0 ? -1 : pid;
}

pid_t launch(const struct launch *launch, struct launch_error *error)
{
    struct child child = {.launch = launch, .report = -1, .stage = LAUNCH_PREPARE};

    *error = (struct launch_error){.stage = LAUNCH_CLONE};
    /* Zero from clone_child: not possible that way. */
    pid_t pid = SHARES_MEMORY ? clone_child(&child) : 0;
    if (pid == 0)
        return launch_with_pipe(&child, error);
    error->error = errno;
    /* A child that reported is dead; the reaper collects it like an orphan. */
    if (pid > 0 && child.failed)
        *error = child.failure;
    return child.failed ? -1 : pid;
}
