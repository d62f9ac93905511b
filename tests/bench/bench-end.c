/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows: until a sandbox is gone, and all when the keeper is killed. */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

#define SANDBOXES 20

static struct pollfd watch(pid_t pid)
{
    return (struct pollfd){.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
}

void bench_kill(void)
{
    Samples *returns = samples_new();
    Samples *gone = samples_new();

    pool_exactly(0);
    for (int i = 0; i < runs; i++) {
        sbx *made = sandbox_create(NULL, NULL);
        struct pollfd vm = watch(host_vm(made));
        sbx_error *error = NULL;
        double start = now_ms();

        if (sbx_kill(made, &error) < 0)
            die("sbx_kill", error);
        samples_add(returns, now_ms() - start);
        poll(&vm, 1, -1);
        samples_add(gone, now_ms() - start);
        close(vm.fd);
        sbx_unref(made);
    }
    figure("kill returns", "ms", returns, NULL, NULL, "<= 5");
    figure("kill, VM gone", "ms", gone, NULL, NULL, "<= 50");
}

/* --- the keeper is killed --- */

static guint count_in(const char *path, const char *text)
{
    g_autofree char *content = NULL;
    guint count = 0;

    if (!g_file_get_contents(path, &content, NULL, NULL))
        return 0;
    for (const char *at = content; (at = strstr(at, text)) != NULL; at++)
        count++;
    return count;
}

/* Mounts; sockets and directories with a name. Lock files stay, by design, and the log. */
static guint count_left(void)
{
    static const char *const names[] = {"keeper.sock", "vm"};
    guint left =
        count_in("/proc/self/mountinfo", bench_dir) + count_in("/proc/net/unix", bench_dir);

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(bench_dir, "k", names[i], NULL);

        left += access(path, F_OK) == 0;
    }
    return left;
}

/* Milliseconds from the keeper's SIGKILL until the last process of its family has ended; the
 * guardian is that, when it has removed what has a name. */
static double kill_keeper(void)
{
    g_autoptr(GArray) family = host_family(host_guardian());
    g_autofree struct pollfd *watched = g_new(struct pollfd, family->len);
    pid_t keeper = host_keeper();
    double start;

    if (family->len < SANDBOXES + 3 || count_left() == 0)
        die_text("the keeper has %u processes around it, too few for %d sandboxes, or no socket",
                 family->len, SANDBOXES);
    for (guint i = 0; i < family->len; i++)
        watched[i] = watch(g_array_index(family, pid_t, i));
    start = now_ms();
    kill(keeper, SIGKILL);
    for (guint i = 0; i < family->len; i++) {
        poll(&watched[i], 1, watched[i].fd >= 0 ? -1 : 0);
        close(watched[i].fd);
    }
    return now_ms() - start;
}

void bench_keeper_killed(void)
{
    Samples *took = samples_new();
    Samples *left = samples_new();

    bare_libvirt_stop(); /* its files are below our directory, too */
    for (int i = 0; i < MAX(runs / 3, 1); i++) {
        sbx *made[SANDBOXES];

        pool_auto();
        for (guint at = 0; at < SANDBOXES; at++)
            made[at] = sandbox_create(NULL, NULL);
        samples_add(took, kill_keeper());
        samples_add(left, count_left());
        for (guint at = 0; at < SANDBOXES; at++)
            sbx_unref(made[at]);
    }
    figure("keeper killed, 20 sandboxes: until no process is left", "ms", took, NULL, NULL,
           "<= 1000");
    figure("keeper killed, 20 sandboxes: mounts, sockets, directories left", "things", left, NULL,
           NULL, "0");
}
