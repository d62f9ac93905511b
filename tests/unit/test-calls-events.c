/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Environment, events, figures and consoles as the keeper tells them: what is right is handed on, what
 * is not does no harm.
 */
#include <stdint.h>
#include <string.h>

#include "client/private.h"
#include "lib/test-main.h"
#include "lib/test-peer.h"

#define ID "sbx_loc_0123456789abcdefghjk"
#define WAIT_MS 20000

static sbx *box;

static void setup(void)
{
    test_peer_start();
    test_peer_answer(&(TestAnswer){.result = "{\"id\":\"" ID "\"}"});
    ck_assert_int_eq(sbx_connect(ID, NULL, &box, NULL), SBX_OK);
}

static void teardown(void)
{
    sbx_unref(box);
    test_peer_stop();
}

static const char *param(guint nth, const char *name)
{
    return sbx_json_get_string(test_peer_params(nth), name);
}

/* --- environment --- */

START_TEST(env_goes_out_as_bytes)
{
    JsonObject *value;

    test_peer_answer(&(TestAnswer){.result = "{}"});
    ck_assert_int_eq(sbx_env_set(box, "N\xff", "v", NULL), SBX_OK);
    ck_assert_int_eq(sbx_env_delete(box, "A", NULL), SBX_OK);
    ck_assert_str_eq(test_peer_method(0), "env.set");
    ck_assert_str_eq(param(0, "id"), ID);
    ck_assert_str_eq(param(0, "value"), "v");
    value = sbx_json_get_object(test_peer_params(0), "name");
    ck_assert_str_eq(sbx_json_get_string(value, "base64"), "Tv8=");
    ck_assert_str_eq(test_peer_method(1), "env.delete");
    ck_assert_str_eq(param(1, "name"), "A");
    ck_assert(!json_object_has_member(test_peer_params(1), "value"));
}
END_TEST

START_TEST(env_values_come_in)
{
    char *value = NULL;

    test_peer_answer(&(TestAnswer){.result = "{\"value\":{\"base64\":\"Y2Fm6Q==\"}}"});
    ck_assert_int_eq(sbx_env_get(box, "A", &value, NULL), SBX_OK);
    ck_assert_str_eq(value, "caf\xe9");
    sbx_free(value);
    value = NULL;
    test_peer_answer(&(TestAnswer){.result = "{\"value\":7}"});
    ck_assert_int_eq(sbx_env_get(box, "A", &value, NULL), SBX_E_NOT_FOUND);
    test_peer_answer(&(TestAnswer){.code = SBX_E_NOT_FOUND});
    ck_assert_int_eq(sbx_env_get(box, "A", &value, NULL), SBX_E_GONE);
    ck_assert_ptr_null(value);
}
END_TEST

static const char *const bad_tables[] = {
    "{\"env\":{\"names\":[\"a\"],\"values\":[]}}",
    "{\"env\":{\"names\":[7],\"values\":[\"x\"]}}",
    "{\"env\":{\"names\":[\"a\"],\"values\":[{\"base64\":\"QQBC\"}]}}",
};

START_TEST(env_of_a_confused_keeper)
{
    sbx_env_list *list = NULL;

    test_peer_answer(&(TestAnswer){.result = bad_tables[_i]});
    ck_assert_int_eq(sbx_env_list_get(box, &list, NULL), SBX_E_PROTOCOL);
    ck_assert_ptr_null(list);
}
END_TEST

/* --- events --- */

#define EVENT(params) "{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":" params "}"

static sbx_event *next(sbx_events *events)
{
    sbx_event *event = NULL;

    ck_assert_int_eq(sbx_events_wait(events, WAIT_MS, NULL), 1);
    ck_assert_int_eq(sbx_events_next(events, &event, NULL), 1);
    return event;
}

/* One that has nothing, or nothing of the right type. */
static void assert_nothing_in(sbx_event *event)
{
    ck_assert_int_eq(sbx_event_type(event), 0);
    ck_assert_uint_eq(sbx_event_number(event), 0);
    ck_assert_int_eq(sbx_event_time(event), 0);
    ck_assert_ptr_null(sbx_event_sandbox(event));
    ck_assert_ptr_null(sbx_event_text(event));
    ck_assert_ptr_null(sbx_event_command(event));
    ck_assert_int_eq(sbx_event_code(event), 0);
    ck_assert_int_eq(sbx_event_signal(event), 0);
    ck_assert_int_eq(sbx_event_cause(event), -1);
    ck_assert_int_eq(sbx_event_pid(event), 0);
    ck_assert_int_eq(sbx_event_deadline(event), 0);
    sbx_event_free(event);
}

START_TEST(events_come_in)
{
    sbx_events *events = NULL;
    sbx_event *event = NULL;

    test_peer_answer(&(TestAnswer){
        .result = "{\"history\":5}",
        .later = {EVENT("{\"type\":6,\"number\":9,\"time_ms\":10,\"sandbox\":\"s\",\"text\":\"t\","
                        "\"command\":\"c\",\"code\":137,\"signal\":9,\"cause\":2,\"pid\":3,"
                        "\"deadline_ms\":4}"),
                  EVENT("{\"type\":12,\"code\":3}"), EVENT("{}"),
                  EVENT("{\"type\":\"x\",\"number\":[],\"time_ms\":{},\"sandbox\":7,\"text\":null,"
                        "\"command\":true,\"code\":\"1\",\"signal\":[],\"cause\":{},\"pid\":\"\","
                        "\"deadline_ms\":null}")}});
    ck_assert_int_eq(sbx_events_open(box, 77, &events, NULL), SBX_OK);
    ck_assert_str_eq(test_peer_method(0), "events.subscribe");
    ck_assert_str_eq(param(0, "id"), ID);
    ck_assert_int_eq(sbx_json_get_int(test_peer_params(0), "since_ms", 0), 77);
    ck_assert_uint_eq(sbx_events_history(events), 5);
    event = next(events);
    ck_assert_int_eq(sbx_event_type(event), SBX_EVENT_PROCESS_EXITED);
    ck_assert_uint_eq(sbx_event_number(event), 9);
    ck_assert_int_eq(sbx_event_time(event), 10);
    ck_assert_str_eq(sbx_event_sandbox(event), "s");
    ck_assert_str_eq(sbx_event_text(event), "t");
    ck_assert_str_eq(sbx_event_command(event), "c");
    ck_assert_int_eq(sbx_event_code(event), 137);
    ck_assert_int_eq(sbx_event_signal(event), 9);
    ck_assert_int_eq(sbx_event_cause(event), SBX_CAUSE_OOM);
    ck_assert_int_eq(sbx_event_pid(event), 3);
    ck_assert_int_eq(sbx_event_deadline(event), 4);
    sbx_event_free(event);
    ck_assert_uint_eq(sbx_events_history(events), 4);
    /* What was lost of the history does not come any more. */
    event = next(events);
    ck_assert_int_eq(sbx_event_type(event), SBX_EVENT_LOST);
    ck_assert_int_eq(sbx_event_code(event), 3);
    sbx_event_free(event);
    ck_assert_uint_eq(sbx_events_history(events), 1);
    assert_nothing_in(next(events));
    ck_assert_uint_eq(sbx_events_history(events), 0);
    assert_nothing_in(next(events));
    ck_assert_uint_eq(sbx_events_history(events), 0);
    event = NULL;
    ck_assert_int_eq(sbx_events_next(events, &event, NULL), 0);
    ck_assert_ptr_null(event);
    sbx_events_free(events);
    test_peer_wait_closed();
}
END_TEST

/* What is no event is passed over. */
START_TEST(other_notifications)
{
    sbx_events *events = NULL;

    test_peer_answer(&(TestAnswer){
        .result = "{\"history\":-7}",
        .later = {"{\"jsonrpc\":\"2.0\",\"method\":\"other\",\"params\":{\"type\":1}}",
                  "{\"jsonrpc\":\"2.0\",\"method\":\"event\"}",
                  "{\"jsonrpc\":\"2.0\",\"method\":7,\"params\":{}}",
                  "{\"id\":1,\"result\":{}}", EVENT("{\"type\":12,\"code\":-3}")}});
    ck_assert_int_eq(sbx_events_open(NULL, SBX_EVENTS_ALL, &events, NULL), SBX_OK);
    ck_assert(!json_object_has_member(test_peer_params(0), "id"));
    ck_assert_uint_eq(sbx_events_history(events), 0);
    for (;;) {
        sbx_event *event = NULL;
        int got;

        ck_assert_int_eq(sbx_events_wait(events, WAIT_MS, NULL), 1);
        got = sbx_events_next(events, &event, NULL);
        ck_assert_int_ge(got, 0);
        if (got == 0)
            continue;
        ck_assert_int_eq(sbx_event_type(event), SBX_EVENT_LOST);
        sbx_event_free(event);
        break;
    }
    sbx_events_free(events);
}
END_TEST

START_TEST(events_that_are_refused)
{
    sbx_events *events = NULL;

    test_peer_answer(&(TestAnswer){.code = SBX_E_NOT_FOUND});
    ck_assert_int_eq(sbx_events_open(box, SBX_EVENTS_ALL, &events, NULL), SBX_E_GONE);
    test_peer_answer(&(TestAnswer){.code = SBX_E_UNSUPPORTED});
    ck_assert_int_eq(sbx_events_open(NULL, SBX_EVENTS_ALL, &events, NULL), SBX_E_UNSUPPORTED);
    ck_assert_ptr_null(events);
}
END_TEST

/* --- figures --- */

START_TEST(figures_come_in)
{
    sbx_stats *stats = NULL;

    test_peer_answer(&(TestAnswer){
        .result = "{\"cpu\":1,\"uptime\":\"2\",\"guest_memory\":-5,\"memory_size\":9223372036854775807,"
                  "\"other\":3}"});
    ck_assert_int_eq(sbx_stats_get(box, &stats, NULL), SBX_OK);
    ck_assert_str_eq(test_peer_method(0), "sandbox.stats");
    ck_assert_int_eq(sbx_stats_value(stats, SBX_STAT_CPU), 1);
    ck_assert_int_eq(sbx_stats_value(stats, SBX_STAT_UPTIME), -1);
    ck_assert_int_eq(sbx_stats_value(stats, SBX_STAT_GUEST_MEMORY), -1);
    ck_assert_int_eq(sbx_stats_value(stats, SBX_STAT_MEMORY_SIZE), INT64_MAX);
    ck_assert_int_eq(sbx_stats_value(stats, SBX_STAT_GUEST_PROCESSES), -1);
    sbx_stats_free(stats);
    test_peer_answer(&(TestAnswer){.result = "{\"sandboxes\":4}"});
    ck_assert_int_eq(sbx_stats_get_total(&stats, NULL), SBX_OK);
    ck_assert_str_eq(test_peer_method(0), "usage.total");
    ck_assert_int_eq(sbx_stats_value(stats, SBX_STAT_SANDBOXES), 4);
    sbx_stats_free(stats);
    test_peer_answer(&(TestAnswer){.code = SBX_E_INTERNAL});
    ck_assert_int_eq(sbx_stats_get_total(&stats, NULL), SBX_E_INTERNAL);
    ck_assert_int_eq(sbx_stats_get(box, &stats, NULL), SBX_E_INTERNAL);
    ck_assert_int_eq(sbx_stats_get(box, NULL, NULL), SBX_E_INVALID);
    ck_assert_int_eq(sbx_stats_get_total(NULL, NULL), SBX_E_INVALID);
}
END_TEST

/* --- console --- */

static const struct {
    const char *result;
    const char *data;
    size_t length;
} consoles[] = {
    {"{\"data\":\"YQBi\"}", "a\0b", 3},
    {"{\"data\":\"\"}", "", 0},
    {"{\"data\":7}", "", 0},
    {"{}", "", 0},
};

START_TEST(consoles_come_in)
{
    char *data = NULL;
    size_t length = 99;

    test_peer_answer(&(TestAnswer){.result = consoles[_i].result});
    ck_assert_int_eq(sbx_console_read(ID, &data, &length, NULL), SBX_OK);
    ck_assert_uint_eq(length, consoles[_i].length);
    ck_assert_mem_eq(data, consoles[_i].data, length + 1);
    sbx_free(data);
    ck_assert_str_eq(test_peer_method(0), "sandbox.console");
}
END_TEST

/* --- lists --- */

START_TEST(filters_go_out)
{
    sbx_list_options *options = sbx_list_options_new();
    sbx_list *list = NULL;
    g_autofree char *labels = NULL;

    ck_assert_int_eq(sbx_list_options_set_label(options, "a", "b", NULL), SBX_OK);
    ck_assert_int_eq(sbx_list_options_set_label(options, "c", NULL, NULL), SBX_OK);
    ck_assert_int_eq(sbx_list_options_set_status(options, SBX_STATUS_PAUSED, NULL), SBX_OK);
    test_peer_answer(&(TestAnswer){.result = "{\"sandboxes\":[{\"disk_size\":5,\"uptime_ms\":6}]}"});
    ck_assert_int_eq(sbx_list_get_filtered(options, &list, NULL), SBX_OK);
    labels = sbx_json_print(sbx_json_get_object(test_peer_params(0), "labels"), NULL);
    ck_assert_str_eq(labels, "{\"names\":[\"a\",\"c\"],\"values\":[\"b\",null]}");
    ck_assert_int_eq(sbx_json_get_int(test_peer_params(0), "status", -1), SBX_STATUS_PAUSED);
    ck_assert_uint_eq(sbx_list_disk_size(list, 0), 5);
    ck_assert_int_eq(sbx_list_uptime(list, 0), 6);
    sbx_list_free(list);
    sbx_list_options_free(options);
    ck_assert_int_eq(sbx_list_get_one(box, &list, NULL), SBX_OK);
    ck_assert_str_eq(test_peer_method(1), "sandbox.info");
    ck_assert_str_eq(param(1, "id"), ID);
    sbx_list_free(list);
}
END_TEST

START_TEST(extending_goes_out)
{
    int64_t deadline = 0;

    test_peer_answer(&(TestAnswer){.result = "{\"deadline_ms\":99}"});
    ck_assert_int_eq(sbx_extend(box, 5000, &deadline, NULL), SBX_OK);
    ck_assert_int_eq(deadline, 99);
    ck_assert_int_eq(sbx_extend(box, 5000, NULL, NULL), SBX_OK);
    ck_assert_str_eq(test_peer_method(0), "sandbox.extend");
    ck_assert_int_eq(sbx_json_get_int(test_peer_params(0), "timeout_ms", 0), 5000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("calls-events");
    TCase *cases = tcase_create("calls");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, env_goes_out_as_bytes);
    tcase_add_test(cases, env_values_come_in);
    tcase_add_loop_test(cases, env_of_a_confused_keeper, 0, (int)G_N_ELEMENTS(bad_tables));
    tcase_add_test(cases, events_come_in);
    tcase_add_test(cases, other_notifications);
    tcase_add_test(cases, events_that_are_refused);
    tcase_add_test(cases, figures_come_in);
    tcase_add_loop_test(cases, consoles_come_in, 0, (int)G_N_ELEMENTS(consoles));
    tcase_add_test(cases, filters_go_out);
    tcase_add_test(cases, extending_goes_out);
    suite_add_tcase(suite, cases);
    /* json-glib complains of a wrong type, and goes on. */
    g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
    return test_run(suite);
}
