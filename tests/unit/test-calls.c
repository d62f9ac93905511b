/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pause, fork, snapshots, templates, pools, limits: what the library sends for them, how it takes
 * good and bad answers, and that bad arguments are refused before anything is sent, with outputs
 * untouched.
 */
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/private.h"
#include "lib/test-main.h"
#include "lib/test-peer.h"
#include "wire/fd.h"

#define ID "sbx_loc_00000000000000000000"
#define TEMPLATE_ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static sbx *sandbox;
static sbx_options *options;

static void setup(void)
{
    int none = -1;

    test_peer_start();
    ck_assert_int_eq(sbx_handle_new(ID, &none, &sandbox, "test", NULL), SBX_OK);
    options = sbx_options_new();
    test_peer_answer(&(TestAnswer){.result = "{}"});
}

static void teardown(void)
{
    sbx_options_unref(options);
    sbx_unref(sandbox);
    test_peer_stop();
}

/* The call failed with that code, and does so without an error to store as well. */
#define assert_fails(code, function, ...)                                                          \
    do {                                                                                           \
        sbx_error *error_ = NULL;                                                                  \
        ck_assert_int_eq(function(__VA_ARGS__, &error_), code);                                    \
        ck_assert_ptr_nonnull(error_);                                                             \
        ck_assert_int_eq(sbx_error_code(error_), code);                                            \
        ck_assert_str_eq(sbx_error_operation(error_), #function);                                  \
        sbx_error_free(error_);                                                                    \
        ck_assert_int_eq(function(__VA_ARGS__, NULL), code);                                       \
    } while (0)

/* The one request since the answer was set was that, with these parameters. */
#define assert_sent(method_, params_)                                                              \
    do {                                                                                           \
        g_autofree char *sent_ = NULL;                                                             \
        ck_assert_uint_eq(test_peer_requests(), 1);                                                \
        ck_assert_str_eq(test_peer_method(0), method_);                                            \
        sent_ = test_peer_params(0) != NULL ? sbx_json_print(test_peer_params(0), NULL) : NULL;    \
        ck_assert_pstr_eq(sent_, params_);                                                         \
    } while (0)

START_TEST(pause_and_resume)
{
    ck_assert_int_eq(sbx_pause(sandbox, NULL), SBX_OK);
    assert_sent("sandbox.pause", "{\"id\":\"" ID "\"}");
    test_peer_answer(&(TestAnswer){.result = "{}"});
    ck_assert_int_eq(sbx_resume(sandbox, NULL), SBX_OK);
    assert_sent("sandbox.resume", "{\"id\":\"" ID "\"}");
}
END_TEST

/* Who has a handle had a sandbox: what the keeper does not know has ended. Other errors stay. */
START_TEST(errors_of_a_held_sandbox)
{
    sbx *out[1] = {(sbx *)&out};

    test_peer_answer(&(TestAnswer){.code = SBX_E_NOT_FOUND});
    assert_fails(SBX_E_GONE, sbx_pause, sandbox);
    assert_fails(SBX_E_GONE, sbx_resume, sandbox);
    assert_fails(SBX_E_GONE, sbx_snapshot, sandbox, "name");
    assert_fails(SBX_E_GONE, sbx_fork, sandbox, 1, NULL, out);
    test_peer_answer(&(TestAnswer){.code = SBX_E_EXISTS});
    assert_fails(SBX_E_EXISTS, sbx_snapshot, sandbox, "name");
    test_peer_answer(&(TestAnswer){.code = SBX_E_BUSY});
    assert_fails(SBX_E_BUSY, sbx_fork, sandbox, 1, NULL, out);
    ck_assert_ptr_eq(out[0], (sbx *)&out);
}
END_TEST

START_TEST(no_keeper)
{
    unsigned int drained = 77;
    sbx *out[1] = {NULL};

    g_setenv("LIBSANDBOX_RUNTIME_DIR", "/tmp", TRUE); /* has none, and is not ours alone */
    assert_fails(SBX_E_DENIED, sbx_pause, sandbox);
    g_setenv("LIBSANDBOX_RUNTIME_DIR", "/proc/self/no", TRUE);
    ck_assert_int_lt(sbx_pool_drain(NULL, &drained, NULL), 0);
    ck_assert_uint_eq(drained, 77);
    ck_assert_int_lt(sbx_fork(sandbox, 1, NULL, out, NULL), 0);
    ck_assert_ptr_null(out[0]);
    ck_assert_uint_eq(test_peer_requests(), 0);
}
END_TEST

/* A handle that came through fork() is of no use to these calls. */
START_TEST(after_fork)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        sbx *out[1] = {NULL};

        _exit(sbx_pause(sandbox, NULL) == SBX_E_FORKED &&
                      sbx_resume(sandbox, NULL) == SBX_E_FORKED &&
                      sbx_snapshot(sandbox, "name", NULL) == SBX_E_FORKED &&
                      sbx_fork(sandbox, 1, NULL, out, NULL) == SBX_E_FORKED && out[0] == NULL
                  ? 0
                  : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

#define IDS3 "{\"ids\":[\"sbx_loc_1\",\"sbx_loc_2\",\"sbx_loc_3\"]}"
#define NO_STRINGS "{\"names\":[],\"values\":[]}"

START_TEST(fork_session)
{
    sbx *children[4] = {NULL, NULL, NULL, (sbx *)&children};
    g_auto(fd_t) self = sbx_self_pidfd(); /* valgrind knows no such call */

    test_peer_answer(&(TestAnswer){.result = IDS3, .leases = 3});
    ck_assert_int_eq(sbx_fork(sandbox, 3, NULL, children, NULL), SBX_OK);
    assert_sent("sandbox.fork",
                "{\"count\":3,\"timeout_ms\":0,\"start_timeout_ms\":60000,\"wait_ms\":0,"
                "\"labels\":" NO_STRINGS ",\"id\":\"" ID "\"}");
    ck_assert_uint_eq(test_peer_fds(0), self >= 0 ? 1 : 0);
    ck_assert_str_eq(sbx_id(children[0]), "sbx_loc_1");
    ck_assert_str_eq(sbx_id(children[2]), "sbx_loc_3");
    ck_assert_ptr_eq(children[3], (sbx *)&children);
    /* Each child has its own lease. */
    sbx_unref(children[1]);
    ck_assert_int_eq(test_peer_lease_ended(1), 1);
    ck_assert(test_peer_lease_is_quiet(0));
    ck_assert(test_peer_lease_is_quiet(2));
    sbx_unref(children[2]);
    ck_assert_int_eq(test_peer_lease_ended(2), 1);
    ck_assert(test_peer_lease_is_quiet(0));
    sbx_unref(children[0]);
}
END_TEST

START_TEST(fork_with_options)
{
    sbx *child = NULL;

    sbx_options_set_timeout(options, 5000, NULL);
    sbx_options_set_wait(options, SBX_WAIT_FOREVER, NULL);
    sbx_options_set_env(options, "A", "b", NULL);
    sbx_options_set_label(options, "k", "v", NULL);
    test_peer_answer(&(TestAnswer){.result = "{\"ids\":[\"sbx_loc_1\"]}"});
    ck_assert_int_eq(sbx_fork(sandbox, 1, options, &child, NULL), SBX_OK);
    assert_sent("sandbox.fork",
                "{\"count\":1,\"timeout_ms\":5000,\"start_timeout_ms\":60000,\"wait_ms\":-1,"
                "\"env\":{\"names\":[\"A\"],\"values\":[\"b\"]},"
                "\"labels\":{\"names\":[\"k\"],\"values\":[\"v\"]},\"id\":\"" ID "\"}");
    sbx_unref(child);
}
END_TEST

/* Answers that do not fit the question: nothing is handed out, and children with leases end. */
static const struct {
    const char *result;
    int leases;
} bad_forks[] = {
    {IDS3, 0},
    {IDS3, 2},
    {IDS3, 4},
    {"{\"ids\":[\"sbx_loc_1\",\"sbx_loc_2\"]}", 3},
    {"{\"ids\":[\"sbx_loc_1\",\"sbx_loc_2\",7]}", 3},
    {"{\"ids\":[\"sbx_loc_1\",\"sbx_loc_2\",\"sbx_loc_0123456789012345678901234567890\"]}", 3},
    {"{\"ids\":\"sbx_loc_1\"}", 3},
    {"{}", 3},
};

START_TEST(fork_bad_answer)
{
    sbx *mark = (sbx *)&sandbox;
    sbx *children[3] = {mark, mark, mark};
    sbx_error *error = NULL;

    test_peer_answer(&(TestAnswer){.result = bad_forks[_i].result, .leases = bad_forks[_i].leases});
    ck_assert_int_eq(sbx_fork(sandbox, 3, NULL, children, &error), SBX_E_PROTOCOL);
    ck_assert_int_eq(sbx_error_code(error), SBX_E_PROTOCOL);
    sbx_error_free(error);
    for (int i = 0; i < 3; i++)
        ck_assert_ptr_eq(children[i], mark);
    for (guint i = 0; i < (guint)bad_forks[_i].leases; i++)
        ck_assert_int_ge(test_peer_lease_ended(i), 0);
}
END_TEST

START_TEST(fork_arguments)
{
    sbx *mark = (sbx *)&sandbox;
    sbx *out[1] = {mark};

    assert_fails(SBX_E_INVALID, sbx_fork, NULL, 1, NULL, out);
    assert_fails(SBX_E_INVALID, sbx_fork, sandbox, 1, NULL, NULL);
    assert_fails(SBX_E_INVALID, sbx_fork, sandbox, 0, NULL, out);
    assert_fails(SBX_E_INVALID, sbx_fork, sandbox, SBX_FORK_MAX + 1, NULL, out);
    assert_fails(SBX_E_INVALID, sbx_fork, sandbox, UINT_MAX, NULL, out);
    ck_assert_ptr_eq(out[0], mark);
    ck_assert_uint_eq(test_peer_requests(), 0);
}
END_TEST

/* What comes from the parent cannot be chosen, not even to be what it is. */
START_TEST(fork_inherited_options)
{
    sbx *mark = (sbx *)&sandbox;
    sbx *out[1] = {mark};

    if (_i == 0)
        sbx_options_set_image(options, SBX_IMAGE_DEFAULT, NULL);
    else if (_i == 1)
        sbx_options_set_memory(options, UINT64_C(1280) << 20, NULL);
    else if (_i == 2)
        sbx_options_set_vcpus(options, 2, NULL);
    else if (_i == 3)
        sbx_options_set_disk_size(options, UINT64_C(10) << 30, NULL);
    else if (_i == 4)
        sbx_options_set_root(options, "name", NULL);
    else
        sbx_options_set_spares(options, SBX_SPARES_AUTO, NULL);
    assert_fails(SBX_E_INVALID, sbx_fork, sandbox, 1, options, out);
    ck_assert_ptr_eq(out[0], mark);
    ck_assert_uint_eq(test_peer_requests(), 0);
}
END_TEST

#define TIMES "\"timeout_ms\":0,\"start_timeout_ms\":60000,"
#define TABLES "\"env\":" NO_STRINGS ",\"labels\":" NO_STRINGS "}"

START_TEST(create_from_image)
{
    sbx *out = NULL;

    sbx_options_set_wait(options, 1500, NULL);
    sbx_options_set_spares(options, 3, NULL);
    test_peer_answer(&(TestAnswer){.result = "{\"id\":\"sbx_loc_1\"}", .leases = 1});
    ck_assert_int_eq(sbx_create(options, &out, NULL), SBX_OK);
    assert_sent("sandbox.create",
                "{\"image\":\"builtin:debian-13\",\"memory\":1342177280,\"vcpus\":2,"
                "\"disk_size\":10737418240," TIMES "\"wait_ms\":1500,\"spares\":3," TABLES);
    ck_assert(test_peer_lease_is_quiet(0));
    sbx_unref(out);
    ck_assert_int_eq(test_peer_lease_ended(0), 1);
}
END_TEST

START_TEST(create_from_snapshot)
{
    sbx *out = NULL;

    sbx_options_set_root(options, "with-jq", NULL);
    test_peer_answer(&(TestAnswer){.result = "{\"id\":\"sbx_loc_1\"}", .leases = 1});
    ck_assert_int_eq(sbx_create(options, &out, NULL), SBX_OK);
    assert_sent("sandbox.create",
                "{\"root\":\"with-jq\"," TIMES "\"wait_ms\":0,\"spares\":-1," TABLES);
    sbx_unref(out);

    /* Only what was set is sent, be it the default. */
    sbx_options_set_vcpus(options, 2, NULL);
    test_peer_answer(&(TestAnswer){.result = "{\"id\":\"sbx_loc_1\"}", .leases = 1});
    ck_assert_int_eq(sbx_create(options, &out, NULL), SBX_OK);
    assert_sent("sandbox.create",
                "{\"vcpus\":2,\"root\":\"with-jq\"," TIMES "\"wait_ms\":0,\"spares\":-1," TABLES);
    sbx_unref(out);

    out = sandbox;
    test_peer_answer(&(TestAnswer){.result = "{}"});
    sbx_options_set_image(options, SBX_IMAGE_DEFAULT, NULL);
    assert_fails(SBX_E_INVALID, sbx_create, options, &out);
    ck_assert_ptr_eq(out, sandbox);
    ck_assert_uint_eq(test_peer_requests(), 0);
}
END_TEST

START_TEST(snapshots)
{
    static const char *const bad[] = {NULL, "", ".a", "-a", "A", "a/b", "a b", "\xff"};

    ck_assert_int_eq(sbx_snapshot(sandbox, "a.b-c_1", NULL), SBX_OK);
    assert_sent("sandbox.snapshot", "{\"name\":\"a.b-c_1\",\"id\":\"" ID "\"}");
    test_peer_answer(&(TestAnswer){.result = "{}"});
    ck_assert_int_eq(sbx_snapshot_remove("0", NULL), SBX_OK);
    assert_sent("snapshot.remove", "{\"name\":\"0\"}");
    test_peer_answer(&(TestAnswer){.code = SBX_E_NOT_FOUND});
    assert_fails(SBX_E_NOT_FOUND, sbx_snapshot_remove, "0");

    test_peer_answer(&(TestAnswer){.result = "{}"});
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        assert_fails(SBX_E_INVALID, sbx_snapshot, sandbox, bad[i]);
        assert_fails(SBX_E_INVALID, sbx_snapshot_remove, bad[i]);
    }
    assert_fails(SBX_E_INVALID, sbx_snapshot, NULL, "a");
    assert_fails(SBX_E_INVALID, sbx_pause, NULL);
    assert_fails(SBX_E_INVALID, sbx_resume, NULL);
    ck_assert_uint_eq(test_peer_requests(), 0);
}
END_TEST

#define KIND                                                                                       \
    "\"image\":\"builtin:debian-13\",\"memory\":1342177280,\"vcpus\":2,\"disk_size\":10737418240"
#define PROGRESS(params)                                                                           \
    "{\"jsonrpc\":\"2.0\",\"method\":\"template.progress\",\"params\":" params "}"

/* What a callback was told. */
typedef struct {
    GString *told;
    int cancel_at; /* says no to this report, from 1 */
    int calls;
} Told;

static int take_progress(void *data, int permille, const char *stage, const char *text)
{
    Told *told = data;

    ck_assert_str_eq(stage, text);
    g_string_append_printf(told->told, "%d %s;", permille, stage);
    return ++told->calls == told->cancel_at;
}

START_TEST(template_build)
{
    Told told = {.told = g_string_new(NULL)};
    char *id = NULL;

    /* What is no progress, or none that makes sense, does no harm; the figure never falls. */
    test_peer_answer(&(TestAnswer){
        .notifications = {PROGRESS("{\"stage\":\"booting\",\"done\":1,\"total\":4}"),
                          "{\"jsonrpc\":\"2.0\",\"method\":\"other\",\"params\":{}}",
                          PROGRESS("{\"stage\":\"saving\",\"done\":0,\"total\":0}"),
                          PROGRESS("{\"done\":1,\"total\":8}"),
                          PROGRESS("{\"done\":-9223372036854775807,\"total\":1}"),
                          PROGRESS("{\"stage\":7,\"done\":9,\"total\":4}")},
        .result = "{\"id\":\"" TEMPLATE_ID "\",\"built\":true}"});
    ck_assert_int_eq(sbx_template_build(NULL, 1, take_progress, &told, &id, NULL), 1);
    assert_sent("template.build", "{" KIND ",\"force\":true}");
    ck_assert_str_eq(id, TEMPLATE_ID);
    ck_assert_str_eq(told.told->str, "250 booting;250 saving;250 saving;250 saving;1000 saving;");
    sbx_free(id);
    g_string_free(told.told, TRUE);
}
END_TEST

START_TEST(template_is_there)
{
    test_peer_answer(&(TestAnswer){
        .notifications = {PROGRESS("{\"stage\":\"booting\",\"done\":1,\"total\":4}")},
        .result = "{\"id\":\"" TEMPLATE_ID "\",\"built\":false}"});
    sbx_options_set_memory(options, UINT64_C(256) << 20, NULL);
    ck_assert_int_eq(sbx_template_build(options, 0, NULL, NULL, NULL, NULL), 0);
    assert_sent("template.build", "{\"image\":\"builtin:debian-13\",\"memory\":268435456,"
                                  "\"vcpus\":2,\"disk_size\":10737418240,\"force\":false}");
    /* The connection is good for another call. */
    ck_assert_int_eq(sbx_pause(sandbox, NULL), SBX_OK);
    ck_assert_uint_eq(test_peer_requests(), 2);
}
END_TEST

START_TEST(template_bad_answer)
{
    char *id = (char *)"untouched";

    test_peer_answer(&(TestAnswer){.result = "{\"built\":true}"});
    assert_fails(SBX_E_PROTOCOL, sbx_template_build, NULL, 0, NULL, NULL, &id);
    test_peer_answer(&(TestAnswer){.code = SBX_E_NO_SPACE});
    assert_fails(SBX_E_NO_SPACE, sbx_template_build, NULL, 0, NULL, NULL, &id);
    test_peer_answer(&(TestAnswer){.result = "{}"});
    sbx_options_set_root(options, "name", NULL);
    assert_fails(SBX_E_INVALID, sbx_template_build, options, 0, NULL, NULL, &id);
    ck_assert_uint_eq(test_peer_requests(), 0);
    ck_assert_str_eq(id, "untouched");
}
END_TEST

/* A callback that has had enough ends the call; the connection is given up. */
START_TEST(template_cancel)
{
    Told told = {.told = g_string_new(NULL), .cancel_at = 1};
    sbx_error *error = NULL;

    test_peer_answer(&(TestAnswer){
        .notifications = {PROGRESS("{\"stage\":\"booting\",\"done\":1,\"total\":4}"),
                          PROGRESS("{\"stage\":\"saving\",\"done\":2,\"total\":4}")},
        .result = "{\"id\":\"" TEMPLATE_ID "\",\"built\":true}"});
    ck_assert_int_eq(sbx_template_build(NULL, 0, take_progress, &told, NULL, &error),
                     SBX_E_CANCELLED);
    ck_assert_int_eq(sbx_error_code(error), SBX_E_CANCELLED);
    ck_assert_str_eq(told.told->str, "250 booting;");
    test_peer_wait_closed();
    sbx_error_free(error);
    g_string_free(told.told, TRUE);
}
END_TEST

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

/* Not at the one report that the peer makes, though a signal may have come by then. */
static int stop_when_interrupted(void *data, int permille, const char *stage, const char *text)
{
    int *calls = data;

    ck_assert_int_eq(permille, 250);
    ck_assert_str_eq(stage, "booting");
    ck_assert_str_eq(text, "booting");
    return ++*calls > 1 && interrupted;
}

/* A signal is noticed without any progress. */
START_TEST(template_interrupt)
{
    struct sigaction action = {.sa_handler = interrupt, .sa_flags = SA_RESTART};
    int calls = 0;

    sigaction(SIGUSR1, &action, NULL);
    test_peer_answer(&(TestAnswer){
        .notifications = {PROGRESS("{\"stage\":\"booting\",\"done\":1,\"total\":4}")},
        .signals = TRUE});
    ck_assert_int_eq(sbx_template_build(NULL, 0, stop_when_interrupted, &calls, NULL, NULL),
                     SBX_E_CANCELLED);
    test_peer_wait_closed();
}
END_TEST

START_TEST(template_remove)
{
    static const char *const bad[] = {NULL, "", "1234567", "0123456G", "ABCDEF01", "-1234567",
                                      TEMPLATE_ID "0"};

    test_peer_answer(&(TestAnswer){.result = "{\"removed\":1}"});
    ck_assert_int_eq(sbx_template_remove("01234567", NULL), 1);
    assert_sent("template.remove", "{\"id\":\"01234567\"}");
    test_peer_answer(&(TestAnswer){.result = "{\"removed\":5}"});
    ck_assert_int_eq(sbx_template_remove_all(NULL), 5);
    assert_sent("template.remove", "{\"all\":true}");
    test_peer_answer(&(TestAnswer){.result = "{\"removed\":-4294967297}"});
    ck_assert_int_eq(sbx_template_remove(TEMPLATE_ID, NULL), 0);
    test_peer_answer(&(TestAnswer){.result = "{}"});
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_fails(SBX_E_INVALID, sbx_template_remove, bad[i]);
    ck_assert_uint_eq(test_peer_requests(), 0);
}
END_TEST

START_TEST(pool_fill)
{
    test_peer_answer(&(TestAnswer){.result = "{\"ready\":4}"});
    ck_assert_int_eq(sbx_pool_fill(NULL, 3, SBX_WAIT_FOREVER, NULL), 4);
    assert_sent("pool.fill", "{" KIND ",\"count\":3,\"timeout_ms\":-1}");
    test_peer_answer(&(TestAnswer){.code = SBX_E_TIMEOUT});
    assert_fails(SBX_E_TIMEOUT, sbx_pool_fill, NULL, 3, INT64_C(1));

    test_peer_answer(&(TestAnswer){.result = "{}"});
    assert_fails(SBX_E_INVALID, sbx_pool_fill, NULL, 0, INT64_C(1));
    assert_fails(SBX_E_INVALID, sbx_pool_fill, NULL, SBX_SPARES_MAX + 1, INT64_C(1));
    assert_fails(SBX_E_INVALID, sbx_pool_fill, NULL, 1, INT64_C(0));
    assert_fails(SBX_E_INVALID, sbx_pool_fill, NULL, 1, INT64_C(-2));
    assert_fails(SBX_E_INVALID, sbx_pool_fill, NULL, 1, SBX_TIMEOUT_MAX_MS + 1);
    sbx_options_set_root(options, "name", NULL);
    assert_fails(SBX_E_INVALID, sbx_pool_fill, options, 1, INT64_C(1));
    ck_assert_uint_eq(test_peer_requests(), 0);
}
END_TEST

START_TEST(pool_settings)
{
    ck_assert_int_eq(sbx_pool_set_size(SBX_SPARES_AUTO, NULL), SBX_OK);
    assert_sent("pool.set", "{\"size\":-1}");
    test_peer_answer(&(TestAnswer){.result = "{}"});
    ck_assert_int_eq(sbx_pool_set_size(SBX_SPARES_MAX, NULL), SBX_OK);
    assert_sent("pool.set", "{\"size\":256}");
    test_peer_answer(&(TestAnswer){.result = "{}"});
    ck_assert_int_eq(sbx_pool_set_budget(INT64_MAX, NULL), SBX_OK);
    assert_sent("pool.set", "{\"budget\":9223372036854775807}");
    test_peer_answer(&(TestAnswer){.result = "{}"});
    assert_fails(SBX_E_INVALID, sbx_pool_set_size, -2);
    assert_fails(SBX_E_INVALID, sbx_pool_set_size, SBX_SPARES_MAX + 1);
    assert_fails(SBX_E_INVALID, sbx_pool_set_budget, (uint64_t)INT64_MAX + 1);
    ck_assert_uint_eq(test_peer_requests(), 0);
}
END_TEST

START_TEST(pool_drain)
{
    unsigned int drained = 77;

    test_peer_answer(&(TestAnswer){.result = "{\"drained\":2}"});
    ck_assert_int_eq(sbx_pool_drain(NULL, &drained, NULL), SBX_OK);
    assert_sent("pool.drain", "{}");
    ck_assert_uint_eq(drained, 2);
    test_peer_answer(&(TestAnswer){.result = "{\"drained\":-1}"});
    ck_assert_int_eq(sbx_pool_drain("a@b", NULL, NULL), SBX_OK);
    assert_sent("pool.drain", "{\"image\":\"a@b\"}");
    drained = 77;
    test_peer_answer(&(TestAnswer){.code = SBX_E_UNSUPPORTED});
    assert_fails(SBX_E_UNSUPPORTED, sbx_pool_drain, "a", &drained);
    test_peer_answer(&(TestAnswer){.result = "{}"});
    assert_fails(SBX_E_INVALID, sbx_pool_drain, "", &drained);
    assert_fails(SBX_E_INVALID, sbx_pool_drain, "a/b", &drained);
    ck_assert_uint_eq(test_peer_requests(), 0);
    ck_assert_uint_eq(drained, 77);
}
END_TEST

/* Spares must not keep an image from being removed. There is no such image: it fails after that. */
START_TEST(image_remove_drains)
{
    test_peer_answer(&(TestAnswer){.result = "{\"drained\":1}"});
    ck_assert_int_lt(sbx_image_remove("no-such@20260102T030405Z-1a2b3c4d", NULL), 0);
    assert_sent("pool.drain", "{\"image\":\"no-such@20260102T030405Z-1a2b3c4d\"}");
    test_peer_answer(&(TestAnswer){.result = "{\"drained\":1}"});
    assert_fails(SBX_E_INVALID, sbx_image_remove, "-x");
    ck_assert_uint_eq(test_peer_requests(), 0);
}
END_TEST

START_TEST(limits_set)
{
    ck_assert_int_eq(sbx_limits_set(SBX_LIMIT_SANDBOXES, 0, NULL), SBX_OK);
    assert_sent("limits.set", "{\"sandboxes\":0}");
    test_peer_answer(&(TestAnswer){.result = "{}"});
    ck_assert_int_eq(sbx_limits_set(SBX_LIMIT_MEMORY, INT64_MAX, NULL), SBX_OK);
    assert_sent("limits.set", "{\"memory\":9223372036854775807}");
    test_peer_answer(&(TestAnswer){.result = "{}"});
    ck_assert_int_eq(sbx_limits_set(SBX_LIMIT_VCPUS, UINT32_MAX, NULL), SBX_OK);
    assert_sent("limits.set", "{\"vcpus\":4294967295}");
    test_peer_answer(&(TestAnswer){.result = "{}"});
    assert_fails(SBX_E_INVALID, sbx_limits_set, -1, 0);
    assert_fails(SBX_E_INVALID, sbx_limits_set, 3, 0);
    assert_fails(SBX_E_INVALID, sbx_limits_set, SBX_LIMIT_SANDBOXES, (uint64_t)UINT32_MAX + 1);
    assert_fails(SBX_E_INVALID, sbx_limits_set, SBX_LIMIT_VCPUS, (uint64_t)UINT32_MAX + 1);
    assert_fails(SBX_E_INVALID, sbx_limits_set, SBX_LIMIT_MEMORY, (uint64_t)INT64_MAX + 1);
    ck_assert_uint_eq(test_peer_requests(), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("calls");
    TCase *sandboxes = tcase_create("sandboxes");
    TCase *keeper = tcase_create("keeper");

    tcase_add_checked_fixture(sandboxes, setup, teardown);
    tcase_add_test(sandboxes, pause_and_resume);
    tcase_add_test(sandboxes, errors_of_a_held_sandbox);
    tcase_add_test(sandboxes, no_keeper);
    tcase_add_test(sandboxes, after_fork);
    tcase_add_test(sandboxes, fork_session);
    tcase_add_test(sandboxes, fork_with_options);
    tcase_add_loop_test(sandboxes, fork_bad_answer, 0, (int)G_N_ELEMENTS(bad_forks));
    tcase_add_test(sandboxes, fork_arguments);
    tcase_add_loop_test(sandboxes, fork_inherited_options, 0, 6);
    tcase_add_test(sandboxes, create_from_image);
    tcase_add_test(sandboxes, create_from_snapshot);
    tcase_add_test(sandboxes, snapshots);
    tcase_add_checked_fixture(keeper, setup, teardown);
    tcase_add_test(keeper, template_build);
    tcase_add_test(keeper, template_is_there);
    tcase_add_test(keeper, template_bad_answer);
    tcase_add_test(keeper, template_cancel);
    tcase_add_test(keeper, template_interrupt);
    tcase_add_test(keeper, template_remove);
    tcase_add_test(keeper, pool_fill);
    tcase_add_test(keeper, pool_settings);
    tcase_add_test(keeper, pool_drain);
    tcase_add_test(keeper, image_remove_drains);
    tcase_add_test(keeper, limits_set);
    suite_add_tcase(suite, sandboxes);
    suite_add_tcase(suite, keeper);
    /* json-glib complains of a wrong type, and goes on. */
    g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
    return test_run(suite);
}
