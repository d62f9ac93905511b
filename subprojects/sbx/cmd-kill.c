/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx kill: destroys sandboxes, and says of each what became of it. */
#include <stdlib.h>

#include "auto.h"
#include "json.h"
#include "report.h"
#include "terminal.h"

static int kill_one(const char *id, sbx_error **error)
{
    g_autoptr(sbx) sandbox = NULL;
    int rc = sbx_connect(id, NULL, &sandbox, error);

    return rc < 0 ? rc : sbx_kill(sandbox, error);
}

static void add_json(JsonBuilder *builder, const char *id, int rc, const sbx_error *error)
{
    json_builder_begin_object(builder);
    json_add_text(builder, "id", id);
    json_add_bool(builder, "killed", rc >= 0);
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
        printf(invocation_has(inv, OPT_QUIET) ? "%s\n" : "Killed %s\n", escaped);
}

int cmd_kill(const struct invocation *inv)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    bool json = invocation_has(inv, OPT_JSON);
    int status = EXIT_SUCCESS;

    json_builder_begin_array(builder);
    for (int i = 0; i < inv->operands_length; i++) {
        g_autoptr(sbx_error) error = NULL;
        int rc = kill_one(inv->operands[i], &error);

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
