/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Result: what a finished command left behind. Immutable; may be read from any thread. */
#ifndef SANDBOX_RESULT_H
#define SANDBOX_RESULT_H

#include <stddef.h>
#include <stdint.h>

#include <sandbox/macros.h>

SBX_BEGIN_DECLS

typedef struct sbx_result sbx_result;

/**
 * sbx_result_exit_code:
 * @result: a result, not NULL
 *
 * The exit code of the command, 0 to 255; 128+n when signal n ended it. Since: 0.1
 */
SBX_PUBLIC int sbx_result_exit_code(const sbx_result *result);

/**
 * sbx_result_signal:
 * @result: a result, not NULL
 *
 * The number of the signal that ended the command, or 0 when it exited by itself. Since: 0.1
 */
SBX_PUBLIC int sbx_result_signal(const sbx_result *result);

/**
 * sbx_result_oom:
 * @result: a result, not NULL
 *
 * 1 when the guest's kernel killed a process of the command for want of memory, else 0. Since: 0.1
 */
SBX_PUBLIC int sbx_result_oom(const sbx_result *result);

/**
 * sbx_result_output_cut:
 * @result: a result, not NULL
 *
 * 1 when the command reached its output limit and something of what it wrote was thrown away, else 0.
 * Since: 0.1
 */
SBX_PUBLIC int sbx_result_output_cut(const sbx_result *result);

/**
 * sbx_result_cause:
 * @result: a result, not NULL
 *
 * Why the command ended, one of SBX_CAUSE_. Since: 0.1
 */
SBX_PUBLIC int sbx_result_cause(const sbx_result *result);

/** sbx_result_cpu_time_us: as sbx_process_cpu_time_us(). Since: 0.1 */
SBX_PUBLIC uint64_t sbx_result_cpu_time_us(const sbx_result *result);

/** sbx_result_peak_memory: as sbx_process_peak_memory(). Since: 0.1 */
SBX_PUBLIC uint64_t sbx_result_peak_memory(const sbx_result *result);

/** sbx_result_wall_time_us: as sbx_process_wall_time_us(). Since: 0.1 */
SBX_PUBLIC uint64_t sbx_result_wall_time_us(const sbx_result *result);

/**
 * sbx_result_stdout:
 * @result: a result, not NULL
 * @length: (out): number of bytes, without the terminator; may be NULL
 *
 * What the command wrote to its standard output: any bytes, followed by one NUL that @length does not
 * count. Owned by @result. Since: 0.1
 */
SBX_PUBLIC const void *sbx_result_stdout(const sbx_result *result, size_t *length);

/**
 * sbx_result_stderr:
 * @result: a result, not NULL
 * @length: (out): number of bytes, without the terminator; may be NULL
 *
 * The same for standard error. Since: 0.1
 */
SBX_PUBLIC const void *sbx_result_stderr(const sbx_result *result, size_t *length);

/**
 * sbx_result_free:
 * @result: a result, or NULL
 *
 * Frees the result. Never blocks. Since: 0.1
 */
SBX_PUBLIC void sbx_result_free(sbx_result *result);

SBX_END_DECLS

#endif
