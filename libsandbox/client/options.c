/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options: how a sandbox is made. See include/sandbox/options.h. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "client/private.h"

#define MIB (UINT64_C(1) << 20)

sbx_options *sbx_options_new(void)
{
    sbx_options *options = g_try_new0(sbx_options, 1);

    if (options == NULL)
        return NULL;
    options->refs = 1;
    options->image = g_strdup(SBX_IMAGE_DEFAULT);
    options->memory = 1280 * MIB;
    options->vcpus = 2;
    options->disk_size = 10240 * MIB;
    options->timeout_ms = SBX_TIMEOUT_SESSION;
    options->start_timeout_ms = 60000;
    options->spares = SBX_SPARES_AUTO;
    options->env = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    options->labels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return options;
}

sbx_options *sbx_options_ref(sbx_options *options)
{
    g_atomic_int_inc(&options->refs);
    return options;
}

sbx_options *sbx_options_unref(sbx_options *options)
{
    if (options == NULL || !g_atomic_int_dec_and_test(&options->refs))
        return NULL;
    g_free(options->image);
    g_free(options->root);
    g_hash_table_unref(options->env);
    g_hash_table_unref(options->labels);
    g_free(options);
    return NULL;
}

GHashTable *sbx_strings_copy(GHashTable *table)
{
    GHashTable *copy = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    GHashTableIter iter;
    gpointer name, value;

    g_hash_table_iter_init(&iter, table);
    while (g_hash_table_iter_next(&iter, &name, &value))
        g_hash_table_insert(copy, g_strdup(name), g_strdup(value));
    return copy;
}

_Static_assert(sizeof(sbx_options) == 96, "sbx_options_copy() must know every member");

sbx_options *sbx_options_copy(const sbx_options *options)
{
    sbx_options *copy = g_try_new(sbx_options, 1);

    if (copy == NULL)
        return NULL;
    *copy = *options;
    copy->refs = 1;
    copy->image = g_strdup(options->image);
    copy->root = g_strdup(options->root);
    copy->env = sbx_strings_copy(options->env);
    copy->labels = sbx_strings_copy(options->labels);
    return copy;
}

/* The store is stricter. */
int sbx_image_name_ok(const char *image)
{
    const char *at = strchr(image, '@');
    size_t length = strlen(image);

    if (length == 0 || length > 200 || at == image || (at != NULL && at[1] == '\0'))
        return 0;
    for (const char *c = image; *c != '\0'; c++)
        if (!g_ascii_isalnum(*c) && strchr("@:._-", *c) == NULL)
            return 0;
    return strchr(at != NULL ? at + 1 : "", '@') == NULL && strstr(image, "..") == NULL;
}

int sbx_options_set_image(sbx_options *options, const char *image, sbx_error **error)
{
    if (image == NULL || !sbx_image_name_ok(image))
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, "names look like builtin:debian-13",
                        "\"%s\" is not an image name", image != NULL ? image : "(null)");
    g_free(options->image);
    options->image = g_strdup(image);
    options->chosen |= SBX_CHOSE_IMAGE;
    return SBX_OK;
}

int sbx_options_set_memory(sbx_options *options, uint64_t bytes, sbx_error **error)
{
    if (bytes < SBX_MEMORY_MIN || bytes > SBX_MEMORY_MAX)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "memory of %" PRIu64 " bytes is out of range: 128 MiB to 1 TiB", bytes);
    options->memory = (bytes + MIB - 1) / MIB * MIB;
    options->chosen |= SBX_CHOSE_MEMORY;
    return SBX_OK;
}

int sbx_options_set_vcpus(sbx_options *options, unsigned int count, sbx_error **error)
{
    if (count < 1 || count > SBX_VCPUS_MAX)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "%u virtual CPUs are out of range: 1 to %d", count, SBX_VCPUS_MAX);
    options->vcpus = count;
    options->chosen |= SBX_CHOSE_VCPUS;
    return SBX_OK;
}

int sbx_options_set_disk_size(sbx_options *options, uint64_t bytes, sbx_error **error)
{
    if (bytes < SBX_DISK_SIZE_MIN || bytes > SBX_DISK_SIZE_MAX)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "a disk of %" PRIu64 " bytes is out of range: 64 MiB to 1 TiB", bytes);
    options->disk_size = (bytes + MIB - 1) / MIB * MIB;
    options->chosen |= SBX_CHOSE_DISK_SIZE;
    return SBX_OK;
}

int sbx_options_set_timeout(sbx_options *options, int64_t milliseconds, sbx_error **error)
{
    if (milliseconds < 0 || milliseconds > SBX_TIMEOUT_MAX_MS)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "a timeout of %" PRId64 " ms is out of range", milliseconds);
    options->timeout_ms = milliseconds;
    return SBX_OK;
}

int sbx_options_set_start_timeout(sbx_options *options, int64_t milliseconds, sbx_error **error)
{
    if (milliseconds < 1 || milliseconds > 3600000)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "a start timeout of %" PRId64 " ms is out of range: 1 ms to 1 h",
                        milliseconds);
    options->start_timeout_ms = milliseconds;
    return SBX_OK;
}

int sbx_options_set_root(sbx_options *options, const char *snapshot, sbx_error **error)
{
    int code = snapshot != NULL ? sbx_check_snapshot_name(snapshot, __func__, error) : SBX_OK;

    if (code < 0)
        return code;
    if (options == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "options is NULL");
    g_free(options->root);
    options->root = g_strdup(snapshot);
    return SBX_OK;
}

int sbx_options_set_wait(sbx_options *options, int64_t milliseconds, sbx_error **error)
{
    if (options == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "options is NULL");
    if (milliseconds != SBX_WAIT_FOREVER && (milliseconds < 0 || milliseconds > SBX_TIMEOUT_MAX_MS))
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "a wait of %" PRId64 " ms is out of range", milliseconds);
    options->wait_ms = milliseconds;
    return SBX_OK;
}

int sbx_options_set_spares(sbx_options *options, int count, sbx_error **error)
{
    if (options == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "options is NULL");
    if (count != SBX_SPARES_AUTO && (count < 0 || count > SBX_SPARES_MAX))
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "%d spares are out of range: 0 to %d, or -1 for automatic", count,
                        SBX_SPARES_MAX);
    options->spares = count;
    options->chosen |= SBX_CHOSE_SPARES;
    return SBX_OK;
}

void sbx_options_add_kind(const sbx_options *options, JsonObject *object)
{
    /* What goes on from a snapshot is as it was, where nobody says otherwise. */
    unsigned int said = options->root != NULL ? options->chosen : ~0u;

    if ((said & SBX_CHOSE_IMAGE) != 0)
        json_object_set_string_member(object, "image", options->image);
    if ((said & SBX_CHOSE_MEMORY) != 0)
        json_object_set_int_member(object, "memory", (gint64)options->memory);
    if ((said & SBX_CHOSE_VCPUS) != 0)
        json_object_set_int_member(object, "vcpus", options->vcpus);
    if ((said & SBX_CHOSE_DISK_SIZE) != 0)
        json_object_set_int_member(object, "disk_size", (gint64)options->disk_size);
}

int sbx_options_kind(const sbx_options *options, JsonObject **params, const char *operation,
                     sbx_error **error)
{
    sbx_options *defaults = NULL;

    if (options == NULL)
        options = defaults = sbx_options_new();
    if (options == NULL)
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, operation, NULL, "out of memory");
    if (options->root != NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, operation, "leave the snapshot out",
                        "the options have a snapshot, \"%s\"; this call is about what boots from "
                        "an image",
                        options->root);
    *params = json_object_new();
    sbx_options_add_kind(options, *params);
    sbx_options_unref(defaults);
    return SBX_OK;
}

int sbx_check_env(const char *name, const char *value, GHashTable *env, const char *operation,
                  sbx_error **error)
{
    if (name == NULL || *name == '\0' || strchr(name, '=') != NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, operation, NULL,
                        "\"%s\" is not a name for an environment variable",
                        name != NULL ? name : "(null)");
    if (value != NULL && strlen(name) + strlen(value) + 2 > SBX_ENV_BYTES_MAX)
        return sbx_fail(error, SBX_E_TOO_BIG, 0, operation, NULL,
                        "the environment variable %.64s is longer than %d bytes", name,
                        SBX_ENV_BYTES_MAX);
    if (value != NULL && g_hash_table_size(env) >= SBX_ENV_MAX && !g_hash_table_contains(env, name))
        return sbx_fail(error, SBX_E_TOO_BIG, 0, operation, NULL,
                        "there are more than %d environment variables", SBX_ENV_MAX);
    return SBX_OK;
}

static size_t env_bytes(const char *name, const char *value)
{
    return strlen(name) + strlen(value) + 2;
}

/* Bytes of the table with @name set to @value. */
static size_t env_total(GHashTable *env, const char *name, const char *value)
{
    size_t total = env_bytes(name, value);
    GHashTableIter iter;
    gpointer key;
    gpointer set;

    g_hash_table_iter_init(&iter, env);
    while (g_hash_table_iter_next(&iter, &key, &set))
        if (strcmp(key, name) != 0)
            total += env_bytes(key, set);
    return total;
}

int sbx_options_set_env(sbx_options *options, const char *name, const char *value,
                        sbx_error **error)
{
    int code = sbx_check_env(name, value, options->env, __func__, error);

    if (code < 0)
        return code;
    if (value != NULL && env_total(options->env, name, value) > SBX_ENV_TOTAL_MAX)
        return sbx_fail(error, SBX_E_TOO_BIG, 0, __func__, NULL,
                        "the environment variables have more than %d bytes", SBX_ENV_TOTAL_MAX);
    if (value == NULL)
        g_hash_table_remove(options->env, name);
    else
        g_hash_table_replace(options->env, g_strdup(name), g_strdup(value));
    return SBX_OK;
}

int sbx_options_set_label(sbx_options *options, const char *key, const char *value,
                          sbx_error **error)
{
    if (key == NULL || *key == '\0' || strlen(key) > SBX_LABEL_KEY_MAX ||
        !g_utf8_validate(key, -1, NULL))
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "a label's key must have 1 to %d bytes of UTF-8", SBX_LABEL_KEY_MAX);
    if (value == NULL) {
        g_hash_table_remove(options->labels, key);
        return SBX_OK;
    }
    if (strlen(value) > SBX_LABEL_VALUE_MAX || !g_utf8_validate(value, -1, NULL))
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "a label's value must have at most %d bytes of UTF-8", SBX_LABEL_VALUE_MAX);
    if (!g_hash_table_contains(options->labels, key) &&
        g_hash_table_size(options->labels) >= SBX_LABELS_MAX)
        return sbx_fail(error, SBX_E_TOO_BIG, 0, __func__, NULL,
                        "a sandbox has at most %d labels", SBX_LABELS_MAX);
    g_hash_table_replace(options->labels, g_strdup(key), g_strdup(value));
    return SBX_OK;
}

JsonObject *sbx_strings_to_json(GHashTable *table)
{
    JsonObject *object = json_object_new();
    JsonArray *names = json_array_new();
    JsonArray *values = json_array_new();
    GHashTableIter iter;
    gpointer name;
    gpointer value;

    /* Two arrays, not an object: a member's name must be UTF-8, a variable's need not be. */
    g_hash_table_iter_init(&iter, table);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        json_array_add_element(names, sbx_json_bytes_node(name));
        json_array_add_element(values, sbx_json_bytes_node(value));
    }
    json_object_set_array_member(object, "names", names);
    json_object_set_array_member(object, "values", values);
    return object;
}
