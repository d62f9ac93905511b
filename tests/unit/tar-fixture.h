/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Archives made by hand, also such as no writer would make, and trees to compare. */
#ifndef SBX_TESTS_TAR_FIXTURE_H
#define SBX_TESTS_TAR_FIXTURE_H

#include <glib.h>

#include "format.h"
#include "tar.h"

/* The directory of this test; made and removed by these. */
extern char *tar_dir;
void tar_setup(void);
void tar_teardown(void);
/* A path in it; never freed. */
const char *tar_at(const char *name);
/* Runs a script of bash in it, which must succeed. */
void tar_sh(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* What is to be known of a tree, but owners; in one text, to compare. */
char *tar_describe(const char *name);

/* Appends a header; what is in it can be changed before it is sealed by the next append. */
struct tar_header *tar_put_header(GByteArray *archive, char type, const char *name, guint64 size);
/* A header, and as many bytes of data. */
void tar_put(GByteArray *archive, char type, const char *name, const char *link, const void *data,
             gsize size);
/* An extended header of "key=value" pairs; NULL ends them. */
void tar_put_pax(GByteArray *archive, int type, ...) G_GNUC_NULL_TERMINATED;
void tar_put_end(GByteArray *archive);
/* Seals the last header, when it was changed. */
void tar_seal(GByteArray *archive);

/* Extracts into "out". */
gboolean tar_try(const GByteArray *archive, const struct tar_options *options,
                 struct tar_counts *counts, struct tar_failure *failure);
/* Writes sources to the file of that name, or reads that file; these must succeed. */
void tar_make(const char *file, const char *source, guint64 *warnings);
void tar_unmake(const char *file, const char *target, guint64 *warnings);

#endif
