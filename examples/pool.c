/* Pools: VMs that are up before anybody asks. Compares creates that boot with creates that take one.
 *
 *   pool [SPARES]      3 of them unless told otherwise */
#include <sandbox/sandbox.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int fail(sbx_error *error)
{
    fprintf(stderr, "%s\n", sbx_error_message(error));
    if (sbx_error_hint(error) != NULL)
        fprintf(stderr, "hint: %s\n", sbx_error_hint(error));
    sbx_error_free(error);
    return 1;
}

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Makes a sandbox and runs a first command in it; prints how long each took. */
static int use_one(const sbx_options *options, const char *what, sbx_error **error)
{
    sbx *sandbox = NULL;
    sbx_result *result = NULL;
    double start = now_ms();
    double created;

    if (sbx_create(options, &sandbox, error) < 0)
        return -1;
    created = now_ms();
    if (sbx_sh(sandbox, "true", &result, error) < 0)
        return -1;
    printf("%-12s create %8.1f ms, first command %6.1f ms\n", what, created - start,
           now_ms() - created);
    sbx_result_free(result);
    sbx_unref(sandbox);
    return 0;
}

int main(int argc, char **argv)
{
    unsigned int count = argc > 1 ? (unsigned int)atoi(argv[1]) : 3;
    sbx_options *options = sbx_options_new();
    sbx_error *error = NULL;
    double start;

    /* 0 spares: boot afresh, and have none made meanwhile. */
    if (sbx_options_set_spares(options, 0, &error) < 0 || use_one(options, "booted:", &error) < 0)
        return fail(error);

    start = now_ms();
    if (sbx_options_set_spares(options, SBX_SPARES_AUTO, &error) < 0 ||
        sbx_pool_fill(options, count, SBX_WAIT_FOREVER, &error) < 0)
        return fail(error);
    printf("%u spares are ready after %.1f ms\n", count, now_ms() - start);
    for (unsigned int i = 0; i < count; i++)
        if (use_one(options, "from pool:", &error) < 0)
            return fail(error);
    sbx_options_unref(options);
    return 0;
}
