/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes that not even SIGKILL ends, and calls that nobody in the guest will ever answer: a file
 * system whose server takes requests and says nothing. Whoever meets it waits, everybody else goes
 * on, and what is not known is not claimed. */
#include <string.h>
#include <unistd.h>

#include "vm-env.h"

/* FUSE without a library: the first request, which is the kernel's, is answered, no other. */
static const char server[] =
    "import ctypes, os, struct\n"
    "libc = ctypes.CDLL(None, use_errno=True)\n"
    "fd = os.open('/dev/fuse', os.O_RDWR)\n"
    "os.mkdir('/mnt/hung')\n"
    "how = 'fd=%d,rootmode=40755,user_id=0,group_id=0,allow_other' % fd\n"
    "if libc.mount(b'hung', b'/mnt/hung', b'fuse', 0, how.encode()) != 0:\n"
    "    raise OSError(ctypes.get_errno(), 'mount')\n"
    "unique, = struct.unpack('=8xQ', os.read(fd, 1 << 20)[:16])\n"
    "os.write(fd, struct.pack('=IiQIIIIHHIIHHI28x', 80, 0, unique, 7, 31, 0, 0, 12, 10, 4096, 1, 1,"
    " 0, 0))\n"
    "print('hung', flush=True)\n"
    "while True: os.read(fd, 1 << 20)\n";

static sbx *box;
static sbx_process *serving;

static void setup(void)
{
    sbx_command *command = sbx_command_new("python3");
    char said[5];

    box = vm_create();
    ck_assert_int_eq(sbx_command_add_arg(command, "-c", NULL), SBX_OK);
    ck_assert_int_eq(sbx_command_add_arg(command, server, NULL), SBX_OK);
    ck_assert_int_eq(sbx_command_set_user(command, "root", NULL), SBX_OK);
    ck_assert_int_eq(sbx_spawn(box, command, &serving, NULL), SBX_OK);
    ck_assert_int_eq((int)read(sbx_process_fd(serving, SBX_STDOUT), said, sizeof said), 5);
    sbx_command_unref(command);
}

static void teardown(void)
{
    pid_t qemu = vm_qemu(sbx_id(box));
    gint64 begun = vm_now_ms();

    ck_assert_int_eq(sbx_kill(box, NULL), SBX_OK);
    ck_assert(vm_wait_gone(qemu, 1000));
    ck_assert_int_lt(vm_now_ms() - begun, vm_limit(5000));
    sbx_process_unref(serving);
    sbx_unref(box);
}

static sbx_command *stuck_command(void)
{
    sbx_command *command = sbx_command_new("cat");

    ck_assert_int_eq(sbx_command_add_arg(command, "/mnt/hung/file", NULL), SBX_OK);
    return command;
}

/* The others do not notice. */
static void check_neighbours(void)
{
    gint64 begun = vm_now_ms();

    g_free(vm_sh(box, "echo here; sudo true"));
    ck_assert_int_lt(vm_now_ms() - begun, vm_limit(20000));
}

/* An op that does not come to an end is given up, at once. */
static void check_cancel(sbx_op *op)
{
    sbx_error *error = NULL;
    gint64 begun;
    int code;

    ck_assert_int_eq(sbx_op_wait(op, 1500, NULL), 0);
    check_neighbours();
    begun = vm_now_ms();
    ck_assert_int_ge(sbx_op_cancel(op), 0);
    ck_assert_int_eq(sbx_op_wait(op, vm_limit(10000), NULL), 1);
    ck_assert_int_lt(vm_now_ms() - begun, vm_limit(2000));
    code = sbx_op_finish(op, &error);
    vm_check_error(code, SBX_E_CANCELLED, error, "sbx_op_cancel");
    sbx_op_unref(op);
}

START_TEST(at_its_deadline_nobody_knows)
{
    sbx_command *command = stuck_command();
    sbx_process *process = NULL;
    g_autofree char *state = NULL;

    ck_assert_int_eq(sbx_command_set_deadline(command, 1500, NULL), SBX_OK);
    ck_assert_int_eq(sbx_spawn(box, command, &process, NULL), SBX_OK);
    ck_assert_int_eq(sbx_process_wait(process, 500, NULL), 0);
    ck_assert_int_eq(sbx_process_wait(process, vm_limit(30000), NULL), 1);
    ck_assert_int_eq(sbx_process_cause(process), SBX_CAUSE_UNKNOWN);
    ck_assert_int_eq(sbx_process_exit_code(process), -1);
    ck_assert_int_eq(sbx_process_exit_signal(process), 0);
    state = vm_sh(box, "ps -o stat= -C cat");
    ck_assert_msg(state[0] == 'D', "it is in state \"%s\"", state);
    sbx_process_unref(process);
    sbx_command_unref(command);
}
END_TEST

/* sbx_run() with a deadline ends, too. When the file system goes, so does what waited for it. */
START_TEST(a_run_ends_all_the_same)
{
    sbx_command *command = stuck_command();
    sbx_result *result = NULL;

    ck_assert_int_eq(sbx_command_set_deadline(command, 1500, NULL), SBX_OK);
    ck_assert_int_eq(sbx_run(box, command, &result, NULL), SBX_OK);
    ck_assert_int_eq(sbx_result_cause(result), SBX_CAUSE_UNKNOWN);
    ck_assert_int_eq(sbx_result_exit_code(result), -1);
    sbx_result_free(result);
    check_neighbours();
    ck_assert_int_eq(sbx_process_kill(serving, NULL), SBX_OK);
    ck_assert_int_eq(sbx_process_wait(serving, vm_limit(30000), NULL), 1);
    g_free(vm_sh(box, "timeout 20 tail --pid=$(pgrep -x cat || echo 999999) -f /dev/null"));
    sbx_command_unref(command);
}
END_TEST

START_TEST(a_kill_that_does_not_work_is_not_said_to)
{
    sbx_command *command = stuck_command();
    sbx_process *process = NULL;

    ck_assert_int_eq(sbx_spawn(box, command, &process, NULL), SBX_OK);
    ck_assert_int_eq(sbx_process_wait(process, 500, NULL), 0);
    ck_assert_int_eq(sbx_process_kill(process, NULL), SBX_OK);
    ck_assert_int_eq(sbx_process_wait(process, 1000, NULL), 0);
    ck_assert_int_eq(sbx_process_exit_code(process), -1);
    check_neighbours();
    /* Now it can: it has had its signal. */
    ck_assert_int_eq(sbx_process_kill(serving, NULL), SBX_OK);
    ck_assert_int_eq(sbx_process_wait(process, vm_limit(30000), NULL), 1);
    ck_assert_int_eq(sbx_process_exit_signal(process), 9);
    sbx_process_unref(process);
    sbx_command_unref(command);
}
END_TEST

START_TEST(calls_are_given_up)
{
    sbx_command *command = stuck_command();
    sbx_result *result = NULL;
    sbx_stat *stat = NULL;
    sbx_op *op = NULL;

    ck_assert_int_eq(sbx_run_start(box, command, &result, NULL, &op, NULL), SBX_OK);
    check_cancel(op);
    ck_assert_int_eq(sbx_fs_stat_start(box, "/mnt/hung/file", NULL, &stat, NULL, &op, NULL),
                     SBX_OK);
    check_cancel(op);
    sbx_command_unref(command);
}
END_TEST

/* The agent looks for a socket there, and serves everybody else. */
START_TEST(a_socket_that_is_never_found)
{
    sbx_error *error = NULL;
    sbx_op *ops[4] = {NULL};
    int fds[4];
    int fd = -1;
    int code;

    for (size_t i = 0; i < G_N_ELEMENTS(ops); i++)
        ck_assert_int_eq(
            sbx_connect_unix_start(box, "/mnt/hung/socket", &fds[i], NULL, &ops[i], NULL), SBX_OK);
    for (size_t i = 0; i < G_N_ELEMENTS(ops); i++)
        check_cancel(ops[i]);
    code = sbx_connect_unix(box, "/nothing/here", &fd, &error);
    ck_assert_int_eq(sbx_error_errno(error), 2);
    vm_check_error(code, SBX_E_SYSTEM, error, "sbx_connect_unix");
}
END_TEST

/* A start is the agent's own doing; it fails, and what it left in the guest is no obstacle. */
START_TEST(a_start_that_never_ends)
{
    static const struct {
        const char *program, *cwd;
    } cases[] = {{"true", "/mnt/hung/directory"}, {"/mnt/hung/directory/program", NULL}};

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        sbx_command *command = sbx_command_new(cases[i].program);
        sbx_process *process = NULL;
        sbx_error *error = NULL;
        int code;

        ck_assert_int_eq(sbx_command_set_cwd(command, cases[i].cwd, NULL), SBX_OK);
        code = sbx_spawn(box, command, &process, &error);
        ck_assert_ptr_nonnull(error);
        ck_assert_msg(strstr(sbx_error_message(error), "/mnt/hung/directory") != NULL &&
                          strstr(sbx_error_message(error), "does not answer") != NULL,
                      "%s", sbx_error_message(error));
        vm_check_error(code, SBX_E_EXEC, error, "sbx_spawn");
        sbx_command_unref(command);
        check_neighbours();
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vm-stuck");
    TCase *cases = tcase_create("stuck");

    tcase_set_timeout(cases, vm_limit(300000) / 1000);
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, at_its_deadline_nobody_knows);
    tcase_add_test(cases, a_run_ends_all_the_same);
    tcase_add_test(cases, a_kill_that_does_not_work_is_not_said_to);
    tcase_add_test(cases, calls_are_given_up);
    tcase_add_test(cases, a_socket_that_is_never_found);
    tcase_add_test(cases, a_start_that_never_ends);
    suite_add_tcase(suite, cases);
    return vm_main("vm-stuck", suite);
}
