/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Admission: how many sandboxes there may be at once.
 *
 * Limits on their number, memory and vCPUs. What does not fit waits in order of arrival (nobody
 * overtakes, also not by being smaller) or is refused with SBX_E_BUSY, by the caller's choice.
 * Spares, templates and loaders are not counted: they serve sandboxes to come and have a budget of
 * their own, see pool.h. Main loop only.
 */
#ifndef SBX_KEEPER_ADMISSION_H
#define SBX_KEEPER_ADMISSION_H

#include <glib.h>
#include <json-glib/json-glib.h>

/* 0: no limit. */
typedef struct {
    guint sandboxes;
    guint64 memory; /* bytes, of guests */
    guint vcpus;
} SbxLimits;

typedef struct SbxAdmission SbxAdmission; /* the keeper's: limits, what is in use, the queue */
typedef struct SbxTicket SbxTicket;       /* one caller's share, or its place in the queue */

/* Reads LIBSANDBOX_MAX_SANDBOXES, LIBSANDBOX_MAX_MEMORY ("16GiB"), LIBSANDBOX_MAX_VCPUS. One that
 * is malformed is no limit, and the log says so. */
SbxAdmission *sbx_admission_new(void);
/* No ticket may be left. */
void sbx_admission_free(SbxAdmission *admission);

/* @fault NULL: admitted. Else (taken by the callee) SBX_E_BUSY: the wait was over, or a limit was
 * lowered so far that it can never fit; the ticket is gone then. Runs from the main loop, never
 * inside a function of this header, and not for a ticket that was released before. */
typedef void (*SbxAdmitted)(GError *fault, gpointer data);

/*
 * Asks for room for @count sandboxes of that size each, all or none. What can never fit (a limit is
 * smaller) is SBX_E_BUSY at once. wait_ms: 0: SBX_E_BUSY when it does not fit now, or others wait;
 * -1: waits for ever; at most SBX_TIMEOUT_MAX_MS. Returns NULL with a fault set, or a ticket; *now
 * tells whether it is admitted already (then @admitted is not called).
 */
SbxTicket *sbx_admission_ask(SbxAdmission *admission, guint count, guint64 memory, guint vcpus,
                             gint64 wait_ms, SbxAdmitted admitted, gpointer data, gboolean *now,
                             GError **error);
/* Gives one sandbox's share back (of a ticket with a @count of n: n times); before @admitted was
 * called it leaves the queue, all at once. The last one frees the ticket. Others may be admitted,
 * from the main loop. */
void sbx_ticket_release(SbxTicket *ticket);

/* Raised limits admit those that wait and fit now. Lowered ones take nothing from anybody who is
 * admitted, but who waits and can never fit any more is told so: it would hold up all behind it. */
void sbx_admission_set(SbxAdmission *admission, const SbxLimits *limits);
/* The limits as they are, for one who changes some of them. */
void sbx_admission_get(SbxAdmission *admission, SbxLimits *limits);
/* {"limits": {...}, "used": {...}, "waiting": n} with members sandboxes, memory, vcpus; n counts
 * callers. */
JsonObject *sbx_admission_describe(SbxAdmission *admission);

#endif
