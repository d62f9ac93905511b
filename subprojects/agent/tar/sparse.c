/* sparse.c: where the bytes of a sparse file are: three formats of GNU tar, and its older one. */
#include "message.h"
#include "reader.h"

#include <stdlib.h>
#include <string.h>

static bool malformed(struct tar_reader *reader)
{
    return tar_fail(reader->failure, TAR_MALFORMED,
                    "this is not a sound tar archive: the map of a sparse file");
}

bool tar_sparse_pair(struct tar_reader *reader, uint64_t offset, uint64_t length)
{
    if (reader->extent_count >= TAR_EXTENTS_MAX)
        return tar_fail(reader->failure, TAR_TOO_BIG,
                        "the archive has a sparse file of more than %d pieces", TAR_EXTENTS_MAX);
    if (reader->extent_count == reader->extents_allocated) {
        size_t wanted = 2 * reader->extent_count + 32;
        struct tar_extent *extents = realloc(reader->extents, wanted * sizeof *extents);

        if (extents == NULL)
            return tar_fail(reader->failure, TAR_NO_MEMORY, "out of memory");
        reader->extents = extents;
        reader->extents_allocated = wanted;
    }
    reader->extents[reader->extent_count++] = (struct tar_extent){offset, length};
    return true;
}

static bool take_old(struct tar_reader *reader, const struct tar_gnu_extent *extents, size_t count)
{
    for (size_t i = 0; i < count && extents[i].length[0] != '\0'; i++) {
        int64_t offset, length;

        if (!tar_number_parse(extents[i].offset, sizeof extents[i].offset, &offset) ||
            !tar_number_parse(extents[i].length, sizeof extents[i].length, &length) || offset < 0 ||
            length < 0)
            return malformed(reader);
        if (!tar_sparse_pair(reader, (uint64_t)offset, (uint64_t)length))
            return false;
    }
    return true;
}

bool tar_sparse_old(struct tar_reader *reader)
{
    struct tar_gnu_sparse first;
    struct tar_gnu_more block;
    int64_t size;
    bool more;

    memcpy(&first, &reader->header, sizeof first);
    if (!tar_number_parse(first.size, sizeof first.size, &size) || size < 0)
        return malformed(reader);
    reader->entry.size = (uint64_t)size;
    reader->extent_count = 0;
    if (!take_old(reader, first.extents, 4))
        return false;
    for (more = first.more != '\0'; more; more = block.more != '\0') {
        int got = tar_stream_read(&reader->stream, &block, sizeof block, reader->failure);

        if (got == 0)
            tar_fail(reader->failure, TAR_MALFORMED, "the archive ends early");
        /* A block without a single piece would make this endless. */
        if (got > 0 && block.extents[0].length[0] == '\0')
            return malformed(reader);
        if (got <= 0 || !take_old(reader, block.extents, 21))
            return false;
    }
    return true;
}

bool tar_sparse_list(struct tar_reader *reader, const char *list)
{
    uint64_t numbers[2];

    reader->extent_count = 0;
    while (*list != '\0') {
        for (int i = 0; i < 2; i++) {
            char digits[24];
            size_t length = strcspn(list, ",");

            if (length >= sizeof digits)
                return malformed(reader);
            memcpy(digits, list, length);
            digits[length] = '\0';
            if (!tar_decimal_parse(digits, &numbers[i]))
                return malformed(reader);
            list += length + (list[length] == ',');
        }
        if (!tar_sparse_pair(reader, numbers[0], numbers[1]))
            return false;
    }
    return true;
}

/* The next number of the map before the data. */
static bool read_line(struct tar_reader *reader, uint64_t *out)
{
    char digits[24];
    size_t length = 0;

    for (;;) {
        const char *byte;
        ssize_t n;

        if (reader->left == 0 || length == sizeof digits)
            return malformed(reader);
        n = tar_stream_peek(&reader->stream, &byte, 1, reader->failure);
        if (n == 0)
            tar_fail(reader->failure, TAR_MALFORMED, "the archive ends early");
        if (n <= 0)
            return false;
        digits[length++] = *byte;
        tar_stream_take(&reader->stream, 1);
        reader->left--;
        if (digits[length - 1] == '\n')
            break;
    }
    digits[length - 1] = '\0';
    return tar_decimal_parse(digits, out) || malformed(reader);
}

bool tar_sparse_read(struct tar_reader *reader)
{
    struct tar_entry *entry = &reader->entry;
    uint64_t count, before = reader->left;
    size_t padding;
    char rest[TAR_BLOCK];

    reader->extent_count = 0;
    if (!read_line(reader, &count))
        return false;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t offset, length;

        if (!read_line(reader, &offset) || !read_line(reader, &length) ||
            !tar_sparse_pair(reader, offset, length))
            return false;
    }
    padding = (size_t)((TAR_BLOCK - (before - reader->left) % TAR_BLOCK) % TAR_BLOCK);
    if (padding > reader->left)
        return malformed(reader);
    if (padding > 0 && tar_stream_read(&reader->stream, rest, padding, reader->failure) <= 0)
        return false;
    reader->left -= padding;
    entry->stored = reader->left;
    return true;
}

bool tar_sparse_check(struct tar_reader *reader)
{
    struct tar_entry *entry = &reader->entry;
    uint64_t end = 0, stored = 0;

    for (size_t i = 0; i < reader->extent_count; i++) {
        const struct tar_extent *extent = &reader->extents[i];

        if (extent->offset < end || extent->offset > INT64_MAX ||
            extent->length > INT64_MAX - extent->offset)
            return malformed(reader);
        end = extent->offset + extent->length;
        stored += extent->length;
    }
    if (entry->size > INT64_MAX || end > entry->size || stored != entry->stored)
        return malformed(reader);
    entry->extents = reader->extents;
    entry->extent_count = reader->extent_count;
    return true;
}
