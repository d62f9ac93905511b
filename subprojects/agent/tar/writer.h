/* writer.h: the headers of an archive. */
#ifndef SBX_TAR_WRITER_H
#define SBX_TAR_WRITER_H

#include "pax.h"
#include "stream.h"

struct tar_writer {
    struct tar_stream stream;
    struct tar_failure *failure;
    struct tar_pax pax; /* of the entry */
    char *map;          /* of a sparse file */
    size_t map_allocated;
};

void tar_writer_clear(struct tar_writer *writer);
/* For the reader's eyes: so many bytes will come. */
bool tar_writer_total(struct tar_writer *writer, uint64_t bytes);
/* All that comes before the stored bytes, of which there must be entry->stored; then the padding.
 */
bool tar_writer_entry(struct tar_writer *writer, const struct tar_entry *entry);
bool tar_writer_pad(struct tar_writer *writer, uint64_t stored);
bool tar_writer_end(struct tar_writer *writer);

#endif
