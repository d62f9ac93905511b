/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Environment, deadlines, lists, figures of a sandbox: the real library, keeper and agent. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/test-keeper.h"
#include "lib/test-main.h"
#include "lib/test-process.h"
#include "lib/test-raw.h"

#define END_MS 10000 /* far more than it takes, for a busy machine */

static const char unknown[] = "sbx_loc_0123456789abcdefghjk";

static sbx *connect_to(sbx *sandbox)
{
    sbx_error *error = NULL;
    sbx *other = NULL;

    test_ok(sbx_connect(sbx_id(sandbox), NULL, &other, &error), &error);
    return other;
}

static sbx *create_for(gint64 timeout_ms)
{
    sbx_options *options = test_options();
    sbx *sandbox;

    ck_assert_int_eq(sbx_options_set_timeout(options, timeout_ms, NULL), 0);
    sandbox = test_create(options);
    sbx_options_unref(options);
    return sandbox;
}

/* --- environment --- */

static void set(sbx *sandbox, const char *name, const char *value)
{
    sbx_error *error = NULL;

    test_ok(sbx_env_set(sandbox, name, value, &error), &error);
}

static void assert_env(sbx *sandbox, const char *name, const char *value)
{
    sbx_error *error = NULL;
    char *got = NULL;

    test_ok(sbx_env_get(sandbox, name, &got, &error), &error);
    ck_assert_str_eq(got, value);
    sbx_free(got);
}

static void assert_output(sbx *sandbox, const char *script, const char *wanted)
{
    g_autofree char *text = test_sh(sandbox, script);

    ck_assert_str_eq(text, wanted);
}

START_TEST(env_is_seen_by_later_commands)
{
    sbx *sandbox = test_create(NULL);
    sbx *other = connect_to(sandbox);
    sbx_command *command = sbx_command_new_script("read line; printf '%s' \"$A\"");
    sbx_process *process = NULL;
    sbx_error *error = NULL;
    char *value = NULL;
    char text[16] = "";

    set(sandbox, "A", "first");
    ck_assert_int_eq(sbx_command_set_stdio(command, SBX_STDIN, SBX_STDIO_PIPE, NULL), 0);
    ck_assert_int_eq(sbx_command_set_stdio(command, SBX_STDOUT, SBX_STDIO_PIPE, NULL), 0);
    test_ok(sbx_spawn(sandbox, command, &process, &error), &error);
    set(other, "A", "caf\xe9 = \n\"x\"");
    assert_env(sandbox, "A", "caf\xe9 = \n\"x\"");
    assert_output(sandbox, "printf '%s' \"$A\"", "caf\xe9 = \n\"x\"");
    /* One that runs already keeps what it had. */
    ck_assert_int_eq(write(sbx_process_fd(process, SBX_STDIN), "\n", 1), 1);
    ck_assert_int_eq(read(sbx_process_fd(process, SBX_STDOUT), text, sizeof text - 1), 5);
    ck_assert_str_eq(text, "first");
    set(sandbox, "A", "");
    assert_output(other, "printf '%s' \"${A-none}\"", "");
    test_ok(sbx_env_delete(other, "A", &error), &error);
    assert_output(sandbox, "printf '%s' \"${A-none}\"", "none");
    test_failed(sbx_env_get(sandbox, "A", &value, &error), SBX_E_NOT_FOUND, &error, "A");
    ck_assert_ptr_null(value);
    test_ok(sbx_env_delete(sandbox, "A", &error), &error);
    sbx_process_unref(process);
    sbx_command_unref(command);
    sbx_unref(other);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(env_list_is_the_table)
{
    sbx_options *options = test_options();
    sbx_env_list *list = NULL;
    sbx_error *error = NULL;
    sbx *sandbox;
    guint seen = 0;

    ck_assert_int_eq(sbx_options_set_env(options, "GIVEN", "at first", NULL), 0);
    sandbox = test_create(options);
    set(sandbox, "LATER", "b");
    test_ok(sbx_env_list_get(sandbox, &list, &error), &error);
    /* And test_options() has one. */
    ck_assert_uint_eq(sbx_env_list_length(list), 3);
    for (size_t i = 0; i < sbx_env_list_length(list); i++) {
        const char *name = sbx_env_list_name(list, i);

        if (strcmp(name, "GIVEN") == 0)
            ck_assert_str_eq(sbx_env_list_value(list, i), "at first");
        else if (strcmp(name, "LATER") == 0)
            ck_assert_str_eq(sbx_env_list_value(list, i), "b");
        else
            continue;
        seen++;
    }
    ck_assert_uint_eq(seen, 2);
    ck_assert_ptr_null(sbx_env_list_name(list, 3));
    ck_assert_ptr_null(sbx_env_list_value(list, 3));
    sbx_env_list_free(list);
    sbx_env_list_free(NULL);
    sbx_unref(sandbox);
    sbx_options_unref(options);
}
END_TEST

/* What every command has is below the table. */
START_TEST(env_over_the_base)
{
    sbx *sandbox = test_create(NULL);
    g_autofree char *path = test_sh(sandbox, "printf '%s' \"$PATH\"");
    sbx_error *error = NULL;
    char *value = NULL;

    ck_assert(*path != '\0');
    test_failed(sbx_env_get(sandbox, "PATH", &value, &error), SBX_E_NOT_FOUND, &error, "PATH");
    set(sandbox, "PATH", "/usr/bin:/bin:/mine");
    assert_output(sandbox, "printf '%s' \"$PATH\"", "/usr/bin:/bin:/mine");
    test_ok(sbx_env_delete(sandbox, "PATH", &error), &error);
    assert_output(sandbox, "printf '%s' \"$PATH\"", path);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(env_limits)
{
    sbx *sandbox = test_create(NULL);
    g_autofree char *long_value = g_strnfill(SBX_ENV_BYTES_MAX - 3, 'x');
    g_autofree char *too_long = g_strnfill(SBX_ENV_BYTES_MAX, 'x');
    sbx_error *error = NULL;

    test_failed(sbx_env_set(sandbox, "", "x", &error), SBX_E_INVALID, &error, "name");
    test_failed(sbx_env_set(sandbox, "A=B", "x", &error), SBX_E_INVALID, &error, "A=B");
    test_failed(sbx_env_set(sandbox, NULL, "x", &error), SBX_E_INVALID, &error, "name");
    test_failed(sbx_env_set(sandbox, "A", NULL, &error), SBX_E_INVALID, &error, "NULL");
    test_failed(sbx_env_get(sandbox, "A", NULL, &error), SBX_E_INVALID, &error, "NULL");
    test_failed(sbx_env_list_get(sandbox, NULL, &error), SBX_E_INVALID, &error, "NULL");
    test_failed(sbx_env_set(NULL, "A", "x", &error), SBX_E_INVALID, &error, "NULL");
    test_failed(sbx_env_set(sandbox, "A", too_long, &error), SBX_E_TOO_BIG, &error, "longer");
    /* 131071 of at most 524288 bytes each: three fit, and four do not with what is there already. */
    set(sandbox, "A", long_value);
    set(sandbox, "B", long_value);
    set(sandbox, "C", long_value);
    test_failed(sbx_env_set(sandbox, "D", long_value, &error), SBX_E_TOO_BIG, &error, "bytes");
    /* Another value in the place of one does. */
    long_value[0] = 'y';
    set(sandbox, "C", long_value);
    assert_env(sandbox, "C", long_value);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(env_of_many_variables)
{
    sbx_options *options = test_options();
    sbx_error *error = NULL;
    sbx *sandbox;

    for (int i = 1; i < SBX_ENV_MAX; i++) {
        g_autofree char *name = g_strdup_printf("V%d", i);

        ck_assert_int_eq(sbx_options_set_env(options, name, "x", NULL), 0);
    }
    sandbox = test_create(options);
    set(sandbox, "V7", "y");
    test_failed(sbx_env_set(sandbox, "ONE_MORE", "x", &error), SBX_E_TOO_BIG, &error, "1024");
    test_ok(sbx_env_delete(sandbox, "V8", &error), &error);
    set(sandbox, "ONE_MORE", "x");
    assert_output(sandbox, "echo $V7 ${V8-none} $ONE_MORE", "y none x\n");
    sbx_unref(sandbox);
    sbx_options_unref(options);
}
END_TEST

/* A peer that is not our client. */
START_TEST(env_of_a_stranger)
{
    static const char *const bad[] = {
        "{\"id\":\"%s\"}",
        "{\"id\":\"%s\",\"name\":1,\"value\":\"x\"}",
        "{\"id\":\"%s\",\"name\":\"\",\"value\":\"x\"}",
        "{\"id\":\"%s\",\"name\":\"A=B\",\"value\":\"x\"}",
        "{\"id\":\"%s\",\"name\":\"A\"}",
        "{\"id\":\"%s\",\"name\":\"A\",\"value\":[]}",
        "{\"id\":\"%s\",\"name\":\"A\",\"value\":{\"base64\":\"QQBC\"}}",
    };
    sbx *sandbox = test_create(NULL);
    int fd = test_raw_greet();

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *params = g_strdup_printf(bad[i], sbx_id(sandbox));

        ck_assert_int_eq(test_raw_call(fd, "env.set", params), SBX_E_INVALID);
    }
    ck_assert_int_eq(test_raw_call(fd, "env.set", "{}"), SBX_E_NOT_FOUND);
    ck_assert_int_eq(test_raw_call(fd, "env.get", "{}"), SBX_E_NOT_FOUND);
    ck_assert_int_eq(test_raw_call(fd, "env.list", "{\"id\":{}}"), SBX_E_NOT_FOUND);
    ck_assert_int_eq(test_raw_call(fd, "env.delete", "{\"id\":\"x\"}"), SBX_E_NOT_FOUND);
    close(fd);
    assert_output(sandbox, "echo ${A-none}", "none\n");
    sbx_unref(sandbox);
}
END_TEST

START_TEST(env_of_one_that_has_ended)
{
    sbx *sandbox = test_create(NULL);
    sbx_env_list *list = NULL;
    sbx_error *error = NULL;
    char *value = NULL;

    test_ok(sbx_kill(sandbox, &error), &error);
    test_failed(sbx_env_set(sandbox, "A", "x", &error), SBX_E_GONE, &error, "killed");
    test_failed(sbx_env_get(sandbox, "A", &value, &error), SBX_E_GONE, &error, "killed");
    test_failed(sbx_env_delete(sandbox, "A", &error), SBX_E_GONE, &error, "killed");
    test_failed(sbx_env_list_get(sandbox, &list, &error), SBX_E_GONE, &error, "killed");
    sbx_unref(sandbox);
}
END_TEST

/* --- deadlines --- */

static gint64 deadline_of(sbx *sandbox)
{
    sbx_list *list = NULL;
    sbx_error *error = NULL;
    gint64 deadline;

    test_ok(sbx_list_get_one(sandbox, &list, &error), &error);
    ck_assert_uint_eq(sbx_list_length(list), 1);
    ck_assert_str_eq(sbx_list_id(list, 0), sbx_id(sandbox));
    deadline = sbx_list_deadline(list, 0);
    sbx_list_free(list);
    return deadline;
}

START_TEST(extend_sets_the_deadline)
{
    sbx *sandbox = create_for(60000);
    int vm = test_vm_pidfd(sbx_id(sandbox));
    gint64 before = g_get_real_time() / 1000;
    gint64 deadline = 0;
    sbx_error *error = NULL;

    ck_assert_int_le(deadline_of(sandbox), before + 60000);
    test_ok(sbx_extend(sandbox, 3600000, &deadline, &error), &error);
    ck_assert_int_ge(deadline, before + 3600000);
    ck_assert_int_le(deadline, g_get_real_time() / 1000 + 3600000);
    ck_assert_int_eq(deadline_of(sandbox), deadline);
    /* More than 49 days, and then less than it had. */
    test_ok(sbx_extend(sandbox, SBX_TIMEOUT_MAX_MS, NULL, &error), &error);
    ck_assert_int_ge(deadline_of(sandbox), before + SBX_TIMEOUT_MAX_MS);
    test_ok(sbx_extend(sandbox, 200, NULL, &error), &error);
    ck_assert_msg(test_ends_within(vm, END_MS), "it outlives its deadline");
    test_failed(sbx_extend(sandbox, 1000, NULL, &error), SBX_E_GONE, &error, "time is over");
    close(vm);
    sbx_unref(sandbox);
}
END_TEST

/* The old deadline is forgotten. */
START_TEST(extended_in_time)
{
    sbx *sandbox = create_for(3000);
    int vm = test_vm_pidfd(sbx_id(sandbox));
    sbx_error *error = NULL;

    test_ok(sbx_extend(sandbox, 60000, NULL, &error), &error);
    ck_assert_msg(!test_ends_within(vm, 4000), "it ends at its old deadline");
    close(vm);
    test_ok(sbx_kill(sandbox, &error), &error);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(cannot_be_extended)
{
    static const gint64 bad[] = {0, -1, SBX_TIMEOUT_MAX_MS + 1, INT64_MIN, INT64_MAX};
    sbx *sandbox = test_create(NULL);
    g_autofree char *params =
        g_strdup_printf("{\"id\":\"%s\",\"timeout_ms\":-5}", sbx_id(sandbox));
    sbx_error *error = NULL;
    gint64 deadline = 42;
    int fd = test_raw_greet();

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        test_failed(sbx_extend(sandbox, bad[i], &deadline, &error), SBX_E_INVALID, &error, "range");
    test_failed(sbx_extend(sandbox, 1000, &deadline, &error), SBX_E_INVALID, &error, "no deadline");
    test_failed(sbx_extend(NULL, 1000, &deadline, &error), SBX_E_INVALID, &error, "NULL");
    ck_assert_int_eq(deadline, 42);
    ck_assert_int_eq(test_raw_call(fd, "sandbox.extend", params), SBX_E_INVALID);
    ck_assert_int_eq(test_raw_call(fd, "sandbox.extend", "{\"timeout_ms\":5}"), SBX_E_NOT_FOUND);
    close(fd);
    ck_assert_int_eq(deadline_of(sandbox), 0);
    sbx_unref(sandbox);
}
END_TEST

/* --- lists --- */

static sbx *create_labelled(const char *first, const char *second)
{
    sbx_options *options = test_options();
    sbx *sandbox;

    ck_assert_int_eq(sbx_options_set_label(options, "team", first, NULL), 0);
    ck_assert_int_eq(sbx_options_set_label(options, "stage", second, NULL), 0);
    sandbox = test_create(options);
    sbx_options_unref(options);
    return sandbox;
}

/* How many there are with that label. Takes the options. */
static size_t count_of(sbx_list_options *options, const char *id)
{
    sbx_list *list = NULL;
    sbx_error *error = NULL;
    size_t count;

    test_ok(sbx_list_get_filtered(options, &list, &error), &error);
    count = sbx_list_length(list);
    if (id != NULL && count == 1)
        ck_assert_str_eq(sbx_list_id(list, 0), id);
    sbx_list_free(list);
    sbx_list_options_free(options);
    return count;
}

static sbx_list_options *labelled(const char *key, const char *value)
{
    sbx_list_options *options = sbx_list_options_new();

    ck_assert_int_eq(sbx_list_options_set_label(options, key, value, NULL), 0);
    return options;
}

static sbx_list_options *of_status(int status)
{
    sbx_list_options *options = sbx_list_options_new();

    ck_assert_int_eq(sbx_list_options_set_status(options, status, NULL), 0);
    return options;
}

START_TEST(lists_are_filtered)
{
    sbx *one = create_labelled("red", "test");
    sbx *two = create_labelled("blue", "test");
    sbx *plain = test_create(NULL);
    sbx_list_options *both = labelled("team", "blue");

    ck_assert_uint_eq(count_of(NULL, NULL), 3);
    ck_assert_uint_eq(count_of(sbx_list_options_new(), NULL), 3);
    ck_assert_uint_eq(count_of(labelled("team", "red"), sbx_id(one)), 1);
    ck_assert_uint_eq(count_of(labelled("team", NULL), NULL), 2);
    ck_assert_uint_eq(count_of(labelled("stage", "test"), NULL), 2);
    ck_assert_uint_eq(count_of(labelled("stage", "tes"), NULL), 0);
    ck_assert_uint_eq(count_of(labelled("other", NULL), NULL), 0);
    ck_assert_int_eq(sbx_list_options_set_label(both, "stage", "test", NULL), 0);
    ck_assert_uint_eq(count_of(both, sbx_id(two)), 1);
    both = labelled("team", "blue");
    ck_assert_int_eq(sbx_list_options_set_label(both, "team", "red", NULL), 0);
    ck_assert_uint_eq(count_of(both, NULL), 0);
    ck_assert_uint_eq(count_of(of_status(SBX_STATUS_RUNNING), NULL), 3);
    ck_assert_uint_eq(count_of(of_status(SBX_STATUS_PAUSED), NULL), 0);
    ck_assert_uint_eq(count_of(of_status(SBX_STATUS_ANY), NULL), 3);
    sbx_unref(plain);
    sbx_unref(two);
    sbx_unref(one);
}
END_TEST

START_TEST(bad_filters)
{
    static const char *const bad[] = {
        "{\"labels\":{\"names\":[\"a\"]}}",
        "{\"labels\":{\"names\":[\"a\"],\"values\":[]}}",
        "{\"labels\":{\"names\":{},\"values\":[]}}",
    };
    g_autofree char *long_key = g_strnfill(SBX_LABEL_KEY_MAX + 1, 'k');
    g_autofree char *long_value = g_strnfill(SBX_LABEL_VALUE_MAX + 1, 'v');
    sbx_list_options *options = sbx_list_options_new();
    sbx *sandbox = test_create(NULL);
    sbx_error *error = NULL;
    sbx_list *list = NULL;
    int fd = test_raw_greet();

    test_failed(sbx_list_options_set_label(options, "", "x", &error), SBX_E_INVALID, &error, "key");
    test_failed(sbx_list_options_set_label(options, NULL, "x", &error), SBX_E_INVALID, &error, "");
    test_failed(sbx_list_options_set_label(options, long_key, "x", &error), SBX_E_INVALID, &error,
                "64");
    test_failed(sbx_list_options_set_label(options, "k", long_value, &error), SBX_E_INVALID, &error,
                "128");
    test_failed(sbx_list_options_set_label(options, "k", "\xff", &error), SBX_E_INVALID, &error,
                "UTF-8");
    for (int i = 0; i < SBX_LIST_LABELS_MAX; i++)
        ck_assert_int_eq(sbx_list_options_set_label(options, "k", "v", NULL), 0);
    test_failed(sbx_list_options_set_label(options, "k", "v", &error), SBX_E_TOO_BIG, &error, "16");
    test_failed(sbx_list_options_set_status(options, 4, &error), SBX_E_INVALID, &error, "4");
    test_failed(sbx_list_options_set_status(options, -2, &error), SBX_E_INVALID, &error, "-2");
    test_failed(sbx_list_get_filtered(options, NULL, &error), SBX_E_INVALID, &error, "NULL");
    sbx_list_options_free(options);
    sbx_list_options_free(NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        ck_assert_int_eq(test_raw_call(fd, "sandbox.list", bad[i]), SBX_E_INVALID);
    /* Of another type: nothing has such a label. */
    ck_assert_int_eq(
        test_raw_call(fd, "sandbox.list", "{\"labels\":{\"names\":[1],\"values\":[{}]}}"), 0);
    close(fd);
    test_ok(sbx_kill(sandbox, &error), &error);
    test_failed(sbx_list_get_one(sandbox, &list, &error), SBX_E_GONE, &error, "killed");
    sbx_unref(sandbox);
}
END_TEST

START_TEST(one_sandbox)
{
    sbx *sandbox = create_labelled("red", "test");
    sbx_list *list = NULL;
    sbx_error *error = NULL;

    test_ok(sbx_list_get_one(sandbox, &list, &error), &error);
    ck_assert_uint_eq(sbx_list_length(list), 1);
    ck_assert_int_eq(sbx_list_status(list, 0), SBX_STATUS_RUNNING);
    ck_assert_uint_eq(sbx_list_memory(list, 0), SBX_MEMORY_MIN);
    ck_assert_uint_eq(sbx_list_disk_size(list, 0), SBX_DISK_SIZE_MIN);
    ck_assert_int_eq(sbx_list_vcpus(list, 0), 2);
    ck_assert_int_ge(sbx_list_uptime(list, 0), 0);
    ck_assert_int_lt(sbx_list_uptime(list, 0), 60000);
    ck_assert_ptr_nonnull(sbx_list_label_key(list, 0, 1));
    ck_assert_uint_eq(sbx_list_disk_size(list, 1), 0);
    sbx_list_free(list);
    sbx_unref(sandbox);
}
END_TEST

/* --- figures --- */

static sbx_stats *stats_of(sbx *sandbox)
{
    sbx_error *error = NULL;
    sbx_stats *stats = NULL;

    test_ok(sbx_stats_get(sandbox, &stats, &error), &error);
    return stats;
}

START_TEST(figures_of_a_sandbox)
{
    sbx *sandbox = test_create(NULL);
    sbx_command *command = sbx_command_new_script("read line");
    sbx_process *process = NULL;
    sbx_error *error = NULL;
    sbx_stats *stats;

    ck_assert_int_eq(sbx_command_set_stdio(command, SBX_STDIN, SBX_STDIO_PIPE, NULL), 0);
    test_ok(sbx_spawn(sandbox, command, &process, &error), &error);
    stats = stats_of(sandbox);
    ck_assert_int_eq(sbx_stats_value(stats, SBX_STAT_MEMORY_SIZE), SBX_MEMORY_MIN);
    ck_assert_int_eq(sbx_stats_value(stats, SBX_STAT_DISK_SIZE), SBX_DISK_SIZE_MIN);
    ck_assert_int_eq(sbx_stats_value(stats, SBX_STAT_COMMANDS), 1);
    ck_assert_int_eq(sbx_stats_value(stats, SBX_STAT_SANDBOXES), 1);
    ck_assert_int_eq(sbx_stats_value(stats, SBX_STAT_PAUSED), 0);
    ck_assert_int_ge(sbx_stats_value(stats, SBX_STAT_CPU), 0);
    ck_assert_int_gt(sbx_stats_value(stats, SBX_STAT_HOST_MEMORY), 0);
    ck_assert_int_gt(sbx_stats_value(stats, SBX_STAT_HOST_PRIVATE), 0);
    ck_assert_int_ge(sbx_stats_value(stats, SBX_STAT_HOST_DISK), 0);
    /* The agent's, who looks at this machine here. */
    ck_assert_int_gt(sbx_stats_value(stats, SBX_STAT_GUEST_PROCESSES), 0);
    ck_assert_int_gt(sbx_stats_value(stats, SBX_STAT_GUEST_MEMORY), 0);
    ck_assert_int_gt(sbx_stats_value(stats, SBX_STAT_GUEST_DISK_SIZE), 0);
    ck_assert_int_gt(sbx_stats_value(stats, SBX_STAT_GUEST_CPU), 0);
    ck_assert_int_eq(sbx_stats_value(stats, -1), -1);
    ck_assert_int_eq(sbx_stats_value(stats, 1000), -1);
    ck_assert_str_eq(sbx_stats_name(SBX_STAT_GUEST_MEMORY_PEAK), "guest_memory_peak");
    ck_assert_ptr_null(sbx_stats_name(1000));
    sbx_stats_free(stats);
    sbx_stats_free(NULL);
    sbx_process_unref(process);
    sbx_command_unref(command);
    test_ok(sbx_kill(sandbox, &error), &error);
    stats = NULL;
    test_failed(sbx_stats_get(sandbox, &stats, &error), SBX_E_GONE, &error, "killed");
    sbx_unref(sandbox);
}
END_TEST

/* The process that is the sandbox's agent. */
static pid_t agent_of(sbx *sandbox)
{
    g_autoptr(GArray) vms = test_processes_with(sbx_id(sandbox));
    g_autoptr(GArray) family = NULL;

    ck_assert_uint_eq(vms->len, 1);
    family = test_descendants(g_array_index(vms, pid_t, 0));
    ck_assert_uint_ge(family->len, 2);
    return g_array_index(family, pid_t, 1);
}

/* More often than anybody is asked at a time. */
START_TEST(a_silent_guest_is_not_waited_for)
{
    sbx *sandbox = test_create(NULL);
    pid_t agent = agent_of(sandbox);
    sbx_stats *stats;

    ck_assert_int_eq(kill(agent, SIGSTOP), 0);
    for (int i = 0; i < 10; i++) {
        gint64 start = g_get_monotonic_time();

        stats = stats_of(sandbox);
        ck_assert_int_eq(sbx_stats_value(stats, SBX_STAT_GUEST_PROCESSES), -1);
        ck_assert_int_eq(sbx_stats_value(stats, SBX_STAT_GUEST_CPU), -1);
        ck_assert_int_gt(sbx_stats_value(stats, SBX_STAT_HOST_MEMORY), 0);
        ck_assert_int_lt(g_get_monotonic_time() - start, END_MS * 1000);
        sbx_stats_free(stats);
    }
    ck_assert_int_eq(kill(agent, SIGCONT), 0);
    g_free(test_sh(sandbox, "true"));
    stats = stats_of(sandbox);
    ck_assert_int_gt(sbx_stats_value(stats, SBX_STAT_GUEST_PROCESSES), 0);
    sbx_stats_free(stats);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(totals_remember_who_has_ended)
{
    sbx_error *error = NULL;
    sbx_stats *total = NULL;
    sbx *first;
    sbx *second;
    gint64 uptime;

    /* Without a keeper. */
    test_ok(sbx_stats_get_total(&total, &error), &error);
    ck_assert_int_eq(sbx_stats_value(total, SBX_STAT_SANDBOXES), 0);
    ck_assert_int_eq(sbx_stats_value(total, SBX_STAT_UPTIME), 0);
    ck_assert_int_eq(sbx_stats_value(total, SBX_STAT_HOST_MEMORY), -1);
    sbx_stats_free(total);
    first = test_create(NULL);
    second = test_create(NULL);
    g_free(test_sh(first, "sleep 0.2"));
    test_ok(sbx_kill(first, &error), &error);
    test_ok(sbx_stats_get_total(&total, &error), &error);
    ck_assert_int_eq(sbx_stats_value(total, SBX_STAT_SANDBOXES), 2);
    uptime = sbx_stats_value(total, SBX_STAT_UPTIME);
    ck_assert_int_ge(uptime, 400);
    /* An eighth of a GiB. */
    ck_assert_int_ge(sbx_stats_value(total, SBX_STAT_MEMORY_TIME), 400 / 8);
    ck_assert_int_le(sbx_stats_value(total, SBX_STAT_MEMORY_TIME), uptime / 8);
    ck_assert_int_ge(sbx_stats_value(total, SBX_STAT_CPU), 0);
    sbx_stats_free(total);
    test_ok(sbx_kill(second, &error), &error);
    test_ok(sbx_stats_get_total(&total, &error), &error);
    ck_assert_int_eq(sbx_stats_value(total, SBX_STAT_SANDBOXES), 2);
    ck_assert_int_ge(sbx_stats_value(total, SBX_STAT_UPTIME), uptime);
    sbx_stats_free(total);
    sbx_unref(first);
    sbx_unref(second);
}
END_TEST

/* --- console --- */

START_TEST(console_of_a_sandbox)
{
    sbx *sandbox = test_create(NULL);
    sbx_error *error = NULL;
    char *text = NULL;
    size_t length = 0;

    test_ok(sbx_console_read(sbx_id(sandbox), &text, &length, &error), &error);
    ck_assert_uint_eq(length, strlen(text));
    ck_assert_ptr_nonnull(strstr(text, "fake: Linux version 6.12\r\n"));
    /* As it came. */
    ck_assert_ptr_nonnull(strstr(text, "\x1b[1m\xff"));
    sbx_free(text);
    text = NULL;
    test_failed(sbx_console_read(unknown, &text, NULL, &error), SBX_E_NOT_FOUND, &error, unknown);
    test_failed(sbx_console_read("x", &text, NULL, &error), SBX_E_INVALID, &error, "x");
    test_failed(sbx_console_read(sbx_id(sandbox), NULL, NULL, &error), SBX_E_INVALID, &error, "");
    test_ok(sbx_kill(sandbox, &error), &error);
    test_failed(sbx_console_read(sbx_id(sandbox), &text, NULL, &error), SBX_E_GONE, &error,
                "killed");
    sbx_unref(sandbox);
}
END_TEST

static Suite *env_suite(void)
{
    Suite *suite = suite_create("keeper-env");
    TCase *cases = tcase_create("env");

    tcase_set_timeout(cases, 120);
    tcase_add_checked_fixture(cases, test_keeper_setup, test_keeper_teardown);
    tcase_add_test(cases, env_is_seen_by_later_commands);
    tcase_add_test(cases, env_list_is_the_table);
    tcase_add_test(cases, env_over_the_base);
    tcase_add_test(cases, env_limits);
    tcase_add_test(cases, env_of_many_variables);
    tcase_add_test(cases, env_of_a_stranger);
    tcase_add_test(cases, env_of_one_that_has_ended);
    tcase_add_test(cases, extend_sets_the_deadline);
    tcase_add_test(cases, extended_in_time);
    tcase_add_test(cases, cannot_be_extended);
    tcase_add_test(cases, lists_are_filtered);
    tcase_add_test(cases, bad_filters);
    tcase_add_test(cases, one_sandbox);
    tcase_add_test(cases, figures_of_a_sandbox);
    tcase_add_test(cases, a_silent_guest_is_not_waited_for);
    tcase_add_test(cases, totals_remember_who_has_ended);
    tcase_add_test(cases, console_of_a_sandbox);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return test_keeper_main(env_suite);
}
