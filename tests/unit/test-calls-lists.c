/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists and limits as the keeper tells them: what is right is handed on, what is not does no harm. */
#include <stdint.h>

#include "client/private.h"
#include "lib/test-main.h"
#include "lib/test-peer.h"

#define PAST_END 99

/* One item of each kind of wrong: no object, and an object whose members are of other types. */
#define NONSENSE "7,{\"name\":[],\"id\":{},\"image\":1,\"state\":null,\"vcpus\":\"2\",\"size\":true}"

static void setup(void)
{
    test_peer_start();
}

static void teardown(void)
{
    test_peer_stop();
}

/* That the list cannot be had: no place for it, and an error of the keeper. */
#define assert_refusals(type, function)                                                            \
    do {                                                                                           \
        type *list_ = (type *)&list_;                                                              \
        sbx_error *error_ = NULL;                                                                  \
        test_peer_answer(&(TestAnswer){.code = SBX_E_NO_MEMORY});                                  \
        ck_assert_int_eq(function(NULL, &error_), SBX_E_INVALID);                                  \
        ck_assert_int_eq(sbx_error_code(error_), SBX_E_INVALID);                                   \
        sbx_error_free(error_);                                                                    \
        ck_assert_uint_eq(test_peer_requests(), 0);                                                \
        ck_assert_int_eq(function(&list_, NULL), SBX_E_NO_MEMORY);                                 \
        ck_assert_ptr_eq(list_, (type *)&list_);                                                   \
    } while (0)

START_TEST(snapshots)
{
    sbx_snapshot_list *list = NULL;

    assert_refusals(sbx_snapshot_list, sbx_snapshot_list_get);
    test_peer_answer(&(TestAnswer){
        .result = "{\"snapshots\":[{\"name\":\"a\",\"image\":\"i@v\",\"memory\":1,\"vcpus\":2,"
                  "\"disk_size\":3,\"created_ms\":4,\"size\":5}," NONSENSE "]}"});
    ck_assert_int_eq(sbx_snapshot_list_get(&list, NULL), SBX_OK);
    ck_assert_str_eq(test_peer_method(0), "snapshot.list");
    ck_assert_uint_eq(sbx_snapshot_list_length(list), 3);
    ck_assert_str_eq(sbx_snapshot_list_name(list, 0), "a");
    ck_assert_str_eq(sbx_snapshot_list_image(list, 0), "i@v");
    ck_assert_uint_eq(sbx_snapshot_list_memory(list, 0), 1);
    ck_assert_int_eq(sbx_snapshot_list_vcpus(list, 0), 2);
    ck_assert_uint_eq(sbx_snapshot_list_disk_size(list, 0), 3);
    ck_assert_int_eq(sbx_snapshot_list_created(list, 0), 4);
    ck_assert_uint_eq(sbx_snapshot_list_size(list, 0), 5);
    for (size_t i = 1; i <= PAST_END; i++) {
        ck_assert_ptr_null(sbx_snapshot_list_name(list, i));
        ck_assert_ptr_null(sbx_snapshot_list_image(list, i));
        ck_assert_uint_eq(sbx_snapshot_list_memory(list, i), 0);
        ck_assert_int_eq(sbx_snapshot_list_vcpus(list, i), i == 2 ? 0 : -1);
        ck_assert_uint_eq(sbx_snapshot_list_disk_size(list, i), 0);
        ck_assert_int_eq(sbx_snapshot_list_created(list, i), 0);
        ck_assert_uint_eq(sbx_snapshot_list_size(list, i), 0);
    }
    sbx_snapshot_list_free(list);
    sbx_snapshot_list_free(NULL);
}
END_TEST

static void assert_no_template(const sbx_template_list *list, size_t index)
{
    ck_assert_ptr_null(sbx_template_list_id(list, index));
    ck_assert_int_eq(sbx_template_list_state(list, index), -1);
    ck_assert_ptr_null(sbx_template_list_image(list, index));
    ck_assert_uint_eq(sbx_template_list_memory(list, index), 0);
    ck_assert_int_le(sbx_template_list_vcpus(list, index), 0);
    ck_assert_uint_eq(sbx_template_list_disk_size(list, index), 0);
    ck_assert_ptr_null(sbx_template_list_accelerator(list, index));
    ck_assert_ptr_null(sbx_template_list_vmm(list, index));
    ck_assert_int_eq(sbx_template_list_created(list, index), 0);
    ck_assert_int_eq(sbx_template_list_used(list, index), 0);
    ck_assert_uint_eq(sbx_template_list_size(list, index), 0);
}

START_TEST(templates)
{
    sbx_template_list *list = NULL;

    assert_refusals(sbx_template_list, sbx_template_list_get);
    test_peer_answer(&(TestAnswer){
        .result = "{\"templates\":[{\"id\":\"ab\",\"image\":\"i@v\",\"memory\":1,\"vcpus\":2,"
                  "\"disk_size\":3,\"accelerator\":\"tcg\",\"vmm\":\"QEMU 7.2\",\"created_ms\":4,"
                  "\"used_ms\":5,\"size\":6,\"state\":\"ready\"}," NONSENSE
                  ",{\"state\":\"building\"},{\"state\":\"what\"}]}"});
    ck_assert_int_eq(sbx_template_list_get(&list, NULL), SBX_OK);
    ck_assert_str_eq(test_peer_method(0), "template.list");
    ck_assert_uint_eq(sbx_template_list_length(list), 5);
    ck_assert_str_eq(sbx_template_list_id(list, 0), "ab");
    ck_assert_int_eq(sbx_template_list_state(list, 0), SBX_TEMPLATE_READY);
    ck_assert_str_eq(sbx_template_list_image(list, 0), "i@v");
    ck_assert_uint_eq(sbx_template_list_memory(list, 0), 1);
    ck_assert_int_eq(sbx_template_list_vcpus(list, 0), 2);
    ck_assert_uint_eq(sbx_template_list_disk_size(list, 0), 3);
    ck_assert_str_eq(sbx_template_list_accelerator(list, 0), "tcg");
    ck_assert_str_eq(sbx_template_list_vmm(list, 0), "QEMU 7.2");
    ck_assert_int_eq(sbx_template_list_created(list, 0), 4);
    ck_assert_int_eq(sbx_template_list_used(list, 0), 5);
    ck_assert_uint_eq(sbx_template_list_size(list, 0), 6);
    assert_no_template(list, 1);
    assert_no_template(list, 2);
    ck_assert_int_eq(sbx_template_list_state(list, 3), SBX_TEMPLATE_BUILDING);
    assert_no_template(list, 4);
    assert_no_template(list, PAST_END);
    ck_assert_int_eq(sbx_template_list_vcpus(list, PAST_END), -1);
    sbx_template_list_free(list);
    sbx_template_list_free(NULL);
}
END_TEST

START_TEST(pools)
{
    sbx_pool_list *list = NULL;

    assert_refusals(sbx_pool_list, sbx_pool_list_get);
    test_peer_answer(&(TestAnswer){
        .result = "{\"pools\":[{\"image\":\"i@v\",\"memory\":1,\"vcpus\":2,\"disk_size\":3,"
                  "\"ready\":4,\"starting\":5,\"target\":6,\"private_bytes\":7}," NONSENSE
                  "],\"size\":3,\"budget\":8,\"used\":9}"});
    ck_assert_int_eq(sbx_pool_list_get(&list, NULL), SBX_OK);
    ck_assert_str_eq(test_peer_method(0), "pool.list");
    ck_assert_int_eq(sbx_pool_list_setting(list), 3);
    ck_assert_uint_eq(sbx_pool_list_budget(list), 8);
    ck_assert_uint_eq(sbx_pool_list_used(list), 9);
    ck_assert_uint_eq(sbx_pool_list_length(list), 3);
    ck_assert_str_eq(sbx_pool_list_image(list, 0), "i@v");
    ck_assert_uint_eq(sbx_pool_list_memory(list, 0), 1);
    ck_assert_int_eq(sbx_pool_list_vcpus(list, 0), 2);
    ck_assert_uint_eq(sbx_pool_list_disk_size(list, 0), 3);
    ck_assert_int_eq(sbx_pool_list_ready(list, 0), 4);
    ck_assert_int_eq(sbx_pool_list_starting(list, 0), 5);
    ck_assert_int_eq(sbx_pool_list_target(list, 0), 6);
    ck_assert_uint_eq(sbx_pool_list_private_bytes(list, 0), 7);
    for (size_t i = 1; i <= PAST_END; i++) {
        int none = i == 2 ? 0 : -1;

        ck_assert_ptr_null(sbx_pool_list_image(list, i));
        ck_assert_uint_eq(sbx_pool_list_memory(list, i), 0);
        ck_assert_int_eq(sbx_pool_list_vcpus(list, i), none);
        ck_assert_uint_eq(sbx_pool_list_disk_size(list, i), 0);
        ck_assert_int_eq(sbx_pool_list_ready(list, i), none);
        ck_assert_int_eq(sbx_pool_list_starting(list, i), none);
        ck_assert_int_eq(sbx_pool_list_target(list, i), none);
        ck_assert_uint_eq(sbx_pool_list_private_bytes(list, i), 0);
    }
    sbx_pool_list_free(list);
    sbx_pool_list_free(NULL);
}
END_TEST

/* An answer that has nothing of a list in it. */
START_TEST(empty)
{
    sbx_pool_list *pools_ = NULL;
    sbx_snapshot_list *snapshots_ = NULL;
    sbx_template_list *templates_ = NULL;

    test_peer_answer(&(TestAnswer){.result = "{\"snapshots\":{},\"templates\":\"x\"}"});
    ck_assert_int_eq(sbx_pool_list_get(&pools_, NULL), SBX_OK);
    ck_assert_int_eq(sbx_snapshot_list_get(&snapshots_, NULL), SBX_OK);
    ck_assert_int_eq(sbx_template_list_get(&templates_, NULL), SBX_OK);
    ck_assert_uint_eq(sbx_pool_list_length(pools_), 0);
    ck_assert_int_eq(sbx_pool_list_setting(pools_), SBX_SPARES_AUTO);
    ck_assert_uint_eq(sbx_snapshot_list_length(snapshots_), 0);
    ck_assert_uint_eq(sbx_template_list_length(templates_), 0);
    sbx_pool_list_free(pools_);
    sbx_snapshot_list_free(snapshots_);
    sbx_template_list_free(templates_);
}
END_TEST

START_TEST(limits)
{
    sbx_limits *found = NULL;

    assert_refusals(sbx_limits, sbx_limits_get);
    test_peer_answer(&(TestAnswer){
        .result = "{\"limits\":{\"sandboxes\":1,\"memory\":2,\"vcpus\":0},"
                  "\"used\":{\"sandboxes\":4,\"memory\":5,\"vcpus\":6},\"waiting\":7}"});
    ck_assert_int_eq(sbx_limits_get(&found, NULL), SBX_OK);
    ck_assert_str_eq(test_peer_method(0), "limits.get");
    ck_assert_uint_eq(sbx_limits_value(found, SBX_LIMIT_SANDBOXES), 1);
    ck_assert_uint_eq(sbx_limits_value(found, SBX_LIMIT_MEMORY), 2);
    ck_assert_uint_eq(sbx_limits_value(found, SBX_LIMIT_VCPUS), 0);
    ck_assert_uint_eq(sbx_limits_used(found, SBX_LIMIT_SANDBOXES), 4);
    ck_assert_uint_eq(sbx_limits_used(found, SBX_LIMIT_MEMORY), 5);
    ck_assert_uint_eq(sbx_limits_used(found, SBX_LIMIT_VCPUS), 6);
    ck_assert_uint_eq(sbx_limits_waiting(found), 7);
    ck_assert_uint_eq(sbx_limits_value(found, 3), 0);
    ck_assert_uint_eq(sbx_limits_used(found, -1), 0);
    sbx_limits_free(found);
    sbx_limits_free(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("calls-lists");
    TCase *cases = tcase_create("lists");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, snapshots);
    tcase_add_test(cases, templates);
    tcase_add_test(cases, pools);
    tcase_add_test(cases, empty);
    tcase_add_test(cases, limits);
    suite_add_tcase(suite, cases);
    /* json-glib complains of a wrong type, and goes on. */
    g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
    return test_run(suite);
}
