/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The figures of the design's targets, on this machine: one JSON line each, with the host's
 * description.
 *
 *     bench [--runs N] [--only NAME]
 *
 * What is compared is measured in turns in the same run, so that a machine that is busy for a while
 * is so for both. Uses the keeper and the images of the environment, as any program of the user
 * would.
 */
#include <math.h>
#include <poll.h>
#include <sandbox/sandbox.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define IDLE_MS 5000
#define SKIPPED 77

static int runs = 7;
static char *only;
static sbx *sandbox; /* the one that most rows use */
static pid_t qemu;
static char *host;

double now_ms(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

Samples *samples_new(void)
{
    return g_array_new(FALSE, FALSE, sizeof(double));
}

void samples_add(Samples *samples, double value)
{
    g_array_append_val(samples, value);
}

static gint by_value(gconstpointer a, gconstpointer b)
{
    double first = *(const double *)a;
    double second = *(const double *)b;

    return (first > second) - (first < second);
}

double samples_quantile(Samples *samples, double part)
{
    guint at;

    if (samples->len == 0)
        return NAN;
    g_array_sort(samples, by_value);
    at = (guint)ceil(part * samples->len);
    return g_array_index(samples, double, at > 0 ? at - 1 : 0);
}

/* --- output --- */

/* @reference: what it is compared with, or NULL. Frees the samples. */
static void print(const char *name, const char *unit, Samples *samples, const char *reference_name,
                  Samples *reference, const char *target)
{
    double p50 = samples_quantile(samples, 0.5);

    printf("{\"name\": \"%s\", \"unit\": \"%s\", \"n\": %u, \"p50\": %.3f, \"p99\": %.3f, "
           "\"min\": %.3f",
           name, unit, samples->len, p50, samples_quantile(samples, 0.99),
           samples_quantile(samples, 0));
    if (reference != NULL) {
        double against = samples_quantile(reference, 0.5);

        printf(", \"reference\": {\"name\": \"%s\", \"n\": %u, \"p50\": %.3f, \"p99\": %.3f}, "
               "\"ratio\": %.3f, \"difference\": %.3f",
               reference_name, reference->len, against, samples_quantile(reference, 0.99),
               p50 / against, p50 - against);
        g_array_unref(reference);
    }
    if (target != NULL)
        printf(", \"target\": \"%s\"", target);
    printf(", \"host\": %s}\n", host);
    fflush(stdout);
    g_array_unref(samples);
}

static void print_one(const char *name, const char *unit, double value, const char *target)
{
    Samples *samples = samples_new();

    samples_add(samples, value);
    print(name, unit, samples, NULL, NULL, target);
}

static void die(const char *what, const sbx_error *error)
{
    fprintf(stderr, "bench: %s: %s\n", what, error != NULL ? sbx_error_message(error) : "failed");
    exit(1);
}

/* --- rows --- */

static sbx *create(double *took)
{
    sbx *made = NULL;
    sbx_error *error = NULL;
    double start = now_ms();

    if (sbx_create(NULL, &made, &error) < 0)
        die("sbx_create", error);
    *took = now_ms() - start;
    return made;
}

/* Where the image of the running sandbox is. */
static char *image_dir(void)
{
    sbx_image_list *images = NULL;
    char *path = NULL;

    if (sbx_image_list_get(&images, NULL) == SBX_OK && sbx_image_list_length(images) > 0)
        path = g_strdup(sbx_image_list_path(images, 0));
    sbx_image_list_free(images);
    return path;
}

static void bench_create(void)
{
    g_autofree char *image = image_dir();
    g_autoptr(GError) error = NULL;
    BareBoot *bare = image != NULL ? bare_boot_new(image, qemu, &error) : NULL;
    Samples *ours = samples_new();
    Samples *theirs = samples_new();

    if (bare == NULL)
        die(error != NULL ? error->message : "no image", NULL);
    for (int i = 0; i < runs; i++) {
        double took = bare_boot_run(bare);
        sbx *made;

        if (took >= 0)
            samples_add(theirs, took);
        made = create(&took);
        samples_add(ours, took);
        sbx_kill(made, NULL);
        sbx_unref(made);
    }
    bare_boot_free(bare);
    print("create, nothing cached", "ms", ours, "bare QEMU boot to init", theirs, "ratio <= 1.2");
}

static void bench_kill(void)
{
    Samples *returns = samples_new();
    Samples *gone = samples_new();

    for (int i = 0; i < MAX(runs / 2, 1); i++) {
        double took;
        sbx *made = create(&took);
        struct pollfd vm = {.fd = (int)syscall(SYS_pidfd_open, host_qemu(sbx_id(made)), 0),
                            .events = POLLIN};
        double start = now_ms();

        sbx_kill(made, NULL);
        samples_add(returns, now_ms() - start);
        poll(&vm, 1, -1);
        samples_add(gone, now_ms() - start);
        close(vm.fd);
        sbx_unref(made);
    }
    print("kill returns", "ms", returns, NULL, NULL, "<= 5");
    print("kill, VM gone", "ms", gone, NULL, NULL, "<= 50");
}

/* What the same command costs inside, where nothing of ours takes part. */
static Samples *measure_inside(int count)
{
    static const char script[] = "exec python3 -c '\n"
                                 "import os, time\n"
                                 "for i in range(%d):\n"
                                 "    start = time.monotonic()\n"
                                 "    os.waitpid(os.posix_spawn(\"/bin/bash\", [\"bash\", \"-c\", "
                                 "\"true\"], os.environ), 0)\n"
                                 "    print((time.monotonic() - start) * 1000)\n'\n";
    g_autofree char *text = g_strdup_printf(script, count);
    Samples *samples = samples_new();
    sbx_result *result = NULL;
    sbx_error *error = NULL;
    g_auto(GStrv) lines = NULL;

    if (sbx_sh(sandbox, text, &result, &error) < 0)
        die("sbx_sh", error);
    lines = g_strsplit(sbx_result_stdout(result, NULL), "\n", -1);
    for (char **line = lines; **line != '\0'; line++)
        samples_add(samples, g_ascii_strtod(*line, NULL));
    sbx_result_free(result);
    return samples;
}

static void bench_sh(void)
{
    const int count = runs * 30;
    Samples *ours = samples_new();
    Samples *inside = measure_inside(count / 2);
    Samples *more;

    for (int i = 0; i < count; i++) {
        sbx_result *result = NULL;
        sbx_error *error = NULL;
        double start = now_ms();

        if (sbx_sh(sandbox, "true", &result, &error) < 0)
            die("sbx_sh", error);
        samples_add(ours, now_ms() - start);
        sbx_result_free(result);
    }
    more = measure_inside(count / 2);
    g_array_append_vals(inside, more->data, more->len);
    g_array_unref(more);
    print("sbx_sh(true)", "ms", ours, "fork, exec, wait inside the guest", inside,
          "difference <= 1");
}

static void bench_round_trips(void)
{
    const int count = runs * 50;
    Samples *keeper = samples_new();
    Samples *agent = samples_new();
    sbx_command *command = sbx_command_new("cat");
    sbx_process *process = NULL;
    sbx_error *error = NULL;

    sbx_command_set_stdio(command, SBX_STDIN, SBX_STDIO_PIPE, NULL);
    if (sbx_spawn(sandbox, command, &process, &error) < 0)
        die("sbx_spawn", error);
    for (int i = 0; i < count; i++) {
        sbx_list *list = NULL;
        double start = now_ms();

        sbx_list_get(&list, NULL);
        samples_add(keeper, now_ms() - start);
        sbx_list_free(list);
        start = now_ms();
        if (sbx_process_signal(process, SIGCONT, &error) < 0)
            die("sbx_process_signal", error);
        samples_add(agent, now_ms() - start);
    }
    sbx_process_signal(process, SIGKILL, NULL);
    sbx_process_unref(process);
    sbx_command_unref(command);
    print("round trip to the agent (a signal)", "ms", agent, "round trip to the keeper (a list)",
          keeper, "<= 0.5 with KVM");
}

/* Ours is idle, too: it only waits for the time to pass. */
static void bench_memory(void)
{
    pid_t keeper = host_keeper(qemu);
    double wakeups;

    poll(NULL, 0, 1000); /* what the rows before have started comes to rest */
    wakeups = host_wakeups(keeper);
    poll(NULL, 0, IDLE_MS);
    wakeups = host_wakeups(keeper) - wakeups;
    print_one("keeper, idle: wakeups", "per second", wakeups / (IDLE_MS / 1000), "0");
    print_one("keeper, idle: resident", "MB", host_kib(keeper, "status", "VmRSS") / 1000, "<= 20");
    print_one("keeper, idle: private dirty", "MB",
              host_kib(keeper, "smaps_rollup", "Private_Dirty") / 1000, NULL);
    print_one("sandbox: private dirty of QEMU", "MB",
              host_kib(qemu, "smaps_rollup", "Private_Dirty") / 1000, NULL);
    print_one("sandbox: proportional set size of QEMU", "MB",
              host_kib(qemu, "smaps_rollup", "Pss") / 1000, NULL);
}

static const struct {
    const char *name;
    void (*run)(void);
    const char *help;
} rows[] = {
    {"create", bench_create, "sbx_create() without anything cached, and a bare QEMU boot"},
    {"sh", bench_sh, "sbx_sh(\"true\"), and the same inside the guest"},
    {"round-trip", bench_round_trips, "to the keeper, and through it to the agent"},
    {"kill", bench_kill, "until sbx_kill() returns, and until the VM is gone"},
    {"memory", bench_memory, "the keeper's and a sandbox's, and the keeper's wakeups"},
};

static void help(FILE *stream)
{
    fputs("usage: bench [--runs N] [--only NAME]\n\n"
          "Prints one JSON line per figure. Needs the base image.\n\n"
          "  --runs N     sandboxes per figure (default 7); short calls are repeated more often\n"
          "  --only NAME  one group of figures:\n",
          stream);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        fprintf(stream, "                 %-11s %s\n", rows[i].name, rows[i].help);
}

static void parse_options(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            help(stdout);
            exit(0);
        } else if (strcmp(argv[i], "--runs") == 0 && i + 1 < argc && atoi(argv[i + 1]) > 0) {
            runs = atoi(argv[++i]);
        } else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc) {
            only = argv[++i];
        } else {
            help(stderr);
            exit(2);
        }
    }
}

/* The first one tells whether this machine can do it at all; it is not measured. */
static void start(void)
{
    sbx_error *error = NULL;
    int code = sbx_create(NULL, &sandbox, &error);

    if (code == SBX_E_UNAVAILABLE || code == SBX_E_NOT_FOUND) {
        fprintf(stderr, "bench: skipped: %s\n", sbx_error_message(error));
        exit(g_strcmp0(g_getenv("SBX_TEST_MUST_RUN"), "1") == 0 ? 1 : SKIPPED);
    }
    if (code < 0)
        die("sbx_create", error);
    qemu = host_qemu(sbx_id(sandbox));
    host = host_describe(qemu);
}

int main(int argc, char **argv)
{
    gboolean known = FALSE;

    parse_options(argc, argv);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        known |= only == NULL || strcmp(only, rows[i].name) == 0;
    if (!known) {
        help(stderr);
        return 2;
    }
    start();
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (only == NULL || strcmp(only, rows[i].name) == 0)
            rows[i].run();
    sbx_kill(sandbox, NULL);
    sbx_unref(sandbox);
    g_free(host);
    return 0;
}
