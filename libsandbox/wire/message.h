/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Message: one JSON-RPC 2.0 object and its file descriptors on a SOCK_SEQPACKET unix socket.
 *
 * A message of at most SBX_MESSAGE_INLINE_MAX bytes is one packet. A longer one travels as a packet
 * that holds a single 'M', with a sealed memfd as its first descriptor that holds the text: kernels
 * bound a packet by the socket's buffer, and a script may have 16 MiB.
 *
 * The peer is not trusted: lengths and counts are capped, surplus descriptors closed, a memfd is
 * accepted only with its seals (nobody can shrink it while it is read).
 */
#ifndef SBX_WIRE_MESSAGE_H
#define SBX_WIRE_MESSAGE_H

#include <glib.h>
#include <json-glib/json-glib.h>

#define SBX_MESSAGE_INLINE_MAX 65536
#define SBX_MESSAGE_MAX (48u << 20) /* base64 of the largest command, and some */
#define SBX_MESSAGE_FDS_MAX 64

#define SBX_PROTOCOL_VERSION 1

typedef struct {
    JsonObject *object; /* owned */
    int fds[SBX_MESSAGE_FDS_MAX + 1]; /* one more for the memfd of a long message */
    int n_fds;
} SbxMessage;

void sbx_message_clear(SbxMessage *message);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SbxMessage, sbx_message_clear)
/* Hands over the nth descriptor (-1 when there is none). */
int sbx_message_take_fd(SbxMessage *message, int nth);

/*
 * Sends an object with descriptors (not taken). Never raises SIGPIPE. On a non-blocking socket whose
 * peer does not read it fails with errno EAGAIN in the fault.
 */
gboolean sbx_message_send(int socket, JsonObject *object, const int *fds, int n_fds,
                          GError **error);

/*
 * Receives one message. Returns 1 when there is one, 0 at end of stream, -1 with *error set; on a
 * non-blocking socket without data the fault's errno is EAGAIN.
 */
int sbx_message_receive(int socket, SbxMessage *message, GError **error);

/* The JSON-RPC objects; params, result and fault_json are taken. */
JsonObject *sbx_message_request(gint64 id, const char *method, JsonObject *params);
JsonObject *sbx_message_notification(const char *method, JsonObject *params);
JsonObject *sbx_message_result(gint64 id, JsonObject *result);
JsonObject *sbx_message_error(gint64 id, const GError *fault);

#endif
