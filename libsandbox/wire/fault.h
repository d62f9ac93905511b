/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fault: the error that travels from the keeper to the client. Inside, it is a GError of the
 * SBX_FAULT domain whose code is a (negative) SBX_E_ number and which carries an errno, a hint and a
 * cause; on the wire it is the error member of a JSON-RPC answer.
 */
#ifndef SBX_WIRE_FAULT_H
#define SBX_WIRE_FAULT_H

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdarg.h>

#define SBX_FAULT (sbx_fault_quark())
GQuark sbx_fault_quark(void);

/* Makes a fault. @hint and @cause may be NULL. */
GError *sbx_fault_new(int code, int sys_errno, const char *hint, const char *cause,
                      const char *format, ...) G_GNUC_PRINTF(5, 6);
void sbx_fault_set(GError **error, int code, int sys_errno, const char *hint, const char *format,
                   ...) G_GNUC_PRINTF(5, 6);
/* A failed system call: the code follows from @sys_errno, whose text is appended to the message.
 * The hints are for a full filesystem and for missing rights. */
void sbx_fault_set_errno(GError **error, int sys_errno, const char *space_hint,
                         const char *rights_hint, const char *format, va_list args)
    G_GNUC_PRINTF(5, 0);
/* Adds a cause when the fault has none. */
void sbx_fault_add_cause(GError *fault, const char *cause);

/* The parts; NULL and 0 for a GError of another domain. */
int sbx_fault_code(const GError *error);
int sbx_fault_errno(const GError *error);
const char *sbx_fault_hint(const GError *error);
const char *sbx_fault_cause(const GError *error);

/* "SBX_E_NOT_FOUND" and back; 0 for an unknown name. */
const char *sbx_fault_code_name(int code);
int sbx_fault_code_from_name(const char *name);

JsonObject *sbx_fault_to_json(const GError *error);
GError *sbx_fault_from_json(JsonObject *object);

#endif
