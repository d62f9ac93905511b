/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of a real guest: users, large files in little memory, large directories, the sandbox's end. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vm-env.h"

/* What a process may grow by while a file passes through it. */
#define FLAT_KIB 16384

static sbx_fs_options *as_user(const char *user, unsigned int flags)
{
    sbx_fs_options *options = sbx_fs_options_new();

    ck_assert_int_eq(sbx_fs_options_set_user(options, user, NULL), SBX_OK);
    ck_assert_int_eq(sbx_fs_options_set_flags(options, flags, NULL), SBX_OK);
    return options;
}

static void check_ok(int code, sbx_error *error)
{
    if (code < 0)
        ck_abort_msg("%s: %s", sbx_error_operation(error), sbx_error_message(error));
}

/* Frees and clears the error. */
static void expect(int code, int wanted, sbx_error **error, const char *operation)
{
    vm_check_error(code, wanted, g_steal_pointer(error), operation);
}

START_TEST(users_have_their_rights)
{
    sbx *sandbox = vm_shared();
    sbx_fs_options *root = as_user("root", 0);
    sbx_fs_options *nobody = as_user("no-such-user", 0);
    sbx_error *error = NULL;
    sbx_stat *stat = NULL;
    void *data = NULL;

    check_ok(sbx_fs_write_file(sandbox, "relative", NULL, "x", 1, &error), error);
    check_ok(sbx_fs_stat(sandbox, "/home/app/relative", NULL, &stat, &error), error);
    ck_assert_uint_eq(sbx_stat_uid(stat), 1000);
    sbx_stat_free(stat);
    expect(sbx_fs_write_file(sandbox, "/etc/x", NULL, "x", 1, &error), SBX_E_DENIED, &error,
           "sbx_fs_write_file");
    expect(sbx_fs_read_file(sandbox, "/etc/shadow", NULL, &data, NULL, &error), SBX_E_DENIED, &error,
           "sbx_fs_read_file");
    check_ok(sbx_fs_read_file(sandbox, "/etc/shadow", root, &data, NULL, &error), error);
    sbx_free(data);
    check_ok(sbx_fs_chown(sandbox, "/home/app/relative", 0, 0, root, &error), error);
    expect(sbx_fs_chown(sandbox, "relative", 1000, 1000, NULL, &error), SBX_E_DENIED, &error,
           "sbx_fs_chown");
    expect(sbx_fs_stat(sandbox, "/", nobody, &stat, &error), SBX_E_EXEC, &error,
           "sbx_fs_stat");
    sbx_fs_options_free(root);
    sbx_fs_options_free(nobody);
    sbx_unref(sandbox);
}
END_TEST

/* A file of the guest that is mostly a hole, with something at its end. */
START_TEST(large_files_in_little_memory)
{
    sbx *sandbox = vm_create();
    guint64 size = vm_full() ? UINT64_C(4) << 30 : UINT64_C(256) << 20;
    gint64 keeper = vm_status_kib(vm_keeper(NULL), "RssAnon");
    gint64 own = vm_status_kib(getpid(), "RssAnon");
    gint64 began = vm_now_ms();
    sbx_error *error = NULL;
    uint64_t length = 0;
    struct stat info;
    char tail[4] = "";
    int local = memfd_create("sparse", MFD_CLOEXEC);
    int sink = open("/dev/null", O_WRONLY | O_CLOEXEC);

    g_free(vm_sh(sandbox, "truncate -s 0 big"));
    check_ok(sbx_fs_truncate(sandbox, "big", (int64_t)size, NULL, &error), error);
    check_ok(sbx_fs_read_to_fd(sandbox, "big", NULL, sink, &length, &error), error);
    ck_assert_uint_eq(length, size);
    g_test_message("%" G_GUINT64_FORMAT " MiB read in %" G_GINT64_FORMAT " ms", size >> 20,
                   vm_now_ms() - began);
    ck_assert_int_lt(vm_status_kib(vm_keeper(NULL), "RssAnon"), keeper + FLAT_KIB);
    ck_assert_int_lt(vm_status_kib(getpid(), "RssAnon"), own + FLAT_KIB);
    /* And there: what is written goes to the guest's disk, so less of it. */
    ck_assert_int_eq(ftruncate(local, 100 << 20), 0);
    ck_assert_int_eq(pwrite(local, "end", 3, (100 << 20) - 3), 3);
    check_ok(sbx_fs_write_from_fd(sandbox, "big", NULL, local, &length, &error), error);
    ck_assert_uint_eq(length, 100 << 20);
    ck_assert_int_eq(ftruncate(local, 0), 0);
    lseek(local, 0, SEEK_SET);
    check_ok(sbx_fs_read_to_fd(sandbox, "big", NULL, local, &length, &error), error);
    ck_assert_int_eq(fstat(local, &info), 0);
    ck_assert_int_eq(info.st_size, 100 << 20);
    ck_assert_int_eq(pread(local, tail, 3, (100 << 20) - 3), 3);
    ck_assert_str_eq(tail, "end");
    ck_assert_int_lt(vm_status_kib(vm_keeper(NULL), "RssAnon"), keeper + FLAT_KIB);
    close(local);
    close(sink);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(large_directories)
{
    sbx *sandbox = vm_create();
    int count = vm_full() ? 1000000 : 20000;
    g_autofree char *script = g_strdup_printf("mkdir many && cd many && seq %d | xargs -n 5000 touch",
                                              count);
    gint64 own = vm_status_kib(getpid(), "RssAnon");
    sbx_fs_options *recursive = as_user(NULL, SBX_FS_RECURSIVE);
    sbx_error *error = NULL;
    sbx_dir *dir = NULL;
    int seen = 0;
    int code;

    g_free(vm_sh(sandbox, script));
    check_ok(sbx_fs_read_dir(sandbox, "many", NULL, &dir, &error), error);
    while ((code = sbx_dir_next(dir, &error)) > 0)
        seen++;
    check_ok(code, error);
    ck_assert_int_eq(seen, count);
    ck_assert_int_lt(vm_status_kib(getpid(), "RssAnon"), own + FLAT_KIB);
    sbx_dir_free(dir);
    check_ok(sbx_fs_remove(sandbox, "many", recursive, &error), error);
    sbx_fs_options_free(recursive);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(watch_locks_and_times)
{
    sbx *sandbox = vm_shared();
    sbx_error *error = NULL;
    sbx_watch *watch = NULL;
    sbx_file *file = NULL;
    sbx_stat *stat = NULL;

    check_ok(sbx_fs_mkdir(sandbox, "watched", NULL, &error), error);
    check_ok(sbx_fs_watch(sandbox, "watched", NULL, &watch, &error), error);
    g_free(vm_sh(sandbox, "touch watched/new"));
    ck_assert_int_eq(sbx_watch_next(watch, vm_limit(30000), &error), 1);
    ck_assert_int_eq(sbx_watch_kind(watch), SBX_WATCH_CREATE);
    ck_assert_str_eq(sbx_watch_path(watch), "watched/new");
    sbx_watch_free(watch);
    check_ok(sbx_fs_open(sandbox, "watched/new", SBX_OPEN_READ, NULL, &file, &error), error);
    check_ok(sbx_file_lock(file, SBX_LOCK_EXCLUSIVE, &error), error);
    g_free(vm_sh_fails(sandbox, "flock -n watched/new true", 1));
    sbx_file_unref(file);
    g_free(vm_sh(sandbox, "flock watched/new true"));
    check_ok(sbx_fs_utime(sandbox, "watched/new", 1, 1500000000123456789, NULL, &error), error);
    check_ok(sbx_fs_stat(sandbox, "watched/new", NULL, &stat, &error), error);
    ck_assert_int_eq(sbx_stat_mtime(stat), 1500000000123456789);
    ck_assert_int_gt(sbx_stat_birthtime(stat), 1600000000000000000);
    sbx_stat_free(stat);
    sbx_unref(sandbox);
}
END_TEST

static void *open_fifo(void *data)
{
    sbx_file *file = NULL;
    int code = sbx_fs_open(data, "fifo", SBX_OPEN_READ, NULL, &file, NULL);

    sbx_file_unref(file);
    return GINT_TO_POINTER(code);
}

/* A call that waits in the guest, when the machine is pulled away. */
START_TEST(killed_while_a_call_waits)
{
    sbx *sandbox = vm_create();
    sbx_error *error = NULL;
    void *data = NULL;
    void *code;
    pthread_t thread;

    g_free(vm_sh(sandbox, "mkfifo fifo"));
    ck_assert_int_eq(pthread_create(&thread, NULL, open_fifo, sandbox), 0);
    /* It is there when the worker is. */
    g_free(vm_sh(sandbox, "until grep -qa '^sbx-agent' /proc/[1-9]*/cmdline; do :; done"));
    check_ok(sbx_kill(sandbox, &error), error);
    ck_assert_int_eq(pthread_join(thread, &code), 0);
    ck_assert_int_eq(GPOINTER_TO_INT(code), SBX_E_GONE);
    expect(sbx_fs_read_file(sandbox, "/etc/passwd", NULL, &data, NULL, &error), SBX_E_GONE, &error,
           "sbx_fs_read_file");
    sbx_unref(sandbox);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vm-files");
    TCase *cases = tcase_create("files");

    tcase_set_timeout(cases, 1200);
    tcase_add_test(cases, users_have_their_rights);
    tcase_add_test(cases, large_files_in_little_memory);
    tcase_add_test(cases, large_directories);
    tcase_add_test(cases, watch_locks_and_times);
    tcase_add_test(cases, killed_while_a_call_waits);
    suite_add_tcase(suite, cases);
    vm_use_templates();
    return vm_main("files", suite);
}
