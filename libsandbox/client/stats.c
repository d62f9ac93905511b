/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stats: what sandboxes take and have used. See include/sandbox/stats.h. */
#include <errno.h>

#include "client/private.h"

/* The members of the wire, by SBX_STAT_. */
static const char *const names[] = {
    [SBX_STAT_CPU] = "cpu",
    [SBX_STAT_UPTIME] = "uptime",
    [SBX_STAT_PAUSED] = "paused",
    [SBX_STAT_MEMORY_TIME] = "memory_time",
    [SBX_STAT_MEMORY_PAUSED] = "memory_paused",
    [SBX_STAT_MEMORY_SIZE] = "memory_size",
    [SBX_STAT_HOST_MEMORY] = "host_memory",
    [SBX_STAT_HOST_PRIVATE] = "host_private",
    [SBX_STAT_DISK_SIZE] = "disk_size",
    [SBX_STAT_HOST_DISK] = "host_disk",
    [SBX_STAT_NETWORK_RECEIVED] = "network_received",
    [SBX_STAT_NETWORK_SENT] = "network_sent",
    [SBX_STAT_COMMANDS] = "commands",
    [SBX_STAT_SANDBOXES] = "sandboxes",
    [SBX_STAT_GUEST_CPU] = "guest_cpu",
    [SBX_STAT_GUEST_MEMORY] = "guest_memory",
    [SBX_STAT_GUEST_MEMORY_PEAK] = "guest_memory_peak",
    [SBX_STAT_GUEST_DISK_USED] = "guest_disk_used",
    [SBX_STAT_GUEST_DISK_SIZE] = "guest_disk_size",
    [SBX_STAT_GUEST_PROCESSES] = "guest_processes",
};

/* Those of the total. */
static const int sums[] = {
    SBX_STAT_CPU,         SBX_STAT_UPTIME,
    SBX_STAT_PAUSED,      SBX_STAT_MEMORY_TIME,
    SBX_STAT_MEMORY_PAUSED, SBX_STAT_NETWORK_RECEIVED,
    SBX_STAT_NETWORK_SENT, SBX_STAT_SANDBOXES,
};

struct sbx_stats {
    int64_t values[G_N_ELEMENTS(names)];
};

/* What the answer does not have is unknown. */
static int read_stats(JsonObject *result, sbx_stats **out, const char *operation,
                      sbx_error **error)
{
    sbx_stats *stats = g_try_new0(sbx_stats, 1);

    if (stats == NULL)
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, operation, NULL, "out of memory");
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        stats->values[i] = MAX(sbx_json_get_int(result, names[i], -1), -1);
    *out = stats;
    return SBX_OK;
}

int sbx_stats_get(sbx *sandbox, sbx_stats **out, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    int code;

    if (out == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "out is NULL");
    code = sbx_handle_call(sandbox, "sandbox.stats", json_object_new(), NULL, 0, &reply, __func__,
                           error);
    return code < 0 ? code : read_stats(reply.result, out, __func__, error);
}

int sbx_stats_get_total(sbx_stats **out, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    g_autoptr(JsonObject) nothing = json_object_new();
    int code;

    if (out == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "out is NULL");
    code = sbx_call(0, "usage.total", NULL, NULL, 0, &reply, __func__, error);
    if (code < 0 && code != SBX_E_NOT_FOUND)
        return code;
    for (size_t i = 0; i < G_N_ELEMENTS(sums); i++)
        json_object_set_int_member(nothing, names[sums[i]], 0);
    return read_stats(code < 0 ? nothing : reply.result, out, __func__, error);
}

void sbx_stats_free(sbx_stats *stats)
{
    g_free(stats);
}

int64_t sbx_stats_value(const sbx_stats *stats, int figure)
{
    return sbx_stats_name(figure) != NULL ? stats->values[figure] : -1;
}

const char *sbx_stats_name(int figure)
{
    return figure >= 0 && figure < (int)G_N_ELEMENTS(names) ? names[figure] : NULL;
}
