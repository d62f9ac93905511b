/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Test programs' main(): see test-main.h. */
#include "lib/test-main.h"

#include <stdio.h>
#include <stdlib.h>

int test_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int test_skip(const char *why)
{
    printf("skipped: %s\n", why);
    return getenv("SBX_TEST_MUST_RUN") != NULL ? EXIT_FAILURE : 77;
}
