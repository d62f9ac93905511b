/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx ports: the TCP ports that something in a sandbox listens on. */
#include <stdlib.h>

#include "auto.h"
#include "json.h"
#include "report.h"
#include "table.h"

static void print_json(const sbx_port_list *list)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_array(builder);
    for (size_t i = 0; i < sbx_port_list_length(list); i++) {
        json_builder_begin_object(builder);
        json_add_int(builder, "port", sbx_port_list_port(list, i));
        json_add_text(builder, "address", sbx_port_list_address(list, i));
        json_add_int(builder, "pid", sbx_port_list_pid(list, i));
        json_add_int(builder, "uid", sbx_port_list_uid(list, i));
        json_add_text(builder, "program", sbx_port_list_program(list, i));
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    json_print(stdout, builder);
}

static void add_row(table *rows, const sbx_port_list *list, size_t index)
{
    int pid = sbx_port_list_pid(list, index);
    const char *program = sbx_port_list_program(list, index);
    g_autofree char *port = g_strdup_printf("%d", sbx_port_list_port(list, index));
    g_autofree char *pid_text = pid > 0 ? g_strdup_printf("%d", pid) : g_strdup("-");
    g_autofree char *uid =
        g_strdup_printf("%" G_GINT64_FORMAT, (gint64)sbx_port_list_uid(list, index));

    table_add(rows, port);
    table_add(rows, sbx_port_list_address(list, index));
    table_add(rows, pid_text);
    table_add(rows, uid);
    table_add(rows, *program ? program : "-");
}

static void print_table(const sbx_port_list *list)
{
    static const char *const headings[] = {"PORT", "ADDRESS", "PID", "UID", "PROGRAM", NULL};
    g_autoptr(table) rows = table_new(headings);

    for (size_t i = 0; i < sbx_port_list_length(list); i++)
        add_row(rows, list, i);
    table_print(rows, stdout);
}

int cmd_ports(const struct invocation *inv)
{
    g_autoptr(sbx) sandbox = NULL;
    g_autoptr(sbx_port_list) list = NULL;
    g_autoptr(sbx_error) error = NULL;

    if (sbx_connect(inv->operands[0], NULL, &sandbox, &error) < 0 ||
        sbx_list_ports(sandbox, &list, &error) < 0) {
        report_error(inv, error);
        return EXIT_FAILURE;
    }
    if (invocation_has(inv, OPT_JSON))
        print_json(list);
    else if (invocation_has(inv, OPT_QUIET))
        for (size_t i = 0; i < sbx_port_list_length(list); i++)
            printf("%d\n", sbx_port_list_port(list, i));
    else
        print_table(list);
    return EXIT_SUCCESS;
}
