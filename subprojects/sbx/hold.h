/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sandboxes of session lifetime that a command makes and then holds, until a signal comes. */
#ifndef SBX_HOLD_H
#define SBX_HOLD_H

#include "auto.h"
#include "parse.h"

/*
 * Waits for a signal on signal_fd (see signals.h) and then destroys the sandboxes; or until all of
 * them have ended otherwise, each of which is reported. Returns the exit status.
 */
int hold(const struct invocation *inv, sbx *const *sandboxes, size_t count, int signal_fd);

#endif
