/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sandboxes and pools for the rows: see bench.h. */
#include "bench.h"

#define PATIENCE_MS 300000

sbx *sandbox_create(const sbx_options *options, double *took)
{
    sbx *made = NULL;
    sbx_error *error = NULL;
    double start = now_ms();

    if (sbx_create(options, &made, &error) < 0)
        die("sbx_create", error);
    if (took != NULL)
        *took = now_ms() - start;
    return made;
}

void sandbox_end(sbx *sandbox)
{
    sbx_error *error = NULL;

    if (sbx_kill(sandbox, &error) < 0)
        die("sbx_kill", error);
    sbx_unref(sandbox);
}

void sandboxes_end(sbx **sandboxes, guint count)
{
    for (guint i = 0; i < count; i++)
        sandbox_end(sandboxes[i]);
}

static sbx_result *run_sh(sbx *sandbox, const char *script)
{
    sbx_result *result = NULL;
    sbx_error *error = NULL;

    if (sbx_sh(sandbox, script, &result, &error) < 0)
        die("sbx_sh", error);
    return result;
}

static void check_result(const sbx_result *result, const char *script)
{
    if (sbx_result_exit_code(result) != 0)
        die_text("this script failed in a sandbox: %s: %s", script,
                 (const char *)sbx_result_stderr(result, NULL));
}

char *sandbox_sh(sbx *sandbox, const char *script)
{
    sbx_result *result = run_sh(sandbox, script);
    char *text;

    check_result(result, script);
    text = g_strdup(sbx_result_stdout(result, NULL));
    sbx_result_free(result);
    return text;
}

double sandbox_sh_time(sbx *sandbox, const char *script)
{
    double start = now_ms();
    sbx_result *result = run_sh(sandbox, script);
    double took = now_ms() - start;

    check_result(result, script);
    sbx_result_free(result);
    return took;
}

sbx_options *fresh_options(void)
{
    sbx_options *options = sbx_options_new();
    sbx_error *error = NULL;

    if (sbx_options_set_spares(options, 0, &error) < 0)
        die("sbx_options_set_spares", error);
    /* A slow boot is a figure, too. */
    if (sbx_options_set_start_timeout(options, PATIENCE_MS, &error) < 0)
        die("sbx_options_set_start_timeout", error);
    return options;
}

void pool_fill(guint count)
{
    sbx_error *error = NULL;

    if (sbx_pool_fill(NULL, count, PATIENCE_MS, &error) < 0)
        die("sbx_pool_fill", error);
}

static void set_size(int size)
{
    sbx_error *error = NULL;

    if (sbx_pool_set_size(size, &error) < 0)
        die("sbx_pool_set_size", error);
}

void pool_auto(void)
{
    set_size(SBX_SPARES_AUTO);
}

void pool_exactly(guint count)
{
    sbx_error *error = NULL;

    if (sbx_template_build(NULL, 0, NULL, NULL, NULL, &error) < 0)
        die("sbx_template_build", error);
    set_size(0);
    if (sbx_pool_drain(NULL, NULL, &error) < 0)
        die("sbx_pool_drain", error);
    if (count > 0) {
        set_size((int)count);
        pool_fill(count);
    }
}
