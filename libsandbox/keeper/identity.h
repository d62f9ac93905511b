/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Identity: what makes a guest different from every other, though it may be a clone of it: host name,
 * machine id, entropy, clock, environment. One round trip to its agent. (The kernel's generator is
 * reseeded twice: a clone's new VM generation id does that as well, where the VMM has one.)
 */
#ifndef SBX_KEEPER_IDENTITY_H
#define SBX_KEEPER_IDENTITY_H

#include "keeper/sandbox.h"

/* Gives it a fresh one; @done as sbx_agent_session_setup() calls it. */
void sbx_identity_give(SbxSandbox *sandbox, SbxAgentDoneFunc done, gpointer data);
/* Sets only the clock, after a pause. */
void sbx_identity_set_clock(SbxSandbox *sandbox, SbxAgentDoneFunc done, gpointer data);

#endif
