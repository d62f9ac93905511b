/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See process-args.h. */
#include "process-args.h"

#include <string.h>

#include "report.h"

#define SIGNAL_MAX 64

bool process_args_id(const struct invocation *inv, const char *text, int64_t *id)
{
    guint64 number;
    g_autofree char *message = NULL;

    if (g_ascii_string_to_unsigned(text, 10, 1, G_MAXINT64, &number, NULL)) {
        *id = (int64_t)number;
        return true;
    }
    message = g_strdup_printf("'%s' is not the number of a process", text);
    report_failure(inv, SBX_E_INVALID, message, "see them with: sbx ps ID");
    return false;
}

bool process_args_signal(const struct invocation *inv, const char *text, int *number)
{
    const char *name = g_ascii_strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
    g_autofree char *message = NULL;
    guint64 value;

    if (g_ascii_string_to_unsigned(text, 10, 1, SIGNAL_MAX, &value, NULL)) {
        *number = (int)value;
        return true;
    }
    for (int i = 1; i <= SIGNAL_MAX; i++) {
        if (g_ascii_strcasecmp(name, sigabbrev_np(i) ? sigabbrev_np(i) : "") == 0 && *name) {
            *number = i;
            return true;
        }
    }
    message = g_strdup_printf("'%s' is not a signal", text);
    report_failure(inv, SBX_E_INVALID, message, "a name or a number: TERM, SIGTERM, 15");
    return false;
}
