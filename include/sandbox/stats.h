/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stats: what a sandbox takes now, and what was used so far.
 *
 * What is measured on the host cannot be forged by the guest; figures of the guest are its own claim.
 * SBX_STAT_CPU counts from the moment the sandbox was ready, and is that of its whole VM, emulation
 * and all; the guest's kernel counts from its own start, also where that was somebody else's: of a
 * fork, a snapshot or a spare.
 */
#ifndef SANDBOX_STATS_H
#define SANDBOX_STATS_H

#include <stdint.h>

#include <sandbox/error.h>
#include <sandbox/handle.h>

SBX_BEGIN_DECLS

typedef struct sbx_stats sbx_stats;

/* On the host. */
#define SBX_STAT_CPU 0              /* CPU time of the VM, microseconds */
#define SBX_STAT_UPTIME 1           /* milliseconds it ran, without those it was paused */
#define SBX_STAT_PAUSED 2           /* milliseconds it was paused */
#define SBX_STAT_MEMORY_TIME 3      /* size of its memory x time it ran, in GiB x milliseconds */
#define SBX_STAT_MEMORY_PAUSED 4    /* the same of the time it was paused */
#define SBX_STAT_MEMORY_SIZE 5      /* bytes of memory the guest has */
#define SBX_STAT_HOST_MEMORY 6      /* bytes of host memory in its VM, shared ones included */
#define SBX_STAT_HOST_PRIVATE 7     /* bytes of that which nobody shares */
#define SBX_STAT_DISK_SIZE 8        /* bytes its own disk may have */
#define SBX_STAT_HOST_DISK 9        /* bytes that its own disk takes on the host */
#define SBX_STAT_NETWORK_RECEIVED 10 /* bytes; 0: guests have no network yet */
#define SBX_STAT_NETWORK_SENT 11
#define SBX_STAT_COMMANDS 12        /* commands of sbx_run(), sbx_spawn() that run now */
#define SBX_STAT_SANDBOXES 13       /* 1; of all: how many there were */
/* In the guest. */
#define SBX_STAT_GUEST_CPU 14         /* CPU time that its kernel counts, microseconds */
#define SBX_STAT_GUEST_MEMORY 15      /* bytes in use, without what could be dropped */
#define SBX_STAT_GUEST_MEMORY_PEAK 16 /* the most that all commands together ever had */
#define SBX_STAT_GUEST_DISK_USED 17   /* bytes, of its root file system */
#define SBX_STAT_GUEST_DISK_SIZE 18
#define SBX_STAT_GUEST_PROCESSES 19    /* processes and threads, the kernel's own too */

/**
 * sbx_stats_get:
 * @sandbox: a sandbox, may be paused
 * @out: (out): its figures; the caller frees them with sbx_stats_free()
 * @error: where to put an error, or NULL
 *
 * Blocks for one exchange with the keeper; a guest that does not answer within a second (or is
 * paused) makes its figures unknown, nothing else.
 *
 * Errors: SBX_E_GONE, SBX_E_KEEPER, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_stats_get(sbx *sandbox, sbx_stats **out, sbx_error **error);

/**
 * sbx_stats_get_total:
 * @out: (out): sums; the caller frees them with sbx_stats_free()
 * @error: where to put an error, or NULL
 *
 * What all sandboxes of this user have used since the keeper started, those that have ended
 * included: SBX_STAT_CPU, _UPTIME, _PAUSED, _MEMORY_TIME, _MEMORY_PAUSED, _NETWORK_RECEIVED,
 * _NETWORK_SENT, _SANDBOXES. The other figures are unknown. Without a keeper all are 0. Blocks for one
 * exchange with the keeper. Any thread.
 *
 * Errors: SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_stats_get_total(sbx_stats **out, sbx_error **error);

/** sbx_stats_free: frees them; NULL is fine. Since: 0.1 */
SBX_PUBLIC void sbx_stats_free(sbx_stats *stats);

/**
 * sbx_stats_value:
 * @stats: figures, not NULL
 * @figure: which one, SBX_STAT_...
 *
 * Returns the figure, in the unit that its name says, or -1 when it is unknown. Never blocks; any
 * thread. Since: 0.1
 */
SBX_PUBLIC int64_t sbx_stats_value(const sbx_stats *stats, int figure);

/** sbx_stats_name: the name of one of SBX_STAT_, for example "guest_memory_peak"; NULL for another
 * @figure, so that a loop from 0 on finds all that this version knows. Static string. Since: 0.1 */
SBX_PUBLIC const char *sbx_stats_name(int figure);

SBX_END_DECLS

#endif
