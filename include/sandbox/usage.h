/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Usage: what a running process, and everything it has started, takes of its sandbox. Immutable; may
 * be read from any thread. The figures are the guest's own claims. What a process took until its end is
 * told by sbx_process_cpu_time_us() and its like.
 */
#ifndef SANDBOX_USAGE_H
#define SANDBOX_USAGE_H

#include <stdint.h>

#include <sandbox/process.h>

SBX_BEGIN_DECLS

typedef struct sbx_usage sbx_usage;

/**
 * sbx_process_get_usage:
 * @process: a running process
 * @out: (out): its usage at this moment; the caller frees it with sbx_usage_free()
 * @error: where to put an error, or NULL
 *
 * Blocks for one round trip. Errors: SBX_E_INVALID, SBX_E_NOT_FOUND (it has ended), SBX_E_GONE,
 * SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_process_get_usage(sbx_process *process, sbx_usage **out, sbx_error **error);

/** sbx_usage_free: frees it; NULL is fine. Since: 0.1 */
SBX_PUBLIC void sbx_usage_free(sbx_usage *usage);

/** sbx_usage_cpu_user_us: microseconds of CPU time in programs. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_usage_cpu_user_us(const sbx_usage *usage);

/** sbx_usage_cpu_system_us: microseconds of CPU time in the guest's kernel for it. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_usage_cpu_system_us(const sbx_usage *usage);

/** sbx_usage_memory: bytes of memory, file cache included. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_usage_memory(const sbx_usage *usage);

/** sbx_usage_peak_memory: the most bytes it ever was. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_usage_peak_memory(const sbx_usage *usage);

/** sbx_usage_tasks: number of processes and threads. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_usage_tasks(const sbx_usage *usage);

/** sbx_usage_read_bytes: bytes read from disks so far; 0 when the guest does not count. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_usage_read_bytes(const sbx_usage *usage);

/** sbx_usage_written_bytes: bytes written to disks so far, likewise. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_usage_written_bytes(const sbx_usage *usage);

SBX_END_DECLS

#endif
