/* copy.c: one file's contents and mode to another. */
#include "operations.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PORTION = 16 << 20 };

/* The plain way, for what copy_file_range() does not do: /proc, FIFOs, some file systems. */
static int pump(int from, int to)
{
    static uint8_t chunk[SBX_FILES_CHUNK];

    for (;;) {
        ssize_t n = read(from, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : 0;
        int error = write_all(to, chunk, (size_t)n);
        if (error != 0)
            return error;
    }
}

static int copy_contents(int from, int to)
{
    ssize_t n;

    while ((n = copy_file_range(from, NULL, to, NULL, PORTION, 0)) > 0)
        continue;
    /* At the end of a file there is nothing left to pump; one of /proc begins there. */
    if (n == 0 || errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP)
        return pump(from, to);
    return errno;
}

static int copy_into(int from, const struct stat *source, int to)
{
    struct stat target;

    if (fstat(to, &target) < 0)
        return errno;
    /* A file cut to take its own contents would have none. */
    if (target.st_dev == source->st_dev && target.st_ino == source->st_ino)
        return EINVAL;
    if (S_ISREG(target.st_mode) && ftruncate(to, 0) < 0)
        return errno;
    int error = copy_contents(from, to);
    if (error == 0 && S_ISREG(target.st_mode) && fchmod(to, source->st_mode & 0777) < 0)
        error = errno;
    return error;
}

int op_copy(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    bool keep = (request->flags & SBX_FILES_NO_REPLACE) != 0;
    struct stat source;
    int error, to = -1;
    int from = open(request->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    (void)reply;
    if (from < 0)
        return errno;
    error = fstat(from, &source) < 0 ? errno : S_ISDIR(source.st_mode) ? EISDIR : 0;
    if (error == 0) {
        to = open(request->to, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | (keep ? O_EXCL : 0),
                  source.st_mode & 0777);
        error = to < 0 ? errno : copy_into(from, &source, to);
        if (to < 0)
            files_blame(request->to);
    }
    close(from);
    if (to >= 0 && close(to) < 0 && error == 0)
        error = errno;
    return error;
}
