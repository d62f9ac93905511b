/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* List: the running sandboxes of this user. Immutable once made; may be read from any thread. */
#ifndef SANDBOX_LIST_H
#define SANDBOX_LIST_H

#include <stddef.h>
#include <stdint.h>

#include <sandbox/error.h>

SBX_BEGIN_DECLS

typedef struct sbx_list sbx_list;

#define SBX_STATUS_STARTING 0
#define SBX_STATUS_RUNNING 1
#define SBX_STATUS_STOPPED 2 /* ended; listed until its VM is gone */
#define SBX_STATUS_PAUSED 3  /* see sbx_pause() */

/**
 * sbx_list_get:
 * @out: (out): the list; the caller frees it with sbx_list_free()
 * @error: where to put an error, or NULL
 *
 * Lists the sandboxes of this user, oldest first. Does not start a keeper: without one the list is
 * empty. Blocks for one exchange with the keeper. Errors: SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_list_get(sbx_list **out, sbx_error **error);

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

/** sbx_list_label_key: the key of its nth label, NULL past the end. Since: 0.1 */
SBX_PUBLIC const char *sbx_list_label_key(const sbx_list *list, size_t index, size_t nth);

/** sbx_list_label_value: the value of its nth label, NULL past the end. Since: 0.1 */
SBX_PUBLIC const char *sbx_list_label_value(const sbx_list *list, size_t index, size_t nth);

SBX_END_DECLS

#endif
