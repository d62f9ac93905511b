/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The clock in saved states. The bytes are those that QEMU 7.2 and 10.0 wrote.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "keeper/kvm-clock.h"

/* A section of the stream: type, id, name, instance, version, the clock; its subsection; its
 * footer. */
#define SECTION "\x04\x00\x00\x00\x0b\x08kvmclock\x00\x00\x00\x00\x00\x00\x00\x01"
#define CLOCK "\x00\x00\x00\x06\xa2\xe9\xf9\x5a"
#define SUBSECTION "\x05\x1akvmclock/clock_is_reliable\x00\x00\x00\x01"
#define FOOTER "\x7e\x00\x00\x00\x0b"

#define BYTES(literal) g_bytes_new_static(literal, sizeof(literal) - 1)

static void becomes(GBytes *state, GBytes *wanted)
{
    GBytes *got = sbx_kvm_clock_distrust(state);

    ck_assert_mem_eq(g_bytes_get_data(got, NULL), g_bytes_get_data(wanted, NULL),
                     g_bytes_get_size(wanted));
    ck_assert_uint_eq(g_bytes_get_size(got), g_bytes_get_size(wanted));
    g_bytes_unref(got);
    g_bytes_unref(state);
    g_bytes_unref(wanted);
}

START_TEST(a_reliable_clock)
{
    becomes(BYTES("QEVM" SECTION CLOCK SUBSECTION "\x01" FOOTER "more"),
            BYTES("QEVM" SECTION CLOCK SUBSECTION "\x00" FOOTER "more"));
}
END_TEST

START_TEST(the_state_itself_stays)
{
    GBytes *state = BYTES(SECTION CLOCK SUBSECTION "\x01" FOOTER);
    GBytes *got = sbx_kvm_clock_distrust(state);

    ck_assert(!g_bytes_equal(state, got));
    g_bytes_unref(got);
    g_bytes_unref(state);
}
END_TEST

START_TEST(none)
{
    GBytes *state = BYTES("QEVM" SECTION CLOCK FOOTER);
    GBytes *got = sbx_kvm_clock_distrust(state);

    ck_assert_ptr_eq(got, state);
    g_bytes_unref(got);
    g_bytes_unref(state);
    becomes(BYTES(""), BYTES(""));
}
END_TEST

START_TEST(one_that_a_guest_has_made)
{
    becomes(BYTES(SUBSECTION "\x01" SUBSECTION SECTION CLOCK SUBSECTION "\x01" FOOTER),
            BYTES(SUBSECTION
                  "\x00" SUBSECTION "\x00" /* the section's type */
                  "\x00\x00\x00\x0b\x08kvmclock\x00\x00\x00\x00\x00\x00\x00\x01" CLOCK SUBSECTION
                  "\x00" FOOTER));
}
END_TEST

START_TEST(cut_off_before_the_flag)
{
    becomes(BYTES(SECTION CLOCK SUBSECTION), BYTES(SECTION CLOCK SUBSECTION));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kvm-clock");
    TCase *cases = tcase_create("states");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(cases, a_reliable_clock);
    tcase_add_test(cases, the_state_itself_stays);
    tcase_add_test(cases, none);
    tcase_add_test(cases, one_that_a_guest_has_made);
    tcase_add_test(cases, cut_off_before_the_flag);
    suite_add_tcase(suite, cases);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
