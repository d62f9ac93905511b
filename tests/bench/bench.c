/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The figures of the design's targets, on this machine: one JSON line each, with the host's
 * description.
 *
 *     bench [--runs N] [--only NAME]
 *
 * What is compared is measured in turns in the same run, so that a machine that is busy for a while
 * is so for both. The images and templates are the user's, the keeper is one of this run alone:
 * rows stop and kill it.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "image/tree.h"

#define SKIPPED 77

Machine machine;
int runs = 7;
char *bench_dir;

static char *only;
static volatile pid_t worker;

static const struct {
    const char *name;
    void (*run)(void);
    const char *help;
} rows[] = {
    {"create", bench_create_cold, "sbx_create() with nothing cached; a bare QEMU boot"},
    {"create-fresh", bench_create_fresh, "the same while the keeper runs"},
    {"create-ready", bench_create_ready, "sbx_create() with a spare ready; fork and exec"},
    {"create-dry", bench_create_dry, "sbx_create() from the template; a bare libvirt start"},
    {"burst", bench_burst, "50 creates at once; as many bare libvirt starts"},
    {"rate", bench_rate, "create and kill for a while; bare libvirt start and destroy"},
    {"sh", bench_sh, "sbx_sh(\"true\"), and the same inside the guest"},
    {"first", bench_first, "the first sbx_sh(\"true\") of a claimed spare, and its tenth"},
    {"round-trip", bench_round_trips, "to the keeper, and through it to the agent"},
    {"pump", bench_pump, "bytes in and out of a process; a raw virtio-serial port"},
    {"copy", bench_copy, "download and upload; cat, and tar inside the guest"},
    {"fork", bench_fork, "1 and 4 children of a sandbox that holds 100 MB"},
    {"pause", bench_pause, "sbx_pause() and sbx_resume()"},
    {"memory", bench_memory, "of an idle spare, a claimed one, one that booted afresh"},
    {"keeper", bench_keeper_memory, "its memory and wakeups without and with spares, per sandbox"},
    {"kill", bench_kill, "until sbx_kill() returns, and until the VM is gone"},
    {"keeper-killed", bench_keeper_killed, "until nothing is left of it and 20 sandboxes"},
};

void die(const char *what, const sbx_error *error)
{
    die_text("%s: %s", what, error != NULL ? sbx_error_message(error) : "failed");
}

void die_text(const char *format, ...)
{
    va_list args;

    fputs("bench: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

static void help(FILE *stream)
{
    fputs("usage: bench [--runs N] [--only NAME]\n\n"
          "Prints one JSON line per figure. Needs the base image.\n\n"
          "  --runs N     sandboxes per figure (default 7); short calls are repeated more often\n"
          "  --only NAME  one group of figures:\n",
          stream);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        fprintf(stream, "                 %-13s %s\n", rows[i].name, rows[i].help);
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

/* When the process that measures has ended, however it did. */
static void clean_up(void)
{
    g_autoptr(GError) error = NULL;

    bare_libvirt_stop();
    sbx_keeper_stop(1, NULL);
    if (!sbx_tree_remove(bench_dir, &error))
        fprintf(stderr, "bench: %s\n", error->message);
}

/* A directory for this run. Root's keeper, which is another user, passes through. */
static void make_place(void)
{
    g_autofree char *runtime = NULL;

    bench_dir = g_strdup("/tmp/sbx-bench-XXXXXX");
    if (g_mkdtemp(bench_dir) == NULL || chmod(bench_dir, 0711) < 0)
        die_text("cannot make a directory in /tmp");
    runtime = g_build_filename(bench_dir, "k", NULL);
    g_setenv("LIBSANDBOX_RUNTIME_DIR", runtime, TRUE);
}

/* @kernel: of a VM, ".../IMAGE/VERSION/vmlinux" as its keeper sees it. */
static char *image_dir_of(const char *kernel)
{
    g_autofree char *wanted = g_path_get_dirname(kernel);
    g_autofree char *version = g_path_get_basename(wanted);
    sbx_image_list *images = NULL;
    sbx_error *error = NULL;
    char *path = NULL;

    if (sbx_image_list_get(&images, &error) < 0)
        die("sbx_image_list_get", error);
    for (size_t i = 0; path == NULL && i < sbx_image_list_length(images); i++)
        if (strcmp(sbx_image_list_version(images, i), version) == 0)
            path = g_strdup(sbx_image_list_path(images, i));
    sbx_image_list_free(images);
    if (path == NULL)
        die_text("there is no image for the kernel %s", kernel);
    return path;
}

static const char *kernel_of(char **arguments)
{
    for (char **argument = arguments; *argument != NULL; argument++)
        if (strcmp(*argument, "-kernel") == 0 && argument[1] != NULL)
            return argument[1];
    die_text("a VM has no kernel");
}

/* Learns from the first sandbox what all will be. */
static void describe_machine(sbx *first)
{
    sbx_list *list = NULL;
    sbx_error *error = NULL;

    if (sbx_list_get(&list, &error) < 0)
        die("sbx_list_get", error);
    machine.memory = sbx_list_memory(list, 0);
    machine.vcpus = (unsigned)sbx_list_vcpus(list, 0);
    machine.arguments = host_arguments(host_vm(first));
    machine.image_dir = image_dir_of(kernel_of(machine.arguments));
    sbx_list_free(list);
    figure_host(host_describe(machine.arguments));
}

/* The first one tells whether this machine can do it at all; it is not measured. */
static void start(void)
{
    sbx_options *options = fresh_options();
    sbx_error *error = NULL;
    sbx *first = NULL;
    int code = sbx_create(options, &first, &error);

    if (code == SBX_E_UNAVAILABLE || code == SBX_E_NOT_FOUND) {
        fprintf(stderr, "bench: skipped: %s\n", sbx_error_message(error));
        exit(g_strcmp0(g_getenv("SBX_TEST_MUST_RUN"), "1") == 0 ? 1 : SKIPPED);
    }
    if (code < 0)
        die("sbx_create", error);
    describe_machine(first);
    sandbox_end(first);
    sbx_options_unref(options);
}

static void measure(void)
{
    start();
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (only == NULL || strcmp(only, rows[i].name) == 0)
            rows[i].run();
    exit(0);
}

static void pass_on(int signal)
{
    kill(worker, signal);
}

/* Measures in a child: what a run leaves goes also when that is interrupted or crashes. */
static int measure_and_clean_up(void)
{
    int status;

    make_place();
    worker = fork();
    if (worker == 0)
        measure();
    if (worker < 0)
        die_text("cannot fork");
    signal(SIGINT, SIG_IGN); /* from a terminal the child has it, too */
    signal(SIGTERM, pass_on);
    while (waitpid(worker, &status, 0) < 0)
        ;
    clean_up();
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
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
    return measure_and_clean_up();
}
