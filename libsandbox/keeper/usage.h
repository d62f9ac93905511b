/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Usage: what a client's sandbox has used of CPU and time, and the sum of all of them.
 *
 * CPU time is the VMM's own, as the host counts it; it is read now and then while the VMM lives, and
 * what it used between the last reading and its own end is not known.
 */
#ifndef SBX_KEEPER_USAGE_H
#define SBX_KEEPER_USAGE_H

#include <glib.h>
#include <sys/types.h>

#include "keeper/client.h"

/* Of one sandbox; zero until it is ready. */
typedef struct {
    pid_t vmm;            /* 0: not known */
    guint64 vmm_started;  /* tells it from another process of that number */
    gint64 since_us;      /* when it began to run or to be paused; 0: it does neither */
    gboolean is_paused;
    gint64 running_us;    /* before that */
    gint64 paused_us;
    gint64 cpu_start_us;  /* of the VMM when the sandbox was ready */
    gint64 cpu_us;        /* since then; the latest reading */
    guint asked;          /* questions to the guest that it has not answered, see stats.c */
} SbxUsage;

/* It is ready. */
void sbx_usage_begin(SbxSandbox *sandbox);
void sbx_usage_set_paused(SbxSandbox *sandbox, gboolean paused);
/* Reads the CPU time. */
void sbx_usage_sample(SbxSandbox *sandbox);
/* It ends; may be called again. */
void sbx_usage_end(SbxSandbox *sandbox);

gint64 sbx_usage_running_us(const SbxSandbox *sandbox);
gint64 sbx_usage_paused_us(const SbxSandbox *sandbox);
/* GiB x milliseconds. */
gint64 sbx_usage_gib_ms(const SbxSandbox *sandbox, gint64 time_us);

/* Methods. They take the request. */
void sbx_usage_method_total(SbxKeeper *keeper, SbxRequest *request);
void sbx_stats_method_get(SbxKeeper *keeper, SbxRequest *request); /* stats.c */

#endif
