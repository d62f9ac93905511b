/* connection.c: a client's socket and one HTTP/2 stream, whose two bodies are what the socket
 * carries.
 *
 * Backpressure is that of pump.c: the socket is read when nghttp2 has window for it, straight into
 * the frame; what it does not take is queued and its credit held back. It is always watched for its
 * end, so that a client that dies while the guest reads nothing is noticed. */
#include "agent/connection.h"

#include "agent/session-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

guint sbx_agent_linger_seconds = 60;

G_STATIC_ASSERT(SBX_AGENT_CONNECTIONS_MAX == (int)SBX_PROTO_MAX_CONNECTIONS);

struct _SbxAgentConnection {
    gatomicrefcount refs;
    SbxAgentSession *session; /* a reference */
    AgentStream *stream;      /* NULL when there is none any more */
    int fd;                   /* -1: over */
    SbxFdWatch *watch;
    gboolean is_connected;
    gboolean deferred;     /* nghttp2 waits for the client's bytes */
    gboolean input_ended;  /* the client says no more, and the agent was told */
    gboolean output_ended; /* the guest says no more */
    gboolean output_shut;  /* ... and the client was told */
    gboolean has_hung_up;  /* the client has closed its socket, or both directions of it */
    GByteArray *queue;     /* what the client did not take; at most the stream's window */
    gsize queue_sent;
    GSource *linger;
    guint64 lingered_at; /* *bytes_in at the last look */
    guint64 carried_in, *bytes_in, *bytes_out;
    gboolean cancelled;
    gboolean over;     /* the last callback is on its way */
    gboolean was_told; /* connected was called, or will be */
    GError *error;     /* why it could not be connected */
    int number;
    SbxAgentConnectedFunc connected;
    gpointer data;
    GDestroyNotify notify;
};

gboolean sbx_agent_connection_path_ok(const char *path)
{
    return path != NULL && path[0] == '/' && strlen(path) <= SBX_PROTO_MAX_SOCKET;
}

void sbx_agent_reset_socket(int fd)
{
    struct linger none = {.l_onoff = 1};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close(fd);
}

static SbxAgentConnection *connection_ref(SbxAgentConnection *connection)
{
    g_atomic_ref_count_inc(&connection->refs);
    return connection;
}

void sbx_agent_connection_unref(SbxAgentConnection *connection)
{
    if (connection == NULL || !g_atomic_ref_count_dec(&connection->refs))
        return;
    g_clear_error(&connection->error);
    agent_session_unref(connection->session);
    g_free(connection);
}

/* --- callbacks, from the main loop --- */

static void report_connected(gpointer object)
{
    SbxAgentConnection *connection = object;

    if (!connection->cancelled && connection->connected != NULL)
        connection->connected(connection, connection->error, connection->number, connection->data);
    sbx_agent_connection_unref(connection);
}

static void report_over(gpointer object)
{
    SbxAgentConnection *connection = object;

    if (connection->notify != NULL)
        connection->notify(connection->data);
    sbx_agent_connection_unref(connection);
}

/* --- the end --- */

static void stop_linger(SbxAgentConnection *connection)
{
    if (connection->linger == NULL)
        return;
    g_source_destroy(connection->linger);
    g_clear_pointer(&connection->linger, g_source_unref);
}

static void tell_failure(SbxAgentConnection *connection)
{
    if (connection->was_told)
        return;
    connection->was_told = TRUE;
    if (connection->error == NULL)
        connection->error = connection->session->error != NULL
                                ? g_error_copy(connection->session->error)
                                : g_error_new(SBX_AGENT_ERROR, SBX_AGENT_ERROR_FAILED,
                                              "the connection was broken off");
    agent_session_defer(connection->session, report_connected, connection_ref(connection));
}

/* All is over at once. */
static void finish(SbxAgentConnection *connection, gboolean intact)
{
    AgentStream *stream = g_steal_pointer(&connection->stream);

    if (connection->over)
        return;
    connection->over = TRUE;
    if (stream != NULL)
        agent_stream_abandon(stream, NGHTTP2_CANCEL);
    stop_linger(connection);
    g_clear_pointer(&connection->watch, sbx_fd_watch_free);
    g_clear_pointer(&connection->queue, g_byte_array_unref);
    if (intact)
        close(connection->fd);
    else
        sbx_agent_reset_socket(connection->fd);
    connection->fd = -1;
    if (!connection->is_connected)
        tell_failure(connection);
    agent_session_defer(connection->session, report_over, connection);
}

/* The output is complete and with the client: shuts it down, and ends when input has ended too. */
static void finish_output(SbxAgentConnection *connection)
{
    if (connection->over || !connection->output_ended || connection->queue != NULL)
        return;
    if (connection->stream == NULL) {
        finish(connection, TRUE);
    } else if (!connection->output_shut) {
        connection->output_shut = TRUE;
        shutdown(connection->fd, SHUT_WR);
    }
}

static gboolean linger_over(gpointer data)
{
    SbxAgentConnection *connection = data;
    SbxAgentSession *session = connection->session;

    if (connection->lingered_at != connection->carried_in) {
        connection->lingered_at = connection->carried_in;
        return G_SOURCE_CONTINUE;
    }
    agent_session_ref(session);
    finish(connection, FALSE);
    agent_session_turn(session);
    agent_session_unref(session);
    return G_SOURCE_REMOVE;
}

static void start_linger(SbxAgentConnection *connection)
{
    connection->has_hung_up = TRUE;
    connection->lingered_at = connection->carried_in;
    connection->linger = g_timeout_source_new_seconds(sbx_agent_linger_seconds);
    g_source_set_callback(connection->linger, linger_over, connection, NULL);
    g_source_attach(connection->linger, connection->session->context);
}

/* --- both directions --- */

static void update_watch(SbxAgentConnection *connection)
{
    GIOCondition condition = (connection->deferred ? G_IO_IN : 0) |
                             (connection->queue != NULL ? G_IO_OUT : 0) |
                             (connection->has_hung_up ? 0 : G_IO_HUP | G_IO_ERR);

    if (connection->watch != NULL)
        sbx_fd_watch_set(connection->watch, condition);
}

static ssize_t read_input(nghttp2_session *h2, int32_t stream_id, uint8_t *buffer, size_t length,
                          uint32_t *flags, nghttp2_data_source *source, void *data)
{
    AgentStream *stream = nghttp2_session_get_stream_user_data(h2, stream_id);
    SbxAgentConnection *connection = stream != NULL ? stream->owner : NULL;
    ssize_t n;

    (void)source;
    (void)data;
    if (connection == NULL || connection->over)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    if (!connection->is_connected)
        return NGHTTP2_ERR_DEFERRED;
    do
        n = recv(connection->fd, buffer, length, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n > 0) {
        connection->carried_in += (guint64)n;
        *connection->bytes_in += (guint64)n;
        return n;
    }
    if (n < 0 && errno == EAGAIN) {
        connection->deferred = TRUE;
        update_watch(connection);
        return NGHTTP2_ERR_DEFERRED;
    }
    if (n < 0) {
        finish(connection, FALSE);
        return NGHTTP2_ERR_DEFERRED;
    }
    connection->input_ended = TRUE;
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    return 0;
}

/* How much the client took; with an error it is over. */
static gsize write_some(SbxAgentConnection *connection, const guint8 *bytes, gsize length)
{
    gsize done = 0;

    while (done < length) {
        ssize_t n = send(connection->fd, bytes + done, length - done, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            done += (gsize)n;
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            finish(connection, FALSE);
            return length;
        }
    }
    *connection->bytes_out += done;
    if (connection->stream != NULL && done > 0)
        nghttp2_session_consume_stream(connection->session->h2, connection->stream->id, done);
    return done;
}

static void flush(SbxAgentConnection *connection)
{
    gsize done = write_some(connection, connection->queue->data + connection->queue_sent,
                            connection->queue->len - connection->queue_sent);

    if (connection->queue == NULL)
        return;
    connection->queue_sent += done;
    if (connection->queue_sent < connection->queue->len)
        return;
    g_clear_pointer(&connection->queue, g_byte_array_unref);
    connection->queue_sent = 0;
    finish_output(connection);
}

static void resume(SbxAgentConnection *connection)
{
    connection->deferred = FALSE;
    if (connection->stream != NULL && connection->session->h2 != NULL)
        nghttp2_session_resume_data(connection->session->h2, connection->stream->id);
}

static void socket_ready(gpointer data)
{
    SbxAgentConnection *connection = connection_ref(data);
    GIOCondition seen = sbx_fd_watch_seen(connection->watch);
    SbxAgentSession *session = agent_session_ref(connection->session);

    if (connection->queue != NULL && (seen & (G_IO_OUT | G_IO_HUP | G_IO_ERR)) != 0)
        flush(connection);
    if (connection->deferred && (seen & (G_IO_IN | G_IO_HUP | G_IO_ERR)) != 0)
        resume(connection);
    if ((seen & G_IO_ERR) != 0)
        finish(connection, FALSE);
    else if (!connection->over && !connection->has_hung_up && (seen & G_IO_HUP) != 0)
        start_linger(connection);
    update_watch(connection);
    agent_session_turn(session);
    agent_session_unref(session);
    sbx_agent_connection_unref(connection);
}

/* --- the stream --- */

static void stream_headers(AgentStream *stream)
{
    SbxAgentConnection *connection = stream->owner;

    if (stream->status != 200)
        return;
    connection->is_connected = TRUE;
    connection->was_told = TRUE;
    connection->watch =
        sbx_fd_watch_new(connection->session->context, connection->fd, socket_ready, connection);
    update_watch(connection);
    nghttp2_session_resume_data(connection->session->h2, stream->id);
    agent_session_defer(connection->session, report_connected, connection_ref(connection));
}

static void stream_data(AgentStream *stream, const guint8 *bytes, gsize length)
{
    SbxAgentConnection *connection = stream->owner;
    gsize done = connection->queue == NULL ? write_some(connection, bytes, length) : 0;

    if (done == length)
        return;
    if (connection->queue == NULL)
        connection->queue = g_byte_array_new();
    if (connection->queue_sent > 0) {
        g_byte_array_remove_range(connection->queue, 0, (guint)connection->queue_sent);
        connection->queue_sent = 0;
    }
    g_byte_array_append(connection->queue, bytes + done, (guint)(length - done));
    update_watch(connection);
}

/* What is told when it was not connected. */
static void take_failure(SbxAgentConnection *connection, AgentStream *stream)
{
    struct sbx_failure failure;

    connection->error = agent_stream_failure(stream);
    if (connection->error != NULL && stream->reply != NULL &&
        sbx_failure_decode(stream->reply->data, stream->reply->len, &failure))
        connection->number = (int)failure.error;
}

static void stream_ended(AgentStream *stream)
{
    SbxAgentConnection *connection = stream->owner;

    if (connection == NULL)
        return;
    if (connection->is_connected) {
        connection->output_ended = TRUE;
        finish_output(connection);
        return;
    }
    take_failure(connection, stream);
    finish(connection, FALSE);
}

static void stream_closed(AgentStream *stream, guint32 error_code)
{
    SbxAgentConnection *connection = stream->owner;

    connection->stream = NULL;
    if (error_code == NGHTTP2_NO_ERROR && connection->output_ended)
        finish_output(connection);
    else
        finish(connection, FALSE);
}

static const AgentStreamOps ops = {
    .headers = stream_headers, .data = stream_data, .ended = stream_ended, .closed = stream_closed};

/* --- the beginning --- */

static char *make_path(guint port, const char *path)
{
    GString *text = g_string_new(SBX_PROTO_PATH "connections/");

    if (port > 0) {
        g_string_append_printf(text, "tcp/%u", port);
        return g_string_free(text, FALSE);
    }
    g_string_append(text, "unix/");
    for (; *path != '\0'; path++)
        g_string_append_printf(text, "%02x", (guchar)*path);
    return g_string_free(text, FALSE);
}

SbxAgentConnection *sbx_agent_connection_new(SbxAgentSession *session, guint port, const char *path,
                                             int fd, guint64 *bytes_in, guint64 *bytes_out,
                                             SbxAgentConnectedFunc connected, gpointer data,
                                             GDestroyNotify notify)
{
    SbxAgentConnection *connection = g_new0(SbxAgentConnection, 1);
    nghttp2_data_provider provider = {.read_callback = read_input};
    g_autofree char *name = make_path(port, path);

    g_atomic_ref_count_init(&connection->refs);
    connection->session = agent_session_ref(session);
    connection->fd = fd;
    connection->bytes_in = bytes_in;
    connection->bytes_out = bytes_out;
    connection->connected = connected;
    connection->data = data;
    connection->notify = notify;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    connection_ref(connection); /* until report_over */
    connection->stream =
        agent_stream_open(session, "POST", name, NULL, &provider, &ops, connection);
    if (connection->stream == NULL)
        finish(connection, FALSE);
    return connection;
}

void sbx_agent_connection_cancel(SbxAgentConnection *connection)
{
    connection->cancelled = TRUE;
    finish(connection, FALSE);
}
