/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The template store: keys, and template.json, which has one along with sizes and checksums.
 *
 * The file is one JSON object that begins with its own checksum, {"sha256":"64 digits", and the
 * rest: what is hashed is the rest. So no byte of it changes unnoticed.
 */
#include <stddef.h>
#include <string.h>

#include <sandbox/error.h>

#include "keeper/template-store-private.h"
#include "wire/fault.h"
#include "wire/json.h"

enum { FORMAT = 1, JSON_MAX = 1 << 20 };

#define PREFIX "{\"sha256\":\""
#define INFIX "\","
#define HEX_LENGTH (SBX_DIGEST_SIZE - 1)
#define HEAD_LENGTH (strlen(PREFIX) + HEX_LENGTH + strlen(INFIX))

/* Of memory and disk: what ext4 and the like can hold. */
#define FILE_SIZE_MAX (G_GUINT64_CONSTANT(1) << 44)

const char *const sbx_template_file_names[SBX_TEMPLATE_N_FILES] = {
    [SBX_TEMPLATE_MEMORY] = "memory",
    [SBX_TEMPLATE_DISK] = "disk",
    [SBX_TEMPLATE_STATE] = "state",
};

static const struct {
    const char *name;
    gsize offset;
} texts[] = {
    {"image", offsetof(SbxTemplateKey, image)},
    {"image_digest", offsetof(SbxTemplateKey, image_digest)},
    {"agent_digest", offsetof(SbxTemplateKey, agent_digest)},
    {"machine", offsetof(SbxTemplateKey, machine)},
    {"vmm", offsetof(SbxTemplateKey, vmm)},
    {"accelerator", offsetof(SbxTemplateKey, accelerator)},
};

static const char *get_text(const SbxTemplateKey *key, gsize i)
{
    return *(const char *const *)((const char *)key + texts[i].offset);
}

static void set_text(SbxTemplateKey *key, gsize i, const char *text)
{
    *(const char **)((char *)key + texts[i].offset) = text;
}

/* Each text with its length, so that no two keys make the same bytes. */
char *sbx_template_id(const SbxTemplateKey *key)
{
    g_autoptr(GString) bytes = g_string_new("libsandbox-template");

    g_string_append_printf(bytes, " %d\n", FORMAT);
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        g_string_append_printf(bytes, "%s %zu:%s\n", texts[i].name, strlen(get_text(key, i)),
                               get_text(key, i));
    g_string_append_printf(bytes,
                           "memory %" G_GUINT64_FORMAT "\nvcpus %u\ndisk_size %" G_GUINT64_FORMAT
                           "\n",
                           key->memory, key->vcpus, key->disk_size);
    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, bytes->str, (gssize)bytes->len);
}

void sbx_template_manifest_clear(SbxTemplateManifest *manifest)
{
    g_clear_pointer(&manifest->object, json_object_unref);
}

static JsonObject *key_to_json(const SbxTemplateKey *key)
{
    JsonObject *object = json_object_new();

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        json_object_set_string_member(object, texts[i].name, get_text(key, i));
    json_object_set_int_member(object, "memory", (gint64)key->memory);
    json_object_set_int_member(object, "vcpus", key->vcpus);
    json_object_set_int_member(object, "disk_size", (gint64)key->disk_size);
    return object;
}

static JsonObject *files_to_json(const SbxTemplateManifest *manifest)
{
    JsonObject *files = json_object_new();

    for (int i = 0; i < SBX_TEMPLATE_N_FILES; i++) {
        JsonObject *file = json_object_new();

        json_object_set_int_member(file, "size", (gint64)manifest->files[i].size);
        json_object_set_string_member(file, "sha256", manifest->files[i].sha256);
        json_object_set_object_member(files, sbx_template_file_names[i], file);
    }
    return files;
}

char *sbx_template_manifest_print(const SbxTemplateManifest *manifest, gsize *length,
                                  GError **error)
{
    g_autoptr(JsonObject) object = json_object_new();
    g_autofree char *body = NULL;
    char hex[SBX_DIGEST_SIZE];
    char *text;

    json_object_set_int_member(object, "format", FORMAT);
    json_object_set_int_member(object, "created_ms", manifest->created_ms);
    json_object_set_object_member(object, "key", key_to_json(&manifest->key));
    json_object_set_object_member(object, "files", files_to_json(manifest));
    json_object_set_object_member(object, "notes", json_object_ref(manifest->notes));
    body = sbx_json_print(object, length);
    if (!sbx_digest_bytes(body + 1, *length - 1, hex, error))
        return NULL;
    text = g_strconcat(PREFIX, hex, INFIX, body + 1, NULL);
    *length = strlen(text);
    return text;
}

static gboolean is_hex(const char *text)
{
    return text && strlen(text) == HEX_LENGTH &&
           strspn(text, "0123456789abcdef") == HEX_LENGTH;
}

static gboolean lacks(GError **error, const char *what)
{
    return sbx_template_set_damaged(error, "its " SBX_TEMPLATE_JSON " file has no usable %s", what);
}

static gboolean take_size(JsonObject *object, const char *name, guint64 *size)
{
    gint64 value = sbx_json_get_int(object, name, -1);

    *size = (guint64)value;
    return value >= 0 && *size <= FILE_SIZE_MAX;
}

static gboolean take_key(JsonObject *object, SbxTemplateKey *key, GError **error)
{
    gint64 vcpus = sbx_json_get_int(object, "vcpus", -1);

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        const char *text = sbx_json_get_string(object, texts[i].name);

        if (!text)
            return lacks(error, texts[i].name);
        set_text(key, i, text);
    }
    if (!take_size(object, "memory", &key->memory))
        return lacks(error, "memory");
    if (!take_size(object, "disk_size", &key->disk_size))
        return lacks(error, "disk_size");
    if (vcpus < 0 || vcpus > G_MAXINT)
        return lacks(error, "vcpus");
    key->vcpus = (guint)vcpus;
    return TRUE;
}

static gboolean take_files(JsonObject *files, SbxTemplateManifest *manifest, GError **error)
{
    for (int i = 0; i < SBX_TEMPLATE_N_FILES; i++) {
        JsonObject *file = sbx_json_get_object(files, sbx_template_file_names[i]);
        const char *sha256 = sbx_json_get_string(file, "sha256");

        if (!is_hex(sha256) || !take_size(file, "size", &manifest->files[i].size))
            return lacks(error, "size or checksum of a file");
        memcpy(manifest->files[i].sha256, sha256, SBX_DIGEST_SIZE);
    }
    if (manifest->files[SBX_TEMPLATE_MEMORY].size != manifest->key.memory ||
        manifest->files[SBX_TEMPLATE_DISK].size != manifest->key.disk_size)
        return sbx_template_set_damaged(
            error, "its " SBX_TEMPLATE_JSON " file gives other sizes than those of its key");
    return TRUE;
}

static gboolean take_all(JsonObject *object, const char *id, SbxTemplateManifest *manifest,
                         GError **error)
{
    g_autofree char *key_id = NULL;

    if (sbx_json_get_int(object, "format", -1) != FORMAT)
        return lacks(error, "format");
    if (!take_key(sbx_json_get_object(object, "key"), &manifest->key, error))
        return FALSE;
    key_id = sbx_template_id(&manifest->key);
    if (!g_str_equal(key_id, id))
        return sbx_template_set_damaged(
            error, "its " SBX_TEMPLATE_JSON " file is of another template, %.12s", key_id);
    manifest->created_ms = sbx_json_get_int(object, "created_ms", 0);
    manifest->notes = sbx_json_get_object(object, "notes");
    if (!manifest->notes)
        return lacks(error, "notes");
    return take_files(sbx_json_get_object(object, "files"), manifest, error);
}

static gboolean check_own_digest(const char *text, gsize length, GError **error)
{
    char hex[SBX_DIGEST_SIZE];

    if (length <= HEAD_LENGTH || memcmp(text, PREFIX, strlen(PREFIX)) != 0 ||
        memcmp(text + HEAD_LENGTH - strlen(INFIX), INFIX, strlen(INFIX)) != 0)
        return lacks(error, "checksum");
    if (!sbx_digest_bytes(text + HEAD_LENGTH, length - HEAD_LENGTH, hex, error))
        return FALSE;
    if (memcmp(text + strlen(PREFIX), hex, HEX_LENGTH) != 0)
        return sbx_template_set_damaged(
            error, "the content of its " SBX_TEMPLATE_JSON " file differs from its checksum");
    return TRUE;
}

gboolean sbx_template_manifest_parse(const char *text, gsize length, const char *id,
                                     SbxTemplateManifest *manifest, GError **error)
{
    if (length > JSON_MAX)
        return sbx_template_set_damaged(
            error, "its " SBX_TEMPLATE_JSON " file is longer than %d bytes", JSON_MAX);
    if (!check_own_digest(text, length, error))
        return FALSE;
    manifest->object = sbx_json_parse(text, length, NULL);
    if (!manifest->object)
        return sbx_template_set_damaged(error,
                                        "its " SBX_TEMPLATE_JSON " file is not a JSON object");
    return take_all(manifest->object, id, manifest, error);
}

gboolean sbx_template_manifest_read(int at, const char *id, SbxTemplateManifest *manifest,
                                    GError **error)
{
    g_autofree char *text = g_malloc(JSON_MAX + 1);
    g_auto(fd_t) fd = -1;
    struct stat st;
    gsize length = 0;

    fd = sbx_template_open_file(at, SBX_TEMPLATE_JSON, &st, error);
    if (fd < 0)
        return FALSE;
    while (length <= JSON_MAX) {
        ssize_t n = pread(fd, text + length, JSON_MAX + 1 - length, (off_t)length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return sbx_template_set_damaged(error, "its " SBX_TEMPLATE_JSON
                                            " file cannot be read: %s", g_strerror(errno));
        if (n == 0)
            break;
        length += (gsize)n;
    }
    return sbx_template_manifest_parse(text, length, id, manifest, error);
}
