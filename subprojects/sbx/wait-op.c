/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See wait-op.h. */
#include "wait-op.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>

#include "signals.h"

int wait_op_left(gint64 deadline)
{
    gint64 left = deadline - g_get_monotonic_time();

    return deadline == 0 ? -1 : (int)CLAMP((left + 999) / 1000, 0, G_MAXINT);
}

/* Returns whether one of them ends things. */
static bool take_signals(int signal_fd, sigset_t *taken)
{
    bool ends = false;
    int number;

    while ((number = signals_next(signal_fd)) != 0) {
        sigaddset(taken, number);
        ends = ends || (number != SIGCONT && number != SIGWINCH);
    }
    return ends;
}

/* They are blocked, so they wait for the next reader of the descriptor. */
static void put_back(const sigset_t *taken)
{
    for (int number = 1; number < NSIG; number++)
        if (sigismember(taken, number) == 1)
            raise(number);
}

enum wait_end wait_op(sbx_op *op, int signal_fd, gint64 deadline)
{
    enum wait_end end = WAIT_DONE;
    sigset_t taken;

    sigemptyset(&taken);
    sbx_dispatch(NULL, NULL);
    while (!sbx_op_is_done(op)) {
        struct pollfd polls[] = {{.fd = sbx_get_fd(NULL), .events = POLLIN},
                                 {.fd = signal_fd, .events = POLLIN}};
        int ready = poll(polls, G_N_ELEMENTS(polls), wait_op_left(deadline));

        if (ready == 0)
            end = WAIT_TIME_OVER;
        else if (ready > 0 && polls[1].revents && take_signals(signal_fd, &taken))
            end = WAIT_SIGNAL;
        if (end != WAIT_DONE)
            break;
        sbx_dispatch(NULL, NULL);
    }
    put_back(&taken);
    return end;
}
