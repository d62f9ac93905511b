/* place.c: files and links that are extracted.
 *
 * A file whose name is free is made under that name. One that replaces another is made beside it
 * and renamed, so that whoever opens the name finds the old one or the new one, whole; nothing is
 * ever written into a file that was there, which might have other names. */
#include "attributes.h"
#include "extract.h"
#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEMPORARY_NAME = 32, TEMPORARY_TRIES = 8 };

/* What is made where, by one of the functions below. */
struct place {
    struct tar_extraction *extraction;
    int parent;
    const char *name;
    const char *target; /* of a link */
    int target_parent;
    int fd; /* of a file */
};

typedef bool maker(struct place *place, const char *name); /* false: errno */

static bool make_file(struct place *place, const char *name)
{
    place->fd =
        openat(place->parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return place->fd >= 0;
}

static bool make_symlink(struct place *place, const char *name)
{
    return symlinkat(place->target, place->parent, name) == 0;
}

static bool make_hard_link(struct place *place, const char *name)
{
    return linkat(place->target_parent, place->target, place->parent, name, 0) == 0;
}

static bool make_beside(struct place *place, maker *make, char *temporary)
{
    for (int i = 0; i < TEMPORARY_TRIES; i++) {
        uint64_t number;

        if (getrandom(&number, sizeof number, 0) != sizeof number)
            return false;
        snprintf(temporary, TEMPORARY_NAME, ".sbx-%016" PRIx64, number);
        if (make(place, temporary))
            return true;
        if (errno != EEXIST)
            return false;
    }
    return false;
}

static bool cannot_make(struct place *place)
{
    return tar_fail_errno(place->extraction->failure, errno, "cannot make %s",
                          tar_quote(place->extraction->reader.entry.path));
}

/* For hard links to come. */
static bool note(struct tar_extraction *extraction, const struct stat *status)
{
    return tar_inodes_set(&extraction->made, status->st_dev, status->st_ino, 0) ||
           tar_fail(extraction->failure, TAR_NO_MEMORY, "out of memory");
}

/* What was there stays, and is what hard links to this entry mean: who copies a tree once more has
 * them again. 0, or -1. */
static int keep(struct place *place)
{
    struct stat status;

    place->extraction->passed_over = true;
    if (fstatat(place->parent, place->name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
        S_ISDIR(status.st_mode))
        return 0;
    return note(place->extraction, &status) ? 0 : -1;
}

/* Makes it under its name or, when that is taken and may be replaced, another one: then temporary
 * is not empty. 1: made; 0: not wanted; -1: failed. */
static int make_somewhere(struct place *place, maker *make, char *temporary)
{
    struct tar_extraction *extraction = place->extraction;
    const char *path = extraction->reader.entry.path;

    *temporary = '\0';
    if (make(place, place->name))
        return 1;
    if (errno == EEXIST && extraction->options->existing == TAR_KEEP)
        return keep(place);
    if (errno == EEXIST && extraction->options->existing == TAR_REFUSE) {
        tar_fail(extraction->failure, TAR_EXISTS, "%s is there already", tar_quote(path));
        return -1;
    }
    if (errno == EEXIST && make_beside(place, make, temporary))
        return 1;
    cannot_make(place);
    return -1;
}

/* It is complete, or not: gives it its name, or removes it. */
static bool settle(struct place *place, const char *temporary, bool complete)
{
    const char *path = place->extraction->reader.entry.path;

    if (complete && *temporary != '\0' &&
        renameat(place->parent, temporary, place->parent, place->name) < 0)
        complete =
            errno == EISDIR || errno == ENOTEMPTY || errno == EEXIST
                ? tar_fail(place->extraction->failure, TAR_EXISTS,
                           "%s is no directory, and what is there already is one", tar_quote(path))
                : tar_fail_errno(place->extraction->failure, errno, "cannot replace %s",
                                 tar_quote(path));
    if (!complete)
        unlinkat(place->parent, *temporary != '\0' ? temporary : place->name, 0);
    return complete;
}

static bool write_all(struct place *place, const char *bytes, size_t length, uint64_t *offset)
{
    while (length > 0) {
        ssize_t n = pwrite(place->fd, bytes, length, (off_t)*offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return tar_fail_errno(place->extraction->failure, errno, "cannot write %s",
                                  tar_quote(place->extraction->reader.entry.path));
        bytes += n;
        length -= (size_t)n;
        *offset += (uint64_t)n;
    }
    return true;
}

/* What is known of the progress within an entry goes back when that is over: entries are counted as
 * a whole. */
static bool report_within(struct tar_extraction *extraction, uint64_t done)
{
    struct tar_counts counts = *extraction->counts;

    counts.bytes += done;
    return tar_progress(extraction->report, &counts, extraction->path, extraction->failure);
}

static bool write_data(struct place *place)
{
    struct tar_extraction *extraction = place->extraction;
    const struct tar_entry *entry = &extraction->reader.entry;
    const struct tar_extent whole = {0, entry->stored};
    const struct tar_extent *extents = entry->sparse ? entry->extents : &whole;
    size_t count = entry->sparse ? entry->extent_count : 1;
    const char *bytes = NULL;
    size_t available = 0;

    for (size_t i = 0; i < count; i++) {
        uint64_t offset = extents[i].offset;
        uint64_t end = offset + extents[i].length;

        while (offset < end) {
            ssize_t n =
                available > 0 ? (ssize_t)available : tar_reader_data(&extraction->reader, &bytes);
            size_t length;

            if (n < 0 || !report_within(extraction, offset))
                return false;
            available = (size_t)n;
            length = end - offset < available ? (size_t)(end - offset) : available;
            if (!write_all(place, bytes, length, &offset))
                return false;
            bytes += length;
            available -= length;
        }
    }
    if (entry->sparse && ftruncate(place->fd, (off_t)entry->size) < 0)
        return tar_fail_errno(extraction->failure, errno, "cannot make %s %" PRIu64 " bytes long",
                              tar_quote(entry->path), entry->size);
    return true;
}

bool tar_place_file(struct tar_extraction *extraction, int parent, const char *name)
{
    struct place place = {.extraction = extraction, .parent = parent, .name = name, .fd = -1};
    char temporary[TEMPORARY_NAME];
    struct stat status;
    int made = make_somewhere(&place, make_file, temporary);
    bool complete;

    if (made <= 0)
        return made == 0;
    complete = write_data(&place) &&
               tar_attributes_set(extraction->options, &extraction->reader.entry, place.fd,
                                  extraction->report, extraction->counts, extraction->failure) &&
               (fstat(place.fd, &status) == 0 || cannot_make(&place)) && note(extraction, &status);
    /* Quotas and network file systems tell here that there was no room. */
    if (close(place.fd) < 0 && complete)
        complete = cannot_make(&place);
    return settle(&place, temporary, complete);
}

bool tar_place_symlink(struct tar_extraction *extraction, int parent, const char *name)
{
    const struct tar_entry *entry = &extraction->reader.entry;
    struct place place = {.extraction = extraction,
                          .parent = parent,
                          .name = name,
                          .target = entry->target,
                          .fd = -1};
    char temporary[TEMPORARY_NAME];
    struct stat status;
    const char *made_name;
    int made;

    if (entry->target[0] == '\0')
        return tar_fail(extraction->failure, TAR_MALFORMED,
                        "%s is a symbolic link without a target", tar_quote(entry->path));
    made = make_somewhere(&place, make_symlink, temporary);
    if (made <= 0)
        return made == 0;
    made_name = *temporary != '\0' ? temporary : name;
    return settle(&place, temporary,
                  tar_attributes_set_link(extraction->options, entry, parent, made_name,
                                          extraction->failure) &&
                      (fstatat(parent, made_name, &status, AT_SYMLINK_NOFOLLOW) == 0 ||
                       cannot_make(&place)) &&
                      note(extraction, &status));
}

/* Whether the link's target is one of ours. */
static bool check_target(struct place *place)
{
    struct tar_extraction *extraction = place->extraction;
    const struct tar_entry *entry = &extraction->reader.entry;
    struct stat status;
    uint64_t *made;

    if (fstatat(place->target_parent, place->target, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return tar_fail_errno(extraction->failure, errno, "%s is a hard link to %s",
                              tar_quote(entry->path), tar_quote(entry->target));
    made = tar_inodes_find(&extraction->made, status.st_dev, status.st_ino);
    if (made == NULL || *made != 0 || S_ISDIR(status.st_mode))
        return tar_fail(extraction->failure, TAR_DENIED,
                        "%s is a hard link to %s, which is not of this archive",
                        tar_quote(entry->path), tar_quote(entry->target));
    return true;
}

bool tar_place_hard_link(struct tar_extraction *extraction, int parent, const char *name,
                         const char *target)
{
    struct place place = {.extraction = extraction, .parent = parent, .name = name, .fd = -1};
    char temporary[TEMPORARY_NAME];
    size_t length = tar_path_split(target, &place.target);
    bool placed = false;
    int made;

    place.target_parent =
        tar_paths_open_own(&extraction->paths, target, length, extraction->failure);
    if (place.target_parent < 0)
        return false;
    if (check_target(&place)) {
        made = make_somewhere(&place, make_hard_link, temporary);
        placed = made == 0 || (made > 0 && settle(&place, temporary, true));
        /* Renaming one name of a file to another one of its names does nothing. */
        if (placed && made > 0 && *temporary != '\0')
            unlinkat(parent, temporary, 0);
    }
    close(place.target_parent);
    return placed;
}
