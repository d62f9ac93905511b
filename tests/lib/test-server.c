/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Servers in threads: see test-server.h. */
#include "lib/test-server.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define WAIT_MS 60000
#define CHUNK 65536

typedef union {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_un un;
} Address;

typedef struct {
    TestServer *server;
    int fd;
} Served;

/* Returns its length. */
static socklen_t make_address(const char *text, int port, Address *address)
{
    memset(address, 0, sizeof *address);
    if (text[0] == '/') {
        address->un.sun_family = AF_UNIX;
        g_strlcpy(address->un.sun_path, text, sizeof address->un.sun_path);
        return sizeof address->un;
    }
    if (strchr(text, ':') != NULL) {
        address->in6.sin6_family = AF_INET6;
        address->in6.sin6_port = htons((guint16)port);
        ck_assert_int_eq(inet_pton(AF_INET6, text, &address->in6.sin6_addr), 1);
        return sizeof address->in6;
    }
    address->in.sin_family = AF_INET;
    address->in.sin_port = htons((guint16)port);
    ck_assert_int_eq(inet_pton(AF_INET, text, &address->in.sin_addr), 1);
    return sizeof address->in;
}

static gpointer serve(gpointer data)
{
    Served *served = data;
    TestServer *server = served->server;

    server->serve(served->fd, server->data);
    g_free(served);
    g_mutex_lock(&server->lock);
    server->running--;
    g_cond_broadcast(&server->changed);
    g_mutex_unlock(&server->lock);
    return NULL;
}

static gpointer accept_all(gpointer data)
{
    TestServer *server = data;
    int fd;

    while ((fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        Served *served = g_new(Served, 1);

        *served = (Served){server, fd};
        g_mutex_lock(&server->lock);
        server->accepted++;
        server->running++;
        g_cond_broadcast(&server->changed);
        g_mutex_unlock(&server->lock);
        g_thread_unref(g_thread_new("serve", serve, served));
    }
    return NULL;
}

TestServer *test_server_new(const char *address, TestServe serve_one, gpointer data)
{
    TestServer *server = g_new0(TestServer, 1);
    Address where;
    socklen_t length = make_address(address, 0, &where);

    server->listen_fd = socket(where.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(server->listen_fd, 0);
    ck_assert_msg(bind(server->listen_fd, &where.any, length) == 0, "%s", strerror(errno));
    ck_assert_int_eq(listen(server->listen_fd, 512), 0);
    ck_assert_int_eq(getsockname(server->listen_fd, &where.any, &length), 0);
    if (where.any.sa_family == AF_UNIX) {
        server->path = g_strdup(address);
        /* An agent may be of another user. */
        ck_assert_int_eq(chmod(address, 0666), 0);
    } else {
        server->port =
            ntohs(where.any.sa_family == AF_INET ? where.in.sin_port : where.in6.sin6_port);
    }
    server->serve = serve_one;
    server->data = data;
    g_mutex_init(&server->lock);
    g_cond_init(&server->changed);
    if (serve_one != NULL)
        server->thread = g_thread_new("accept", accept_all, server);
    return server;
}

static void wait_until(TestServer *server, const guint *value, guint wanted, gboolean at_most)
{
    gint64 deadline = g_get_monotonic_time() + WAIT_MS * 1000;

    g_mutex_lock(&server->lock);
    while (at_most ? *value > wanted : *value < wanted)
        ck_assert_msg(g_cond_wait_until(&server->changed, &server->lock, deadline),
                      "%u, not %u, in time", *value, wanted);
    g_mutex_unlock(&server->lock);
}

void test_server_wait_accepted(TestServer *server, guint count)
{
    wait_until(server, &server->accepted, count, FALSE);
}

void test_server_wait_running(TestServer *server, guint count)
{
    wait_until(server, &server->running, count, TRUE);
}

void test_server_free(TestServer *server)
{
    /* That also ends accept(). */
    shutdown(server->listen_fd, SHUT_RDWR);
    if (server->thread != NULL)
        g_thread_join(server->thread);
    close(server->listen_fd);
    test_server_wait_running(server, 0);
    if (server->path != NULL)
        unlink(server->path);
    g_mutex_clear(&server->lock);
    g_cond_clear(&server->changed);
    g_free(server->path);
    g_free(server);
}

void test_serve_echo(int fd, gpointer data)
{
    g_autofree char *buffer = g_malloc(CHUNK);
    ssize_t n;

    (void)data;
    while ((n = recv(fd, buffer, CHUNK, 0)) > 0)
        for (ssize_t sent = 0; sent < n;) {
            ssize_t m = send(fd, buffer + sent, (gsize)(n - sent), MSG_NOSIGNAL);

            if (m <= 0)
                break;
            sent += m;
        }
    close(fd);
}

int test_try_connect(const char *text)
{
    g_autofree char *host = g_strdup(text[0] == '[' ? text + 1 : text);
    char *colon = text[0] != '/' ? strrchr(host, ':') : NULL;
    int port = colon != NULL ? atoi(colon + 1) : 0;
    Address address;
    socklen_t length;
    int fd;

    if (colon != NULL)
        colon[colon[-1] == ']' ? -1 : 0] = '\0';
    length = make_address(host, port, &address);
    fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    if (connect(fd, &address.any, length) == 0)
        return fd;
    port = errno;
    close(fd);
    errno = port;
    return -1;
}

int test_connect(const char *address)
{
    int fd = test_try_connect(address);

    ck_assert_msg(fd >= 0, "cannot connect to %s: %s", address, strerror(errno));
    return fd;
}

void test_wait_ready(int fd, short events)
{
    struct pollfd ready = {.fd = fd, .events = events};

    ck_assert_msg(poll(&ready, 1, WAIT_MS) == 1, "nothing happens");
}

void test_write(int fd, const void *bytes, gsize length)
{
    for (gsize done = 0; done < length;) {
        ssize_t n;

        test_wait_ready(fd, POLLOUT);
        n = send(fd, (const char *)bytes + done, length - done, MSG_NOSIGNAL | MSG_DONTWAIT);
        ck_assert_msg(n > 0 || (n < 0 && errno == EAGAIN), "only %zu bytes of %zu: %s", done,
                      length, strerror(errno));
        done += n > 0 ? (gsize)n : 0;
    }
}

void test_read(int fd, void *bytes, gsize length)
{
    for (gsize done = 0; done < length;) {
        ssize_t n;

        test_wait_ready(fd, POLLIN);
        n = recv(fd, (char *)bytes + done, length - done, 0);
        ck_assert_msg(n > 0, "only %zu bytes of %zu: %s", done, length,
                      n < 0 ? strerror(errno) : "the end");
        done += (gsize)n;
    }
}

int test_end(int fd)
{
    char waste[4096];
    ssize_t n;

    do {
        test_wait_ready(fd, POLLIN);
        n = recv(fd, waste, sizeof waste, 0);
    } while (n > 0);
    return n < 0 ? errno : 0;
}

void test_reset(int fd)
{
    struct linger none = {.l_onoff = 1};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close(fd);
}

guint8 test_byte(guint nr, guint64 at)
{
    return (guint8)((at * 2654435761u + nr * 40503u) >> 13);
}

void test_write_stream(int fd, guint nr, guint64 length)
{
    g_autofree guint8 *buffer = g_malloc(CHUNK);

    for (guint64 done = 0; done < length;) {
        gsize part = (gsize)MIN(length - done, CHUNK);

        for (gsize i = 0; i < part; i++)
            buffer[i] = test_byte(nr, done + i);
        test_write(fd, buffer, part);
        done += part;
    }
}

void test_read_stream(int fd, guint nr, guint64 length)
{
    g_autofree guint8 *buffer = g_malloc(CHUNK);

    for (guint64 done = 0; done < length;) {
        gsize part = (gsize)MIN(length - done, CHUNK);

        test_read(fd, buffer, part);
        for (gsize i = 0; i < part; i++)
            if (buffer[i] != test_byte(nr, done + i))
                ck_abort_msg("stream %u differs at byte %" G_GUINT64_FORMAT, nr, done + i);
        done += part;
    }
}
