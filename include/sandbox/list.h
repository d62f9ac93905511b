/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* List: the running sandboxes of this user. Immutable once made; may be read from any thread. */
#ifndef SANDBOX_LIST_H
#define SANDBOX_LIST_H

#include <stddef.h>
#include <stdint.h>

#include <sandbox/error.h>
#include <sandbox/handle.h>

SBX_BEGIN_DECLS

typedef struct sbx_list sbx_list;
typedef struct sbx_list_options sbx_list_options;

#define SBX_STATUS_STARTING 0
#define SBX_STATUS_RUNNING 1
#define SBX_STATUS_STOPPED 2 /* ended; listed until its VM is gone */
#define SBX_STATUS_PAUSED 3  /* see sbx_pause() */

#define SBX_STATUS_ANY (-1)
#define SBX_LIST_LABELS_MAX 16 /* labels that one list may ask for */

/**
 * sbx_list_options_new:
 *
 * Which sandboxes to list; all, until something is set. One thread at a time may change it. Returns
 * NULL when memory is short; the caller frees it with sbx_list_options_free(). Never blocks.
 * Since: 0.1
 */
SBX_PUBLIC sbx_list_options *sbx_list_options_new(void);

/** sbx_list_options_free: frees the options; NULL is fine. Since: 0.1 */
SBX_PUBLIC void sbx_list_options_free(sbx_list_options *options);

/**
 * sbx_list_options_set_label:
 * @options: options
 * @key: a label's key, 1 to SBX_LABEL_KEY_MAX bytes of UTF-8. Copied.
 * @value: the value it must have, at most SBX_LABEL_VALUE_MAX bytes of UTF-8, or NULL for any. Copied.
 * @error: where to put an error, or NULL
 *
 * Only sandboxes with this label. When called again, all must match. Never blocks.
 *
 * Errors: SBX_E_INVALID, SBX_E_TOO_BIG (more than SBX_LIST_LABELS_MAX). Since: 0.1
 */
SBX_PUBLIC int sbx_list_options_set_label(sbx_list_options *options, const char *key,
                                          const char *value, sbx_error **error);

/**
 * sbx_list_options_set_status:
 * @options: options
 * @status: one of SBX_STATUS_, or SBX_STATUS_ANY
 * @error: where to put an error, or NULL
 *
 * Only sandboxes of this status. Never blocks. Errors: SBX_E_INVALID. Since: 0.1
 */
SBX_PUBLIC int sbx_list_options_set_status(sbx_list_options *options, int status,
                                           sbx_error **error);

/**
 * sbx_list_get:
 * @out: (out): the list; the caller frees it with sbx_list_free()
 * @error: where to put an error, or NULL
 *
 * Lists the sandboxes of this user, oldest first. Does not start a keeper: without one the list is
 * empty. Blocks for one exchange with the keeper. Errors: SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_list_get(sbx_list **out, sbx_error **error);

/**
 * sbx_list_get_filtered:
 * @options: which sandboxes, or NULL for all; not changed, not kept
 * @out: (out): the list; the caller frees it with sbx_list_free()
 * @error: where to put an error, or NULL
 *
 * As sbx_list_get(), of those that match. Errors: SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_list_get_filtered(const sbx_list_options *options, sbx_list **out,
                                     sbx_error **error);

/**
 * sbx_list_get_one:
 * @sandbox: a sandbox
 * @out: (out): a list of this sandbox alone; the caller frees it with sbx_list_free()
 * @error: where to put an error, or NULL
 *
 * What there is to know of one sandbox, at index 0. Blocks for one exchange with the keeper. Errors:
 * SBX_E_GONE (it has ended), SBX_E_KEEPER, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_list_get_one(sbx *sandbox, sbx_list **out, sbx_error **error);

/** sbx_list_free: frees the list; NULL is fine. Since: 0.1 */
SBX_PUBLIC void sbx_list_free(sbx_list *list);

/** sbx_list_length: the number of sandboxes in it. Since: 0.1 */
SBX_PUBLIC size_t sbx_list_length(const sbx_list *list);

/*
 * The following take an index below sbx_list_length(). Strings are owned by the list. An index out
 * of range gives NULL, 0 or -1.
 */

/** sbx_list_id: the sandbox's id. Since: 0.1 */
SBX_PUBLIC const char *sbx_list_id(const sbx_list *list, size_t index);

/** sbx_list_status: one of SBX_STATUS_. Since: 0.1 */
SBX_PUBLIC int sbx_list_status(const sbx_list *list, size_t index);

/** sbx_list_image: name and version of its image, "NAME@VERSION"; as it was asked for until its VM
 * has started. Since: 0.1 */
SBX_PUBLIC const char *sbx_list_image(const sbx_list *list, size_t index);

/** sbx_list_created: creation time, milliseconds since 1970 UTC. Since: 0.1 */
SBX_PUBLIC int64_t sbx_list_created(const sbx_list *list, size_t index);

/** sbx_list_deadline: when it will be destroyed, likewise; 0 for session lifetime. Since: 0.1 */
SBX_PUBLIC int64_t sbx_list_deadline(const sbx_list *list, size_t index);

/** sbx_list_memory: guest memory in bytes. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_list_memory(const sbx_list *list, size_t index);

/** sbx_list_vcpus: number of virtual CPUs. Since: 0.1 */
SBX_PUBLIC int sbx_list_vcpus(const sbx_list *list, size_t index);

/** sbx_list_disk_size: size of the sandbox's disk in bytes. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_list_disk_size(const sbx_list *list, size_t index);

/** sbx_list_uptime: milliseconds it has run, without those it was paused. Since: 0.1 */
SBX_PUBLIC int64_t sbx_list_uptime(const sbx_list *list, size_t index);

/** sbx_list_label_key: the key of its nth label, NULL past the end. Since: 0.1 */
SBX_PUBLIC const char *sbx_list_label_key(const sbx_list *list, size_t index, size_t nth);

/** sbx_list_label_value: the value of its nth label, NULL past the end. Since: 0.1 */
SBX_PUBLIC const char *sbx_list_label_value(const sbx_list *list, size_t index, size_t nth);

SBX_END_DECLS

#endif
