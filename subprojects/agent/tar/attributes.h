/* attributes.h: owner, mode, times and extended attributes of what was extracted. */
#ifndef SBX_TAR_ATTRIBUTES_H
#define SBX_TAR_ATTRIBUTES_H

#include "tar.h"

/* On an open file or directory. */
bool tar_attributes_set(const struct tar_options *options, const struct tar_entry *entry, int fd,
                        const struct tar_report *report, struct tar_counts *counts,
                        struct tar_failure *failure);
/* On a symbolic link: it has neither a mode nor attributes of the user's. */
bool tar_attributes_set_link(const struct tar_options *options, const struct tar_entry *entry,
                             int directory, const char *name, struct tar_failure *failure);
/* The permissions that may be given. */
unsigned tar_attributes_mode(const struct tar_options *options, const struct tar_entry *entry);
/* Whether an extended attribute is read or set. */
bool tar_attributes_wanted(const struct tar_options *options, const char *name);

#endif
