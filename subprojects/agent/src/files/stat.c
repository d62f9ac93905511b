/* stat.c: what is known about a file, and its times. */
#include "operations.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

enum { NS = 1000000000 };

/* Times beyond the years 1678 and 2262 become those. */
static int64_t nanoseconds(const struct statx_timestamp *time)
{
    if (time->tv_sec > INT64_MAX / NS - 1)
        return INT64_MAX - 1;
    if (time->tv_sec < INT64_MIN / NS + 1)
        return INT64_MIN + 1;
    return time->tv_sec * NS + time->tv_nsec;
}

int stat_fill(int fd, const char *path, int flags, struct sbx_files_stat *out)
{
    struct statx info;

    if (statx(fd, path, flags, STATX_BASIC_STATS | STATX_BTIME, &info) < 0)
        return errno;
    *out = (struct sbx_files_stat){
        .mode = info.stx_mode,
        .size = info.stx_size,
        .dev = makedev(info.stx_dev_major, info.stx_dev_minor),
        .ino = info.stx_ino,
        .nlink = info.stx_nlink,
        .uid = info.stx_uid,
        .gid = info.stx_gid,
        .rdev = makedev(info.stx_rdev_major, info.stx_rdev_minor),
        .blksize = info.stx_blksize,
        .blocks = info.stx_blocks,
        .atime = nanoseconds(&info.stx_atime),
        .mtime = nanoseconds(&info.stx_mtime),
        .ctime = nanoseconds(&info.stx_ctime),
        .birthtime = (info.stx_mask & STATX_BTIME) != 0 ? nanoseconds(&info.stx_btime)
                                                        : SBX_FILES_TIME_OMIT,
    };
    return 0;
}

int op_stat(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    bool itself = (request->flags & SBX_FILES_NO_FOLLOW) != 0;

    reply->has_stat = true;
    return stat_fill(AT_FDCWD, request->path, itself ? AT_SYMLINK_NOFOLLOW : 0, &reply->stat);
}

static struct timespec time_of(int64_t time)
{
    if (time == SBX_FILES_TIME_OMIT)
        return (struct timespec){.tv_nsec = UTIME_OMIT};
    if (time == SBX_FILES_TIME_NOW)
        return (struct timespec){.tv_nsec = UTIME_NOW};
    int64_t rest = time % NS;
    return (struct timespec){time / NS - (rest < 0), rest < 0 ? rest + NS : rest};
}

void times_of(const struct sbx_files_request *request, struct timespec times[2])
{
    times[0] = time_of(request->atime);
    times[1] = time_of(request->mtime);
}

int op_utime(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    bool itself = (request->flags & SBX_FILES_NO_FOLLOW) != 0;
    struct timespec times[2];

    (void)reply;
    times_of(request, times);
    return utimensat(AT_FDCWD, request->path, times, itself ? AT_SYMLINK_NOFOLLOW : 0) < 0 ? errno
                                                                                           : 0;
}
