/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx doctor: what the library found out about this host, as a list of checks. */
#include <stdlib.h>
#include <string.h>

#include "auto.h"
#include "json.h"
#include "report.h"
#include "terminal.h"

static const char *text_member(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);

    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING
               ? json_node_get_string(node)
               : NULL;
}

static const char *status_color(const char *status)
{
    if (strcmp(status, "ok") == 0)
        return terminal_green(stdout);
    return strcmp(status, "warning") == 0 ? terminal_yellow(stdout) : terminal_red(stdout);
}

static void print_check(JsonArray *array, guint index, JsonNode *node, gpointer data)
{
    JsonObject *check = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    const char *status = check ? text_member(check, "status") : NULL;
    const char *hint = check ? text_member(check, "hint") : NULL;
    g_autofree char *name = NULL;
    g_autofree char *detail = NULL;
    g_autofree char *escaped_hint = terminal_escape(hint ? hint : "");

    (void)array;
    (void)index;
    (void)data;
    if (!status || !text_member(check, "name"))
        return;
    name = terminal_escape(text_member(check, "name"));
    detail = terminal_escape(text_member(check, "detail") ? text_member(check, "detail") : "");
    printf("%s%-7s%s  %-16s ", status_color(status), status, terminal_reset(stdout), name);
    terminal_wrap(stdout, detail, 26, 26);
    if (hint) {
        printf("%26s%shint:%s ", "", terminal_cyan(stdout), terminal_reset(stdout));
        terminal_wrap(stdout, escaped_hint, 32, 32);
    }
}

static void print_report(JsonObject *report, bool ok)
{
    JsonNode *checks = json_object_get_member(report, "checks");
    const char *accelerator = text_member(report, "accelerator");
    const char *uri = text_member(report, "uri");

    if (checks && JSON_NODE_HOLDS_ARRAY(checks))
        json_array_foreach_element(json_node_get_array(checks), print_check, NULL);
    if (!ok)
        puts("\nThis host cannot run sandboxes yet.");
    else
        printf("\nThis host can run sandboxes, with %s%s%s.\n",
               accelerator ? accelerator : "an unknown accelerator", uri ? " through " : "",
               uri ? uri : "");
}

static bool is_ok(JsonObject *report)
{
    JsonNode *ok = json_object_get_member(report, "ok");

    return ok && JSON_NODE_HOLDS_VALUE(ok) && json_node_get_value_type(ok) == G_TYPE_BOOLEAN &&
           json_node_get_boolean(ok);
}

int cmd_doctor(const struct invocation *inv)
{
    g_autoptr(sbx_error) error = NULL;
    g_autoptr(JsonNode) root = NULL;
    char *text = NULL;
    JsonObject *report;

    if (sbx_doctor(&text, &error) < 0) {
        report_error(inv, error);
        return EXIT_FAILURE;
    }
    root = json_from_string(text, NULL);
    sbx_free(text);
    if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
        report_failure(inv, SBX_E_INTERNAL, "the library's report is not JSON", NULL);
        return EXIT_FAILURE;
    }
    report = json_node_get_object(root);
    if (invocation_has(inv, OPT_JSON))
        json_print_node(stdout, root);
    else if (!invocation_has(inv, OPT_QUIET))
        print_report(report, is_ok(report));
    return is_ok(report) ? EXIT_SUCCESS : EXIT_FAILURE;
}
