/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sbx fork: running copies of a sandbox. With --timeout they outlive this command. Without, they
 * have session lifetime: this process owns them and waits for a signal, see hold.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "hold.h"
#include "json.h"
#include "report.h"
#include "sandbox-args.h"
#include "signals.h"
#include "values.h"

static void print_json(sbx *const *children, size_t count, int64_t timeout)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "ids");
    json_builder_begin_array(builder);
    for (size_t i = 0; i < count; i++)
        json_builder_add_string_value(builder, sbx_id(children[i]));
    json_builder_end_array(builder);
    json_add_int(builder, "timeout_ms", timeout);
    json_builder_end_object(builder);
    json_print(stdout, builder);
}

static void print_forked(const struct invocation *inv, sbx *const *children, size_t count,
                         int64_t timeout)
{
    if (invocation_has(inv, OPT_JSON))
        print_json(children, count, timeout);
    else
        for (size_t i = 0; i < count; i++)
            puts(sbx_id(children[i]));
    fflush(stdout);
    if (timeout == SBX_TIMEOUT_SESSION)
        report_note(inv, "Ctrl+C to stop the copies");
}

/* With the copies made: hands them over or holds them. */
static int keep(const struct invocation *inv, sbx *const *children, size_t count)
{
    int64_t timeout = sandbox_args_timeout(inv);
    int signal_fd;
    int status;

    if (timeout != SBX_TIMEOUT_SESSION) {
        print_forked(inv, children, count, timeout);
        return EXIT_SUCCESS;
    }
    /* Before the ids are told: from then on a signal must be seen. */
    signal_fd = signals_open();
    print_forked(inv, children, count, timeout);
    status = hold(inv, children, count, signal_fd);
    close(signal_fd);
    return status;
}

int cmd_fork(const struct invocation *inv)
{
    g_autoptr(sbx_options) options = sandbox_args_options(inv);
    g_autoptr(sbx) parent = NULL;
    g_autoptr(sbx_error) error = NULL;
    sbx *children[SBX_FORK_MAX] = {NULL};
    int64_t count = 1;
    int status;

    if (!options || !value_count(inv, OPT_COUNT_CHILDREN, NULL, 0, &count))
        return EXIT_USAGE;
    if (sbx_connect(inv->operands[0], NULL, &parent, &error) < 0 ||
        sbx_fork(parent, (unsigned int)count, options, children, &error) < 0) {
        report_error(inv, error);
        return EXIT_FAILURE;
    }
    status = keep(inv, children, (size_t)count);
    for (int64_t i = 0; i < count; i++)
        sbx_unref(children[i]);
    return status;
}
