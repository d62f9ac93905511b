/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SBX_VIRT_HOST_TSC_H
#define SBX_VIRT_HOST_TSC_H

#include <glib.h>

/* Ticks per millisecond of the time stamp counter; 0 where there is none. The first call takes 20 ms;
 * any thread. */
guint sbx_host_tsc_khz(void);

#endif
