/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a request for a sandbox asks for. The client has checked it all already, but not every peer on
 * the socket need be our client.
 */
#include <string.h>
#include <sys/sysinfo.h>

#include <sandbox/error.h>
#include <sandbox/image.h>
#include <sandbox/options.h>

#include "keeper/sandbox.h"
#include "wire/json.h"

#define SBX_START_TIMEOUT_MS 60000

void sbx_sandbox_config_clear(SbxSandboxConfig *config)
{
    g_clear_pointer(&config->image, g_free);
    g_clear_pointer(&config->root, g_free);
    g_clear_pointer(&config->env, g_strfreev);
    g_clear_pointer(&config->labels, json_object_unref);
}

void sbx_sandbox_config_copy_machine(SbxSandboxConfig *to, const SbxSandboxConfig *from)
{
    *to = (SbxSandboxConfig){
        .image = g_strdup(from->image),
        .memory = from->memory,
        .vcpus = from->vcpus,
        .disk_size = from->disk_size,
        .start_timeout_ms = SBX_START_TIMEOUT_MS,
        .spares = -1,
        .env = g_new0(char *, 1),
        .labels = json_object_new(),
    };
}

/* An integer member within its limits. */
static gboolean get_number(JsonObject *params, const char *name, guint64 fallback, guint64 min,
                           guint64 max, guint64 *value, GError **error)
{
    gint64 number = sbx_json_get_int(params, name, (gint64)fallback);

    if (number < 0 || (guint64)number < min || (guint64)number > max) {
        sbx_fault_set(error, SBX_E_INVALID, 0, NULL,
                      "%s is %" G_GINT64_FORMAT ", which is not within %" G_GUINT64_FORMAT
                      " and %" G_GUINT64_FORMAT, name, number, min, max);
        return FALSE;
    }
    *value = (guint64)number;
    return TRUE;
}

static gboolean check_host_memory(guint64 wanted, GError **error)
{
    struct sysinfo host;
    guint64 total;

    if (sysinfo(&host) < 0)
        return TRUE;
    total = (guint64)host.totalram * host.mem_unit;
    if (wanted <= total)
        return TRUE;
    sbx_fault_set(error, SBX_E_BUSY, 0, "ask for less memory",
                  "the sandbox asks for %" G_GUINT64_FORMAT " MiB of memory and the host has %"
                  G_GUINT64_FORMAT " MiB", wanted >> 20, total >> 20);
    return FALSE;
}

/* NAME=value strings of a pair of arrays. */
char **sbx_env_parse(JsonObject *object, GError **error)
{
    g_auto(GStrv) names = sbx_json_get_bytes_array(object, "names");
    g_auto(GStrv) values = sbx_json_get_bytes_array(object, "values");
    g_autoptr(GPtrArray) env = g_ptr_array_new_with_free_func(g_free);

    if (names == NULL || values == NULL || g_strv_length(names) != g_strv_length(values) ||
        g_strv_length(names) > SBX_ENV_MAX) {
        sbx_fault_set(error, SBX_E_INVALID, 0, NULL, "the environment is malformed");
        return NULL;
    }
    for (guint i = 0; names[i] != NULL; i++) {
        if (*names[i] == '\0' || strchr(names[i], '=') != NULL) {
            sbx_fault_set(error, SBX_E_INVALID, 0, NULL, "the environment is malformed");
            return NULL;
        }
        g_ptr_array_add(env, g_strconcat(names[i], "=", values[i], NULL));
    }
    g_ptr_array_add(env, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&env), FALSE);
}

/* At most five short strings each way. */
static gboolean labels_ok(JsonObject *labels)
{
    g_auto(GStrv) names = sbx_json_get_bytes_array(labels, "names");
    g_auto(GStrv) values = sbx_json_get_bytes_array(labels, "values");

    if (names == NULL || values == NULL || g_strv_length(names) != g_strv_length(values) ||
        g_strv_length(names) > SBX_LABELS_MAX)
        return FALSE;
    for (guint i = 0; names[i] != NULL; i++)
        if (strlen(names[i]) > SBX_LABEL_KEY_MAX || strlen(values[i]) > SBX_LABEL_VALUE_MAX)
            return FALSE;
    return TRUE;
}

gboolean sbx_sandbox_config_parse(JsonObject *params, SbxSandboxConfig *config, GError **error)
{
    JsonObject *labels = sbx_json_get_object(params, "labels");
    const char *image = sbx_json_get_string(params, "image");
    guint64 vcpus = 0;
    guint64 timeout = 0;
    guint64 start_timeout = 0;
    gint64 wait = sbx_json_get_int(params, "wait_ms", 0);
    gint64 spares = sbx_json_get_int(params, "spares", -1);

    memset(config, 0, sizeof *config);
    if (!get_number(params, "memory", UINT64_C(1280) << 20, SBX_MEMORY_MIN, SBX_MEMORY_MAX,
                    &config->memory, error) ||
        !get_number(params, "vcpus", 2, 1, SBX_VCPUS_MAX, &vcpus, error) ||
        !get_number(params, "disk_size", UINT64_C(10) << 30, SBX_DISK_SIZE_MIN, SBX_DISK_SIZE_MAX,
                    &config->disk_size, error) ||
        !get_number(params, "timeout_ms", 0, 0, SBX_TIMEOUT_MAX_MS, &timeout, error) ||
        !get_number(params, "start_timeout_ms", SBX_START_TIMEOUT_MS, 1, 3600000, &start_timeout, error) ||
        !check_host_memory(config->memory, error))
        return FALSE;
    if (wait < -1 || wait > SBX_TIMEOUT_MAX_MS || spares < -1 || spares > SBX_SPARES_MAX) {
        sbx_fault_set(error, SBX_E_INVALID, 0, NULL, "wait_ms or spares is out of range");
        return FALSE;
    }
    config->wait_ms = wait;
    config->spares = (gint)spares;
    config->root = g_strdup(sbx_json_get_string(params, "root"));
    config->given_memory = json_object_has_member(params, "memory");
    config->given_vcpus = json_object_has_member(params, "vcpus");
    config->given_disk_size = json_object_has_member(params, "disk_size");
    config->vcpus = (guint)vcpus;
    config->timeout_ms = (gint64)timeout;
    config->start_timeout_ms = (gint64)start_timeout;
    if (labels != NULL && !labels_ok(labels)) {
        sbx_fault_set(error, SBX_E_INVALID, 0, NULL, "the labels are malformed");
        return FALSE;
    }
    config->env = sbx_env_parse(sbx_json_get_object(params, "env"), error);
    if (config->env == NULL)
        return FALSE;
    config->labels = labels != NULL ? json_object_ref(labels) : json_object_new();
    config->image = g_strdup(image != NULL ? image : SBX_IMAGE_DEFAULT);
    return TRUE;
}
