/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options: each setter's limits, what a failure leaves alone; sizes and durations as text. */
#include <stdint.h>
#include <string.h>

#include "client/private.h"
#include "lib/test-main.h"

#define MIB (UINT64_C(1) << 20)

static sbx_options *options;

static void setup(void)
{
    options = sbx_options_new();
}

static void teardown(void)
{
    ck_assert_ptr_null(sbx_options_unref(options));
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

#define assert_works(function, ...)                                                                \
    do {                                                                                           \
        sbx_error *error_ = NULL;                                                                  \
        ck_assert_int_eq(function(__VA_ARGS__, &error_), SBX_OK);                                  \
        ck_assert_ptr_null(error_);                                                                \
    } while (0)

START_TEST(defaults)
{
    ck_assert_str_eq(options->image, "builtin:debian-13");
    ck_assert_uint_eq(options->memory, 1280 * MIB);
    ck_assert_uint_eq(options->vcpus, 2);
    ck_assert_uint_eq(options->disk_size, 10240 * MIB);
    ck_assert_int_eq(options->timeout_ms, 0);
    ck_assert_int_eq(options->start_timeout_ms, 60000);
    ck_assert_int_eq(options->wait_ms, 0);
    ck_assert_int_eq(options->spares, SBX_SPARES_AUTO);
    ck_assert_ptr_null(options->root);
    ck_assert_uint_eq(options->chosen, 0);
    ck_assert_ptr_eq(sbx_options_ref(options), options);
    ck_assert_ptr_null(sbx_options_unref(options));
    ck_assert_ptr_null(sbx_options_unref(NULL));
}
END_TEST

START_TEST(image)
{
    static const char *const bad[] = {"", "@", "a@", "@b", "a@b@c", "a b", "a/b", "../a", "a..b",
                                      "a\n", "\xff", "a%s"};
    g_autofree char *long_name = g_strnfill(201, 'a');

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_fails(SBX_E_INVALID, sbx_options_set_image, options, bad[i]);
    assert_fails(SBX_E_INVALID, sbx_options_set_image, options, NULL);
    assert_fails(SBX_E_INVALID, sbx_options_set_image, options, long_name);
    ck_assert_str_eq(options->image, "builtin:debian-13");
    assert_works(sbx_options_set_image, options, long_name + 1);
    assert_works(sbx_options_set_image, options, "builtin:debian-13@20260102T030405Z-1a2b3c4d");
    ck_assert_str_eq(options->image, "builtin:debian-13@20260102T030405Z-1a2b3c4d");
}
END_TEST

START_TEST(memory)
{
    assert_fails(SBX_E_INVALID, sbx_options_set_memory, options, UINT64_C(0));
    assert_fails(SBX_E_INVALID, sbx_options_set_memory, options, SBX_MEMORY_MIN - 1);
    assert_fails(SBX_E_INVALID, sbx_options_set_memory, options, SBX_MEMORY_MAX + 1);
    assert_fails(SBX_E_INVALID, sbx_options_set_memory, options, UINT64_MAX);
    ck_assert_uint_eq(options->memory, 1280 * MIB);
    assert_works(sbx_options_set_memory, options, SBX_MEMORY_MIN);
    ck_assert_uint_eq(options->memory, 128 * MIB);
    assert_works(sbx_options_set_memory, options, SBX_MEMORY_MIN + 1);
    ck_assert_uint_eq(options->memory, 129 * MIB);
    assert_works(sbx_options_set_memory, options, SBX_MEMORY_MAX);
    ck_assert_uint_eq(options->memory, SBX_MEMORY_MAX);
}
END_TEST

START_TEST(disk_size)
{
    assert_fails(SBX_E_INVALID, sbx_options_set_disk_size, options, UINT64_C(0));
    assert_fails(SBX_E_INVALID, sbx_options_set_disk_size, options, SBX_DISK_SIZE_MIN - 1);
    assert_fails(SBX_E_INVALID, sbx_options_set_disk_size, options, SBX_DISK_SIZE_MAX + 1);
    ck_assert_uint_eq(options->disk_size, 10240 * MIB);
    assert_works(sbx_options_set_disk_size, options, SBX_DISK_SIZE_MIN);
    assert_works(sbx_options_set_disk_size, options, SBX_DISK_SIZE_MAX - 1);
    ck_assert_uint_eq(options->disk_size, SBX_DISK_SIZE_MAX);
}
END_TEST

START_TEST(vcpus)
{
    assert_fails(SBX_E_INVALID, sbx_options_set_vcpus, options, 0u);
    assert_fails(SBX_E_INVALID, sbx_options_set_vcpus, options, SBX_VCPUS_MAX + 1u);
    assert_fails(SBX_E_INVALID, sbx_options_set_vcpus, options, UINT_MAX);
    ck_assert_uint_eq(options->vcpus, 2);
    assert_works(sbx_options_set_vcpus, options, 1u);
    assert_works(sbx_options_set_vcpus, options, SBX_VCPUS_MAX);
    ck_assert_uint_eq(options->vcpus, SBX_VCPUS_MAX);
}
END_TEST

START_TEST(timeouts)
{
    assert_fails(SBX_E_INVALID, sbx_options_set_timeout, options, INT64_C(-1));
    assert_fails(SBX_E_INVALID, sbx_options_set_timeout, options, INT64_MIN);
    assert_fails(SBX_E_INVALID, sbx_options_set_timeout, options, SBX_TIMEOUT_MAX_MS + 1);
    assert_works(sbx_options_set_timeout, options, SBX_TIMEOUT_MAX_MS);
    ck_assert_int_eq(options->timeout_ms, SBX_TIMEOUT_MAX_MS);
    assert_works(sbx_options_set_timeout, options, SBX_TIMEOUT_SESSION);
    ck_assert_int_eq(options->timeout_ms, 0);
    assert_fails(SBX_E_INVALID, sbx_options_set_start_timeout, options, INT64_C(0));
    assert_fails(SBX_E_INVALID, sbx_options_set_start_timeout, options, INT64_C(-1));
    assert_fails(SBX_E_INVALID, sbx_options_set_start_timeout, options, INT64_C(3600001));
    ck_assert_int_eq(options->start_timeout_ms, 60000);
    assert_works(sbx_options_set_start_timeout, options, INT64_C(1));
    assert_works(sbx_options_set_start_timeout, options, INT64_C(3600000));
}
END_TEST

START_TEST(root)
{
    static const char *const bad[] = {"",    ".",    "..",   ".a",   "-a",     "_a",    "A",
                                      "a b", "a/b",  "a\n",  "\xff", "a\xc3\xa4", "a%s", "a@b"};
    g_autofree char *long_name = g_strnfill(SBX_SNAPSHOT_NAME_MAX + 1, 'a');

    assert_fails(SBX_E_INVALID, sbx_options_set_root, NULL, "a");
    assert_fails(SBX_E_INVALID, sbx_options_set_root, NULL, NULL);
    assert_works(sbx_options_set_root, options, long_name + 1);
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_fails(SBX_E_INVALID, sbx_options_set_root, options, bad[i]);
    assert_fails(SBX_E_INVALID, sbx_options_set_root, options, long_name);
    ck_assert_str_eq(options->root, long_name + 1);
    assert_works(sbx_options_set_root, options, "0");
    assert_works(sbx_options_set_root, options, "with-jq_1.7");
    ck_assert_str_eq(options->root, "with-jq_1.7");
    assert_works(sbx_options_set_root, options, NULL);
    ck_assert_ptr_null(options->root);
}
END_TEST

START_TEST(wait_and_spares)
{
    assert_fails(SBX_E_INVALID, sbx_options_set_wait, NULL, INT64_C(0));
    assert_fails(SBX_E_INVALID, sbx_options_set_wait, options, INT64_C(-2));
    assert_fails(SBX_E_INVALID, sbx_options_set_wait, options, INT64_MIN);
    assert_fails(SBX_E_INVALID, sbx_options_set_wait, options, SBX_TIMEOUT_MAX_MS + 1);
    ck_assert_int_eq(options->wait_ms, 0);
    assert_works(sbx_options_set_wait, options, SBX_TIMEOUT_MAX_MS);
    ck_assert_int_eq(options->wait_ms, SBX_TIMEOUT_MAX_MS);
    assert_works(sbx_options_set_wait, options, SBX_WAIT_FOREVER);
    ck_assert_int_eq(options->wait_ms, -1);
    assert_works(sbx_options_set_wait, options, INT64_C(0));

    assert_fails(SBX_E_INVALID, sbx_options_set_spares, NULL, 1);
    assert_fails(SBX_E_INVALID, sbx_options_set_spares, options, -2);
    assert_fails(SBX_E_INVALID, sbx_options_set_spares, options, INT_MIN);
    assert_fails(SBX_E_INVALID, sbx_options_set_spares, options, SBX_SPARES_MAX + 1);
    ck_assert_int_eq(options->spares, SBX_SPARES_AUTO);
    ck_assert_uint_eq(options->chosen, 0);
    assert_works(sbx_options_set_spares, options, SBX_SPARES_MAX);
    assert_works(sbx_options_set_spares, options, 0);
    ck_assert_int_eq(options->spares, 0);
    ck_assert_uint_eq(options->chosen, SBX_CHOSE_SPARES);
}
END_TEST

/* A value that is refused is not one that was chosen; one that is the default is. */
START_TEST(chosen)
{
    sbx_options_set_memory(options, 0, NULL);
    sbx_options_set_vcpus(options, 0, NULL);
    sbx_options_set_disk_size(options, 0, NULL);
    sbx_options_set_image(options, "", NULL);
    ck_assert_uint_eq(options->chosen, 0);
    assert_works(sbx_options_set_memory, options, 1280 * MIB);
    ck_assert_uint_eq(options->chosen, SBX_CHOSE_MEMORY);
    assert_works(sbx_options_set_vcpus, options, 2u);
    assert_works(sbx_options_set_disk_size, options, 10240 * MIB);
    assert_works(sbx_options_set_image, options, SBX_IMAGE_DEFAULT);
    ck_assert_uint_eq(options->chosen, SBX_CHOSE_MEMORY | SBX_CHOSE_VCPUS | SBX_CHOSE_DISK_SIZE |
                                           SBX_CHOSE_IMAGE);
}
END_TEST

START_TEST(environment)
{
    g_autofree char *value = g_strnfill(SBX_ENV_BYTES_MAX - 3, 'v');
    g_autofree char *longer = g_strconcat(value, "v", NULL);

    assert_fails(SBX_E_INVALID, sbx_options_set_env, options, NULL, "x");
    assert_fails(SBX_E_INVALID, sbx_options_set_env, options, "", "x");
    assert_fails(SBX_E_INVALID, sbx_options_set_env, options, "A=B", "x");
    assert_fails(SBX_E_INVALID, sbx_options_set_env, options, "=", NULL);
    assert_fails(SBX_E_TOO_BIG, sbx_options_set_env, options, "A", longer);
    ck_assert_uint_eq(g_hash_table_size(options->env), 0);
    assert_works(sbx_options_set_env, options, "A", value);
    assert_works(sbx_options_set_env, options, "A", "");
    assert_works(sbx_options_set_env, options, "\xff", "\xfe=");
    ck_assert_str_eq(g_hash_table_lookup(options->env, "A"), "");
    ck_assert_str_eq(g_hash_table_lookup(options->env, "\xff"), "\xfe=");
    assert_works(sbx_options_set_env, options, "A", NULL);
    assert_works(sbx_options_set_env, options, "A", NULL);
    ck_assert_uint_eq(g_hash_table_size(options->env), 1);
}
END_TEST

START_TEST(number_of_variables)
{
    char name[16];

    for (int i = 0; i < SBX_ENV_MAX; i++) {
        g_snprintf(name, sizeof name, "V%d", i);
        assert_works(sbx_options_set_env, options, name, "x");
    }
    assert_fails(SBX_E_TOO_BIG, sbx_options_set_env, options, "ONE_MORE", "x");
    /* One that is there may still change, and make room. */
    assert_works(sbx_options_set_env, options, "V0", "y");
    ck_assert_str_eq(g_hash_table_lookup(options->env, "V0"), "y");
    assert_works(sbx_options_set_env, options, "V0", NULL);
    assert_works(sbx_options_set_env, options, "ONE_MORE", "x");
}
END_TEST

START_TEST(labels)
{
    g_autofree char *key = g_strnfill(SBX_LABEL_KEY_MAX, 'k');
    g_autofree char *long_key = g_strnfill(SBX_LABEL_KEY_MAX + 1, 'k');
    g_autofree char *value = g_strnfill(SBX_LABEL_VALUE_MAX, 'v');
    g_autofree char *long_value = g_strnfill(SBX_LABEL_VALUE_MAX + 1, 'v');
    static const char *const keys[] = {"a", "b", "c", "\xc3\xa4"};

    assert_fails(SBX_E_INVALID, sbx_options_set_label, options, NULL, "v");
    assert_fails(SBX_E_INVALID, sbx_options_set_label, options, "", "v");
    assert_fails(SBX_E_INVALID, sbx_options_set_label, options, long_key, "v");
    assert_fails(SBX_E_INVALID, sbx_options_set_label, options, "\xff", "v");
    assert_fails(SBX_E_INVALID, sbx_options_set_label, options, "k", "\xff");
    assert_fails(SBX_E_INVALID, sbx_options_set_label, options, "k", long_value);
    ck_assert_uint_eq(g_hash_table_size(options->labels), 0);
    assert_works(sbx_options_set_label, options, key, value);
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
        assert_works(sbx_options_set_label, options, keys[i], "");
    ck_assert_uint_eq(g_hash_table_size(options->labels), SBX_LABELS_MAX);
    assert_fails(SBX_E_TOO_BIG, sbx_options_set_label, options, "sixth", "v");
    assert_works(sbx_options_set_label, options, "a", "new");
    assert_works(sbx_options_set_label, options, "a", NULL);
    assert_works(sbx_options_set_label, options, "sixth", "v");
}
END_TEST

static const struct {
    const char *text;
    uint64_t bytes; /* UINT64_MAX: refused */
} size_texts[] = {
    {"0", 0}, {"1", 1}, {"1B", 1}, {"1073741824", UINT64_C(1) << 30}, {"512MiB", 512 * MIB},
    {"1GiB", 1024 * MIB}, {"2GB", UINT64_C(2000000000)}, {"1.5GiB", 1536 * MIB}, {"1kB", 1000},
    {"1KiB", 1024}, {"1TB", UINT64_C(1000000000000)}, {"1TiB", UINT64_C(1) << 40}, {"0.5KiB", 512},
    {"4398046511104MiB", UINT64_C(1) << 62}, {"", UINT64_MAX}, {"-1", UINT64_MAX},
    {"+1", UINT64_MAX}, {" 1", UINT64_MAX}, {"1 ", UINT64_MAX}, {"1 GiB", UINT64_MAX},
    {"1gib", UINT64_MAX}, {"GiB", UINT64_MAX}, {"1.", UINT64_MAX}, {".5", UINT64_MAX},
    {"1.GiB", UINT64_MAX}, {"1e3", UINT64_MAX}, {"0x10", UINT64_MAX}, {"nan", UINT64_MAX},
    {"inf", UINT64_MAX}, {"1,5GiB", UINT64_MAX}, {"1GiBs", UINT64_MAX}, {"1PiB", UINT64_MAX},
    {"99999999999999999999", UINT64_MAX}, {"9999999999TiB", UINT64_MAX},
    {"999999999999999999GiB", UINT64_MAX}, {"4398046511105MiB", UINT64_MAX},
};

START_TEST(sizes)
{
    const char *text = size_texts[_i].text;
    uint64_t bytes = 77;

    if (size_texts[_i].bytes == UINT64_MAX) {
        assert_fails(SBX_E_INVALID, sbx_parse_size, text, &bytes);
        ck_assert_uint_eq(bytes, 77);
        assert_fails(SBX_E_INVALID, sbx_parse_size, NULL, &bytes);
    } else {
        assert_works(sbx_parse_size, text, &bytes);
        ck_assert_uint_eq(bytes, size_texts[_i].bytes);
    }
}
END_TEST

static const struct {
    const char *text;
    int64_t ms; /* -1: refused */
} duration_texts[] = {
    {"session", 0}, {"1ms", 1}, {"500ms", 500}, {"30s", 30000}, {"5m", 300000}, {"2h", 7200000},
    {"1d", 86400000}, {"1.5s", 1500}, {"366d", SBX_TIMEOUT_MAX_MS}, {"", -1}, {"0s", -1},
    {"0", -1}, {"1", -1}, {"30", -1}, {"-1s", -1}, {"0.5ms", -1}, {"367d", -1}, {"1 s", -1},
    {"1S", -1}, {"s", -1}, {"Session", -1}, {"sessions", -1}, {"1s1s", -1}, {"forever", -1},
    {"999999999999999999d", -1},
};

START_TEST(durations)
{
    const char *text = duration_texts[_i].text;
    int64_t ms = 77;

    if (duration_texts[_i].ms < 0) {
        assert_fails(SBX_E_INVALID, sbx_parse_duration, text, &ms);
        ck_assert_int_eq(ms, 77);
        assert_fails(SBX_E_INVALID, sbx_parse_duration, NULL, &ms);
    } else {
        assert_works(sbx_parse_duration, text, &ms);
        ck_assert_int_eq(ms, duration_texts[_i].ms);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("options");
    TCase *cases = tcase_create("setters");
    TCase *texts = tcase_create("texts");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, defaults);
    tcase_add_test(cases, image);
    tcase_add_test(cases, memory);
    tcase_add_test(cases, disk_size);
    tcase_add_test(cases, vcpus);
    tcase_add_test(cases, timeouts);
    tcase_add_test(cases, root);
    tcase_add_test(cases, wait_and_spares);
    tcase_add_test(cases, chosen);
    tcase_add_test(cases, environment);
    tcase_add_test(cases, number_of_variables);
    tcase_add_test(cases, labels);
    tcase_add_loop_test(texts, sizes, 0, (int)G_N_ELEMENTS(size_texts));
    tcase_add_loop_test(texts, durations, 0, (int)G_N_ELEMENTS(duration_texts));
    suite_add_tcase(suite, cases);
    suite_add_tcase(suite, texts);
    return test_run(suite);
}
