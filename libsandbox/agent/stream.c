/* stream.c: nghttp2's client side: options that hold against a hostile server, and its callbacks,
 * which only sort what arrives to the stream's owner. */
#include "agent/session-private.h"

#include <errno.h>
#include <string.h>

static int begin_headers(nghttp2_session *h2, const nghttp2_frame *frame, void *data)
{
    AgentStream *stream = nghttp2_session_get_stream_user_data(h2, frame->hd.stream_id);

    (void)data;
    if (stream != NULL && stream->status != 0) {
        agent_session_violation(stream->session, "headers twice");
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    return 0;
}

static int header(nghttp2_session *h2, const nghttp2_frame *frame, const uint8_t *name,
                  size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags,
                  void *data)
{
    AgentStream *stream = nghttp2_session_get_stream_user_data(h2, frame->hd.stream_id);
    uint64_t number;

    (void)flags;
    (void)data;
    if (stream == NULL || !sbx_decimal_parse((const char *)value, value_length, &number))
        return 0;
    if (name_length == 7 && memcmp(name, ":status", 7) == 0)
        stream->status = number >= 200 && number <= 599 ? (int)number : -1;
    else if (name_length == strlen(SBX_PROTO_PID_HEADER) &&
             memcmp(name, SBX_PROTO_PID_HEADER, name_length) == 0 && number <= G_MAXINT)
        stream->pid = number;
    return 0;
}

static void end_answer(AgentStream *stream)
{
    stream->complete = TRUE;
    if (stream->ops->ended != NULL)
        stream->ops->ended(stream);
}

static int frame_received(nghttp2_session *h2, const nghttp2_frame *frame, void *data)
{
    SbxAgentSession *session = data;
    AgentStream *stream = NULL;

    if (frame->hd.type == NGHTTP2_GOAWAY)
        agent_session_violation(session, "the agent ended the HTTP/2 session");
    if (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA)
        stream = nghttp2_session_get_stream_user_data(h2, frame->hd.stream_id);
    if (stream != NULL && frame->hd.type == NGHTTP2_HEADERS) {
        if (stream->status < 200)
            agent_session_violation(session, "a status that is none");
        else if (stream->ops->headers != NULL)
            stream->ops->headers(stream);
    }
    if (stream != NULL && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
        end_answer(stream);
    return session->error != NULL ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static void collect(AgentStream *stream, const guint8 *bytes, gsize length)
{
    nghttp2_session_consume_stream(stream->session->h2, stream->id, length);
    if (stream->reply == NULL)
        stream->reply = g_byte_array_new();
    if (length > SBX_PROTO_MAX_REPLY - stream->reply->len)
        agent_session_violation(stream->session, "an answer that is too long");
    else
        g_byte_array_append(stream->reply, bytes, (guint)length);
}

static int data_received(nghttp2_session *h2, uint8_t flags, int32_t stream_id,
                         const uint8_t *bytes, size_t length, void *data)
{
    SbxAgentSession *session = data;
    AgentStream *stream = nghttp2_session_get_stream_user_data(h2, stream_id);

    (void)flags;
    nghttp2_session_consume_connection(h2, length);
    if (stream == NULL)
        nghttp2_session_consume_stream(h2, stream_id, length);
    else if (stream->ops->data != NULL && stream->status == 200)
        stream->ops->data(stream, bytes, length);
    else
        collect(stream, bytes, length);
    return session->error != NULL ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static int stream_closed(nghttp2_session *h2, int32_t stream_id, uint32_t error_code, void *data)
{
    AgentStream *stream = nghttp2_session_get_stream_user_data(h2, stream_id);

    (void)data;
    if (stream == NULL)
        return 0;
    nghttp2_session_set_stream_user_data(h2, stream_id, NULL);
    stream->ops->closed(stream, error_code);
    agent_stream_free(stream);
    return 0;
}

/* Our agent never sends one; whoever does is not worth talking to. */
static int invalid_frame(nghttp2_session *h2, const nghttp2_frame *frame, int error, void *data)
{
    SbxAgentSession *session = data;

    (void)h2;
    agent_session_fail(session, SBX_AGENT_ERROR_PROTOCOL,
                       "agent protocol violation: invalid frame of type %d: %s", frame->hd.type,
                       nghttp2_strerror(error));
    return NGHTTP2_ERR_CALLBACK_FAILURE;
}

static ssize_t frame_size(nghttp2_session *h2, uint8_t type, int32_t stream_id,
                          int32_t session_window, int32_t stream_window, uint32_t remote_max,
                          void *data)
{
    (void)h2;
    (void)type;
    (void)stream_id;
    (void)data;
    gint64 size = MIN(MIN(session_window, stream_window), SBX_PROTO_FRAME_SIZE);
    return (ssize_t)MIN(size, (gint64)remote_max);
}

static nghttp2_session_callbacks *make_callbacks(void)
{
    nghttp2_session_callbacks *callbacks;

    if (nghttp2_session_callbacks_new(&callbacks) != 0)
        g_error("out of memory");
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_received);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, data_received);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, stream_closed);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, invalid_frame);
    nghttp2_session_callbacks_set_data_source_read_length_callback(callbacks, frame_size);
    return callbacks;
}

nghttp2_session *agent_h2_new(SbxAgentSession *session)
{
    static const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, SBX_PROTO_STREAM_WINDOW},
        {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, SBX_PROTO_FRAME_SIZE},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, SBX_PROTO_MAX_HEADER_LIST},
    };
    nghttp2_session_callbacks *callbacks = make_callbacks();
    nghttp2_option *option;
    nghttp2_session *h2;

    if (nghttp2_option_new(&option) != 0)
        g_error("out of memory");
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_no_closed_streams(option, 1);
    nghttp2_option_set_peer_max_concurrent_streams(option, SBX_PROTO_MAX_STREAMS);
    nghttp2_option_set_max_reserved_remote_streams(option, 0);
    nghttp2_option_set_max_settings(option, 16);
    nghttp2_option_set_max_continuations(option, 4);
    /* Replies to its PING and SETTINGS that it does not read. */
    nghttp2_option_set_max_outbound_ack(option, 100);
    if (nghttp2_session_client_new2(&h2, callbacks, session, option) != 0 ||
        nghttp2_submit_settings(h2, NGHTTP2_FLAG_NONE, settings, G_N_ELEMENTS(settings)) != 0 ||
        nghttp2_session_set_local_window_size(h2, NGHTTP2_FLAG_NONE, 0,
                                              SBX_PROTO_CONNECTION_WINDOW) != 0)
        g_error("out of memory");
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(option);
    return h2;
}

static ssize_t read_body(nghttp2_session *h2, int32_t stream_id, uint8_t *buffer, size_t length,
                         uint32_t *flags, nghttp2_data_source *source, void *data)
{
    AgentStream *stream = source->ptr;
    gsize left = stream->body.length - stream->body_sent;

    (void)h2;
    (void)stream_id;
    (void)data;
    if (length >= left) {
        length = left;
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    if (length > 0)
        memcpy(buffer, stream->body.data + stream->body_sent, length);
    stream->body_sent += length;
    return (ssize_t)length;
}

static nghttp2_nv make_header(const char *name, const char *value)
{
    return (nghttp2_nv){(guint8 *)name, (guint8 *)value, strlen(name), strlen(value),
                        NGHTTP2_NV_FLAG_NONE};
}

AgentStream *agent_stream_open(SbxAgentSession *session, const char *method, const char *path,
                               struct sbx_tlv_writer *body, const nghttp2_data_provider *provider,
                               const AgentStreamOps *ops, gpointer owner)
{
    const nghttp2_nv headers[] = {make_header(":method", method), make_header(":scheme", "http"),
                                  make_header(":authority", "agent"), make_header(":path", path)};
    AgentStream *stream = g_new0(AgentStream, 1);
    nghttp2_data_provider from_body = {.source.ptr = stream, .read_callback = read_body};

    if (body != NULL)
        stream->body = *body;
    if (body != NULL && provider == NULL)
        provider = &from_body;
    stream->session = session;
    stream->link.data = stream;
    stream->ops = ops;
    stream->owner = owner;
    if (agent_session_is_open(session))
        stream->id = nghttp2_submit_request(session->h2, NULL, headers, G_N_ELEMENTS(headers),
                                            provider, stream);
    if (stream->id <= 0) {
        if (stream->id < 0)
            agent_session_fail(session, SBX_AGENT_ERROR_CLOSED, "the session is used up");
        sbx_tlv_writer_clear(&stream->body);
        g_free(stream);
        return NULL;
    }
    g_queue_push_tail_link(&session->streams, &stream->link);
    agent_session_wake(session);
    return stream;
}

static void ignore_closed(AgentStream *stream, guint32 error_code)
{
    (void)stream;
    (void)error_code;
}

static void ignore_data(AgentStream *stream, const guint8 *bytes, gsize length)
{
    (void)bytes;
    nghttp2_session_consume_stream(stream->session->h2, stream->id, length);
}

static const AgentStreamOps abandoned_ops = {.data = ignore_data, .closed = ignore_closed};

void agent_stream_abandon(AgentStream *stream, guint32 error_code)
{
    stream->ops = &abandoned_ops;
    stream->owner = NULL;
    if (stream->session->h2 == NULL)
        return;
    nghttp2_submit_rst_stream(stream->session->h2, NGHTTP2_FLAG_NONE, stream->id, error_code);
    agent_session_wake(stream->session);
}

static SbxAgentError code_of_program(int error)
{
    switch (error) {
    case ENOENT:
        return SBX_AGENT_ERROR_NO_PROGRAM;
    case EACCES:
        return SBX_AGENT_ERROR_NOT_EXECUTABLE;
    case ENOEXEC:
        return SBX_AGENT_ERROR_NOT_A_PROGRAM;
    case E2BIG:
        return SBX_AGENT_ERROR_LONG_ARGUMENTS;
    default:
        /* Whatever else keeps it from running (no memory, no answer) says nothing of the program.
         */
        return SBX_AGENT_ERROR_FAILED;
    }
}

static SbxAgentError code_of(const struct sbx_failure *failure)
{
    switch (failure->kind) {
    case SBX_FAILURE_REQUEST:
        return SBX_AGENT_ERROR_INVALID;
    case SBX_FAILURE_PROGRAM:
        return code_of_program(failure->error);
    case SBX_FAILURE_DIRECTORY:
        return SBX_AGENT_ERROR_BAD_DIRECTORY;
    case SBX_FAILURE_USER:
        return SBX_AGENT_ERROR_NO_USER;
    case SBX_FAILURE_LIMIT:
        return SBX_AGENT_ERROR_LIMIT;
    case SBX_FAILURE_NO_PROCESS:
        return SBX_AGENT_ERROR_NO_PROCESS;
    case SBX_FAILURE_BUSY:
        return SBX_AGENT_ERROR_BUSY;
    default:
        return SBX_AGENT_ERROR_FAILED;
    }
}

GError *agent_stream_failure(AgentStream *stream)
{
    struct sbx_failure failure;

    if (stream->session->error != NULL)
        return g_error_copy(stream->session->error);
    if (!stream->complete || stream->status < 200)
        return g_error_new(SBX_AGENT_ERROR, SBX_AGENT_ERROR_FAILED,
                           "the agent broke the request off");
    if (stream->status < 300)
        return NULL;
    if (stream->reply == NULL ||
        !sbx_failure_decode(stream->reply->data, stream->reply->len, &failure))
        return g_error_new(SBX_AGENT_ERROR, SBX_AGENT_ERROR_FAILED,
                           "the agent answered with status %d", stream->status);
    g_autofree char *text = g_utf8_make_valid(failure.text, -1);
    return g_error_new_literal(SBX_AGENT_ERROR, code_of(&failure), text);
}

void agent_stream_free(AgentStream *stream)
{
    g_queue_unlink(&stream->session->streams, &stream->link);
    sbx_tlv_writer_clear(&stream->body);
    g_clear_pointer(&stream->reply, g_byte_array_unref);
    g_free(stream);
}
