/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands: the real library, keeper and agent, without a VM. */
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/test-box.h"
#include "lib/test-keeper.h"
#include "lib/test-main.h"
#include "lib/test-process.h"

#define MIB ((size_t)1 << 20)

static sbx_result *sh(const char *script)
{
    sbx_error *error = NULL;
    sbx_result *result = NULL;

    test_ok(sbx_sh(box, script, &result, &error), &error);
    return result;
}

static sbx_process *spawn(sbx_command *command)
{
    sbx_error *error = NULL;
    sbx_process *process = NULL;

    test_ok(sbx_spawn(box, command, &process, &error), &error);
    sbx_command_unref(command);
    return process;
}

static void assert_output(const sbx_result *result, const char *out, const char *err)
{
    size_t length;

    ck_assert_str_eq(sbx_result_stdout(result, &length), out);
    ck_assert_uint_eq(length, strlen(out));
    ck_assert_str_eq(sbx_result_stderr(result, &length), err);
    ck_assert_uint_eq(length, strlen(err));
}

START_TEST(streams_and_exit_code)
{
    sbx_result *result = sh("echo out; echo err >&2; cat; exit 42");

    assert_output(result, "out\n", "err\n");
    ck_assert_int_eq(sbx_result_exit_code(result), 42);
    ck_assert_int_eq(sbx_result_signal(result), 0);
    ck_assert_int_eq(sbx_result_oom(result), 0);
    sbx_result_free(result);
    result = sh("");
    assert_output(result, "", "");
    ck_assert_int_eq(sbx_result_exit_code(result), 0);
    sbx_result_free(result);
}
END_TEST

/* As `bash -c` has it: they become $0, $1 and so on. */
START_TEST(arguments_of_a_script)
{
    sbx_command *command = sbx_command_new_script("printf '%s|' \"$0\" \"$@\"");
    const char *const args[] = {"name", "a b", "", "*"};
    sbx_error *error = NULL;
    sbx_result *result = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(args); i++)
        test_ok(sbx_command_add_arg(command, args[i], &error), &error);
    test_ok(sbx_run(box, command, &result, &error), &error);
    assert_output(result, "name|a b||*|", "");
    sbx_result_free(result);
    sbx_command_unref(command);
}
END_TEST

static const int signals[] = {SIGTERM, SIGKILL, SIGSEGV, SIGABRT, SIGUSR1};

START_TEST(ended_by_a_signal)
{
    g_autofree char *script = g_strdup_printf("ulimit -c 0; kill -%d $$; read", signals[_i]);
    sbx_result *result = sh(script);

    ck_assert_int_eq(sbx_result_exit_code(result), 128 + signals[_i]);
    ck_assert_int_eq(sbx_result_signal(result), signals[_i]);
    sbx_result_free(result);
}
END_TEST

START_TEST(merged_stderr)
{
    sbx_command *command = sbx_command_new_script("echo 1; echo 2 >&2; echo 3");
    sbx_error *error = NULL;
    sbx_result *result = NULL;

    test_ok(sbx_command_set_stdio(command, SBX_STDERR, SBX_STDIO_MERGE, &error), &error);
    test_ok(sbx_run(box, command, &result, &error), &error);
    assert_output(result, "1\n2\n3\n", "");
    sbx_result_free(result);
    /* Nobody listens: nothing comes, and nothing breaks. */
    test_ok(sbx_command_set_stdio(command, SBX_STDERR, SBX_STDIO_NULL, &error), &error);
    test_ok(sbx_command_set_stdio(command, SBX_STDOUT, SBX_STDIO_NULL, &error), &error);
    test_ok(sbx_run(box, command, &result, &error), &error);
    assert_output(result, "", "");
    sbx_result_free(result);
    sbx_command_unref(command);
}
END_TEST

START_TEST(arguments_directory_environment)
{
    sbx_command *command = sbx_command_new("bash");
    static const char *const args[] = {
        "-c",           "printf '%s|' \"$0\" \"$1\" \"$2\" \"$A\" \"$B\" \"$PWD\"",
        "zero",         "",
        "caf\xe9 \n\"", NULL};
    sbx_error *error = NULL;
    sbx_result *result = NULL;

    for (int i = 0; args[i] != NULL; i++)
        test_ok(sbx_command_add_arg(command, args[i], &error), &error);
    test_ok(sbx_command_set_env(command, "A", "a=\xff b", &error), &error);
    test_ok(sbx_command_set_cwd(command, "/usr", &error), &error);
    test_ok(sbx_run(box, command, &result, &error), &error);
    assert_output(result, "zero||caf\xe9 \n\"|a=\xff b||/usr|", "");
    sbx_result_free(result);
    sbx_command_unref(command);
}
END_TEST

START_TEST(environment_of_the_sandbox)
{
    sbx_options *options = test_options();
    sbx_command *command = sbx_command_new("env");
    sbx_error *error = NULL;
    sbx_result *result = NULL;
    sbx *other;

    test_ok(sbx_options_set_env(options, "OF_BOX", "x y", &error), &error);
    other = test_create(options);
    sbx_options_unref(options);
    test_ok(sbx_run(other, command, &result, &error), &error);
    ck_assert_ptr_nonnull(strstr(sbx_result_stdout(result, NULL), "OF_BOX=x y\n"));
    sbx_result_free(result);
    test_ok(sbx_command_set_env(command, "OF_BOX", "own", &error), &error);
    test_ok(sbx_run(other, command, &result, &error), &error);
    ck_assert_ptr_nonnull(strstr(sbx_result_stdout(result, NULL), "OF_BOX=own\n"));
    sbx_result_free(result);
    sbx_command_clear_env(command, 1);
    test_ok(sbx_run(other, command, &result, &error), &error);
    assert_output(result, "OF_BOX=own\n", "");
    sbx_result_free(result);
    sbx_command_unref(command);
    sbx_unref(other);
}
END_TEST

static void assert_not_run(const char *program, const char *arg, int sys_errno)
{
    sbx_command *command = sbx_command_new(program);
    sbx_process *process = NULL;
    sbx_error *error = NULL;

    if (arg != NULL)
        test_ok(sbx_command_add_arg(command, arg, &error), &error);
    ck_assert_int_eq(sbx_spawn(box, command, &process, &error), SBX_E_EXEC);
    ck_assert_int_eq(sbx_error_errno(error), sys_errno);
    sbx_error_free(error);
    sbx_command_unref(command);
}

START_TEST(cannot_be_started)
{
    g_autofree char *garbage = g_strdup_printf("/tmp/sbx-test-garbage.%d", (int)getpid());
    g_autofree char *longer = g_strnfill(128 << 10, 'x');
    sbx_command *command = sbx_command_new("no-such-program-here");
    sbx_error *error = NULL;
    sbx_result *result = NULL;
    sbx_process *process = NULL;

    ck_assert(
        g_file_set_contents_full(garbage, "garbage", 7, G_FILE_SET_CONTENTS_NONE, 0755, NULL));
    test_failed(sbx_run(box, command, &result, &error), SBX_E_EXEC, &error, "no-such-program-here");
    test_failed(sbx_spawn(box, command, &process, &error), SBX_E_EXEC, &error, "no-such-program");
    sbx_command_unref(command);
    command = sbx_command_new("true");
    error = NULL;
    test_ok(sbx_command_set_cwd(command, "/no/such/directory", &error), &error);
    test_failed(sbx_run(box, command, &result, &error), SBX_E_EXEC, &error, "/no/such/directory");
    sbx_command_unref(command);
    command = sbx_command_new("");
    error = NULL;
    test_failed(sbx_run(box, command, &result, &error), SBX_E_INVALID, &error, "empty");
    sbx_command_unref(command);
    assert_not_run("/etc/passwd", NULL, EACCES);
    assert_not_run(garbage, NULL, ENOEXEC);
    assert_not_run("true", longer, E2BIG);
    unlink(garbage);
    ck_assert_ptr_null(result);
    ck_assert_ptr_null(process);
    g_free(test_sh(box, "true"));
}
END_TEST

START_TEST(bad_arguments)
{
    sbx_command *command = sbx_command_new("true");
    sbx_error *error = NULL;
    sbx_result *result = NULL;

    test_failed(sbx_sh(box, NULL, &result, &error), SBX_E_INVALID, &error, "NULL");
    test_failed(sbx_sh(box, "true", NULL, &error), SBX_E_INVALID, &error, "NULL");
    test_failed(sbx_run(box, NULL, &result, &error), SBX_E_INVALID, &error, "NULL");
    test_failed(sbx_spawn(box, command, NULL, &error), SBX_E_INVALID, &error, "NULL");
    ck_assert_int_eq(sbx_sh(box, NULL, &result, NULL), SBX_E_INVALID);
    ck_assert_ptr_null(result);
    sbx_command_unref(command);
}
END_TEST

/* The same bytes on both sides of every layer. */
START_TEST(ten_megabytes_of_binary_output)
{
    const char *script = "head -c 10485760 /dev/zero | tr '\\0' '\\377'; "
                         "printf '\\0\\1\\376\\377\\n\\0'";
    sbx_result *result = sh(script);
    size_t length;
    const unsigned char *bytes = sbx_result_stdout(result, &length);

    ck_assert_uint_eq(length, 10 * MIB + 6);
    for (size_t i = 0; i < 10 * MIB; i++)
        if (bytes[i] != 0xff)
            ck_abort_msg("byte %zu is %02x", i, bytes[i]);
    ck_assert_mem_eq(bytes + 10 * MIB, "\0\1\376\377\n\0", 7);
    sbx_result_free(result);
}
END_TEST

START_TEST(both_streams_at_once)
{
    sbx_result *result = sh("head -c 3000000 /dev/zero & head -c 2000000 /dev/zero >&2; wait");
    size_t out;
    size_t err;

    sbx_result_stdout(result, &out);
    sbx_result_stderr(result, &err);
    ck_assert_uint_eq(out, 3000000);
    ck_assert_uint_eq(err, 2000000);
    sbx_result_free(result);
}
END_TEST

START_TEST(long_scripts)
{
    g_autofree char *script = g_malloc(17 * MIB);
    sbx_error *error = NULL;
    sbx_result *result = NULL;

    memset(script, '#', 17 * MIB);
    memcpy(script, "echo $((6 * 7));", 16);
    /* As base64 on its way, because it is not UTF-8. */
    memset(script + 16, '\xff', 1000);
    script[16] = '#';
    script[10 * MIB] = '\0';
    result = sh(script);
    assert_output(result, "42\n", "");
    sbx_result_free(result);
    result = NULL;
    script[10 * MIB] = '#';
    script[16 * MIB] = '\0';
    result = sh(script);
    assert_output(result, "42\n", "");
    sbx_result_free(result);
    result = NULL;
    script[16 * MIB] = '#';
    script[16 * MIB + 1] = '\0';
    test_failed(sbx_sh(box, script, &result, &error), SBX_E_TOO_BIG, &error, "16 MiB");
    ck_assert_ptr_null(result);
    g_free(test_sh(box, "true"));
}
END_TEST

START_TEST(background_children_do_not_hold_it_up)
{
    g_autofree char *text = test_sh(box, "sleep 1000 & echo started");

    ck_assert_str_eq(text, "started\n");
}
END_TEST

static gpointer call_often(gpointer data)
{
    for (int i = 0; i < 60; i++) {
        g_autofree char *script =
            g_strdup_printf("echo %d.%d; echo e >&2; exit %d", GPOINTER_TO_INT(data), i, i);
        g_autofree char *wanted = g_strdup_printf("%d.%d\n", GPOINTER_TO_INT(data), i);
        sbx_result *result = NULL;

        if (sbx_sh(box, script, &result, NULL) < 0 || sbx_result_exit_code(result) != i ||
            strcmp(sbx_result_stdout(result, NULL), wanted) != 0)
            return GINT_TO_POINTER(1);
        sbx_result_free(result);
    }
    return NULL;
}

START_TEST(threads_share_a_sandbox)
{
    GThread *threads[4];

    for (int i = 0; i < 4; i++)
        threads[i] = g_thread_new("caller", call_often, GINT_TO_POINTER(i));
    for (int i = 0; i < 4; i++)
        ck_assert_ptr_null(g_thread_join(threads[i]));
}
END_TEST

static void read_all(int fd, char *bytes, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t n = read(fd, bytes + done, length - done);

        ck_assert_msg(n > 0, "only %zu bytes of %zu: %s", done, length,
                      n < 0 ? strerror(errno) : "");
        done += (size_t)n;
    }
}

static void wait_for(sbx_process *process)
{
    sbx_error *error = NULL;

    ck_assert_int_eq(test_ok(sbx_process_wait(process, 60000, &error), &error), 1);
}

START_TEST(input_output_of_a_spawned_process)
{
    sbx_command *command = sbx_command_new("cat");
    sbx_process *process;
    char reply[5];
    int in;

    ck_assert_int_eq(sbx_command_set_stdio(command, SBX_STDIN, SBX_STDIO_PIPE, NULL), 0);
    process = spawn(command);
    ck_assert_int_gt(sbx_process_pid(process), 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_ne(fcntl(sbx_process_fd(process, i), F_GETFD) & FD_CLOEXEC, 0);
    ck_assert_int_eq(sbx_process_fd(process, 3), -1);
    ck_assert_int_eq(sbx_process_fd(process, -1), -1);
    ck_assert_int_eq(write(sbx_process_fd(process, SBX_STDIN), "he\0lo", 5), 5);
    read_all(sbx_process_fd(process, SBX_STDOUT), reply, 5);
    ck_assert_mem_eq(reply, "he\0lo", 5);
    ck_assert_int_eq(sbx_process_wait(process, 0, NULL), 0);
    ck_assert_int_eq(sbx_process_wait(process, 1, NULL), 0);
    ck_assert_int_eq(sbx_process_exit_code(process), -1);
    in = sbx_process_take_fd(process, SBX_STDIN);
    ck_assert_int_eq(sbx_process_fd(process, SBX_STDIN), -1);
    close(in);
    ck_assert_int_eq(read(sbx_process_fd(process, SBX_STDOUT), reply, 5), 0);
    wait_for(process);
    ck_assert_int_eq(sbx_process_exit_code(process), 0);
    wait_for(process);
    sbx_process_unref(process);
}
END_TEST

typedef struct {
    int fd;
    size_t length;
} Feed;

static gpointer feed(gpointer data)
{
    Feed *self = data;
    g_autofree char *bytes = g_malloc(self->length);

    memset(bytes, 'z', self->length);
    for (size_t done = 0; done < self->length;) {
        ssize_t n = write(self->fd, bytes + done, self->length - done);

        if (n <= 0)
            break;
        done += (size_t)n;
    }
    close(self->fd);
    return NULL;
}

START_TEST(ten_megabytes_of_input)
{
    sbx_command *command = sbx_command_new("wc");
    sbx_process *process;
    Feed input = {.length = 10 * MIB};
    GThread *feeder;
    char reply[9];

    ck_assert_int_eq(sbx_command_add_arg(command, "-c", NULL), 0);
    ck_assert_int_eq(sbx_command_set_stdio(command, SBX_STDIN, SBX_STDIO_PIPE, NULL), 0);
    process = spawn(command);
    input.fd = sbx_process_take_fd(process, SBX_STDIN);
    feeder = g_thread_new("feeder", feed, &input);
    read_all(sbx_process_fd(process, SBX_STDOUT), reply, 9);
    ck_assert_mem_eq(reply, "10485760\n", 9);
    g_thread_join(feeder);
    wait_for(process);
    sbx_process_unref(process);
}
END_TEST

START_TEST(signals_to_a_process)
{
    sbx_process *process = spawn(sbx_command_new_script(
        "trap 'echo got; exit 7' USR1; echo ready; while :; do sleep 1000 & wait; done"));
    struct pollfd ending = {.fd = sbx_process_exit_fd(process), .events = POLLIN};
    sbx_error *error = NULL;
    char ready[6];

    read_all(sbx_process_fd(process, SBX_STDOUT), ready, 6);
    ck_assert_int_eq(poll(&ending, 1, 0), 0);
    test_failed(sbx_process_signal(process, 0, &error), SBX_E_INVALID, &error, "0");
    ck_assert_int_eq(sbx_process_signal(process, 65, NULL), SBX_E_INVALID);
    error = NULL;
    test_ok(sbx_process_signal(process, SIGUSR1, &error), &error);
    ck_assert_int_eq(poll(&ending, 1, 60000), 1);
    wait_for(process);
    ck_assert_int_eq(sbx_process_exit_code(process), 7);
    ck_assert_int_eq(sbx_process_exit_signal(process), 0);
    /* And stays readable. */
    ck_assert_int_eq(poll(&ending, 1, 0), 1);
    /* One that has ended is a success. */
    test_ok(sbx_process_signal(process, SIGKILL, &error), &error);
    sbx_process_unref(process);
    process = spawn(sbx_command_new_script("exec sleep 1000"));
    test_ok(sbx_process_signal(process, SIGKILL, &error), &error);
    wait_for(process);
    ck_assert_int_eq(sbx_process_exit_code(process), 128 + SIGKILL);
    ck_assert_int_eq(sbx_process_exit_signal(process), SIGKILL);
    ck_assert_int_eq(sbx_process_oom(process), 0);
    sbx_process_unref(process);
}
END_TEST

/* The process goes on when nobody holds it any more; its sandbox goes with the last of all. */
START_TEST(dropping_a_process)
{
    sbx_process *process = spawn(sbx_command_new("sleep"));
    sbx_command *command = sbx_command_new("sleep");
    g_autofree char *script = NULL;
    sbx_error *error = NULL;
    int vm;
    int pid;

    wait_for(process); /* `sleep` alone is wrong usage */
    sbx_process_unref(process);
    ck_assert_int_eq(sbx_command_add_arg(command, "1000", &error), 0);
    process = spawn(sbx_command_ref(command));
    pid = sbx_process_pid(process);
    sbx_process_unref(process);
    script = g_strdup_printf("kill -0 %d && kill -9 %d", pid, pid);
    g_free(test_sh(box, script));
    process = spawn(command);
    vm = test_vm_pidfd(sbx_id(box));
    box = sbx_unref(box);
    ck_assert_int_eq(sbx_process_wait(process, 0, &error), 0);
    sbx_process_unref(process);
    ck_assert(test_ends_within(vm, 10000));
    close(vm);
}
END_TEST

static gpointer sleep_in_it(gpointer data)
{
    sbx_error *error = NULL;
    sbx_result *result = NULL;
    int code = sbx_sh(data, "echo begun; exec sleep 1000", &result, &error);

    ck_assert_ptr_null(result);
    sbx_error_free(error);
    return GINT_TO_POINTER(code);
}

/* A call that is under way when its sandbox ends. */
START_TEST(killed_in_the_middle)
{
    sbx_process *process = spawn(sbx_command_new_script("echo ready; exec sleep 1000"));
    GThread *caller = g_thread_new("caller", sleep_in_it, box);
    sbx_error *error = NULL;
    sbx_result *result = NULL;
    char ready[6];

    read_all(sbx_process_fd(process, SBX_STDOUT), ready, 6);
    test_ok(sbx_kill(box, &error), &error);
    ck_assert_int_eq(GPOINTER_TO_INT(g_thread_join(caller)), SBX_E_GONE);
    test_failed(sbx_process_wait(process, 60000, &error), SBX_E_GONE, &error, "killed");
    ck_assert_int_eq(sbx_process_exit_code(process), -1);
    ck_assert_int_eq(read(sbx_process_fd(process, SBX_STDOUT), ready, 1), 0);
    error = NULL;
    test_failed(sbx_sh(box, "true", &result, &error), SBX_E_GONE, &error, "killed");
    sbx_process_unref(process);
    /* Killing once more is a success. */
    error = NULL;
    test_ok(sbx_kill(box, &error), &error);
}
END_TEST

START_TEST(keeper_killed_in_the_middle)
{
    sbx_process *process = spawn(sbx_command_new_script("echo ready; exec sleep 1000"));
    sbx_error *error = NULL;
    sbx_result *result = NULL;
    char ready[6];
    int code;

    read_all(sbx_process_fd(process, SBX_STDOUT), ready, 6);
    ck_assert_int_eq(kill(test_keeper_pid(), SIGKILL), 0);
    test_failed(sbx_process_wait(process, 10000, &error), SBX_E_GONE, &error, "keeper");
    code = sbx_sh(box, "true", &result, &error);
    ck_assert_msg(code == SBX_E_GONE || code == SBX_E_KEEPER, "%s", sbx_error_code_name(code));
    ck_assert_ptr_nonnull(error);
    sbx_error_free(error);
    error = NULL;
    code = sbx_process_signal(process, SIGTERM, &error);
    ck_assert_msg(code == SBX_E_GONE || code == SBX_E_KEEPER, "%s", sbx_error_code_name(code));
    ck_assert_ptr_nonnull(error);
    sbx_error_free(error);
    sbx_process_unref(process);
}
END_TEST

/* A reader that goes away gives the writer SIGPIPE, not the keeper. */
START_TEST(nobody_reads)
{
    sbx_process *process = spawn(sbx_command_new("yes"));

    close(sbx_process_take_fd(process, SBX_STDOUT));
    wait_for(process);
    ck_assert_int_ne(sbx_process_exit_code(process), 0);
    sbx_process_unref(process);
    g_free(test_sh(box, "true"));
}
END_TEST

static Suite *processes_suite(void)
{
    Suite *suite = suite_create("keeper-processes");
    TCase *cases = tcase_create("processes");

    tcase_set_timeout(cases, 120);
    tcase_add_checked_fixture(cases, test_box_setup, test_box_teardown);
    tcase_add_test(cases, streams_and_exit_code);
    tcase_add_loop_test(cases, ended_by_a_signal, 0, (int)G_N_ELEMENTS(signals));
    tcase_add_test(cases, merged_stderr);
    tcase_add_test(cases, arguments_directory_environment);
    tcase_add_test(cases, environment_of_the_sandbox);
    tcase_add_test(cases, cannot_be_started);
    tcase_add_test(cases, bad_arguments);
    tcase_add_test(cases, ten_megabytes_of_binary_output);
    tcase_add_test(cases, both_streams_at_once);
    tcase_add_test(cases, long_scripts);
    tcase_add_test(cases, background_children_do_not_hold_it_up);
    tcase_add_test(cases, threads_share_a_sandbox);
    tcase_add_test(cases, input_output_of_a_spawned_process);
    tcase_add_test(cases, ten_megabytes_of_input);
    tcase_add_test(cases, arguments_of_a_script);
    tcase_add_test(cases, signals_to_a_process);
    tcase_add_test(cases, dropping_a_process);
    tcase_add_test(cases, killed_in_the_middle);
    tcase_add_test(cases, keeper_killed_in_the_middle);
    tcase_add_test(cases, nobody_reads);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return test_keeper_main(processes_suite);
}
