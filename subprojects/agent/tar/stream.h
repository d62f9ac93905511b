/* stream.h: the stream's descriptor, with a buffer.
 *
 * With a descriptor to watch, both are waited for, so that the work ends when whoever wants it has
 * gone, wherever it stands. */
#ifndef SBX_TAR_STREAM_H
#define SBX_TAR_STREAM_H

#include <sys/types.h>

#include "tar.h"

enum { TAR_BUFFER = 256 << 10 };

struct tar_stream {
    int fd; /* -1: there is only what is in the buffer */
    int watch_fd;
    char *buffer;
    size_t start;
    size_t end;
    bool borrowed; /* the buffer */
};

bool tar_stream_open(struct tar_stream *stream, int fd, int watch_fd, struct tar_failure *failure);
void tar_stream_open_memory(struct tar_stream *stream, const void *data, size_t length);
void tar_stream_close(struct tar_stream *stream);

/* Reading. What is next in the buffer, at most max bytes, and not taken yet: its length, 0 at the
 * end, or -1. */
ssize_t tar_stream_peek(struct tar_stream *stream, const char **bytes, size_t max,
                        struct tar_failure *failure);
void tar_stream_take(struct tar_stream *stream, size_t length);
/* Exactly so many bytes: 1, or 0 when the stream ends before the first, or -1. */
int tar_stream_read(struct tar_stream *stream, void *bytes, size_t length,
                    struct tar_failure *failure);

/* Writing. */
bool tar_stream_write(struct tar_stream *stream, const void *bytes, size_t length,
                      struct tar_failure *failure);
bool tar_stream_flush(struct tar_stream *stream, struct tar_failure *failure);
/* Room in the buffer, for who makes the bytes in place; then so many are there. */
bool tar_stream_room(struct tar_stream *stream, char **bytes, size_t *room,
                     struct tar_failure *failure);
void tar_stream_made(struct tar_stream *stream, size_t length);

#endif
