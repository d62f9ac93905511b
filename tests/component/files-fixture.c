/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See files-fixture.h. */
#include "files-fixture.h"

#include <string.h>
#include <unistd.h>

#include "lib/test-keeper.h"
#include "lib/test-process.h"

char *top;

void files_setup(void)
{
    sbx_error *error = NULL;

    test_box_setup();
    top = NULL;
    test_ok(sbx_fs_temp_dir(box, NULL, &top, &error), &error);
}

void files_teardown(void)
{
    sbx_fs_options *options = sbx_fs_options_new();
    sbx_error *error = NULL;

    test_ok(sbx_fs_options_set_flags(options, SBX_FS_RECURSIVE, &error), &error);
    test_ok(sbx_fs_remove(box, top, options, &error), &error);
    sbx_fs_options_free(options);
    sbx_free(top);
    test_box_teardown();
}

const char *at(const char *name)
{
    static char *paths[8];
    static int n;
    char **path = &paths[n++ % G_N_ELEMENTS(paths)];

    g_free(*path);
    *path = g_strdup_printf("%s/%s", top, name);
    return *path;
}

sbx_fs_options *with_flags(unsigned int flags)
{
    sbx_fs_options *options = sbx_fs_options_new();
    sbx_error *error = NULL;

    test_ok(sbx_fs_options_set_flags(options, flags, &error), &error);
    return options;
}

void put(const char *path, const char *text)
{
    sbx_error *error = NULL;

    test_ok(sbx_fs_write_file(box, path, NULL, text, strlen(text), &error), &error);
}

void assert_text(const char *path, const char *wanted)
{
    sbx_error *error = NULL;
    size_t length = 99;
    void *data = NULL;

    test_ok(sbx_fs_read_file(box, path, NULL, &data, &length, &error), &error);
    ck_assert_str_eq(data, wanted);
    ck_assert_uint_eq(length, strlen(wanted));
    sbx_free(data);
}

sbx_stat *look(const char *path)
{
    sbx_error *error = NULL;
    sbx_stat *stat = NULL;

    test_ok(sbx_fs_lstat(box, path, NULL, &stat, &error), &error);
    return stat;
}

char *sh(const char *format, ...)
{
    g_autofree char *script = NULL;
    va_list args;

    va_start(args, format);
    script = g_strdup_vprintf(format, args);
    va_end(args);
    return test_sh(box, script);
}

GArray *workers(void)
{
    GArray *found = test_processes_with("--worker");
    g_autoptr(GArray) ours = test_descendants(test_init_pid());
    GArray *result = g_array_new(FALSE, FALSE, sizeof(pid_t));

    for (guint i = 0; i < found->len; i++)
        for (guint j = 0; j < ours->len; j++)
            if (g_array_index(found, pid_t, i) == g_array_index(ours, pid_t, j))
                g_array_append_val(result, g_array_index(found, pid_t, i));
    g_array_unref(found);
    return result;
}

guint worker_count(void)
{
    g_autoptr(GArray) found = workers();

    return found->len;
}


void assert_errno(int code, int wanted, int sys_errno, sbx_error **error, const char *word)
{
    ck_assert_int_eq(code, wanted);
    ck_assert_ptr_nonnull(*error);
    ck_assert_int_eq(sbx_error_errno(*error), sys_errno);
    test_failed(code, wanted, error, word);
}

gboolean is_ordinary(void)
{
    return geteuid() != 0 || g_getenv("SBX_TEST_USER") != NULL;
}
