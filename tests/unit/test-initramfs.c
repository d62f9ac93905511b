/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The initramfs: two archives after each other, aligned, complete and always the same bytes.
 */
#include <archive.h>
#include <archive_entry.h>
#include <check.h>
#include <fcntl.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "image/failure.h"
#include "image/initramfs.h"
#include "image/tree.h"

enum { AGENT_SIZE = 300001 };

static char *top;
static char *modules;
static char *agent;

static void make_modules(const char *path)
{
    struct archive *archive = archive_write_new();
    struct archive_entry *entry = archive_entry_new();

    archive_write_set_format_cpio_newc(archive);
    archive_write_set_bytes_per_block(archive, 1);
    ck_assert_int_eq(archive_write_open_filename(archive, path), ARCHIVE_OK);
    archive_entry_set_pathname(entry, "lib/modules/virtio.ko");
    archive_entry_set_mode(entry, S_IFREG | 0644);
    archive_entry_set_size(entry, 7);
    ck_assert_int_eq(archive_write_header(archive, entry), ARCHIVE_OK);
    ck_assert_int_eq(archive_write_data(archive, "modules", 7), 7);
    archive_entry_free(entry);
    ck_assert_int_eq(archive_write_close(archive), ARCHIVE_OK);
    archive_write_free(archive);
}

static void setup(void)
{
    g_autofree char *bytes = g_malloc(AGENT_SIZE);

    top = g_dir_make_tmp("sbx-initramfs-XXXXXX", NULL);
    modules = g_build_filename(top, "modules.cpio", NULL);
    agent = g_build_filename(top, "agent", NULL);
    make_modules(modules);
    for (int i = 0; i < AGENT_SIZE; i++)
        bytes[i] = (char)(i * 7 + i / 251);
    memcpy(bytes, "\177ELF", 4);
    ck_assert(g_file_set_contents(agent, bytes, AGENT_SIZE, NULL));
}

static void teardown(void)
{
    ck_assert(sbx_tree_remove(top, NULL));
    g_free(modules);
    g_free(agent);
    g_free(top);
}

static GBytes *make(void)
{
    g_auto(fd_t) fd = memfd_create("initramfs", MFD_CLOEXEC);
    g_autoptr(GError) error = NULL;
    struct stat st;
    char *bytes;

    ck_assert_msg(sbx_initramfs_write(fd, modules, agent, &error), "%s",
                  error ? error->message : "");
    ck_assert_int_eq(fstat(fd, &st), 0);
    bytes = g_malloc((gsize)st.st_size);
    ck_assert_int_eq(pread(fd, bytes, (gsize)st.st_size, 0), st.st_size);
    return g_bytes_new_take(bytes, (gsize)st.st_size);
}

/* Where the second archive starts: after the first trailer and the zeros that follow it. */
static gsize second_archive(const char *bytes, gsize length)
{
    const char *trailer = memmem(bytes, length, "TRAILER!!!", 10);
    const char *next = memmem(trailer, (gsize)(bytes + length - trailer), "070701", 6);

    for (const char *c = trailer + 10; c < next; c++)
        ck_assert_int_eq(*c, 0);
    return (gsize)(next - bytes);
}

static struct archive *open_archive(const char *bytes, gsize length)
{
    struct archive *archive = archive_read_new();

    archive_read_support_format_cpio(archive);
    ck_assert_int_eq(archive_read_open_memory(archive, bytes, length), ARCHIVE_OK);
    return archive;
}

static void check_agent(struct archive *archive)
{
    g_autofree char *read_back = g_malloc(AGENT_SIZE);
    g_autofree char *expected = NULL;

    ck_assert(g_file_get_contents(agent, &expected, NULL, NULL));
    ck_assert_int_eq(archive_read_data(archive, read_back, AGENT_SIZE), AGENT_SIZE);
    ck_assert(memcmp(read_back, expected, AGENT_SIZE) == 0);
}

START_TEST(has_everything_an_init_needs)
{
    static const struct {
        const char *path;
        mode_t mode;
    } expected[] = {
        {"dev", S_IFDIR | 0755},         {"proc", S_IFDIR | 0755},
        {"sys", S_IFDIR | 0755},         {"run", S_IFDIR | 0755},
        {"newroot", S_IFDIR | 0755},     {"dev/console", S_IFCHR | 0600},
        {"init", S_IFREG | 0755},
    };
    g_autoptr(GBytes) all = make();
    gsize length;
    const char *bytes = g_bytes_get_data(all, &length);
    gsize start = second_archive(bytes, length);
    struct archive *archive = open_archive(bytes + start, length - start);
    struct archive_entry *entry;

    ck_assert_uint_eq(start % 512, 0);
    ck_assert_uint_eq(length % 512, 0);
    for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
        ck_assert_int_eq(archive_read_next_header(archive, &entry), ARCHIVE_OK);
        ck_assert_str_eq(archive_entry_pathname(entry), expected[i].path);
        ck_assert_uint_eq(archive_entry_mode(entry), expected[i].mode);
        ck_assert_int_eq(archive_entry_uid(entry), 0);
        ck_assert_int_eq(archive_entry_mtime(entry), 0);
    }
    check_agent(archive);
    ck_assert_int_eq(archive_read_next_header(archive, &entry), ARCHIVE_EOF);
    archive_read_free(archive);
}
END_TEST

START_TEST(console_is_a_device)
{
    g_autoptr(GBytes) all = make();
    gsize length;
    const char *bytes = g_bytes_get_data(all, &length);
    gsize start = second_archive(bytes, length);
    struct archive *archive = open_archive(bytes + start, length - start);
    struct archive_entry *entry;

    do {
        ck_assert_int_eq(archive_read_next_header(archive, &entry), ARCHIVE_OK);
    } while (strcmp(archive_entry_pathname(entry), "dev/console") != 0);
    ck_assert_uint_eq(archive_entry_rdevmajor(entry), 5);
    ck_assert_uint_eq(archive_entry_rdevminor(entry), 1);
    archive_read_free(archive);
}
END_TEST

START_TEST(modules_come_first)
{
    g_autoptr(GBytes) all = make();
    gsize length, modules_length;
    const char *bytes = g_bytes_get_data(all, &length);
    g_autofree char *expected = NULL;

    ck_assert(g_file_get_contents(modules, &expected, &modules_length, NULL));
    ck_assert_uint_gt(length, modules_length);
    ck_assert(memcmp(bytes, expected, modules_length) == 0);
}
END_TEST

START_TEST(same_input_same_bytes)
{
    g_autoptr(GBytes) one = make();
    g_autoptr(GBytes) two = make();

    ck_assert(g_bytes_equal(one, two));
}
END_TEST

static void assert_fails(const char *modules_path, const char *agent_path, int code, int fd)
{
    g_autoptr(GError) error = NULL;

    ck_assert(!sbx_initramfs_write(fd, modules_path, agent_path, &error));
    ck_assert_ptr_nonnull(error);
    ck_assert_msg(sbx_fault_code(error) == code, "%d: %s", sbx_fault_code(error), error->message);
}

START_TEST(bad_input)
{
    g_auto(fd_t) fd = memfd_create("initramfs", MFD_CLOEXEC);
    g_autofree char *missing = g_build_filename(top, "missing", NULL);

    assert_fails(missing, agent, SBX_E_SYSTEM, fd);
    assert_fails(modules, missing, SBX_E_SYSTEM, fd);
    assert_fails(agent, agent, SBX_E_IMAGE, fd);
    assert_fails(modules, modules, SBX_E_IMAGE, fd);
    assert_fails(top, agent, SBX_E_IMAGE, fd);
    ck_assert_int_eq(truncate(modules, 3), 0);
    assert_fails(modules, agent, SBX_E_IMAGE, fd);
}
END_TEST

START_TEST(full_disk)
{
    g_auto(fd_t) fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    g_auto(fd_t) small = memfd_create("initramfs", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    assert_fails(modules, agent, SBX_E_NO_SPACE, fd);
    /* Room for the modules, none for the agent. */
    ck_assert_int_eq(ftruncate(small, 4096), 0);
    ck_assert_int_eq(fcntl(small, F_ADD_SEALS, F_SEAL_GROW), 0);
    assert_fails(modules, agent, SBX_E_DENIED, small);
}
END_TEST

static Suite *initramfs_suite(void)
{
    Suite *suite = suite_create("initramfs");
    TCase *tests = tcase_create("initramfs");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, has_everything_an_init_needs);
    tcase_add_test(tests, console_is_a_device);
    tcase_add_test(tests, modules_come_first);
    tcase_add_test(tests, same_input_same_bytes);
    tcase_add_test(tests, bad_input);
    tcase_add_test(tests, full_disk);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(initramfs_suite());
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
