/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many connections, much data, and ends that do not do their part: real library, keeper and agent.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/test-box.h"
#include "lib/test-keeper.h"
#include "lib/test-main.h"
#include "lib/test-process.h"
#include "lib/test-server.h"

#define MIB ((guint64)1 << 20)
#define MANY 100

static int connect_port(int port)
{
    sbx_error *error = NULL;
    int fd = -1;

    test_ok(sbx_connect_port(box, port, &fd, &error), &error);
    return fd;
}

static sbx_forward *forward_to(int port)
{
    sbx_error *error = NULL;
    sbx_forward *forward = NULL;

    test_ok(sbx_forward_new(box, port, NULL, 0, &forward, &error), &error);
    return forward;
}

/* --- 100 at once --- */

typedef struct {
    const char *address; /* NULL: by connection, not by forward */
    int port;
    guint nr;
} Client;

static gpointer send_stream(gpointer data)
{
    int *fd_and_nr = data;

    test_write_stream(fd_and_nr[0], (guint)fd_and_nr[1], 2 * MIB);
    ck_assert_int_eq(shutdown(fd_and_nr[0], SHUT_WR), 0);
    return NULL;
}

static gpointer exchange(gpointer data)
{
    Client *client = data;
    int fd = client->address != NULL ? test_connect(client->address) : connect_port(client->port);
    int fd_and_nr[2] = {fd, (int)client->nr};
    GThread *writer = g_thread_new("writer", send_stream, fd_and_nr);

    test_read_stream(fd, client->nr, 2 * MIB);
    ck_assert_int_eq(test_end(fd), 0);
    g_thread_join(writer);
    close(fd);
    return NULL;
}

/* Each has 2 MiB there and the same back; every other one is a connection of its own. */
START_TEST(many_at_once)
{
    TestServer *server = test_server_new("127.0.0.1", test_serve_echo, NULL);
    sbx_forward *forward = forward_to(server->port);
    Client clients[MANY];
    GThread *threads[MANY];

    for (guint i = 0; i < MANY; i++) {
        clients[i] = (Client){i % 2 ? sbx_forward_address(forward) : NULL, server->port, i};
        threads[i] = g_thread_new("client", exchange, &clients[i]);
    }
    for (guint i = 0; i < MANY; i++)
        g_thread_join(threads[i]);
    sbx_forward_unref(forward);
    test_server_free(server);
}
END_TEST

/* --- slow ends --- */

static void serve_much(int fd, gpointer data)
{
    (void)data;
    /* Until the client has gone. */
    signal(SIGPIPE, SIG_IGN);
    for (guint64 at = 0;; at += 1) {
        guint8 bytes[4096];

        for (gsize i = 0; i < sizeof bytes; i++)
            bytes[i] = test_byte(9, at * sizeof bytes + i);
        if (send(fd, bytes, sizeof bytes, MSG_NOSIGNAL) < 0)
            break;
    }
    close(fd);
}

/* Writes until nothing goes any more. Returns how much went. */
static gsize fill(int fd)
{
    char bytes[65536] = {0};
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    gsize done = 0;

    while (poll(&ready, 1, 1000) == 1) {
        ssize_t n = send(fd, bytes, sizeof bytes, MSG_NOSIGNAL | MSG_DONTWAIT);

        ck_assert_msg(n > 0 || errno == EAGAIN, "%s", strerror(errno));
        done += n > 0 ? (gsize)n : 0;
    }
    return done;
}

/* One client does not read, and a server does not: everything stops there, and only there. */
START_TEST(slow_ends_stop_only_themselves)
{
    TestServer *much = test_server_new("127.0.0.1", serve_much, NULL);
    TestServer *silent = test_server_new("127.0.0.1", NULL, NULL);
    TestServer *echo = test_server_new("127.0.0.1", test_serve_echo, NULL);
    sbx_forward *forward = forward_to(much->port);
    int unread[3] = {connect_port(much->port), test_connect(sbx_forward_address(forward)),
                     connect_port(much->port)};
    int unwritten = connect_port(silent->port);
    gsize taken = fill(unwritten);
    int fd;

    ck_assert_uint_lt(taken, 32 * MIB);
    fd = connect_port(echo->port);
    for (guint i = 0; i < 20; i++) {
        test_write_stream(fd, i, 100000);
        test_read_stream(fd, i, 100000);
    }
    close(fd);
    /* They go on where they were. */
    for (int i = 0; i < 3; i++)
        test_read_stream(unread[i], 9, 20 * MIB);
    for (int i = 0; i < 3; i++)
        close(unread[i]);
    close(unwritten);
    sbx_forward_unref(forward);
    test_server_free(much);
    test_server_free(silent);
    test_server_free(echo);
}
END_TEST

/* --- nothing is left --- */

static void wait_for_fds(pid_t pid, guint wanted, const char *whose)
{
    guint now = 0;

    /* Ends cross the keeper and the agent; each exchange takes them one step further. */
    for (int i = 0; i < 200; i++) {
        now = test_count_fds(pid);
        if (now <= wanted)
            return;
        g_free(test_sh(box, "true"));
    }
    ck_abort_msg("%s has %u descriptors, not %u", whose, now, wanted);
}

START_TEST(a_thousand_connections_leave_nothing)
{
    TestServer *server = test_server_new("127.0.0.1", test_serve_echo, NULL);
    TestServer *closed = test_server_new("127.0.0.1", NULL, NULL);
    sbx_forward *forward = forward_to(server->port);
    sbx_forward *to_nothing;
    pid_t keeper = test_keeper_pid();
    pid_t agent = test_box_agent();
    int nothing = closed->port;
    guint keepers, agents, ours;

    test_server_free(closed);
    to_nothing = forward_to(nothing);
    close(connect_port(server->port));
    g_free(test_sh(box, "true"));
    test_server_wait_running(server, 0);
    keepers = test_count_fds(keeper);
    agents = test_count_fds(agent);
    ours = test_count_fds(getpid());
    for (guint i = 0; i < 1000; i++) {
        int fd = i % 3 == 0   ? connect_port(server->port)
                 : i % 3 == 1 ? test_connect(sbx_forward_address(forward))
                              : test_connect(sbx_forward_address(to_nothing));

        if (i % 3 == 2) {
            ck_assert_int_eq(test_end(fd), ECONNRESET);
        } else if (i % 5 != 0) {
            test_write_stream(fd, i, 1000);
            test_read_stream(fd, i, 1000);
        }
        if (i % 7 == 0)
            test_reset(fd);
        else
            close(fd);
    }
    for (guint i = 0; i < 100; i++) {
        int fd = -1;

        ck_assert_int_eq(sbx_connect_port(box, nothing, &fd, NULL), SBX_E_SYSTEM);
    }
    test_server_wait_running(server, 0);
    wait_for_fds(keeper, keepers, "the keeper");
    wait_for_fds(agent, agents, "the agent");
    ck_assert_uint_le(test_count_fds(getpid()), ours);
    sbx_forward_unref(forward);
    sbx_forward_unref(to_nothing);
    wait_for_fds(keeper, keepers - 6, "the keeper");
    test_server_free(server);
}
END_TEST

START_TEST(so_many_and_no_more)
{
    TestServer *server = test_server_new("127.0.0.1", test_serve_echo, NULL);
    sbx_forward *forward = forward_to(server->port);
    sbx_error *error = NULL;
    int fds[SBX_CONNECTIONS_MAX];
    int fd = -1;

    for (int i = 0; i < SBX_CONNECTIONS_MAX; i++)
        fds[i] = connect_port(server->port);
    test_failed(sbx_connect_port(box, server->port, &fd, &error), SBX_E_BUSY, &error, "256");
    fd = test_connect(sbx_forward_address(forward));
    ck_assert_int_eq(test_end(fd), ECONNRESET);
    close(fd);
    for (guint i = 0; i < SBX_CONNECTIONS_MAX; i += 17) {
        test_write_stream(fds[i], i, 10);
        test_read_stream(fds[i], i, 10);
    }
    /* One goes, and there is room. */
    ck_assert_int_eq(shutdown(fds[0], SHUT_WR), 0);
    ck_assert_int_eq(test_end(fds[0]), 0);
    close(fds[0]);
    g_free(test_sh(box, "true"));
    fds[0] = connect_port(server->port);
    for (int i = 0; i < SBX_CONNECTIONS_MAX; i++)
        close(fds[i]);
    sbx_forward_unref(forward);
    test_server_free(server);
}
END_TEST

/* --- much data --- */

static void serve_zeros(int fd, gpointer data)
{
    static const char zeros[65536];
    guint64 left = *(guint64 *)data;

    while (left > 0) {
        ssize_t n = send(fd, zeros, (gsize)MIN(left, sizeof zeros), MSG_NOSIGNAL);

        ck_assert_int_gt(n, 0);
        left -= (guint64)n;
    }
    close(fd);
}

static void serve_sink(int fd, gpointer data)
{
    static char waste[65536];
    ssize_t n;

    (void)data;
    while ((n = recv(fd, waste, sizeof waste, 0)) > 0)
        ;
    test_write_stream(fd, 5, 1);
    close(fd);
}

static guint64 drain(int fd)
{
    static char waste[65536];
    guint64 total = 0;
    ssize_t n;

    while ((n = read(fd, waste, sizeof waste)) > 0)
        total += (guint64)n;
    ck_assert_int_eq(n, 0);
    return total;
}

static void report(const char *what, guint64 bytes, gint64 begun)
{
    gint64 took = g_get_monotonic_time() - begun;

    printf("# %-28s %6.0f MiB/s\n", what, (double)bytes / MIB / ((double)took / 1e6));
}

/* What a process gives without a port in between. */
static void measure_pipe(guint64 bytes)
{
    g_autofree char *script =
        g_strdup_printf("exec head -c %" G_GUINT64_FORMAT " /dev/zero", bytes);
    sbx_command *command = sbx_command_new_script(script);
    sbx_error *error = NULL;
    sbx_process *process = NULL;
    gint64 begun = g_get_monotonic_time();

    test_ok(sbx_spawn(box, command, &process, &error), &error);
    ck_assert_uint_eq(drain(sbx_process_fd(process, SBX_STDOUT)), bytes);
    report("pipe of a process, out", bytes, begun);
    sbx_process_unref(process);
    sbx_command_unref(command);
}

/* SBX_TEST_PORT_MIB: how much goes each way, 256 unless given. */
START_TEST(memory_stays_flat)
{
    const char *wanted = getenv("SBX_TEST_PORT_MIB");
    guint64 bytes = (wanted != NULL ? g_ascii_strtoull(wanted, NULL, 10) : 256) * MIB;
    TestServer *source = test_server_new("127.0.0.1", serve_zeros, &bytes);
    TestServer *sink = test_server_new("127.0.0.1", serve_sink, NULL);
    sbx_forward *forward = forward_to(source->port);
    pid_t keeper = test_keeper_pid(), agent = test_box_agent();
    gsize keeper_kib, agent_kib;
    gint64 begun;
    int fd;

    measure_pipe(bytes);
    keeper_kib = test_anonymous_kib(keeper);
    agent_kib = test_anonymous_kib(agent);
    begun = g_get_monotonic_time();
    fd = connect_port(source->port);
    ck_assert_uint_eq(drain(fd), bytes);
    report("connection, out", bytes, begun);
    close(fd);
    begun = g_get_monotonic_time();
    fd = test_connect(sbx_forward_address(forward));
    ck_assert_uint_eq(drain(fd), bytes);
    report("forward, out", bytes, begun);
    close(fd);
    begun = g_get_monotonic_time();
    fd = connect_port(sink->port);
    serve_zeros(dup(fd), &bytes);
    shutdown(fd, SHUT_WR);
    test_read_stream(fd, 5, 1);
    report("connection, in", bytes, begun);
    close(fd);
    printf("# keeper %zu -> %zu KiB, agent %zu -> %zu KiB\n", keeper_kib,
           test_anonymous_kib(keeper), agent_kib, test_anonymous_kib(agent));
    fflush(stdout);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    ck_assert_uint_le(test_anonymous_kib(keeper), keeper_kib + 4096);
    ck_assert_uint_le(test_anonymous_kib(agent), agent_kib + 4096);
#endif
    sbx_forward_unref(forward);
    test_server_free(source);
    test_server_free(sink);
}
END_TEST

static Suite *load_suite(void)
{
    Suite *suite = suite_create("keeper-port-load");
    TCase *cases = tcase_create("load");

    tcase_set_timeout(cases, 300);
    tcase_add_checked_fixture(cases, test_box_setup, test_box_teardown);
    tcase_add_test(cases, many_at_once);
    tcase_add_test(cases, slow_ends_stop_only_themselves);
    tcase_add_test(cases, a_thousand_connections_leave_nothing);
    tcase_add_test(cases, so_many_and_no_more);
    tcase_add_test(cases, memory_stays_flat);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return test_keeper_main(load_suite);
}
