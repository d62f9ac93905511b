/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Result: what a finished command left behind. See include/sandbox/result.h. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/private.h"

#define CHUNK ((size_t)65536)

ssize_t sbx_buffer_read(SbxBuffer *buffer, int fd)
{
    ssize_t n;

    if (buffer->allocated - buffer->length < CHUNK + 1) {
        size_t wanted = buffer->allocated == 0 ? CHUNK + 1 : buffer->allocated * 2 + CHUNK;
        char *data = realloc(buffer->data, wanted);

        if (data == NULL)
            return -ENOMEM;
        buffer->data = data;
        buffer->allocated = wanted;
    }
    do
        n = read(fd, buffer->data + buffer->length, CHUNK);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    buffer->length += (size_t)n;
    buffer->data[buffer->length] = '\0';
    return n;
}

static const void *contents(const SbxBuffer *buffer, size_t *length)
{
    if (length != NULL)
        *length = buffer->length;
    return buffer->data != NULL ? buffer->data : "";
}

const void *sbx_result_stdout(const sbx_result *result, size_t *length)
{
    return contents(&result->out, length);
}

const void *sbx_result_stderr(const sbx_result *result, size_t *length)
{
    return contents(&result->err, length);
}

void sbx_result_free(sbx_result *result)
{
    if (result == NULL)
        return;
    free(result->out.data);
    free(result->err.data);
    free(result);
}
