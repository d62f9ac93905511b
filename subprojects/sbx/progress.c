/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See progress.h. A call that reports progress blocks in the library, so there is no poll() loop to
 * take signals from: a handler sets a flag, which the next report answers with "cancel". A second
 * signal has its default effect; what it leaves behind the next build clears away.
 */
#include "progress.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "terminal.h"

#define LINE_EVERY_PERCENT 5
#define DRAW_EVERY_US (G_USEC_PER_SEC / 20)
#define ESTIMATE_AFTER_US (3 * G_USEC_PER_SEC)
#define BAR_MAX 40

static volatile sig_atomic_t cancelled;

static void cancel(int number)
{
    (void)number;
    cancelled = 1;
}

bool progress_cancelled(void)
{
    return cancelled;
}

void progress_begin(struct progress *progress, const struct invocation *inv, const char *title)
{
    struct sigaction action = {.sa_handler = cancel, .sa_flags = (int)SA_RESETHAND};

    memset(progress, 0, sizeof(*progress));
    progress->title = title;
    progress->silent = invocation_has(inv, OPT_QUIET) || invocation_has(inv, OPT_JSON);
    progress->terminal = terminal_is(stderr);
    progress->printed = -LINE_EVERY_PERCENT;
    progress->started = g_get_monotonic_time();
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* "1:05", and behind it an estimate of the rest once there is something to base it on. */
static char *clock_text(const struct progress *progress, int permille, gint64 now)
{
    gint64 elapsed = now - progress->started;
    int seconds = (int)(elapsed / G_USEC_PER_SEC);
    int left;

    if (elapsed < ESTIMATE_AFTER_US || permille <= 20 || permille >= 1000)
        return g_strdup_printf("%d:%02d", seconds / 60, seconds % 60);
    left = (int)(elapsed / permille * (1000 - permille) / G_USEC_PER_SEC);
    return g_strdup_printf("%d:%02d, %d:%02d left", seconds / 60, seconds % 60, left / 60,
                           left % 60);
}

/* Cuts UTF-8 text to a number of columns. */
static void cut(char *text, int columns)
{
    int used = 0;

    for (char *p = text; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        used += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
        if (used > columns) {
            *p = '\0';
            return;
        }
    }
}

static void draw_bar(struct progress *progress, int permille, const char *text, gint64 now)
{
    g_autofree char *clock = clock_text(progress, permille, now);
    g_autofree char *escaped = terminal_escape(text);
    int width = terminal_width(stderr);
    int bar = MIN(BAR_MAX, width / 3);
    int filled = bar * permille / 1000;
    g_autofree char *done = g_strnfill((gsize)filled, '=');
    g_autofree char *line = NULL;

    if (width >= 40)
        line = g_strdup_printf("[%s%s%*s] %3d%%  %s  %s", done, filled < bar ? ">" : "",
                               MAX(bar - filled - 1, 0), "", permille / 10, clock, escaped);
    else
        line = g_strdup_printf("%3d%% %s", permille / 10, escaped);
    cut(line, width - 1);
    fprintf(stderr, "\r%s\033[K", line);
    fflush(stderr);
    progress->drawn = true;
    progress->last_draw = now;
}

static void print_line(struct progress *progress, int permille, const char *text)
{
    g_autofree char *escaped = terminal_escape(text);

    fprintf(stderr, "%s: %3d%%  %s\n", progress->title, permille / 10, escaped);
    progress->printed = permille / 10;
}

int progress_update(void *data, int permille, const char *stage, const char *text)
{
    struct progress *progress = data;
    bool new_stage = g_strcmp0(stage, progress->stage) != 0;
    gint64 now = g_get_monotonic_time();

    permille = CLAMP(permille, 0, 1000);
    text = text && *text ? text : stage;
    if (!progress->silent && progress->terminal) {
        if (new_stage || permille == 1000 || now - progress->last_draw >= DRAW_EVERY_US)
            draw_bar(progress, permille, text ? text : "", now);
    } else if (!progress->silent) {
        if (new_stage || permille / 10 >= progress->printed + LINE_EVERY_PERCENT)
            print_line(progress, permille, text ? text : "");
    }
    if (new_stage) {
        g_free(progress->stage);
        progress->stage = g_strdup(stage);
    }
    return cancelled;
}

void progress_end(struct progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stderr);
    g_clear_pointer(&progress->stage, g_free);
}
