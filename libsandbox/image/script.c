/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One run of the build script: see script.h.
 */
#include "image/script.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "image/failure.h"
#include "image/guard.h"

enum {
    EXIT_USAGE = 2,
    EXIT_NO_TOOL = 3,
    EXIT_NETWORK = 4,
    EXIT_DISK_FULL = 5,
    EXIT_NOT_STARTED = 127,
    EXIT_SIGNAL = 128,
    LOG_KEPT = 4096,  /* bytes of the script's last output that become the cause */
    PROGRESS_LINE_MAX = 1024, /* of progress; the rest of a longer line is dropped */
    PERMILLE_MAX = 990, /* the rest is publication */
};

typedef struct {
    const SbxImageScript *script;
    SbxGuard guard;
    GString *line;
    GString *log;
    int permille;
    gboolean stopped;
} Run;

static void stop(Run *run)
{
    if (!run->stopped)
        sbx_guard_stop(&run->guard);
    run->stopped = TRUE;
}

/* "PERCENT\tSTAGE\ttext"; what is not of this form is ignored. */
static void take_line(Run *run, const char *line)
{
    g_auto(GStrv) fields = g_strsplit(line, "\t", 3);
    char *end;
    double percent;

    if (g_strv_length(fields) != 3 || !run->script->progress || run->stopped)
        return;
    percent = g_ascii_strtod(fields[0], &end);
    if (end == fields[0] || *end || !(percent >= 0 && percent <= 100))
        return;
    run->permille = MAX(run->permille, (int)(percent * PERMILLE_MAX / 100));
    if (!run->script->progress(run->script->data, run->permille, fields[1], fields[2]))
        stop(run);
}

static void take_progress(Run *run, const char *bytes, gsize length)
{
    for (gsize i = 0; i < length; i++) {
        if (bytes[i] == '\n') {
            take_line(run, run->line->str);
            g_string_truncate(run->line, 0);
        } else if (run->line->len < PROGRESS_LINE_MAX) {
            g_string_append_c(run->line, bytes[i]);
        }
    }
}

static void take_log(Run *run, const char *bytes, gsize length)
{
    g_string_append_len(run->log, bytes, (gssize)length);
    if (run->log->len > LOG_KEPT)
        g_string_erase(run->log, 0, (gssize)(run->log->len - LOG_KEPT));
}

/* Takes what is there. Returns FALSE when no more will come; the descriptor is closed then. */
static gboolean take_available(Run *run, int *fd, void (*take)(Run *, const char *, gsize))
{
    char bytes[4096];

    while (*fd >= 0) {
        ssize_t n = read(*fd, bytes, sizeof(bytes));

        if (n > 0)
            take(run, bytes, (gsize)n);
        else if (n < 0 && errno == EAGAIN)
            return TRUE;
        else if (n == 0 || errno != EINTR)
            sbx_fd_clear(fd);
    }
    return FALSE;
}

static void watch(Run *run)
{
    gboolean running = TRUE;

    while (running) {
        struct pollfd fds[] = {
            {.fd = run->guard.pidfd, .events = POLLIN},
            {.fd = run->guard.progress_fd, .events = POLLIN},
            {.fd = run->guard.log_fd, .events = POLLIN},
        };

        sbx_cancel_poll(run->script->cancel, fds, G_N_ELEMENTS(fds));
        if (run->script->cancel->cancelled)
            stop(run);
        running = fds[0].revents == 0;
        take_available(run, &run->guard.progress_fd, take_progress);
        take_available(run, &run->guard.log_fd, take_log);
    }
}

/* The script's last line that is not empty: it explains a failure. */
static char *last_line(const GString *log)
{
    g_autofree char *text = g_utf8_make_valid(log->str, (gssize)log->len);
    char *start;

    g_strchomp(text);
    start = strrchr(text, '\n');
    return g_strdup(start ? start + 1 : text);
}

static int code_of_exit(int status, const char **hint)
{
    *hint = NULL;
    switch (status) {
    case EXIT_NO_TOOL:
        *hint = "install the missing program";
        return SBX_E_UNAVAILABLE;
    case EXIT_NETWORK:
        *hint = "check the network and the proxy settings, or choose another mirror (--mirror)";
        return SBX_E_UNAVAILABLE;
    case EXIT_DISK_FULL:
        *hint = "free some space on that file system, or set XDG_DATA_HOME to a larger one";
        return SBX_E_NO_SPACE;
    case EXIT_NOT_STARTED:
        *hint = "install libsandbox completely (meson install)";
        return SBX_E_UNAVAILABLE;
    case EXIT_USAGE:
        return SBX_E_INTERNAL;
    default:
        return SBX_E_SYSTEM;
    }
}

static gboolean was_interrupted(const Run *run, int status)
{
    return run->stopped || status == EXIT_SIGNAL + SIGINT || status == EXIT_SIGNAL + SIGTERM ||
           status == EXIT_SIGNAL + SIGHUP;
}

static void explain(const Run *run, int status, GError **error)
{
    g_autofree char *cause = g_utf8_make_valid(run->log->str, (gssize)run->log->len);
    g_autofree char *line = last_line(run->log);
    const char *hint;
    int code = code_of_exit(status, &hint);

    if (was_interrupted(run, status)) {
        sbx_fault_set(error, SBX_E_CANCELLED, 0, NULL, "building the image was cancelled");
        return;
    }
    if (code == SBX_E_NO_SPACE)
        sbx_fault_set(error, code, ENOSPC, hint, "the disk that holds %s is full (%s)",
                      run->script->build_dir, line);
    else
        sbx_fault_set(error, code, 0, hint, "cannot build the image: %s",
                      *line ? line : "build-image gave no reason");
    if (error && *cause)
        sbx_fault_add_cause(*error, g_strchomp(cause));
}

gboolean sbx_image_script_run(const SbxImageScript *script, GError **error)
{
    Run run = {.script = script};
    const char *argv[9] = {script->program, "--output", script->output, "--progress-fd",
                           G_STRINGIFY(SBX_GUARD_PROGRESS_FD)};
    guint n = 5;
    int status;

    if (script->mirror) {
        argv[n++] = "--mirror";
        argv[n++] = script->mirror;
    }
    if (script->no_deno)
        argv[n] = "--no-deno";
    if (!sbx_guard_start(argv, script->build_dir, script->locks, script->n_locks, &run.guard,
                         error))
        return FALSE;
    run.line = g_string_new(NULL);
    run.log = g_string_new(NULL);
    watch(&run);
    status = sbx_guard_finish(&run.guard);
    if (status != 0 || run.stopped)
        explain(&run, status, error);
    g_string_free(run.line, TRUE);
    g_string_free(run.log, TRUE);
    return status == 0 && !run.stopped;
}
