/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits: how much this user's sandboxes may take together.
 *
 * What does not fit is refused with SBX_E_BUSY or waits for room, see sbx_options_set_wait().
 * Whoever waits is served in order of arrival. Spares of pools are not counted. Limits hold until
 * the keeper ends; LIBSANDBOX_MAX_SANDBOXES, LIBSANDBOX_MAX_MEMORY and LIBSANDBOX_MAX_VCPUS set
 * them for every keeper. They keep a host usable; they are no defence against the user who sets
 * them.
 */
#ifndef SANDBOX_LIMITS_H
#define SANDBOX_LIMITS_H

#include <stdint.h>

#include <sandbox/error.h>

SBX_BEGIN_DECLS

typedef struct sbx_limits sbx_limits;

#define SBX_LIMIT_SANDBOXES 0 /* number of sandboxes */
#define SBX_LIMIT_MEMORY 1    /* guest memory of all of them, bytes */
#define SBX_LIMIT_VCPUS 2     /* virtual CPUs of all of them */

/**
 * sbx_limits_get:
 * @out: (out): limits and what is in use; the caller frees it with sbx_limits_free()
 * @error: where to put an error, or NULL
 *
 * What is returned is immutable and may be read from any thread. Blocks for one exchange with the
 * keeper; starts one when there is none. Errors: SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_limits_get(sbx_limits **out, sbx_error **error);

/** sbx_limits_free: frees them; NULL is fine. Since: 0.1 */
SBX_PUBLIC void sbx_limits_free(sbx_limits *limits);

/** sbx_limits_value: the limit of one of SBX_LIMIT_, 0: none. 0 for another @limit. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_limits_value(const sbx_limits *limits, int limit);

/** sbx_limits_used: how much of @limit is taken, paused sandboxes included. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_limits_used(const sbx_limits *limits, int limit);

/** sbx_limits_waiting: how many calls wait for room. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_limits_waiting(const sbx_limits *limits);

/**
 * sbx_limits_set:
 * @limit: one of SBX_LIMIT_
 * @value: the new limit, at most UINT32_MAX (memory: INT64_MAX); 0: none
 * @error: where to put an error, or NULL
 *
 * Sandboxes that are there stay, also when they are over the new limit. Blocks for one exchange
 * with the keeper; starts one when there is none. Errors: SBX_E_INVALID, SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_limits_set(int limit, uint64_t value, sbx_error **error);

SBX_END_DECLS

#endif
