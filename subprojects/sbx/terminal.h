/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is printed for people: colors where they are wanted, and nothing that could play tricks. */
#ifndef SBX_TERMINAL_H
#define SBX_TERMINAL_H

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

/* Colors are used on terminals unless this was called, NO_COLOR is set, or TERM is "dumb". */
void terminal_disable_color(void);

/* Escape sequences for a stream; "" when it gets no colors. */
const char *terminal_bold(FILE *stream);
const char *terminal_red(FILE *stream);
const char *terminal_green(FILE *stream);
const char *terminal_yellow(FILE *stream);
const char *terminal_cyan(FILE *stream);
const char *terminal_reset(FILE *stream);

bool terminal_is(FILE *stream);
int terminal_width(FILE *stream); /* columns; 80 when unknown */

/*
 * The text with everything replaced that a terminal would act on or not show: control characters,
 * C1 controls, bidirectional overrides, bytes that are not UTF-8. New string.
 */
char *terminal_escape(const char *text);

/* How many columns the text takes. */
int terminal_columns(const char *text);

/* Prints text wrapped to 80 columns; the first line starts at `column`, the others at `indent`. */
void terminal_wrap(FILE *stream, const char *text, int column, int indent);

#endif
