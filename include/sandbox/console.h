/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Console: what a guest's kernel, and whoever else, wrote to its serial port. */
#ifndef SANDBOX_CONSOLE_H
#define SANDBOX_CONSOLE_H

#include <stddef.h>

#include <sandbox/error.h>

SBX_BEGIN_DECLS

#define SBX_CONSOLE_MAX 65536 /* bytes that the keeper remembers, the latest */

/**
 * sbx_console_read:
 * @id: a sandbox's id, see sbx_id(); one of the last few that died by themselves will do, too
 * @data: (out): a copy of the last SBX_CONSOLE_MAX bytes at most, with a NUL behind; the caller
 *   frees it with sbx_free(). The guest wrote them: any bytes, also what terminals act on
 * @length: (out): how many, without the NUL; may be NULL
 * @error: where to put an error, or NULL
 *
 * Blocks for one exchange with the keeper. Any thread.
 *
 * Errors: SBX_E_INVALID, SBX_E_NOT_FOUND (no such sandbox), SBX_E_GONE (it has ended, and its console
 * is not remembered), SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_console_read(const char *id, char **data, size_t *length, sbx_error **error);

SBX_END_DECLS

#endif
