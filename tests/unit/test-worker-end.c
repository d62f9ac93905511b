/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Workers in a guest that close their output and never end: calls that wait for their end have them
 * killed, and fail.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "client/private.h"
#include "client/transfer.h"
#include "client/worker-end.h"
#include "lib/test-main.h"
#include "lib/test-peer.h"
#include "wire/fd.h"

#define ID "sbx_loc_00000000000000000000"
#define ENDED "{\"jsonrpc\":\"2.0\",\"method\":\"process.exited\",\"params\":{\"exit_code\":0}}"

static sbx *sandbox;
static sbx_error *error;
static int nothing;

static void setup(void)
{
    int none = -1;

    test_peer_start();
    ck_assert_int_eq(sbx_handle_new(ID, &none, &sandbox, "test", NULL), SBX_OK);
    nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    /* Every process is started; its pipes are closed at once, and nothing is ever said of it. */
    test_peer_answer(&(TestAnswer){.result = "{\"process\":7,\"pid\":8}"});
    sbx_worker_end_ms = sbx_transfer_rest_ms = 100;
    error = NULL;
}

static void teardown(void)
{
    sbx_error_free(error);
    close(nothing);
    sbx_unref(sandbox);
    test_peer_stop();
}

/* It was killed, once, and the call tells what it is about. */
static void assert_killed(int code, const char *operation)
{
    g_autofree char *sent = NULL;

    ck_assert_int_eq(code, SBX_E_TIMEOUT);
    ck_assert_int_eq(sbx_error_code(error), SBX_E_TIMEOUT);
    ck_assert_str_eq(sbx_error_operation(error), operation);
    ck_assert_ptr_nonnull(strstr(sbx_error_message(error), "did not end, not even killed"));
    ck_assert_uint_eq(test_peer_requests(), 2);
    ck_assert_str_eq(test_peer_method(0), "process.spawn");
    ck_assert_str_eq(test_peer_method(1), "process.signal");
    sent = sbx_json_print(test_peer_params(1), NULL);
    ck_assert_str_eq(sent, "{\"sandbox\":\"" ID "\",\"process\":7,\"signal\":9,\"scope\":2}");
}

START_TEST(list_of_ports)
{
    sbx_port_list *list = NULL;

    assert_killed(sbx_list_ports(sandbox, &list, &error), "sbx_list_ports");
    ck_assert_ptr_null(list);
}
END_TEST

START_TEST(archive_out)
{
    assert_killed(sbx_tar_create(sandbox, "/", NULL, 0, nothing, NULL, &error), "sbx_tar_create");
}
END_TEST

START_TEST(archive_in)
{
    assert_killed(sbx_tar_extract(sandbox, "/", nothing, NULL, &error), "sbx_tar_extract");
}
END_TEST

/* What failed on this side is the reason; that the worker stays is not. */
START_TEST(copy_that_failed_here)
{
    ck_assert_int_eq(sbx_upload(sandbox, "/no/such/file", "/", NULL, &error), SBX_E_NOT_FOUND);
    ck_assert_uint_ge(test_peer_requests(), 2);
    ck_assert_str_eq(test_peer_method(1), "process.signal");
}
END_TEST

/* One that ends is not killed. */
START_TEST(one_that_ends)
{
    sbx_port_list *list = NULL;

    test_peer_answer(&(TestAnswer){.result = "{\"process\":7,\"pid\":8}", .later = {ENDED}});
    ck_assert_int_eq(sbx_list_ports(sandbox, &list, NULL), SBX_OK);
    ck_assert_uint_eq(sbx_port_list_length(list), 0);
    ck_assert_uint_eq(test_peer_requests(), 1);
    sbx_port_list_free(list);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("worker-end");
    TCase *tcase = tcase_create("worker-end");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, list_of_ports);
    tcase_add_test(tcase, archive_out);
    tcase_add_test(tcase, archive_in);
    tcase_add_test(tcase, copy_that_failed_here);
    tcase_add_test(tcase, one_that_ends);
    suite_add_tcase(suite, tcase);
    return test_run(suite);
}
