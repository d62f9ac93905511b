/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes from one descriptor to another: see relay.h.
 *
 * Either may be the caller's own, of any kind, shared with others: its flags are not ours to
 * change. So each is waited for before it is used, together with whoever reads our messages, and no
 * more is written at once than goes through without blocking.
 */
#include "transfer/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "message.h"
#include "pax.h"
#include "transfer/confine.h"

enum { PIECE = 1 << 20, BUFFER = 256 << 10, PROGRESS_MS = 40 };

struct relay {
    int from;
    int to;
    int report_fd;
    mode_t to_type;
    bool splices;
    uint64_t total; /* bytes to come; 0: not known */
    uint64_t done;
    uint64_t max;
    int64_t last_ms;
    char *buffer;
    struct tar_failure failure;
};

static bool wait_ready(struct relay *relay, int fd, short events)
{
    struct pollfd fds[2] = {{.fd = fd, .events = events}, {.fd = relay->report_fd}};

    while (poll(fds, 2, -1) < 0)
        if (errno != EINTR)
            return tar_fail_errno(&relay->failure, errno, "cannot wait");
    if (fds[1].revents != 0)
        return tar_fail(&relay->failure, TAR_CANCELLED, "the transfer was cancelled");
    return true;
}

static bool write_failed(struct relay *relay)
{
    return tar_fail_errno(&relay->failure, errno, "cannot write the archive");
}

static bool read_failed(struct relay *relay)
{
    return tar_fail_errno(&relay->failure, errno, "cannot read the archive");
}

/* How much goes through at once. A pipe that is ready takes so much. */
static ssize_t write_some(struct relay *relay, const char *bytes, size_t length)
{
    if (S_ISSOCK(relay->to_type))
        return send(relay->to, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (!S_ISREG(relay->to_type) && length > PIPE_BUF)
        length = PIPE_BUF;
    return write(relay->to, bytes, length);
}

static bool write_all(struct relay *relay, size_t length)
{
    for (size_t at = 0; at < length;) {
        ssize_t n;

        if (!wait_ready(relay, relay->to, POLLOUT))
            return false;
        n = write_some(relay, relay->buffer + at, length - at);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return write_failed(relay);
        at += n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* Within the kernel; -1: failed, or not possible (EINVAL). */
static ssize_t move(struct relay *relay)
{
    if (!wait_ready(relay, relay->to, POLLOUT))
        return -2;
    return splice(relay->from, NULL, relay->to, NULL, PIECE, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
}

/* The number of bytes moved, 0 at the end, -1: failed. */
static ssize_t step(struct relay *relay)
{
    ssize_t n;

    for (;;) {
        if (!wait_ready(relay, relay->from, POLLIN))
            return -1;
        n = relay->splices ? move(relay) : read(relay->from, relay->buffer, BUFFER);
        if (n == -2)
            return -1;
        if (n < 0 && relay->splices && errno == EINVAL) {
            relay->splices = false;
            continue;
        }
        if (n >= 0 || (errno != EAGAIN && errno != EINTR))
            break;
    }
    if (n < 0 && relay->splices)
        write_failed(relay);
    else if (n < 0)
        read_failed(relay);
    if (n > 0 && !relay->splices && !write_all(relay, (size_t)n))
        return -1;
    return n;
}

static bool say_progress(struct relay *relay)
{
    struct timespec now;
    int64_t ms;

    clock_gettime(CLOCK_MONOTONIC, &now);
    ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    if (ms - relay->last_ms < PROGRESS_MS)
        return true;
    relay->last_ms = ms;
    return tar_command_say(relay->report_fd, "P\t0\t%" PRIu64 "\t%" PRIu64 "\t", relay->done,
                           relay->total) ||
           tar_fail(&relay->failure, TAR_CANCELLED, "the transfer was cancelled");
}

static bool run(struct relay *relay)
{
    ssize_t n = 0;

    do {
        relay->done += (uint64_t)n;
        if (relay->done > relay->max)
            return tar_fail(&relay->failure, TAR_TOO_BIG,
                            "the archive is longer than the %" PRIu64 " bytes that are allowed",
                            relay->max);
        if (!say_progress(relay))
            return false;
        n = step(relay);
    } while (n > 0);
    return n == 0;
}

static bool is_simple(mode_t type)
{
    return S_ISFIFO(type) || S_ISREG(type);
}

static bool prepare(struct relay *relay, const char *max_bytes)
{
    struct stat from, to;
    off_t at;

    if (!tar_decimal_parse(max_bytes, &relay->max))
        return tar_fail(&relay->failure, TAR_INVALID, "the limit is no number");
    if (fstat(relay->from, &from) < 0)
        return read_failed(relay);
    if (fstat(relay->to, &to) < 0)
        return write_failed(relay);
    at = S_ISREG(from.st_mode) ? lseek(relay->from, 0, SEEK_CUR) : -1;
    if (at >= 0 && at < from.st_size)
        relay->total = (uint64_t)(from.st_size - at);
    relay->to_type = to.st_mode;
    relay->splices = is_simple(from.st_mode) && is_simple(to.st_mode);
    relay->buffer = malloc(BUFFER);
    return relay->buffer != NULL || tar_fail(&relay->failure, TAR_NO_MEMORY, "out of memory");
}

int relay(const char *max_bytes, int from, int to, int report_fd)
{
    struct relay relay = {.from = from, .to = to, .report_fd = report_fd};
    bool done = confine_relay(&relay.failure) && prepare(&relay, max_bytes) && run(&relay);

    free(relay.buffer);
    if (done)
        done = tar_command_say(report_fd, "D\t0\t%" PRIu64 "\t0", relay.done);
    else
        tar_command_failed(report_fd, &relay.failure);
    return done ? 0 : 1;
}
