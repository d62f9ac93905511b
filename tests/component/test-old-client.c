/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Programs that were built against earlier versions, with this library: each as it was compiled
 * then. Their source, compiled now, goes along, which tells a broken ABI from changed behaviour.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "lib/test-keeper.h"
#include "lib/test-main.h"

static void run_client(const char *path)
{
    char *argv[] = {(char *)path, NULL};
    g_autofree char *output = NULL;
    g_autofree char *errors = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) environment = g_get_environ();
    int status = 0;

    environment =
        g_environ_setenv(environment, "LD_LIBRARY_PATH", getenv("SBX_TEST_LIBRARY_DIR"), TRUE);
    ck_assert_msg(g_spawn_sync(NULL, argv, environment, G_SPAWN_DEFAULT, NULL, NULL, &output,
                               &errors, &status, &error),
                  "%s: %s", path, error != NULL ? error->message : "");
    ck_assert_msg(status == 0, "%s: status %x: %s%s", path, (unsigned)status, output, errors);
    ck_assert_msg(g_str_has_suffix(output, "client: done\n"), "%s: %s", path, output);
    ck_assert_str_eq(errors, "");
}

START_TEST(version_0_1_compiled_now)
{
    run_client(getenv("SBX_TEST_NEW_CLIENT"));
}
END_TEST

START_TEST(version_0_1)
{
    run_client(getenv("SBX_TEST_OLD_CLIENT"));
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("old-client");
    TCase *tc = tcase_create("clients");

    tcase_add_checked_fixture(tc, test_keeper_setup, test_keeper_teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, version_0_1_compiled_now);
    tcase_add_test(tc, version_0_1);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
#if !defined(__x86_64__)
    return test_skip("the kept programs are for x86-64");
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return test_skip("a sanitizer's library wants programs of its own");
#endif
    if (getenv("SBX_TEST_OLD_CLIENT") == NULL || getenv("SBX_TEST_NEW_CLIENT") == NULL ||
        getenv("SBX_TEST_LIBRARY_DIR") == NULL)
        return test_skip("the programs are not known; run it by `meson test`");
    return test_keeper_main(suite);
}
