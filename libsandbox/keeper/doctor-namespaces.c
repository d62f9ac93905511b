/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The doctor: does sbx-launch get its user, its namespaces and its mounts?
 *
 * The code that answers is sbx-launch's own (launch-namespaces.c), run in a child and a grandchild
 * that end right after. What they make is in a tmpfs that only their mount namespace has, laid over
 * a directory that exists. Without data and cache directories in `Launch`, nothing of the host's is
 * made or changed. What launch.h wants of its program is given here; it writes to a pipe, one line
 * per event: a letter, and text with the hint of a failure behind a tab.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper/doctor.h"
#include "keeper/launch.h"

enum { TRY_SECONDS = 3, LINE_BYTES = 1024 };

static int report_fd = -1;

static void report(char event, const char *text, const char *hint)
{
    g_autofree char *plain = g_strdelimit(g_strdup(text), "\t\n", ' ');
    g_autofree char *line =
        g_strdup_printf("%c%.*s\t%s\n", event, LINE_BYTES, plain, hint != NULL ? hint : "");

    /* At most PIPE_BUF: whole or not at all. */
    (void)!write(report_fd, line, strlen(line));
}

void launch_fail(int code, int sys_errno, const char *hint, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    (void)code;
    (void)sys_errno;
    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    report('F', text, hint);
    _exit(1);
}

void launch_log(const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    report('L', text, NULL);
}

int launch_mkdirs(const char *path, mode_t mode)
{
    return g_mkdir_with_parents(path, (int)mode);
}

char *launch_format(const char *format, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        abort();
    va_end(args);
    return text;
}

static void as_init(const Launch *launch)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(TRY_SECONDS);
    launch_mount(launch);
    report('M', "", NULL);
    _exit(0);
}

static void as_guardian(const char *dir)
{
    Launch launch = {.vm_dir = (char *)dir, .keeper_fd = -1, .agent_fd = -1};
    char uid[16];
    pid_t init;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(TRY_SECONDS);
    launch_choose_user(&launch);
    g_snprintf(uid, sizeof uid, "%u", launch.uid);
    report('U', uid, NULL);
    launch_unshare(&launch);
    init = fork();
    if (init < 0)
        launch_fail(0, errno, "see `ulimit -u` and the pids limit of the cgroup",
                    "cannot start a process there: %s", g_strerror(errno));
    if (init == 0)
        as_init(&launch);
    report('N', "", NULL);
    while (waitpid(init, NULL, 0) < 0 && errno == EINTR)
        ;
    _exit(0);
}

static void take_line(SbxDoctorLaunch *launch, char *line)
{
    char *hint = strchr(line, '\t');

    if (hint == NULL)
        return;
    *hint++ = '\0';
    switch (line[0]) {
    case 'U':
        launch->uid = g_ascii_strtoll(line + 1, NULL, 10);
        break;
    case 'N':
        launch->entered = TRUE;
        break;
    case 'M':
        launch->mounted = TRUE;
        break;
    case 'L':
        g_string_append_printf(launch->log, "%s%s", launch->log->len > 0 ? "; " : "", line + 1);
        break;
    default:
        g_free(launch->failure);
        g_free(launch->hint);
        launch->failure = g_strdup(line + 1);
        launch->hint = hint[0] != '\0' ? g_strdup(hint) : NULL;
    }
}

void sbx_doctor_try_launch(const char *runtime_dir, SbxDoctorLaunch *launch)
{
    const char *dir = runtime_dir != NULL && g_file_test(runtime_dir, G_FILE_TEST_IS_DIR)
                          ? runtime_dir
                          : g_get_tmp_dir();
    FILE *stream;
    char *line = NULL;
    int ends[2];
    pid_t child;

    *launch = (SbxDoctorLaunch){.uid = -1, .log = g_string_new(NULL)};
    if (pipe2(ends, O_CLOEXEC) < 0) {
        launch->failure = g_strdup_printf("cannot make a pipe: %s", g_strerror(errno));
        return;
    }
    child = fork();
    if (child == 0) {
        report_fd = ends[1];
        as_guardian(dir);
    }
    if (child < 0)
        launch->failure = g_strdup_printf("cannot start a process: %s", g_strerror(errno));
    close(ends[1]);
    stream = fdopen(ends[0], "r");
    for (size_t size = 0; stream != NULL && getline(&line, &size, stream) > 0;)
        take_line(launch, g_strdelimit(line, "\n", '\0'));
    if (stream != NULL)
        fclose(stream);
    else
        close(ends[0]);
    free(line); /* getline()'s */
    if (child > 0)
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
            ;
    if (launch->failure == NULL && !launch->mounted)
        launch->failure = g_strdup("the attempt did not finish");
}
