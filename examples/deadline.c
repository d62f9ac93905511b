/* Deadlines: a command may take and write only so much, by the clock of this machine, whatever it does. */
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
    case SBX_CAUSE_DEADLINE:
        return "killed at its deadline";
    case SBX_CAUSE_OUTPUT:
        return "killed, because it wrote too much";
    default:
        return "ended otherwise";
    }
}

static int try(sbx *sandbox, const char *script)
{
    sbx_command *command = sbx_command_new_script(script);
    sbx_result *result = NULL;
    sbx_error *error = NULL;
    size_t length;

    if (sbx_command_set_deadline(command, 2000, &error) < 0 ||
        sbx_command_set_output_limit(command, 100000, &error) < 0 ||
        sbx_run(sandbox, command, &result, &error) < 0)
        return fail(error);
    sbx_result_stdout(result, &length);
    printf("%-32s %s; %zu bytes of output\n", script, cause_of(result), length);
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
    if (try(sandbox, "echo in time") != 0 || try(sandbox, "trap '' TERM; sleep 1000") != 0 ||
        try(sandbox, "yes") != 0)
        return 1;
    sbx_unref(sandbox);
    return 0;
}
