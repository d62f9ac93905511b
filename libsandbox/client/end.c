/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* End: how a command ended and what it took; what a process and a result have in common. See
 * include/sandbox/process.h and result.h. */
#include "client/private.h"

void sbx_end_from_json(JsonObject *object, SbxEnd *end)
{
    end->exit_code = (int)sbx_json_get_int(object, "exit_code", -1);
    end->signal = (int)sbx_json_get_int(object, "signal", 0);
    end->oom = sbx_json_get_boolean(object, "oom", FALSE);
    end->cause = (int)sbx_json_get_int(object, "cause", SBX_CAUSE_UNKNOWN);
    end->cpu_time_us = (uint64_t)sbx_json_get_int(object, "cpu_time_us", 0);
    end->peak_memory = (uint64_t)sbx_json_get_int(object, "peak_memory", 0);
    end->wall_time_us = (uint64_t)sbx_json_get_int(object, "wall_time_us", 0);
    end->output_cut = sbx_json_get_boolean(object, "output_cut", FALSE);
}

int sbx_process_exit_code(sbx_process *process)
{
    const SbxEnd *end = sbx_process_end(process);

    return end != NULL ? end->exit_code : -1;
}

int sbx_process_exit_signal(sbx_process *process)
{
    const SbxEnd *end = sbx_process_end(process);

    return end != NULL ? end->signal : 0;
}

int sbx_process_oom(sbx_process *process)
{
    const SbxEnd *end = sbx_process_end(process);

    return end != NULL ? end->oom : 0;
}

int sbx_process_cause(sbx_process *process)
{
    const SbxEnd *end = sbx_process_end(process);

    return end != NULL ? end->cause : -1;
}

uint64_t sbx_process_cpu_time_us(sbx_process *process)
{
    const SbxEnd *end = sbx_process_end(process);

    return end != NULL ? end->cpu_time_us : 0;
}

uint64_t sbx_process_peak_memory(sbx_process *process)
{
    const SbxEnd *end = sbx_process_end(process);

    return end != NULL ? end->peak_memory : 0;
}

uint64_t sbx_process_wall_time_us(sbx_process *process)
{
    const SbxEnd *end = sbx_process_end(process);

    return end != NULL ? end->wall_time_us : 0;
}

int sbx_process_output_cut(sbx_process *process)
{
    const SbxEnd *end = sbx_process_end(process);

    return end != NULL ? end->output_cut : 0;
}

int sbx_result_exit_code(const sbx_result *result)
{
    return result->end.exit_code;
}

int sbx_result_signal(const sbx_result *result)
{
    return result->end.signal;
}

int sbx_result_oom(const sbx_result *result)
{
    return result->end.oom;
}

int sbx_result_cause(const sbx_result *result)
{
    return result->end.cause;
}

uint64_t sbx_result_cpu_time_us(const sbx_result *result)
{
    return result->end.cpu_time_us;
}

uint64_t sbx_result_peak_memory(const sbx_result *result)
{
    return result->end.peak_memory;
}

uint64_t sbx_result_wall_time_us(const sbx_result *result)
{
    return result->end.wall_time_us;
}

int sbx_result_output_cut(const sbx_result *result)
{
    return result->end.output_cut;
}
