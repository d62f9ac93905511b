/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Turns of file calls: a program may start thousands of ops at once, and each that goes on has a
 * process in the guest. So only some of a handle's go on; a turn passes from one that is over to
 * the one that has waited longest.
 *
 * A call may wait for another one that waits for its turn: for somebody who writes to the FIFO that
 * it reads. So when no turn has passed for a while there is one turn more, which stays as long as
 * anybody waits. Calls that block their thread do not wait: it may be the thread that dispatches
 * the ops.
 */
#include <errno.h>

#include "client/fs-worker.h"
#include "client/op-private.h"

/* How long the turns may stand still: a call takes milliseconds, in an emulated guest some ten. */
#define STILL_MS 1000

typedef struct {
    GList link; /* in the handle's queue */
    sbx_op *op;
    gboolean granted;
} Turn;

/* With the lock: the turn of somebody who waits. */
static void grant(sbx *sandbox, Turn *turn)
{
    g_queue_unlink(&sandbox->turn_queue, &turn->link);
    turn->granted = TRUE;
    sandbox->turned_ms = sbx_now_ms();
}

/* With the lock: passes a turn on. */
static void leave(sbx *sandbox)
{
    GList *first = sandbox->turn_queue.head;

    if (first == NULL) {
        sandbox->turns--;
        sandbox->turned_ms = sbx_now_ms();
        return;
    }
    grant(sandbox, first->data);
    sbx_op_unpark(((Turn *)first->data)->op);
}

/* With the lock. Returns 0 or -ECANCELED. */
static int wait_for_turn(sbx *sandbox, sbx_op *op)
{
    Turn turn = {.link.data = &turn, .op = op};
    int code = 0;

    g_queue_push_tail_link(&sandbox->turn_queue, &turn.link);
    while (!turn.granted && code == 0) {
        int64_t now = sbx_now_ms();
        int64_t still = sandbox->turned_ms + STILL_MS;

        if (now >= still && sandbox->turn_queue.head == &turn.link) {
            grant(sandbox, &turn);
            sandbox->turns++;
        } else {
            code = sbx_op_park(op, &sandbox->workers_lock, now < still ? still : now + STILL_MS);
        }
    }
    if (code < 0 && turn.granted)
        leave(sandbox);
    else if (code < 0)
        g_queue_unlink(&sandbox->turn_queue, &turn.link);
    return code;
}

int sbx_fs_begin(const SbxFsCall *call)
{
    sbx *sandbox = call->sandbox;
    sbx_op *op = sbx_fiber_data();
    int code = sbx_check_handle(sandbox, call->operation, call->error);

    if (code < 0)
        return code;
    g_mutex_lock(&sandbox->workers_lock);
    if (op == NULL || sandbox->turns < SBX_FS_TURNS) {
        sandbox->turns++;
        sandbox->turned_ms = sbx_now_ms();
    } else {
        code = wait_for_turn(sandbox, op);
    }
    g_mutex_unlock(&sandbox->workers_lock);
    return code < 0 ? sbx_fs_wait_failed(call, code) : SBX_OK;
}

void sbx_fs_end(const SbxFsCall *call)
{
    g_mutex_lock(&call->sandbox->workers_lock);
    leave(call->sandbox);
    g_mutex_unlock(&call->sandbox->workers_lock);
}
