/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Disk: the sparse file with a sandbox's own writes. It never has a name, so nothing can outlive us. */
#ifndef SBX_KEEPER_DISK_H
#define SBX_KEEPER_DISK_H

#include "keeper/keeper.h"

/* In a worker: a new, empty, formatted disk. Returns its descriptor, or -1 with a fault set. */
int sbx_disk_new(SbxKeeper *keeper, guint64 size, GError **error);
/* In a worker: a new disk with the contents of another, of which only what was written takes time and
 * room. Returns its descriptor, or -1 with a fault set. */
int sbx_disk_copy(SbxKeeper *keeper, int from, guint64 size, GError **error);
/* In a worker: copies what is written of a disk into an empty file of the same size. */
gboolean sbx_disk_copy_to(int from, int to, GError **error);
/* In a worker: gives blocks of a file that are all zeros back to its file system. A VMM that takes in a
 * VM has touched all of its RAM, and in a tmpfs that is memory. */
void sbx_disk_punch_zeros(const char *path);

#endif
