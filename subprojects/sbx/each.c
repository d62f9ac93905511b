/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See each.h. */
#include "each.h"

#include <stdlib.h>

#include "json.h"
#include "report.h"
#include "terminal.h"

static void add_json(JsonBuilder *builder, const char *id, const char *member, int rc,
                     const sbx_error *error)
{
    json_builder_begin_object(builder);
    json_add_text(builder, "id", id);
    json_add_bool(builder, member, rc >= 0);
    if (error)
        report_add_json(builder, error);
    json_builder_end_object(builder);
}

static void print_outcome(const struct invocation *inv, const char *id, const char *word, int rc,
                          const sbx_error *error)
{
    g_autofree char *escaped = terminal_escape(id);

    if (rc < 0)
        report_error(inv, error);
    else if (invocation_has(inv, OPT_QUIET))
        puts(escaped);
    else
        printf("%s %s\n", word, escaped);
}

int each_operand(const struct invocation *inv, each_func func, const char *member, const char *word)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    bool json = invocation_has(inv, OPT_JSON);
    int status = EXIT_SUCCESS;

    json_builder_begin_array(builder);
    for (int i = 0; i < inv->operands_length; i++) {
        g_autoptr(sbx_error) error = NULL;
        int rc = func(inv->operands[i], &error);

        if (json)
            add_json(builder, inv->operands[i], member, rc, error);
        else
            print_outcome(inv, inv->operands[i], word, rc, error);
        if (rc < 0)
            status = EXIT_FAILURE;
    }
    json_builder_end_array(builder);
    if (json)
        json_print(stdout, builder);
    return status;
}
