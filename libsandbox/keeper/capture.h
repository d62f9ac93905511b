/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Capture: a copy of a sandbox as it is, from which others are started.
 *
 * The VM is migrated, live, into a loader: a VMM of the same shape whose RAM is a file. The VM itself
 * stops only for the end of that, and while its disk is copied; then it goes on. The loader's state
 * is saved as a template's is, and the loader ends.
 */
#ifndef SBX_KEEPER_CAPTURE_H
#define SBX_KEEPER_CAPTURE_H

#include "keeper/sandbox.h"

/* Once, from the main loop: what was captured (a reference), or NULL and a fault (borrowed). */
typedef void (*SbxCaptured)(SbxTemplate *template, const GError *fault, gpointer data);
/* Captures a running or paused sandbox of which nothing else is done (busy is NULL) into the
 * directory @dir: its memory, state and disk. The caller removes the directory. */
void sbx_capture(SbxSandbox *sandbox, const char *dir, SbxCaptured captured, gpointer data);
/* The config of another sandbox with the same machine and the very same image. */
void sbx_capture_config(SbxSandbox *sandbox, SbxSandboxConfig *config);
/* FALSE, with the request answered, when the sandbox cannot be captured now. */
gboolean sbx_capture_possible(SbxSandbox *sandbox, SbxRequest *request);

/* fork.c: a method; takes the request. */
void sbx_fork_method(SbxKeeper *keeper, SbxRequest *request);

#endif
