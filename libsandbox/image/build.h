/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Building and publishing an image version. For the tool's process only: it forks and waits.
 */
#ifndef SBX_IMAGE_BUILD_H
#define SBX_IMAGE_BUILD_H

#include "image/cancel.h"
#include "image/dirs.h"
#include "image/name.h"
#include "image/progress.h"

typedef struct {
    const SbxImageDirs *dirs;
    const SbxImageName *name; /* a builtin image, without a version */
    const char *program;      /* absolute path of build-image */
    const char *mirror;       /* or NULL */
    gboolean no_deno;
    gboolean force; /* build even when there is a version */
    SbxImageProgress progress; /* or NULL */
    gpointer data;
    SbxCancel *cancel;
} SbxImageBuild;

/* Returns 1 when a version was built, 0 when there was one, -1 on failure. *version is the one that
 * is there now. When another process builds the same image, waits for it and uses its result,
 * unless @force. */
int sbx_image_build_run(const SbxImageBuild *build, char **version, GError **error);

#endif
