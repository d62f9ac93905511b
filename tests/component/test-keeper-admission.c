/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Admission: limits on what there may be at once, over real clients; and what a driver that cannot
 * copy, pause or restore says to those who ask for it.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/test-keeper.h"
#include "lib/test-main.h"
#include "lib/test-process.h"
#include "lib/test-raw.h"

static void set_limit(int limit, uint64_t value)
{
    sbx_error *error = NULL;

    test_ok(sbx_limits_set(limit, value, &error), &error);
}

static sbx_limits *limits(void)
{
    sbx_limits *got = NULL;
    sbx_error *error = NULL;

    test_ok(sbx_limits_get(&got, &error), &error);
    return got;
}

static void assert_used(uint64_t sandboxes, uint64_t vcpus)
{
    sbx_limits *got = limits();

    ck_assert_uint_eq(sbx_limits_used(got, SBX_LIMIT_SANDBOXES), sandboxes);
    ck_assert_uint_eq(sbx_limits_used(got, SBX_LIMIT_VCPUS), vcpus);
    ck_assert_uint_eq(sbx_limits_used(got, SBX_LIMIT_MEMORY), sandboxes * SBX_MEMORY_MIN);
    sbx_limits_free(got);
}

/* Each answer is an event of the keeper's; nothing else tells. */
static void wait_for_waiting(uint64_t count)
{
    uint64_t waiting = count + 1;

    while (waiting != count) {
        sbx_limits *got = limits();

        waiting = sbx_limits_waiting(got);
        sbx_limits_free(got);
    }
}

static void create_fails(const sbx_options *options, const char *word, const char *hint)
{
    sbx_options *own = options == NULL ? test_options() : NULL;
    sbx_error *error = NULL;
    sbx *sandbox = NULL;
    int code = sbx_create(own != NULL ? own : options, &sandbox, &error);

    ck_assert_ptr_nonnull(error);
    ck_assert_msg(strstr(sbx_error_hint(error), hint) != NULL, "no \"%s\" in: %s", hint,
                  sbx_error_hint(error));
    test_failed(code, SBX_E_BUSY, &error, word);
    ck_assert_ptr_null(sandbox);
    sbx_options_unref(own);
}

static sbx_options *wait_options(int64_t milliseconds)
{
    sbx_options *options = test_options();

    ck_assert_int_eq(sbx_options_set_wait(options, milliseconds, NULL), 0);
    return options;
}

static sbx_options *vcpus_options(int vcpus)
{
    sbx_options *options = wait_options(SBX_WAIT_FOREVER);

    ck_assert_int_eq(sbx_options_set_vcpus(options, vcpus, NULL), 0);
    return options;
}

/* --- limits --- */

START_TEST(too_many)
{
    sbx *sandbox;

    set_limit(SBX_LIMIT_SANDBOXES, 1);
    sandbox = test_create(NULL);
    assert_used(1, 2);
    create_fails(NULL, "the limit is 1 sandbox (1 in use, 1 asked for)", "sbx_options_set_wait()");
    create_fails(NULL, "there is no room", "LIBSANDBOX_MAX_SANDBOXES");
    g_free(test_sh(sandbox, "true"));
    /* Given back when the VM is gone, which is before kill returns. */
    ck_assert_int_eq(sbx_kill(sandbox, NULL), 0);
    assert_used(0, 0);
    sbx_unref(sandbox);
    sbx_unref(test_create(NULL));
}
END_TEST

START_TEST(too_much)
{
    sbx_options *many = vcpus_options(4);
    sbx *sandbox = test_create(NULL);

    set_limit(SBX_LIMIT_VCPUS, 3);
    create_fails(NULL, "the limit is 3 vCPUs (2 in use, 2 asked for)", "LIBSANDBOX_MAX_VCPUS");
    /* Also for one who would wait. */
    create_fails(many, "there can never be room for a sandbox with 128MiB of memory and 4 vCPUs",
                 "ask for less");
    set_limit(SBX_LIMIT_VCPUS, 0);
    set_limit(SBX_LIMIT_MEMORY, SBX_MEMORY_MIN + 1);
    create_fails(NULL, "of memory (128MiB in use, 128MiB asked for)", "LIBSANDBOX_MAX_MEMORY");
    set_limit(SBX_LIMIT_MEMORY, SBX_MEMORY_MIN - 1);
    create_fails(NULL, "there can never be room", "LIBSANDBOX_MAX_MEMORY");
    /* Who is there stays. */
    g_free(test_sh(sandbox, "true"));
    sbx_unref(sandbox);
    sbx_options_unref(many);
}
END_TEST

START_TEST(of_the_environment)
{
    sbx_limits *got;
    sbx *sandbox;

    g_setenv("LIBSANDBOX_MAX_SANDBOXES", "1", TRUE);
    g_setenv("LIBSANDBOX_MAX_MEMORY", "1GiB", TRUE);
    g_setenv("LIBSANDBOX_MAX_VCPUS", "8", TRUE);
    sandbox = test_create(NULL);
    got = limits();
    ck_assert_uint_eq(sbx_limits_value(got, SBX_LIMIT_SANDBOXES), 1);
    ck_assert_uint_eq(sbx_limits_value(got, SBX_LIMIT_MEMORY), UINT64_C(1) << 30);
    ck_assert_uint_eq(sbx_limits_value(got, SBX_LIMIT_VCPUS), 8);
    sbx_limits_free(got);
    create_fails(NULL, "the limit is 1 sandbox", "wait");
    sbx_unref(sandbox);
    g_unsetenv("LIBSANDBOX_MAX_SANDBOXES");
    g_unsetenv("LIBSANDBOX_MAX_MEMORY");
    g_unsetenv("LIBSANDBOX_MAX_VCPUS");
}
END_TEST

START_TEST(spares_are_not_counted)
{
    sbx_options *options = test_options();
    sbx_error *error = NULL;
    sbx *sandbox;

    set_limit(SBX_LIMIT_SANDBOXES, 1);
    ck_assert_int_eq(test_ok(sbx_pool_fill(options, 2, 60000, &error), &error), 2);
    assert_used(0, 0);
    ck_assert_int_eq(sbx_options_set_spares(options, 1, NULL), 0);
    sandbox = test_create(options);
    assert_used(1, 2);
    /* What there is room for is not a question of what is ready. */
    create_fails(options, "the limit is 1 sandbox", "wait");
    sbx_unref(sandbox);
    sbx_options_unref(options);
}
END_TEST

START_TEST(given_back_by_failures)
{
    sbx_options *options = test_options();
    sbx *sandbox = NULL;

    test_keeper_mode("dies-at-boot");
    set_limit(SBX_LIMIT_SANDBOXES, 1);
    for (int i = 0; i < 3; i++) {
        sbx_error *error = NULL;

        test_failed(sbx_create(options, &sandbox, &error), SBX_E_BOOT, &error, "died");
        /* The answer comes before all of the VM is gone. */
        for (uint64_t used = 1; used > 0;) {
            sbx_limits *got = limits();

            used = sbx_limits_used(got, SBX_LIMIT_SANDBOXES);
            sbx_limits_free(got);
        }
    }
    assert_used(0, 0);
    sbx_options_unref(options);
}
END_TEST

/* --- waiting --- */

typedef struct {
    pid_t pid;
    int said; /* a byte when it has its sandbox */
    int go;   /* a byte: it is to kill that and end */
} Waiter;

/* A program that waits for room, says so when it has its sandbox, and gives it back when told. */
static Waiter start_waiter(sbx_options *options)
{
    Waiter waiter;
    int said[2];
    int go[2];
    char byte;

    ck_assert_int_eq(pipe2(said, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(go, O_CLOEXEC), 0);
    waiter = (Waiter){fork(), said[0], go[1]};
    ck_assert_int_ge(waiter.pid, 0);
    if (waiter.pid == 0) {
        sbx *sandbox;

        close(said[0]);
        close(go[1]);
        sandbox = test_create(options);
        (void)!write(said[1], "x", 1);
        (void)!read(go[0], &byte, 1);
        _exit(sbx_kill(sandbox, NULL) == 0 ? 0 : 1);
    }
    close(said[1]);
    close(go[0]);
    sbx_options_unref(options);
    return waiter;
}

static void wait_until_served(Waiter *waiter)
{
    char byte;

    ck_assert_msg(read(waiter->said, &byte, 1) == 1, "a waiting program got no sandbox");
}

static void let_go(Waiter *waiter)
{
    ck_assert_int_eq(write(waiter->go, "x", 1), 1);
}

static void wait_for_end(Waiter *waiter)
{
    int status;

    ck_assert_int_eq(waitpid(waiter->pid, &status, 0), waiter->pid);
    ck_assert_int_eq(status, 0);
    close(waiter->said);
    close(waiter->go);
}

static void end_waiter(Waiter *waiter)
{
    let_go(waiter);
    wait_for_end(waiter);
}

static void kill_waiter(Waiter *waiter)
{
    ck_assert_int_eq(kill(waiter->pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(waiter->pid, NULL, 0), waiter->pid);
    close(waiter->go);
    close(waiter->said);
}

/* It was not served up to now: that would have been before what the caller has seen. */
static void assert_not_served(Waiter *waiter)
{
    GPollFD ready = {.fd = waiter->said, .events = G_IO_IN};

    ck_assert_int_eq(g_poll(&ready, 1, 0), 0);
}

START_TEST(in_order_of_arrival)
{
    Waiter waiters[6];
    sbx *sandbox;

    set_limit(SBX_LIMIT_SANDBOXES, 1);
    sandbox = test_create(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(waiters); i++) {
        waiters[i] = start_waiter(wait_options(SBX_WAIT_FOREVER));
        wait_for_waiting(i + 1);
    }
    create_fails(NULL, "6 others wait before it", "wait");
    /* One of them gives up, and the keeper has noticed. */
    kill_waiter(&waiters[2]);
    wait_for_waiting(G_N_ELEMENTS(waiters) - 1);
    assert_not_served(&waiters[0]);
    ck_assert_int_eq(sbx_kill(sandbox, NULL), 0);
    for (guint i = 0; i < G_N_ELEMENTS(waiters); i++) {
        if (i == 2)
            continue;
        wait_until_served(&waiters[i]);
        assert_used(1, 2);
        for (guint later = i + 1; later < G_N_ELEMENTS(waiters); later++)
            if (later != 2)
                assert_not_served(&waiters[later]);
        end_waiter(&waiters[i]);
    }
    wait_for_waiting(0);
    assert_used(0, 0);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(nobody_overtakes)
{
    Waiter big;
    Waiter small;
    sbx *first;
    sbx *second;

    set_limit(SBX_LIMIT_VCPUS, 4);
    first = test_create(NULL);
    second = test_create(NULL);
    big = start_waiter(vcpus_options(4));
    wait_for_waiting(1);
    small = start_waiter(vcpus_options(1));
    wait_for_waiting(2);
    ck_assert_int_eq(sbx_kill(first, NULL), 0);
    /* There is room for the small one now, and still it waits. */
    assert_used(1, 2);
    wait_for_waiting(2);
    assert_not_served(&small);
    /* Nor does one get in who comes now. */
    create_fails(NULL, "2 others wait before it", "wait");
    ck_assert_int_eq(sbx_kill(second, NULL), 0);
    wait_until_served(&big);
    assert_not_served(&small);
    end_waiter(&big);
    wait_until_served(&small);
    end_waiter(&small);
    sbx_unref(first);
    sbx_unref(second);
}
END_TEST

/* The first of the queue goes away: who fits behind it is served at once. */
START_TEST(the_first_gives_up)
{
    Waiter big;
    Waiter small;
    sbx *sandbox;

    set_limit(SBX_LIMIT_VCPUS, 4);
    sandbox = test_create(NULL);
    big = start_waiter(vcpus_options(4));
    wait_for_waiting(1);
    small = start_waiter(vcpus_options(2));
    wait_for_waiting(2);
    kill_waiter(&big);
    wait_until_served(&small);
    wait_for_waiting(0);
    end_waiter(&small);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(the_wait_is_over)
{
    sbx_options *options = wait_options(300);
    sbx *sandbox;

    set_limit(SBX_LIMIT_SANDBOXES, 1);
    sandbox = test_create(NULL);
    create_fails(options, "within 300ms", "wait longer");
    wait_for_waiting(0);
    assert_used(1, 2);
    sbx_unref(sandbox);
    sbx_options_unref(options);
}
END_TEST

START_TEST(limits_change_meanwhile)
{
    Waiter waiters[2];
    sbx_options *options = vcpus_options(3);
    sbx_error *error = NULL;
    int status;
    pid_t child;
    sbx *sandbox;

    set_limit(SBX_LIMIT_SANDBOXES, 1);
    sandbox = test_create(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(waiters); i++) {
        waiters[i] = start_waiter(wait_options(SBX_WAIT_FOREVER));
        wait_for_waiting(i + 1);
    }
    set_limit(SBX_LIMIT_SANDBOXES, 2);
    wait_until_served(&waiters[0]);
    wait_for_waiting(1);
    set_limit(SBX_LIMIT_SANDBOXES, 0);
    wait_until_served(&waiters[1]);
    /* One that has come to want more than there can ever be is told. */
    set_limit(SBX_LIMIT_SANDBOXES, 3);
    child = fork();
    if (child == 0) {
        sbx *own = NULL;

        test_failed(sbx_create(options, &own, &error), SBX_E_BUSY, &error, "there can never be");
        _exit(0);
    }
    wait_for_waiting(1);
    set_limit(SBX_LIMIT_VCPUS, 2);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    assert_used(3, 6);
    for (guint i = 0; i < G_N_ELEMENTS(waiters); i++)
        end_waiter(&waiters[i]);
    sbx_unref(sandbox);
    sbx_options_unref(options);
}
END_TEST

START_TEST(twenty_share_three)
{
    Waiter waiters[20];
    guint most = 0;

    set_limit(SBX_LIMIT_SANDBOXES, 3);
    for (guint i = 0; i < G_N_ELEMENTS(waiters); i++) {
        waiters[i] = start_waiter(wait_options(SBX_WAIT_FOREVER));
        /* Whoever is served gives it back at once. */
        let_go(&waiters[i]);
    }
    for (guint i = 0; i < G_N_ELEMENTS(waiters); i++) {
        g_autoptr(GPtrArray) vms = test_vm_names();

        most = MAX(most, vms->len);
        wait_for_end(&waiters[i]);
    }
    ck_assert_uint_le(most, 3);
    wait_for_waiting(0);
    assert_used(0, 0);
}
END_TEST

/* --- what this driver cannot do --- */

static void assert_is_fine(sbx *sandbox)
{
    g_autofree char *text = test_sh(sandbox, "echo $((6 * 7))");

    ck_assert_str_eq(text, "42\n");
    assert_used(1, 2);
}

START_TEST(not_with_this_driver)
{
    sbx_options *options = test_options();
    sbx *children[3] = {NULL};
    sbx_error *error = NULL;
    sbx_snapshot_list *snapshots = NULL;
    sbx_template_list *templates = NULL;
    sbx *sandbox = test_create(NULL);

    set_limit(SBX_LIMIT_SANDBOXES, 4);
    test_failed(sbx_pause(sandbox, &error), SBX_E_UNSUPPORTED, &error, "cannot pause");
    assert_is_fine(sandbox);
    /* It runs, so there is nothing to do. */
    test_ok(sbx_resume(sandbox, &error), &error);
    test_failed(sbx_fork(sandbox, 3, NULL, children, &error), SBX_E_UNSUPPORTED, &error,
                "cannot copy a running sandbox");
    ck_assert_ptr_null(children[0]);
    assert_is_fine(sandbox);
    test_failed(sbx_snapshot(sandbox, "one", &error), SBX_E_UNSUPPORTED, &error,
                "cannot copy a running sandbox");
    test_failed(sbx_template_build(options, 0, NULL, NULL, NULL, &error), SBX_E_UNSUPPORTED, &error,
                "templates are not used here");
    assert_is_fine(sandbox);
    test_ok(sbx_snapshot_list_get(&snapshots, &error), &error);
    ck_assert_uint_eq(sbx_snapshot_list_length(snapshots), 0);
    test_ok(sbx_template_list_get(&templates, &error), &error);
    ck_assert_uint_eq(sbx_template_list_length(templates), 0);
    sbx_snapshot_list_free(snapshots);
    sbx_template_list_free(templates);
    test_failed(sbx_snapshot_remove("one", &error), SBX_E_NOT_FOUND, &error, "one");
    test_failed(sbx_template_remove("0123456789", &error), SBX_E_NOT_FOUND, &error, "0123456789");
    test_ok(sbx_template_remove_all(&error), &error);
    sbx_unref(sandbox);
    sbx_options_unref(options);
}
END_TEST

START_TEST(from_a_snapshot_that_is_not_there)
{
    sbx_options *options = sbx_options_new();
    sbx_error *error = NULL;
    sbx *sandbox = NULL;

    ck_assert_int_eq(sbx_options_set_root(options, "nothing", NULL), 0);
    test_failed(sbx_create(options, &sandbox, &error), SBX_E_NOT_FOUND, &error, "nothing");
    assert_used(0, 0);
    sbx_options_unref(options);
}
END_TEST

/* --- programs that are not our client --- */

#define HUGE_INT "9223372036854775807"

/* %s: the id of a sandbox. */
static const struct {
    const char *method;
    const char *params;
    int code;
} refused[] = {
    {"sandbox.create", "{\"wait_ms\":-2}", SBX_E_INVALID},
    {"sandbox.create", "{\"wait_ms\":" HUGE_INT "}", SBX_E_INVALID},
    {"sandbox.create", "{\"spares\":-2}", SBX_E_INVALID},
    {"sandbox.create", "{\"spares\":" HUGE_INT "}", SBX_E_INVALID},
    {"sandbox.create", "{\"root\":\"\"}", SBX_E_NOT_FOUND},
    {"sandbox.create", "{\"root\":\"../../etc\"}", SBX_E_NOT_FOUND},
    {"sandbox.create", "{\"root\":\"nothing\",\"memory\":134217728}", SBX_E_NOT_FOUND},
    {"sandbox.pause", "{}", SBX_E_NOT_FOUND},
    {"sandbox.pause", "{\"id\":[]}", SBX_E_NOT_FOUND},
    {"sandbox.pause", "{\"id\":\"%s\"}", SBX_E_UNSUPPORTED},
    {"sandbox.resume", "{\"id\":null}", SBX_E_NOT_FOUND},
    {"sandbox.resume", "{\"id\":\"%s\"}", 0},
    {"sandbox.fork", "{}", SBX_E_NOT_FOUND},
    {"sandbox.fork", "{\"id\":\"%s\",\"count\":0}", SBX_E_UNSUPPORTED},
    {"sandbox.fork", "{\"id\":\"%s\",\"count\":" HUGE_INT "}", SBX_E_UNSUPPORTED},
    {"sandbox.snapshot", "{}", SBX_E_NOT_FOUND},
    {"sandbox.snapshot", "{\"id\":\"%s\"}", SBX_E_INVALID},
    {"sandbox.snapshot", "{\"id\":\"%s\",\"name\":7}", SBX_E_INVALID},
    {"sandbox.snapshot", "{\"id\":\"%s\",\"name\":\"../a\"}", SBX_E_INVALID},
    {"sandbox.snapshot", "{\"id\":\"%s\",\"name\":\".\"}", SBX_E_INVALID},
    {"sandbox.snapshot", "{\"id\":\"%s\",\"name\":\"a\"}", SBX_E_UNSUPPORTED},
    {"snapshot.list", "[]", 0},
    {"snapshot.remove", "{}", SBX_E_NOT_FOUND},
    {"snapshot.remove", "{\"name\":{}}", SBX_E_NOT_FOUND},
    {"snapshot.remove", "{\"name\":\"..\"}", SBX_E_NOT_FOUND},
    {"template.list", "{\"x\":1}", 0},
    {"template.build", "{\"memory\":1}", SBX_E_INVALID},
    {"template.build", "{\"memory\":" HUGE_INT "}", SBX_E_INVALID},
    {"template.build", "{\"image\":7,\"memory\":134217728}", SBX_E_UNSUPPORTED},
    {"template.build", "{\"force\":\"yes\",\"memory\":134217728}", SBX_E_UNSUPPORTED},
    {"template.remove", "{}", SBX_E_INVALID},
    {"template.remove", "{\"id\":\"1234567\"}", SBX_E_INVALID},
    {"template.remove", "{\"id\":\"../../../../\"}", SBX_E_NOT_FOUND},
    {"template.remove", "{\"id\":7,\"all\":7}", SBX_E_INVALID},
    {"pool.list", "{}", 0},
    {"pool.set", "{}", 0},
    {"pool.set", "{\"size\":-2}", SBX_E_INVALID},
    {"pool.set", "{\"size\":" HUGE_INT "}", SBX_E_INVALID},
    {"pool.set", "{\"size\":\"1\",\"budget\":[]}", 0},
    {"pool.set", "{\"budget\":-1}", SBX_E_INVALID},
    {"pool.fill", "{\"count\":0}", SBX_E_INVALID},
    {"pool.fill", "{\"count\":-1}", SBX_E_INVALID},
    {"pool.fill", "{\"count\":" HUGE_INT "}", SBX_E_INVALID},
    {"pool.fill", "{\"count\":1,\"memory\":7}", SBX_E_INVALID},
    {"pool.fill", "{\"count\":1,\"memory\":134217728,\"image\":\"../x\",\"timeout_ms\":-7}",
     SBX_E_INVALID},
    {"pool.drain", "{\"image\":7}", 0},
    {"pool.drain", "{\"image\":\"\"}", 0},
    {"pool.drain", "{\"image\":\"@\"}", 0},
    {"limits.get", "{\"x\":[]}", 0},
    {"limits.set", "{}", 0},
    {"limits.set", "{\"sandboxes\":-1}", SBX_E_INVALID},
    {"limits.set", "{\"sandboxes\":4294967296}", SBX_E_INVALID},
    {"limits.set", "{\"memory\":-1}", SBX_E_INVALID},
    {"limits.set", "{\"memory\":" HUGE_INT "}", 0},
    {"limits.set", "{\"vcpus\":4294967296,\"sandboxes\":1}", SBX_E_INVALID},
    {"limits.set", "{\"vcpus\":\"none\",\"sandboxes\":true}", 0},
};

START_TEST(refused_requests)
{
    sbx *sandbox = test_create(NULL);
    int fd = test_raw_greet();

    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_auto(GStrv) parts = g_strsplit(refused[i].params, "%s", -1);
        g_autofree char *params = g_strjoinv(sbx_id(sandbox), parts);
        int code = test_raw_call(fd, refused[i].method, params);

        ck_assert_msg(code == refused[i].code, "%s instead of %s: %s %s", sbx_error_code_name(code),
                      sbx_error_code_name(refused[i].code), refused[i].method, params);
    }
    close(fd);
    assert_is_fine(sandbox);
    sbx_unref(sandbox);
}
END_TEST

/* Asks for everything at once and hangs up; the keeper keeps nothing of it. */
START_TEST(hangs_up)
{
    sbx *sandbox = test_create(NULL);
    pid_t keeper = test_keeper_pid();
    guint fds;

    set_limit(SBX_LIMIT_SANDBOXES, 1);
    fds = test_count_fds(keeper);
    for (int round = 0; round < 10; round++) {
        int fd = test_raw_greet();

        for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
            g_auto(GStrv) parts = g_strsplit(refused[i].params, "%s", -1);
            g_autofree char *params = g_strjoinv(sbx_id(sandbox), parts);

            /* But for what would be in the way of the others. */
            if (!g_str_has_prefix(refused[i].method, "limits.") && i % 10 == (gsize)round)
                test_raw_send(fd, refused[i].method, params);
        }
        for (int i = 0; i < 3; i++) {
            test_raw_send(fd, "sandbox.create", "{\"memory\":134217728,\"wait_ms\":-1}");
            test_raw_send(fd, "template.build", "{\"memory\":134217728}");
        }
        close(fd);
    }
    wait_for_waiting(0);
    for (int i = 0; i < 5; i++)
        assert_is_fine(sandbox);
    ck_assert_uint_le(test_count_fds(keeper), fds + 2);
    sbx_unref(sandbox);
}
END_TEST

static Suite *admission_suite(void)
{
    Suite *suite = suite_create("keeper-admission");
    TCase *limit = tcase_create("limits");
    TCase *waiting = tcase_create("waiting");
    TCase *driver = tcase_create("driver");
    TCase *clients = tcase_create("clients");
    TCase *all[] = {limit, waiting, driver, clients};

    for (gsize i = 0; i < G_N_ELEMENTS(all); i++) {
        tcase_set_timeout(all[i], 120);
        tcase_add_checked_fixture(all[i], test_keeper_setup, test_keeper_teardown);
        suite_add_tcase(suite, all[i]);
    }
    tcase_add_test(limit, too_many);
    tcase_add_test(limit, too_much);
    tcase_add_test(limit, of_the_environment);
    tcase_add_test(limit, spares_are_not_counted);
    tcase_add_test(limit, given_back_by_failures);
    tcase_add_test(waiting, in_order_of_arrival);
    tcase_add_test(waiting, nobody_overtakes);
    tcase_add_test(waiting, the_first_gives_up);
    tcase_add_test(waiting, the_wait_is_over);
    tcase_add_test(waiting, limits_change_meanwhile);
    tcase_add_test(waiting, twenty_share_three);
    tcase_add_test(driver, not_with_this_driver);
    tcase_add_test(driver, from_a_snapshot_that_is_not_there);
    tcase_add_test(clients, refused_requests);
    tcase_add_test(clients, hangs_up);
    return suite;
}

int main(void)
{
    return test_keeper_main(admission_suite);
}
