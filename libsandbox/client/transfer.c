/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Uploads, downloads and archives. See include/sandbox/transfer.h. */
#include "client/transfer.h"

#include <string.h>

#include "client/private.h"

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

int sbx_upload(sbx *sandbox, const char *local_path, const char *guest_path,
               const sbx_transfer_options *options, sbx_error **error)
{
    g_auto(SbxTransfer)
        transfer = {.operation = __func__, .options = sbx_transfer_options_or_defaults(options)};
    g_autoptr(GPtrArray) worker = NULL;
    g_autoptr(GPtrArray) helper = NULL;
    g_autofree char *subject = NULL;
    int code = sbx_check_handle(sandbox, __func__, error);

    if (code == SBX_OK)
        code = check_path(local_path, "local path", __func__, error);
    if (code == SBX_OK)
        code = check_path(guest_path, "guest path", __func__, error);
    if (code < 0)
        return code;
    transfer.subject = subject = describe("copy", local_path, " into the sandbox");
    worker = extract_args(&transfer, "tar-extract", guest_path, FALSE);
    helper = create_args(&transfer, "create", local_path, FALSE);
    code = sbx_transfer_spawn(&transfer, sandbox, worker, SBX_STDIN, &transfer.extractor, error);
    return code < 0 ? code : sbx_transfer_run(&transfer, helper, -1, error);
}

int sbx_download(sbx *sandbox, const char *guest_path, const char *local_path,
                 const sbx_transfer_options *options, sbx_error **error)
{
    g_auto(SbxTransfer)
        transfer = {.operation = __func__, .options = sbx_transfer_options_or_defaults(options)};
    g_autoptr(GPtrArray) worker = NULL;
    g_autoptr(GPtrArray) helper = NULL;
    g_autofree char *subject = NULL;
    int code = sbx_check_handle(sandbox, __func__, error);

    if (code == SBX_OK)
        code = check_path(guest_path, "guest path", __func__, error);
    if (code == SBX_OK)
        code = check_path(local_path, "local path", __func__, error);
    if (code < 0)
        return code;
    transfer.subject = subject = describe("copy", guest_path, " out of the sandbox");
    worker = create_args(&transfer, "tar-create", guest_path, transfer.options->glob);
    helper = extract_args(&transfer, "extract", local_path, transfer.options->glob);
    code = sbx_transfer_spawn(&transfer, sandbox, worker, SBX_STDOUT, &transfer.creator, error);
    return code < 0 ? code : sbx_transfer_run(&transfer, helper, -1, error);
}

int sbx_copy_across(sbx *source, const char *source_path, sbx *target, const char *target_path,
                    const sbx_transfer_options *options, sbx_error **error)
{
    g_auto(SbxTransfer)
        transfer = {.operation = __func__, .options = sbx_transfer_options_or_defaults(options)};
    g_autoptr(GPtrArray) create = NULL;
    g_autoptr(GPtrArray) extract = NULL;
    g_autoptr(GPtrArray) helper = NULL;
    g_autofree char *subject = NULL;
    int code = sbx_check_handle(source, __func__, error);

    if (code == SBX_OK)
        code = sbx_check_handle(target, __func__, error);
    if (code == SBX_OK)
        code = check_path(source_path, "source path", __func__, error);
    if (code == SBX_OK)
        code = check_path(target_path, "target path", __func__, error);
    if (code < 0)
        return code;
    transfer.subject = subject = describe("copy", source_path, " to the other sandbox");
    create = create_args(&transfer, "tar-create", source_path, transfer.options->glob);
    extract = extract_args(&transfer, "tar-extract", target_path, transfer.options->glob);
    helper = relay_args(&transfer);
    code = sbx_transfer_spawn(&transfer, target, extract, SBX_STDIN, &transfer.extractor, error);
    if (code == SBX_OK)
        code = sbx_transfer_spawn(&transfer, source, create, SBX_STDOUT, &transfer.creator, error);
    return code < 0 ? code : sbx_transfer_run(&transfer, helper, -1, error);
}

int sbx_tar_create(sbx *sandbox, const char *directory, const char *const *names, size_t count,
                   int fd, const sbx_transfer_options *options, sbx_error **error)
{
    static const char *const all[] = {"."};
    g_auto(SbxTransfer)
        transfer = {.operation = __func__, .options = sbx_transfer_options_or_defaults(options)};
    g_autoptr(GPtrArray) worker = NULL;
    g_autoptr(GPtrArray) helper = NULL;
    g_autofree char *subject = NULL;
    int code = sbx_check_handle(sandbox, __func__, error);

    if (code == SBX_OK)
        code = check_path(directory, "directory", __func__, error);
    for (size_t i = 0; names != NULL && i < count && code == SBX_OK; i++)
        code = check_path(names[i], "name", __func__, error);
    if (code < 0)
        return code;
    transfer.subject = subject = describe("make an archive of", directory, "");
    worker = sbx_transfer_args(&transfer, "tar-create");
    sbx_transfer_add_arg(worker, "--directory");
    sbx_transfer_add_arg(worker, directory);
    sbx_transfer_finish_args(worker, names != NULL ? names : all, names != NULL ? count : 1);
    helper = relay_args(&transfer);
    code = sbx_transfer_spawn(&transfer, sandbox, worker, SBX_STDOUT, &transfer.creator, error);
    return code < 0 ? code : sbx_transfer_run(&transfer, helper, fd, error);
}

int sbx_tar_extract(sbx *sandbox, const char *directory, int fd,
                    const sbx_transfer_options *options, sbx_error **error)
{
    g_auto(SbxTransfer)
        transfer = {.operation = __func__, .options = sbx_transfer_options_or_defaults(options)};
    g_autoptr(GPtrArray) worker = NULL;
    g_autoptr(GPtrArray) helper = NULL;
    g_autofree char *subject = NULL;
    int code = sbx_check_handle(sandbox, __func__, error);

    if (code == SBX_OK)
        code = check_path(directory, "directory", __func__, error);
    if (code < 0)
        return code;
    transfer.subject = subject = describe("extract the archive into", directory, "");
    worker = extract_args(&transfer, "tar-extract", directory, TRUE);
    helper = relay_args(&transfer);
    code = sbx_transfer_spawn(&transfer, sandbox, worker, SBX_STDIN, &transfer.extractor, error);
    return code < 0 ? code : sbx_transfer_run(&transfer, helper, fd, error);
}
