/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Archives: round trips, by ourselves and with GNU tar and Python, of given and of random trees. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/test-main.h"
#include "pax.h"
#include "tar-fixture.h"

static void assert_same(const char *one, const char *other)
{
    g_autofree char *left = tar_describe(one);
    g_autofree char *right = tar_describe(other);

    ck_assert_str_eq(left, right);
}

static void make_tree(void)
{
    tar_sh("mkdir -p tree/sub/empty tree/closed\n"
           "echo one >tree/a; ln tree/a tree/b; ln -s a tree/sub/link; ln -s /nowhere tree/broken\n"
           "ln -P tree/sub/link tree/link2\n"
           "head -c 700001 /dev/urandom >tree/large; : >tree/none\n"
           "truncate -s 5M tree/hole\n"
           "for i in 0 3 9; do printf x | dd of=tree/pieces bs=1 seek=$((i * 200000)) conv=notrunc "
           "status=none; done; truncate -s 4M tree/pieces\n"
           "chmod 640 tree/a; chmod 700 tree/sub; chmod 1777 tree/sub/empty\n"
           "touch -d '2001-02-03 04:05:06.123456789' tree/sub/empty tree/large\n"
           "touch -d '2500-01-01 00:00:00.5' tree/none\n"
           "echo x >tree/closed/in; chmod 555 tree/closed\n");
}

static void make_odd_names(void)
{
    tar_sh("mkdir -p tree; cd tree\n"
           "printf n >$'new\\nline'; printf u >$'bad\\xff\\xfeutf'; printf s >' space '\n"
           "printf b >$'back\\\\slash\"quote'; mkdir $'\\xe2\\x82'; printf e >$'\\xe2\\x82/euro'\n"
           "printf h >./-dash; ln -s $'to\\xff' link; ln ./-dash $'hard\\xff'\n"
           "for i in 99 100 101 155 255; do printf '%%0*d' $i 1 | xargs touch; done\n"
           "l=$(printf 'l%%.0s' {1..200}); mkdir -p $l/$l/$l; echo deep >$l/$l/$l/$l\n"
           "ln -s $l/$l/$l/$l longlink; ln $l/$l/$l/$l longhard\n");
}

START_TEST(own_round_trip)
{
    guint64 warnings;

    make_tree();
    tar_make("a.tar", "tree", &warnings);
    ck_assert_uint_eq(warnings, 0);
    tar_unmake("a.tar", "out", &warnings);
    ck_assert_uint_eq(warnings, 0);
    assert_same("tree", "out");
    tar_sh("test $(du -sk out/hole | cut -f1) -lt 100; test $(du -sk a.tar | cut -f1) -lt 2000");
}
END_TEST

/* Sizes that the fields of a header cannot hold. */
START_TEST(more_than_8_gib)
{
    tar_sh("mkdir tree; truncate -s 9G tree/huge; echo end >>tree/huge");
    tar_make("a.tar", "tree", NULL);
    tar_unmake("a.tar", "out", NULL);
    tar_sh("mkdir gnu; tar -C gnu -xf a.tar; for t in tree out gnu/tree; do\n"
           "test $(stat -c %%s $t/huge) = 9663676420; test \"$(tail -c 4 $t/huge)\" = end\n"
           "test $(du -sk $t/huge | cut -f1) -lt 100; done");
    /* Not as a sparse one, up to the point where that is told. */
    tar_sh("tar --format=gnu -cf - tree/huge 2>err | head -c 1000000 >b.tar; "
           "tar --format=pax -cf - tree/huge 2>err | head -c 1000000 >c.tar");
    for (int i = 0; i < 2; i++) {
        struct tar_options options = TAR_OPTIONS_DEFAULT;
        struct tar_failure failure;
        struct tar_counts counts;
        int fd = open(tar_at(i == 0 ? "b.tar" : "c.tar"), O_RDONLY | O_CLOEXEC);

        options.target = tar_at("out");
        options.max_bytes = 9663676419;
        ck_assert(!tar_extract(&options, fd, -1, NULL, &counts, &failure));
        ck_assert_int_eq(failure.kind, TAR_TOO_BIG);
        close(fd);
    }
}
END_TEST

START_TEST(names_of_any_bytes)
{
    make_odd_names();
    tar_make("a.tar", "tree", NULL);
    tar_unmake("a.tar", "out", NULL);
    assert_same("tree", "out");
    tar_sh("mkdir gnu; tar -C gnu -xpf a.tar 2>err; ! grep -v hdrcharset err");
    assert_same("tree", "gnu/tree");
    tar_sh("python3 -c 'import tarfile; tarfile.open(\"a.tar\").extractall(\"py\")'");
    tar_sh("diff -r --no-dereference tree py/tree");
}
END_TEST

START_TEST(others_read_what_we_write)
{
    make_tree();
    tar_make("a.tar", "tree", NULL);
    tar_sh("mkdir gnu; tar -C gnu -xpf a.tar");
    assert_same("tree", "gnu/tree");
    tar_sh("python3 -c 'import tarfile; tarfile.open(\"a.tar\").extractall(\"py\")'\n"
           "diff -r --no-dereference tree py/tree; test py/tree/a -ef py/tree/b");
}
END_TEST

/* What tar calls the format, and whether it keeps fractions of seconds. */
static const struct {
    const char *options;
    gboolean exact;
} formats[] = {
    {"--format=gnu", FALSE},
    {"--format=gnu --sparse", FALSE},
    {"--format=oldgnu --sparse", FALSE},
    {"--format=pax --xattrs", TRUE},
    {"--format=pax --sparse --sparse-version=0.0", TRUE},
    {"--format=pax --sparse --sparse-version=0.1", TRUE},
    {"--format=pax --sparse --sparse-version=1.0", TRUE},
};

START_TEST(we_read_what_gnu_tar_writes)
{
    make_odd_names();
    make_tree();
    if (!formats[_i].exact)
        tar_sh("find tree -exec touch -hd '2020-01-02 03:04:05' {} +");
    /* So many pieces that headers have to be continued. */
    tar_sh("for i in {0..60}; do printf x | dd of=tree/many bs=1 seek=$((i * 100000)) conv=notrunc "
           "status=none; done; touch -d @1000000000 tree/many tree");
    tar_sh("tar %s -cf a.tar tree", formats[_i].options);
    tar_unmake("a.tar", "out", NULL);
    assert_same("tree", "out");
}
END_TEST

START_TEST(we_read_what_python_writes)
{
    static const char *const names[] = {"USTAR", "GNU", "PAX"};

    make_tree();
    /* It stores a symbolic link as often as it has names. */
    tar_sh("rm tree/link2; find tree -exec touch -hd '2020-01-02 03:04:05' {} +");
    tar_sh("python3 -c 'import tarfile; t = tarfile.open(\"a.tar\", \"w\", "
           "format=tarfile.%s_FORMAT); t.add(\"tree\"); t.close()'",
           names[_i]);
    tar_unmake("a.tar", "out", NULL);
    assert_same("tree", "out");
}
END_TEST

START_TEST(v7_archives)
{
    tar_sh("mkdir -p tree/d; echo x >tree/d/f; ln -s f tree/d/l\n"
           "find tree -exec touch -hd '2020-01-02 03:04:05' {} +; tar --format=v7 -cf a.tar tree");
    tar_unmake("a.tar", "out", NULL);
    assert_same("tree", "out");
}
END_TEST

START_TEST(extended_attributes)
{
    guint64 warnings;

    tar_sh("mkdir -p tree/d; echo x >tree/f; python3 -c '\n"
           "import os\n"
           "os.setxattr(\"tree/f\", \"user.text\", b\"value\")\n"
           "os.setxattr(\"tree/f\", \"user.binary\", bytes(range(256)) + b\"\\n=\")\n"
           "os.setxattr(\"tree/f\", \"user.empty\", b\"\")\n"
           "os.setxattr(\"tree/d\", \"user.of.directory\", b\"d\")\n' || touch none");
    if (access(tar_at("none"), F_OK) == 0)
        return; /* this file system has none */
    tar_make("a.tar", "tree", &warnings);
    ck_assert_uint_eq(warnings, 0);
    tar_unmake("a.tar", "out", &warnings);
    ck_assert_uint_eq(warnings, 0);
    assert_same("tree", "out");
    tar_sh("mkdir gnu; tar --xattrs --xattrs-include='*' -C gnu -xpf a.tar");
    assert_same("tree", "gnu/tree");
}
END_TEST

START_TEST(sockets_fifos_devices)
{
    guint64 warnings;

    tar_sh("mkdir tree; mkfifo tree/p; echo x >tree/f\n"
           "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"tree/s\")'");
    tar_make("a.tar", "tree", &warnings);
    ck_assert_uint_eq(warnings, 1);
    tar_unmake("a.tar", "out", &warnings);
    ck_assert_uint_eq(warnings, 1);
    tar_sh("test \"$(ls out)\" = f");
}
END_TEST

/* Deeper than any path may be long; and the deepest that is taken. */
START_TEST(deep_trees)
{
    struct tar_options options = TAR_OPTIONS_DEFAULT;
    char *sources[] = {(char *)tar_at("tree")};
    struct tar_failure failure;
    struct tar_counts counts;
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    tar_sh("python3 -c '\n"
           "import os\n"
           "os.mkdir(\"tree\"); os.chdir(\"tree\")\n"
           "for i in range(900):\n"
           "    os.mkdir(\"directory%%03d\" %% i); os.chdir(\"directory%%03d\" %% i)\n"
           "open(\"f\", \"w\").write(\"deep\")'");
    tar_make("a.tar", "tree", NULL);
    tar_unmake("a.tar", "out", NULL);
    tar_sh("test $(find out | wc -l) = 902");
    tar_sh("python3 -c '\n"
           "import os\n"
           "os.chdir(\"out\")\n"
           "for i in range(900): os.chdir(\"directory%%03d\" %% i)\n"
           "assert open(\"f\").read() == \"deep\"\n"
           "for i in range(200): os.mkdir(\"x\"); os.chdir(\"x\")'");
    tar_sh("rm -r tree; mv out tree");
    options.sources = sources;
    options.source_count = 1;
    ck_assert(!tar_create(&options, null, -1, NULL, &counts, &failure));
    ck_assert_int_eq(failure.kind, TAR_TOO_BIG);
    ck_assert_ptr_nonnull(strstr(failure.text, "deep"));
    close(null);
}
END_TEST

/* With few descriptors it fails with words, and not otherwise. */
START_TEST(few_descriptors)
{
    struct tar_options options = TAR_OPTIONS_DEFAULT;
    char *sources[] = {(char *)tar_at("tree")};
    struct rlimit limit = {40, 40};
    struct tar_failure failure;
    struct tar_counts counts;
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    tar_sh("mkdir -p tree/$(printf 'd/%%.0s' {1..100})");
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    options.sources = sources;
    options.source_count = 1;
    ck_assert(!tar_create(&options, null, -1, NULL, &counts, &failure));
    ck_assert_ptr_nonnull(strstr(failure.text, "Too many open files"));
    close(null);
}
END_TEST

/* Files that come, go and change while they are read. */
START_TEST(changing_tree)
{
    pid_t pid;
    int status;

    tar_sh("mkdir tree");
    pid = fork();
    if (pid == 0) {
        if (chdir(tar_at("tree")) < 0)
            _exit(1);
        for (;;)
            for (int i = 0; i < 50; i++) {
                char name[16];

                snprintf(name, sizeof name, "f%d", i);
                if (i % 3 == 0)
                    (void)!symlink("/etc/passwd", name);
                else if (i % 3 == 1)
                    mkdir(name, 0755);
                else
                    (void)!g_file_set_contents(name, "text", -1, NULL);
                remove(name);
            }
    }
    for (int i = 0; i < 20; i++) {
        tar_make("a.tar", "tree", NULL);
        tar_unmake("a.tar", "out", NULL);
        tar_sh("rm -rf out");
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
}
END_TEST

/* --- properties --- */

static char *random_name(GRand *random)
{
    int length = g_rand_int_range(random, 1, g_rand_int_range(random, 0, 8) == 0 ? 250 : 12);
    char *name = g_malloc((gsize)length + 1);

    for (int i = 0; i < length; i++)
        do
            name[i] = g_rand_boolean(random) ? (char)g_rand_int_range(random, 'a', 'd')
                                             : (char)g_rand_int_range(random, 1, 256);
        while (name[i] == '/');
    name[length] = '\0';
    if (name[0] == '.')
        name[0] = '_';
    return name;
}

static void random_file(GRand *random, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int pieces = g_rand_int_range(random, 0, 4);

    for (int i = 0; i < pieces; i++) {
        char bytes[3000];
        off_t offset =
            g_rand_int_range(random, 0, 3) == 0 ? g_rand_int_range(random, 0, 1 << 22) : i * 512;

        memset(bytes, g_rand_int_range(random, 0, 256), sizeof bytes);
        ck_assert_int_ge(pwrite(fd, bytes, (size_t)g_rand_int_range(random, 0, 3000), offset), 0);
    }
    if (g_rand_int_range(random, 0, 4) == 0)
        ck_assert_int_eq(ftruncate(fd, g_rand_int_range(random, 0, 1 << 23)), 0);
    close(fd);
}

static void random_attributes(GRand *random, const char *path, gboolean directory)
{
    struct timespec times[2];
    gint64 seconds = (gint64)g_rand_int(random) * (g_rand_boolean(random) ? 1 : 4) - 2000000000;

    times[0] = times[1] = (struct timespec){
        .tv_sec = seconds,
        .tv_nsec = g_rand_boolean(random) ? g_rand_int_range(random, 0, 1000000000) : 0};
    ck_assert_int_eq(chmod(path, directory ? 0700 | (mode_t)g_rand_int_range(random, 0, 0100)
                                           : 0400 | (mode_t)g_rand_int_range(random, 0, 01000)),
                     0);
    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

static void random_tree(GRand *random, const char *path, int depth, GPtrArray *files)
{
    int count = g_rand_int_range(random, 0, 7);

    ck_assert_int_eq(mkdir(path, 0700), 0);
    for (int i = 0; i < count; i++) {
        g_autofree char *name = random_name(random);
        g_autofree char *child = g_build_filename(path, name, NULL);
        g_autofree char *target = random_name(random);
        int kind = g_rand_int_range(random, 0, 8);

        if (g_file_test(child, G_FILE_TEST_EXISTS) || g_file_test(child, G_FILE_TEST_IS_SYMLINK))
            continue;
        if (kind < 3 && depth < 5) {
            random_tree(random, child, depth + 1, files);
        } else if (kind == 3) {
            ck_assert_int_eq(symlink(target, child), 0);
        } else if (kind == 4 && files->len > 0) {
            ck_assert_int_eq(
                link(files->pdata[g_rand_int_range(random, 0, (int)files->len)], child), 0);
        } else {
            random_file(random, child);
            random_attributes(random, child, FALSE);
            g_ptr_array_add(files, g_strdup(child));
        }
    }
    random_attributes(random, path, TRUE);
}

START_TEST(random_trees)
{
    for (guint32 seed = 0; seed < 8; seed++) {
        GRand *random = g_rand_new_with_seed(seed + 1000 * (guint32)_i);
        GPtrArray *files = g_ptr_array_new_with_free_func(g_free);

        random_tree(random, tar_at("tree"), 0, files);
        tar_make("a.tar", "tree", NULL);
        tar_unmake("a.tar", "out", NULL);
        assert_same("tree", "out");
        tar_sh("mkdir gnu; LC_ALL=C tar -C gnu -xpf a.tar 2>err");
        assert_same("tree", "gnu/tree");
        tar_sh("rm out gnu -r; tar --format=%s --sparse -cf b.tar tree",
               seed % 2 == 0 ? "pax" : "gnu");
        tar_unmake("b.tar", "out", NULL);
        if (seed % 2 == 0)
            assert_same("tree", "out");
        else
            tar_sh("diff -r --no-dereference tree out");
        tar_sh("rm out tree -r");
        g_ptr_array_unref(files);
        g_rand_free(random);
    }
}
END_TEST

/* --- numbers --- */

START_TEST(times_and_numbers)
{
    static const gint64 seconds[] = {0, 1, -1, -2, 1000000000, -1000000000, 1LL << 40};
    static const guint32 nanoseconds[] = {0, 1, 500000000, 999999999};
    struct tar_failure failure;

    for (gsize i = 0; i < G_N_ELEMENTS(seconds) * G_N_ELEMENTS(nanoseconds); i++) {
        struct tar_pax pax = {0};
        struct tar_record record;
        gint64 second = seconds[i / G_N_ELEMENTS(nanoseconds)];
        guint32 nanosecond = nanoseconds[i % G_N_ELEMENTS(nanoseconds)];
        int64_t got;
        uint32_t got_ns;
        char *cursor;

        ck_assert(tar_pax_add_time(&pax, "mtime", second, nanosecond, &failure));
        cursor = pax.bytes;
        ck_assert_int_eq(tar_pax_next(&cursor, pax.bytes + pax.length, &record), 1);
        ck_assert(tar_time_parse(record.value, &got, &got_ns));
        ck_assert_msg(got == second && got_ns == nanosecond, "%s", record.value);
        free(pax.bytes);
    }
}
END_TEST

static const struct {
    const char *field;
    gsize length;
    gboolean sound;
    gint64 value;
} numbers[] = {
    {"0000644\0", 8, TRUE, 0644},
    {"   644 \0", 8, TRUE, 0644},
    {"644    \0", 8, TRUE, 0644},
    {"77777777", 8, TRUE, 077777777},
    {"\0\0\0\0\0\0\0\0", 8, TRUE, 0},
    {"        ", 8, TRUE, 0},
    {"00008\0\0\0", 8, FALSE, 0},
    {"-0000644", 8, FALSE, 0},
    {"0x644\0\0\0", 8, FALSE, 0},
    {"\x80\0\0\0\0\0\0\1\0\0\0\0", 12, TRUE, 1LL << 32},
    {"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12, TRUE, G_MAXINT64},
    {"\x80\0\0\0\x80\0\0\0\0\0\0\0", 12, FALSE, 0},
    {"\x80\0\0\1\0\0\0\0\0\0\0\0", 12, FALSE, 0},
    {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12, TRUE, -1},
    {"\xff\xff\xff\xff\xff\xff\xff\xff", 8, TRUE, -1},
};

START_TEST(number_fields)
{
    int64_t value = 0;

    ck_assert_int_eq(tar_number_parse(numbers[_i].field, numbers[_i].length, &value),
                     numbers[_i].sound);
    if (numbers[_i].sound)
        ck_assert_int_eq(value, numbers[_i].value);
}
END_TEST

static Suite *tar_suite(void)
{
    Suite *suite = suite_create("tar");
    TCase *cases = tcase_create("tar");

    tcase_add_checked_fixture(cases, tar_setup, tar_teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, own_round_trip);
    tcase_add_test(cases, more_than_8_gib);
    tcase_add_test(cases, names_of_any_bytes);
    tcase_add_test(cases, others_read_what_we_write);
    tcase_add_loop_test(cases, we_read_what_gnu_tar_writes, 0, G_N_ELEMENTS(formats));
    tcase_add_loop_test(cases, we_read_what_python_writes, 0, 3);
    tcase_add_test(cases, v7_archives);
    tcase_add_test(cases, extended_attributes);
    tcase_add_test(cases, sockets_fifos_devices);
    tcase_add_test(cases, deep_trees);
    tcase_add_test(cases, few_descriptors);
    tcase_add_test(cases, changing_tree);
    tcase_add_loop_test(cases, random_trees, 0, 2);
    tcase_add_test(cases, times_and_numbers);
    tcase_add_loop_test(cases, number_fields, 0, G_N_ELEMENTS(numbers));
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return test_run(tar_suite());
}
