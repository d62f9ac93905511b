/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Units: what is printed is exact and reads back. What is read is tested with the client's
 * sbx_parse_size() and sbx_parse_duration(), see test-options.c. */
#include <check.h>
#include <sandbox/options.h>

#include "lib/test-main.h"
#include "wire/units.h"

static const struct {
    guint64 bytes;
    const char *text;
} sizes[] = {
    {0, "0B"}, {1, "1B"}, {999, "999B"}, {1000, "1kB"}, {1023, "1023B"}, {1024, "1KiB"},
    {1025, "1025B"}, {1280u << 20, "1280MiB"}, {G_GUINT64_CONSTANT(1) << 30, "1GiB"},
    {(G_GUINT64_CONSTANT(1) << 30) - 1, "1073741823B"},
    {G_GUINT64_CONSTANT(2000000000), "2GB"}, {G_GUINT64_CONSTANT(5000000), "5MB"},
    {G_GUINT64_CONSTANT(3) << 40, "3TiB"}, {G_GUINT64_CONSTANT(3000000000000), "3TB"},
    {G_GUINT64_CONSTANT(1) << 62, "4194304TiB"},
};

START_TEST(print_size)
{
    g_autofree char *text = sbx_units_print_size(sizes[_i].bytes);
    guint64 back = 77;

    ck_assert_str_eq(text, sizes[_i].text);
    ck_assert(sbx_units_parse_size(text, &back));
    ck_assert_uint_eq(back, sizes[_i].bytes);
}
END_TEST

static const struct {
    gint64 milliseconds;
    const char *text;
} durations[] = {
    {1, "1ms"}, {999, "999ms"}, {1000, "1s"}, {1500, "1500ms"}, {59000, "59s"}, {60000, "1m"},
    {90000, "90s"}, {3600000, "1h"}, {5400000, "90m"}, {86400000, "1d"},
    {SBX_TIMEOUT_MAX_MS, "366d"},
};

START_TEST(print_duration)
{
    g_autofree char *text = sbx_units_print_duration(durations[_i].milliseconds);
    gint64 back = 77;

    ck_assert_str_eq(text, durations[_i].text);
    ck_assert(sbx_units_parse_duration(text, &back));
    ck_assert_int_eq(back, durations[_i].milliseconds);
}
END_TEST

START_TEST(largest_values)
{
    g_autofree char *size = sbx_units_print_size(G_MAXUINT64);
    g_autofree char *duration = sbx_units_print_duration(G_MAXINT64);
    g_autofree char *none = sbx_units_print_duration(-1);

    ck_assert_str_eq(size, "18446744073709551615B");
    ck_assert_str_eq(duration, "9223372036854775807ms");
    ck_assert_str_eq(none, "0ms");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("units");
    TCase *cases = tcase_create("print");

    tcase_add_loop_test(cases, print_size, 0, (int)G_N_ELEMENTS(sizes));
    tcase_add_loop_test(cases, print_duration, 0, (int)G_N_ELEMENTS(durations));
    tcase_add_test(cases, largest_values);
    suite_add_tcase(suite, cases);
    return test_run(suite);
}
