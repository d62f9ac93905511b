/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Quote: see include/sandbox/quote.h. Inside single quotes a shell changes nothing, and only a single
 * quote cannot stand there: it becomes '\'' (end, a quote, begin). */
#include <stdlib.h>
#include <string.h>

#include "client/private.h"

/* Where a command is expected these are something else; there they have to be quoted, too. */
static int is_reserved(const char *text)
{
    static const char *const words[] = {"case", "coproc", "do",   "done",     "elif",   "else",
                                        "esac", "fi",     "for",  "function", "if",     "in",
                                        "then", "select", "time", "until",    "while"};

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (strcmp(text, words[i]) == 0)
            return 1;
    return 0;
}

static int is_harmless(const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./:,+@%";

    return *text != '\0' && text[strspn(text, plain)] == '\0' && !is_reserved(text);
}

static size_t quoted_length(const char *text)
{
    size_t length = strlen(text);

    if (is_harmless(text))
        return length;
    for (const char *at = strchr(text, '\''); at != NULL; at = strchr(at + 1, '\''))
        length += 3;
    return length + 2;
}

/* Returns where it ended. */
static char *put_quoted(char *to, const char *text)
{
    if (is_harmless(text))
        return stpcpy(to, text);
    *to++ = '\'';
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            to = stpcpy(to, "'\\'");
        *to++ = *text;
    }
    *to++ = '\'';
    return to;
}

char *sbx_quote_words(const char *const *words, size_t count)
{
    size_t length = 1;
    char *text;
    char *to;

    for (size_t i = 0; i < count; i++)
        length += quoted_length(words[i]) + 1;
    text = to = malloc(length);
    if (text == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            *to++ = ' ';
        to = put_quoted(to, words[i]);
    }
    *to = '\0';
    return text;
}

char *sbx_quote(const char *text)
{
    return sbx_quote_words(&text, 1);
}
