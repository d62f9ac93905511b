/* writer.c: the headers of an archive: ustar where that can say it, pax where it cannot. */
#include "writer.h"

#include "format.h"
#include "message.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OCTAL_7 = 07777777, PAIR_TEXT = 2 * 21 };

void tar_writer_clear(struct tar_writer *writer)
{
    tar_stream_close(&writer->stream);
    free(writer->pax.bytes);
    free(writer->map);
}

bool tar_writer_pad(struct tar_writer *writer, uint64_t stored)
{
    static const char zeros[TAR_BLOCK];

    return tar_stream_write(&writer->stream, zeros,
                            (size_t)((TAR_BLOCK - stored % TAR_BLOCK) % TAR_BLOCK),
                            writer->failure);
}

bool tar_writer_end(struct tar_writer *writer)
{
    static const char zeros[2 * TAR_BLOCK];

    return tar_stream_write(&writer->stream, zeros, sizeof zeros, writer->failure) &&
           tar_stream_flush(&writer->stream, writer->failure);
}

static bool write_header(struct tar_writer *writer, struct tar_header *header)
{
    memcpy(header->magic, "ustar\00000", sizeof header->magic);
    tar_header_seal(header);
    return tar_stream_write(&writer->stream, header, sizeof *header, writer->failure);
}

/* The extended header of the next entry, or of all ('g'). */
static bool write_pax(struct tar_writer *writer, char type)
{
    const struct tar_pax *pax = &writer->pax;
    struct tar_header header = {.type = type, .name = "PaxHeader"};

    if (pax->length == 0)
        return true;
    tar_number_format(header.mode, sizeof header.mode, 0644);
    tar_number_format(header.uid, sizeof header.uid, 0);
    tar_number_format(header.gid, sizeof header.gid, 0);
    tar_number_format(header.size, sizeof header.size, pax->length);
    tar_number_format(header.mtime, sizeof header.mtime, 0);
    return write_header(writer, &header) &&
           tar_stream_write(&writer->stream, pax->bytes, pax->length, writer->failure) &&
           tar_writer_pad(writer, pax->length);
}

bool tar_writer_total(struct tar_writer *writer, uint64_t bytes)
{
    writer->pax.length = 0;
    return tar_pax_add_number(&writer->pax, "SBX.total", bytes, writer->failure) &&
           write_pax(writer, 'g');
}

static bool is_utf8(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;

    while (*p != '\0') {
        int more = *p < 0x80                 ? 0
                   : *p >= 0xc2 && *p < 0xe0 ? 1
                   : (*p & 0xf0) == 0xe0     ? 2
                   : *p >= 0xf0 && *p < 0xf5 ? 3
                                             : -1;

        if (more < 0 || (*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] >= 0xa0) ||
            (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] >= 0x90))
            return false;
        for (p++; more > 0; more--)
            if ((*p++ & 0xc0) != 0x80)
                return false;
    }
    return true;
}

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

/* A name that the header cannot hold, or not in a way that all readers take for the same. */
static bool add_name(struct tar_writer *writer, const char *key, const char *name, size_t room)
{
    if (strlen(name) <= room && is_ascii(name))
        return true;
    return tar_pax_add(&writer->pax, key, name, strlen(name), writer->failure);
}

static bool add_names(struct tar_writer *writer, const struct tar_entry *entry)
{
    struct tar_pax *pax = &writer->pax;

    /* Readers that know it take the bytes as they are then, and do not complain of the encoding. */
    if ((!is_utf8(entry->path) || !is_utf8(entry->target)) &&
        !tar_pax_add(pax, "hdrcharset", "BINARY", 6, writer->failure))
        return false;
    if (entry->sparse)
        return tar_pax_add(pax, "GNU.sparse.major", "1", 1, writer->failure) &&
               tar_pax_add(pax, "GNU.sparse.minor", "0", 1, writer->failure) &&
               tar_pax_add(pax, "GNU.sparse.name", entry->path, strlen(entry->path),
                           writer->failure) &&
               tar_pax_add_number(pax, "GNU.sparse.realsize", entry->size, writer->failure);
    return add_name(writer, "path", entry->path, sizeof((struct tar_header *)NULL)->name) &&
           add_name(writer, "linkpath", entry->target, sizeof((struct tar_header *)NULL)->link);
}

static bool add_xattrs(struct tar_writer *writer, const struct tar_entry *entry)
{
    for (size_t i = 0; i < entry->xattr_count; i++) {
        const struct tar_xattr *xattr = &entry->xattrs[i];
        char key[512];

        snprintf(key, sizeof key, "SCHILY.xattr.%s", xattr->name);
        if (!tar_pax_add(&writer->pax, key, xattr->value, xattr->length, writer->failure))
            return false;
    }
    return true;
}

static bool add_records(struct tar_writer *writer, const struct tar_entry *entry, uint64_t size)
{
    struct tar_pax *pax = &writer->pax;

    pax->length = 0;
    return add_names(writer, entry) &&
           (size < UINT64_C(1) << 33 || tar_pax_add_number(pax, "size", size, writer->failure)) &&
           (entry->uid <= OCTAL_7 || tar_pax_add_number(pax, "uid", entry->uid, writer->failure)) &&
           (entry->gid <= OCTAL_7 || tar_pax_add_number(pax, "gid", entry->gid, writer->failure)) &&
           ((entry->mtime_ns == 0 && entry->mtime >= 0 && entry->mtime < INT64_C(1) << 33) ||
            tar_pax_add_time(pax, "mtime", entry->mtime, entry->mtime_ns, writer->failure)) &&
           add_xattrs(writer, entry);
}

/* The map that stands before a sparse file's bytes, in whole blocks; its length, 0: no memory. */
static size_t build_map(struct tar_writer *writer, const struct tar_entry *entry)
{
    size_t wanted = 32 + entry->extent_count * PAIR_TEXT + TAR_BLOCK;
    size_t length;

    if (wanted > writer->map_allocated) {
        char *map = realloc(writer->map, wanted);

        if (map == NULL)
            return 0;
        writer->map = map;
        writer->map_allocated = wanted;
    }
    length = (size_t)sprintf(writer->map, "%zu\n", entry->extent_count);
    for (size_t i = 0; i < entry->extent_count; i++)
        length += (size_t)sprintf(writer->map + length, "%" PRIu64 "\n%" PRIu64 "\n",
                                  entry->extents[i].offset, entry->extents[i].length);
    memset(writer->map + length, 0, (TAR_BLOCK - length % TAR_BLOCK) % TAR_BLOCK);
    return length + (TAR_BLOCK - length % TAR_BLOCK) % TAR_BLOCK;
}

bool tar_writer_entry(struct tar_writer *writer, const struct tar_entry *entry)
{
    struct tar_header header = {.type = (char)entry->type};
    size_t map = entry->sparse ? build_map(writer, entry) : 0;
    uint64_t size = entry->stored + map;
    size_t name_length = strlen(entry->path);

    if (entry->sparse && map == 0)
        return tar_fail(writer->failure, TAR_NO_MEMORY, "out of memory");
    if (!add_records(writer, entry, size) || !write_pax(writer, 'x'))
        return false;
    /* What does not fit is cut; the extended header has it whole. A name that is cut must not end
     * in a slash. */
    memcpy(header.name, entry->path,
           name_length <= sizeof header.name ? name_length : sizeof header.name - 1);
    memcpy(header.link, entry->target, strnlen(entry->target, sizeof header.link));
    tar_number_format(header.mode, sizeof header.mode, entry->mode & 07777);
    tar_number_format(header.uid, sizeof header.uid, entry->uid);
    tar_number_format(header.gid, sizeof header.gid, entry->gid);
    tar_number_format(header.size, sizeof header.size, size);
    tar_number_format(header.mtime, sizeof header.mtime,
                      entry->mtime >= 0 ? (uint64_t)entry->mtime : 0);
    tar_number_format(header.major, sizeof header.major, entry->major);
    tar_number_format(header.minor, sizeof header.minor, entry->minor);
    return write_header(writer, &header) &&
           (map == 0 || tar_stream_write(&writer->stream, writer->map, map, writer->failure));
}
