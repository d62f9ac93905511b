/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operands that name processes and signals. */
#ifndef SBX_PROCESS_ARGS_H
#define SBX_PROCESS_ARGS_H

#include "auto.h"
#include "parse.h"

/* Both return false after reporting what is wrong; the exit status is then EXIT_USAGE. */
bool process_args_id(const struct invocation *inv, const char *text, int64_t *id);
/* A name, with or without SIG, or a number. */
bool process_args_signal(const struct invocation *inv, const char *text, int *number);

#endif
