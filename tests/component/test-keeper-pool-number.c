/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many spares there are, and that they are gone when they are to be gone; see
 * test-keeper-pools.c. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pools-fixture.h"

#include "lib/test-keeper.h"
#include "lib/test-main.h"
#include "lib/test-process.h"
#include "lib/test-raw.h"

/* --- how many --- */

START_TEST(they_become_fewer)
{
    sbx_error *error = NULL;
    GArray *vms;

    fill(3);
    vms = vm_pidfds();
    ck_assert_uint_eq(vms->len, 3);
    test_ok(sbx_pool_set_size(1, &error), &error);
    wait_for_pool(1, 0);
    ck_assert_uint_eq(count_ended(vms, 2000), 2);
    /* Back to more. */
    test_ok(sbx_pool_set_size(2, &error), &error);
    wait_for_pool(2, 0);
    vms = vm_pidfds();
    test_ok(sbx_pool_set_size(0, &error), &error);
    ck_assert_uint_eq(count_ended(vms, END_MS), 2);
}
END_TEST

START_TEST(budget)
{
    sbx_error *error = NULL;
    sbx_pool_list *list;
    GArray *vms;

    fill(2);
    vms = vm_pidfds();
    test_ok(sbx_pool_set_budget(0, &error), &error);
    ck_assert_uint_eq(count_ended(vms, END_MS), 2);
    list = pools();
    ck_assert_uint_eq(sbx_pool_list_budget(list), 0);
    ck_assert_uint_eq(sbx_pool_list_used(list), 0);
    ck_assert_int_eq(sbx_pool_list_starting(list, 0), 0);
    sbx_pool_list_free(list);
    assert_fill_fails(SBX_E_BUSY, "budget of 0 MiB");
    /* Sandboxes are none of its business. */
    sbx_unref(test_create(NULL));
    test_ok(sbx_pool_set_budget(UINT64_C(4) << 30, &error), &error);
    fill(1);
}
END_TEST

START_TEST(fill_takes_too_long)
{
    sbx_options *options = test_options();
    sbx_error *error = NULL;

    test_keeper_close_gate();
    test_failed(sbx_pool_fill(options, 1, 300, &error), SBX_E_TIMEOUT, &error, "0 of 1 spares");
    test_keeper_open_gate();
    wait_for_pool(1, 0);
    ck_assert_int_eq(sbx_pool_fill(options, 1, 1, &error), 1);
    ck_assert_int_eq(sbx_pool_fill(options, 0, 1, NULL), SBX_E_INVALID);
    ck_assert_int_eq(sbx_pool_fill(options, SBX_SPARES_MAX + 1, 1, NULL), SBX_E_INVALID);
    ck_assert_int_eq(sbx_pool_fill(options, 1, 0, NULL), SBX_E_INVALID);
    sbx_options_unref(options);
}
END_TEST

START_TEST(drained)
{
    sbx_error *error = NULL;
    unsigned int count = 7;
    GArray *vms;

    /* No keeper is started for it. */
    test_ok(sbx_pool_drain(NULL, &count, &error), &error);
    ck_assert_uint_eq(count, 0);
    ck_assert_uint_eq(test_keeper_count(), 0);
    fill(2);
    test_ok(sbx_pool_drain("nobody:nothing", &count, &error), &error);
    ck_assert_uint_eq(count, 0);
    vms = vm_pidfds();
    test_ok(sbx_pool_drain(NULL, &count, &error), &error);
    ck_assert_uint_eq(count, 2);
    /* They are gone when it returns, and no others come. */
    ck_assert_uint_eq(count_ended(vms, 0), 2);
    wait_for_pool(0, 0);
    vms = vm_pidfds();
    ck_assert_uint_eq(count_ended(vms, 0), 0);
    sbx_unref(test_create(NULL));
    wait_for_pool(1, 0);
}
END_TEST

/* A pool has its image without a version, when that is how it was asked for. */
START_TEST(drained_by_version)
{
    g_autofree char *version = g_path_get_basename(test_keeper.image_dir);
    g_autofree char *ours = g_strconcat(SBX_IMAGE_DEFAULT "@", version, NULL);
    sbx_error *error = NULL;
    unsigned int count = 7;

    fill(1);
    test_ok(sbx_pool_drain(SBX_IMAGE_DEFAULT "@20200101T000000Z-00000000", &count, &error), &error);
    ck_assert_uint_eq(count, 0);
    wait_for_pool(1, 0);
    test_ok(sbx_pool_drain(ours, &count, &error), &error);
    ck_assert_uint_eq(count, 1);
    wait_for_pool(0, 0);
    fill(1);
    test_ok(sbx_pool_drain(SBX_IMAGE_DEFAULT, &count, &error), &error);
    ck_assert_uint_eq(count, 1);
}
END_TEST

static void show_image_tool(void)
{
    g_autofree char *path = g_build_filename(test_keeper.top, "libexec", "sbx-image", NULL);

    ck_assert_int_eq(symlink(getenv("SBX_TEST_IMAGE_TOOL"), path), 0);
}

/* A sandbox keeps its image from being removed; spares do not. */
START_TEST(image_is_removed)
{
    g_autofree char *manifest = g_build_filename(test_keeper.image_dir, "manifest.json", NULL);
    sbx_error *error = NULL;
    sbx *sandbox;

    show_image_tool();
    fill(2);
    sandbox = test_create(NULL);
    test_failed(sbx_image_remove(SBX_IMAGE_DEFAULT, &error), SBX_E_BUSY, &error, "in use");
    ck_assert(g_file_test(manifest, G_FILE_TEST_IS_REGULAR));
    wait_for_pool(0, 0);
    test_ok(sbx_kill(sandbox, &error), &error);
    sbx_unref(sandbox);
    fill(1);
    ck_assert_int_eq(test_ok(sbx_image_remove(SBX_IMAGE_DEFAULT, &error), &error), 1);
    ck_assert(!g_file_test(test_keeper.image_dir, G_FILE_TEST_EXISTS));
    wait_for_pool(0, 0);
}
END_TEST

/* Whoever waits for spares is told. */
START_TEST(drained_while_they_start)
{
    Call *filling;
    sbx_error *error = NULL;
    unsigned int count = 0;

    test_keeper_close_gate();
    filling = start_call(2);
    wait_for_pool(0, 2);
    test_ok(sbx_pool_drain(NULL, &count, &error), &error);
    ck_assert_uint_eq(count, 2);
    join_call(filling);
    test_failed(filling->code, SBX_E_CANCELLED, &filling->error, "drained");
    g_free(filling);
}
END_TEST

/* --- clients that go --- */

static pid_t start_creator(void)
{
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        test_create(NULL);
        _exit(1);
    }
    return child;
}

/* Between the claim and the answer. */
START_TEST(claimed_by_one_who_dies)
{
    g_autofree char *spare = NULL;
    pid_t child;
    int vm;

    fill(1);
    spare = only_vm();
    vm = test_vm_pidfd(spare);
    stop_agent(spare);
    child = start_creator();
    wait_for_event(SBX_EVENT_CREATED);
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert(test_ends_within(vm, END_MS));
    close(vm);
    wait_for_event(SBX_EVENT_ENDED);
    ck_assert_uint_eq(count_sandboxes(), 0);
    ck_assert_uint_eq(sandboxes_in_use(), 0);
    sbx_unref(test_create(NULL));
}
END_TEST

/* It waits for spares, and hangs up. They are made all the same. */
START_TEST(filled_for_one_who_hangs_up)
{
    g_autofree char *params = g_strdup_printf("{\"memory\":%" G_GUINT64_FORMAT
                                              ",\"disk_size\":%" G_GUINT64_FORMAT ",\"count\":2}",
                                              (guint64)SBX_MEMORY_MIN, (guint64)SBX_DISK_SIZE_MIN);
    int fd;

    test_keeper_close_gate();
    sbx_pool_list_free(pools());
    fd = test_raw_greet();
    test_raw_send(fd, "pool.fill", params);
    wait_for_pool(0, 2);
    close(fd);
    test_keeper_open_gate();
    wait_for_pool(2, 0);
}
END_TEST

/* --- the keeper's end --- */

START_TEST(stopped_with_spares)
{
    Call *filling;
    sbx_options *options = test_options();
    Call *creating;
    GArray *family;
    sbx_error *error = NULL;
    sbx *sandbox;

    g_setenv("LIBSANDBOX_MAX_SANDBOXES", "1", TRUE);
    test_keeper_close_gate();
    test_keeper_open_gate();
    fill(1);
    sandbox = test_create(NULL);
    wait_for_pool(1, 0);
    test_keeper_shut_gate();
    filling = start_call(3);
    wait_for_pool(1, 2);
    ck_assert_int_eq(sbx_options_set_wait(options, SBX_WAIT_FOREVER, NULL), 0);
    creating = start_call_with(options, 0);
    for (guint64 waiting = 0; waiting == 0;) {
        sbx_limits *limits = NULL;

        test_ok(sbx_limits_get(&limits, &error), &error);
        waiting = sbx_limits_waiting(limits);
        sbx_limits_free(limits);
    }
    test_failed(sbx_keeper_stop(0, &error), SBX_E_BUSY, &error, "1 sandbox");
    family = test_keeper_family();
    ck_assert_int_eq(test_ok(sbx_keeper_stop(1, &error), &error), 1);
    ck_assert(test_family_ends_within(family, 500));
    join_call(filling);
    test_failed(filling->code, SBX_E_CANCELLED, &filling->error, "stopped");
    join_call(creating);
    test_failed(creating->code, SBX_E_CANCELLED, &creating->error, "stopped");
    g_unsetenv("LIBSANDBOX_MAX_SANDBOXES");
    sbx_unref(sandbox);
    g_free(filling);
    g_free(creating);
}
END_TEST

START_TEST(idle_with_spares)
{
    g_autofree char *left = NULL;
    GArray *family;
    int status;
    pid_t child;

    g_setenv("LIBSANDBOX_IDLE_SECONDS", "1", TRUE);
    g_setenv("LIBSANDBOX_SPARES", "3", TRUE);
    child = fork();
    if (child == 0) {
        fill(3);
        sbx_unref(test_create(NULL));
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    family = test_keeper_family();
    ck_assert_uint_gt(family->len, 3);
    ck_assert(test_family_ends_within(family, END_MS));
    left = test_runtime_leftovers();
    ck_assert_msg(left == NULL, "left in the runtime directory: %s", left);
}
END_TEST

/* --- leaks --- */

static void cycles(int count)
{
    for (int i = 0; i < count; i++) {
        sbx *sandbox = test_create(NULL);
        sbx_error *error = NULL;

        test_ok(sbx_kill(sandbox, &error), &error);
        sbx_unref(sandbox);
    }
}

/* After this the pool is full, and no VM is ending. */
static void settle(void)
{
    unsigned int drained = 0;
    sbx_error *error = NULL;

    test_ok(sbx_pool_drain(NULL, &drained, &error), &error);
    fill(2);
    wait_for_pool(2, 0);
}

START_TEST(three_hundred_cycles_leave_nothing)
{
    sbx_error *error = NULL;
    g_autoptr(GArray) before = NULL;
    g_autoptr(GArray) after = NULL;
    pid_t keeper;
    guint fds[2];

    fill(2);
    test_ok(sbx_pool_set_size(2, &error), &error);
    cycles(40);
    settle();
    keeper = test_keeper_pid();
    before = test_descendants(keeper);
    fds[0] = test_count_fds(keeper);
    fds[1] = test_count_fds(getpid());
    cycles(300);
    settle();
    after = test_descendants(keeper);
    ck_assert_uint_eq(after->len, before->len);
    ck_assert_uint_le(test_count_fds(keeper), fds[0] + 3);
    ck_assert_uint_le(test_count_fds(getpid()), fds[1]);
    /* Workers that wait for the next job; GLib keeps a few for a while. */
    ck_assert_uint_le(test_count_threads(keeper), 12);
}
END_TEST

static Suite *pools_suite(void)
{
    Suite *suite = suite_create("keeper-pool-number");
    TCase *number = tcase_create("number");
    TCase *going = tcase_create("going");
    TCase *leaks = tcase_create("leaks");
    TCase *all[] = {number, going, leaks};

    for (gsize i = 0; i < G_N_ELEMENTS(all); i++) {
        tcase_set_timeout(all[i], 240);
        tcase_add_checked_fixture(all[i], pools_setup, test_keeper_teardown);
        suite_add_tcase(suite, all[i]);
    }
    tcase_add_test(number, they_become_fewer);
    tcase_add_test(number, budget);
    tcase_add_test(number, fill_takes_too_long);
    tcase_add_test(number, drained);
    tcase_add_test(number, drained_by_version);
    tcase_add_test(number, image_is_removed);
    tcase_add_test(number, drained_while_they_start);
    tcase_add_test(going, claimed_by_one_who_dies);
    tcase_add_test(going, filled_for_one_who_hangs_up);
    tcase_add_test(going, stopped_with_spares);
    tcase_add_test(going, idle_with_spares);
    tcase_add_test(leaks, three_hundred_cycles_leave_nothing);
    return suite;
}

int main(void)
{
    return test_keeper_main(pools_suite);
}
