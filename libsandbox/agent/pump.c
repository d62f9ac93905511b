/* pump.c: backpressure. Input is read from its fd only when nghttp2 has window for it, straight
 * into the frame. Output is written as it arrives; what the fd does not take is queued, and the
 * stream's credit is returned only for what was written, so the queue cannot exceed the window.
 *
 * A pump that may wait outlives whoever is at its fd: output is kept in a ring then, its last bytes, and
 * input waits. A client that dies closes its pipes a moment before or after the connection that says so:
 * when only the pipe is known to be closed, that moment is awaited. */
#include "agent/pump.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* The kernel closes the descriptors of a process that dies one after the other, on a busy machine with
 * pauses. A writer whose reader really left gets its SIGPIPE so much later. */
#define LEAVING_MS 100

static void set_fd(AgentPump *pump, int fd)
{
    struct stat info;

    pump->fd = fd;
    if (fd < 0)
        return;
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    pump->is_socket = fstat(fd, &info) == 0 && S_ISSOCK(info.st_mode);
}

void agent_pump_init(AgentPump *pump, SbxAgentSession *session, int fd, gboolean is_wanted,
                     AgentPumpDone done, gpointer owner)
{
    *pump = (AgentPump){.session = session, .done = done, .owner = owner};
    pump->is_open = fd >= 0 || is_wanted;
    set_fd(pump, fd);
}

static void close_fd(AgentPump *pump)
{
    g_clear_pointer(&pump->watch, sbx_fd_watch_free);
    if (pump->fd >= 0)
        close(pump->fd);
    pump->fd = -1;
}

static void clear_queue(AgentPump *pump)
{
    g_clear_pointer(&pump->queue, g_byte_array_unref);
    pump->queue_sent = pump->queue_kept = 0;
}

static void stop_timer(AgentPump *pump)
{
    if (pump->timer == NULL)
        return;
    g_source_destroy(pump->timer);
    g_clear_pointer(&pump->timer, g_source_unref);
}

/* What is in the ring stays there. */
static void finish(AgentPump *pump, gboolean intact)
{
    AgentStream *stream = g_steal_pointer(&pump->stream);
    gboolean was_open = pump->is_open;

    if (stream != NULL)
        agent_stream_abandon(stream, NGHTTP2_CANCEL);
    stop_timer(pump);
    close_fd(pump);
    clear_queue(pump);
    pump->is_open = FALSE;
    if (was_open && pump->done != NULL)
        pump->done(pump->owner, intact);
}

void agent_pump_stop(AgentPump *pump)
{
    pump->done = NULL;
    finish(pump, FALSE);
    agent_ring_clear(&pump->ring, &pump->session->kept_bytes);
}

static void set_watch(AgentPump *pump, GIOCondition condition, SbxFdWatchFunc func)
{
    if (pump->watch == NULL && condition != 0)
        pump->watch = sbx_fd_watch_new(pump->session->context, pump->fd, func, pump);
    if (pump->watch != NULL)
        sbx_fd_watch_set(pump->watch, condition);
}

/* Does what @decide does, unless that is clear before the time is over. */
static void await_leaving(AgentPump *pump, GSourceFunc decide)
{
    close_fd(pump);
    pump->timer = g_timeout_source_new(LEAVING_MS);
    g_source_set_callback(pump->timer, decide, pump, NULL);
    g_source_attach(pump->timer, pump->session->context);
}

/* --- input */

static void resume_input(AgentPump *pump)
{
    if (pump->deferred && pump->stream != NULL && pump->session->h2 != NULL) {
        pump->deferred = FALSE;
        nghttp2_session_resume_data(pump->session->h2, pump->stream->id);
    }
    agent_session_wake(pump->session);
}

static void input_ready(gpointer data)
{
    AgentPump *pump = data;
    SbxAgentSession *session = pump->session;

    set_watch(pump, 0, NULL);
    resume_input(pump);
    agent_session_turn(session);
}

static gboolean end_input(gpointer data)
{
    AgentPump *pump = data;

    stop_timer(pump);
    pump->ended = TRUE;
    resume_input(pump);
    return G_SOURCE_REMOVE;
}

static ssize_t defer_input(AgentPump *pump)
{
    pump->deferred = TRUE;
    return NGHTTP2_ERR_DEFERRED;
}

static ssize_t read_input(nghttp2_session *h2, int32_t stream_id, uint8_t *buffer, size_t length,
                          uint32_t *flags, nghttp2_data_source *source, void *data)
{
    AgentPump *pump = ((AgentStream *)nghttp2_session_get_stream_user_data(h2, stream_id))->owner;
    ssize_t n;

    (void)source;
    (void)data;
    if (pump == NULL || !pump->is_open)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    if (pump->fd < 0 && !pump->ended)
        return defer_input(pump);
    do
        n = pump->fd >= 0 ? read(pump->fd, buffer, length) : 0;
    while (n < 0 && errno == EINTR);
    if (n > 0)
        return n;
    if (n < 0 && errno == EAGAIN) {
        set_watch(pump, G_IO_IN, input_ready);
        return defer_input(pump);
    }
    if (pump->may_wait && !pump->ended) {
        if (pump->is_left)
            close_fd(pump);
        else
            await_leaving(pump, end_input);
        return defer_input(pump);
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

/* --- output */

static void give_credit(AgentPump *pump, gsize length)
{
    if (pump->stream != NULL && pump->session->h2 != NULL && length > 0)
        nghttp2_session_consume_stream(pump->session->h2, pump->stream->id, length);
}

static void keep(AgentPump *pump, const guint8 *bytes, gsize length)
{
    agent_ring_append(&pump->ring, bytes, length, &pump->session->kept_bytes);
}

/* What is queued for nobody. */
static void keep_queue(AgentPump *pump)
{
    if (pump->queue != NULL) {
        gsize left = pump->queue->len - pump->queue_sent;

        keep(pump, pump->queue->data + pump->queue_sent, left);
        give_credit(pump, left - pump->queue_kept);
    }
    clear_queue(pump);
    if (pump->ended)
        finish(pump, TRUE);
}

static gboolean give_output_up(gpointer data)
{
    AgentPump *pump = data;

    stop_timer(pump);
    finish(pump, TRUE);
    agent_session_wake(pump->session);
    return G_SOURCE_REMOVE;
}

/* What was not written is still to be queued, or kept. */
static void reader_left(AgentPump *pump)
{
    if (pump->is_left)
        close_fd(pump);
    else if (pump->may_wait)
        await_leaving(pump, give_output_up);
    else
        finish(pump, TRUE);
}

/* How much the fd took. */
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
            reader_left(pump);
            break;
        }
    }
    return done;
}

static void output_ready(gpointer data);

/* A pipe without a reader has an error, a socket whose peer is gone a hang-up. */
static void watch_reader(AgentPump *pump)
{
    if (pump->fd >= 0)
        set_watch(pump, pump->follow_reader ? G_IO_ERR | G_IO_HUP : 0, output_ready);
}

static gboolean reader_is_gone(const AgentPump *pump)
{
    GPollFD state = {.fd = pump->fd};

    return g_poll(&state, 1, 0) > 0 && (state.revents & (G_IO_ERR | G_IO_HUP)) != 0;
}

static void send_queue(AgentPump *pump)
{
    gsize done = write_some(pump, pump->queue->data + pump->queue_sent,
                            pump->queue->len - pump->queue_sent);
    gsize kept = MIN(done, pump->queue_kept);

    if (!pump->is_open)
        return;
    pump->queue_sent += done;
    pump->queue_kept -= kept;
    give_credit(pump, done - kept);
    if (pump->queue_sent == pump->queue->len) {
        watch_reader(pump);
        clear_queue(pump);
        if (pump->ended)
            finish(pump, TRUE);
    } else if (pump->fd < 0 && pump->is_left) {
        keep_queue(pump);
    }
}

static void output_ready(gpointer data)
{
    AgentPump *pump = data;
    SbxAgentSession *session = pump->session;

    if (pump->follow_reader && reader_is_gone(pump)) {
        reader_left(pump);
        if (pump->is_open && pump->is_left)
            keep_queue(pump);
    } else if (pump->queue != NULL) {
        send_queue(pump);
    }
    agent_session_turn(session);
}

static void enqueue(AgentPump *pump, const guint8 *bytes, gsize length)
{
    if (pump->queue == NULL)
        pump->queue = g_byte_array_new();
    if (pump->queue_sent > 0) {
        g_byte_array_remove_range(pump->queue, 0, (guint)pump->queue_sent);
        pump->queue_sent = 0;
    }
    g_byte_array_append(pump->queue, bytes, (guint)length);
    if (pump->fd >= 0)
        set_watch(pump, G_IO_OUT, output_ready);
}

/* How much of it may pass; the rest is thrown away. */
static gsize admit(AgentPump *pump, gsize length)
{
    AgentAllowance *allowance = pump->allowance;
    gsize admitted;

    if (allowance == NULL || !allowance->is_limited)
        return length;
    admitted = (gsize)MIN((guint64)length, allowance->left);
    allowance->left -= admitted;
    give_credit(pump, length - admitted);
    if (admitted < length && !allowance->is_exceeded) {
        allowance->is_exceeded = TRUE;
        allowance->exceeded(pump->owner);
    }
    return admitted;
}

static void output_data(AgentStream *stream, const guint8 *bytes, gsize length)
{
    AgentPump *pump = stream->owner;
    gsize done = 0;

    length = admit(pump, length);
    if (pump->queue == NULL && pump->fd >= 0) {
        done = write_some(pump, bytes, length);
        give_credit(pump, done);
    }
    if (!pump->is_open || done == length)
        return;
    if (pump->fd < 0 && pump->is_left) {
        keep(pump, bytes + done, length - done);
        give_credit(pump, length - done);
    } else {
        enqueue(pump, bytes + done, length - done);
    }
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

/* --- who is at the fd */

static gboolean is_input(const AgentPump *pump)
{
    return pump->stream != NULL && pump->stream->ops == &input_ops;
}

void agent_pump_allow_leaving(AgentPump *pump)
{
    if (!pump->is_open || !pump->may_wait)
        return;
    pump->is_left = TRUE;
    if (pump->timer == NULL)
        return;
    stop_timer(pump);
    if (!is_input(pump))
        keep_queue(pump);
    agent_session_wake(pump->session);
}

void agent_pump_leave(AgentPump *pump)
{
    if (!pump->is_open)
        return;
    stop_timer(pump);
    close_fd(pump);
    pump->is_left = TRUE;
    if (!is_input(pump)) {
        keep_queue(pump);
        agent_session_wake(pump->session);
    } else if (!pump->may_wait) {
        end_input(pump);
    }
}

/* Before what is queued. */
static void queue_kept(AgentPump *pump)
{
    GByteArray *kept = agent_ring_take(&pump->ring, &pump->session->kept_bytes);

    if (kept == NULL)
        return;
    clear_queue(pump);
    pump->queue = kept;
    pump->queue_kept = kept->len;
}

gboolean agent_pump_attach(AgentPump *pump, int fd)
{
    gboolean was_open = pump->is_open;

    if (!was_open && pump->ring.length == 0) {
        close(fd);
        return FALSE;
    }
    stop_timer(pump);
    close_fd(pump);
    set_fd(pump, fd);
    pump->is_left = FALSE;
    if (is_input(pump)) {
        resume_input(pump);
        return FALSE;
    }
    queue_kept(pump);
    pump->is_open = TRUE;
    pump->ended |= !was_open;
    if (pump->queue != NULL)
        set_watch(pump, G_IO_OUT, output_ready);
    else
        watch_reader(pump);
    return !was_open;
}
