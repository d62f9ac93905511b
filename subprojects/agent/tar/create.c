/* create.c: walks trees and writes them as an archive.
 *
 * Directories are opened one below the other, by descriptors and without following links, so that
 * somebody who moves things about meanwhile cannot lead the walk elsewhere. */
#include "create.h"

#include "message.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

enum {
    NAMES_MAX = 64 << 20, /* bytes of the names of files that have more names */
    DESCRIPTORS = TAR_DEPTH_MAX + 64,
};

static struct tar_entry entry_of(const struct tar_creation *creation, const struct stat *status)
{
    return (struct tar_entry){
        .path = creation->path,
        .target = "",
        .mode = status->st_mode & 07777,
        .uid = status->st_uid,
        .gid = status->st_gid,
        .mtime = status->st_mtim.tv_sec,
        .mtime_ns = (uint32_t)status->st_mtim.tv_nsec,
        .xattrs = creation->xattrs,
        .xattr_count = creation->xattr_count,
    };
}

static bool count(struct tar_creation *creation, uint64_t bytes)
{
    const struct tar_options *options = creation->options;
    struct tar_counts *counts = creation->counts;

    if (counts->entries >= options->max_entries)
        return tar_fail(creation->failure, TAR_TOO_BIG,
                        "there are more than the %" PRIu64 " entries that are allowed",
                        options->max_entries);
    if (bytes > options->max_bytes || counts->bytes > options->max_bytes - bytes)
        return tar_fail(creation->failure, TAR_TOO_BIG,
                        "with %s the files have more than the %" PRIu64 " bytes that are allowed",
                        tar_quote(creation->path), options->max_bytes);
    counts->entries++;
    return true;
}

static bool finish(struct tar_creation *creation, uint64_t bytes)
{
    creation->counts->bytes += bytes;
    return tar_progress(creation->report, creation->counts, creation->path, creation->failure);
}

/* The entry's name for those to come of the same file. When there is no room it goes without. */
static void remember(struct tar_creation *creation, const struct stat *status)
{
    size_t length = creation->path_length + 1;

    if (creation->names_length + length > creation->names_allocated && !creation->names_full) {
        size_t wanted = 2 * (creation->names_length + length);
        char *names = wanted <= NAMES_MAX ? realloc(creation->names, wanted) : NULL;

        if (names != NULL) {
            creation->names = names;
            creation->names_allocated = wanted;
        }
    }
    if (creation->names_length + length > creation->names_allocated ||
        !tar_inodes_set(&creation->linked, status->st_dev, status->st_ino,
                        creation->names_length)) {
        if (!creation->names_full)
            tar_warn(creation->report, creation->counts,
                     "there are too many hard links: some files are stored more than once");
        creation->names_full = true;
        return;
    }
    memcpy(creation->names + creation->names_length, creation->path, length);
    creation->names_length += length;
}

/* Whether it was one more name of a file that is in the archive; then it is written. */
static bool add_hard_link(struct tar_creation *creation, const struct stat *status, bool *added)
{
    struct tar_entry entry = entry_of(creation, status);
    uint64_t *first;

    if (status->st_nlink < 2 || creation->counting)
        return true;
    first = tar_inodes_find(&creation->linked, status->st_dev, status->st_ino);
    if (first == NULL) {
        remember(creation, status);
        return true;
    }
    entry.type = TAR_HARD_LINK;
    entry.target = creation->names + *first;
    entry.xattr_count = 0;
    *added = true;
    return count(creation, 0) && tar_writer_entry(&creation->writer, &entry) && finish(creation, 0);
}

/* What the kernel makes up when it is asked is no file that somebody could want back. */
static bool is_made_up(int fd)
{
    struct statfs status;

    if (fstatfs(fd, &status) < 0)
        return false;
    switch ((unsigned long)status.f_type) {
    case PROC_SUPER_MAGIC:
    case SYSFS_MAGIC:
    case CGROUP_SUPER_MAGIC:
    case CGROUP2_SUPER_MAGIC:
    case DEVPTS_SUPER_MAGIC:
    case DEBUGFS_MAGIC:
    case TRACEFS_MAGIC:
    case SECURITYFS_MAGIC:
        return true;
    default:
        return false;
    }
}

/* Its size says nothing. Below directories the same is found out of the directory. */
static bool is_made_up_source(struct tar_creation *creation, int fd)
{
    if (creation->depth > 0 || creation->counting || !is_made_up(fd))
        return false;
    tar_warn(creation->report, creation->counts, "%s is left out: the kernel makes it up",
             tar_quote(creation->path));
    return true;
}

static bool add_file(struct tar_creation *creation, int fd, const struct stat *status)
{
    struct tar_entry entry;
    bool added = false;

    if (is_made_up_source(creation, fd))
        return true;
    if (!add_hard_link(creation, status, &added) || added)
        return added;
    if (!count(creation, (uint64_t)status->st_size))
        return false;
    if (!creation->counting) {
        if (!tar_read_xattrs(creation, fd))
            return false;
        entry = entry_of(creation, status);
        entry.type = TAR_FILE;
        entry.size = (uint64_t)status->st_size;
        entry.sparse = tar_find_extents(creation, fd, status);
        if (!tar_add_content(creation, fd, &entry))
            return false;
    }
    return finish(creation, (uint64_t)status->st_size);
}

static bool add_symlink(struct tar_creation *creation, int parent, const char *name,
                        const struct stat *status)
{
    struct tar_entry entry;
    bool added = false;
    ssize_t length;

    creation->xattr_count = 0;
    if (!add_hard_link(creation, status, &added) || added)
        return added;
    length = readlinkat(parent, name, creation->link, TAR_PATH_MAX);
    if (length < 0)
        return tar_fail_errno(creation->failure, errno, "cannot read the link %s",
                              tar_quote(creation->path));
    creation->link[length] = '\0';
    entry = entry_of(creation, status);
    entry.type = TAR_SYMLINK;
    entry.target = creation->link;
    return count(creation, 0) &&
           (creation->counting || tar_writer_entry(&creation->writer, &entry)) &&
           finish(creation, 0);
}

/* Devices and fifos: a reader may want to know that they were there. */
static bool add_special(struct tar_creation *creation, const struct stat *status)
{
    struct tar_entry entry;

    creation->xattr_count = 0;
    entry = entry_of(creation, status);
    if (creation->counting)
        return true;
    if (S_ISSOCK(status->st_mode)) {
        tar_warn(creation->report, creation->counts, "%s is left out: it is a socket",
                 tar_quote(creation->path));
        return true;
    }
    entry.type = S_ISCHR(status->st_mode)   ? TAR_CHARACTER
                 : S_ISBLK(status->st_mode) ? TAR_BLOCK_DEVICE
                                            : TAR_FIFO;
    if (entry.type != TAR_FIFO) {
        entry.major = major(status->st_rdev);
        entry.minor = minor(status->st_rdev);
    }
    return count(creation, 0) && tar_writer_entry(&creation->writer, &entry) && finish(creation, 0);
}

bool tar_set_path(struct tar_creation *creation, const char *path)
{
    size_t length = strlen(path);

    if (length > TAR_PATH_MAX)
        return tar_fail(creation->failure, TAR_TOO_BIG, "%s is longer than %d bytes",
                        tar_quote(path), TAR_PATH_MAX);
    memcpy(creation->path, path, length + 1);
    creation->path_length = length;
    return true;
}

/* One name of a directory, whose path is as long as that. */
static bool add_child(struct tar_creation *creation, int directory, const char *name, size_t length)
{
    size_t more = strlen(name);

    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return true;
    if (length + 1 + more > TAR_PATH_MAX)
        return tar_fail(creation->failure, TAR_TOO_BIG, "a path below %s is longer than %d bytes",
                        tar_quote(creation->path), TAR_PATH_MAX);
    if (length > 0)
        creation->path[length++] = '/';
    memcpy(creation->path + length, name, more + 1);
    creation->path_length = length + more;
    return tar_excluded(creation->options, creation->path) ||
           tar_add(creation, directory, name, false);
}

/* Takes the descriptor. */
static bool add_children(struct tar_creation *creation, int fd)
{
    /* The contents of the root itself have no "./" before them. */
    size_t length = strcmp(creation->path, ".") == 0 ? 0 : creation->path_length;
    DIR *directory = fdopendir(fd);
    bool added = true;

    if (directory == NULL) {
        close(fd);
        return tar_fail_errno(creation->failure, errno, "cannot read the directory %s",
                              tar_quote(creation->path));
    }
    while (added) {
        struct dirent *child;

        errno = 0;
        child = readdir(directory);
        if (child == NULL)
            break;
        added = add_child(creation, dirfd(directory), child->d_name, length);
    }
    if (added && errno != 0) {
        creation->path[length] = '\0';
        added = tar_fail_errno(creation->failure, errno, "cannot read the directory %s",
                               tar_quote(creation->path));
    }
    closedir(directory);
    return added;
}

/* Takes the descriptor. */
static bool add_directory(struct tar_creation *creation, int fd, const struct stat *status)
{
    struct tar_entry entry;
    bool added = true;

    if (creation->depth >= TAR_DEPTH_MAX)
        added = tar_fail(creation->failure, TAR_TOO_BIG, "%s is more than %d directories deep",
                         tar_quote(creation->path), TAR_DEPTH_MAX);
    if (added && !creation->counting)
        added = tar_read_xattrs(creation, fd);
    entry = entry_of(creation, status);
    entry.type = TAR_DIRECTORY;
    added = added && count(creation, 0) &&
            (creation->counting || tar_writer_entry(&creation->writer, &entry)) &&
            finish(creation, 0);
    if (added && is_made_up(fd)) {
        if (!creation->counting)
            tar_warn(creation->report, creation->counts,
                     "what is in %s is left out: the kernel makes it up",
                     tar_quote(creation->path));
        close(fd);
        return true;
    }
    if (!added) {
        close(fd);
        return false;
    }
    creation->depth++;
    added = add_children(creation, fd);
    creation->depth--;
    return added;
}

/* What was just found may have gone since, as files do; below the source itself that is no failure.
 */
static bool cannot_open(struct tar_creation *creation, int error)
{
    if (error != ENOENT || creation->depth == 0)
        return tar_fail_errno(creation->failure, error, "cannot open %s",
                              tar_quote(creation->path));
    if (!creation->counting)
        tar_warn(creation->report, creation->counts, "%s has gone meanwhile",
                 tar_quote(creation->path));
    return true;
}

static bool add_opened(struct tar_creation *creation, int parent, const char *name, int follow,
                       mode_t type)
{
    struct stat status;
    bool added;
    int fd = openat(parent, name,
                    O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (follow ? 0 : O_NOFOLLOW));

    if (fd < 0)
        return cannot_open(creation, errno == ELOOP ? ENOENT : errno);
    if (fstat(fd, &status) < 0 || (status.st_mode & S_IFMT) != type) {
        close(fd);
        return cannot_open(creation, ENOENT);
    }
    if (S_ISDIR(type))
        return add_directory(creation, fd, &status);
    added = add_file(creation, fd, &status);
    close(fd);
    return added;
}

bool tar_add(struct tar_creation *creation, int parent, const char *name, bool follow)
{
    struct stat status;

    if (fstatat(parent, name, &status, follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0)
        return cannot_open(creation, errno);
    if (creation->counting && S_ISREG(status.st_mode))
        return add_file(creation, -1, &status);
    if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))
        return add_opened(creation, parent, name, follow, status.st_mode & S_IFMT);
    if (S_ISLNK(status.st_mode))
        return add_symlink(creation, parent, name, &status);
    return add_special(creation, &status);
}

/* The number of bytes, by a walk of its own. */
static bool write_total(struct tar_creation *creation)
{
    uint64_t bytes;

    creation->counting = true;
    if (!tar_add_sources(creation))
        return false;
    creation->counting = false;
    bytes = creation->counts->bytes;
    *creation->counts = (struct tar_counts){.total = bytes};
    return tar_writer_total(&creation->writer, bytes);
}

void tar_create_prepare(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= DESCRIPTORS)
        return;
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static bool create(struct tar_creation *creation)
{
    creation->path = malloc(TAR_PATH_MAX + 1);
    creation->link = malloc(TAR_PATH_MAX + 1);
    if (creation->path == NULL || creation->link == NULL)
        return tar_fail(creation->failure, TAR_NO_MEMORY, "out of memory");
    tar_create_prepare();
    return (!creation->options->total || write_total(creation)) && tar_add_sources(creation) &&
           tar_writer_end(&creation->writer);
}

bool tar_create(const struct tar_options *options, int fd, int watch_fd,
                const struct tar_report *report, struct tar_counts *counts,
                struct tar_failure *failure)
{
    struct tar_creation creation = {
        .options = options, .report = report, .counts = counts, .failure = failure};
    bool created;

    *counts = (struct tar_counts){0};
    creation.writer.failure = failure;
    created = tar_stream_open(&creation.writer.stream, fd, watch_fd, failure) && create(&creation);
    tar_writer_clear(&creation.writer);
    tar_inodes_clear(&creation.linked);
    free(creation.path);
    free(creation.link);
    free(creation.names);
    free(creation.extents);
    free(creation.xattr_names);
    free(creation.xattr_values);
    free(creation.xattrs);
    return created;
}
