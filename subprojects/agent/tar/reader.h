/* reader.h: the entries of an archive, one after the other. */
#ifndef SBX_TAR_READER_H
#define SBX_TAR_READER_H

#include "format.h"
#include "pax.h"
#include "stream.h"

struct tar_reader {
    struct tar_stream stream;
    struct tar_failure *failure;
    struct tar_entry entry; /* of the last tar_reader_next(); strings are valid until the next */
    uint64_t total;         /* what tar_options.total has written, or 0 */
    uint64_t left;          /* of the entry's stored bytes */
    size_t padding;         /* behind them */
    struct tar_header header;
    /* Where the entry's strings and lists are. */
    char name[100 + 1 + 155 + 1];
    char link[100 + 1];
    char *pax;
    char *long_name;
    char *long_link;
    struct tar_extent *extents;
    struct tar_xattr *xattrs;
    size_t xattrs_allocated;
    size_t extents_allocated;
    size_t extent_count;
    /* What global headers say of all entries. */
    struct tar_entry defaults;
    bool default_uid, default_gid, default_mtime;
};

void tar_reader_clear(struct tar_reader *reader);
/* 1: an entry; 0: the end, and the stream's too; -1: failed. */
int tar_reader_next(struct tar_reader *reader);
/* The next stored bytes of the entry: how many, 0 when there are no more, -1: failed. */
ssize_t tar_reader_data(struct tar_reader *reader, const char **bytes);

/* sparse.c */

/* The maps that are in headers: of GNU tar's own format, and pax versions 0.0 and 0.1. */
bool tar_sparse_old(struct tar_reader *reader);
bool tar_sparse_pair(struct tar_reader *reader, uint64_t offset, uint64_t length);
bool tar_sparse_list(struct tar_reader *reader, const char *list);
/* The one before the data: version 1.0. */
bool tar_sparse_read(struct tar_reader *reader);
/* Whether the map and the entry agree. */
bool tar_sparse_check(struct tar_reader *reader);

#endif
