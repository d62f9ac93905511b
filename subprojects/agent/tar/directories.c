/* directories.c: directories that are extracted, and what is done to them at the end. */
#include "attributes.h"
#include "extract.h"
#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LATER = 2,             /* numbers in a set of inodes start here */
    NAMES_MAX = 128 << 20, /* bytes of all directories' names */
};

static bool reserve(struct tar_extraction *extraction, size_t length)
{
    if (extraction->names_length + length > NAMES_MAX)
        return tar_fail(extraction->failure, TAR_TOO_BIG,
                        "the names of the archive's directories are longer than %d bytes",
                        NAMES_MAX);
    if (extraction->names_length + length > extraction->names_allocated) {
        size_t wanted = 2 * (extraction->names_length + length);
        char *names = realloc(extraction->names, wanted);

        if (names == NULL)
            return tar_fail(extraction->failure, TAR_NO_MEMORY, "out of memory");
        extraction->names = names;
        extraction->names_allocated = wanted;
    }
    if (extraction->later_count == extraction->later_allocated) {
        size_t wanted = 2 * extraction->later_count + 64;
        struct tar_later *later = realloc(extraction->later, wanted * sizeof *later);

        if (later == NULL)
            return tar_fail(extraction->failure, TAR_NO_MEMORY, "out of memory");
        extraction->later = later;
        extraction->later_allocated = wanted;
    }
    return true;
}

/* Only the numbers of the entry are kept: its strings are gone by then. */
static struct tar_entry numbers_of(const struct tar_entry *entry)
{
    return (struct tar_entry){.type = entry->type,
                              .mode = entry->mode,
                              .uid = entry->uid,
                              .gid = entry->gid,
                              .mtime = entry->mtime,
                              .mtime_ns = entry->mtime_ns};
}

static bool remember(struct tar_extraction *extraction, const struct stat *status)
{
    size_t length = strlen(extraction->path) + 1;
    size_t index = extraction->later_count;

    if (!reserve(extraction, length))
        return false;
    memcpy(extraction->names + extraction->names_length, extraction->path, length);
    extraction->later[index].path = extraction->names_length;
    extraction->later[index].entry = numbers_of(&extraction->reader.entry);
    if (!tar_inodes_set(&extraction->made, status->st_dev, status->st_ino, index + LATER))
        return tar_fail(extraction->failure, TAR_NO_MEMORY, "out of memory");
    extraction->names_length += length;
    extraction->later_count++;
    return true;
}

/* A directory of ours gets what the entry says; one that was there before stays as it was, so that
 * no archive opens a directory of the host's to others. */
static bool take(struct tar_extraction *extraction, int fd, bool made_now)
{
    struct tar_entry *entry = &extraction->reader.entry;
    struct stat status;
    uint64_t *made;

    if (fstat(fd, &status) < 0)
        return tar_fail_errno(extraction->failure, errno, "cannot examine %s",
                              tar_quote(entry->path));
    made = tar_inodes_find(&extraction->made, status.st_dev, status.st_ino);
    if (!made_now && made == NULL)
        return true;
    if (entry->xattr_count > 0) {
        struct tar_entry mild = *entry;

        /* For now: all that can fail later fails now, too, and the owner can still write. */
        mild.mode = 0700;
        if (!tar_attributes_set(extraction->options, &mild, fd, extraction->report,
                                extraction->counts, extraction->failure))
            return false;
    }
    if (made != NULL && *made >= LATER) {
        extraction->later[*made - LATER].entry = numbers_of(entry);
        return true;
    }
    return remember(extraction, &status);
}

bool tar_place_directory(struct tar_extraction *extraction, int parent, const char *name)
{
    const char *path = extraction->reader.entry.path;
    bool made_now = mkdirat(parent, name, 0700) == 0;
    bool taken;
    int fd;

    if (!made_now && errno != EEXIST)
        return tar_fail_errno(extraction->failure, errno, "cannot make the directory %s",
                              tar_quote(path));
    fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
        return tar_fail(extraction->failure, TAR_EXISTS,
                        "%s is a directory, and what is there already is none", tar_quote(path));
    /* One that was there, and which we may not read, is left alone all the same. */
    if (fd < 0 && errno == EACCES && !made_now)
        return true;
    if (fd < 0)
        return tar_fail_errno(extraction->failure, errno, "cannot open the directory %s",
                              tar_quote(path));
    taken = take(extraction, fd, made_now);
    close(fd);
    return taken;
}

bool tar_place_root(struct tar_extraction *extraction)
{
    int fd = openat(extraction->paths.root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool taken;

    if (fd < 0)
        return true; /* as above */
    taken = take(extraction, fd, extraction->root_made);
    close(fd);
    return taken;
}

static bool finish(struct tar_extraction *extraction, struct tar_later *later)
{
    const char *path = extraction->names + later->path;
    int place = tar_paths_open_own(&extraction->paths, path, strlen(path), extraction->failure);
    int fd = place >= 0 ? openat(place, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    bool done = false;

    later->entry.path = *path != '\0' ? path : ".";
    if (fd >= 0)
        done = tar_attributes_set(extraction->options, &later->entry, fd, extraction->report,
                                  extraction->counts, extraction->failure);
    else if (place >= 0)
        tar_fail_errno(extraction->failure, errno, "cannot open the directory %s",
                       tar_quote(later->entry.path));
    if (fd >= 0)
        close(fd);
    if (place >= 0)
        close(place);
    return done;
}

/* Children come after their parents, which may become unreadable. */
bool tar_finish_directories(struct tar_extraction *extraction)
{
    for (size_t i = extraction->later_count; i > 0; i--)
        if (!finish(extraction, &extraction->later[i - 1]))
            return false;
    return true;
}
