/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Completion scripts, one generator per shell, made from the table in commands.c. */
#ifndef SBX_COMPLETION_H
#define SBX_COMPLETION_H

#include <stdio.h>

void completion_bash(FILE *stream);
void completion_zsh(FILE *stream);
void completion_fish(FILE *stream);

#endif
