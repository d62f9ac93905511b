/* process.h: the table of processes the keeper started. */
#ifndef SBX_PROCESS_H
#define SBX_PROCESS_H

#include "cgroup.h"
#include "cpu-limit.h"
#include "pipes.h"
#include "protocol.h"
#include "server.h"

#include <sys/resource.h>
#include <sys/types.h>

enum process_state {
    PROCESS_PENDING, /* the command is still arriving */
    PROCESS_RUNNING,
    PROCESS_EXITED,
    PROCESS_FAILED,  /* never started */
};

struct process {
    struct garbage garbage;
    struct process *next;
    uint64_t id;
    enum process_state state;
    pid_t pid;
    uint32_t flags;
    bool terminal;    /* input and outputs[0] are descriptors of one terminal */
    uint64_t started; /* CLOCK_MONOTONIC, ns */
    struct cgroup cgroup;
    struct cpu_limit *cpu_limit; /* or NULL */
    struct request *main;       /* the request that started it; NULL once closed */
    struct request *input_request;
    struct request *output_requests[2];
    struct input input;
    struct output outputs[2];   /* stdout, stderr */
};

/* 0, or EEXIST, EAGAIN, ENOMEM. The record exists from the request's headers on, so that the pipes'
 * requests right behind it find it. */
int process_create(struct request *request);
/* For .../stdin, stdout and stderr: 0, ESRCH, or EBUSY when it has no such pipe to be served. */
int process_attach(struct request *request);
/* The command is complete: runs it and answers. */
void process_start(struct request *request);
/* It cannot be started; the request has been answered. */
void process_abandon(struct request *request);
/* One of its requests is gone. */
void process_detach(struct request *request);
/* Those that run go on by themselves: end of file for their input, nobody for their output. */
void process_forget_all(void);
/* 0, ESRCH, or another errno. */
int process_signal(uint64_t id, const struct sbx_signal *message);
/* 0, ESRCH, ENOTTY, or another errno. */
int process_resize(uint64_t id, const struct sbx_size *size);
/* Of all it started; false when it does not run. */
bool process_usage(uint64_t id, struct sbx_usage *out);
/* A child was reaped; false when it is none of ours. */
bool process_exited(pid_t pid, int status, const struct rusage *usage);

/* For pipes.c. */
void process_answer_input(struct process *process);
void process_answer_output(struct process *process, struct output *output,
                           nghttp2_data_source_read_callback read);

#endif
