/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Usage: what a running process takes. See include/sandbox/usage.h. */
#include <errno.h>

#include "client/private.h"

struct sbx_usage {
    uint64_t cpu_user_us;
    uint64_t cpu_system_us;
    uint64_t memory;
    uint64_t peak_memory;
    uint64_t tasks;
    uint64_t read_bytes;
    uint64_t written_bytes;
};

static uint64_t figure(const SbxReply *reply, const char *name)
{
    return (uint64_t)MAX(sbx_json_get_int(reply->result, name, 0), 0);
}

int sbx_process_get_usage(sbx_process *process, sbx_usage **out, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    sbx_usage *usage;
    int code;

    if (out == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "out is NULL");
    code = sbx_process_call(process, "process.usage", NULL, &reply, __func__, error);
    if (code < 0)
        return code;
    usage = g_try_new0(sbx_usage, 1);
    if (usage == NULL)
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, __func__, NULL, "out of memory");
    usage->cpu_user_us = figure(&reply, "cpu_user_us");
    usage->cpu_system_us = figure(&reply, "cpu_system_us");
    usage->memory = figure(&reply, "memory");
    usage->peak_memory = figure(&reply, "peak_memory");
    usage->tasks = figure(&reply, "tasks");
    usage->read_bytes = figure(&reply, "read_bytes");
    usage->written_bytes = figure(&reply, "written_bytes");
    *out = usage;
    return SBX_OK;
}

void sbx_usage_free(sbx_usage *usage)
{
    g_free(usage);
}

uint64_t sbx_usage_cpu_user_us(const sbx_usage *usage)
{
    return usage->cpu_user_us;
}

uint64_t sbx_usage_cpu_system_us(const sbx_usage *usage)
{
    return usage->cpu_system_us;
}

uint64_t sbx_usage_memory(const sbx_usage *usage)
{
    return usage->memory;
}

uint64_t sbx_usage_peak_memory(const sbx_usage *usage)
{
    return usage->peak_memory;
}

uint64_t sbx_usage_tasks(const sbx_usage *usage)
{
    return usage->tasks;
}

uint64_t sbx_usage_read_bytes(const sbx_usage *usage)
{
    return usage->read_bytes;
}

uint64_t sbx_usage_written_bytes(const sbx_usage *usage)
{
    return usage->written_bytes;
}
