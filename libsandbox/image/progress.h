/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Progress of long image work: a callback that may also cancel it.
 */
#ifndef SBX_IMAGE_PROGRESS_H
#define SBX_IMAGE_PROGRESS_H

#include <glib.h>

/* @permille 0 to 1000, @stage a stable word, @text for a person. Returns FALSE to cancel. */
typedef gboolean (*SbxImageProgress)(gpointer data, int permille, const char *stage,
                                     const char *text);

#endif
