/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A scripted keeper: see test-peer.h. */
#include "lib/test-peer.h"

#include <check.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "wire/fault.h"
#include "wire/json.h"
#include "wire/message.h"

#define CONNECTIONS_MAX 64 /* of one test */

typedef struct {
    char *method;
    JsonObject *params;
    guint fds;
} Request;

static struct {
    GMutex lock; /* guards what follows */
    GCond changed;
    TestAnswer answer;
    GPtrArray *requests; /* of Request */
    int leases[TEST_PEER_LEASES_MAX];
    int connections[CONNECTIONS_MAX];
    gboolean closed; /* a connection was closed by the library since the last answer was set */

    char *dir;
    int listener;
    pthread_t main_thread;
    GThread *thread;
    GThread *serving[CONNECTIONS_MAX]; /* of the thread */
} peer;

static void request_free(gpointer data)
{
    Request *request = data;

    g_free(request->method);
    g_clear_pointer(&request->params, json_object_unref);
    g_free(request);
}

/* With the lock held. */
static void close_leases(void)
{
    for (int i = 0; i < TEST_PEER_LEASES_MAX; i++) {
        if (peer.leases[i] >= 0)
            close(peer.leases[i]);
        peer.leases[i] = -1;
    }
}

/* Takes down what came; returns what to say to it. */
static TestAnswer note_request(const SbxMessage *message)
{
    JsonObject *params = sbx_json_get_object(message->object, "params");
    Request *request = g_new0(Request, 1);
    TestAnswer answer;

    request->method = g_strdup(sbx_json_get_string(message->object, "method"));
    request->params = params != NULL ? json_object_ref(params) : NULL;
    request->fds = (guint)message->n_fds;
    g_mutex_lock(&peer.lock);
    g_ptr_array_add(peer.requests, request);
    answer = peer.answer;
    g_mutex_unlock(&peer.lock);
    return answer;
}

static void send_text(int fd, const char *text)
{
    g_autoptr(JsonObject) object = sbx_json_parse(text, strlen(text), NULL);

    g_assert_nonnull(object);
    sbx_message_send(fd, object, NULL, 0, NULL);
}

static void send_result(int fd, gint64 id, const TestAnswer *answer)
{
    g_autoptr(JsonObject) message = NULL;
    JsonObject *result = sbx_json_parse(answer->result, strlen(answer->result), NULL);
    int theirs[TEST_PEER_LEASES_MAX];

    g_assert_nonnull(result);
    g_mutex_lock(&peer.lock);
    close_leases();
    for (int i = 0; i < answer->leases; i++) {
        int ends[2];

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), ==, 0);
        peer.leases[i] = ends[0];
        theirs[i] = ends[1];
    }
    g_mutex_unlock(&peer.lock);
    message = sbx_message_result(id, result);
    sbx_message_send(fd, message, theirs, answer->leases, NULL);
    for (int i = 0; i < answer->leases; i++)
        close(theirs[i]);
}

/* A signal that comes before the library waits is not seen by its wait: so one after the other. */
static void send_signals(int fd)
{
    struct pollfd closing = {.fd = fd, .events = POLLIN};

    do
        pthread_kill(peer.main_thread, SIGUSR1);
    while (poll(&closing, 1, 10) == 0);
}

/* FALSE when it hangs up. */
static gboolean answer_request(int fd, const SbxMessage *message)
{
    gint64 id = sbx_json_get_int(message->object, "id", -1);
    TestAnswer answer = note_request(message);

    for (gsize i = 0; i < G_N_ELEMENTS(answer.notifications); i++)
        if (answer.notifications[i] != NULL)
            send_text(fd, answer.notifications[i]);
    if (answer.dies_before)
        return FALSE;
    if (answer.signals) {
        send_signals(fd);
    } else if (answer.result != NULL) {
        send_result(fd, id, &answer);
    } else {
        g_autoptr(GError) fault = sbx_fault_new(answer.code, 0, "a hint", NULL, "as the test says");
        g_autoptr(JsonObject) error = sbx_message_error(id, fault);

        sbx_message_send(fd, error, NULL, 0, NULL);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(answer.later); i++)
        if (answer.later[i] != NULL)
            send_text(fd, answer.later[i]);
    if (!answer.dies_after)
        return TRUE;
    g_mutex_lock(&peer.lock);
    close_leases();
    g_mutex_unlock(&peer.lock);
    return FALSE;
}

static gboolean greets(void)
{
    gboolean yes;

    g_mutex_lock(&peer.lock);
    yes = !peer.answer.dies_greeting;
    g_mutex_unlock(&peer.lock);
    return yes;
}

static void serve(int fd)
{
    for (;;) {
        g_auto(SbxMessage) message = {0};

        if (sbx_message_receive(fd, &message, NULL) <= 0)
            return;
        if (g_strcmp0(sbx_json_get_string(message.object, "method"), "hello") == 0) {
            if (!greets())
                return;
            g_autoptr(JsonObject) hello = sbx_message_result(
                sbx_json_get_int(message.object, "id", -1), json_object_new());

            sbx_message_send(fd, hello, NULL, 0, NULL);
            continue;
        }
        if (!answer_request(fd, &message))
            return;
    }
}

static gpointer serve_connection(gpointer data)
{
    int *connection = data;

    serve(*connection);
    g_mutex_lock(&peer.lock);
    close(*connection);
    *connection = -1;
    peer.closed = TRUE;
    g_cond_broadcast(&peer.changed);
    g_mutex_unlock(&peer.lock);
    return NULL;
}

static gpointer run(gpointer data)
{
    int count = 0;
    int fd;

    while ((fd = accept(peer.listener, NULL, NULL)) >= 0) {
        g_assert_cmpint(count, <, CONNECTIONS_MAX);
        g_mutex_lock(&peer.lock);
        peer.connections[count] = fd;
        g_mutex_unlock(&peer.lock);
        peer.serving[count] = g_thread_new("peer", serve_connection, &peer.connections[count]);
        count++;
    }
    return data;
}

void test_peer_start(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char pattern[] = "/tmp/sbx-peer-XXXXXX";

    ck_assert_ptr_nonnull(g_mkdtemp(pattern));
    peer.dir = g_strdup(pattern);
    g_setenv("LIBSANDBOX_RUNTIME_DIR", peer.dir, TRUE);
    g_setenv("LIBSANDBOX_DATA_DIR", peer.dir, TRUE);
    g_snprintf(address.sun_path, sizeof address.sun_path, "%s/keeper.sock", peer.dir);
    peer.listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(peer.listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(peer.listener, 8), 0);
    for (int i = 0; i < TEST_PEER_LEASES_MAX; i++)
        peer.leases[i] = -1;
    for (int i = 0; i < CONNECTIONS_MAX; i++)
        peer.connections[i] = -1;
    peer.requests = g_ptr_array_new_with_free_func(request_free);
    peer.main_thread = pthread_self();
    peer.thread = g_thread_new("peer", run, NULL);
}

void test_peer_stop(void)
{
    g_autofree char *socket_path = g_build_filename(peer.dir, "keeper.sock", NULL);

    shutdown(peer.listener, SHUT_RDWR);
    g_thread_join(peer.thread);
    g_mutex_lock(&peer.lock);
    for (int i = 0; i < CONNECTIONS_MAX; i++)
        if (peer.connections[i] >= 0)
            shutdown(peer.connections[i], SHUT_RDWR);
    g_mutex_unlock(&peer.lock);
    for (int i = 0; i < CONNECTIONS_MAX; i++)
        if (peer.serving[i] != NULL)
            g_thread_join(g_steal_pointer(&peer.serving[i]));
    close(peer.listener);
    close_leases();
    g_clear_pointer(&peer.requests, g_ptr_array_unref);
    g_unlink(socket_path);
    ck_assert_int_eq(g_rmdir(peer.dir), 0);
    g_clear_pointer(&peer.dir, g_free);
}

void test_peer_answer(const TestAnswer *answer)
{
    g_mutex_lock(&peer.lock);
    peer.answer = *answer;
    peer.closed = FALSE;
    g_ptr_array_set_size(peer.requests, 0);
    g_mutex_unlock(&peer.lock);
}

guint test_peer_requests(void)
{
    guint count;

    g_mutex_lock(&peer.lock);
    count = peer.requests->len;
    g_mutex_unlock(&peer.lock);
    return count;
}

/* Requests are added, and never changed, until the next answer is set by the test itself. */
static const Request *request(guint nth)
{
    const Request *found;

    ck_assert_uint_lt(nth, test_peer_requests());
    g_mutex_lock(&peer.lock);
    found = peer.requests->pdata[nth];
    g_mutex_unlock(&peer.lock);
    return found;
}

const char *test_peer_method(guint nth)
{
    return request(nth)->method;
}

JsonObject *test_peer_params(guint nth)
{
    return request(nth)->params;
}

guint test_peer_fds(guint nth)
{
    return request(nth)->fds;
}

int test_peer_lease_ended(guint nth)
{
    char byte;

    return (int)recv(peer.leases[nth], &byte, sizeof byte, 0);
}

gboolean test_peer_lease_is_quiet(guint nth)
{
    struct pollfd state = {.fd = peer.leases[nth], .events = POLLIN};

    return poll(&state, 1, 0) == 0;
}

void test_peer_wait_closed(void)
{
    g_mutex_lock(&peer.lock);
    while (!peer.closed)
        g_cond_wait(&peer.changed, &peer.lock);
    g_mutex_unlock(&peer.lock);
}
