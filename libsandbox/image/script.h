/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One run of the build script: progress, cancellation, and what its exit code means.
 */
#ifndef SBX_IMAGE_SCRIPT_H
#define SBX_IMAGE_SCRIPT_H

#include "image/cancel.h"
#include "image/progress.h"

typedef struct {
    const char *program;   /* absolute path of build-image */
    const char *build_dir; /* private directory, removed by the guard if we die */
    const char *output;    /* empty directory in it */
    const char *mirror;    /* or NULL */
    gboolean no_deno;
    const int *locks;
    guint n_locks;
    SbxImageProgress progress; /* or NULL */
    gpointer data;
    SbxCancel *cancel;
} SbxImageScript;

/* Errors: SBX_E_UNAVAILABLE (a tool is missing, the mirror does not answer), SBX_E_NO_SPACE,
 * SBX_E_CANCELLED, SBX_E_SYSTEM; the cause is the end of the script's output. */
gboolean sbx_image_script_run(const SbxImageScript *script, GError **error);

#endif
