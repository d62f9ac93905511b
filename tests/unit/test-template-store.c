/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The template store: keys, publication, use, full disks, sparse files. Several keepers that share
 * a store are in test-template-sharing.c, damage is in test-template-damage.c.
 */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>

#include <sandbox/error.h>

#include "lib/test-main.h"
#include "template-fixture.h"
#include "wire/fault.h"
#include "wire/json.h"

#define MIB (G_GUINT64_CONSTANT(1) << 20)

/* --- keys --- */

START_TEST(every_field_is_in_the_id)
{
    SbxTemplateKey keys[11];
    g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *again = sbx_template_id(&fixture_key);

    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
        keys[i] = fixture_key;
    keys[0].image = "other";
    keys[1].image_digest = "other";
    keys[2].agent_digest = "other";
    keys[3].machine = "other";
    keys[4].vmm = "other";
    keys[5].accelerator = "other";
    keys[6].memory++;
    keys[7].vcpus++;
    keys[8].disk_size++;
    /* The border between two texts. */
    keys[9].image_digest = "a\nagent_digest :b";
    keys[9].agent_digest = "c";
    keys[10].image_digest = "a";
    keys[10].agent_digest = "b\nagent_digest :c";
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
        g_hash_table_add(ids, sbx_template_id(&keys[i]));
    g_hash_table_add(ids, g_strdup(fixture_id));
    ck_assert_uint_eq(g_hash_table_size(ids), G_N_ELEMENTS(keys) + 1);
    ck_assert_str_eq(again, fixture_id);
    ck_assert(sbx_template_id_is_valid(again));
}
END_TEST

/* --- publication --- */

static void assert_mode(const char *path, mode_t mode)
{
    struct stat st;

    ck_assert_int_eq(lstat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, mode);
}

static void assert_filled(int fd, gconstpointer bytes, char with)
{
    char buffer[10];

    if (fd >= 0)
        ck_assert_int_eq(pread(fd, buffer, sizeof(buffer), 4096), sizeof(buffer));
    else
        memcpy(buffer, bytes, sizeof(buffer));
    for (gsize i = 0; i < sizeof(buffer); i++)
        ck_assert_int_eq(buffer[i], with);
}

START_TEST(round_trip)
{
    static const char *const names[] = {"memory",        "state", "disk",
                                        "template.json", "stamp", "used"};
    g_autofree char *dir = fixture_path(NULL);
    g_autoptr(SbxTemplate) template = NULL;
    SbxTemplate *other;
    struct stat st;

    fixture_publish();
    template = fixture_load();
    ck_assert_str_eq(template->id, fixture_id);
    ck_assert_str_eq(template->dir, dir);
    ck_assert_str_eq(template->image, fixture_key.image);
    ck_assert_uint_eq(template->memory, FIXTURE_MEMORY);
    ck_assert_uint_eq(template->disk_size, FIXTURE_DISK);
    ck_assert_uint_eq(template->vcpus, 2);
    ck_assert_str_eq(sbx_json_get_string(template->notes, "mac"), "52:54:00:00:00:01");
    ck_assert_uint_eq(g_bytes_get_size(template->state), FIXTURE_STATE);
    assert_filled(-1, g_bytes_get_data(template->state, NULL), 's');
    assert_filled(template->disk_fd, NULL, 'd');
    ck_assert_int_eq(fcntl(template->disk_fd, F_GETFL) & O_ACCMODE, O_RDONLY);
    ck_assert_int_ne(fcntl(template->disk_fd, F_GETFD) & FD_CLOEXEC, 0);
    ck_assert_int_eq(lstat(template->memory_path, &st), 0);
    ck_assert_int_eq(st.st_size, FIXTURE_MEMORY);
    ck_assert(sbx_template_still_good(template));
    other = sbx_template_ref(template);
    sbx_template_unref(other);
    sbx_template_unref(NULL);
    assert_mode(fixture_dir, 0700);
    assert_mode(dir, 0700);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = fixture_path(names[i]);

        assert_mode(path, 0600);
    }
}
END_TEST

static void assert_nothing_there(const char *dir)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) list = NULL;
    g_autofree char *damage = NULL;

    ck_assert_ptr_null(sbx_template_load(dir, fixture_id, &damage, &error));
    ck_assert_ptr_null(error);
    ck_assert_ptr_null(damage);
    list = sbx_template_store_list(dir, &error);
    ck_assert_uint_eq(list->len, 0);
    sbx_template_store_sweep(dir, 0);
    ck_assert(!sbx_template_store_remove(dir, fixture_id, &error));
    ck_assert_int_eq(sbx_fault_code(error), SBX_E_NOT_FOUND);
}

START_TEST(nothing_there)
{
    assert_nothing_there(fixture_dir);
    ck_assert(!g_file_test(fixture_dir, G_FILE_TEST_EXISTS));
    ck_assert_int_eq(g_mkdir(fixture_dir, 0700), 0);
    assert_nothing_there(fixture_dir);
}
END_TEST

static ino_t memory_inode(void)
{
    g_autofree char *path = fixture_path("memory");
    struct stat st;

    ck_assert_int_eq(lstat(path, &st), 0);
    return st.st_ino;
}

START_TEST(valid_one_is_not_replaced)
{
    ino_t inode;

    fixture_publish();
    inode = memory_inode();
    fixture_publish();
    ck_assert(memory_inode() == inode);
    sbx_template_unref(fixture_load());
}
END_TEST

START_TEST(invalid_one_is_replaced)
{
    g_autofree char *dir = fixture_path(NULL);
    g_autofree char *memory = fixture_path("memory");

    ck_assert_int_eq(g_mkdir_with_parents(_i ? dir : fixture_dir, 0700), 0);
    if (_i == 0)
        fixture_write(dir, "a file");
    if (_i == 2)
        fixture_write(memory, "half");
    fixture_publish();
    sbx_template_unref(fixture_load());
}
END_TEST

/* Nothing of what a build leaves beside its files is published. */
START_TEST(only_its_files_are_published)
{
    g_auto(fd_t) hold = -1;
    g_autofree char *build = fixture_build(&hold);
    g_autofree char *log = g_build_filename(build, "qemu.log", NULL);
    g_autofree char *inside = g_build_filename(build, "sub", "sub", NULL);
    g_autofree char *disk = g_build_filename(build, "disk", NULL);
    g_autofree char *dir = fixture_path(NULL);
    g_autoptr(GDir) names = NULL;
    guint n = 0;

    fixture_write(log, "log");
    ck_assert_int_eq(g_mkdir_with_parents(inside, 0700), 0);
    ck_assert_int_eq(chmod(disk, 0644), 0);
    ck_assert(sbx_template_publish(fixture_dir, build, &fixture_key, NULL, NULL));
    names = g_dir_open(dir, 0, NULL);
    while (g_dir_read_name(names))
        n++;
    /* Without a stamp when chmod was in this very tick of the clock. */
    ck_assert_uint_ge(n, 5);
    ck_assert_uint_le(n, 6);
    g_free(disk);
    disk = fixture_path("disk");
    assert_mode(disk, 0600);
}
END_TEST

static void assert_not_published(const SbxTemplateKey *key, const char *build, JsonObject *notes,
                                 int code, const char *words)
{
    g_autofree char *id = sbx_template_id(key);
    g_autoptr(GError) error = NULL;

    ck_assert(!sbx_template_publish(fixture_dir, build, key, notes, &error));
    ck_assert_msg(sbx_fault_code(error) == code, "%s", error->message);
    ck_assert_msg(strstr(error->message, words) != NULL, "no \"%s\" in: %s", words, error->message);
    fixture_assert_exists(id, FALSE);
    ck_assert(g_file_test(build, G_FILE_TEST_IS_DIR));
}

static JsonObject *deep_object(int depth)
{
    JsonObject *object = json_object_new();

    if (depth > 1)
        json_object_set_object_member(object, "in", deep_object(depth - 1));
    return object;
}

START_TEST(wrong_builds_are_refused)
{
    g_auto(fd_t) hold = -1;
    g_autofree char *build = fixture_build(&hold);
    g_autofree char *state = g_build_filename(build, "state", NULL);
    g_autoptr(JsonObject) deep = deep_object(16);
    g_autoptr(JsonObject) deepest = deep_object(15);
    SbxTemplateKey key = fixture_key;

    key.memory += 4096;
    assert_not_published(&key, build, NULL, SBX_E_INTERNAL, "bytes instead of 4198400");
    key = fixture_key;
    key.vmm = "QEMU \xff";
    assert_not_published(&key, build, NULL, SBX_E_INVALID, "cannot be kept");
    assert_not_published(&fixture_key, build, deep, SBX_E_INVALID, "cannot be kept");
    ck_assert_int_eq(truncate(state, 0), 0);
    assert_not_published(&fixture_key, build, NULL, SBX_E_INTERNAL, "its state file is empty");
    ck_assert_int_eq(truncate(state, 65 * MIB), 0);
    assert_not_published(&fixture_key, build, NULL, SBX_E_INTERNAL, "more than");
    ck_assert_int_eq(g_unlink(state), 0);
    assert_not_published(&fixture_key, build, NULL, SBX_E_INTERNAL, "its state file is missing");
    fixture_write(state, "state");
    ck_assert(sbx_template_publish(fixture_dir, build, &fixture_key, deepest, NULL));
    sbx_template_unref(fixture_load());
}
END_TEST

START_TEST(discarded)
{
    g_auto(fd_t) hold = -1;
    g_autofree char *build = fixture_build(&hold);
    g_autofree char *dir = fixture_path(NULL);

    fixture_publish();
    sbx_template_discard(build);
    ck_assert(!g_file_test(build, G_FILE_TEST_EXISTS));
    sbx_template_discard(build);
    sbx_template_discard(dir);
    sbx_template_discard(fixture_dir);
    sbx_template_unref(fixture_load());
}
END_TEST

/* --- still good, used --- */

START_TEST(still_good_until_touched)
{
    g_autofree char *path = fixture_path(_i ? "disk" : "memory");
    g_autoptr(SbxTemplate) template = NULL;

    fixture_publish();
    template = fixture_load();
    ck_assert(sbx_template_still_good(template));
    fixture_flip(path, 4096);
    ck_assert(!sbx_template_still_good(template));
}
END_TEST

START_TEST(removed_one_is_not_good)
{
    g_autoptr(SbxTemplate) template = NULL;

    fixture_publish();
    template = fixture_load();
    ck_assert(sbx_template_store_remove(fixture_dir, fixture_id, NULL));
    ck_assert(!sbx_template_still_good(template));
    assert_filled(template->disk_fd, NULL, 'd');
    fixture_publish();
    ck_assert(!sbx_template_still_good(template));
}
END_TEST

START_TEST(use_is_marked)
{
    g_autofree char *used = fixture_path("used");
    g_autoptr(SbxTemplate) template = NULL;
    time_t start = time(NULL);

    fixture_publish();
    fixture_age(used, 9);
    template = fixture_load();
    ck_assert_int_ge(fixture_mtime(used), start - 1);
    fixture_age(used, 9);
    ck_assert(sbx_template_still_good(template));
    ck_assert_int_lt(fixture_mtime(used), start - 100);
    template->marked -= 60;
    ck_assert(sbx_template_still_good(template));
    ck_assert_int_ge(fixture_mtime(used), start - 1);
}
END_TEST

/* --- space --- */

static void assert_no_space(guint64 memory)
{
    g_autoptr(GError) error = NULL;
    int hold = -1;

    ck_assert_ptr_null(sbx_template_begin(fixture_dir, memory, &hold, &error));
    ck_assert_msg(sbx_fault_code(error) == SBX_E_NO_SPACE, "%s", error->message);
    ck_assert_ptr_nonnull(strstr(error->message, "MiB"));
    /* Snapshots come this way as well; and the directory has another name for the user. */
    ck_assert_ptr_null(strstr(error->message, "template"));
    ck_assert_ptr_null(strstr(error->message, fixture_dir));
    ck_assert_ptr_nonnull(strstr(sbx_fault_hint(error), "LIBSANDBOX_DATA_DIR"));
    ck_assert_int_eq(hold, -1);
    ck_assert_uint_eq(fixture_count_builds(), 0);
}

START_TEST(no_space_for_the_memory)
{
    assert_no_space(G_GUINT64_CONSTANT(1) << 50);
    assert_no_space(G_MAXUINT64);
}
END_TEST

/* A small file system of its own, in a mount namespace that ends with this test's process. */
static void mount_small(const char *options)
{
    ck_assert_int_eq(g_mkdir_with_parents(fixture_dir, 0700), 0);
    ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
    ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
    ck_assert_int_eq(mount("tmpfs", fixture_dir, "tmpfs", 0, options), 0);
}

static void fill_up(int fd)
{
    struct statvfs space;

    ck_assert_int_eq(fstatvfs(fd, &space), 0);
    ck_assert_int_eq(posix_fallocate(fd, 0, (off_t)(space.f_bavail * space.f_frsize)), 0);
}

/* A VM that dies of it is reported as that, and what was seen of its end is the cause. */
static void assert_full(const char *build)
{
    g_autoptr(GError) reason = g_error_new_literal(SBX_FAULT, SBX_E_BOOT, "the agent fell silent");
    g_autoptr(GError) full = sbx_template_full_fault(build, reason);

    ck_assert_int_eq(sbx_fault_code(full), SBX_E_NO_SPACE);
    ck_assert_ptr_nonnull(strstr(full->message, "disk got full"));
    ck_assert_str_eq(sbx_fault_cause(full), "the agent fell silent");
    ck_assert_ptr_nonnull(strstr(sbx_fault_hint(full), "LIBSANDBOX_DATA_DIR"));
}

START_TEST(disk_gets_full)
{
    g_autofree char *filler = g_build_filename(fixture_dir, "filler", NULL);
    g_autofree char *build = NULL;
    g_auto(fd_t) hold = -1;
    g_auto(fd_t) fd = -1;

    mount_small("size=80m,mode=700");
    assert_no_space(17 * MIB);
    build = fixture_build(&hold);
    fd = open(filler, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_ptr_null(sbx_template_full_fault(build, NULL));
    fill_up(fd);
    assert_full(build);
    assert_not_published(&fixture_key, build, NULL, SBX_E_NO_SPACE, "template.json");
    sbx_template_discard(build);
    ck_assert_uint_eq(fixture_count_builds(), 0);
    ck_assert_int_eq(ftruncate(fd, 0), 0);
    sbx_fd_clear(&fd);
    fixture_publish();
    sbx_template_unref(fixture_load());
    ck_assert_int_eq(umount2(fixture_dir, MNT_DETACH), 0);
}
END_TEST

START_TEST(read_only_store_can_be_used)
{
    g_autofree char *stamp = fixture_path("stamp");
    g_autofree char *memory = fixture_path("memory");
    g_autofree char *damage = NULL;

    mount_small("size=0,mode=700");
    fixture_publish();
    ck_assert_int_eq(g_unlink(stamp), 0);
    ck_assert_int_eq(mount(NULL, fixture_dir, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    sbx_template_unref(fixture_load());
    ck_assert(!g_file_test(stamp, G_FILE_TEST_EXISTS));
    ck_assert_int_eq(mount(NULL, fixture_dir, NULL, MS_REMOUNT, NULL), 0);
    fixture_flip(memory, 200000);
    ck_assert_int_eq(mount(NULL, fixture_dir, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    ck_assert_ptr_null(sbx_template_load(fixture_dir, fixture_id, &damage, NULL));
    ck_assert_ptr_nonnull(strstr(damage, "checksum; it cannot be removed: Read-only"));
    ck_assert_int_eq(umount2(fixture_dir, MNT_DETACH), 0);
}
END_TEST

/* --- sparse files --- */

static void digest(const char *path, char hex[SBX_DIGEST_SIZE])
{
    g_auto(fd_t) fd = open(path, O_RDONLY | O_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    ck_assert(sbx_digest_sparse_fd(fd, path, hex, NULL));
}

START_TEST(holes_stay_holes)
{
    g_autofree char *path = NULL;
    struct stat st;

    fixture_key.memory = 512 * MIB;
    g_free(fixture_id);
    fixture_id = sbx_template_id(&fixture_key);
    path = fixture_path("memory");
    fixture_publish();
    sbx_template_unref(fixture_load());
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_size, 512 * MIB);
    ck_assert_int_lt(st.st_blocks * 512, MIB);
}
END_TEST

START_TEST(holes_and_zeros_are_the_same)
{
    g_autofree char *path = g_build_filename(fixture_top, "sparse", NULL);
    g_autofree char *zeros = g_malloc0(3 * MIB);
    char nothing[SBX_DIGEST_SIZE], empty[SBX_DIGEST_SIZE], hex[SBX_DIGEST_SIZE],
        moved[SBX_DIGEST_SIZE];
    g_auto(fd_t) fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    ck_assert(sbx_digest_bytes("", 0, nothing, NULL));
    ck_assert_int_eq(ftruncate(fd, (off_t)MIB << 20), 0);
    digest(path, empty);
    ck_assert_str_eq(empty, nothing);
    ck_assert_int_eq(ftruncate(fd, 4 * MIB + 5), 0);
    ck_assert_int_eq(pwrite(fd, zeros, 3 * MIB, 70000), 3 * MIB);
    ck_assert_int_eq(pwrite(fd, zeros, 5, 4 * MIB), 5);
    digest(path, hex);
    ck_assert_str_eq(hex, empty);
    ck_assert_int_eq(pwrite(fd, "x", 1, 4 * MIB + 4), 1);
    digest(path, hex);
    ck_assert_str_ne(hex, empty);
    ck_assert_int_eq(pwrite(fd, "\0", 1, 4 * MIB + 4), 1);
    ck_assert_int_eq(pwrite(fd, "x", 1, 65536), 1);
    digest(path, moved);
    ck_assert_int_eq(pwrite(fd, "\0", 1, 65536), 1);
    ck_assert_int_eq(pwrite(fd, "x", 1, 131072), 1);
    digest(path, hex);
    ck_assert_str_ne(hex, moved);
}
END_TEST

/* The definition, for who wants to compute it otherwise: two blocks, the second a short one. */
START_TEST(digest_is_as_defined)
{
    g_autofree char *path = g_build_filename(fixture_top, "sparse", NULL);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_autofree guint8 *block = g_malloc0(65536);
    g_auto(fd_t) fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    char wanted[SBX_DIGEST_SIZE], hex[SBX_DIGEST_SIZE];

    ck_assert_int_eq(ftruncate(fd, 0x230003), 0);
    ck_assert_int_eq(pwrite(fd, "y", 1, 0x29001), 1);
    ck_assert_int_eq(pwrite(fd, "end", 3, 0x230000), 3);
    block[0x9001] = 'y';
    g_byte_array_append(bytes, (const guint8 *)"\0\0\0\0\0\2\0\0", 8);
    g_byte_array_append(bytes, block, 65536);
    g_byte_array_append(bytes, (const guint8 *)"\0\0\0\0\0\x23\0\0", 8);
    g_byte_array_append(bytes, (const guint8 *)"end", 3);
    ck_assert(sbx_digest_bytes(bytes->data, bytes->len, wanted, NULL));
    digest(path, hex);
    ck_assert_str_eq(hex, wanted);
}
END_TEST

static gboolean can_mount(void)
{
    pid_t pid = fork();
    int status = 0;

    if (pid == 0)
        _exit(unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0);
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static void add_publication(TCase *tcase)
{
    tcase_add_test(tcase, every_field_is_in_the_id);
    tcase_add_test(tcase, round_trip);
    tcase_add_test(tcase, nothing_there);
    tcase_add_test(tcase, valid_one_is_not_replaced);
    tcase_add_loop_test(tcase, invalid_one_is_replaced, 0, 3);
    tcase_add_test(tcase, only_its_files_are_published);
    tcase_add_test(tcase, wrong_builds_are_refused);
    tcase_add_test(tcase, discarded);
    tcase_add_loop_test(tcase, still_good_until_touched, 0, 2);
    tcase_add_test(tcase, removed_one_is_not_good);
    tcase_add_test(tcase, use_is_marked);
}

static void add_space(TCase *tcase, gboolean with_mounts)
{
    tcase_add_test(tcase, no_space_for_the_memory);
    tcase_add_test(tcase, holes_stay_holes);
    tcase_add_test(tcase, holes_and_zeros_are_the_same);
    tcase_add_test(tcase, digest_is_as_defined);
    if (with_mounts) {
        tcase_add_test(tcase, disk_gets_full);
        tcase_add_test(tcase, read_only_store_can_be_used);
    }
}

int main(void)
{
    Suite *suite = suite_create("template-store");
    TCase *all = tcase_create("all");
    gboolean with_mounts = can_mount();

    /* The others run all the same. */
    if (!with_mounts && test_skip("full and read-only file systems: only root may mount") != 77)
        return 1;
    tcase_add_checked_fixture(all, fixture_setup, fixture_teardown);
    tcase_set_timeout(all, 60);
    add_publication(all);
    add_space(all, with_mounts);
    suite_add_tcase(suite, all);
    return test_run(suite);
}
