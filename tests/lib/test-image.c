/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A small image: see test-image.h. */
#include "lib/test-image.h"

#include <check.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "image/digest.h"

#define SLUG "builtin+debian-13"

static void write_file(const char *dir, const char *file, const char *bytes, gsize length)
{
    g_autofree char *path = g_build_filename(dir, file, NULL);

    ck_assert(g_file_set_contents(path, bytes, (gssize)length, NULL));
    ck_assert_int_eq(chmod(path, 0644), 0);
}

/* Writes a file of zeros but for a mark, and returns its line of the manifest. */
static char *describe(const char *dir, const char *file, gsize size, gsize at, const char *mark)
{
    g_autofree char *bytes = g_malloc0(size);
    char hex[SBX_DIGEST_SIZE];

    memcpy(bytes + at, mark, strlen(mark));
    write_file(dir, file, bytes, size);
    ck_assert(sbx_digest_bytes(bytes, size, hex, NULL));
    return g_strdup_printf("\"%s\":{\"size\":%zu,\"sha256\":\"%s\"}", file, size, hex);
}

char *test_image_publish(const char *images)
{
    g_autofree char *made = g_build_filename(images, SLUG, "new", NULL);
    g_autofree char *rootfs = NULL;
    g_autofree char *vmlinux = NULL;
    g_autofree char *modules = NULL;
    g_autofree char *text = NULL;
    g_autofree char *version = NULL;
    char hex[SBX_DIGEST_SIZE];
    char *dir;

    ck_assert_int_eq(g_mkdir_with_parents(made, 0755), 0);
    rootfs = describe(made, "rootfs.ext4", 65536, 1080, "\x53\xef");
    vmlinux = describe(made, "vmlinux", 3000, 0, "kernel");
    modules = describe(made, "modules.cpio", 2000, 0, "070701");
    text = g_strdup_printf("{\"format\":1,\"name\":\"builtin:debian-13\","
                           "\"created\":\"2026-01-02T03:04:05Z\",\"suite\":\"trixie\","
                           "\"architecture\":\"x86_64\",\"kernel\":{\"release\":\"6.12.0-cloud\"},"
                           "\"deno\":null,\"packages\":9,\"files\":{%s,%s,%s}}",
                           rootfs, vmlinux, modules);
    write_file(made, "manifest.json", text, strlen(text));
    ck_assert(sbx_digest_bytes(text, strlen(text), hex, NULL));
    version = g_strdup_printf("20260102T030405Z-%.8s", hex);
    dir = g_build_filename(images, SLUG, version, NULL);
    ck_assert_int_eq(g_rename(made, dir), 0);
    return dir;
}
