/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-command.c: what a program that is not our client can ask the keeper to run: the parameters
 * of a command, with its streams, limits and environment. The agent's view of what the keeper makes
 * of it is in fuzz-agent-protocol.c. */
#include <stdlib.h>
#include <string.h>

#include <sandbox/error.h>
#include <sandbox/options.h>
#include <sandbox/process.h>
#include <sandbox/terminal.h>

#include "keeper/command.h"
#include "wire/fault.h"
#include "wire/json.h"

enum { LONGEST_INPUT = 60 << 10 };

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

static void check(gboolean fine)
{
    if (!fine)
        abort();
}

static void check_program(const SbxWantedCommand *command)
{
    check(command->argv != NULL && command->agent.argv == (const char *const *)command->argv);
    check(g_strv_length(command->argv) <= SBX_ARGS_MAX + 1);
    check(command->script != NULL || command->argv[0] != NULL);
    check(command->agent.script == command->script && command->agent.script_length == 0);
    check(command->agent.cwd == command->cwd && command->agent.user == command->user);
    check(g_strv_length(command->env) <= SBX_ENV_MAX);
    for (char **entry = command->env; *entry != NULL; entry++)
        check(strchr(*entry, '=') > *entry);
}

static void check_confines(const SbxWantedCommand *command)
{
    const SbxAgentCommand *agent = &command->agent;

    for (int i = 0; i < 3; i++)
        check(command->piped[i] || !command->relayed[i]);
    check((agent->rows == 0) == (agent->columns == 0));
    check(agent->rows <= SBX_TERMINAL_SIZE_MAX && agent->columns <= SBX_TERMINAL_SIZE_MAX);
    check(agent->rows == 0 || (command->piped[1] && !command->piped[2]));
    check(!agent->merge_stderr || !command->piped[2]);
    check(agent->memory_limit <= G_MAXINT64 && agent->task_limit <= G_MAXINT);
    check(agent->cpu_limit_us <= G_MAXINT64 && agent->output_limit <= G_MAXINT64);
}

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    g_autoptr(JsonObject) object = NULL;
    g_auto(SbxWantedCommand) command = {0};
    g_autoptr(GError) error = NULL;
    gboolean fine;

    if (size > LONGEST_INPUT)
        return 0;
    object = sbx_json_parse((const char *)data, size, NULL);
    if (object == NULL)
        return 0;
    fine = sbx_command_parse(object, &command, &error);
    check(fine == (error == NULL));
    if (!fine) {
        check(sbx_fault_code(error) == SBX_E_INVALID || sbx_fault_code(error) == SBX_E_TOO_BIG);
        return 0;
    }
    check_program(&command);
    check_confines(&command);
    return 0;
}
