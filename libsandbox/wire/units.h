/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Units: sizes and durations as people write them, in options and in the environment: "512MiB",
 * "2GB", "1.5h". One number and one unit, without blanks or signs.
 */
#ifndef SBX_WIRE_UNITS_H
#define SBX_WIRE_UNITS_H

#include <glib.h>

/* Both answer FALSE, and leave the output alone, for what is none (NULL is none) or is out of
 * range: sizes up to 2^62 bytes, durations from 1 ms to SBX_TIMEOUT_MAX_MS. */
gboolean sbx_units_parse_size(const char *text, guint64 *bytes);
gboolean sbx_units_parse_duration(const char *text, gint64 *milliseconds);

/* A text that means exactly this value, in the largest unit that needs no fraction; to be freed. */
char *sbx_units_print_size(guint64 bytes);
char *sbx_units_print_duration(gint64 milliseconds);

#endif
