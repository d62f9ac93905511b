/* files.h: what a host and the worker "files" say to each other by the worker's standard streams.
 *
 * Frames: four bytes length of the body (big endian), one byte type, body. Bodies of requests,
 * replies and failures are lists of TLVs, those of data frames are raw bytes. A request has one
 * reply, or one failure; whatever frames it streams come before that.
 *
 *   host -> worker   REQUEST; after the request of a write: DATA ..., END. A worker that cannot
 *                    write says so at once, and reads on to END.
 *   worker -> host   DATA ... (contents of files) or ENTRIES ... (directories), REPLY or FAILURE.
 *                    After the reply to a watch: EVENTS until the host closes.
 *
 * A worker has at most one open file. It ends when its standard input does, whatever it is waiting
 * for at that moment. A frame it does not understand ends it, too.
 */
#ifndef SBX_AGENT_FILES_H
#define SBX_AGENT_FILES_H

#include "tlv.h"

#define SBX_FILES_WORKER "files"

enum {
    SBX_FILES_HEADER = 5,
    SBX_FILES_MAX_FRAME = 1 << 20,      /* body */
    SBX_FILES_CHUNK = 256 << 10,        /* body of a data frame, as we send them */
    SBX_FILES_BATCH = 32 << 10,         /* body of a frame of entries, as we send them */
    SBX_FILES_MAX_PATH = 64 << 10,      /* deep trees have longer paths than the kernel takes */
    SBX_FILES_MAX_AFFIX = 128,
    SBX_FILES_MAX_GLOBS = 64,
    SBX_FILES_MAX_GLOB = 4096,
};

enum sbx_files_type {
    SBX_FILES_REQUEST = 1,
    SBX_FILES_DATA,
    SBX_FILES_END,
    SBX_FILES_REPLY,
    SBX_FILES_FAILURE,
    SBX_FILES_ENTRIES,
    SBX_FILES_EVENTS,
};

enum sbx_files_op {
    SBX_FILES_STAT = 1,
    SBX_FILES_READ_DIR,
    SBX_FILES_MKDIR,
    SBX_FILES_REMOVE,
    SBX_FILES_RENAME,
    SBX_FILES_COPY,
    SBX_FILES_LINK,
    SBX_FILES_SYMLINK,
    SBX_FILES_READLINK,
    SBX_FILES_REALPATH,
    SBX_FILES_CHMOD,
    SBX_FILES_CHOWN,
    SBX_FILES_UTIME,
    SBX_FILES_TRUNCATE,
    SBX_FILES_TEMP_DIR,
    SBX_FILES_TEMP_FILE,
    SBX_FILES_WALK,
    SBX_FILES_GLOB,
    SBX_FILES_WATCH,
    SBX_FILES_READ_FILE,
    SBX_FILES_WRITE_FILE,
    /* about the open file */
    SBX_FILES_OPEN,
    SBX_FILES_READ,
    SBX_FILES_WRITE,
    SBX_FILES_SEEK,
    SBX_FILES_SET_SIZE,
    SBX_FILES_SYNC,
    SBX_FILES_DATASYNC,
    SBX_FILES_LOCK,
    SBX_FILES_UNLOCK,
    SBX_FILES_FSTAT,
    SBX_FILES_FUTIME,
    SBX_FILES_CLOSE,
    SBX_FILES_LAST_OP = SBX_FILES_CLOSE,
};

/* The numbers of flags are those of the library's public headers. */
enum sbx_files_flags {
    SBX_FILES_RECURSIVE = 1 << 0,
    SBX_FILES_NO_FOLLOW = 1 << 1,
    SBX_FILES_APPEND = 1 << 2,
    SBX_FILES_CREATE_NEW = 1 << 3,
    SBX_FILES_NO_CREATE = 1 << 4,
    SBX_FILES_ATOMIC = 1 << 5,
    SBX_FILES_NO_REPLACE = 1 << 6,
    SBX_FILES_FOLLOW_LINKS = 1 << 7,
    SBX_FILES_SKIP_DENIED = 1 << 8,
    SBX_FILES_NO_FILES = 1 << 9,
    SBX_FILES_NO_DIRECTORIES = 1 << 10,
    SBX_FILES_NO_SYMLINKS = 1 << 11,
    SBX_FILES_IGNORE_CASE = 1 << 12,
};

/* Flags of OPEN. */
enum sbx_files_open {
    SBX_FILES_OPEN_READ = 1 << 0,
    SBX_FILES_OPEN_WRITE = 1 << 1,
    SBX_FILES_OPEN_APPEND = 1 << 2,
    SBX_FILES_OPEN_CREATE = 1 << 3,
    SBX_FILES_OPEN_CREATE_NEW = 1 << 4,
    SBX_FILES_OPEN_TRUNCATE = 1 << 5,
};

/* Flags of LOCK. */
enum sbx_files_lock {
    SBX_FILES_LOCK_EXCLUSIVE = 1 << 0,
    SBX_FILES_LOCK_TRY = 1 << 1,
};

enum sbx_files_kind {
    SBX_FILES_KIND_UNKNOWN,
    SBX_FILES_KIND_FILE,
    SBX_FILES_KIND_DIRECTORY,
    SBX_FILES_KIND_SYMLINK,
    SBX_FILES_KIND_FIFO,
    SBX_FILES_KIND_SOCKET,
    SBX_FILES_KIND_CHAR_DEVICE,
    SBX_FILES_KIND_BLOCK_DEVICE,
    SBX_FILES_KIND_LAST = SBX_FILES_KIND_BLOCK_DEVICE,
};

enum sbx_files_event_kind {
    SBX_FILES_EVENT_CREATE = 1,
    SBX_FILES_EVENT_MODIFY,
    SBX_FILES_EVENT_REMOVE,
    SBX_FILES_EVENT_RENAME,
    SBX_FILES_EVENT_ATTRIBUTES,
    SBX_FILES_EVENT_OVERFLOW,
    SBX_FILES_EVENT_LAST = SBX_FILES_EVENT_OVERFLOW,
};

/* Times in nanoseconds since 1970. */
#define SBX_FILES_TIME_OMIT INT64_MIN
#define SBX_FILES_TIME_NOW INT64_MAX

enum { SBX_FILES_NO_MODE = -1, SBX_FILES_NO_DEPTH = -1 };

/* Strings are paths: bytes without NUL. A decoded one points into the body. */
struct sbx_files_request {
    uint32_t op;
    uint32_t flags;
    int32_t mode;    /* permissions; SBX_FILES_NO_MODE: as it comes */
    uint32_t umask;
    uint32_t uid;    /* -1: as it is */
    uint32_t gid;
    int64_t offset;
    uint32_t whence; /* SEEK_SET, SEEK_CUR, SEEK_END */
    uint64_t length; /* READ_FILE: at most so many bytes */
    int32_t depth;   /* WALK, GLOB: at most; SBX_FILES_NO_DEPTH */
    int64_t atime;
    int64_t mtime;
    const char *path;
    const char *to;
    const char *prefix;
    const char *suffix;
    size_t match_count;
    size_t skip_count;
    const char *match[SBX_FILES_MAX_GLOBS];
    const char *skip[SBX_FILES_MAX_GLOBS];
};

struct sbx_files_stat {
    uint64_t mode, size, dev, ino, nlink, uid, gid, rdev, blksize, blocks;
    int64_t atime, mtime, ctime; /* nanoseconds since 1970 */
    int64_t birthtime;           /* SBX_FILES_TIME_OMIT: the file system does not know */
};

struct sbx_files_reply {
    int64_t offset;
    bool has_stat;
    struct sbx_files_stat stat;
    const char *path; /* or NULL */
};

struct sbx_files_failure {
    uint32_t error;   /* errno, not 0 */
    const char *path; /* what it is about when that is not what was asked for, or NULL */
};

struct sbx_files_entry {
    uint8_t kind;
    uint32_t depth;
    const char *path; /* READ_DIR: a name */
};

struct sbx_files_event {
    uint8_t kind;
    const char *path;
    const char *to;   /* RENAME only, else NULL */
};

struct sbx_files_frame {
    uint8_t type;
    uint32_t length;
    const uint8_t *body;
};

void sbx_files_header(uint8_t header[SBX_FILES_HEADER], uint8_t type, size_t length);
/* Looks at the beginning of bytes that were received. 1 with a whole frame, 0 when there is not
 * enough of it yet, -1 when it is none. */
int sbx_files_frame_parse(const uint8_t *data, size_t length, struct sbx_files_frame *frame);

/* Encoders set writer->failed when the limit does not do. Decoders return false for what is
 * malformed or out of range. */
void sbx_files_request_init(struct sbx_files_request *request, uint32_t op);
void sbx_files_request_encode(struct sbx_tlv_writer *writer,
                              const struct sbx_files_request *request);
bool sbx_files_request_decode(const void *data, size_t length, struct sbx_files_request *out);
void sbx_files_reply_encode(struct sbx_tlv_writer *writer, const struct sbx_files_reply *reply);
bool sbx_files_reply_decode(const void *data, size_t length, struct sbx_files_reply *out);
void sbx_files_failure_encode(struct sbx_tlv_writer *writer,
                              const struct sbx_files_failure *failure);
bool sbx_files_failure_decode(const void *data, size_t length, struct sbx_files_failure *out);
void sbx_files_entry_put(struct sbx_tlv_writer *writer, const struct sbx_files_entry *entry);
void sbx_files_event_put(struct sbx_tlv_writer *writer, const struct sbx_files_event *event);
/* The next of a frame's entries or events: 1, 0 at the end, -1 when malformed. */
int sbx_files_entry_next(struct sbx_tlv_reader *reader, struct sbx_files_entry *entry);
int sbx_files_event_next(struct sbx_tlv_reader *reader, struct sbx_files_event *event);

#endif
