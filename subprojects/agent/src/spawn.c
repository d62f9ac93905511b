/* spawn.c: decides user, directory, environment, pipes and cgroup, launches, and puts into words
 * what went wrong. */
#include "spawn.h"

#include "agent.h"
#include "environment.h"
#include "launch.h"
#include "terminal.h"
#include "user.h"
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* The kernel's MAX_ARG_STRLEN, with the NUL. */
enum { MAX_ARGUMENT = 128 << 10 };

/* What bash is given instead of a script that is in LAUNCH_SCRIPT_FD. */
#define SCRIPT_FROM_FD ". /proc/self/fd/9"
#define SCRIPT_PROLOGUE "exec 9<&-;"

static int null_fd = -1;

__attribute__((format(printf, 4, 5))) static bool fail(struct sbx_failure *failure,
                                                       enum sbx_failure_kind kind, int error,
                                                       const char *format, ...)
{
    static char text[SBX_PROTO_MAX_TEXT];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    *failure = (struct sbx_failure){.kind = kind, .error = (uint32_t)error, .text = text};
    return false;
}

/* What the child needs for as long as the launch takes. */
struct preparation {
    struct sbx_command command;
    struct user user;
    const char **own_argv; /* of a script or a worker; NULL: the command's */
    char **environment;
    int command_ends[3]; /* the command's ends of its pipes */
    int script_fd;
};

static bool write_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, data, length);
        if (n < 0 && errno != EINTR)
            return false;
        data += n > 0 ? n : 0;
        length -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* A script too long for one argument is sourced from a sealed memory file, $0 being bash all the
 * same. Its first act is to close that file, so that the commands in it do not inherit it. */
static int make_script_file(const char *script, size_t length)
{
    int fd = memfd_create("script", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return -1;
    if (!write_all(fd, SCRIPT_PROLOGUE, strlen(SCRIPT_PROLOGUE)) ||
        !write_all(fd, script, length) ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool prepare_script(struct preparation *preparation, struct sbx_failure *failure)
{
    struct sbx_command *command = &preparation->command;
    const char *script = command->script;

    if (script == NULL)
        return true;
    if (command->script_length >= MAX_ARGUMENT) {
        preparation->script_fd = make_script_file(script, command->script_length);
        if (preparation->script_fd < 0)
            return fail(failure, SBX_FAILURE_OTHER, errno, "cannot store the script: %s",
                        strerror(errno));
        script = SCRIPT_FROM_FD;
    }
    preparation->own_argv = calloc(command->argc + 4, sizeof *preparation->own_argv);
    if (preparation->own_argv == NULL)
        return fail(failure, SBX_FAILURE_OTHER, ENOMEM, "out of memory");
    preparation->own_argv[0] = "bash";
    preparation->own_argv[1] = "-c";
    preparation->own_argv[2] = script;
    memcpy(preparation->own_argv + 3, command->argv, command->argc * sizeof *command->argv);
    return true;
}

static bool prepare_worker(struct preparation *preparation, struct sbx_failure *failure)
{
    struct sbx_command *command = &preparation->command;

    if ((command->flags & SBX_COMMAND_WORKER) == 0)
        return true;
    if (command->script != NULL || !worker_exists(command->argv[0]))
        return fail(failure, SBX_FAILURE_REQUEST, EINVAL, "this agent has no such worker");
    preparation->own_argv = calloc(command->argc + 3, sizeof *preparation->own_argv);
    if (preparation->own_argv == NULL)
        return fail(failure, SBX_FAILURE_OTHER, ENOMEM, "out of memory");
    preparation->own_argv[0] = "sbx-agent";
    preparation->own_argv[1] = WORKER_OPTION;
    memcpy(preparation->own_argv + 2, command->argv, command->argc * sizeof *command->argv);
    return true;
}

static bool prepare_user(struct preparation *preparation, struct sbx_failure *failure)
{
    const char *who = preparation->command.user != NULL ? preparation->command.user : "app";

    if (agent_mode.user_self)
        user_self(&preparation->user);
    else if (!user_find(who, &preparation->user))
        return fail(failure, SBX_FAILURE_USER, ENOENT, "no such user: \"%s\"", who);
    return true;
}

static bool open_terminal(struct process *process, struct preparation *preparation)
{
    const struct sbx_command *command = &preparation->command;
    struct sbx_size size = {command->rows, command->columns};
    const struct user *owner = agent_mode.user_self ? NULL : &preparation->user;

    preparation->command_ends[0] = terminal_open(process, &size, owner);
    return preparation->command_ends[0] >= 0;
}

static bool open_pipes(struct process *process, int ends[3])
{
    uint32_t flags = process->flags;

    if (null_fd < 0)
        null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if ((flags & SBX_COMMAND_STDIN) != 0 && (ends[0] = input_open(process)) < 0)
        return false;
    if ((flags & SBX_COMMAND_STDOUT) != 0 &&
        (ends[1] = output_open(process, &process->outputs[0])) < 0)
        return false;
    if ((flags & (SBX_COMMAND_STDERR | SBX_COMMAND_MERGE)) == SBX_COMMAND_STDERR &&
        (ends[2] = output_open(process, &process->outputs[1])) < 0)
        return false;
    return null_fd >= 0;
}

/* As if the user had made them: /dev/stdout and its like are opened by name. */
static void give_pipes(const int ends[3], const struct user *user)
{
    for (int i = 0; i < 3 && !agent_mode.user_self; i++)
        if (ends[i] >= 0 && fchown(ends[i], user->uid, user->gid) < 0)
            continue;
}

static bool describe(const struct launch *launch, const struct launch_error *error,
                     struct sbx_failure *failure)
{
    const char *reason = error->error == ETIMEDOUT ? "its file system does not answer"
                                                   : strerror(error->error);
    const char *where = launch->cwd != NULL ? launch->cwd : launch->user->home;

    switch (error->stage) {
    case LAUNCH_EXEC:
        if (error->error == ENOENT)
            return fail(failure, SBX_FAILURE_PROGRAM, ENOENT, "no such program: \"%.200s\"",
                        launch->program);
        return fail(failure, SBX_FAILURE_PROGRAM, error->error, "cannot run \"%.200s\": %s",
                    launch->program, reason);
    case LAUNCH_INTERPRETER:
        return fail(failure, SBX_FAILURE_PROGRAM, ENOENT,
                    "cannot run \"%.200s\": its interpreter is missing", launch->program);
    case LAUNCH_DIRECTORY:
        if (error->error == ENOENT)
            return fail(failure, SBX_FAILURE_DIRECTORY, ENOENT, "no such directory: \"%.200s\"",
                        where);
        return fail(failure, SBX_FAILURE_DIRECTORY, error->error,
                    "user \"%s\" cannot enter directory \"%.200s\": %s", launch->user->name, where,
                    reason);
    case LAUNCH_USER:
        return fail(failure, SBX_FAILURE_USER, error->error, "cannot become user \"%s\": %s",
                    launch->user->name, reason);
    default:
        return fail(failure, SBX_FAILURE_OTHER, error->error, "cannot make a process: %s", reason);
    }
}

static pid_t launch_there(struct process *process, struct launch *launching,
                          struct launch_error *error)
{
    pid_t pid = launch(launching, error);

    if (pid > 0 || error->stage != LAUNCH_CLONE || !cgroup_replace(&process->cgroup))
        return pid;
    launching->cgroup_fd = process->cgroup.fd;
    return launch(launching, error);
}

static bool run(struct process *process, struct preparation *preparation,
                struct sbx_failure *failure)
{
    const struct sbx_command *command = &preparation->command;
    bool merge = (command->flags & SBX_COMMAND_MERGE) != 0;
    const int *ends = preparation->command_ends;
    const char *path = environment_get(preparation->environment, "PATH");
    struct launch_error error;
    struct launch launching = {
        .argv = (char *const *)(preparation->own_argv != NULL ? preparation->own_argv : command->argv),
        .program_fd = (command->flags & SBX_COMMAND_WORKER) != 0 ? worker_program_fd() : -1,
        .environment = preparation->environment,
        .program = command->script != NULL ? "bash" : command->argv[0],
        .search_path = path != NULL ? path : "/usr/local/bin:/usr/bin:/bin",
        .cwd = command->cwd,
        .user = &preparation->user,
        .switch_user = !agent_mode.user_self,
        .stdio = {ends[0] >= 0 ? ends[0] : null_fd, ends[1] >= 0 ? ends[1] : null_fd,
                  ends[2] >= 0 ? ends[2] : null_fd},
        .terminal = process->terminal,
        .script_fd = preparation->script_fd,
        .cgroup_fd = process->cgroup.fd,
    };

    if (process->terminal)
        launching.stdio[1] = launching.stdio[2] = launching.stdio[0];
    else if (merge)
        launching.stdio[2] = launching.stdio[1];
    process->started = agent_clock(CLOCK_MONOTONIC);
    process->pid = launch_there(process, &launching, &error);
    return process->pid > 0 || describe(&launching, &error, failure);
}

/* Not even its first instruction is executed outside of its limits. */
static bool confine(struct process *process, const struct sbx_command *command,
                    struct sbx_failure *failure)
{
    struct cgroup_limits limits = {.memory = command->memory_limit, .tasks = command->task_limit,
                                   .cpu = command->cpu_limit > 0};

    if (!cgroup_create(&limits, &process->cgroup))
        return fail(failure, SBX_FAILURE_OTHER, errno, "cannot make a cgroup%s: %s",
                    limits.memory > 0 || limits.tasks > 0 || limits.cpu ? " with these limits" : "",
                    strerror(errno));
    if (command->cpu_limit == 0)
        return true;
    process->cpu_limit = cpu_limit_start(&process->cgroup, command->cpu_limit);
    return process->cpu_limit != NULL ||
           fail(failure, SBX_FAILURE_OTHER, errno, "cannot limit CPU time: %s", strerror(errno));
}

static bool build(struct process *process, struct preparation *preparation,
                  struct sbx_failure *failure)
{
    const struct sbx_command *command = &preparation->command;

    process->flags = command->flags;
    for (int i = 0; i < 2; i++)
        process->outputs[i].ends_at_exit =
            (command->flags & SBX_COMMAND_OUTPUT_ENDS_AT_EXIT) != 0;
    if (!prepare_user(preparation, failure) || !prepare_script(preparation, failure) ||
        !prepare_worker(preparation, failure))
        return false;
    const char *cwd = command->cwd != NULL ? command->cwd : preparation->user.home;
    preparation->environment = environment_build(command, &preparation->user, cwd);
    if (command->rows > 0 && !open_terminal(process, preparation))
        return fail(failure, SBX_FAILURE_OTHER, errno, "cannot make a terminal: %s",
                    strerror(errno));
    if (preparation->environment == NULL ||
        (command->rows == 0 && !open_pipes(process, preparation->command_ends)))
        return fail(failure, SBX_FAILURE_OTHER, errno, "cannot make pipes: %s", strerror(errno));
    if (command->rows == 0)
        give_pipes(preparation->command_ends, &preparation->user);
    return confine(process, command, failure) && run(process, preparation, failure);
}

bool spawn(struct process *process, const uint8_t *body, size_t length,
           struct sbx_failure *failure)
{
    struct preparation preparation = {.command_ends = {-1, -1, -1}, .script_fd = -1};

    if (!sbx_command_decode(body, length, &preparation.command))
        return fail(failure, SBX_FAILURE_REQUEST, EINVAL, "malformed command");
    bool started = build(process, &preparation, failure);
    for (int i = 0; i < 3; i++)
        if (preparation.command_ends[i] >= 0)
            close(preparation.command_ends[i]);
    if (preparation.script_fd >= 0)
        close(preparation.script_fd);
    free(preparation.own_argv);
    free(preparation.environment);
    sbx_command_clear(&preparation.command);
    return started;
}
