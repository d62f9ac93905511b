/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx-launch: options, log, lock, and the guardian's watch. See launch.h. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sandbox/error.h>

#include "keeper/launch.h"

#define LOG_MAX (1 << 20) /* a log that is larger is started anew */

static volatile pid_t init_pid;
static int have_start_lock;

char *launch_format(const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        abort();
    va_end(args);
    return text;
}

void launch_log(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("sbx-launch: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

/* Writes @text as the inside of a JSON string. */
static void put_json(FILE *stream, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\')
            fprintf(stream, "\\%c", c);
        else if (c < 0x20 || c >= 0x7f)
            fprintf(stream, "\\u%04x", c);
        else
            fputc(c, stream);
    }
}

void launch_fail(int code, int sys_errno, const char *hint, const char *format, ...)
{
    FILE *stream = fdopen(STATUS_FD, "w");
    char message[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    launch_log("%s", message);
    if (have_start_lock)
        flock(START_LOCK_FD, LOCK_UN);
    if (stream != NULL) {
        fprintf(stream, "{\"code\": %d, \"message\": \"", code);
        put_json(stream, message);
        fprintf(stream, "\", \"data\": {\"errno\": %d", sys_errno);
        if (hint != NULL) {
            fputs(", \"hint\": \"", stream);
            put_json(stream, hint);
            fputc('"', stream);
        }
        fputs("}}\n", stream);
        fclose(stream);
    }
    _exit(1);
}

int launch_mkdirs(const char *path, mode_t mode)
{
    char *copy = launch_format("%s", path);
    int made = 0;

    for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(copy, mode);
        *slash = '/';
    }
    if (mkdir(copy, mode) < 0 && errno != EEXIST)
        made = -1;
    free(copy);
    return made;
}

static void parse_options(int argc, char **argv, Launch *launch)
{
    static const struct option names[] = {
        {"keeper", required_argument, NULL, 'k'},   {"agent", required_argument, NULL, 'a'},
        {"runtime-dir", required_argument, NULL, 'r'}, {"data-dir", required_argument, NULL, 'd'},
        {"cache-dir", required_argument, NULL, 'c'}, {"log", required_argument, NULL, 'l'},
        {0},
    };
    const char **fields[128] = {0};
    int option;

    fields['k'] = &launch->keeper;
    fields['a'] = &launch->agent;
    fields['r'] = &launch->runtime_dir;
    fields['d'] = &launch->data_dir;
    fields['c'] = &launch->cache_dir;
    fields['l'] = &launch->log;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1)
        if (option > 0 && option < 128 && fields[option] != NULL)
            *fields[option] = optarg;
    if (launch->keeper == NULL || launch->agent == NULL || launch->runtime_dir == NULL ||
        fcntl(LISTEN_FD, F_GETFD) < 0 || fcntl(STATUS_FD, F_GETFD) < 0) {
        fputs("sbx-launch is started by libsandbox, not by hand\n", stderr);
        exit(2);
    }
}

/* Standard error goes to the log; where that cannot be written, to the runtime directory. */
static void open_log(const Launch *launch)
{
    char *fallback = launch_format("%s/keeper.log", launch->runtime_dir);
    char *dir = launch_format("%s", launch->log != NULL ? launch->log : fallback);
    struct stat status;
    int fd = -1;

    *strrchr(dir, '/') = '\0';
    launch_mkdirs(dir, 0700);
    if (launch->log != NULL)
        fd = open(launch->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        fd = open(fallback, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0) {
        if (fstat(fd, &status) == 0 && status.st_size > LOG_MAX)
            (void)!ftruncate(fd, 0);
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
        close(fd);
    }
    free(fallback);
    free(dir);
}

static int open_program(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        launch_fail(SBX_E_UNAVAILABLE, errno, NULL, "cannot open %s: %s", path, strerror(errno));
    return fd;
}

/* Waits until the keeper before us has gone completely. */
static int take_lock(int runtime)
{
    int fd = openat(runtime, "keeper.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        launch_fail(SBX_E_SYSTEM, errno, NULL, "cannot open keeper.lock: %s", strerror(errno));
    while (flock(fd, LOCK_EX) < 0)
        if (errno != EINTR)
            launch_fail(SBX_E_SYSTEM, errno, NULL, "cannot lock keeper.lock: %s", strerror(errno));
    return fd;
}

/* Closing it is not enough: a child that the client forked in that moment has it, too. */
static void give_start_lock_back(void)
{
    flock(START_LOCK_FD, LOCK_UN);
    close(START_LOCK_FD);
    have_start_lock = 0;
}

static void on_signal(int signal)
{
    (void)signal;
    if (init_pid > 0)
        kill(init_pid, SIGKILL);
}

static void watch_signals(void)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
    struct sigaction action = {.sa_handler = on_signal};

    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaction(signals[i], &action, NULL);
}

/* Removes our socket, unless somebody is starting the next keeper and has replaced it. */
static void clean_up(int runtime)
{
    int lock = openat(runtime, "start.lock", O_RDWR | O_CLOEXEC | O_NOFOLLOW);

    if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0)
        unlinkat(runtime, "keeper.sock", 0);
}

static void guard(Launch *launch)
{
    int runtime = open(launch->runtime_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int alive[2];
    int lock;

    if (runtime < 0 || pipe2(alive, O_CLOEXEC) < 0)
        launch_fail(SBX_E_SYSTEM, errno, NULL, "cannot open %s: %s", launch->runtime_dir,
                    strerror(errno));
    lock = take_lock(runtime);
    if (have_start_lock)
        give_start_lock_back();
    launch_make_vm_dir(launch, runtime);
    launch_unshare(launch);
    watch_signals();
    init_pid = fork();
    if (init_pid < 0)
        launch_fail(SBX_E_SYSTEM, errno, NULL, "cannot fork: %s", strerror(errno));
    if (init_pid == 0) {
        char byte;

        /* Die with the guardian; if it died before this line, the pipe says so. */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(alive[1]);
        close(lock);
        close(runtime);
        fcntl(alive[0], F_SETFL, O_NONBLOCK);
        if (read(alive[0], &byte, 1) == 0)
            _exit(1);
        close(alive[0]);
        launch_init(launch);
    }
    close(LISTEN_FD);
    close(STATUS_FD);
    while (waitpid(init_pid, NULL, 0) < 0 && errno == EINTR)
        ;
    launch_remove_vm_dir(launch);
    clean_up(runtime);
}

int main(int argc, char **argv)
{
    Launch launch = {.keeper_fd = -1, .agent_fd = -1};
    const char *uri = getenv("LIBSANDBOX_URI");
    pid_t child;

    launch.daemon = uri != NULL && strncmp(uri, LAUNCH_DAEMON_URI, strlen(LAUNCH_DAEMON_URI)) == 0;
    parse_options(argc, argv, &launch);
    /* The client waits for this process; the guardian is nobody's child. */
    child = fork();
    if (child < 0)
        launch_fail(SBX_E_SYSTEM, errno, NULL, "cannot fork: %s", strerror(errno));
    if (child > 0)
        _exit(0);
    have_start_lock = fcntl(START_LOCK_FD, F_SETFD, FD_CLOEXEC) == 0;
    close_range(START_LOCK_FD + 1, ~0u, 0);
    umask(022);
    open_log(&launch);
    if (chdir("/") < 0)
        launch_fail(SBX_E_SYSTEM, errno, NULL, "cannot change to /: %s", strerror(errno));
    launch.keeper_fd = open_program(launch.keeper);
    launch.agent_fd = open_program(launch.agent);
    launch_choose_user(&launch);
    guard(&launch);
    return 0;
}
