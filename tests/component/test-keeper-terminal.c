/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Terminals, causes and usage through the whole of it: library, keeper and agent, without a VM. */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lib/test-box.h"
#include "lib/test-keeper.h"
#include "lib/test-main.h"

static sbx_process *on_terminal(const char *script)
{
    sbx_command *command = sbx_command_new_script(script);
    sbx_process *process = NULL;
    sbx_error *error = NULL;

    test_ok(sbx_command_set_terminal(command, 24, 80, &error), &error);
    test_ok(sbx_command_set_stdio(command, SBX_STDIN, SBX_STDIO_PIPE, &error), &error);
    test_ok(sbx_spawn(box, command, &process, &error), &error);
    sbx_command_unref(command);
    return process;
}

/* Reads until the text has come; the test fails when the output ends without it. */
static void await(sbx_process *process, GString *shown, const char *text)
{
    char buffer[4096];

    while (strstr(shown->str, text) == NULL) {
        ssize_t n = read(sbx_process_fd(process, SBX_STDOUT), buffer, sizeof buffer);

        ck_assert_msg(n > 0, "no \"%s\" in \"%s\"", text, shown->str);
        g_string_append_len(shown, buffer, n);
    }
}

START_TEST(a_session_with_resize)
{
    sbx_process *process = on_terminal("PS1='prompt> ' exec bash --norc --noprofile -i");
    GString *shown = g_string_new(NULL);
    int in = sbx_process_fd(process, SBX_STDIN);
    sbx_error *error = NULL;

    ck_assert_int_eq(sbx_process_fd(process, SBX_STDERR), -1);
    await(process, shown, "prompt> ");
    ck_assert_int_eq(write(in, "stty size\n", 10), 10);
    await(process, shown, "24 80");
    test_ok(sbx_process_resize(process, 33, 99, &error), &error);
    ck_assert_int_eq(write(in, "stty size\n", 10), 10);
    await(process, shown, "33 99");
    g_string_truncate(shown, 0);
    ck_assert_int_eq(write(in, "\n", 1), 1);
    await(process, shown, "prompt> ");
    close(sbx_process_take_fd(process, SBX_STDIN));
    ck_assert_int_eq(sbx_process_wait(process, 30000, &error), 1);
    ck_assert_int_eq(sbx_process_exit_code(process), 0);
    ck_assert_int_eq(sbx_process_cause(process), SBX_CAUSE_EXIT);
    /* What has ended has no size to complain about. */
    test_ok(sbx_process_resize(process, 33, 99, &error), &error);
    g_string_free(shown, TRUE);
    sbx_process_unref(process);
}
END_TEST

/* A program that dies leaves no shell behind: its terminal hangs up. */
START_TEST(hung_up_when_nobody_looks)
{
    sbx_process *process = on_terminal("echo ready; exec sleep 1000");
    GString *shown = g_string_new(NULL);
    sbx_error *error = NULL;

    await(process, shown, "ready");
    ck_assert_int_eq(sbx_process_wait(process, 0, &error), 0);
    close(sbx_process_take_fd(process, SBX_STDOUT));
    ck_assert_int_eq(sbx_process_wait(process, 30000, &error), 1);
    ck_assert_int_eq(sbx_process_exit_signal(process), SIGHUP);
    ck_assert_int_eq(sbx_process_cause(process), SBX_CAUSE_SIGNAL);
    g_string_free(shown, TRUE);
    sbx_process_unref(process);
}
END_TEST

START_TEST(terminal_of_a_run)
{
    sbx_command *command = sbx_command_new_script("cat; tty; echo $TERM");
    sbx_result *result = NULL;
    sbx_error *error = NULL;

    test_ok(sbx_command_set_terminal(command, 24, 80, &error), &error);
    test_ok(sbx_run(box, command, &result, &error), &error);
    ck_assert_ptr_nonnull(strstr(sbx_result_stdout(result, NULL), "/dev/pts/"));
    ck_assert_ptr_nonnull(strstr(sbx_result_stdout(result, NULL), "xterm-256color\r\n"));
    ck_assert_int_eq(sbx_result_cause(result), SBX_CAUSE_EXIT);
    ck_assert_uint_gt(sbx_result_wall_time_us(result), 0);
    ck_assert_uint_gt(sbx_result_peak_memory(result), 0);
    sbx_result_free(result);
    sbx_command_unref(command);
}
END_TEST

START_TEST(terminals_that_cannot_be)
{
    sbx_command *command = sbx_command_new("cat");
    sbx_process *process = NULL;
    sbx_error *error = NULL;

    test_ok(sbx_command_set_stdio(command, SBX_STDIN, SBX_STDIO_PIPE, &error), &error);
    test_ok(sbx_spawn(box, command, &process, &error), &error);
    test_failed(sbx_process_resize(process, 24, 80, &error), SBX_E_INVALID, &error, "no terminal");
    test_failed(sbx_process_resize(process, 0, 80, &error), SBX_E_INVALID, &error, "size");
    process = sbx_process_unref(process);
    test_ok(sbx_command_set_terminal(command, 24, 80, &error), &error);
    test_ok(sbx_command_set_stdio(command, SBX_STDERR, SBX_STDIO_PIPE, &error), &error);
    test_failed(sbx_spawn(box, command, &process, &error), SBX_E_INVALID, &error, "terminal");
    test_ok(sbx_command_set_stdio(command, SBX_STDERR, SBX_STDIO_MERGE, &error), &error);
    test_ok(sbx_command_set_stdio(command, SBX_STDOUT, SBX_STDIO_NULL, &error), &error);
    test_failed(sbx_spawn(box, command, &process, &error), SBX_E_INVALID, &error, "terminal");
    ck_assert_ptr_null(process);
    sbx_command_unref(command);
}
END_TEST

/* The fake VM has no cgroups, and says so instead of running without the limit. */
START_TEST(limits_that_cannot_be_kept)
{
    sbx_command *command = sbx_command_new("true");
    sbx_process *process = NULL;
    sbx_error *error = NULL;

    test_ok(sbx_command_set_memory_limit(command, 64 << 20, &error), &error);
    test_failed(sbx_spawn(box, command, &process, &error), SBX_E_EXEC, &error, "limits");
    test_ok(sbx_command_set_memory_limit(command, 0, &error), &error);
    test_ok(sbx_command_set_cpu_limit(command, 1000, &error), &error);
    test_failed(sbx_spawn(box, command, &process, &error), SBX_E_EXEC, &error, "limit");
    sbx_command_unref(command);
}
END_TEST

START_TEST(usage_of_a_process)
{
    sbx_process *process = on_terminal("for ((i = 0; i < 50000; i++)); do :; done;"
                                       "echo ready; read");
    GString *shown = g_string_new(NULL);
    sbx_error *error = NULL;
    sbx_usage *usage = NULL;

    await(process, shown, "ready");
    ck_assert_uint_eq(sbx_process_cpu_time_us(process), 0);
    ck_assert_int_eq(sbx_process_cause(process), -1);
    test_ok(sbx_process_get_usage(process, &usage, &error), &error);
    ck_assert_uint_gt(sbx_usage_cpu_user_us(usage) + sbx_usage_cpu_system_us(usage), 0);
    ck_assert_uint_gt(sbx_usage_memory(usage), 0);
    ck_assert_uint_ge(sbx_usage_peak_memory(usage), sbx_usage_memory(usage));
    ck_assert_uint_ge(sbx_usage_tasks(usage), 1);
    sbx_usage_free(usage);
    test_failed(sbx_process_get_usage(process, NULL, &error), SBX_E_INVALID, &error, "NULL");
    test_ok(sbx_process_signal(process, SIGKILL, &error), &error);
    ck_assert_int_eq(sbx_process_wait(process, 30000, &error), 1);
    ck_assert_uint_gt(sbx_process_cpu_time_us(process), 0);
    ck_assert_uint_gt(sbx_process_wall_time_us(process), 0);
    ck_assert_uint_gt(sbx_process_peak_memory(process), 0);
    ck_assert_int_eq(sbx_process_cause(process), SBX_CAUSE_SIGNAL);
    usage = NULL;
    test_failed(sbx_process_get_usage(process, &usage, &error), SBX_E_NOT_FOUND, &error,
                "process has ended");
    ck_assert_ptr_null(usage);
    sbx_process_unref(process);
    g_string_free(shown, TRUE);
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("keeper-terminal");
    TCase *cases = tcase_create("commands");

    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, test_box_setup, test_box_teardown);
    tcase_add_test(cases, a_session_with_resize);
    tcase_add_test(cases, hung_up_when_nobody_looks);
    tcase_add_test(cases, terminal_of_a_run);
    tcase_add_test(cases, terminals_that_cannot_be);
    tcase_add_test(cases, limits_that_cannot_be_kept);
    tcase_add_test(cases, usage_of_a_process);
    suite_add_tcase(all, cases);
    return all;
}

int main(void)
{
    return test_keeper_main(suite);
}
