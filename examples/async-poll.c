/* Async: ten scripts at once on one thread, with poll(). */
#include <poll.h>
#include <sandbox/sandbox.h>
#include <stdio.h>
#include <stdlib.h>

#define SCRIPTS 10

/* What belongs to a script that runs. */
typedef struct {
    int number;
    sbx_result *result; /* written when its op is done */
} Job;

static int fail(sbx_error *error)
{
    fprintf(stderr, "%s\n", sbx_error_message(error));
    sbx_error_free(error);
    return 1;
}

static int start(sbx *sandbox, Job *job, sbx_error **error)
{
    char script[64];
    sbx_op *op;
    int code;

    snprintf(script, sizeof script, "sleep 0.%d; echo script %d", 10 - job->number, job->number);
    code = sbx_sh_start(sandbox, script, &job->result, NULL, &op, error);
    if (code == SBX_OK)
        sbx_op_set_data(op, job);
    return code;
}

/* Takes an op that is done. */
static int take(sbx_op *op, sbx_error **error)
{
    Job *job = sbx_op_data(op);
    int code = sbx_op_finish(op, error);

    if (code == SBX_OK)
        fputs(sbx_result_stdout(job->result, NULL), stdout);
    if (code == SBX_OK)
        sbx_result_free(job->result);
    sbx_op_unref(op);
    return code;
}

int main(void)
{
    struct pollfd ready = {.fd = sbx_get_fd(NULL), .events = POLLIN};
    Job jobs[SCRIPTS];
    sbx *sandbox = NULL;
    sbx_error *error = NULL;
    int left = SCRIPTS;

    if (sbx_create(NULL, &sandbox, &error) < 0)
        return fail(error);
    for (int i = 0; i < SCRIPTS; i++) {
        jobs[i] = (Job){.number = i};
        if (start(sandbox, &jobs[i], &error) < 0)
            return fail(error);
    }
    while (left > 0) {
        sbx_op *op;

        if (poll(&ready, 1, -1) > 0 && sbx_dispatch(NULL, &error) < 0)
            return fail(error);
        for (; (op = sbx_queue_next(NULL)) != NULL; left--)
            if (take(op, &error) < 0)
                return fail(error);
    }
    sbx_unref(sandbox);
    return 0;
}
