/* Copying: files and trees into a sandbox and out of it. */
#include <sandbox/sandbox.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(sbx_error *error)
{
    fprintf(stderr, "%s\n", sbx_error_message(error));
    sbx_error_free(error);
    return 1;
}

static int show(void *data, int permille, const char *stage, const char *text)
{
    (void)data;
    if (strcmp(stage, "warning") == 0)
        fprintf(stderr, "warning: %s\n", text);
    else
        fprintf(stderr, "%3d%% %s\n", permille / 10, text);
    return 0; /* anything else cancels */
}

int main(void)
{
    char directory[] = "/tmp/example-copy-XXXXXX";
    char path[64];
    sbx_transfer_options *options = sbx_transfer_options_new();
    sbx *sandbox = NULL;
    sbx_result *result = NULL;
    sbx_error *error = NULL;
    int count;

    if (mkdtemp(directory) == NULL)
        return 1;
    sbx_transfer_options_set_progress(options, show, NULL);
    /* As with cp -a: the directory becomes /home/app/work, relative to the user's home. */
    if (sbx_transfer_options_add_exclude(options, "*.o", &error) < 0 ||
        sbx_create(NULL, &sandbox, &error) < 0 ||
        sbx_upload(sandbox, directory, "work", options, &error) < 0 ||
        sbx_sh(sandbox, "cd work && seq 1000 >numbers && ln -s numbers link && touch x.o", &result,
               &error) < 0)
        return fail(error);
    sbx_result_free(result);
    /* What is in it ("/.") comes back; links that would lead out of the target are not followed. */
    count = sbx_download(sandbox, "work/.", directory, options, &error);
    if (count < 0)
        return fail(error);
    printf("%d entries\n", count);
    snprintf(path, sizeof path, "%s/numbers", directory);
    remove(path);
    snprintf(path, sizeof path, "%s/link", directory);
    remove(path);
    remove(directory);
    sbx_transfer_options_free(options);
    sbx_unref(sandbox);
    return 0;
}
