/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The template store against what is wrong with a template: every kind of damage, forged and
 * hostile files, links; and the stamps that spare reading.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <time.h>

#include <sandbox/error.h>

#include "lib/test-main.h"
#include "template-fixture.h"
#include "wire/fault.h"

static void do_truncate(const char *path)
{
    struct stat st;

    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(truncate(path, st.st_size - 1), 0);
}

static void do_grow(const char *path)
{
    struct stat st;

    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(truncate(path, st.st_size + 1), 0);
}

static void do_empty(const char *path)
{
    ck_assert_int_eq(truncate(path, 0), 0);
}

static void do_flip_start(const char *path)
{
    fixture_flip(path, 0);
}

static void do_flip_end(const char *path)
{
    struct stat st;

    ck_assert_int_eq(stat(path, &st), 0);
    fixture_flip(path, st.st_size - 1);
}

static void do_remove(const char *path)
{
    ck_assert_int_eq(g_unlink(path), 0);
}

/* To a file with the right content. */
static void do_link(const char *path)
{
    g_autofree char *elsewhere = g_build_filename(fixture_top, "elsewhere", NULL);

    ck_assert_int_eq(g_rename(path, elsewhere), 0);
    ck_assert_int_eq(symlink(elsewhere, path), 0);
}

static void do_directory(const char *path)
{
    g_autofree char *inside = g_build_filename(path, "a", "b", NULL);

    do_remove(path);
    ck_assert_int_eq(g_mkdir_with_parents(inside, 0700), 0);
}

static void do_fifo(const char *path)
{
    do_remove(path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
}

static const struct {
    void (*harm)(const char *path);
    const char *words;
} harms[] = {
    {do_truncate, ""},
    {do_grow, ""},
    {do_empty, ""},
    {do_flip_start, ""},
    {do_flip_end, "differs from its checksum"},
    {do_remove, "is missing"},
    {do_link, "is not a regular file"},
    {do_directory, "is not a regular file"},
    {do_fifo, "is not a regular file"},
};

static const char *const files[] = {"memory", "disk", "state", "template.json"};

START_TEST(any_damage_is_found_and_removed)
{
    const char *file = files[_i / (int)G_N_ELEMENTS(harms)];
    gsize harm = (gsize)_i % G_N_ELEMENTS(harms);
    g_autofree char *path = fixture_path(file);

    fixture_publish();
    sbx_template_unref(fixture_load());
    harms[harm].harm(path);
    fixture_assert_damaged(file, harms[harm].words);
    fixture_publish();
    sbx_template_unref(fixture_load());
}
END_TEST

START_TEST(sizes_are_named)
{
    g_autofree char *path = fixture_path("memory");
    g_autofree char *disk = fixture_path("disk");
    g_autofree char *state = fixture_path("state");

    fixture_publish();
    ck_assert_int_eq(truncate(path, 1048576), 0);
    fixture_assert_damaged("memory", "its memory file has 1048576 bytes instead of 4194304");
    fixture_publish();
    do_grow(disk);
    fixture_assert_damaged("disk", "its disk file has 1048577 bytes instead of 1048576");
    fixture_publish();
    do_grow(state);
    fixture_assert_damaged("state", "its state file has 100001 bytes instead of 100000");
    fixture_publish();
    do_empty(state);
    fixture_assert_damaged("state", "its state file is empty");
    fixture_publish();
    ck_assert_int_eq(truncate(state, SBX_TEMPLATE_STATE_MAX + 1), 0);
    fixture_assert_damaged("state", "its state file has 67108865 bytes, more than 67108864");
}
END_TEST

/* Zeros where there was a hole are no damage; any other byte there is. */
START_TEST(writes_into_holes)
{
    g_autofree char *path = fixture_path("memory");
    g_auto(fd_t) fd = -1;

    fixture_publish();
    fd = open(path, O_WRONLY | O_CLOEXEC);
    ck_assert_int_eq(pwrite(fd, "\0\0\0", 3, FIXTURE_MEMORY - 3), 3);
    sbx_template_unref(fixture_load());
    ck_assert_int_eq(pwrite(fd, "\1", 1, FIXTURE_MEMORY - 1), 1);
    fixture_assert_damaged("memory", "differs from its checksum");
}
END_TEST

START_TEST(name_that_is_no_directory)
{
    g_autofree char *path = fixture_path(NULL);
    g_autofree char *elsewhere = g_build_filename(fixture_top, "elsewhere", NULL);

    fixture_publish();
    ck_assert_int_eq(g_rename(path, elsewhere), 0);
    ck_assert_int_eq(symlink(elsewhere, path), 0);
    fixture_assert_damaged("", "it is not a directory");
    ck_assert_int_eq(g_rename(elsewhere, path), 0);
    sbx_template_unref(fixture_load());
    ck_assert_int_eq(g_rename(path, elsewhere), 0);
    fixture_write(path, "a file");
    fixture_assert_damaged("", "it is not a directory");
}
END_TEST

/* --- template.json --- */

static char *read_json(gsize *length)
{
    g_autofree char *path = fixture_path("template.json");
    char *text;

    ck_assert(g_file_get_contents(path, &text, length, NULL));
    return text;
}

static void assert_refused(const char *text, gsize length, const char *words)
{
    g_auto(SbxTemplateManifest) manifest = {0};
    g_autoptr(GError) error = NULL;

    ck_assert_msg(!sbx_template_manifest_parse(text, length, fixture_id, &manifest, &error),
                  "accepted: %.*s", (int)MIN(length, 2000), text);
    ck_assert_int_eq(sbx_fault_code(error), SBX_E_IMAGE);
    ck_assert_msg(strstr(error->message, words) != NULL, "no \"%s\" in: %s", words, error->message);
}

START_TEST(no_bit_of_the_json_changes_unnoticed)
{
    g_autofree char *text = NULL;
    g_auto(SbxTemplateManifest) manifest = {0};
    gsize length;

    fixture_publish();
    text = read_json(&length);
    ck_assert(sbx_template_manifest_parse(text, length, fixture_id, &manifest, NULL));
    for (gsize i = 0; i < length * 8; i++) {
        text[i / 8] ^= (char)(1 << i % 8);
        assert_refused(text, length, "");
        text[i / 8] ^= (char)(1 << i % 8);
    }
    for (gsize i = 0; i < length; i++)
        assert_refused(text, i, "");
}
END_TEST

/* The text with one part replaced, and a right checksum again. */
static char *forge(const char *text, const char *from, const char *to)
{
    const char *body = text + strlen("{\"sha256\":\"") + 64 + strlen("\",");
    g_auto(GStrv) parts = g_strsplit(body, from, 2);
    g_autofree char *forged = g_strjoinv(to, parts);
    char hex[SBX_DIGEST_SIZE];

    ck_assert_msg(g_strv_length(parts) == 2, "no %s in %s", from, body);
    ck_assert(sbx_digest_bytes(forged, strlen(forged), hex, NULL));
    return g_strdup_printf("{\"sha256\":\"%s\",%s", hex, forged);
}

static const struct {
    const char *from, *to, *words;
} forgeries[] = {
    {"\"format\":1", "\"format\":2", "format"},
    {"\"format\":1", "\"format\":\"1\"", "format"},
    {"\"key\":", "\"kay\":", "image"},
    {"\"vmm\":", "\"vnm\":", "vmm"},
    {"QEMU 7.2.19", "QEMU 7.2.20", "of another template"},
    {"\"vmm\":\"QEMU 7.2.19\"", "\"vmm\":7", "vmm"},
    {"\"memory\":4194304", "\"memory\":-1", "memory"},
    {"\"memory\":4194304", "\"memory\":4e6", "memory"},
    {"\"memory\":4194304", "\"memory\":9223372036854775807", "memory"},
    {"\"memory\":4194304", "\"memory\":99999999999999999999", "memory"},
    {"\"disk_size\":1048576", "\"disk_size\":[]", "disk_size"},
    {"\"vcpus\":2", "\"vcpus\":4294967298", "vcpus"},
    {"\"vcpus\":2", "\"vcpus\":true", "vcpus"},
    {"\"size\":4194304", "\"size\":4194305", "other sizes"},
    {"\"size\":1048576", "\"size\":0", "other sizes"},
    {"\"state\":", "\"stat\":", "size or checksum"},
    {"\"sha256\":\"", "\"sha256\":\"G", "size or checksum"},
    {"\"notes\":{", "\"notes\":7,\"x\":{", "notes"},
    {"\"notes\":{", "\"nodes\":{", "notes"},
    {"\"format\":1", "\"format\":1,", "not a JSON object"},
    {"\"format\":1", "\"format\":1,\"d\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", "not a JSON object"},
    {"mac", "m\xff", "not a JSON object"},
};

START_TEST(json_of_a_forger)
{
    g_autofree char *path = fixture_path("template.json");
    g_autofree char *forged = NULL;
    g_autofree char *text = NULL;
    gsize length;

    fixture_publish();
    text = read_json(&length);
    forged = forge(text, "\"vcpus\"", "\"vcpus\"");
    ck_assert_str_eq(forged, text);
    g_free(forged);
    forged = forge(text, forgeries[_i].from, forgeries[_i].to);
    assert_refused(forged, strlen(forged), forgeries[_i].words);
    fixture_write(path, forged);
    fixture_assert_damaged("template.json", forgeries[_i].words);
}
END_TEST

START_TEST(endless_json)
{
    g_autofree char *path = fixture_path("template.json");

    fixture_publish();
    ck_assert_int_eq(truncate(path, G_GINT64_CONSTANT(1) << 40), 0);
    fixture_assert_damaged("template.json", "is longer than");
}
END_TEST

/* --- stamps --- */

/* What the stamp should say now. */
static char *stamp_now(void)
{
    g_autofree char *dir = fixture_path(NULL);
    g_auto(fd_t) at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    g_auto(SbxTemplateManifest) manifest = {0};
    g_auto(SbxTemplateFiles) opened = {.fds = {-1, -1, -1}};

    ck_assert(sbx_template_manifest_read(at, fixture_id, &manifest, NULL));
    ck_assert(sbx_template_files_open(at, &opened, NULL));
    return sbx_template_stamp_text(&manifest, &opened);
}

static void assert_stamped(void)
{
    g_autofree char *path = fixture_path("stamp");
    g_autofree char *wanted = stamp_now();
    g_autofree char *text = NULL;

    ck_assert_msg(g_file_get_contents(path, &text, NULL, NULL), "no stamp");
    ck_assert_str_eq(text, wanted);
}

/* With a stamp that lies nothing is read; without it, the same files are found damaged. */
START_TEST(stamp_spares_reading)
{
    g_autofree char *path = fixture_path(_i ? "disk" : "memory");
    g_autofree char *stamp = fixture_path("stamp");
    g_autofree char *lie = NULL;

    fixture_publish();
    assert_stamped();
    fixture_flip(path, 4096);
    lie = stamp_now();
    fixture_write(stamp, lie);
    sbx_template_unref(fixture_load());
    ck_assert_int_eq(g_unlink(stamp), 0);
    fixture_assert_damaged(_i ? "disk" : "memory", "differs from its checksum");
}
END_TEST

/* The state is read anyway: no stamp vouches for it. */
START_TEST(stamp_does_not_cover_the_state)
{
    g_autofree char *path = fixture_path("state");
    g_autofree char *stamp = fixture_path("stamp");
    g_autofree char *lie = NULL;

    fixture_publish();
    fixture_flip(path, 77);
    lie = stamp_now();
    fixture_write(stamp, lie);
    fixture_assert_damaged("state", "differs from its checksum");
}
END_TEST

static ino_t inode_of(const char *path)
{
    struct stat st;

    ck_assert_int_eq(lstat(path, &st), 0);
    return st.st_ino;
}

START_TEST(stamp_of_touched_files_is_renewed)
{
    g_autofree char *path = fixture_path(_i ? "disk" : "memory");
    g_autofree char *stamp = fixture_path("stamp");
    g_autofree char *old = NULL;
    g_autofree char *longer = NULL;
    ino_t inode;

    fixture_publish();
    inode = inode_of(stamp);
    sbx_template_unref(fixture_load());
    ck_assert(inode_of(stamp) == inode);
    old = stamp_now();
    ck_assert_int_eq(utimensat(AT_FDCWD, path, NULL, 0), 0);
    fixture_settle(path);
    sbx_template_unref(fixture_load());
    assert_stamped();
    ck_assert(inode_of(stamp) != inode);
    fixture_write(stamp, old);
    sbx_template_unref(fixture_load());
    assert_stamped();
    ck_assert_int_eq(truncate(stamp, 10), 0);
    sbx_template_unref(fixture_load());
    assert_stamped();
    g_free(old);
    old = stamp_now();
    longer = g_strconcat(old, "x", NULL);
    fixture_write(stamp, longer);
    sbx_template_unref(fixture_load());
    assert_stamped();
}
END_TEST

/* A write in the same tick of the clock would not show: no stamp for files that are too young. */
START_TEST(young_files_get_no_stamp)
{
    g_autofree char *dir = fixture_path(NULL);
    g_autofree char *stamp = fixture_path("stamp");
    g_auto(SbxTemplateManifest) manifest = {0};
    g_auto(SbxTemplateFiles) opened = {.fds = {-1, -1, -1}};
    g_auto(fd_t) at = -1;
    struct timespec since;

    fixture_publish();
    at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_eq(g_unlink(stamp), 0);
    ck_assert(sbx_template_manifest_read(at, fixture_id, &manifest, NULL));
    ck_assert(sbx_template_files_open(at, &opened, NULL));
    since = opened.st[SBX_TEMPLATE_DISK].st_ctim;
    sbx_template_stamp_write(at, &manifest, &opened, &since);
    ck_assert(!g_file_test(stamp, G_FILE_TEST_EXISTS));
    /* The disk is the younger of the two. */
    since.tv_nsec++;
    sbx_template_stamp_write(at, &manifest, &opened, &since);
    ck_assert(g_file_test(stamp, G_FILE_TEST_EXISTS));
    ck_assert_int_eq(g_unlink(stamp), 0);
    ck_assert_int_eq(futimens(opened.fds[SBX_TEMPLATE_DISK], NULL), 0);
    sbx_template_stamp_write(at, &manifest, &opened, &since);
    ck_assert(!g_file_test(stamp, G_FILE_TEST_EXISTS));
}
END_TEST

/* --- links, and other people's directories --- */

START_TEST(links_are_not_followed)
{
    static const char *const names[] = {"stamp", "used", "other"};
    g_autofree char *victim = g_build_filename(fixture_top, "victim", NULL);
    g_autofree char *precious = g_build_filename(victim, "precious", NULL);
    g_autofree char *text = NULL;

    fixture_publish();
    ck_assert_int_eq(g_mkdir(victim, 0700), 0);
    fixture_write(precious, "precious");
    fixture_age(precious, 9);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = fixture_path(names[i]);

        g_unlink(path);
        ck_assert_int_eq(symlink(i == 2 ? victim : precious, path), 0);
    }
    sbx_template_unref(fixture_load());
    assert_stamped();
    ck_assert_int_le(fixture_mtime(precious), time(NULL) - 8 * 24 * 60 * 60);
    ck_assert(sbx_template_store_remove(fixture_dir, fixture_id, NULL));
    ck_assert(g_file_get_contents(precious, &text, NULL, NULL));
    ck_assert_str_eq(text, "precious");
}
END_TEST

START_TEST(links_in_the_store_are_not_followed)
{
    g_autofree char *victim = g_build_filename(fixture_top, "victim", NULL);
    g_autofree char *precious = g_build_filename(victim, "precious", NULL);
    g_autofree char *build = g_build_filename(fixture_dir, "build-01234567", NULL);
    g_autofree char *lock_name = g_strconcat(fixture_id, ".lock", NULL);
    g_autofree char *lock = g_build_filename(fixture_dir, lock_name, NULL);
    g_autofree char *target = g_build_filename(fixture_top, "new", NULL);
    g_autoptr(GError) error = NULL;

    fixture_publish();
    ck_assert_int_eq(g_mkdir(victim, 0700), 0);
    fixture_write(precious, "precious");
    ck_assert_int_eq(symlink(victim, build), 0);
    ck_assert_int_eq(symlink(target, lock), 0);
    sbx_template_store_sweep(fixture_dir, 1);
    sbx_template_discard(build);
    ck_assert(g_file_test(precious, G_FILE_TEST_EXISTS));
    ck_assert_int_eq(sbx_template_lock(fixture_dir, fixture_id, TRUE, &error), -1);
    ck_assert_ptr_nonnull(strstr(error->message, lock_name));
    ck_assert(!g_file_test(target, G_FILE_TEST_EXISTS));
}
END_TEST

START_TEST(hostile_ids)
{
    static const char *const ids[] = {
        "", ".", "..", "../templates", "/etc", "memory", "build-01234567",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde/",
        "../0123456789abcdef0123456789abcdef0123456789abcdef0123456789abc",
        "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n", "\xff\xfe",
    };
    const char *id = ids[_i];
    g_autoptr(GError) loading = NULL;
    g_autoptr(GError) locking = NULL;
    g_autoptr(GError) removing = NULL;

    fixture_publish();
    ck_assert_ptr_null(sbx_template_load(fixture_dir, id, NULL, &loading));
    ck_assert_int_eq(sbx_fault_code(loading), SBX_E_INVALID);
    ck_assert(g_utf8_validate(loading->message, -1, NULL));
    ck_assert_int_eq(sbx_template_lock(fixture_dir, id, FALSE, &locking), -1);
    ck_assert_int_eq(sbx_fault_code(locking), SBX_E_INVALID);
    ck_assert(!sbx_template_store_remove(fixture_dir, id, &removing));
    ck_assert_int_eq(sbx_fault_code(removing), SBX_E_NOT_FOUND);
    sbx_template_unref(fixture_load());
}
END_TEST

static void assert_denied(const char *words)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) begin_error = NULL;
    g_autofree char *damage = NULL;
    int hold = -1;

    ck_assert_ptr_null(sbx_template_load(fixture_dir, fixture_id, &damage, &error));
    ck_assert_ptr_null(damage);
    ck_assert_int_eq(sbx_fault_code(error), SBX_E_DENIED);
    ck_assert_msg(strstr(error->message, words) != NULL, "%s", error->message);
    ck_assert_ptr_nonnull(strstr(sbx_fault_hint(error), "LIBSANDBOX_DATA_DIR"));
    ck_assert_ptr_null(sbx_template_begin(fixture_dir, 4096, &hold, &begin_error));
    ck_assert_int_eq(sbx_fault_code(begin_error), SBX_E_DENIED);
}

START_TEST(directories_of_others)
{
    fixture_publish();
    ck_assert_int_eq(chmod(fixture_dir, 01777), 0);
    assert_denied("everybody may write");
    ck_assert_int_eq(chmod(fixture_dir, 0755), 0);
    sbx_template_unref(fixture_load());
    if (geteuid() != 0)
        return;
    ck_assert_int_eq(chown(fixture_dir, 12345, 12345), 0);
    assert_denied("belongs to another user, 12345");
}
END_TEST

static Suite *damage_suite(void)
{
    Suite *suite = suite_create("template-damage");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, fixture_setup, fixture_teardown);
    tcase_set_timeout(all, 60);
    tcase_add_loop_test(all, any_damage_is_found_and_removed, 0,
                        G_N_ELEMENTS(files) * G_N_ELEMENTS(harms));
    tcase_add_test(all, sizes_are_named);
    tcase_add_test(all, writes_into_holes);
    tcase_add_test(all, name_that_is_no_directory);
    tcase_add_test(all, no_bit_of_the_json_changes_unnoticed);
    tcase_add_loop_test(all, json_of_a_forger, 0, G_N_ELEMENTS(forgeries));
    tcase_add_test(all, endless_json);
    tcase_add_loop_test(all, stamp_spares_reading, 0, 2);
    tcase_add_test(all, stamp_does_not_cover_the_state);
    tcase_add_loop_test(all, stamp_of_touched_files_is_renewed, 0, 2);
    tcase_add_test(all, young_files_get_no_stamp);
    tcase_add_test(all, links_are_not_followed);
    tcase_add_test(all, links_in_the_store_are_not_followed);
    tcase_add_loop_test(all, hostile_ids, 0, 13);
    tcase_add_test(all, directories_of_others);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return test_run(damage_suite());
}
