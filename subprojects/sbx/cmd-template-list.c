/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx template list: the templates of this user. */
#include <stdlib.h>

#include "auto.h"
#include "format.h"
#include "json.h"
#include "report.h"
#include "table.h"
#include "terminal.h"

#define ID_SHOWN 12

static const char *state_name(int state)
{
    switch (state) {
    case SBX_TEMPLATE_READY:
        return "ready";
    case SBX_TEMPLATE_BUILDING:
        return "building";
    default:
        return "unknown";
    }
}

static void print_json(const sbx_template_list *list)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_array(builder);
    for (size_t i = 0; i < sbx_template_list_length(list); i++) {
        json_builder_begin_object(builder);
        json_add_text(builder, "id", sbx_template_list_id(list, i));
        json_add_text(builder, "state", state_name(sbx_template_list_state(list, i)));
        json_add_text(builder, "image", sbx_template_list_image(list, i));
        json_add_int(builder, "memory", (gint64)sbx_template_list_memory(list, i));
        json_add_int(builder, "cpus", sbx_template_list_vcpus(list, i));
        json_add_int(builder, "disk", (gint64)sbx_template_list_disk_size(list, i));
        json_add_text(builder, "accelerator", sbx_template_list_accelerator(list, i));
        json_add_text(builder, "vmm", sbx_template_list_vmm(list, i));
        json_add_int(builder, "created_ms", sbx_template_list_created(list, i));
        json_add_int(builder, "used_ms", sbx_template_list_used(list, i));
        json_add_int(builder, "size", (gint64)sbx_template_list_size(list, i));
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    json_print(stdout, builder);
}

static void print_ids(const sbx_template_list *list)
{
    for (size_t i = 0; i < sbx_template_list_length(list); i++) {
        const char *id = sbx_template_list_id(list, i);
        g_autofree char *escaped = terminal_escape(id ? id : "?");

        puts(escaped);
    }
}

/* One that is being built, or is damaged, has not all of it. */
static char *size_text(uint64_t bytes)
{
    return bytes ? format_size(bytes) : g_strdup("?");
}

static void add_row(table *rows, const sbx_template_list *list, size_t index)
{
    const char *id = sbx_template_list_id(list, index);
    int vcpus = sbx_template_list_vcpus(list, index);
    g_autofree char *short_id = g_strdup_printf("%.*s", ID_SHOWN, id ? id : "?");
    g_autofree char *memory = size_text(sbx_template_list_memory(list, index));
    g_autofree char *cpus = vcpus > 0 ? g_strdup_printf("%d", vcpus) : NULL;
    g_autofree char *disk = size_text(sbx_template_list_disk_size(list, index));
    g_autofree char *used = sbx_template_list_used(list, index)
                                ? format_timestamp(sbx_template_list_used(list, index))
                                : g_strdup("never");
    g_autofree char *size = size_text(sbx_template_list_size(list, index));

    table_add(rows, short_id);
    table_add(rows, state_name(sbx_template_list_state(list, index)));
    table_add(rows, sbx_template_list_image(list, index));
    table_add(rows, memory);
    table_add(rows, cpus);
    table_add(rows, disk);
    table_add(rows, sbx_template_list_accelerator(list, index));
    table_add(rows, used);
    table_add(rows, size);
}

static void print_table(const sbx_template_list *list)
{
    static const char *const headings[] = {"ID",   "STATE", "IMAGE", "MEMORY", "CPUS",
                                           "DISK", "ACCEL", "USED",  "SIZE",   NULL};
    g_autoptr(table) rows = table_new(headings);

    for (size_t i = 0; i < sbx_template_list_length(list); i++)
        add_row(rows, list, i);
    table_print(rows, stdout);
}

int cmd_template_list(const struct invocation *inv)
{
    g_autoptr(sbx_template_list) list = NULL;
    g_autoptr(sbx_error) error = NULL;

    if (sbx_template_list_get(&list, &error) < 0) {
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
