/* connection.c: a socket here, one HTTP/2 stream there, and either direction may end before the
 * other.
 *
 * The socket is watched edge-triggered. It is read when nghttp2 wants bytes, and written as bytes
 * come; what it does not take is queued, and the stream's credit is returned for what it took, so
 * that the queue never exceeds the stream's window and a slow end stops its own connection only. */
#include "connection.h"

#include "path-connect.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct connection {
    struct garbage garbage;
    struct connection *next, *previous;
    struct request *request; /* NULL when its stream is gone and only the queue is still to go */
    int32_t stream_id;
    struct source source;
    struct path_connect *lookup; /* the socket is being looked for by its path */
    bool is_tcp, is_second; /* the second address is being tried */
    bool connected;
    bool ended;     /* the client says no more */
    bool finished;  /* the server says no more, and the client was told */
    bool is_deaf;   /* the server takes no more */
    bool was_reset; /* ... because it broke the connection off */
    bool deferred;  /* nghttp2 waits for bytes */
    uint8_t *queue; /* what the socket did not take; at most a stream's window */
    size_t queue_at, queue_length, queue_allocated;
};

static struct connection *connections;
static size_t connection_count;

static void drop_queue(struct connection *connection)
{
    free(connection->queue);
    connection->queue = NULL;
    connection->queue_at = connection->queue_length = connection->queue_allocated = 0;
}

static void discard(struct connection *connection)
{
    if (connection->request != NULL)
        connection->request->connection = NULL;
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        connections = connection->next;
    connection_count--;
    if (connection->lookup != NULL)
        path_connect_cancel(connection->lookup);
    loop_close(&connection->source);
    drop_queue(connection);
    loop_free_later(&connection->garbage);
}

/* The server is to see a reset and no end. */
static void break_off(struct connection *connection)
{
    struct linger none = {.l_onoff = 1};

    if (connection->source.fd >= 0)
        setsockopt(connection->source.fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    discard(connection);
}

static void fail(struct connection *connection, int error)
{
    static char text[SBX_PROTO_MAX_TEXT];
    struct request *request = connection->request;
    struct sbx_failure failure = {
        .kind = SBX_FAILURE_CONNECT, .error = (uint32_t)error, .text = text};
    bool full = error == EAGAIN && !connection->is_tcp;

    if (connection->is_tcp && error == ECONNREFUSED)
        snprintf(text, sizeof text, "nothing listens on port %u", (unsigned)request->id);
    else if (connection->is_tcp)
        snprintf(text, sizeof text, "cannot connect to port %u: %s", (unsigned)request->id,
                 strerror(error));
    else
        snprintf(text, sizeof text, "cannot connect to \"%s\": %s", request->socket,
                 full ? "its queue of connections is full" : strerror(error));
    discard(connection);
    server_answer_failure(request, "422", &failure);
}

/* --- from the client to the server --- */

/* Nobody takes what comes from the client. When the server has said all, either, it is over. */
static void stop_input(struct connection *connection)
{
    server_consume(connection->stream_id, connection->queue_length - connection->queue_at);
    drop_queue(connection);
    if (connection->is_deaf)
        return;
    connection->is_deaf = true;
    if (connection->finished && !connection->ended)
        server_stop_body(connection->stream_id);
}

/* Returns how much the socket took; less than length means it is full or closed. */
static size_t write_some(struct connection *connection, const uint8_t *bytes, size_t length)
{
    size_t done = 0;
    ssize_t n = 0;

    while (done < length) {
        n = send(connection->source.fd, bytes + done, length - done, MSG_NOSIGNAL);
        if (n > 0)
            done += (size_t)n;
        else if (n == 0 || errno != EINTR)
            break;
    }
    server_consume(connection->stream_id, done);
    if (done < length && errno != EAGAIN) {
        /* Told once only: what reads the socket later sees an ordinary end. */
        connection->was_reset = errno == ECONNRESET;
        stop_input(connection);
    }
    return done;
}

/* Writes what is queued. The connection may be gone afterwards. */
static void flush(struct connection *connection)
{
    size_t left = connection->queue_length - connection->queue_at;

    if (left > 0) {
        size_t done = write_some(connection, connection->queue + connection->queue_at, left);
        connection->queue_at += done;
        if (done < left && !connection->is_deaf)
            return;
    }
    drop_queue(connection);
    if (connection->request == NULL)
        discard(connection);
    else if (connection->ended)
        shutdown(connection->source.fd, SHUT_WR); /* a second time does nothing */
}

static bool enqueue(struct connection *connection, const uint8_t *bytes, size_t length)
{
    size_t left = connection->queue_length - connection->queue_at;

    if (left + length > connection->queue_allocated) {
        uint8_t *queue = malloc((left + length) * 2);
        if (queue == NULL)
            return false;
        if (left > 0)
            memcpy(queue, connection->queue + connection->queue_at, left);
        free(connection->queue);
        connection->queue = queue;
        connection->queue_allocated = (left + length) * 2;
    } else {
        memmove(connection->queue, connection->queue + connection->queue_at, left);
    }
    memcpy(connection->queue + left, bytes, length);
    connection->queue_at = 0;
    connection->queue_length = left + length;
    return true;
}

void connection_write(struct connection *connection, const uint8_t *bytes, size_t length)
{
    size_t done = 0;

    if (connection->connected && !connection->is_deaf && connection->queue == NULL)
        done = write_some(connection, bytes, length);
    if (connection->is_deaf) {
        server_consume(connection->stream_id, length - done);
    } else if (done < length && !enqueue(connection, bytes + done, length - done)) {
        server_break(connection->stream_id);
        break_off(connection);
    }
}

void connection_end(struct connection *connection)
{
    connection->ended = true;
    if (connection->connected && !connection->is_deaf)
        flush(connection);
}

/* --- from the server to the client --- */

/* Both directions are over at the server's end, so that the client need not try. */
static bool server_has_gone(struct connection *connection)
{
    struct pollfd state = {.fd = connection->source.fd};

    return connection->is_deaf ||
           (poll(&state, 1, 0) > 0 && (state.revents & (POLLHUP | POLLERR)) != 0);
}

static ssize_t read_socket(nghttp2_session *session, int32_t stream_id, uint8_t *buffer,
                           size_t length, uint32_t *flags, nghttp2_data_source *source, void *data)
{
    struct connection *connection = source->ptr;
    ssize_t n;

    (void)session;
    (void)data;
    do
        n = recv(connection->source.fd, buffer, length, 0);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        return n;
    if (n < 0 && errno == EAGAIN) {
        connection->deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    if (n < 0 || connection->was_reset) {
        server_break(stream_id);
        return NGHTTP2_ERR_DEFERRED;
    }
    connection->finished = true;
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (!connection->ended && server_has_gone(connection))
        server_stop_body(stream_id);
    return 0;
}

/* --- its life --- */

static void established(struct connection *connection)
{
    int on = 1;

    connection->connected = true;
    if (connection->is_tcp)
        setsockopt(connection->source.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    server_answer_stream(connection->request, read_socket, connection);
    flush(connection);
}

static void socket_ready(struct source *source, uint32_t events);

/* The first edge tells that it is connected, or why it is not. Takes fd. */
static int watch(struct connection *connection, int fd)
{
    return loop_add(&connection->source, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                    socket_ready)
               ? 0
               : ENOMEM;
}

/* Begins an attempt. Returns 0 when it is under way, else why not. */
static int attempt(struct connection *connection, const struct sockaddr *address, socklen_t length)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int error = 0;

    if (fd < 0)
        return errno;
    if (connect(fd, address, length) < 0 && errno != EINPROGRESS) {
        error = errno;
        close(fd);
        return error;
    }
    return watch(connection, fd);
}

static int attempt_tcp(struct connection *connection)
{
    in_port_t port = htons((uint16_t)connection->request->id);
    struct sockaddr_in first = {
        .sin_family = AF_INET, .sin_port = port, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 second = {
        .sin6_family = AF_INET6, .sin6_port = port, .sin6_addr = IN6ADDR_LOOPBACK_INIT};

    return connection->is_second ? attempt(connection, (struct sockaddr *)&second, sizeof second)
                                 : attempt(connection, (struct sockaddr *)&first, sizeof first);
}

/* An attempt has failed: the next, or that was it. */
static void failed(struct connection *connection, int error)
{
    if (connection->is_tcp && !connection->is_second && error == ECONNREFUSED) {
        loop_close(&connection->source);
        connection->is_second = true;
        if (attempt_tcp(connection) == 0)
            return;
    }
    fail(connection, connection->is_second ? ECONNREFUSED : error);
}

static void looked_up(void *data, int fd, int error)
{
    struct connection *connection = data;

    connection->lookup = NULL;
    if (error == 0)
        error = watch(connection, fd);
    if (error != 0)
        failed(connection, error);
}

static int attempt_unix(struct connection *connection)
{
    int error = 0;

    connection->lookup =
        path_connect_begin(connection->request->socket, looked_up, connection, &error);
    return connection->lookup != NULL ? 0 : error;
}

static void socket_ready(struct source *source, uint32_t events)
{
    struct connection *connection =
        (struct connection *)(void *)((char *)source - offsetof(struct connection, source));
    int error = 0;
    socklen_t size = sizeof error;

    if (!connection->connected) {
        getsockopt(source->fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error == 0)
            established(connection);
        else
            failed(connection, error);
        return;
    }
    if (!connection->is_deaf)
        flush(connection);
    if (source->fd < 0 || connection->request == NULL)
        return;
    if (connection->finished && (events & (EPOLLHUP | EPOLLERR)) != 0)
        stop_input(connection);
    if (connection->deferred) {
        connection->deferred = false;
        server_resume(connection->stream_id);
    }
}

static void refuse(struct request *request, const char *text)
{
    struct sbx_failure failure = {.kind = SBX_FAILURE_LIMIT, .text = text};
    server_answer_failure(request, "503", &failure);
}

void connection_begin(struct request *request)
{
    struct connection *connection;
    int error;

    if (connection_count >= SBX_PROTO_MAX_CONNECTIONS) {
        refuse(request, "too many connections at once");
        return;
    }
    connection = calloc(1, sizeof *connection);
    if (connection == NULL) {
        refuse(request, "the agent is out of memory");
        return;
    }
    connection->request = request;
    connection->stream_id = request->stream_id;
    connection->is_tcp = request->resource == SBX_RESOURCE_TCP;
    connection->source.fd = -1;
    request->connection = connection;
    connection->next = connections;
    if (connections != NULL)
        connections->previous = connection;
    connections = connection;
    connection_count++;
    error = connection->is_tcp ? attempt_tcp(connection) : attempt_unix(connection);
    if (error != 0)
        failed(connection, error);
}

void connection_detach(struct connection *connection)
{
    bool is_over = connection->ended && connection->finished;

    connection->request->connection = NULL;
    connection->request = NULL;
    connection->stream_id = 0;
    if (!is_over)
        break_off(connection);
    else if (connection->queue == NULL)
        discard(connection);
    /* else the server has still to take what the client has said */
}

void connection_forget_all(void)
{
    while (connections != NULL)
        break_off(connections);
}
