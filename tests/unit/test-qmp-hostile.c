/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The QMP monitor and a QEMU that sends what it should not. */
#include <check.h>
#include <glib.h>
#include <string.h>

#include "lib/test-main.h"
#include "qmp-peer.h"

enum { DEPTH_MAX = 16, VALUES_MAX = 4096 };

static const struct {
    const char *script, *message;
} hostile[] = {
    {"{\"return\": {}, \"id\": 1}\n", "no greeting"},
    {"{\"QMP\": 5}\n", "no greeting"},
    {"{\"event\": \"X\"}\n", "no greeting"},
    {QMP_GREETING QMP_GREETING, "no event"},
    {QMP_GREETING "{\"error\": {\"desc\": \"no\"}, \"id\": 1}\n", "capabilities"},
    {QMP_HELLO "{\"return\": {}, \"id\": 3}\n", "something else"},
    {QMP_HELLO "{\"return\": {}, \"id\": 1}\n", "something else"},
    {QMP_HELLO "{\"return\": {}, \"id\": \"2\"}\n", "something else"},
    {QMP_HELLO "{\"return\": {}, \"id\": 2.0}\n", "something else"},
    {QMP_HELLO "{\"return\": {}}\n", "something else"},
    {QMP_HELLO "{\"error\": {\"desc\": \"x\"}}\n", "something else"},
    {QMP_HELLO "{\"return\": {}, \"error\": {}, \"id\": 2}\n", "no event"},
    {QMP_HELLO "{\"error\": 5, \"id\": 2}\n", "no event"},
    {QMP_HELLO "{\"id\": 2}\n", "no event"},
    {QMP_HELLO "{}\n", "no event"},
    {QMP_HELLO "{\"event\": 5}\n", "without a name"},
    {QMP_HELLO "{\"event\": null, \"return\": {}, \"id\": 2}\n", "without a name"},
    {QMP_HELLO "\n", "no JSON"},
    {QMP_HELLO "garbage\n", "no JSON"},
    {QMP_HELLO "[]\n", "no JSON"},
    {QMP_HELLO "{\n", "no JSON"},
    {QMP_HELLO "{\"return\": {}, \"id\": 2]\n", "no JSON"},
    {QMP_HELLO "{\"return\": {}, \"id\": 2\n}\n", "no JSON"},
    {QMP_HELLO "{\"return\": {}, \"id\": 2} {}\n", "no JSON"},
    {QMP_HELLO "{'return': {}, \"id\": 2}\n", "no JSON"},
    {QMP_HELLO "{\"return\": {}, /* x */ \"id\": 2}\n", "no JSON"},
    {QMP_HELLO "{\"return\": {}, \"id\": 2, \"x\": \"\xff\"}\n", "no JSON"},
    {QMP_HELLO "{\"return\": {}, \"id\": 2, \"x\": \"\\ud800\"}\n", "no JSON"},
};

static void assert_lost(const Answer *pending, const char *message)
{
    Answer late = {0};

    assert_hung_up();
    assert_failed(pending, SBX_QMP_ERROR_PROTOCOL, message);
    execute("late", -1, &late);
    settle();
    assert_failed(&late, SBX_QMP_ERROR_PROTOCOL, message);
}

START_TEST(hostile_lines)
{
    Answer answer = {0};

    execute("c", -1, &answer);
    say(hostile[_i].script);
    say("{\"event\": \"AFTER\"}\n");
    assert_lost(&answer, hostile[_i].message);
    ck_assert_ptr_null(strstr(told->str, "AFTER"));
}
END_TEST

START_TEST(nul_in_a_line)
{
    Answer answer = {0};

    execute("c", -1, &answer);
    say_bytes("{\"QMP\": {}}\0\n", 13);
    assert_lost(&answer, "no JSON");
}
END_TEST

/* An event of a given length. */
static void say_long(gsize length, gboolean whole)
{
    g_autofree char *filler = g_strnfill(length - strlen("{\"event\": \"L\", \"x\": \"\"}"), 'x');
    g_autofree char *line = g_strdup_printf("{\"event\": \"L\", \"x\": \"%s\"}\n", filler);

    say_bytes(line, length + (whole ? 1 : 0));
}

START_TEST(line_too_long)
{
    Answer answer = {0};

    negotiate();
    execute("c", -1, &answer);
    say_long(SBX_QMP_LINE_MAX, TRUE);
    settle();
    ck_assert_str_eq(told->str, "L ");
    ck_assert_int_eq(answer.calls, 0);
    say_long(SBX_QMP_LINE_MAX + 1, _i == 0);
    assert_lost(&answer, "too long");
}
END_TEST

static void say_nested(int depth)
{
    g_autofree char *opening = g_strnfill((gsize)depth - 1, '[');
    g_autofree char *closing = g_strnfill((gsize)depth - 1, ']');
    g_autofree char *line = g_strdup_printf(
        "{\"event\": \"N\", \"x\": \"[[{{\\\"[[{{\", \"y\": %s%s}\n", opening, closing);

    say(line);
}

START_TEST(deep_nesting)
{
    Answer answer = {0};

    negotiate();
    execute("c", -1, &answer);
    for (int i = 0; i < 3; i++)
        say_nested(DEPTH_MAX);
    settle();
    ck_assert_str_eq(told->str, "N N N ");
    say_nested(_i == 0 ? DEPTH_MAX + 1 : 500000);
    assert_lost(&answer, "no JSON");
}
END_TEST

/* Half of them names, half the last name again: what json-glib takes longest for. */
static void say_members(int commas)
{
    g_autoptr(GString) line = g_string_new("{\"event\": \"M\"");

    for (int i = 0; i < commas; i++)
        g_string_append_printf(line, ",\"%x\":1", MIN(i, commas / 2));
    g_string_append(line, "}\n");
    say(line->str);
}

START_TEST(many_members)
{
    Answer answer = {0};

    negotiate();
    execute("c", -1, &answer);
    say_members(VALUES_MAX);
    settle();
    ck_assert_str_eq(told->str, "M ");
    say_members(_i == 0 ? VALUES_MAX + 1 : 90000);
    assert_lost(&answer, "no JSON");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("qmp-hostile");
    TCase *scripted = tcase_create("scripted");

    tcase_set_timeout(scripted, 30);
    tcase_add_checked_fixture(scripted, peer_setup, peer_teardown);
    tcase_add_loop_test(scripted, hostile_lines, 0, (int)G_N_ELEMENTS(hostile));
    tcase_add_test(scripted, nul_in_a_line);
    tcase_add_loop_test(scripted, line_too_long, 0, 2);
    tcase_add_loop_test(scripted, deep_nesting, 0, 2);
    tcase_add_loop_test(scripted, many_members, 0, 2);
    suite_add_tcase(suite, scripted);
    return test_run(suite);
}
