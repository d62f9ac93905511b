/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The initramfs that a sandbox boots with: the image's modules and this installation's agent.
 */
#ifndef SBX_IMAGE_INITRAMFS_H
#define SBX_IMAGE_INITRAMFS_H

#include <glib.h>

/* Writes it at the position of @fd: the archive @modules_cpio, then one with /init (the agent),
 * /dev/console and the directories that an init mounts on. The same input gives the same bytes. */
gboolean sbx_initramfs_write(int fd, const char *modules_cpio, const char *agent, GError **error);

#endif
