/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program that was built against version 0.1 and has to work with every later 0.x of the same
 * soname.
 *
 * client-0.1.x86_64 is this file as it was compiled then; it is never compiled again (see
 * update.sh). Prints what it does, a line a step; exits with 0 when all went as 0.1 has it.
 */
#include <sandbox/sandbox.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void require(int is_true, const char *what)
{
    printf("%s: %s\n", what, is_true ? "yes" : "NO");
    fflush(stdout);
    if (!is_true)
        exit(1);
}

static int ok(int code, sbx_error *error)
{
    if (code < 0)
        printf("%s: %s\n", sbx_error_code_name(code),
               error != NULL ? sbx_error_message(error) : "no error");
    return code >= 0;
}

static int on_progress(void *data, int permille, const char *stage, const char *text)
{
    (void)permille, (void)stage, (void)text;
    *(int *)data += 1;
    return 0;
}

static void use_errors(void)
{
    sbx_error *error = NULL;
    sbx *sandbox = NULL;
    int calls = 0;
    int code = sbx_connect("nothing", NULL, &sandbox, &error);

    require(code == SBX_E_INVALID && sbx_error_code(error) == SBX_E_INVALID,
            "an error has its code");
    require(strcmp(sbx_error_operation(error), "sbx_connect") == 0, "an error has its operation");
    require(sandbox == NULL && sbx_error_errno(error) == 0, "outputs are untouched");
    require(strcmp(sbx_error_code_name(SBX_E_GONE), "SBX_E_GONE") == 0, "codes have their numbers");
    sbx_error_free(error);
    error = NULL;
    code = sbx_image_verify("no:such-image", on_progress, &calls, &error);
    require(code < 0 && error != NULL, "there is no such image");
    sbx_error_free(error);
}

static sbx_options *make_options(void)
{
    sbx_options *options = sbx_options_new();
    sbx_error *error = NULL;
    uint64_t bytes = 0;
    int64_t milliseconds = 0;

    require(sbx_parse_size("128MiB", &bytes, NULL) == 0 && bytes == SBX_MEMORY_MIN, "sizes");
    require(sbx_parse_duration("1m", &milliseconds, NULL) == 0 && milliseconds == 60000,
            "durations");
    require(ok(sbx_options_set_memory(options, bytes, &error), error) &&
                ok(sbx_options_set_disk_size(options, SBX_DISK_SIZE_MIN, &error), error) &&
                ok(sbx_options_set_timeout(options, milliseconds, &error), error) &&
                ok(sbx_options_set_env(options, "BASH_ENV", "", &error), error) &&
                ok(sbx_options_set_env(options, "GREETING", "hello", &error), error) &&
                ok(sbx_options_set_label(options, "made-by", "0.1", &error), error),
            "options");
    return options;
}

static void use_script(sbx *sandbox)
{
    sbx_error *error = NULL;
    sbx_result *result = NULL;
    size_t length = 0;

    require(ok(sbx_sh(sandbox, "echo $GREETING; echo oops >&2; exit 3", &result, &error), error),
            "a script runs");
    require(strcmp(sbx_result_stdout(result, &length), "hello\n") == 0 && length == 6,
            "its output");
    require(strcmp(sbx_result_stderr(result, NULL), "oops\n") == 0, "its errors");
    require(sbx_result_exit_code(result) == 3 && sbx_result_signal(result) == 0 &&
                sbx_result_oom(result) == 0,
            "its end");
    sbx_result_free(result);
}

static void use_process(sbx *sandbox)
{
    sbx_command *command = sbx_command_new("sed");
    sbx_process *process = NULL;
    sbx_error *error = NULL;
    char text[16] = "";
    int input;

    require(ok(sbx_command_add_arg(command, "s/o/0/", &error), error) &&
                ok(sbx_command_set_stdio(command, SBX_STDIN, SBX_STDIO_PIPE, &error), error) &&
                ok(sbx_spawn(sandbox, command, &process, &error), error),
            "a command starts");
    input = sbx_process_take_fd(process, SBX_STDIN);
    require(input >= 0 && write(input, "foo\n", 4) == 4 && close(input) == 0, "it is written to");
    require(read(sbx_process_fd(process, SBX_STDOUT), text, sizeof text - 1) == 4 &&
                strcmp(text, "f0o\n") == 0,
            "it answers");
    require(sbx_process_wait(process, -1, &error) == 1 && sbx_process_exit_code(process) == 0,
            "it ends");
    sbx_process_unref(process);
    sbx_command_unref(command);
}

static void use_list(sbx *sandbox)
{
    sbx_list *list = NULL;
    sbx_error *error = NULL;

    require(ok(sbx_list_get(&list, &error), error) && sbx_list_length(list) == 1, "a list");
    require(strcmp(sbx_list_id(list, 0), sbx_id(sandbox)) == 0 &&
                sbx_list_status(list, 0) == SBX_STATUS_RUNNING &&
                sbx_list_memory(list, 0) == SBX_MEMORY_MIN && sbx_list_deadline(list, 0) > 0 &&
                strcmp(sbx_list_label_value(list, 0, 0), "0.1") == 0,
            "what it says");
    sbx_list_free(list);
}

int main(void)
{
    sbx_options *options = make_options();
    sbx *sandbox = NULL;
    sbx *again = NULL;
    sbx_result *result = NULL;
    sbx_error *error = NULL;

    use_errors();
    require(ok(sbx_create(options, &sandbox, &error), error), "a sandbox");
    sbx_options_unref(options);
    use_script(sandbox);
    use_process(sandbox);
    use_list(sandbox);
    require(ok(sbx_connect(sbx_id(sandbox), NULL, &again, &error), error), "a second handle");
    require(ok(sbx_kill(again, &error), error), "it is killed");
    require(sbx_sh(sandbox, "true", &result, &error) == SBX_E_GONE && result == NULL, "it is gone");
    sbx_error_free(error);
    require(sbx_unref(again) == NULL && sbx_unref(sandbox) == NULL, "handles are dropped");
    printf("version %d.%d client: done\n", SBX_VERSION_MAJOR, SBX_VERSION_MINOR);
    return 0;
}
