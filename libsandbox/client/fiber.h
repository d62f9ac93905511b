/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fibers: functions with a stack of their own, which can be left in the middle and entered again,
 * by whichever thread.
 *
 * What runs in a fiber may find itself on another thread after sbx_fiber_leave(): it must hold no
 * mutex then. The addresses of thread-local variables change, too, which compilers do not know;
 * for errno, thread-errno.h sees to that.
 */
#ifndef SBX_CLIENT_FIBER_H
#define SBX_CLIENT_FIBER_H

typedef struct SbxFiber SbxFiber;

/* Nothing runs before it is entered. NULL when memory is short. */
SbxFiber *sbx_fiber_new(void (*main)(void *data), void *data);
/* Not while it runs. One that was left in the middle loses what its functions hold. NULL is fine. */
void sbx_fiber_free(SbxFiber *fiber);

/* Runs it until it leaves or ends. Returns 1 when it has ended. */
int sbx_fiber_enter(SbxFiber *fiber);
/* Inside of one: returns from sbx_fiber_enter(); comes back with the next one. */
void sbx_fiber_leave(void);
/* Inside of one: calls a function on the stack of whoever entered the fiber. */
void sbx_fiber_call_outside(void (*function)(void *data), void *data);
/* The data of the fiber that runs, NULL outside. */
void *sbx_fiber_data(void);

/* How many stacks there are, idle ones included; for tests. */
int sbx_fiber_stacks(void);

#endif
