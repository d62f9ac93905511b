/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sizes and times as people read them. */
#ifndef SBX_FORMAT_H
#define SBX_FORMAT_H

#include <stdint.h>

char *format_size(uint64_t bytes);            /* "1.2 GiB"; new string */
char *format_duration(int64_t milliseconds);  /* "42s", "3m 5s", "2h 10m", "4d 3h"; new string */
char *format_timestamp(int64_t milliseconds); /* since 1970; "2026-01-02 03:04"; new string */
int64_t format_now(void);                     /* milliseconds since 1970 */

#endif
