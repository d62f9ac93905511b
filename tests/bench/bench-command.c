/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows: commands in a sandbox, and the way to it. */
#include <signal.h>

#include "bench.h"

/* What the same command costs inside, where nothing of ours takes part. */
static void measure_inside(sbx *sandbox, int count, Samples *samples)
{
    static const char script[] = "exec python3 -c '\n"
                                 "import os, time\n"
                                 "for i in range(%d):\n"
                                 "    start = time.monotonic()\n"
                                 "    os.waitpid(os.posix_spawn(\"/bin/bash\", [\"bash\", \"-c\", "
                                 "\"true\"], os.environ), 0)\n"
                                 "    print((time.monotonic() - start) * 1000)\n'\n";
    g_autofree char *text = g_strdup_printf(script, count);
    g_autofree char *output = sandbox_sh(sandbox, text);
    g_auto(GStrv) lines = g_strsplit(output, "\n", -1);

    for (char **line = lines; *line != NULL && **line != '\0'; line++)
        samples_add(samples, g_ascii_strtod(*line, NULL));
}

void bench_sh(void)
{
    const int count = runs * 30;
    Samples *ours = samples_new();
    Samples *inside = samples_new();
    sbx *sandbox;

    pool_exactly(0);
    sandbox = sandbox_create(NULL, NULL);
    measure_inside(sandbox, count / 2, inside);
    for (int i = 0; i < count; i++)
        samples_add(ours, sandbox_sh_time(sandbox, "true"));
    measure_inside(sandbox, count / 2, inside);
    sandbox_end(sandbox);
    figure("sbx_sh(true)", "ms", ours, "fork, exec, wait inside the guest", inside,
           "difference <= 1");
}

/* A claimed spare is warm when its first command takes no longer than a later one. */
void bench_first(void)
{
    Samples *first = samples_new();
    Samples *tenth = samples_new();

    pool_auto();
    for (int i = 0; i < runs; i++) {
        sbx *sandbox;
        double took = 0;

        pool_fill(1);
        sandbox = sandbox_create(NULL, NULL);
        samples_add(first, sandbox_sh_time(sandbox, "true"));
        for (int more = 2; more <= 10; more++)
            took = sandbox_sh_time(sandbox, "true");
        samples_add(tenth, took);
        sandbox_end(sandbox);
    }
    figure("first sbx_sh(true) of a claimed spare", "ms", first, "its tenth", tenth, NULL);
}

void bench_round_trips(void)
{
    const int count = runs * 50;
    Samples *keeper = samples_new();
    Samples *agent = samples_new();
    sbx_command *command = sbx_command_new("cat");
    sbx_process *process = NULL;
    sbx_error *error = NULL;
    sbx *sandbox;

    pool_exactly(0);
    sandbox = sandbox_create(NULL, NULL);
    sbx_command_set_stdio(command, SBX_STDIN, SBX_STDIO_PIPE, NULL);
    if (sbx_spawn(sandbox, command, &process, &error) < 0)
        die("sbx_spawn", error);
    for (int i = 0; i < count; i++) {
        sbx_list *list = NULL;
        double start = now_ms();

        if (sbx_list_get(&list, &error) < 0)
            die("sbx_list_get", error);
        samples_add(keeper, now_ms() - start);
        sbx_list_free(list);
        start = now_ms();
        if (sbx_process_signal(process, SIGCONT, &error) < 0)
            die("sbx_process_signal", error);
        samples_add(agent, now_ms() - start);
    }
    sbx_process_unref(process);
    sbx_command_unref(command);
    sandbox_end(sandbox);
    figure("round trip to the agent (a signal)", "ms", agent, "round trip to the keeper (a list)",
           keeper, "<= 0.5 with KVM");
}
