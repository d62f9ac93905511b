/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands that do the same to each of their operands, and say of each what became of it. */
#ifndef SBX_EACH_H
#define SBX_EACH_H

#include "auto.h"
#include "parse.h"

/* Negative, with the error set, when it cannot be done. */
typedef int (*each_func)(const char *id, sbx_error **error);

/* What was done is called @member in JSON and @word to a person. Returns the exit status. */
int each_operand(const struct invocation *inv, each_func func, const char *member,
                 const char *word);

#endif
