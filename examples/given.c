/* Given descriptors: a command in the sandbox reads this program's standard input and writes to its
 * standard output and to a file, without a byte passing through this program. */
#include <fcntl.h>
#include <sandbox/sandbox.h>
#include <stdio.h>
#include <unistd.h>

static int fail(sbx_error *error)
{
    fprintf(stderr, "%s\n", sbx_error_message(error));
    sbx_error_free(error);
    return 1;
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "/dev/null";
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    sbx_command *command = sbx_command_new_script("sort | uniq -c; echo \"sorted as $USER\" >&2");
    sbx *sandbox = NULL;
    sbx_result *result = NULL;
    sbx_error *error = NULL;
    int code;

    if (file < 0) {
        perror(path);
        return 1;
    }
    if (sbx_create(NULL, &sandbox, &error) < 0 ||
        sbx_command_set_stdio(command, SBX_STDIN, SBX_STDIO_INHERIT, &error) < 0 ||
        sbx_command_set_stdio(command, SBX_STDOUT, SBX_STDIO_INHERIT, &error) < 0 ||
        sbx_command_set_fd(command, SBX_STDERR, file, &error) < 0 ||
        sbx_run(sandbox, command, &result, &error) < 0)
        return fail(error);
    code = sbx_result_exit_code(result);
    sbx_result_free(result);
    sbx_command_unref(command);
    sbx_unref(sandbox);
    close(file);
    return code;
}
