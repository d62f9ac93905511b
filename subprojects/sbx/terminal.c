/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See terminal.h. */
#include "terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WRAP_COLUMNS 80

static bool color_disabled;

void terminal_disable_color(void)
{
    color_disabled = true;
}

bool terminal_is(FILE *stream)
{
    return isatty(fileno(stream)) == 1;
}

static const char *color(FILE *stream, const char *sequence)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    if (color_disabled || (no_color && *no_color) || !term || strcmp(term, "dumb") == 0 ||
        !terminal_is(stream))
        return "";
    return sequence;
}

const char *terminal_bold(FILE *stream)
{
    return color(stream, "\033[1m");
}

const char *terminal_red(FILE *stream)
{
    return color(stream, "\033[1;31m");
}

const char *terminal_green(FILE *stream)
{
    return color(stream, "\033[32m");
}

const char *terminal_yellow(FILE *stream)
{
    return color(stream, "\033[33m");
}

const char *terminal_cyan(FILE *stream)
{
    return color(stream, "\033[36m");
}

const char *terminal_reset(FILE *stream)
{
    return color(stream, "\033[0m");
}

int terminal_width(FILE *stream)
{
    struct winsize size;

    if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return WRAP_COLUMNS;
}

static bool is_harmless(gunichar c)
{
    switch (g_unichar_type(c)) {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_SURROGATE:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
        return false;
    default:
        return true;
    }
}

char *terminal_escape(const char *text)
{
    GString *out = g_string_new(NULL);

    while (*text) {
        gunichar c = g_utf8_get_char_validated(text, -1);

        if (c == (gunichar)-1 || c == (gunichar)-2) {
            g_string_append_printf(out, "\\x%02x", (unsigned char)*text++);
            continue;
        }
        if (c == '\n')
            g_string_append(out, "\\n");
        else if (c == '\t')
            g_string_append(out, "\\t");
        else if (is_harmless(c))
            g_string_append_unichar(out, c);
        else
            g_string_append_printf(out, c < 0x100 ? "\\x%02x" : "\\u{%x}", c);
        text = g_utf8_next_char(text);
    }
    return g_string_free(out, FALSE);
}

int terminal_columns(const char *text)
{
    int columns = 0;

    for (; *text; text = g_utf8_next_char(text)) {
        gunichar c = g_utf8_get_char(text);

        if (!g_unichar_iszerowidth(c))
            columns += g_unichar_iswide(c) ? 2 : 1;
    }
    return columns;
}

void terminal_wrap(FILE *stream, const char *text, int column, int indent)
{
    bool line_start = true;

    while (*text) {
        int length = (int)strcspn(text, " \n");

        if (!line_start && column + 1 + length > WRAP_COLUMNS) {
            fprintf(stream, "\n%*s", indent, "");
            column = indent;
            line_start = true;
        }
        fprintf(stream, "%s%.*s", line_start ? "" : " ", length, text);
        column += length + (line_start ? 0 : 1);
        line_start = false;
        text += length;
        while (*text == '\n') {
            fprintf(stream, "\n%*s", text[1] == '\n' ? 0 : indent, "");
            column = indent;
            line_start = true;
            text++;
        }
        text += strspn(text, " ");
    }
    fputc('\n', stream);
}
