/* process.c: records from the first header to the last closed stream. Starting is in spawn.c. */
#include "process.h"

#include "agent.h"
#include "metrics.h"
#include "spawn.h"
#include "terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

enum { BUCKETS = 256 };

static struct process *table[BUCKETS]; /* by ID */
static size_t process_count;

static struct process *find(uint64_t id)
{
    struct process *process = table[id % BUCKETS];
    while (process != NULL && process->id != id)
        process = process->next;
    return process;
}

int process_create(struct request *request)
{
    if (find(request->id) != NULL)
        return EEXIST;
    if (process_count >= SBX_PROTO_MAX_PROCESSES)
        return EAGAIN;
    struct process *process = calloc(1, sizeof *process);
    if (process == NULL)
        return ENOMEM;
    process->id = request->id;
    process->cgroup = CGROUP_NONE;
    process->input.source.fd = -1;
    process->outputs[0].source.fd = process->outputs[1].source.fd = -1;
    process->main = request;
    request->process = process;
    process->next = table[process->id % BUCKETS];
    table[process->id % BUCKETS] = process;
    process_count++;
    return 0;
}

static void discard(struct process *process)
{
    struct process **at = &table[process->id % BUCKETS];

    while (*at != process)
        at = &(*at)->next;
    *at = process->next;
    process_count--;
    input_close(process);
    for (int i = 0; i < 2; i++)
        loop_close(&process->outputs[i].source);
    cpu_limit_release(process->cpu_limit);
    process->cpu_limit = NULL;
    cgroup_release(&process->cgroup);
    loop_free_later(&process->garbage);
}

/* Everything is over: it ended, its exit was told, its output was fetched. */
static void discard_if_over(struct process *process)
{
    if (process->state != PROCESS_EXITED && process->state != PROCESS_FAILED)
        return;
    if (process->main != NULL || process->input_request != NULL)
        return;
    for (int i = 0; i < 2; i++) {
        if (process->output_requests[i] != NULL)
            return;
        /* Its request may still be on the way. */
        if (process->outputs[i].wanted && !process->outputs[i].finished)
            return;
    }
    discard(process);
}

void process_answer_input(struct process *process)
{
    if (process->input_request != NULL)
        server_answer(process->input_request, "204");
}

void process_answer_output(struct process *process, struct output *output,
                           nghttp2_data_source_read_callback read)
{
    struct request *request = process->output_requests[output - process->outputs];
    if (request != NULL)
        server_answer_stream(request, read, output);
}

static void refuse(struct request *request)
{
    static const struct sbx_failure failure = {.kind = SBX_FAILURE_NO_PROCESS,
                                               .text = "the process did not start"};
    if (request != NULL)
        server_answer_failure(request, "409", &failure);
}

int process_attach(struct request *request)
{
    struct process *process = find(request->id);
    bool pending = process != NULL && process->state == PROCESS_PENDING;

    if (process == NULL || process->state == PROCESS_FAILED)
        return ESRCH;
    if (request->resource == SBX_RESOURCE_STDIN) {
        if (process->input_request != NULL ||
            (!pending && (process->flags & SBX_COMMAND_STDIN) == 0))
            return EBUSY;
        process->input_request = request;
        process->input.stream_id = request->stream_id;
        request->process = process;
        if (process->input.closed)
            process_answer_input(process);
        return 0;
    }
    int i = request->resource == SBX_RESOURCE_STDERR;
    struct output *output = &process->outputs[i];
    if (process->output_requests[i] != NULL || output->finished || (!pending && !output->wanted))
        return EBUSY;
    process->output_requests[i] = request;
    output->stream_id = request->stream_id;
    request->process = process;
    if (!pending)
        output_serve(process, output);
    return 0;
}

/* The requests that came before it was known whether there is anything to serve. */
static void serve_pipes(struct process *process)
{
    for (int i = 0; i < 2; i++) {
        if (process->outputs[i].wanted)
            output_serve(process, &process->outputs[i]);
        else
            refuse(process->output_requests[i]);
    }
    if ((process->flags & SBX_COMMAND_STDIN) == 0) {
        refuse(process->input_request);
        if (!process->terminal) {
            process->input.closed = true;
            return;
        }
        /* Nobody will ever type anything. */
        process->input.ended = true;
    }
    /* What arrived meanwhile. */
    if (process->input.ended || process->input.queue_length > 0)
        process->input.source.ready(&process->input.source, 0);
}

void process_abandon(struct request *request)
{
    struct process *process = request->process;

    process->state = PROCESS_FAILED;
    for (int i = 0; i < 2; i++) {
        loop_close(&process->outputs[i].source);
        process->outputs[i].finished = true;
        refuse(process->output_requests[i]);
    }
    refuse(process->input_request);
    loop_close(&process->input.source);
    process->input.closed = true;
    cpu_limit_release(process->cpu_limit);
    process->cpu_limit = NULL;
    cgroup_release(&process->cgroup);
}

void process_start(struct request *request)
{
    struct process *process = request->process;
    struct sbx_failure failure = {0};

    if (process == NULL || process->state != PROCESS_PENDING)
        return;
    if (!spawn(process, request->body, request->body_length, &failure)) {
        server_answer_failure(request, failure.kind == SBX_FAILURE_REQUEST ? "400" : "422",
                              &failure);
        process_abandon(request);
        return;
    }
    process->state = PROCESS_RUNNING;
    free(request->body);
    request->body = NULL;
    request->body_length = request->body_allocated = 0;
    sbx_tlv_writer_init(&request->reply, SBX_PROTO_MAX_REPLY);
    server_answer_reply(request, "200", process->pid);
    serve_pipes(process);
}

void process_detach(struct request *request)
{
    struct process *process = request->process;

    request->process = NULL;
    if (process->main == request) {
        process->main = NULL;
        if (process->state == PROCESS_PENDING) {
            request->process = process;
            process_abandon(request);
            request->process = NULL;
        }
    } else if (process->input_request == request) {
        process->input_request = NULL;
        input_stream_closed(process);
    }
    for (int i = 0; i < 2; i++) {
        if (process->output_requests[i] == request) {
            process->output_requests[i] = NULL;
            output_stream_closed(process, &process->outputs[i]);
        }
    }
    discard_if_over(process);
}

/* Its requests are not told: they are dropped with their session. */
static void forget(struct process *process)
{
    process->input.stream_id = 0;
    for (int i = 0; i < 2; i++)
        output_abandon(&process->outputs[i]);
    discard(process);
}

void process_forget_all(void)
{
    for (size_t i = 0; i < BUCKETS; i++)
        while (table[i] != NULL)
            forget(table[i]);
}

int process_signal(uint64_t id, const struct sbx_signal *message)
{
    struct process *process = find(id);
    int number = (int)message->number;

    if (process == NULL || process->state == PROCESS_PENDING || process->state == PROCESS_FAILED)
        return ESRCH;
    if (message->scope == SBX_SCOPE_CGROUP && cgroup_signal(&process->cgroup, number))
        return 0;
    /* Reaped: the number may belong to somebody else by now. */
    if (process->state == PROCESS_EXITED)
        return ESRCH;
    pid_t target = message->scope == SBX_SCOPE_PROCESS ? process->pid : -process->pid;
    return kill(target, number) == 0 ? 0 : errno;
}

int process_resize(uint64_t id, const struct sbx_size *size)
{
    struct process *process = find(id);

    if (process == NULL || process->state != PROCESS_RUNNING)
        return ESRCH;
    return process->terminal ? terminal_resize(process, size) : ENOTTY;
}

bool process_usage(uint64_t id, struct sbx_usage *out)
{
    struct process *process = find(id);

    if (process == NULL || process->state != PROCESS_RUNNING)
        return false;
    *out = (struct sbx_usage){0};
    if (!cgroup_usage(&process->cgroup, out))
        metrics_of_process(process->pid, out);
    return true;
}

static struct process *find_running(pid_t pid)
{
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct process *process = table[i]; process != NULL; process = process->next)
            if (process->pid == pid && process->state == PROCESS_RUNNING)
                return process;
    return NULL;
}

static uint64_t microseconds(const struct timeval *time)
{
    return (uint64_t)time->tv_sec * 1000000u + (uint64_t)time->tv_usec;
}

static uint32_t cause_of(const struct process *process, int status, bool oom)
{
    if (status != 0 && cpu_limit_reached(process->cpu_limit))
        return SBX_EXIT_CAUSE_CPU;
    if (status != 0 && oom)
        return SBX_EXIT_CAUSE_OOM;
    return WIFSIGNALED(status) ? SBX_EXIT_CAUSE_SIGNAL : SBX_EXIT_CAUSE_EXIT;
}

/* What is known better than from the process itself. */
static void measure(struct process *process, struct sbx_exit *record)
{
    struct sbx_usage usage = {0};

    if (!cgroup_finish(&process->cgroup, &usage, &record->oom))
        return;
    record->cpu_user = usage.cpu_user;
    record->cpu_system = usage.cpu_system;
    record->peak_memory = usage.peak_memory;
}

static void report_exit(struct process *process, int status, const struct rusage *usage)
{
    struct sbx_exit record = {
        .signalled = WIFSIGNALED(status),
        .status = (uint32_t)(WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status)),
        .cpu_user = microseconds(&usage->ru_utime),
        .cpu_system = microseconds(&usage->ru_stime),
        .max_rss = (uint64_t)usage->ru_maxrss * 1024,
        .wall = agent_clock(CLOCK_MONOTONIC) - process->started,
    };

    if (process->main == NULL)
        return;
    measure(process, &record);
    record.cause = cause_of(process, status, record.oom);
    sbx_exit_encode(&process->main->reply, &record);
    server_reply_ready(process->main);
}

bool process_exited(pid_t pid, int status, const struct rusage *usage)
{
    struct process *process = find_running(pid);

    if (process == NULL)
        return false;
    process->state = PROCESS_EXITED;
    report_exit(process, status, usage);
    input_close(process);
    if ((process->flags & SBX_COMMAND_OUTPUT_ENDS_AT_EXIT) != 0)
        for (int i = 0; i < 2; i++)
            output_finish(process, &process->outputs[i]);
    discard_if_over(process);
    return true;
}
