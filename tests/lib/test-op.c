/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See test-op.h. */
#include "lib/test-op.h"

#include <poll.h>

#include "lib/test-keeper.h"

int test_dispatch(sbx_queue *queue)
{
    struct pollfd ready = {.fd = sbx_get_fd(queue), .events = POLLIN};
    sbx_error *error = NULL;

    ck_assert_int_eq(poll(&ready, 1, TEST_PATIENCE_MS), 1);
    return test_ok(sbx_dispatch(queue, &error), &error);
}

int test_op_end(sbx_op *op, sbx_error **error)
{
    int code;

    ck_assert_int_eq(test_ok(sbx_op_wait(op, TEST_PATIENCE_MS, error), error), 1);
    ck_assert_int_eq(sbx_op_is_done(op), 1);
    code = sbx_op_finish(op, error);
    sbx_op_unref(op);
    return code;
}
