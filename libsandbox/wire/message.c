/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Message: see message.h. */
#include "wire/message.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sandbox/error.h>

#include "wire/fault.h"
#include "wire/json.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

void sbx_message_clear(SbxMessage *message)
{
    g_clear_pointer(&message->object, json_object_unref);
    for (int i = 0; i < message->n_fds; i++)
        if (message->fds[i] >= 0)
            close(message->fds[i]);
    message->n_fds = 0;
}

int sbx_message_take_fd(SbxMessage *message, int nth)
{
    int fd;

    if (nth >= message->n_fds)
        return -1;
    fd = message->fds[nth];
    message->fds[nth] = -1;
    return fd;
}

static void set_errno(GError **error, const char *what)
{
    int code = errno;

    sbx_fault_set(error, code == ENOMEM ? SBX_E_NO_MEMORY : SBX_E_SYSTEM, code, NULL, "%s: %s", what,
                  g_strerror(code));
}

/* A sealed memfd with the text, or -1. */
static int spill(const char *text, gsize length, GError **error)
{
    int fd = memfd_create("sbx-message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    gsize done = 0;

    while (fd >= 0 && done < length) {
        ssize_t n = write(fd, text + done, length - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        done += (gsize)n;
    }
    if (fd >= 0 && done == length && fcntl(fd, F_ADD_SEALS, SEALS) == 0)
        return fd;
    set_errno(error, "cannot store a large message");
    if (fd >= 0)
        close(fd);
    return -1;
}

static gboolean send_packet(int socket, const void *data, gsize length, const int *fds, int n_fds,
                            GError **error)
{
    union {
        char space[CMSG_SPACE(sizeof(int) * (SBX_MESSAGE_FDS_MAX + 1))];
        struct cmsghdr align;
    } control = {0};
    struct iovec part = {.iov_base = (void *)data, .iov_len = length};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t n;

    if (n_fds > 0) {
        struct cmsghdr *item;

        header.msg_control = control.space;
        header.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)n_fds);
        item = CMSG_FIRSTHDR(&header);
        item->cmsg_level = SOL_SOCKET;
        item->cmsg_type = SCM_RIGHTS;
        item->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)n_fds);
        memcpy(CMSG_DATA(item), fds, sizeof(int) * (size_t)n_fds);
    }
    do
        n = sendmsg(socket, &header, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        set_errno(error, "cannot send a message");
    return n >= 0;
}

gboolean sbx_message_send(int socket, JsonObject *object, const int *fds, int n_fds, GError **error)
{
    gsize length = 0;
    g_autofree char *text = sbx_json_print(object, &length);
    int all[SBX_MESSAGE_FDS_MAX + 1];
    gboolean ok;

    g_assert(n_fds <= SBX_MESSAGE_FDS_MAX);
    if (length > SBX_MESSAGE_MAX) {
        sbx_fault_set(error, SBX_E_TOO_BIG, 0, NULL, "a message of %" G_GSIZE_FORMAT
                      " bytes exceeds the limit of %u", length, SBX_MESSAGE_MAX);
        return FALSE;
    }
    if (length <= SBX_MESSAGE_INLINE_MAX)
        return send_packet(socket, text, length, fds, n_fds, error);
    all[0] = spill(text, length, error);
    if (all[0] < 0)
        return FALSE;
    if (n_fds > 0)
        memcpy(all + 1, fds, sizeof(int) * (size_t)n_fds);
    ok = send_packet(socket, "M", 1, all, n_fds + 1, error);
    close(all[0]);
    return ok;
}

/* Copies descriptors out of a control message; those beyond @max are closed. Returns their number. */
static int collect_fds(struct msghdr *header, int *fds, int max)
{
    int count = 0;

    for (struct cmsghdr *item = CMSG_FIRSTHDR(header); item; item = CMSG_NXTHDR(header, item)) {
        size_t bytes = item->cmsg_len - CMSG_LEN(0);

        if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t at = 0; at + sizeof(int) <= bytes; at += sizeof(int)) {
            int fd;

            memcpy(&fd, CMSG_DATA(item) + at, sizeof fd);
            if (count < max)
                fds[count++] = fd;
            else
                close(fd);
        }
    }
    return count;
}

/* The text in a memfd of the peer, or NULL. */
static char *unspill(int fd, gsize *length, GError **error)
{
    struct stat status;
    int seals = fcntl(fd, F_GET_SEALS);
    g_autofree char *text = NULL;
    gsize done = 0;

    if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &status) < 0 || status.st_size < 0 ||
        status.st_size > (off_t)SBX_MESSAGE_MAX) {
        sbx_fault_set(error, SBX_E_PROTOCOL, 0, NULL, "the peer sent a malformed large message");
        return NULL;
    }
    text = g_try_malloc((gsize)status.st_size + 1);
    if (text == NULL) {
        sbx_fault_set(error, SBX_E_NO_MEMORY, ENOMEM, NULL, "no memory for a message of the peer");
        return NULL;
    }
    while (done < (gsize)status.st_size) {
        ssize_t n = pread(fd, text + done, (gsize)status.st_size - done, (off_t)done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            set_errno(error, "cannot read a large message");
            return NULL;
        }
        done += (gsize)n;
    }
    text[done] = '\0';
    *length = done;
    return g_steal_pointer(&text);
}

static gboolean parse_packet(SbxMessage *message, const char *packet, gsize length, gboolean spilled,
                             GError **error)
{
    g_autofree char *text = NULL;

    if (spilled) {
        text = unspill(message->fds[0], &length, error);
        close(message->fds[0]);
        memmove(message->fds, message->fds + 1, sizeof(int) * (size_t)(message->n_fds - 1));
        message->n_fds--;
        if (text == NULL)
            return FALSE;
        packet = text;
    }
    message->object = sbx_json_parse(packet, length, error);
    return message->object != NULL;
}

int sbx_message_receive(int socket, SbxMessage *message, GError **error)
{
    g_autofree char *packet = g_malloc(SBX_MESSAGE_INLINE_MAX);
    union {
        char space[CMSG_SPACE(sizeof(int) * (SBX_MESSAGE_FDS_MAX + 1))];
        struct cmsghdr align;
    } control;
    struct iovec part = {.iov_base = packet, .iov_len = SBX_MESSAGE_INLINE_MAX};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.space,
                            .msg_controllen = sizeof control.space};
    gboolean spilled;
    ssize_t n;

    memset(message, 0, sizeof *message);
    do
        n = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno == ECONNRESET)
        return 0;
    if (n < 0) {
        set_errno(error, "cannot receive a message");
        return -1;
    }
    message->n_fds = collect_fds(&header, message->fds, SBX_MESSAGE_FDS_MAX + 1);
    spilled = n == 1 && packet[0] == 'M' && message->n_fds > 0;
    if (message->n_fds > SBX_MESSAGE_FDS_MAX && !spilled)
        close(message->fds[--message->n_fds]);
    if (n == 0 && message->n_fds == 0)
        return 0;
    if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
        sbx_message_clear(message);
        sbx_fault_set(error, SBX_E_PROTOCOL, 0, NULL, "the peer sent a message that is too large");
        return -1;
    }
    if (!parse_packet(message, packet, (gsize)n, spilled, error)) {
        sbx_message_clear(message);
        return -1;
    }
    return 1;
}

static JsonObject *envelope(void)
{
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, "jsonrpc", "2.0");
    return object;
}

JsonObject *sbx_message_request(gint64 id, const char *method, JsonObject *params)
{
    JsonObject *object = sbx_message_notification(method, params);

    json_object_set_int_member(object, "id", id);
    return object;
}

JsonObject *sbx_message_notification(const char *method, JsonObject *params)
{
    JsonObject *object = envelope();

    json_object_set_string_member(object, "method", method);
    if (params != NULL)
        json_object_set_object_member(object, "params", params);
    return object;
}

JsonObject *sbx_message_result(gint64 id, JsonObject *result)
{
    JsonObject *object = envelope();

    json_object_set_int_member(object, "id", id);
    json_object_set_object_member(object, "result", result);
    return object;
}

JsonObject *sbx_message_error(gint64 id, const GError *fault)
{
    JsonObject *object = envelope();

    json_object_set_int_member(object, "id", id);
    json_object_set_object_member(object, "error", sbx_fault_to_json(fault));
    return object;
}
