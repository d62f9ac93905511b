/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* State pipe: see state-pipe.h. */
#include "keeper/state-pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <unistd.h>

#include <sandbox/error.h>

#include "wire/fault.h"
#include "wire/fd.h"

#define READ_SIZE (64u << 10)

static gboolean make_pipe(int ends[2], GError **error)
{
    if (pipe2(ends, O_CLOEXEC) == 0)
        return TRUE;
    sbx_fault_set(error, SBX_E_SYSTEM, errno, NULL, "cannot make a pipe: %s", g_strerror(errno));
    return FALSE;
}

/* --- to the VMM --- */

typedef struct {
    GBytes *state;
    gsize sent;
} Sender;

static void sender_free(gpointer data)
{
    Sender *sender = data;

    g_bytes_unref(sender->state);
    g_free(sender);
}

/* TRUE when there is more to do. A VMM that went away is noticed elsewhere. */
static gboolean send_some(Sender *sender, int fd)
{
    gsize size;
    const char *bytes = g_bytes_get_data(sender->state, &size);

    while (sender->sent < size) {
        ssize_t n = write(fd, bytes + sender->sent, size - sender->sent);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        sender->sent += (gsize)n;
    }
    return FALSE;
}

static gboolean can_send(gint fd, GIOCondition condition, gpointer data)
{
    (void)condition;
    if (send_some(data, fd))
        return G_SOURCE_CONTINUE;
    close(fd);
    return G_SOURCE_REMOVE;
}

int sbx_state_pipe_send(GBytes *state, GError **error)
{
    Sender *sender;
    int ends[2];

    if (!make_pipe(ends, error))
        return -1;
    g_unix_set_fd_nonblocking(ends[1], TRUE, NULL);
    /* As a rule it fits, and nothing is left to do. */
    fcntl(ends[1], F_SETPIPE_SZ, (int)MIN(g_bytes_get_size(state), 1u << 20));
    sender = g_new0(Sender, 1);
    sender->state = g_bytes_ref(state);
    if (send_some(sender, ends[1])) {
        g_unix_fd_add_full(G_PRIORITY_DEFAULT, ends[1], G_IO_OUT | G_IO_ERR, can_send, sender,
                           sender_free);
    } else {
        close(ends[1]);
        sender_free(sender);
    }
    return ends[0];
}

/* --- from the VMM --- */

typedef struct {
    GByteArray *state;
    SbxStateReceived received;
    gpointer data;
} Receiver;

static void receiver_free(gpointer data)
{
    Receiver *receiver = data;

    g_byte_array_unref(receiver->state);
    g_free(receiver);
}

static void finish(Receiver *receiver, int fd, int code)
{
    g_autoptr(GError) fault = NULL;
    g_autoptr(GBytes) state = NULL;

    close(fd);
    if (code != 0)
        fault = sbx_fault_new(SBX_E_SYSTEM, code, NULL, NULL, "cannot read the VM's state: %s",
                              g_strerror(code));
    else
        state = g_byte_array_free_to_bytes(g_byte_array_ref(receiver->state));
    receiver->received(state, fault, receiver->data);
}

static gboolean can_receive(gint fd, GIOCondition condition, gpointer data)
{
    Receiver *receiver = data;
    guint had = receiver->state->len;
    ssize_t n;
    int code;

    (void)condition;
    g_byte_array_set_size(receiver->state, had + READ_SIZE);
    n = read(fd, receiver->state->data + had, READ_SIZE);
    code = errno;
    g_byte_array_set_size(receiver->state, had + (n > 0 ? (guint)n : 0));
    if (n < 0 && (code == EAGAIN || code == EINTR))
        return G_SOURCE_CONTINUE;
    if (n > 0 && receiver->state->len <= SBX_STATE_MAX)
        return G_SOURCE_CONTINUE;
    finish(receiver, fd, n > 0 ? EFBIG : n < 0 ? code : 0);
    return G_SOURCE_REMOVE;
}

int sbx_state_pipe_receive(SbxStateReceived received, gpointer data, GError **error)
{
    Receiver *receiver;
    int ends[2];

    if (!make_pipe(ends, error))
        return -1;
    g_unix_set_fd_nonblocking(ends[0], TRUE, NULL);
    receiver = g_new0(Receiver, 1);
    receiver->state = g_byte_array_new();
    receiver->received = received;
    receiver->data = data;
    g_unix_fd_add_full(G_PRIORITY_DEFAULT, ends[0], G_IO_IN | G_IO_HUP | G_IO_ERR, can_receive,
                       receiver, receiver_free);
    return ends[1];
}
