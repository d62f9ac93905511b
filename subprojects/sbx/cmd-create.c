/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sbx create: a sandbox to work in later. With --timeout it outlives this command. Without, it has
 * session lifetime: this process owns it and waits for a signal, see hold.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "hold.h"
#include "json.h"
#include "report.h"
#include "sandbox-args.h"
#include "signals.h"
#include "terminal.h"

static void print_created(const struct invocation *inv, sbx *sandbox, int64_t timeout)
{
    if (invocation_has(inv, OPT_JSON)) {
        g_autoptr(JsonBuilder) builder = json_builder_new();

        json_builder_begin_object(builder);
        json_add_text(builder, "id", sbx_id(sandbox));
        json_add_int(builder, "timeout_ms", timeout);
        json_builder_end_object(builder);
        json_print(stdout, builder);
    } else if (invocation_has(inv, OPT_QUIET)) {
        puts(sbx_id(sandbox));
    } else {
        printf("Created sandbox with id '%s%s%s'\n", terminal_bold(stdout), sbx_id(sandbox),
               terminal_reset(stdout));
        if (timeout == SBX_TIMEOUT_SESSION)
            puts("Ctrl+C to stop the sandbox");
    }
    fflush(stdout);
}

int cmd_create(const struct invocation *inv)
{
    g_autoptr(sbx_options) options = sandbox_args_options(inv);
    g_autoptr(sbx) sandbox = NULL;
    int64_t timeout = sandbox_args_timeout(inv);
    int signal_fd;
    int status;

    if (!options)
        return EXIT_USAGE;
    sandbox = sandbox_args_create(inv, options);
    if (!sandbox)
        return EXIT_FAILURE;
    if (timeout != SBX_TIMEOUT_SESSION) {
        print_created(inv, sandbox, timeout);
        return EXIT_SUCCESS;
    }
    /* Before the id is told: from then on a signal must be seen. */
    signal_fd = signals_open();
    print_created(inv, sandbox, timeout);
    status = hold(inv, &sandbox, 1, signal_fd);
    close(signal_fd);
    return status;
}
