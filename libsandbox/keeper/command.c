/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Command: what a client wants to have run, see command.h. */
#include "keeper/command.h"

#include <string.h>

#include <sandbox/error.h>
#include <sandbox/process.h>
#include <sandbox/terminal.h>

#include "keeper/sandbox.h"
#include "wire/fault.h"
#include "wire/json.h"

void sbx_wanted_command_clear(SbxWantedCommand *command)
{
    g_clear_pointer(&command->argv, g_strfreev);
    g_clear_pointer(&command->script, g_free);
    g_clear_pointer(&command->env, g_strfreev);
    g_clear_pointer(&command->cwd, g_free);
    g_clear_pointer(&command->user, g_free);
}

gboolean sbx_command_get_limit(JsonObject *params, const char *name, gint64 max, gint64 *out)
{
    *out = sbx_json_get_int(params, name, 0);
    return *out >= 0 && *out <= max;
}

static gboolean parse_confines(JsonObject *params, SbxAgentCommand *command, GError **error)
{
    gint64 rows, columns, memory, processes, cpu_ms;

    if (!sbx_command_get_limit(params, "rows", SBX_TERMINAL_SIZE_MAX, &rows) ||
        !sbx_command_get_limit(params, "columns", SBX_TERMINAL_SIZE_MAX, &columns) ||
        (rows == 0) != (columns == 0)) {
        sbx_fault_set(error, SBX_E_INVALID, 0, NULL, "not a terminal's size");
        return FALSE;
    }
    if (!sbx_command_get_limit(params, "memory_limit", G_MAXINT64, &memory) ||
        !sbx_command_get_limit(params, "process_limit", G_MAXINT, &processes) ||
        !sbx_command_get_limit(params, "cpu_limit_ms", G_MAXINT64 / 1000, &cpu_ms)) {
        sbx_fault_set(error, SBX_E_INVALID, 0, NULL, "a limit of the command is out of range");
        return FALSE;
    }
    command->rows = (guint)rows;
    command->columns = (guint)columns;
    command->memory_limit = (guint64)memory;
    command->task_limit = (guint)processes;
    command->cpu_limit_us = (guint64)cpu_ms * 1000;
    return TRUE;
}

/* program and args as one vector. */
static char **join(char *program, char **args)
{
    guint count = g_strv_length(args);
    char **argv = g_new0(char *, count + 2);

    argv[0] = program;
    memcpy(argv + 1, args, sizeof *args * count);
    g_free(args);
    return argv;
}

static gboolean parse_streams(JsonObject *params, SbxWantedCommand *command, GError **error)
{
    static const char *const names[] = {"stdin", "stdout", "stderr"};

    for (int i = 0; i < 3; i++) {
        const char *mode = sbx_json_get_string(params, names[i]);

        if (mode != NULL && strcmp(mode, "pipe") == 0) {
            command->piped[i] = TRUE;
        } else if (mode != NULL && strcmp(mode, "fd") == 0) {
            command->piped[i] = command->relayed[i] = TRUE;
        } else if (i == 2 && mode != NULL && strcmp(mode, "merge") == 0) {
            command->agent.merge_stderr = TRUE;
        } else if (mode != NULL && strcmp(mode, "null") != 0) {
            sbx_fault_set(error, SBX_E_INVALID, 0, NULL, "%s has an unknown mode", names[i]);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean sbx_command_parse(JsonObject *params, SbxWantedCommand *command, GError **error)
{
    char *program = sbx_json_get_bytes(params, "program");
    char **args = sbx_json_get_bytes_array(params, "args");

    command->script = sbx_json_get_bytes(params, "script");
    if (args == NULL || (program == NULL) == (command->script == NULL) ||
        g_strv_length(args) > SBX_ARGS_MAX) {
        g_free(program);
        g_strfreev(args);
        sbx_fault_set(error, SBX_E_INVALID, 0, NULL, "the command is malformed");
        return FALSE;
    }
    if (program != NULL)
        command->argv = join(program, args);
    else
        command->argv = args;
    command->env = sbx_env_parse(sbx_json_get_object(params, "env"), error);
    if (command->env == NULL || !parse_streams(params, command, error) ||
        !parse_confines(params, &command->agent, error))
        return FALSE;
    if (command->agent.rows > 0 && (!command->piped[1] || command->piped[2])) {
        sbx_fault_set(error, SBX_E_INVALID, 0,
                      "leave standard output a pipe, and standard error merged into it",
                      "a command on a terminal has no other output than its terminal");
        return FALSE;
    }
    command->cwd = sbx_json_get_bytes(params, "cwd");
    command->user = sbx_json_get_bytes(params, "user");
    command->agent.is_worker = sbx_json_get_boolean(params, "worker", FALSE);
    command->agent.argv = (const char *const *)command->argv;
    command->agent.script = command->script;
    command->agent.script_length = 0;
    command->agent.env = (const char *const *)command->env;
    command->agent.clear_env = sbx_json_get_boolean(params, "clear_env", FALSE);
    command->agent.output_limit = (guint64)MAX(sbx_json_get_int(params, "output_limit", 0), 0);
    command->agent.cwd = command->cwd;
    command->agent.user = command->user;
    return TRUE;
}
