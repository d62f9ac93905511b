/* extract.c: reads an archive and makes the tree.
 *
 * The archive is an enemy's: it may name what it likes, in any order. Nothing outside of the root
 * is made, changed or linked to; no link is followed; devices, fifos and sockets are left out. */
#include "extract.h"

#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Opens the root, and decides how the archive's first name becomes the target's. */
static int open_directory(const char *path)
{
    return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static bool make_root(struct tar_extraction *extraction, const char *target)
{
    if (mkdir(target, 0755) < 0)
        return tar_fail_errno(extraction->failure, errno, "cannot make the directory %s",
                              tar_quote(target));
    extraction->root_made = true;
    extraction->paths.root_fd = open_directory(target);
    return extraction->paths.root_fd >= 0 ||
           tar_fail_errno(extraction->failure, errno, "cannot open the directory %s",
                          tar_quote(target));
}

/* The target is to be a new name, or replaces a file: the root is where that name is. */
static bool open_parent(struct tar_extraction *extraction, const char *target)
{
    char *copy = strdup(target);
    char *slash = copy != NULL ? strrchr(copy, '/') : NULL;
    const char *parent = slash == NULL ? "." : slash == copy ? "/" : copy;

    extraction->rename = copy != NULL ? strdup(slash != NULL ? slash + 1 : copy) : NULL;
    if (slash != NULL)
        *slash = '\0';
    if (extraction->rename == NULL) {
        free(copy);
        return tar_fail(extraction->failure, TAR_NO_MEMORY, "out of memory");
    }
    extraction->paths.root_fd = open_directory(parent);
    if (extraction->paths.root_fd < 0)
        tar_fail_errno(extraction->failure, errno, "cannot open the directory %s",
                       tar_quote(parent));
    free(copy);
    return extraction->paths.root_fd >= 0;
}

static bool open_root(struct tar_extraction *extraction)
{
    const char *target = extraction->options->target;
    size_t length = strlen(target);
    bool into = extraction->options->into || (length > 0 && target[length - 1] == '/');

    if (length == 0)
        return tar_fail(extraction->failure, TAR_INVALID, "the target's name is empty");
    extraction->paths.root_fd = open_directory(target);
    if (extraction->paths.root_fd >= 0)
        return true;
    if (errno == ENOTDIR && into)
        return tar_fail(extraction->failure, TAR_EXISTS, "%s is not a directory",
                        tar_quote(target));
    if (errno != ENOENT && errno != ENOTDIR)
        return tar_fail_errno(extraction->failure, errno, "cannot open the directory %s",
                              tar_quote(target));
    return into ? make_root(extraction, target) : open_parent(extraction, target);
}

/* The contents of a directory become those of the target, which is new. */
static bool descend(struct tar_extraction *extraction)
{
    int root = extraction->paths.root_fd;
    const char *name = extraction->rename;

    if (mkdirat(root, name, 0755) < 0)
        return tar_fail_errno(extraction->failure, errno, "cannot make the directory %s",
                              tar_quote(name));
    extraction->root_made = true;
    extraction->paths.root_fd = openat(root, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (extraction->paths.root_fd < 0) {
        extraction->paths.root_fd = root;
        return tar_fail_errno(extraction->failure, errno, "cannot open the directory %s",
                              tar_quote(name));
    }
    close(root);
    free(extraction->rename);
    extraction->rename = NULL;
    return true;
}

/* Replaces the path's first name, which has to be the same in all paths. */
static bool rename_first(struct tar_extraction *extraction, char **path)
{
    size_t length = strcspn(*path, "/");
    size_t rest = strlen(*path + length) + 1;
    size_t new_length = strlen(extraction->rename);
    char *renamed;

    if (extraction->first_name == NULL)
        extraction->first_name = strndup(*path, length);
    if (extraction->first_name == NULL)
        return tar_fail(extraction->failure, TAR_NO_MEMORY, "out of memory");
    if (strlen(extraction->first_name) != length ||
        memcmp(extraction->first_name, *path, length) != 0)
        return tar_fail(extraction->failure, TAR_INVALID,
                        "the archive has more than one file, and the target %s is no directory",
                        tar_quote(extraction->options->target));
    renamed = malloc(new_length + rest);
    if (renamed == NULL)
        return tar_fail(extraction->failure, TAR_NO_MEMORY, "out of memory");
    memcpy(renamed, extraction->rename, new_length);
    memcpy(renamed + new_length, *path + length, rest);
    free(*path);
    *path = renamed;
    return true;
}

static bool take_path(struct tar_extraction *extraction, const char *path, char **out)
{
    free(*out);
    *out = malloc(strlen(path) + 1);
    if (*out == NULL)
        return tar_fail(extraction->failure, TAR_NO_MEMORY, "out of memory");
    if (!tar_path_clean(path, *out, extraction->failure))
        return false;
    if (extraction->rename != NULL && **out == '\0' && extraction->first_name == NULL)
        return descend(extraction);
    return extraction->rename == NULL || rename_first(extraction, out);
}

/* Itself, or a directory above it. */
static bool is_excluded(struct tar_extraction *extraction)
{
    const struct tar_options *options = extraction->options;
    char *path = extraction->path;

    if (options->exclude_count == 0 || *path == '\0')
        return false;
    for (char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        bool excluded;

        *slash = '\0';
        excluded = tar_excluded(options, path);
        *slash = '/';
        if (excluded)
            return true;
    }
    return tar_excluded(options, path);
}

static bool place(struct tar_extraction *extraction)
{
    const struct tar_entry *entry = &extraction->reader.entry;
    const char *name;
    size_t length = tar_path_split(extraction->path, &name);
    int parent;

    if (*extraction->path == '\0')
        return entry->type == TAR_DIRECTORY ? tar_place_root(extraction)
                                            : tar_fail(extraction->failure, TAR_MALFORMED,
                                                       "the archive has a file without a name");
    parent =
        tar_paths_open(&extraction->paths, extraction->path, length, true, extraction->failure);
    if (parent < 0)
        return false;
    switch (entry->type) {
    case TAR_FILE:
        return tar_place_file(extraction, parent, name);
    case TAR_DIRECTORY:
        return tar_place_directory(extraction, parent, name);
    case TAR_SYMLINK:
        return tar_place_symlink(extraction, parent, name);
    default:
        return take_path(extraction, entry->target, &extraction->other) &&
               tar_place_hard_link(extraction, parent, name, extraction->other);
    }
}

static bool count(struct tar_extraction *extraction)
{
    const struct tar_options *options = extraction->options;
    const struct tar_entry *entry = &extraction->reader.entry;
    struct tar_counts *counts = extraction->counts;

    counts->total = extraction->reader.total;
    counts->entries++;
    if (++extraction->entries > options->max_entries)
        return tar_fail(extraction->failure, TAR_TOO_BIG,
                        "the archive has more than the %" PRIu64 " entries that are allowed",
                        options->max_entries);
    if (entry->size > options->max_bytes || counts->bytes > options->max_bytes - entry->size)
        return tar_fail(extraction->failure, TAR_TOO_BIG,
                        "with %s the archive's files have more than the %" PRIu64
                        " bytes that are allowed",
                        tar_quote(entry->path), options->max_bytes);
    return true;
}

/* Whether the entry is none that is made here. */
static bool is_left_out(struct tar_extraction *extraction)
{
    const struct tar_entry *entry = &extraction->reader.entry;

    if (is_excluded(extraction))
        return true;
    if (entry->type != TAR_CHARACTER && entry->type != TAR_BLOCK_DEVICE &&
        entry->type != TAR_FIFO && entry->type != TAR_UNKNOWN)
        return false;
    tar_warn(extraction->report, extraction->counts, "%s is left out: it is %s",
             tar_quote(entry->path),
             entry->type == TAR_FIFO      ? "a fifo"
             : entry->type == TAR_UNKNOWN ? "of an unknown type"
                                          : "a device");
    return true;
}

static bool take_entry(struct tar_extraction *extraction)
{
    if (!count(extraction) ||
        !take_path(extraction, extraction->reader.entry.path, &extraction->path))
        return false;
    extraction->passed_over = is_left_out(extraction);
    if (!extraction->passed_over) {
        if (!place(extraction))
            return false;
        extraction->counts->bytes += extraction->reader.entry.size;
    }
    if (extraction->passed_over)
        extraction->counts->entries--;
    return tar_progress(extraction->report, extraction->counts, extraction->path,
                        extraction->failure);
}

static bool run(struct tar_extraction *extraction)
{
    const struct tar_options *options = extraction->options;
    struct tar_failure ignored;
    int got;

    if (!open_root(extraction) ||
        (options->confine != NULL &&
         !options->confine(options->confine_data, extraction->paths.root_fd, extraction->failure)))
        return false;
    while ((got = tar_reader_next(&extraction->reader)) > 0)
        if (!take_entry(extraction))
            break;
    if (got == 0)
        return tar_finish_directories(extraction);
    /* What is there by now is left with the modes it should have. */
    extraction->failure = &ignored;
    tar_finish_directories(extraction);
    return false;
}

static bool extract(const struct tar_options *options, struct tar_extraction *extraction,
                    const struct tar_report *report, struct tar_counts *counts,
                    struct tar_failure *failure)
{
    bool done;

    *counts = (struct tar_counts){0};
    extraction->options = options;
    extraction->report = report;
    extraction->counts = counts;
    extraction->failure = failure;
    extraction->reader.failure = failure;
    extraction->paths =
        (struct tar_paths){.root_fd = -1, .made = &extraction->made, .cached_fd = -1};
    done = run(extraction);
    tar_paths_clear(&extraction->paths);
    if (extraction->paths.root_fd >= 0)
        close(extraction->paths.root_fd);
    tar_reader_clear(&extraction->reader);
    tar_inodes_clear(&extraction->made);
    free(extraction->path);
    free(extraction->other);
    free(extraction->rename);
    free(extraction->first_name);
    free(extraction->later);
    free(extraction->names);
    return done;
}

bool tar_extract(const struct tar_options *options, int fd, int watch_fd,
                 const struct tar_report *report, struct tar_counts *counts,
                 struct tar_failure *failure)
{
    struct tar_extraction extraction = {0};

    return tar_stream_open(&extraction.reader.stream, fd, watch_fd, failure) &&
           extract(options, &extraction, report, counts, failure);
}

bool tar_extract_memory(const struct tar_options *options, const void *data, size_t length,
                        const struct tar_report *report, struct tar_counts *counts,
                        struct tar_failure *failure)
{
    struct tar_extraction extraction = {0};

    tar_stream_open_memory(&extraction.reader.stream, data, length);
    return extract(options, &extraction, report, counts, failure);
}
