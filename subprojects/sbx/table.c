/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See table.h. */
#include "table.h"

#include "terminal.h"

struct table {
    GPtrArray *cells; /* escaped text, row by row, headings first */
    guint columns;
};

table *table_new(const char *const *headings)
{
    table *self = g_new0(table, 1);

    self->cells = g_ptr_array_new_with_free_func(g_free);
    for (; *headings; headings++, self->columns++)
        g_ptr_array_add(self->cells, g_strdup(*headings));
    return self;
}

void table_free(table *self)
{
    g_ptr_array_unref(self->cells);
    g_free(self);
}

void table_add(table *self, const char *text)
{
    g_ptr_array_add(self->cells, terminal_escape(text ? text : "?"));
}

static int column_width(const table *self, guint column)
{
    int width = 0;

    for (guint i = column; i < self->cells->len; i += self->columns)
        width = MAX(width, terminal_columns(self->cells->pdata[i]));
    return width;
}

void table_print(table *self, FILE *stream)
{
    g_autofree int *widths = g_new0(int, self->columns);

    for (guint column = 0; column < self->columns; column++)
        widths[column] = column_width(self, column);
    for (guint i = 0; i < self->cells->len; i++) {
        const char *text = self->cells->pdata[i];
        guint column = i % self->columns;

        if (i == 0)
            fputs(terminal_bold(stream), stream);
        fputs(text, stream);
        if (column + 1 < self->columns) {
            fprintf(stream, "%*s", widths[column] - terminal_columns(text) + 2, "");
            continue;
        }
        if (i < self->columns)
            fputs(terminal_reset(stream), stream);
        putc('\n', stream);
    }
}
