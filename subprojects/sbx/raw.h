/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The user's terminal while a terminal in a sandbox is shown on it. */
#ifndef SBX_RAW_H
#define SBX_RAW_H

#include <stdbool.h>

/* Passes every key on as it is typed, when standard input is a terminal; also after a stop. */
void raw_enter(void);
/* As it was before. */
void raw_leave(void);

/* The size of the terminal on a standard stream; 24 by 80 without one. */
void raw_size(int *rows, int *columns);

#endif
