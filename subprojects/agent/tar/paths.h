/* paths.h: directories below a root, where no name of an archive leads out of it.
 *
 * Names are taken apart here before the kernel sees them, and the kernel (openat2) is told not to
 * leave the root, and to follow no link whatever, on the way. */
#ifndef SBX_TAR_PATHS_H
#define SBX_TAR_PATHS_H

#include "inodes.h"

struct tar_paths {
    int root_fd;
    struct tar_inodes *made; /* directories that were missing and are made: value TAR_MADE */
    char *cached;            /* the directory that was opened last */
    size_t cached_length;
    int cached_fd;
};

enum { TAR_MADE = 1 };

void tar_paths_clear(struct tar_paths *paths);

/* Writes the path without "." and superfluous slashes into out, which has as much room as path.
 * Absolute names and ".." are refused. */
bool tar_path_clean(const char *path, char *out, struct tar_failure *failure);

/* The directory of these first bytes of a clean path ("": the root), for the *at() calls. Missing
 * ones are made when create. The descriptor belongs to paths and is good until the next call; -1:
 * failed. */
int tar_paths_open(struct tar_paths *paths, const char *path, size_t length, bool create,
                   struct tar_failure *failure);
/* The same from another path than the last one's; the caller closes it. */
int tar_paths_open_own(struct tar_paths *paths, const char *path, size_t length,
                       struct tar_failure *failure);

/* The length of the directory part of a clean path, and its last name. */
size_t tar_path_split(const char *path, const char **name);

#endif
