/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Progress of a long call, on standard error: a bar that is redrawn in place on a terminal, now and
 * then a line otherwise, nothing with --quiet or --json. It also makes Ctrl-C cancel the call.
 */
#ifndef SBX_PROGRESS_H
#define SBX_PROGRESS_H

#include <glib.h>

#include "parse.h"

struct progress {
    const char *title;
    bool silent;
    bool terminal;
    bool drawn;     /* a bar is on the screen */
    int printed;    /* the last percentage in a line */
    char *stage;    /* the stage of the last line or bar */
    gint64 started; /* monotonic, microseconds */
    gint64 last_draw;
};

/* title: what is being worked on; not copied. */
void progress_begin(struct progress *progress, const struct invocation *inv, const char *title);

/* The sbx_progress_func; data is the struct progress. */
int progress_update(void *data, int permille, const char *stage, const char *text);

/* Takes the bar off the screen. */
void progress_end(struct progress *progress);

/* Whether a signal has asked for the end since progress_begin(). */
bool progress_cancelled(void);

#endif
