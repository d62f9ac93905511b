/* Lifetimes: a sandbox that outlives the program that made it, found again by its id.
 *
 *   lifetime           makes one that lives for a minute, and prints its id
 *   lifetime ID        runs a command in it, and kills it */
#include <sandbox/sandbox.h>
#include <stdio.h>

static int fail(sbx_error *error)
{
    fprintf(stderr, "%s\n", sbx_error_message(error));
    if (sbx_error_hint(error) != NULL)
        fprintf(stderr, "hint: %s\n", sbx_error_hint(error));
    sbx_error_free(error);
    return 1;
}

static int make(void)
{
    sbx_options *options = sbx_options_new();
    sbx *sandbox = NULL;
    sbx_error *error = NULL;

    if (sbx_options_set_timeout(options, 60 * 1000, &error) < 0 ||
        sbx_options_set_env(options, "GREETING", "still here", &error) < 0 ||
        sbx_create(options, &sandbox, &error) < 0)
        return fail(error);
    printf("%s\n", sbx_id(sandbox));
    sbx_unref(sandbox); /* a sandbox with a deadline does not mind */
    sbx_options_unref(options);
    return 0;
}

static int use(const char *id)
{
    sbx *sandbox = NULL;
    sbx_result *result = NULL;
    sbx_error *error = NULL;

    if (sbx_connect(id, NULL, &sandbox, &error) < 0 ||
        sbx_sh(sandbox, "echo \"$GREETING\"", &result, &error) < 0)
        return fail(error);
    fputs(sbx_result_stdout(result, NULL), stdout);
    sbx_result_free(result);
    if (sbx_kill(sandbox, &error) < 0)
        return fail(error);
    sbx_unref(sandbox);
    return 0;
}

int main(int argc, char **argv)
{
    return argc > 1 ? use(argv[1]) : make();
}
