/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The manifest of an image version: a strict reader.
 *
 * Every member that is used must be there with the right type and a sane value. Members that this
 * version does not know are ignored; a change of meaning comes with another "format".
 */
#include "image/manifest.h"

#include <errno.h>
#include <string.h>

#include "image/failure.h"
#include "wire/json.h"

enum { MANIFEST_FORMAT = 1, MANIFEST_MAX = 64 * 1024, TEXT_MAX = 256 };

#define FILE_SIZE_MAX (G_GINT64_CONSTANT(1) << 40)

const char *const sbx_image_file_names[SBX_IMAGE_N_FILES] = {
    [SBX_IMAGE_ROOTFS] = "rootfs.ext4",
    [SBX_IMAGE_VMLINUX] = "vmlinux",
    [SBX_IMAGE_MODULES] = "modules.cpio",
};

static char *read_text(int fd, const char *path, gsize *length, GError **error)
{
    g_autofree char *text = g_malloc(MANIFEST_MAX + 1);

    *length = 0;
    while (*length <= MANIFEST_MAX) {
        ssize_t n = pread(fd, text + *length, MANIFEST_MAX + 1 - *length, (off_t)*length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            sbx_image_set_errno(error, errno, "cannot read %s", path);
            return NULL;
        }
        if (n == 0)
            return g_steal_pointer(&text);
        *length += (gsize)n;
    }
    sbx_image_set_damaged(error, "%s is longer than %d bytes", path, MANIFEST_MAX);
    return NULL;
}

static gboolean is_plain_text(const char *text)
{
    gsize length = strlen(text);

    if (length == 0 || length > TEXT_MAX)
        return FALSE;
    for (const char *c = text; *c; c++) {
        if (!g_ascii_isalnum(*c) && !strchr("._+~:-", *c))
            return FALSE;
    }
    return TRUE;
}

static gboolean take_text(JsonObject *object, const char *member, char **to, const char *path,
                          GError **error)
{
    const char *text = sbx_json_get_string(object, member);

    if (!text || !is_plain_text(text))
        return sbx_image_set_damaged(error, "%s has no usable \"%s\"", path, member);
    *to = g_strdup(text);
    return TRUE;
}

static gboolean take_created(JsonObject *object, gint64 *created_ms, const char *path,
                             GError **error)
{
    const char *text = sbx_json_get_string(object, "created");
    g_autoptr(GDateTime) time = text ? g_date_time_new_from_iso8601(text, NULL) : NULL;

    if (!time)
        return sbx_image_set_damaged(error, "%s has no usable \"created\"", path);
    *created_ms = g_date_time_to_unix(time) * 1000;
    return TRUE;
}

static gboolean take_deno(JsonObject *object, char **deno, const char *path, GError **error)
{
    JsonNode *node = json_object_get_member(object, "deno");

    if (!node || JSON_NODE_HOLDS_NULL(node))
        return TRUE;
    return take_text(object, "deno", deno, path, error);
}

static gboolean take_file(JsonObject *files, int which, SbxImageFile *file, const char *path,
                          GError **error)
{
    const char *name = sbx_image_file_names[which];
    JsonObject *object = sbx_json_get_object(files, name);
    const char *sha256 = sbx_json_get_string(object, "sha256");
    gint64 size = sbx_json_get_int(object, "size", 0);

    if (size <= 0 || size > FILE_SIZE_MAX)
        return sbx_image_set_damaged(error, "%s gives no usable size of %s", path, name);
    if (!sha256 || strlen(sha256) != SBX_DIGEST_SIZE - 1 ||
        strspn(sha256, "0123456789abcdef") != SBX_DIGEST_SIZE - 1)
        return sbx_image_set_damaged(error, "%s gives no usable checksum of %s", path, name);
    file->size = (guint64)size;
    memcpy(file->sha256, sha256, SBX_DIGEST_SIZE);
    return TRUE;
}

static gboolean take_files(JsonObject *object, SbxImageManifest *manifest, const char *path,
                           GError **error)
{
    JsonObject *files = sbx_json_get_object(object, "files");

    if (!files)
        return sbx_image_set_damaged(error, "%s has no usable \"files\"", path);
    for (int i = 0; i < SBX_IMAGE_N_FILES; i++) {
        if (!take_file(files, i, &manifest->files[i], path, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean check_format(JsonObject *object, const char *path, GError **error)
{
    gint64 format = sbx_json_get_int(object, "format", -1);

    if (format < 0)
        return sbx_image_set_damaged(error, "%s has no usable \"format\"", path);
    if (format != MANIFEST_FORMAT)
        return sbx_image_set_damaged(error,
                                     "%s has format %" G_GINT64_FORMAT
                                     " and this libsandbox knows format %d only",
                                     path, format, MANIFEST_FORMAT);
    return TRUE;
}

static gboolean take_all(JsonObject *object, SbxImageManifest *manifest, const char *path,
                         GError **error)
{
    JsonObject *kernel = sbx_json_get_object(object, "kernel");

    if (!check_format(object, path, error))
        return FALSE;
    if (!kernel)
        return sbx_image_set_damaged(error, "%s has no usable \"kernel\"", path);
    return take_text(object, "name", &manifest->name, path, error) &&
           take_text(object, "suite", &manifest->suite, path, error) &&
           take_text(object, "architecture", &manifest->architecture, path, error) &&
           take_text(kernel, "release", &manifest->kernel_release, path, error) &&
           take_deno(object, &manifest->deno, path, error) &&
           take_created(object, &manifest->created_ms, path, error) &&
           take_files(object, manifest, path, error);
}

SbxImageManifest *sbx_image_manifest_read(int fd, const char *path, GError **error)
{
    g_autoptr(SbxImageManifest) manifest = g_new0(SbxImageManifest, 1);
    g_autoptr(JsonObject) object = NULL;
    g_autofree char *text = NULL;
    gsize length;

    text = read_text(fd, path, &length, error);
    if (!text || !sbx_digest_bytes(text, length, manifest->sha256, error))
        return NULL;
    object = sbx_json_parse(text, length, NULL);
    if (!object) {
        sbx_image_set_damaged(error, "%s is not a JSON object", path);
        return NULL;
    }
    if (!take_all(object, manifest, path, error))
        return NULL;
    return g_steal_pointer(&manifest);
}

void sbx_image_manifest_free(SbxImageManifest *manifest)
{
    if (!manifest)
        return;
    g_free(manifest->name);
    g_free(manifest->suite);
    g_free(manifest->architecture);
    g_free(manifest->kernel_release);
    g_free(manifest->deno);
    g_free(manifest);
}
