/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every test program's main() needs: running a suite, and skipping it. */
#pragma once

#include <check.h>

/* Runs the suite and frees it; returns main()'s exit status. */
int test_run(Suite *suite);
/* Says why and returns main()'s exit status: 77, or 1 when SBX_TEST_MUST_RUN is set. */
int test_skip(const char *why);
