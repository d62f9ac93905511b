/* path-connect.c: a child that shares the socket calls connect() and reports by a pipe. What became
 * of the socket the agent then sees in its own copy of it.
 *
 * A child that cannot be killed stays until its file system answers or goes. It has nothing open
 * but the socket and its end of the pipe, and is counted. */
#include "path-connect.h"

#include "loop.h"
#include "protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

enum { CHILD_SOCKET = 3, CHILD_REPORT = 4, ATTEMPTS_MAX = SBX_PROTO_MAX_CONNECTIONS };

struct path_connect {
    struct garbage garbage;
    struct source report;
    int socket; /* -1: cancelled */
    int child;  /* a pidfd */
    path_connected done;
    void *data;
};

static unsigned attempts;

static _Noreturn void child_main(int socket, int report, const struct sockaddr_un *address)
{
    int error = 0;

    /* Above both of their places first: either may be in the other's. */
    socket = fcntl(socket, F_DUPFD, CHILD_REPORT + 1);
    report = fcntl(report, F_DUPFD, CHILD_REPORT + 1);
    if (dup2(socket, CHILD_SOCKET) < 0 || dup2(report, CHILD_REPORT) < 0)
        _exit(1);
    /* A pipe whose end stayed open here would never be at its end for its reader. */
    syscall(SYS_close_range, 0u, CHILD_SOCKET - 1u, 0u);
    syscall(SYS_close_range, CHILD_REPORT + 1u, ~0u, 0u);
    if (connect(CHILD_SOCKET, (const struct sockaddr *)address, sizeof *address) < 0)
        error = errno;
    _exit(write(CHILD_REPORT, &error, sizeof error) == sizeof error ? 0 : 1);
}

static void discard(struct path_connect *attempt)
{
    attempts--;
    loop_close(&attempt->report);
    close(attempt->child);
    if (attempt->socket >= 0)
        close(attempt->socket);
    loop_free_later(&attempt->garbage);
}

static void report_ready(struct source *source, uint32_t events)
{
    struct path_connect *attempt =
        (struct path_connect *)(void *)((char *)source - offsetof(struct path_connect, report));
    int error;

    (void)events;
    /* Without a word: it was killed. */
    if (read(source->fd, &error, sizeof error) != sizeof error)
        error = ECONNABORTED;
    if (attempt->socket >= 0) {
        int fd = error == 0 ? attempt->socket : -1;

        if (fd >= 0)
            attempt->socket = -1;
        attempt->done(attempt->data, fd, error);
    }
    discard(attempt);
}

/* Returns a pidfd: a number may be somebody else's by the time it is killed. */
static int start_child(int socket, int report, const struct sockaddr_un *address)
{
    pid_t pid = fork();
    int child;

    if (pid == 0)
        child_main(socket, report, address);
    if (pid < 0)
        return -1;
    /* It is not reaped before the loop goes on. */
    child = (int)syscall(SYS_pidfd_open, pid, 0u);
    if (child < 0) {
        int error = errno;
        kill(pid, SIGKILL);
        errno = error;
    }
    return child;
}

static bool start(struct path_connect *attempt, const struct sockaddr_un *address)
{
    int ends[2];

    attempt->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (attempt->socket < 0 || pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return false;
    attempt->child = start_child(attempt->socket, ends[1], address);
    close(ends[1]);
    if (attempt->child < 0) {
        int error = errno;
        close(ends[0]);
        errno = error;
        return false;
    }
    return loop_add(&attempt->report, ends[0], EPOLLIN, report_ready);
}

struct path_connect *path_connect_begin(const char *path, path_connected done, void *data,
                                        int *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct path_connect *attempt = attempts < ATTEMPTS_MAX ? calloc(1, sizeof *attempt) : NULL;

    *error = attempts < ATTEMPTS_MAX ? ENOMEM : EMFILE;
    if (attempt == NULL)
        return NULL;
    memcpy(address.sun_path, path, strnlen(path, sizeof address.sun_path - 1));
    *attempt = (struct path_connect){
        .report.fd = -1, .socket = -1, .child = -1, .done = done, .data = data};
    if (start(attempt, &address)) {
        attempts++;
        return attempt;
    }
    *error = errno;
    if (attempt->socket >= 0)
        close(attempt->socket);
    if (attempt->child >= 0)
        close(attempt->child);
    free(attempt);
    return NULL;
}

void path_connect_cancel(struct path_connect *attempt)
{
    syscall(SYS_pidfd_send_signal, attempt->child, SIGKILL, NULL, 0u);
    close(attempt->socket);
    attempt->socket = -1;
}
