/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Nearest word by Levenshtein distance. A candidate is near when at most a third of its letters
 * (and at least one) would have to change, or when the word is the beginning of it.
 */
#include "suggest.h"

#include <glib.h>
#include <string.h>

#define WORD_MAX 64

static size_t distance(const char *a, const char *b)
{
    size_t row[WORD_MAX + 1];
    size_t a_length = strlen(a);
    size_t b_length = strlen(b);

    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t above = row[j];
            size_t change = diagonal + (a[i - 1] != b[j - 1]);

            row[j] = MIN(MIN(above, row[j - 1]) + 1, change);
            diagonal = above;
        }
    }
    return row[b_length];
}

const char *suggest_nearest(const char *word, const char *const *candidates)
{
    const char *nearest = NULL;
    size_t least = WORD_MAX;
    size_t length = strlen(word);

    if (length < 2 || length > WORD_MAX)
        return NULL;
    for (; *candidates; candidates++) {
        size_t found;

        if (strlen(*candidates) > WORD_MAX)
            continue;
        found = g_str_has_prefix(*candidates, word) ? 1 : distance(word, *candidates);
        if (found < least && found <= MAX((size_t)1, (strlen(*candidates) + 2) / 3)) {
            least = found;
            nearest = *candidates;
        }
    }
    return nearest;
}
