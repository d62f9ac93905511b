/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx list: the sandboxes of this user. */
#include <stdlib.h>
#include <string.h>

#include "auto.h"
#include "format.h"
#include "json.h"
#include "report.h"
#include "table.h"

static const char *status_name(int status)
{
    switch (status) {
    case SBX_STATUS_STARTING:
        return "starting";
    case SBX_STATUS_RUNNING:
        return "running";
    case SBX_STATUS_STOPPED:
        return "stopped";
    case SBX_STATUS_PAUSED:
        return "paused";
    default:
        return "unknown";
    }
}

/* filter: "KEY=VALUE", or "KEY" for any value. */
static bool has_label(const sbx_list *list, size_t index, const char *filter)
{
    const char *equals = strchr(filter, '=');
    size_t key_length = equals ? (size_t)(equals - filter) : strlen(filter);
    const char *key;

    for (size_t i = 0; (key = sbx_list_label_key(list, index, i)) != NULL; i++)
        if (strlen(key) == key_length && memcmp(key, filter, key_length) == 0)
            return !equals || g_strcmp0(sbx_list_label_value(list, index, i), equals + 1) == 0;
    return false;
}

static bool is_wanted(const struct invocation *inv, const sbx_list *list, size_t index)
{
    for (size_t i = 0; i < inv->values_length; i++)
        if (inv->values[i].id == OPT_LABEL_FILTER && !has_label(list, index, inv->values[i].value))
            return false;
    return true;
}

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

static void print_table(const struct invocation *inv, const sbx_list *list)
{
    static const char *const headings[] = {"ID",     "STATUS", "AGE",    "EXPIRES", "IMAGE",
                                           "MEMORY", "CPUS",   "LABELS", NULL};
    g_autoptr(table) rows = table_new(headings);
    int64_t now = format_now();

    for (size_t i = 0; i < sbx_list_length(list); i++)
        if (is_wanted(inv, list, i))
            add_row(rows, list, i, now);
    table_print(rows, stdout);
}

static void print_ids(const struct invocation *inv, const sbx_list *list)
{
    for (size_t i = 0; i < sbx_list_length(list); i++)
        if (is_wanted(inv, list, i))
            puts(sbx_list_id(list, i));
}

static void print_json(const struct invocation *inv, const sbx_list *list)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_array(builder);
    for (size_t i = 0; i < sbx_list_length(list); i++)
        if (is_wanted(inv, list, i))
            add_json(builder, list, i);
    json_builder_end_array(builder);
    json_print(stdout, builder);
}

int cmd_list(const struct invocation *inv)
{
    g_autoptr(sbx_list) list = NULL;
    g_autoptr(sbx_error) error = NULL;

    if (sbx_list_get(&list, &error) < 0) {
        report_error(inv, error);
        return EXIT_FAILURE;
    }
    if (invocation_has(inv, OPT_JSON))
        print_json(inv, list);
    else if (invocation_has(inv, OPT_QUIET))
        print_ids(inv, list);
    else
        print_table(inv, list);
    return EXIT_SUCCESS;
}
