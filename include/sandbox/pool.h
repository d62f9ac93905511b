/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pools: VMs that are up before anybody asks for them.
 *
 * The keeper has one pool per kind of sandbox (image version, memory, vCPUs, disk size) that was
 * asked for lately. sbx_create() takes a spare from it when one is ready, and the keeper makes the
 * next one. A spare has never run a command of anybody and is used once. All pools together stay
 * within a budget of host memory. Sizes and budget hold until the keeper ends; LIBSANDBOX_SPARES
 * and LIBSANDBOX_SPARE_MEMORY set them for every keeper. How many spares one kind should have can
 * also be said with sbx_options_set_spares().
 */
#ifndef SANDBOX_POOL_H
#define SANDBOX_POOL_H

#include <stddef.h>
#include <stdint.h>

#include <sandbox/options.h>

SBX_BEGIN_DECLS

typedef struct sbx_pool_list sbx_pool_list;

/**
 * sbx_pool_fill:
 * @options: image, memory, vCPUs and disk size of the kind, or NULL for the defaults; the other
 *   options do not matter, but root must not be set
 * @count: how many spares, 1 to SBX_SPARES_MAX
 * @timeout_ms: milliseconds to wait at most, 1 to SBX_TIMEOUT_MAX_MS, or SBX_WAIT_FOREVER
 * @error: where to put an error, or NULL
 *
 * Waits until at least that many spares of the kind are ready, and has them made. Blocks for so
 * long; starts a keeper when there is none.
 *
 * Returns how many are ready now.
 * Errors: SBX_E_INVALID, SBX_E_NOT_FOUND (no such image), SBX_E_TIMEOUT (spares under way are still
 * completed), SBX_E_BUSY (so many do not fit into the budget), SBX_E_BOOT, SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_pool_fill(const sbx_options *options, unsigned int count, int64_t timeout_ms,
                             sbx_error **error);

/**
 * sbx_pool_set_size:
 * @size: how many spares each kind has, 0 to SBX_SPARES_MAX, or SBX_SPARES_AUTO
 * @error: where to put an error, or NULL
 *
 * Sets it for kinds where sbx_options_set_spares() has not said otherwise. Blocks for one exchange
 * with the keeper; starts one when there is none. Errors: SBX_E_INVALID, SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_pool_set_size(int size, sbx_error **error);

/**
 * sbx_pool_set_budget:
 * @bytes: host memory that all spares together may take, at most INT64_MAX; 0: no spares
 * @error: where to put an error, or NULL
 *
 * Spares beyond it are ended. Blocks for one exchange with the keeper; starts one when there is
 * none. Errors: SBX_E_INVALID, SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_pool_set_budget(uint64_t bytes, sbx_error **error);

/**
 * sbx_pool_drain:
 * @image: "NAME" or "NAME@VERSION" for the spares of an image, or NULL for all
 * @drained: (out): how many spares were ended; may be NULL
 * @error: where to put an error, or NULL
 *
 * Ends spares, so that they hold neither memory nor the image. Later sandboxes have the keeper make
 * new ones. Starts no keeper. Blocks until they are gone.
 *
 * Errors: SBX_E_INVALID (not an image name), SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_pool_drain(const char *image, unsigned int *drained, sbx_error **error);

/**
 * sbx_pool_list_get:
 * @out: (out): the list; the caller frees it with sbx_pool_list_free()
 * @error: where to put an error, or NULL
 *
 * Lists the pools of this user's keeper. The list is immutable and may be read from any thread.
 * Blocks for one exchange with the keeper; starts one when there is none. Errors: SBX_E_KEEPER.
 * Since: 0.1
 */
SBX_PUBLIC int sbx_pool_list_get(sbx_pool_list **out, sbx_error **error);

/** sbx_pool_list_free: frees the list; NULL is fine. Since: 0.1 */
SBX_PUBLIC void sbx_pool_list_free(sbx_pool_list *list);

/** sbx_pool_list_length: the number of pools in it. Since: 0.1 */
SBX_PUBLIC size_t sbx_pool_list_length(const sbx_pool_list *list);

/** sbx_pool_list_setting: what sbx_pool_set_size() sets. Since: 0.1 */
SBX_PUBLIC int sbx_pool_list_setting(const sbx_pool_list *list);

/** sbx_pool_list_budget: what sbx_pool_set_budget() sets, in bytes. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_pool_list_budget(const sbx_pool_list *list);

/** sbx_pool_list_used: how much of the budget is taken, in bytes. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_pool_list_used(const sbx_pool_list *list);

/*
 * The following take an index below sbx_pool_list_length(). Strings are owned by the list. An index
 * out of range gives NULL, 0 or -1.
 */

/** sbx_pool_list_image: name and version of its image, "NAME@VERSION". Since: 0.1 */
SBX_PUBLIC const char *sbx_pool_list_image(const sbx_pool_list *list, size_t index);

/** sbx_pool_list_memory: guest memory in bytes. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_pool_list_memory(const sbx_pool_list *list, size_t index);

/** sbx_pool_list_vcpus: number of virtual CPUs. Since: 0.1 */
SBX_PUBLIC int sbx_pool_list_vcpus(const sbx_pool_list *list, size_t index);

/** sbx_pool_list_disk_size: size of the sandbox's disk in bytes. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_pool_list_disk_size(const sbx_pool_list *list, size_t index);

/** sbx_pool_list_ready: spares that could be taken now. Since: 0.1 */
SBX_PUBLIC int sbx_pool_list_ready(const sbx_pool_list *list, size_t index);

/** sbx_pool_list_starting: spares that are being made. Since: 0.1 */
SBX_PUBLIC int sbx_pool_list_starting(const sbx_pool_list *list, size_t index);

/** sbx_pool_list_target: how many the keeper wants it to have. Since: 0.1 */
SBX_PUBLIC int sbx_pool_list_target(const sbx_pool_list *list, size_t index);

/** sbx_pool_list_private_bytes: host memory that its spares share with nobody. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_pool_list_private_bytes(const sbx_pool_list *list, size_t index);

SBX_END_DECLS

#endif
