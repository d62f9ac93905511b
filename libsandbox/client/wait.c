/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waiting: the one place where a call of this library blocks.
 *
 * Whatever a call waits for is a descriptor. Nothing else in the client may block: descriptors that
 * are read or written there are waited for here first. Inside of an op (see op.c) the thread does not
 * block either, it leaves the op meanwhile.
 */
#include <poll.h>
#include <time.h>

#include "client/op-private.h"
#include "client/private.h"

int64_t sbx_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int sbx_wait(struct pollfd *fds, unsigned int count, int64_t deadline_ms)
{
    sbx_op *op = sbx_fiber_data();

    if (op != NULL)
        return sbx_op_poll(op, fds, count, deadline_ms);
    for (;;) {
        int64_t left = deadline_ms < 0 ? -1 : MAX(deadline_ms - sbx_now_ms(), 0);
        int ready = poll(fds, count, (int)MIN(left, G_MAXINT));

        if (ready > 0)
            return ready;
        if (ready == 0 && left >= 0 && left <= G_MAXINT)
            return 0;
        if (ready < 0 && errno != EINTR)
            return -errno;
    }
}

int sbx_wait_one(int fd, short events, int64_t deadline_ms)
{
    struct pollfd one = {.fd = fd, .events = events};

    return sbx_wait(&one, 1, deadline_ms);
}

int sbx_wait_signal(int fd, short events)
{
    struct pollfd one = {.fd = fd, .events = events};

    if (sbx_fiber_data() != NULL)
        return sbx_wait(&one, 1, -1);
    return poll(&one, 1, -1) < 0 ? -errno : 1;
}

int sbx_check_timeout(int64_t timeout_ms, const char *operation, sbx_error **error)
{
    if (timeout_ms >= SBX_WAIT_FOREVER && timeout_ms <= SBX_TIMEOUT_MAX_MS)
        return SBX_OK;
    return sbx_fail(error, SBX_E_INVALID, 0, operation, NULL,
                    "a timeout of %" G_GINT64_FORMAT " ms is out of range", timeout_ms);
}

int sbx_wait_failed(int code, const char *operation, sbx_error **error)
{
    if (code == -ECANCELED)
        return sbx_fail(error, SBX_E_CANCELLED, 0, operation, NULL, "the call was cancelled");
    return sbx_fail(error, SBX_E_SYSTEM, -code, operation, NULL, "cannot wait: %s",
                    g_strerror(-code));
}
