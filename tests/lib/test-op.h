/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operations of a test, and how long it waits for them. */
#pragma once

#include <sandbox/sandbox.h>

#define TEST_PATIENCE_MS 60000 /* far more than it takes, for a busy machine */

/* Until the queue's descriptor is readable; then dispatches. Returns what that did. */
int test_dispatch(sbx_queue *queue);
/* Waits for an op and drops it; returns its code. */
int test_op_end(sbx_op *op, sbx_error **error);
