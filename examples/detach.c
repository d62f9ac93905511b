/* Detached processes: leave one alone, see what there is, and come back to it by its number. */
#include <sandbox/sandbox.h>
#include <stdio.h>
#include <unistd.h>

static int fail(sbx_error *error)
{
    fprintf(stderr, "%s\n", sbx_error_message(error));
    sbx_error_free(error);
    return 1;
}

static int show(sbx *sandbox, sbx_error **error)
{
    sbx_process_list *list = NULL;

    if (sbx_process_list_get(sandbox, &list, error) < 0)
        return -1;
    for (size_t i = 0; i < sbx_process_list_length(list); i++)
        printf("%lld: %s (%s)\n", (long long)sbx_process_list_id(list, i),
               sbx_process_list_command(list, i),
               sbx_process_list_state(list, i) == SBX_PROCESS_RUNNING ? "running" : "exited");
    sbx_process_list_free(list);
    return 0;
}

int main(void)
{
    sbx *sandbox = NULL;
    sbx_command *command = sbx_command_new_script("echo working; sleep 1; echo done; exit 7");
    sbx_process *process = NULL;
    sbx_error *error = NULL;
    char buffer[4096];
    int64_t id;
    ssize_t n;

    sbx_command_set_detached(command, 1);
    if (sbx_create(NULL, &sandbox, &error) < 0 ||
        sbx_spawn(sandbox, command, &process, &error) < 0)
        return fail(error);
    sbx_command_unref(command);
    id = sbx_process_id(process);
    sbx_process_unref(process);
    /* Any program of this user could do the rest, now or later. */
    if (show(sandbox, &error) < 0 || sbx_process_attach(sandbox, id, &process, &error) < 0)
        return fail(error);
    while ((n = read(sbx_process_fd(process, SBX_STDOUT), buffer, sizeof buffer)) > 0)
        fwrite(buffer, 1, (size_t)n, stdout);
    if (sbx_process_wait(process, -1, &error) < 0)
        return fail(error);
    printf("exit code %d\n", sbx_process_exit_code(process));
    sbx_process_unref(process);
    sbx_unref(sandbox);
    return 0;
}
