/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pause and resume: a VM that does not run for a while.
 *
 * A paused guest notices only that its wall clock is set when it goes on. Its deadline keeps running.
 */
#ifndef SBX_KEEPER_PAUSE_H
#define SBX_KEEPER_PAUSE_H

#include "keeper/sandbox.h"

/* Methods. They take the request. */
void sbx_pause_method(SbxKeeper *keeper, SbxRequest *request);
void sbx_resume_method(SbxKeeper *keeper, SbxRequest *request);

#endif
