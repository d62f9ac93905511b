/* reset.c: the beginning of a clone's session. The reset goes out on a socket of its own; on the
 * other one everything is thrown away until the agent's answer. That is the reset's own bytes, with
 * a nonce the guest cannot know earlier, so nothing stale can be taken for it; what a hostile guest
 * puts around it is its new session's problem. */
#include "agent/session-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

/* Several times what the streams' and the connection's windows let an agent have in flight. */
enum { MAX_STALE = 64 << 20 };

struct _AgentReset {
    SbxAgentSession *session; /* it is this one's owner */
    int fd;
    SbxFdWatch *watch;
    guint8 message[SBX_PROTO_RESET_SIZE];
    gsize sent;
    /* Knuth, Morris, Pratt: borders[i] is the length of the longest proper start of the message
     * that its first i bytes end in, where to go on when the next byte does not fit. */
    guint8 borders[SBX_PROTO_RESET_SIZE];
    gsize matched;
    gsize stale;
};

static void find_borders(AgentReset *reset)
{
    gsize border = 0;

    for (gsize i = 1; i + 1 < SBX_PROTO_RESET_SIZE; i++) {
        while (border > 0 && reset->message[i] != reset->message[border])
            border = reset->borders[border];
        if (reset->message[i] == reset->message[border])
            border++;
        reset->borders[i + 1] = (guint8)border;
    }
}

static void match(AgentReset *reset, guint8 byte)
{
    while (reset->matched > 0 && byte != reset->message[reset->matched])
        reset->matched = reset->borders[reset->matched];
    if (byte == reset->message[reset->matched])
        reset->matched++;
}

gsize agent_reset_receive(SbxAgentSession *session, const guint8 *bytes, gsize length)
{
    AgentReset *reset = session->reset;
    gsize used = 0;

    while (used < length && reset->matched < SBX_PROTO_RESET_SIZE)
        match(reset, bytes[used++]);
    reset->stale += used;
    if (reset->matched == SBX_PROTO_RESET_SIZE)
        g_clear_pointer(&session->reset, agent_reset_free);
    else if (reset->stale > MAX_STALE)
        agent_session_violation(session, "no answer to the reset of a clone in 64 MiB");
    return used;
}

static void send_message(gpointer data)
{
    AgentReset *reset = data;
    ssize_t n = send(reset->fd, reset->message + reset->sent, SBX_PROTO_RESET_SIZE - reset->sent,
                     MSG_NOSIGNAL);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n < 0)
        agent_session_fail(reset->session, SBX_AGENT_ERROR_CLOSED,
                           "cannot write to the agent's port for resets: %s", g_strerror(errno));
    else
        reset->sent += (gsize)n;
    if (n < 0 || reset->sent == SBX_PROTO_RESET_SIZE)
        sbx_fd_watch_set(reset->watch, 0);
}

static AgentReset *reset_new(SbxAgentSession *session, int fd)
{
    AgentReset *reset = g_new0(AgentReset, 1);
    guint8 *nonce = reset->message + SBX_PROTO_RESET_MAGIC_SIZE;

    reset->session = session;
    reset->fd = fd;
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    memcpy(reset->message, SBX_PROTO_RESET_MAGIC, SBX_PROTO_RESET_MAGIC_SIZE);
    /* So few bytes come whole or not at all. */
    if (getrandom(nonce, SBX_PROTO_RESET_NONCE_SIZE, 0) < 0)
        agent_session_fail(session, SBX_AGENT_ERROR_FAILED, "cannot make a nonce: getrandom: %s",
                           g_strerror(errno));
    find_borders(reset);
    reset->watch = sbx_fd_watch_new(session->context, fd, send_message, reset);
    sbx_fd_watch_set(reset->watch, G_IO_OUT);
    return reset;
}

void agent_reset_free(AgentReset *reset)
{
    sbx_fd_watch_free(reset->watch);
    close(reset->fd);
    g_free(reset);
}

SbxAgentSession *sbx_agent_session_new_clone(int fd, int reset_fd, SbxAgentDoneFunc closed,
                                             gpointer data, GDestroyNotify notify)
{
    SbxAgentSession *session = sbx_agent_session_new(fd, closed, data, notify);

    session->reset = reset_new(session, reset_fd);
    return session;
}
