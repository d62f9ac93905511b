/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits: how much this user's sandboxes may take together. See include/sandbox/limits.h. */
#include <errno.h>
#include <inttypes.h>

#include "client/private.h"

/* The members of the wire, by SBX_LIMIT_. */
static const struct {
    const char *name;
    uint64_t max;
} kinds[] = {
    [SBX_LIMIT_SANDBOXES] = {"sandboxes", UINT32_MAX},
    [SBX_LIMIT_MEMORY] = {"memory", INT64_MAX},
    [SBX_LIMIT_VCPUS] = {"vcpus", UINT32_MAX},
};

struct sbx_limits {
    uint64_t value[G_N_ELEMENTS(kinds)];
    uint64_t used[G_N_ELEMENTS(kinds)];
    uint64_t waiting;
};

static int known(int limit)
{
    return limit >= 0 && limit < (int)G_N_ELEMENTS(kinds);
}

int sbx_limits_get(sbx_limits **out, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    sbx_limits *limits;
    int code;

    if (out == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "out is NULL");
    code = sbx_call(1, "limits.get", NULL, NULL, 0, &reply, __func__, error);
    if (code < 0)
        return code;
    limits = g_try_new0(sbx_limits, 1);
    if (limits == NULL)
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, __func__, NULL, "out of memory");
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        limits->value[i] = (uint64_t)sbx_json_get_int(
            sbx_json_get_object(reply.result, "limits"), kinds[i].name, 0);
        limits->used[i] = (uint64_t)sbx_json_get_int(sbx_json_get_object(reply.result, "used"),
                                                     kinds[i].name, 0);
    }
    limits->waiting = (uint64_t)sbx_json_get_int(reply.result, "waiting", 0);
    *out = limits;
    return SBX_OK;
}

void sbx_limits_free(sbx_limits *limits)
{
    g_free(limits);
}

uint64_t sbx_limits_value(const sbx_limits *limits, int limit)
{
    return known(limit) ? limits->value[limit] : 0;
}

uint64_t sbx_limits_used(const sbx_limits *limits, int limit)
{
    return known(limit) ? limits->used[limit] : 0;
}

uint64_t sbx_limits_waiting(const sbx_limits *limits)
{
    return limits->waiting;
}

int sbx_limits_set(int limit, uint64_t value, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    JsonObject *params;

    if (!known(limit))
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "%d is none of SBX_LIMIT_", limit);
    if (value > kinds[limit].max)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "a limit of %" PRIu64 " for %s is out of range", value, kinds[limit].name);
    params = json_object_new();
    json_object_set_int_member(params, kinds[limit].name, (gint64)value);
    return sbx_call(1, "limits.set", params, NULL, 0, &reply, __func__, error);
}
