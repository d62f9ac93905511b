/* requests.c: routes requests to setup, processes and their pipes, and answers what is wrong. */
#include "requests.h"

#include "connection.h"
#include "identity.h"
#include "metrics.h"
#include "process.h"
#include "pipes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void fail(struct request *request, const char *status, enum sbx_failure_kind kind,
                 const char *text)
{
    struct sbx_failure failure = {.kind = kind, .text = text};
    server_answer_failure(request, status, &failure);
}

static void begin_process(struct request *request)
{
    switch (process_create(request)) {
    case 0:
        request->body_limit = SBX_PROTO_MAX_COMMAND;
        break;
    case EEXIST:
        fail(request, "409", SBX_FAILURE_BUSY, "the process ID is in use");
        break;
    case EAGAIN:
        fail(request, "503", SBX_FAILURE_LIMIT, "too many processes at once");
        break;
    default:
        fail(request, "503", SBX_FAILURE_LIMIT, "the agent is out of memory");
    }
}

static void begin_pipe(struct request *request)
{
    switch (process_attach(request)) {
    case 0:
        break;
    case ESRCH:
        fail(request, "404", SBX_FAILURE_NO_PROCESS, "no such process");
        break;
    default:
        fail(request, "409", SBX_FAILURE_BUSY, "the pipe is served already");
    }
}

static bool is_pipe(enum sbx_resource resource)
{
    return resource == SBX_RESOURCE_STDIN || resource == SBX_RESOURCE_STDOUT ||
           resource == SBX_RESOURCE_STDERR;
}

static bool is_connection(const struct request *request)
{
    return request->resource == SBX_RESOURCE_TCP || request->resource == SBX_RESOURCE_UNIX;
}

void requests_begin(struct request *request)
{
    char wanted = 'P';

    switch (request->resource) {
    case SBX_RESOURCE_PING:
    case SBX_RESOURCE_STDOUT:
    case SBX_RESOURCE_STDERR:
    case SBX_RESOURCE_METRICS:
    case SBX_RESOURCE_USAGE:
        wanted = 'G';
        break;
    case SBX_RESOURCE_STDIN:
        wanted = 'U';
        break;
    default:
        break;
    }
    if (request->resource == SBX_RESOURCE_UNKNOWN) {
        fail(request, "404", SBX_FAILURE_REQUEST, "no such resource");
    } else if (request->method != wanted) {
        fail(request, "405", SBX_FAILURE_REQUEST, "the method does not fit the resource");
    } else if (request->resource == SBX_RESOURCE_PROCESS) {
        begin_process(request);
    } else if (is_connection(request)) {
        connection_begin(request);
    } else if (request->resource == SBX_RESOURCE_SETUP) {
        request->body_limit = SBX_PROTO_MAX_SETUP;
    } else if (request->resource == SBX_RESOURCE_SIGNAL ||
               request->resource == SBX_RESOURCE_RESIZE) {
        request->body_limit = SBX_PROTO_MAX_REPLY;
    } else if (is_pipe(request->resource)) {
        begin_pipe(request);
    }
}

static bool append(struct request *request, const uint8_t *bytes, size_t length)
{
    size_t needed = request->body_length + length;

    if (needed > request->body_limit)
        return false;
    if (needed > request->body_allocated) {
        size_t size = needed < 4096 ? 4096 : needed * 2;
        uint8_t *body = realloc(request->body, size);
        if (body == NULL)
            return false;
        request->body = body;
        request->body_allocated = size;
    }
    memcpy(request->body + request->body_length, bytes, length);
    request->body_length = needed;
    return true;
}

void requests_body(struct request *request, const uint8_t *bytes, size_t length)
{
    if (request->resource == SBX_RESOURCE_STDIN && request->process != NULL) {
        input_write(request->process, bytes, length);
        return;
    }
    if (request->connection != NULL) {
        connection_write(request->connection, bytes, length);
        return;
    }
    server_consume(request->stream_id, length);
    if (request->answered || append(request, bytes, length))
        return;
    fail(request, "413", SBX_FAILURE_LIMIT, "the request is too large");
    if (request->process != NULL)
        process_abandon(request);
}

/* What process requests answer: 0 is success, and anything not listed the last row. */
struct verdict {
    int error;
    const char *status;
    enum sbx_failure_kind kind;
    const char *text;
};

static void answer(struct request *request, int error, const struct verdict *verdicts)
{
    if (error == 0) {
        server_answer(request, "204");
        return;
    }
    while (verdicts->error != 0 && verdicts->error != error)
        verdicts++;
    fail(request, verdicts->status, verdicts->kind, verdicts->text);
}

static struct sbx_tlv_writer *begin_reply(struct request *request)
{
    sbx_tlv_writer_init(&request->reply, SBX_PROTO_MAX_REPLY);
    return &request->reply;
}

static void send_reply(struct request *request)
{
    request->reply_ready = true;
    server_answer_reply(request, "200", 0);
}

static void set_up(struct request *request)
{
    struct sbx_setup setup;
    const char *problem;

    if (!sbx_setup_decode(request->body, request->body_length, &setup)) {
        fail(request, "400", SBX_FAILURE_REQUEST, "malformed setup");
        return;
    }
    problem = identity_apply(&setup);
    sbx_setup_clear(&setup);
    if (problem != NULL) {
        fail(request, "500", SBX_FAILURE_OTHER, problem);
        return;
    }
    identity_describe(begin_reply(request));
    send_reply(request);
}

static void send_signal(struct request *request)
{
    static const struct verdict verdicts[] = {
        {ESRCH, "404", SBX_FAILURE_NO_PROCESS, "the process has exited"},
        {0, "409", SBX_FAILURE_OTHER, "the signal could not be sent"},
    };
    struct sbx_signal message;

    if (sbx_signal_decode(request->body, request->body_length, &message))
        answer(request, process_signal(request->id, &message), verdicts);
    else
        fail(request, "400", SBX_FAILURE_REQUEST, "malformed signal");
}

static void resize(struct request *request)
{
    static const struct verdict verdicts[] = {
        {ESRCH, "404", SBX_FAILURE_NO_PROCESS, "the process has exited"},
        {ENOTTY, "409", SBX_FAILURE_REQUEST, "the process has no terminal"},
        {0, "409", SBX_FAILURE_OTHER, "the terminal cannot be resized"},
    };
    struct sbx_size size;

    if (sbx_size_decode(request->body, request->body_length, &size))
        answer(request, process_resize(request->id, &size), verdicts);
    else
        fail(request, "400", SBX_FAILURE_REQUEST, "malformed size");
}

static void describe_machine(struct request *request)
{
    struct sbx_metrics metrics;

    metrics_read(&metrics);
    sbx_metrics_encode(begin_reply(request), &metrics);
    send_reply(request);
}

static void describe_process(struct request *request)
{
    struct sbx_usage usage;

    if (!process_usage(request->id, &usage)) {
        fail(request, "404", SBX_FAILURE_NO_PROCESS, "the process has exited");
        return;
    }
    sbx_usage_encode(begin_reply(request), &usage);
    send_reply(request);
}

void requests_body_end(struct request *request)
{
    if (request->connection != NULL)
        connection_end(request->connection);
    if (request->answered)
        return;
    switch (request->resource) {
    case SBX_RESOURCE_SETUP:
        set_up(request);
        break;
    case SBX_RESOURCE_PING:
        server_answer(request, "204");
        break;
    case SBX_RESOURCE_PARK:
        if (!server_park(request))
            fail(request, "409", SBX_FAILURE_BUSY, "requests are still being served");
        break;
    case SBX_RESOURCE_PROCESS:
        process_start(request);
        break;
    case SBX_RESOURCE_STDIN:
        if (request->process != NULL)
            input_end(request->process);
        break;
    case SBX_RESOURCE_SIGNAL:
        send_signal(request);
        break;
    case SBX_RESOURCE_RESIZE:
        resize(request);
        break;
    case SBX_RESOURCE_METRICS:
        describe_machine(request);
        break;
    case SBX_RESOURCE_USAGE:
        describe_process(request);
        break;
    default:
        break;
    }
}

void requests_closed(struct request *request)
{
    if (request->process != NULL)
        process_detach(request);
    if (request->connection != NULL)
        connection_detach(request->connection);
}
