/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file system of a sandbox, by paths. See include/sandbox/fs.h. */
#include "client/fs-worker.h"

#define CALL(verb_, path_, to_)                                                                    \
    {                                                                                              \
        .sandbox = sandbox, .options = options, .operation = __func__, .verb = verb_,              \
        .path = path_, .to = to_, .error = error                                                   \
    }

/* Before anything of the sandbox is looked at. */
static int begin(const SbxFsCall *call, uint32_t op, struct sbx_files_request *request)
{
    int code = sbx_check_handle(call->sandbox, call->operation, call->error);

    if (code == SBX_OK)
        sbx_fs_request(call, op, request);
    return code;
}

static int no_output(const SbxFsCall *call)
{
    return sbx_fail(call->error, SBX_E_INVALID, 0, call->operation, NULL, "out is NULL");
}

/* A call with a path and options, and nothing to give back. */
static int simple(const SbxFsCall *call, uint32_t op)
{
    struct sbx_files_request request;
    int code = begin(call, op, &request);

    return code < 0 ? code : sbx_fs_exchange(call, &request, NULL, NULL);
}

/* The same with a second path, which may not be NULL. */
static int simple_two(const SbxFsCall *call, uint32_t op)
{
    if (call->to == NULL)
        return sbx_fail(call->error, SBX_E_INVALID, 0, call->operation, NULL,
                        "the second path is NULL");
    return simple(call, op);
}

/* The same that gives back a path. */
static int ask_path(const SbxFsCall *call, uint32_t op, char **out)
{
    struct sbx_files_request request;
    char *path = NULL;
    int code = out != NULL ? begin(call, op, &request) : no_output(call);

    if (code == SBX_OK)
        code = sbx_fs_exchange(call, &request, &path, NULL);
    if (code == SBX_OK)
        *out = path;
    return code;
}

static int ask_stat(const SbxFsCall *call, uint32_t flags, sbx_stat **out)
{
    struct sbx_files_request request;
    sbx_stat *stat = NULL;
    int code = out != NULL ? begin(call, SBX_FILES_STAT, &request) : no_output(call);

    if (code < 0)
        return code;
    request.flags = flags;
    code = sbx_fs_exchange(call, &request, NULL, &stat);
    if (code == SBX_OK)
        *out = stat;
    return code;
}

int sbx_fs_stat(sbx *sandbox, const char *path, const sbx_fs_options *options, sbx_stat **out,
                sbx_error **error)
{
    SbxFsCall call = CALL("look at", path, NULL);

    return ask_stat(&call, 0, out);
}

int sbx_fs_lstat(sbx *sandbox, const char *path, const sbx_fs_options *options, sbx_stat **out,
                 sbx_error **error)
{
    SbxFsCall call = CALL("look at", path, NULL);

    return ask_stat(&call, SBX_FILES_NO_FOLLOW, out);
}

int sbx_fs_mkdir(sbx *sandbox, const char *path, const sbx_fs_options *options, sbx_error **error)
{
    SbxFsCall call = CALL("make the directory", path, NULL);

    return simple(&call, SBX_FILES_MKDIR);
}

int sbx_fs_remove(sbx *sandbox, const char *path, const sbx_fs_options *options, sbx_error **error)
{
    SbxFsCall call = CALL("remove", path, NULL);

    return simple(&call, SBX_FILES_REMOVE);
}

int sbx_fs_rename(sbx *sandbox, const char *path, const char *to, const sbx_fs_options *options,
                  sbx_error **error)
{
    SbxFsCall call = CALL("rename", path, to);

    return simple_two(&call, SBX_FILES_RENAME);
}

int sbx_fs_copy_file(sbx *sandbox, const char *path, const char *to, const sbx_fs_options *options,
                     sbx_error **error)
{
    SbxFsCall call = CALL("copy", path, to);

    return simple_two(&call, SBX_FILES_COPY);
}

int sbx_fs_link(sbx *sandbox, const char *path, const char *to, const sbx_fs_options *options,
                sbx_error **error)
{
    SbxFsCall call = CALL("link", path, to);

    return simple_two(&call, SBX_FILES_LINK);
}

int sbx_fs_symlink(sbx *sandbox, const char *target, const char *path,
                   const sbx_fs_options *options, sbx_error **error)
{
    SbxFsCall call = CALL("link symbolically", target, path);

    return simple_two(&call, SBX_FILES_SYMLINK);
}

int sbx_fs_readlink(sbx *sandbox, const char *path, const sbx_fs_options *options, char **out,
                    sbx_error **error)
{
    SbxFsCall call = CALL("read the link", path, NULL);

    return ask_path(&call, SBX_FILES_READLINK, out);
}

int sbx_fs_realpath(sbx *sandbox, const char *path, const sbx_fs_options *options, char **out,
                    sbx_error **error)
{
    SbxFsCall call = CALL("find", path, NULL);

    return ask_path(&call, SBX_FILES_REALPATH, out);
}

int sbx_fs_chmod(sbx *sandbox, const char *path, int mode, const sbx_fs_options *options,
                 sbx_error **error)
{
    SbxFsCall call = CALL("change the mode of", path, NULL);
    struct sbx_files_request request;
    int code;

    if (mode < 0 || mode > 07777)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, "permissions are 0 to 07777, in octal",
                        "%d is not a mode", mode);
    code = begin(&call, SBX_FILES_CHMOD, &request);
    request.mode = mode;
    return code < 0 ? code : sbx_fs_exchange(&call, &request, NULL, NULL);
}

int sbx_fs_chown(sbx *sandbox, const char *path, int64_t uid, int64_t gid,
                 const sbx_fs_options *options, sbx_error **error)
{
    SbxFsCall call = CALL("change the owner of", path, NULL);
    struct sbx_files_request request;
    int code;

    if (uid < -1 || uid >= UINT32_MAX || gid < -1 || gid >= UINT32_MAX)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "%" G_GINT64_FORMAT " and %" G_GINT64_FORMAT " are not a user and a group",
                        uid, gid);
    code = begin(&call, SBX_FILES_CHOWN, &request);
    request.uid = (uint32_t)uid;
    request.gid = (uint32_t)gid;
    return code < 0 ? code : sbx_fs_exchange(&call, &request, NULL, NULL);
}

int sbx_fs_utime(sbx *sandbox, const char *path, int64_t atime, int64_t mtime,
                 const sbx_fs_options *options, sbx_error **error)
{
    SbxFsCall call = CALL("set the times of", path, NULL);
    struct sbx_files_request request;
    int code = begin(&call, SBX_FILES_UTIME, &request);

    request.atime = atime;
    request.mtime = mtime;
    return code < 0 ? code : sbx_fs_exchange(&call, &request, NULL, NULL);
}

int sbx_fs_truncate(sbx *sandbox, const char *path, int64_t size, const sbx_fs_options *options,
                    sbx_error **error)
{
    SbxFsCall call = CALL("set the size of", path, NULL);
    struct sbx_files_request request;
    int code;

    if (size < 0)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "a size is not negative");
    code = begin(&call, SBX_FILES_TRUNCATE, &request);
    request.offset = size;
    return code < 0 ? code : sbx_fs_exchange(&call, &request, NULL, NULL);
}

int sbx_fs_umask(sbx *sandbox, int mask, int *previous, sbx_error **error)
{
    int code = sbx_check_handle(sandbox, __func__, error);
    int before;

    if (code < 0)
        return code;
    if (mask < -1 || mask > 0777)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, "permissions are 0 to 0777, in octal",
                        "%d is not a mask", mask);
    do
        before = g_atomic_int_get(&sandbox->umask);
    while (mask >= 0 && !g_atomic_int_compare_and_exchange(&sandbox->umask, before, mask));
    if (previous != NULL)
        *previous = before;
    return SBX_OK;
}

int sbx_fs_temp_dir(sbx *sandbox, const sbx_fs_options *options, char **out, sbx_error **error)
{
    const char *directory = options != NULL ? options->directory : NULL;
    SbxFsCall call = CALL("make a directory in", directory != NULL ? directory : "/tmp", NULL);

    return ask_path(&call, SBX_FILES_TEMP_DIR, out);
}

int sbx_fs_temp_file(sbx *sandbox, const sbx_fs_options *options, char **out, sbx_error **error)
{
    const char *directory = options != NULL ? options->directory : NULL;
    SbxFsCall call = CALL("make a file in", directory != NULL ? directory : "/tmp", NULL);

    return ask_path(&call, SBX_FILES_TEMP_FILE, out);
}
