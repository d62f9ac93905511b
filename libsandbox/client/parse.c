/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sizes and durations as people write them. See include/sandbox/options.h. */
#include "client/private.h"
#include "wire/units.h"

int sbx_parse_size(const char *text, uint64_t *bytes, sbx_error **error)
{
    guint64 value;

    if (!sbx_units_parse_size(text, &value))
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, "write for example 512MiB, 1GiB or 2GB",
                        "\"%s\" is not a size", text != NULL ? text : "(null)");
    *bytes = value;
    return SBX_OK;
}

int sbx_parse_duration(const char *text, int64_t *milliseconds, sbx_error **error)
{
    gint64 value = SBX_TIMEOUT_SESSION;

    if (g_strcmp0(text, "session") != 0 && !sbx_units_parse_duration(text, &value))
        return sbx_fail(error, SBX_E_INVALID, 0, __func__,
                        "write for example 30s, 5m, 2h, 1d or session", "\"%s\" is not a duration",
                        text != NULL ? text : "(null)");
    *milliseconds = value;
    return SBX_OK;
}
