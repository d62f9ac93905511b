/* Env: variables of a sandbox, which every later command sees. */
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

/* Prints what a command sees. */
static int look(sbx *sandbox, sbx_error **error)
{
    sbx_result *result = NULL;

    if (sbx_sh(sandbox, "echo \"GREETING is ${GREETING-not set}\"", &result, error) < 0)
        return -1;
    fputs(sbx_result_stdout(result, NULL), stdout);
    sbx_result_free(result);
    return 0;
}

static int list(sbx *sandbox, sbx_error **error)
{
    sbx_env_list *env = NULL;

    if (sbx_env_list_get(sandbox, &env, error) < 0)
        return -1;
    for (size_t i = 0; i < sbx_env_list_length(env); i++)
        printf("%s=%s\n", sbx_env_list_name(env, i), sbx_env_list_value(env, i));
    sbx_env_list_free(env);
    return 0;
}

int main(void)
{
    sbx_options *options = sbx_options_new();
    sbx *sandbox = NULL;
    sbx_error *error = NULL;

    if (sbx_options_set_env(options, "GREETING", "hello", &error) < 0 ||
        sbx_create(options, &sandbox, &error) < 0 || look(sandbox, &error) < 0 ||
        sbx_env_set(sandbox, "GREETING", "good morning", &error) < 0 || look(sandbox, &error) < 0 ||
        list(sandbox, &error) < 0 || sbx_env_delete(sandbox, "GREETING", &error) < 0 ||
        look(sandbox, &error) < 0)
        return fail(error);
    sbx_unref(sandbox);
    sbx_options_unref(options);
    return 0;
}
