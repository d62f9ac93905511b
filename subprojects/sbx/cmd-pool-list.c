/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx pool list: the pools of spares, and what they may and do take. */
#include <stdlib.h>

#include "auto.h"
#include "format.h"
#include "json.h"
#include "report.h"
#include "table.h"

static void add_json(JsonBuilder *builder, const sbx_pool_list *list, size_t index)
{
    json_builder_begin_object(builder);
    json_add_text(builder, "image", sbx_pool_list_image(list, index));
    json_add_int(builder, "memory", (gint64)sbx_pool_list_memory(list, index));
    json_add_int(builder, "cpus", sbx_pool_list_vcpus(list, index));
    json_add_int(builder, "disk", (gint64)sbx_pool_list_disk_size(list, index));
    json_add_int(builder, "ready", sbx_pool_list_ready(list, index));
    json_add_int(builder, "starting", sbx_pool_list_starting(list, index));
    json_add_int(builder, "target", sbx_pool_list_target(list, index));
    json_add_int(builder, "private_bytes", (gint64)sbx_pool_list_private_bytes(list, index));
    json_builder_end_object(builder);
}

/* An automatic size is null. */
static void print_json(const sbx_pool_list *list)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "size");
    if (sbx_pool_list_setting(list) == SBX_SPARES_AUTO)
        json_builder_add_null_value(builder);
    else
        json_builder_add_int_value(builder, sbx_pool_list_setting(list));
    json_add_int(builder, "budget", (gint64)sbx_pool_list_budget(list));
    json_add_int(builder, "used", (gint64)sbx_pool_list_used(list));
    json_builder_set_member_name(builder, "pools");
    json_builder_begin_array(builder);
    for (size_t i = 0; i < sbx_pool_list_length(list); i++)
        add_json(builder, list, i);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    json_print(stdout, builder);
}

static void add_row(table *rows, const sbx_pool_list *list, size_t index)
{
    g_autofree char *memory = format_size(sbx_pool_list_memory(list, index));
    g_autofree char *cpus = g_strdup_printf("%d", sbx_pool_list_vcpus(list, index));
    g_autofree char *disk = format_size(sbx_pool_list_disk_size(list, index));
    g_autofree char *ready = g_strdup_printf("%d", sbx_pool_list_ready(list, index));
    g_autofree char *starting = g_strdup_printf("%d", sbx_pool_list_starting(list, index));
    g_autofree char *target = g_strdup_printf("%d", sbx_pool_list_target(list, index));
    g_autofree char *private = format_size(sbx_pool_list_private_bytes(list, index));

    table_add(rows, sbx_pool_list_image(list, index));
    table_add(rows, memory);
    table_add(rows, cpus);
    table_add(rows, disk);
    table_add(rows, ready);
    table_add(rows, starting);
    table_add(rows, target);
    table_add(rows, private);
}

static void print_table(const sbx_pool_list *list)
{
    static const char *const headings[] = {"IMAGE", "MEMORY",   "CPUS",   "DISK",
                                           "READY", "STARTING", "TARGET", "TAKES", NULL};
    g_autoptr(table) rows = table_new(headings);

    for (size_t i = 0; i < sbx_pool_list_length(list); i++)
        add_row(rows, list, i);
    table_print(rows, stdout);
}

static void print_settings(const sbx_pool_list *list)
{
    int setting = sbx_pool_list_setting(list);
    g_autofree char *size = setting == SBX_SPARES_AUTO ? g_strdup("automatic")
                                                       : g_strdup_printf("%d", setting);
    g_autofree char *used = format_size(sbx_pool_list_used(list));
    g_autofree char *budget = format_size(sbx_pool_list_budget(list));

    printf("\nSize of each: %s; memory: %s of %s\n", size, used, budget);
}

int cmd_pool_list(const struct invocation *inv)
{
    g_autoptr(sbx_pool_list) list = NULL;
    g_autoptr(sbx_error) error = NULL;

    if (sbx_pool_list_get(&list, &error) < 0) {
        report_error(inv, error);
        return EXIT_FAILURE;
    }
    if (invocation_has(inv, OPT_JSON)) {
        print_json(list);
        return EXIT_SUCCESS;
    }
    print_table(list);
    if (!invocation_has(inv, OPT_QUIET))
        print_settings(list);
    return EXIT_SUCCESS;
}
