/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table of text with aligned columns, as `sbx list` prints it. */
#ifndef SBX_TABLE_H
#define SBX_TABLE_H

#include <glib.h>
#include <stdio.h>

typedef struct table table;

table *table_new(const char *const *headings); /* ends with NULL */
void table_free(table *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(table, table_free)

/* Adds the next cell, row by row. The text may come from outside: it is escaped. */
void table_add(table *self, const char *text);

void table_print(table *self, FILE *stream);

#endif
