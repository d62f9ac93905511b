/*
 * The KVM probe: each answer that can be provoked on any host, and a reason with every one.
 */
#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "virt/kvm-probe.h"

START_TEST(absent_device)
{
    g_autofree char *reason = NULL;

    ck_assert_int_eq(sbx_kvm_probe_device("/nonexistent/kvm", &reason), SBX_KVM_ABSENT);
    ck_assert_ptr_nonnull(g_strrstr(reason, "/nonexistent/kvm"));
}
END_TEST

START_TEST(denied_device)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "sbx-kvm-XXXXXX", NULL);
    int fd = g_mkstemp(path);

    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert_int_eq(chmod(path, 0), 0);
    /* Root opens everything; Check runs each test in a process of its own, so give that up. */
    if (geteuid() == 0 && (chown(path, 64123, 64123) < 0 || setuid(64123) < 0))
        ck_abort_msg("setuid");
    g_autofree char *reason = NULL;
    ck_assert_int_eq(sbx_kvm_probe_device(path, &reason), SBX_KVM_DENIED);
    ck_assert_ptr_nonnull(g_strrstr(reason, "permission denied"));
    ck_assert_int_eq(unlink(path), 0);
}
END_TEST

START_TEST(not_kvm_at_all)
{
    g_autofree char *reason = NULL;

    ck_assert_int_eq(sbx_kvm_probe_device("/dev/null", &reason), SBX_KVM_BROKEN);
    ck_assert_ptr_nonnull(g_strrstr(reason, "KVM_GET_API_VERSION"));
}
END_TEST

/* Whatever this host has, the answer comes with a reason and leaves no child behind. */
START_TEST(this_host)
{
    g_autofree char *reason = NULL;
    SbxKvmState state = sbx_kvm_probe(&reason);

    ck_assert_ptr_nonnull(reason);
    ck_assert_str_ne(sbx_kvm_state_name(state), "unknown");
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    if (state == SBX_KVM_BROKEN)
        ck_assert_ptr_nonnull(g_strrstr(reason, "KVM"));
}
END_TEST

START_TEST(reason_is_optional)
{
    ck_assert_int_eq(sbx_kvm_probe_device("/nonexistent/kvm", NULL), SBX_KVM_ABSENT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kvm-probe");
    TCase *cases = tcase_create("probe");

    tcase_add_test(cases, absent_device);
    tcase_add_test(cases, denied_device);
    tcase_add_test(cases, not_kvm_at_all);
    tcase_add_test(cases, this_host);
    tcase_add_test(cases, reason_is_optional);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
