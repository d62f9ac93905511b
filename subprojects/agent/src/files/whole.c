/* whole.c: files read and written in one go. */
#include "operations.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int send_contents(int fd, uint64_t most)
{
    static uint8_t chunk[SBX_FILES_CHUNK];
    ssize_t n;

    while ((n = read(fd, chunk, sizeof chunk)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if ((uint64_t)n > most)
            return EFBIG;
        most -= (uint64_t)n;
        files_send(SBX_FILES_DATA, chunk, (size_t)n);
    }
    return 0;
}

int op_read_file(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    struct stat info;
    int fd = open(request->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    (void)reply;
    if (fd < 0)
        return errno;
    int error = fstat(fd, &info) < 0 ? errno : 0;
    /* Said before it is sent. */
    if (error == 0 && S_ISREG(info.st_mode) && (uint64_t)info.st_size > request->length)
        error = EFBIG;
    if (error == 0)
        error = send_contents(fd, request->length);
    close(fd);
    return error;
}

/* A mode that was asked for holds for files that are there already, too. */
static int fill(int fd, const struct sbx_files_request *request)
{
    int error = 0;

    if (request->mode >= 0 && fchmod(fd, (mode_t)request->mode) < 0)
        error = errno;
    if (error == 0)
        error = write_received(fd);
    if (close(fd) < 0 && error == 0)
        error = errno;
    return error;
}

static int write_in_place(const struct sbx_files_request *request)
{
    int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY;
    mode_t mode = request->mode < 0 ? 0666 : (mode_t)request->mode;

    flags |= (request->flags & SBX_FILES_APPEND) != 0 ? O_APPEND : O_TRUNC;
    flags |= (request->flags & SBX_FILES_NO_CREATE) != 0 ? 0 : O_CREAT;
    flags |= (request->flags & SBX_FILES_CREATE_NEW) != 0 ? O_CREAT | O_EXCL : 0;
    int fd = open(request->path, flags, mode);
    return fd < 0 ? errno : fill(fd, request);
}

/* The file that takes another's place has its owner and mode, as far as this user may. */
static int take_after(int fd, const struct stat *old)
{
    if ((old->st_uid != geteuid() || old->st_gid != getegid()) &&
        fchown(fd, old->st_uid, old->st_gid) < 0 && fchown(fd, -1u, old->st_gid) < 0) {
        /* It is this user's from now on, as with any editor. */
    }
    return fchmod(fd, old->st_mode & 07777) < 0 ? errno : 0;
}

/* Where the new contents grow: beside the file, so that a rename puts them there. */
static int open_beside(const char *path, char *temporary, size_t size)
{
    char name[SBX_FILES_MAX_PATH + 1], random[32];

    strcpy(name, path);
    random_name(random, sizeof random, ".sbx-", "");
    if (snprintf(temporary, size, "%s/%s", dirname(name), random) >= (int)size) {
        errno = ENAMETOOLONG;
        return -1;
    }
    files_set_pending(temporary);
    return open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
}

static int replace(const struct sbx_files_request *request, const char *path,
                   const struct stat *old)
{
    static char temporary[SBX_FILES_MAX_PATH + 1];
    bool keep = (request->flags & SBX_FILES_CREATE_NEW) != 0;
    int fd = open_beside(path, temporary, sizeof temporary);
    int error = fd < 0 ? errno : 0;

    if (fd >= 0) {
        error = old != NULL ? take_after(fd, old) : 0;
        if (error == 0)
            error = fill(fd, request);
        else
            close(fd);
    }
    if (error == 0 &&
        renameat2(AT_FDCWD, temporary, AT_FDCWD, path, keep ? RENAME_NOREPLACE : 0) < 0)
        error = errno;
    if (error != 0 && fd >= 0)
        unlink(temporary);
    files_set_pending(NULL);
    return error;
}

/* Readers see the old contents or the new ones. What a link names is replaced, not the link. */
static int write_atomically(const struct sbx_files_request *request)
{
    struct stat old;
    char *target = realpath(request->path, NULL);
    bool there = target != NULL && stat(target, &old) == 0;
    int error = 0;

    if (there && (request->flags & SBX_FILES_CREATE_NEW) != 0)
        error = EEXIST;
    else if (there && !S_ISREG(old.st_mode))
        error = S_ISDIR(old.st_mode) ? EISDIR : EINVAL;
    else if (!there && (request->flags & SBX_FILES_NO_CREATE) != 0)
        error = ENOENT;
    else if (!there && request->path[0] == 0)
        error = ENOENT;
    if (error == 0)
        error = replace(request, there ? target : request->path, there ? &old : NULL);
    free(target);
    return error;
}

int op_write_file(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    (void)reply;
    if ((request->flags & SBX_FILES_ATOMIC) == 0)
        return write_in_place(request);
    return (request->flags & SBX_FILES_APPEND) != 0 ? EINVAL : write_atomically(request);
}
