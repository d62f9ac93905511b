/* message.h: failures and warnings in words, and names that may be printed. */
#ifndef SBX_TAR_MESSAGE_H
#define SBX_TAR_MESSAGE_H

#include "tar.h"

/* Both return false. */
bool tar_fail(struct tar_failure *failure, enum tar_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds what errno says, which also decides the kind. */
bool tar_fail_errno(struct tar_failure *failure, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void tar_warn(const struct tar_report *report, struct tar_counts *counts, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Returns false, and says so, when that cancels. */
bool tar_progress(const struct tar_report *report, const struct tar_counts *counts,
                  const char *path, struct tar_failure *failure);

/* The name in quotes, control characters and what is no UTF-8 escaped, the middle of a long one
 * left out. In one of two static buffers, which take turns. */
const char *tar_quote(const char *name);

/* "too-big" and so on; TAR_SYSTEM for an unknown word. */
const char *tar_kind_name(enum tar_kind kind);

/* Whether a pattern excludes the path: one without a slash is compared with the last name. */
bool tar_excluded(const struct tar_options *options, const char *path);

#endif
