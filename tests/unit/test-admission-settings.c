/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Admission: limits from the environment, and what the log says of those that are malformed. */
#include <check.h>

#include "keeper/admission.h"
#include "lib/test-main.h"
#include "wire/json.h"

static void on_log(const char *domain, GLogLevelFlags level, const char *message, gpointer data)
{
    (void)domain;
    ck_assert_int_eq(level, G_LOG_LEVEL_WARNING);
    g_string_append_printf(data, "%s\n", message);
}

/* The limits that an environment makes, "sandboxes memory vcpus", then warnings. */
static char *limits_of(const char *sandboxes, const char *memory, const char *vcpus)
{
    const char *const settings[] = {"LIBSANDBOX_MAX_SANDBOXES", sandboxes, "LIBSANDBOX_MAX_MEMORY",
                                    memory, "LIBSANDBOX_MAX_VCPUS", vcpus};
    static const char *const names[] = {"sandboxes", "memory", "vcpus"};
    GString *text = g_string_new(NULL);
    g_autoptr(GString) log = g_string_new(NULL);
    g_autoptr(JsonObject) object = NULL;
    JsonObject *limits;
    GLogFunc before = g_log_set_default_handler(on_log, log);
    SbxAdmission *made;

    for (gsize i = 0; i < G_N_ELEMENTS(settings); i += 2)
        if (settings[i + 1] != NULL)
            g_setenv(settings[i], settings[i + 1], TRUE);
        else
            g_unsetenv(settings[i]);
    made = sbx_admission_new();
    object = sbx_admission_describe(made);
    sbx_admission_free(made);
    g_log_set_default_handler(before, NULL);
    limits = sbx_json_get_object(object, "limits");
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        g_string_append_printf(text, "%" G_GINT64_FORMAT " ",
                               sbx_json_get_int(limits, names[i], -1));
    g_string_append(text, log->str);
    return g_string_free(text, FALSE);
}

static const struct {
    const char *sandboxes, *memory, *vcpus, *limits;
} environments[] = {
    {NULL, NULL, NULL, "0 0 0 "},
    {"8", "16GiB", "12", "8 17179869184 12 "},
    {"0", "0", "0", "0 0 0 "},
    {"4294967295", "4194304TiB", "007", "4294967295 4611686018427387904 7 "},
    {NULL, "1.5GB", NULL, "0 1500000000 0 "},
    {NULL, "2147483648", NULL, "0 2147483648 0 "},
};

START_TEST(environment)
{
    g_autofree char *limits = limits_of(environments[_i].sandboxes, environments[_i].memory,
                                        environments[_i].vcpus);

    ck_assert_str_eq(limits, environments[_i].limits);
}
END_TEST

static const char *const no_numbers[] = {"", " ", "eight", "8 ", " 8", "+8", "-8", "-1", "8.0",
                                         "0x8", "1e3", "4294967296", "18446744073709551616",
                                         "8GiB"};
static const char *const no_sizes[] = {"", " ", "all", "16 GiB", "16gib", "-1GiB", "+1GiB", "1e9",
                                       "0x10", "nan", "inf", "9999999999TiB", "50%", "\xff"};

START_TEST(malformed_environment)
{
    const char *number = no_numbers[_i];
    g_autofree char *all = limits_of(number, no_sizes[_i], "5");
    g_autofree char *expected = g_strdup_printf(
        "0 0 5 LIBSANDBOX_MAX_SANDBOXES is \"%s\", which is not a number: ignored, there is no "
        "such limit\nLIBSANDBOX_MAX_MEMORY is \"%s\", which is not a size like 512MiB or 16GiB: "
        "ignored, there is no such limit\n", number, no_sizes[_i]);
    g_autofree char *vcpus = limits_of("1", NULL, number);

    ck_assert_str_eq(all, expected);
    ck_assert(g_str_has_prefix(vcpus, "1 0 0 LIBSANDBOX_MAX_VCPUS is \""));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("admission-settings");
    TCase *cases = tcase_create("settings");

    tcase_add_loop_test(cases, environment, 0, (int)G_N_ELEMENTS(environments));
    tcase_add_loop_test(cases, malformed_environment, 0, (int)G_N_ELEMENTS(no_numbers));
    suite_add_tcase(suite, cases);
    return test_run(suite);
}
