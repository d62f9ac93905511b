/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See pools-fixture.h. */
#include "pools-fixture.h"

#include <signal.h>
#include <unistd.h>

#include "lib/test-keeper.h"
#include "lib/test-process.h"

void pools_setup(void)
{
    test_keeper_setup();
    g_setenv("LIBSANDBOX_SPARES", "auto", TRUE);
    g_setenv("LIBSANDBOX_SPARE_MEMORY", "4GiB", TRUE);
}

/* --- what there is --- */

void fill(guint count)
{
    sbx_options *options = test_options();
    sbx_error *error = NULL;

    ck_assert_int_ge(test_ok(sbx_pool_fill(options, count, FILL_MS, &error), &error), (int)count);
    sbx_options_unref(options);
}

sbx_pool_list *pools(void)
{
    sbx_pool_list *list = NULL;
    sbx_error *error = NULL;

    test_ok(sbx_pool_list_get(&list, &error), &error);
    return list;
}

/* Each answer is an event of the keeper's; there are none of spares. */
void wait_for_pool(int ready, int starting)
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

GArray *vm_pidfds(void)
{
    g_autoptr(GPtrArray) names = test_vm_names();
    GArray *pidfds = g_array_new(FALSE, FALSE, sizeof(int));

    for (guint i = 0; i < names->len; i++) {
        int fd = test_vm_pidfd(names->pdata[i]);

        g_array_append_val(pidfds, fd);
    }
    return pidfds;
}

guint count_ended(GArray *pidfds, int within_ms)
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

char *only_vm(void)
{
    g_autoptr(GPtrArray) names = test_vm_names();

    ck_assert_uint_eq(names->len, 1);
    return g_strdup(names->pdata[0]);
}

void wait_for_event(int type)
{
    sbx_events *events = NULL;
    sbx_error *error = NULL;
    int last = 0;

    test_ok(sbx_events_open(NULL, SBX_EVENTS_ALL, &events, &error), &error);
    while (last != type) {
        sbx_event *event = NULL;

        ck_assert_int_eq(test_ok(sbx_events_wait(events, FILL_MS, &error), &error), 1);
        ck_assert_int_eq(test_ok(sbx_events_next(events, &event, &error), &error), 1);
        last = sbx_event_type(event);
        sbx_event_free(event);
    }
    sbx_events_free(events);
}

guint count_sandboxes(void)
{
    sbx_list *list = NULL;
    sbx_error *error = NULL;
    guint count;

    test_ok(sbx_list_get(&list, &error), &error);
    count = (guint)sbx_list_length(list);
    sbx_list_free(list);
    return count;
}

guint64 sandboxes_in_use(void)
{
    sbx_limits *limits = NULL;
    sbx_error *error = NULL;
    guint64 used;

    test_ok(sbx_limits_get(&limits, &error), &error);
    used = sbx_limits_used(limits, SBX_LIMIT_SANDBOXES);
    sbx_limits_free(limits);
    return used;
}

void stop_agent(const char *name)
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

void assert_fill_fails(int code, const char *word)
{
    sbx_options *options = test_options();
    sbx_error *error = NULL;

    test_failed(sbx_pool_fill(options, 1, FILL_MS, &error), code, &error, word);
    sbx_options_unref(options);
}

/* --- calls in threads --- */

static gpointer call_thread(gpointer data)
{
    Call *call = data;

    if (call->fill > 0)
        call->code = sbx_pool_fill(call->options, call->fill, SBX_WAIT_FOREVER, &call->error);
    else
        call->code = sbx_create(call->options, &call->sandbox, &call->error);
    return NULL;
}

Call *start_call_with(sbx_options *options, guint count)
{
    Call *call = g_new0(Call, 1);

    call->options = options;
    call->fill = count;
    call->thread = g_thread_new("call", call_thread, call);
    return call;
}

Call *start_call(guint count)
{
    return start_call_with(test_options(), count);
}

void join_call(Call *call)
{
    g_thread_join(call->thread);
    sbx_options_unref(call->options);
}
