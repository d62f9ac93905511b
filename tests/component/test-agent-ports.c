/* test-agent-ports.c: connections of the session to ports of the real agent (SBX_TEST_AGENT) in its
 * test mode, whose guest is this machine; so the servers are sockets of the test. */
#include "agent/connection.h"
#include "agent-run.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/test-main.h"

typedef struct {
    SbxAgentSession *session;
    int fd, reset_fd; /* ours, of which sessions get duplicates */
    pid_t agent;
    gboolean closed;
    int listen_fd, port; /* 0: at path */
    char *path;          /* of a unix socket, or NULL */
} Fixture;

static Fixture fixture;

/* One connection and what was told of it. */
typedef struct {
    SbxAgentConnection *connection;
    int fd; /* the client's end */
    gboolean connected, over;
    int number;
    GError *error;
    guint64 in, out;
} Client;

static void on_closed(SbxAgentSession *session, const GError *error, gpointer data)
{
    (void)session;
    (void)error;
    ck_assert(!((Fixture *)data)->closed);
    ((Fixture *)data)->closed = TRUE;
}

static int duplicate(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    ck_assert_int_ge(copy, 0);
    return copy;
}

static void listen_anywhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;

    fixture.listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fixture.listen_fd, (struct sockaddr *)&address, length), 0);
    ck_assert_int_eq(listen(fixture.listen_fd, 64), 0);
    ck_assert_int_eq(getsockname(fixture.listen_fd, (struct sockaddr *)&address, &length), 0);
    fixture.port = ntohs(address.sin_port);
}

/* The same at a unix socket, whose buffers are small. */
static void listen_at_path(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    close(fixture.listen_fd);
    g_snprintf(address.sun_path, sizeof address.sun_path, "/tmp/sbx-ports-%d.sock", (int)getpid());
    fixture.listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unlink(address.sun_path);
    ck_assert_int_eq(bind(fixture.listen_fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(fixture.listen_fd, 64), 0);
    fixture.path = g_strdup(address.sun_path);
    fixture.port = 0;
}

static void set_up(void)
{
    int fds[2], reset[2];

    signal(SIGPIPE, SIG_IGN);
    memset(&fixture, 0, sizeof fixture);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, reset), 0);
    fixture.agent = agent_start(fds[1], reset[1]);
    close(fds[1]);
    close(reset[1]);
    fixture.fd = fds[0];
    fixture.reset_fd = reset[0];
    fixture.session = sbx_agent_session_new(duplicate(fds[0]), on_closed, &fixture, NULL);
    listen_anywhere();
}

static void leave_session(void)
{
    if (fixture.session == NULL)
        return;
    sbx_agent_session_free(g_steal_pointer(&fixture.session));
    agent_run_until(&fixture.closed);
    fixture.closed = FALSE;
}

static void tear_down(void)
{
    leave_session();
    close(fixture.fd);
    agent_await_end(fixture.agent);
    close(fixture.reset_fd);
    close(fixture.listen_fd);
    if (fixture.path != NULL)
        unlink(fixture.path);
    g_free(fixture.path);
}

static void on_connected(SbxAgentConnection *connection, const GError *error, int number,
                         gpointer data)
{
    Client *client = data;

    ck_assert_ptr_eq(connection, client->connection);
    ck_assert(!client->connected && !client->over);
    client->connected = TRUE;
    client->number = number;
    if (error != NULL)
        client->error = g_error_copy(error);
}

static void on_over(gpointer data)
{
    ck_assert(!((Client *)data)->over);
    ((Client *)data)->over = TRUE;
}

static Client *client_new(guint port)
{

    Client *client = g_new0(Client, 1);
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    client->fd = ends[0];
    client->connection = sbx_agent_connection_new(
        fixture.session, port, fixture.path != NULL ? fixture.path : "/not/there", ends[1],
        &client->in, &client->out, on_connected, client, on_over);
    ck_assert(!client->connected && !client->over);
    return client;
}

static void client_free(Client *client)
{
    agent_run_until(&client->over);
    sbx_agent_connection_unref(client->connection);
    g_clear_error(&client->error);
    if (client->fd >= 0)
        close(client->fd);
    g_free(client);
}

/* Connected, and the server's end of it. */
static Client *connect_client(int *server)
{
    Client *client = client_new((guint)fixture.port);

    agent_run_until(&client->connected);
    ck_assert_ptr_null(client->error);
    *server = accept4(fixture.listen_fd, NULL, NULL, SOCK_CLOEXEC);
    ck_assert_int_ge(*server, 0);
    return client;
}

/* Runs the main loop until there is something to be read. */
static ssize_t receive(int fd, void *bytes, gsize length)
{
    ssize_t n;

    while ((n = recv(fd, bytes, length, MSG_DONTWAIT)) < 0 && errno == EAGAIN)
        g_main_context_iteration(NULL, FALSE);
    return n;
}

/* Writes until neither end nor the main loop take any more. Returns how much that was. */
static gsize fill(int fd)
{
    static char bytes[65536];
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    gsize done = 0;

    for (int quiet = 0; quiet < 50;) {
        ssize_t n = send(fd, bytes, sizeof bytes, MSG_DONTWAIT | MSG_NOSIGNAL);

        done += n > 0 ? (gsize)n : 0;
        quiet = n > 0 ? 0 : quiet + 1;
        while (g_main_context_iteration(NULL, FALSE))
            ;
        if (n < 0)
            poll(&ready, 1, 5);
    }
    return done;
}

START_TEST(bytes_are_counted)
{
    int server;
    Client *client = connect_client(&server);
    char bytes[8];

    ck_assert_int_eq(write(client->fd, "there", 5), 5);
    ck_assert_int_eq(receive(server, bytes, sizeof bytes), 5);
    ck_assert_int_eq(write(server, "and", 3), 3);
    ck_assert_int_eq(receive(client->fd, bytes, sizeof bytes), 3);
    ck_assert_uint_eq(client->in, 5);
    ck_assert_uint_eq(client->out, 3);
    ck_assert_int_eq(shutdown(client->fd, SHUT_WR), 0);
    ck_assert_int_eq(receive(server, bytes, 1), 0);
    close(server);
    ck_assert_int_eq(receive(client->fd, bytes, 1), 0);
    client_free(client);
}
END_TEST

START_TEST(refused)
{
    Client *client;

    close(fixture.listen_fd);
    client = client_new((guint)fixture.port);
    agent_run_until(&client->connected);
    ck_assert(g_error_matches(client->error, SBX_AGENT_ERROR, SBX_AGENT_ERROR_FAILED));
    ck_assert_int_eq(client->number, ECONNREFUSED);
    client_free(client);
    client = client_new(0);
    agent_run_until(&client->connected);
    ck_assert_int_eq(client->number, ENOENT);
    client_free(client);
    fixture.listen_fd = -1;
}
END_TEST

START_TEST(cancelled)
{
    Client *client = client_new((guint)fixture.port);
    char byte;
    int server;

    sbx_agent_connection_cancel(client->connection);
    ck_assert(!client->over);
    agent_run_until(&client->over);
    ck_assert(!client->connected);
    client_free(client);
    /* Before it was connected, or just after. */
    client = connect_client(&server);
    close(server);
    sbx_agent_connection_cancel(client->connection);
    sbx_agent_connection_cancel(client->connection);
    ck_assert_int_eq(receive(client->fd, &byte, 1), 0);
    client_free(client);
    client = connect_client(&server);
    sbx_agent_connection_cancel(client->connection);
    ck_assert_int_eq(receive(server, &byte, 1), -1);
    ck_assert_int_eq(errno, ECONNRESET);
    close(server);
    client_free(client);
}
END_TEST

/* Whatever is under way: each is told, once. */
START_TEST(session_ends)
{
    int server, other;
    Client *clients[3] = {connect_client(&server), connect_client(&other)};
    char byte;

    fill(clients[0]->fd);
    clients[2] = client_new((guint)fixture.port);
    leave_session();
    agent_run_until(&clients[2]->connected);
    ck_assert(g_error_matches(clients[2]->error, SBX_AGENT_ERROR, SBX_AGENT_ERROR_CLOSED));
    agent_run_until(&clients[1]->over);
    ck_assert_int_eq(receive(clients[1]->fd, &byte, 1), 0);
    for (int i = 0; i < 3; i++)
        client_free(clients[i]);
    close(server);
    close(other);
}
END_TEST

/* A new one on a session that is over is told so. */
START_TEST(session_has_ended)
{
    Client *client;

    sbx_agent_session_close(fixture.session);
    client = client_new((guint)fixture.port);
    agent_run_until(&client->connected);
    ck_assert(g_error_matches(client->error, SBX_AGENT_ERROR, SBX_AGENT_ERROR_CLOSED));
    client_free(client);
}
END_TEST

/* The client says much, and closes; the server takes nothing, or all. */
START_TEST(client_goes_before_its_bytes)
{
    static char waste[65536];
    int server;
    Client *client = connect_client(&server);
    gsize wrote = fill(client->fd), got = 0;
    ssize_t n;

    ck_assert_uint_gt(wrote, 100000);
    close(client->fd);
    client->fd = -1;
    while ((n = receive(server, waste, sizeof waste)) > 0)
        got += (gsize)n;
    ck_assert_int_eq(n, 0);
    ck_assert_uint_eq(got, wrote);
    close(server);
    client_free(client);
    sbx_agent_linger_seconds = 1;
    client = connect_client(&server);
    fill(client->fd);
    close(client->fd);
    client->fd = -1;
    client_free(client);
    while ((n = receive(server, waste, sizeof waste)) > 0)
        ;
    ck_assert_int_eq(n, -1);
    ck_assert_int_eq(errno, ECONNRESET);
    close(server);
}
END_TEST

/* The server has said all and takes slowly what the client has said, and has ended. */
START_TEST(server_takes_late)
{
    static char waste[65536];
    int server;
    Client *client;
    gsize wrote, got = 0;
    ssize_t n;

    listen_at_path();
    client = connect_client(&server);
    ck_assert_int_eq(shutdown(server, SHUT_WR), 0);
    wrote = fill(client->fd);
    close(client->fd);
    client->fd = -1;
    while ((n = receive(server, waste, 4096)) > 0)
        got += (gsize)n;
    ck_assert_int_eq(n, 0);
    ck_assert_uint_eq(got, wrote);
    close(server);
    client_free(client);
}
END_TEST

/* What a server does not want to read does not hold up its client. */
START_TEST(server_reads_no_more)
{
    static char bytes[65536];
    int server;
    Client *client;
    gsize wrote = 0;

    listen_at_path();
    client = connect_client(&server);
    ck_assert_int_eq(shutdown(server, SHUT_RD), 0);
    for (ssize_t n; wrote<4 << 20; wrote += n> 0 ? (gsize)n : 0) {
        n = send(client->fd, bytes, sizeof bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
        ck_assert(n > 0 || errno == EAGAIN);
        g_main_context_iteration(NULL, n < 0);
    }
    ck_assert_int_eq(write(server, "bye", 3), 3);
    close(server);
    ck_assert_int_eq(receive(client->fd, bytes, sizeof bytes), 3);
    client_free(client);
}
END_TEST

static void on_parked(SbxAgentSession *session, const GError *error, gpointer data)
{
    (void)session;
    *(int *)data = error == NULL ? 0 : error->code;
}

static int park(void)
{
    int result = -1;

    sbx_agent_session_park(fixture.session, on_parked, &result);
    while (result < 0)
        g_main_context_iteration(NULL, TRUE);
    return result;
}

static void on_done(SbxAgentSession *session, const GError *error, gpointer data)
{
    (void)session;
    ck_assert_msg(error == NULL, "%s", error != NULL ? error->message : "");
    *(gboolean *)data = TRUE;
}

static void set_up_guest(void)
{
    SbxAgentSetup setup = {.hostname = "test", .realtime_ns = 1};
    gboolean done = FALSE;

    sbx_agent_session_setup(fixture.session, &setup, on_done, &done);
    agent_run_until(&done);
}

/* A template has none. */
START_TEST(no_park_with_a_connection)
{
    int server;
    Client *client;

    set_up_guest();
    client = connect_client(&server);
    ck_assert_int_eq(park(), SBX_AGENT_ERROR_BUSY);
    sbx_agent_connection_cancel(client->connection);
    client_free(client);
    close(server);
    ck_assert_int_eq(park(), 0);
    leave_session();
    fixture.session = sbx_agent_session_new(duplicate(fixture.fd), on_closed, &fixture, NULL);
    client = connect_client(&server);
    close(server);
    close(client->fd);
    client->fd = -1;
    client_free(client);
}
END_TEST

/* A clone's are those of its parent's clients: they are broken off, and new ones work. */
START_TEST(clone_breaks_them_off)
{
    int server, late;
    Client *client = connect_client(&server);
    Client *stuck = connect_client(&late);
    gboolean done = FALSE;
    char bytes[8];

    fill(stuck->fd);
    leave_session();
    client_free(client);
    client_free(stuck);
    fixture.session = sbx_agent_session_new_clone(
        duplicate(fixture.fd), duplicate(fixture.reset_fd), on_closed, &fixture, NULL);
    sbx_agent_session_ping(fixture.session, on_done, &done);
    agent_run_until(&done);
    ck_assert_int_eq(recv(server, bytes, 1, MSG_DONTWAIT), -1);
    ck_assert_int_eq(errno, ECONNRESET);
    close(server);
    close(late);
    client = connect_client(&server);
    ck_assert_int_eq(write(client->fd, "again", 5), 5);
    ck_assert_int_eq(receive(server, bytes, sizeof bytes), 5);
    close(server);
    close(client->fd);
    client->fd = -1;
    client_free(client);
}
END_TEST

/* As many as the agent takes; the next it refuses in words. */
START_TEST(too_many)
{
    Client *clients[SBX_AGENT_CONNECTIONS_MAX];
    int servers[SBX_AGENT_CONNECTIONS_MAX];
    Client *surplus;

    for (int i = 0; i < SBX_AGENT_CONNECTIONS_MAX; i++)
        clients[i] = connect_client(&servers[i]);
    surplus = client_new((guint)fixture.port);
    agent_run_until(&surplus->connected);
    ck_assert(g_error_matches(surplus->error, SBX_AGENT_ERROR, SBX_AGENT_ERROR_LIMIT));
    client_free(surplus);
    sbx_agent_connection_cancel(clients[7]->connection);
    surplus = client_new((guint)fixture.port);
    agent_run_until(&surplus->connected);
    ck_assert_ptr_null(surplus->error);
    sbx_agent_connection_cancel(surplus->connection);
    client_free(surplus);
    for (int i = 0; i < SBX_AGENT_CONNECTIONS_MAX; i++) {
        sbx_agent_connection_cancel(clients[i]->connection);
        client_free(clients[i]);
        close(servers[i]);
    }
}
END_TEST

static Suite *ports_suite(void)
{
    Suite *suite = suite_create("agent-ports");
    TCase *cases = tcase_create("ports");

    tcase_set_timeout(cases, 120);
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, bytes_are_counted);
    tcase_add_test(cases, refused);
    tcase_add_test(cases, cancelled);
    tcase_add_test(cases, session_ends);
    tcase_add_test(cases, session_has_ended);
    tcase_add_test(cases, client_goes_before_its_bytes);
    tcase_add_test(cases, server_takes_late);
    tcase_add_test(cases, server_reads_no_more);
    tcase_add_test(cases, no_park_with_a_connection);
    tcase_add_test(cases, clone_breaks_them_off);
    tcase_add_test(cases, too_many);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return test_run(ports_suite());
}
