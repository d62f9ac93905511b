/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files: the real library, keeper, agent and worker, without a VM. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/test-keeper.h"
#include "lib/test-main.h"
#include "lib/test-process.h"

#define MIB ((size_t)1 << 20)

static sbx *box;
static char *top; /* a directory of the guest's, of this test */

static void setup(void)
{
    sbx_error *error = NULL;

    test_keeper_setup();
    box = test_create(NULL);
    top = NULL;
    test_ok(sbx_fs_temp_dir(box, NULL, &top, &error), &error);
}

static void teardown(void)
{
    sbx_fs_options *options = sbx_fs_options_new();
    sbx_error *error = NULL;

    test_ok(sbx_fs_options_set_flags(options, SBX_FS_RECURSIVE, &error), &error);
    test_ok(sbx_fs_remove(box, top, options, &error), &error);
    sbx_fs_options_free(options);
    sbx_free(top);
    sbx_unref(box);
    test_keeper_teardown();
}

/* A path below the test's directory. The last few are kept. */
static const char *at(const char *name)
{
    static char *paths[8];
    static int n;
    char **path = &paths[n++ % G_N_ELEMENTS(paths)];

    g_free(*path);
    *path = g_strdup_printf("%s/%s", top, name);
    return *path;
}

static sbx_fs_options *with_flags(unsigned int flags)
{
    sbx_fs_options *options = sbx_fs_options_new();
    sbx_error *error = NULL;

    test_ok(sbx_fs_options_set_flags(options, flags, &error), &error);
    return options;
}

static void put(const char *path, const char *text)
{
    sbx_error *error = NULL;

    test_ok(sbx_fs_write_file(box, path, NULL, text, strlen(text), &error), &error);
}

static void assert_text(const char *path, const char *wanted)
{
    sbx_error *error = NULL;
    size_t length = 99;
    void *data = NULL;

    test_ok(sbx_fs_read_file(box, path, NULL, &data, &length, &error), &error);
    ck_assert_str_eq(data, wanted);
    ck_assert_uint_eq(length, strlen(wanted));
    sbx_free(data);
}

static sbx_stat *look(const char *path)
{
    sbx_error *error = NULL;
    sbx_stat *stat = NULL;

    test_ok(sbx_fs_lstat(box, path, NULL, &stat, &error), &error);
    return stat;
}

static char *sh(const char *format, ...) G_GNUC_PRINTF(1, 2);
static char *sh(const char *format, ...)
{
    g_autofree char *script = NULL;
    va_list args;

    va_start(args, format);
    script = g_strdup_vprintf(format, args);
    va_end(args);
    return test_sh(box, script);
}

/* The workers of this test's sandbox. */
static GArray *workers(void)
{
    GArray *found = test_processes_with("--worker");
    g_autoptr(GArray) ours = test_descendants(test_init_pid());
    GArray *result = g_array_new(FALSE, FALSE, sizeof(pid_t));

    for (guint i = 0; i < found->len; i++)
        for (guint j = 0; j < ours->len; j++)
            if (g_array_index(found, pid_t, i) == g_array_index(ours, pid_t, j))
                g_array_append_val(result, g_array_index(found, pid_t, i));
    g_array_unref(found);
    return result;
}

static guint worker_count(void)
{
    g_autoptr(GArray) found = workers();

    return found->len;
}

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

static void assert_errno(int code, int wanted, int sys_errno, sbx_error **error, const char *word)
{
    ck_assert_int_eq(code, wanted);
    ck_assert_ptr_nonnull(*error);
    ck_assert_int_eq(sbx_error_errno(*error), sys_errno);
    test_failed(code, wanted, error, word);
}

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
    if (geteuid() != 0 || g_getenv("SBX_TEST_USER") != NULL)
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

START_TEST(trees_are_made_and_removed)
{
    sbx_fs_options *recursive = with_flags(SBX_FS_RECURSIVE);
    sbx_error *error = NULL;
    sbx_stat *stat = NULL;

    test_ok(sbx_fs_mkdir(box, at("a/b//c/"), recursive, &error), &error);
    test_ok(sbx_fs_mkdir(box, at("a/b/c"), recursive, &error), &error);
    put(at("a/keep"), "x");
    test_failed(sbx_fs_mkdir(box, at("a/keep/d"), recursive, &error), SBX_E_FILE, &error, "keep");
    test_failed(sbx_fs_mkdir(box, at("a/keep"), recursive, &error), SBX_E_EXISTS, &error, "keep");
    /* A link in it is removed, what it names is not. */
    g_free(sh("cd '%s' && mkdir out && touch out/x && ln -s ../out a/link && ln -s none a/dangling"
              " && mkfifo a/fifo && chmod 0 a/keep", top));
    test_ok(sbx_fs_remove(box, at("a"), recursive, &error), &error);
    test_failed(sbx_fs_lstat(box, at("a"), NULL, &stat, &error), SBX_E_NOT_FOUND, &error, "a");
    assert_text(at("out/x"), "");
    test_failed(sbx_fs_remove(box, at("a"), recursive, &error), SBX_E_NOT_FOUND, &error, "a");
    /* Of a link itself. */
    g_free(sh("ln -s out '%s'", at("link")));
    test_ok(sbx_fs_remove(box, at("link"), recursive, &error), &error);
    assert_text(at("out/x"), "");
    sbx_fs_options_free(recursive);
}
END_TEST

/* Deeper than any limit of open files or path lengths, and wide. */
START_TEST(deep_and_wide_trees)
{
    sbx_fs_options *recursive = with_flags(SBX_FS_RECURSIVE);
    sbx_error *error = NULL;
    sbx_dir *dir = NULL;
    int code;
    int count = 0;

    /* Three of a thousand levels each, put into one another. */
    g_free(sh("cd '%s' && d=$(printf 'd/%%.0s' {1..1000}) && mkdir -p t/$d m/$d b/$d && "
              "touch b/${d}deepest && mv b m/$d && mv m t/$d", top));
    g_free(sh("cd '%s/t' && for i in {1..20000}; do : >$i; done", top));
    test_ok(sbx_fs_walk(box, at("t"), NULL, &dir, &error), &error);
    while ((code = sbx_dir_next(dir, &error)) > 0)
        count++;
    test_ok(code, &error);
    ck_assert_int_eq(count, 3004 + 20000);
    ck_assert_ptr_null(sbx_dir_path(dir));
    sbx_dir_free(dir);
    test_ok(sbx_fs_remove(box, at("t"), recursive, &error), &error);
    sbx_fs_options_free(recursive);
}
END_TEST

/* Somebody swaps directories for links all the time: what the links name stays. */
START_TEST(removal_follows_no_link)
{
    sbx_fs_options *recursive = with_flags(SBX_FS_RECURSIVE);
    sbx_error *error = NULL;
    sbx_command *command;
    sbx_process *racer = NULL;
    g_autofree char *script = g_strdup_printf(
        "cd '%s'; mkdir victim; touch victim/{1..50}; echo; while :; do "
        "mkdir -p t/a/b 2>/dev/null; mv t/a t/x 2>/dev/null; ln -s ../victim t/a 2>/dev/null; "
        "rm -rf t/x 2>/dev/null; done", top);
    char byte;
    g_autofree char *left = NULL;

    command = sbx_command_new_script(script);
    test_ok(sbx_command_set_stdio(command, SBX_STDERR, SBX_STDIO_NULL, &error), &error);
    test_ok(sbx_spawn(box, command, &racer, &error), &error);
    ck_assert_int_eq(read(sbx_process_fd(racer, SBX_STDOUT), &byte, 1), 1);
    for (int i = 0; i < 200; i++)
        sbx_fs_remove(box, at("t"), recursive, NULL);
    test_ok(sbx_process_signal(racer, SIGKILL, &error), &error);
    test_ok(sbx_process_wait(racer, -1, &error), &error);
    left = sh("ls '%s' | wc -l", at("victim"));
    ck_assert_str_eq(left, "50\n");
    sbx_process_unref(racer);
    sbx_command_unref(command);
    sbx_fs_options_free(recursive);
}
END_TEST

static int compare(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All paths of a stream, sorted, relative to the test's directory, with '|' between. Frees the stream. */
static char *paths_of(sbx_dir *dir)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    sbx_error *error = NULL;
    int code;

    while ((code = sbx_dir_next(dir, &error)) > 0) {
        const char *path = sbx_dir_path(dir);

        if (g_str_has_prefix(path, top))
            path += strlen(top) + (path[strlen(top)] == '/');
        g_ptr_array_add(paths, g_strdup(path));
    }
    test_ok(code, &error);
    ck_assert_int_eq(sbx_dir_next(dir, &error), 0);
    sbx_dir_free(dir);
    g_ptr_array_sort(paths, compare);
    g_ptr_array_add(paths, NULL);
    return g_strjoinv("|", (char **)paths->pdata);
}

static void assert_walk(const sbx_fs_options *options, const char *wanted)
{
    sbx_error *error = NULL;
    sbx_dir *dir = NULL;
    g_autofree char *found = NULL;

    test_ok(sbx_fs_walk(box, top, options, &dir, &error), &error);
    found = paths_of(dir);
    ck_assert_str_eq(found, wanted);
}

static void assert_glob(const char *pattern, const sbx_fs_options *options, const char *wanted)
{
    sbx_error *error = NULL;
    sbx_dir *dir = NULL;
    g_autofree char *found = NULL;

    test_ok(sbx_fs_glob(box, pattern, options, &dir, &error), &error);
    found = paths_of(dir);
    ck_assert_msg(strcmp(found, wanted) == 0, "\"%s\": \"%s\", not \"%s\"", pattern, found, wanted);
}

static void make_tree(void)
{
    g_free(sh("cd '%s' && mkdir -p src/deep/er .hid && touch a.c B.h src/x.c src/deep/y.c "
              "src/deep/er/z.h .hid/w.c && ln -s src link && ln -s .. src/up && ln -s none dangling",
              top));
}

START_TEST(directories)
{
    sbx_error *error = NULL;
    sbx_dir *dir = NULL;
    int seen = 0;

    make_tree();
    test_ok(sbx_fs_read_dir(box, top, NULL, &dir, &error), &error);
    ck_assert_ptr_null(sbx_dir_name(dir));
    while (sbx_dir_next(dir, &error) > 0) {
        int kind = sbx_dir_kind(dir);

        seen++;
        ck_assert_str_eq(sbx_dir_path(dir), at(sbx_dir_name(dir)));
        ck_assert_int_eq(sbx_dir_depth(dir), 1);
        if (strcmp(sbx_dir_name(dir), "src") == 0)
            ck_assert_int_eq(kind, SBX_KIND_DIRECTORY);
        if (strcmp(sbx_dir_name(dir), "link") == 0)
            ck_assert_int_eq(kind, SBX_KIND_SYMLINK);
        if (strcmp(sbx_dir_name(dir), "a.c") == 0)
            ck_assert_int_eq(kind, SBX_KIND_FILE);
    }
    ck_assert_int_eq(seen, 6);
    sbx_dir_free(dir);
    /* Left in the middle. */
    dir = NULL;
    test_ok(sbx_fs_read_dir(box, "/usr/bin", NULL, &dir, &error), &error);
    ck_assert_int_eq(sbx_dir_next(dir, &error), 1);
    sbx_dir_free(dir);
    sbx_dir_free(NULL);
}
END_TEST

START_TEST(walks)
{
    sbx_fs_options *options = sbx_fs_options_new();
    sbx_error *error = NULL;
    sbx_dir *dir = NULL;

    make_tree();
    assert_walk(NULL, "|.hid|.hid/w.c|B.h|a.c|dangling|link|src|src/deep|src/deep/er|src/deep/er/z.h|"
                      "src/deep/y.c|src/up|src/x.c");
    test_ok(sbx_fs_options_set_max_depth(options, 1, &error), &error);
    assert_walk(options, "|.hid|B.h|a.c|dangling|link|src");
    test_ok(sbx_fs_options_set_max_depth(options, 0, &error), &error);
    assert_walk(options, "");
    test_ok(sbx_fs_options_set_max_depth(options, -1, &error), &error);
    test_ok(sbx_fs_options_set_flags(options, SBX_FS_NO_DIRECTORIES | SBX_FS_NO_SYMLINKS, &error),
            &error);
    assert_walk(options, ".hid/w.c|B.h|a.c|src/deep/er/z.h|src/deep/y.c|src/x.c");
    test_ok(sbx_fs_options_add_match(options, "*.c", &error), &error);
    assert_walk(options, ".hid/w.c|a.c|src/deep/y.c|src/x.c");
    test_ok(sbx_fs_options_add_match(options, "src/**/z.*", &error), &error);
    test_ok(sbx_fs_options_add_skip(options, ".*", &error), &error);
    test_ok(sbx_fs_options_add_skip(options, "src/deep/y*", &error), &error);
    assert_walk(options, "a.c|src/deep/er/z.h|src/x.c");
    sbx_fs_options_free(options);
    /* Links go round in a circle here: each directory is seen once on the way down. */
    options = with_flags(SBX_FS_FOLLOW_LINKS | SBX_FS_NO_FILES);
    test_ok(sbx_fs_options_add_skip(options, "deep", &error), &error);
    assert_walk(options, "|.hid|dangling|link|link/up|src|src/up");
    sbx_fs_options_free(options);
    test_ok(sbx_fs_walk(box, at("a.c"), NULL, &dir, &error), &error);
    ck_assert_int_eq(sbx_dir_next(dir, &error), 1);
    ck_assert_str_eq(sbx_dir_name(dir), "a.c");
    ck_assert_int_eq(sbx_dir_kind(dir), SBX_KIND_FILE);
    ck_assert_int_eq(sbx_dir_depth(dir), 0);
    ck_assert_int_eq(sbx_dir_next(dir, &error), 0);
    sbx_dir_free(dir);
    dir = NULL;
    test_ok(sbx_fs_walk(box, at("none"), NULL, &dir, &error), &error);
    test_failed(sbx_dir_next(dir, &error), SBX_E_NOT_FOUND, &error, "none");
    sbx_dir_free(dir);
}
END_TEST

START_TEST(forbidden_directories)
{
    sbx_fs_options *skip = with_flags(SBX_FS_SKIP_DENIED);
    sbx_error *error = NULL;
    sbx_dir *dir = NULL;
    int code;

    g_free(sh("cd '%s' && mkdir no yes && touch yes/f && chmod 0 no", top));
    if (geteuid() != 0 || g_getenv("SBX_TEST_USER") != NULL) {
        test_ok(sbx_fs_walk(box, top, NULL, &dir, &error), &error);
        while ((code = sbx_dir_next(dir, &error)) > 0)
            continue;
        test_failed(code, SBX_E_DENIED, &error, "/no\"");
        sbx_dir_free(dir);
    }
    assert_walk(skip, "|no|yes|yes/f");
    sbx_fs_options_free(skip);
    g_free(sh("chmod 700 '%s/no'", top));
}
END_TEST

START_TEST(globs)
{
    sbx_fs_options *options = sbx_fs_options_new();
    sbx_error *error = NULL;
    g_autofree char *absolute = NULL;

    make_tree();
    test_ok(sbx_fs_options_set_directory(options, top, &error), &error);
    assert_glob("*.c", options, "a.c");
    assert_glob("*.[ch]", options, "B.h|a.c");
    assert_glob("**/*.c", options, ".hid/w.c|a.c|src/deep/y.c|src/x.c");
    assert_glob("src/**", options, "src|src/deep|src/deep/er|src/deep/er/z.h|src/deep/y.c|src/up|src/x.c");
    assert_glob("src/*/*/z.h", options, "src/deep/er/z.h");
    assert_glob("{a,b}.c", options, "a.c");
    assert_glob("{src/{x,nope},a}.{c,h}", options, "a.c|src/x.c");
    assert_glob("s?c/./x.c", options, "src/x.c");
    assert_glob("src/x.c", options, "src/x.c");
    assert_glob("!(a|link|src).[a-z]", options, "B.h");
    assert_glob("nothing*", options, "");
    assert_glob("none/*", options, "");
    assert_glob("a\\.c", options, "a.c");
    /* What is said is followed, what is found is not. */
    assert_glob("link/*", options, "link/deep|link/up|link/x.c");
    assert_glob("lin?/*", options, "");
    absolute = g_strdup_printf("%s/s*/*.c", top);
    assert_glob(absolute, options, "src/x.c");
    assert_glob(absolute, NULL, "src/x.c");
    test_ok(sbx_fs_options_set_flags(options, SBX_FS_IGNORE_CASE, &error), &error);
    assert_glob("SRC/X.C", options, "src/x.c");
    sbx_fs_options_free(options);
}
END_TEST

START_TEST(open_files)
{
    sbx_error *error = NULL;
    sbx_file *file = NULL;
    sbx_stat *stat = NULL;
    char buffer[32] = "";
    size_t length = 99;
    int64_t position = -1;

    test_ok(sbx_fs_open(box, at("f"), SBX_OPEN_READ | SBX_OPEN_WRITE | SBX_OPEN_CREATE, NULL, &file,
                        &error), &error);
    test_ok(sbx_file_write(file, "hello world", 11, &error), &error);
    test_ok(sbx_file_seek(file, -5, SBX_SEEK_END, &position, &error), &error);
    ck_assert_int_eq(position, 6);
    test_ok(sbx_file_read(file, buffer, sizeof buffer, &length, &error), &error);
    ck_assert_uint_eq(length, 5);
    ck_assert_mem_eq(buffer, "world", 5);
    test_ok(sbx_file_read(file, buffer, sizeof buffer, &length, &error), &error);
    ck_assert_uint_eq(length, 0);
    test_ok(sbx_file_read(file, NULL, 0, &length, &error), &error);
    test_failed(sbx_file_read(file, buffer, (size_t)-1, &length, &error), SBX_E_INVALID, &error,
                "negative");
    test_failed(sbx_file_seek(file, -100, SBX_SEEK_CUR, NULL, &error), SBX_E_INVALID, &error, "f");
    test_failed(sbx_file_seek(file, 0, 3, NULL, &error), SBX_E_INVALID, &error, "3");
    test_failed(sbx_file_truncate(file, -1, &error), SBX_E_INVALID, &error, "negative");
    test_ok(sbx_file_truncate(file, 4, &error), &error);
    test_ok(sbx_file_sync(file, &error), &error);
    test_ok(sbx_file_datasync(file, &error), &error);
    test_ok(sbx_file_utime(file, 1000, 2000, &error), &error);
    test_ok(sbx_file_stat(file, &stat, &error), &error);
    ck_assert_uint_eq(sbx_stat_size(stat), 4);
    ck_assert_int_eq(sbx_stat_mtime(stat), 2000);
    sbx_stat_free(stat);
    test_ok(sbx_file_close(file, &error), &error);
    test_ok(sbx_file_close(file, &error), &error);
    test_failed(sbx_file_sync(file, &error), SBX_E_INVALID, &error, "closed");
    sbx_file_unref(file);
    assert_text(at("f"), "hell");
    /* The worker that had it works on. */
    ck_assert_uint_eq(worker_count(), 1);
}
END_TEST

START_TEST(ways_to_open)
{
    sbx_error *error = NULL;
    sbx_file *file = NULL;
    char byte;
    size_t length;

    put(at("f"), "old");
    test_failed(sbx_fs_open(box, at("none"), 0, NULL, &file, &error), SBX_E_NOT_FOUND, &error,
                "none");
    test_failed(sbx_fs_open(box, at("f"), SBX_OPEN_WRITE | SBX_OPEN_CREATE_NEW, NULL, &file, &error),
                SBX_E_EXISTS, &error, "f");
    test_failed(sbx_fs_open(box, at("f"), SBX_OPEN_CREATE, NULL, &file, &error), SBX_E_INVALID,
                &error, "writing");
    test_failed(sbx_fs_open(box, at("f"), 64, NULL, &file, &error), SBX_E_INVALID, &error, "0x40");
    test_ok(sbx_fs_open(box, at("f"), SBX_OPEN_APPEND, NULL, &file, &error), &error);
    test_ok(sbx_file_write(file, "+", 1, &error), &error);
    assert_errno(sbx_file_read(file, &byte, 1, &length, &error), SBX_E_FILE, EBADF, &error, "f");
    sbx_file_unref(file);
    assert_text(at("f"), "old+");
    file = NULL;
    test_ok(sbx_fs_open(box, at("f"), SBX_OPEN_READ, NULL, &file, &error), &error);
    assert_errno(sbx_file_write(file, "+", 1, &error), SBX_E_FILE, EBADF, &error, "f");
    test_ok(sbx_file_read(file, &byte, 1, &length, &error), &error);
    ck_assert_int_eq(byte, 'o');
    sbx_file_unref(file);
    file = NULL;
    test_ok(sbx_fs_open(box, at("f"), SBX_OPEN_WRITE | SBX_OPEN_TRUNCATE, NULL, &file, &error),
            &error);
    sbx_file_unref(file);
    assert_text(at("f"), "");
}
END_TEST

/* More than any pipe or frame holds, through an open file. */
START_TEST(much_through_an_open_file)
{
    g_autofree guint8 *data = g_malloc(20 * MIB);
    g_autofree guint8 *back = g_malloc(20 * MIB + 1);
    sbx_error *error = NULL;
    sbx_file *file = NULL;
    size_t length = 0;

    for (size_t i = 0; i < 20 * MIB; i++)
        data[i] = (guint8)(i * 2654435761u >> 13);
    test_ok(sbx_fs_open(box, at("f"), SBX_OPEN_READ | SBX_OPEN_WRITE | SBX_OPEN_CREATE, NULL, &file,
                        &error), &error);
    test_ok(sbx_file_write(file, data, 20 * MIB, &error), &error);
    test_ok(sbx_file_seek(file, 0, SBX_SEEK_SET, NULL, &error), &error);
    test_ok(sbx_file_read(file, back, 20 * MIB + 1, &length, &error), &error);
    ck_assert_uint_eq(length, 20 * MIB);
    ck_assert(memcmp(data, back, 20 * MIB) == 0);
    sbx_file_unref(file);
}
END_TEST

START_TEST(locks)
{
    sbx_error *error = NULL;
    sbx_file *one = NULL;
    sbx_file *two = NULL;

    put(at("f"), "");
    test_ok(sbx_fs_open(box, at("f"), 0, NULL, &one, &error), &error);
    test_ok(sbx_fs_open(box, at("f"), 0, NULL, &two, &error), &error);
    test_ok(sbx_file_lock(one, SBX_LOCK_SHARED, &error), &error);
    test_ok(sbx_file_lock(two, SBX_LOCK_SHARED | SBX_LOCK_TRY, &error), &error);
    test_failed(sbx_file_lock(two, SBX_LOCK_EXCLUSIVE | SBX_LOCK_TRY, &error), SBX_E_BUSY, &error,
                "lock");
    test_failed(sbx_file_lock(two, 4, &error), SBX_E_INVALID, &error, "0x4");
    test_ok(sbx_file_unlock(two, &error), &error);
    test_ok(sbx_file_lock(one, SBX_LOCK_EXCLUSIVE, &error), &error);
    test_failed(sbx_file_lock(two, SBX_LOCK_TRY, &error), SBX_E_BUSY, &error, "lock");
    /* Others of the guest see it; it ends with the file. */
    g_free(sh("! flock -n '%s' true", at("f")));
    sbx_file_unref(one);
    test_ok(sbx_file_lock(two, SBX_LOCK_EXCLUSIVE, &error), &error);
    sbx_file_unref(two);
    g_free(sh("flock '%s' true", at("f")));
}
END_TEST

static gpointer lock_in_a_thread(gpointer data)
{
    int code;

    /* The other thread may be in a call of its own just now. */
    do
        code = sbx_file_lock(data, SBX_LOCK_EXCLUSIVE, NULL);
    while (code == SBX_E_BUSY);
    return GINT_TO_POINTER(code);
}

/* One that waits holds up nobody, and refuses a second call on the same file. */
START_TEST(a_call_that_waits)
{
    sbx_error *error = NULL;
    sbx_file *holder = NULL;
    sbx_file *waiter = NULL;
    GThread *thread;
    int code;

    put(at("f"), "");
    test_ok(sbx_fs_open(box, at("f"), 0, NULL, &holder, &error), &error);
    test_ok(sbx_fs_open(box, at("f"), 0, NULL, &waiter, &error), &error);
    test_ok(sbx_file_lock(holder, SBX_LOCK_EXCLUSIVE, &error), &error);
    thread = g_thread_new("lock", lock_in_a_thread, waiter);
    /* Until the thread is in its call, this one succeeds. */
    do
        code = sbx_file_sync(waiter, &error);
    while (code == SBX_OK);
    test_failed(code, SBX_E_BUSY, &error, "running");
    put(at("other"), "text");
    assert_text(at("other"), "text");
    test_ok(sbx_file_unlock(holder, &error), &error);
    ck_assert_int_eq(GPOINTER_TO_INT(g_thread_join(thread)), SBX_OK);
    sbx_file_unref(holder);
    sbx_file_unref(waiter);
}
END_TEST

static gpointer open_in_a_thread(gpointer data)
{
    sbx_error *error = NULL;
    sbx_file *file = NULL;
    int code = sbx_fs_open(box, data, 0, NULL, &file, &error);

    sbx_file_unref(file);
    sbx_error_free(error);
    return GINT_TO_POINTER(code);
}

/* Nobody ever opens the other end: the call ends with the sandbox. */
START_TEST(killed_while_a_call_waits)
{
    sbx_error *error = NULL;
    GThread *thread;
    sbx_file *file = NULL;
    sbx_watch *watch = NULL;
    sbx_dir *dir = NULL;
    void *data = NULL;
    sbx *other = test_create(NULL);
    sbx *mine = box;
    int code;
    g_autofree char *fifo = g_strdup(at("fifo"));

    g_free(sh("mkfifo '%s'", fifo));
    box = other;
    test_ok(sbx_fs_open(other, "/dev/zero", 0, NULL, &file, &error), &error);
    test_ok(sbx_fs_watch(other, "/tmp", NULL, &watch, &error), &error);
    test_ok(sbx_fs_read_dir(other, "/usr/bin", NULL, &dir, &error), &error);
    thread = g_thread_new("open", open_in_a_thread, fifo);
    /* Whoever writes to it finds out when the reader is there; it goes without a byte. */
    while (worker_count() < 4)
        g_usleep(1000);
    test_ok(sbx_kill(other, &error), &error);
    ck_assert_int_eq(GPOINTER_TO_INT(g_thread_join(thread)), SBX_E_GONE);
    test_failed(sbx_file_sync(file, &error), SBX_E_GONE, &error, "");
    test_failed(sbx_file_sync(file, &error), SBX_E_PROTOCOL, &error, "lost");
    do
        code = sbx_watch_next(watch, -1, &error);
    while (code > 0);
    test_failed(code, SBX_E_GONE, &error, "");
    while (sbx_dir_next(dir, &error) > 0)
        continue;
    sbx_error_free(error);
    error = NULL;
    test_failed(sbx_fs_read_file(other, "/etc/passwd", NULL, &data, NULL, &error), SBX_E_GONE,
                &error, "");
    sbx_dir_free(dir);
    sbx_watch_free(watch);
    sbx_file_unref(file);
    sbx_unref(other);
    box = mine;
}
END_TEST

/* A handle's workers go with it, and so does an open file's that was only dropped. */
START_TEST(nothing_is_left)
{
    sbx_error *error = NULL;
    sbx *other = NULL;
    sbx_file *file = NULL;
    g_autoptr(GArray) found = NULL;
    g_autoptr(GArray) pidfds = g_array_new(FALSE, FALSE, sizeof(int));
    guint fds = test_count_fds(getpid());
    void *data = NULL;

    test_ok(sbx_connect(sbx_id(box), NULL, &other, &error), &error);
    test_ok(sbx_fs_open(other, "/dev/zero", 0, NULL, &file, &error), &error);
    test_ok(sbx_fs_read_file(other, "/etc/passwd", NULL, &data, NULL, &error), &error);
    sbx_free(data);
    found = workers();
    ck_assert_uint_eq(found->len, 3);
    for (guint i = 0; i < found->len; i++) {
        int pidfd = test_pidfd(g_array_index(found, pid_t, i));

        g_array_append_val(pidfds, pidfd);
    }
    sbx_file_unref(file);
    sbx_unref(other);
    ck_assert_uint_le(test_count_fds(getpid()), fds + pidfds->len + 2);
    for (guint i = 0, left = pidfds->len; i < pidfds->len; i++) {
        int pidfd = g_array_index(pidfds, int, i);

        /* The one of the test's own handle stays. */
        left -= test_ends_within(pidfd, left > 1 ? 10000 : 0);
        ck_assert(i + 1 < pidfds->len || left == 1);
        close(pidfd);
    }
}
END_TEST

static void with_worker_killed(int signal)
{
    g_autoptr(GArray) found = workers();

    for (guint i = 0; i < found->len; i++) {
        int pidfd = test_pidfd(g_array_index(found, pid_t, i));

        test_pidfd_kill(pidfd, signal);
        ck_assert(test_ends_within(pidfd, 10000));
        close(pidfd);
    }
}

START_TEST(a_worker_dies)
{
    sbx_error *error = NULL;
    sbx_file *file = NULL;

    put(at("f"), "x");
    signal(SIGPIPE, SIG_DFL);
    test_ok(sbx_fs_open(box, at("f"), 0, NULL, &file, &error), &error);
    with_worker_killed(SIGKILL);
    test_failed(sbx_file_sync(file, &error), SBX_E_PROTOCOL, &error, "helper");
    test_failed(sbx_file_sync(file, &error), SBX_E_PROTOCOL, &error, "lost");
    sbx_file_unref(file);
    assert_text(at("f"), "x");
    with_worker_killed(SIGTERM);
    /* An idle one's death may be noticed by the call that needs it; the next one has another. */
    if (sbx_fs_write_file(box, at("f"), NULL, "y", 1, &error) < 0)
        test_failed(SBX_E_PROTOCOL, SBX_E_PROTOCOL, &error, "helper");
    put(at("f"), "y");
    assert_text(at("f"), "y");
}
END_TEST

START_TEST(after_fork)
{
    sbx_error *error = NULL;
    sbx_file *file = NULL;
    sbx_dir *dir = NULL;
    int status;
    pid_t child;

    put(at("f"), "x");
    test_ok(sbx_fs_open(box, at("f"), 0, NULL, &file, &error), &error);
    test_ok(sbx_fs_read_dir(box, top, NULL, &dir, &error), &error);
    child = fork();
    if (child == 0) {
        void *data;
        int good = sbx_file_sync(file, NULL) == SBX_E_FORKED &&
                   sbx_dir_next(dir, NULL) == SBX_E_FORKED &&
                   sbx_fs_umask(box, 0, NULL, NULL) == SBX_E_FORKED &&
                   sbx_fs_read_file(box, "/etc/passwd", NULL, &data, NULL, NULL) == SBX_E_FORKED;

        sbx_dir_free(dir);
        sbx_file_unref(file);
        sbx_unref(box);
        _exit(good ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    /* What the child dropped was not its. */
    test_ok(sbx_file_sync(file, &error), &error);
    ck_assert_int_eq(sbx_dir_next(dir, &error), 1);
    assert_text(at("f"), "x");
    sbx_dir_free(dir);
    sbx_file_unref(file);
}
END_TEST

/* A local file of that size with a pattern; its descriptor is at the beginning. */
static int local_file(size_t size)
{
    int fd = memfd_create("local", MFD_CLOEXEC);
    g_autofree guint8 *block = g_malloc(MIB);

    for (size_t i = 0; i < MIB; i++)
        block[i] = (guint8)(i * 2654435761u >> 11);
    for (size_t done = 0; done < size; done += MIB)
        ck_assert_int_eq(write(fd, block, MIN(MIB, size - done)), (ssize_t)MIN(MIB, size - done));
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static char *checksum_of(int fd)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree guint8 *block = g_malloc(MIB);
    ssize_t n;

    lseek(fd, 0, SEEK_SET);
    while ((n = read(fd, block, MIB)) > 0)
        g_checksum_update(sum, block, n);
    return g_strdup(g_checksum_get_string(sum));
}

START_TEST(descriptors)
{
    int in = local_file(30 * MIB + 7);
    int out = memfd_create("out", MFD_CLOEXEC);
    sbx_error *error = NULL;
    uint64_t length = 0;
    g_autofree char *sent = checksum_of(in);
    g_autofree char *got = NULL;
    int ends[2];

    lseek(in, 0, SEEK_SET);
    test_ok(sbx_fs_write_from_fd(box, at("f"), NULL, in, &length, &error), &error);
    ck_assert_uint_eq(length, 30 * MIB + 7);
    length = 0;
    test_ok(sbx_fs_read_to_fd(box, at("f"), NULL, out, &length, &error), &error);
    ck_assert_uint_eq(length, 30 * MIB + 7);
    got = checksum_of(out);
    ck_assert_str_eq(sent, got);
    test_failed(sbx_fs_read_to_fd(box, at("f"), NULL, -1, NULL, &error), SBX_E_INVALID, &error,
                "-1");
    test_failed(sbx_fs_write_from_fd(box, at("f"), NULL, 12345, NULL, &error), SBX_E_SYSTEM, &error,
                "12345");
    /* A reader that went away: an error, and no signal. */
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    close(ends[0]);
    put(at("f"), "text");
    signal(SIGPIPE, SIG_DFL);
    test_failed(sbx_fs_read_to_fd(box, at("f"), NULL, ends[1], NULL, &error), SBX_E_SYSTEM, &error,
                "Broken pipe");
    close(ends[1]);
    /* What cannot be written is not sent to the end. */
    lseek(in, 0, SEEK_SET);
    test_failed(sbx_fs_write_from_fd(box, top, NULL, in, NULL, &error), SBX_E_FILE, &error, top);
    close(in);
    close(out);
    assert_text(at("f"), "text");
}
END_TEST

static gpointer drain_slowly(gpointer data)
{
    int fd = GPOINTER_TO_INT(data);
    char buffer[1000];
    gsize total = 0;
    ssize_t n;

    while ((n = read(fd, buffer, sizeof buffer)) > 0)
        total += (gsize)n;
    return GSIZE_TO_POINTER(total);
}

/* Blocking pipes of the caller's, narrower than a frame. */
START_TEST(narrow_pipes)
{
    sbx_error *error = NULL;
    GThread *thread;
    int ends[2];
    int in = local_file(3 * MIB);

    test_ok(sbx_fs_write_from_fd(box, at("f"), NULL, in, NULL, &error), &error);
    close(in);
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    thread = g_thread_new("drain", drain_slowly, GINT_TO_POINTER(ends[0]));
    test_ok(sbx_fs_read_to_fd(box, at("f"), NULL, ends[1], NULL, &error), &error);
    close(ends[1]);
    ck_assert_uint_eq(GPOINTER_TO_SIZE(g_thread_join(thread)), 3 * MIB);
    close(ends[0]);
}
END_TEST

/* The program dies while it writes: the old file is there, nothing else is. */
START_TEST(a_client_dies_in_the_middle)
{
    sbx_fs_options *options = with_flags(SBX_FS_ATOMIC);
    g_autofree char *list = NULL;
    g_autoptr(GArray) found = NULL;
    int ends[2];
    int status;
    pid_t child;

    put(at("f"), "old");
    ck_assert_int_eq(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        g_autofree char *path = g_strdup(at("f"));
        sbx *own = NULL;

        if (sbx_connect(sbx_id(box), NULL, &own, NULL) == SBX_OK)
            sbx_fs_write_from_fd(own, path, options, ends[0], NULL, NULL);
        _exit(1);
    }
    close(ends[0]);
    ck_assert_int_eq(write(ends[1], "half", 4), 4);
    /* The new one grows beside it. */
    do {
        g_free(list);
        list = sh("ls -A '%s' | grep -c '^.sbx-' || :", top);
    } while (strcmp(list, "1\n") != 0);
    found = workers();
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    for (guint i = 0; i < found->len; i++) {
        int pidfd = test_pidfd(g_array_index(found, pid_t, i));
        struct pollfd ends_of_it = {.fd = pidfd, .events = POLLIN};

        /* Two workers: this handle's, which stays. */
        if (i + 1 == found->len)
            ck_assert_int_eq(poll(&ends_of_it, 1, 10000), 1);
        close(pidfd);
    }
    g_free(list);
    list = sh("ls -A '%s'", top);
    ck_assert_str_eq(list, "f\n");
    assert_text(at("f"), "old");
    close(ends[1]);
    sbx_fs_options_free(options);
}
END_TEST

typedef struct {
    int kind;
    char *path;
    char *to;
} Event;

/* The next event that is not about contents or attributes. */
static Event next_event(sbx_watch *watch)
{
    sbx_error *error = NULL;
    Event event = {0};

    do
        ck_assert_int_eq(test_ok(sbx_watch_next(watch, 20000, &error), &error), 1);
    while (sbx_watch_kind(watch) == SBX_WATCH_ATTRIBUTES ||
           sbx_watch_kind(watch) == SBX_WATCH_MODIFY);
    event.kind = sbx_watch_kind(watch);
    event.path = g_strdup(sbx_watch_path(watch));
    event.to = g_strdup(sbx_watch_to(watch));
    return event;
}

static void assert_event(sbx_watch *watch, int kind, const char *path, const char *to)
{
    Event event = next_event(watch);

    ck_assert_int_eq(event.kind, kind);
    ck_assert_str_eq(event.path, path);
    ck_assert_pstr_eq(event.to, to);
    g_free(event.path);
    g_free(event.to);
}

START_TEST(watching_a_directory)
{
    sbx_error *error = NULL;
    sbx_watch *watch = NULL;
    struct pollfd ready;

    test_failed(sbx_fs_watch(box, at("none"), NULL, &watch, &error), SBX_E_NOT_FOUND, &error,
                "none");
    test_ok(sbx_fs_watch(box, top, NULL, &watch, &error), &error);
    ck_assert_int_eq(sbx_watch_next(watch, 0, &error), 0);
    ck_assert_int_eq(sbx_watch_kind(watch), 0);
    put(at("new\n\xff"), "");
    ready = (struct pollfd){.fd = sbx_watch_fd(watch), .events = POLLIN};
    ck_assert_int_eq(poll(&ready, 1, 20000), 1);
    assert_event(watch, SBX_WATCH_CREATE, at("new\n\xff"), NULL);
    test_ok(sbx_fs_rename(box, at("new\n\xff"), at("b"), NULL, &error), &error);
    assert_event(watch, SBX_WATCH_RENAME, at("new\n\xff"), at("b"));
    test_ok(sbx_fs_remove(box, at("b"), NULL, &error), &error);
    assert_event(watch, SBX_WATCH_REMOVE, at("b"), NULL);
    put(at("c"), "");
    assert_event(watch, SBX_WATCH_CREATE, at("c"), NULL);
    put(at("c"), "text");
    do
        ck_assert_int_eq(sbx_watch_next(watch, 20000, &error), 1);
    while (sbx_watch_kind(watch) != SBX_WATCH_MODIFY);
    ck_assert_str_eq(sbx_watch_path(watch), at("c"));
    sbx_watch_free(watch);
    sbx_watch_free(NULL);
}
END_TEST

START_TEST(watching_a_tree)
{
    sbx_fs_options *recursive = with_flags(SBX_FS_RECURSIVE);
    sbx_error *error = NULL;
    sbx_watch *watch = NULL;
    Event event = {0};

    test_ok(sbx_fs_mkdir(box, at("tree/a/b"), recursive, &error), &error);
    test_ok(sbx_fs_mkdir(box, at("elsewhere"), NULL, &error), &error);
    test_ok(sbx_fs_watch(box, at("tree"), recursive, &watch, &error), &error);
    put(at("tree/a/b/1"), "");
    assert_event(watch, SBX_WATCH_CREATE, at("tree/a/b/1"), NULL);
    /* Renamed above: what is below has another name from then on. */
    test_ok(sbx_fs_rename(box, at("tree/a"), at("tree/z"), NULL, &error), &error);
    assert_event(watch, SBX_WATCH_RENAME, at("tree/a"), at("tree/z"));
    put(at("tree/z/b/2"), "");
    assert_event(watch, SBX_WATCH_CREATE, at("tree/z/b/2"), NULL);
    /* New ones are watched, and what was in them at once is not lost. */
    g_free(sh("mkdir -p '%s' && touch '%s'", at("tree/n/m"), at("tree/n/m/3")));
    do {
        g_free(event.path);
        event = next_event(watch);
        ck_assert_int_eq(event.kind, SBX_WATCH_CREATE);
    } while (strcmp(event.path, at("tree/n/m/3")) != 0);
    g_free(event.path);
    test_ok(sbx_fs_rename(box, at("tree/z"), at("elsewhere/z"), NULL, &error), &error);
    do {
        event = next_event(watch);
        g_free(event.path);
    } while (event.kind != SBX_WATCH_REMOVE);
    put(at("elsewhere/z/b/4"), "");
    put(at("tree/last"), "");
    assert_event(watch, SBX_WATCH_CREATE, at("tree/last"), NULL);
    sbx_watch_free(watch);
    sbx_fs_options_free(recursive);
}
END_TEST

static gpointer call_often(gpointer data)
{
    g_autofree char *path = g_strdup_printf("%s/thread%d", top, GPOINTER_TO_INT(data));

    for (int i = 0; i < 50; i++) {
        g_autofree char *text = g_strdup_printf("%d.%d", GPOINTER_TO_INT(data), i);
        void *back = NULL;
        gboolean good;

        if (sbx_fs_write_file(box, path, NULL, text, strlen(text), NULL) < 0 ||
            sbx_fs_read_file(box, path, NULL, &back, NULL, NULL) < 0)
            return GINT_TO_POINTER(1);
        good = strcmp(back, text) == 0;
        sbx_free(back);
        if (!good)
            return GINT_TO_POINTER(1);
    }
    return NULL;
}

START_TEST(many_threads)
{
    GThread *threads[8];

    for (int i = 0; i < 8; i++)
        threads[i] = g_thread_new("files", call_often, GINT_TO_POINTER(i));
    for (int i = 0; i < 8; i++)
        ck_assert_ptr_null(g_thread_join(threads[i]));
}
END_TEST

static Suite *suite(void)
{
    Suite *files = suite_create("keeper-files");
    TCase *cases = tcase_create("files");

    tcase_set_timeout(cases, 120);
    tcase_add_checked_fixture(cases, setup, teardown);
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
    tcase_add_test(cases, trees_are_made_and_removed);
    tcase_add_test(cases, deep_and_wide_trees);
    tcase_add_test(cases, removal_follows_no_link);
    tcase_add_test(cases, directories);
    tcase_add_test(cases, walks);
    tcase_add_test(cases, forbidden_directories);
    tcase_add_test(cases, globs);
    tcase_add_test(cases, open_files);
    tcase_add_test(cases, ways_to_open);
    tcase_add_test(cases, much_through_an_open_file);
    tcase_add_test(cases, locks);
    tcase_add_test(cases, a_call_that_waits);
    tcase_add_test(cases, killed_while_a_call_waits);
    tcase_add_test(cases, nothing_is_left);
    tcase_add_test(cases, a_worker_dies);
    tcase_add_test(cases, after_fork);
    tcase_add_test(cases, descriptors);
    tcase_add_test(cases, narrow_pipes);
    tcase_add_test(cases, a_client_dies_in_the_middle);
    tcase_add_test(cases, watching_a_directory);
    tcase_add_test(cases, watching_a_tree);
    tcase_add_test(cases, many_threads);
    suite_add_tcase(files, cases);
    return files;
}

int main(void)
{
    return test_keeper_main(suite);
}
