/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A saved VM's device state on its way to or from a VMM, through a pipe: newer QEMUs want a pipe or
 * a socket for "fd:", not a file.
 */
#ifndef SBX_KEEPER_STATE_PIPE_H
#define SBX_KEEPER_STATE_PIPE_H

#include <glib.h>

/* A state is some 0.2 MB; one that is larger than this is no state. */
#define SBX_STATE_MAX (64u << 20)

/* The end from which the VMM reads @state; the caller closes it when it was passed on. Returns -1 with
 * a fault set. */
int sbx_state_pipe_send(GBytes *state, GError **error);

/* Runs once, from the main loop: all that was written until the VMM closed its end, or NULL and a
 * fault. */
typedef void (*SbxStateReceived)(GBytes *state, const GError *error, gpointer data);
/* The end to which the VMM writes; the caller closes it when it was passed on. Returns -1 with a fault
 * set; then @received does not run. */
int sbx_state_pipe_receive(SbxStateReceived received, gpointer data, GError **error);

#endif
