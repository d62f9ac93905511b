/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The poll() loop behind run and exec. There are three channels, each with one buffer: input,
 * output and error. A channel waits either for its source (buffer empty) or for its sink (buffer
 * not empty), so a slow end slows the other one down and nothing piles up here.
 *
 * The process's ends are ours alone and are made non-blocking. Our own standard streams are shared
 * with other programs and must not be; after POLLOUT a pipe takes CHUNK bytes without blocking, so
 * no more is written at a time.
 *
 * A sink whose reader has left closes the channel's source. For output that makes the pipe in the
 * sandbox break, the command gets SIGPIPE there, and `sbx run yes | head` ends as `yes | head`
 * does.
 *
 * What the guest is asked for (to send a signal, to resize) are ops: it may never answer.
 *
 * The end: the command was started so that its output ends when it does, and not when the last
 * background process that it left behind closes the pipes.
 */
#include "pump.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "raw.h"
#include "report.h"
#include "signals.h"
#include "wait-op.h"

#define BUFFER_SIZE 65536
#define CHUNK PIPE_BUF
#define LEAVE_KEY '\x1d' /* Ctrl-] */

struct channel {
    const char *name;
    int source; /* -1 when closed */
    int sink;   /* -1 when closed */
    size_t start;
    size_t end;  /* start == end: empty */
    bool paused; /* input from a terminal that belongs to another job now */
    char buffer[BUFFER_SIZE];
};

enum { INPUT, OUTPUT, ERROR, CHANNELS };

/* Places in the array for poll(). Each channel has two, from CHANNEL_POLL on. */
enum { SIGNAL_POLL, EXIT_POLL, OPS_POLL, CHANNEL_POLL, POLLS = CHANNEL_POLL + 2 * CHANNELS };

struct pump {
    const struct invocation *inv;
    sbx_process *process;
    int signal_fd;
    enum pump_mode mode;
    bool left;       /* the key was typed */
    gint64 deadline; /* of the monotonic clock, in microseconds; 0: none */
    int signals; /* how many came that end things */
    sbx_op *signal_op; /* the first of them on its way into the sandbox */
    gint64 patience;   /* until when it may be on its way; 0: it is not */
    sbx_op *size_op;
    bool ended;  /* the process, or its sandbox */
    bool output_lost;
    int wait_result;
    sbx_error *error; /* when wait_result is negative */
    struct channel channels[CHANNELS];
};

/* Our standard streams stay open; the process's are ours to close. */
static void close_end(int *fd)
{
    if (*fd > STDERR_FILENO)
        close(*fd);
    *fd = -1;
}

static void channel_close(struct channel *channel)
{
    channel->start = channel->end = 0;
    close_end(&channel->source);
    close_end(&channel->sink);
}

static void set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags >= 0)
        fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

static void channel_open(struct channel *channel, const char *name, int source, int sink)
{
    channel->name = name;
    channel->source = source;
    channel->sink = sink;
    if (source < 0 || sink < 0)
        channel_close(channel);
    else
        set_nonblocking(MAX(source, sink)); /* the process's: above our 0, 1, 2 */
}

static bool is_empty(const struct channel *channel)
{
    return channel->start == channel->end;
}

static bool is_our_terminal(int fd)
{
    pid_t foreground = tcgetpgrp(fd);

    return foreground < 0 || foreground == getpgrp();
}

static void report_stream(struct pump *pump, const struct channel *channel, const char *what,
                          int err)
{
    g_autofree char *text =
        g_strdup_printf("cannot %s standard %s: %s", what, channel->name, g_strerror(err));

    report_failure(pump->inv, SBX_E_SYSTEM, text, NULL);
}

/* What was typed before the key is still passed on. */
static ssize_t look_for_key(struct pump *pump, const char *bytes, ssize_t length)
{
    const char *key = memchr(bytes, LEAVE_KEY, (size_t)length);

    pump->left = key != NULL;
    return key ? key - bytes : length;
}

/* The source is readable, or at its end. */
static void channel_read(struct pump *pump, struct channel *channel)
{
    ssize_t got;

    /* A background job that reads the terminal would be stopped. SIGCONT resumes reading. */
    if (channel->source == STDIN_FILENO && !is_our_terminal(STDIN_FILENO)) {
        channel->paused = true;
        return;
    }
    got = read(channel->source, channel->buffer, BUFFER_SIZE);
    if (got > 0 && pump->mode == PUMP_TERMINAL_LEAVE && channel->source == STDIN_FILENO)
        got = look_for_key(pump, channel->buffer, got);
    if (got > 0 || pump->left) {
        channel->start = 0;
        channel->end = (size_t)got;
        return;
    }
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got < 0 && channel->source == STDIN_FILENO)
        report_stream(pump, channel, "read", errno);
    channel_close(channel);
}

/* The sink is writable, or broken. */
static void channel_write(struct pump *pump, struct channel *channel)
{
    size_t length = MIN(channel->end - channel->start, (size_t)CHUNK);
    ssize_t done = write(channel->sink, channel->buffer + channel->start, length);

    if (done >= 0) {
        channel->start += (size_t)done;
        return;
    }
    if (errno == EAGAIN || errno == EINTR)
        return;
    if (errno != EPIPE && channel->sink <= STDERR_FILENO) {
        report_stream(pump, channel, "write", errno);
        pump->output_lost = true;
    }
    channel_close(channel);
}

static void channel_prepare(const struct channel *channel, struct pollfd *polls)
{
    bool empty = is_empty(channel);

    polls[0] =
        (struct pollfd){.fd = empty && !channel->paused ? channel->source : -1, .events = POLLIN};
    polls[1] = (struct pollfd){.fd = channel->sink, .events = empty ? 0 : POLLOUT};
    /* An idle sink of our own is left alone; the process's is watched for being closed, so that no
     * input is read that nobody wants. */
    if (empty && channel->sink <= STDERR_FILENO)
        polls[1].fd = -1;
}

static void channel_dispatch(struct pump *pump, struct channel *channel, const struct pollfd *polls)
{
    if (polls[1].fd >= 0 && polls[1].revents) {
        if (!is_empty(channel))
            channel_write(pump, channel);
        else
            channel_close(channel);
    } else if (polls[0].fd >= 0 && polls[0].revents) {
        channel_read(pump, channel);
    }
}

static bool output_finished(const struct pump *pump)
{
    return pump->channels[OUTPUT].source < 0 && pump->channels[ERROR].source < 0;
}

/* A failure means that the process has ended, and exit_fd says so, too. A size that has not got there
 * yet is not wanted any more. */
static void pass_size_on(struct pump *pump)
{
    int rows;
    int columns;

    raw_size(&rows, &columns);
    g_clear_pointer(&pump->size_op, sbx_op_unref);
    if (sbx_process_resize_start(pump->process, rows, columns, NULL, &pump->size_op, NULL) >= 0)
        sbx_dispatch(NULL, NULL);
}

/* A failure needs no words: the sandbox has gone, and exit_fd says so, too. */
static void pass_signal_on(struct pump *pump, int number)
{
    if (sbx_process_signal_start(pump->process, number, NULL, &pump->signal_op, NULL) < 0)
        return;
    pump->patience = g_get_monotonic_time() + WAIT_OP_PATIENCE_MS * 1000;
    sbx_dispatch(NULL, NULL);
}

/* Returns true when the guest has had its time to take the signal. */
static bool guest_is_silent(struct pump *pump)
{
    sbx_dispatch(NULL, NULL);
    if (pump->signal_op && sbx_op_is_done(pump->signal_op))
        pump->patience = 0;
    return pump->patience != 0 && g_get_monotonic_time() >= pump->patience;
}

/* One that does not end things. */
static bool handle_terminal_signal(struct pump *pump, int number)
{
    if (number != SIGCONT && number != SIGWINCH)
        return false;
    if (number == SIGCONT) {
        pump->channels[INPUT].paused = false;
        if (pump->mode != PUMP_STREAMS)
            raw_enter();
    }
    if (pump->mode != PUMP_STREAMS && !pump->ended)
        pass_size_on(pump);
    return true;
}

/* Returns true when the user insists on the end. */
static bool handle_signals(struct pump *pump)
{
    int number;

    while ((number = signals_next(pump->signal_fd)) != 0) {
        if (handle_terminal_signal(pump, number))
            continue;
        if (pump->ended || ++pump->signals > 1)
            return true;
        pass_signal_on(pump, number);
    }
    return false;
}

static void handle_exit(struct pump *pump)
{
    int rc = sbx_process_wait(pump->process, 0, &pump->error);

    if (rc == 0)
        return;
    pump->wait_result = rc;
    pump->ended = true;
    channel_close(&pump->channels[INPUT]);
}

/* Waits for something to happen. Returns what poll() does; 0: the time is over. */
static int pump_poll(struct pump *pump, struct pollfd *polls)
{
    gint64 until = pump->deadline;

    if (pump->patience != 0 && (until == 0 || pump->patience < until))
        until = pump->patience;
    polls[SIGNAL_POLL] = (struct pollfd){.fd = pump->signal_fd, .events = POLLIN};
    polls[EXIT_POLL] = (struct pollfd){.fd = pump->ended ? -1 : sbx_process_exit_fd(pump->process),
                                       .events = POLLIN};
    polls[OPS_POLL] = (struct pollfd){.fd = sbx_get_fd(NULL), .events = POLLIN};
    for (int i = 0; i < CHANNELS; i++)
        channel_prepare(&pump->channels[i], polls + CHANNEL_POLL + 2 * i);
    return poll(polls, POLLS, wait_op_left(until));
}

static enum pump_end pump_loop(struct pump *pump)
{
    while (!pump->ended || !output_finished(pump)) {
        struct pollfd polls[POLLS];
        int ready = pump_poll(pump, polls);

        if (ready < 0 && errno == EINTR)
            continue;
        if (ready < 0)
            break;
        if (pump->deadline != 0 && g_get_monotonic_time() >= pump->deadline)
            return PUMP_TIMED_OUT;
        if (polls[SIGNAL_POLL].revents && handle_signals(pump))
            return PUMP_INTERRUPTED;
        if (guest_is_silent(pump) && !pump->ended)
            return PUMP_INTERRUPTED;
        for (int i = 0; i < CHANNELS; i++)
            channel_dispatch(pump, &pump->channels[i], polls + CHANNEL_POLL + 2 * i);
        if (pump->left && is_empty(&pump->channels[INPUT]))
            return PUMP_LEFT;
        if (polls[EXIT_POLL].revents)
            handle_exit(pump);
    }
    return pump->wait_result > 0 ? PUMP_EXITED : PUMP_FAILED;
}

enum pump_end pump_run(const struct invocation *inv, sbx_process *process, int signal_fd,
                       enum pump_mode mode, gint64 deadline, bool *output_lost, sbx_error **error)
{
    g_autofree struct pump *pump = g_new0(struct pump, 1);
    enum pump_end end;

    pump->inv = inv;
    pump->process = process;
    pump->signal_fd = signal_fd;
    pump->mode = mode;
    pump->deadline = deadline;
    channel_open(&pump->channels[INPUT], "input", STDIN_FILENO,
                 sbx_process_take_fd(process, SBX_STDIN));
    channel_open(&pump->channels[OUTPUT], "output", sbx_process_take_fd(process, SBX_STDOUT),
                 STDOUT_FILENO);
    channel_open(&pump->channels[ERROR], "error", sbx_process_take_fd(process, SBX_STDERR),
                 STDERR_FILENO);

    if (mode != PUMP_STREAMS)
        raw_enter();
    /* Whoever started it gave it the size of another terminal. */
    if (mode == PUMP_TERMINAL_LEAVE)
        pass_size_on(pump);
    end = pump_loop(pump);
    raw_leave();

    for (int i = 0; i < CHANNELS; i++)
        channel_close(&pump->channels[i]);
    sbx_op_unref(pump->signal_op);
    sbx_op_unref(pump->size_op);
    *output_lost = pump->output_lost;
    *error = pump->error;
    return end;
}
