/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The image store: names, finding, every kind of damage, stamps, locks, listing, removal.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/failure.h"
#include "image/manifest.h"
#include "image/store.h"
#include "image/sweep.h"
#include "image/tree.h"

#define NAME "builtin:debian-13"
#define SLUG "builtin+debian-13"
#define OLD "20260101T000000Z"
#define NEW "20260202T000000Z"

enum { ROOTFS_SIZE = 65536, VMLINUX_SIZE = 3000, MODULES_SIZE = 2000 };

static char *top;
static SbxImageDirs dirs;
static SbxImageName *name;

static void setup(void)
{
    top = g_dir_make_tmp("sbx-store-XXXXXX", NULL);
    ck_assert_ptr_nonnull(top);
    dirs.own = g_build_filename(top, "images", NULL);
    dirs.fallback = g_build_filename(top, "root-images", NULL);
    dirs.cache = g_build_filename(top, "cache", NULL);
    name = sbx_image_parse_name(NAME, NULL);
}

static void teardown(void)
{
    ck_assert(sbx_tree_remove(top, NULL));
    g_free(dirs.own);
    g_free(dirs.fallback);
    g_free(dirs.cache);
    sbx_image_name_free(name);
    g_free(top);
}

static void write_file(const char *dir, const char *file, const char *bytes, gsize length)
{
    g_autofree char *path = g_build_filename(dir, file, NULL);

    ck_assert(g_file_set_contents(path, bytes, (gssize)length, NULL));
}

static char *describe(const char *dir, const char *file, gsize size, char fill)
{
    g_autofree char *bytes = g_malloc(size);
    char hex[SBX_DIGEST_SIZE];

    memset(bytes, fill, size);
    if (size == ROOTFS_SIZE)
        memcpy(bytes + 1080, "\x53\xef", 2);
    write_file(dir, file, bytes, size);
    ck_assert(sbx_digest_bytes(bytes, size, hex, NULL));
    return g_strdup_printf("\"%s\":{\"size\":%zu,\"sha256\":\"%s\"}", file, size, hex);
}

static char *good_manifest(const char *dir)
{
    g_autofree char *rootfs = describe(dir, "rootfs.ext4", ROOTFS_SIZE, 'r');
    g_autofree char *vmlinux = describe(dir, "vmlinux", VMLINUX_SIZE, 'v');
    g_autofree char *modules = describe(dir, "modules.cpio", MODULES_SIZE, 'm');

    return g_strdup_printf("{\"format\":1,\"name\":\"" NAME "\",\"created\":"
                           "\"2026-01-02T03:04:05Z\",\"suite\":\"trixie\",\"architecture\":"
                           "\"x86_64\",\"kernel\":{\"release\":\"6.12.0-cloud\","
                           "\"package_version\":\"6.12.0-1\"},\"deno\":null,\"packages\":9,"
                           "\"files\":{%s,%s,%s}}",
                           rootfs, vmlinux, modules);
}

/* Puts a manifest and the files into place under the right version. Returns the directory. */
static char *publish(const char *images, const char *time, const char *from, const char *to)
{
    g_autofree char *made = g_build_filename(images, SLUG, "new", NULL);
    g_autofree char *text = NULL;
    g_autofree char *version = NULL;
    char hex[SBX_DIGEST_SIZE];
    char *dir;

    ck_assert_int_eq(g_mkdir_with_parents(made, 0755), 0);
    text = good_manifest(made);
    if (from) {
        g_auto(GStrv) parts = g_strsplit(text, from, 2);

        ck_assert_int_eq(g_strv_length(parts), 2);
        g_free(text);
        text = g_strjoin(to, parts[0], parts[1], NULL);
    }
    write_file(made, "manifest.json", text, strlen(text));
    ck_assert(sbx_digest_bytes(text, strlen(text), hex, NULL));
    version = g_strdup_printf("%s-%.8s", time, hex);
    dir = g_build_filename(images, SLUG, version, NULL);
    ck_assert_int_eq(g_rename(made, dir), 0);
    return dir;
}

static SbxImage *find(GError **error)
{
    return sbx_image_store_find_in(&dirs, name, error);
}

static void assert_find_fails(int code, const char *word)
{
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_null(find(&error));
    ck_assert_ptr_nonnull(error);
    ck_assert_msg(sbx_fault_code(error) == code, "code %d: %s", sbx_fault_code(error),
                  error->message);
    ck_assert_msg(strstr(error->message, word) != NULL, "no \"%s\" in: %s", word, error->message);
    ck_assert_ptr_nonnull(sbx_fault_hint(error));
}

static void assert_found(const char *dir)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SbxImage) image = find(&error);

    ck_assert_msg(image != NULL, "%s", error ? error->message : "");
    ck_assert_str_eq(image->dir, dir);
}

/* Changes one byte in place and, when asked, gives the file its old modification time back. */
static void flip(const char *dir, const char *file, off_t offset, gboolean keep_mtime)
{
    g_autofree char *path = g_build_filename(dir, file, NULL);
    g_auto(fd_t) fd = open(path, O_RDWR | O_CLOEXEC);
    struct stat st;
    char byte;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fstat(fd, &st), 0);
    ck_assert_int_eq(pread(fd, &byte, 1, offset), 1);
    byte ^= 1;
    ck_assert_int_eq(pwrite(fd, &byte, 1, offset), 1);
    if (keep_mtime)
        ck_assert_int_eq(futimens(fd, (struct timespec[]){st.st_atim, st.st_mtim}), 0);
}

START_TEST(names_that_are_refused)
{
    static const char *const bad[] = {
        "", "@", ".", "..", "../x", "a/b", "/etc", "a:", ":a", "a:b:c", "a@b@c", "-a", ".a", "_a",
        "A", "a b", "a\n", "a+b", "a:.b", "caf\xc3\xa9", "a@", "a@..", "a@../../x",
        "a@20260101T000000Z", "a@20260101T000000Z-1234567", "a@20260101T000000Z-1234567G",
        "a@20260101T000000Z-123456AB", "a@20260101T000000Z-123456789",
        "a@2026/101T000000Z-12345678",
    };
    char very_long[301];

    memset(very_long, 'a', 300);
    very_long[300] = '\0';
    for (gsize i = 0; i <= G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        const char *text = i < G_N_ELEMENTS(bad) ? bad[i] : very_long;

        ck_assert_msg(sbx_image_parse_name(text, &error) == NULL, "accepted \"%s\"", text);
        ck_assert_int_eq(sbx_fault_code(error), SBX_E_INVALID);
        ck_assert(g_utf8_validate(error->message, -1, NULL));
        ck_assert_ptr_null(strchr(error->message, '\n'));
    }
}
END_TEST

START_TEST(names_that_are_accepted)
{
    static const char *const good[] = {"a", "0", "builtin:debian-13", "my.image_2:x-1", "a..b"};
    g_autoptr(SbxImageName) full = sbx_image_parse_name("a:b@20260101T000000Z-0123abcd", NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autoptr(SbxImageName) parsed = sbx_image_parse_name(good[i], NULL);
        g_autofree char *back = NULL;

        ck_assert_ptr_nonnull(parsed);
        ck_assert_ptr_null(parsed->version);
        ck_assert_ptr_null(strpbrk(parsed->slug, "/:"));
        back = sbx_image_name_from_slug(parsed->slug);
        ck_assert_str_eq(back, good[i]);
    }
    ck_assert_str_eq(full->name, "a:b");
    ck_assert_str_eq(full->version, "20260101T000000Z-0123abcd");
    ck_assert_ptr_null(sbx_image_name_from_slug(".build-abc"));
    ck_assert_ptr_null(sbx_image_name_from_slug("a:b"));
}
END_TEST

START_TEST(nothing_there)
{
    assert_find_fails(SBX_E_NOT_FOUND, NAME);
    ck_assert_int_eq(g_mkdir_with_parents(dirs.own, 0755), 0);
    assert_find_fails(SBX_E_NOT_FOUND, NAME);
}
END_TEST

START_TEST(newest_and_own_first)
{
    g_autofree char *root_dir = publish(dirs.fallback, NEW, NULL, NULL);
    g_autofree char *old = NULL;
    g_autofree char *new = NULL;
    g_autoptr(SbxImageName) exact = NULL;
    g_autoptr(SbxImage) image = NULL;
    g_autofree char *full_name = NULL;

    assert_found(root_dir);
    old = publish(dirs.own, OLD, NULL, NULL);
    assert_found(old);
    new = publish(dirs.own, NEW, NULL, NULL);
    assert_found(new);
    full_name = g_strdup_printf(NAME "@%s", strrchr(old, '/') + 1);
    exact = sbx_image_parse_name(full_name, NULL);
    image = sbx_image_store_find_in(&dirs, exact, NULL);
    ck_assert_str_eq(image->dir, old);
    ck_assert_str_eq(image->name, NAME);
    ck_assert_str_eq(image->kernel_release, "6.12.0-cloud");
    ck_assert_int_eq(image->created_ms, 1767323045000);
    ck_assert(g_str_has_suffix(image->rootfs, "/rootfs.ext4"));
    ck_assert_int_ne(fcntl(image->lock_fd, F_GETFD) & FD_CLOEXEC, 0);
}
END_TEST

START_TEST(data_dir_from_environment)
{
    g_autofree char *dir = publish(dirs.own, OLD, NULL, NULL);
    g_autoptr(SbxImage) image = NULL;
    g_autoptr(GError) error = NULL;

    g_setenv("LIBSANDBOX_DATA_DIR", top, TRUE);
    image = sbx_image_store_find(NAME, NULL);
    ck_assert_ptr_nonnull(image);
    ck_assert_str_eq(image->dir, dir);
    g_setenv("LIBSANDBOX_DATA_DIR", "relative", TRUE);
    ck_assert_ptr_null(sbx_image_store_find(NAME, &error));
    ck_assert_int_eq(sbx_fault_code(error), SBX_E_INVALID);
    g_unsetenv("LIBSANDBOX_DATA_DIR");
}
END_TEST

static const char *const file_names[] = {"rootfs.ext4", "vmlinux", "modules.cpio", "manifest.json"};

START_TEST(missing_file)
{
    const char *file = file_names[_i];
    g_autofree char *dir = publish(dirs.own, OLD, NULL, NULL);
    g_autofree char *path = g_build_filename(dir, file, NULL);

    ck_assert_int_eq(g_unlink(path), 0);
    assert_find_fails(SBX_E_IMAGE, file);
    /* Nor does a pipe of that name block us, nor is a link followed. */
    if (!g_str_equal(file, "manifest.json")) {
        ck_assert_int_eq(mkfifo(path, 0600), 0);
        assert_find_fails(SBX_E_IMAGE, file);
        ck_assert_int_eq(g_unlink(path), 0);
        ck_assert_int_eq(symlink("/etc/passwd", path), 0);
        assert_find_fails(SBX_E_IMAGE, file);
    }
}
END_TEST

START_TEST(truncated_file)
{
    const char *file = file_names[_i];
    g_autofree char *dir = publish(dirs.own, OLD, NULL, NULL);
    g_autofree char *path = g_build_filename(dir, file, NULL);

    assert_found(dir);
    ck_assert_int_eq(truncate(path, 1500 - 1000 * (_i == 3)), 0);
    assert_find_fails(SBX_E_IMAGE, file);
    ck_assert_int_eq(truncate(path, 0), 0);
    assert_find_fails(SBX_E_IMAGE, file);
}
END_TEST

START_TEST(flipped_bit)
{
    const char *file = file_names[_i];
    g_autofree char *dir = publish(dirs.own, OLD, NULL, NULL);

    assert_found(dir);
    /* In the middle of a word of the manifest it stays valid JSON. */
    flip(dir, file, 68, FALSE);
    assert_find_fails(SBX_E_IMAGE, file);
    flip(dir, file, 68, TRUE);
    assert_found(dir);
    flip(dir, file, 68, TRUE);
    assert_find_fails(SBX_E_IMAGE, file);
}
END_TEST

START_TEST(not_ext4)
{
    g_autofree char *dir = publish(dirs.own, OLD, NULL, NULL);

    flip(dir, "rootfs.ext4", 1080, FALSE);
    assert_find_fails(SBX_E_IMAGE, "ext4");
}
END_TEST

static const struct {
    const char *from, *to, *word;
} bad_manifests[] = {
    {"\"format\":1", "\"format\":2", "format 2"},
    {"\"format\":1", "\"format\":\"1\"", "format"},
    {"\"format\":1", "\"form\":1", "format"},
    {"{\"format\"", "{{\"format\"", "JSON"},
    {"{\"format\"", "[]{\"format\"", "JSON"},
    {"\"name\":\"builtin:debian-13\"", "\"name\":\"other\"", "other"},
    {"\"name\":\"builtin:debian-13\"", "\"name\":7", "name"},
    {"\"name\":\"builtin:debian-13\"", "\"name\":\"a\\u0000b\"", "another image"},
    {"2026-01-02T03", "2026-13-02T03", "created"},
    {"6.12.0-cloud", "6.12.0\\ncloud", "release"},
    {"6.12.0-cloud", "", "release"},
    {"\"kernel\":{", "\"kernels\":{", "kernel"},
    {"\"files\":{", "\"file\":{", "files"},
    {"\"deno\":null", "\"deno\":[]", "deno"},
    {"\"vmlinux\":{", "\"vmlinuz\":{", "vmlinux"},
    {"\"size\":3000", "\"size\":3001", "vmlinux"},
    {"\"size\":3000", "\"size\":-3000", "vmlinux"},
    {"\"size\":3000", "\"size\":3000.5", "vmlinux"},
    {"\"size\":3000", "\"size\":9223372036854775807", "vmlinux"},
    {"\"size\":3000,\"sha256\":\"", "\"size\":3000,\"sha256\":\"0", "vmlinux"},
    {"\"size\":3000,\"sha256\":\"", "\"size\":3000,\"sha255\":\"", "vmlinux"},
};

START_TEST(bad_manifest)
{
    G_GNUC_UNUSED g_autofree char *dir =
        publish(dirs.own, OLD, bad_manifests[_i].from, bad_manifests[_i].to);

    assert_find_fails(SBX_E_IMAGE, bad_manifests[_i].word);
}
END_TEST

START_TEST(huge_manifest)
{
    g_autofree char *dir = publish(dirs.own, OLD, NULL, NULL);
    g_autofree char *path = g_build_filename(dir, "manifest.json", NULL);

    ck_assert_int_eq(truncate(path, 1 << 20), 0);
    assert_find_fails(SBX_E_IMAGE, "longer");
}
END_TEST

static gboolean count_calls(gpointer data, int permille, const char *stage, const char *text)
{
    (void)permille;
    (void)stage;
    (void)text;
    ++*(int *)data;
    return TRUE;
}

static gboolean refuse(gpointer data, int permille, const char *stage, const char *text)
{
    count_calls(data, permille, stage, text);
    return FALSE;
}

START_TEST(stamp_spares_reading)
{
    g_autofree char *dir = publish(dirs.own, OLD, NULL, NULL);
    g_autofree char *stamp = g_build_filename(dir, ".verified", NULL);
    g_autofree char *text = NULL;

    assert_found(dir);
    ck_assert(g_file_get_contents(stamp, &text, NULL, NULL));
    for (int i = 0; i < SBX_IMAGE_N_FILES; i++)
        ck_assert_ptr_nonnull(strstr(text, sbx_image_file_names[i]));
    /* A stamp that does not fit is replaced, not trusted. */
    write_file(dir, ".verified", "nonsense", 8);
    assert_found(dir);
    g_free(g_steal_pointer(&text));
    ck_assert(g_file_get_contents(stamp, &text, NULL, NULL));
    ck_assert(g_str_has_prefix(text, "libsandbox-verified 2\n"));
}
END_TEST

/* A directory in the stamp's place cannot be replaced: then the cache is used. */
START_TEST(stamp_in_cache)
{
    g_autofree char *dir = publish(dirs.fallback, OLD, NULL, NULL);
    g_autofree char *stamp = g_build_filename(dir, ".verified", "x", NULL);
    g_autofree char *cached = g_strdup_printf("%s/verified-" SLUG "@%s", dirs.cache,
                                              strrchr(dir, '/') + 1);

    ck_assert_int_eq(g_mkdir_with_parents(stamp, 0755), 0);
    assert_found(dir);
    ck_assert(g_file_test(cached, G_FILE_TEST_IS_REGULAR));
    assert_found(dir);
    flip(dir, "rootfs.ext4", 5000, FALSE);
    assert_find_fails(SBX_E_IMAGE, "rootfs.ext4");
}
END_TEST

START_TEST(verify_reads_everything)
{
    g_autofree char *dir = publish(dirs.own, OLD, NULL, NULL);
    g_autoptr(SbxImage) image = NULL;
    g_autoptr(GError) error = NULL;
    int calls = 0;

    assert_found(dir);
    image = sbx_image_store_verify(&dirs, name, count_calls, &calls, NULL);
    ck_assert_ptr_nonnull(image);
    ck_assert_int_eq(calls, 3);
    ck_assert_ptr_null(sbx_image_store_verify(&dirs, name, refuse, &calls, &error));
    ck_assert_int_eq(sbx_fault_code(error), SBX_E_CANCELLED);
    ck_assert_int_eq(calls, 4);
}
END_TEST

START_TEST(image_in_use_is_not_removed)
{
    g_autofree char *old = publish(dirs.own, OLD, NULL, NULL);
    g_autofree char *new = publish(dirs.own, NEW, NULL, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(SbxImage) image = find(NULL);
    SbxImage *second = sbx_image_ref(image);
    g_autoptr(GPtrArray) entries = NULL;

    sbx_image_unref(second);
    ck_assert_int_eq(sbx_image_store_remove(&dirs, name, &error), -1);
    ck_assert_int_eq(sbx_fault_code(error), SBX_E_BUSY);
    ck_assert(g_file_test(old, G_FILE_TEST_IS_DIR));
    ck_assert(g_file_test(new, G_FILE_TEST_IS_DIR));
    entries = sbx_image_store_list(&dirs, NULL);
    ck_assert_int_eq(entries->len, 2);
    ck_assert(((SbxImageEntry *)entries->pdata[0])->in_use);
    ck_assert(!((SbxImageEntry *)entries->pdata[1])->in_use);
    g_clear_pointer(&image, sbx_image_unref);
    ck_assert_int_eq(sbx_image_store_remove(&dirs, name, NULL), 2);
    ck_assert(!g_file_test(old, G_FILE_TEST_EXISTS));
    assert_find_fails(SBX_E_NOT_FOUND, NAME);
}
END_TEST

START_TEST(damaged_is_listed_and_removed)
{
    g_autofree char *dir = publish(dirs.own, OLD, NULL, NULL);
    g_autofree char *path = g_build_filename(dir, "manifest.json", NULL);
    g_autoptr(GPtrArray) entries = NULL;
    SbxImageEntry *entry;

    ck_assert_int_eq(g_unlink(path), 0);
    entries = sbx_image_store_list(&dirs, NULL);
    ck_assert_int_eq(entries->len, 1);
    entry = entries->pdata[0];
    ck_assert_ptr_null(entry->kernel_release);
    ck_assert_int_eq(entry->created_ms, 1767225600000);
    ck_assert_uint_gt(entry->disk_size, 0);
    ck_assert_int_eq(sbx_image_store_remove(&dirs, name, NULL), 1);
}
END_TEST

START_TEST(roots_images_are_not_ours)
{
    g_autofree char *dir = publish(dirs.fallback, OLD, NULL, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) second = NULL;

    ck_assert_int_eq(sbx_image_store_remove(&dirs, name, &error), -1);
    ck_assert_int_eq(sbx_fault_code(error), SBX_E_DENIED);
    assert_found(dir);
    ck_assert(sbx_tree_remove(dir, NULL));
    ck_assert_int_eq(sbx_image_store_remove(&dirs, name, &second), -1);
    ck_assert_int_eq(sbx_fault_code(second), SBX_E_NOT_FOUND);
}
END_TEST

START_TEST(list_is_sorted_and_ignores_strangers)
{
    g_autofree char *old = publish(dirs.own, OLD, NULL, NULL);
    g_autofree char *new = publish(dirs.own, NEW, NULL, NULL);
    G_GNUC_UNUSED g_autofree char *hidden = publish(dirs.fallback, NEW, NULL, NULL);
    g_autofree char *stranger = g_build_filename(dirs.own, SLUG, "not-a-version", NULL);
    g_autoptr(GPtrArray) entries = NULL;

    ck_assert_int_eq(g_mkdir_with_parents(stranger, 0755), 0);
    write_file(dirs.own, ".lock-x", "", 0);
    entries = sbx_image_store_list(&dirs, NULL);
    ck_assert_int_eq(entries->len, 2);
    ck_assert_str_eq(((SbxImageEntry *)entries->pdata[0])->dir, new);
    ck_assert_str_eq(((SbxImageEntry *)entries->pdata[1])->dir, old);
    ck_assert_str_eq(((SbxImageEntry *)entries->pdata[0])->kernel_release, "6.12.0-cloud");
}
END_TEST

START_TEST(sweep_spares_the_living)
{
    g_autofree char *living = NULL;
    g_autofree char *dead = NULL;
    g_autofree char *removed = g_build_filename(dirs.own, ".removed-abc", "deep", "er", NULL);
    g_autofree char *removed_top = g_build_filename(dirs.own, ".removed-abc", NULL);
    int living_fd = -1;
    int dead_fd = -1;

    ck_assert_int_eq(g_mkdir_with_parents(removed, 0755), 0);
    living = sbx_image_build_dir_new(dirs.own, &living_fd, NULL);
    dead = sbx_image_build_dir_new(dirs.own, &dead_fd, NULL);
    write_file(dead, "rootfs.ext4", "x", 1);
    sbx_fd_clear(&dead_fd);
    sbx_image_sweep(dirs.own);
    ck_assert(g_file_test(living, G_FILE_TEST_IS_DIR));
    ck_assert(!g_file_test(dead, G_FILE_TEST_EXISTS));
    ck_assert(!g_file_test(removed_top, G_FILE_TEST_EXISTS));
    sbx_fd_clear(&living_fd);
    sbx_image_sweep(dirs.own);
    ck_assert(!g_file_test(living, G_FILE_TEST_EXISTS));
}
END_TEST

static Suite *store_suite(void)
{
    Suite *suite = suite_create("image-store");
    TCase *names = tcase_create("names");
    TCase *store = tcase_create("store");

    tcase_add_test(names, names_that_are_refused);
    tcase_add_test(names, names_that_are_accepted);
    suite_add_tcase(suite, names);
    tcase_add_checked_fixture(store, setup, teardown);
    tcase_add_test(store, nothing_there);
    tcase_add_test(store, newest_and_own_first);
    tcase_add_test(store, data_dir_from_environment);
    tcase_add_loop_test(store, missing_file, 0, G_N_ELEMENTS(file_names));
    tcase_add_loop_test(store, truncated_file, 0, G_N_ELEMENTS(file_names));
    tcase_add_loop_test(store, flipped_bit, 0, G_N_ELEMENTS(file_names));
    tcase_add_test(store, not_ext4);
    tcase_add_loop_test(store, bad_manifest, 0, G_N_ELEMENTS(bad_manifests));
    tcase_add_test(store, huge_manifest);
    tcase_add_test(store, stamp_spares_reading);
    tcase_add_test(store, stamp_in_cache);
    tcase_add_test(store, verify_reads_everything);
    tcase_add_test(store, image_in_use_is_not_removed);
    tcase_add_test(store, damaged_is_listed_and_removed);
    tcase_add_test(store, roots_images_are_not_ours);
    tcase_add_test(store, list_is_sorted_and_ignores_strangers);
    tcase_add_test(store, sweep_spares_the_living);
    suite_add_tcase(suite, store);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(store_suite());
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
