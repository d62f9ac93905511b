/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Snapshots: a sandbox's memory and disk under a name, to start others from.
 *
 * Each is a template store of its own (template-store.h), SNAPSHOTS/NAME, with one template in it: the
 * VMM that made it can restore it, memory and all. Another one (after an upgrade, on another CPU)
 * boots the image with the snapshot's disk; what was running then is lost, what was written is not.
 */
#ifndef SBX_KEEPER_SNAPSHOT_H
#define SBX_KEEPER_SNAPSHOT_H

#include "keeper/sandbox.h"

/* Completes the config of a sandbox that names a snapshot (root): its image and machine. */
gboolean sbx_snapshot_fill_in(SbxKeeper *keeper, SbxSandboxConfig *config, GError **error);
/* Starts a sandbox whose config names a snapshot. */
void sbx_snapshot_boot(SbxSandbox *sandbox);

/* Methods. They take the request. */
void sbx_snapshot_method(SbxKeeper *keeper, SbxRequest *request);
void sbx_snapshot_method_list(SbxKeeper *keeper, SbxRequest *request);
void sbx_snapshot_method_remove(SbxKeeper *keeper, SbxRequest *request);

#endif
