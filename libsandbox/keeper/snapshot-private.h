/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by snapshot.c and snapshot-methods.c. */
#ifndef SBX_KEEPER_SNAPSHOT_PRIVATE_H
#define SBX_KEEPER_SNAPSHOT_PRIVATE_H

#include "keeper/snapshot.h"

gboolean sbx_snapshot_name_is_valid(const char *name);
/* Its store; free it with g_free(). */
char *sbx_snapshot_path(SbxKeeper *keeper, const char *name);
/* In a worker: the right to make or remove one of that name, as a descriptor to be closed;
 * SBX_E_BUSY while somebody else has it. Makes its store. */
int sbx_snapshot_lock(SbxKeeper *keeper, const char *name, GError **error);
/* What is in it, or NULL and SBX_E_NOT_FOUND; free it with sbx_template_entry_free(). */
SbxTemplateEntry *sbx_snapshot_find(SbxKeeper *keeper, const char *name, GError **error);

#endif
