/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The keeper dies while a call waits for it: before it has greeted, before the answer, between a
 * notification and the answer, and after an answer that more was to follow. The call returns and says
 * so, its outputs are untouched, no descriptor is left.
 */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "client/private.h"
#include "lib/test-main.h"
#include "lib/test-peer.h"
#include "lib/test-process.h"

#define ID "sbx_loc_00000000000000000000"
#define MARK ((void *)&mark)

static char mark;
static sbx *sandbox;
static sbx_command *command;

static void setup(void)
{
    int none = -1;

    test_peer_start();
    ck_assert_int_eq(sbx_handle_new(ID, &none, &sandbox, "test", NULL), SBX_OK);
    command = sbx_command_new_script("true");
}

static void teardown(void)
{
    sbx_command_unref(command);
    sbx_unref(sandbox);
    test_peer_stop();
}

/* --- the calls --- */

#define CALL(name, type, ...)                                                                      \
    static int name(sbx_error **error)                                                             \
    {                                                                                              \
        type *out = MARK;                                                                          \
        int code = __VA_ARGS__;                                                                    \
                                                                                                   \
        ck_assert_ptr_eq(out, MARK);                                                               \
        return code;                                                                               \
    }
#define PLAIN_CALL(name, ...)                                                                      \
    static int name(sbx_error **error)                                                             \
    {                                                                                              \
        return __VA_ARGS__;                                                                        \
    }

CALL(create, sbx, sbx_create(NULL, &out, error))
CALL(connect_to, sbx, sbx_connect(ID, NULL, &out, error))
CALL(fork_it, sbx, sbx_fork(sandbox, 1, NULL, &out, error))
CALL(list, sbx_list, sbx_list_get(&out, error))
CALL(list_one, sbx_list, sbx_list_get_one(sandbox, &out, error))
CALL(stats, sbx_stats, sbx_stats_get(sandbox, &out, error))
CALL(stats_total, sbx_stats, sbx_stats_get_total(&out, error))
CALL(snapshot_list, sbx_snapshot_list, sbx_snapshot_list_get(&out, error))
CALL(template_list, sbx_template_list, sbx_template_list_get(&out, error))
CALL(template_build, char, sbx_template_build(NULL, 0, NULL, NULL, &out, error))
CALL(pool_list, sbx_pool_list, sbx_pool_list_get(&out, error))
CALL(limits_get, sbx_limits, sbx_limits_get(&out, error))
CALL(env_list, sbx_env_list, sbx_env_list_get(sandbox, &out, error))
CALL(env_get, char, sbx_env_get(sandbox, "A", &out, error))
CALL(events, sbx_events, sbx_events_open(sandbox, SBX_EVENTS_ALL, &out, error))
CALL(run, sbx_result, sbx_run(sandbox, command, &out, error))
CALL(sh, sbx_result, sbx_sh(sandbox, "true", &out, error))
CALL(spawn, sbx_process, sbx_spawn(sandbox, command, &out, error))
CALL(attach, sbx_process, sbx_process_attach(sandbox, 1, &out, error))
CALL(process_list, sbx_process_list, sbx_process_list_get(sandbox, &out, error))
CALL(forward, sbx_forward, sbx_forward_new(sandbox, 80, NULL, 0, &out, error))
PLAIN_CALL(pause_it, sbx_pause(sandbox, error))
PLAIN_CALL(resume_it, sbx_resume(sandbox, error))
PLAIN_CALL(extend, sbx_extend(sandbox, 1000, NULL, error))
PLAIN_CALL(snapshot, sbx_snapshot(sandbox, "a", error))
PLAIN_CALL(snapshot_remove, sbx_snapshot_remove("a", error))
PLAIN_CALL(template_remove, sbx_template_remove("01234567", error))
PLAIN_CALL(template_remove_all, sbx_template_remove_all(error))
PLAIN_CALL(pool_fill, sbx_pool_fill(NULL, 1, -1, error))
PLAIN_CALL(pool_drain, sbx_pool_drain(NULL, NULL, error))
PLAIN_CALL(pool_size, sbx_pool_set_size(1, error))
PLAIN_CALL(pool_budget, sbx_pool_set_budget(1, error))
PLAIN_CALL(limits_set, sbx_limits_set(SBX_LIMIT_SANDBOXES, 1, error))
PLAIN_CALL(env_set, sbx_env_set(sandbox, "A", "b", error))
PLAIN_CALL(env_delete, sbx_env_delete(sandbox, "A", error))
PLAIN_CALL(process_signal, sbx_process_signal_by_id(sandbox, 1, 15, SBX_SCOPE_PROCESS, error))
PLAIN_CALL(kill_it, sbx_kill(sandbox, error))

static int console(sbx_error **error)
{
    char *data = MARK;
    size_t length = 77;
    int code = sbx_console_read(ID, &data, &length, error);

    ck_assert_ptr_eq(data, MARK);
    ck_assert_uint_eq(length, 77);
    return code;
}

static int connect_port(sbx_error **error)
{
    int fd = 77;
    int code = sbx_connect_port(sandbox, 80, &fd, error);

    ck_assert_int_eq(fd, 77);
    return code;
}

static const struct {
    const char *name;
    int (*call)(sbx_error **error);
} calls[] = {
#define ENTRY(name) {#name, name}
    ENTRY(create), ENTRY(connect_to), ENTRY(fork_it), ENTRY(list), ENTRY(list_one), ENTRY(stats),
    ENTRY(stats_total), ENTRY(snapshot_list), ENTRY(template_list), ENTRY(template_build),
    ENTRY(pool_list), ENTRY(limits_get), ENTRY(env_list), ENTRY(env_get), ENTRY(events), ENTRY(run),
    ENTRY(sh), ENTRY(spawn), ENTRY(attach), ENTRY(process_list), ENTRY(forward), ENTRY(pause_it),
    ENTRY(resume_it), ENTRY(extend), ENTRY(snapshot), ENTRY(snapshot_remove),
    ENTRY(template_remove), ENTRY(template_remove_all), ENTRY(pool_fill), ENTRY(pool_drain),
    ENTRY(pool_size), ENTRY(pool_budget), ENTRY(limits_set), ENTRY(env_set), ENTRY(env_delete),
    ENTRY(process_signal), ENTRY(kill_it), ENTRY(console), ENTRY(connect_port),
};

/* --- the ways to die --- */

#define NOTICE(method) "{\"jsonrpc\":\"2.0\",\"method\":\"" method "\",\"params\":{}}"

static const TestAnswer deaths[] = {
    {.dies_greeting = TRUE},
    {.dies_before = TRUE},
    {.notifications = {NOTICE("template.progress")}, .dies_before = TRUE},
    {.notifications = {NOTICE("process.exited"), NOTICE("event")}, .dies_before = TRUE},
};

static void assert_says_so(int nth)
{
    sbx_error *error = NULL;
    guint fds = test_count_fds(getpid());
    int code = calls[nth].call(&error);

    ck_assert_msg(code == SBX_E_KEEPER, "%s: %s: %s", calls[nth].name, sbx_error_code_name(code),
                  error != NULL ? sbx_error_message(error) : "");
    ck_assert_int_eq(sbx_error_code(error), code);
    ck_assert_msg(strstr(sbx_error_message(error), "keeper") != NULL, "%s: %s", calls[nth].name,
                  sbx_error_message(error));
    sbx_error_free(error);
    ck_assert_msg(test_count_fds(getpid()) == fds, "%s leaves descriptors", calls[nth].name);
}

START_TEST(keeper_dies)
{
    for (gsize i = 0; i < G_N_ELEMENTS(deaths); i++) {
        test_peer_answer(&deaths[i]);
        assert_says_so(_i);
    }
}
END_TEST

/* On a connection that was used before, too; the call is made once more then, on a new one. */
START_TEST(keeper_dies_under_a_used_connection)
{
    guint fds = test_count_fds(getpid());
    sbx_error *error = NULL;
    int code;

    test_peer_answer(&(TestAnswer){.result = "{}"});
    ck_assert_int_eq(sbx_pause(sandbox, NULL), SBX_OK);
    test_peer_answer(&(TestAnswer){.dies_before = TRUE});
    code = calls[_i].call(&error);
    ck_assert_msg(code == SBX_E_KEEPER, "%s: %s", calls[_i].name, sbx_error_code_name(code));
    ck_assert_uint_le(test_peer_requests(), 2);
    sbx_error_free(error);
    ck_assert_uint_eq(test_count_fds(getpid()), fds);
}
END_TEST

/* One that goes when it is asked to is stopped. */
START_TEST(keeper_dies_when_it_is_stopped)
{
    g_autofree char *lock = g_build_filename(g_getenv("LIBSANDBOX_RUNTIME_DIR"), "start.lock", NULL);

    test_peer_answer(&(TestAnswer){.dies_before = TRUE});
    ck_assert_int_eq(sbx_keeper_stop(1, NULL), 1);
    unlink(lock); /* of its waiting */
}
END_TEST

/* What follows a good answer never comes: the sandbox has ended with its keeper. */
START_TEST(keeper_dies_while_a_process_runs)
{
    guint fds = test_count_fds(getpid());
    sbx_process *process = NULL;
    sbx_error *error = NULL;

    test_peer_answer(&(TestAnswer){.result = "{\"process\":1,\"pid\":7}", .dies_after = TRUE});
    ck_assert_int_eq(sbx_spawn(sandbox, command, &process, NULL), SBX_OK);
    ck_assert_int_eq(sbx_process_wait(process, -1, &error), SBX_E_GONE);
    ck_assert_int_eq(sbx_error_code(error), SBX_E_GONE);
    sbx_error_free(error);
    ck_assert_int_eq(sbx_process_wait(process, -1, NULL), SBX_E_GONE);
    sbx_process_unref(process);
    ck_assert_uint_eq(test_count_fds(getpid()), fds);
}
END_TEST

START_TEST(keeper_dies_while_events_are_awaited)
{
    guint fds = test_count_fds(getpid());
    sbx_events *stream = NULL;
    sbx_event *event = MARK;

    test_peer_answer(&(TestAnswer){.result = "{\"history\":0}", .dies_after = TRUE});
    ck_assert_int_eq(sbx_events_open(NULL, SBX_EVENTS_ALL, &stream, NULL), SBX_OK);
    ck_assert_int_eq(sbx_events_wait(stream, -1, NULL), 1);
    ck_assert_int_eq(sbx_events_next(stream, &event, NULL), SBX_E_KEEPER);
    ck_assert_ptr_eq(event, MARK);
    sbx_events_free(stream);
    ck_assert_uint_eq(test_count_fds(getpid()), fds);
}
END_TEST

START_TEST(keeper_dies_while_a_forward_works)
{
    sbx_forward *works = NULL;
    sbx_error *error = NULL;

    test_peer_answer(&(TestAnswer){.result = "{}", .leases = 1, .dies_after = TRUE});
    ck_assert_int_eq(sbx_forward_new(sandbox, 80, NULL, 0, &works, NULL), SBX_OK);
    ck_assert_int_eq(sbx_forward_wait(works, -1, &error), SBX_E_GONE);
    ck_assert_int_eq(sbx_error_code(error), SBX_E_GONE);
    sbx_error_free(error);
    sbx_forward_unref(works);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("calls-cut");
    TCase *tests = tcase_create("cut");

    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, keeper_dies, 0, (int)G_N_ELEMENTS(calls));
    tcase_add_loop_test(tests, keeper_dies_under_a_used_connection, 0, (int)G_N_ELEMENTS(calls));
    tcase_add_test(tests, keeper_dies_when_it_is_stopped);
    tcase_add_test(tests, keeper_dies_while_a_process_runs);
    tcase_add_test(tests, keeper_dies_while_events_are_awaited);
    tcase_add_test(tests, keeper_dies_while_a_forward_works);
    suite_add_tcase(suite, tests);
    return test_run(suite);
}
