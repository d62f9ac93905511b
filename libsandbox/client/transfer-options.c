/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options of transfers. See include/sandbox/transfer.h. */
#include <string.h>

#include "client/private.h"
#include "client/transfer.h"

enum { PATTERN_BYTES = 4096 };

static const sbx_transfer_options defaults = {
    .owners = 1,
    .max_bytes = SBX_TRANSFER_BYTES_DEFAULT,
    .max_entries = SBX_TRANSFER_ENTRIES_DEFAULT,
};

const sbx_transfer_options *sbx_transfer_options_or_defaults(const sbx_transfer_options *options)
{
    return options != NULL ? options : &defaults;
}

sbx_transfer_options *sbx_transfer_options_new(void)
{
    sbx_transfer_options *options = g_try_new0(sbx_transfer_options, 1);

    if (options == NULL)
        return NULL;
    *options = defaults;
    options->excludes = g_ptr_array_new_with_free_func(g_free);
    return options;
}

void sbx_transfer_options_free(sbx_transfer_options *options)
{
    if (options == NULL)
        return;
    g_ptr_array_unref(options->excludes);
    g_free(options->user);
    g_free(options);
}

_Static_assert(sizeof(sbx_transfer_options) == 64, "the copy must know every member");

sbx_transfer_options *sbx_transfer_options_copy(const sbx_transfer_options *options)
{
    sbx_transfer_options *copy = sbx_transfer_options_new();
    GPtrArray *excludes;

    if (copy == NULL)
        return NULL;
    excludes = copy->excludes;
    *copy = *options;
    copy->excludes = excludes;
    copy->user = g_strdup(options->user);
    for (guint i = 0; options->excludes != NULL && i < options->excludes->len; i++)
        g_ptr_array_add(excludes, g_strdup(options->excludes->pdata[i]));
    return copy;
}

static int check(const sbx_transfer_options *options, const char *operation, sbx_error **error)
{
    return options != NULL ? SBX_OK
                           : sbx_fail(error, SBX_E_INVALID, 0, operation, NULL, "options is NULL");
}

int sbx_transfer_options_set_user(sbx_transfer_options *options, const char *user,
                                  sbx_error **error)
{
    int code = check(options, __func__, error);

    if (code < 0)
        return code;
    if (user != NULL && (*user == '\0' || strlen(user) > 255 || strpbrk(user, ":\n") != NULL))
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "\"%.200s\" is not a user", user);
    g_free(options->user);
    options->user = g_strdup(user);
    return SBX_OK;
}

void sbx_transfer_options_set_owners(sbx_transfer_options *options, int keep)
{
    if (options != NULL)
        options->owners = keep != 0;
}

void sbx_transfer_options_set_privileged(sbx_transfer_options *options, int keep)
{
    if (options != NULL)
        options->privileged = keep != 0;
}

int sbx_transfer_options_set_existing(sbx_transfer_options *options, int policy, sbx_error **error)
{
    int code = check(options, __func__, error);

    if (code < 0)
        return code;
    if (policy < SBX_EXISTING_REPLACE || policy > SBX_EXISTING_KEEP)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "%d is not a policy for existing files", policy);
    options->existing = policy;
    return SBX_OK;
}

int sbx_transfer_options_add_exclude(sbx_transfer_options *options, const char *pattern,
                                     sbx_error **error)
{
    int code = check(options, __func__, error);

    if (code < 0)
        return code;
    if (pattern == NULL || *pattern == '\0' || strlen(pattern) > PATTERN_BYTES)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "the pattern is NULL, empty or longer than %d bytes", PATTERN_BYTES);
    if (options->excludes->len >= SBX_TRANSFER_EXCLUDES_MAX)
        return sbx_fail(error, SBX_E_TOO_BIG, 0, __func__, NULL, "there are %d patterns already",
                        SBX_TRANSFER_EXCLUDES_MAX);
    g_ptr_array_add(options->excludes, g_strdup(pattern));
    return SBX_OK;
}

void sbx_transfer_options_set_glob(sbx_transfer_options *options, int glob)
{
    if (options != NULL)
        options->glob = glob != 0;
}

void sbx_transfer_options_set_max_bytes(sbx_transfer_options *options, uint64_t bytes)
{
    if (options != NULL)
        options->max_bytes = bytes;
}

void sbx_transfer_options_set_max_entries(sbx_transfer_options *options, uint64_t entries)
{
    if (options != NULL)
        options->max_entries = entries;
}

void sbx_transfer_options_set_progress(sbx_transfer_options *options, sbx_progress_func progress,
                                       void *data)
{
    if (options == NULL)
        return;
    options->progress = progress;
    options->progress_data = data;
}
