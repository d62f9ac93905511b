/* content.c: what is in a file: its bytes, where they are, and its extended attributes. */
#include "attributes.h"
#include "create.h"
#include "message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { XATTR_LIST = 64 << 10, XATTR_BYTES = 1 << 20, XATTR_COUNT = 1024 };

static bool prepare(struct tar_creation *creation)
{
    if (creation->xattrs != NULL)
        return true;
    creation->xattr_names = malloc(XATTR_LIST);
    creation->xattr_values = malloc(XATTR_BYTES);
    creation->xattrs = malloc(XATTR_COUNT * sizeof *creation->xattrs);
    return (creation->xattr_names != NULL && creation->xattr_values != NULL &&
            creation->xattrs != NULL) ||
           tar_fail(creation->failure, TAR_NO_MEMORY, "out of memory");
}

static void read_one(struct tar_creation *creation, int fd, const char *name, size_t *used)
{
    ssize_t length;

    if (!tar_attributes_wanted(creation->options, name))
        return;
    /* A keyword of an extended header ends at the first "=". */
    if (creation->xattr_count == XATTR_COUNT || strchr(name, '=') != NULL) {
        tar_warn(creation->report, creation->counts, "the attribute %s of %s is left out",
                 tar_quote(name), tar_quote(creation->path));
        return;
    }
    length = fgetxattr(fd, name, creation->xattr_values + *used, XATTR_BYTES - *used);
    if (length < 0) {
        tar_warn(creation->report, creation->counts, "cannot read the attribute %s of %s: %s",
                 tar_quote(name), tar_quote(creation->path), strerror(errno));
        return;
    }
    creation->xattrs[creation->xattr_count++] =
        (struct tar_xattr){name, creation->xattr_values + *used, (size_t)length};
    *used += (size_t)length;
}

bool tar_read_xattrs(struct tar_creation *creation, int fd)
{
    ssize_t length;
    size_t used = 0;

    creation->xattr_count = 0;
    if (!prepare(creation))
        return false;
    length = flistxattr(fd, creation->xattr_names, XATTR_LIST);
    for (ssize_t at = 0; at < length; at += (ssize_t)strlen(creation->xattr_names + at) + 1)
        read_one(creation, fd, creation->xattr_names + at, &used);
    return true;
}

static bool add_extent(struct tar_creation *creation, uint64_t offset, uint64_t length)
{
    if (creation->extent_count == creation->extents_allocated) {
        size_t wanted = 2 * creation->extents_allocated + 32;
        struct tar_extent *extents = realloc(creation->extents, wanted * sizeof *extents);

        if (extents == NULL)
            return false;
        creation->extents = extents;
        creation->extents_allocated = wanted;
    }
    creation->extents[creation->extent_count++] = (struct tar_extent){offset, length};
    return true;
}

/* A file of very many pieces: the last one takes the rest with its holes. */
bool tar_find_extents(struct tar_creation *creation, int fd, const struct stat *status)
{
    off_t size = status->st_size;
    off_t at = 0;

    creation->extent_count = 0;
    if ((uint64_t)status->st_blocks * 512 >= (uint64_t)size)
        return false;
    while (at < size) {
        off_t data = lseek(fd, at, SEEK_DATA);
        off_t end = data >= 0 ? lseek(fd, data, SEEK_HOLE) : size;

        if (data < 0 && errno != ENXIO)
            return false;
        if (data < 0 || data >= size)
            break;
        if (end < 0 || end > size || creation->extent_count + 2 >= TAR_EXTENTS_MAX)
            end = size;
        if (end <= data || !add_extent(creation, (uint64_t)data, (uint64_t)(end - data)))
            return false;
        at = end;
    }
    /* Readers learn from the last piece where the file ends. */
    return add_extent(creation, (uint64_t)size, 0);
}

/* Whoever reads what follows must find as many bytes as the header says. */
static bool copy_extent(struct tar_creation *creation, int fd, uint64_t offset, uint64_t length,
                        bool *shrunk)
{
    struct tar_counts counts = *creation->counts;
    uint64_t end = offset + length;

    while (offset < end) {
        char *place;
        size_t room;
        ssize_t n;

        if (!tar_stream_room(&creation->writer.stream, &place, &room, creation->failure))
            return false;
        room = end - offset < room ? (size_t)(end - offset) : room;
        n = *shrunk ? 0 : pread(fd, place, room, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return tar_fail_errno(creation->failure, errno, "cannot read %s",
                                  tar_quote(creation->path));
        if (n == 0) {
            *shrunk = true;
            memset(place, 0, room);
            n = (ssize_t)room;
        }
        tar_stream_made(&creation->writer.stream, (size_t)n);
        offset += (uint64_t)n;
        counts.bytes = creation->counts->bytes + offset;
        if (!tar_progress(creation->report, &counts, creation->path, creation->failure))
            return false;
    }
    return true;
}

bool tar_add_content(struct tar_creation *creation, int fd, struct tar_entry *entry)
{
    const struct tar_extent whole = {0, entry->size};
    const struct tar_extent *extents = &whole;
    size_t count = 1;
    bool shrunk = false;

    entry->stored = entry->size;
    if (entry->sparse) {
        extents = entry->extents = creation->extents;
        count = entry->extent_count = creation->extent_count;
        entry->stored = 0;
        for (size_t i = 0; i < count; i++)
            entry->stored += extents[i].length;
    }
    if (!tar_writer_entry(&creation->writer, entry))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!copy_extent(creation, fd, extents[i].offset, extents[i].length, &shrunk))
            return false;
    if (shrunk)
        tar_warn(creation->report, creation->counts,
                 "%s became shorter while it was read; the rest is zeros", tar_quote(entry->path));
    return tar_writer_pad(&creation->writer, entry->stored);
}
