/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx snapshot list: the snapshots of this user. */
#include <stdlib.h>

#include "auto.h"
#include "format.h"
#include "json.h"
#include "report.h"
#include "table.h"
#include "terminal.h"

static void print_json(const sbx_snapshot_list *list)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_array(builder);
    for (size_t i = 0; i < sbx_snapshot_list_length(list); i++) {
        json_builder_begin_object(builder);
        json_add_text(builder, "name", sbx_snapshot_list_name(list, i));
        json_add_text(builder, "image", sbx_snapshot_list_image(list, i));
        json_add_int(builder, "memory", (gint64)sbx_snapshot_list_memory(list, i));
        json_add_int(builder, "cpus", sbx_snapshot_list_vcpus(list, i));
        json_add_int(builder, "disk", (gint64)sbx_snapshot_list_disk_size(list, i));
        json_add_int(builder, "created_ms", sbx_snapshot_list_created(list, i));
        json_add_int(builder, "size", (gint64)sbx_snapshot_list_size(list, i));
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    json_print(stdout, builder);
}

static void print_names(const sbx_snapshot_list *list)
{
    for (size_t i = 0; i < sbx_snapshot_list_length(list); i++) {
        const char *name = sbx_snapshot_list_name(list, i);
        g_autofree char *escaped = terminal_escape(name ? name : "?");

        puts(escaped);
    }
}

static void add_row(table *rows, const sbx_snapshot_list *list, size_t index)
{
    g_autofree char *memory = format_size(sbx_snapshot_list_memory(list, index));
    g_autofree char *cpus = g_strdup_printf("%d", sbx_snapshot_list_vcpus(list, index));
    g_autofree char *disk = format_size(sbx_snapshot_list_disk_size(list, index));
    g_autofree char *created = format_timestamp(sbx_snapshot_list_created(list, index));
    g_autofree char *size = format_size(sbx_snapshot_list_size(list, index));

    table_add(rows, sbx_snapshot_list_name(list, index));
    table_add(rows, sbx_snapshot_list_image(list, index));
    table_add(rows, memory);
    table_add(rows, cpus);
    table_add(rows, disk);
    table_add(rows, created);
    table_add(rows, size);
}

static void print_table(const sbx_snapshot_list *list)
{
    static const char *const headings[] = {"NAME", "IMAGE",   "MEMORY", "CPUS",
                                           "DISK", "CREATED", "SIZE",   NULL};
    g_autoptr(table) rows = table_new(headings);

    for (size_t i = 0; i < sbx_snapshot_list_length(list); i++)
        add_row(rows, list, i);
    table_print(rows, stdout);
}

int cmd_snapshot_list(const struct invocation *inv)
{
    g_autoptr(sbx_snapshot_list) list = NULL;
    g_autoptr(sbx_error) error = NULL;

    if (sbx_snapshot_list_get(&list, &error) < 0) {
        report_error(inv, error);
        return EXIT_FAILURE;
    }
    if (invocation_has(inv, OPT_JSON))
        print_json(list);
    else if (invocation_has(inv, OPT_QUIET))
        print_names(list);
    else
        print_table(list);
    return EXIT_SUCCESS;
}
