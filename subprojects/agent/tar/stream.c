/* stream.c: the stream's descriptor, with a buffer. */
#include "stream.h"

#include "message.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool tar_stream_open(struct tar_stream *stream, int fd, int watch_fd, struct tar_failure *failure)
{
    *stream = (struct tar_stream){.fd = fd, .watch_fd = watch_fd, .buffer = malloc(TAR_BUFFER)};
    return stream->buffer != NULL || tar_fail(failure, TAR_NO_MEMORY, "out of memory");
}

void tar_stream_open_memory(struct tar_stream *stream, const void *data, size_t length)
{
    /* It is only read. */
    *stream = (struct tar_stream){.fd = -1,
                                  .watch_fd = -1,
                                  .buffer = (char *)(uintptr_t)data,
                                  .end = length,
                                  .borrowed = true};
}

void tar_stream_close(struct tar_stream *stream)
{
    if (!stream->borrowed)
        free(stream->buffer);
    stream->buffer = NULL;
}

/* Returns false with ECANCELED when nobody wants the work any more. */
static bool wait_ready(const struct tar_stream *stream, short events)
{
    struct pollfd fds[2] = {{.fd = stream->fd, .events = events}, {.fd = stream->watch_fd}};

    while (poll(fds, 2, -1) < 0)
        if (errno != EINTR)
            return false;
    if (fds[1].revents != 0) {
        errno = ECANCELED;
        return false;
    }
    return true;
}

static ssize_t read_some(struct tar_stream *stream)
{
    for (;;) {
        ssize_t n = read(stream->fd, stream->buffer, TAR_BUFFER);

        if (n >= 0)
            return n;
        if (errno != EINTR && (errno != EAGAIN || !wait_ready(stream, POLLIN)))
            return -1;
    }
}

ssize_t tar_stream_peek(struct tar_stream *stream, const char **bytes, size_t max,
                        struct tar_failure *failure)
{
    if (stream->start == stream->end && stream->fd >= 0) {
        ssize_t n = read_some(stream);

        if (n < 0) {
            tar_fail_errno(failure, errno, "cannot read the archive");
            return -1;
        }
        stream->start = 0;
        stream->end = (size_t)n;
    }
    *bytes = stream->buffer + stream->start;
    return (ssize_t)(stream->end - stream->start < max ? stream->end - stream->start : max);
}

void tar_stream_take(struct tar_stream *stream, size_t length)
{
    stream->start += length;
}

int tar_stream_read(struct tar_stream *stream, void *bytes, size_t length,
                    struct tar_failure *failure)
{
    size_t done = 0;

    while (done < length) {
        const char *piece;
        ssize_t n = tar_stream_peek(stream, &piece, length - done, failure);

        if (n < 0)
            return -1;
        if (n == 0 && done == 0)
            return 0;
        if (n == 0) {
            tar_fail(failure, TAR_MALFORMED, "the archive ends early");
            return -1;
        }
        memcpy((char *)bytes + done, piece, (size_t)n);
        tar_stream_take(stream, (size_t)n);
        done += (size_t)n;
    }
    return 1;
}

bool tar_stream_flush(struct tar_stream *stream, struct tar_failure *failure)
{
    while (stream->start < stream->end) {
        ssize_t n = write(stream->fd, stream->buffer + stream->start, stream->end - stream->start);

        if (n >= 0)
            stream->start += (size_t)n;
        else if (errno != EINTR && (errno != EAGAIN || !wait_ready(stream, POLLOUT)))
            return tar_fail_errno(failure, errno, "cannot write the archive");
    }
    stream->start = stream->end = 0;
    return true;
}

bool tar_stream_room(struct tar_stream *stream, char **bytes, size_t *room,
                     struct tar_failure *failure)
{
    if (stream->end == TAR_BUFFER && !tar_stream_flush(stream, failure))
        return false;
    *bytes = stream->buffer + stream->end;
    *room = TAR_BUFFER - stream->end;
    return true;
}

void tar_stream_made(struct tar_stream *stream, size_t length)
{
    stream->end += length;
}

bool tar_stream_write(struct tar_stream *stream, const void *bytes, size_t length,
                      struct tar_failure *failure)
{
    const char *next = bytes;

    while (length > 0) {
        size_t room;
        char *place;

        if (!tar_stream_room(stream, &place, &room, failure))
            return false;
        room = room < length ? room : length;
        memcpy(place, next, room);
        tar_stream_made(stream, room);
        next += room;
        length -= room;
    }
    return true;
}
