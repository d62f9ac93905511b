/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Connections to ports of a sandbox: the real library, keeper and agent, without a VM. The servers
 * are threads of the test: this machine is the guest, too. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/test-box.h"
#include "lib/test-keeper.h"
#include "lib/test-main.h"
#include "lib/test-process.h"
#include "lib/test-server.h"

#define MIB ((guint64)1 << 20)

static void setup(void)
{
    sbx_options *options = test_options();

    /* In the PID namespace that stands for a guest the leak sanitizer does not work. */
    ck_assert_int_eq(sbx_options_set_env(options, "LSAN_OPTIONS", "detect_leaks=0", NULL), 0);
    test_box_setup_with(options);
    sbx_options_unref(options);
}

static int connect_port(int port)
{
    sbx_error *error = NULL;
    int fd = -1;

    test_ok(sbx_connect_port(box, port, &fd, &error), &error);
    ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    return fd;
}

static sbx_forward *forward_to(int port)
{
    sbx_error *error = NULL;
    sbx_forward *forward = NULL;

    test_ok(sbx_forward_new(box, port, NULL, 0, &forward, &error), &error);
    return forward;
}

/* A port that nothing listens on. */
static int closed_port(void)
{
    TestServer *server = test_server_new("127.0.0.1", NULL, NULL);
    int port = server->port;

    test_server_free(server);
    return port;
}

/* --- one connection --- */

static const char *const addresses[] = {"127.0.0.1", "::1"};

START_TEST(both_ways)
{
    TestServer *server = test_server_new(addresses[_i], test_serve_echo, NULL);
    int fd = connect_port(server->port);
    char reply[5];

    test_write(fd, "he\0lo", 5);
    test_read(fd, reply, 5);
    ck_assert_mem_eq(reply, "he\0lo", 5);
    ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
    ck_assert_int_eq(test_end(fd), 0);
    close(fd);
    test_server_free(server);
}
END_TEST

START_TEST(unix_socket)
{
    g_autofree char *path = g_build_filename(test_keeper.top, "guest.sock", NULL);
    TestServer *server = test_server_new(path, test_serve_echo, NULL);
    sbx_error *error = NULL;
    int fd = -1;

    test_ok(sbx_connect_unix(box, path, &fd, &error), &error);
    test_write_stream(fd, 1, 1000);
    test_read_stream(fd, 1, 1000);
    ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
    ck_assert_int_eq(test_end(fd), 0);
    close(fd);
    test_server_free(server);
}
END_TEST

START_TEST(refused)
{
    g_autofree char *path = g_build_filename(test_keeper.top, "guest.sock", NULL);
    sbx_error *error = NULL;
    int port = closed_port();
    int fd = -7;

    ck_assert_int_eq(sbx_connect_port(box, port, &fd, &error), SBX_E_SYSTEM);
    ck_assert_int_eq(sbx_error_errno(error), ECONNREFUSED);
    ck_assert_ptr_nonnull(sbx_error_hint(error));
    test_failed(SBX_E_SYSTEM, SBX_E_SYSTEM, &error, "nothing listens on port");
    ck_assert_int_eq(sbx_connect_unix(box, path, &fd, &error), SBX_E_SYSTEM);
    ck_assert_int_eq(sbx_error_errno(error), ENOENT);
    test_failed(SBX_E_SYSTEM, SBX_E_SYSTEM, &error, "guest.sock");
    /* Something else than a socket. */
    ck_assert(g_file_set_contents(path, "", 0, NULL));
    ck_assert_int_eq(chmod(path, 0666), 0);
    ck_assert_int_eq(sbx_connect_unix(box, path, &fd, &error), SBX_E_SYSTEM);
    ck_assert_int_eq(sbx_error_errno(error), ECONNREFUSED);
    sbx_error_free(error);
    ck_assert_int_eq(fd, -7);
}
END_TEST

START_TEST(bad_arguments)
{
    g_autofree char *longest = g_strnfill(SBX_GUEST_PATH_MAX + 1, 'x');
    sbx_error *error = NULL;
    sbx_forward *forward = NULL;
    int fd = -7;

    longest[0] = '/';
    test_failed(sbx_connect_port(box, 0, &fd, &error), SBX_E_INVALID, &error, "port");
    test_failed(sbx_connect_port(box, 65536, &fd, &error), SBX_E_INVALID, &error, "port");
    test_failed(sbx_connect_port(box, -1, &fd, &error), SBX_E_INVALID, &error, "port");
    test_failed(sbx_connect_port(box, 80, NULL, &error), SBX_E_INVALID, &error, "NULL");
    test_failed(sbx_connect_port(NULL, 80, &fd, &error), SBX_E_INVALID, &error, "NULL");
    test_failed(sbx_connect_unix(box, NULL, &fd, &error), SBX_E_INVALID, &error, "NULL");
    test_failed(sbx_connect_unix(box, "relative", &fd, &error), SBX_E_INVALID, &error, "relative");
    test_failed(sbx_connect_unix(box, longest, &fd, &error), SBX_E_INVALID, &error, "path");
    test_failed(sbx_wait_port(box, 0, 0, &error), SBX_E_INVALID, &error, "port");
    test_failed(sbx_list_ports(box, NULL, &error), SBX_E_INVALID, &error, "NULL");
    test_failed(sbx_forward_new(box, 0, NULL, 0, &forward, &error), SBX_E_INVALID, &error, "port");
    test_failed(sbx_forward_new(box, 80, NULL, 65536, &forward, &error), SBX_E_INVALID, &error,
                "65536");
    test_failed(sbx_forward_new(box, 80, "localhost", 0, &forward, &error), SBX_E_INVALID, &error,
                "localhost");
    test_failed(sbx_forward_new(box, 80, longest, 0, &forward, &error), SBX_E_INVALID, &error,
                "address");
    test_failed(sbx_forward_new(box, 80, NULL, 0, NULL, &error), SBX_E_INVALID, &error, "NULL");
    test_failed(sbx_forward_new_fd(box, 80, "/x", 0, &forward, &error), SBX_E_INVALID, &error,
                "both");
    ck_assert_int_eq(fd, -7);
    ck_assert_ptr_null(forward);
}
END_TEST

static void serve_half_closed(int fd, gpointer data)
{
    (void)data;
    test_write(fd, "first", 5);
    ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
    test_read_stream(fd, 3, 3 * MIB);
    ck_assert_int_eq(test_end(fd), 0);
    close(fd);
}

/* The server says all it has to say before the client begins; and the other way round. */
START_TEST(either_half_may_end_first)
{
    TestServer *server = test_server_new("127.0.0.1", serve_half_closed, NULL);
    sbx_forward *forward = forward_to(server->port);
    char first[5];

    for (int i = 0; i < 2; i++) {
        int fd = i == 0 ? connect_port(server->port) : test_connect(sbx_forward_address(forward));

        test_read(fd, first, 5);
        ck_assert_int_eq(test_end(fd), 0);
        test_write_stream(fd, 3, 3 * MIB);
        close(fd);
        test_server_wait_running(server, 0);
    }
    sbx_forward_unref(forward);
    test_server_free(server);
    server = test_server_new("127.0.0.1", test_serve_echo, NULL);
    forward = forward_to(server->port);
    for (int i = 0; i < 2; i++) {
        int fd = i == 0 ? connect_port(server->port) : test_connect(sbx_forward_address(forward));

        test_write_stream(fd, 4, 10000);
        ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
        test_read_stream(fd, 4, 10000);
        ck_assert_int_eq(test_end(fd), 0);
        close(fd);
    }
    sbx_forward_unref(forward);
    test_server_free(server);
}
END_TEST

/* --- ends that are none --- */

static void serve_reset(int fd, gpointer data)
{
    (void)data;
    test_write_stream(fd, 1, 100000);
    test_read_stream(fd, 2, 1);
    test_reset(fd);
}

START_TEST(reset_by_the_guest)
{
    TestServer *server = test_server_new("127.0.0.1", serve_reset, NULL);
    sbx_forward *forward = forward_to(server->port);
    int fd = test_connect(sbx_forward_address(forward));

    test_read_stream(fd, 1, 100000);
    test_write_stream(fd, 2, 1);
    ck_assert_int_eq(test_end(fd), ECONNRESET);
    close(fd);
    fd = connect_port(server->port);
    test_read_stream(fd, 1, 100000);
    test_write_stream(fd, 2, 1);
    test_end(fd);
    ck_assert_int_eq(send(fd, "x", 1, MSG_NOSIGNAL), -1);
    ck_assert(errno == EPIPE || errno == ECONNRESET);
    close(fd);
    sbx_forward_unref(forward);
    test_server_free(server);
}
END_TEST

typedef struct {
    int ended; /* what test_end() said */
} Seen;

static void serve_until_end(int fd, gpointer data)
{
    Seen *seen = data;

    test_read_stream(fd, 1, 1);
    seen->ended = test_end(fd);
    close(fd);
}

START_TEST(reset_by_the_client)
{
    Seen seen = {-1};
    TestServer *server = test_server_new("127.0.0.1", serve_until_end, &seen);
    sbx_forward *forward = forward_to(server->port);
    int fd = test_connect(sbx_forward_address(forward));

    test_write_stream(fd, 1, 1);
    test_server_wait_accepted(server, 1);
    test_reset(fd);
    test_server_wait_running(server, 0);
    ck_assert_int_eq(seen.ended, ECONNRESET);
    /* One that is closed has ended. */
    fd = connect_port(server->port);
    test_write_stream(fd, 1, 1);
    close(fd);
    test_server_wait_accepted(server, 2);
    test_server_wait_running(server, 0);
    ck_assert_int_eq(seen.ended, 0);
    sbx_forward_unref(forward);
    test_server_free(server);
}
END_TEST

static void serve_nothing(int fd, gpointer data)
{
    (void)data;
    test_read_stream(fd, 1, 1);
    close(fd);
}

/* A server that closes both directions has its client see that when it writes on. */
START_TEST(closed_by_the_guest)
{
    TestServer *server = test_server_new("127.0.0.1", serve_nothing, NULL);
    int fd = connect_port(server->port);
    ssize_t n;

    test_write_stream(fd, 1, 1);
    ck_assert_int_eq(test_end(fd), 0);
    do {
        test_wait_ready(fd, POLLOUT);
        n = send(fd, "more", 4, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (n > 0 || (n < 0 && errno == EAGAIN));
    /* The latter when something was on its way. */
    ck_assert(errno == EPIPE || errno == ECONNRESET);
    close(fd);
    test_server_free(server);
}
END_TEST

static void serve_writing(int fd, gpointer data)
{
    char bytes[4096] = {0};

    while (send(fd, bytes, sizeof bytes, MSG_NOSIGNAL) > 0)
        ;
    *(int *)data = errno;
    close(fd);
}

/* A client that dies while the guest sends. */
START_TEST(client_dies)
{
    int number = 0;
    TestServer *server = test_server_new("127.0.0.1", serve_writing, &number);
    sbx_forward *forward = forward_to(server->port);
    int fd = test_connect(sbx_forward_address(forward));
    char some[100];

    test_read(fd, some, sizeof some);
    close(fd);
    test_server_wait_running(server, 0);
    ck_assert(number == ECONNRESET || number == EPIPE);
    fd = connect_port(server->port);
    test_read(fd, some, sizeof some);
    close(fd);
    test_server_wait_accepted(server, 2);
    test_server_wait_running(server, 0);
    ck_assert(number == ECONNRESET || number == EPIPE);
    sbx_forward_unref(forward);
    test_server_free(server);
}
END_TEST

START_TEST(sandbox_killed_in_the_middle)
{
    int number = 0;
    TestServer *server = test_server_new("127.0.0.1", serve_writing, &number);
    sbx_forward *forward = forward_to(server->port);
    g_autofree char *address = g_strdup(sbx_forward_address(forward));
    struct pollfd ending = {.fd = sbx_forward_fd(forward), .events = POLLIN};
    sbx_error *error = NULL;
    int fd = test_connect(address);
    int other = connect_port(server->port);
    int fd_out = -1;
    char some[100];

    test_read(fd, some, sizeof some);
    test_read(other, some, sizeof some);
    ck_assert_int_eq(test_ok(sbx_forward_wait(forward, 0, &error), &error), 0);
    ck_assert_int_eq(test_ok(sbx_forward_wait(forward, 1, &error), &error), 0);
    ck_assert_int_eq(poll(&ending, 1, 0), 0);
    test_ok(sbx_kill(box, &error), &error);
    ck_assert_int_eq(test_end(fd), ECONNRESET);
    test_end(other);
    test_failed(sbx_forward_wait(forward, -1, &error), SBX_E_GONE, &error, "killed");
    test_failed(sbx_forward_wait(forward, 0, &error), SBX_E_GONE, &error, "killed");
    ck_assert_int_eq(poll(&ending, 1, 0), 1);
    ck_assert_int_eq(test_try_connect(address), -1);
    ck_assert_int_eq(errno, ECONNREFUSED);
    test_failed(sbx_connect_port(box, server->port, &fd_out, &error), SBX_E_GONE, &error, "killed");
    close(fd);
    close(other);
    sbx_forward_unref(forward);
    test_server_free(server);
}
END_TEST

START_TEST(keeper_killed_in_the_middle)
{
    TestServer *server = test_server_new("127.0.0.1", test_serve_echo, NULL);
    sbx_forward *forward = forward_to(server->port);
    sbx_error *error = NULL;
    int fd = connect_port(server->port);

    test_write_stream(fd, 1, 10);
    test_read_stream(fd, 1, 10);
    ck_assert_int_eq(kill(test_keeper_pid(), SIGKILL), 0);
    test_end(fd);
    test_failed(sbx_forward_wait(forward, 10000, &error), SBX_E_GONE, &error, "keeper");
    close(fd);
    sbx_forward_unref(forward);
    test_server_free(server);
}
END_TEST

/* --- forwards --- */

START_TEST(forward_over_tcp)
{
    TestServer *server = test_server_new("127.0.0.1", test_serve_echo, NULL);
    const char *host = _i == 0 ? NULL : addresses[_i - 1];
    sbx_forward *forward = NULL;
    sbx_forward *second = NULL;
    g_autofree char *address = NULL;
    sbx_error *error = NULL;
    int port;
    int fd;

    test_ok(sbx_forward_new(box, server->port, host, 0, &forward, &error), &error);
    port = sbx_forward_port(forward);
    ck_assert_int_gt(port, 0);
    address = g_strdup_printf(_i == 2 ? "[::1]:%d" : "127.0.0.1:%d", port);
    ck_assert_str_eq(sbx_forward_address(forward), address);
    ck_assert_int_ne(fcntl(sbx_forward_fd(forward), F_GETFD) & FD_CLOEXEC, 0);
    fd = test_connect(address);
    test_write_stream(fd, 1, 100000);
    test_read_stream(fd, 1, 100000);
    test_failed(sbx_forward_new(box, server->port, host, port, &second, &error), SBX_E_BUSY, &error,
                "in use");
    ck_assert_ptr_eq(sbx_forward_ref(forward), forward);
    sbx_forward_unref(forward);
    test_write_stream(fd, 2, 10);
    test_read_stream(fd, 2, 10);
    /* The last one ends its connections, too, and leaves the port to others. */
    sbx_forward_unref(forward);
    ck_assert_int_eq(test_end(fd), ECONNRESET);
    close(fd);
    test_ok(sbx_forward_new(box, server->port, host, port, &second, &error), &error);
    close(test_connect(address));
    sbx_forward_unref(second);
    test_server_free(server);
}
END_TEST

START_TEST(forward_between_unix_sockets)
{
    g_autofree char *guest = g_build_filename(test_keeper.top, "guest.sock", NULL);
    g_autofree char *host = g_build_filename(test_keeper.top, "host.sock", NULL);
    TestServer *server = test_server_new(guest, test_serve_echo, NULL);
    sbx_forward *forward = NULL;
    sbx_forward *second = NULL;
    sbx_error *error = NULL;
    struct stat info;
    int fd;

    test_ok(sbx_forward_new_unix(box, guest, host, 0, &forward, &error), &error);
    ck_assert_str_eq(sbx_forward_address(forward), host);
    ck_assert_int_eq(sbx_forward_port(forward), 0);
    ck_assert_int_eq(stat(host, &info), 0);
    ck_assert_uint_eq(info.st_mode & 07777, 0600);
    fd = test_connect(host);
    test_write_stream(fd, 1, 100000);
    test_read_stream(fd, 1, 100000);
    close(fd);
    test_failed(sbx_forward_new_unix(box, guest, host, 0, &second, &error), SBX_E_EXISTS, &error,
                "host.sock");
    test_failed(sbx_forward_new_unix(box, guest, host, 5, &second, &error), SBX_E_INVALID, &error,
                "host.sock");
    sbx_forward_unref(forward);
    ck_assert_int_eq(access(host, F_OK), -1);
    /* What another has put in its place stays. */
    test_ok(sbx_forward_new_unix(box, guest, host, 0, &forward, &error), &error);
    ck_assert_int_eq(unlink(host), 0);
    ck_assert(g_file_set_contents(host, "", 0, NULL));
    sbx_forward_unref(forward);
    ck_assert_int_eq(access(host, F_OK), 0);
    unlink(host);
    test_server_free(server);
}
END_TEST

START_TEST(forward_of_a_given_socket)
{
    TestServer *server = test_server_new("127.0.0.1", test_serve_echo, NULL);
    TestServer *given = test_server_new("127.0.0.1", NULL, NULL);
    sbx_forward *forward = NULL;
    sbx_error *error = NULL;
    int pair[2];
    int fd;

    test_ok(sbx_forward_new_fd(box, server->port, NULL, given->listen_fd, &forward, &error),
            &error);
    ck_assert_int_eq(sbx_forward_port(forward), given->port);
    fd = test_connect(sbx_forward_address(forward));
    test_write_stream(fd, 1, 100000);
    test_read_stream(fd, 1, 100000);
    close(fd);
    /* Whoever has a copy can shut it down. */
    ck_assert_int_eq(shutdown(given->listen_fd, SHUT_RDWR), 0);
    test_failed(sbx_forward_wait(forward, 60000, &error), SBX_E_SYSTEM, &error, "shut down");
    forward = sbx_forward_unref(forward);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    for (int i = 0; i < 2; i++)
        test_failed(
            sbx_forward_new_fd(box, server->port, NULL, i == 0 ? -1 : 987654, &forward, &error),
            SBX_E_INVALID, &error, "not a listening");
    test_failed(sbx_forward_new_fd(box, server->port, NULL, pair[0], &forward, &error),
                SBX_E_INVALID, &error, "listening");
    test_failed(sbx_forward_new_fd(box, server->port, NULL, STDERR_FILENO, &forward, &error),
                SBX_E_INVALID, &error, "listening");
    ck_assert_int_eq(test_try_connect("127.0.0.1:1"), -1);
    close(pair[0]);
    close(pair[1]);
    test_server_free(given);
    test_server_free(server);
}
END_TEST

START_TEST(forward_to_nothing)
{
    sbx_forward *forward = forward_to(closed_port());

    for (int i = 0; i < 20; i++) {
        int fd = test_connect(sbx_forward_address(forward));

        ck_assert_int_eq(test_end(fd), ECONNRESET);
        close(fd);
    }
    sbx_forward_unref(forward);
}
END_TEST

/* A program that ends without a word takes its forwards along, though a child of it goes on. */
START_TEST(program_with_a_forward_dies)
{
    TestServer *server = test_server_new("127.0.0.1", test_serve_echo, NULL);
    int pipe_ends[2];
    int hold[2];
    int port = 0;
    g_autofree char *address = NULL;
    pid_t pid;
    int fd;

    ck_assert_int_eq(pipe(pipe_ends), 0);
    ck_assert_int_eq(pipe(hold), 0);
    pid = fork();
    if (pid == 0) {
        sbx *own = NULL;
        sbx_forward *forward = NULL;

        if (sbx_connect(sbx_id(box), NULL, &own, NULL) < 0 ||
            sbx_forward_new(own, server->port, NULL, 0, &forward, NULL) < 0)
            _exit(1);
        port = sbx_forward_port(forward);
        close(hold[1]);
        if (fork() == 0) {
            (void)!read(hold[0], &fd, 1); /* with the lease open */
            _exit(0);
        }
        (void)!write(pipe_ends[1], &port, sizeof port);
        pause();
    }
    close(hold[0]);
    ck_assert_int_eq(read(pipe_ends[0], &port, sizeof port), sizeof port);
    address = g_strdup_printf("127.0.0.1:%d", port);
    fd = test_connect(address);
    test_write_stream(fd, 1, 10);
    test_read_stream(fd, 1, 10);
    kill(pid, SIGKILL);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    ck_assert_int_eq(test_end(fd), ECONNRESET);
    ck_assert_int_eq(test_try_connect(address), -1);
    close(fd);
    close(hold[1]);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    test_server_free(server);
}
END_TEST

/* --- waiting and listing --- */

typedef struct {
    int port;
    int result;
    GThread *thread;
} Waiter;

static gpointer wait_for_port(gpointer data)
{
    Waiter *waiter = data;

    waiter->result = sbx_wait_port(box, waiter->port, 60000, NULL);
    return NULL;
}

START_TEST(waiting_for_a_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    sbx_error *error = NULL;
    Waiter waiter = {0};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    /* Bound is not listening. */
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    waiter.port = ntohs(address.sin_port);
    ck_assert_int_eq(test_ok(sbx_wait_port(box, waiter.port, 0, &error), &error), 0);
    ck_assert_int_eq(test_ok(sbx_wait_port(box, waiter.port, 30, &error), &error), 0);
    waiter.thread = g_thread_new("waiter", wait_for_port, &waiter);
    /* It comes too late or too early, and is right in either case. */
    g_free(test_sh(box, "true"));
    ck_assert_int_eq(listen(fd, 1), 0);
    g_thread_join(waiter.thread);
    ck_assert_int_eq(waiter.result, 1);
    ck_assert_int_eq(test_ok(sbx_wait_port(box, waiter.port, 0, &error), &error), 1);
    ck_assert_int_eq(test_ok(sbx_wait_port(box, waiter.port, -1, &error), &error), 1);
    close(fd);
}
END_TEST

/* Where a connection would not get there. */
START_TEST(waiting_for_a_port_elsewhere)
{
    TestServer *server = test_server_new("127.0.0.2", NULL, NULL);
    sbx_error *error = NULL;

    ck_assert_int_eq(test_ok(sbx_wait_port(box, server->port, 30, &error), &error), 0);
    test_server_free(server);
    server = test_server_new("::", NULL, NULL);
    ck_assert_int_eq(test_ok(sbx_wait_port(box, server->port, 0, &error), &error), 1);
    test_server_free(server);
    server = test_server_new("::ffff:127.0.0.1", NULL, NULL);
    ck_assert_int_eq(test_ok(sbx_wait_port(box, server->port, 0, &error), &error), 1);
    test_server_free(server);
}
END_TEST

START_TEST(nobody_waits_any_more)
{
    g_autofree char *mine = g_strdup_printf("%d", closed_port());
    GArray *workers;
    sbx *own = NULL;
    pid_t pid = fork();
    int worker;

    if (pid == 0) {
        if (sbx_connect(sbx_id(box), NULL, &own, NULL) == 0)
            sbx_wait_port(own, atoi(mine), -1, NULL);
        _exit(1);
    }
    while ((workers = test_processes_with(mine))->len == 0)
        g_array_unref(workers);
    worker = test_pidfd(g_array_index(workers, pid_t, 0));
    g_array_unref(workers);
    kill(pid, SIGKILL);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    ck_assert(test_ends_within(worker, 10000));
    close(worker);
}
END_TEST

START_TEST(list_of_ports)
{
    TestServer *first = test_server_new("127.0.0.1", NULL, NULL);
    TestServer *second = test_server_new("::", NULL, NULL);
    sbx_error *error = NULL;
    sbx_port_list *list = NULL;
    int found = 0;

    test_ok(sbx_list_ports(box, &list, &error), &error);
    for (size_t i = 0; i < sbx_port_list_length(list); i++) {
        int port = sbx_port_list_port(list, i);

        ck_assert_int_gt(port, 0);
        ck_assert_ptr_nonnull(sbx_port_list_program(list, i));
        if (port != first->port && port != second->port)
            continue;
        found++;
        ck_assert_str_eq(sbx_port_list_address(list, i), port == first->port ? "127.0.0.1" : "::");
        ck_assert_int_ge(sbx_port_list_uid(list, i), 0);
    }
    ck_assert_int_eq(found, 2);
    ck_assert_int_eq(sbx_port_list_port(list, 100000), 0);
    ck_assert_int_eq(sbx_port_list_pid(list, 100000), 0);
    ck_assert_int_eq(sbx_port_list_uid(list, 100000), -1);
    ck_assert_ptr_null(sbx_port_list_address(list, 100000));
    ck_assert_ptr_null(sbx_port_list_program(list, 100000));
    sbx_port_list_free(list);
    sbx_port_list_free(NULL);
    test_server_free(first);
    test_server_free(second);
}
END_TEST

static Suite *ports_suite(void)
{
    Suite *suite = suite_create("keeper-ports");
    TCase *cases = tcase_create("ports");

    tcase_set_timeout(cases, 120);
    tcase_add_checked_fixture(cases, setup, test_box_teardown);
    tcase_add_loop_test(cases, both_ways, 0, (int)G_N_ELEMENTS(addresses));
    tcase_add_test(cases, unix_socket);
    tcase_add_test(cases, refused);
    tcase_add_test(cases, bad_arguments);
    tcase_add_test(cases, either_half_may_end_first);
    tcase_add_test(cases, reset_by_the_guest);
    tcase_add_test(cases, reset_by_the_client);
    tcase_add_test(cases, closed_by_the_guest);
    tcase_add_test(cases, client_dies);
    tcase_add_test(cases, sandbox_killed_in_the_middle);
    tcase_add_test(cases, keeper_killed_in_the_middle);
    tcase_add_loop_test(cases, forward_over_tcp, 0, 1 + (int)G_N_ELEMENTS(addresses));
    tcase_add_test(cases, forward_between_unix_sockets);
    tcase_add_test(cases, forward_of_a_given_socket);
    tcase_add_test(cases, forward_to_nothing);
    tcase_add_test(cases, program_with_a_forward_dies);
    tcase_add_test(cases, waiting_for_a_port);
    tcase_add_test(cases, waiting_for_a_port_elsewhere);
    tcase_add_test(cases, nobody_waits_any_more);
    tcase_add_test(cases, list_of_ports);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return test_keeper_main(ports_suite);
}
