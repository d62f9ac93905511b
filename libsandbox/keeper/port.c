/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ports: see port.h. The bytes are carried by the agent session; here are beginnings and ends. */
#include "keeper/port.h"

#include <errno.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sandbox/error.h>

#include "agent/connection.h"
#include "wire/fd.h"
#include "wire/json.h"

/* In the guest it is a matter of microseconds, unless its server's queue is full: then Linux tries
 * again after 1, 3, 7 and 15 s. */
#define CONNECT_SECONDS 30
/* Connections of a forward that are accepted before others get their turn. */
#define ACCEPTS_PER_TURN 32
/* Out of descriptors: they wait in the backlog, and so do we, instead of spinning. */
#define ACCEPT_PAUSE_MS 100

/* What is connected to. */
typedef struct {
    guint port; /* 0: path */
    char *path;
} Target;

typedef struct {
    SbxSandbox *sandbox; /* a reference */
    int listen_fd;
    int lease_fd;
    int owner_fd; /* -1: its client could make none */
    guint listen_source;
    guint lease_source;
    guint owner_source;
    Target target;
    GList link; /* of sandbox->forwards */
} Forward;

typedef struct {
    SbxSandbox *sandbox; /* a reference */
    SbxRequest *request; /* until it is answered; NULL for a forward's */
    Forward *forward;    /* borrowed; NULL for a request's */
    SbxAgentConnection *connection;
    guint timer; /* until it is connected */
    GList link;  /* of sandbox->connections */
} Connection;

static void target_clear(Target *target)
{
    g_free(target->path);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Target, target_clear)

static gboolean parse_target(JsonObject *params, Target *target, GError **error)
{
    gint64 port = sbx_json_get_int(params, "port", 0);

    target->path = sbx_json_get_bytes(params, "path");
    target->port = (guint)CLAMP(port, 0, G_MAXUINT16);
    if (target->path == NULL ? port >= 1 && port <= G_MAXUINT16
                             : port == 0 && sbx_agent_connection_path_ok(target->path))
        return TRUE;
    sbx_fault_set(error, SBX_E_INVALID, 0, NULL,
                  "there is neither a port from 1 to 65535 nor the absolute path of a socket");
    return FALSE;
}

/* The nth descriptor, a stream socket that listens or does not; -1 with a fault set. */
static int take_socket(SbxRequest *request, int nth, int wanted_listening, GError **error)
{
    int type = 0, listening = 0;
    socklen_t length = sizeof type;
    g_auto(fd_t) fd = sbx_request_take_fd(request, nth);

    if (fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 &&
        type == SOCK_STREAM &&
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) == 0 &&
        listening == wanted_listening)
        return sbx_fd_steal(&fd);
    sbx_fault_set(error, SBX_E_INVALID, 0, NULL, "the descriptor is not a %s stream socket",
                  wanted_listening ? "listening" : "connected");
    return -1;
}

/* --- connections --- */

static GError *connect_fault(SbxSandbox *sandbox, const GError *error, int number)
{
    const char *hint = number == ECONNREFUSED ? "wait until it listens: sbx_wait_port()" : NULL;

    if (sandbox->state >= SBX_ENDING)
        return sbx_sandbox_gone(sandbox);
    if (g_error_matches(error, SBX_AGENT_ERROR, SBX_AGENT_ERROR_LIMIT))
        return sbx_fault_new(SBX_E_BUSY, 0, "close some of them", NULL,
                             "the sandbox %s has %d connections at once and takes no more",
                             sandbox->id, SBX_AGENT_CONNECTIONS_MAX);
    return sbx_fault_new(SBX_E_SYSTEM, number, hint, NULL, "%s", error->message);
}

/* Whose client is waiting is not, any more. */
static SbxRequest *take_request(Connection *self)
{
    SbxRequest *request = g_steal_pointer(&self->request);

    g_clear_handle_id(&self->timer, g_source_remove);
    if (request != NULL)
        sbx_client_unwatch(request->client, self);
    return request;
}

static void connection_free(gpointer data)
{
    Connection *self = data;
    SbxRequest *request = take_request(self);

    if (request != NULL && self->sandbox->state >= SBX_ENDING)
        sbx_request_fail(request, sbx_sandbox_gone(self->sandbox));
    else if (request != NULL)
        sbx_request_fail(
            request, sbx_fault_new(SBX_E_CANCELLED, 0, NULL, NULL, "the connection was given up"));
    g_queue_unlink(&self->sandbox->connections, &self->link);
    sbx_agent_connection_unref(self->connection);
    sbx_sandbox_unref(self->sandbox);
    g_free(self);
}

static void connected(SbxAgentConnection *connection, const GError *error, int number,
                      gpointer data)
{
    Connection *self = data;
    SbxRequest *request = take_request(self);

    (void)connection;
    if (error != NULL && (g_error_matches(error, SBX_AGENT_ERROR, SBX_AGENT_ERROR_CLOSED) ||
                          g_error_matches(error, SBX_AGENT_ERROR, SBX_AGENT_ERROR_PROTOCOL)))
        sbx_sandbox_lost(self->sandbox, error);
    if (request == NULL)
        return;
    if (error != NULL)
        sbx_request_fail(request, connect_fault(self->sandbox, error, number));
    else
        sbx_request_reply(request, json_object_new(), NULL, 0);
}

static void client_gone(gpointer data)
{
    Connection *self = data;

    sbx_agent_connection_cancel(self->connection);
}

static gboolean took_too_long(gpointer data)
{
    Connection *self = data;
    SbxRequest *request;

    /* Nothing is, in a guest that does not run. */
    if (self->sandbox->state == SBX_PAUSED)
        return G_SOURCE_CONTINUE;
    self->timer = 0;
    request = take_request(self);
    if (request != NULL)
        sbx_request_fail(request,
                         sbx_fault_new(SBX_E_TIMEOUT, ETIMEDOUT, NULL, NULL,
                                       "nobody accepted the connection in %d s", CONNECT_SECONDS));
    sbx_agent_connection_cancel(self->connection);
    return G_SOURCE_REMOVE;
}

/* Takes @request and @fd. */
static void connect_to(SbxSandbox *sandbox, const Target *target, int fd, SbxRequest *request,
                       Forward *forward)
{
    Connection *self = g_new0(Connection, 1);

    self->sandbox = sbx_sandbox_ref(sandbox);
    self->request = request;
    self->forward = forward;
    self->link.data = self;
    g_queue_push_tail_link(&sandbox->connections, &self->link);
    self->timer = g_timeout_add_seconds(CONNECT_SECONDS, took_too_long, self);
    self->connection = sbx_agent_connection_new(sandbox->session, target->port, target->path, fd,
                                                &sandbox->port_bytes_in, &sandbox->port_bytes_out,
                                                connected, self, connection_free);
    if (request != NULL)
        sbx_client_watch(request->client, client_gone, self);
}

static gboolean is_full(SbxSandbox *sandbox)
{
    return sandbox->connections.length >= SBX_AGENT_CONNECTIONS_MAX;
}

void sbx_port_method_connect(SbxKeeper *keeper, SbxRequest *request)
{
    SbxSandbox *sandbox = sbx_sandbox_wanted(keeper, request, "id", FALSE);
    g_auto(Target) target = {0};
    GError *fault = NULL;
    int fd = -1;

    if (sandbox == NULL)
        return;
    if (parse_target(request->params, &target, &fault))
        fd = take_socket(request, 0, FALSE, &fault);
    if (fd >= 0 && is_full(sandbox)) {
        g_autoptr(GError) full =
            g_error_new_literal(SBX_AGENT_ERROR, SBX_AGENT_ERROR_LIMIT, "full");

        sbx_fd_clear(&fd);
        fault = connect_fault(sandbox, full, 0);
    }
    if (fd < 0)
        sbx_request_fail(request, fault);
    else
        connect_to(sandbox, &target, fd, request, NULL);
}

/* --- forwards --- */

/* Its connections go with it. They free themselves later. */
static void cancel_connections(SbxSandbox *sandbox, Forward *forward)
{
    for (GList *link = sandbox->connections.head; link != NULL; link = link->next) {
        Connection *connection = link->data;

        if (forward == NULL || connection->forward == forward) {
            connection->forward = NULL;
            sbx_agent_connection_cancel(connection->connection);
        }
    }
}

/* Ends it and tells its client, if that is there, why. */
static void forward_end(Forward *self, const GError *fault)
{
    /* First, so that who sees its connections end finds nobody listening. */
    g_clear_handle_id(&self->listen_source, g_source_remove);
    sbx_fd_clear(&self->listen_fd);
    cancel_connections(self->sandbox, self);
    if (self->lease_fd >= 0) {
        JsonObject *params = json_object_new();
        g_autoptr(JsonObject) message = NULL;

        json_object_set_object_member(params, "error", sbx_fault_to_json(fault));
        message = sbx_message_notification("forward.ended", params);
        sbx_message_send(self->lease_fd, message, NULL, 0, NULL);
    }
    g_clear_handle_id(&self->lease_source, g_source_remove);
    g_clear_handle_id(&self->owner_source, g_source_remove);
    sbx_fd_clear(&self->lease_fd);
    sbx_fd_clear(&self->owner_fd);
    g_queue_unlink(&self->sandbox->forwards, &self->link);
    target_clear(&self->target);
    sbx_sandbox_unref(self->sandbox);
    g_free(self);
}

static gboolean on_connection(gint fd, GIOCondition condition, gpointer data);

static gboolean accept_again(gpointer data)
{
    Forward *self = data;

    self->listen_source = g_unix_fd_add(self->listen_fd, G_IO_IN, on_connection, self);
    return G_SOURCE_REMOVE;
}

static void accepted(Forward *self, int fd)
{
    int on = 1;

    /* Of no use to a unix socket, and no harm. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (is_full(self->sandbox))
        sbx_agent_reset_socket(fd);
    else
        connect_to(self->sandbox, &self->target, fd, NULL, self);
}

static gboolean on_connection(gint fd, GIOCondition condition, gpointer data)
{
    Forward *self = data;

    (void)condition;
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

        if (connection >= 0) {
            accepted(self, connection);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            self->listen_source = g_timeout_add(ACCEPT_PAUSE_MS, accept_again, self);
            return G_SOURCE_REMOVE;
        } else if (errno == EINVAL) {
            g_autoptr(GError) fault = sbx_fault_new(SBX_E_SYSTEM, EINVAL, NULL, NULL,
                                                    "the listening socket was shut down");

            self->listen_source = 0;
            forward_end(self, fault);
            return G_SOURCE_REMOVE;
        } else if (errno != ECONNABORTED && errno != EINTR) {
            break;
        }
    }
    return G_SOURCE_CONTINUE;
}

static gboolean lease_ended(gint fd, GIOCondition condition, gpointer data)
{
    Forward *self = data;
    g_autoptr(GError) fault = sbx_fault_new(SBX_E_CANCELLED, 0, NULL, NULL, "it was ended");

    (void)fd;
    (void)condition;
    self->lease_source = 0;
    forward_end(self, fault);
    return G_SOURCE_REMOVE;
}

static gboolean owner_ended(gint fd, GIOCondition condition, gpointer data)
{
    Forward *self = data;
    g_autoptr(GError) fault =
        sbx_fault_new(SBX_E_CANCELLED, 0, NULL, NULL, "the program that made it has ended");

    (void)fd;
    (void)condition;
    self->owner_source = 0;
    forward_end(self, fault);
    return G_SOURCE_REMOVE;
}

/* Takes the descriptors and the target. */
static void forward_new(SbxSandbox *sandbox, Target *target, int listen_fd, int lease_fd,
                        int owner_fd)
{
    Forward *self = g_new0(Forward, 1);

    self->sandbox = sbx_sandbox_ref(sandbox);
    self->target.port = target->port;
    self->target.path = g_steal_pointer(&target->path);
    self->link.data = self;
    g_queue_push_tail_link(&sandbox->forwards, &self->link);
    self->listen_fd = listen_fd;
    self->lease_fd = lease_fd;
    self->owner_fd = owner_fd;
    g_unix_set_fd_nonblocking(listen_fd, TRUE, NULL);
    self->listen_source = g_unix_fd_add(listen_fd, G_IO_IN, on_connection, self);
    self->lease_source = g_unix_fd_add(lease_fd, G_IO_IN | G_IO_HUP | G_IO_ERR, lease_ended, self);
    if (owner_fd >= 0)
        self->owner_source =
            g_unix_fd_add(owner_fd, G_IO_IN | G_IO_HUP | G_IO_ERR, owner_ended, self);
}

void sbx_port_method_forward(SbxKeeper *keeper, SbxRequest *request)
{
    SbxSandbox *sandbox = sbx_sandbox_wanted(keeper, request, "id", TRUE);
    g_auto(Target) target = {0};
    g_auto(fd_t) listener = -1;
    GError *fault = NULL;
    int lease[2];

    if (sandbox == NULL)
        return;
    if (parse_target(request->params, &target, &fault))
        listener = take_socket(request, 0, TRUE, &fault);
    if (listener >= 0 &&
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, lease) < 0) {
        fault = sbx_fault_new(SBX_E_SYSTEM, errno, NULL, NULL, "cannot make a lease: %s",
                              g_strerror(errno));
        sbx_fd_clear(&listener);
    }
    if (listener < 0) {
        sbx_request_fail(request, fault);
        return;
    }
    forward_new(sandbox, &target, sbx_fd_steal(&listener), lease[0],
                sbx_request_take_fd(request, 1));
    /* When nobody gets it, the lease ends here. */
    sbx_request_reply(request, json_object_new(), &lease[1], 1);
    close(lease[1]);
}

void sbx_ports_end(SbxSandbox *sandbox)
{
    g_autoptr(GError) fault = sbx_sandbox_gone(sandbox);

    while (sandbox->forwards.length > 0)
        forward_end(sandbox->forwards.head->data, fault);
    cancel_connections(sandbox, NULL);
}
