/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands: each setter's limits, and the request that a command becomes. */
#include <string.h>

#include "client/private.h"
#include "lib/test-main.h"

static sbx_command *command;

static void setup(void)
{
    command = sbx_command_new("prog");
}

static void teardown(void)
{
    ck_assert_ptr_null(sbx_command_unref(command));
}

static void assert_code(int code, int wanted, sbx_error **error)
{
    ck_assert_int_eq(code, wanted);
    ck_assert((*error != NULL) == (wanted < 0));
    if (*error != NULL)
        ck_assert_int_eq(sbx_error_code(*error), wanted);
    sbx_error_free(*error);
    *error = NULL;
}

/* A member of the request as bytes. */
static char *member(const char *name)
{
    g_autoptr(JsonObject) object = sbx_command_to_json(command);

    return sbx_json_get_bytes(object, name);
}

START_TEST(defaults)
{
    g_autoptr(JsonObject) object = sbx_command_to_json(command);

    ck_assert_str_eq(sbx_json_get_string(object, "program"), "prog");
    ck_assert_str_eq(sbx_json_get_string(object, "stdin"), "null");
    ck_assert_str_eq(sbx_json_get_string(object, "stdout"), "pipe");
    ck_assert_str_eq(sbx_json_get_string(object, "stderr"), "pipe");
    ck_assert(!sbx_json_get_boolean(object, "clear_env", TRUE));
    ck_assert(!json_object_has_member(object, "script"));
    ck_assert(!json_object_has_member(object, "cwd"));
    ck_assert(!json_object_has_member(object, "user"));
    ck_assert_ptr_eq(sbx_command_ref(command), command);
    sbx_command_unref(command);
    ck_assert_ptr_null(sbx_command_unref(NULL));
}
END_TEST

START_TEST(scripts)
{
    sbx_command *script = sbx_command_new_script("echo \xff");
    sbx_command *none = sbx_command_new_script(NULL);
    g_autoptr(JsonObject) object = sbx_command_to_json(script);
    g_autofree char *text = sbx_json_get_bytes(object, "script");

    ck_assert_str_eq(text, "echo \xff");
    ck_assert(!json_object_has_member(object, "program"));
    sbx_command_unref(script);
    ck_assert_ptr_nonnull(none);
    sbx_command_unref(none);
    sbx_command_unref(sbx_command_new(NULL));
}
END_TEST

START_TEST(arguments)
{
    g_autoptr(JsonObject) object = NULL;
    g_auto(GStrv) args = NULL;
    sbx_error *error = NULL;

    assert_code(sbx_command_add_arg(command, NULL, &error), SBX_E_INVALID, &error);
    ck_assert_int_eq(sbx_command_add_arg(command, NULL, NULL), SBX_E_INVALID);
    assert_code(sbx_command_add_arg(command, "", &error), 0, &error);
    assert_code(sbx_command_add_arg(command, "\xff\n", &error), 0, &error);
    object = sbx_command_to_json(command);
    args = sbx_json_get_bytes_array(object, "args");
    ck_assert_uint_eq(g_strv_length(args), 2);
    ck_assert_str_eq(args[0], "");
    ck_assert_str_eq(args[1], "\xff\n");
}
END_TEST

START_TEST(too_many_arguments)
{
    sbx_error *error = NULL;

    for (int i = 0; i < SBX_ARGS_MAX; i++)
        ck_assert_int_eq(sbx_command_add_arg(command, "x", NULL), 0);
    assert_code(sbx_command_add_arg(command, "x", &error), SBX_E_TOO_BIG, &error);
    ck_assert_uint_eq(command->args->len, SBX_ARGS_MAX);
}
END_TEST

START_TEST(too_many_bytes)
{
    g_autofree char *big = g_strnfill(SBX_COMMAND_BYTES_MAX - 4 - 1, 'x');
    sbx_error *error = NULL;

    ck_assert_int_eq(sbx_command_add_arg(command, big, NULL), 0);
    assert_code(sbx_command_add_arg(command, "", &error), SBX_E_TOO_BIG, &error);
    ck_assert_uint_eq(command->args->len, 1);
}
END_TEST

START_TEST(environment)
{
    g_autofree char *value = g_strnfill(SBX_ENV_BYTES_MAX, 'v');
    sbx_error *error = NULL;

    assert_code(sbx_command_set_env(command, NULL, "", &error), SBX_E_INVALID, &error);
    assert_code(sbx_command_set_env(command, "", "", &error), SBX_E_INVALID, &error);
    assert_code(sbx_command_set_env(command, "a=", "", &error), SBX_E_INVALID, &error);
    assert_code(sbx_command_set_env(command, "a", value, &error), SBX_E_TOO_BIG, &error);
    assert_code(sbx_command_set_env(command, "a", "b", &error), 0, &error);
    assert_code(sbx_command_set_env(command, "a", NULL, &error), 0, &error);
    ck_assert_uint_eq(g_hash_table_size(command->env), 0);
    sbx_command_clear_env(command, 7);
    ck_assert_int_eq(command->clear_env, 1);
}
END_TEST

/* All of a command together has one limit, not only its arguments. */
START_TEST(environment_counts_as_bytes)
{
    g_autofree char *value = g_strnfill(SBX_ENV_BYTES_MAX - 100, 'v');
    int code = 0;

    for (int i = 0; i < SBX_ENV_MAX && code == 0; i++) {
        char name[16];

        g_snprintf(name, sizeof name, "V%d", i);
        code = sbx_command_set_env(command, name, value, NULL);
    }
    ck_assert_int_eq(code, SBX_E_TOO_BIG);
    /* Taking one out, or making it shorter, gives its room back. */
    ck_assert_int_eq(sbx_command_set_env(command, "V0", "short", NULL), 0);
    ck_assert_int_eq(sbx_command_set_env(command, "V1", NULL, NULL), 0);
    ck_assert_int_eq(sbx_command_set_env(command, "NEW", value, NULL), 0);
}
END_TEST

START_TEST(directory)
{
    g_autofree char *longest = g_strnfill(4095, '/');
    g_autofree char *longer = g_strnfill(4096, '/');
    g_autofree char *cwd = NULL;
    sbx_error *error = NULL;

    assert_code(sbx_command_set_cwd(command, "/a\xff", &error), 0, &error);
    assert_code(sbx_command_set_cwd(command, "", &error), SBX_E_INVALID, &error);
    assert_code(sbx_command_set_cwd(command, "relative", &error), SBX_E_INVALID, &error);
    assert_code(sbx_command_set_cwd(command, longer, &error), SBX_E_INVALID, &error);
    cwd = member("cwd");
    ck_assert_str_eq(cwd, "/a\xff");
    assert_code(sbx_command_set_cwd(command, longest, &error), 0, &error);
    assert_code(sbx_command_set_cwd(command, NULL, &error), 0, &error);
    ck_assert_ptr_null(member("cwd"));
}
END_TEST

START_TEST(user)
{
    g_autofree char *longest = g_strnfill(255, 'u');
    g_autofree char *longer = g_strnfill(256, 'u');
    g_autofree char *who = NULL;
    sbx_error *error = NULL;

    assert_code(sbx_command_set_user(command, "root", &error), 0, &error);
    assert_code(sbx_command_set_user(command, "", &error), SBX_E_INVALID, &error);
    assert_code(sbx_command_set_user(command, "a:b", &error), SBX_E_INVALID, &error);
    assert_code(sbx_command_set_user(command, "a\nb", &error), SBX_E_INVALID, &error);
    assert_code(sbx_command_set_user(command, longer, &error), SBX_E_INVALID, &error);
    who = member("user");
    ck_assert_str_eq(who, "root");
    assert_code(sbx_command_set_user(command, longest, &error), 0, &error);
    assert_code(sbx_command_set_user(command, NULL, &error), 0, &error);
    ck_assert_ptr_null(member("user"));
}
END_TEST

START_TEST(stdio)
{
    sbx_error *error = NULL;

    for (int stream = -1; stream <= 3; stream++) {
        for (int mode = -1; mode <= 5; mode++) {
            gboolean fine = stream >= 0 && stream <= 2 && mode >= 0 &&
                            (mode <= 1 || mode == SBX_STDIO_INHERIT ||
                             (mode == SBX_STDIO_MERGE && stream == SBX_STDERR));

            assert_code(sbx_command_set_stdio(command, stream, mode, &error),
                        fine ? 0 : SBX_E_INVALID, &error);
        }
    }
    assert_code(sbx_command_set_stdio(command, SBX_STDIN, SBX_STDIO_PIPE, &error), 0, &error);
    assert_code(sbx_command_set_stdio(command, SBX_STDERR, SBX_STDIO_MERGE, &error), 0, &error);
    ck_assert_int_eq(command->stdio[SBX_STDIN], SBX_STDIO_PIPE);
    ck_assert_int_eq(command->stdio[SBX_STDOUT], SBX_STDIO_FD);
    ck_assert_int_eq(command->stdio[SBX_STDERR], SBX_STDIO_MERGE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command");
    TCase *cases = tcase_create("command");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, defaults);
    tcase_add_test(cases, scripts);
    tcase_add_test(cases, arguments);
    tcase_add_test(cases, too_many_arguments);
    tcase_add_test(cases, too_many_bytes);
    tcase_add_test(cases, environment);
    tcase_add_test(cases, environment_counts_as_bytes);
    tcase_add_test(cases, directory);
    tcase_add_test(cases, user);
    tcase_add_test(cases, stdio);
    suite_add_tcase(suite, cases);
    return test_run(suite);
}
