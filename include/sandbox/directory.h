/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Directories, trees and patterns of a sandbox, entry by entry.
 *
 * An sbx_dir is a stream of entries on its way from the guest; memory does not grow with their
 * number, here or there, and a slow reader is waited for. One call at a time: another thread's
 * sbx_dir_next() meanwhile fails with SBX_E_BUSY. Blocking, and errors, are as fs.h says.
 *
 *     while ((code = sbx_dir_next(dir, &error)) > 0)
 *         puts(sbx_dir_path(dir));
 */
#ifndef SANDBOX_DIRECTORY_H
#define SANDBOX_DIRECTORY_H

#include <sandbox/fs.h>

SBX_BEGIN_DECLS

typedef struct sbx_dir sbx_dir;

#define SBX_KIND_UNKNOWN 0 /* it has gone again */
#define SBX_KIND_FILE 1
#define SBX_KIND_DIRECTORY 2
#define SBX_KIND_SYMLINK 3
#define SBX_KIND_FIFO 4
#define SBX_KIND_SOCKET 5
#define SBX_KIND_CHAR_DEVICE 6
#define SBX_KIND_BLOCK_DEVICE 7

/**
 * sbx_fs_read_dir:
 * @sandbox: a sandbox; the stream keeps a reference to it
 * @path: a directory
 * @options: user; may be NULL
 * @out: (out): its entries, without "." and "..", in no order
 * @error: where to put an error, or NULL
 *
 * Since: 0.1
 */
SBX_PUBLIC int sbx_fs_read_dir(sbx *sandbox, const char *path, const sbx_fs_options *options,
                               sbx_dir **out, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_walk:
 * @sandbox: a sandbox; the stream keeps a reference to it
 * @path: where to begin
 * @options: user, max_depth, match, skip, SBX_FS_FOLLOW_LINKS, SBX_FS_SKIP_DENIED, SBX_FS_NO_FILES,
 *   SBX_FS_NO_DIRECTORIES, SBX_FS_NO_SYMLINKS, SBX_FS_IGNORE_CASE; may be NULL
 * @out: (out): the entry of @path itself, and all below it, each directory before what is in it
 * @error: where to put an error, or NULL
 *
 * Symbolic links are not followed, unless @path is one, or with SBX_FS_FOLLOW_LINKS; a directory
 * that is above itself that way is not entered again. What changes meanwhile may be seen or not. A
 * directory that may not be read ends the stream with SBX_E_DENIED, or is passed over with
 * SBX_FS_SKIP_DENIED. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_walk(sbx *sandbox, const char *path, const sbx_fs_options *options,
                           sbx_dir **out, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_glob:
 * @sandbox: a sandbox; the stream keeps a reference to it
 * @pattern: "*" and "?" stand for bytes of a name, "[...]" for one of several, "{a,b}" for
 *   alternatives, "**" for any number of directories, "!(a|b)", "?(a)", "*(a)", "+(a)", "@(a)" as in
 *   bash; a backslash takes the meaning from the next byte. Names that begin with '.' are matched,
 *   too. Below 4096 bytes.
 * @options: user, directory, max_depth (counted from the first component with a wildcard), match,
 *   skip, flags as for sbx_fs_walk(); may be NULL
 * @out: (out): what the pattern matches, in no order; nothing is no error
 * @error: where to put an error, or NULL
 *
 * Directories that may not be read are passed over. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_glob(sbx *sandbox, const char *pattern, const sbx_fs_options *options,
                           sbx_dir **out, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_dir_next:
 * @dir: a stream
 * @error: where to put an error, or NULL
 *
 * Goes to the next entry. Returns 1 when there is one, 0 at the end. After an error it stays at
 * that error, but after SBX_E_CANCELLED the next call goes on. Since: 0.1
 */
SBX_PUBLIC int sbx_dir_next(sbx_dir *dir, sbx_error **error) SBX_WARN_UNUSED;

/*
 * The following are about the present entry. Strings are owned by the stream until the next
 * sbx_dir_next(). Before the first entry and after the last they give NULL, SBX_KIND_UNKNOWN or -1.
 */

/** sbx_dir_name: the last component of its path. Since: 0.1 */
SBX_PUBLIC const char *sbx_dir_name(const sbx_dir *dir);

/** sbx_dir_path: its path, which begins with what the stream was made of. Since: 0.1 */
SBX_PUBLIC const char *sbx_dir_path(const sbx_dir *dir);

/** sbx_dir_kind: what it is, SBX_KIND_; a followed link is what it names. Since: 0.1 */
SBX_PUBLIC int sbx_dir_kind(const sbx_dir *dir);

/** sbx_dir_depth: how deep it is below where the stream began: 0 is that itself. Since: 0.1 */
SBX_PUBLIC int sbx_dir_depth(const sbx_dir *dir);

/** sbx_dir_free: ends the stream, wherever it is; NULL is fine. Never blocks. Since: 0.1 */
SBX_PUBLIC void sbx_dir_free(sbx_dir *dir);

SBX_END_DECLS

#endif
