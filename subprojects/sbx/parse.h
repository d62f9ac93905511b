/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From argv to a command, its options and its operands. */
#ifndef SBX_PARSE_H
#define SBX_PARSE_H

#include <glib.h>

#include "commands.h"

struct option_value {
    enum option_id id;
    const char *value; /* NULL for a flag, and for an optional one that was not given */
};

struct invocation {
    const struct command_spec *command; /* NULL: no command word was given */
    const struct group_spec *group;     /* set when only the group's word was given */
    struct option_value *values;        /* in the order given */
    size_t values_length;
    char **operands; /* what is left of argv, NULL at the end */
    int operands_length;
    char *usage_error; /* what is wrong with the command line, or NULL; then nothing should run */
    char *usage_hint;  /* what to do about it, or NULL */
};

/* Reads the command line. argv is reordered; the strings of inv point into it. */
void invocation_parse(struct invocation *inv, int argc, char **argv);
void invocation_clear(struct invocation *inv);

/* Whether an option was given, and the last value that was. */
bool invocation_has(const struct invocation *inv, enum option_id id);
const char *invocation_value(const struct invocation *inv, enum option_id id);

#endif
