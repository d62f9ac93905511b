/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx image list: every version of every image. */
#include <stdlib.h>

#include "auto.h"
#include "format.h"
#include "json.h"
#include "report.h"
#include "table.h"
#include "terminal.h"

static void print_json(const sbx_image_list *list)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_array(builder);
    for (size_t i = 0; i < sbx_image_list_length(list); i++) {
        json_builder_begin_object(builder);
        json_add_text(builder, "name", sbx_image_list_name(list, i));
        json_add_text(builder, "version", sbx_image_list_version(list, i));
        json_add_int(builder, "created_ms", sbx_image_list_created(list, i));
        json_add_int(builder, "size", (gint64)sbx_image_list_size(list, i));
        json_add_text(builder, "kernel", sbx_image_list_kernel(list, i));
        json_add_text(builder, "path", sbx_image_list_path(list, i));
        json_add_bool(builder, "in_use", sbx_image_list_in_use(list, i) == 1);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    json_print(stdout, builder);
}

static void print_names(const sbx_image_list *list)
{
    for (size_t i = 0; i < sbx_image_list_length(list); i++) {
        g_autofree char *name = terminal_escape(sbx_image_list_name(list, i));
        g_autofree char *version = terminal_escape(sbx_image_list_version(list, i));

        printf("%s@%s\n", name, version);
    }
}

static void print_table(const sbx_image_list *list)
{
    static const char *const headings[] = {"NAME",   "VERSION", "CREATED", "SIZE",
                                           "KERNEL", "IN USE",  NULL};
    g_autoptr(table) rows = table_new(headings);

    for (size_t i = 0; i < sbx_image_list_length(list); i++) {
        g_autofree char *created = format_timestamp(sbx_image_list_created(list, i));
        g_autofree char *size = format_size(sbx_image_list_size(list, i));

        table_add(rows, sbx_image_list_name(list, i));
        table_add(rows, sbx_image_list_version(list, i));
        table_add(rows, created);
        table_add(rows, size);
        table_add(rows, sbx_image_list_kernel(list, i));
        table_add(rows, sbx_image_list_in_use(list, i) == 1 ? "yes" : "no");
    }
    table_print(rows, stdout);
}

int cmd_image_list(const struct invocation *inv)
{
    g_autoptr(sbx_image_list) list = NULL;
    g_autoptr(sbx_error) error = NULL;

    if (sbx_image_list_get(&list, &error) < 0) {
        report_error(inv, error);
        return EXIT_FAILURE;
    }
    if (invocation_has(inv, OPT_JSON)) {
        print_json(list);
        return EXIT_SUCCESS;
    }
    if (invocation_has(inv, OPT_QUIET))
        print_names(list);
    else
        print_table(list);
    if (sbx_image_list_length(list) == 0)
        report_note(inv, "there is no image yet; make one with: sbx image build");
    return EXIT_SUCCESS;
}
