/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Private directories below images/: builds in progress, and the remains of both builds and
 * removals that did not get to their end.
 */
#ifndef SBX_IMAGE_SWEEP_H
#define SBX_IMAGE_SWEEP_H

#include <glib.h>

#define SBX_BUILD_PREFIX ".build-"
#define SBX_REMOVED_PREFIX ".removed-"

/* Makes images/.build-XXXXXX and locks it: as long as the lock is held, a sweep lets it be. Returns
 * its path and the lock's descriptor. */
char *sbx_image_build_dir_new(const char *images, int *lock_fd, GError **error);

/* Locks a directory so that no sweep touches it; -1 when another does. */
int sbx_image_lock_dir(const char *path);

/* Removes what no living process works on. What cannot be removed stays, for the next sweep. */
void sbx_image_sweep(const char *images);

#endif
