/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SOURCE and TARGET of `sbx copy`: a path of this machine, ID:PATH, or "-". */
#ifndef SBX_COPY_OPERAND_H
#define SBX_COPY_OPERAND_H

#include <glib.h>
#include <stdbool.h>

typedef struct copy_operand {
    char *id;     /* of a sandbox; NULL: this machine */
    char *path;   /* "." when nothing is behind the colon */
    bool archive; /* "-" */
} copy_operand_t;

void copy_operand_parse(struct copy_operand *operand, const char *text);
void copy_operand_clear(struct copy_operand *operand);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(copy_operand_t, copy_operand_clear)

/* Whether there are wildcards in it. */
bool copy_operand_is_pattern(const struct copy_operand *operand);
/* The directory and the name in it that the path means to tar; *name is NULL for all that is in the
 * directory. Both are freed with g_free(). */
void copy_operand_split(const struct copy_operand *operand, char **directory, char **name);

#endif
