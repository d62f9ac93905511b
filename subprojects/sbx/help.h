/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Help texts, made from the table in commands.c. */
#ifndef SBX_HELP_H
#define SBX_HELP_H

#include <stdio.h>

#include "commands.h"

void help_print(FILE *stream);
void help_print_group(FILE *stream, const struct group_spec *group);
void help_print_command(FILE *stream, const struct command_spec *command);

#endif
