/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes as /proc shows them: see test-process.h. */
#include "lib/test-process.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static GArray *all_processes(void)
{
    g_autoptr(GDir) dir = g_dir_open("/proc", 0, NULL);
    GArray *pids = g_array_new(FALSE, FALSE, sizeof(pid_t));
    const char *name;

    while ((name = g_dir_read_name(dir)) != NULL) {
        pid_t pid = (pid_t)atoi(name);

        if (pid > 0)
            g_array_append_val(pids, pid);
    }
    return pids;
}

static char *read_proc(pid_t pid, const char *file, gsize *length)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/%s", (int)pid, file);
    char *text = NULL;

    *length = 0;
    return g_file_get_contents(path, &text, length, NULL) ? text : NULL;
}

static GArray *processes_with(const char *argument, gboolean prefix)
{
    g_autoptr(GArray) all = all_processes();
    GArray *found = g_array_new(FALSE, FALSE, sizeof(pid_t));

    for (guint i = 0; i < all->len; i++) {
        pid_t pid = g_array_index(all, pid_t, i);
        gsize length;
        g_autofree char *text = read_proc(pid, "cmdline", &length);

        for (gsize at = 0; at < length; at += strlen(text + at) + 1) {
            if (prefix ? g_str_has_prefix(text + at, argument) : !strcmp(text + at, argument)) {
                g_array_append_val(found, pid);
                break;
            }
        }
    }
    return found;
}

GArray *test_processes_with(const char *argument)
{
    return processes_with(argument, FALSE);
}

GArray *test_processes_starting(const char *prefix)
{
    return processes_with(prefix, TRUE);
}

char *test_process_argument(pid_t pid, guint nth)
{
    gsize length;
    g_autofree char *text = read_proc(pid, "cmdline", &length);
    gsize at = 0;

    for (; at < length && nth > 0; nth--)
        at += strlen(text + at) + 1;
    return at < length ? g_strdup(text + at) : NULL;
}

char *test_process_name(pid_t pid)
{
    return test_process_argument(pid, 0);
}

static pid_t parent_of(pid_t pid)
{
    gsize length;
    g_autofree char *text = read_proc(pid, "stat", &length);
    const char *end = text != NULL ? strrchr(text, ')') : NULL;

    return end != NULL && strlen(end) > 4 ? (pid_t)atoi(end + 4) : -1;
}

static gboolean contains(GArray *pids, pid_t pid)
{
    for (guint i = 0; i < pids->len; i++)
        if (g_array_index(pids, pid_t, i) == pid)
            return TRUE;
    return FALSE;
}

GArray *test_descendants(pid_t top)
{
    g_autoptr(GArray) all = all_processes();
    GArray *family = g_array_new(FALSE, FALSE, sizeof(pid_t));
    guint before;

    g_array_append_val(family, top);
    do {
        before = family->len;
        for (guint i = 0; i < all->len; i++) {
            pid_t pid = g_array_index(all, pid_t, i);

            if (!contains(family, pid) && contains(family, parent_of(pid)))
                g_array_append_val(family, pid);
        }
    } while (family->len > before);
    return family;
}

int test_pidfd(pid_t pid)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);

    ck_assert_msg(fd >= 0, "pidfd_open %d: %s", (int)pid, strerror(errno));
    return fd;
}

gboolean test_ends_within(int pidfd, int milliseconds)
{
    struct pollfd ending = {.fd = pidfd, .events = POLLIN};
    gint64 deadline = g_get_monotonic_time() / 1000 + milliseconds;
    int got;

    do
        got = poll(&ending, 1, (int)MAX(0, deadline - g_get_monotonic_time() / 1000));
    while (got < 0 && errno == EINTR);
    return got > 0;
}

void test_pidfd_kill(int pidfd, int signal)
{
    ck_assert_msg(syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) == 0 || errno == ESRCH,
                  "pidfd_send_signal: %s", strerror(errno));
}

static guint count_entries(pid_t pid, const char *what)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/%s", (int)pid, what);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    guint count = 0;

    ck_assert_msg(dir != NULL, "cannot read %s", path);
    while (g_dir_read_name(dir) != NULL)
        count++;
    return count;
}

guint test_count_fds(pid_t pid)
{
    /* Reading one's own directory opens one more. */
    return count_entries(pid, "fd") - (pid == getpid() ? 1 : 0);
}

guint test_count_threads(pid_t pid)
{
    return count_entries(pid, "task");
}

gsize test_anonymous_kib(pid_t pid)
{
    gsize length;
    g_autofree char *text = read_proc(pid, "status", &length);
    const char *line = text != NULL ? strstr(text, "RssAnon:") : NULL;

    ck_assert_ptr_nonnull(line);
    return (gsize)strtoull(line + strlen("RssAnon:"), NULL, 10);
}
