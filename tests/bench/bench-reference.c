/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * References that are not a VM of ours: bare libvirt, and an empty fork and exec.
 *
 * libvirt's embedded driver wants a process of its own with namespaces, a user, a /dev and an init
 * (see virt/libvirt-embed.c): bench-libvirt is that process, and sbx-launch makes all this for it
 * as it does for the keeper. So both are measured under the same conditions.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "wire/fd.h"

/* For libvirt's first look at QEMU, and for the longest request. */
#define PATIENCE_MS 300000

extern char **environ;

static int stream = -1;
static char *runtime_dir;

/* --- bare libvirt --- */

/* One line, without its end. */
static char *read_line(void)
{
    g_autoptr(GString) line = g_string_new(NULL);
    struct pollfd ready = {.fd = stream, .events = POLLIN};
    char byte;

    while (poll(&ready, 1, PATIENCE_MS) > 0 && read(stream, &byte, 1) == 1) {
        if (byte == '\n')
            return g_string_free(g_steal_pointer(&line), FALSE);
        g_string_append_c(line, byte);
    }
    die_text("bare libvirt ended or hangs; its log is %s/keeper.log: %s", runtime_dir, line->str);
}

/* Sends a request, and reads at most two numbers of its answer. */
static void ask(double numbers[2], const char *format, ...) G_GNUC_PRINTF(2, 3);

static void ask(double numbers[2], const char *format, ...)
{
    g_autofree char *request = NULL;
    g_autofree char *answer = NULL;
    va_list args;

    va_start(args, format);
    request = g_strdup_vprintf(format, args);
    va_end(args);
    if (send(stream, request, strlen(request), MSG_NOSIGNAL) < 0)
        die_text("bare libvirt has ended; its log is %s/keeper.log", runtime_dir);
    answer = read_line();
    if (!g_str_has_prefix(answer, "ok"))
        die_text("bare libvirt: %s", answer);
    if (numbers != NULL && sscanf(answer, "ok %lf %lf", &numbers[0], &numbers[1]) < 1)
        die_text("bare libvirt answers without a number: %s", answer);
}

/* Starts the launcher with our end of the stream where a keeper has its socket and its status. */
static void spawn_launcher(char **argv, int theirs)
{
    posix_spawn_file_actions_t actions;
    g_auto(fd_t) high = fcntl(theirs, F_DUPFD_CLOEXEC, 10);
    pid_t child;
    int failed;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions, high, 3);
    posix_spawn_file_actions_adddup2(&actions, high, 4);
    failed = posix_spawn(&child, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0)
        die_text("cannot execute %s: %s", argv[0], g_strerror(failed));
    waitpid(child, NULL, 0); /* it forks and ends at once */
}

/* Everything of it is below our own directory, except for the images, which are where they are. */
static void launch(const char *data_dir)
{
    g_autofree char *runtime = g_strdup_printf("--runtime-dir=%s", runtime_dir);
    g_autofree char *cache = g_strdup_printf("--cache-dir=%s/cache", runtime_dir);
    g_autofree char *data = g_strdup_printf("--data-dir=%s", data_dir);
    char *argv[] = {(char *)BENCH_LAUNCH,
                    (char *)"--keeper=" BENCH_LIBVIRT,
                    (char *)"--agent=" BENCH_INIT,
                    runtime,
                    cache,
                    data,
                    NULL};
    int ends[2];

    if (g_mkdir_with_parents(runtime_dir, 0711) < 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        die_text("cannot prepare bare libvirt in %s: %s", runtime_dir, g_strerror(errno));
    stream = ends[0];
    spawn_launcher(argv, ends[1]);
    close(ends[1]);
}

static void ensure_libvirt(void)
{
    g_autofree char *version = g_path_get_basename(machine.image_dir);
    g_autofree char *name_dir = g_path_get_dirname(machine.image_dir);
    g_autofree char *name = g_path_get_basename(name_dir);
    g_autofree char *images = g_path_get_dirname(name_dir);
    g_autofree char *data = g_path_get_dirname(images);
    g_autofree char *ready = NULL;

    if (stream >= 0)
        return;
    runtime_dir = g_build_filename(bench_dir, "l", NULL);
    launch(data);
    ready = read_line();
    if (strcmp(ready, "ready") != 0)
        die_text("bare libvirt does not start: %s", ready);
    ask(NULL, "machine %s/%s %" G_GUINT64_FORMAT " %u\n", name, version, machine.memory,
        machine.vcpus);
    /* The first domain of a process costs libvirt more than any other. */
    bare_libvirt_pair(NULL, NULL);
}

void bare_libvirt_pair(Samples *starts, Samples *destroys)
{
    double took[2];

    ensure_libvirt();
    ask(took, "pair\n");
    if (starts != NULL)
        samples_add(starts, took[0]);
    if (destroys != NULL)
        samples_add(destroys, took[1]);
}

double bare_libvirt_rate(int threads, int ms)
{
    double done[2];

    ensure_libvirt();
    ask(done, "pairs %d %d\n", threads, ms);
    return done[0] * 1000 / done[1];
}

double bare_libvirt_starts(int threads, int count)
{
    double took[2];

    ensure_libvirt();
    ask(took, "starts %d %d\n", threads, count);
    return took[0];
}

/* Its guardian holds a lock for as long as there is anything left. (In the process that cleans up
 * the stream was never open: the end of its owner has closed it.) */
void bare_libvirt_stop(void)
{
    g_autofree char *lock = NULL;
    g_auto(fd_t) fd = -1;

    sbx_fd_clear(&stream);
    lock = g_build_filename(bench_dir, "l", "keeper.lock", NULL);
    fd = open(lock, O_RDWR | O_CLOEXEC);
    while (fd >= 0 && flock(fd, LOCK_EX) < 0 && errno == EINTR)
        ;
    g_clear_pointer(&runtime_dir, g_free);
}

/* --- fork and exec --- */

void fork_exec(Samples *samples)
{
    char *argv[] = {(char *)BENCH_INIT, NULL};
    double start = now_ms();
    pid_t child;
    int failed = posix_spawn(&child, argv[0], NULL, NULL, argv, environ);

    if (failed != 0)
        die_text("cannot execute %s: %s", argv[0], g_strerror(failed));
    waitpid(child, NULL, 0);
    samples_add(samples, now_ms() - start);
}
