/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Quote: what a program did not write, as words of a shell script. */
#ifndef SANDBOX_QUOTE_H
#define SANDBOX_QUOTE_H

#include <stddef.h>

#include <sandbox/macros.h>

SBX_BEGIN_DECLS

/**
 * sbx_quote:
 * @text: any bytes but NUL, not NULL
 *
 * One word of a shell script that stands for exactly these bytes, whatever they are: spaces, quotes,
 * backslashes, newlines, dollar signs, a leading dash or tilde, bytes that are not UTF-8, nothing at
 * all. Text that needs no quoting comes back as it is. For bash and every POSIX shell; where a
 * command takes options, put `--` in front of a word that may begin with a dash.
 *
 * Returns the word, freed with sbx_free(), or NULL when memory is short. Never blocks; any thread.
 * Since: 0.1
 */
SBX_PUBLIC char *sbx_quote(const char *text);

/**
 * sbx_quote_words:
 * @words: texts as for sbx_quote(), NULL when @count is 0
 * @count: how many
 *
 * The words of a list, each quoted, with single spaces between them: what an array becomes in a
 * script. No words are an empty text.
 *
 * Returns the text, freed with sbx_free(), or NULL when memory is short. Never blocks; any thread.
 * Since: 0.1
 */
SBX_PUBLIC char *sbx_quote_words(const char *const *words, size_t count);

SBX_END_DECLS

#endif
