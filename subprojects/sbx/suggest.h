/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "Did you mean ...?" for a misspelt command or option. */
#ifndef SBX_SUGGEST_H
#define SBX_SUGGEST_H

/* The candidate nearest to word, or NULL when none is near. candidates ends with NULL. */
const char *suggest_nearest(const char *word, const char *const *candidates);

#endif
