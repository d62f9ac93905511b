/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A forward that cannot listen: nothing is left of its socket in the file system. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/private.h"
#include "lib/test-main.h"
#include "lib/test-peer.h"

#define ID "sbx_loc_00000000000000000000"

static int fails;

/* In place of libc's, for what is linked into this program. */
int listen(int fd, int backlog)
{
    if (!fails)
        return (int)syscall(SYS_listen, fd, backlog);
    errno = ENOBUFS;
    return -1;
}

static sbx *sandbox;
static char directory[] = "/tmp/sbx-listener-XXXXXX";

static void setup(void)
{
    int none = -1;

    test_peer_start();
    ck_assert_ptr_nonnull(mkdtemp(directory));
    ck_assert_int_eq(sbx_handle_new(ID, &none, &sandbox, "test", NULL), SBX_OK);
}

static void teardown(void)
{
    ck_assert_int_eq(rmdir(directory), 0);
    sbx_unref(sandbox);
    test_peer_stop();
}

START_TEST(listening_fails)
{
    g_autofree char *path = g_strdup_printf("%s/socket", directory);
    sbx_forward *forward = NULL;
    sbx_error *error = NULL;

    fails = 1;
    ck_assert_int_eq(sbx_forward_new(sandbox, 80, path, 0, &forward, &error), SBX_E_SYSTEM);
    fails = 0;
    ck_assert_int_eq(sbx_error_errno(error), ENOBUFS);
    ck_assert_int_eq(access(path, F_OK), -1);
    sbx_error_free(error);
    ck_assert_ptr_null(forward);
    ck_assert_uint_eq(test_peer_requests(), 0);
}
END_TEST

/* What was there before is somebody else's. */
START_TEST(the_path_is_taken)
{
    g_autofree char *path = g_strdup_printf("%s/socket", directory);
    sbx_forward *forward = NULL;

    ck_assert(g_file_set_contents(path, "", 0, NULL));
    ck_assert_int_eq(sbx_forward_new(sandbox, 80, path, 0, &forward, NULL), SBX_E_EXISTS);
    ck_assert_int_eq(unlink(path), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("listener");
    TCase *tcase = tcase_create("listener");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, listening_fails);
    tcase_add_test(tcase, the_path_is_taken);
    suite_add_tcase(suite, tcase);
    return test_run(suite);
}
