/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx template remove: removes templates, and says of each what became of it. */
#include <stdlib.h>

#include "auto.h"
#include "json.h"
#include "report.h"
#include "terminal.h"

static int remove_all(const struct invocation *inv)
{
    g_autoptr(sbx_error) error = NULL;
    int removed = sbx_template_remove_all(&error);

    if (removed < 0) {
        report_error(inv, error);
        return EXIT_FAILURE;
    }
    if (invocation_has(inv, OPT_JSON)) {
        g_autoptr(JsonBuilder) builder = json_builder_new();

        json_builder_begin_object(builder);
        json_add_int(builder, "removed", removed);
        json_builder_end_object(builder);
        json_print(stdout, builder);
    } else if (!invocation_has(inv, OPT_QUIET)) {
        printf("Removed %d template%s\n", removed, removed == 1 ? "" : "s");
    }
    return EXIT_SUCCESS;
}

static void add_json(JsonBuilder *builder, const char *id, int rc, const sbx_error *error)
{
    json_builder_begin_object(builder);
    json_add_text(builder, "id", id);
    json_add_bool(builder, "removed", rc >= 0);
    if (error)
        report_add_json(builder, error);
    json_builder_end_object(builder);
}

static void print_outcome(const struct invocation *inv, const char *id, int rc,
                          const sbx_error *error)
{
    g_autofree char *escaped = terminal_escape(id);

    if (rc < 0)
        report_error(inv, error);
    else
        printf(invocation_has(inv, OPT_QUIET) ? "%s\n" : "Removed %s\n", escaped);
}

static int remove_each(const struct invocation *inv)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    bool json = invocation_has(inv, OPT_JSON);
    int status = EXIT_SUCCESS;

    json_builder_begin_array(builder);
    for (int i = 0; i < inv->operands_length; i++) {
        g_autoptr(sbx_error) error = NULL;
        int rc = sbx_template_remove(inv->operands[i], &error);

        if (json)
            add_json(builder, inv->operands[i], rc, error);
        else
            print_outcome(inv, inv->operands[i], rc, error);
        if (rc < 0)
            status = EXIT_FAILURE;
    }
    json_builder_end_array(builder);
    if (json)
        json_print(stdout, builder);
    return status;
}

int cmd_template_remove(const struct invocation *inv)
{
    bool all = invocation_has(inv, OPT_ALL);

    if (all == (inv->operands_length > 0)) {
        report_failure(inv, SBX_E_INVALID, "'sbx template remove' needs IDs, or --all",
                       "see them with: sbx template list");
        return EXIT_USAGE;
    }
    return all ? remove_all(inv) : remove_each(inv);
}
