/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A QMP monitor of our own, besides libvirt's: one JSON object a line on a stream socket.
 *
 * libvirt serialises what it asks a QEMU, and a new one it asks some 400 things before anybody else
 * gets a word in (0.3 s). What must be quick (letting a clone run, pausing, saving) goes this way.
 *
 * Commands are sent at once and answered in order; up to 256 may be under way. Everything happens
 * on the thread-default GMainContext of sbx_qmp_new(), in one thread, without blocking; no callback
 * runs inside a call of this header, and each `done` that was handed in runs exactly once, also
 * when the monitor is lost first (then with SBX_QMP_ERROR_CLOSED or SBX_QMP_ERROR_PROTOCOL).
 *
 * QEMU may have been taken over by its guest: lines are at most SBX_QMP_LINE_MAX bytes; an answer
 * that nobody asked for, a longer line, malformed JSON or JSON that takes too long to parse ends
 * the monitor and nothing else.
 */
#ifndef SBX_VIRT_QMP_H
#define SBX_VIRT_QMP_H

#include <glib.h>
#include <json-glib/json-glib.h>

#define SBX_QMP_LINE_MAX (1u << 20)

#define SBX_QMP_ERROR sbx_qmp_error_quark()
GQuark sbx_qmp_error_quark(void);

typedef enum {
    SBX_QMP_ERROR_COMMAND,  /* QEMU refused; the message has its description. Or: not sent */
    SBX_QMP_ERROR_PROTOCOL, /* QEMU sent nonsense; the monitor is lost */
    SBX_QMP_ERROR_CLOSED,   /* closed by either side */
} SbxQmpError;

typedef struct SbxQmp SbxQmp;

/* @result: the "return" object, or NULL when that was no object; borrowed. NULL with an error.
 * @qmp is only good for comparisons when sbx_qmp_free() was called before. */
typedef void (*SbxQmpDone)(SbxQmp *qmp, JsonObject *result, const GError *error, gpointer data);
/* @event: "MIGRATION", "STOP", ...; @values: its "data", maybe NULL. Both borrowed. */
typedef void (*SbxQmpEvent)(SbxQmp *qmp, const char *event, JsonObject *values, gpointer data);

/* Takes @fd, a connected stream socket whose other end is a QMP monitor that has said nothing yet,
 * and negotiates capabilities. @event may be NULL. */
SbxQmp *sbx_qmp_new(int fd, SbxQmpEvent event, gpointer data);
/* Closes it; any callback may do so. Each `done` still to come follows from the main loop, @event
 * is not called any more. NULL is fine. */
void sbx_qmp_free(SbxQmp *qmp);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SbxQmp, sbx_qmp_free)

/* @done runs, with the reason, when the monitor is lost or freed, after what was under way. For who
 * waits for an event: none comes when QEMU dies. */
void sbx_qmp_when_lost(SbxQmp *qmp, SbxQmpDone done, gpointer data);

/* Sends a command. @arguments (taken) may be NULL; @fd (not taken) travels with it when it is not
 * negative, for "getfd". @done may be NULL. */
void sbx_qmp_execute(SbxQmp *qmp, const char *name, JsonObject *arguments, int fd, SbxQmpDone done,
                     gpointer data);

/* --- saving and restoring; see doc/templates.md --- */

/* "getfd" under a new name, then "migrate" or "migrate-incoming" with that. @fd is not taken. @done
 * gets the first error of the two. No error only says that it has begun: how it ended comes as
 * events, see sbx_qmp_migrate_capabilities(). */
void sbx_qmp_migrate(SbxQmp *qmp, int fd, gboolean incoming, SbxQmpDone done, gpointer data);
/* "migrate-set-capabilities": "events" always, which has QEMU send MIGRATION with a "status" of
 * "completed" or "failed" at the end; "x-ignore-shared" as given. */
void sbx_qmp_migrate_capabilities(SbxQmp *qmp, gboolean ignore_shared, SbxQmpDone done,
                                  gpointer data);

#endif
