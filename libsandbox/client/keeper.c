/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reaching this user's keeper, and starting it when there is none.
 *
 * Whoever finds no keeper takes the start lock, looks again, binds the listening socket itself and
 * hands it to sbx-launch. Others connect at once and wait in the socket's backlog. A keeper that ends
 * closes the listening socket; a client that was still in the backlog sees end-of-file instead of an
 * answer to its greeting and starts over.
 *
 * The start lock goes to sbx-launch, too, which gives it back when the guardian before it is gone. So
 * nobody has it while waiting.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/aside.h"
#include "client/paths.h"
#include "client/private.h"
#include "config.h"
#include "wire/fd.h"

#define START_ATTEMPTS 5
/* The keeper greets as soon as it listens; this only guards against a wedged one. */
#define HELLO_TIMEOUT_MS 30000
#define LOG_TAIL 1500

void sbx_keeper_address(int directory, struct sockaddr_un *address)
{
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    g_snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/" SBX_KEEPER_SOCKET,
               directory);
}

int sbx_keeper_listens(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* Whoever cannot ask, for want of a descriptor say, must not take it for dead. */
    int found = fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ||
                (errno != ENOENT && errno != ECONNREFUSED);

    sbx_fd_clear(&fd);
    return found;
}

/* Returns the socket or -errno. */
static int try_connect(int directory)
{
    struct sockaddr_un address;
    g_auto(fd_t) fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    int code;

    if (fd < 0)
        return -errno;
    sbx_keeper_address(directory, &address);
    code = sbx_connect_socket(fd, (struct sockaddr *)&address, sizeof address, directory);
    return code < 0 ? code : sbx_fd_steal(&fd);
}

/* Makes an error of what that returned. */
static int connect_failed(int code, const char *runtime, const char *operation, sbx_error **error)
{
    if (code == -ECANCELED)
        return sbx_wait_failed(code, operation, error);
    return sbx_fail(error, SBX_E_KEEPER, -code, operation, NULL,
                    "cannot connect to the keeper in %s: %s", runtime, g_strerror(-code));
}

/* Exchanges greetings. Returns 1, 0 when the keeper is on its way out, or a negative code. */
static int greet(int fd, const char *operation, sbx_error **error)
{
    g_auto(SbxMessage) answer = {0};
    g_autoptr(JsonObject) request = NULL;
    JsonObject *params = json_object_new();
    JsonObject *fault;
    GError *reason = NULL;
    int got;

    json_object_set_int_member(params, "protocol", SBX_PROTOCOL_VERSION);
    json_object_set_string_member(params, "version", SBX_VERSION_STRING);
    request = sbx_message_request(0, "hello", params);
    if (!sbx_message_send(fd, request, NULL, 0, &reason)) {
        int gone = sbx_fault_errno(reason) == EPIPE || sbx_fault_errno(reason) == ECONNRESET;

        if (!gone)
            return sbx_fail_fault(error, operation, reason);
        g_error_free(reason);
        return 0;
    }
    got = sbx_wait_one(fd, POLLIN, sbx_now_ms() + HELLO_TIMEOUT_MS);
    if (got < 0)
        return sbx_wait_failed(got, operation, error);
    if (got == 0)
        return sbx_fail(error, SBX_E_KEEPER, ETIMEDOUT, operation, "end its process sbx-launch; its sandboxes go with it",
                        "the keeper does not answer");
    got = sbx_message_receive(fd, &answer, &reason);
    if (got < 0)
        return sbx_fail_fault(error, operation, reason);
    if (got == 0)
        return 0;
    fault = sbx_json_get_object(answer.object, "error");
    if (fault != NULL)
        return sbx_fail_fault(error, operation, sbx_fault_from_json(fault));
    return 1;
}

/* Binds a new listening socket in place of a dead one. The keeper looks at every peer's credentials,
 * so the moment before fchmodat() opens nothing. Returns the socket or a negative code. */
static int bind_socket(int directory, const char *operation, sbx_error **error)
{
    g_auto(fd_t) fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    struct sockaddr_un address;

    sbx_keeper_address(directory, &address);
    unlinkat(directory, SBX_KEEPER_SOCKET, 0);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        fchmodat(directory, SBX_KEEPER_SOCKET, 0600, 0) == 0 && listen(fd, 128) == 0)
        return sbx_fd_steal(&fd);
    return sbx_fail(error, errno == ENOSPC ? SBX_E_NO_SPACE : SBX_E_SYSTEM, errno, operation, NULL,
                    "cannot make the keeper's socket: %s", g_strerror(errno));
}

/* The end of the keeper's log, or NULL. */
static char *log_tail(const char *path)
{
    char text[LOG_TAIL + 1];
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    off_t size;
    ssize_t n;

    if (fd < 0)
        return NULL;
    size = lseek(fd, 0, SEEK_END);
    n = pread(fd, text, LOG_TAIL, size > LOG_TAIL ? size - LOG_TAIL : 0);
    close(fd);
    return n > 0 ? g_strndup(text, (gsize)n) : NULL;
}

/* Reads what the starting keeper says of itself: {"ok": true} or a fault. */
static int read_status(int fd, const char *log, const char *operation, sbx_error **error)
{
    g_autofree char *tail = NULL;
    g_autoptr(JsonObject) object = NULL;
    char text[8192];
    gsize length = 0;
    ssize_t n;

    while (length < sizeof text && memchr(text, '\n', length) == NULL) {
        int ready = sbx_wait_one(fd, POLLIN, -1);

        if (ready < 0)
            return sbx_wait_failed(ready, operation, error);
        n = read(fd, text + length, sizeof text - length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        length += (gsize)n;
    }
    if (length > 0 && text[length - 1] == '\n')
        object = sbx_json_parse(text, length - 1, NULL);
    if (object != NULL && sbx_json_get_boolean(object, "ok", FALSE))
        return SBX_OK;
    if (object != NULL)
        return sbx_fail_fault(error, operation, sbx_fault_from_json(object));
    tail = log_tail(log);
    return sbx_fail_cause(error, SBX_E_KEEPER, 0, operation, "run `sbx doctor`", tail,
                          "the keeper died while it was starting");
}

/* The launcher forks and ends at once. ECHILD when the program ignores SIGCHLD: then it is gone. */
static void wait_for_child(pid_t child)
{
    g_auto(fd_t) pidfd = pidfd_open(child, 0);

    sbx_wait_shield(1);
    if (pidfd >= 0)
        sbx_wait_one(pidfd, POLLIN, -1);
    sbx_wait_shield(0);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* Descriptors that the launcher gets as 3, 4 and 5. They are closed here when it has them. */
typedef struct {
    int listener;
    int status;
    int lock; /* start.lock, taken */
} Passed;

static int set_files(posix_spawn_file_actions_t *actions, const int *passed)
{
    int failed = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDWR, 0);

    for (int fd = 1; fd <= 2 && failed == 0; fd++)
        failed = posix_spawn_file_actions_adddup2(actions, 0, fd);
    for (int i = 0; i < 3 && failed == 0; i++)
        failed = posix_spawn_file_actions_adddup2(actions, passed[i], 3 + i);
    return failed;
}

/* Returns an errno value. */
static int spawn_launcher(char **argv, const int *passed, pid_t *child)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t all;
    int failed;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETSID);
    failed = set_files(&actions, passed);
    if (failed == 0)
        failed = posix_spawn(child, argv[0], &actions, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return failed;
}

static int spawn(char **argv, Passed *passed, const char *operation, sbx_error **error)
{
    /* Out of the way of the numbers they get in the child. */
    g_auto(fd_t) listener = fcntl(passed->listener, F_DUPFD_CLOEXEC, 10);
    g_auto(fd_t) status = fcntl(passed->status, F_DUPFD_CLOEXEC, 10);
    g_auto(fd_t) lock = fcntl(passed->lock, F_DUPFD_CLOEXEC, 10);
    const int high[] = {listener, status, lock};
    pid_t child;
    int failed;

    if (listener < 0 || status < 0 || lock < 0)
        return sbx_fail(error, SBX_E_SYSTEM, errno, operation, NULL, "cannot start the keeper: %s",
                        g_strerror(errno));
    failed = spawn_launcher(argv, high, &child);
    if (failed != 0)
        return sbx_fail(error, SBX_E_KEEPER, failed, operation, NULL, "cannot execute %s: %s",
                        argv[0], g_strerror(failed));
    sbx_fd_clear(&listener);
    sbx_fd_clear(&status);
    sbx_fd_clear(&lock);
    sbx_fd_clear(&passed->listener);
    sbx_fd_clear(&passed->status);
    sbx_fd_clear(&passed->lock);
    wait_for_child(child);
    return SBX_OK;
}

/* Adds "--option=value" when there is a value. */
static void add_option(GPtrArray *argv, const char *option, const char *value)
{
    if (value != NULL)
        g_ptr_array_add(argv, g_strdup_printf("--%s=%s", option, value));
}

static int launch(const char *runtime, Passed *passed, const char *operation, sbx_error **error)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *data = sbx_data_dir();
    g_autofree char *cache = sbx_cache_dir();
    g_autofree char *logs = sbx_log_dir();
    g_autofree char *log = g_build_filename(logs != NULL ? logs : runtime, "keeper.log", NULL);
    char *launcher = sbx_find_helper("sbx-launch", operation, error);
    char *keeper = launcher != NULL ? sbx_find_helper("sbx-keeper", operation, error) : NULL;
    char *agent = keeper != NULL ? sbx_find_helper("sbx-agent", operation, error) : NULL;
    int pipe_fds[2] = {-1, -1};
    int code = SBX_E_UNAVAILABLE;

    if (agent != NULL && pipe2(pipe_fds, O_CLOEXEC) < 0)
        code = sbx_fail(error, SBX_E_SYSTEM, errno, operation, NULL, "cannot make a pipe: %s",
                        g_strerror(errno));
    if (pipe_fds[0] >= 0) {
        g_ptr_array_add(argv, g_strdup(launcher));
        add_option(argv, "keeper", keeper);
        add_option(argv, "agent", agent);
        add_option(argv, "runtime-dir", runtime);
        add_option(argv, "data-dir", data);
        add_option(argv, "cache-dir", cache);
        add_option(argv, "log", log);
        g_ptr_array_add(argv, NULL);
        passed->status = pipe_fds[1];
        code = spawn((char **)argv->pdata, passed, operation, error);
        sbx_fd_clear(&passed->status);
        if (code == SBX_OK)
            code = read_status(pipe_fds[0], log, operation, error);
        close(pipe_fds[0]);
    }
    free(launcher);
    free(keeper);
    free(agent);
    return code;
}

/* Removes the socket of a keeper that did not come up. */
static void remove_socket(int directory, int lock)
{
    struct sockaddr_un address;

    sbx_keeper_address(directory, &address);
    if (lock < 0 || sbx_flock(lock, LOCK_EX) < 0)
        return;
    if (!sbx_keeper_listens(&address))
        unlinkat(directory, SBX_KEEPER_SOCKET, 0);
    flock(lock, LOCK_UN);
}

/* With the start lock, which the launcher takes along. */
static int start_locked(int directory, const char *runtime, Passed *passed, const char *operation,
                        sbx_error **error)
{
    struct sockaddr_un address;
    int code;

    sbx_keeper_address(directory, &address);
    if (sbx_keeper_listens(&address))
        return SBX_OK;
    passed->listener = bind_socket(directory, operation, error);
    if (passed->listener < 0)
        return passed->listener;
    code = launch(runtime, passed, operation, error);
    sbx_fd_clear(&passed->listener);
    return code;
}

static int open_start_lock(int directory)
{
    return openat(directory, "start.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

/* Starts a keeper unless another program has done so meanwhile. */
static int start_keeper(int directory, const char *runtime, const char *operation,
                        sbx_error **error)
{
    Passed passed = {-1, -1, open_start_lock(directory)};
    g_auto(fd_t) again = -1;
    int code;

    if (passed.lock < 0)
        return sbx_fail(error, errno == ENOSPC ? SBX_E_NO_SPACE : SBX_E_SYSTEM, errno, operation,
                        NULL, "cannot open %s/start.lock: %s", runtime, g_strerror(errno));
    code = sbx_flock(passed.lock, LOCK_EX);
    if (code < 0) {
        close(passed.lock);
        return code == -ECANCELED
                   ? sbx_wait_failed(code, operation, error)
                   : sbx_fail(error, SBX_E_SYSTEM, -code, operation, NULL, "cannot lock %s: %s",
                              runtime, g_strerror(-code));
    }
    code = start_locked(directory, runtime, &passed, operation, error);
    /* A child that another thread forked meanwhile has the descriptor, too: closing is not enough. */
    if (passed.lock >= 0)
        flock(passed.lock, LOCK_UN);
    sbx_fd_clear(&passed.lock);
    /* A call that was cancelled leaves a keeper that is coming up, for whoever comes next. */
    if (code < 0 && code != SBX_E_CANCELLED) {
        again = open_start_lock(directory);
        remove_socket(directory, again);
    }
    return code;
}

int sbx_keeper_reach(const char *operation, sbx_error **error)
{
    sbx_error *reason = NULL;
    g_autofree char *runtime = sbx_runtime_dir(operation, &reason);
    g_auto(fd_t) directory = -1;
    int fd;

    if (runtime == NULL)
        return sbx_fail_with(error, reason);
    directory = open(runtime, O_PATH | O_DIRECTORY | O_CLOEXEC);
    fd = directory >= 0 ? try_connect(directory) : -errno;
    if (fd >= 0)
        return fd;
    if (fd == -ENOENT || fd == -ECONNREFUSED)
        return SBX_E_NOT_FOUND;
    return connect_failed(fd, runtime, operation, error);
}

int sbx_keeper_connect(int start, const char *operation, sbx_error **error)
{
    sbx_error *reason = NULL;
    g_autofree char *runtime = sbx_runtime_dir(operation, &reason);
    g_auto(fd_t) directory = -1;
    int code;

    if (runtime == NULL)
        return sbx_fail_with(error, reason);
    directory = open(runtime, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return sbx_fail(error, SBX_E_SYSTEM, errno, operation, NULL, "cannot open %s: %s", runtime,
                        g_strerror(errno));
    for (int attempt = 0; attempt < START_ATTEMPTS; attempt++) {
        int fd = try_connect(directory);

        if (fd >= 0) {
            code = greet(fd, operation, error);
            if (code > 0)
                return fd;
            close(fd);
        } else if (fd == -ENOENT || fd == -ECONNREFUSED) {
            if (!start)
                return SBX_E_NOT_FOUND;
            code = start_keeper(directory, runtime, operation, error);
        } else {
            code = connect_failed(fd, runtime, operation, error);
        }
        if (code < 0)
            return code;
    }
    return sbx_fail(error, SBX_E_KEEPER, 0, operation, "run `sbx doctor`",
                    "the keeper ends again and again");
}
