/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sbx create: a sandbox to work in later. With --timeout it outlives this command. Without, it has
 * session lifetime: this process owns it and waits for a signal.
 *
 * It also ends when someone else kills the sandbox. The library tells a program of that through the
 * exit descriptors of its processes, so one process is kept in the sandbox: `cat`, which sleeps on
 * an input that never comes. When its descriptor turns readable, either the sandbox has ended
 * (SBX_E_GONE) or someone in there killed just the `cat`; then the next one is started, a limited
 * number of times, since what is in there may be hostile.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "json.h"
#include "report.h"
#include "sandbox-args.h"
#include "signals.h"
#include "terminal.h"

#define WATCHERS_MAX 16

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

/* Returns a process whose end is worth looking at, or NULL with *error. */
static sbx_process *start_watcher(sbx *sandbox, sbx_error **error)
{
    g_autoptr(sbx_command) command = sbx_command_new("cat");
    sbx_process *process = NULL;

    if (!command || sbx_command_set_stdio(command, SBX_STDIN, SBX_STDIO_PIPE, error) < 0 ||
        sbx_command_set_stdio(command, SBX_STDOUT, SBX_STDIO_NULL, error) < 0 ||
        sbx_command_set_stdio(command, SBX_STDERR, SBX_STDIO_NULL, error) < 0 ||
        sbx_spawn(sandbox, command, &process, error) < 0)
        return NULL;
    return process;
}

/* Returns when a signal has come (true), or the watcher has ended (false). */
static bool wait_for_signal(int signal_fd, sbx_process *watcher)
{
    struct pollfd polls[2] = {
        {.fd = signal_fd, .events = POLLIN},
        {.fd = watcher ? sbx_process_exit_fd(watcher) : -1, .events = POLLIN},
    };

    for (;;) {
        int number;

        if (poll(polls, 2, -1) < 0 && errno != EINTR)
            return true;
        while ((number = signals_next(signal_fd)) != 0)
            if (number != SIGCONT)
                return true;
        if (polls[1].revents)
            return false;
    }
}

static int sandbox_ended(const struct invocation *inv, sbx *sandbox)
{
    g_autofree char *text = g_strdup_printf("sandbox %s has ended", sbx_id(sandbox));

    report_failure(inv, SBX_E_GONE, text, NULL);
    return EXIT_FAILURE;
}

static int hold(const struct invocation *inv, sbx *sandbox, int signal_fd)
{
    g_autoptr(sbx_error) kill_error = NULL;

    for (int i = 0;; i++) {
        g_autoptr(sbx_error) error = NULL;
        g_autoptr(sbx_process) watcher = i < WATCHERS_MAX ? start_watcher(sandbox, &error) : NULL;

        /* An image without `cat` can be waited for with signals only. */
        if (!watcher && error && sbx_error_code(error) != SBX_E_EXEC)
            return sandbox_ended(inv, sandbox);
        if (wait_for_signal(signal_fd, watcher))
            break;
        if (sbx_process_wait(watcher, 0, NULL) < 0)
            return sandbox_ended(inv, sandbox);
    }
    if (sbx_kill(sandbox, &kill_error) < 0) {
        report_error(inv, kill_error);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
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
    status = hold(inv, sandbox, signal_fd);
    close(signal_fd);
    return status;
}
