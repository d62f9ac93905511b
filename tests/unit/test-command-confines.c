/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Terminal and limits of a command: what the setters take, and the request it becomes. */
#include "client/private.h"
#include "lib/test-main.h"

static sbx_command *command;

static void setup(void)
{
    command = sbx_command_new("prog");
}

static void teardown(void)
{
    sbx_command_unref(command);
}

static gint64 number(const char *name)
{
    g_autoptr(JsonObject) object = sbx_command_to_json(command);

    return sbx_json_get_int(object, name, -1);
}

static void refused(int code, sbx_error **error)
{
    ck_assert_int_eq(code, SBX_E_INVALID);
    ck_assert_int_eq(sbx_error_code(*error), SBX_E_INVALID);
    sbx_error_free(*error);
    *error = NULL;
}

START_TEST(nothing_by_default)
{
    ck_assert_int_eq(number("rows"), -1);
    ck_assert_int_eq(number("columns"), -1);
    ck_assert_int_eq(number("memory_limit"), -1);
    ck_assert_int_eq(number("process_limit"), -1);
    ck_assert_int_eq(number("cpu_limit_ms"), -1);
}
END_TEST

START_TEST(terminals)
{
    sbx_error *error = NULL;
    g_autoptr(JsonObject) object = NULL;

    ck_assert_int_eq(sbx_command_set_terminal(command, 24, 80, &error), SBX_OK);
    ck_assert_int_eq(number("rows"), 24);
    ck_assert_int_eq(number("columns"), 80);
    object = sbx_command_to_json(command);
    ck_assert_str_eq(sbx_json_get_string(object, "stderr"), "merge");
    refused(sbx_command_set_terminal(command, 0, 80, &error), &error);
    refused(sbx_command_set_terminal(command, 24, 0, &error), &error);
    refused(sbx_command_set_terminal(command, -1, 80, &error), &error);
    refused(sbx_command_set_terminal(command, 24, 65536, &error), &error);
    ck_assert_int_eq(number("rows"), 24);
    ck_assert_int_eq(sbx_command_set_terminal(command, 65535, 65535, &error), SBX_OK);
    ck_assert_int_eq(number("columns"), 65535);
    ck_assert_int_eq(sbx_command_set_terminal(command, 0, 0, &error), SBX_OK);
    ck_assert_int_eq(number("rows"), -1);
}
END_TEST

START_TEST(limits)
{
    sbx_error *error = NULL;

    ck_assert_int_eq(sbx_command_set_memory_limit(command, SBX_MEMORY_LIMIT_MIN, &error), SBX_OK);
    refused(sbx_command_set_memory_limit(command, SBX_MEMORY_LIMIT_MIN - 1, &error), &error);
    refused(sbx_command_set_memory_limit(command, UINT64_MAX, &error), &error);
    ck_assert_int_eq(number("memory_limit"), SBX_MEMORY_LIMIT_MIN);
    ck_assert_int_eq(sbx_command_set_process_limit(command, 1, &error), SBX_OK);
    refused(sbx_command_set_process_limit(command, -1, &error), &error);
    refused(sbx_command_set_process_limit(command, 4194305, &error), &error);
    ck_assert_int_eq(number("process_limit"), 1);
    ck_assert_int_eq(sbx_command_set_cpu_limit(command, 1500, &error), SBX_OK);
    refused(sbx_command_set_cpu_limit(command, -1, &error), &error);
    refused(sbx_command_set_cpu_limit(command, INT64_MAX, &error), &error);
    ck_assert_int_eq(number("cpu_limit_ms"), 1500);
    ck_assert_int_eq(sbx_command_set_memory_limit(command, 0, &error), SBX_OK);
    ck_assert_int_eq(sbx_command_set_process_limit(command, 0, &error), SBX_OK);
    ck_assert_int_eq(sbx_command_set_cpu_limit(command, 0, &error), SBX_OK);
    ck_assert_int_eq(number("memory_limit"), -1);
    ck_assert_int_eq(number("process_limit"), -1);
    ck_assert_int_eq(number("cpu_limit_ms"), -1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-confines");
    TCase *cases = tcase_create("commands");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, nothing_by_default);
    tcase_add_test(cases, terminals);
    tcase_add_test(cases, limits);
    suite_add_tcase(suite, cases);
    return test_run(suite);
}
