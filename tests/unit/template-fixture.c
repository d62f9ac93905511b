/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A template store of a test's own: see template-fixture.h. */
#include "template-fixture.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <time.h>

#include "image/tree.h"

char *fixture_top;
char *fixture_dir;
char *fixture_id;
SbxTemplateKey fixture_key;

static guint descriptors;

static guint count_descriptors(void)
{
    g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
    guint n = 0;

    while (g_dir_read_name(dir))
        n++;
    return n;
}

void fixture_setup(void)
{
    descriptors = count_descriptors();
    fixture_top = g_dir_make_tmp("sbx-templates-XXXXXX", NULL);
    ck_assert_ptr_nonnull(fixture_top);
    fixture_dir = g_build_filename(fixture_top, "templates", NULL);
    fixture_key = (SbxTemplateKey){
        .image = "builtin:debian-13@20260101T000000Z-01234567",
        .image_digest = "aa",
        .agent_digest = "bb",
        .machine = "<domain type='kvm'/>\n\"console=hvc0\"",
        .vmm = "QEMU 7.2.19",
        .accelerator = "tcg",
        .memory = FIXTURE_MEMORY,
        .vcpus = 2,
        .disk_size = FIXTURE_DISK,
    };
    fixture_id = sbx_template_id(&fixture_key);
}

void fixture_teardown(void)
{
    ck_assert(sbx_tree_remove(fixture_top, NULL));
    ck_assert_uint_eq(count_descriptors(), descriptors);
    g_free(fixture_top);
    g_free(fixture_dir);
    g_free(fixture_id);
}

void fixture_settle(const char *path)
{
    struct timespec now, tick;
    struct stat st;

    ck_assert_int_eq(stat(path, &st), 0);
    clock_getres(CLOCK_REALTIME_COARSE, &tick);
    /* What is waited for is the clock itself. */
    for (sbx_template_now(&now); !sbx_template_is_settled(&st, &now); sbx_template_now(&now))
        clock_nanosleep(CLOCK_MONOTONIC, 0, &tick, NULL);
}

static void fill(const char *build, const char *file, gsize size, off_t offset, gsize length)
{
    g_autofree char *path = g_build_filename(build, file, NULL);
    g_autofree char *bytes = g_malloc(length);
    g_auto(fd_t) fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

    memset(bytes, file[0], length);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
    ck_assert_int_eq(pwrite(fd, bytes, length, offset), (ssize_t)length);
    ck_assert_int_eq(fchmod(fd, 0600), 0);
    fixture_settle(path);
}

char *fixture_build(int *hold)
{
    g_autoptr(GError) error = NULL;
    char *build = sbx_template_begin(fixture_dir, fixture_key.memory, hold, &error);

    ck_assert_msg(build != NULL, "%s", error ? error->message : "");
    fill(build, "memory", fixture_key.memory, 200000, 100000);
    fill(build, "disk", fixture_key.disk_size, 4096, 10);
    fill(build, "state", FIXTURE_STATE, 0, FIXTURE_STATE);
    return build;
}

void fixture_publish(void)
{
    g_auto(fd_t) hold = -1;
    g_autofree char *build = fixture_build(&hold);
    g_autoptr(JsonObject) notes = json_object_new();
    g_autoptr(GError) error = NULL;

    json_object_set_string_member(notes, "mac", "52:54:00:00:00:01");
    ck_assert_msg(sbx_template_publish(fixture_dir, build, &fixture_key, notes, &error), "%s",
                  error ? error->message : "");
    ck_assert(!g_file_test(build, G_FILE_TEST_EXISTS));
}

SbxTemplate *fixture_load(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *damage = NULL;
    SbxTemplate *template = sbx_template_load(fixture_dir, fixture_id, &damage, &error);

    ck_assert_msg(template != NULL, "%s", error ? error->message : damage ? damage : "none");
    ck_assert_ptr_null(damage);
    ck_assert_ptr_null(error);
    return template;
}

void fixture_assert_damaged(const char *name, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *damage = NULL;

    ck_assert_ptr_null(sbx_template_load(fixture_dir, fixture_id, &damage, &error));
    ck_assert_msg(error == NULL, "%s", error ? error->message : "");
    ck_assert_ptr_nonnull(damage);
    ck_assert_msg(strstr(damage, name) && strstr(damage, words), "no \"%s\" of %s in: %s", words,
                  name, damage);
    fixture_assert_exists(fixture_id, FALSE);
    g_clear_pointer(&damage, g_free);
    ck_assert_ptr_null(sbx_template_load(fixture_dir, fixture_id, &damage, &error));
    ck_assert_ptr_null(damage);
    ck_assert_ptr_null(error);
}

void fixture_assert_exists(const char *name, gboolean exists)
{
    g_autofree char *path = g_build_filename(fixture_dir, name, NULL);
    struct stat st;

    ck_assert_msg((lstat(path, &st) == 0) == exists, "%s is %s", path, exists ? "gone" : "there");
}

char *fixture_path(const char *file)
{
    return g_build_filename(fixture_dir, fixture_id, file, NULL);
}

void fixture_write(const char *path, const char *text)
{
    ck_assert(g_file_set_contents(path, text, -1, NULL));
}

void fixture_flip(const char *path, off_t offset)
{
    g_auto(fd_t) fd = open(path, O_RDWR | O_CLOEXEC);
    struct stat st;
    char byte;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fstat(fd, &st), 0);
    ck_assert_int_eq(pread(fd, &byte, 1, offset), 1);
    byte ^= 1;
    ck_assert_int_eq(pwrite(fd, &byte, 1, offset), 1);
    ck_assert_int_eq(futimens(fd, (struct timespec[]){st.st_atim, st.st_mtim}), 0);
}

void fixture_age(const char *path, int days)
{
    struct timespec times[2] = {0};

    times[0].tv_sec = times[1].tv_sec = time(NULL) - (time_t)days * 24 * 60 * 60;
    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

gint64 fixture_mtime(const char *path)
{
    struct stat st;

    ck_assert_int_eq(lstat(path, &st), 0);
    return (gint64)st.st_mtim.tv_sec;
}

guint fixture_count_builds(void)
{
    g_auto(fd_t) store = open(fixture_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    g_autoptr(GPtrArray) names = sbx_template_names(store);
    guint n = 0;

    for (guint i = 0; i < names->len; i++)
        n += g_str_has_prefix(names->pdata[i], "build-");
    return n;
}
