/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Errors, told on standard error. To a person:
 *
 *     sbx: what went wrong
 *       hint: what to do about it
 *       cause: what the layer below said
 *
 * and with --json as one line:
 *
 *     {"error":{"code":"SBX_E_...","message":...,"hint":...,"cause":...,"operation":...}}
 */
#ifndef SBX_REPORT_H
#define SBX_REPORT_H

#include <json-glib/json-glib.h>

#include "auto.h"
#include "parse.h"

/* Exit statuses of sbx itself. Those from 124 on are for run and exec. */
#define EXIT_USAGE 2
#define EXIT_TIMED_OUT 124    /* as timeout(1) has it */
#define EXIT_SANDBOX 125      /* sbx or the sandbox failed, as docker has it */
#define EXIT_CANNOT_START 126 /* the command is there and cannot be started */
#define EXIT_NO_COMMAND 127   /* the command was not found */
#define EXIT_INTERRUPTED 130

/* An error of the library. */
void report_error(const struct invocation *inv, const sbx_error *error);

/* The same; the hint is used when the error has none. */
void report_error_hint(const struct invocation *inv, const sbx_error *error, const char *hint);

/* An error of our own; code is an SBX_E_ code, hint may be NULL. */
void report_failure(const struct invocation *inv, int code, const char *message, const char *hint);

/* A remark on standard error for a person; nothing with --quiet or --json. */
void report_note(const struct invocation *inv, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Adds a member "error" to the object that is being built. */
void report_add_json(JsonBuilder *builder, const sbx_error *error);

#endif
