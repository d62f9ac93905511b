/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signals as events of a poll() loop: SIGINT, SIGTERM, SIGHUP and SIGCONT are blocked and read from
 * a descriptor. One that was ignored when sbx started (nohup) stays ignored. SIGQUIT (Ctrl-\) keeps
 * its default action, as the way out that always works.
 */
#ifndef SBX_SIGNALS_H
#define SBX_SIGNALS_H

/*
 * Blocks the signals, and ignores SIGPIPE; returns the descriptor, or -1 with errno. Call it behind
 * the call that may start the keeper: the keeper would inherit the mask. Lasts until exit.
 */
int signals_open(void);

/* One more of them; 0, or -1 with errno. */
int signals_add(int fd, int number);

/* The number of a signal that has come, or 0. Does not block. */
int signals_next(int fd);

#endif
