/* fuzz-files.c: what the worker "files" hears and what the library hears of it. The first byte
 * chooses an end: odd, requests; even, frames from a worker, one after the other. */
#include <files.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_string(const char *text, size_t max)
{
    if (text != NULL && strlen(text) > max)
        abort();
}

/* What can be said again is the same. */
static void check_again(const struct sbx_files_request *request)
{
    struct sbx_files_request again;
    struct sbx_tlv_writer writer;

    sbx_tlv_writer_init(&writer, SBX_FILES_MAX_FRAME);
    sbx_files_request_encode(&writer, request);
    if (!writer.failed) {
        if (!sbx_files_request_decode(writer.data, writer.length, &again) ||
            again.op != request->op || again.length != request->length ||
            again.match_count != request->match_count || again.depth != request->depth)
            abort();
    }
    sbx_tlv_writer_clear(&writer);
}

static void hear_request(const struct sbx_files_frame *frame)
{
    struct sbx_files_request request;

    if (!sbx_files_request_decode(frame->body, frame->length, &request))
        return;
    if (request.op < SBX_FILES_STAT || request.op > SBX_FILES_LAST_OP || request.umask > 0777 ||
        request.mode > 07777 || request.whence > 2 || request.match_count > SBX_FILES_MAX_GLOBS ||
        request.skip_count > SBX_FILES_MAX_GLOBS)
        abort();
    check_string(request.path, SBX_FILES_MAX_PATH);
    check_string(request.to, SBX_FILES_MAX_PATH);
    check_string(request.prefix, SBX_FILES_MAX_AFFIX);
    check_string(request.suffix, SBX_FILES_MAX_AFFIX);
    for (size_t i = 0; i < request.match_count; i++)
        check_string(request.match[i], SBX_FILES_MAX_GLOB);
    for (size_t i = 0; i < request.skip_count; i++)
        check_string(request.skip[i], SBX_FILES_MAX_GLOB);
    check_again(&request);
}

static void hear_list(const struct sbx_files_frame *frame)
{
    struct sbx_tlv_reader reader;
    struct sbx_files_entry entry;
    struct sbx_files_event event;

    sbx_tlv_reader_init(&reader, frame->body, frame->length);
    while (frame->type == SBX_FILES_ENTRIES && sbx_files_entry_next(&reader, &entry) > 0) {
        check_string(entry.path, SBX_FILES_MAX_PATH);
        if (entry.kind > SBX_FILES_KIND_LAST)
            abort();
    }
    while (frame->type == SBX_FILES_EVENTS && sbx_files_event_next(&reader, &event) > 0) {
        check_string(event.path, SBX_FILES_MAX_PATH);
        check_string(event.to, SBX_FILES_MAX_PATH);
        if ((event.to != NULL) != (event.kind == SBX_FILES_EVENT_RENAME))
            abort();
    }
}

static void hear_worker(const struct sbx_files_frame *frame)
{
    struct sbx_files_reply reply;
    struct sbx_files_failure failure;

    if (sbx_files_reply_decode(frame->body, frame->length, &reply)) {
        check_string(reply.path, SBX_FILES_MAX_PATH);
        if (reply.offset < 0)
            abort();
    }
    if (sbx_files_failure_decode(frame->body, frame->length, &failure)) {
        check_string(failure.path, SBX_FILES_MAX_PATH);
        if (failure.error == 0 || failure.error > 4095)
            abort();
    }
    hear_list(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sbx_files_frame frame;
    size_t at = 1;

    while (at < size && sbx_files_frame_parse(data + at, size - at, &frame) > 0) {
        if (frame.length > size - at - SBX_FILES_HEADER)
            abort();
        if (data[0] % 2 == 1)
            hear_request(&frame);
        else
            hear_worker(&frame);
        at += SBX_FILES_HEADER + (size_t)frame.length;
    }
    return 0;
}
