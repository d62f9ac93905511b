/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See sandbox-args.h. The library checks the values; here they are only taken apart. */
#include "sandbox-args.h"

#include <stdlib.h>
#include <string.h>

#include "report.h"

static int bad_value(const struct option_value *value, sbx_error **error, const char *message,
                     const struct invocation *inv)
{
    const struct option_spec *spec = &option_specs[value->id];
    g_autofree char *text = g_strdup_printf("option --%s: %s", spec->name,
                                            *error ? sbx_error_message(*error) : message);

    report_failure(inv, *error ? sbx_error_code(*error) : SBX_E_INVALID, text,
                   *error ? sbx_error_hint(*error) : NULL);
    g_clear_pointer(error, sbx_error_free);
    return -1;
}

static int set_size(sbx_options *options, const struct option_value *value, sbx_error **error)
{
    uint64_t bytes;
    int rc = sbx_parse_size(value->value, &bytes, error);

    if (rc < 0)
        return rc;
    if (value->id == OPT_MEMORY)
        return sbx_options_set_memory(options, bytes, error);
    return sbx_options_set_disk_size(options, bytes, error);
}

static int set_duration(sbx_options *options, const struct option_value *value, sbx_error **error)
{
    int64_t milliseconds;
    int rc = sbx_parse_duration(value->value, &milliseconds, error);

    if (rc < 0)
        return rc;
    if (value->id == OPT_TIMEOUT)
        return sbx_options_set_timeout(options, milliseconds, error);
    return sbx_options_set_start_timeout(options, milliseconds, error);
}

static int set_cpus(sbx_options *options, const struct option_value *value, sbx_error **error)
{
    guint64 count;

    if (!g_ascii_string_to_unsigned(value->value, 10, 1, G_MAXUINT, &count, NULL))
        return SBX_E_INVALID;
    return sbx_options_set_vcpus(options, (unsigned int)count, error);
}

/* --wait without a value: for ever. */
static int set_wait(sbx_options *options, const struct option_value *value, sbx_error **error)
{
    int64_t milliseconds = SBX_WAIT_FOREVER;

    if (value->value && sbx_parse_duration(value->value, &milliseconds, error) < 0)
        return SBX_E_INVALID;
    return sbx_options_set_wait(options, milliseconds, error);
}

static int set_spares(sbx_options *options, const struct option_value *value, sbx_error **error)
{
    guint64 count;

    if (strcmp(value->value, "auto") == 0)
        return sbx_options_set_spares(options, SBX_SPARES_AUTO, error);
    if (!g_ascii_string_to_unsigned(value->value, 10, 0, G_MAXINT, &count, NULL))
        return SBX_E_INVALID;
    return sbx_options_set_spares(options, (int)count, error);
}

static int set_label(sbx_options *options, const struct option_value *value, sbx_error **error)
{
    const char *equals = strchr(value->value, '=');
    g_autofree char *key = equals ? g_strndup(value->value, (gsize)(equals - value->value)) : NULL;

    return key ? sbx_options_set_label(options, key, equals + 1, error) : SBX_E_INVALID;
}

/*
 * NAME=VALUE, or NAME for the value that sbx itself has; like docker, one that is not set here is
 * left unset there. *name is a new string; returns the value, or NULL to do nothing.
 */
static const char *split_env(const char *text, char **name)
{
    const char *equals = strchr(text, '=');

    *name = equals ? g_strndup(text, (gsize)(equals - text)) : g_strdup(text);
    return equals ? equals + 1 : g_getenv(*name);
}

static int set_env(sbx_options *options, const struct option_value *value, sbx_error **error)
{
    g_autofree char *name = NULL;
    const char *content = split_env(value->value, &name);

    return content ? sbx_options_set_env(options, name, content, error) : SBX_OK;
}

static int set_option(sbx_options *options, const struct option_value *value, sbx_error **error)
{
    switch (value->id) {
    case OPT_MEMORY:
    case OPT_DISK:
        return set_size(options, value, error);
    case OPT_TIMEOUT:
    case OPT_START_TIMEOUT:
        return set_duration(options, value, error);
    case OPT_CPUS:
        return set_cpus(options, value, error);
    case OPT_LABEL:
        return set_label(options, value, error);
    case OPT_ENV:
        return set_env(options, value, error);
    case OPT_IMAGE:
        return sbx_options_set_image(options, value->value, error);
    case OPT_ROOT:
        return sbx_options_set_root(options, value->value, error);
    case OPT_WAIT:
        return set_wait(options, value, error);
    case OPT_SPARES:
        return set_spares(options, value, error);
    default:
        return SBX_OK;
    }
}

sbx_options *sandbox_args_options(const struct invocation *inv)
{
    g_autoptr(sbx_options) options = sbx_options_new();
    sbx_error *error = NULL;

    if (!options) {
        report_failure(inv, SBX_E_NO_MEMORY, "out of memory", NULL);
        return NULL;
    }
    for (size_t i = 0; i < inv->values_length; i++) {
        const struct option_value *value = &inv->values[i];

        if (set_option(options, value, &error) < 0) {
            g_autofree char *message = g_strdup_printf("expected %s, not '%s'",
                                                       option_specs[value->id].value, value->value);

            bad_value(value, &error, message, inv);
            return NULL;
        }
    }
    return g_steal_pointer(&options);
}

static int set_deadline(sbx_command *command, const struct option_value *value, sbx_error **error)
{
    int64_t milliseconds;
    int rc = sbx_parse_duration(value->value, &milliseconds, error);

    return rc < 0 ? rc : sbx_command_set_deadline(command, milliseconds, error);
}

static int set_command_option(sbx_command *command, const struct option_value *value,
                              sbx_error **error)
{
    g_autofree char *name = NULL;
    const char *content;

    switch (value->id) {
    case OPT_CWD:
        return sbx_command_set_cwd(command, value->value, error);
    case OPT_USER:
        return sbx_command_set_user(command, value->value, error);
    case OPT_EXEC_TIMEOUT:
        return set_deadline(command, value, error);
    case OPT_EXEC_ENV:
        content = split_env(value->value, &name);
        return content ? sbx_command_set_env(command, name, content, error) : SBX_OK;
    default:
        return SBX_OK;
    }
}

sbx_command *sandbox_args_command(const struct invocation *inv, char *const *words)
{
    g_autoptr(sbx_command) command = sbx_command_new(words[0]);
    sbx_error *error = NULL;
    int rc = command ? SBX_OK : SBX_E_NO_MEMORY;

    for (size_t i = 0; rc >= 0 && i < inv->values_length; i++) {
        rc = set_command_option(command, &inv->values[i], &error);
        if (rc < 0) {
            bad_value(&inv->values[i], &error, "not acceptable", inv);
            return NULL;
        }
    }
    for (size_t i = 1; rc >= 0 && words[i]; i++)
        rc = sbx_command_add_arg(command, words[i], &error);
    if (rc >= 0)
        rc = sbx_command_set_stdio(command, SBX_STDIN, SBX_STDIO_PIPE, &error);
    if (rc < 0) {
        report_error(inv, error);
        g_clear_pointer(&error, sbx_error_free);
        return NULL;
    }
    sbx_command_end_output_at_exit(command, 1);
    return g_steal_pointer(&command);
}

int64_t sandbox_args_timeout(const struct invocation *inv)
{
    const char *text = invocation_value(inv, OPT_TIMEOUT);
    int64_t milliseconds = SBX_TIMEOUT_SESSION;

    if (text && sbx_parse_duration(text, &milliseconds, NULL) < 0)
        return SBX_TIMEOUT_SESSION;
    return milliseconds;
}

sbx *sandbox_args_create(const struct invocation *inv, const sbx_options *options)
{
    g_autoptr(sbx_error) error = NULL;
    sbx *sandbox = NULL;
    const char *hint = NULL;

    if (sbx_create(options, &sandbox, &error) >= 0)
        return sandbox;
    if (error && sbx_error_code(error) == SBX_E_NOT_FOUND)
        hint = invocation_has(inv, OPT_ROOT) ? "see the snapshots with: sbx snapshot list"
                                             : "build the image with: sbx image build";
    report_error_hint(inv, error, hint);
    return NULL;
}
