/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options of file calls. See include/sandbox/fs.h. */
#include <stdlib.h>
#include <string.h>

#include "client/fs-worker.h"

#define ALL_FLAGS 8191u
#define AFFIX_MAX 100

G_STATIC_ASSERT(SBX_FS_GLOBS_MAX == SBX_FILES_MAX_GLOBS);
G_STATIC_ASSERT(SBX_FS_IGNORE_CASE == SBX_FILES_IGNORE_CASE);
G_STATIC_ASSERT(ALL_FLAGS == 2 * SBX_FS_IGNORE_CASE - 1);
G_STATIC_ASSERT(SBX_FS_RECURSIVE == SBX_FILES_RECURSIVE && SBX_FS_ATOMIC == SBX_FILES_ATOMIC);
G_STATIC_ASSERT(SBX_FS_NO_FOLLOW == SBX_FILES_NO_FOLLOW && SBX_FS_APPEND == SBX_FILES_APPEND);
G_STATIC_ASSERT(SBX_FS_NO_REPLACE == SBX_FILES_NO_REPLACE);
G_STATIC_ASSERT(SBX_FS_FOLLOW_LINKS == SBX_FILES_FOLLOW_LINKS);
G_STATIC_ASSERT(SBX_FS_NO_SYMLINKS == SBX_FILES_NO_SYMLINKS);

sbx_fs_options *sbx_fs_options_new(void)
{
    sbx_fs_options *options = g_try_new0(sbx_fs_options, 1);

    if (options == NULL)
        return NULL;
    options->mode = SBX_FILES_NO_MODE;
    options->max_depth = SBX_FILES_NO_DEPTH;
    options->max_size = (uint64_t)1 << 30;
    options->match = g_ptr_array_new_with_free_func(g_free);
    options->skip = g_ptr_array_new_with_free_func(g_free);
    return options;
}

void sbx_fs_options_free(sbx_fs_options *options)
{
    if (options == NULL)
        return;
    g_free(options->user);
    g_free(options->directory);
    g_free(options->prefix);
    g_free(options->suffix);
    g_ptr_array_unref(options->match);
    g_ptr_array_unref(options->skip);
    g_free(options);
}

static void copy_texts(GPtrArray *to, const GPtrArray *from)
{
    for (guint i = 0; i < from->len; i++)
        g_ptr_array_add(to, g_strdup(from->pdata[i]));
}

_Static_assert(sizeof(sbx_fs_options) == 72, "sbx_fs_options_copy() must know every member");

sbx_fs_options *sbx_fs_options_copy(const sbx_fs_options *options)
{
    sbx_fs_options *copy = sbx_fs_options_new();

    if (copy == NULL)
        return NULL;
    copy->user = g_strdup(options->user);
    copy->flags = options->flags;
    copy->mode = options->mode;
    copy->max_size = options->max_size;
    copy->directory = g_strdup(options->directory);
    copy->prefix = g_strdup(options->prefix);
    copy->suffix = g_strdup(options->suffix);
    copy->max_depth = options->max_depth;
    copy_texts(copy->match, options->match);
    copy_texts(copy->skip, options->skip);
    return copy;
}

int sbx_fs_options_set_user(sbx_fs_options *options, const char *user, sbx_error **error)
{
    if (user != NULL && (*user == '\0' || strlen(user) > 255 || strpbrk(user, ":\n") != NULL))
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "\"%.200s\" is not a user", user);
    g_free(options->user);
    options->user = g_strdup(user);
    return SBX_OK;
}

int sbx_fs_options_set_flags(sbx_fs_options *options, unsigned int flags, sbx_error **error)
{
    if ((flags & ~ALL_FLAGS) != 0)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "0x%x has unknown flags", flags);
    options->flags = flags;
    return SBX_OK;
}

int sbx_fs_options_set_mode(sbx_fs_options *options, int mode, sbx_error **error)
{
    if (mode < -1 || mode > 07777)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, "permissions are 0 to 07777, in octal",
                        "%d is not a mode", mode);
    options->mode = mode;
    return SBX_OK;
}

void sbx_fs_options_set_max_size(sbx_fs_options *options, uint64_t bytes)
{
    options->max_size = bytes;
}

int sbx_fs_options_set_directory(sbx_fs_options *options, const char *directory,
                                 sbx_error **error)
{
    if (directory != NULL && (*directory == '\0' || strlen(directory) > SBX_PATH_MAX))
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "the directory's path is empty or longer than %d bytes", SBX_PATH_MAX);
    g_free(options->directory);
    options->directory = g_strdup(directory);
    return SBX_OK;
}

static int affix_ok(const char *affix)
{
    return affix == NULL || (strlen(affix) <= AFFIX_MAX && strchr(affix, '/') == NULL);
}

int sbx_fs_options_set_affixes(sbx_fs_options *options, const char *prefix, const char *suffix,
                               sbx_error **error)
{
    if (!affix_ok(prefix) || !affix_ok(suffix))
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "prefix or suffix has a '/' or more than %d bytes", AFFIX_MAX);
    g_free(options->prefix);
    g_free(options->suffix);
    options->prefix = g_strdup(prefix);
    options->suffix = g_strdup(suffix);
    return SBX_OK;
}

int sbx_fs_options_set_max_depth(sbx_fs_options *options, int depth, sbx_error **error)
{
    if (depth < -1)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "%d is not a depth", depth);
    options->max_depth = depth;
    return SBX_OK;
}

static int add_glob(GPtrArray *globs, const char *pattern, const char *operation,
                    sbx_error **error)
{
    if (pattern == NULL || *pattern == '\0' || strlen(pattern) >= SBX_FILES_MAX_GLOB)
        return sbx_fail(error, SBX_E_INVALID, 0, operation, NULL,
                        "the pattern is NULL, empty or longer than %d bytes",
                        SBX_FILES_MAX_GLOB - 1);
    if (globs->len >= SBX_FS_GLOBS_MAX)
        return sbx_fail(error, SBX_E_TOO_BIG, 0, operation, "put alternatives into one: {a,b}",
                        "there are %d patterns already", SBX_FS_GLOBS_MAX);
    g_ptr_array_add(globs, g_strdup(pattern));
    return SBX_OK;
}

int sbx_fs_options_add_match(sbx_fs_options *options, const char *pattern, sbx_error **error)
{
    return add_glob(options->match, pattern, __func__, error);
}

int sbx_fs_options_add_skip(sbx_fs_options *options, const char *pattern, sbx_error **error)
{
    return add_glob(options->skip, pattern, __func__, error);
}
