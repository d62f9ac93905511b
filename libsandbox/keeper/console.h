/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Console: drains a guest's serial port and keeps the end of it, for error messages and for whoever
 * asks. A guest may write as much as it likes; it costs a bounded buffer.
 */
#ifndef SBX_KEEPER_CONSOLE_H
#define SBX_KEEPER_CONSOLE_H

#include <glib.h>

typedef struct SbxConsole SbxConsole;

/* Takes the connected stream. */
SbxConsole *sbx_console_new(int fd);
void sbx_console_free(SbxConsole *console);
/* The last lines as printable UTF-8, or NULL when nothing was written. NULL is fine. */
char *sbx_console_tail(SbxConsole *console);
/* All that is kept, as it was written. NULL is fine. */
GBytes *sbx_console_bytes(SbxConsole *console);
/* Takes in what has arrived but was not dispatched yet. */
void sbx_console_drain(SbxConsole *console);

#endif
