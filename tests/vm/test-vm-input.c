/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bad input, large input, and calls that come too late, as a real guest and its kernel see them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vm-env.h"

static sbx_command *counting(size_t count, size_t length)
{
    sbx_command *command = sbx_command_new("bash");
    g_autofree char *arg = g_strnfill(length, 'x');
    static const char *const head[] = {"-c", "for a in \"$@\"; do echo ${#a}; done", "bash"};

    for (size_t i = 0; i < G_N_ELEMENTS(head); i++)
        ck_assert_int_eq(sbx_command_add_arg(command, head[i], NULL), SBX_OK);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(sbx_command_add_arg(command, arg, NULL), SBX_OK);
    return command;
}

/* What a kernel takes arrives, down to the last byte; of more it is said what is wrong. */
START_TEST(arguments_of_2_mb)
{
    static const struct {
        size_t count, length;
    } refused[] = {{1, 2000000}, {1, 131072}, {30, 100000}};
    sbx *sandbox = vm_shared();
    sbx_command *command = counting(20, 100000);
    sbx_result *result = NULL;
    g_autoptr(GString) wanted = g_string_new(NULL);

    for (int i = 0; i < 20; i++)
        g_string_append(wanted, "100000\n");
    ck_assert_int_eq(sbx_run(sandbox, command, &result, NULL), SBX_OK);
    ck_assert_str_eq(sbx_result_stdout(result, NULL), wanted->str);
    sbx_result_free(result);
    sbx_command_unref(command);
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
        sbx_process *process = NULL;
        sbx_error *error = NULL;
        int code;

        command = counting(refused[i].count, refused[i].length);
        code = sbx_spawn(sandbox, command, &process, &error);
        ck_assert_ptr_nonnull(error);
        ck_assert_msg(strstr(sbx_error_message(error), "Argument list too long") != NULL, "%s",
                      sbx_error_message(error));
        ck_assert_int_eq(sbx_error_errno(error), E2BIG);
        vm_check_error(code, SBX_E_EXEC, error, "sbx_spawn");
        sbx_command_unref(command);
    }
    sbx_unref(sandbox);
}
END_TEST

/* Directories and programs whose names are any bytes; those that cannot be. */
START_TEST(names_of_all_kinds)
{
    static const char *const names[] = {"with\nnewline", "\xff\xfe invalid", "-rf", "*", "a'b\"c"};
    sbx *sandbox = vm_shared();
    g_autofree char *endless = g_strnfill(5000, '/');
    sbx_command *command = sbx_command_new("true");
    sbx_process *process = NULL;
    sbx_error *error = NULL;
    int code;

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *dir = g_strconcat("/tmp/", names[i], NULL);
        g_autofree char *program = g_strconcat(dir, "/", names[i], NULL);
        sbx_command *own = sbx_command_new(program);
        sbx_result *result = NULL;

        ck_assert_int_eq(sbx_fs_mkdir(sandbox, dir, NULL, NULL), SBX_OK);
        ck_assert_int_eq(sbx_fs_symlink(sandbox, "/bin/pwd", program, NULL, NULL), SBX_OK);
        ck_assert_int_eq(sbx_command_set_cwd(own, dir, NULL), SBX_OK);
        if (sbx_run(sandbox, own, &result, &error) < 0)
            ck_abort_msg("%s", sbx_error_message(error));
        ck_assert(g_str_has_prefix(sbx_result_stdout(result, NULL), dir));
        sbx_result_free(result);
        sbx_command_unref(own);
    }
    code = sbx_command_set_cwd(command, endless, NULL);
    if (code == SBX_OK) {
        code = sbx_spawn(sandbox, command, &process, &error);
        ck_assert_ptr_nonnull(error);
        ck_assert_ptr_nonnull(strstr(sbx_error_message(error), "File name too long"));
        vm_check_error(code, SBX_E_EXEC, error, "sbx_spawn");
    }
    g_free(vm_sh(sandbox, "cd /tmp && ln -s loop-a loop-b && ln -s loop-b loop-a"));
    ck_assert_int_eq(sbx_command_set_cwd(command, "/tmp/loop-a/x", NULL), SBX_OK);
    error = NULL;
    code = sbx_spawn(sandbox, command, &process, &error);
    ck_assert_ptr_nonnull(error);
    ck_assert_ptr_nonnull(strstr(sbx_error_message(error), "symbolic links"));
    vm_check_error(code, SBX_E_EXEC, error, "sbx_spawn");
    sbx_command_unref(command);
    sbx_unref(sandbox);
}
END_TEST

typedef int (*LateCall)(sbx *sandbox, sbx_error **error);

static int late_spawn(sbx *sandbox, sbx_error **error)
{
    sbx_command *command = sbx_command_new("true");
    sbx_process *process = NULL;
    int code = sbx_spawn(sandbox, command, &process, error);

    sbx_command_unref(command);
    sbx_process_unref(process);
    return code;
}

static int late_stat(sbx *sandbox, sbx_error **error)
{
    sbx_stat *stat = NULL;

    return sbx_fs_stat(sandbox, "/", NULL, &stat, error);
}

static int late_connect(sbx *sandbox, sbx_error **error)
{
    int fd = -1;

    return sbx_connect_port(sandbox, 80, &fd, error);
}

static int late_forward(sbx *sandbox, sbx_error **error)
{
    sbx_forward *forward = NULL;

    return sbx_forward_new(sandbox, 80, NULL, 0, &forward, error);
}

static int late_wait_port(sbx *sandbox, sbx_error **error)
{
    return sbx_wait_port(sandbox, 80, -1, error);
}

static int late_upload(sbx *sandbox, sbx_error **error)
{
    return sbx_upload(sandbox, "/etc/hostname", "hostname", NULL, error);
}

static int late_fork(sbx *sandbox, sbx_error **error)
{
    sbx *child = NULL;

    return sbx_fork(sandbox, 1, NULL, &child, error);
}

static int late_pause(sbx *sandbox, sbx_error **error)
{
    return sbx_pause(sandbox, error);
}

static int late_extend(sbx *sandbox, sbx_error **error)
{
    return sbx_extend(sandbox, 1000, NULL, error);
}

static const struct {
    const char *name;
    LateCall call;
} late[] = {
    {"sbx_spawn", late_spawn},
    {"sbx_fs_stat", late_stat},
    {"sbx_connect_port", late_connect},
    {"sbx_forward_new", late_forward},
    {"sbx_wait_port", late_wait_port},
    {"sbx_upload", late_upload},
    {"sbx_fork", late_fork},
    {"sbx_pause", late_pause},
    {"sbx_extend", late_extend},
};

/* Files and processes that were open at the end, and calls that come after it. */
START_TEST(too_late)
{
    sbx *sandbox = vm_create();
    sbx_file *file = NULL;
    sbx_error *error = NULL;
    char bytes[8];
    size_t length = 0;
    int code;

    ck_assert_int_eq(sbx_fs_open(sandbox, "/etc/passwd", SBX_OPEN_READ, NULL, &file, NULL), SBX_OK);
    ck_assert_int_eq(sbx_kill(sandbox, NULL), SBX_OK);
    for (size_t i = 0; i < G_N_ELEMENTS(late); i++) {
        error = NULL;
        code = late[i].call(sandbox, &error);
        ck_assert_msg(code == SBX_E_GONE, "%s: %s", late[i].name, sbx_error_code_name(code));
        ck_assert_msg(strstr(sbx_error_message(error), "killed") != NULL, "%s: %s", late[i].name,
                      sbx_error_message(error));
        sbx_error_free(error);
    }
    error = NULL;
    code = sbx_file_read(file, bytes, sizeof bytes, &length, &error);
    ck_assert_msg(code == SBX_E_GONE || code == SBX_E_PROTOCOL, "%s", sbx_error_code_name(code));
    sbx_error_free(error);
    sbx_file_unref(file);
    ck_assert_int_eq(sbx_kill(sandbox, NULL), SBX_OK);
    sbx_unref(sandbox);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vm-input");
    TCase *cases = tcase_create("input");

    tcase_set_timeout(cases, vm_limit(180000) / 1000);
    tcase_add_test(cases, arguments_of_2_mb);
    tcase_add_test(cases, names_of_all_kinds);
    tcase_add_test(cases, too_late);
    suite_add_tcase(suite, cases);
    return vm_main("vm-input", suite);
}
