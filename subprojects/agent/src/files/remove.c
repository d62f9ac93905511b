/* remove.c: removing trees.
 *
 * Each directory is opened below its parent's descriptor, links are never followed: whoever
 * swaps a directory for a link meanwhile loses the link. Few directories are open at once: what is
 * deeper is moved up to the top, where it is found as the next of its entries. */
#include "operations.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEEPEST = 128, READ_SIZE = 8 << 10 };

struct removal {
    int top; /* -1 until there is one */
    char path[SBX_FILES_MAX_PATH + 1]; /* for messages: where we are */
};

static int remove_directory(struct removal *removal, int parent, const char *name, int depth);

/* Puts a directory among the entries of the topmost one. */
static int move_up(const struct removal *removal, int parent, const char *name)
{
    char moved[32];

    random_name(moved, sizeof moved, ".sbx-", "");
    return renameat(parent, name, removal->top, moved) < 0 ? errno : 0;
}

static int remove_entry(struct removal *removal, int parent, const char *name, uint8_t kind,
                        int depth)
{
    if (kind != SBX_FILES_KIND_DIRECTORY &&
        (unlinkat(parent, name, 0) == 0 || errno == ENOENT))
        return 0;
    /* Something else may be a directory by now. */
    if (kind != SBX_FILES_KIND_DIRECTORY && errno != EISDIR)
        return errno;
    if (depth >= DEEPEST)
        return move_up(removal, parent, name);
    return remove_directory(removal, parent, name, depth);
}

/* Adds a name to the path; returns how long it was. */
static size_t enter(struct removal *removal, const char *name)
{
    size_t length = strlen(removal->path);
    const char *slash = length > 0 && removal->path[length - 1] != '/' ? "/" : "";

    snprintf(removal->path + length, sizeof removal->path - length, "%s%s", slash, name);
    return length;
}

/* Removes what is in a directory, in one pass. *removed tells whether there was anything. */
static int empty(struct removal *removal, struct reader *reader, int depth, bool *removed)
{
    const char *name;
    uint8_t kind;
    int more;

    while ((more = reader_next(reader, &name, &kind)) > 0) {
        size_t length = enter(removal, name);
        int error = remove_entry(removal, reader->fd, name, kind, depth + 1);
        if (error != 0)
            return error;
        removal->path[length] = 0;
        *removed = true;
    }
    return more < 0 ? errno : 0;
}

/* Entries may be skipped when others are removed, and come from below: until a pass finds none. */
static int empty_all(struct removal *removal, int fd, int depth)
{
    struct reader reader;
    bool removed = true;
    int error = reader_open(&reader, fd, READ_SIZE);

    if (error != 0)
        return error;
    if (depth == 0)
        removal->top = fd;
    while (error == 0 && removed) {
        removed = false;
        reader.at = reader.length = 0;
        lseek(fd, 0, SEEK_SET);
        error = empty(removal, &reader, depth, &removed);
    }
    reader_close(&reader);
    return error;
}

static int remove_directory(struct removal *removal, int parent, const char *name, int depth)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int error = fd < 0 ? errno : empty_all(removal, fd, depth);

    /* One that may not be read can still be empty. */
    if (error == ENOENT || (fd < 0 && error == EACCES))
        error = unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : error;
    else if (error == 0 && unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
        error = errno;
    return error;
}

/* Not recursive: a file, or an empty directory. */
static int remove_one(const char *path)
{
    if (unlink(path) == 0)
        return 0;
    if (errno != EISDIR)
        return errno;
    return rmdir(path) < 0 ? errno : 0;
}

int op_remove(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    static struct removal removal;
    struct stat info;

    (void)reply;
    if ((request->flags & SBX_FILES_RECURSIVE) == 0)
        return remove_one(request->path);
    if (lstat(request->path, &info) < 0)
        return errno;
    if (!S_ISDIR(info.st_mode))
        return remove_one(request->path);
    if (strlen(request->path) >= sizeof removal.path)
        return ENAMETOOLONG;
    strcpy(removal.path, request->path);
    removal.top = -1;
    int error = remove_directory(&removal, AT_FDCWD, request->path, 0);
    if (error != 0)
        files_blame(removal.path);
    return error;
}
