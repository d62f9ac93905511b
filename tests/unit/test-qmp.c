/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The QMP monitor: commands and answers, descriptors, ends, migration. The QEMU is a script. */
#include <check.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/test-main.h"
#include "qmp-peer.h"

enum { COMMANDS_MAX = 256 };

/* --- commands and answers --- */

START_TEST(commands_go_before_the_greeting)
{
    Answer answer = {0};

    execute("cont", -1, &answer);
    expect_line("{\"execute\":\"qmp_capabilities\",\"id\":1}");
    expect_line("{\"execute\":\"cont\",\"id\":2}");
    ck_assert_ptr_null(hear(NULL));
    settle();
    ck_assert_int_eq(answer.calls, 0);
    say(QMP_HELLO "{\"return\": {\"n\": 7}, \"id\": 2}\r\n");
    settle();
    assert_result(&answer, 7);
}
END_TEST

START_TEST(answers_in_order_between_events)
{
    Answer answers[3] = {0};

    negotiate();
    for (int i = 0; i < 3; i++)
        execute("c", -1, &answers[i]);
    execute("nobody-listens", -1, NULL);
    say("{\"event\": \"STOP\", \"timestamp\": {}}\n{\"return\": {\"n\": 10}, \"id\": 2}\n"
        "{\"timestamp\": {}, \"data\": {\"a\": 1}, \"event\": \"MIGRATION\"}\n");
    say("{\"id\": 3, \"return\": {\"n\": 11}}\n{\"id\": 4, \"return\": {\"n\": 12}, \"new\": "
        "[]}\n");
    say("{\"id\": 5, \"return\": {}}\n{\"event\": \"ODD\", \"data\": 5}\n");
    settle();
    ck_assert_str_eq(told->str, "STOP 10 MIGRATION+ 11 12 ODD ");
}
END_TEST

START_TEST(results_that_are_no_objects)
{
    static const char *const results[] = {"[]", "7", "null", "\"x\"", "{}"};
    Answer answers[G_N_ELEMENTS(results)] = {0};

    negotiate();
    for (gsize i = 0; i < G_N_ELEMENTS(results); i++) {
        g_autofree char *text =
            g_strdup_printf("{\"return\": %s, \"id\": %d}\n", results[i], (int)i + 2);

        execute("c", -1, &answers[i]);
        say(text);
        settle();
        assert_result(&answers[i], i + 1 < G_N_ELEMENTS(results) ? -2 : -1);
    }
}
END_TEST

/* The description is the guest's too, in the worst case: one line of bounded length. */
START_TEST(refusals)
{
    Answer plain = {0}, odd = {0}, bare = {0}, after = {0};
    g_autofree char *tail = g_strnfill(100000, 'x');
    g_autofree char *text = g_strdup_printf(
        "{\"error\": {\"desc\": \"a\\u001b[2J\\u009b\\n\\u00e9%s\"}, \"id\": 3}\n", tail);

    negotiate();
    execute("cont", -1, &plain);
    execute("odd", -1, &odd);
    execute("bare", -1, &bare);
    execute("after", -1, &after);
    say("{\"error\": {\"class\": \"GenericError\", \"desc\": \"no resume\"}, \"id\": 2}\n");
    say(text);
    say("{\"error\": {\"desc\": 5}, \"id\": 4}\n{\"return\": {}, \"id\": 5}\n");
    settle();
    assert_failed(&plain, SBX_QMP_ERROR_COMMAND, "QEMU refused cont: no resume");
    assert_failed(&odd, SBX_QMP_ERROR_COMMAND, "QEMU refused odd: a [2J  \303\251xxx");
    ck_assert_uint_lt(strlen(odd.message), 600);
    assert_failed(&bare, SBX_QMP_ERROR_COMMAND, "QEMU refused bare: QEMU gave no reason");
    assert_result(&after, -1);
}
END_TEST

START_TEST(byte_by_byte)
{
    static const char text[] =
        QMP_HELLO "{\"event\": \"A\"}\n{\"return\": {\"n\": 3}, \"id\": 2}\n";
    Answer answer = {0};

    execute("c", -1, &answer);
    for (const char *at = text; *at != '\0'; at++) {
        ck_assert_int_eq(answer.calls, 0);
        say_bytes(at, 1);
        settle();
    }
    assert_result(&answer, 3);
    ck_assert_str_eq(told->str, "A 3 ");
}
END_TEST

START_TEST(many_lines_at_once)
{
    g_autoptr(GString) text = g_string_new(QMP_HELLO);

    /* More than one read takes, so that lines end in the middle of one. */
    for (int i = 0; i < 20000; i++)
        g_string_append(text, "{\"event\": \"E\"}\n");
    say(text->str);
    settle();
    ck_assert_uint_eq(told->len, 20000 * strlen("E "));
}
END_TEST

START_TEST(callbacks_run_in_the_context_of_new)
{
    g_autoptr(GMainContext) context = g_main_context_new();
    Answer answer = {0};

    drop_monitor();
    hang_up();
    settle();
    g_main_context_push_thread_default(context);
    peer_start();
    g_main_context_pop_thread_default(context);
    execute("c", -1, &answer);
    say(QMP_HELLO "{\"return\": {\"n\": 3}, \"id\": 2}\n");
    settle();
    ck_assert_int_eq(answer.calls, 0);
    while (answer.calls == 0)
        g_main_context_iteration(context, TRUE);
    assert_result(&answer, 3);
    drop_monitor();
    while (g_main_context_iteration(context, FALSE))
        ;
}
END_TEST

/* --- what is not sent at once, or at all --- */

START_TEST(too_many_commands)
{
    Answer answers[COMMANDS_MAX] = {0}, more = {0};

    negotiate();
    settle();
    for (int i = 0; i < COMMANDS_MAX; i++)
        execute("c", -1, &answers[i]);
    execute("more", -1, &more);
    settle();
    assert_failed(&more, SBX_QMP_ERROR_COMMAND, "too many");
    for (int i = 0; i < COMMANDS_MAX; i++) {
        say_result(i + 2, i);
        settle();
        assert_result(&answers[i], i);
    }
}
END_TEST

static JsonObject *padding(gsize length)
{
    JsonObject *object = json_object_new();
    g_autofree char *text = g_strnfill(length, 'p');

    json_object_set_string_member(object, "p", text);
    return object;
}

START_TEST(socket_full)
{
    enum { COUNT = 30 };
    Answer answers[COUNT] = {0};

    negotiate();
    settle();
    for (int i = 0; i < COUNT; i++)
        sbx_qmp_execute(monitor, "c", padding(20000), -1, on_done, &answers[i]);
    settle();
    for (int i = 0; i < COUNT; i++) {
        g_autofree char *end = g_strdup_printf("\"},\"id\":%d}", i + 2);
        g_autofree char *line = hear(NULL);

        ck_assert_uint_gt(strlen(line), 20000);
        ck_assert(g_str_has_suffix(line, end));
        say_result(i + 2, i);
        wait_for(&answers[i]);
        assert_result(&answers[i], i);
    }
}
END_TEST

/* Ids can be guessed. */
START_TEST(answer_to_what_was_not_sent)
{
    Answer answers[100] = {0};

    negotiate();
    for (int i = 0; i < 100; i++)
        sbx_qmp_execute(monitor, "c", padding(20000), -1, on_done, &answers[i]);
    for (int i = 0; i < 100; i++)
        say_result(i + 2, i);
    settle();
    assert_result(&answers[0], 0);
    assert_failed(&answers[99], SBX_QMP_ERROR_PROTOCOL, "something else");
}
END_TEST

START_TEST(descriptor)
{
    int fds[2], got = -1;
    char byte = 0;

    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    execute("before", -1, NULL);
    execute("getfd", fds[0], NULL);
    close(fds[0]);
    negotiate();
    expect_line("{\"execute\":\"before\",\"id\":2}");
    g_autofree char *line = hear(&got);
    ck_assert_str_eq(line, "{\"execute\":\"getfd\",\"id\":3}");
    ck_assert_int_ge(got, 0);
    ck_assert_int_eq(write(fds[1], "x", 1), 1);
    ck_assert_int_eq(read(got, &byte, 1), 1);
    ck_assert_int_eq(byte, 'x');
    close(fds[1]);
    close(got);
}
END_TEST

/* More than the socket takes at once. */
START_TEST(descriptor_of_a_long_command)
{
    int got = -1;

    negotiate();
    settle();
    sbx_qmp_execute(monitor, "getfd", padding(1000000), theirs, NULL, NULL);
    g_autofree char *line = hear(&got);
    ck_assert_uint_gt(strlen(line), 1000000);
    ck_assert_int_eq(close(got), 0);
    ck_assert_ptr_null(hear(NULL));
}
END_TEST

static int count_inheritable(void)
{
    int count = 0;

    for (int fd = 0; fd < 256; fd++) {
        int flags = fcntl(fd, F_GETFD);

        count += flags >= 0 && (flags & FD_CLOEXEC) == 0;
    }
    return count;
}

START_TEST(one_descriptor_at_a_time)
{
    int got[2] = {-1, -1}, inheritable = count_inheritable();

    negotiate();
    execute("getfd", theirs, NULL);
    execute("between", -1, NULL);
    execute("getfd", theirs, NULL);
    execute("after", -1, NULL);
    ck_assert_int_eq(count_inheritable(), inheritable);
    g_free(hear(&got[0]));
    expect_line("{\"execute\":\"between\",\"id\":3}");
    settle();
    ck_assert_ptr_null(hear(NULL));
    say("{\"return\": {}, \"id\": 2}\n");
    settle();
    g_free(hear(&got[1]));
    expect_line("{\"execute\":\"after\",\"id\":5}");
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(close(got[i]), 0);
}
END_TEST

START_TEST(descriptor_that_is_none)
{
    Answer bad = {0}, good = {0};

    negotiate();
    execute("getfd", 100000, &bad);
    execute("c", -1, &good);
    settle();
    assert_failed(&bad, SBX_QMP_ERROR_COMMAND, "cannot duplicate its descriptor 100000");
    expect_line("{\"execute\":\"c\",\"id\":2}");
    say("{\"return\": {}, \"id\": 2}\n");
    settle();
    assert_result(&good, -1);
}
END_TEST

/* Also those that never went out are closed: see the teardown. */
START_TEST(descriptors_with_no_reader)
{
    Answer answers[10] = {0};

    for (int i = 0; i < 10; i++)
        execute("getfd", theirs, &answers[i]);
    drop_monitor();
    settle();
    for (int i = 0; i < 10; i++)
        assert_failed(&answers[i], SBX_QMP_ERROR_CLOSED, "closed");
}
END_TEST

/* --- ends --- */

START_TEST(end_with_commands_under_way)
{
    Answer answers[2] = {0}, lost = {0}, late = {0}, late_lost = {0};

    negotiate();
    sbx_qmp_when_lost(monitor, on_done, &lost);
    execute("a", -1, &answers[0]);
    execute("b", -1, &answers[1]);
    settle();
    ck_assert_int_eq(lost.calls, 0);
    hang_up();
    wait_for(&lost);
    assert_failed(&answers[0], SBX_QMP_ERROR_CLOSED, "monitor");
    assert_failed(&answers[1], SBX_QMP_ERROR_CLOSED, "monitor");
    assert_failed(&lost, SBX_QMP_ERROR_CLOSED, "monitor");
    execute("late", -1, &late);
    sbx_qmp_when_lost(monitor, on_done, &late_lost);
    ck_assert_int_eq(late.calls + late_lost.calls, 0);
    settle();
    assert_failed(&late, SBX_QMP_ERROR_CLOSED, "monitor");
    assert_failed(&late_lost, SBX_QMP_ERROR_CLOSED, "monitor");
}
END_TEST

/* QEMU says a last word and goes; a command that cannot be written any more does not hide it. */
START_TEST(last_words)
{
    Answer quit = {0}, after = {0};

    negotiate();
    execute("quit", -1, &quit);
    g_free(hear(NULL));
    say("{\"return\": {\"n\": 1}, \"id\": 2}\n{\"event\": \"SHUTDOWN\"}\n");
    hang_up();
    execute("after", -1, &after);
    wait_for(&after);
    assert_result(&quit, 1);
    ck_assert_str_eq(told->str, "1 SHUTDOWN -2 ");
    assert_failed(&after, SBX_QMP_ERROR_CLOSED, "monitor");
}
END_TEST

/* QEMU that reads nothing more, but does not go either. */
START_TEST(peer_that_shut_its_reading_side)
{
    Answer answer = {0};

    negotiate();
    settle();
    ck_assert_int_eq(shutdown(theirs, SHUT_RD), 0);
    execute("c", -1, &answer);
    wait_for(&answer);
    assert_failed(&answer, SBX_QMP_ERROR_CLOSED, "cannot write");
}
END_TEST

START_TEST(freed_with_commands_under_way)
{
    Answer answers[3] = {0}, lost = {0};

    negotiate();
    say("{\"event\": \"NEVER\"}\n");
    for (int i = 0; i < 3; i++)
        execute("c", -1, &answers[i]);
    sbx_qmp_when_lost(monitor, on_done, &lost);
    drop_monitor();
    assert_hung_up();
    for (int i = 0; i < 3; i++)
        assert_failed(&answers[i], SBX_QMP_ERROR_CLOSED, "closed");
    assert_failed(&lost, SBX_QMP_ERROR_CLOSED, "closed");
    ck_assert_str_eq(told->str, "-2 -2 -2 -2 ");
}
END_TEST

/* In an answer, a refusal of QEMU's, one of ours, and in the last thing that is told. */
START_TEST(freed_in_a_callback)
{
    Answer frees = {.frees = TRUE}, pending = {0};

    negotiate();
    settle();
    execute("c", _i == 2 ? 100000 : -1, &frees);
    if (_i < 3)
        execute("c", -1, &pending);
    if (_i < 2)
        say(_i == 0 ? "{\"return\": {}, \"id\": 2}\n{\"event\": \"NEVER\"}\n"
                    : "{\"error\": {}, \"id\": 2}\n{\"event\": \"NEVER\"}\n");
    if (_i == 3)
        hang_up();
    wait_for(&frees);
    settle();
    ck_assert_ptr_null(monitor);
    ck_assert_int_eq(frees.calls, 1);
    if (_i < 3)
        assert_failed(&pending, SBX_QMP_ERROR_CLOSED, "closed");
    ck_assert_ptr_null(strstr(told->str, "NEVER"));
}
END_TEST

START_TEST(freed_in_an_event)
{
    Answer pending = {0};

    negotiate();
    execute("c", -1, &pending);
    say("{\"event\": \"FREE\"}\n{\"event\": \"NEVER\"}\n{\"return\": {}, \"id\": 2}\n");
    settle();
    assert_failed(&pending, SBX_QMP_ERROR_CLOSED, "closed");
    ck_assert_str_eq(told->str, "FREE -2 ");
}
END_TEST

static void try_again(SbxQmp *qmp, JsonObject *result, const GError *error, gpointer data)
{
    (void)result;
    ck_assert_ptr_nonnull(error);
    if (monitor != NULL)
        sbx_qmp_execute(qmp, "again", NULL, -1, try_again, data);
}

static gboolean set_flag(gpointer flag)
{
    *(gboolean *)flag = TRUE;
    return G_SOURCE_REMOVE;
}

/* Who tries again and again on a lost monitor does not keep the main loop from others. */
START_TEST(callback_that_tries_again)
{
    gboolean turned = FALSE;

    hang_up();
    sbx_qmp_execute(monitor, "first", NULL, -1, try_again, NULL);
    g_idle_add(set_flag, &turned);
    g_timeout_add(0, set_flag, &turned);
    while (!turned)
        g_main_context_iteration(NULL, TRUE);
    drop_monitor();
    settle();
}
END_TEST

START_TEST(free_of_nothing)
{
    sbx_qmp_free(NULL);
}
END_TEST

/* --- saving and restoring --- */

/* Which of the two QEMU refuses; what the caller is told. */
static const struct {
    gboolean put_ok, begin_ok;
    const char *message;
} migrations[] = {{TRUE, TRUE, NULL},
                  {TRUE, FALSE, "QEMU refused migrate: B"},
                  {FALSE, FALSE, "QEMU refused getfd: A"},
                  {FALSE, TRUE, "QEMU refused getfd: A"}};

START_TEST(migrate)
{
    gboolean put_ok = migrations[_i].put_ok, begin_ok = migrations[_i].begin_ok;
    Answer answer = {0};
    int got = -1;

    negotiate();
    sbx_qmp_migrate(monitor, theirs, FALSE, on_done, &answer);
    g_autofree char *put = hear(&got);
    ck_assert_str_eq(put,
                     "{\"execute\":\"getfd\",\"arguments\":{\"fdname\":\"sbx-fd-2\"},\"id\":2}");
    ck_assert_int_eq(close(got), 0);
    expect_line("{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"fd:sbx-fd-2\"},\"id\":3}");
    say(put_ok ? "{\"return\": {}, \"id\": 2}\n" : "{\"error\": {\"desc\": \"A\"}, \"id\": 2}\n");
    settle();
    ck_assert_int_eq(answer.calls, 0);
    say(begin_ok ? "{\"return\": {}, \"id\": 3}\n" : "{\"error\": {\"desc\": \"B\"}, \"id\": 3}\n");
    settle();
    if (migrations[_i].message == NULL)
        assert_result(&answer, -1);
    else
        assert_failed(&answer, SBX_QMP_ERROR_COMMAND, migrations[_i].message);
    if (put_ok && !begin_ok)
        expect_line("{\"execute\":\"closefd\",\"arguments\":{\"fdname\":\"sbx-fd-2\"},\"id\":4}");
    ck_assert_ptr_null(hear(NULL));
}
END_TEST

START_TEST(migrate_incoming)
{
    g_autofree char *put = NULL;
    Answer answer = {0};
    int got = -1;

    negotiate();
    sbx_qmp_migrate(monitor, theirs, TRUE, on_done, &answer);
    put = hear(&got);
    ck_assert_int_eq(close(got), 0);
    expect_line(
        "{\"execute\":\"migrate-incoming\",\"arguments\":{\"uri\":\"fd:sbx-fd-2\"},\"id\":3}");
    drop_monitor();
    settle();
    assert_failed(&answer, SBX_QMP_ERROR_CLOSED, "closed");
}
END_TEST

/* One half was never sent: no descriptor, or no room for the second. */
START_TEST(migrate_in_halves)
{
    Answer unsent = {0}, half = {0};
    int got = -1;

    negotiate();
    settle();
    sbx_qmp_migrate(monitor, 100000, FALSE, on_done, &unsent);
    expect_line("{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"fd:sbx-fd-2\"},\"id\":2}");
    say("{\"error\": {\"desc\": \"B\"}, \"id\": 2}\n");
    settle();
    assert_failed(&unsent, SBX_QMP_ERROR_COMMAND, "duplicate");
    for (int i = 0; i < COMMANDS_MAX - 1; i++) {
        execute("c", -1, NULL);
        g_free(hear(NULL));
    }
    sbx_qmp_migrate(monitor, theirs, FALSE, on_done, &half);
    g_free(hear(&got));
    ck_assert_int_eq(close(got), 0);
    for (int i = 0; i < COMMANDS_MAX; i++) {
        say_result(i + 3, i);
        settle();
    }
    assert_failed(&half, SBX_QMP_ERROR_COMMAND, "too many");
    expect_line("{\"execute\":\"closefd\",\"arguments\":{\"fdname\":\"sbx-fd-258\"},\"id\":259}");
}
END_TEST

START_TEST(migrate_capabilities)
{
    g_autofree char *line = g_strdup_printf(
        "{\"execute\":\"migrate-set-capabilities\",\"arguments\":{\"capabilities\":["
        "{\"capability\":\"events\",\"state\":true},"
        "{\"capability\":\"x-ignore-shared\",\"state\":%s}]},\"id\":2}",
        _i == 1 ? "true" : "false");

    negotiate();
    sbx_qmp_migrate_capabilities(monitor, _i == 1, NULL, NULL);
    expect_line(line);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("qmp");
    TCase *scripted = tcase_create("scripted");

    tcase_set_timeout(scripted, 30);
    tcase_add_checked_fixture(scripted, peer_setup, peer_teardown);
    tcase_add_test(scripted, commands_go_before_the_greeting);
    tcase_add_test(scripted, answers_in_order_between_events);
    tcase_add_test(scripted, results_that_are_no_objects);
    tcase_add_test(scripted, refusals);
    tcase_add_test(scripted, byte_by_byte);
    tcase_add_test(scripted, many_lines_at_once);
    tcase_add_test(scripted, callbacks_run_in_the_context_of_new);
    tcase_add_test(scripted, too_many_commands);
    tcase_add_test(scripted, socket_full);
    tcase_add_test(scripted, answer_to_what_was_not_sent);
    tcase_add_test(scripted, descriptor);
    tcase_add_test(scripted, descriptor_of_a_long_command);
    tcase_add_test(scripted, one_descriptor_at_a_time);
    tcase_add_test(scripted, descriptor_that_is_none);
    tcase_add_test(scripted, descriptors_with_no_reader);
    tcase_add_test(scripted, end_with_commands_under_way);
    tcase_add_test(scripted, last_words);
    tcase_add_test(scripted, peer_that_shut_its_reading_side);
    tcase_add_test(scripted, freed_with_commands_under_way);
    tcase_add_loop_test(scripted, freed_in_a_callback, 0, 4);
    tcase_add_test(scripted, freed_in_an_event);
    tcase_add_test(scripted, callback_that_tries_again);
    tcase_add_test(scripted, free_of_nothing);
    tcase_add_loop_test(scripted, migrate, 0, (int)G_N_ELEMENTS(migrations));
    tcase_add_test(scripted, migrate_incoming);
    tcase_add_test(scripted, migrate_in_halves);
    tcase_add_loop_test(scripted, migrate_capabilities, 0, 2);
    suite_add_tcase(suite, scripted);
    return test_run(suite);
}
