/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Client: see client.h. */
#include "keeper/client.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sandbox/error.h>
#include <sandbox/version.h>

#include "wire/json.h"

/* Requests one connection may have open; ours have one or two. */
#define REQUESTS_MAX 64

typedef struct {
    SbxClientGone fn;
    gpointer data;
} Watcher;

struct SbxClient {
    gatomicrefcount refs;
    SbxKeeper *keeper;
    int fd; /* -1 after close */
    guint source;
    gboolean greeted;
    guint open_requests;
    GArray *watchers;
};

SbxClient *sbx_client_ref(SbxClient *client)
{
    g_atomic_ref_count_inc(&client->refs);
    return client;
}

void sbx_client_unref(SbxClient *client)
{
    if (!g_atomic_ref_count_dec(&client->refs))
        return;
    g_array_unref(client->watchers);
    g_free(client);
}

SbxKeeper *sbx_client_keeper(SbxClient *client)
{
    return client->keeper;
}

gboolean sbx_client_is_open(SbxClient *client)
{
    return client->fd >= 0;
}

void sbx_client_close(SbxClient *client)
{
    SbxKeeper *keeper = client->keeper;

    if (client->fd < 0)
        return;
    g_clear_handle_id(&client->source, g_source_remove);
    close(client->fd);
    client->fd = -1;
    while (client->watchers->len > 0) {
        Watcher watcher = g_array_index(client->watchers, Watcher, client->watchers->len - 1);

        g_array_set_size(client->watchers, client->watchers->len - 1);
        watcher.fn(watcher.data);
    }
    g_hash_table_remove(keeper->clients, client); /* drops the table's reference */
    sbx_keeper_check_idle(keeper);
}

void sbx_client_look(SbxClient *client)
{
    GPollFD state = {.fd = client->fd};

    if (client->fd >= 0 && g_poll(&state, 1, 0) > 0 && (state.revents & G_IO_HUP) != 0)
        sbx_client_close(client);
}

void sbx_client_watch(SbxClient *client, SbxClientGone fn, gpointer data)
{
    Watcher watcher = {fn, data};

    g_array_append_val(client->watchers, watcher);
}

void sbx_client_unwatch(SbxClient *client, gpointer data)
{
    for (guint i = 0; i < client->watchers->len; i++) {
        if (g_array_index(client->watchers, Watcher, i).data == data) {
            g_array_remove_index(client->watchers, i);
            return;
        }
    }
}

/* Answers are small and a client waits for them: one that lets its socket fill up is cut off. */
static gboolean send_object(SbxClient *client, JsonObject *object, const int *fds, int n_fds)
{
    g_autoptr(GError) error = NULL;

    if (client->fd < 0)
        return FALSE;
    if (sbx_message_send(client->fd, object, fds, n_fds, &error))
        return TRUE;
    if (sbx_fault_errno(error) != EPIPE && sbx_fault_errno(error) != ECONNRESET)
        g_message("cutting a client off: %s", error->message);
    sbx_client_close(client);
    return FALSE;
}

void sbx_client_notify(SbxClient *client, const char *method, JsonObject *params)
{
    g_autoptr(JsonObject) object = sbx_message_notification(method, params);

    send_object(client, object, NULL, 0);
}

SbxClientOffer sbx_client_offer(SbxClient *client, const char *method, JsonObject *params)
{
    g_autoptr(JsonObject) object = sbx_message_notification(method, params);
    g_autoptr(GError) error = NULL;

    if (client->fd < 0)
        return SBX_OFFER_GONE;
    if (sbx_message_send(client->fd, object, NULL, 0, &error))
        return SBX_OFFER_SENT;
    if (sbx_fault_errno(error) == EAGAIN)
        return SBX_OFFER_FULL;
    sbx_client_close(client);
    return SBX_OFFER_GONE;
}

guint sbx_client_when_room(SbxClient *client, GUnixFDSourceFunc fn, gpointer data)
{
    return g_unix_fd_add(client->fd, G_IO_OUT | G_IO_HUP | G_IO_ERR, fn, data);
}

static void request_free(SbxRequest *request)
{
    request->client->open_requests--;
    sbx_client_unref(request->client);
    json_object_unref(request->params);
    sbx_message_clear(&request->message);
    g_free(request);
}

int sbx_request_take_fd(SbxRequest *request, int nth)
{
    return sbx_message_take_fd(&request->message, nth);
}

gboolean sbx_request_reply(SbxRequest *request, JsonObject *result, const int *fds, int n_fds)
{
    g_autoptr(JsonObject) object = sbx_message_result(request->id, result);
    gboolean sent = send_object(request->client, object, fds, n_fds);

    request_free(request);
    return sent;
}

void sbx_request_fail(SbxRequest *request, GError *fault)
{
    g_autoptr(JsonObject) object = sbx_message_error(request->id, fault);

    send_object(request->client, object, NULL, 0);
    g_error_free(fault);
    request_free(request);
}

void sbx_request_done(SbxRequest *request, SbxKeeper *keeper, JsonObject *result, GError *fault)
{
    keeper->pending--;
    sbx_keeper_check_idle(keeper);
    if (fault == NULL) {
        sbx_request_reply(request, result, NULL, 0);
        return;
    }
    json_object_unref(result);
    sbx_request_fail(request, fault);
}

static void greet(SbxClient *client, SbxRequest *request)
{
    gint64 protocol = sbx_json_get_int(request->params, "protocol", 0);
    JsonObject *result;

    if (protocol != SBX_PROTOCOL_VERSION) {
        sbx_request_fail(request, sbx_fault_new(SBX_E_UNSUPPORTED, 0,
                                                "end the running keeper: `sbx keeper stop`", NULL,
                                                "the running keeper speaks protocol %d, not %d",
                                                SBX_PROTOCOL_VERSION, (int)protocol));
        return;
    }
    client->greeted = TRUE;
    result = json_object_new();
    json_object_set_string_member(result, "version", SBX_VERSION_STRING);
    sbx_request_reply(request, result, NULL, 0);
}

/* Takes the message's contents. */
static void handle(SbxClient *client, SbxMessage *message)
{
    const char *method = sbx_json_get_string(message->object, "method");
    JsonObject *params = sbx_json_get_object(message->object, "params");
    gint64 id = sbx_json_get_int(message->object, "id", -1);
    SbxRequest *request;

    if (method == NULL || id < 0 || client->open_requests >= REQUESTS_MAX) {
        g_message("cutting a client off: malformed or too many requests");
        sbx_client_close(client);
        return;
    }
    request = g_new0(SbxRequest, 1);
    request->client = sbx_client_ref(client);
    request->client->open_requests++;
    request->id = id;
    request->params = params != NULL ? json_object_ref(params) : json_object_new();
    request->message = *message;
    memset(message, 0, sizeof *message);
    if (strcmp(method, "hello") == 0)
        greet(client, request);
    else if (!client->greeted && strcmp(method, "keeper.stop") != 0)
        sbx_request_fail(request, sbx_fault_new(SBX_E_PROTOCOL, 0, NULL, NULL, "say hello first"));
    else
        sbx_methods_dispatch(client->keeper, method, request);
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer data)
{
    SbxClient *client = data;
    g_auto(SbxMessage) message = {0};
    g_autoptr(GError) error = NULL;
    int got = sbx_message_receive(fd, &message, &error);

    (void)condition;
    if (got > 0) {
        handle(client, &message);
    } else if (got == 0) {
        sbx_client_close(client);
    } else if (sbx_fault_errno(error) != EAGAIN) {
        g_message("cutting a client off: %s", error->message);
        sbx_client_close(client);
    }
    return client->fd >= 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static gboolean peer_allowed(SbxKeeper *keeper, int fd)
{
    struct ucred peer;
    socklen_t length = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
        return FALSE;
    if (peer.uid == keeper->client_uid || peer.uid == 0)
        return TRUE;
    g_message("refusing a connection of user %u", peer.uid);
    return FALSE;
}

static void client_source_free(gpointer data)
{
    sbx_client_unref(data);
}

void sbx_client_new(SbxKeeper *keeper, int fd)
{
    SbxClient *client;

    if (!peer_allowed(keeper, fd)) {
        close(fd);
        return;
    }
    client = g_new0(SbxClient, 1);
    g_atomic_ref_count_init(&client->refs);
    client->keeper = keeper;
    client->fd = fd;
    client->watchers = g_array_new(FALSE, FALSE, sizeof(Watcher));
    g_unix_set_fd_nonblocking(fd, TRUE, NULL);
    client->source = g_unix_fd_add_full(G_PRIORITY_DEFAULT, fd, G_IO_IN | G_IO_HUP | G_IO_ERR,
                                        on_readable, sbx_client_ref(client), client_source_free);
    g_hash_table_add(keeper->clients, client);
    sbx_keeper_check_idle(keeper);
}
