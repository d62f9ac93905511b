/* Streams: a command whose input and output are file descriptors of this program. */
#include <sandbox/sandbox.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int fail(sbx_error *error)
{
    fprintf(stderr, "%s\n", sbx_error_message(error));
    sbx_error_free(error);
    return 1;
}

int main(void)
{
    static const char text[] = "hello from the host\n";
    sbx *sandbox = NULL;
    sbx_process *process = NULL;
    sbx_error *error = NULL;
    sbx_command *command = sbx_command_new("tr");
    char buffer[4096];
    ssize_t n;
    int input;

    if (sbx_command_add_arg(command, "a-z", &error) < 0 ||
        sbx_command_add_arg(command, "A-Z", &error) < 0 ||
        sbx_command_set_stdio(command, SBX_STDIN, SBX_STDIO_PIPE, &error) < 0 ||
        sbx_create(NULL, &sandbox, &error) < 0 ||
        sbx_spawn(sandbox, command, &process, &error) < 0)
        return fail(error);
    input = sbx_process_take_fd(process, SBX_STDIN);
    if (write(input, text, strlen(text)) < 0)
        perror("write");
    close(input); /* end-of-file for the command */
    while ((n = read(sbx_process_fd(process, SBX_STDOUT), buffer, sizeof buffer)) > 0)
        fwrite(buffer, 1, (size_t)n, stdout);
    if (sbx_process_wait(process, -1, &error) < 0)
        return fail(error);
    printf("exit code %d\n", sbx_process_exit_code(process));
    sbx_process_unref(process);
    sbx_command_unref(command);
    sbx_unref(sandbox);
    return 0;
}
