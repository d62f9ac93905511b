/* paths.c: operations that are one system call, or nearly. */
#include "operations.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int result_of(int result)
{
    return result < 0 ? errno : 0;
}

static bool is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* All that @path is below, as far as it is missing. What is no directory shows itself later. */
static int make_parents(const char *path, mode_t mode)
{
    if (strlen(path) >= sizeof files_text)
        return ENAMETOOLONG;
    strcpy(files_text, path);
    for (char *at = files_text + 1; *at != 0; at++) {
        if (*at != '/' || at[-1] == '/')
            continue;
        *at = 0;
        int error = mkdir(files_text, mode) < 0 && errno != EEXIST ? errno : 0;
        /* One that is there may be where nothing can be made: "/", or a read-only file system. */
        if (error != 0 && !is_directory(files_text)) {
            files_blame(files_text);
            return error;
        }
        *at = '/';
    }
    return 0;
}

int op_mkdir(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    bool recursive = (request->flags & SBX_FILES_RECURSIVE) != 0;
    mode_t mode = request->mode < 0 ? 0777 : (mode_t)request->mode;
    int error = recursive && request->path[0] != 0 ? make_parents(request->path, mode) : 0;

    (void)reply;
    if (error != 0 || mkdir(request->path, mode) == 0)
        return error;
    error = errno;
    return recursive && is_directory(request->path) ? 0 : error;
}

int op_rename(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    bool keep = (request->flags & SBX_FILES_NO_REPLACE) != 0;

    (void)reply;
    return result_of(renameat2(AT_FDCWD, request->path, AT_FDCWD, request->to,
                               keep ? RENAME_NOREPLACE : 0));
}

int op_link(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    (void)reply;
    return result_of(link(request->path, request->to));
}

/* The path is what the link says, "to" is the link. */
int op_symlink(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    (void)reply;
    return result_of(symlink(request->path, request->to));
}

int op_readlink(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    ssize_t n = readlink(request->path, files_text, sizeof files_text - 1);

    if (n < 0)
        return errno;
    files_text[n] = 0;
    reply->path = files_text;
    return 0;
}

int op_realpath(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    char *path = realpath(request->path, NULL);

    if (path == NULL)
        return errno;
    bool fits = strlen(path) < sizeof files_text;
    if (fits)
        strcpy(files_text, path);
    free(path);
    reply->path = files_text;
    return fits ? 0 : ENAMETOOLONG;
}

int op_chmod(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    (void)reply;
    if (request->mode < 0)
        return EINVAL;
    return result_of(chmod(request->path, (mode_t)request->mode));
}

int op_chown(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    bool itself = (request->flags & SBX_FILES_NO_FOLLOW) != 0;

    (void)reply;
    return result_of(fchownat(AT_FDCWD, request->path, request->uid, request->gid,
                              itself ? AT_SYMLINK_NOFOLLOW : 0));
}

int op_truncate(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    (void)reply;
    return result_of(truncate(request->path, request->offset));
}
