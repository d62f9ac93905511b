/* extract.h: what the parts of the extractor share. */
#ifndef SBX_TAR_EXTRACT_H
#define SBX_TAR_EXTRACT_H

#include "inodes.h"
#include "paths.h"
#include "reader.h"

/* A directory whose mode and times are set at the end: until then it must be writable, and every
 * file in it changes its time. */
struct tar_later {
    size_t path; /* in the names */
    struct tar_entry entry;
};

struct tar_extraction {
    const struct tar_options *options;
    const struct tar_report *report;
    struct tar_counts *counts;
    struct tar_failure *failure;
    struct tar_reader reader;
    struct tar_paths paths;
    struct tar_inodes made; /* what was extracted: 0, TAR_MADE, or the number in later, + LATER */
    char *path;             /* of the entry, clean */
    char *other;            /* the target of a hard link, clean */
    char *rename;           /* what the first name of each path becomes, or NULL */
    char *first_name;       /* which is this */
    bool root_made;         /* the root was, so the archive decides on its mode, too */
    bool passed_over;       /* this entry was: it is not wanted, or what was there stayed */
    uint64_t entries;       /* all that were read, also those */
    struct tar_later *later;
    size_t later_count, later_allocated;
    char *names;
    size_t names_length, names_allocated;
};

/* place.c: one file, link or directory. Return false when the extraction cannot go on. */
bool tar_place_file(struct tar_extraction *extraction, int parent, const char *name);
bool tar_place_symlink(struct tar_extraction *extraction, int parent, const char *name);
bool tar_place_hard_link(struct tar_extraction *extraction, int parent, const char *name,
                         const char *target);

/* directories.c */
bool tar_place_directory(struct tar_extraction *extraction, int parent, const char *name);
/* Mode and times of all of them, the last first. */
bool tar_finish_directories(struct tar_extraction *extraction);
/* The root's own entry. */
bool tar_place_root(struct tar_extraction *extraction);

#endif
