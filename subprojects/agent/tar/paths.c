/* paths.c: directories below a root. */
#include "paths.h"

#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel takes paths below 4096 bytes; longer ones are gone in steps. */
enum { STEP_MAX = 3000 };

void tar_paths_clear(struct tar_paths *paths)
{
    free(paths->cached);
    if (paths->cached_fd >= 0)
        close(paths->cached_fd);
    paths->cached = NULL;
    paths->cached_fd = -1;
}

bool tar_path_clean(const char *path, char *out, struct tar_failure *failure)
{
    const char *p = path;
    char *end = out;
    unsigned depth = 0;

    if (*p == '/')
        return tar_fail(failure, TAR_DENIED, "the archive has the absolute name %s",
                        tar_quote(path));
    while (*p != '\0') {
        size_t length = strcspn(p, "/");

        if (length == 2 && memcmp(p, "..", 2) == 0)
            return tar_fail(failure, TAR_DENIED, "the archive has the name %s, which leads upwards",
                            tar_quote(path));
        if (length > 255)
            return tar_fail(failure, TAR_TOO_BIG,
                            "the archive has a name of more than 255 bytes: %s", tar_quote(path));
        if (length > 0 && (length != 1 || *p != '.')) {
            if (++depth > TAR_DEPTH_MAX)
                return tar_fail(failure, TAR_TOO_BIG, "%s is more than %d directories deep",
                                tar_quote(path), TAR_DEPTH_MAX);
            if (end != out)
                *end++ = '/';
            memmove(end, p, length);
            end += length;
        }
        p += length;
        p += *p == '/';
    }
    *end = '\0';
    return true;
}

size_t tar_path_split(const char *path, const char **name)
{
    const char *slash = strrchr(path, '/');

    *name = slash != NULL ? slash + 1 : path;
    return slash != NULL ? (size_t)(slash - path) : 0;
}

/* One step, without leaving the directory and without following a link. */
static int step(int directory, const char *path, size_t length)
{
    struct open_how how = {
        .flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    char text[STEP_MAX + 1];

    memcpy(text, path, length);
    text[length] = '\0';
    return (int)syscall(SYS_openat2, directory, text, &how, sizeof how);
}

/* One name, made when it is missing. */
static int make(struct tar_paths *paths, int directory, const char *name, size_t length)
{
    char text[256];
    struct stat status;
    int fd;

    memcpy(text, name, length);
    text[length] = '\0';
    if (mkdirat(directory, text, 0755) < 0)
        return errno == EEXIST ? step(directory, name, length) : -1;
    fd = step(directory, name, length);
    if (fd >= 0 && (fstat(fd, &status) < 0 ||
                    !tar_inodes_set(paths->made, status.st_dev, status.st_ino, TAR_MADE))) {
        close(fd);
        errno = ENOMEM;
        return -1;
    }
    return fd;
}

/* How much of the path goes into one step. */
static size_t piece(const char *path, size_t length, bool one_name)
{
    const char *slash = one_name             ? memchr(path, '/', length)
                        : length <= STEP_MAX ? NULL
                                             : memrchr(path, '/', STEP_MAX);

    return slash != NULL ? (size_t)(slash - path) : length;
}

static int walk(struct tar_paths *paths, const char *path, size_t length, bool create)
{
    int fd = openat(paths->root_fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    bool one_name = false;

    for (size_t at = 0; fd >= 0 && at < length;) {
        size_t n = piece(path + at, length - at, one_name);
        int next = one_name ? make(paths, fd, path + at, n) : step(fd, path + at, n);

        if (next < 0 && errno == ENOENT && create && !one_name) {
            one_name = true;
            continue;
        }
        int error = errno;
        close(fd);
        errno = error;
        fd = next;
        at += n + 1;
    }
    return fd;
}

static int fail(const char *path, size_t length, struct tar_failure *failure)
{
    int error = errno;
    char *text = strndup(path, length);
    const char *name = tar_quote(text != NULL ? text : "");

    free(text);
    if (error == ELOOP || error == ENOTDIR || error == EXDEV)
        tar_fail(failure, TAR_DENIED,
                 "%s is not a directory, or reached through a symbolic link, which is not followed",
                 name);
    else if (error == ENOSYS)
        tar_fail(failure, TAR_SYSTEM, "this kernel has no openat2(); Linux 5.6 has");
    else
        tar_fail_errno(failure, error, "cannot open the directory %s", name);
    return -1;
}

int tar_paths_open_own(struct tar_paths *paths, const char *path, size_t length,
                       struct tar_failure *failure)
{
    int fd = walk(paths, path, length, false);

    return fd >= 0 ? fd : fail(path, length, failure);
}

int tar_paths_open(struct tar_paths *paths, const char *path, size_t length, bool create,
                   struct tar_failure *failure)
{
    char *copy;

    if (paths->cached_fd >= 0 && paths->cached_length == length &&
        memcmp(paths->cached, path, length) == 0)
        return paths->cached_fd;
    copy = malloc(length + 1);
    if (copy == NULL) {
        tar_fail(failure, TAR_NO_MEMORY, "out of memory");
        return -1;
    }
    memcpy(copy, path, length);
    tar_paths_clear(paths);
    paths->cached = copy;
    paths->cached_length = length;
    paths->cached_fd = walk(paths, path, length, create);
    return paths->cached_fd >= 0 ? paths->cached_fd : fail(path, length, failure);
}
