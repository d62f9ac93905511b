/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bad input and bad hosts: each is a clear error of its own, in good time, and leaves nothing
 * behind.
 *
 * A test that needs another host (a broken image, a full disk, no QEMU) has a data and a runtime
 * directory of its own and thus a keeper of its own; the disk and the missing programs are arranged
 * in a mount namespace of the test's process, which only root can make as simply as that.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vm-env.h"
#include "vm-image.h"

/* --- a host of its own --- */

static char *other_runtime;

static void use_other_host(const char *data, const char *name)
{
    other_runtime = vm_path(name);
    g_setenv("LIBSANDBOX_DATA_DIR", data, TRUE);
    g_setenv("LIBSANDBOX_RUNTIME_DIR", other_runtime, TRUE);
    /* Should this test fail, its keeper does not stay for long. */
    g_setenv("LIBSANDBOX_IDLE_SECONDS", "3", TRUE);
}

static void check_no_vm(void)
{
    g_autofree char *vms = g_build_filename(other_runtime, "vm", NULL);
    g_autofree char *option = g_strdup_printf("%s/l/", vms);
    GArray *pids = vm_processes(option);

    ck_assert_msg(pids->len == 0, "%u VMs are left", pids->len);
    g_array_unref(pids);
}

static void leave_other_host(void)
{
    GArray *pids = vm_processes(other_runtime);
    GArray *pidfds = vm_pidfds(pids);
    g_autofree char *left = NULL;

    g_array_unref(pids);
    ck_assert_int_ge(sbx_keeper_stop(1, NULL), 0);
    ck_assert_msg(vm_wait_all_gone(pidfds, 5000), "the keeper does not end");
    left = vm_leftovers(other_runtime);
    ck_assert_msg(left == NULL, "left behind:\n%s", left);
}

static void expect_no_sandbox(const sbx_options *options, int wanted, const char *pattern)
{
    sbx *sandbox = NULL;
    sbx_error *error = NULL;
    gint64 start = vm_now_ms();
    int code = sbx_create(options, &sandbox, &error);
    const char *cause = error != NULL ? sbx_error_cause(error) : NULL;

    ck_assert_msg(code < 0, "a sandbox was created");
    ck_assert_ptr_null(sandbox);
    printf("  %s: %s (%d ms)%s%s\n", sbx_error_code_name(code), sbx_error_message(error),
           (int)(vm_now_ms() - start), cause != NULL ? ": " : "", cause != NULL ? cause : "");
    ck_assert_msg(g_regex_match_simple(pattern, sbx_error_message(error), 0, 0) ||
                      (cause != NULL && g_regex_match_simple(pattern, cause, 0, 0)),
                  "\"%s\" does not match %s", sbx_error_message(error), pattern);
    vm_check_error(code, wanted, error, "sbx_create");
}

/* --- bad input --- */

START_TEST(no_such_image)
{
    sbx_options *options = vm_options(256 * VM_MIB);

    ck_assert_int_eq(sbx_options_set_image(options, "builtin:debian-99", NULL), SBX_OK);
    expect_no_sandbox(options, SBX_E_NOT_FOUND, "debian-99");
    ck_assert_int_eq(
        sbx_options_set_image(options, SBX_IMAGE_DEFAULT "@20200101T000000Z-00000000", NULL),
        SBX_OK);
    expect_no_sandbox(options, SBX_E_NOT_FOUND, "20200101T000000Z");
    sbx_options_unref(options);
}
END_TEST

START_TEST(impossible_sizes)
{
    sbx_options *options = vm_options(256 * VM_MIB);
    static const guint64 sizes[] = {0, 10 * VM_MIB, SBX_MEMORY_MIN - 1, UINT64_MAX};
    static const unsigned int counts[] = {0, 1000, UINT_MAX};

    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        sbx_error *error = NULL;
        int code = sbx_options_set_memory(options, sizes[i], &error);

        vm_check_error(code, SBX_E_INVALID, error, "sbx_options_set_memory");
    }
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        sbx_error *error = NULL;
        int code = sbx_options_set_vcpus(options, counts[i], &error);

        vm_check_error(code, SBX_E_INVALID, error, "sbx_options_set_vcpus");
    }
    ck_assert_int_eq(sbx_options_set_memory(options, SBX_MEMORY_MAX, NULL), SBX_OK);
    expect_no_sandbox(options, SBX_E_BUSY, "MiB of memory and the host has");
    sbx_options_unref(options);
}
END_TEST

START_TEST(ids_that_are_none)
{
    static const struct {
        const char *id;
        int code;
    } ids[] = {
        {"", SBX_E_INVALID},
        {"x", SBX_E_INVALID},
        {"sbx_loc_", SBX_E_INVALID},
        {"sbx_loc_0000000000000000000i", SBX_E_INVALID},
        {"sbx_LOC_00000000000000000000", SBX_E_INVALID},
        {"../../../etc/passwd", SBX_E_INVALID},
        {"sbx_loc_00000000000000000000", SBX_E_NOT_FOUND},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        sbx *sandbox = NULL;
        sbx_error *error = NULL;
        int code = sbx_connect(ids[i].id, NULL, &sandbox, &error);

        vm_check_error(code, ids[i].code, error, "sbx_connect");
    }
}
END_TEST

START_TEST(not_enough_time)
{
    sbx_options *options = vm_options(256 * VM_MIB);
    sbx_list *list = NULL;

    ck_assert_int_eq(sbx_options_set_start_timeout(options, 1, NULL), SBX_OK);
    expect_no_sandbox(options, SBX_E_BOOT, "did not answer within");
    ck_assert_int_eq(sbx_options_set_start_timeout(options, 1000, NULL), SBX_OK);
    expect_no_sandbox(options, SBX_E_BOOT, "did not answer within");
    /* A sandbox made after it means that the keeper is done with it. */
    sbx_unref(vm_create());
    ck_assert_int_eq(sbx_list_get(&list, NULL), SBX_OK);
    for (size_t i = 0; i < sbx_list_length(list); i++)
        ck_assert_int_ne(sbx_list_status(list, i), SBX_STATUS_STARTING);
    sbx_list_free(list);
    sbx_options_unref(options);
}
END_TEST

/* --- bad images --- */

static const struct {
    const char *name;
    VmImage kind;
    int code;
    const char *pattern;
} images[] = {
    {"truncated", VM_IMAGE_TRUNCATED_ROOTFS, SBX_E_IMAGE, "rootfs.ext4 has 104857600 bytes"},
    {"flipped", VM_IMAGE_FLIPPED_BYTE, SBX_E_IMAGE, "rootfs.ext4 differs from its checksum"},
    {"flippedk", VM_IMAGE_FLIPPED_KERNEL, SBX_E_IMAGE, "vmlinux differs from its checksum"},
    {"nokernel", VM_IMAGE_NO_KERNEL, SBX_E_IMAGE, "vmlinux is missing"},
    {"manifest", VM_IMAGE_BAD_MANIFEST, SBX_E_IMAGE, "manifest.json"},
    {"nocode", VM_IMAGE_NO_KERNEL_CODE, SBX_E_BOOT, "."},
    {"panics", VM_IMAGE_PANICS, SBX_E_BOOT, "(?i)panic|cannot mount|died while it booted"},
    {"silent", VM_IMAGE_NEVER_ANSWERS, SBX_E_BOOT, "did not answer within 5000 ms"},
};

START_TEST(a_broken_image)
{
    g_autofree char *directory = g_strdup_printf("i%d", _i);
    g_autofree char *runtime = g_strdup_printf("r%d", _i);
    g_autofree char *data = vm_image_make(images[_i].kind, directory);
    sbx_options *options = vm_options(256 * VM_MIB);

    if (images[_i].kind == VM_IMAGE_NEVER_ANSWERS)
        ck_assert_int_eq(sbx_options_set_start_timeout(options, 5000, NULL), SBX_OK);
    use_other_host(data, runtime);
    printf("  %s:\n", images[_i].name);
    expect_no_sandbox(options, images[_i].code, images[_i].pattern);
    leave_other_host();
    sbx_options_unref(options);
}
END_TEST

/* --- bad hosts --- */

static gboolean can_mount(void)
{
    if (geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
        return TRUE;
    printf("  not tested: only root can arrange this host\n");
    return FALSE;
}

/* A data directory on a file system of @size that has the base image, as far as it shows. */
static void use_small_disk(const char *name, const char *size)
{
    g_autofree char *data = vm_path(name);
    g_autofree char *runtime = g_strdup_printf("r%s", name);
    g_autofree char *cache = g_build_filename(data, "cache", NULL);
    g_autofree char *link = g_build_filename(cache, "libvirt", NULL);
    g_autofree char *shared = vm_path("data/cache/libvirt");
    g_autofree char *images_link = g_build_filename(data, "images", NULL);
    g_autofree char *images_of = vm_path("data/images");
    g_autofree char *options = g_strdup_printf("size=%s,mode=0755", size);

    ck_assert_int_eq(g_mkdir(data, 0755), 0);
    ck_assert_int_eq(mount("small", data, "tmpfs", 0, options), 0);
    ck_assert_int_eq(g_mkdir(cache, 0755), 0);
    ck_assert_int_eq(symlink(shared, link), 0);
    ck_assert_int_eq(symlink(images_of, images_link), 0);
    use_other_host(data, runtime);
}

START_TEST(the_disk_is_full_before)
{
    sbx_options *options = vm_options(256 * VM_MIB);

    if (can_mount()) {
        use_small_disk("full", "20m");
        expect_no_sandbox(options, SBX_E_NO_SPACE, "disk");
        check_no_vm();
        leave_other_host();
    }
    sbx_options_unref(options);
}
END_TEST

/* The guest sees an I/O error, and later, when there is room again, a disk that works. */
START_TEST(the_disk_is_full_meanwhile)
{
    sbx *sandbox;
    g_autofree char *said = NULL;
    gint64 start;

    if (!can_mount())
        return;
    use_small_disk("tight", "120m");
    sandbox = vm_create();
    start = vm_now_ms();
    said =
        vm_sh_fails(sandbox, "dd if=/dev/urandom of=big bs=1M count=200 conv=fsync status=none", 1);
    printf("  the host's disk is full: after %d ms the guest reads %s", (int)(vm_now_ms() - start),
           said);
    ck_assert_msg(strstr(said, "Input/output error") != NULL ||
                      strstr(said, "No space left") != NULL,
                  "\"%s\"", said);
    ck_assert_int_eq(sbx_kill(sandbox, NULL), SBX_OK);
    sbx_unref(sandbox);
    leave_other_host();
}
END_TEST

static void hide(const char *path)
{
    g_autofree char *real = realpath(path, NULL);

    ck_assert_msg(mount("/dev/null", real, NULL, MS_BIND, NULL) == 0, "cannot hide %s: %s", path,
                  g_strerror(errno));
}

START_TEST(there_is_no_qemu)
{
    g_autofree char *data = vm_path("data");
    g_autofree char *qemu = g_find_program_in_path("qemu-system-x86_64");
    sbx_options *options = vm_options(256 * VM_MIB);

    if (qemu != NULL && can_mount()) {
        hide(qemu);
        use_other_host(data, "rq");
        expect_no_sandbox(options, SBX_E_UNAVAILABLE, "(?i)qemu");
        leave_other_host();
    }
    sbx_options_unref(options);
}
END_TEST

START_TEST(there_is_no_libvirt)
{
    g_autofree char *data = vm_path("data");
    static const char *const places[] = {"/usr/lib/x86_64-linux-gnu/libvirt.so.0",
                                         "/usr/lib64/libvirt.so.0", "/usr/lib/libvirt.so.0"};
    sbx_options *options = vm_options(256 * VM_MIB);
    const char *place = NULL;

    for (size_t i = 0; place == NULL && i < G_N_ELEMENTS(places); i++)
        if (g_file_test(places[i], G_FILE_TEST_EXISTS))
            place = places[i];
    if (place != NULL && can_mount()) {
        hide(place);
        use_other_host(data, "rl");
        expect_no_sandbox(options, SBX_E_UNAVAILABLE, "library is missing");
        leave_other_host();
    }
    sbx_options_unref(options);
}
END_TEST

START_TEST(a_path_too_long_for_sockets)
{
    g_autofree char *data = vm_path("data");
    g_autofree char *deep = g_strnfill(180, 'd');
    g_autofree char *runtime = g_build_filename(deep, "run", NULL);
    sbx *sandbox;

    use_other_host(data, runtime);
    sandbox = vm_create();
    g_free(vm_sh(sandbox, "true"));
    sbx_unref(sandbox);
    leave_other_host();
}
END_TEST

START_TEST(a_runtime_directory_of_someone_else)
{
    g_autofree char *data = vm_path("data");
    g_autofree char *target = vm_path("target");
    sbx_options *options = vm_options(256 * VM_MIB);
    struct stat status;

    use_other_host(data, "rw");
    ck_assert_int_eq(g_mkdir(other_runtime, 0755), 0);
    ck_assert_int_eq(chmod(other_runtime, 0777), 0);
    expect_no_sandbox(options, SBX_E_DENIED, "only you can write");
    ck_assert_int_eq(g_rmdir(other_runtime), 0);
    ck_assert_int_eq(g_mkdir(target, 0755), 0);
    ck_assert_int_eq(symlink(target, other_runtime), 0);
    expect_no_sandbox(options, SBX_E_DENIED, "only you can write");
    ck_assert_int_eq(stat(target, &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0755); /* not touched through the link */
    ck_assert_int_eq(unlink(other_runtime), 0);
    sbx_options_unref(options);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vm-faults");
    TCase *input = tcase_create("input");
    TCase *broken = tcase_create("images");
    TCase *hosts = tcase_create("hosts");

    tcase_set_timeout(input, vm_limit(120000) / 1000);
    tcase_add_test(input, no_such_image);
    tcase_add_test(input, impossible_sizes);
    tcase_add_test(input, ids_that_are_none);
    tcase_add_test(input, not_enough_time);
    suite_add_tcase(suite, input);
    tcase_set_timeout(broken, vm_limit(180000) / 1000);
    tcase_add_loop_test(broken, a_broken_image, 0, G_N_ELEMENTS(images));
    suite_add_tcase(suite, broken);
    tcase_set_timeout(hosts, vm_limit(180000) / 1000);
    tcase_add_test(hosts, the_disk_is_full_before);
    tcase_add_test(hosts, the_disk_is_full_meanwhile);
    tcase_add_test(hosts, there_is_no_qemu);
    tcase_add_test(hosts, there_is_no_libvirt);
    tcase_add_test(hosts, a_path_too_long_for_sockets);
    tcase_add_test(hosts, a_runtime_directory_of_someone_else);
    suite_add_tcase(suite, hosts);
    return vm_main("vm-faults", suite);
}
