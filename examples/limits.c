/* Limits: a command that may take only so much, why it ended, and what it took. */
#include <sandbox/sandbox.h>
#include <stdio.h>

static int fail(sbx_error *error)
{
    fprintf(stderr, "%s\n", sbx_error_message(error));
    sbx_error_free(error);
    return 1;
}

static const char *cause_of(const sbx_result *result)
{
    switch (sbx_result_cause(result)) {
    case SBX_CAUSE_EXIT:
        return "exited by itself";
    case SBX_CAUSE_OOM:
        return "wanted too much memory";
    case SBX_CAUSE_CPU:
        return "used up its CPU time";
    default:
        return "was ended otherwise";
    }
}

static int try(sbx *sandbox, const char *script)
{
    sbx_command *command = sbx_command_new_script(script);
    sbx_result *result = NULL;
    sbx_error *error = NULL;

    if (sbx_command_set_memory_limit(command, 64 << 20, &error) < 0 ||
        sbx_command_set_process_limit(command, 16, &error) < 0 ||
        sbx_command_set_cpu_limit(command, 1000, &error) < 0 ||
        sbx_run(sandbox, command, &result, &error) < 0)
        return fail(error);
    printf("%-28s %s: %llu ms of CPU time, %llu KiB\n", script, cause_of(result),
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
    if (try(sandbox, "echo modest") != 0 || try(sandbox, "tail /dev/zero") != 0 ||
        try(sandbox, "while :; do :; done") != 0)
        return 1;
    sbx_unref(sandbox);
    return 0;
}
