/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is told of real guests: events, figures, consoles; and the environment through pauses, forks
 * and snapshots.
 */
#include <signal.h>
#include <string.h>

#include "vm-env.h"

static sbx_events *open_events(sbx *sandbox)
{
    sbx_events *events = NULL;

    ck_assert_int_eq(sbx_events_open(sandbox, SBX_EVENTS_NEW, &events, NULL), SBX_OK);
    return events;
}

/* The next event of that type; those before it are passed over. */
static sbx_event *wait_for(sbx_events *events, int type)
{
    for (;;) {
        sbx_event *event = NULL;

        ck_assert_msg(sbx_events_wait(events, vm_limit(30000), NULL) == 1, "no event %s comes",
                      sbx_event_type_name(type));
        ck_assert_int_eq(sbx_events_next(events, &event, NULL), 1);
        if (sbx_event_type(event) == type)
            return event;
        sbx_event_free(event);
    }
}

static gint64 figure(sbx *sandbox, int which)
{
    sbx_stats *stats = NULL;
    gint64 value;

    ck_assert_int_eq(sbx_stats_get(sandbox, &stats, NULL), SBX_OK);
    value = sbx_stats_value(stats, which);
    sbx_stats_free(stats);
    return value;
}

START_TEST(out_of_memory)
{
    sbx *sandbox = vm_create();
    sbx_events *events = open_events(sandbox);
    sbx_result *result = NULL;
    sbx_event *event;

    ck_assert_int_eq(sbx_sh(sandbox, "tail /dev/zero", &result, NULL), SBX_OK);
    sbx_result_free(result);
    event = wait_for(events, SBX_EVENT_OOM);
    ck_assert_str_eq(sbx_event_command(event), "tail /dev/zero");
    sbx_event_free(event);
    event = wait_for(events, SBX_EVENT_PROCESS_EXITED);
    ck_assert_int_eq(sbx_event_code(event), 137);
    ck_assert_int_eq(sbx_event_cause(event), SBX_CAUSE_OOM);
    sbx_event_free(event);
    sbx_events_free(events);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(died_and_why)
{
    sbx *sandbox = vm_create();
    g_autofree char *id = g_strdup(sbx_id(sandbox));
    sbx_events *events = open_events(sandbox);
    sbx_result *result = NULL;
    sbx_event *event;
    char *console = NULL;

    ck_assert_int_lt(
        sbx_sh(sandbox, "echo c | sudo tee /proc/sysrq-trigger >/dev/null", &result, NULL), 0);
    event = wait_for(events, SBX_EVENT_DIED);
    ck_assert_str_eq(sbx_event_text(event), "its guest shut down, rebooted or panicked");
    sbx_event_free(event);
    sbx_event_free(wait_for(events, SBX_EVENT_ENDED));
    ck_assert_int_eq(sbx_console_read(id, &console, NULL, NULL), SBX_OK);
    ck_assert_msg(strstr(console, "Kernel panic") != NULL, "its console: %s", console);
    sbx_free(console);
    sbx_events_free(events);
    sbx_unref(sandbox);
}
END_TEST

/* A VM that somebody else kills, and one that we do. */
START_TEST(killed)
{
    /* libvirt may still be at work on a clone, and does not tell then that it died. */
    sbx *sandbox = vm_boot();
    sbx_events *events = open_events(sandbox);
    pid_t qemu = vm_qemu(sbx_id(sandbox));
    sbx_event *event;

    ck_assert_int_eq(kill(qemu, SIGKILL), 0);
    event = wait_for(events, SBX_EVENT_DIED);
    ck_assert_ptr_nonnull(strstr(sbx_event_text(event), "its virtual machine died"));
    sbx_event_free(event);
    sbx_events_free(events);
    sbx_unref(sandbox);
    sandbox = vm_create();
    events = open_events(sandbox);
    ck_assert_int_eq(sbx_kill(sandbox, NULL), SBX_OK);
    sbx_event_free(wait_for(events, SBX_EVENT_KILLED));
    event = wait_for(events, SBX_EVENT_ENDED);
    ck_assert_str_eq(sbx_event_text(event), "it was killed");
    sbx_event_free(event);
    sbx_events_free(events);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(figures)
{
    sbx *sandbox = vm_create();
    gint64 cpu = figure(sandbox, SBX_STAT_CPU);
    gint64 guest_cpu = figure(sandbox, SBX_STAT_GUEST_CPU);
    gint64 disk = figure(sandbox, SBX_STAT_HOST_DISK);
    gint64 size = figure(sandbox, SBX_STAT_MEMORY_SIZE);
    gint64 used = figure(sandbox, SBX_STAT_GUEST_MEMORY);

    /* By the guest's own clock, which goes on when a busy host lets it wait: it had less than that. */
    g_free(vm_sh(sandbox, "python3 -c 'import time\nwhile time.process_time() < 2: pass'"));
    ck_assert_int_ge(figure(sandbox, SBX_STAT_CPU) - cpu, 200000);
    ck_assert_int_ge(figure(sandbox, SBX_STAT_GUEST_CPU) - guest_cpu, 1500000);
    ck_assert_int_le(figure(sandbox, SBX_STAT_CPU) - cpu, 120000000);
    ck_assert_uint_eq((guint64)size, 256 * VM_MIB);
    ck_assert_int_gt(used, 0);
    ck_assert_int_lt(used, size);
    g_free(vm_sh(sandbox, "python3 -c 'x = b\"x\" * (64 << 20)'"));
    ck_assert_uint_ge((guint64)figure(sandbox, SBX_STAT_GUEST_MEMORY_PEAK), 64 * VM_MIB);
    g_free(vm_sh(sandbox, "head -c 32M /dev/urandom > f; sync f"));
    ck_assert_uint_ge((guint64)(figure(sandbox, SBX_STAT_HOST_DISK) - disk), 30 * VM_MIB);
    ck_assert_uint_ge((guint64)figure(sandbox, SBX_STAT_GUEST_DISK_USED), 30 * VM_MIB);
    ck_assert_int_gt(figure(sandbox, SBX_STAT_HOST_PRIVATE), 0);
    ck_assert_int_ge(figure(sandbox, SBX_STAT_HOST_MEMORY),
                     figure(sandbox, SBX_STAT_HOST_PRIVATE));
    ck_assert_int_gt(figure(sandbox, SBX_STAT_GUEST_PROCESSES), 2);
    sbx_unref(sandbox);
}
END_TEST

static size_t count_paused(void)
{
    sbx_list_options *options = sbx_list_options_new();
    sbx_list *list = NULL;
    size_t count;

    ck_assert_int_eq(sbx_list_options_set_status(options, SBX_STATUS_PAUSED, NULL), SBX_OK);
    ck_assert_int_eq(sbx_list_get_filtered(options, &list, NULL), SBX_OK);
    count = sbx_list_length(list);
    sbx_list_free(list);
    sbx_list_options_free(options);
    return count;
}

START_TEST(a_pause)
{
    sbx *sandbox = vm_create();
    sbx_events *events = open_events(sandbox);
    g_autofree char *seen = NULL;
    gint64 paused_at;
    gint64 cpu;

    ck_assert_int_eq(sbx_pause(sandbox, NULL), SBX_OK);
    paused_at = g_get_monotonic_time();
    sbx_event_free(wait_for(events, SBX_EVENT_PAUSED));
    ck_assert_uint_eq(count_paused(), 1);
    cpu = figure(sandbox, SBX_STAT_CPU);
    ck_assert_int_eq(figure(sandbox, SBX_STAT_GUEST_PROCESSES), -1);
    ck_assert_int_eq(sbx_env_set(sandbox, "MEANWHILE", "set", NULL), SBX_OK);
    while (figure(sandbox, SBX_STAT_PAUSED) < 500)
        ck_assert_int_lt(g_get_monotonic_time() - paused_at, vm_limit(10000) * 1000);
    ck_assert_int_lt(figure(sandbox, SBX_STAT_CPU) - cpu, 400000);
    ck_assert_int_eq(sbx_resume(sandbox, NULL), SBX_OK);
    sbx_event_free(wait_for(events, SBX_EVENT_RESUMED));
    ck_assert_int_le(figure(sandbox, SBX_STAT_PAUSED),
                     (g_get_monotonic_time() - paused_at) / 1000);
    ck_assert_int_gt(figure(sandbox, SBX_STAT_MEMORY_PAUSED), 0);
    seen = vm_sh(sandbox, "echo $MEANWHILE");
    ck_assert_str_eq(seen, "set");
    sbx_events_free(events);
    sbx_unref(sandbox);
}
END_TEST

static void expect_env(sbx *sandbox, const char *wanted)
{
    g_autofree char *seen = vm_sh(sandbox, "echo ${ONE-none} ${TWO-none} ${THREE-none}");
    char *value = NULL;

    ck_assert_str_eq(seen, wanted);
    ck_assert_int_eq(sbx_env_get(sandbox, "TWO", &value, NULL), SBX_OK);
    ck_assert_int_eq(strncmp(strchr(wanted, ' ') + 1, value, strlen(value)), 0);
    sbx_free(value);
}

static sbx_options *with_env(const char *name, const char *value)
{
    sbx_options *options = sbx_options_new();

    ck_assert_int_eq(sbx_options_set_env(options, name, value, NULL), SBX_OK);
    ck_assert_int_eq(sbx_options_set_start_timeout(options, vm_limit(180000), NULL), SBX_OK);
    return options;
}

START_TEST(env_goes_along)
{
    sbx_options *options = with_env("ONE", "given");
    sbx *sandbox;
    sbx *copy = NULL;

    ck_assert_int_eq(sbx_options_set_memory(options, 256 * VM_MIB, NULL), SBX_OK);
    sandbox = vm_create_with(options);
    sbx_options_unref(options);
    ck_assert_int_eq(sbx_env_set(sandbox, "TWO", "later", NULL), SBX_OK);
    ck_assert_int_eq(sbx_env_delete(sandbox, "ONE", NULL), SBX_OK);
    expect_env(sandbox, "none later none");
    options = with_env("THREE", "copied");
    ck_assert_int_eq(sbx_fork(sandbox, 1, options, &copy, NULL), SBX_OK);
    expect_env(copy, "none later copied");
    sbx_unref(copy);
    ck_assert_int_eq(sbx_snapshot(sandbox, "with-env", NULL), SBX_OK);
    ck_assert_int_eq(sbx_kill(sandbox, NULL), SBX_OK);
    sbx_unref(sandbox);
    ck_assert_int_eq(sbx_options_set_root(options, "with-env", NULL), SBX_OK);
    ck_assert_int_eq(sbx_options_set_env(options, "TWO", "anew", NULL), SBX_OK);
    sandbox = vm_create_with(options);
    expect_env(sandbox, "none anew copied");
    sbx_options_unref(options);
    sbx_unref(sandbox);
    ck_assert_int_eq(sbx_snapshot_remove("with-env", NULL), SBX_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vm-events");
    TCase *cases = tcase_create("events");

    tcase_set_timeout(cases, vm_limit(300000) / 1000);
    tcase_add_test(cases, out_of_memory);
    tcase_add_test(cases, died_and_why);
    tcase_add_test(cases, killed);
    tcase_add_test(cases, figures);
    tcase_add_test(cases, a_pause);
    tcase_add_test(cases, env_goes_along);
    suite_add_tcase(suite, cases);
    vm_use_templates();
    return vm_main("vm-events", suite);
}
