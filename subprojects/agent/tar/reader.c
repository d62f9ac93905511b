/* reader.c: the entries of an archive, of whatever writer: pax, ustar, GNU and v7 headers.
 *
 * All of it is hostile: numbers are checked, lengths are capped, and nothing is believed that
 * memory would be reserved for before it came. */
#include "reader.h"

#include "message.h"

#include <stdlib.h>
#include <string.h>

enum {
    META_MAX = 64,          /* headers in a row that are about other headers */
    TRAILING_MAX = 1 << 20, /* what may stand behind the end; GNU tar fills up to 10 KiB */
    XATTRS_MAX = 4096,
};

/* What extended headers said of the coming entry. */
struct extended {
    bool path, link, size, uid, gid, mtime;
    bool sparse, sparse_name, map_in_data, has_real_size;
    uint64_t offset; /* the one whose length comes next */
    uint64_t real_size;
    uint64_t stored;
};

void tar_reader_clear(struct tar_reader *reader)
{
    tar_stream_close(&reader->stream);
    free(reader->pax);
    free(reader->long_name);
    free(reader->long_link);
    free(reader->extents);
    free(reader->xattrs);
}

static bool malformed(struct tar_reader *reader, const char *what)
{
    return tar_fail(reader->failure, TAR_MALFORMED, "this is not a sound tar archive: %s", what);
}

static bool exactly(struct tar_reader *reader, void *bytes, size_t length)
{
    int got = tar_stream_read(&reader->stream, bytes, length, reader->failure);

    if (got == 0)
        tar_fail(reader->failure, TAR_MALFORMED, "the archive ends early");
    return got > 0;
}

static bool skip(struct tar_reader *reader, uint64_t length)
{
    while (length > 0) {
        const char *bytes;
        ssize_t n =
            tar_stream_peek(&reader->stream, &bytes,
                            length < SIZE_MAX / 2 ? (size_t)length : SIZE_MAX / 2, reader->failure);

        if (n == 0)
            tar_fail(reader->failure, TAR_MALFORMED, "the archive ends early");
        if (n <= 0)
            return false;
        tar_stream_take(&reader->stream, (size_t)n);
        length -= (uint64_t)n;
    }
    return true;
}

ssize_t tar_reader_data(struct tar_reader *reader, const char **bytes)
{
    size_t max = reader->left < TAR_BUFFER ? (size_t)reader->left : TAR_BUFFER;
    ssize_t n;

    if (max == 0)
        return 0;
    n = tar_stream_peek(&reader->stream, bytes, max, reader->failure);
    if (n == 0) {
        tar_fail(reader->failure, TAR_MALFORMED, "the archive ends early, within %s",
                 tar_quote(reader->entry.path));
        return -1;
    }
    if (n > 0) {
        tar_stream_take(&reader->stream, (size_t)n);
        reader->left -= (uint64_t)n;
    }
    return n;
}

/* The body of a header about headers, with a NUL behind it; replaces *out. */
static bool read_body(struct tar_reader *reader, char **out, size_t *length)
{
    int64_t size;

    if (!tar_number_parse(reader->header.size, sizeof reader->header.size, &size) || size < 0)
        return malformed(reader, "the size of an extended header is no number");
    if (size > TAR_PAX_MAX)
        return tar_fail(reader->failure, TAR_TOO_BIG,
                        "an extended header of the archive is longer than %d bytes", TAR_PAX_MAX);
    *length = (size_t)size;
    free(*out);
    *out = malloc(*length + 1);
    if (*out == NULL)
        return tar_fail(reader->failure, TAR_NO_MEMORY, "out of memory");
    (*out)[*length] = '\0';
    return exactly(reader, *out, *length) &&
           skip(reader, (TAR_BLOCK - *length % TAR_BLOCK) % TAR_BLOCK);
}

/* Of a global header only what makes sense for all entries. */
static bool apply_global(struct tar_reader *reader)
{
    struct tar_entry *defaults = &reader->defaults;
    char *body = NULL;
    size_t length;
    bool sound = read_body(reader, &body, &length);
    char *cursor = body;
    struct tar_record record;
    int got = 0;

    while (sound && (got = tar_pax_next(&cursor, body + length, &record)) > 0) {
        if (strcmp(record.key, "uid") == 0)
            reader->default_uid = sound = tar_decimal_parse(record.value, &defaults->uid);
        else if (strcmp(record.key, "gid") == 0)
            reader->default_gid = sound = tar_decimal_parse(record.value, &defaults->gid);
        else if (strcmp(record.key, "mtime") == 0)
            reader->default_mtime = sound =
                tar_time_parse(record.value, &defaults->mtime, &defaults->mtime_ns);
        else if (strcmp(record.key, "SBX.total") == 0)
            sound = tar_decimal_parse(record.value, &reader->total);
        if (!sound)
            malformed(reader, "a global header");
    }
    free(body);
    return sound && (got == 0 || malformed(reader, "a global header"));
}

static bool add_xattr(struct tar_reader *reader, const struct tar_record *record)
{
    size_t count = reader->entry.xattr_count;

    if (count >= XATTRS_MAX || record->length > TAR_XATTR_MAX)
        return tar_fail(reader->failure, TAR_TOO_BIG,
                        "the archive has extended attributes that are too many or too long");
    if (count == reader->xattrs_allocated) {
        size_t wanted = 2 * count + 8;
        struct tar_xattr *xattrs = realloc(reader->xattrs, wanted * sizeof *xattrs);

        if (xattrs == NULL)
            return tar_fail(reader->failure, TAR_NO_MEMORY, "out of memory");
        reader->xattrs = xattrs;
        reader->xattrs_allocated = wanted;
    }
    reader->xattrs[count] =
        (struct tar_xattr){record->key + strlen("SCHILY.xattr."), record->value, record->length};
    reader->entry.xattr_count = count + 1;
    reader->entry.xattrs = reader->xattrs;
    return true;
}

static bool take_sparse(struct tar_reader *reader, struct extended *extended, const char *key,
                        const struct tar_record *record)
{
    uint64_t number = 0;
    bool is_number = tar_decimal_parse(record->value, &number);

    extended->sparse = true;
    if (strcmp(key, "name") == 0) {
        reader->entry.path = record->value;
        return extended->sparse_name = extended->path = true;
    }
    if (strcmp(key, "map") == 0)
        return tar_sparse_list(reader, record->value);
    if (!is_number)
        return malformed(reader, "a sparse file's header");
    if (strcmp(key, "major") == 0)
        extended->map_in_data = number > 0;
    if (strcmp(key, "size") == 0 || strcmp(key, "realsize") == 0) {
        extended->has_real_size = true;
        extended->real_size = number;
    } else if (strcmp(key, "offset") == 0) {
        extended->offset = number;
    } else if (strcmp(key, "numbytes") == 0) {
        return tar_sparse_pair(reader, extended->offset, number);
    }
    return true;
}

static bool take_text(struct tar_reader *reader, const struct tar_record *record, const char **out,
                      bool *taken)
{
    if (strlen(record->value) != record->length || record->length == 0)
        return malformed(reader, "a name is empty or has a NUL");
    *out = record->value;
    *taken = true;
    return true;
}

static bool take_record(struct tar_reader *reader, struct extended *extended,
                        const struct tar_record *record)
{
    struct tar_entry *entry = &reader->entry;
    const char *key = record->key;
    bool sound = true;

    if (strncmp(key, "SCHILY.xattr.", 13) == 0)
        return add_xattr(reader, record);
    if (strncmp(key, "GNU.sparse.", 11) == 0)
        return take_sparse(reader, extended, key + 11, record);
    if (strcmp(key, "path") == 0)
        return extended->sparse_name || take_text(reader, record, &entry->path, &extended->path);
    if (strcmp(key, "linkpath") == 0)
        return take_text(reader, record, &entry->target, &extended->link);
    if (strcmp(key, "size") == 0)
        sound = extended->size = tar_decimal_parse(record->value, &extended->stored);
    else if (strcmp(key, "uid") == 0)
        sound = extended->uid = tar_decimal_parse(record->value, &entry->uid);
    else if (strcmp(key, "gid") == 0)
        sound = extended->gid = tar_decimal_parse(record->value, &entry->gid);
    else if (strcmp(key, "mtime") == 0)
        sound = extended->mtime = tar_time_parse(record->value, &entry->mtime, &entry->mtime_ns);
    return sound || malformed(reader, "an extended header has a bad value");
}

static bool take_extended(struct tar_reader *reader, struct extended *extended)
{
    struct tar_record record;
    size_t length;
    char *cursor;
    int got;

    /* A second one replaces the first. */
    *extended = (struct extended){0};
    reader->entry = (struct tar_entry){0};
    reader->extent_count = 0;
    if (!read_body(reader, &reader->pax, &length))
        return false;
    cursor = reader->pax;
    while ((got = tar_pax_next(&cursor, reader->pax + length, &record)) > 0)
        if (!take_record(reader, extended, &record))
            return false;
    return got == 0 || malformed(reader, "an extended header");
}

static bool number(struct tar_reader *reader, const char *field, size_t length, int64_t least,
                   int64_t *out)
{
    if (tar_number_parse(field, length, out) && *out >= least)
        return true;
    return malformed(reader, "a field of a header is no number");
}

/* The names of the header itself, unless something longer was said. */
static bool take_names(struct tar_reader *reader, const struct extended *extended)
{
    const struct tar_header *header = &reader->header;
    struct tar_entry *entry = &reader->entry;
    bool ustar = memcmp(header->magic, "ustar\0", 6) == 0;
    int length = 0;

    if (!extended->path && reader->long_name != NULL) {
        entry->path = reader->long_name;
    } else if (!extended->path) {
        if (ustar && header->prefix[0] != '\0') {
            length = (int)strnlen(header->prefix, sizeof header->prefix);
            memcpy(reader->name, header->prefix, (size_t)length);
            reader->name[length++] = '/';
        }
        memcpy(reader->name + length, header->name, sizeof header->name);
        reader->name[length + (int)sizeof header->name] = '\0';
        entry->path = reader->name;
    }
    if (!extended->link) {
        memcpy(reader->link, header->link, sizeof header->link);
        reader->link[sizeof header->link] = '\0';
        entry->target = reader->long_link != NULL ? reader->long_link : reader->link;
    }
    if (entry->path[0] == '\0')
        return malformed(reader, "an entry has no name");
    if (strlen(entry->path) > TAR_PATH_MAX || strlen(entry->target) > TAR_PATH_MAX)
        return tar_fail(reader->failure, TAR_TOO_BIG,
                        "the archive has a name of more than %d bytes", TAR_PATH_MAX);
    return true;
}

static bool take_numbers(struct tar_reader *reader, const struct extended *extended)
{
    const struct tar_header *header = &reader->header;
    const struct tar_entry *defaults = &reader->defaults;
    struct tar_entry *entry = &reader->entry;
    int64_t mode, uid, gid, mtime;

    if (!number(reader, header->mode, sizeof header->mode, INT64_MIN, &mode) ||
        !number(reader, header->uid, sizeof header->uid, extended->uid ? INT64_MIN : 0, &uid) ||
        !number(reader, header->gid, sizeof header->gid, extended->gid ? INT64_MIN : 0, &gid) ||
        !number(reader, header->mtime, sizeof header->mtime, INT64_MIN, &mtime))
        return false;
    entry->mode = (unsigned)mode & 07777;
    if (!extended->uid)
        entry->uid = reader->default_uid ? defaults->uid : (uint64_t)uid;
    if (!extended->gid)
        entry->gid = reader->default_gid ? defaults->gid : (uint64_t)gid;
    if (!extended->mtime) {
        entry->mtime = reader->default_mtime ? defaults->mtime : mtime;
        entry->mtime_ns = reader->default_mtime ? defaults->mtime_ns : 0;
    }
    return true;
}

static enum tar_type type_of(const struct tar_reader *reader)
{
    const char *path = reader->entry.path;

    switch (reader->header.type) {
    case '\0':
        return path[strlen(path) - 1] == '/' ? TAR_DIRECTORY : TAR_FILE;
    case '0':
    case '7':
    case 'S':
        return TAR_FILE;
    case 'D':
        return TAR_DIRECTORY;
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
        return (enum tar_type)reader->header.type;
    default:
        return TAR_UNKNOWN;
    }
}

/* How many bytes follow. Writers put sizes into headers of links and directories, too. */
static bool take_size(struct tar_reader *reader, const struct extended *extended)
{
    struct tar_entry *entry = &reader->entry;
    bool has_data =
        entry->type == TAR_FILE || entry->type == TAR_UNKNOWN || reader->header.type == 'D';
    int64_t size = 0;

    if (!extended->size &&
        !number(reader, reader->header.size, sizeof reader->header.size, 0, &size))
        return false;
    if (has_data)
        entry->stored = extended->size ? extended->stored : (uint64_t)size;
    if (entry->stored > INT64_MAX)
        return malformed(reader, "a size is beyond all measure");
    entry->size = entry->stored;
    reader->left = entry->stored;
    reader->padding = (size_t)((TAR_BLOCK - entry->stored % TAR_BLOCK) % TAR_BLOCK);
    return true;
}

static bool take_map(struct tar_reader *reader, const struct extended *extended)
{
    struct tar_entry *entry = &reader->entry;

    if (reader->header.type == 'S') {
        if (!tar_sparse_old(reader))
            return false;
    } else if (extended->sparse && entry->type == TAR_FILE) {
        if (extended->map_in_data && !tar_sparse_read(reader))
            return false;
        if (!extended->has_real_size)
            return malformed(reader, "a sparse file has no size");
        entry->size = extended->real_size;
    } else {
        return true;
    }
    entry->sparse = true;
    return tar_sparse_check(reader);
}

static bool build_entry(struct tar_reader *reader, const struct extended *extended)
{
    if (!take_names(reader, extended) || !take_numbers(reader, extended))
        return false;
    reader->entry.type = type_of(reader);
    return take_size(reader, extended) && take_map(reader, extended);
}

/* Two blocks of zeros are the end; one at the end of the stream will do. What is behind is read, so
 * that nobody is ended by a broken pipe. */
static int take_end(struct tar_reader *reader)
{
    uint64_t trailing = 0;
    const char *bytes;
    ssize_t n;

    while ((n = tar_stream_peek(&reader->stream, &bytes, TAR_BUFFER, reader->failure)) > 0) {
        tar_stream_take(&reader->stream, (size_t)n);
        trailing += (uint64_t)n;
        if (trailing > TRAILING_MAX) {
            malformed(reader, "there is much more behind its end");
            return -1;
        }
    }
    return n < 0 ? -1 : 0;
}

/* A header about headers; 0: it is none. */
static int take_meta(struct tar_reader *reader, struct extended *extended)
{
    size_t length;

    switch (reader->header.type) {
    case 'x':
    case 'X':
        return take_extended(reader, extended) ? 1 : -1;
    case 'g':
        return apply_global(reader) ? 1 : -1;
    case 'L':
        return read_body(reader, &reader->long_name, &length) ? 1 : -1;
    case 'K':
        return read_body(reader, &reader->long_link, &length) ? 1 : -1;
    default:
        return 0;
    }
}

static void forget_entry(struct tar_reader *reader)
{
    reader->entry = (struct tar_entry){0};
    reader->extent_count = 0;
    free(reader->long_name);
    free(reader->long_link);
    reader->long_name = reader->long_link = NULL;
}

int tar_reader_next(struct tar_reader *reader)
{
    struct extended extended = {0};

    if (!skip(reader, reader->left) || !skip(reader, reader->padding))
        return -1;
    reader->left = reader->padding = 0;
    forget_entry(reader);
    for (int metas = 0; metas <= META_MAX; metas++) {
        int meta;

        if (!exactly(reader, &reader->header, sizeof reader->header))
            return -1;
        if (tar_header_is_zero(&reader->header))
            return take_end(reader);
        meta = tar_header_is_sound(&reader->header) ? take_meta(reader, &extended) : -2;
        if (meta == -2)
            malformed(reader, "a header's checksum is wrong");
        if (meta < 0)
            return -1;
        if (meta == 0)
            return build_entry(reader, &extended) ? 1 : -1;
    }
    malformed(reader, "too many headers in a row");
    return -1;
}
