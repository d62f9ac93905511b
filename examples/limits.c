/* Limits: commands that may take, write and last only so much, and why they ended. */
#include <sandbox/sandbox.h>
#include <stdint.h>
#include <stdio.h>

static int fail(sbx_error *error)
{
    fprintf(stderr, "%s\n", sbx_error_message(error));
    sbx_error_free(error);
    return 1;
}

/* 0: no limit. */
static const struct trial {
    const char *script;
    uint64_t memory;
    int64_t cpu_ms;
    int64_t deadline_ms; /* by the clock of this machine, whatever the command does */
    int64_t output;
} trials[] = {
    {.script = "echo modest"},
    {.script = "tail /dev/zero", .memory = 64 << 20},
    {.script = "while :; do :; done", .cpu_ms = 1000},
    {.script = "trap '' TERM; sleep 1000", .deadline_ms = 2000},
    {.script = "yes", .output = 100000},
};

static int limit(sbx_command *command, const struct trial *trial, sbx_error **error)
{
    int code = sbx_command_set_process_limit(command, 16, error);

    if (code == 0)
        code = sbx_command_set_memory_limit(command, trial->memory, error);
    if (code == 0)
        code = sbx_command_set_cpu_limit(command, trial->cpu_ms, error);
    if (code == 0)
        code = sbx_command_set_deadline(command, trial->deadline_ms, error);
    if (code == 0)
        code = sbx_command_set_output_limit(command, trial->output, error);
    return code;
}

static int run(sbx *sandbox, const struct trial *trial)
{
    static const char *const causes[] = {
        [SBX_CAUSE_EXIT] = "exited by itself",
        [SBX_CAUSE_SIGNAL] = "was killed by a signal",
        [SBX_CAUSE_OOM] = "wanted too much memory",
        [SBX_CAUSE_DEADLINE] = "was killed at its deadline",
        [SBX_CAUSE_CPU] = "used up its CPU time",
        [SBX_CAUSE_OUTPUT] = "wrote too much",
        [SBX_CAUSE_UNKNOWN] = "ended, nobody knows how",
    };
    sbx_command *command = sbx_command_new_script(trial->script);
    sbx_result *result = NULL;
    sbx_error *error = NULL;

    if (limit(command, trial, &error) < 0 || sbx_run(sandbox, command, &result, &error) < 0)
        return fail(error);
    printf("%-28s %s: %llu ms of CPU time, %llu KiB\n", trial->script,
           causes[sbx_result_cause(result)],
           (unsigned long long)sbx_result_cpu_time_us(result) / 1000,
           (unsigned long long)sbx_result_peak_memory(result) / 1024);
    sbx_result_free(result);
    sbx_command_unref(command);
    return 0;
}

int main(void)
{
    sbx *sandbox = NULL;
    sbx_error *error = NULL;

    if (sbx_create(NULL, &sandbox, &error) < 0)
        return fail(error);
    for (size_t i = 0; i < sizeof trials / sizeof *trials; i++)
        if (run(sandbox, &trials[i]) != 0)
            return 1;
    sbx_unref(sandbox);
    return 0;
}
