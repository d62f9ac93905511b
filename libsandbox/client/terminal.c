/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Terminals and limits of commands. See include/sandbox/terminal.h and process.h. */
#include <inttypes.h>

#include "client/private.h"

/* pids.max of Linux goes no further. */
#define PROCESS_LIMIT_MAX 4194304

static int is_size(int rows, int columns)
{
    return rows >= 1 && rows <= SBX_TERMINAL_SIZE_MAX && columns >= 1 &&
           columns <= SBX_TERMINAL_SIZE_MAX;
}

static int not_a_size(int rows, int columns, const char *operation, sbx_error **error)
{
    return sbx_fail(error, SBX_E_INVALID, 0, operation, NULL,
                    "%d rows and %d columns are not a terminal's size: 1 to %d each", rows, columns,
                    SBX_TERMINAL_SIZE_MAX);
}

int sbx_command_set_terminal(sbx_command *command, int rows, int columns, sbx_error **error)
{
    int none = rows == 0 && columns == 0;

    if (!none && !is_size(rows, columns))
        return not_a_size(rows, columns, __func__, error);
    command->rows = rows;
    command->columns = columns;
    if (!none)
        command->stdio[SBX_STDERR] = SBX_STDIO_MERGE;
    return SBX_OK;
}

int sbx_process_resize(sbx_process *process, int rows, int columns, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    JsonObject *params;

    if (!is_size(rows, columns))
        return not_a_size(rows, columns, __func__, error);
    params = json_object_new();
    json_object_set_int_member(params, "rows", rows);
    json_object_set_int_member(params, "columns", columns);
    return sbx_process_call(process, "process.resize", params, &reply, __func__, error);
}

int sbx_command_set_memory_limit(sbx_command *command, uint64_t bytes, sbx_error **error)
{
    if (bytes != 0 && (bytes < SBX_MEMORY_LIMIT_MIN || bytes > INT64_MAX))
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "a memory limit of %" PRIu64 " bytes is out of range: %d at least", bytes,
                        SBX_MEMORY_LIMIT_MIN);
    command->memory_limit = bytes;
    return SBX_OK;
}

int sbx_command_set_process_limit(sbx_command *command, int count, sbx_error **error)
{
    if (count < 0 || count > PROCESS_LIMIT_MAX)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "a limit of %d processes is out of range: 1 to %d", count,
                        PROCESS_LIMIT_MAX);
    command->process_limit = count;
    return SBX_OK;
}

int sbx_command_set_cpu_limit(sbx_command *command, int64_t milliseconds, sbx_error **error)
{
    if (milliseconds < 0 || milliseconds > INT64_MAX / 1000000)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "a limit of %" PRId64 " ms of CPU time is out of range", milliseconds);
    command->cpu_limit_ms = milliseconds;
    return SBX_OK;
}

void sbx_command_confines_to_json(const sbx_command *command, JsonObject *object)
{
    if (command->rows > 0) {
        json_object_set_int_member(object, "rows", command->rows);
        json_object_set_int_member(object, "columns", command->columns);
    }
    if (command->memory_limit > 0)
        json_object_set_int_member(object, "memory_limit", (gint64)command->memory_limit);
    if (command->process_limit > 0)
        json_object_set_int_member(object, "process_limit", command->process_limit);
    if (command->cpu_limit_ms > 0)
        json_object_set_int_member(object, "cpu_limit_ms", command->cpu_limit_ms);
}
