/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Snapshots: the saved state of a sandbox, to start others from.
 *
 * A snapshot has a name, which is this user's, and keeps memory and disk of the sandbox it was
 * taken of, on the host's disk. It outlives that sandbox and the keeper. Use it with
 * sbx_options_set_root(); what such a sandbox shares with the snapshot's past is what a child of
 * sbx_fork() shares with its parent's.
 */
#ifndef SANDBOX_SNAPSHOT_H
#define SANDBOX_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include <sandbox/handle.h>

SBX_BEGIN_DECLS

#define SBX_SNAPSHOT_NAME_MAX 63 /* bytes */

typedef struct sbx_snapshot_list sbx_snapshot_list;

/**
 * sbx_snapshot:
 * @sandbox: a sandbox, running or paused; it stays as it is
 * @name: the snapshot's name: 1 to SBX_SNAPSHOT_NAME_MAX of a-z, 0-9, '.', '_', '-', the first one
 *   a letter or digit
 * @error: where to put an error, or NULL
 *
 * Saves the sandbox as it is at the moment of the call. A running one goes on after a pause. Blocks
 * until the snapshot is on disk; it appears whole or not at all. Its environment variables (env.h) are
 * kept with it, its labels are not.
 *
 * Errors: SBX_E_INVALID (not a name), SBX_E_EXISTS (there is one of that name: remove it first),
 * SBX_E_BUSY (one of that name is being made, or the sandbox is being paused, resumed or copied),
 * SBX_E_GONE (the sandbox has ended), SBX_E_NO_SPACE, SBX_E_UNSUPPORTED (this hypervisor cannot),
 * SBX_E_KEEPER, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_snapshot(sbx *sandbox, const char *name, sbx_error **error);

/**
 * sbx_snapshot_remove:
 * @name: a snapshot's name
 * @error: where to put an error, or NULL
 *
 * Removes it. Sandboxes that were started from it go on. Blocks for a moment; starts a keeper when
 * there is none.
 *
 * Errors: SBX_E_INVALID (not a name), SBX_E_NOT_FOUND, SBX_E_BUSY (it is being made),
 * SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_snapshot_remove(const char *name, sbx_error **error);

/**
 * sbx_snapshot_list_get:
 * @out: (out): the list; the caller frees it with sbx_snapshot_list_free()
 * @error: where to put an error, or NULL
 *
 * Lists the snapshots of this user. The list is immutable and may be read from any thread. Blocks
 * for a moment; starts a keeper when there is none. Errors: SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_snapshot_list_get(sbx_snapshot_list **out, sbx_error **error);

/** sbx_snapshot_list_free: frees the list; NULL is fine. Since: 0.1 */
SBX_PUBLIC void sbx_snapshot_list_free(sbx_snapshot_list *list);

/** sbx_snapshot_list_length: the number of snapshots in it. Since: 0.1 */
SBX_PUBLIC size_t sbx_snapshot_list_length(const sbx_snapshot_list *list);

/*
 * The following take an index below sbx_snapshot_list_length(). Strings are owned by the list. An
 * index out of range gives NULL, 0 or -1.
 */

/** sbx_snapshot_list_name: the snapshot's name. Since: 0.1 */
SBX_PUBLIC const char *sbx_snapshot_list_name(const sbx_snapshot_list *list, size_t index);

/** sbx_snapshot_list_image: name and version of the image under it, "NAME@VERSION". Since: 0.1 */
SBX_PUBLIC const char *sbx_snapshot_list_image(const sbx_snapshot_list *list, size_t index);

/** sbx_snapshot_list_memory: guest memory in bytes. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_snapshot_list_memory(const sbx_snapshot_list *list, size_t index);

/** sbx_snapshot_list_vcpus: number of virtual CPUs. Since: 0.1 */
SBX_PUBLIC int sbx_snapshot_list_vcpus(const sbx_snapshot_list *list, size_t index);

/** sbx_snapshot_list_disk_size: size of the sandbox's disk in bytes. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_snapshot_list_disk_size(const sbx_snapshot_list *list, size_t index);

/** sbx_snapshot_list_created: when it was taken, milliseconds since 1970 UTC. Since: 0.1 */
SBX_PUBLIC int64_t sbx_snapshot_list_created(const sbx_snapshot_list *list, size_t index);

/** sbx_snapshot_list_size: bytes it takes on the host's disk. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_snapshot_list_size(const sbx_snapshot_list *list, size_t index);

SBX_END_DECLS

#endif
