/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Archives that mean ill, or are broken. Nothing outside of the target changes, and the failure
 * says what was wrong. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/test-main.h"
#include "tar-fixture.h"

static GByteArray *archive;
static struct tar_options options;
static struct tar_counts counts;
static struct tar_failure failure;

static void setup(void)
{
    tar_setup();
    archive = g_byte_array_new();
    options = (struct tar_options)TAR_OPTIONS_DEFAULT;
    tar_sh("mkdir out outside; echo secret >outside/secret; echo old >out/old");
}

static void teardown(void)
{
    tar_sh("test \"$(ls -A outside)\" = secret; test $(cat outside/secret) = secret\n"
           "test $(stat -c %%h outside/secret) = 1; test \"$(ls -A | grep -v err)\" = "
           "\"$(printf 'out\\noutside')\"; test -z \"$(find . -name '.sbx*')\"");
    g_byte_array_unref(archive);
    tar_teardown();
}

static void fails(enum tar_kind kind, const char *word)
{
    ck_assert(!tar_try(archive, &options, &counts, &failure));
    ck_assert_msg(failure.kind == kind && strstr(failure.text, word) != NULL, "%d %s", failure.kind,
                  failure.text);
    ck_assert_uint_eq(strcspn(failure.text, "\n\t\x1b"), strlen(failure.text));
}

static void works(guint64 warnings)
{
    ck_assert_msg(tar_try(archive, &options, &counts, &failure), "%s", failure.text);
    ck_assert_uint_eq(counts.warnings, warnings);
}

/* --- names --- */

static const struct {
    const char *name;
    const char *word;
} bad_names[] = {
    {"../escaped", "leads upwards"},   {"a/../../escaped", "leads upwards"},
    {"a/..", "leads upwards"},         {"..", "leads upwards"},
    {"./../escaped", "leads upwards"}, {"/escaped", "absolute"},
    {"//escaped", "absolute"},
};

START_TEST(names_that_lead_out)
{
    static const char types[] = {'0', '1', '2', '5', 'S'};

    for (gsize i = 0; i < sizeof types - 1; i++) {
        g_autofree char *record = g_strconcat("path=", bad_names[_i].name, NULL);

        g_byte_array_set_size(archive, 0);
        tar_put(archive, types[i], bad_names[_i].name, "old", NULL, 0);
        tar_put_end(archive);
        fails(TAR_DENIED, bad_names[_i].word);
        g_byte_array_set_size(archive, 0);
        tar_put_pax(archive, 'x', record, NULL);
        tar_put(archive, types[i], "harmless", "old", NULL, 0);
        tar_put_end(archive);
        fails(TAR_DENIED, bad_names[_i].word);
    }
    g_byte_array_set_size(archive, 0);
    tar_put(archive, '1', "link", bad_names[_i].name, NULL, 0);
    tar_put_end(archive);
    fails(TAR_DENIED, bad_names[_i].word);
}
END_TEST

START_TEST(odd_names_that_are_fine)
{
    tar_put(archive, '5', "./", NULL, NULL, 0);
    tar_put(archive, '5', "./d///", NULL, NULL, 0);
    tar_put(archive, '0', "./d/./f", NULL, "x", 1);
    tar_put(archive, '0', "...", NULL, "x", 1);
    tar_put(archive, '0', "..x", NULL, "x", 1);
    tar_put(archive, '0', "missing/parents/f", NULL, "x", 1);
    tar_put_end(archive);
    works(0);
    tar_sh("cd out; test -f d/f && test -f ... && test -f ..x && test -f missing/parents/f");
}
END_TEST

START_TEST(names_that_are_none)
{
    tar_put(archive, '0', "", NULL, NULL, 0);
    fails(TAR_MALFORMED, "no name");
    g_byte_array_set_size(archive, 0);
    tar_put(archive, 'x', "pax", NULL, "20 path=with\0inside\n", 20);
    tar_put(archive, '0', "f", NULL, NULL, 0);
    fails(TAR_MALFORMED, "NUL");
    g_byte_array_set_size(archive, 0);
    tar_put(archive, '0', "./.", NULL, "x", 1);
    fails(TAR_MALFORMED, "without a name");
    g_byte_array_set_size(archive, 0);
    tar_put(archive, '0', "old/f", NULL, "x", 1);
    fails(TAR_DENIED, "not a directory");
}
END_TEST

START_TEST(names_are_escaped_in_messages)
{
    tar_put(archive, '0', "/\x1b[31m\n\xff\xc2\x9b\xe2\x80\xae", NULL, "x", 1);
    fails(TAR_DENIED, "\\x1b[31m\\x0a\\xff\\xc2\\x9b\\xe2\\x80\\xae");
}
END_TEST

/* --- links --- */

START_TEST(through_a_symbolic_link)
{
    tar_put(archive, '2', "l", "../outside", NULL, 0);
    tar_put(archive, '0', "l/escaped", NULL, "x", 1);
    fails(TAR_DENIED, "symbolic link");
    g_byte_array_set_size(archive, 0);
    tar_put(archive, '5', "l/d", NULL, NULL, 0);
    fails(TAR_DENIED, "symbolic link");
    g_byte_array_set_size(archive, 0);
    tar_put(archive, '1', "hard", "l/secret", NULL, 0);
    fails(TAR_DENIED, "symbolic link");
    /* In the middle of the way, where O_NOFOLLOW does not look. */
    g_byte_array_set_size(archive, 0);
    tar_put(archive, '2', "up", "..", NULL, 0);
    tar_put(archive, '0', "up/outside/escaped", NULL, "x", 1);
    fails(TAR_DENIED, "symbolic link");
    g_byte_array_set_size(archive, 0);
    tar_put(archive, '1', "hard2", "up/outside/secret", NULL, 0);
    fails(TAR_DENIED, "symbolic link");
    g_byte_array_set_size(archive, 0);
    tar_put(archive, '2', "loop", "loop", NULL, 0);
    tar_put(archive, '0', "loop/x", NULL, "x", 1);
    fails(TAR_DENIED, "symbolic link");
}
END_TEST

START_TEST(a_directory_becomes_a_link)
{
    tar_put(archive, '5', "d", NULL, NULL, 0);
    tar_put(archive, '0', "d/f", NULL, "x", 1);
    tar_put(archive, '2', "d", "../outside", NULL, 0);
    tar_put(archive, '0', "d/escaped", NULL, "x", 1);
    fails(TAR_EXISTS, "already is one");
    g_byte_array_set_size(archive, 0);
    tar_put(archive, '2', "e", "../outside", NULL, 0);
    tar_put(archive, '5', "e", NULL, NULL, 0);
    fails(TAR_EXISTS, "is none");
}
END_TEST

/* The cached directory must not be used for another of its name. */
START_TEST(a_file_becomes_a_link)
{
    tar_put(archive, '0', "f", NULL, "x", 1);
    tar_put(archive, '2', "f", "../outside/secret", NULL, 0);
    tar_put(archive, '0', "f", NULL, "overwritten", 11);
    tar_put_end(archive);
    works(0);
    tar_sh("test ! -L out/f && test $(cat out/f) = overwritten");
}
END_TEST

START_TEST(hard_links)
{
    tar_sh("ln -s ../outside/secret out/planted");
    tar_put(archive, '1', "h", "old", NULL, 0);
    fails(TAR_DENIED, "not of this archive");
    g_byte_array_set_size(archive, 0);
    tar_put(archive, '1', "h", "planted", NULL, 0);
    fails(TAR_DENIED, "not of this archive");
    g_byte_array_set_size(archive, 0);
    tar_put(archive, '5', "d", NULL, NULL, 0);
    tar_put(archive, '1', "h", "d", NULL, 0);
    fails(TAR_DENIED, "not of this archive");
    g_byte_array_set_size(archive, 0);
    tar_put(archive, '1', "h", "none", NULL, 0);
    fails(TAR_NOT_FOUND, "none");
    g_byte_array_set_size(archive, 0);
    tar_put(archive, '0', "f", NULL, "x", 1);
    tar_put(archive, '1', "h", "f", NULL, 0);
    tar_put(archive, '1', "h", "f", NULL, 0);
    tar_put(archive, '1', "f", "f", NULL, 0);
    tar_put(archive, '1', "old", "./f", NULL, 0);
    tar_put_end(archive);
    works(0);
    tar_sh("test out/f -ef out/h && test out/f -ef out/old; rm out/planted");
}
END_TEST

/* A hard link to a symbolic link, and then a write to its name, must not go where that leads. */
START_TEST(hard_link_to_a_symbolic_link)
{
    tar_put(archive, '2', "l", "../outside/secret", NULL, 0);
    tar_put(archive, '1', "h", "l", NULL, 0);
    tar_put(archive, '0', "h", NULL, "overwritten", 11);
    tar_put_end(archive);
    works(0);
    tar_sh("test -L out/l && test ! -L out/h");
}
END_TEST

/* --- kinds and modes --- */

START_TEST(no_devices)
{
    static const char types[] = {'3', '4', '6', 'V', 'Z'};

    for (gsize i = 0; i < sizeof types; i++)
        tar_put(archive, types[i], "special", NULL, NULL, 0);
    tar_put(archive, 'Z', "unknown", NULL, "data", 4);
    tar_put(archive, '0', "f", NULL, "x", 1);
    tar_put_end(archive);
    works(6);
    tar_sh("test \"$(ls out)\" = \"$(printf 'f\\nold')\"");
}
END_TEST

START_TEST(no_set_id_bits)
{
    for (int privileged = 0; privileged < 2; privileged++) {
        options.privileged = privileged;
        g_byte_array_set_size(archive, 0);
        memcpy(tar_put_header(archive, '0', "f", 0)->mode, "0007755", 8);
        tar_seal(archive);
        memcpy(tar_put_header(archive, '5', "d", 0)->mode, "0007755", 8);
        tar_seal(archive);
        tar_put_end(archive);
        works(0);
        tar_sh("test $(stat -c %%a out/f) = %s; test $(stat -c %%a out/d) = %s; rm -r out/f out/d",
               privileged ? "7755" : "755", privileged ? "7755" : "1755");
    }
}
END_TEST

/* What was there keeps its mode: an archive must not open the user's home to all. */
START_TEST(directories_that_were_there)
{
    tar_sh("chmod 700 out; mkdir -m 700 out/was; touch -d @5 out/was");
    memcpy(tar_put_header(archive, '5', "./", 0)->mode, "0000777", 8);
    tar_seal(archive);
    memcpy(tar_put_header(archive, '5', "was", 0)->mode, "0000777", 8);
    tar_seal(archive);
    memcpy(tar_put_header(archive, '5', "new", 0)->mode, "0000500", 8);
    tar_seal(archive);
    tar_put(archive, '0', "new/f", NULL, "x", 1);
    /* The last entry of a name counts. */
    memcpy(tar_put_header(archive, '5', "new", 0)->mode, "0000555", 8);
    tar_seal(archive);
    tar_put_end(archive);
    works(0);
    tar_sh("test $(stat -c %%a out) = 700; test $(stat -c %%a out/was) = 700\n"
           "test \"$(stat -c '%%a %%Y' out/new)\" = '555 1000000000'");
}
END_TEST

/* A parent that comes before its own entry is ours all the same. */
START_TEST(directories_after_their_files)
{
    tar_put(archive, '0', "d/f", NULL, "x", 1);
    memcpy(tar_put_header(archive, '5', "d", 0)->mode, "0000500", 8);
    tar_seal(archive);
    tar_put_end(archive);
    works(0);
    tar_sh("test \"$(stat -c '%%a %%Y' out/d)\" = '500 1000000000'");
}
END_TEST

START_TEST(attributes_of_the_system)
{
    tar_put_pax(archive, 'x', "SCHILY.xattr.security.capability=abc", "SCHILY.xattr.trusted.x=y",
                NULL);
    tar_put(archive, '0', "f", NULL, "x", 1);
    tar_put_end(archive);
    works(0);
    tar_sh("python3 -c 'import os; assert not [x for x in os.listxattr(\"out/f\") "
           "if x != \"security.selinux\"]'");
}
END_TEST

/* --- bombs --- */

START_TEST(sparse_beyond_all_measure)
{
    tar_put_pax(archive, 'x', "GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.name=bomb",
                "GNU.sparse.realsize=9223372036854775807", NULL);
    tar_put(archive, '0', "f", NULL, "1\n9223372036854775807\n0\n", 24);
    tar_put_end(archive);
    /* The map's block is padded. */
    fails(TAR_MALFORMED, "sparse");
    g_byte_array_set_size(archive, 0);
    tar_put_pax(archive, 'x', "GNU.sparse.map=", "GNU.sparse.name=bomb",
                "GNU.sparse.size=9223372036854775807", NULL);
    tar_put(archive, '0', "f", NULL, NULL, 0);
    tar_put_end(archive);
    fails(TAR_TOO_BIG, "\"bomb\" the archive's files have more than the 68719476736 bytes");
    g_byte_array_set_size(archive, 0);
    tar_put_pax(archive, 'x', "GNU.sparse.map=", "GNU.sparse.name=bomb",
                "GNU.sparse.size=18446744073709551615", NULL);
    tar_put(archive, '0', "f", NULL, NULL, 0);
    fails(TAR_MALFORMED, "");
    g_byte_array_set_size(archive, 0);
    tar_put_pax(archive, 'x', "GNU.sparse.map=", "GNU.sparse.name=hole", "GNU.sparse.size=40000",
                NULL);
    tar_put(archive, '0', "f", NULL, NULL, 0);
    tar_put_end(archive);
    works(0);
    tar_sh("test $(stat -c %%s out/hole) = 40000");
}
END_TEST

static const char *const bad_maps[] = {
    "5,4,3,4",
    "0,10",
    "0,4,2,4",
    "x,4",
    "0,",
    "9223372036854775807,9",
    "0,4,30,1",
    ",",
    "-1,4",
    "0,4,18446744073709551615,1",
    "99999999999999999999999999,4",
};

START_TEST(maps_that_cannot_be)
{
    g_autofree char *map = g_strconcat("GNU.sparse.map=", bad_maps[_i], NULL);

    tar_put_pax(archive, 'x', map, "GNU.sparse.size=20", NULL);
    tar_put(archive, '0', "f", NULL, "1234", 4);
    tar_put_end(archive);
    fails(TAR_MALFORMED, "map of a sparse file");
}
END_TEST

START_TEST(maps_without_end)
{
    g_autoptr(GString) text = g_string_new("999999\n");

    for (int i = 0; i < 200000; i++)
        g_string_append_printf(text, "%d\n0\n", i);
    tar_put_pax(archive, 'x', "GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.name=f",
                "GNU.sparse.realsize=1000000", NULL);
    tar_put(archive, '0', "f", NULL, text->str, text->len);
    fails(TAR_TOO_BIG, "pieces");
}
END_TEST

START_TEST(too_many_entries)
{
    options.max_entries = 1000;
    for (int i = 0; i < 1001; i++) {
        char name[16];

        snprintf(name, sizeof name, "d%d", i);
        tar_put(archive, '5', name, NULL, NULL, 0);
    }
    tar_put_end(archive);
    fails(TAR_TOO_BIG, "more than the 1000 entries");
    /* Those that are left out count, too. */
    g_byte_array_set_size(archive, 0);
    for (int i = 0; i < 1001; i++)
        tar_put(archive, '3', "device", NULL, NULL, 0);
    fails(TAR_TOO_BIG, "more than the 1000 entries");
}
END_TEST

START_TEST(too_many_bytes)
{
    g_autofree char *data = g_malloc0(10000);

    options.max_bytes = 25000;
    tar_put(archive, '0', "a", NULL, data, 10000);
    tar_put(archive, '0', "b", NULL, data, 10000);
    tar_put(archive, '0', "c", NULL, data, 10000);
    tar_put_end(archive);
    fails(TAR_TOO_BIG, "\"c\" the archive's files have more than the 25000 bytes");
}
END_TEST

START_TEST(too_deep)
{
    g_autoptr(GString) path = g_string_new("path=");

    for (int i = 0; i < 1001; i++)
        g_string_append(path, "d/");
    tar_put_pax(archive, 'x', path->str, NULL);
    tar_put(archive, '5', "d", NULL, NULL, 0);
    fails(TAR_TOO_BIG, "deep");
}
END_TEST

START_TEST(headers_too_long)
{
    g_autofree char *text = g_strnfill(300000, 'n');
    g_autofree char *path = g_strconcat("path=", text, NULL);
    g_autofree char *value = g_strnfill(70000, 'v');
    g_autofree char *xattr = g_strconcat("SCHILY.xattr.user.x=", value, NULL);

    tar_put_header(archive, 'x', "pax", 1 << 30);
    fails(TAR_TOO_BIG, "extended header");
    g_byte_array_set_size(archive, 0);
    tar_put_header(archive, 'L', "long", 1 << 30);
    fails(TAR_TOO_BIG, "extended header");
    g_byte_array_set_size(archive, 0);
    tar_put_pax(archive, 'x', path, NULL);
    tar_put(archive, '0', "f", NULL, NULL, 0);
    fails(TAR_TOO_BIG, "name of more than");
    g_byte_array_set_size(archive, 0);
    tar_put_pax(archive, 'x', xattr, NULL);
    tar_put(archive, '0', "f", NULL, NULL, 0);
    fails(TAR_TOO_BIG, "extended attributes");
    g_byte_array_set_size(archive, 0);
    text[300] = '\0';
    tar_put(archive, 'L', "long", NULL, text, 300);
    tar_put(archive, '0', "f", NULL, NULL, 0);
    fails(TAR_TOO_BIG, "255");
}
END_TEST

START_TEST(headers_without_end)
{
    for (int i = 0; i < 1000; i++)
        tar_put_pax(archive, 'g', "comment=again", NULL);
    fails(TAR_MALFORMED, "in a row");
}
END_TEST

/* --- broken ones --- */

static const char *const bad_records[] = {
    "5 a=b\n",
    "7 a=b\n",
    "x a=b\n",
    "6a=b\n",
    "6 =bc\n",
    "6 abc\n",
    "0 a=b\n",
    "6 a=b\0",
    "99999999999999999999999999 a=b\n",
    "-6 a=b\n",
    " 6 a=b\n",
    "13 mtime=x.1\n",
    "13 size=-1234\n",
    "9 uid=x1\n",
    "13 size=99999",
    "31 size=99999999999999999999999\n",
};

START_TEST(broken_records)
{
    tar_put(archive, 'x', "pax", NULL, bad_records[_i], strlen(bad_records[_i]));
    tar_put(archive, '0', "f", NULL, NULL, 0);
    tar_put_end(archive);
    fails(TAR_MALFORMED, "not a sound tar archive");
}
END_TEST

START_TEST(broken_headers)
{
    memcpy(tar_put_header(archive, '0', "f", 0)->checksum, "0000000", 8);
    fails(TAR_MALFORMED, "checksum");
    g_byte_array_set_size(archive, 0);
    memset(tar_put_header(archive, '0', "f", 0)->size, 0xff, 12);
    tar_seal(archive);
    fails(TAR_MALFORMED, "no number");
    g_byte_array_set_size(archive, 0);
    memcpy(tar_put_header(archive, '0', "f", 0)->mtime, "tomorrow", 8);
    tar_seal(archive);
    fails(TAR_MALFORMED, "no number");
    g_byte_array_set_size(archive, 0);
    tar_put(archive, '2', "l", "", NULL, 0);
    fails(TAR_MALFORMED, "without a target");
}
END_TEST

/* Cut anywhere, it is an error, and no half file is left. */
START_TEST(truncated_anywhere)
{
    g_autofree char *data = g_strnfill(3000, 'd');
    guint whole;

    tar_put_pax(archive, 'x', "path=first", "mtime=1.5", NULL);
    tar_put(archive, '0', "f", NULL, data, 3000);
    tar_put(archive, 'L', "long", NULL, "second", 6);
    tar_put(archive, '0', "f", NULL, data, 100);
    tar_put_pax(archive, 'x', "GNU.sparse.map=0,4", "GNU.sparse.size=20", NULL);
    tar_put(archive, '0', "third", NULL, "1234", 4);
    whole = archive->len;
    tar_put_end(archive);
    for (guint length = 0; length <= whole; length += 61) {
        GByteArray cut = {.data = archive->data, .len = length};

        ck_assert(!tar_try(&cut, &options, &counts, &failure));
        ck_assert_int_eq(failure.kind, TAR_MALFORMED);
        tar_sh("cd out; for f in first second third; do test ! -e $f || test $(stat -c %%s $f) = "
               "$(case $f in first) echo 3000;; second) echo 100;; third) echo 20; esac); done; "
               "rm -f first second third");
    }
    works(0);
}
END_TEST

START_TEST(rubbish_behind_the_end)
{
    g_autofree char *zeros = g_malloc0(2 << 20);

    tar_put(archive, '0', "f", NULL, "x", 1);
    tar_put_end(archive);
    g_byte_array_append(archive, (const guint8 *)zeros, 10240);
    works(0);
    g_byte_array_append(archive, (const guint8 *)zeros, 2 << 20);
    fails(TAR_MALFORMED, "behind its end");
}
END_TEST

/* One block of zeros at the end is taken, as by other readers. */
START_TEST(half_an_end)
{
    tar_put(archive, '0', "f", NULL, "x", 1);
    tar_put_end(archive);
    g_byte_array_set_size(archive, archive->len - TAR_BLOCK);
    works(0);
}
END_TEST

static void add_tests(TCase *cases)
{
    tcase_add_loop_test(cases, names_that_lead_out, 0, G_N_ELEMENTS(bad_names));
    tcase_add_test(cases, odd_names_that_are_fine);
    tcase_add_test(cases, names_that_are_none);
    tcase_add_test(cases, names_are_escaped_in_messages);
    tcase_add_test(cases, through_a_symbolic_link);
    tcase_add_test(cases, a_directory_becomes_a_link);
    tcase_add_test(cases, a_file_becomes_a_link);
    tcase_add_test(cases, hard_links);
    tcase_add_test(cases, hard_link_to_a_symbolic_link);
    tcase_add_test(cases, no_devices);
    tcase_add_test(cases, no_set_id_bits);
    tcase_add_test(cases, directories_that_were_there);
    tcase_add_test(cases, directories_after_their_files);
    tcase_add_test(cases, attributes_of_the_system);
    tcase_add_test(cases, sparse_beyond_all_measure);
    tcase_add_loop_test(cases, maps_that_cannot_be, 0, G_N_ELEMENTS(bad_maps));
    tcase_add_test(cases, maps_without_end);
    tcase_add_test(cases, too_many_entries);
    tcase_add_test(cases, too_many_bytes);
    tcase_add_test(cases, too_deep);
    tcase_add_test(cases, headers_too_long);
    tcase_add_test(cases, headers_without_end);
    tcase_add_loop_test(cases, broken_records, 0, G_N_ELEMENTS(bad_records));
    tcase_add_test(cases, broken_headers);
    tcase_add_test(cases, truncated_anywhere);
    tcase_add_test(cases, rubbish_behind_the_end);
    tcase_add_test(cases, half_an_end);
}

static Suite *hostile_suite(void)
{
    Suite *suite = suite_create("tar-hostile");
    TCase *cases = tcase_create("hostile");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 60);
    add_tests(cases);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return test_run(hostile_suite());
}
