/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guests that take all they can get, or that end themselves: the damage stays inside, and is told.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vm-env.h"

START_TEST(reports_out_of_memory_and_lives_on)
{
    sbx *sandbox = vm_shared();
    sbx_result *result = NULL;
    sbx_command *command = sbx_command_new("python3");
    sbx_process *process = NULL;

    ck_assert_int_eq(sbx_sh(sandbox, "tail /dev/zero", &result, NULL), SBX_OK);
    ck_assert_int_eq(sbx_result_oom(result), 1);
    ck_assert_int_eq(sbx_result_exit_code(result), 137);
    ck_assert_str_eq(sbx_result_stdout(result, NULL), "");
    sbx_result_free(result);
    g_free(vm_sh(sandbox, "echo alive"));

    ck_assert_int_eq(sbx_command_add_arg(command, "-c", NULL), SBX_OK);
    ck_assert_int_eq(
        sbx_command_add_arg(command, "x = []\nwhile True: x.append(b'x' * (1 << 20))", NULL),
        SBX_OK);
    ck_assert_int_eq(sbx_spawn(sandbox, command, &process, NULL), SBX_OK);
    ck_assert_int_eq(sbx_process_wait(process, vm_limit(60000), NULL), 1);
    ck_assert_int_eq(sbx_process_oom(process), 1);
    ck_assert_int_eq(sbx_process_exit_signal(process), 9);
    g_free(vm_sh(sandbox, "echo alive"));
    sbx_process_unref(process);
    sbx_command_unref(command);
    sbx_unref(sandbox);
}
END_TEST

/* A command that fails without the OOM killer's help must not be said to be its victim. */
START_TEST(does_not_report_it_without_reason)
{
    sbx *sandbox = vm_shared();
    sbx_result *result = NULL;

    ck_assert_int_eq(sbx_sh(sandbox, "kill -9 $$", &result, NULL), SBX_OK);
    ck_assert_int_eq(sbx_result_exit_code(result), 137);
    ck_assert_int_eq(sbx_result_oom(result), 0);
    sbx_result_free(result);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(answers_during_a_fork_bomb)
{
    sbx *sandbox = vm_create();
    sbx_command *bomb = sbx_command_new_script("f() { f | f & }; f; wait");
    sbx_process *process = NULL;
    char byte;
    gint64 start;

    ck_assert_int_eq(sbx_command_set_stdio(bomb, SBX_STDOUT, SBX_STDIO_NULL, NULL), SBX_OK);
    ck_assert_int_eq(sbx_spawn(sandbox, bomb, &process, NULL), SBX_OK);
    /* Bash complains on standard error when it cannot fork any more. */
    ck_assert_int_eq((int)read(sbx_process_fd(process, SBX_STDERR), &byte, 1), 1);
    start = vm_now_ms();
    g_free(vm_sh(sandbox, "echo still here"));
    printf("  a command during a fork bomb took %d ms\n", (int)(vm_now_ms() - start));
    ck_assert_int_eq(sbx_kill(sandbox, NULL), SBX_OK);
    sbx_process_unref(process);
    sbx_command_unref(bomb);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(floods_its_console_in_vain)
{
    static const char *const devices[] = {"/dev/ttyS0", "/dev/console", "/dev/kmsg"};
    sbx *sandbox = vm_shared();
    pid_t keeper = vm_keeper(NULL);
    gint64 before = vm_status_kib(keeper, "RssAnon");
    gint64 after;

    for (size_t i = 0; i < G_N_ELEMENTS(devices); i++) {
        g_autofree char *script = g_strdup_printf(
            "yes 'the quick brown fox' | head -c 2000000 | sudo timeout 5 tee %s >/dev/null; true",
            devices[i]);

        g_free(vm_sh(sandbox, script));
    }
    after = vm_status_kib(keeper, "RssAnon");
    ck_assert_int_gt(before, 0);
    ck_assert_msg(after - before < 4096, "the keeper grew from %d to %d KiB", (int)before,
                  (int)after);
    g_free(vm_sh(sandbox, "echo alive"));
    sbx_unref(sandbox);
}
END_TEST

typedef struct {
    const char *name;
    const char *script;
} Ending;

static const Ending endings[] = {
    {"reboot", "sudo python3 -c 'import ctypes; ctypes.CDLL(None).reboot(0x1234567)'"},
    {"power off", "sudo python3 -c 'import ctypes; ctypes.CDLL(None).reboot(0x4321fedc)'"},
    {"panic", "echo c | sudo tee /proc/sysrq-trigger >/dev/null"},
    {"reset", "echo b | sudo tee /proc/sysrq-trigger >/dev/null"},
};

/* Both who waits at that moment and who comes later hear of it, at once. */
START_TEST(ends_itself)
{
    const Ending *ending = &endings[_i];
    g_autofree char *script = g_strdup_printf("%s; exec sleep 1000", ending->script);
    sbx *sandbox = vm_create();
    sbx_result *result = NULL;
    sbx_error *error = NULL;
    sbx *again = NULL;
    pid_t qemu = vm_qemu(sbx_id(sandbox));
    gint64 start = vm_now_ms();
    int code = sbx_sh(sandbox, script, &result, &error);
    int took = (int)(vm_now_ms() - start);

    ck_assert_msg(code < 0, "%s: the command ended with %d", ending->name,
                  code < 0 ? 0 : sbx_result_exit_code(result));
    ck_assert_msg(
        g_regex_match_simple("shut down, rebooted or panicked", sbx_error_message(error), 0, 0),
        "%s: \"%s\"", ending->name, sbx_error_message(error));
    vm_check_error(code, SBX_E_GONE, error, "sbx_sh");
    ck_assert_msg(took < vm_limit(15000), "%s was noticed after %d ms", ending->name, took);
    printf("  %s: noticed after %d ms\n", ending->name, took);
    start = vm_now_ms();
    vm_expect_gone(sandbox, "shut down, rebooted or panicked");
    ck_assert_int_lt(vm_now_ms() - start, vm_limit(500));
    ck_assert(vm_wait_gone(qemu, 1000));
    error = NULL;
    code = sbx_connect(sbx_id(sandbox), NULL, &again, &error);
    vm_check_error(code, SBX_E_NOT_FOUND, error, "sbx_connect");
    ck_assert_int_eq(sbx_kill(sandbox, NULL), SBX_OK);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(fills_its_disk)
{
    sbx_options *options = vm_options(256 * VM_MIB);
    sbx *sandbox;
    g_autofree char *said = NULL;
    g_autofree char *size = NULL;

    ck_assert_int_eq(sbx_options_set_disk_size(options, 64 * VM_MIB, NULL), SBX_OK);
    sandbox = vm_create_with(options);
    size = vm_sh(sandbox, "df --output=size -BM / | tail -n1 | tr -dc 0-9");
    ck_assert_msg(atoi(size) >= 40 && atoi(size) <= 64, "a disk of 64 MiB has %s MiB", size);
    said = vm_sh_fails(sandbox, "head -c 100000000 /dev/zero > big", 1);
    ck_assert_ptr_nonnull(strstr(said, "No space left on device"));
    g_free(vm_sh(sandbox, "rm big; echo data > small; sync; cat small"));
    sbx_unref(sandbox);
    sbx_options_unref(options);
}
END_TEST

START_TEST(sees_the_size_of_its_disk)
{
    sbx_options *options = vm_options(128 * VM_MIB);
    sbx *sandbox;
    g_autofree char *size = NULL;
    g_autofree char *memory = NULL;
    g_autofree char *cpus = NULL;

    ck_assert_int_eq(sbx_options_set_disk_size(options, UINT64_C(3) << 30, NULL), SBX_OK);
    ck_assert_int_eq(sbx_options_set_vcpus(options, 1, NULL), SBX_OK);
    sandbox = vm_create_with(options); /* and the smallest memory boots */
    size = vm_sh(sandbox, "df --output=size -BM / | tail -n1 | tr -dc 0-9");
    memory = vm_sh(sandbox, "awk '/^MemTotal/ {print int($2 / 1024)}' /proc/meminfo");
    cpus = vm_sh(sandbox, "nproc; python3 -c 'print(1)'");
    ck_assert_msg(atoi(size) > 2800 && atoi(size) <= 3072, "3 GiB are %s MiB", size);
    ck_assert_msg(atoi(memory) > 60 && atoi(memory) <= 128, "128 MiB are %s MiB", memory);
    ck_assert_str_eq(cpus, "1\n1");
    sbx_unref(sandbox);
    sbx_options_unref(options);
}
END_TEST

/* A process that was started before the end learns of it through its descriptor. */
START_TEST(ends_under_a_process)
{
    sbx *sandbox = vm_create();
    sbx_command *command = sbx_command_new("cat");
    sbx_process *process = NULL;
    sbx_error *error = NULL;
    struct pollfd ready;
    int code;

    ck_assert_int_eq(sbx_command_set_stdio(command, SBX_STDIN, SBX_STDIO_PIPE, NULL), SBX_OK);
    ck_assert_int_eq(sbx_spawn(sandbox, command, &process, NULL), SBX_OK);
    ck_assert_int_eq(sbx_process_wait(process, 0, NULL), 0);
    ck_assert_int_eq(sbx_kill(sandbox, NULL), SBX_OK);
    ready = (struct pollfd){.fd = sbx_process_exit_fd(process), .events = POLLIN};
    ck_assert_int_eq(poll(&ready, 1, vm_limit(1000)), 1);
    code = sbx_process_wait(process, -1, &error);
    ck_assert_ptr_nonnull(strstr(sbx_error_message(error), "killed"));
    vm_check_error(code, SBX_E_GONE, error, "sbx_process_wait");
    ready = (struct pollfd){.fd = sbx_process_fd(process, SBX_STDOUT), .events = POLLIN};
    ck_assert_int_eq(poll(&ready, 1, vm_limit(1000)), 1); /* end of file */
    sbx_process_unref(process);
    sbx_command_unref(command);
    sbx_unref(sandbox);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vm-hostile");
    TCase *greedy = tcase_create("greedy");
    TCase *disk = tcase_create("disk");
    TCase *suicidal = tcase_create("suicidal");

    tcase_set_timeout(greedy, vm_limit(240000) / 1000);
    tcase_add_test(greedy, reports_out_of_memory_and_lives_on);
    tcase_add_test(greedy, does_not_report_it_without_reason);
    tcase_add_test(greedy, floods_its_console_in_vain);
    tcase_add_test(greedy, answers_during_a_fork_bomb);
    suite_add_tcase(suite, greedy);
    tcase_set_timeout(disk, vm_limit(180000) / 1000);
    tcase_add_test(disk, fills_its_disk);
    tcase_add_test(disk, sees_the_size_of_its_disk);
    suite_add_tcase(suite, disk);
    tcase_set_timeout(suicidal, vm_limit(180000) / 1000);
    tcase_add_loop_test(suicidal, ends_itself, 0, G_N_ELEMENTS(endings));
    tcase_add_test(suicidal, ends_under_a_process);
    suite_add_tcase(suite, suicidal);
    return vm_main("vm-hostile", suite);
}
