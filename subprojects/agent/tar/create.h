/* create.h: what the parts of the creator share. */
#ifndef SBX_TAR_CREATE_H
#define SBX_TAR_CREATE_H

#include <sys/stat.h>

#include "inodes.h"
#include "writer.h"

struct tar_creation {
    const struct tar_options *options;
    const struct tar_report *report;
    struct tar_counts *counts;
    struct tar_failure *failure;
    struct tar_writer writer;
    bool counting; /* only adds up sizes, writes nothing */
    unsigned depth;
    char *path; /* of the entry, in the archive */
    size_t path_length;
    char *link;               /* the target of a link */
    struct tar_inodes linked; /* files with more names: where the first one is in the names */
    char *names;
    size_t names_length, names_allocated;
    bool names_full; /* and that was said */
    struct tar_extent *extents;
    size_t extent_count, extents_allocated;
    char *xattr_names;
    char *xattr_values;
    struct tar_xattr *xattrs;
    size_t xattr_count;
};

/* sources.c */

/* Adds every source, by tar_add() and tar_add_contents(). */
bool tar_add_sources(struct tar_creation *creation);

/* create.c */

/* Adds a file or tree. The path is already set; follow: a link stands for what it leads to. */
bool tar_add(struct tar_creation *creation, int parent, const char *name, bool follow);
/* Sets the path in the archive. */
bool tar_set_path(struct tar_creation *creation, const char *path);

/* content.c */

/* The attributes of an open file into xattrs. */
bool tar_read_xattrs(struct tar_creation *creation, int fd);
/* Where a file has data, into extents; false: it is not sparse, or that cannot be told. */
bool tar_find_extents(struct tar_creation *creation, int fd, const struct stat *status);
/* The entry and what is in the file. */
bool tar_add_content(struct tar_creation *creation, int fd, struct tar_entry *entry);

#endif
