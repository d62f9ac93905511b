/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by pool.c (the spares) and pool-methods.c (what clients ask of them). */
#ifndef SBX_KEEPER_POOL_PRIVATE_H
#define SBX_KEEPER_POOL_PRIVATE_H

#include <sandbox/options.h>

#include "keeper/pool.h"

struct SbxPools {
    SbxKeeper *keeper;
    GHashTable *pools; /* kind -> SbxPool */
    int size;          /* -1: by demand */
    guint64 budget;    /* bytes */
    gboolean stopped;
    GQueue drains;     /* who waits for spares to be gone, see pool-methods.c */
};

typedef struct {
    SbxPools *pools;
    char *kind;
    SbxSandboxConfig config; /* the machine */
    GQueue ready;            /* SbxSandbox in state SPARE, oldest first */
    GPtrArray *coming;       /* SbxSandbox that will be, oldest first */
    GQueue claims;           /* gint64: when, the latest few */
    gint64 last_claim_us;
    gboolean is_idle;  /* nobody wanted one for long */
    gboolean is_drained; /* nobody has wanted one since */
    guint wanted;      /* by clients' options */
    guint filled;      /* made on request, and not claimed yet */
    guint64 cost;      /* bytes of a spare */
    guint failures;    /* since somebody wanted one; at some point there is no use in trying */
    GError *last_fault;
    gboolean is_building;
    gboolean has_template;
    gint64 template_checked_us; /* the latest attempt; 0: none */
    gint templates_lost;        /* the keeper's count, as far as this pool has seen to it */
    gint64 template_lost_us;    /* when that was followed by a build at once; 0: never */
    char *images_stamp; /* what the image's name stood for */
    GPtrArray *fills;   /* those that wait, see pool-methods.c */
    guint timer;
    guint refill_source;
} SbxPool;

extern const SbxPurpose sbx_purpose_spare;

SbxPool *sbx_pool_for(SbxKeeper *keeper, const SbxSandboxConfig *config);
guint sbx_pool_target(SbxPool *pool);
guint64 sbx_pools_used(SbxPools *pools);
void sbx_pool_refill_soon(SbxPool *pool);
void sbx_pool_empty(SbxPool *pool, const char *why);
/* pool-methods.c: answers those whose wish is fulfilled, or cannot be. */
void sbx_pool_check_fills(SbxPool *pool);
/* ... tells all of them that nothing comes of it. */
void sbx_pool_cancel_fills(SbxPool *pool, const char *why);
void sbx_pools_check_drains(SbxKeeper *keeper);

#endif
