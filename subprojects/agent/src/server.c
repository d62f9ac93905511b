/* server.c: nghttp2 on the transport. Streams carry a struct request; what a request means is in
 * requests.c. Flow control is by hand: connection credit is returned at once, so that one stream
 * cannot starve another, stream credit when the bytes were used. */
#include "server.h"

#include "agent.h"
#include "connection.h"
#include "process.h"
#include "requests.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { READ_SIZE = 64 << 10, READS_PER_TURN = 16, WRITE_SIZE = 256 << 10 };
/* Room for any frame, and the header of one. */
enum { MAX_FRAME = SBX_PROTO_FRAME_SIZE + 1024, FRAME_HEADER = 9 };
/* A process may have filled its pipe with bits of pages: as many as an unprivileged one can have. */
enum { WAY_SIZE = 1 << 20 };

static struct {
    struct source source;
    nghttp2_session *session;
    struct request *requests;
    size_t request_count;
    bool connected;     /* the host was there at least once */
    bool readable;      /* not read to the end since the last edge */
    bool blocked;       /* waits until the transport takes more */
    bool parking;       /* the answer to park is on its way out */
    bool parked;        /* ... and out: hanging up is not an end */
    int way[2];         /* a pipe: a frame that goes out ahead of `out`, as pages */
    size_t way_left, way_whole;
    int32_t way_stream;
    size_t out_length, out_sent;
    uint8_t out[WRITE_SIZE];
} server = {.source.fd = -1, .way = {-1, -1}};

static void add_request(struct request *request)
{
    request->next = server.requests;
    if (request->next != NULL)
        request->next->previous = request;
    server.requests = request;
    server.request_count++;
}

static void release_request(struct request *request)
{
    if (request->next != NULL)
        request->next->previous = request->previous;
    if (request->previous != NULL)
        request->previous->next = request->next;
    else
        server.requests = request->next;
    server.request_count--;
    free(request->body);
    sbx_tlv_writer_clear(&request->reply);
    loop_free_later(&request->garbage);
}

static int begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *data)
{
    (void)data;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    struct request *request = calloc(1, sizeof *request);
    if (request == NULL)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    request->stream_id = frame->hd.stream_id;
    add_request(request);
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, request);
    return 0;
}

static char method_code(const uint8_t *value, size_t length)
{
    if (length == 3 && memcmp(value, "GET", 3) == 0)
        return 'G';
    if (length == 3 && memcmp(value, "PUT", 3) == 0)
        return 'U';
    return length == 4 && memcmp(value, "POST", 4) == 0 ? 'P' : 0;
}

static void take_path(struct request *request, const char *path, size_t length)
{
    request->resource = sbx_path_parse(path, length, &request->id);
    if (request->resource == SBX_RESOURCE_UNIX)
        sbx_path_parse_socket(path, length, request->socket);
}

static int header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                  size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags,
                  void *data)
{
    struct request *request =
        nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);

    (void)flags;
    (void)data;
    if (request == NULL || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    if (name_length == 5 && memcmp(name, ":path", 5) == 0)
        take_path(request, (const char *)value, value_length);
    else if (name_length == 7 && memcmp(name, ":method", 7) == 0)
        request->method = method_code(value, value_length);
    return 0;
}

static int frame_received(nghttp2_session *session, const nghttp2_frame *frame, void *data)
{
    (void)data;
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
        return 0;
    struct request *request =
        nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (request == NULL)
        return 0;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        requests_begin(request);
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
        requests_body_end(request);
    return 0;
}

static int data_received(nghttp2_session *session, uint8_t flags, int32_t stream_id,
                         const uint8_t *bytes, size_t length, void *data)
{
    struct request *request = nghttp2_session_get_stream_user_data(session, stream_id);

    (void)flags;
    (void)data;
    nghttp2_session_consume_connection(session, length);
    if (request != NULL)
        requests_body(request, bytes, length);
    else
        nghttp2_session_consume_stream(session, stream_id, length);
    return 0;
}

static int stream_closed(nghttp2_session *session, int32_t stream_id, uint32_t error, void *data)
{
    struct request *request = nghttp2_session_get_stream_user_data(session, stream_id);

    (void)error;
    (void)data;
    if (request == NULL)
        return 0;
    nghttp2_session_set_stream_user_data(session, stream_id, NULL);
    requests_closed(request);
    release_request(request);
    return 0;
}

/* Large frames: one read of a pipe makes one frame. */
static ssize_t frame_size(nghttp2_session *session, uint8_t type, int32_t stream_id,
                          int32_t session_window, int32_t stream_window, uint32_t remote_max,
                          void *data)
{
    int32_t size = SBX_PROTO_FRAME_SIZE;

    (void)session;
    (void)type;
    (void)stream_id;
    (void)data;
    if (size > session_window)
        size = session_window;
    if (size > stream_window)
        size = stream_window;
    return (uint32_t)size > remote_max ? (ssize_t)remote_max : size;
}

void server_send_from_pipe(int32_t stream_id, const struct source *pipe, uint32_t *flags)
{
    struct request *request = nghttp2_session_get_stream_user_data(server.session, stream_id);

    request->pipe = pipe;
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
}

/* Takes what is on its way back, as bytes. */
static size_t take_back(uint8_t *to)
{
    size_t done = 0;
    ssize_t n;

    while (server.way_left > 0 && (n = read(server.way[0], to + done, server.way_left)) > 0) {
        done += (size_t)n;
        server.way_left -= (size_t)n;
    }
    return done;
}

/* Moves what is in a pipe without touching it. False when that is not possible, and then it may have
 * moved some of it: there are more pieces than places, or it is no pipe. */
static bool move_pages(int from, size_t length)
{
    ssize_t n;

    while (length > 0 && (n = splice(from, NULL, server.way[1], NULL, length,
                                     SPLICE_F_MOVE | SPLICE_F_NONBLOCK)) > 0) {
        length -= (size_t)n;
        server.way_left += (size_t)n;
    }
    return length == 0;
}

/* Makes a frame of a pipe's pages, which the agent never looks at: each copy costs an emulated guest
 * as much as the rest of their way. Where they cannot be had, it is made of bytes. */
static int send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *header,
                     size_t length, nghttp2_data_source *source, void *data)
{
    struct request *request = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    ssize_t n;

    (void)source;
    (void)data;
    if (server.out_length > 0 || server.way_left > 0)
        return NGHTTP2_ERR_WOULDBLOCK;
    if (write(server.way[1], header, FRAME_HEADER) != FRAME_HEADER)
        agent_fatal("cannot write to a pipe: %s", strerror(errno));
    server.way_left = FRAME_HEADER;
    server.way_whole = FRAME_HEADER + length;
    server.way_stream = frame->hd.stream_id;
    if (move_pages(request->pipe->fd, length))
        return 0;
    size_t done = take_back(server.out);
    while (done < server.way_whole &&
           (n = read(request->pipe->fd, server.out + done, server.way_whole - done)) > 0)
        done += (size_t)n;
    /* A frame must become as long as announced. Only whoever has this pipe, too, can have taken
     * something away. */
    memset(server.out + done, 0, server.way_whole - done);
    server.out_length = server.way_whole;
    return 0;
}

static nghttp2_session_callbacks *make_callbacks(void)
{
    nghttp2_session_callbacks *callbacks;

    if (nghttp2_session_callbacks_new(&callbacks) != 0)
        agent_fatal("out of memory");
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_received);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, data_received);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, stream_closed);
    nghttp2_session_callbacks_set_data_source_read_length_callback(callbacks, frame_size);
    nghttp2_session_callbacks_set_send_data_callback(callbacks, send_data);
    return callbacks;
}

static nghttp2_option *make_option(void)
{
    nghttp2_option *option;

    if (nghttp2_option_new(&option) != 0)
        agent_fatal("out of memory");
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_no_closed_streams(option, 1);
    nghttp2_option_set_max_settings(option, 16);
    nghttp2_option_set_max_outbound_ack(option, 1000);
    /* Readers that go away reset their streams, and so do clients of ports that give up: as many and
     * as often as they like. It is not the host that the agent has to fear. */
    nghttp2_option_set_stream_reset_rate_limit(option, UINT32_MAX, UINT32_MAX);
    return option;
}

static void start_session(void)
{
    static const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, SBX_PROTO_MAX_STREAMS},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, SBX_PROTO_STREAM_WINDOW},
        {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, SBX_PROTO_FRAME_SIZE},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, SBX_PROTO_MAX_HEADER_LIST},
    };
    nghttp2_session_callbacks *callbacks = make_callbacks();
    nghttp2_option *option = make_option();

    if (nghttp2_session_server_new2(&server.session, callbacks, NULL, option) != 0 ||
        nghttp2_submit_settings(server.session, NGHTTP2_FLAG_NONE, settings,
                                sizeof settings / sizeof settings[0]) != 0 ||
        nghttp2_session_set_local_window_size(server.session, NGHTTP2_FLAG_NONE, 0,
                                              SBX_PROTO_CONNECTION_WINDOW) != 0)
        agent_fatal("out of memory");
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(option);
}

static void host_gone(void)
{
    /* A parked template, or a host that is not there yet. */
    if (server.parked || !server.connected)
        return;
    agent_end(0);
}

/* As much as is there and fits: a virtio-serial port gives 4 KiB at a time, and a command would be
 * woken for each of them. EAGAIN on the port while the host is away looks like any other: the next
 * edge tells. */
static size_t read_port(uint8_t *buffer, size_t size)
{
    size_t length = 0;

    while (length < size) {
        ssize_t n = read(server.source.fd, buffer + length, size - length);
        if (n > 0) {
            length += (size_t)n;
            continue;
        }
        server.readable = false;
        if (n == 0 || (errno != EAGAIN && errno != EINTR))
            host_gone();
        break;
    }
    return length;
}

static void receive(void)
{
    static uint8_t buffer[READ_SIZE];

    for (int i = 0; i < READS_PER_TURN && server.readable; i++) {
        size_t length = read_port(buffer, sizeof buffer);
        if (length == 0)
            return;
        server.connected = true;
        server.parked = false;
        if (nghttp2_session_mem_recv(server.session, buffer, length) < 0)
            agent_end(1);
    }
}

static void transport_ready(struct source *source, uint32_t events)
{
    (void)source;
    if ((events & (EPOLLHUP | EPOLLERR)) != 0 && (events & EPOLLIN) == 0)
        host_gone();
    else
        server.connected = true;
    server.readable = true;
}

/* Only who waits for room is told of it: every write makes some. */
static void set_blocked(bool blocked)
{
    enum { EVENTS = EPOLLIN | EPOLLRDHUP | EPOLLET };

    if (server.blocked == blocked)
        return;
    server.blocked = blocked;
    loop_change(&server.source, blocked ? EVENTS | EPOLLOUT : EVENTS);
}

/* A port's driver takes the pages first, and loses them when it finds no memory for its list of them
 * in a queue that is all but full. With them goes their header, so that the session is intact, and what
 * misses them is told so. */
static void lose_pages(void)
{
    if (server.way_left != server.way_whole)
        agent_fatal("the port lost a part of a frame");
    server.way_left = 0;
    server_break(server.way_stream);
}

/* False when the transport is full. */
static bool send_pages(void)
{
    while (server.way_left > 0) {
        ssize_t n = splice(server.way[0], NULL, server.source.fd, NULL, server.way_left,
                           SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
        if (n < 0) {
            if (errno != EAGAIN && errno != EINTR)
                host_gone();
            set_blocked(true);
            return false;
        }
        if (n == 0)
            lose_pages();
        else
            server.way_left -= (size_t)n;
    }
    return true;
}

/* False when the transport is full. */
static bool write_out(void)
{
    if (!send_pages())
        return false;
    while (server.out_sent < server.out_length) {
        ssize_t n = write(server.source.fd, server.out + server.out_sent,
                          server.out_length - server.out_sent);
        if (n <= 0) {
            if (n < 0 && errno != EAGAIN && errno != EINTR)
                host_gone();
            set_blocked(true);
            return false;
        }
        server.out_sent += (size_t)n;
    }
    set_blocked(false);
    server.out_length = server.out_sent = 0;
    return true;
}

/* Collects frames until the next might not fit; a frame is at most this much. */
static bool fill_out(void)
{
    const uint8_t *data;

    while (server.out_length + MAX_FRAME <= WRITE_SIZE) {
        ssize_t n = nghttp2_session_mem_send(server.session, &data);
        if (n < 0)
            agent_fatal("%s", nghttp2_strerror((int)n));
        if (n == 0)
            return false;
        if ((size_t)n > WRITE_SIZE - server.out_length)
            agent_fatal("frame of %zd bytes", n);
        memcpy(server.out + server.out_length, data, (size_t)n);
        server.out_length += (size_t)n;
    }
    return true;
}

static void finish_parking(void)
{
    connection_forget_all();
    nghttp2_session_del(server.session);
    start_session();
    server.parking = false;
    server.parked = true;
}

/* What the host had sent to another machine. Its end, if there is one, receive will see. */
static void drain(void)
{
    static uint8_t waste[READ_SIZE];
    ssize_t n;

    do
        n = read(server.source.fd, waste, sizeof waste);
    while (n > 0 || (n < 0 && errno == EINTR));
    server.readable = true;
}

void server_reset(const uint8_t nonce[SBX_PROTO_RESET_NONCE_SIZE])
{
    drain();
    take_back(server.out);
    process_forget_all();
    connection_forget_all();
    while (server.requests != NULL)
        release_request(server.requests);
    nghttp2_session_del(server.session);
    start_session();
    server.parking = server.parked = false;
    /* In place of a frame that may be half out. */
    memcpy(server.out, SBX_PROTO_RESET_MAGIC, SBX_PROTO_RESET_MAGIC_SIZE);
    memcpy(server.out + SBX_PROTO_RESET_MAGIC_SIZE, nonce, SBX_PROTO_RESET_NONCE_SIZE);
    server.out_sent = 0;
    server.out_length = SBX_PROTO_RESET_SIZE;
}

bool server_flush(void)
{
    receive();
    /* What a new session says first is for the next host, not for the one that parked us. */
    while (!server.parked && write_out()) {
        bool more = fill_out();
        if (server.out_length == 0 && server.way_left == 0 && !more)
            break;
    }
    if (server.parking && server.out_length == 0 && server.way_left == 0 && server.request_count == 0)
        finish_parking();
    else if (!nghttp2_session_want_read(server.session) &&
             !nghttp2_session_want_write(server.session) && server.out_length == 0)
        agent_end(1);
    return server.readable;
}

void server_init(int fd)
{
    start_session();
    if (pipe2(server.way, O_CLOEXEC | O_NONBLOCK) < 0)
        agent_fatal("cannot make a pipe: %s", strerror(errno));
    fcntl(server.way[1], F_SETPIPE_SZ, WAY_SIZE);
    if (!loop_add(&server.source, fd, EPOLLIN | EPOLLRDHUP | EPOLLET, transport_ready))
        agent_fatal("cannot watch the host's port: %s", strerror(errno));
    server.readable = true;
}

static ssize_t read_reply(nghttp2_session *session, int32_t stream_id, uint8_t *buffer,
                          size_t length, uint32_t *flags, nghttp2_data_source *source, void *data)
{
    struct request *request = source->ptr;
    size_t left = request->reply.length - request->reply_sent;

    (void)session;
    (void)stream_id;
    (void)data;
    if (!request->reply_ready)
        return NGHTTP2_ERR_DEFERRED;
    if (length >= left) {
        length = left;
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    if (length > 0)
        memcpy(buffer, request->reply.data + request->reply_sent, length);
    request->reply_sent += length;
    return (ssize_t)length;
}

static nghttp2_nv make_header(const char *name, const char *value)
{
    return (nghttp2_nv){(uint8_t *)name, (uint8_t *)value, strlen(name), strlen(value),
                        NGHTTP2_NV_FLAG_NONE};
}

static void submit(struct request *request, const char *status, const char *pid,
                   const nghttp2_data_provider *provider)
{
    nghttp2_nv headers[2] = {make_header(":status", status)};
    size_t count = 1;

    if (request->answered)
        return;
    request->answered = true;
    if (pid != NULL)
        headers[count++] = make_header(SBX_PROTO_PID_HEADER, pid);
    if (nghttp2_submit_response(server.session, request->stream_id, headers, count, provider) != 0)
        nghttp2_submit_rst_stream(server.session, NGHTTP2_FLAG_NONE, request->stream_id,
                                  NGHTTP2_INTERNAL_ERROR);
}

void server_answer(struct request *request, const char *status)
{
    submit(request, status, NULL, NULL);
}

void server_answer_reply(struct request *request, const char *status, pid_t pid)
{
    nghttp2_data_provider provider = {.source.ptr = request, .read_callback = read_reply};
    char text[16];

    if (pid <= 0) {
        submit(request, status, NULL, &provider);
        return;
    }
    size_t at = sizeof text - 1;
    text[at] = 0;
    for (pid_t rest = pid; rest > 0; rest /= 10)
        text[--at] = (char)('0' + rest % 10);
    submit(request, status, text + at, &provider);
}

void server_reply_ready(struct request *request)
{
    request->reply_ready = true;
    server_resume(request->stream_id);
}

void server_answer_stream(struct request *request, nghttp2_data_source_read_callback read,
                          void *data)
{
    nghttp2_data_provider provider = {.source.ptr = data, .read_callback = read};
    submit(request, "200", NULL, &provider);
}

void server_answer_failure(struct request *request, const char *status,
                           const struct sbx_failure *failure)
{
    sbx_tlv_writer_init(&request->reply, SBX_PROTO_MAX_REPLY);
    sbx_failure_encode(&request->reply, failure);
    request->reply_ready = true;
    server_answer_reply(request, status, 0);
}

void server_resume(int32_t stream_id)
{
    nghttp2_session_resume_data(server.session, stream_id);
}

void server_consume(int32_t stream_id, size_t length)
{
    if (length > 0)
        nghttp2_session_consume_stream(server.session, stream_id, length);
}

void server_stop_body(int32_t stream_id)
{
    nghttp2_submit_rst_stream(server.session, NGHTTP2_FLAG_NONE, stream_id, NGHTTP2_NO_ERROR);
}

void server_break(int32_t stream_id)
{
    nghttp2_submit_rst_stream(server.session, NGHTTP2_FLAG_NONE, stream_id, NGHTTP2_CONNECT_ERROR);
}

bool server_park(struct request *request)
{
    if (server.request_count > 1)
        return false;
    server_answer(request, "204");
    server.parking = true;
    return true;
}
