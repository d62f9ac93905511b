/* pipes.c: pumps. A read end is only looked at when nghttp2 wants bytes, a write end takes what it
 * takes and its stream's credit is returned for exactly that; so a slow end stops its own stream.
 *
 * All ends are watched edge-triggered, and every edge is followed by reading or writing until
 * EAGAIN or until the other side has enough, in which case that side starts the next round. */
#include "pipes.h"

#include "process.h"
#include "server.h"
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Room for more than one side moves in its turn: with the kernel's 64 KiB, process and agent wake each
 * other for every block, and a virtual CPU that goes to sleep in between costs more than the copy. The
 * memory is there only while it is full, and charged to whoever fills it. */
enum { PIPE_SIZE = 256 << 10 };

static bool open_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) < 0)
        return false;
    fcntl(ends[1], F_SETPIPE_SZ, PIPE_SIZE); /* or it stays as it is */
    return true;
}

static struct process *of_input(struct source *source)
{
    return (struct process *)(void *)((char *)source - offsetof(struct process, input.source));
}

static struct output *of_output(struct source *source)
{
    return (struct output *)(void *)((char *)source - offsetof(struct output, source));
}

void input_close(struct process *process)
{
    struct input *input = &process->input;

    loop_close(&input->source);
    free(input->queue);
    input->queue = NULL;
    input->queue_length = input->queue_allocated = input->queue_at = 0;
    if (input->closed)
        return;
    input->closed = true;
    if (input->stream_id == 0)
        return;
    process_answer_input(process);
    if (!input->ended)
        server_stop_body(input->stream_id);
}

/* Returns how much the pipe took; less than length means it is full or closed. */
static size_t write_some(struct process *process, const uint8_t *bytes, size_t length)
{
    struct input *input = &process->input;
    size_t done = 0;

    while (done < length && input->source.fd >= 0) {
        ssize_t n = write(input->source.fd, bytes + done, length - done);
        if (n > 0)
            done += (size_t)n;
        else if (errno != EINTR)
            break;
    }
    server_consume(input->stream_id, done);
    if (done < length && errno != EAGAIN)
        input_close(process);
    return done;
}

static bool enqueue(struct input *input, const uint8_t *bytes, size_t length)
{
    if (input->queue_at > 0) {
        input->queue_length -= input->queue_at;
        memmove(input->queue, input->queue + input->queue_at, input->queue_length);
        input->queue_at = 0;
    }
    size_t needed = input->queue_length + length;
    if (needed > input->queue_allocated) {
        uint8_t *queue = realloc(input->queue, needed * 2);
        if (queue == NULL)
            return false;
        input->queue = queue;
        input->queue_allocated = needed * 2;
    }
    memcpy(input->queue + input->queue_length, bytes, length);
    input->queue_length = needed;
    return true;
}

/* False when the terminal takes no more for now. */
static bool type_end(struct process *process)
{
    struct input *input = &process->input;
    uint8_t bytes[TERMINAL_END_MAX];

    if (input->end_typed || input->source.fd < 0)
        return true;
    input->end_typed = true;
    size_t length = terminal_end(input->source.fd, input->last, bytes);
    size_t done = length > 0 ? write_some(process, bytes, length) : 0;
    return done == length || input->closed || !enqueue(input, bytes + done, length - done);
}

static void input_flush(struct process *process)
{
    struct input *input = &process->input;

    if (input->queue_length > input->queue_at) {
        input->queue_at += write_some(process, input->queue + input->queue_at,
                                      input->queue_length - input->queue_at);
        if (input->queue_at < input->queue_length)
            return;
        input->queue_at = input->queue_length = 0;
    }
    if (!input->ended || process->state == PROCESS_PENDING)
        return;
    if (!process->terminal || type_end(process))
        input_close(process);
}

static void input_ready(struct source *source, uint32_t events)
{
    struct process *process = of_input(source);

    if ((events & EPOLLERR) != 0)
        input_close(process);
    else if (process->state == PROCESS_RUNNING)
        input_flush(process);
}

bool input_adopt(struct process *process, int fd)
{
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return loop_add(&process->input.source, fd, EPOLLOUT | EPOLLET, input_ready);
}

int input_open(struct process *process)
{
    int ends[2];

    if (!open_pipe(ends))
        return -1;
    if (!input_adopt(process, ends[1])) {
        close(ends[0]);
        errno = ENOMEM;
        return -1;
    }
    return ends[0];
}

void input_write(struct process *process, const uint8_t *bytes, size_t length)
{
    struct input *input = &process->input;
    size_t done = 0;

    if (input->closed) {
        server_consume(input->stream_id, length);
        return;
    }
    if (length > 0)
        input->last = bytes[length - 1];
    if (process->state == PROCESS_RUNNING && input->queue_length == input->queue_at)
        done = write_some(process, bytes, length);
    if (done < length && !input->closed && !enqueue(input, bytes + done, length - done))
        input_close(process);
}

void input_end(struct process *process)
{
    process->input.ended = true;
    if (process->state == PROCESS_RUNNING || process->input.closed)
        input_flush(process);
    if (process->input.closed)
        process_answer_input(process);
}

void input_stream_closed(struct process *process)
{
    process->input.stream_id = 0;
    input_close(process);
}

/* What is still written by background children, or by processes whose session was reset: thrown
 * away, a chunk at a time. The read end outlives the process's record. */
struct rest {
    struct garbage garbage;
    struct rest *next, *previous;
    struct source source;
};

static struct rest *rests;

static void discard_ready(struct source *source, uint32_t events)
{
    static char waste[64 << 10];
    struct rest *rest = (struct rest *)(void *)((char *)source - offsetof(struct rest, source));

    (void)events;
    ssize_t n = read(source->fd, waste, sizeof waste);
    if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
        return;
    if (rest->next != NULL)
        rest->next->previous = rest->previous;
    if (rest->previous != NULL)
        rest->previous->next = rest->next;
    else
        rests = rest->next;
    loop_close(source);
    loop_free_later(&rest->garbage);
}

static void keep_discarding(struct output *output)
{
    struct rest *rest = calloc(1, sizeof *rest);
    int fd = rest != NULL ? fcntl(output->source.fd, F_DUPFD_CLOEXEC, 3) : -1;

    loop_close(&output->source);
    if (fd < 0 || !loop_add(&rest->source, fd, EPOLLIN, discard_ready)) {
        free(rest);
        return;
    }
    rest->next = rests;
    if (rests != NULL)
        rests->previous = rest;
    rests = rest;
}

/* Enough bytes to be sent without nghttp2 copying them: how many, or 0. */
static size_t count_for_pipe(const struct output *output, size_t length)
{
    enum { WORTH_IT = 4096 };
    int there = 0;

    if (length < WORTH_IT || output->last || output->source.fd < 0 ||
        ioctl(output->source.fd, FIONREAD, &there) < 0 || there < WORTH_IT)
        return 0;
    return (size_t)there < length ? (size_t)there : length;
}

/* A terminal that is written to and closed while a read of its master has found nothing yet says EIO,
 * which is the end, and still has what was written. The next read begins behind the close. */
static ssize_t read_end(int fd, uint8_t *buffer, size_t length)
{
    ssize_t n = read(fd, buffer, length);

    return n < 0 && errno == EIO ? read(fd, buffer, length) : n;
}

static ssize_t read_output(nghttp2_session *session, int32_t stream_id, uint8_t *buffer,
                           size_t length, uint32_t *flags, nghttp2_data_source *source, void *data)
{
    struct output *output = source->ptr;

    (void)session;
    (void)stream_id;
    (void)data;
    if (output->last && length > output->left)
        length = output->left;
    size_t whole = count_for_pipe(output, length);
    if (whole > 0) {
        server_send_from_pipe(stream_id, &output->source, flags);
        return (ssize_t)whole;
    }
    ssize_t n = length > 0 && output->source.fd >= 0 ? read_end(output->source.fd, buffer, length) : 0;
    if (n > 0) {
        output->left -= output->last ? (size_t)n : 0;
        if (output->last && output->left == 0)
            *flags |= NGHTTP2_DATA_FLAG_EOF;
        return n;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR) && !output->last) {
        output->deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    if (!output->last)
        loop_close(&output->source);
    if (output->ends_at_exit) {
        output->deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    return 0;
}

static void resume(struct output *output)
{
    if (!output->deferred || output->stream_id == 0)
        return;
    output->deferred = false;
    server_resume(output->stream_id);
}

static void output_ready(struct source *source, uint32_t events)
{
    (void)events;
    resume(of_output(source));
}

bool output_adopt(struct output *output, int fd)
{
    fcntl(fd, F_SETFL, O_NONBLOCK);
    output->wanted = loop_add(&output->source, fd, EPOLLIN | EPOLLET, output_ready);
    return output->wanted;
}

int output_open(struct process *process, struct output *output)
{
    int ends[2];

    (void)process;
    if (!open_pipe(ends))
        return -1;
    if (!output_adopt(output, ends[0])) {
        close(ends[1]);
        errno = ENOMEM;
        return -1;
    }
    return ends[1];
}

void output_serve(struct process *process, struct output *output)
{
    process_answer_output(process, output, read_output);
}

void output_finish(struct process *process, struct output *output)
{
    int left = TERMINAL_OUTPUT_MAX;

    output->ends_at_exit = false;
    if (output->source.fd < 0) {
        resume(output);
        return;
    }
    /* A terminal does not know how much it holds, only whether there is more. */
    if (!process->terminal)
        ioctl(output->source.fd, FIONREAD, &left);
    output->left = left > 0 ? (size_t)left : 0;
    output->last = true;
    resume(output);
}

void output_abandon(struct output *output)
{
    if (output->source.fd >= 0)
        keep_discarding(output);
}

void output_stream_closed(struct process *process, struct output *output)
{
    output->stream_id = 0;
    output->finished = true;
    if (output->source.fd < 0)
        return;
    /* Nobody looks at it any more: it hangs up when its last descriptor here is closed. */
    if (process->terminal)
        input_close(process);
    /* All was sent, or the keeper's reader went away: the first keeps the writers alive. */
    if (output->last && output->left == 0 && process->state == PROCESS_EXITED)
        keep_discarding(output);
    else
        loop_close(&output->source);
}
