/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Uploads, downloads and archives. See include/sandbox/transfer.h. */
#include "client/transfer.h"

#include <errno.h>
#include <string.h>

#include "client/private.h"

typedef struct {
    const char *path;
    const char *what; /* it is, in messages */
} Path;

/* Workers in sandboxes (NULL: none on that side) and the helper, and their arguments. */
typedef struct {
    sbx *source, *target;
    GPtrArray *create, *extract, *helper;
} Sides;

static int check_path(const char *path, const char *what, const char *operation, sbx_error **error)
{
    if (path == NULL || *path == '\0')
        return sbx_fail(error, SBX_E_INVALID, 0, operation, NULL, "the %s is %s", what,
                        path == NULL ? "NULL" : "empty");
    if (strlen(path) >= 4096)
        return sbx_fail(error, SBX_E_TOO_BIG, 0, operation, NULL,
                        "the %s is longer than 4095 bytes", what);
    return SBX_OK;
}

/* The helper would take whatever else it finds under the number that it expects. */
static int check_fd(int fd, const char *operation, sbx_error **error)
{
    return fd >= 0 ? SBX_OK
                   : sbx_fail(error, SBX_E_INVALID, EBADF, operation, NULL,
                              "%d is not a descriptor", fd);
}

static GPtrArray *create_args(const SbxTransfer *transfer, const char *word, const char *source,
                              gboolean glob)
{
    GPtrArray *args = sbx_transfer_args(transfer, word);

    if (transfer->options->progress != NULL)
        sbx_transfer_add_arg(args, "--total");
    if (glob)
        sbx_transfer_add_arg(args, "--glob");
    sbx_transfer_finish_args(args, &source, 1);
    return args;
}

static GPtrArray *extract_args(const SbxTransfer *transfer, const char *word, const char *target,
                               gboolean into)
{
    static const char *const policies[] = {"replace", "refuse", "keep"};
    GPtrArray *args = sbx_transfer_args(transfer, word);

    sbx_transfer_add_arg(args, "--existing");
    sbx_transfer_add_arg(args, policies[transfer->options->existing]);
    if (into)
        sbx_transfer_add_arg(args, "--into");
    sbx_transfer_finish_args(args, &target, 1);
    return args;
}

static GPtrArray *relay_args(const SbxTransfer *transfer)
{
    GPtrArray *args = g_ptr_array_new_with_free_func(g_free);

    sbx_transfer_add_arg(args, "relay");
    g_ptr_array_add(args, g_strdup_printf("%" G_GUINT64_FORMAT, transfer->options->max_bytes));
    g_ptr_array_add(args, NULL);
    return args;
}

/* For messages. */
static char *describe(const char *what, const char *path, const char *where)
{
    g_autofree char *valid = g_utf8_make_valid(path, -1);

    for (char *p = valid; *p != '\0'; p++)
        if ((guchar)*p < 0x20 || *p == 0x7f)
            *p = '?';
    return g_strdup_printf("cannot %s %.300s%s", what, valid, where);
}

/* What all calls begin with. */
static int begin(const SbxTransfer *transfer, sbx *sandbox, const Path *paths, size_t count,
                 sbx_error **error)
{
    int code = sbx_check_handle(sandbox, transfer->operation, error);

    for (size_t i = 0; i < count && code == SBX_OK; i++)
        code = check_path(paths[i].path, paths[i].what, transfer->operation, error);
    return code;
}

/* What they end with. Takes the arguments. */
static int finish(SbxTransfer *transfer, const Sides *sides, int own, sbx_error **error)
{
    g_autoptr(GPtrArray) create = sides->create;
    g_autoptr(GPtrArray) extract = sides->extract;
    g_autoptr(GPtrArray) helper = sides->helper;
    int code = SBX_OK;

    if (extract != NULL)
        code = sbx_transfer_spawn(transfer, sides->target, extract, SBX_STDIN, &transfer->extractor,
                                  error);
    if (create != NULL && code == SBX_OK)
        code = sbx_transfer_spawn(transfer, sides->source, create, SBX_STDOUT, &transfer->creator,
                                  error);
    return code < 0 ? code : sbx_transfer_run(transfer, helper, own, error);
}

int sbx_upload(sbx *sandbox, const char *local_path, const char *guest_path,
               const sbx_transfer_options *options, sbx_error **error)
{
    const Path paths[] = {{local_path, "local path"}, {guest_path, "guest path"}};
    g_auto(SbxTransfer)
        transfer = {.operation = __func__, .options = sbx_transfer_options_or_defaults(options)};
    Sides sides = {.target = sandbox};
    int code = begin(&transfer, sandbox, paths, 2, error);

    if (code < 0)
        return code;
    transfer.subject = describe("copy", local_path, " into the sandbox");
    sides.extract = extract_args(&transfer, "tar-extract", guest_path, FALSE);
    sides.helper = create_args(&transfer, "create", local_path, FALSE);
    return finish(&transfer, &sides, -1, error);
}

int sbx_download(sbx *sandbox, const char *guest_path, const char *local_path,
                 const sbx_transfer_options *options, sbx_error **error)
{
    const Path paths[] = {{guest_path, "guest path"}, {local_path, "local path"}};
    g_auto(SbxTransfer)
        transfer = {.operation = __func__, .options = sbx_transfer_options_or_defaults(options)};
    Sides sides = {.source = sandbox};
    int code = begin(&transfer, sandbox, paths, 2, error);

    if (code < 0)
        return code;
    transfer.subject = describe("copy", guest_path, " out of the sandbox");
    transfer.host_extracts = TRUE;
    sides.create = create_args(&transfer, "tar-create", guest_path, transfer.options->glob);
    sides.helper = extract_args(&transfer, "extract", local_path, transfer.options->glob);
    return finish(&transfer, &sides, -1, error);
}

int sbx_copy_across(sbx *source, const char *source_path, sbx *target, const char *target_path,
                    const sbx_transfer_options *options, sbx_error **error)
{
    const Path paths[] = {{source_path, "source path"}, {target_path, "target path"}};
    g_auto(SbxTransfer)
        transfer = {.operation = __func__, .options = sbx_transfer_options_or_defaults(options)};
    Sides sides = {.source = source, .target = target};
    int code = sbx_check_handle(source, __func__, error);

    if (code == SBX_OK)
        code = begin(&transfer, target, paths, 2, error);
    if (code < 0)
        return code;
    transfer.subject = describe("copy", source_path, " to the other sandbox");
    sides.create = create_args(&transfer, "tar-create", source_path, transfer.options->glob);
    sides.extract = extract_args(&transfer, "tar-extract", target_path, transfer.options->glob);
    sides.helper = relay_args(&transfer);
    return finish(&transfer, &sides, -1, error);
}

int sbx_tar_create(sbx *sandbox, const char *directory, const char *const *names, size_t count,
                   int fd, const sbx_transfer_options *options, sbx_error **error)
{
    static const char *const all[] = {"."};
    const Path path = {directory, "directory"};
    g_auto(SbxTransfer)
        transfer = {.operation = __func__, .options = sbx_transfer_options_or_defaults(options)};
    Sides sides = {.source = sandbox};
    int code = begin(&transfer, sandbox, &path, 1, error);

    for (size_t i = 0; names != NULL && i < count && code == SBX_OK; i++)
        code = check_path(names[i], "name", __func__, error);
    if (code == SBX_OK)
        code = check_fd(fd, __func__, error);
    if (code < 0)
        return code;
    transfer.subject = describe("make an archive of", directory, "");
    sides.create = sbx_transfer_args(&transfer, "tar-create");
    sbx_transfer_add_arg(sides.create, "--directory");
    sbx_transfer_add_arg(sides.create, directory);
    sbx_transfer_finish_args(sides.create, names != NULL ? names : all, names != NULL ? count : 1);
    sides.helper = relay_args(&transfer);
    return finish(&transfer, &sides, fd, error);
}

int sbx_tar_extract(sbx *sandbox, const char *directory, int fd,
                    const sbx_transfer_options *options, sbx_error **error)
{
    const Path path = {directory, "directory"};
    g_auto(SbxTransfer)
        transfer = {.operation = __func__, .options = sbx_transfer_options_or_defaults(options)};
    Sides sides = {.target = sandbox};
    int code = begin(&transfer, sandbox, &path, 1, error);

    if (code == SBX_OK)
        code = check_fd(fd, __func__, error);
    if (code < 0)
        return code;
    transfer.subject = describe("extract the archive into", directory, "");
    sides.extract = extract_args(&transfer, "tar-extract", directory, TRUE);
    sides.helper = relay_args(&transfer);
    return finish(&transfer, &sides, fd, error);
}
