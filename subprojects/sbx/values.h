/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values of options and operands that are not about one sandbox: see sandbox-args.h for those. */
#ifndef SBX_VALUES_H
#define SBX_VALUES_H

#include <stdint.h>

#include "parse.h"

/*
 * What an option says, as a count or a size; `word` stands for `word_value`. The output is untouched
 * when the option was not given. Returns false after reporting what is wrong with the value; the
 * exit status is then EXIT_USAGE.
 */
bool value_count(const struct invocation *inv, enum option_id id, const char *word,
                 int64_t word_value, int64_t *out);
bool value_size(const struct invocation *inv, enum option_id id, const char *word,
                int64_t word_value, int64_t *out);

#endif
