/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pools of spares, with a driver that cannot clone: a spare is booted, warmed up, and waits. That it
 * is taken, replaced, kept in number and within a budget, and gone when it is to be gone.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/test-keeper.h"
#include "lib/test-main.h"
#include "lib/test-process.h"
#include "lib/test-raw.h"

#define FILL_MS 60000 /* far more than it takes, for a busy machine */
#define END_MS 10000
/* The keeper's patience with the agent of a claimed spare, see create.c. */
#define IDENTITY_MS 10000

static void pools_setup(void)
{
    test_keeper_setup();
    g_setenv("LIBSANDBOX_SPARES", "auto", TRUE);
    g_setenv("LIBSANDBOX_SPARE_MEMORY", "4GiB", TRUE);
}

/* --- what there is --- */

static void fill(guint count)
{
    sbx_options *options = test_options();
    sbx_error *error = NULL;

    ck_assert_int_ge(test_ok(sbx_pool_fill(options, count, FILL_MS, &error), &error), (int)count);
    sbx_options_unref(options);
}

static sbx_pool_list *pools(void)
{
    sbx_pool_list *list = NULL;
    sbx_error *error = NULL;

    test_ok(sbx_pool_list_get(&list, &error), &error);
    return list;
}

/* Waits until the only pool is as wanted; -1: no matter. Each answer is an event of the keeper's;
 * nothing else tells. */
static void wait_for_pool(int ready, int starting)
{
    gboolean is_so = FALSE;

    while (!is_so) {
        sbx_pool_list *list = pools();

        is_so = sbx_pool_list_length(list) == 1 &&
                (ready < 0 || sbx_pool_list_ready(list, 0) == ready) &&
                (starting < 0 || sbx_pool_list_starting(list, 0) == starting);
        sbx_pool_list_free(list);
    }
}

/* pidfds of all VMs. */
static GArray *vm_pidfds(void)
{
    g_autoptr(GPtrArray) names = test_vm_names();
    GArray *pidfds = g_array_new(FALSE, FALSE, sizeof(int));

    for (guint i = 0; i < names->len; i++) {
        int fd = test_vm_pidfd(names->pdata[i]);

        g_array_append_val(pidfds, fd);
    }
    return pidfds;
}

/* How many have ended; closes them. */
static guint count_ended(GArray *pidfds, int within_ms)
{
    guint ended = 0;

    for (guint i = 0; i < pidfds->len; i++) {
        int fd = g_array_index(pidfds, int, i);

        ended += test_ends_within(fd, within_ms);
        close(fd);
    }
    g_array_unref(pidfds);
    return ended;
}

/* The only VM there is. */
static char *only_vm(void)
{
    g_autoptr(GPtrArray) names = test_vm_names();

    ck_assert_uint_eq(names->len, 1);
    return g_strdup(names->pdata[0]);
}

static guint count_sandboxes(void)
{
    sbx_list *list = NULL;
    sbx_error *error = NULL;
    guint count;

    test_ok(sbx_list_get(&list, &error), &error);
    count = (guint)sbx_list_length(list);
    sbx_list_free(list);
    return count;
}

static guint64 sandboxes_in_use(void)
{
    sbx_limits *limits = NULL;
    sbx_error *error = NULL;
    guint64 used;

    test_ok(sbx_limits_get(&limits, &error), &error);
    used = sbx_limits_used(limits, SBX_LIMIT_SANDBOXES);
    sbx_limits_free(limits);
    return used;
}

/* Stops the agent of a VM: the VM is there and does not answer. */
static void stop_agent(const char *name)
{
    g_autoptr(GArray) vm = test_processes_with(name);
    g_autoptr(GArray) family = NULL;
    int agent;

    ck_assert_uint_eq(vm->len, 1);
    family = test_descendants(g_array_index(vm, pid_t, 0));
    ck_assert_uint_ge(family->len, 2);
    agent = test_pidfd(g_array_index(family, pid_t, 1));
    test_pidfd_kill(agent, SIGSTOP);
    close(agent);
}

/* --- calls in threads --- */

typedef struct {
    GThread *thread;
    sbx_options *options;
    guint fill; /* so many spares; 0: a sandbox */
    sbx *sandbox;
    int code;
    sbx_error *error;
} Call;

static gpointer call_thread(gpointer data)
{
    Call *call = data;

    if (call->fill > 0)
        call->code = sbx_pool_fill(call->options, call->fill, SBX_WAIT_FOREVER, &call->error);
    else
        call->code = sbx_create(call->options, &call->sandbox, &call->error);
    return NULL;
}

static Call *start_call(guint count)
{
    Call *call = g_new0(Call, 1);

    call->options = test_options();
    call->fill = count;
    call->thread = g_thread_new("call", call_thread, call);
    return call;
}

static void join_call(Call *call)
{
    g_thread_join(call->thread);
    sbx_options_unref(call->options);
}

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
    while (count_sandboxes() != 1)
        ;
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

static void assert_fill_fails(int code, const char *word)
{
    sbx_options *options = test_options();
    sbx_error *error = NULL;

    test_failed(sbx_pool_fill(options, 1, FILL_MS, &error), code, &error, word);
    sbx_options_unref(options);
}

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
    while (count_sandboxes() != 1)
        ;
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
    while (count_sandboxes() != 1)
        ;
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert(test_ends_within(vm, END_MS));
    close(vm);
    while (count_sandboxes() != 0)
        ;
    ck_assert_uint_eq(sandboxes_in_use(), 0);
    sbx_unref(test_create(NULL));
}
END_TEST

/* It waits for spares, and hangs up. They are made all the same. */
START_TEST(filled_for_one_who_hangs_up)
{
    g_autofree char *params = g_strdup_printf(
        "{\"memory\":%" G_GUINT64_FORMAT ",\"disk_size\":%" G_GUINT64_FORMAT ",\"count\":2}",
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
    creating = g_new0(Call, 1);
    creating->options = test_options();
    ck_assert_int_eq(sbx_options_set_wait(creating->options, SBX_WAIT_FOREVER, NULL), 0);
    creating->thread = g_thread_new("create", call_thread, creating);
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
    Suite *suite = suite_create("keeper-pools");
    TCase *taking = tcase_create("taking");
    TCase *bad = tcase_create("no-good");
    TCase *number = tcase_create("number");
    TCase *going = tcase_create("going");
    TCase *leaks = tcase_create("leaks");
    TCase *all[] = {taking, bad, number, going, leaks};

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
