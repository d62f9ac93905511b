/* files.c: coding and decoding of what files.h describes. */
#include "files.h"

#include <string.h>

enum tag {
    TAG_OP = 1,   /* u32, and so are those that follow */
    TAG_FLAGS,
    TAG_MODE,
    TAG_UMASK,
    TAG_UID,
    TAG_GID,
    TAG_WHENCE,
    TAG_DEPTH,
    TAG_ERROR,
    TAG_OFFSET = 32, /* u64, and so are those that follow */
    TAG_LENGTH,
    TAG_ATIME,
    TAG_MTIME,
    TAG_PATH = 64, /* strings */
    TAG_TO,
    TAG_PREFIX,
    TAG_SUFFIX,
    TAG_MATCH,
    TAG_SKIP,
    TAG_STAT = 96,
    TAG_ENTRY, /* one byte kind, u32 depth, string */
    TAG_EVENT, /* one byte kind, string, string or nothing */
};

enum { STAT_FIELDS = 14, ENTRY_HEADER = 5 };

static uint32_t load_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void store_u32(uint8_t *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

void sbx_files_header(uint8_t header[SBX_FILES_HEADER], uint8_t type, size_t length)
{
    store_u32(header, (uint32_t)length);
    header[4] = type;
}

int sbx_files_frame_parse(const uint8_t *data, size_t length, struct sbx_files_frame *frame)
{
    if (length < SBX_FILES_HEADER)
        return 0;
    uint32_t body = load_u32(data);
    if (body > SBX_FILES_MAX_FRAME || data[4] < SBX_FILES_REQUEST || data[4] > SBX_FILES_EVENTS)
        return -1;
    if (length - SBX_FILES_HEADER < body)
        return 0;
    *frame = (struct sbx_files_frame){data[4], body, data + SBX_FILES_HEADER};
    return 1;
}

void sbx_files_request_init(struct sbx_files_request *request, uint32_t op)
{
    *request = (struct sbx_files_request){
        .op = op,
        .mode = SBX_FILES_NO_MODE,
        .umask = 022,
        .uid = UINT32_MAX,
        .gid = UINT32_MAX,
        .length = UINT64_MAX,
        .depth = SBX_FILES_NO_DEPTH,
        .atime = SBX_FILES_TIME_OMIT,
        .mtime = SBX_FILES_TIME_OMIT,
    };
}

void sbx_files_request_encode(struct sbx_tlv_writer *writer,
                              const struct sbx_files_request *request)
{
    sbx_tlv_put_u32(writer, TAG_OP, request->op);
    sbx_tlv_put_u32(writer, TAG_FLAGS, request->flags);
    sbx_tlv_put_u32(writer, TAG_MODE, (uint32_t)request->mode);
    sbx_tlv_put_u32(writer, TAG_UMASK, request->umask);
    sbx_tlv_put_u32(writer, TAG_UID, request->uid);
    sbx_tlv_put_u32(writer, TAG_GID, request->gid);
    sbx_tlv_put_u32(writer, TAG_WHENCE, request->whence);
    sbx_tlv_put_u32(writer, TAG_DEPTH, (uint32_t)request->depth);
    sbx_tlv_put_u64(writer, TAG_OFFSET, (uint64_t)request->offset);
    sbx_tlv_put_u64(writer, TAG_LENGTH, request->length);
    sbx_tlv_put_u64(writer, TAG_ATIME, (uint64_t)request->atime);
    sbx_tlv_put_u64(writer, TAG_MTIME, (uint64_t)request->mtime);
    sbx_tlv_put_string(writer, TAG_PATH, request->path);
    sbx_tlv_put_string(writer, TAG_TO, request->to);
    sbx_tlv_put_string(writer, TAG_PREFIX, request->prefix);
    sbx_tlv_put_string(writer, TAG_SUFFIX, request->suffix);
    for (size_t i = 0; i < request->match_count; i++)
        sbx_tlv_put_string(writer, TAG_MATCH, request->match[i]);
    for (size_t i = 0; i < request->skip_count; i++)
        sbx_tlv_put_string(writer, TAG_SKIP, request->skip[i]);
}

static bool get_i32(const struct sbx_tlv *item, int32_t *out)
{
    uint32_t value;
    bool good = sbx_tlv_get_u32(item, &value);

    if (good)
        *out = (int32_t)value;
    return good;
}

static bool get_i64(const struct sbx_tlv *item, int64_t *out)
{
    uint64_t value;
    bool good = sbx_tlv_get_u64(item, &value);

    if (good)
        *out = (int64_t)value;
    return good;
}

static bool get_string(const struct sbx_tlv *item, size_t max, const char **out)
{
    *out = sbx_tlv_get_string(item, max);
    return *out != NULL;
}

static bool get_glob(const struct sbx_tlv *item, const char **globs, size_t *count)
{
    return *count < SBX_FILES_MAX_GLOBS && get_string(item, SBX_FILES_MAX_GLOB, &globs[(*count)++]);
}

static bool request_number(const struct sbx_tlv *item, struct sbx_files_request *out)
{
    switch (item->tag) {
    case TAG_OP:
        return sbx_tlv_get_u32(item, &out->op);
    case TAG_FLAGS:
        return sbx_tlv_get_u32(item, &out->flags);
    case TAG_MODE:
        return get_i32(item, &out->mode) && out->mode >= -1 && out->mode <= 07777;
    case TAG_UMASK:
        return sbx_tlv_get_u32(item, &out->umask) && out->umask <= 0777;
    case TAG_UID:
        return sbx_tlv_get_u32(item, &out->uid);
    case TAG_GID:
        return sbx_tlv_get_u32(item, &out->gid);
    case TAG_WHENCE:
        return sbx_tlv_get_u32(item, &out->whence) && out->whence <= 2;
    case TAG_DEPTH:
        return get_i32(item, &out->depth) && out->depth >= -1;
    case TAG_OFFSET:
        return get_i64(item, &out->offset);
    case TAG_LENGTH:
        return sbx_tlv_get_u64(item, &out->length);
    case TAG_ATIME:
        return get_i64(item, &out->atime);
    case TAG_MTIME:
        return get_i64(item, &out->mtime);
    default:
        return true;
    }
}

static bool request_string(const struct sbx_tlv *item, struct sbx_files_request *out)
{
    switch (item->tag) {
    case TAG_PATH:
        return get_string(item, SBX_FILES_MAX_PATH, &out->path);
    case TAG_TO:
        return get_string(item, SBX_FILES_MAX_PATH, &out->to);
    case TAG_PREFIX:
        return get_string(item, SBX_FILES_MAX_AFFIX, &out->prefix);
    case TAG_SUFFIX:
        return get_string(item, SBX_FILES_MAX_AFFIX, &out->suffix);
    case TAG_MATCH:
        return get_glob(item, out->match, &out->match_count);
    case TAG_SKIP:
        return get_glob(item, out->skip, &out->skip_count);
    default:
        return true;
    }
}

/* What every operation needs, so that none has to look. */
static bool request_complete(const struct sbx_files_request *request)
{
    bool about_file = request->op > SBX_FILES_OPEN;
    bool temporary = request->op == SBX_FILES_TEMP_DIR || request->op == SBX_FILES_TEMP_FILE;
    bool two = request->op >= SBX_FILES_RENAME && request->op <= SBX_FILES_SYMLINK;

    return request->op >= SBX_FILES_STAT && request->op <= SBX_FILES_LAST_OP &&
           (request->path != NULL || about_file || temporary) && (request->to != NULL || !two);
}

bool sbx_files_request_decode(const void *data, size_t length, struct sbx_files_request *out)
{
    struct sbx_tlv_reader reader;
    struct sbx_tlv item;
    int more;

    sbx_files_request_init(out, 0);
    sbx_tlv_reader_init(&reader, data, length);
    while ((more = sbx_tlv_next(&reader, &item)) == 1)
        if (!request_number(&item, out) || !request_string(&item, out))
            return false;
    return more == 0 && request_complete(out);
}

static void put_stat(struct sbx_tlv_writer *writer, const struct sbx_files_stat *stat)
{
    const uint64_t fields[STAT_FIELDS] = {
        stat->mode, stat->size,    stat->dev,    stat->ino,
        stat->nlink, stat->uid,    stat->gid,    stat->rdev,
        stat->blksize, stat->blocks, (uint64_t)stat->atime, (uint64_t)stat->mtime,
        (uint64_t)stat->ctime, (uint64_t)stat->birthtime,
    };
    uint8_t bytes[8 * STAT_FIELDS];

    for (size_t i = 0; i < STAT_FIELDS; i++) {
        store_u32(bytes + 8 * i, (uint32_t)(fields[i] >> 32));
        store_u32(bytes + 8 * i + 4, (uint32_t)fields[i]);
    }
    sbx_tlv_put(writer, TAG_STAT, bytes, sizeof bytes);
}

static bool get_stat(const struct sbx_tlv *item, struct sbx_files_stat *out)
{
    uint64_t fields[STAT_FIELDS];

    if (item->length != 8 * STAT_FIELDS)
        return false;
    for (size_t i = 0; i < STAT_FIELDS; i++)
        fields[i] = (uint64_t)load_u32(item->value + 8 * i) << 32 |
                    load_u32(item->value + 8 * i + 4);
    *out = (struct sbx_files_stat){
        .mode = fields[0],
        .size = fields[1],
        .dev = fields[2],
        .ino = fields[3],
        .nlink = fields[4],
        .uid = fields[5],
        .gid = fields[6],
        .rdev = fields[7],
        .blksize = fields[8],
        .blocks = fields[9],
        .atime = (int64_t)fields[10],
        .mtime = (int64_t)fields[11],
        .ctime = (int64_t)fields[12],
        .birthtime = (int64_t)fields[13],
    };
    return out->mode <= UINT32_MAX && out->uid <= UINT32_MAX && out->gid <= UINT32_MAX;
}

void sbx_files_reply_encode(struct sbx_tlv_writer *writer, const struct sbx_files_reply *reply)
{
    sbx_tlv_put_u64(writer, TAG_OFFSET, (uint64_t)reply->offset);
    if (reply->has_stat)
        put_stat(writer, &reply->stat);
    sbx_tlv_put_string(writer, TAG_PATH, reply->path);
}

static bool reply_item(const struct sbx_tlv *item, struct sbx_files_reply *out)
{
    switch (item->tag) {
    case TAG_OFFSET:
        return get_i64(item, &out->offset) && out->offset >= 0;
    case TAG_STAT:
        out->has_stat = true;
        return get_stat(item, &out->stat);
    case TAG_PATH:
        return get_string(item, SBX_FILES_MAX_PATH, &out->path);
    default:
        return true;
    }
}

bool sbx_files_reply_decode(const void *data, size_t length, struct sbx_files_reply *out)
{
    struct sbx_tlv_reader reader;
    struct sbx_tlv item;
    int more;

    *out = (struct sbx_files_reply){0};
    sbx_tlv_reader_init(&reader, data, length);
    while ((more = sbx_tlv_next(&reader, &item)) == 1)
        if (!reply_item(&item, out))
            return false;
    return more == 0;
}

void sbx_files_failure_encode(struct sbx_tlv_writer *writer,
                              const struct sbx_files_failure *failure)
{
    sbx_tlv_put_u32(writer, TAG_ERROR, failure->error);
    sbx_tlv_put_string(writer, TAG_PATH, failure->path);
}

bool sbx_files_failure_decode(const void *data, size_t length, struct sbx_files_failure *out)
{
    struct sbx_tlv_reader reader;
    struct sbx_tlv item;
    int more;

    *out = (struct sbx_files_failure){0};
    sbx_tlv_reader_init(&reader, data, length);
    while ((more = sbx_tlv_next(&reader, &item)) == 1) {
        if (item.tag == TAG_ERROR && !sbx_tlv_get_u32(&item, &out->error))
            return false;
        if (item.tag == TAG_PATH && !get_string(&item, SBX_FILES_MAX_PATH, &out->path))
            return false;
    }
    /* The kernel's errnos end at 4095. */
    return more == 0 && out->error > 0 && out->error < 4096;
}

/* One byte, @extra bytes more, and one or two strings. */
static void put_record(struct sbx_tlv_writer *writer, uint8_t tag, uint8_t kind,
                       const uint8_t *extra, size_t extra_length, const char *path, const char *to)
{
    size_t length = strlen(path) + 1;
    size_t more = to != NULL ? strlen(to) + 1 : 0;
    uint8_t record[ENTRY_HEADER + 2 * (SBX_FILES_MAX_PATH + 1)];

    if (length > SBX_FILES_MAX_PATH + 1 || more > SBX_FILES_MAX_PATH + 1) {
        writer->failed = true;
        return;
    }
    record[0] = kind;
    if (extra_length > 0)
        memcpy(record + 1, extra, extra_length);
    memcpy(record + 1 + extra_length, path, length);
    if (more > 0)
        memcpy(record + 1 + extra_length + length, to, more);
    sbx_tlv_put(writer, tag, record, 1 + extra_length + length + more);
}

void sbx_files_entry_put(struct sbx_tlv_writer *writer, const struct sbx_files_entry *entry)
{
    uint8_t depth[4];

    store_u32(depth, entry->depth);
    put_record(writer, TAG_ENTRY, entry->kind, depth, sizeof depth, entry->path, NULL);
}

void sbx_files_event_put(struct sbx_tlv_writer *writer, const struct sbx_files_event *event)
{
    put_record(writer, TAG_EVENT, event->kind, NULL, 0, event->path, event->to);
}

/* The next item of that tag: 1, 0 at the end, -1. */
static int next_record(struct sbx_tlv_reader *reader, uint8_t tag, uint32_t least,
                       struct sbx_tlv *item)
{
    int more;

    while ((more = sbx_tlv_next(reader, item)) == 1)
        if (item->tag == tag)
            return item->length >= least ? 1 : -1;
    return more;
}

int sbx_files_entry_next(struct sbx_tlv_reader *reader, struct sbx_files_entry *entry)
{
    struct sbx_tlv item, path;
    int more = next_record(reader, TAG_ENTRY, ENTRY_HEADER + 1, &item);

    if (more != 1)
        return more;
    path = (struct sbx_tlv){TAG_PATH, item.length - ENTRY_HEADER, item.value + ENTRY_HEADER};
    entry->kind = item.value[0];
    entry->depth = load_u32(item.value + 1);
    if (entry->kind > SBX_FILES_KIND_LAST || !get_string(&path, SBX_FILES_MAX_PATH, &entry->path))
        return -1;
    return 1;
}

int sbx_files_event_next(struct sbx_tlv_reader *reader, struct sbx_files_event *event)
{
    struct sbx_tlv item;
    int more = next_record(reader, TAG_EVENT, 2, &item);

    if (more != 1)
        return more;
    const uint8_t *end = memchr(item.value + 1, 0, item.length - 1);
    if (end == NULL || item.value[0] < 1 || item.value[0] > SBX_FILES_EVENT_LAST)
        return -1;
    struct sbx_tlv path = {TAG_PATH, (uint32_t)(end - item.value), item.value + 1};
    struct sbx_tlv to = {TAG_TO, item.length - 1 - path.length, end + 1};
    event->kind = item.value[0];
    event->to = NULL;
    if (!get_string(&path, SBX_FILES_MAX_PATH, &event->path) ||
        (to.length > 0 && !get_string(&to, SBX_FILES_MAX_PATH, &event->to)))
        return -1;
    return (event->to != NULL) == (event->kind == SBX_FILES_EVENT_RENAME) ? 1 : -1;
}
