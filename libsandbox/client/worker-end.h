/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The end of a worker in a guest that has nothing more to say. It is the guest's own, so that
 * nothing makes it end: it is waited for, then killed, then left to itself.
 */
#ifndef SBX_CLIENT_WORKER_END_H
#define SBX_CLIENT_WORKER_END_H

#include <sandbox/process.h>

/* How long a worker may take to end when its work is done, or when it was killed: far more than it
 * takes, for a guest that is busy. Set by tests. */
extern int sbx_worker_end_ms;

/* Has it killed. The guest's answer is not waited for: it may never come. */
void sbx_worker_kill(sbx_process *process);
/* Waits until a worker has ended that has at most @patience_ms of work left. Returns 1, or an
 * error: SBX_E_TIMEOUT when it had to be killed. */
int sbx_worker_end(sbx_process *process, int patience_ms, const char *operation, sbx_error **error);

#endif
