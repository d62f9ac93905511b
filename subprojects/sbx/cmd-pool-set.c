/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx pool set: size and budget of the pools. */
#include <stdlib.h>

#include "auto.h"
#include "report.h"
#include "values.h"

int cmd_pool_set(const struct invocation *inv)
{
    g_autoptr(sbx_error) error = NULL;
    int64_t size = 0;
    int64_t budget = 0;

    if (!value_count(inv, OPT_SIZE, "auto", SBX_SPARES_AUTO, &size) ||
        !value_size(inv, OPT_BUDGET, NULL, 0, &budget))
        return EXIT_USAGE;
    if (!invocation_has(inv, OPT_SIZE) && !invocation_has(inv, OPT_BUDGET)) {
        report_failure(inv, SBX_E_INVALID, "'sbx pool set' needs --size, --budget or both",
                       "see what is set with: sbx pool list");
        return EXIT_USAGE;
    }
    if ((invocation_has(inv, OPT_SIZE) && sbx_pool_set_size((int)size, &error) < 0) ||
        (invocation_has(inv, OPT_BUDGET) && sbx_pool_set_budget((uint64_t)budget, &error) < 0)) {
        report_error(inv, error);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
