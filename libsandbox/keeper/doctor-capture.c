/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The doctor: finding programs and reading what they say, with a deadline. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper/doctor.h"
#include "wire/fd.h"

enum { CAPTURE_MS = 2000, CAPTURE_BYTES = 4096 };

char *sbx_doctor_find(const char *path, const char *name)
{
    g_auto(GStrv) dirs = g_strsplit(path, ":", -1);

    for (char **dir = dirs; *dir != NULL; dir++) {
        g_autofree char *file = g_build_filename(*dir, name, NULL);

        if (g_path_is_absolute(file) && g_file_test(file, G_FILE_TEST_IS_REGULAR) &&
            access(file, X_OK) == 0)
            return g_steal_pointer(&file);
    }
    return NULL;
}

/* Starts it with our end of a pipe in *out. Returns -1 when it cannot be executed. */
static GPid start(const char *program, const char *argument, int *out)
{
    const char *argv[] = {program, argument, NULL};
    g_auto(GStrv) environment = g_environ_setenv(g_get_environ(), "LC_ALL", "C", TRUE);
    int ends[2];
    GPid pid = -1;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    if (!g_spawn_async_with_fds("/", (char **)argv, environment, G_SPAWN_DO_NOT_REAP_CHILD, NULL,
                                NULL, &pid, -1, ends[1], ends[1], NULL)) {
        close(ends[0]);
        pid = -1;
    } else {
        *out = ends[0];
    }
    close(ends[1]);
    return pid;
}

/* The version is in what it said: its exit code does not matter, so it may just be killed. */
static void end(GPid pid)
{
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

char *sbx_doctor_capture(const char *program, const char *argument)
{
    gint64 deadline = g_get_monotonic_time() + CAPTURE_MS * G_TIME_SPAN_MILLISECOND;
    g_auto(fd_t) fd = -1;
    GPid pid = start(program, argument, &fd);
    char text[CAPTURE_BYTES + 1];
    size_t length = 0;

    if (pid < 0)
        return NULL;
    while (length < CAPTURE_BYTES) {
        gint64 left = (deadline - g_get_monotonic_time()) / G_TIME_SPAN_MILLISECOND;
        struct pollfd state = {.fd = fd, .events = POLLIN};
        ssize_t n;

        if (left <= 0 || poll(&state, 1, (int)left) == 0)
            break;
        n = read(fd, text + length, CAPTURE_BYTES - length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        length += (size_t)n;
    }
    end(pid);
    return g_strndup(text, length);
}

gboolean sbx_doctor_parse_version(const char *text, guint *major, guint *minor)
{
    for (const char *c = text; *c != '\0'; c++) {
        char *dot;
        guint64 first;

        if (!g_ascii_isdigit(*c))
            continue;
        first = g_ascii_strtoull(c, &dot, 10);
        if (*dot == '.' && g_ascii_isdigit(dot[1])) {
            *major = (guint)MIN(first, 1000000);
            *minor = (guint)MIN(g_ascii_strtoull(dot + 1, NULL, 10), 1000000);
            return TRUE;
        }
        c = dot - 1;
    }
    return FALSE;
}
