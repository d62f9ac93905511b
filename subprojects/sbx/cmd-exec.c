/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx exec: a command in a sandbox that is running already. */
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "raw.h"
#include "report.h"
#include "run-command.h"
#include "sandbox-args.h"

static bool sets_term(const struct invocation *inv)
{
    for (size_t i = 0; i < inv->values_length; i++)
        if (inv->values[i].id == OPT_EXEC_ENV &&
            (strcmp(inv->values[i].value, "TERM") == 0 ||
             g_str_has_prefix(inv->values[i].value, "TERM=")))
            return true;
    return false;
}

/* What it shows goes to this terminal. */
static int put_on_terminal(const struct invocation *inv, sbx_command *command, sbx_error **error)
{
    const char *term = getenv("TERM");
    int rows;
    int columns;
    int rc;

    raw_size(&rows, &columns);
    rc = sbx_command_set_terminal(command, rows, columns, error);
    if (rc < 0 || !term || !*term || sets_term(inv))
        return rc;
    return sbx_command_set_env(command, "TERM", term, error);
}

static int start_detached(const struct invocation *inv, sbx *sandbox, sbx_command *command)
{
    g_autoptr(sbx_process) process = NULL;
    g_autoptr(sbx_error) error = NULL;

    sbx_command_set_detached(command, 1);
    if (sbx_spawn(sandbox, command, &process, &error) < 0)
        return run_command_failed(inv, error);
    if (invocation_has(inv, OPT_JSON)) {
        g_autoptr(JsonBuilder) builder = json_builder_new();

        json_builder_begin_object(builder);
        json_add_int(builder, "process", sbx_process_id(process));
        json_add_int(builder, "pid", sbx_process_pid(process));
        json_builder_end_object(builder);
        json_print(stdout, builder);
    } else {
        printf("%" G_GINT64_FORMAT "\n", (gint64)sbx_process_id(process));
    }
    return EXIT_SUCCESS;
}

int cmd_exec(const struct invocation *inv)
{
    g_autoptr(sbx_command) command = sandbox_args_command(inv, inv->operands + 1);
    bool on_terminal = invocation_has(inv, OPT_TTY);
    g_autoptr(sbx) sandbox = NULL;
    g_autoptr(sbx_error) error = NULL;
    int status;

    if (!command)
        return EXIT_USAGE;
    if ((on_terminal && put_on_terminal(inv, command, &error) < 0) ||
        sbx_connect(inv->operands[0], NULL, &sandbox, &error) < 0) {
        report_error(inv, error);
        return EXIT_SANDBOX;
    }
    if (invocation_has(inv, OPT_DETACH))
        return start_detached(inv, sandbox, command);
    status = run_command(inv, sandbox, command, ON_INTERRUPT_KILL_PROCESS,
                         on_terminal ? PUMP_TERMINAL : PUMP_STREAMS, 0, &error);
    return status < 0 ? run_command_failed(inv, error) : status;
}
