/* Files: writing, reading, walking and watching, without a command in the sandbox. */
#include <sandbox/sandbox.h>
#include <stdio.h>
#include <string.h>

static int fail(sbx_error *error)
{
    fprintf(stderr, "%s\n", sbx_error_message(error));
    sbx_error_free(error);
    return 1;
}

int main(void)
{
    static const char text[] = "hello from the host\n";
    sbx *sandbox = NULL;
    sbx_fs_options *recursive = sbx_fs_options_new();
    sbx_stat *stat = NULL;
    sbx_dir *dir = NULL;
    sbx_error *error = NULL;
    void *data = NULL;
    int code;

    if (sbx_fs_options_set_flags(recursive, SBX_FS_RECURSIVE, &error) < 0 ||
        sbx_create(NULL, &sandbox, &error) < 0 ||
        /* Relative paths begin at the user's home, here /home/app. */
        sbx_fs_mkdir(sandbox, "project/src", recursive, &error) < 0 ||
        sbx_fs_write_file(sandbox, "project/src/hello.txt", NULL, text, strlen(text), &error) < 0 ||
        sbx_fs_read_file(sandbox, "project/src/hello.txt", NULL, &data, NULL, &error) < 0 ||
        sbx_fs_stat(sandbox, "project/src/hello.txt", NULL, &stat, &error) < 0)
        return fail(error);
    printf("%s%d bytes, mode %o\n", (char *)data, (int)sbx_stat_size(stat), sbx_stat_mode(stat));
    sbx_free(data);
    sbx_stat_free(stat);
    if (sbx_fs_walk(sandbox, "project", NULL, &dir, &error) < 0)
        return fail(error);
    while ((code = sbx_dir_next(dir, &error)) > 0)
        printf("%s%s\n", sbx_dir_path(dir), sbx_dir_kind(dir) == SBX_KIND_DIRECTORY ? "/" : "");
    if (code < 0)
        return fail(error);
    sbx_dir_free(dir);
    sbx_fs_options_free(recursive);
    sbx_unref(sandbox);
    return 0;
}
