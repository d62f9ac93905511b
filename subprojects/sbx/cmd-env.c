/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx env: the environment variables of a sandbox. */
#include <stdlib.h>
#include <string.h>

#include "auto.h"
#include "json.h"
#include "report.h"
#include "terminal.h"

static int fail(const struct invocation *inv, const sbx_error *error)
{
    report_error(inv, error);
    return EXIT_FAILURE;
}

/* As a shell reads it back, on one line. */
static void print_variable(const char *name, const char *value)
{
    g_autofree char *shown_name = terminal_escape(name);
    g_autofree char *shown_value = terminal_escape(value);

    printf("%s=%s\n", shown_name, shown_value);
}

static void print_list(const struct invocation *inv, const sbx_env_list *list)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_object(builder);
    for (size_t i = 0; i < sbx_env_list_length(list); i++) {
        g_autofree char *name = g_utf8_make_valid(sbx_env_list_name(list, i), -1);

        if (invocation_has(inv, OPT_JSON))
            json_add_text(builder, name, sbx_env_list_value(list, i));
        else if (invocation_has(inv, OPT_QUIET))
            puts(name);
        else
            print_variable(sbx_env_list_name(list, i), sbx_env_list_value(list, i));
    }
    json_builder_end_object(builder);
    if (invocation_has(inv, OPT_JSON))
        json_print(stdout, builder);
}

int cmd_env_list(const struct invocation *inv)
{
    g_autoptr(sbx) sandbox = NULL;
    g_autoptr(sbx_env_list) list = NULL;
    g_autoptr(sbx_error) error = NULL;

    if (sbx_connect(inv->operands[0], NULL, &sandbox, &error) < 0 ||
        sbx_env_list_get(sandbox, &list, &error) < 0)
        return fail(inv, error);
    print_list(inv, list);
    return EXIT_SUCCESS;
}

int cmd_env_get(const struct invocation *inv)
{
    g_autoptr(sbx) sandbox = NULL;
    g_autoptr(sbx_error) error = NULL;
    char *value = NULL;

    if (sbx_connect(inv->operands[0], NULL, &sandbox, &error) < 0 ||
        sbx_env_get(sandbox, inv->operands[1], &value, &error) < 0)
        return fail(inv, error);
    if (invocation_has(inv, OPT_JSON)) {
        g_autoptr(JsonBuilder) builder = json_builder_new();

        json_builder_begin_object(builder);
        json_add_text(builder, "name", inv->operands[1]);
        json_add_text(builder, "value", value);
        json_builder_end_object(builder);
        json_print(stdout, builder);
    } else {
        puts(value); /* as it is: a script may want to have it */
    }
    sbx_free(value);
    return EXIT_SUCCESS;
}

/* NAME=VALUE */
static int set_one(sbx *sandbox, const char *assignment, sbx_error **error)
{
    const char *equals = strchr(assignment, '=');
    g_autofree char *name = g_strndup(assignment, (size_t)(equals - assignment));

    return sbx_env_set(sandbox, name, equals + 1, error);
}

int cmd_env_set(const struct invocation *inv)
{
    g_autoptr(sbx) sandbox = NULL;
    g_autoptr(sbx_error) error = NULL;

    for (int i = 1; i < inv->operands_length; i++) {
        g_autofree char *text = NULL;

        if (strchr(inv->operands[i], '='))
            continue;
        text = g_strdup_printf("expected NAME=VALUE, not '%s'", inv->operands[i]);
        report_failure(inv, SBX_E_INVALID, text, NULL);
        return EXIT_USAGE;
    }
    if (sbx_connect(inv->operands[0], NULL, &sandbox, &error) < 0)
        return fail(inv, error);
    for (int i = 1; i < inv->operands_length; i++)
        if (set_one(sandbox, inv->operands[i], &error) < 0)
            return fail(inv, error);
    return EXIT_SUCCESS;
}

int cmd_env_delete(const struct invocation *inv)
{
    g_autoptr(sbx) sandbox = NULL;
    g_autoptr(sbx_error) error = NULL;

    if (sbx_connect(inv->operands[0], NULL, &sandbox, &error) < 0)
        return fail(inv, error);
    for (int i = 1; i < inv->operands_length; i++)
        if (sbx_env_delete(sandbox, inv->operands[i], &error) < 0)
            return fail(inv, error);
    return EXIT_SUCCESS;
}
