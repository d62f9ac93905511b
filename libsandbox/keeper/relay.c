/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Relay: see relay.h. */
#include "keeper/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sandbox/error.h>

#include "wire/fault.h"
#include "wire/fd.h"

#define RELAYS_MAX 256
#define BUFFER_SIZE 65536

struct SbxRelay {
    gatomicrefcount refs; /* the owner's and the thread's */
    int given;
    gboolean is_socket;
    gboolean is_input;
    int pipe; /* the thread's end */
    int stop; /* an eventfd */
    /* The main loop's. */
    gboolean is_over;
    void (*done)(gpointer data);
    gpointer data;
};

static guint running; /* in the main loop only */

gboolean sbx_relay_is_over(const SbxRelay *relay)
{
    return relay->is_over;
}

static void release(SbxRelay *relay)
{
    if (!g_atomic_ref_count_dec(&relay->refs))
        return;
    sbx_fd_clear(&relay->given);
    sbx_fd_clear(&relay->pipe);
    sbx_fd_clear(&relay->stop);
    g_free(relay);
}

void sbx_relay_unref(SbxRelay *relay)
{
    relay->done = NULL;
    release(relay);
}

void sbx_relay_stop(SbxRelay *relay)
{
    eventfd_write(relay->stop, 1);
}

/* Waits for @fd, and sees that the main loop has closed its end of the pipe (input: an error there) or
 * stopped it. FALSE when it is over. */
static gboolean wait_for(SbxRelay *relay, int fd, short events)
{
    struct pollfd fds[] = {{.fd = relay->stop, .events = POLLIN},
                           {.fd = relay->is_input ? relay->pipe : -1},
                           {.fd = fd, .events = events}};

    while (poll(fds, G_N_ELEMENTS(fds), -1) < 0)
        if (errno != EINTR)
            return FALSE;
    return fds[0].revents == 0 && fds[1].revents == 0 && (fds[2].revents & POLLNVAL) == 0;
}

/* Between poll() and this others may have taken what was there: sockets say so, and whoever is blocked
 * in another kind is this thread alone. */
static ssize_t read_once(SbxRelay *relay, int fd, char *buffer)
{
    if (fd == relay->given && relay->is_socket)
        return recv(fd, buffer, BUFFER_SIZE, MSG_DONTWAIT);
    return read(fd, buffer, BUFFER_SIZE);
}

/* A pipe that polls as writable takes so much without blocking. */
static ssize_t write_once(SbxRelay *relay, int fd, const char *bytes, size_t length)
{
    if (fd == relay->given && relay->is_socket)
        return send(fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    return write(fd, bytes, MIN(length, (size_t)PIPE_BUF));
}

static gboolean is_passing(ssize_t n)
{
    return n < 0 && (errno == EINTR || errno == EAGAIN);
}

static gboolean write_all(SbxRelay *relay, int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n;

        if (!wait_for(relay, fd, POLLOUT))
            return FALSE;
        n = write_once(relay, fd, bytes, length);
        if (n < 0 && !is_passing(n))
            return FALSE;
        if (n > 0) {
            bytes += n;
            length -= (size_t)n;
        }
    }
    return TRUE;
}

/* Back in the main loop. */
static gboolean report(gpointer data)
{
    SbxRelay *relay = data;

    running--;
    relay->is_over = TRUE;
    if (relay->done != NULL)
        relay->done(relay->data);
    release(relay);
    return G_SOURCE_REMOVE;
}

static gpointer pass(gpointer data)
{
    SbxRelay *relay = data;
    int from = relay->is_input ? relay->given : relay->pipe;
    int to = relay->is_input ? relay->pipe : relay->given;
    g_autofree char *buffer = g_malloc(BUFFER_SIZE);

    while (wait_for(relay, from, POLLIN)) {
        ssize_t n = read_once(relay, from, buffer);

        if (is_passing(n))
            continue;
        if (n <= 0 || !write_all(relay, to, buffer, (size_t)n))
            break;
    }
    /* The end is told to both sides now, not when the main loop comes to it. */
    sbx_fd_clear(&relay->pipe);
    sbx_fd_clear(&relay->given);
    g_main_context_invoke(NULL, report, relay);
    return NULL;
}

static gboolean make_ends(SbxRelay *relay, int *fd, GError **error)
{
    int ends[2];

    relay->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (relay->stop < 0 || pipe2(ends, O_CLOEXEC) < 0) {
        sbx_fault_set(error, SBX_E_SYSTEM, errno, NULL, "cannot make a pipe: %s",
                      g_strerror(errno));
        return FALSE;
    }
    relay->pipe = ends[relay->is_input ? 1 : 0];
    *fd = ends[relay->is_input ? 0 : 1];
    return TRUE;
}

static gboolean start(SbxRelay *relay, GError **error)
{
    g_autoptr(GError) reason = NULL;
    GThread *thread = NULL;

    if (running < RELAYS_MAX) {
        g_atomic_ref_count_inc(&relay->refs);
        thread = g_thread_try_new("relay", pass, relay, &reason);
        if (thread == NULL)
            release(relay);
    }
    if (thread == NULL) {
        sbx_fault_set(error, SBX_E_BUSY, 0, "use pipes, or wait until commands have ended",
                      "no room for one more given descriptor: %s",
                      reason != NULL ? reason->message : "there are 256");
        return FALSE;
    }
    g_thread_unref(thread);
    running++;
    return TRUE;
}

SbxRelay *sbx_relay_new(int given, gboolean is_input, int *fd, void (*done)(gpointer),
                        gpointer data, GError **error)
{
    SbxRelay *relay = g_new0(SbxRelay, 1);
    struct stat info;
    int end = -1;

    g_atomic_ref_count_init(&relay->refs);
    relay->given = given;
    relay->is_socket = fstat(given, &info) == 0 && S_ISSOCK(info.st_mode);
    relay->is_input = is_input;
    relay->pipe = relay->stop = -1;
    relay->done = done;
    relay->data = data;
    if (!make_ends(relay, &end, error) || !start(relay, error)) {
        sbx_fd_clear(&end);
        release(relay);
        return NULL;
    }
    *fd = end;
    return relay;
}
