/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See hold.h. That somebody else ended a sandbox the library tells a program through the exit
 * descriptors of its processes, so one process is kept in each sandbox: `cat`, which sleeps on an
 * input that never comes. When its descriptor turns readable, either the sandbox has ended
 * (SBX_E_GONE) or someone in there killed just the `cat`; then the next one is started, a limited
 * number of times, since what is in there may be hostile.
 */
#include "hold.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>

#include "report.h"
#include "signals.h"
#include "wait-op.h"

#define WATCHERS_MAX 16

struct held {
    sbx *sandbox;         /* NULL: it has ended */
    sbx_process *watcher; /* NULL: it can be waited for with signals only */
    int started;          /* watchers so far */
};

/* Returns a process whose end is worth looking at, or NULL with *error, or because of a signal. */
static sbx_process *start_watcher(sbx *sandbox, int signal_fd, sbx_error **error)
{
    g_autoptr(sbx_command) command = sbx_command_new("cat");
    sbx_process *process = NULL;
    g_autoptr(sbx_op) op = NULL;

    if (!command || sbx_command_set_stdio(command, SBX_STDIN, SBX_STDIO_PIPE, error) < 0 ||
        sbx_command_set_stdio(command, SBX_STDOUT, SBX_STDIO_NULL, error) < 0 ||
        sbx_command_set_stdio(command, SBX_STDERR, SBX_STDIO_NULL, error) < 0 ||
        sbx_spawn_start(sandbox, command, &process, NULL, &op, error) < 0)
        return NULL;
    if (wait_op(op, signal_fd, 0) == WAIT_DONE)
        sbx_op_finish(op, error);
    return process;
}

static void sandbox_ended(const struct invocation *inv, struct held *held)
{
    g_autofree char *text = g_strdup_printf("sandbox %s has ended", sbx_id(held->sandbox));

    report_failure(inv, SBX_E_GONE, text, NULL);
    held->sandbox = NULL;
}

/*
 * Sees to it that the sandbox has a watcher, or notices its end. Without one go an image that has no
 * `cat`, and a sandbox that somebody has paused.
 */
static void watch(const struct invocation *inv, struct held *held, int signal_fd)
{
    g_autoptr(sbx_error) error = NULL;

    if (!held->sandbox || (held->watcher && sbx_process_wait(held->watcher, 0, NULL) == 0))
        return;
    if (held->watcher && sbx_process_wait(held->watcher, 0, NULL) < 0)
        sandbox_ended(inv, held);
    g_clear_pointer(&held->watcher, sbx_process_unref);
    if (!held->sandbox || held->started >= WATCHERS_MAX)
        return;
    held->started++;
    held->watcher = start_watcher(held->sandbox, signal_fd, &error);
    if (!held->watcher && error && sbx_error_code(error) != SBX_E_EXEC &&
        sbx_error_code(error) != SBX_E_BUSY)
        sandbox_ended(inv, held);
}

/* Returns when a signal has come (true), or a watcher has ended (false). */
static bool wait_for_signal(int signal_fd, const struct held *held, size_t count)
{
    g_autofree struct pollfd *polls = g_new0(struct pollfd, count + 1);

    for (size_t i = 0; i < count; i++)
        polls[i] = (struct pollfd){
            .fd = held[i].watcher ? sbx_process_exit_fd(held[i].watcher) : -1,
            .events = POLLIN,
        };
    polls[count] = (struct pollfd){.fd = signal_fd, .events = POLLIN};
    for (;;) {
        int number;

        if (poll(polls, count + 1, -1) < 0 && errno != EINTR)
            return true;
        while ((number = signals_next(signal_fd)) != 0)
            if (number != SIGCONT)
                return true;
        for (size_t i = 0; i < count; i++)
            if (polls[i].revents)
                return false;
    }
}

static int destroy(const struct invocation *inv, const struct held *held, size_t count)
{
    int status = EXIT_SUCCESS;

    for (size_t i = 0; i < count; i++) {
        g_autoptr(sbx_error) error = NULL;

        if (!held[i].sandbox || sbx_kill(held[i].sandbox, &error) >= 0)
            continue;
        report_error(inv, error);
        status = EXIT_FAILURE;
    }
    return status;
}

/* Watches over all of them; returns how many are still there. */
static size_t watch_all(const struct invocation *inv, struct held *held, size_t count,
                        int signal_fd)
{
    size_t left = 0;

    for (size_t i = 0; i < count; i++) {
        watch(inv, &held[i], signal_fd);
        left += held[i].sandbox != NULL;
    }
    return left;
}

int hold(const struct invocation *inv, sbx *const *sandboxes, size_t count, int signal_fd)
{
    g_autofree struct held *held = g_new0(struct held, count);
    int status = EXIT_FAILURE;

    for (size_t i = 0; i < count; i++)
        held[i].sandbox = sandboxes[i];
    while (watch_all(inv, held, count, signal_fd) > 0) {
        if (!wait_for_signal(signal_fd, held, count))
            continue;
        status = destroy(inv, held, count);
        break;
    }
    for (size_t i = 0; i < count; i++)
        sbx_process_unref(held[i].watcher);
    return status;
}
