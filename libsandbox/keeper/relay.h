/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Relay: between a descriptor that somebody gave us and a pipe of our own.
 *
 * The flags of an open file description are shared by all who have it, so a given descriptor cannot be
 * made non-blocking, and the main loop must not touch it. Each gets a thread, which may block.
 */
#ifndef SBX_KEEPER_RELAY_H
#define SBX_KEEPER_RELAY_H

#include <glib.h>

typedef struct SbxRelay SbxRelay;

/* Starts one. @given is taken. Input goes from it into the pipe, output from the pipe into it. *fd is
 * our end of the pipe: closing it ends the relay, output after all that is in it. @done is called from
 * the main loop, once, unless the relay is dropped before. NULL with a fault set. */
SbxRelay *sbx_relay_new(int given, gboolean is_input, int *fd, void (*done)(gpointer),
                        gpointer data, GError **error);
/* All was passed on, or cannot be. */
gboolean sbx_relay_is_over(const SbxRelay *relay);
/* What it has not passed on yet is of no interest. */
void sbx_relay_stop(SbxRelay *relay);
/* It goes on by itself. */
void sbx_relay_unref(SbxRelay *relay);

#endif
