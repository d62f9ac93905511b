/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How commands are ended: deadlines, output limits, clients that go away, guests that say nothing. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/test-box.h"
#include "lib/test-command.h"
#include "lib/test-keeper.h"
#include "lib/test-main.h"
#include "lib/test-op.h"
#include "lib/test-process.h"

static sbx_command *script_with_deadline(const char *script, int64_t milliseconds)
{
    sbx_command *command = sbx_command_new_script(script);

    ck_assert_int_eq(sbx_command_set_deadline(command, milliseconds, NULL), 0);
    return command;
}

/* A FIFO that scripts hold open with their descriptor 3, and we to read: who holds it is alive. */
static int life_fd;

static char *with_life(const char *script)
{
    g_autofree char *path = g_build_filename(test_keeper.top, "life", NULL);

    ck_assert_int_eq(mkfifo(path, 0666), 0);
    ck_assert_int_eq(chmod(path, 0666), 0);
    life_fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ck_assert_int_ge(life_fd, 0);
    return g_strdup_printf("exec 3>'%s'; %s", path, script);
}

static gboolean somebody_is_alive(void)
{
    char byte;

    return read(life_fd, &byte, 1) < 0 && errno == EAGAIN;
}

/* All were alive, and have gone or do so soon. */
static void assert_all_die(void)
{
    struct pollfd waiting = {.fd = life_fd};

    ck_assert_int_eq(poll(&waiting, 1, 20000), 1);
    ck_assert_int_eq(waiting.revents, POLLHUP);
    close(life_fd);
}

START_TEST(bad_values)
{
    sbx_command *command = sbx_command_new("true");
    sbx_error *error = NULL;

    test_failed(sbx_command_set_deadline(command, -1, &error), SBX_E_INVALID, &error, "-1");
    test_failed(sbx_command_set_deadline(command, SBX_TIMEOUT_MAX_MS + 1, &error), SBX_E_INVALID,
                &error, "deadline");
    test_failed(sbx_command_set_output_limit(command, -1, &error), SBX_E_INVALID, &error, "-1");
    ck_assert_int_eq(sbx_command_set_deadline(command, SBX_TIMEOUT_MAX_MS, NULL), 0);
    ck_assert_int_eq(sbx_command_set_output_limit(command, INT64_MAX, NULL), 0);
    sbx_result_free(test_run_command(box, command));
}
END_TEST

/* What was left of a time may be negative: such a wait ends, with an error. */
START_TEST(bad_timeouts)
{
    sbx_process *process = test_spawn(box, sbx_command_new("cat"));
    sbx_watch *watch = NULL;
    sbx_forward *forward = NULL;
    sbx_events *events = NULL;
    sbx_error *error = NULL;
    sbx_op *op = NULL;

    test_failed(sbx_process_wait(process, -2, &error), SBX_E_INVALID, &error, "-2 ms");
    test_ok(sbx_process_wait_start(process, -1, NULL, &op, &error), &error);
    test_failed(sbx_op_wait(op, INT_MIN, &error), SBX_E_INVALID, &error, "-2147483648 ms");
    sbx_op_unref(op);
    test_ok(sbx_fs_watch(box, "/tmp", NULL, &watch, &error), &error);
    test_failed(sbx_watch_next(watch, -2, &error), SBX_E_INVALID, &error, "-2 ms");
    sbx_watch_free(watch);
    test_ok(sbx_forward_new(box, 7000, NULL, 0, &forward, &error), &error);
    test_failed(sbx_forward_wait(forward, -2, &error), SBX_E_INVALID, &error, "-2 ms");
    sbx_forward_unref(forward);
    test_failed(sbx_wait_port(box, 7000, -2, &error), SBX_E_INVALID, &error, "-2 ms");
    test_ok(sbx_events_open(box, SBX_EVENTS_NEW, &events, &error), &error);
    test_failed(sbx_events_wait(events, -2, &error), SBX_E_INVALID, &error, "-2 ms");
    sbx_events_free(events);
    sbx_process_unref(process);
}
END_TEST

/* Whatever it does with SIGTERM. Its children go along. */
START_TEST(deadline_of_a_run)
{
    g_autofree char *script = with_life("trap '' TERM INT HUP; sleep 1000 & echo x; wait; wait");
    gint64 begun = g_get_monotonic_time();
    sbx_result *result = test_run_command(box, script_with_deadline(script, 1500));

    ck_assert_int_ge(g_get_monotonic_time() - begun, 1500 * 1000);
    ck_assert_int_eq(sbx_result_cause(result), SBX_CAUSE_DEADLINE);
    ck_assert_int_eq(sbx_result_exit_code(result), 128 + SIGKILL);
    ck_assert_int_eq(sbx_result_signal(result), SIGKILL);
    ck_assert_int_eq(sbx_result_output_cut(result), 0);
    ck_assert_str_eq(sbx_result_stdout(result, NULL), "x\n");
    assert_all_die();
    sbx_result_free(result);
}
END_TEST

START_TEST(deadline_of_a_spawn)
{
    sbx_process *process = test_spawn(box, script_with_deadline("exec sleep 1000", 300));

    test_wait(process);
    ck_assert_int_eq(sbx_process_cause(process), SBX_CAUSE_DEADLINE);
    ck_assert_int_eq(sbx_process_exit_signal(process), SIGKILL);
    sbx_process_unref(process);
}
END_TEST

/* What it left in the background goes on, when the deadline passes, too. */
START_TEST(in_time)
{
    g_autofree char *script = with_life("sleep 1000 >/dev/null 2>&1 & true");
    sbx_result *result = test_run_command(box, script_with_deadline(script, 1000));
    sbx_process *later;

    ck_assert_int_eq(sbx_result_cause(result), SBX_CAUSE_EXIT);
    ck_assert_int_eq(sbx_result_exit_code(result), 0);
    sbx_result_free(result);
    /* Whose deadline is after the other one's. */
    later = test_spawn(box, script_with_deadline("exec sleep 1000", 1200));
    test_wait(later);
    sbx_process_unref(later);
    ck_assert(somebody_is_alive());
    close(life_fd);
}
END_TEST

/* A guest that does not answer: nobody knows. */
START_TEST(unknown_outcome)
{
    g_autofree char *script = with_life("echo 1; exec sleep 1000");
    sbx_process *process = test_spawn(box, script_with_deadline(script, 1000));
    int agent = test_pidfd(test_box_agent());

    test_read_number(sbx_process_fd(process, SBX_STDOUT));
    test_pidfd_kill(agent, SIGSTOP);
    test_wait(process);
    ck_assert_int_eq(sbx_process_cause(process), SBX_CAUSE_UNKNOWN);
    ck_assert_int_eq(sbx_process_exit_code(process), -1);
    ck_assert_int_eq(sbx_process_exit_signal(process), 0);
    sbx_process_unref(process);
    test_pidfd_kill(agent, SIGCONT);
    close(agent);
    /* The kill was on its way. */
    assert_all_die();
}
END_TEST

static gpointer run_it(gpointer command)
{
    return test_run_command(box, command);
}

START_TEST(unknown_outcome_of_a_run)
{
    sbx_command *command = script_with_deadline("echo $$; exec sleep 1000", 1000);
    int agent = test_pidfd(test_box_agent());
    int ends[2];
    GThread *thread;
    sbx_result *result;

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(sbx_command_set_fd(command, SBX_STDOUT, ends[1], NULL), 0);
    thread = g_thread_new("run", run_it, command);
    test_read_number(ends[0]);
    test_pidfd_kill(agent, SIGSTOP);
    result = g_thread_join(thread);
    ck_assert_int_eq(sbx_result_cause(result), SBX_CAUSE_UNKNOWN);
    ck_assert_int_eq(sbx_result_exit_code(result), -1);
    sbx_result_free(result);
    test_pidfd_kill(agent, SIGCONT);
    close(agent);
    close(ends[0]);
    close(ends[1]);
    g_free(test_sh(box, "true"));
}
END_TEST

static sbx_command *script_with_limit(const char *script, int64_t bytes)
{
    sbx_command *command = sbx_command_new_script(script);

    ck_assert_int_eq(sbx_command_set_output_limit(command, bytes, NULL), 0);
    return command;
}

static const gsize limits[] = {1, 4096, 12345, 300000};

START_TEST(exact_output)
{
    gsize limit = limits[_i];
    sbx_result *result = test_run_command(box, script_with_limit("exec yes", (int64_t)limit));
    gsize length;
    const char *bytes = sbx_result_stdout(result, &length);

    ck_assert_uint_eq(length, limit);
    for (gsize i = 0; i < length; i++)
        ck_assert_int_eq(bytes[i], i % 2 == 0 ? 'y' : '\n');
    ck_assert_int_eq(sbx_result_cause(result), SBX_CAUSE_OUTPUT);
    ck_assert_int_eq(sbx_result_output_cut(result), 1);
    ck_assert_int_eq(sbx_result_signal(result), SIGKILL);
    sbx_result_free(result);
}
END_TEST

START_TEST(both_streams_share_a_limit)
{
    sbx_result *result = test_run_command(box, script_with_limit("yes & exec yes >&2", 200000));
    gsize out;
    gsize err;

    sbx_result_stdout(result, &out);
    sbx_result_stderr(result, &err);
    ck_assert_uint_eq(out + err, 200000);
    ck_assert_int_eq(sbx_result_cause(result), SBX_CAUSE_OUTPUT);
    sbx_result_free(result);
}
END_TEST

/* So much is allowed. */
START_TEST(limit_just_reached)
{
    sbx_result *result = test_run_command(
        box, script_with_limit("head -c 3000 /dev/zero; head -c 2000 /dev/zero >&2", 5000));
    gsize length;

    sbx_result_stdout(result, &length);
    ck_assert_uint_eq(length, 3000);
    sbx_result_stderr(result, &length);
    ck_assert_uint_eq(length, 2000);
    ck_assert_int_eq(sbx_result_cause(result), SBX_CAUSE_EXIT);
    ck_assert_int_eq(sbx_result_output_cut(result), 0);
    sbx_result_free(result);
}
END_TEST

START_TEST(limit_of_a_spawn)
{
    sbx_process *process = test_spawn(box, script_with_limit("exec yes", 100001));
    g_autoptr(GByteArray) bytes = test_read_to_end(sbx_process_fd(process, SBX_STDOUT));

    ck_assert_uint_eq(bytes->len, 100001);
    test_wait(process);
    ck_assert_int_eq(sbx_process_cause(process), SBX_CAUSE_OUTPUT);
    ck_assert_int_eq(sbx_process_output_cut(process), 1);
    sbx_process_unref(process);
}
END_TEST

/* A flood that nobody reads: it is stopped at its pipe, and the deadline still ends it. */
START_TEST(deadline_of_a_flood)
{
    sbx_process *process = test_spawn(box, script_with_deadline("exec yes", 500));

    test_wait(process);
    ck_assert_int_eq(sbx_process_cause(process), SBX_CAUSE_DEADLINE);
    sbx_process_unref(process);
}
END_TEST

/* In a process of its own: connects, and runs a command that tells its pid to @fd. */
static void run_in_a_client(const char *script, int fd)
{
    sbx_command *command = sbx_command_new_script(script);
    sbx_result *result = NULL;
    sbx *own = NULL;

    if (sbx_connect(sbx_id(box), NULL, &own, NULL) < 0 ||
        sbx_command_set_fd(command, SBX_STDOUT, fd, NULL) < 0 ||
        sbx_run(own, command, &result, NULL) < 0)
        _exit(1);
    _exit(0);
}

START_TEST(client_of_a_run_dies)
{
    g_autofree char *script = with_life("echo 1; exec sleep 1000");
    int ends[2];
    pid_t client;
    char byte;

    ck_assert_int_eq(pipe(ends), 0);
    client = fork();
    if (client == 0)
        run_in_a_client(script, ends[1]);
    close(ends[1]);
    test_read_number(ends[0]);
    ck_assert(somebody_is_alive());
    ck_assert_int_eq(kill(client, SIGKILL), 0);
    ck_assert_int_eq(waitpid(client, NULL, 0), client);
    /* The command was the last who could write there. */
    ck_assert_int_eq(read(ends[0], &byte, 1), 0);
    assert_all_die();
    close(ends[0]);
}
END_TEST

static const int scopes[] = {SBX_SCOPE_PROCESS, SBX_SCOPE_GROUP, SBX_SCOPE_ALL};

START_TEST(scopes_of_signals)
{
    g_autofree char *script = with_life("sleep 1000 & echo 1; wait");
    sbx_process *process = test_spawn_script(box, script);
    sbx_error *error = NULL;

    test_read_number(sbx_process_fd(process, SBX_STDOUT));
    test_failed(sbx_process_signal_scope(process, SIGTERM, 3, &error), SBX_E_INVALID, &error, "3");
    test_failed(sbx_process_signal_scope(process, 0, SBX_SCOPE_ALL, &error), SBX_E_INVALID, &error,
                "0");
    test_ok(sbx_process_signal_scope(process, SIGKILL, scopes[_i], &error), &error);
    test_wait(process);
    ck_assert_int_eq(sbx_process_cause(process), SBX_CAUSE_SIGNAL);
    if (scopes[_i] == SBX_SCOPE_PROCESS)
        ck_assert(somebody_is_alive());
    else
        assert_all_die();
    test_ok(sbx_process_kill(process, &error), &error);
    sbx_process_unref(process);
}
END_TEST

/* Until a command has exited; returns the signal that ended it, 0: none that is known. */
static int await_exit(sbx_events *events)
{
    sbx_error *error = NULL;
    int type = 0;
    int signal = 0;

    while (type != SBX_EVENT_PROCESS_EXITED) {
        sbx_event *event = NULL;

        ck_assert_int_eq(test_ok(sbx_events_wait(events, 20000, &error), &error), 1);
        ck_assert_int_eq(test_ok(sbx_events_next(events, &event, &error), &error), 1);
        type = sbx_event_type(event);
        signal = sbx_event_signal(event);
        sbx_event_free(event);
    }
    return signal;
}

static guint count_processes(void)
{
    sbx_process_list *list = NULL;
    sbx_error *error = NULL;
    guint count;

    test_ok(sbx_process_list_get(box, &list, &error), &error);
    count = (guint)sbx_process_list_length(list);
    sbx_process_list_free(list);
    return count;
}

/* The kill overtakes the rest of the command, of which the agent takes 256 KiB at first. */
START_TEST(given_up_before_it_started)
{
    g_autofree char *filler = g_strnfill(300 << 10, '#');
    g_autofree char *script = g_strconcat("exec sleep 1000 ", filler, NULL);
    int agent = test_pidfd(test_box_agent());
    sbx_error *error = NULL;
    sbx_events *events = NULL;
    sbx_result *result = NULL;
    sbx_op *op = NULL;

    test_ok(sbx_events_open(box, SBX_EVENTS_NEW, &events, &error), &error);
    test_pidfd_kill(agent, SIGSTOP);
    test_ok(sbx_sh_start(box, script, &result, NULL, &op, &error), &error);
    /* It has turns of 5 ms until the keeper has got the command. */
    while (count_processes() == 0)
        test_ok(sbx_dispatch(NULL, &error), &error);
    ck_assert_int_eq(sbx_op_cancel(op), 1);
    test_failed(test_op_end(op, &error), SBX_E_CANCELLED, &error, "cancelled");
    /* What the keeper was told is known there when it answers for the second time. */
    count_processes();
    count_processes();
    test_pidfd_kill(agent, SIGCONT);
    ck_assert_int_eq(await_exit(events), SIGKILL);
    sbx_events_free(events);
    close(agent);
}
END_TEST

START_TEST(killing_a_process)
{
    sbx_process *process = test_spawn_script(box, "trap '' TERM; echo $$; sleep 1000; sleep 1000");
    sbx_error *error = NULL;

    test_read_number(sbx_process_fd(process, SBX_STDOUT));
    test_ok(sbx_process_kill(process, &error), &error);
    test_wait(process);
    ck_assert_int_eq(sbx_process_exit_signal(process), SIGKILL);
    sbx_process_unref(process);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("keeper-ends");
    TCase *cases = tcase_create("ends");

    tcase_set_timeout(cases, 120);
    tcase_add_checked_fixture(cases, test_box_setup, test_box_teardown);
    tcase_add_test(cases, bad_values);
    tcase_add_test(cases, bad_timeouts);
    tcase_add_test(cases, deadline_of_a_run);
    tcase_add_test(cases, deadline_of_a_spawn);
    tcase_add_test(cases, in_time);
    tcase_add_test(cases, unknown_outcome);
    tcase_add_test(cases, unknown_outcome_of_a_run);
    tcase_add_loop_test(cases, exact_output, 0, (int)G_N_ELEMENTS(limits));
    tcase_add_test(cases, both_streams_share_a_limit);
    tcase_add_test(cases, limit_just_reached);
    tcase_add_test(cases, limit_of_a_spawn);
    tcase_add_test(cases, deadline_of_a_flood);
    tcase_add_test(cases, client_of_a_run_dies);
    tcase_add_loop_test(cases, scopes_of_signals, 0, (int)G_N_ELEMENTS(scopes));
    tcase_add_test(cases, given_up_before_it_started);
    tcase_add_test(cases, killing_a_process);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return test_keeper_main(make_suite);
}
