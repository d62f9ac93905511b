/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pools of spares, with a driver that cannot clone: a spare is booted, warmed up, and waits. That
 * it is taken and replaced, and what becomes of one that is no good.
 */
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

/* The keeper's patience with the agent of a claimed spare, see create.c. */
#define IDENTITY_MS 10000

/* --- taking one --- */

START_TEST(a_spare_is_taken)
{
    sbx_options *options = test_options();
    g_autofree char *spare = NULL;
    g_autofree char *text = NULL;
    sbx_pool_list *list;
    sbx *sandbox;
    int vm;

    fill(1);
    spare = only_vm();
    vm = test_vm_pidfd(spare);
    list = pools();
    ck_assert_uint_eq(sbx_pool_list_length(list), 1);
    ck_assert_int_eq(sbx_pool_list_ready(list, 0), 1);
    ck_assert_int_eq(sbx_pool_list_vcpus(list, 0), 2);
    ck_assert_uint_eq(sbx_pool_list_memory(list, 0), SBX_MEMORY_MIN);
    ck_assert_int_eq(sbx_pool_list_setting(list), SBX_SPARES_AUTO);
    ck_assert_uint_gt(sbx_pool_list_used(list), 0);
    sbx_pool_list_free(list);
    /* Nobody's, so it is not seen and not counted. */
    ck_assert_uint_eq(count_sandboxes(), 0);
    ck_assert_uint_eq(sandboxes_in_use(), 0);
    ck_assert_int_eq(sbx_options_set_env(options, "MINE", "yes", NULL), 0);
    sandbox = test_create(options);
    ck_assert_str_eq(sbx_id(sandbox), spare);
    ck_assert(!test_ends_within(vm, 0));
    text = test_sh(sandbox, "echo $MINE");
    ck_assert_str_eq(text, "yes\n");
    ck_assert_uint_eq(count_sandboxes(), 1);
    ck_assert_uint_eq(sandboxes_in_use(), 1);
    /* And another takes its place. */
    wait_for_pool(1, 0);
    ck_assert_int_eq(sbx_kill(sandbox, NULL), 0);
    ck_assert(test_ends_within(vm, 0));
    close(vm);
    sbx_unref(sandbox);
    sbx_options_unref(options);
}
END_TEST

START_TEST(one_that_is_starting_is_taken)
{
    g_autofree char *spare = NULL;
    Call *filling;
    Call *creating;

    test_keeper_close_gate();
    filling = start_call(1);
    wait_for_pool(0, 1);
    creating = start_call(0);
    wait_for_event(SBX_EVENT_CREATED);
    wait_for_pool(0, -1);
    test_keeper_open_gate();
    join_call(creating);
    test_ok(creating->code, &creating->error);
    g_free(test_sh(creating->sandbox, "true"));
    /* It was the spare's VM; the next spare was begun when that was given away. */
    join_call(filling);
    ck_assert_int_eq(test_ok(filling->code, &filling->error), 1);
    spare = g_strdup(sbx_id(creating->sandbox));
    close(test_vm_pidfd(spare));
    sbx_unref(creating->sandbox);
    g_free(creating);
    g_free(filling);
}
END_TEST

START_TEST(without_spares)
{
    sbx_options *options = test_options();
    sbx_options *other = test_options();
    g_autofree char *spare = NULL;
    sbx_error *error = NULL;
    sbx *sandbox;

    fill(1);
    spare = only_vm();
    ck_assert_int_eq(sbx_options_set_spares(options, 0, NULL), 0);
    sandbox = test_create(options);
    ck_assert_str_ne(sbx_id(sandbox), spare);
    sbx_unref(sandbox);
    /* Nor is one of another kind any good. */
    ck_assert_int_eq(sbx_options_set_vcpus(other, 1, NULL), 0);
    sandbox = test_create(other);
    ck_assert_str_ne(sbx_id(sandbox), spare);
    test_ok(sbx_pool_set_size(0, &error), &error);
    sbx_unref(sandbox);
    sbx_options_unref(options);
    sbx_options_unref(other);
}
END_TEST

START_TEST(wished_for_with_the_options)
{
    sbx_options *options = test_options();
    sbx *sandbox;

    g_setenv("LIBSANDBOX_SPARES", "0", TRUE);
    ck_assert_int_eq(sbx_options_set_spares(options, 3, NULL), 0);
    sandbox = test_create(options);
    wait_for_pool(3, 0);
    sbx_unref(sandbox);
    sbx_options_unref(options);
}
END_TEST

START_TEST(twenty_want_five)
{
    Call *calls[20];
    g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GPtrArray) spares = NULL;

    fill(5);
    spares = test_vm_names();
    ck_assert_uint_eq(spares->len, 5);
    for (gsize i = 0; i < G_N_ELEMENTS(calls); i++)
        calls[i] = start_call(0);
    for (gsize i = 0; i < G_N_ELEMENTS(calls); i++) {
        join_call(calls[i]);
        test_ok(calls[i]->code, &calls[i]->error);
        g_free(test_sh(calls[i]->sandbox, "true"));
        g_hash_table_add(ids, (gpointer)sbx_id(calls[i]->sandbox));
    }
    ck_assert_uint_eq(g_hash_table_size(ids), G_N_ELEMENTS(calls));
    for (guint i = 0; i < spares->len; i++)
        ck_assert(g_hash_table_contains(ids, spares->pdata[i]));
    ck_assert_uint_eq(sandboxes_in_use(), G_N_ELEMENTS(calls));
    for (gsize i = 0; i < G_N_ELEMENTS(calls); i++) {
        sbx_unref(calls[i]->sandbox);
        g_free(calls[i]);
    }
}
END_TEST

/* --- spares that are no good --- */

START_TEST(one_that_just_died_is_taken)
{
    /* Not another one that is just starting. */
    ck_assert_int_eq(sbx_pool_set_size(1, NULL), 0);
    for (int i = 0; i < 10; i++) {
        g_autofree char *spare = NULL;
        sbx *sandbox;
        int vm;

        fill(1);
        spare = g_ptr_array_steal_index(test_vm_names(), 0);
        vm = test_vm_pidfd(spare);
        test_pidfd_kill(vm, SIGKILL);
        sandbox = test_create(NULL);
        g_free(test_sh(sandbox, "true"));
        ck_assert(test_ends_within(vm, END_MS));
        close(vm);
        ck_assert_int_eq(sbx_kill(sandbox, NULL), 0);
        sbx_unref(sandbox);
    }
}
END_TEST

static const struct {
    const char *mode;
    int code;
    const char *word;
} failures[] = {
    {"dies-at-boot", SBX_E_BOOT, "died"},
    {"dies-warming", SBX_E_BOOT, "died"},
    {"no-memory", SBX_E_BUSY, "no-memory"},
    {"unavailable", SBX_E_UNAVAILABLE, "unavailable"},
};

START_TEST(none_can_be_made)
{
    test_keeper_mode(failures[_i].mode);
    assert_fill_fails(failures[_i].code, failures[_i].word);
    /* It is not tried for ever. */
    wait_for_pool(0, 0);
    wait_for_pool(0, 0);
    /* But again, when somebody asks again. */
    assert_fill_fails(failures[_i].code, failures[_i].word);
}
END_TEST

START_TEST(of_no_image)
{
    sbx_options *options = test_options();
    sbx_error *error = NULL;

    ck_assert_int_eq(sbx_options_set_image(options, "nobody:nothing", NULL), 0);
    test_failed(sbx_pool_fill(options, 1, FILL_MS, &error), SBX_E_NOT_FOUND, &error, "nothing");
    sbx_options_unref(options);
}
END_TEST

/* Spares that die while they wait are replaced some times, and then no more. (Not all of them live long
 * enough to be seen here; that they are replaced is another test's.) */
START_TEST(they_die_while_they_wait)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    gboolean is_quiet = FALSE;

    test_keeper_mode("short-lived");
    fill(1);
    while (!is_quiet) {
        g_autoptr(GPtrArray) names = test_vm_names();
        sbx_pool_list *list = pools();

        for (guint i = 0; i < names->len; i++)
            g_hash_table_add(seen, g_strdup(names->pdata[i]));
        ck_assert_msg(g_hash_table_size(seen) <= 6, "they are replaced for ever");
        is_quiet = names->len == 0 && sbx_pool_list_ready(list, 0) == 0 &&
                   sbx_pool_list_starting(list, 0) == 0;
        sbx_pool_list_free(list);
    }
}
END_TEST

START_TEST(its_agent_does_not_answer)
{
    gint64 start = g_get_monotonic_time();
    g_autofree char *spare = NULL;
    sbx *sandbox;

    fill(1);
    spare = only_vm();
    stop_agent(spare);
    sandbox = test_create(NULL);
    ck_assert_int_ge(g_get_monotonic_time() - start, (IDENTITY_MS - 1000) * 1000);
    g_free(test_sh(sandbox, "true"));
    sbx_unref(sandbox);
}
END_TEST

/* Waits until a VM of that name runs. */
static int wait_for_vm(const char *name)
{
    for (;;) {
        g_autoptr(GArray) found = test_processes_with(name);

        if (found->len == 1)
            return test_pidfd(g_array_index(found, pid_t, 0));
    }
}

/* The patience with a claimed spare's agent is not that with the VM that replaces it. */
START_TEST(its_replacement_takes_long)
{
    g_autofree char *spare = NULL;
    g_autofree char *second = NULL;
    Call *creating;
    int vm;

    test_keeper_close_gate();
    test_keeper_open_gate();
    fill(1);
    test_keeper_shut_gate();
    spare = only_vm();
    second = g_strconcat(spare, "-2", NULL);
    stop_agent(spare);
    creating = start_call(0);
    wait_for_event(SBX_EVENT_CREATED);
    vm = test_vm_pidfd(spare);
    test_pidfd_kill(vm, SIGKILL);
    close(vm);
    vm = wait_for_vm(second);
    ck_assert_msg(!test_ends_within(vm, IDENTITY_MS + 1000), "the replacement was given up");
    close(vm);
    test_keeper_open_gate();
    join_call(creating);
    test_ok(creating->code, &creating->error);
    ck_assert_str_eq(sbx_id(creating->sandbox), spare);
    g_free(test_sh(creating->sandbox, "true"));
    sbx_unref(creating->sandbox);
    g_free(creating);
}
END_TEST

/* One VM takes the place of a claimed spare that died, and one the place of that spare: not two. */
START_TEST(each_is_replaced_once)
{
    g_autoptr(GPtrArray) names = NULL;
    g_autofree char *spare = NULL;
    g_autofree char *second = NULL;
    Call *creating;
    int vm;

    ck_assert_int_eq(sbx_pool_set_size(1, NULL), 0);
    fill(1);
    spare = only_vm();
    second = g_strconcat(spare, "-2", NULL);
    ck_assert_int_eq(sbx_pool_set_size(2, NULL), 0);
    fill(2);
    /* The oldest is claimed; that it is dead is heard when it is somebody's. */
    stop_agent(spare);
    creating = start_call(0);
    wait_for_event(SBX_EVENT_CREATED);
    vm = test_vm_pidfd(spare);
    test_pidfd_kill(vm, SIGKILL);
    ck_assert(test_ends_within(vm, END_MS));
    close(vm);
    join_call(creating);
    test_ok(creating->code, &creating->error);
    fill(2);
    wait_for_pool(2, 0);
    names = test_vm_names();
    ck_assert_uint_eq(names->len, 3);
    ck_assert(g_ptr_array_find_with_equal_func(names, second, g_str_equal, NULL));
    sbx_unref(creating->sandbox);
    g_free(creating);
}
END_TEST

static Suite *pools_suite(void)
{
    Suite *suite = suite_create("keeper-pools");
    TCase *taking = tcase_create("taking");
    TCase *bad = tcase_create("no-good");
    TCase *all[] = {taking, bad};

    for (gsize i = 0; i < G_N_ELEMENTS(all); i++) {
        tcase_set_timeout(all[i], 240);
        tcase_add_checked_fixture(all[i], pools_setup, test_keeper_teardown);
        suite_add_tcase(suite, all[i]);
    }
    tcase_add_test(taking, a_spare_is_taken);
    tcase_add_test(taking, one_that_is_starting_is_taken);
    tcase_add_test(taking, without_spares);
    tcase_add_test(taking, wished_for_with_the_options);
    tcase_add_test(taking, twenty_want_five);
    tcase_add_test(bad, one_that_just_died_is_taken);
    tcase_add_loop_test(bad, none_can_be_made, 0, (int)G_N_ELEMENTS(failures));
    tcase_add_test(bad, of_no_image);
    tcase_add_test(bad, they_die_while_they_wait);
    tcase_add_test(bad, its_agent_does_not_answer);
    tcase_add_test(bad, its_replacement_takes_long);
    tcase_add_test(bad, each_is_replaced_once);
    return suite;
}

int main(void)
{
    return test_keeper_main(pools_suite);
}
