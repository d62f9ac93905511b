/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files by paths: the real library, keeper, agent and worker, without a VM. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "files-fixture.h"
#include "lib/test-keeper.h"

START_TEST(whole_files)
{
    sbx_error *error = NULL;
    void *data = NULL;
    size_t length = 0;

    put(at("a"), "hello");
    assert_text(at("a"), "hello");
    put(at("a"), "");
    assert_text(at("a"), "");
    test_ok(sbx_fs_write_file(box, at("b"), NULL, "\0\xff\n\0", 4, &error), &error);
    test_ok(sbx_fs_read_file(box, at("b"), NULL, &data, &length, &error), &error);
    ck_assert_uint_eq(length, 4);
    ck_assert_mem_eq(data, "\0\xff\n\0\0", 5);
    sbx_free(data);
    /* One worker does it all. */
    ck_assert_uint_eq(worker_count(), 1);
}
END_TEST

START_TEST(write_flags)
{
    static const struct {
        unsigned int flags;
        int code_missing;
        int code_there;
        const char *text;
    } cases[] = {
        {SBX_FS_APPEND, SBX_OK, SBX_OK, "oldnew"},
        {SBX_FS_CREATE_NEW, SBX_OK, SBX_E_EXISTS, "old"},
        {SBX_FS_NO_CREATE, SBX_E_NOT_FOUND, SBX_OK, "new"},
        {SBX_FS_ATOMIC, SBX_OK, SBX_OK, "new"},
        {SBX_FS_ATOMIC | SBX_FS_CREATE_NEW, SBX_OK, SBX_E_EXISTS, "old"},
        {SBX_FS_ATOMIC | SBX_FS_NO_CREATE, SBX_E_NOT_FOUND, SBX_OK, "new"},
        {SBX_FS_ATOMIC | SBX_FS_APPEND, SBX_E_INVALID, SBX_E_INVALID, "old"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        sbx_fs_options *options = with_flags(cases[i].flags);
        g_autofree char *name = g_strdup_printf("missing%zu", i);
        g_autofree char *list = NULL;

        put(at("there"), "old");
        ck_assert_int_eq(sbx_fs_write_file(box, at(name), options, "new", 3, NULL),
                         cases[i].code_missing);
        ck_assert_int_eq(sbx_fs_write_file(box, at("there"), options, "new", 3, NULL),
                         cases[i].code_there);
        assert_text(at("there"), cases[i].text);
        if (cases[i].code_missing == SBX_OK)
            assert_text(at(name), "new");
        /* Nothing is left of what went wrong. */
        list = sh("ls -A '%s' | grep -v -e there -e missing | wc -l", top);
        ck_assert_str_eq(list, "0\n");
        sbx_fs_options_free(options);
    }
}
END_TEST

START_TEST(modes_and_umask)
{
    sbx_fs_options *options = sbx_fs_options_new();
    sbx_error *error = NULL;
    sbx_stat *stat;
    int before = -1;

    put(at("plain"), "x");
    stat = look(at("plain"));
    ck_assert_uint_eq(sbx_stat_mode(stat), S_IFREG | 0644);
    sbx_stat_free(stat);
    test_ok(sbx_fs_umask(box, 077, &before, &error), &error);
    ck_assert_int_eq(before, 022);
    put(at("private"), "x");
    stat = look(at("private"));
    ck_assert_uint_eq(sbx_stat_mode(stat), S_IFREG | 0600);
    sbx_stat_free(stat);
    test_ok(sbx_fs_umask(box, -1, &before, &error), &error);
    ck_assert_int_eq(before, 077);
    test_failed(sbx_fs_umask(box, 01000, NULL, &error), SBX_E_INVALID, &error, "mask");
    /* One that is asked for holds for files that are there, too. */
    test_ok(sbx_fs_options_set_mode(options, 0751, &error), &error);
    test_ok(sbx_fs_write_file(box, at("plain"), options, "y", 1, &error), &error);
    stat = look(at("plain"));
    ck_assert_uint_eq(sbx_stat_mode(stat), S_IFREG | 0751);
    sbx_stat_free(stat);
    test_ok(sbx_fs_umask(box, 0, NULL, &error), &error);
    test_ok(sbx_fs_mkdir(box, at("dir"), options, &error), &error);
    stat = look(at("dir"));
    ck_assert_uint_eq(sbx_stat_mode(stat), S_IFDIR | 0751);
    sbx_stat_free(stat);
    test_ok(sbx_fs_chmod(box, at("dir"), 01700, NULL, &error), &error);
    stat = look(at("dir"));
    ck_assert_uint_eq(sbx_stat_mode(stat), S_IFDIR | 01700);
    sbx_stat_free(stat);
    test_failed(sbx_fs_chmod(box, at("dir"), -1, NULL, &error), SBX_E_INVALID, &error, "mode");
    sbx_fs_options_free(options);
}
END_TEST

/* The new contents beside the old, until they are whole; the file's mode stays. */
START_TEST(atomic_replacement)
{
    sbx_fs_options *options = with_flags(SBX_FS_ATOMIC);
    sbx_error *error = NULL;
    sbx_stat *before, *after;

    put(at("file"), "old");
    test_ok(sbx_fs_chmod(box, at("file"), 0640, NULL, &error), &error);
    test_ok(sbx_fs_symlink(box, "file", at("link"), NULL, &error), &error);
    before = look(at("file"));
    test_ok(sbx_fs_write_file(box, at("link"), options, "new", 3, &error), &error);
    after = look(at("file"));
    ck_assert_uint_ne(sbx_stat_ino(before), sbx_stat_ino(after));
    ck_assert_uint_eq(sbx_stat_mode(after), S_IFREG | 0640);
    sbx_stat_free(before);
    sbx_stat_free(after);
    assert_text(at("file"), "new");
    after = look(at("link"));
    ck_assert(sbx_stat_is_symlink(after));
    sbx_stat_free(after);
    test_failed(sbx_fs_write_file(box, top, options, "x", 1, &error), SBX_E_FILE, &error, top);
    sbx_fs_options_free(options);
}
END_TEST

START_TEST(all_fields_of_stat)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) fields = NULL;
    sbx_stat *stat;

    put(at("f"), "four");
    stat = look(at("f"));
    text = sh("stat -c '%%s %%d %%i %%h %%u %%g %%b %%o %%f %%.9X %%.9Y %%.9Z' '%s'", at("f"));
    fields = g_strsplit(g_strstrip(text), " ", -1);
    ck_assert_uint_eq(sbx_stat_size(stat), g_ascii_strtoull(fields[0], NULL, 10));
    ck_assert_uint_eq(sbx_stat_dev(stat), g_ascii_strtoull(fields[1], NULL, 10));
    ck_assert_uint_eq(sbx_stat_ino(stat), g_ascii_strtoull(fields[2], NULL, 10));
    ck_assert_uint_eq(sbx_stat_nlink(stat), g_ascii_strtoull(fields[3], NULL, 10));
    ck_assert_uint_eq(sbx_stat_uid(stat), g_ascii_strtoull(fields[4], NULL, 10));
    ck_assert_uint_eq(sbx_stat_gid(stat), g_ascii_strtoull(fields[5], NULL, 10));
    ck_assert_uint_eq(sbx_stat_blocks(stat), g_ascii_strtoull(fields[6], NULL, 10));
    ck_assert_uint_eq(sbx_stat_blksize(stat), g_ascii_strtoull(fields[7], NULL, 10));
    ck_assert_uint_eq(sbx_stat_mode(stat), g_ascii_strtoull(fields[8], NULL, 16));
    for (int i = 0; i < 3; i++) {
        int64_t have = i == 0   ? sbx_stat_atime(stat)
                       : i == 1 ? sbx_stat_mtime(stat)
                                : sbx_stat_ctime(stat);
        g_autofree char *shown = g_strdup_printf("%" G_GINT64_FORMAT ".%09d", have / 1000000000,
                                                 (int)(have % 1000000000));
        ck_assert_str_eq(shown, fields[9 + i]);
    }
    ck_assert(sbx_stat_birthtime(stat) == SBX_TIME_UNKNOWN ||
              sbx_stat_birthtime(stat) <= sbx_stat_mtime(stat));
    ck_assert_uint_eq(sbx_stat_rdev(stat), 0);
    sbx_stat_free(stat);
    stat = look("/dev/null");
    ck_assert(sbx_stat_is_char_device(stat));
    ck_assert_uint_eq(sbx_stat_rdev(stat), 0x103);
    sbx_stat_free(stat);
}
END_TEST

START_TEST(kinds)
{
    sbx_error *error = NULL;
    sbx_stat *stat = NULL;

    g_free(sh("cd '%s' && touch file && mkdir dir && ln -s file link && mkfifo fifo", top));
    stat = look(at("link"));
    ck_assert(sbx_stat_is_symlink(stat) && !sbx_stat_is_file(stat));
    sbx_stat_free(stat);
    test_ok(sbx_fs_stat(box, at("link"), NULL, &stat, &error), &error);
    ck_assert(!sbx_stat_is_symlink(stat) && sbx_stat_is_file(stat));
    sbx_stat_free(stat);
    stat = look(at("dir"));
    ck_assert(sbx_stat_is_directory(stat) && !sbx_stat_is_socket(stat));
    sbx_stat_free(stat);
    stat = look(at("fifo"));
    ck_assert(sbx_stat_is_fifo(stat) && !sbx_stat_is_block_device(stat));
    sbx_stat_free(stat);
}
END_TEST

START_TEST(times)
{
    sbx_fs_options *options = with_flags(SBX_FS_NO_FOLLOW);
    sbx_error *error = NULL;
    sbx_stat *stat;
    int64_t mtime;

    put(at("f"), "x");
    test_ok(sbx_fs_symlink(box, "f", at("l"), NULL, &error), &error);
    test_ok(sbx_fs_utime(box, at("f"), 1234567890123456789, -5, NULL, &error), &error);
    stat = look(at("f"));
    ck_assert_int_eq(sbx_stat_atime(stat), 1234567890123456789);
    ck_assert_int_eq(sbx_stat_mtime(stat), -5);
    sbx_stat_free(stat);
    test_ok(sbx_fs_utime(box, at("l"), SBX_TIME_OMIT, 42, options, &error), &error);
    stat = look(at("l"));
    ck_assert_int_eq(sbx_stat_mtime(stat), 42);
    sbx_stat_free(stat);
    test_ok(sbx_fs_utime(box, at("f"), SBX_TIME_OMIT, SBX_TIME_NOW, NULL, &error), &error);
    stat = look(at("f"));
    mtime = sbx_stat_mtime(stat);
    ck_assert_int_eq(sbx_stat_atime(stat), 1234567890123456789);
    ck_assert_int_gt(mtime, 1600000000000000000);
    sbx_stat_free(stat);
    sbx_fs_options_free(options);
}
END_TEST

START_TEST(paths_of_all_kinds)
{
    static const char *const names[] = {"with\nnewline", "\xff\xfe invalid", " ", "-rf", "*",
                                        "caf\xc3\xa9"};
    sbx_error *error = NULL;
    g_autofree char *longest = g_strnfill(255, 'n');
    g_autofree char *too_long = g_strnfill(256, 'n');
    g_autofree char *endless = g_strnfill(5000, 'n');
    g_autofree char *slashes = g_strnfill(4095, '/');
    sbx_stat *stat = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        put(at(names[i]), names[i]);
        assert_text(at(names[i]), names[i]);
    }
    put(at(longest), "long");
    test_failed(sbx_fs_write_file(box, at(too_long), NULL, "", 0, &error), SBX_E_INVALID, &error,
                "nnn");
    test_failed(sbx_fs_lstat(box, endless, NULL, &stat, &error), SBX_E_INVALID, &error, "5000");
    test_ok(sbx_fs_lstat(box, slashes, NULL, &stat, &error), &error);
    sbx_stat_free(stat);
    stat = NULL;
    test_failed(sbx_fs_lstat(box, "", NULL, &stat, &error), SBX_E_NOT_FOUND, &error, "\"\"");
    test_failed(sbx_fs_lstat(box, NULL, NULL, &stat, &error), SBX_E_INVALID, &error, "NULL");
    test_failed(sbx_fs_lstat(box, at("a\n\xff"), NULL, &stat, &error), SBX_E_NOT_FOUND, &error,
                "a\\x0a\xef\xbf\xbd");
    ck_assert_ptr_null(stat);
}
END_TEST

START_TEST(failures_say_why)
{
    sbx_error *error = NULL;
    void *data = NULL;
    char *text = NULL;
    sbx_dir *dir = NULL;

    g_free(sh("cd '%s' && mkdir dir dir/sub && echo x >file && ln -s a b && ln -s b a", top));
    assert_errno(sbx_fs_read_file(box, at("none"), NULL, &data, NULL, &error), SBX_E_NOT_FOUND,
                 ENOENT, &error, "No such file");
    assert_errno(sbx_fs_read_file(box, at("dir"), NULL, &data, NULL, &error), SBX_E_FILE, EISDIR,
                 &error, "directory");
    assert_errno(sbx_fs_read_file(box, at("file/x"), NULL, &data, NULL, &error), SBX_E_FILE,
                 ENOTDIR, &error, "Not a directory");
    assert_errno(sbx_fs_read_file(box, at("a"), NULL, &data, NULL, &error), SBX_E_FILE, ELOOP,
                 &error, "symbolic links");
    assert_errno(sbx_fs_mkdir(box, at("dir"), NULL, &error), SBX_E_EXISTS, EEXIST, &error, "dir");
    assert_errno(sbx_fs_remove(box, at("dir"), NULL, &error), SBX_E_FILE, ENOTEMPTY, &error, "dir");
    assert_errno(sbx_fs_readlink(box, at("file"), NULL, &text, &error), SBX_E_INVALID, EINVAL,
                 &error, "file");
    assert_errno(sbx_fs_write_file(box, at("dir"), NULL, "x", 1, &error), SBX_E_FILE, EISDIR, &error,
                 "dir");
    assert_errno(sbx_fs_copy_file(box, at("file"), at("file"), NULL, &error), SBX_E_INVALID, EINVAL,
                 &error, "file");
    assert_text(at("file"), "x\n");
    test_failed(sbx_fs_truncate(box, at("file"), -1, NULL, &error), SBX_E_INVALID, &error,
                "negative");
    test_failed(sbx_fs_write_file(box, at("file"), NULL, "", (size_t)-1, &error), SBX_E_INVALID,
                &error, "negative");
    test_ok(sbx_fs_read_dir(box, at("file"), NULL, &dir, &error), &error);
    assert_errno(sbx_dir_next(dir, &error), SBX_E_FILE, ENOTDIR, &error, "file");
    assert_errno(sbx_dir_next(dir, &error), SBX_E_FILE, ENOTDIR, &error, "file");
    sbx_dir_free(dir);
    if (is_ordinary())
        assert_errno(sbx_fs_write_file(box, "/usr/x", NULL, "x", 1, &error), SBX_E_DENIED, EACCES,
                     &error, "/usr/x");
    ck_assert_ptr_null(data);
    ck_assert_ptr_null(text);
    /* None of this cost a worker. */
    ck_assert_uint_eq(worker_count(), 1);
}
END_TEST

/* What was not taken is not read on. */
START_TEST(a_cap_on_what_is_read)
{
    sbx_fs_options *options = sbx_fs_options_new();
    sbx_error *error = NULL;
    void *data = NULL;

    sbx_fs_options_set_max_size(options, 5);
    put(at("f"), "12345");
    test_ok(sbx_fs_read_file(box, at("f"), options, &data, NULL, &error), &error);
    ck_assert_str_eq(data, "12345");
    sbx_free(data);
    data = NULL;
    put(at("f"), "123456");
    test_failed(sbx_fs_read_file(box, at("f"), options, &data, NULL, &error), SBX_E_TOO_BIG, &error,
                "f");
    /* It says nothing of its size. */
    test_failed(sbx_fs_read_file(box, "/dev/zero", options, &data, NULL, &error), SBX_E_TOO_BIG,
                &error, "/dev/zero");
    ck_assert_ptr_null(data);
    sbx_fs_options_free(options);
}
END_TEST

START_TEST(links_names_and_copies)
{
    sbx_fs_options *keep = with_flags(SBX_FS_NO_REPLACE);
    sbx_error *error = NULL;
    sbx_stat *stat;
    char *text = NULL;

    put(at("f"), "text");
    test_ok(sbx_fs_link(box, at("f"), at("hard"), NULL, &error), &error);
    stat = look(at("hard"));
    ck_assert_uint_eq(sbx_stat_nlink(stat), 2);
    sbx_stat_free(stat);
    test_ok(sbx_fs_symlink(box, "../no such\n", at("soft"), NULL, &error), &error);
    test_ok(sbx_fs_readlink(box, at("soft"), NULL, &text, &error), &error);
    ck_assert_str_eq(text, "../no such\n");
    sbx_free(text);
    test_ok(sbx_fs_realpath(box, at("././hard"), NULL, &text, &error), &error);
    ck_assert_str_eq(text, at("hard"));
    sbx_free(text);
    test_ok(sbx_fs_chmod(box, at("f"), 0755, NULL, &error), &error);
    test_ok(sbx_fs_copy_file(box, at("f"), at("copy"), NULL, &error), &error);
    assert_text(at("copy"), "text");
    stat = look(at("copy"));
    ck_assert_uint_eq(sbx_stat_mode(stat), S_IFREG | 0755);
    sbx_stat_free(stat);
    test_failed(sbx_fs_copy_file(box, at("f"), at("copy"), keep, &error), SBX_E_EXISTS, &error,
                "copy");
    test_failed(sbx_fs_rename(box, at("f"), at("copy"), keep, &error), SBX_E_EXISTS, &error, "copy");
    test_ok(sbx_fs_rename(box, at("f"), at("copy"), NULL, &error), &error);
    test_failed(sbx_fs_rename(box, at("f"), at("copy"), NULL, &error), SBX_E_NOT_FOUND, &error,
                "\"");
    test_ok(sbx_fs_truncate(box, at("copy"), 2, NULL, &error), &error);
    assert_text(at("copy"), "te");
    /* What has no size to copy. */
    test_ok(sbx_fs_copy_file(box, "/proc/self/status", at("copy"), NULL, &error), &error);
    g_free(sh("grep -q '^Name:' '%s'", at("copy")));
    sbx_fs_options_free(keep);
}
END_TEST

START_TEST(owners)
{
    sbx_error *error = NULL;

    put(at("f"), "");
    test_ok(sbx_fs_chown(box, at("f"), -1, -1, NULL, &error), &error);
    test_failed(sbx_fs_chown(box, at("f"), -2, 0, NULL, &error), SBX_E_INVALID, &error, "-2");
    test_failed(sbx_fs_chown(box, at("f"), 4294967295, 0, NULL, &error), SBX_E_INVALID, &error,
                "4294967295");
}
END_TEST

START_TEST(temporary_ones)
{
    sbx_fs_options *options = sbx_fs_options_new();
    sbx_error *error = NULL;
    sbx_stat *stat;
    char *one = NULL;
    char *two = NULL;

    test_ok(sbx_fs_options_set_directory(options, top, &error), &error);
    test_ok(sbx_fs_options_set_affixes(options, "pre-", ".suf", &error), &error);
    test_ok(sbx_fs_temp_file(box, options, &one, &error), &error);
    test_ok(sbx_fs_temp_dir(box, options, &two, &error), &error);
    ck_assert(g_str_has_prefix(one, at("pre-")) && g_str_has_suffix(one, ".suf"));
    ck_assert_str_ne(one, two);
    stat = look(one);
    ck_assert_uint_eq(sbx_stat_mode(stat), S_IFREG | 0600);
    sbx_stat_free(stat);
    stat = look(two);
    ck_assert_uint_eq(sbx_stat_mode(stat), S_IFDIR | 0700);
    sbx_stat_free(stat);
    sbx_free(one);
    sbx_free(two);
    test_failed(sbx_fs_options_set_affixes(options, "a/b", NULL, &error), SBX_E_INVALID, &error,
                "/");
    test_ok(sbx_fs_options_set_directory(options, at("none"), &error), &error);
    one = NULL;
    test_failed(sbx_fs_temp_file(box, options, &one, &error), SBX_E_NOT_FOUND, &error, "none");
    sbx_fs_options_free(options);
}
END_TEST

static Suite *suite(void)
{
    Suite *files = suite_create("keeper-files");
    TCase *cases = tcase_create("files");

    tcase_set_timeout(cases, 120);
    tcase_add_checked_fixture(cases, files_setup, files_teardown);
    tcase_add_test(cases, whole_files);
    tcase_add_test(cases, write_flags);
    tcase_add_test(cases, modes_and_umask);
    tcase_add_test(cases, atomic_replacement);
    tcase_add_test(cases, all_fields_of_stat);
    tcase_add_test(cases, kinds);
    tcase_add_test(cases, times);
    tcase_add_test(cases, paths_of_all_kinds);
    tcase_add_test(cases, failures_say_why);
    tcase_add_test(cases, a_cap_on_what_is_read);
    tcase_add_test(cases, links_names_and_copies);
    tcase_add_test(cases, owners);
    tcase_add_test(cases, temporary_ones);
    suite_add_tcase(files, cases);
    return files;
}

int main(void)
{
    return test_keeper_main(suite);
}
