/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Operations of a program that has no descriptor left: those it gives cannot be duplicated. They
 * must not be taken for "none", nor for the program's mistake.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "client/private.h"
#include "lib/test-main.h"
#include "lib/test-peer.h"
#include "wire/fd.h"

#define ID "sbx_loc_00000000000000000000"

static sbx *sandbox;
static sbx_op *op;
static sbx_error *error;
static int file;
static int closed;
static struct rlimit before;

static void setup(void)
{
    int none = -1;

    test_peer_start();
    ck_assert_int_eq(sbx_handle_new(ID, &none, &sandbox, "test", NULL), SBX_OK);
    ck_assert_int_ge(sbx_get_fd(NULL), 0); /* the queue has its descriptors */
    file = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    closed = fcntl(file, F_DUPFD_CLOEXEC, 500);
    ck_assert_int_ge(closed, 500);
    close(closed);
    op = NULL;
    error = NULL;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
}

static void teardown(void)
{
    sbx_error_free(error);
    sbx_op_unref(op);
    close(file);
    sbx_unref(sandbox);
    test_peer_stop();
}

/* From here on no descriptor can be made, until give_back(). */
static void take_all(void)
{
    struct rlimit none = {.rlim_cur = 4, .rlim_max = before.rlim_max};

    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
}

static void give_back(void)
{
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
}

/* The start of an op failed for want of descriptors. */
static void assert_no_start(int code, const char *operation)
{
    give_back();
    ck_assert_int_eq(code, SBX_E_SYSTEM);
    ck_assert_int_eq(sbx_error_code(error), SBX_E_SYSTEM);
    ck_assert_int_eq(sbx_error_errno(error), EMFILE);
    ck_assert_str_eq(sbx_error_operation(error), operation);
    ck_assert_ptr_nonnull(strstr(sbx_error_message(error), "duplicate descriptor"));
    ck_assert_ptr_null(op);
    ck_assert_uint_eq(test_peer_requests(), 0);
}

START_TEST(an_archive)
{
    int code;

    take_all();
    code = sbx_tar_extract_start(sandbox, "/", file, NULL, NULL, &op, &error);
    assert_no_start(code, "sbx_tar_extract_start");
}
END_TEST

START_TEST(a_file)
{
    uint64_t bytes = 77;
    int code;

    take_all();
    code = sbx_fs_write_from_fd_start(sandbox, "/x", NULL, file, &bytes, NULL, &op, &error);
    assert_no_start(code, "sbx_fs_write_from_fd_start");
    ck_assert_uint_eq(bytes, 77);
}
END_TEST

START_TEST(a_listener)
{
    sbx_forward *forward = NULL;
    int code;

    take_all();
    code = sbx_forward_new_fd_start(sandbox, 80, NULL, file, &forward, NULL, &op, &error);
    assert_no_start(code, "sbx_forward_new_fd_start");
    ck_assert_ptr_null(forward);
}
END_TEST

/* What is no descriptor at all is the call's to judge, with or without room for one more. */
START_TEST(what_is_not_open)
{
    int code;

    take_all();
    code = sbx_tar_extract_start(sandbox, "/", _i ? -1 : closed, NULL, NULL, &op, NULL);
    give_back();
    ck_assert_int_eq(code, SBX_OK);
    ck_assert_int_eq(sbx_op_wait(op, -1, NULL), 1);
    ck_assert_int_eq(sbx_op_finish(op, NULL), SBX_E_INVALID);
}
END_TEST

/* A command is copied, too; its op tells. */
START_TEST(a_command)
{
    sbx_command *command = sbx_command_new("cat");
    sbx_process *process = NULL;
    int code;

    ck_assert_int_eq(sbx_command_set_fd(command, SBX_STDIN, file, NULL), SBX_OK);
    take_all();
    code = sbx_spawn_start(sandbox, command, &process, NULL, &op, &error);
    give_back();
    sbx_command_unref(command);
    ck_assert_int_eq(code, SBX_OK);
    ck_assert_int_eq(sbx_op_wait(op, -1, NULL), 1);
    ck_assert_int_eq(sbx_op_finish(op, &error), SBX_E_SYSTEM);
    ck_assert_int_eq(sbx_error_errno(error), EMFILE);
    ck_assert_ptr_nonnull(strstr(sbx_error_message(error), "standard stream 0"));
    ck_assert_ptr_null(process);
    ck_assert_uint_eq(test_peer_requests(), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("no-fds");
    TCase *tcase = tcase_create("no-fds");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, an_archive);
    tcase_add_test(tcase, a_file);
    tcase_add_test(tcase, a_listener);
    tcase_add_loop_test(tcase, what_is_not_open, 0, 2);
    tcase_add_test(tcase, a_command);
    suite_add_tcase(suite, tcase);
    return test_run(suite);
}
