/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx list: the sandboxes of this user. */
#include <stdlib.h>
#include <string.h>

#include "auto.h"
#include "format.h"
#include "json.h"
#include "report.h"
#include "table.h"

static const char *const status_names[] = {
    [SBX_STATUS_STARTING] = "starting",
    [SBX_STATUS_RUNNING] = "running",
    [SBX_STATUS_STOPPED] = "stopped",
    [SBX_STATUS_PAUSED] = "paused",
};

static const char *status_name(int status)
{
    return status >= 0 && status < (int)G_N_ELEMENTS(status_names) ? status_names[status]
                                                                   : "unknown";
}

/* --- which --- */

/* "KEY=VALUE", or "KEY" for any value. */
static int add_label(sbx_list_options *options, const char *filter, sbx_error **error)
{
    const char *equals = strchr(filter, '=');
    g_autofree char *key = g_strndup(filter, equals ? (size_t)(equals - filter) : strlen(filter));

    return sbx_list_options_set_label(options, key, equals ? equals + 1 : NULL, error);
}

static int add_status(sbx_list_options *options, const char *name, sbx_error **error)
{
    for (int i = 0; i < (int)G_N_ELEMENTS(status_names); i++)
        if (strcmp(status_names[i], name) == 0)
            return sbx_list_options_set_status(options, i, error);
    return SBX_E_INVALID;
}

/* Returns false after reporting what is wrong. */
static bool add_filter(const struct invocation *inv, const struct option_value *given,
                       sbx_list_options *options)
{
    g_autoptr(sbx_error) error = NULL;
    g_autofree char *text = NULL;
    int rc = SBX_OK;

    if (given->id == OPT_LABEL_FILTER)
        rc = add_label(options, given->value, &error);
    else if (given->id == OPT_STATUS_FILTER)
        rc = add_status(options, given->value, &error);
    if (rc < 0 && error)
        text = g_strdup_printf("option --label: %s", sbx_error_message(error));
    else if (rc < 0)
        text = g_strdup_printf("option --status: expected starting, running, paused or stopped, "
                               "not '%s'",
                               given->value);
    if (rc < 0)
        report_failure(inv, SBX_E_INVALID, text, NULL);
    return rc >= 0;
}

/* --- showing --- */

static void add_json(JsonBuilder *builder, const sbx_list *list, size_t index)
{
    int64_t deadline = sbx_list_deadline(list, index);
    const char *key;

    json_builder_begin_object(builder);
    json_add_text(builder, "id", sbx_list_id(list, index));
    json_add_text(builder, "status", status_name(sbx_list_status(list, index)));
    json_add_int(builder, "created_ms", sbx_list_created(list, index));
    json_builder_set_member_name(builder, "deadline_ms");
    if (deadline)
        json_builder_add_int_value(builder, deadline);
    else
        json_builder_add_null_value(builder);
    json_add_text(builder, "image", sbx_list_image(list, index));
    json_add_int(builder, "memory", (gint64)sbx_list_memory(list, index));
    json_add_int(builder, "cpus", sbx_list_vcpus(list, index));
    json_add_int(builder, "disk", (gint64)sbx_list_disk_size(list, index));
    json_add_int(builder, "uptime_ms", sbx_list_uptime(list, index));
    json_builder_set_member_name(builder, "labels");
    json_builder_begin_object(builder);
    for (size_t i = 0; (key = sbx_list_label_key(list, index, i)) != NULL; i++)
        json_add_text(builder, key, sbx_list_label_value(list, index, i));
    json_builder_end_object(builder);
    json_builder_end_object(builder);
}

static char *labels_text(const sbx_list *list, size_t index)
{
    GString *text = g_string_new(NULL);
    const char *key;

    for (size_t i = 0; (key = sbx_list_label_key(list, index, i)) != NULL; i++)
        g_string_append_printf(text, "%s%s=%s", i ? "," : "", key,
                               sbx_list_label_value(list, index, i));
    return g_string_free(text, FALSE);
}

static void add_row(table *rows, const sbx_list *list, size_t index, int64_t now)
{
    int64_t deadline = sbx_list_deadline(list, index);
    g_autofree char *age = format_duration(now - sbx_list_created(list, index));
    g_autofree char *expires = deadline ? format_duration(deadline - now) : g_strdup("session");
    g_autofree char *memory = format_size(sbx_list_memory(list, index));
    g_autofree char *cpus = g_strdup_printf("%d", sbx_list_vcpus(list, index));
    g_autofree char *labels = labels_text(list, index);

    table_add(rows, sbx_list_id(list, index));
    table_add(rows, status_name(sbx_list_status(list, index)));
    table_add(rows, age);
    table_add(rows, expires);
    table_add(rows, sbx_list_image(list, index));
    table_add(rows, memory);
    table_add(rows, cpus);
    table_add(rows, *labels ? labels : "-");
}

static void print_table(const sbx_list *list)
{
    static const char *const headings[] = {"ID",     "STATUS", "AGE",    "EXPIRES", "IMAGE",
                                           "MEMORY", "CPUS",   "LABELS", NULL};
    g_autoptr(table) rows = table_new(headings);
    int64_t now = format_now();

    for (size_t i = 0; i < sbx_list_length(list); i++)
        add_row(rows, list, i, now);
    table_print(rows, stdout);
}

static void print_ids(const sbx_list *list)
{
    for (size_t i = 0; i < sbx_list_length(list); i++)
        puts(sbx_list_id(list, i));
}

static void print_json(const sbx_list *list)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_array(builder);
    for (size_t i = 0; i < sbx_list_length(list); i++)
        add_json(builder, list, i);
    json_builder_end_array(builder);
    json_print(stdout, builder);
}

int cmd_list(const struct invocation *inv)
{
    g_autoptr(sbx_list_options) options = sbx_list_options_new();
    g_autoptr(sbx_list) list = NULL;
    g_autoptr(sbx_error) error = NULL;

    for (size_t i = 0; i < inv->values_length; i++)
        if (!add_filter(inv, &inv->values[i], options))
            return EXIT_USAGE;
    if (sbx_list_get_filtered(options, &list, &error) < 0) {
        report_error(inv, error);
        return EXIT_FAILURE;
    }
    if (invocation_has(inv, OPT_JSON))
        print_json(list);
    else if (invocation_has(inv, OPT_QUIET))
        print_ids(list);
    else
        print_table(list);
    return EXIT_SUCCESS;
}
