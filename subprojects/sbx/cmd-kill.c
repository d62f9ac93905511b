/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx kill: destroys sandboxes, and says of each what became of it. */
#include "each.h"

static int kill_one(const char *id, sbx_error **error)
{
    g_autoptr(sbx) sandbox = NULL;
    int rc = sbx_connect(id, NULL, &sandbox, error);

    return rc < 0 ? rc : sbx_kill(sandbox, error);
}

int cmd_kill(const struct invocation *inv)
{
    return each_operand(inv, kill_one, "killed", "Killed");
}
