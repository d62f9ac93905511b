/* The shortest program: a fresh microVM, one command, its output. Build it with
 *   cc hello.c $(pkg-config --cflags --libs libsandbox) -o hello */
#include <sandbox/sandbox.h>
#include <stdio.h>

int main(void)
{
    sbx *sandbox = NULL;
    sbx_result *result = NULL;
    sbx_error *error = NULL;

    if (sbx_create(NULL, &sandbox, &error) < 0 ||
        sbx_sh(sandbox, "ls -lh /", &result, &error) < 0) {
        fprintf(stderr, "%s\n", sbx_error_message(error));
        sbx_error_free(error);
        sbx_unref(sandbox);
        return 1;
    }
    fputs(sbx_result_stdout(result, NULL), stdout);
    sbx_result_free(result);
    sbx_unref(sandbox); /* the last reference: the VM is gone */
    return 0;
}
