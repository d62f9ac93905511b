/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guest run: a script of our own in a guest, as its ordinary user. */
#ifndef SBX_KEEPER_GUEST_RUN_H
#define SBX_KEEPER_GUEST_RUN_H

#include "keeper/sandbox.h"

/* Runs a script without input or output. What fails in it is no matter. @done follows, with an error
 * only when the session has ended; at the latest after @limit_ms, when the script is killed. */
void sbx_guest_run(SbxSandbox *sandbox, const char *script, guint limit_ms, SbxAgentDoneFunc done,
                   gpointer data);

#endif
