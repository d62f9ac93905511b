/* session.c: a session's life, its bytes in and out, and the rule that callbacks run from the main
 * loop only: whatever happens is first recorded, and told when no nghttp2 call is on the stack. */
#include "agent/session-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_SIZE = 128 << 10, READS_PER_TURN = 8, WRITE_SIZE = 128 << 10 };

typedef struct {
    GSource source;
    SbxAgentSession *session;
} SessionSource;

typedef struct {
    AgentNotice run;
    gpointer object;
} Notice;

GQuark sbx_agent_error_quark(void)
{
    return g_quark_from_static_string("sbx-agent-error");
}

SbxAgentSession *agent_session_ref(SbxAgentSession *session)
{
    g_atomic_ref_count_inc(&session->refs);
    return session;
}

void agent_session_unref(SbxAgentSession *session)
{
    if (!g_atomic_ref_count_dec(&session->refs))
        return;
    g_clear_error(&session->error);
    g_byte_array_unref(session->out);
    g_free(session->agent_version);
    g_free(session->kernel_release);
    g_main_context_unref(session->context);
    g_free(session);
}

void agent_session_fail(SbxAgentSession *session, SbxAgentError code, const char *format, ...)
{
    va_list args;

    if (session->error != NULL)
        return;
    va_start(args, format);
    session->error = g_error_new_valist(SBX_AGENT_ERROR, code, format, args);
    va_end(args);
    agent_session_wake(session);
}

void agent_session_violation(SbxAgentSession *session, const char *what)
{
    agent_session_fail(session, SBX_AGENT_ERROR_PROTOCOL, "agent protocol violation: %s", what);
}

gboolean agent_session_is_open(SbxAgentSession *session)
{
    return session->h2 != NULL && session->error == NULL && !session->parked;
}

static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer data);

static void finalize(GSource *source)
{
    agent_session_unref(((SessionSource *)source)->session);
}

/* A session that is over has no source, but a call to it still ends in a callback. */
void agent_session_wake(SbxAgentSession *session)
{
    static GSourceFuncs funcs = {.dispatch = dispatch, .finalize = finalize};

    if (session->source == NULL) {
        session->source = g_source_new(&funcs, sizeof(SessionSource));
        ((SessionSource *)session->source)->session = agent_session_ref(session);
        g_source_attach(session->source, session->context);
    }
    g_source_set_ready_time(session->source, 0);
}

void agent_session_defer(SbxAgentSession *session, AgentNotice run, gpointer object)
{
    Notice *notice = g_new(Notice, 1);

    *notice = (Notice){run, object};
    g_queue_push_tail(&session->notices, notice);
    agent_session_wake(session);
}

static void report_closed(gpointer object)
{
    SbxAgentSession *session = object;

    if (session->closed != NULL)
        session->closed(session, session->error, session->data);
    if (session->notify != NULL)
        session->notify(session->data);
    agent_session_unref(session);
}

/* Ends it now, for the reason in session->error. Every stream's owner hears of it. */
static void shut_down(SbxAgentSession *session)
{
    GList *link;

    if (session->h2 == NULL)
        return;
    nghttp2_session_del(session->h2);
    session->h2 = NULL;
    g_clear_pointer(&session->reset, agent_reset_free);
    if (session->fd_tag != NULL)
        g_source_remove_unix_fd(session->source, session->fd_tag);
    session->fd_tag = NULL;
    close(session->fd);
    session->fd = -1;
    while ((link = g_queue_peek_head_link(&session->streams)) != NULL) {
        AgentStream *stream = link->data;
        stream->ops->closed(stream, NGHTTP2_CANCEL);
        agent_stream_free(stream);
    }
    agent_session_defer(session, report_closed, agent_session_ref(session));
}

static void take_bytes(SbxAgentSession *session, const guint8 *bytes, gsize length)
{
    gsize stale = session->reset != NULL ? agent_reset_receive(session, bytes, length) : 0;

    if (stale == length)
        return;
    ssize_t taken = nghttp2_session_mem_recv(session->h2, bytes + stale, length - stale);
    if (taken < 0)
        agent_session_violation(session, nghttp2_strerror((int)taken));
}

static void receive(SbxAgentSession *session)
{
    static guint8 buffer[READ_SIZE];

    for (int i = 0; i < READS_PER_TURN && session->error == NULL; i++) {
        ssize_t n = read(session->fd, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN && !session->unheard)
            return;
        if (n <= 0) {
            agent_session_fail(session, SBX_AGENT_ERROR_CLOSED, "the agent closed the session%s%s",
                               n < 0 && errno != EAGAIN ? ": " : "",
                               n < 0 && errno != EAGAIN ? g_strerror(errno) : "");
            return;
        }
        if (session->parked) {
            agent_session_violation(session, "bytes after park");
            return;
        }
        take_bytes(session, buffer, (gsize)n);
        if (n < (ssize_t)sizeof buffer && !session->unheard)
            return;
    }
    if (session->unheard)
        agent_session_wake(session);
}

/* The agent has gone, but what it had said before may still have to be read. */
static void go_unheard(SbxAgentSession *session)
{
    session->unheard = TRUE;
    g_byte_array_set_size(session->out, 0);
    session->out_sent = 0;
    agent_session_wake(session);
}

/* False when the socket is full or broken. */
static gboolean write_out(SbxAgentSession *session)
{
    while (session->out_sent < session->out->len) {
        ssize_t n = send(session->fd, session->out->data + session->out_sent,
                         session->out->len - session->out_sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
            go_unheard(session);
        else if (n < 0 && errno != EAGAIN)
            agent_session_fail(session, SBX_AGENT_ERROR_CLOSED, "cannot write to the agent: %s",
                               g_strerror(errno));
        if (n <= 0)
            return FALSE;
        session->out_sent += (gsize)n;
    }
    g_byte_array_set_size(session->out, 0);
    session->out_sent = 0;
    return TRUE;
}

/* Small frames go out together: a process's four requests are one write. */
static void transmit(SbxAgentSession *session)
{
    const guint8 *data;

    if (session->reset != NULL || session->unheard)
        return;
    while (session->error == NULL && !session->parked && write_out(session)) {
        while (session->out->len < WRITE_SIZE / 2) {
            ssize_t n = nghttp2_session_mem_send(session->h2, &data);
            if (n < 0)
                agent_session_violation(session, nghttp2_strerror((int)n));
            if (n <= 0)
                break;
            g_byte_array_append(session->out, data, (guint)n);
        }
        if (session->out->len == 0)
            break;
    }
    if (session->error == NULL && session->out->len == 0 && !session->parked &&
        !session->unheard && !nghttp2_session_want_read(session->h2) &&
        !nghttp2_session_want_write(session->h2))
        agent_session_violation(session, "the agent ended the HTTP/2 session");
}

static void run_notices(SbxAgentSession *session)
{
    Notice *notice;

    while ((notice = g_queue_pop_head(&session->notices)) != NULL) {
        AgentNotice run = notice->run;
        gpointer object = notice->object;
        g_free(notice);
        run(object);
    }
}

static void watch_fd(SbxAgentSession *session)
{
    GIOCondition condition = G_IO_IN | (session->out->len > session->out_sent ? G_IO_OUT : 0);
    if (session->fd_tag != NULL)
        g_source_modify_unix_fd(session->source, session->fd_tag, condition);
}

static void turn(SbxAgentSession *session, gboolean readable)
{
    if (session->in_turn)
        return;
    agent_session_ref(session);
    session->in_turn = TRUE;
    if (session->h2 != NULL) {
        session->inside_h2 = TRUE;
        if (readable || session->unheard)
            receive(session);
        transmit(session);
        session->inside_h2 = FALSE;
        if (session->error != NULL)
            shut_down(session);
        else
            watch_fd(session);
    }
    run_notices(session);
    session->in_turn = FALSE;
    if (session->h2 == NULL && g_queue_is_empty(&session->notices) && session->source != NULL) {
        GSource *source = g_steal_pointer(&session->source);
        g_source_destroy(source);
        g_source_unref(source);
    }
    agent_session_unref(session);
}

void agent_session_turn(SbxAgentSession *session)
{
    turn(session, FALSE);
}

static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
    SbxAgentSession *session = ((SessionSource *)source)->session;
    GIOCondition seen =
        session->fd_tag != NULL ? g_source_query_unix_fd(source, session->fd_tag) : 0;

    (void)callback;
    (void)data;
    g_source_set_ready_time(source, -1);
    turn(session, (seen & (G_IO_IN | G_IO_HUP | G_IO_ERR)) != 0);
    return G_SOURCE_CONTINUE;
}

SbxAgentSession *sbx_agent_session_new(int fd, SbxAgentDoneFunc closed, gpointer data,
                                       GDestroyNotify notify)
{
    SbxAgentSession *session = g_new0(SbxAgentSession, 1);

    g_atomic_ref_count_init(&session->refs);
    session->fd = fd;
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    session->context = g_main_context_ref_thread_default();
    session->out = g_byte_array_sized_new(WRITE_SIZE);
    session->closed = closed;
    session->data = data;
    session->notify = notify;
    session->h2 = agent_h2_new(session);
    agent_session_wake(session);
    session->fd_tag = g_source_add_unix_fd(session->source, fd, G_IO_IN);
    return session;
}

void sbx_agent_session_close(SbxAgentSession *session)
{
    agent_session_fail(session, SBX_AGENT_ERROR_CLOSED, "the session was closed");
    if (!session->inside_h2)
        shut_down(session);
}

void sbx_agent_session_free(SbxAgentSession *session)
{
    if (session == NULL)
        return;
    sbx_agent_session_close(session);
    agent_session_unref(session);
}
