/* walk.c: whole trees, entry by entry, each directory before what is in it.
 *
 * A directory is opened below its parent's descriptor, so that no name is looked up twice. Memory
 * grows with depth only. */
#include "operations.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGE_LEVELS = 64, LARGE = 32 << 10, SMALL = 1 << 10 };

struct level {
    struct reader reader;
    size_t path_length;
    dev_t dev;
    ino_t ino;
};

struct filter {
    struct glob *glob;
    bool name_only; /* without a slash */
};

struct walk {
    const struct sbx_files_request *request;
    struct batch batch;
    struct glob *glob; /* of a GLOB, else NULL */
    struct filter match[SBX_FILES_MAX_GLOBS];
    struct filter skip[SBX_FILES_MAX_GLOBS];
    struct level *levels;
    size_t depth, allocated;
    size_t base; /* where in the path begins what patterns are about */
    size_t length;
    char path[SBX_FILES_MAX_PATH + 1];
};

static bool flag(const struct walk *walk, uint32_t wanted)
{
    return (walk->request->flags & wanted) != 0;
}

static const char *relative(const struct walk *walk)
{
    const char *path = walk->path + walk->base;
    return path + strspn(path, "/");
}

static bool any_matches(const struct walk *walk, const struct filter *filters, size_t count,
                        const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (glob_matches(filters[i].glob, filters[i].name_only ? name : relative(walk)))
            return true;
    return false;
}

static bool wanted(const struct walk *walk, const char *name, uint8_t kind)
{
    const struct sbx_files_request *request = walk->request;
    uint32_t excluded = kind == SBX_FILES_KIND_DIRECTORY ? SBX_FILES_NO_DIRECTORIES
                        : kind == SBX_FILES_KIND_SYMLINK ? SBX_FILES_NO_SYMLINKS
                                                         : SBX_FILES_NO_FILES;

    if (flag(walk, excluded) || (walk->glob != NULL && !glob_matches(walk->glob, relative(walk))))
        return false;
    return request->match_count == 0 ||
           any_matches(walk, walk->match, request->match_count, name);
}

static int emit(struct walk *walk, uint8_t kind)
{
    struct sbx_files_entry entry = {kind, (uint32_t)walk->depth, walk->path};
    return batch_entry(&walk->batch, &entry);
}

static bool is_above(const struct walk *walk, const struct stat *info)
{
    for (size_t i = 0; i < walk->depth; i++)
        if (walk->levels[i].dev == info->st_dev && walk->levels[i].ino == info->st_ino)
            return true;
    return false;
}

/* Takes the descriptor of the directory that the path names. */
static int push(struct walk *walk, int fd)
{
    struct stat info = {0};

    if (flag(walk, SBX_FILES_FOLLOW_LINKS) && (fstat(fd, &info) < 0 || is_above(walk, &info))) {
        close(fd);
        return 0;
    }
    if (walk->depth == walk->allocated) {
        size_t size = walk->allocated * 2 + 16;
        struct level *levels = reallocarray(walk->levels, size, sizeof *levels);
        if (levels == NULL) {
            close(fd);
            return ENOMEM;
        }
        walk->levels = levels;
        walk->allocated = size;
    }
    struct level *level = &walk->levels[walk->depth];
    int error = reader_open(&level->reader, fd, walk->depth < LARGE_LEVELS ? LARGE : SMALL);
    if (error != 0)
        return error;
    level->path_length = walk->length;
    level->dev = info.st_dev;
    level->ino = info.st_ino;
    walk->depth++;
    return 0;
}

static bool set_path(struct walk *walk, size_t length, const char *name)
{
    const char *slash = length > 0 && walk->path[length - 1] != '/' ? "/" : "";
    int n = snprintf(walk->path + length, sizeof walk->path - length, "%s%s", slash, name);

    walk->length = length + (size_t)n;
    return walk->length < sizeof walk->path;
}

/* What changes under our eyes is no failure. Patterns do not see what is forbidden, as in a shell. */
static bool passable(const struct walk *walk, int error)
{
    if (error == ENOENT || error == ENOTDIR || error == ELOOP)
        return true;
    return error == EACCES && (walk->glob != NULL || flag(walk, SBX_FILES_SKIP_DENIED));
}

static int descend(struct walk *walk, const char *name)
{
    const struct sbx_files_request *request = walk->request;
    int follow = flag(walk, SBX_FILES_FOLLOW_LINKS) ? 0 : O_NOFOLLOW;

    if (request->depth >= 0 && walk->depth >= (size_t)request->depth)
        return 0;
    if (walk->glob != NULL && !glob_may_match_below(walk->glob, relative(walk)))
        return 0;
    int fd = openat(walk->levels[walk->depth - 1].reader.fd, name,
                    O_RDONLY | O_DIRECTORY | O_CLOEXEC | follow);
    if (fd < 0)
        return passable(walk, errno) ? 0 : errno;
    return push(walk, fd);
}

static int visit(struct walk *walk, const char *name, uint8_t kind)
{
    struct level *level = &walk->levels[walk->depth - 1];
    struct stat info;

    if (!set_path(walk, level->path_length, name))
        return ENAMETOOLONG;
    if (kind == SBX_FILES_KIND_SYMLINK && flag(walk, SBX_FILES_FOLLOW_LINKS) &&
        fstatat(level->reader.fd, name, &info, 0) == 0)
        kind = kind_of_mode(info.st_mode);
    if (any_matches(walk, walk->skip, walk->request->skip_count, name))
        return 0;
    int error = wanted(walk, name, kind) ? emit(walk, kind) : 0;
    if (error == 0 && kind == SBX_FILES_KIND_DIRECTORY)
        error = descend(walk, name);
    return error;
}

static int run(struct walk *walk)
{
    int error = 0;

    while (error == 0 && walk->depth > 0) {
        struct level *level = &walk->levels[walk->depth - 1];
        const char *name;
        uint8_t kind;
        int more = reader_next(&level->reader, &name, &kind);

        if (more > 0) {
            error = visit(walk, name, kind);
            continue;
        }
        error = more < 0 && errno != ENOENT ? errno : 0;
        walk->length = level->path_length;
        walk->path[walk->length] = 0;
        if (error == 0) {
            reader_close(&level->reader);
            walk->depth--;
        }
    }
    if (error != 0)
        files_blame(walk->path);
    return error;
}

/* The top itself, which unlike all else may be a link. */
static int begin(struct walk *walk)
{
    const char *top = walk->length > 0 ? walk->path : ".";
    struct stat info;
    int fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 && walk->glob != NULL)
        return passable(walk, errno) ? 0 : errno;
    if (fd < 0 && errno != ENOTDIR)
        return errno;
    if (fd < 0 && lstat(top, &info) < 0)
        return errno;
    uint8_t kind = fd < 0 ? kind_of_mode(info.st_mode) : SBX_FILES_KIND_DIRECTORY;
    const char *slash = strrchr(walk->path, '/');
    bool says_it = walk->glob == NULL || walk->length > walk->base;
    int error = says_it && wanted(walk, slash != NULL ? slash + 1 : walk->path, kind)
                    ? emit(walk, kind)
                    : 0;
    if (fd >= 0 && (error != 0 || walk->request->depth == 0))
        close(fd);
    else if (fd >= 0)
        error = push(walk, fd);
    return error;
}

static int make_filters(const struct walk *walk, struct filter *filters, const char *const *globs,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        filters[i].glob = glob_new(globs[i], flag(walk, SBX_FILES_IGNORE_CASE));
        filters[i].name_only = strchr(globs[i], '/') == NULL;
        if (filters[i].glob == NULL)
            return errno;
    }
    return 0;
}

static int walk_all(struct walk *walk)
{
    const struct sbx_files_request *request = walk->request;
    int error = make_filters(walk, walk->match, request->match, request->match_count);

    if (error == 0)
        error = make_filters(walk, walk->skip, request->skip, request->skip_count);
    batch_begin(&walk->batch, SBX_FILES_ENTRIES);
    if (error == 0)
        error = begin(walk);
    if (error == 0)
        error = run(walk);
    batch_end(&walk->batch);
    while (walk->depth > 0)
        reader_close(&walk->levels[--walk->depth].reader);
    for (size_t i = 0; i < SBX_FILES_MAX_GLOBS; i++) {
        glob_free(walk->match[i].glob);
        glob_free(walk->skip[i].glob);
    }
    glob_free(walk->glob);
    free(walk->levels);
    return error;
}

int op_walk(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    static struct walk walk;

    (void)reply;
    memset(&walk, 0, sizeof walk);
    walk.request = request;
    walk.length = strlen(request->path);
    if (walk.length == 0)
        return ENOENT;
    strcpy(walk.path, request->path);
    walk.base = walk.length;
    return walk_all(&walk);
}

/* "to" is the directory that a relative pattern is relative to. */
int op_glob(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    static struct walk walk;
    char root[SBX_FILES_MAX_GLOB + 2];

    (void)reply;
    memset(&walk, 0, sizeof walk);
    walk.request = request;
    if (strlen(request->path) > SBX_FILES_MAX_GLOB)
        return ENAMETOOLONG;
    walk.glob = glob_new(request->path, (request->flags & SBX_FILES_IGNORE_CASE) != 0);
    if (walk.glob == NULL)
        return errno;
    glob_root(walk.glob, root, sizeof root);
    if (request->to != NULL && root[0] != '/') {
        walk.base = strlen(request->to);
        strcpy(walk.path, request->to);
    }
    walk.length = walk.base;
    if (root[0] != 0 && !set_path(&walk, walk.base, root)) {
        glob_free(walk.glob);
        return ENAMETOOLONG;
    }
    return walk_all(&walk);
}
