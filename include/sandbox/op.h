/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Operations: calls that do not block.
 *
 * Every call that blocks, sbx_x(), has a twin sbx_x_start() in sandbox/async.h. The twin returns at
 * once with an sbx_op, which stands for the running call. An op belongs to a queue, and a queue has
 * one descriptor: poll it, with whatever loop the program has, and call sbx_dispatch() when it is
 * readable. There are no threads behind it: an op goes on inside of sbx_dispatch() and
 * sbx_op_wait(), and nowhere else.
 *
 *     sbx_sh_start(sandbox, "make", &result, NULL, &op, &error);
 *     ... poll(sbx_get_fd(NULL)) ...
 *     sbx_dispatch(NULL, &error);
 *     if (sbx_op_is_done(op)) code = sbx_op_finish(op, &error);
 *
 * What a twin is given is copied or referenced: it may be freed or changed at once. What it writes
 * to (`out` and its like) must stay valid until the op is done, or its last reference was dropped.
 *
 * All calls here may be made from any thread. One thread at a time dispatches a queue; queues are
 * independent of each other. After fork() the child can use neither the queues nor the ops of its
 * parent: SBX_E_FORKED; it may drop its references. NULL for a queue is the process's own default
 * queue, in the child a new one.
 */
#ifndef SANDBOX_OP_H
#define SANDBOX_OP_H

#include <sandbox/error.h>

SBX_BEGIN_DECLS

typedef struct sbx_queue sbx_queue;
typedef struct sbx_op sbx_op;

/**
 * sbx_queue_new:
 * @out: (out): a queue, one reference
 * @error: where to put an error, or NULL
 *
 * A queue of its own, for a thread or a library that must not see the ops of others. Takes three
 * descriptors. Never blocks. Errors: SBX_E_INVALID, SBX_E_NO_MEMORY, SBX_E_SYSTEM (no descriptors).
 * Since: 0.1
 */
SBX_PUBLIC int sbx_queue_new(sbx_queue **out, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_queue_ref:
 * @queue: a queue, not NULL
 *
 * Takes one more reference and returns @queue. Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC sbx_queue *sbx_queue_ref(sbx_queue *queue);

/**
 * sbx_queue_unref:
 * @queue: a queue, or NULL
 *
 * Drops a reference; returns NULL. Ops hold their queue: it goes with the last of them. Never
 * blocks; any thread. Since: 0.1
 */
SBX_PUBLIC sbx_queue *sbx_queue_unref(sbx_queue *queue);

/**
 * sbx_get_fd:
 * @queue: a queue, or NULL for the default one
 *
 * The descriptor to poll for POLLIN: readable when sbx_dispatch() has something to do, deadlines
 * included, or when ops were finished by other calls since. Only for polling (it may be put into an
 * epoll set); it never changes. Owned by the queue. Returns it, or SBX_E_FORKED, SBX_E_NO_MEMORY,
 * SBX_E_SYSTEM. Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC int sbx_get_fd(sbx_queue *queue);

/**
 * sbx_dispatch:
 * @queue: a queue, or NULL for the default one
 * @error: where to put an error, or NULL
 *
 * Lets every op go on that can, each for some milliseconds at most. Callbacks that were given to
 * calls are called from here. While another thread dispatches the queue it does nothing. Never
 * blocks; any thread.
 *
 * Returns how many ops were finished since the last time, by whomever.
 * Errors: SBX_E_FORKED, SBX_E_INVALID (called from within such a callback), SBX_E_NO_MEMORY,
 * SBX_E_SYSTEM. Since: 0.1
 */
SBX_PUBLIC int sbx_dispatch(sbx_queue *queue, sbx_error **error);

/**
 * sbx_queue_next:
 * @queue: a queue, or NULL for the default one
 *
 * The op that was finished first and was not returned here yet, or NULL when there is none. So one
 * loop can serve calls from everywhere: sbx_op_data() tells whose it is. No reference comes with
 * it: it is the one that the start of the call gave, which somebody holds; ops without references
 * never come. Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC sbx_op *sbx_queue_next(sbx_queue *queue);

/**
 * sbx_op_ref:
 * @op: an op, not NULL
 *
 * Takes one more reference and returns @op. Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC sbx_op *sbx_op_ref(sbx_op *op);

/**
 * sbx_op_unref:
 * @op: an op, or NULL
 *
 * Drops a reference; returns NULL. The last one of an unfinished op cancels it: nothing is written
 * to its outputs any more, and what the call still brings is released. Never blocks; any thread.
 * Since: 0.1
 */
SBX_PUBLIC sbx_op *sbx_op_unref(sbx_op *op);

/**
 * sbx_op_is_done:
 * @op: an op
 *
 * 1 when the call has returned, else 0. Lets nothing go on. Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC int sbx_op_is_done(sbx_op *op);

/**
 * sbx_op_wait:
 * @op: an op
 * @timeout_ms: milliseconds to wait at most; 0 only lets go on what can, -1 waits for ever
 * @error: where to put an error, or NULL
 *
 * Blocks until the op is done, and dispatches its queue meanwhile: other ops of it go on, too. When
 * another thread does that already, waits for it. This has no twin. Any thread.
 *
 * Returns 1 when the op is done, 0 when the time ran out.
 * Errors: SBX_E_FORKED, SBX_E_INVALID (called from within a callback of this queue; a timeout below -1),
 * SBX_E_SYSTEM. Since: 0.1
 */
SBX_PUBLIC int sbx_op_wait(sbx_op *op, int timeout_ms, sbx_error **error);

/**
 * sbx_op_cancel:
 * @op: an op
 *
 * Has the call give up: it fails with SBX_E_CANCELLED, unless it is returning at this moment, so
 * look at sbx_op_finish(). What it had begun is undone as if the program had ended. Most calls are
 * done when this returns; those that run a helper program, and those that another thread is
 * dispatching, are so soon: dispatch the queue. Never blocks; any thread.
 *
 * Returns 1 when the op is done, 0 when it will be, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_op_cancel(sbx_op *op);

/**
 * sbx_op_finish:
 * @op: an op that is done
 * @error: where to put an error, or NULL
 *
 * What the call returned: 0 or a positive number, its outputs are written; or a negative code, its
 * error is here. May be asked again. The op must still be dropped. Never blocks; any thread.
 *
 * Returns the call's own code.
 *
 * Errors: those of the call; SBX_E_BUSY when the op is not done, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_op_finish(sbx_op *op, sbx_error **error);

/**
 * sbx_op_set_data:
 * @op: an op
 * @data: any pointer of the program's
 *
 * Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC void sbx_op_set_data(sbx_op *op, void *data);

/**
 * sbx_op_data:
 * @op: an op
 *
 * What sbx_op_set_data() said last; NULL before. Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC void *sbx_op_data(sbx_op *op);

SBX_END_DECLS

#endif
