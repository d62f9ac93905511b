/* tar.h: file trees as tar streams, both ways.
 *
 * The guest's workers and the host's helper program share this code. It is plain C on the C library
 * alone, keeps names as the bytes they are, and needs the same memory for any tree: what grows with
 * the archive (hard links to come, modes of directories) has a cap of its own.
 *
 * create.c walks trees and writes them, extract.c reads archives and makes trees.
 * writer.c: headers of the pax format. reader.c: pax, ustar, GNU and v7 headers, sparse maps.
 * pax.c: records of extended headers. format.c: fields of a header block. stream.c: descriptors.
 * paths.c: directories below a root, no links followed. inodes.c: sets of files.
 * message.c: failures and warnings. command.c: options and messages as text.
 */
#ifndef SBX_TAR_H
#define SBX_TAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TAR_TEXT_MAX = 1024,
    TAR_PATH_MAX = 256 << 10,    /* bytes of a name */
    TAR_PAX_MAX = 2 << 20,       /* bytes of an extended header */
    TAR_XATTR_MAX = 64 << 10,    /* bytes of an extended attribute, as the kernel has it */
    TAR_EXTENTS_MAX = 128 << 10, /* pieces of a sparse file */
    TAR_DEPTH_MAX = 1000,        /* directories in each other; each takes a descriptor */
    TAR_EXCLUDES_MAX = 256,
};

/* What kind of failure it was. Their names are in message.c. */
enum tar_kind {
    TAR_INVALID,
    TAR_SYSTEM,
    TAR_NOT_FOUND,
    TAR_EXISTS,
    TAR_NO_SPACE,
    TAR_DENIED,
    TAR_TOO_BIG,
    TAR_MALFORMED, /* what is read is no archive, or ends early */
    TAR_PEER,      /* the other end of the stream went away */
    TAR_CANCELLED,
    TAR_NO_MEMORY,
    TAR_KINDS
};

struct tar_failure {
    enum tar_kind kind;
    int error; /* errno, or 0 */
    char text[TAR_TEXT_MAX];
};

/* What becomes of a file that is there already. */
enum tar_existing { TAR_REPLACE, TAR_REFUSE, TAR_KEEP };

struct tar_counts {
    uint64_t entries;
    uint64_t bytes; /* of files, holes included */
    uint64_t total; /* bytes there will be; 0: not known */
    uint64_t warnings;
};

struct tar_report {
    void *data;
    /* Both may be NULL. */
    void (*warning)(void *data, const char *text);
    /* Often; false cancels. @name: what was worked on, escaped. */
    bool (*progress)(void *data, const struct tar_counts *counts, const char *name);
};

struct tar_options {
    uint64_t max_bytes; /* of files, holes included */
    uint64_t max_entries;
    bool owners;     /* numeric owners; root only */
    bool privileged; /* setuid, setgid, and attributes of the system's own */
    const char *excludes[TAR_EXCLUDES_MAX];
    size_t exclude_count;
    /* create */
    const char
        *directory; /* names are below it, and stay whole; NULL: sources are as cp has them */
    char *const *sources;
    size_t source_count;
    bool glob;  /* sources are patterns */
    bool total; /* begin with the number of bytes */
    /* extract */
    const char *target;
    bool into; /* the target is a directory, also when it has to be made; else it is as cp has it */
    enum tar_existing existing;
    /* Called when the root of all writing is known, before anything is read. */
    bool (*confine)(void *data, int root_fd, struct tar_failure *failure);
    void *confine_data;
};

#define TAR_OPTIONS_DEFAULT                                                                        \
    {                                                                                              \
        .max_bytes = UINT64_C(64) << 30, .max_entries = 1000000, .owners = true                    \
    }

/* Takes what tar_create() likes to have and may do without: to be called before anything is given
 * up. */
void tar_create_prepare(void);
/* fd: the stream. watch_fd: the work is cancelled when its reader has gone; -1: none, and then fd
 * blocks. Otherwise it must not. */
bool tar_create(const struct tar_options *options, int fd, int watch_fd,
                const struct tar_report *report, struct tar_counts *counts,
                struct tar_failure *failure);
bool tar_extract(const struct tar_options *options, int fd, int watch_fd,
                 const struct tar_report *report, struct tar_counts *counts,
                 struct tar_failure *failure);
/* The same from an archive in memory. */
bool tar_extract_memory(const struct tar_options *options, const void *data, size_t length,
                        const struct tar_report *report, struct tar_counts *counts,
                        struct tar_failure *failure);

/* --- entries --- */

struct tar_extent {
    uint64_t offset;
    uint64_t length;
};

struct tar_xattr {
    const char *name;
    const char *value;
    size_t length;
};

enum tar_type {
    TAR_FILE = '0',
    TAR_HARD_LINK = '1',
    TAR_SYMLINK = '2',
    TAR_CHARACTER = '3',
    TAR_BLOCK_DEVICE = '4',
    TAR_DIRECTORY = '5',
    TAR_FIFO = '6',
    TAR_UNKNOWN = '?',
};

struct tar_entry {
    enum tar_type type;
    const char *path;
    const char *target; /* of a link */
    unsigned mode;      /* 07777 */
    uint64_t uid;
    uint64_t gid;
    int64_t mtime;
    uint32_t mtime_ns;
    unsigned major; /* of a device */
    unsigned minor;
    uint64_t size;   /* of the file */
    uint64_t stored; /* its bytes that are in the archive */
    bool sparse;     /* they go where the extents say; else they are the file */
    const struct tar_extent *extents;
    size_t extent_count;
    const struct tar_xattr *xattrs;
    size_t xattr_count;
};

#endif
