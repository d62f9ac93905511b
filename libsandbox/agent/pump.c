/* pump.c: backpressure. Input is read from its fd only when nghttp2 has window for it, straight
 * into the frame. Output is written as it arrives; what the fd does not take is queued, and the
 * stream's credit is returned only for what was written, so the queue cannot exceed the window. */
#include "agent/pump.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

void agent_pump_init(AgentPump *pump, SbxAgentSession *session, int fd, AgentPumpDone done,
                     gpointer owner)
{
    struct stat info;

    *pump = (AgentPump){.session = session, .fd = fd, .done = done, .owner = owner};
    if (fd < 0)
        return;
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    pump->is_socket = fstat(fd, &info) == 0 && S_ISSOCK(info.st_mode);
}

static void close_fd(AgentPump *pump)
{
    g_clear_pointer(&pump->watch, sbx_fd_watch_free);
    g_clear_pointer(&pump->queue, g_byte_array_unref);
    if (pump->fd >= 0)
        close(pump->fd);
    pump->fd = -1;
}

static void finish(AgentPump *pump, gboolean intact)
{
    AgentStream *stream = g_steal_pointer(&pump->stream);
    gboolean was_open = pump->fd >= 0;

    if (stream != NULL)
        agent_stream_abandon(stream, NGHTTP2_CANCEL);
    close_fd(pump);
    if (was_open && pump->done != NULL)
        pump->done(pump->owner, intact);
}

void agent_pump_stop(AgentPump *pump)
{
    pump->done = NULL;
    finish(pump, FALSE);
}

static void set_watch(AgentPump *pump, GIOCondition condition, SbxFdWatchFunc func)
{
    if (pump->watch == NULL && condition != 0)
        pump->watch = sbx_fd_watch_new(pump->session->context, pump->fd, func, pump);
    if (pump->watch != NULL)
        sbx_fd_watch_set(pump->watch, condition);
}

static void input_ready(gpointer data)
{
    AgentPump *pump = data;
    SbxAgentSession *session = pump->session;

    set_watch(pump, 0, NULL);
    if (pump->deferred && pump->stream != NULL && session->h2 != NULL) {
        pump->deferred = FALSE;
        nghttp2_session_resume_data(session->h2, pump->stream->id);
    }
    agent_session_turn(session);
}

static ssize_t read_input(nghttp2_session *h2, int32_t stream_id, uint8_t *buffer, size_t length,
                          uint32_t *flags, nghttp2_data_source *source, void *data)
{
    AgentPump *pump = ((AgentStream *)nghttp2_session_get_stream_user_data(h2, stream_id))->owner;
    ssize_t n;

    (void)source;
    (void)data;
    if (pump == NULL || pump->fd < 0)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    do
        n = read(pump->fd, buffer, length);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        return n;
    if (n < 0 && errno == EAGAIN) {
        pump->deferred = TRUE;
        set_watch(pump, G_IO_IN, input_ready);
        return NGHTTP2_ERR_DEFERRED;
    }
    /* An error of the application's fd is the end of its input like any other. */
    set_watch(pump, 0, NULL);
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    return 0;
}

static void input_closed(AgentStream *stream, guint32 error_code)
{
    AgentPump *pump = stream->owner;

    (void)error_code;
    pump->stream = NULL;
    finish(pump, TRUE);
}

static const AgentStreamOps input_ops = {.closed = input_closed};

void agent_pump_send(AgentPump *pump, const char *path)
{
    nghttp2_data_provider provider = {.read_callback = read_input};

    pump->stream =
        agent_stream_open(pump->session, "PUT", path, NULL, &provider, &input_ops, pump);
}

/* How much the fd took; with an error it is finished. */
static gsize write_some(AgentPump *pump, const guint8 *bytes, gsize length)
{
    gsize done = 0;

    while (done < length) {
        ssize_t n = pump->is_socket ? send(pump->fd, bytes + done, length - done, MSG_NOSIGNAL)
                                    : write(pump->fd, bytes + done, length - done);
        if (n > 0) {
            done += (gsize)n;
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            finish(pump, TRUE);
            return length;
        }
    }
    if (pump->stream != NULL && done > 0)
        nghttp2_session_consume_stream(pump->session->h2, pump->stream->id, done);
    return done;
}

static void output_ready(gpointer data);

/* A pipe without a reader has an error, a socket whose peer is gone a hang-up. */
static void watch_reader(AgentPump *pump)
{
    set_watch(pump, pump->follow_reader ? G_IO_ERR | G_IO_HUP : 0, output_ready);
}

static gboolean reader_is_gone(const AgentPump *pump)
{
    GPollFD state = {.fd = pump->fd};

    return g_poll(&state, 1, 0) > 0 && (state.revents & (G_IO_ERR | G_IO_HUP)) != 0;
}

static void output_ready(gpointer data)
{
    AgentPump *pump = data;
    SbxAgentSession *session = pump->session;

    if (pump->follow_reader && reader_is_gone(pump)) {
        finish(pump, TRUE);
        agent_session_turn(session);
        return;
    }
    if (pump->queue != NULL) {
        gsize done = write_some(pump, pump->queue->data + pump->queue_sent,
                                pump->queue->len - pump->queue_sent);
        pump->queue_sent += done;
    }
    if (pump->queue != NULL && pump->queue_sent == pump->queue->len) {
        watch_reader(pump);
        g_clear_pointer(&pump->queue, g_byte_array_unref);
        pump->queue_sent = 0;
        if (pump->ended)
            finish(pump, TRUE);
    }
    agent_session_turn(session);
}

static void output_data(AgentStream *stream, const guint8 *bytes, gsize length)
{
    AgentPump *pump = stream->owner;
    gsize done = pump->queue == NULL ? write_some(pump, bytes, length) : 0;

    if (done == length)
        return;
    if (pump->queue == NULL)
        pump->queue = g_byte_array_new();
    if (pump->queue_sent > 0) {
        g_byte_array_remove_range(pump->queue, 0, (guint)pump->queue_sent);
        pump->queue_sent = 0;
    }
    g_byte_array_append(pump->queue, bytes + done, (guint)(length - done));
    set_watch(pump, G_IO_OUT, output_ready);
}

static void output_closed(AgentStream *stream, guint32 error_code)
{
    AgentPump *pump = stream->owner;

    pump->stream = NULL;
    if (error_code != NGHTTP2_NO_ERROR || !stream->complete || stream->status != 200)
        finish(pump, FALSE);
    else if (pump->queue == NULL)
        finish(pump, TRUE);
    else
        pump->ended = TRUE;
}

static const AgentStreamOps output_ops = {.data = output_data, .closed = output_closed};

void agent_pump_receive(AgentPump *pump, const char *path)
{
    if (pump->follow_reader)
        watch_reader(pump);
    pump->stream =
        agent_stream_open(pump->session, "GET", path, NULL, NULL, &output_ops, pump);
}
