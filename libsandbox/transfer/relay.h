/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes from one descriptor to another, unseen: a raw archive of the caller's, or of two guests. */
#ifndef SBX_TRANSFER_RELAY_H
#define SBX_TRANSFER_RELAY_H

/* Until the end of `from`; more than max_bytes are a failure. Messages go to report_fd. Returns the
 * exit code. */
int relay(const char *max_bytes, int from, int to, int report_fd);

#endif
