/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a command may take, kept by a real guest's kernel: commands that want everything, and the
 * neighbours they share a sandbox with. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vm-env.h"

static sbx_command *python(const char *script)
{
    sbx_command *command = sbx_command_new("python3");

    ck_assert_int_eq(sbx_command_add_arg(command, "-c", NULL), SBX_OK);
    ck_assert_int_eq(sbx_command_add_arg(command, script, NULL), SBX_OK);
    return command;
}

static sbx_result *run(sbx *sandbox, sbx_command *command)
{
    sbx_result *result = NULL;
    sbx_error *error = NULL;
    int code = sbx_run(sandbox, command, &result, &error);

    ck_assert_msg(code == SBX_OK, "%s", code == SBX_OK ? "" : sbx_error_message(error));
    sbx_command_unref(command);
    return result;
}

/* Counts how many children it can have. */
static const char forks[] = "import os, sys, time\n"
                            "children = 0\n"
                            "try:\n"
                            "    while children < 200:\n"
                            "        if os.fork() == 0:\n"
                            "            time.sleep(1000)\n"
                            "        children += 1\n"
                            "except BlockingIOError:\n"
                            "    pass\n"
                            "print(children)\n";

START_TEST(so_many_processes_and_no_more)
{
    sbx *sandbox = vm_shared();
    sbx_command *command = python(forks);
    sbx_result *result;

    ck_assert_int_eq(sbx_command_set_process_limit(command, 20, NULL), SBX_OK);
    result = run(sandbox, command);
    ck_assert_str_eq(sbx_result_stdout(result, NULL), "19\n");
    ck_assert_int_eq(sbx_result_cause(result), SBX_CAUSE_EXIT);
    sbx_result_free(result);
    /* What it left behind is its own affair: others may have as many. */
    g_free(vm_sh(sandbox, "for i in {1..30}; do sleep 0 & done; wait; pkill -KILL python3"));
    sbx_unref(sandbox);
}
END_TEST

START_TEST(a_fork_bomb_in_bounds)
{
    sbx *sandbox = vm_shared();
    sbx_command *bomb = sbx_command_new_script("f() { f | f & }; f; while :; do :; done");
    sbx_process *process = NULL;

    ck_assert_int_eq(sbx_command_set_process_limit(bomb, 100, NULL), SBX_OK);
    ck_assert_int_eq(sbx_command_set_cpu_limit(bomb, 3000, NULL), SBX_OK);
    ck_assert_int_eq(sbx_command_set_stdio(bomb, SBX_STDOUT, SBX_STDIO_NULL, NULL), SBX_OK);
    ck_assert_int_eq(sbx_command_set_stdio(bomb, SBX_STDERR, SBX_STDIO_NULL, NULL), SBX_OK);
    ck_assert_int_eq(sbx_spawn(sandbox, bomb, &process, NULL), SBX_OK);
    g_free(vm_sh(sandbox, "echo still here"));
    ck_assert_int_eq(sbx_process_wait(process, vm_limit(120000), NULL), 1);
    ck_assert_int_eq(sbx_process_cause(process), SBX_CAUSE_CPU);
    ck_assert_int_eq(sbx_process_exit_signal(process), 9);
    ck_assert_uint_ge(sbx_process_cpu_time_us(process), 3000000);
    g_free(vm_sh(sandbox, "echo still here"));
    sbx_process_unref(process);
    sbx_command_unref(bomb);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(so_much_memory_and_no_more)
{
    sbx *sandbox = vm_shared();
    sbx_command *hog = sbx_command_new_script("tail /dev/zero");
    sbx_command *neighbour = python("x = bytearray(100 << 20)\nprint('has', flush=True)\ninput()\n"
                                    "x[:] = bytes(100 << 20)\nprint('still has')");
    sbx_process *process = NULL;
    sbx_result *result;
    char said[16] = "";

    ck_assert_int_eq(sbx_command_set_stdio(neighbour, SBX_STDIN, SBX_STDIO_PIPE, NULL), SBX_OK);
    ck_assert_int_eq(sbx_spawn(sandbox, neighbour, &process, NULL), SBX_OK);
    ck_assert_int_eq((int)read(sbx_process_fd(process, SBX_STDOUT), said, 4), 4);
    ck_assert_int_eq(sbx_command_set_memory_limit(hog, 64 * VM_MIB, NULL), SBX_OK);
    result = run(sandbox, hog);
    ck_assert_int_eq(sbx_result_cause(result), SBX_CAUSE_OOM);
    ck_assert_int_eq(sbx_result_oom(result), 1);
    ck_assert_int_eq(sbx_result_exit_code(result), 137);
    ck_assert_uint_ge(sbx_result_peak_memory(result), 32 * VM_MIB);
    /* The kernel lets what it cannot refuse exceed it a little. */
    ck_assert_uint_le(sbx_result_peak_memory(result), 72 * VM_MIB);
    sbx_result_free(result);
    ck_assert_int_eq((int)write(sbx_process_fd(process, SBX_STDIN), "\n", 1), 1);
    ck_assert_int_eq(sbx_process_wait(process, vm_limit(60000), NULL), 1);
    ck_assert_int_eq(sbx_process_cause(process), SBX_CAUSE_EXIT);
    ck_assert_int_eq(sbx_process_oom(process), 0);
    ck_assert_uint_ge(sbx_process_peak_memory(process), 100 * VM_MIB);
    sbx_process_unref(process);
    sbx_command_unref(neighbour);
    sbx_unref(sandbox);
}
END_TEST

/* What one command has taken is not the next one's, whose cgroup may have been its. */
START_TEST(figures_start_anew)
{
    sbx *sandbox = vm_shared();
    sbx_result *result;

    for (int i = 0; i < 3; i++) {
        result = run(sandbox, python("x = bytearray(60 << 20)\nx[:] = bytes(60 << 20)"));
        ck_assert_uint_ge(sbx_result_peak_memory(result), 60 * VM_MIB);
        ck_assert_uint_gt(sbx_result_cpu_time_us(result), 10000);
        sbx_result_free(result);
        result = run(sandbox, sbx_command_new("true"));
        ck_assert_uint_lt(sbx_result_peak_memory(result), 20 * VM_MIB);
        ck_assert_uint_gt(sbx_result_cpu_time_us(result), 0);
        ck_assert_uint_gt(sbx_result_wall_time_us(result), 0);
        sbx_result_free(result);
    }
    sbx_unref(sandbox);
}
END_TEST

START_TEST(daemons_keep_their_limit)
{
    sbx *sandbox = vm_shared();
    sbx_command *command = sbx_command_new_script(
        "trap '' TERM; setsid bash -c 'exec -a burning-daemon bash -c \"while :; do :; done\"' "
        "<&- >&- 2>&- & echo $!");
    sbx_result *result;
    g_autofree char *gone = NULL;

    ck_assert_int_eq(sbx_command_set_cpu_limit(command, 1000, NULL), SBX_OK);
    result = run(sandbox, command);
    ck_assert_int_eq(sbx_result_cause(result), SBX_CAUSE_EXIT);
    gone = g_strdup_printf("timeout 100 tail --pid=%d -f /dev/null",
                           atoi(sbx_result_stdout(result, NULL)));
    g_free(vm_sh(sandbox, gone));
    sbx_result_free(result);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(a_terminal_of_its_own)
{
    sbx *sandbox = vm_shared();
    sbx_command *command = sbx_command_new_script(
        "set -e; stty size; stat -c '%U %G %a' $(tty); echo $TERM; echo to tty >/dev/tty;"
        "sudo sh -c 'stty size </dev/tty'");
    sbx_result *result;

    ck_assert_int_eq(sbx_command_set_terminal(command, 30, 100, NULL), SBX_OK);
    result = run(sandbox, command);
    ck_assert_str_eq(sbx_result_stdout(result, NULL), "30 100\r\napp tty 620\r\nxterm-256color\r\n"
                                                      "to tty\r\n30 100\r\n");
    ck_assert_int_eq(sbx_result_exit_code(result), 0);
    sbx_result_free(result);
    sbx_unref(sandbox);
}
END_TEST

/* Typed input that nobody reads stops at the terminal; everything else goes on. */
START_TEST(a_terminal_that_nobody_reads)
{
    sbx *sandbox = vm_shared();
    sbx_command *command = sbx_command_new_script("trap '' TERM HUP; exec sleep 1000");
    sbx_process *process = NULL;
    struct pollfd room = {.events = POLLOUT};
    char line[4096];
    size_t typed = 0;

    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\n';
    ck_assert_int_eq(sbx_command_set_terminal(command, 30, 100, NULL), SBX_OK);
    ck_assert_int_eq(sbx_command_set_stdio(command, SBX_STDIN, SBX_STDIO_PIPE, NULL), SBX_OK);
    ck_assert_int_eq(sbx_spawn(sandbox, command, &process, NULL), SBX_OK);
    room.fd = sbx_process_fd(process, SBX_STDIN);
    while (poll(&room, 1, 1000) == 1 && typed < 8 * VM_MIB)
        typed += (size_t)write(room.fd, line, sizeof line);
    ck_assert_uint_lt(typed, 8 * VM_MIB);
    g_free(vm_sh(sandbox, "echo still here"));
    ck_assert_int_eq(sbx_process_signal(process, 15, NULL), SBX_OK);
    ck_assert_int_eq(sbx_process_wait(process, 0, NULL), 0);
    ck_assert_int_eq(sbx_process_signal(process, 9, NULL), SBX_OK);
    ck_assert_int_eq(sbx_process_wait(process, vm_limit(10000), NULL), 1);
    ck_assert_int_eq(sbx_process_exit_signal(process), 9);
    sbx_process_unref(process);
    sbx_command_unref(command);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(usage_of_a_process)
{
    sbx *sandbox = vm_shared();
    sbx_command *command = python("import os, sys\n"
                                  "x = bytearray(50 << 20)\n"
                                  "f = open('usage-test', 'wb')\n"
                                  "f.write(bytes(8 << 20))\n"
                                  "os.fsync(f.fileno())\n"
                                  "if os.fork() > 0: print('ready', flush=True)\n"
                                  "sys.stdin.read()\n");
    sbx_process *process = NULL;
    sbx_usage *usage = NULL;
    char said[8];

    ck_assert_int_eq(sbx_command_set_stdio(command, SBX_STDIN, SBX_STDIO_PIPE, NULL), SBX_OK);
    ck_assert_int_eq(sbx_spawn(sandbox, command, &process, NULL), SBX_OK);
    ck_assert_int_eq((int)read(sbx_process_fd(process, SBX_STDOUT), said, 6), 6);
    ck_assert_int_eq(sbx_process_get_usage(process, &usage, NULL), SBX_OK);
    ck_assert_uint_gt(sbx_usage_cpu_user_us(usage), 0);
    ck_assert_uint_gt(sbx_usage_cpu_system_us(usage), 0);
    ck_assert_uint_ge(sbx_usage_memory(usage), 50 * VM_MIB);
    ck_assert_uint_ge(sbx_usage_peak_memory(usage), sbx_usage_memory(usage));
    ck_assert_uint_eq(sbx_usage_tasks(usage), 2);
    ck_assert_uint_ge(sbx_usage_written_bytes(usage), 8 * VM_MIB);
    sbx_usage_free(usage);
    close(sbx_process_take_fd(process, SBX_STDIN));
    ck_assert_int_eq(sbx_process_wait(process, vm_limit(30000), NULL), 1);
    sbx_process_unref(process);
    sbx_command_unref(command);
    sbx_unref(sandbox);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("limits");
    TCase *cases = tcase_create("limits");

    tcase_set_timeout(cases, vm_limit(180000) / 1000);
    tcase_add_test(cases, so_many_processes_and_no_more);
    tcase_add_test(cases, a_fork_bomb_in_bounds);
    tcase_add_test(cases, so_much_memory_and_no_more);
    tcase_add_test(cases, figures_start_anew);
    tcase_add_test(cases, daemons_keep_their_limit);
    tcase_add_test(cases, a_terminal_of_its_own);
    tcase_add_test(cases, a_terminal_that_nobody_reads);
    tcase_add_test(cases, usage_of_a_process);
    suite_add_tcase(suite, cases);
    return vm_main("vm-limits", suite);
}
