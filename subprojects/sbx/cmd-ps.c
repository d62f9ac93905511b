/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx ps: the commands of a sandbox. */
#include <stdlib.h>

#include "auto.h"
#include "format.h"
#include "json.h"
#include "report.h"
#include "table.h"

/* Long ones are cut in the table. */
#define COMMAND_LENGTH 60

static const char *cause_name(int cause)
{
    static const char *const names[] = {"exit", "signal", "oom", "deadline",
                                        "cpu",  "output", "unknown"};

    return cause >= 0 && (size_t)cause < G_N_ELEMENTS(names) ? names[cause] : NULL;
}

static void add_json(JsonBuilder *builder, const sbx_process_list *list, size_t index)
{
    bool has_ended = sbx_process_list_state(list, index) == SBX_PROCESS_EXITED;

    json_builder_begin_object(builder);
    json_add_int(builder, "process", sbx_process_list_id(list, index));
    json_add_int(builder, "pid", sbx_process_list_pid(list, index));
    json_add_text(builder, "command", sbx_process_list_command(list, index));
    json_add_text(builder, "user", sbx_process_list_user(list, index));
    json_add_int(builder, "started_ms", sbx_process_list_started(list, index));
    json_add_text(builder, "state", has_ended ? "exited" : "running");
    json_add_bool(builder, "attached", sbx_process_list_attached(list, index) == 1);
    json_builder_set_member_name(builder, "exit_code");
    if (has_ended)
        json_builder_add_int_value(builder, sbx_process_list_exit_code(list, index));
    else
        json_builder_add_null_value(builder);
    json_add_text(builder, "cause", cause_name(sbx_process_list_cause(list, index)));
    json_builder_end_object(builder);
}

static void print_json(const sbx_process_list *list)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_array(builder);
    for (size_t i = 0; i < sbx_process_list_length(list); i++)
        add_json(builder, list, i);
    json_builder_end_array(builder);
    json_print(stdout, builder);
}

static char *state_text(const sbx_process_list *list, size_t index)
{
    int cause = sbx_process_list_cause(list, index);

    if (sbx_process_list_state(list, index) == SBX_PROCESS_RUNNING)
        return g_strdup(sbx_process_list_attached(list, index) == 1 ? "attached" : "detached");
    if (cause == SBX_CAUSE_EXIT)
        return g_strdup_printf("exited %d", sbx_process_list_exit_code(list, index));
    if (cause == SBX_CAUSE_SIGNAL)
        return g_strdup_printf("signal %d", sbx_process_list_exit_code(list, index) - 128);
    return g_strdup(cause_name(cause) ? cause_name(cause) : "unknown");
}

static void add_row(table *rows, const sbx_process_list *list, size_t index, int64_t now)
{
    const char *text = sbx_process_list_command(list, index);
    g_autofree char *number =
        g_strdup_printf("%" G_GINT64_FORMAT, (gint64)sbx_process_list_id(list, index));
    g_autofree char *pid = g_strdup_printf("%d", sbx_process_list_pid(list, index));
    g_autofree char *state = state_text(list, index);
    g_autofree char *age = format_duration(now - sbx_process_list_started(list, index));
    g_autofree char *command = g_utf8_substring(text ? text : "", 0,
                                                MIN(g_utf8_strlen(text ? text : "", -1),
                                                    COMMAND_LENGTH));

    table_add(rows, number);
    table_add(rows, pid);
    table_add(rows, sbx_process_list_user(list, index));
    table_add(rows, state);
    table_add(rows, age);
    table_add(rows, command);
}

static void print_table(const sbx_process_list *list)
{
    static const char *const headings[] = {"PROCESS", "PID", "USER", "STATE", "AGE", "COMMAND",
                                           NULL};
    g_autoptr(table) rows = table_new(headings);
    int64_t now = format_now();

    for (size_t i = 0; i < sbx_process_list_length(list); i++)
        add_row(rows, list, i, now);
    table_print(rows, stdout);
}

int cmd_ps(const struct invocation *inv)
{
    g_autoptr(sbx_process_list) list = NULL;
    g_autoptr(sbx) sandbox = NULL;
    g_autoptr(sbx_error) error = NULL;

    if (sbx_connect(inv->operands[0], NULL, &sandbox, &error) < 0 ||
        sbx_process_list_get(sandbox, &list, &error) < 0) {
        report_error(inv, error);
        return EXIT_FAILURE;
    }
    if (invocation_has(inv, OPT_JSON))
        print_json(list);
    else if (invocation_has(inv, OPT_QUIET))
        for (size_t i = 0; i < sbx_process_list_length(list); i++)
            printf("%" G_GINT64_FORMAT "\n", (gint64)sbx_process_list_id(list, i));
    else
        print_table(list);
    return EXIT_SUCCESS;
}
