/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What single calls take from C: the reference for the bindings' own bench programs, which make the
 * same calls. compare-calls.py starts them all.
 *
 *     bench-calls --sandbox ID [--count N]
 *
 * One JSON line for each call. The sandbox has the variable BENCH and the file bench-4k.
 */
#include <sandbox/sandbox.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench-samples.h"

#define WARM_UP 20

static sbx *sandbox;
static sbx_error *error;

static int quote(void)
{
    char *quoted = sbx_quote("two words");
    int code = quoted != NULL ? SBX_OK : SBX_E_NO_MEMORY;

    sbx_free(quoted);
    return code;
}

static int list(void)
{
    sbx_list *found = NULL;
    int code = sbx_list_get(&found, &error);

    sbx_list_free(found);
    return code;
}

static int env_get(void)
{
    char *value = NULL;
    int code = sbx_env_get(sandbox, "BENCH", &value, &error);

    sbx_free(value);
    return code;
}

static int fs_stat(void)
{
    sbx_stat *known = NULL;
    int code = sbx_fs_stat(sandbox, "/etc/hostname", NULL, &known, &error);

    sbx_stat_free(known);
    return code;
}

static int fs_read(void)
{
    void *data = NULL;
    size_t length;
    int code = sbx_fs_read_file(sandbox, "bench-4k", NULL, &data, &length, &error);

    sbx_free(data);
    return code;
}

static int run_true(void)
{
    sbx_command *command = sbx_command_new("/bin/true");
    sbx_result *result = NULL;
    int code = sbx_run(sandbox, command, &result, &error);

    sbx_result_free(result);
    sbx_command_unref(command);
    return code;
}

static const struct {
    const char *name;
    int (*call)(void);
    int part; /* of the count */
} calls[] = {
    {"quote", quote, 1},     {"list", list, 1},       {"env_get", env_get, 1},
    {"fs_stat", fs_stat, 1}, {"fs_read", fs_read, 1}, {"run_true", run_true, 10},
};

static void check(int code, const char *what)
{
    if (code >= 0)
        return;
    fprintf(stderr, "bench-calls: %s: %s\n", what,
            error != NULL ? sbx_error_message(error) : sbx_error_code_name(code));
    exit(1);
}

static void measure(const char *name, int (*call)(void), int count)
{
    Samples *samples = samples_new();

    for (int i = 0; i < WARM_UP; i++)
        check(call(), name);
    for (int i = 0; i < count; i++) {
        double start = now_ms();
        int code = call();

        samples_add(samples, now_ms() - start);
        check(code, name);
    }
    printf("{\"call\": \"%s\", \"unit\": \"ms\", \"p50\": %.4f, \"p99\": %.4f, \"min\": %.4f, "
           "\"n\": %d}\n",
           name, samples_quantile(samples, 0.5), samples_quantile(samples, 0.99),
           samples_quantile(samples, 0), count);
    fflush(stdout);
    samples_free(samples);
}

int main(int argc, char **argv)
{
    const char *id = NULL;
    int count = 500;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--sandbox") == 0)
            id = argv[i + 1];
        else if (strcmp(argv[i], "--count") == 0)
            count = atoi(argv[i + 1]);
    }
    if (id == NULL || count < 10 || argc % 2 == 0) {
        fprintf(stderr, "usage: bench-calls --sandbox ID [--count N]     N: 10 or more\n");
        return 2;
    }
    check(sbx_connect(id, NULL, &sandbox, &error), "sbx_connect");
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        measure(calls[i].name, calls[i].call, count / calls[i].part);
    sbx_unref(sandbox);
    return 0;
}
