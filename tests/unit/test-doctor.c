/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The doctor's report: its form on whatever host this is, and what it says of hosts that lack
 * something, as far as an argument or a variable can take it away.
 *
 *     test-doctor SBX-KEEPER
 */
#include <check.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire/json.h"

#define REPORT_MS 5000 /* it takes 0.2 s on a quiet machine */

static const char *keeper;
static char *dir;

static void make_dir(void)
{
    dir = g_dir_make_tmp("sbx-doctor-XXXXXX", NULL);
    ck_assert_ptr_nonnull(dir);
}

static void remove_dir(void)
{
    ck_assert_int_eq(g_rmdir(dir), 0); /* fails when the doctor left something there */
    g_free(dir);
}

/* Runs the doctor with one more argument and one more variable, each NULL for none. */
static JsonObject *examine(const char *argument, const char *variable, const char *value)
{
    g_autofree char *runtime = g_strdup_printf("--runtime-dir=%s", dir);
    g_autofree char *data = g_strdup_printf("--data-dir=%s/data", dir);
    g_autofree char *cache = g_strdup_printf("--cache-dir=%s/cache", dir);
    g_autofree char *log = g_strdup_printf("--log=%s/log/keeper.log", dir);
    const char *argv[] = {keeper, "--doctor", runtime, data, cache, log, argument, NULL};
    char **environment = g_environ_unsetenv(g_get_environ(), "LIBSANDBOX_URI");
    g_autofree char *out = NULL;
    JsonObject *report;
    int status;

    if (variable != NULL)
        environment = g_environ_setenv(environment, variable, value, TRUE);
    ck_assert(g_spawn_sync(NULL, (char **)argv, environment, G_SPAWN_DEFAULT, NULL, NULL, &out,
                           NULL, &status, NULL));
    ck_assert_int_eq(status, 0);
    report = sbx_json_parse(out, strlen(out), NULL);
    ck_assert_ptr_nonnull(report);
    g_strfreev(environment);
    return report;
}

static JsonObject *find(JsonObject *report, const char *name)
{
    JsonArray *checks = sbx_json_get_array(report, "checks");

    for (guint i = 0; i < json_array_get_length(checks); i++) {
        JsonObject *check = json_array_get_object_element(checks, i);

        if (g_strcmp0(sbx_json_get_string(check, "name"), name) == 0)
            return check;
    }
    ck_abort_msg("there is no check %s", name);
    return NULL;
}

static void assert_check(JsonObject *report, const char *name, const char *status,
                         const char *detail, const char *hint)
{
    JsonObject *check = find(report, name);

    ck_assert_str_eq(sbx_json_get_string(check, "status"), status);
    if (detail != NULL)
        ck_assert_ptr_nonnull(strstr(sbx_json_get_string(check, "detail"), detail));
    if (hint != NULL)
        ck_assert_ptr_nonnull(strstr(sbx_json_get_string(check, "hint"), hint));
}

/* The members that sbx_doctor() documents, no others, and of the documented types. */
START_TEST(form_of_the_report)
{
    g_autoptr(JsonObject) report = examine(NULL, NULL, NULL);
    JsonArray *checks = sbx_json_get_array(report, "checks");
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    gboolean ok = TRUE;

    ck_assert_uint_eq(json_object_get_size(report), 5);
    ck_assert_ptr_nonnull(sbx_json_get_string(report, "version"));
    ck_assert_str_eq(sbx_json_get_string(report, "uri"), "qemu:///embed");
    ck_assert(json_object_has_member(report, "accelerator"));
    ck_assert_uint_ge(json_array_get_length(checks), 20);
    for (guint i = 0; i < json_array_get_length(checks); i++) {
        JsonObject *check = json_array_get_object_element(checks, i);
        const char *status = sbx_json_get_string(check, "status");
        const char *detail = sbx_json_get_string(check, "detail");
        const char *hint = sbx_json_get_string(check, "hint");

        ck_assert_uint_eq(json_object_get_size(check), 4);
        ck_assert(g_hash_table_add(names, (char *)sbx_json_get_string(check, "name")));
        ck_assert(detail != NULL && detail[0] != '\0');
        ck_assert(json_object_has_member(check, "hint"));
        ck_assert(hint == NULL || hint[0] != '\0');
        ck_assert(hint != NULL || strcmp(status, "ok") == 0);
        ck_assert(strcmp(status, "ok") == 0 || strcmp(status, "warning") == 0 ||
                  strcmp(status, "error") == 0);
        ok = ok && strcmp(status, "error") != 0;
    }
    ck_assert_int_eq(sbx_json_get_boolean(report, "ok", !ok), ok);
}
END_TEST

START_TEST(is_quick)
{
    gint64 start = g_get_monotonic_time();
    g_autoptr(JsonObject) report = examine(NULL, NULL, NULL);

    ck_assert_int_lt(g_get_monotonic_time() - start, REPORT_MS * G_TIME_SPAN_MILLISECOND);
    ck_assert_ptr_nonnull(find(report, "qemu"));
}
END_TEST

START_TEST(without_programs)
{
    g_autoptr(JsonObject) report = examine("--path=/nonexistent", NULL, NULL);

    assert_check(report, "qemu", "error", "/nonexistent", "qemu-system-x86");
    assert_check(report, "accelerator", "error", NULL, "qemu-system-x86");
    assert_check(report, "mke2fs", "error", "/nonexistent", "e2fsprogs");
    ck_assert(json_object_get_null_member(report, "accelerator"));
    ck_assert(!sbx_json_get_boolean(report, "ok", TRUE));
}
END_TEST

/* The keeper's PATH is fixed; the caller's is where tools that build images are looked for. */
START_TEST(without_tools)
{
    g_autoptr(JsonObject) report = examine(NULL, "PATH", "/nonexistent");

    assert_check(report, "image-tools", "warning", "mmdebstrap", " mmdebstrap");
    assert_check(report, "image-tools", "warning", " xz", " xz-utils");
}
END_TEST

START_TEST(without_driver)
{
    g_autoptr(JsonObject) report = examine(NULL, "LIBVIRT_DRIVER_DIR", "/nonexistent");

    assert_check(report, "libvirt-driver", "error", "libvirt_driver_qemu.so",
                 "libvirt-daemon-driver-qemu");
    ck_assert(!sbx_json_get_boolean(report, "ok", TRUE));
}
END_TEST

/* A QEMU that is not one, and one that hangs. */
START_TEST(strange_qemu)
{
    static const char *const scripts[] = {"#!/bin/sh\necho hello\n", "#!/bin/sh\nexec sleep 60\n"};
    g_autofree char *qemu = g_build_filename(dir, "qemu-system-x86_64", NULL);
    g_autofree char *path = g_strdup_printf("--path=%s", dir);

    for (size_t i = 0; i < G_N_ELEMENTS(scripts); i++) {
        g_autoptr(JsonObject) report = NULL;

        ck_assert(g_file_set_contents(qemu, scripts[i], -1, NULL));
        ck_assert_int_eq(chmod(qemu, 0755), 0);
        report = examine(path, NULL, NULL);
        assert_check(report, "qemu", "error", i == 0 ? "hello" : "says nothing", "qemu-system-x86");
        g_remove(qemu);
    }
}
END_TEST

START_TEST(other_uri)
{
    g_autoptr(JsonObject) report = examine(NULL, "LIBSANDBOX_URI", "qemu:///system");

    ck_assert_str_eq(sbx_json_get_string(report, "uri"), "qemu:///system");
    assert_check(report, "libvirt-driver", "error", "qemu:///system", "libvirtd");
}
END_TEST

START_TEST(unusable_directories)
{
    g_autoptr(JsonObject) report = examine("--data-dir=/dev/null/data", NULL, NULL);
    g_autoptr(JsonObject) other = examine("--runtime-dir=/dev/null", NULL, NULL);
    g_autoptr(JsonObject) third = examine("--missing=sbx-agent", NULL, NULL);

    assert_check(report, "data-dir", "warning", "not a directory", "LIBSANDBOX_DATA_DIR");
    assert_check(other, "runtime-dir", "error", "/dev/null", "XDG_RUNTIME_DIR");
    assert_check(third, "installation", "error", "sbx-agent", NULL);
}
END_TEST

START_TEST(no_image)
{
    g_autofree char *images = g_build_filename(dir, "data", "images", NULL);
    g_autoptr(JsonObject) report = examine(NULL, NULL, NULL);

    /* An ordinary user may find root's. */
    if (geteuid() == 0)
        assert_check(report, "image", "warning", images, "sbx image build");
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("doctor");
    TCase *cases = tcase_create("report");
    SRunner *runner;
    int failed;

    if (argc != 2) {
        g_printerr("usage: test-doctor SBX-KEEPER\n");
        return 2;
    }
    keeper = argv[1];
    tcase_add_checked_fixture(cases, make_dir, remove_dir);
    tcase_set_timeout(cases, 30);
    tcase_add_test(cases, form_of_the_report);
    tcase_add_test(cases, is_quick);
    tcase_add_test(cases, without_programs);
    tcase_add_test(cases, without_tools);
    tcase_add_test(cases, without_driver);
    tcase_add_test(cases, strange_qemu);
    tcase_add_test(cases, other_uri);
    tcase_add_test(cases, unusable_directories);
    tcase_add_test(cases, no_image);
    suite_add_tcase(suite, cases);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
