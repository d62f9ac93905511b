/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rows: bytes per second in and out of a sandbox, against a raw pump: the same machine without
 * libvirt, whose init writes to and reads from its virtio-serial port and does nothing else.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "wire/fd.h"

#define PORTION ((guint64)64 << 20)
#define CHUNK 65536

static char chunk[CHUNK];

static double rate_of(double took)
{
    return (double)PORTION / 1048576 / (took / 1000);
}

static void take_in(int fd, guint64 length)
{
    while (length > 0) {
        ssize_t n = read(fd, chunk, MIN(length, CHUNK));

        if (n <= 0)
            die_text("a pump ended %" G_GUINT64_FORMAT " bytes too early", length);
        length -= (guint64)n;
    }
}

static void give_out(int fd, guint64 length)
{
    while (length > 0) {
        ssize_t n = write(fd, chunk, MIN(length, CHUNK));

        if (n <= 0)
            die_text("a pump takes no more: %s", g_strerror(errno));
        length -= (guint64)n;
    }
}

/* --- the raw pump --- */

typedef struct {
    BareBoot *boot;
    GPid pid;
    int fd;
} RawPump;

static void raw_start(RawPump *pump)
{
    g_autofree char *path = g_build_filename(bench_dir, "pump", NULL);
    g_autoptr(GError) error = NULL;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_auto(fd_t) listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 1) < 0)
        die_text("cannot listen on %s: %s", path, g_strerror(errno));
    pump->boot = bare_boot_new_pump(path, &error);
    if (pump->boot == NULL)
        die_text("%s", error->message);
    pump->pid = bare_boot_spawn(pump->boot);
    pump->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    unlink(path);
}

/* Milliseconds for a portion. */
static double raw_time(RawPump *pump, char direction)
{
    guint64 length = htobe64(PORTION);
    char request[9] = {direction};
    double start;

    memcpy(request + 1, &length, sizeof length);
    start = now_ms();
    if (write(pump->fd, request, sizeof request) != sizeof request)
        die_text("the raw pump has ended");
    if (direction == 'o') {
        take_in(pump->fd, PORTION);
    } else {
        give_out(pump->fd, PORTION);
        take_in(pump->fd, 1);
    }
    return now_ms() - start;
}

static void raw_stop(RawPump *pump)
{
    kill(pump->pid, SIGKILL);
    waitpid(pump->pid, NULL, 0);
    close(pump->fd);
    bare_boot_free(pump->boot);
}

/* --- ours --- */

static double pipe_time(sbx *sandbox, int stream, const char *script)
{
    sbx_command *command = sbx_command_new_script(script);
    sbx_process *process = NULL;
    sbx_error *error = NULL;
    double start = now_ms();
    int fd;

    sbx_command_set_stdio(command, SBX_STDIN, stream == SBX_STDIN ? SBX_STDIO_PIPE : SBX_STDIO_NULL,
                          NULL);
    sbx_command_set_stdio(command, SBX_STDERR, SBX_STDIO_NULL, NULL);
    if (sbx_spawn(sandbox, command, &process, &error) < 0)
        die("sbx_spawn", error);
    fd = sbx_process_take_fd(process, stream);
    if (stream == SBX_STDIN)
        give_out(fd, PORTION);
    else
        take_in(fd, PORTION);
    close(fd);
    if (sbx_process_wait(process, -1, &error) < 0)
        die("sbx_process_wait", error);
    sbx_process_unref(process);
    sbx_command_unref(command);
    return now_ms() - start;
}

void bench_pump(void)
{
    Samples *ours[2] = {samples_new(), samples_new()};
    Samples *raw[2] = {samples_new(), samples_new()};
    RawPump pump = {.fd = -1};
    sbx *sandbox;

    pool_exactly(0);
    sandbox = sandbox_create(NULL, NULL);
    raw_start(&pump);
    for (int i = 0; i < runs + 1; i++) {
        double took[4] = {
            raw_time(&pump, 'o'),
            pipe_time(sandbox, SBX_STDOUT, "exec dd if=/dev/zero bs=64k count=1024"),
            raw_time(&pump, 'i'),
            pipe_time(sandbox, SBX_STDIN, "exec dd of=/dev/null bs=64k"),
        };

        /* The first of each translates the guest's code. */
        for (int j = 0; j < 4 && i > 0; j++)
            samples_add(j % 2 == 0 ? raw[j / 2] : ours[j / 2], rate_of(took[j]));
    }
    raw_stop(&pump);
    sandbox_end(sandbox);
    figure("standard output of a process", "MiB/s", ours[0], "raw virtio-serial", raw[0],
           "ratio >= 0.8");
    figure("standard input of a process", "MiB/s", ours[1], "raw virtio-serial", raw[1],
           "ratio >= 0.8");
}
