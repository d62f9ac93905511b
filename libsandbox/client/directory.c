/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Directories, trees and patterns. See include/sandbox/directory.h.
 *
 * The worker that streams the entries is the stream's until its end. Of what it says, names and
 * paths are looked at before they are handed on: a caller may make files of these names.
 */
#include <string.h>
#include <unistd.h>

#include "client/fs-worker.h"

struct sbx_dir {
    gint busy;
    sbx *sandbox;
    SbxFsWorker *worker; /* NULL: at the end, or failed */
    uint32_t op;
    char *top;    /* the path or pattern */
    char *prefix; /* what paths begin with */
    struct sbx_tlv_reader reader; /* of the present frame */
    GString *path;
    gsize name_at; /* in path */
    int kind;
    int depth;
    gboolean there; /* an entry */
    sbx_error *failure;
};

G_STATIC_ASSERT(SBX_KIND_BLOCK_DEVICE == SBX_FILES_KIND_BLOCK_DEVICE);
G_STATIC_ASSERT(SBX_KIND_FILE == SBX_FILES_KIND_FILE && SBX_KIND_SYMLINK == SBX_FILES_KIND_SYMLINK);

static sbx_dir *dir_new(const SbxFsCall *call, uint32_t op, SbxFsWorker *worker)
{
    sbx_dir *dir = g_try_new0(sbx_dir, 1);

    if (dir == NULL)
        return NULL;
    dir->sandbox = sbx_ref(call->sandbox);
    dir->worker = worker;
    dir->op = op;
    dir->top = g_strdup(call->path);
    dir->prefix = g_strdup(op != SBX_FILES_GLOB ? call->path : call->to != NULL ? call->to : "");
    dir->path = g_string_new(NULL);
    dir->depth = -1;
    return dir;
}

static int open_stream(const SbxFsCall *call, uint32_t op, sbx_dir **out)
{
    struct sbx_files_request request;
    SbxFsWorker *worker = NULL;
    int code;

    if (out == NULL)
        return sbx_fail(call->error, SBX_E_INVALID, 0, call->operation, NULL, "out is NULL");
    code = sbx_fs_take(call, &worker);
    if (code < 0)
        return code;
    sbx_fs_request(call, op, &request);
    code = sbx_fs_send(call, worker, &request);
    if (code == SBX_OK) {
        *out = dir_new(call, op, worker);
        if (*out != NULL)
            return SBX_OK;
        worker->broken = TRUE;
        code = sbx_fs_out_of_memory(call);
    }
    sbx_fs_give(worker);
    return code;
}

int sbx_fs_read_dir(sbx *sandbox, const char *path, const sbx_fs_options *options, sbx_dir **out,
                    sbx_error **error)
{
    SbxFsCall call = {sandbox, options, __func__, "read the directory", path, NULL, error};

    return open_stream(&call, SBX_FILES_READ_DIR, out);
}

int sbx_fs_walk(sbx *sandbox, const char *path, const sbx_fs_options *options, sbx_dir **out,
                sbx_error **error)
{
    SbxFsCall call = {sandbox, options, __func__, "walk", path, NULL, error};

    return open_stream(&call, SBX_FILES_WALK, out);
}

int sbx_fs_glob(sbx *sandbox, const char *pattern, const sbx_fs_options *options, sbx_dir **out,
                sbx_error **error)
{
    const char *directory = options != NULL && pattern != NULL && *pattern != '/'
                                ? options->directory
                                : NULL;
    SbxFsCall call = {sandbox, options, __func__, "expand", pattern, directory, error};

    return open_stream(&call, SBX_FILES_GLOB, out);
}

/* No worker of ours says this: a component that leads up, or a name that is none. */
static gboolean leads_up(const char *path)
{
    while (path != NULL) {
        path += strspn(path, "/");
        if (strncmp(path, "..", 2) == 0 && (path[2] == '/' || path[2] == '\0'))
            return TRUE;
        path = strchr(path, '/');
    }
    return FALSE;
}

static gboolean entry_ok(const sbx_dir *dir, const struct sbx_files_entry *entry)
{
    if (dir->op == SBX_FILES_READ_DIR)
        return *entry->path != '\0' && strchr(entry->path, '/') == NULL &&
               strcmp(entry->path, ".") != 0 && !leads_up(entry->path);
    if (!g_str_has_prefix(entry->path, dir->prefix) || *entry->path == '\0' ||
        entry->depth > SBX_FILES_MAX_PATH)
        return FALSE;
    /* A pattern may lead up by itself. */
    return (dir->op == SBX_FILES_GLOB && leads_up(dir->top)) ||
           !leads_up(entry->path + strlen(dir->prefix));
}

static void set_entry(sbx_dir *dir, const struct sbx_files_entry *entry)
{
    const char *slash;

    g_string_truncate(dir->path, 0);
    if (dir->op == SBX_FILES_READ_DIR) {
        g_string_append(dir->path, dir->prefix);
        if (!g_str_has_suffix(dir->prefix, "/"))
            g_string_append_c(dir->path, '/');
    }
    g_string_append(dir->path, entry->path);
    slash = strrchr(dir->path->str, '/');
    dir->name_at = slash != NULL && slash[1] != '\0' ? (gsize)(slash + 1 - dir->path->str) : 0;
    dir->kind = entry->kind;
    dir->depth = dir->op == SBX_FILES_READ_DIR ? 1 : (int)entry->depth;
    dir->there = TRUE;
}

/* Nothing more will come. */
static int stop(sbx_dir *dir)
{
    dir->there = FALSE;
    if (dir->worker != NULL)
        sbx_fs_give(g_steal_pointer(&dir->worker));
    return 0;
}

/* The next entry: 1, 0 at the end, or an error. */
static int next(sbx_dir *dir, const SbxFsCall *call)
{
    struct sbx_files_frame frame;
    struct sbx_files_entry entry;

    for (;;) {
        int code = sbx_files_entry_next(&dir->reader, &entry);

        if (code < 0 || (code > 0 && !entry_ok(dir, &entry)))
            return sbx_fs_nonsense(call, dir->worker);
        if (code > 0) {
            set_entry(dir, &entry);
            return 1;
        }
        code = sbx_fs_receive_more(call, dir->worker, -1, &frame);
        if (code < 0)
            return code;
        if (frame.type != SBX_FILES_ENTRIES) {
            code = sbx_fs_finish(call, dir->worker, &frame, NULL);
            return code < 0 ? code : stop(dir);
        }
        sbx_tlv_reader_init(&dir->reader, frame.body, frame.length);
    }
}

static const char *verb_of(const sbx_dir *dir)
{
    return dir->op == SBX_FILES_READ_DIR ? "read the directory"
           : dir->op == SBX_FILES_WALK   ? "walk"
                                         : "expand";
}

/* The stream is this thread's. */
static int step(sbx_dir *dir, sbx_error **error)
{
    SbxFsCall call = {dir->sandbox, NULL, "sbx_dir_next", verb_of(dir), dir->top, NULL,
                      &dir->failure};
    int code;

    if (dir->failure == NULL) {
        if (dir->worker == NULL)
            return 0;
        code = next(dir, &call);
        if (code >= 0)
            return code;
        dir->there = FALSE;
        if (code == SBX_E_CANCELLED)
            return sbx_fail_with(error, g_steal_pointer(&dir->failure));
        stop(dir);
    }
    return sbx_fs_fail_again(dir->failure, error);
}

int sbx_dir_next(sbx_dir *dir, sbx_error **error)
{
    int code;

    if (dir == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "dir is NULL");
    code = sbx_check_handle(dir->sandbox, __func__, error);
    if (code < 0)
        return code;
    if (!g_atomic_int_compare_and_exchange(&dir->busy, 0, 1))
        return sbx_fail(error, SBX_E_BUSY, 0, __func__, NULL,
                        "another call on this stream is running");
    code = step(dir, error);
    g_atomic_int_set(&dir->busy, 0);
    return code;
}

const char *sbx_dir_name(const sbx_dir *dir)
{
    return dir->there ? dir->path->str + dir->name_at : NULL;
}

const char *sbx_dir_path(const sbx_dir *dir)
{
    return dir->there ? dir->path->str : NULL;
}

int sbx_dir_kind(const sbx_dir *dir)
{
    return dir->there ? dir->kind : SBX_KIND_UNKNOWN;
}

int sbx_dir_depth(const sbx_dir *dir)
{
    return dir->there ? dir->depth : -1;
}

void sbx_dir_free(sbx_dir *dir)
{
    if (dir == NULL)
        return;
    sbx_fs_worker_free(dir->worker);
    sbx_unref(dir->sandbox);
    g_free(dir->top);
    g_free(dir->prefix);
    g_string_free(dir->path, TRUE);
    sbx_error_free(dir->failure);
    g_free(dir);
}
