/* server.h: the HTTP/2 session with the keeper. */
#ifndef SBX_SERVER_H
#define SBX_SERVER_H

#include "loop.h"
#include "protocol.h"

#include <nghttp2/nghttp2.h>
#include <sys/types.h>

struct connection;
struct process;

/* One request, that is one HTTP/2 stream; lives as long as the stream. */
struct request {
    struct garbage garbage;
    struct request *next, *previous;
    int32_t stream_id;
    char method;               /* 'G', 'P' for POST, 'U' for PUT, 0 for anything else */
    enum sbx_resource resource;
    uint64_t id;               /* the process's, or the port, from the path */
    char socket[SBX_PROTO_MAX_SOCKET + 1]; /* the socket's path, likewise */
    struct process *process;   /* set while attached to one */
    struct connection *connection; /* likewise */
    uint8_t *body;             /* of a request other than .../stdin */
    size_t body_length, body_allocated, body_limit;
    struct sbx_tlv_writer reply;
    size_t reply_sent;
    bool reply_ready;
    bool answered;
    const struct source *pipe; /* what a frame of NGHTTP2_DATA_FLAG_NO_COPY is filled from */
};

void server_init(int fd);
/* To be called after each batch of events. True: there is more to read at once. */
bool server_flush(void);

/* Answers without a body. */
void server_answer(struct request *request, const char *status);
/* Answers 200 with request->reply, then or later (server_reply_ready). */
void server_answer_reply(struct request *request, const char *status, pid_t pid);
void server_reply_ready(struct request *request);
/* Answers 200 with what read gives. */
void server_answer_stream(struct request *request, nghttp2_data_source_read_callback read,
                          void *data);
/* In such a read: the next length bytes are in the pipe, and are to be read from there when they are
 * sent. */
void server_send_from_pipe(int32_t stream_id, const struct source *pipe, uint32_t *flags);
void server_answer_failure(struct request *request, const char *status,
                           const struct sbx_failure *failure);
void server_resume(int32_t stream_id);
/* That many bytes of the request body were used: the keeper may send as many more. */
void server_consume(int32_t stream_id, size_t length);
/* No more of the request body is wanted. */
void server_stop_body(int32_t stream_id);
/* The peer of what is being answered has broken it off. */
void server_break(int32_t stream_id);
/* After the running answer is out, a new HTTP/2 session begins. False while other requests live. */
bool server_park(struct request *request);
/* Drops the session and all its requests, whatever they were about, answers with the nonce, and
 * begins a new one. Not from inside a request. */
void server_reset(const uint8_t nonce[SBX_PROTO_RESET_NONCE_SIZE]);

#endif
