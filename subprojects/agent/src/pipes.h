/* pipes.h: a process's standard streams, each a pipe here and an HTTP/2 stream there. */
#ifndef SBX_PIPES_H
#define SBX_PIPES_H

#include "loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct process;

struct input {
    struct source source; /* the write end */
    int32_t stream_id;    /* 0: none */
    bool ended;           /* END_STREAM came; close when the queue is written */
    bool closed;          /* the process reads no more, or will never start */
    bool end_typed;       /* a terminal: the end of input has been typed */
    uint8_t last;         /* a terminal: the latest byte that was typed */
    uint8_t *queue;       /* what the pipe did not take; at most a stream's window */
    size_t queue_at, queue_length, queue_allocated;
};

struct output {
    struct source source; /* the read end */
    int32_t stream_id;    /* 0: none */
    bool wanted;          /* the command has this pipe */
    bool finished;        /* its stream has come and gone */
    bool deferred;        /* nghttp2 waits for bytes */
    bool last;            /* only what is left now is still to be sent */
    bool ends_at_exit;    /* its end is sent with the exit, in one write, and not before */
    size_t left;
};

/* The agent's end of a new pipe is put into the loop; returns the command's, or -1 with errno. */
int input_open(struct process *process);
int output_open(struct process *process, struct output *output);
/* The same with a descriptor that is there already, and is taken. */
bool input_adopt(struct process *process, int fd);
bool output_adopt(struct output *output, int fd);

void input_write(struct process *process, const uint8_t *bytes, size_t length);
void input_end(struct process *process);
/* Nobody reads it any more: tells the keeper, and takes and drops what is still on its way. */
void input_close(struct process *process);
void input_stream_closed(struct process *process);

/* Starts to answer the stream that was attached. */
void output_serve(struct process *process, struct output *output);
/* The process has exited and that ends its output. */
void output_finish(struct process *process, struct output *output);
/* Nobody wants it any more, but its writers shall go on. */
void output_abandon(struct output *output);
void output_stream_closed(struct process *process, struct output *output);

#endif
