/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events: the real library, keeper and agent. */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/test-keeper.h"
#include "lib/test-main.h"
#include "lib/test-process.h"
#include "lib/test-raw.h"

#define WAIT_MS 20000 /* far more than it takes, for a busy machine */
#define KEPT 1000     /* events that the keeper remembers */

static sbx_events *open_events(sbx *sandbox, gint64 since)
{
    sbx_events *events = NULL;
    sbx_error *error = NULL;

    test_ok(sbx_events_open(sandbox, since, &events, &error), &error);
    return events;
}

/* The next event, which has to come. */
static sbx_event *next(sbx_events *events)
{
    sbx_event *event = NULL;
    sbx_error *error = NULL;

    ck_assert_msg(test_ok(sbx_events_wait(events, WAIT_MS, &error), &error) == 1, "no event comes");
    ck_assert_int_eq(test_ok(sbx_events_next(events, &event, &error), &error), 1);
    return event;
}

static void assert_event(const sbx_event *event, int type, const char *id)
{
    ck_assert_msg(sbx_event_type(event) == type, "%s instead of %s",
                  sbx_event_type_name(sbx_event_type(event)), sbx_event_type_name(type));
    ck_assert_str_eq(sbx_event_sandbox(event), id);
    ck_assert_int_ge(sbx_event_time(event), g_get_real_time() / 1000 - 120000);
    ck_assert_int_le(sbx_event_time(event), g_get_real_time() / 1000);
}

/* It comes, and is that. Its text is @text; NULL: none. */
static void expect(sbx_events *events, int type, const char *id, const char *text)
{
    sbx_event *event = next(events);

    assert_event(event, type, id);
    if (text == NULL)
        ck_assert_ptr_null(sbx_event_text(event));
    else
        ck_assert_str_eq(sbx_event_text(event), text);
    sbx_event_free(event);
}

static void expect_nothing(sbx_events *events)
{
    sbx_event *event = NULL;
    sbx_error *error = NULL;

    ck_assert_int_eq(test_ok(sbx_events_next(events, &event, &error), &error), 0);
    ck_assert_ptr_null(event);
}

START_TEST(events_of_a_life)
{
    sbx_events *events = open_events(NULL, SBX_EVENTS_ALL);
    struct pollfd waiting = {.fd = sbx_events_get_fd(events), .events = POLLIN};
    sbx_error *error = NULL;
    sbx_result *result = NULL;
    sbx_event *event;
    sbx *sandbox;
    const char *id;
    guint64 number;
    int pid;

    ck_assert_int_eq(poll(&waiting, 1, 0), 0);
    expect_nothing(events);
    sandbox = test_create(NULL);
    id = sbx_id(sandbox);
    ck_assert_int_eq(poll(&waiting, 1, WAIT_MS), 1);
    expect(events, SBX_EVENT_CREATED, id, SBX_IMAGE_DEFAULT);
    expect(events, SBX_EVENT_READY, id, NULL);
    test_ok(sbx_sh(sandbox, "exit 3", &result, &error), &error);
    sbx_result_free(result);
    event = next(events);
    assert_event(event, SBX_EVENT_PROCESS_STARTED, id);
    ck_assert_str_eq(sbx_event_command(event), "exit 3");
    pid = sbx_event_pid(event);
    number = sbx_event_number(event);
    ck_assert_int_gt(pid, 0);
    ck_assert_int_eq(sbx_event_cause(event), -1);
    sbx_event_free(event);
    event = next(events);
    assert_event(event, SBX_EVENT_PROCESS_EXITED, id);
    ck_assert_str_eq(sbx_event_command(event), "exit 3");
    ck_assert_str_eq(sbx_event_text(event), "exit code 3");
    ck_assert_int_eq(sbx_event_code(event), 3);
    ck_assert_int_eq(sbx_event_signal(event), 0);
    ck_assert_int_eq(sbx_event_cause(event), SBX_CAUSE_EXIT);
    ck_assert_int_eq(sbx_event_pid(event), pid);
    ck_assert_uint_eq(sbx_event_number(event), number + 1);
    sbx_event_free(event);
    test_ok(sbx_kill(sandbox, &error), &error);
    expect(events, SBX_EVENT_KILLED, id, NULL);
    expect(events, SBX_EVENT_ENDED, id, "it was killed");
    expect_nothing(events);
    sbx_events_free(events);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(a_process_ended_by_a_signal)
{
    sbx *sandbox = test_create(NULL);
    sbx_events *events = open_events(sandbox, SBX_EVENTS_NEW);
    g_autofree char *filler = g_strnfill(300, 'x');
    g_autofree char *script = g_strconcat("kill -KILL $$ # ", filler, NULL);
    sbx_result *result = NULL;
    sbx_error *error = NULL;
    sbx_event *event;

    test_ok(sbx_sh(sandbox, script, &result, &error), &error);
    sbx_result_free(result);
    sbx_event_free(next(events));
    event = next(events);
    assert_event(event, SBX_EVENT_PROCESS_EXITED, sbx_id(sandbox));
    ck_assert_int_eq(sbx_event_code(event), 128 + SIGKILL);
    ck_assert_int_eq(sbx_event_signal(event), SIGKILL);
    ck_assert_int_eq(sbx_event_cause(event), SBX_CAUSE_SIGNAL);
    ck_assert_uint_eq(strlen(sbx_event_command(event)), 200);
    ck_assert(g_str_has_prefix(sbx_event_command(event), "kill -KILL $$ # xxx"));
    sbx_event_free(event);
    sbx_events_free(events);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(a_process_ended_at_its_deadline)
{
    sbx *sandbox = test_create(NULL);
    sbx_events *events = open_events(sandbox, SBX_EVENTS_NEW);
    sbx_command *command = sbx_command_new_script("exec sleep 1000");
    sbx_result *result = NULL;
    sbx_error *error = NULL;
    sbx_event *event;

    test_ok(sbx_command_set_deadline(command, 300, &error), &error);
    test_ok(sbx_run(sandbox, command, &result, &error), &error);
    sbx_result_free(result);
    sbx_event_free(next(events));
    event = next(events);
    assert_event(event, SBX_EVENT_PROCESS_EXITED, sbx_id(sandbox));
    ck_assert_int_eq(sbx_event_cause(event), SBX_CAUSE_DEADLINE);
    ck_assert_str_eq(sbx_event_text(event), "ended by signal 9: its time was over");
    sbx_event_free(event);
    sbx_command_unref(command);
    sbx_events_free(events);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(died_and_why)
{
    sbx *sandbox = test_create(NULL);
    const char *id = sbx_id(sandbox);
    sbx_events *events = open_events(sandbox, SBX_EVENTS_NEW);
    sbx_result *result = NULL;
    sbx_error *error = NULL;
    char *console = NULL;
    sbx_event *event;

    ck_assert_int_lt(sbx_sh(sandbox, "echo FAKE\"\"-DIE", &result, NULL), 0);
    event = next(events);
    /* Whether the guest still told of the process is up to it. */
    if (sbx_event_type(event) == SBX_EVENT_PROCESS_STARTED) {
        sbx_event_free(event);
        event = next(events);
    }
    assert_event(event, SBX_EVENT_DIED, id);
    ck_assert_str_eq(sbx_event_text(event), "its virtual machine died: fake: it broke");
    sbx_event_free(event);
    expect(events, SBX_EVENT_ENDED, id, "its virtual machine died: fake: it broke");
    /* What it said last is kept. */
    test_ok(sbx_console_read(id, &console, NULL, &error), &error);
    ck_assert_ptr_nonnull(strstr(console, "the last words"));
    sbx_free(console);
    sbx_events_free(events);
    sbx_unref(sandbox);
}
END_TEST

static const struct {
    const char *mode;
    const char *text;
} boots[] = {
    {"dies-at-boot", "it did not start: the guest died while it booted, 2 times"},
    {"start-fails", "it did not start: fake: start-fails"},
};

START_TEST(one_that_does_not_start)
{
    sbx_options *options = test_options();
    sbx_events *events;
    sbx *sandbox = NULL;
    sbx_event *event;
    g_autofree char *id = NULL;

    test_keeper_mode(boots[_i].mode);
    events = open_events(NULL, SBX_EVENTS_NEW);
    ck_assert_int_lt(sbx_create(options, &sandbox, NULL), 0);
    event = next(events);
    id = g_strdup(sbx_event_sandbox(event));
    assert_event(event, SBX_EVENT_CREATED, id);
    sbx_event_free(event);
    expect(events, SBX_EVENT_DIED, id, boots[_i].text);
    expect(events, SBX_EVENT_ENDED, id, boots[_i].text);
    expect_nothing(events);
    sbx_events_free(events);
    sbx_options_unref(options);
}
END_TEST

START_TEST(deadlines)
{
    sbx_options *options = test_options();
    sbx_error *error = NULL;
    sbx_events *events;
    sbx_event *event;
    gint64 deadline = 0;
    sbx *sandbox;

    ck_assert_int_eq(sbx_options_set_timeout(options, 60000, NULL), 0);
    sandbox = test_create(options);
    events = open_events(sandbox, SBX_EVENTS_NEW);
    test_ok(sbx_extend(sandbox, 500, &deadline, &error), &error);
    event = next(events);
    assert_event(event, SBX_EVENT_EXTENDED, sbx_id(sandbox));
    ck_assert_int_eq(sbx_event_deadline(event), deadline);
    sbx_event_free(event);
    expect(events, SBX_EVENT_ENDED, sbx_id(sandbox), "its time is over");
    sbx_events_free(events);
    sbx_unref(sandbox);
    sbx_options_unref(options);
}
END_TEST

/* Who comes late can be told what there was, of one that has ended, too. */
START_TEST(history)
{
    sbx *sandbox = test_create(NULL);
    sbx *other = test_create(NULL);
    const char *id = sbx_id(sandbox);
    sbx_error *error = NULL;
    sbx_events *events;
    gint64 later;

    test_ok(sbx_kill(sandbox, &error), &error);
    events = open_events(sandbox, SBX_EVENTS_ALL);
    ck_assert_uint_eq(sbx_events_history(events), 4);
    expect(events, SBX_EVENT_CREATED, id, SBX_IMAGE_DEFAULT);
    ck_assert_uint_eq(sbx_events_history(events), 3);
    expect(events, SBX_EVENT_READY, id, NULL);
    expect(events, SBX_EVENT_KILLED, id, NULL);
    expect(events, SBX_EVENT_ENDED, id, "it was killed");
    ck_assert_uint_eq(sbx_events_history(events), 0);
    expect_nothing(events);
    sbx_events_free(events);
    /* Of all: the other's as well; from a time on: only what came then. */
    events = open_events(NULL, SBX_EVENTS_ALL);
    ck_assert_uint_eq(sbx_events_history(events), 6);
    sbx_events_free(events);
    later = g_get_real_time() / 1000 + 1;
    while (g_get_real_time() / 1000 < later)
        ;
    test_ok(sbx_kill(other, &error), &error);
    events = open_events(NULL, later);
    ck_assert_uint_eq(sbx_events_history(events), 2);
    expect(events, SBX_EVENT_KILLED, sbx_id(other), NULL);
    expect(events, SBX_EVENT_ENDED, sbx_id(other), "it was killed");
    sbx_events_free(events);
    events = open_events(NULL, SBX_EVENTS_NEW);
    ck_assert_uint_eq(sbx_events_history(events), 0);
    sbx_events_free(events);
    sbx_unref(other);
    sbx_unref(sandbox);
}
END_TEST

static void extend_often(sbx *sandbox, int times)
{
    sbx_error *error = NULL;

    for (int i = 0; i < times; i++)
        test_ok(sbx_extend(sandbox, 600000 + i, NULL, &error), &error);
}

static sbx *create_with_deadline(void)
{
    sbx_options *options = test_options();
    sbx *sandbox;

    ck_assert_int_eq(sbx_options_set_timeout(options, 600000, NULL), 0);
    sandbox = test_create(options);
    sbx_options_unref(options);
    return sandbox;
}

/* Counts what comes until @total events came or were lost; returns the lost ones. */
static guint64 take(sbx_events *events, guint64 total)
{
    guint64 came = 0;
    guint64 lost = 0;
    guint64 last = 0;

    while (came + lost < total) {
        sbx_event *event = next(events);

        if (sbx_event_type(event) == SBX_EVENT_LOST) {
            ck_assert_int_gt(sbx_event_code(event), 0);
            ck_assert_ptr_null(sbx_event_sandbox(event));
            lost += (guint64)sbx_event_code(event);
        } else {
            ck_assert_uint_gt(sbx_event_number(event), last);
            last = sbx_event_number(event);
            came++;
        }
        sbx_event_free(event);
    }
    ck_assert_uint_eq(came + lost, total);
    return lost;
}

/* It loses the oldest, is told how many, and does not make the keeper grow. */
START_TEST(a_subscriber_that_does_not_read)
{
    enum { TIMES = 8 * KEPT };
    sbx *sandbox = create_with_deadline();
    sbx *other = create_with_deadline();
    sbx_events *slow = open_events(NULL, SBX_EVENTS_NEW);
    sbx_events *slow_of_one = open_events(sandbox, SBX_EVENTS_NEW);
    sbx_events *idle = open_events(other, SBX_EVENTS_NEW);
    gsize before;
    guint64 lost;

    extend_often(sandbox, 2 * KEPT);
    /* Of these the second one loses none, though they are lost. */
    extend_often(other, KEPT);
    before = test_anonymous_kib(test_keeper_pid());
    extend_often(sandbox, TIMES - 2 * KEPT);
    /* A sanitizer keeps what was freed for a while. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    ck_assert_uint_lt(test_anonymous_kib(test_keeper_pid()), before + 2048);
#else
    (void)before;
#endif
    extend_often(other, 10);
    lost = take(slow, TIMES + KEPT + 10);
    ck_assert_uint_gt(lost, 0);
    ck_assert_uint_le(lost, TIMES + 10);
    ck_assert_uint_gt(take(slow_of_one, TIMES), 0);
    expect_nothing(slow);
    expect_nothing(slow_of_one);
    take(idle, KEPT + 10);
    /* And all goes on. */
    extend_often(other, 1);
    ck_assert_uint_eq(take(slow, 1), 0);
    ck_assert_uint_eq(take(idle, 1), 0);
    sbx_events_free(slow);
    sbx_events_free(slow_of_one);
    sbx_events_free(idle);
    sbx_kill(sandbox, NULL);
    sbx_kill(other, NULL);
    sbx_unref(sandbox);
    sbx_unref(other);
}
END_TEST

/* All that is remembered is more than a socket holds. */
START_TEST(a_long_history)
{
    sbx *sandbox = create_with_deadline();
    sbx_events *events;

    extend_often(sandbox, 3 * KEPT);
    events = open_events(sandbox, SBX_EVENTS_ALL);
    ck_assert_uint_eq(sbx_events_history(events), KEPT);
    ck_assert_uint_eq(take(events, KEPT), 0);
    ck_assert_uint_eq(sbx_events_history(events), 0);
    expect_nothing(events);
    sbx_events_free(events);
    sbx_kill(sandbox, NULL);
    sbx_unref(sandbox);
}
END_TEST

/* They come and go at any time. */
START_TEST(subscribers_that_go)
{
    sbx *sandbox = create_with_deadline();
    guint fds;

    extend_often(sandbox, KEPT);
    fds = test_count_fds(test_keeper_pid());
    for (int i = 0; i < 50; i++) {
        sbx_events *one = open_events(NULL, SBX_EVENTS_ALL);
        sbx_events *two = open_events(sandbox, SBX_EVENTS_NEW);

        extend_often(sandbox, 1);
        if (i % 2 == 0)
            sbx_event_free(next(two));
        sbx_events_free(i % 3 == 0 ? one : two);
        extend_often(sandbox, 1);
        sbx_events_free(i % 3 == 0 ? two : one);
    }
    sbx_events_free(NULL);
    /* The keeper has seen all of them go when it answers this; one may be between the two. */
    extend_often(sandbox, 2);
    ck_assert_uint_le(test_count_fds(test_keeper_pid()), fds + 1);
    sbx_kill(sandbox, NULL);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(the_keeper_ends)
{
    sbx_events *events = open_events(NULL, SBX_EVENTS_NEW);
    int keeper = test_pidfd(test_keeper_pid());
    sbx_event *event = NULL;
    sbx_error *error = NULL;

    test_pidfd_kill(keeper, SIGKILL);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(test_ok(sbx_events_wait(events, WAIT_MS, &error), &error), 1);
        test_failed(sbx_events_next(events, &event, &error), SBX_E_KEEPER, &error, "gone");
    }
    ck_assert_ptr_null(event);
    close(keeper);
    sbx_events_free(events);
}
END_TEST

static void in_child(sbx_events *events, sbx *sandbox)
{
    sbx_event *event = NULL;
    sbx_events *other = NULL;
    int ok = sbx_events_next(events, &event, NULL) == SBX_E_FORKED &&
             sbx_events_wait(events, 0, NULL) == SBX_E_FORKED &&
             sbx_events_open(sandbox, SBX_EVENTS_ALL, &other, NULL) == SBX_E_FORKED;

    sbx_events_free(events);
    _exit(ok ? 0 : 1);
}

START_TEST(after_fork)
{
    sbx *sandbox = test_create(NULL);
    sbx_events *events = open_events(sandbox, SBX_EVENTS_NEW);
    sbx_error *error = NULL;
    int status = -1;
    pid_t child = fork();

    if (child == 0)
        in_child(events, sandbox);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    test_ok(sbx_kill(sandbox, &error), &error);
    expect(events, SBX_EVENT_KILLED, sbx_id(sandbox), NULL);
    sbx_events_free(events);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(bad_arguments)
{
    sbx_events *events = open_events(NULL, SBX_EVENTS_NEW);
    sbx_events *other = NULL;
    sbx_error *error = NULL;
    int fd = test_raw_greet();

    test_failed(sbx_events_open(NULL, -2, &other, &error), SBX_E_INVALID, &error, "since");
    test_failed(sbx_events_open(NULL, 0, NULL, &error), SBX_E_INVALID, &error, "NULL");
    test_failed(sbx_events_next(events, NULL, &error), SBX_E_INVALID, &error, "NULL");
    test_failed(sbx_events_next(NULL, NULL, &error), SBX_E_INVALID, &error, "NULL");
    test_failed(sbx_events_wait(events, -2, &error), SBX_E_INVALID, &error, "range");
    ck_assert_int_eq(test_ok(sbx_events_wait(events, 0, &error), &error), 0);
    ck_assert_int_eq(test_ok(sbx_events_wait(events, 10, &error), &error), 0);
    sbx_events_free(events);
    sbx_event_free(NULL);
    ck_assert_str_eq(sbx_event_type_name(0), "unknown");
    ck_assert_str_eq(sbx_event_type_name(1000), "unknown");
    ck_assert_str_eq(sbx_event_type_name(SBX_EVENT_PROCESS_EXITED), "process-exited");
    ck_assert_int_eq(test_raw_call(fd, "events.subscribe", "{\"id\":\"x\"}"), SBX_E_NOT_FOUND);
    ck_assert_int_eq(test_raw_call(fd, "events.subscribe", "{\"since_ms\":\"x\"}"), 0);
    ck_assert_int_eq(test_raw_call(fd, "events.subscribe", "{}"), SBX_E_EXISTS);
    close(fd);
}
END_TEST

static Suite *events_suite(void)
{
    Suite *suite = suite_create("keeper-events");
    TCase *cases = tcase_create("events");

    tcase_set_timeout(cases, 180);
    tcase_add_checked_fixture(cases, test_keeper_setup, test_keeper_teardown);
    tcase_add_test(cases, events_of_a_life);
    tcase_add_test(cases, a_process_ended_by_a_signal);
    tcase_add_test(cases, a_process_ended_at_its_deadline);
    tcase_add_test(cases, died_and_why);
    tcase_add_loop_test(cases, one_that_does_not_start, 0, (int)G_N_ELEMENTS(boots));
    tcase_add_test(cases, deadlines);
    tcase_add_test(cases, history);
    tcase_add_test(cases, a_subscriber_that_does_not_read);
    tcase_add_test(cases, a_long_history);
    tcase_add_test(cases, subscribers_that_go);
    tcase_add_test(cases, the_keeper_ends);
    tcase_add_test(cases, after_fork);
    tcase_add_test(cases, bad_arguments);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return test_keeper_main(events_suite);
}
