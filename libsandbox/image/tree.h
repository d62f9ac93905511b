/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Removal of directory trees that a build or a removed version left.
 */
#ifndef SBX_IMAGE_TREE_H
#define SBX_IMAGE_TREE_H

#include <glib.h>

/* Removes @path and all below it, never following links or leaving the file system. No error when
 * there is nothing. */
gboolean sbx_tree_remove(const char *path, GError **error);

#endif
