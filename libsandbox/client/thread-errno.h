/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * errno for code that may go on in another thread, see fiber.h. The C library declares errno's address
 * a constant of the function that uses it, so compilers keep it across calls; after a fiber was
 * left, that would be the errno of a thread it no longer runs on. Every file of the client is compiled
 * with this one in front.
 */
#ifndef SBX_CLIENT_THREAD_ERRNO_H
#define SBX_CLIENT_THREAD_ERRNO_H

#include <errno.h>

/* fiber.c; nothing may be assumed of what it returns. */
int *sbx_thread_errno(void);

#undef errno
#define errno (*sbx_thread_errno())

#endif
