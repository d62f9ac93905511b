/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pools of spares: VMs that wait, stopped, for somebody to want one.
 *
 * One pool for each kind of sandbox (image, memory, vCPUs, disk size) that was asked for while this
 * keeper ran. How many a pool keeps follows demand: as many as were claimed within DEMAND_SECONDS, at
 * least one, none when nobody wanted one for IDLE_SECONDS. A setting, or a client's wish, takes the
 * place of that. All pools together stay within a memory budget, counted as what the spares have to
 * themselves. A spare that runs is warmed up, stopped, and costs no CPU.
 *
 * Main loop only.
 */
#ifndef SBX_KEEPER_POOL_H
#define SBX_KEEPER_POOL_H

#include "keeper/sandbox.h"

/* Reads LIBSANDBOX_SPARES and LIBSANDBOX_SPARE_MEMORY. */
SbxPools *sbx_pools_new(SbxKeeper *keeper);
/* The spares are gone. */
void sbx_pools_free(SbxPools *pools);

/* A spare of that kind, in state SPARE, or one that is on its way there; NULL when there is none. It
 * is the caller's then. Notes the demand. */
SbxSandbox *sbx_pool_claim(SbxKeeper *keeper, const SbxSandboxConfig *config);
/* A client's sandbox has been handed out: the time to see to the next ones. */
void sbx_pool_answered(SbxSandbox *sandbox);
/* A sandbox is ending; takes it out of its pool if it is in one. */
void sbx_pool_forget(SbxSandbox *sandbox);
/* The keeper stops, or memory is short: no new spares. */
void sbx_pools_stop(SbxPools *pools);

/* Methods. They take the request. */
void sbx_pool_method_list(SbxKeeper *keeper, SbxRequest *request);
void sbx_pool_method_set(SbxKeeper *keeper, SbxRequest *request);
void sbx_pool_method_fill(SbxKeeper *keeper, SbxRequest *request);
void sbx_pool_method_drain(SbxKeeper *keeper, SbxRequest *request);

#endif
