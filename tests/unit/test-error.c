/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors as programs see them, and what makes them inside the library. */
#include <errno.h>
#include <string.h>

#include "client/private.h"
#include "lib/test-main.h"

START_TEST(all_parts)
{
    sbx_error *error = NULL;

    ck_assert_int_eq(sbx_fail(&error, SBX_E_SYSTEM, EIO, "sbx_x", "try again", "it %s", "broke"),
                     SBX_E_SYSTEM);
    ck_assert_int_eq(sbx_error_code(error), SBX_E_SYSTEM);
    ck_assert_int_eq(sbx_error_errno(error), EIO);
    ck_assert_str_eq(sbx_error_operation(error), "sbx_x");
    ck_assert_str_eq(sbx_error_hint(error), "try again");
    ck_assert_str_eq(sbx_error_message(error), "it broke");
    ck_assert_ptr_null(sbx_error_cause(error));
    sbx_error_free(error);
    ck_assert_int_eq(sbx_fail_cause(&error, SBX_E_BOOT, 0, "sbx_y", NULL, "a\nb", "%s"),
                     SBX_E_BOOT);
    ck_assert_ptr_null(sbx_error_hint(error));
    ck_assert_str_eq(sbx_error_cause(error), "a\nb");
    ck_assert_str_eq(sbx_error_message(error), "%s");
    sbx_error_free(error);
    sbx_error_free(NULL);
}
END_TEST

START_TEST(one_line_of_text)
{
    sbx_error *error = NULL;

    sbx_fail(&error, SBX_E_INVALID, 0, "sbx_x", NULL, "\"%s\" is no name \u00e4\u20ac",
             "a\n\033[1m\xff\xc3\xc2\x85\u202e\\");
    ck_assert_str_eq(sbx_error_message(error),
                     "\"a\\x0a\\x1b[1m\\xff\\xc3\\x85\\x202e\\\" is no name \u00e4\u20ac");
    sbx_error_free(error);
}
END_TEST

START_TEST(nobody_wants_it)
{
    sbx_error *reason = NULL;
    sbx_error *error = NULL;

    ck_assert_int_eq(sbx_fail(NULL, SBX_E_BUSY, 0, "sbx_x", NULL, "%d", 1), SBX_E_BUSY);
    ck_assert_int_eq(sbx_fail_cause(NULL, SBX_E_BUSY, 0, "sbx_x", NULL, NULL, "m"), SBX_E_BUSY);
    ck_assert_int_eq(sbx_fail_fault(NULL, "sbx_x", sbx_fault_new(SBX_E_GONE, 0, NULL, NULL, "m")),
                     SBX_E_GONE);
    sbx_fail(&reason, SBX_E_DENIED, 0, "sbx_x", NULL, "m");
    ck_assert_int_eq(sbx_fail_with(NULL, reason), SBX_E_DENIED);
    sbx_fail(&reason, SBX_E_DENIED, 0, "sbx_x", NULL, "m");
    ck_assert_int_eq(sbx_fail_with(&error, reason), SBX_E_DENIED);
    ck_assert_ptr_eq(error, reason);
    sbx_error_free(error);
}
END_TEST

START_TEST(from_faults)
{
    sbx_error *error = NULL;
    GError *fault = sbx_fault_new(SBX_E_IMAGE, 5, "hint", "cause", "message");
    GError *other = g_error_new_literal(G_FILE_ERROR, G_FILE_ERROR_IO, "text");

    ck_assert_int_eq(sbx_fail_fault(&error, "sbx_x", fault), SBX_E_IMAGE);
    ck_assert_int_eq(sbx_error_errno(error), 5);
    ck_assert_str_eq(sbx_error_hint(error), "hint");
    ck_assert_str_eq(sbx_error_cause(error), "cause");
    ck_assert_str_eq(sbx_error_message(error), "message");
    sbx_error_free(error);
    ck_assert_int_eq(sbx_fail_fault(&error, "sbx_x", other), SBX_E_SYSTEM);
    ck_assert_str_eq(sbx_error_message(error), "text");
    sbx_error_free(error);
}
END_TEST

START_TEST(names)
{
    ck_assert_str_eq(sbx_error_code_name(SBX_OK), "SBX_OK");
    ck_assert_str_eq(sbx_error_code_name(SBX_E_FORKED), "SBX_E_FORKED");
    ck_assert_str_eq(sbx_error_code_name(1), "SBX_E_UNKNOWN");
    ck_assert_str_eq(sbx_error_code_name(-1000), "SBX_E_UNKNOWN");
    ck_assert_int_eq(sbx_code_from_name("SBX_E_FORKED"), SBX_E_FORKED);
    ck_assert_int_eq(sbx_code_from_name("nonsense"), SBX_E_INTERNAL);
    ck_assert_str_eq(sbx_version(), SBX_VERSION_STRING);
}
END_TEST

/* Numbers are ABI: they must never change. */
START_TEST(numbers)
{
    static const int codes[] = {
        SBX_OK,         SBX_E_INVALID,  SBX_E_NO_MEMORY, SBX_E_SYSTEM,      SBX_E_UNAVAILABLE,
        SBX_E_KEEPER,   SBX_E_PROTOCOL, SBX_E_NOT_FOUND, SBX_E_EXISTS,      SBX_E_BUSY,
        SBX_E_NO_SPACE, SBX_E_DENIED,   SBX_E_TIMEOUT,   SBX_E_CANCELLED,   SBX_E_BOOT,
        SBX_E_GONE,     SBX_E_EXEC,     SBX_E_IMAGE,     SBX_E_UNSUPPORTED, SBX_E_FORKED,
        SBX_E_TOO_BIG,  SBX_E_INTERNAL, SBX_E_FILE,
    };

    for (int i = 0; i < (int)G_N_ELEMENTS(codes); i++)
        ck_assert_int_eq(codes[i], -i);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("error");
    TCase *cases = tcase_create("error");

    tcase_add_test(cases, all_parts);
    tcase_add_test(cases, one_line_of_text);
    tcase_add_test(cases, nobody_wants_it);
    tcase_add_test(cases, from_faults);
    tcase_add_test(cases, names);
    tcase_add_test(cases, numbers);
    suite_add_tcase(suite, cases);
    return test_run(suite);
}
