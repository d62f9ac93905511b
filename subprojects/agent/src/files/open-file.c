/* open-file.c: the one file that a worker may have open, and what is done with it. */
#include "operations.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int file = -1;

static int result_of(int result)
{
    return result < 0 ? errno : 0;
}

static int flags_of(uint32_t flags)
{
    bool reads = (flags & SBX_FILES_OPEN_READ) != 0;
    bool writes = (flags & (SBX_FILES_OPEN_WRITE | SBX_FILES_OPEN_APPEND)) != 0;
    int result = O_CLOEXEC | O_NOCTTY | (writes ? reads ? O_RDWR : O_WRONLY : O_RDONLY);

    if ((flags & SBX_FILES_OPEN_APPEND) != 0)
        result |= O_APPEND;
    if ((flags & SBX_FILES_OPEN_CREATE) != 0)
        result |= O_CREAT;
    if ((flags & SBX_FILES_OPEN_CREATE_NEW) != 0)
        result |= O_CREAT | O_EXCL;
    if ((flags & SBX_FILES_OPEN_TRUNCATE) != 0)
        result |= O_TRUNC;
    return result;
}

int op_open(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    mode_t mode = request->mode < 0 ? 0666 : (mode_t)request->mode;

    (void)reply;
    if (file >= 0)
        return EBUSY;
    file = open(request->path, flags_of(request->flags), mode);
    return result_of(file);
}

/* A plain file is read until all is there, anything else as long as something comes. */
int op_read(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    static uint8_t chunk[SBX_FILES_CHUNK];
    uint64_t left = request->length;
    struct stat info;
    bool plain = fstat(file, &info) == 0 && S_ISREG(info.st_mode);

    while (left > 0) {
        ssize_t n = read(file, chunk, left < sizeof chunk ? (size_t)left : sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        /* What was read already is the caller's; the error comes again. */
        if (n < 0 && left == request->length)
            return errno;
        if (n <= 0)
            break;
        files_send(SBX_FILES_DATA, chunk, (size_t)n);
        left -= (uint64_t)n;
        if (!plain)
            break;
    }
    reply->offset = 0;
    return 0;
}

int write_all(int fd, const uint8_t *data, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, data, length);
        if (n < 0 && errno != EINTR)
            return errno;
        data += n > 0 ? n : 0;
        length -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

int write_received(int fd)
{
    const uint8_t *data;
    size_t length;
    int error = 0;

    while (error == 0 && files_receive(&data, &length))
        error = write_all(fd, data, length);
    return error;
}

int op_write(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    (void)request;
    (void)reply;
    return write_received(file);
}

int op_seek(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    static const int whence[] = {SEEK_SET, SEEK_CUR, SEEK_END};
    off_t position = lseek(file, request->offset, whence[request->whence]);

    reply->offset = position;
    return position < 0 ? errno : 0;
}

int op_set_size(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    (void)reply;
    return result_of(ftruncate(file, request->offset));
}

int op_sync(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    (void)request;
    (void)reply;
    return result_of(fsync(file));
}

int op_datasync(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    (void)request;
    (void)reply;
    return result_of(fdatasync(file));
}

int op_lock(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    int how = (request->flags & SBX_FILES_LOCK_EXCLUSIVE) != 0 ? LOCK_EX : LOCK_SH;

    (void)reply;
    if ((request->flags & SBX_FILES_LOCK_TRY) != 0)
        how |= LOCK_NB;
    return result_of(flock(file, how));
}

int op_unlock(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    (void)request;
    (void)reply;
    return result_of(flock(file, LOCK_UN));
}

int op_fstat(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    (void)request;
    reply->has_stat = true;
    return stat_fill(file, "", AT_EMPTY_PATH, &reply->stat);
}

int op_futime(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    struct timespec times[2];

    (void)reply;
    times_of(request, times);
    return result_of(futimens(file, times));
}

int op_close(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    int fd = file;

    (void)request;
    (void)reply;
    file = -1;
    return result_of(close(fd));
}
