/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Watching files of a sandbox.
 *
 * An sbx_watch tells what happens to a file, a directory or a tree. Poll its descriptor, then call
 * sbx_watch_next() until it gives 0. One call at a time: another thread's meanwhile fails with
 * SBX_E_BUSY.
 */
#ifndef SANDBOX_WATCH_H
#define SANDBOX_WATCH_H

#include <sandbox/fs.h>

SBX_BEGIN_DECLS

typedef struct sbx_watch sbx_watch;

#define SBX_WATCH_CREATE 1     /* made, or moved here from elsewhere */
#define SBX_WATCH_MODIFY 2     /* contents changed */
#define SBX_WATCH_REMOVE 3     /* removed, or moved away to elsewhere */
#define SBX_WATCH_RENAME 4     /* another name: see sbx_watch_to() */
#define SBX_WATCH_ATTRIBUTES 5 /* mode, owner, times or links changed */
#define SBX_WATCH_OVERFLOW 6   /* events were lost: look for yourself. Has an empty path */

/**
 * sbx_fs_watch:
 * @sandbox: a sandbox; the watch keeps a reference to it
 * @path: a file or directory
 * @options: user, SBX_FS_RECURSIVE: the whole tree below a directory; may be NULL
 * @out: (out): the watch
 * @error: where to put an error, or NULL
 *
 * What happens after this call has returned is told; equal events in a row may be told once. In a
 * directory that is new in a watched tree, what was made at once is told as made, maybe twice.
 * Directories of a tree that the user may not read are not watched. Where others cannot be watched
 * (their path is too long, the helper has no descriptor left, or the kernel no more watches for one
 * that is new), there is an SBX_WATCH_OVERFLOW. Blocks until the watch is there.
 *
 * Errors: as fs.h says; SBX_E_NO_SPACE when the guest's kernel has no more watches for this user.
 * Since: 0.1
 */
SBX_PUBLIC int sbx_fs_watch(sbx *sandbox, const char *path, const sbx_fs_options *options,
                            sbx_watch **out, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_watch_fd:
 * @watch: a watch
 *
 * A descriptor that becomes readable (poll for POLLIN) when sbx_watch_next() may have something.
 * Only for polling. Owned by @watch. Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC int sbx_watch_fd(sbx_watch *watch);

/**
 * sbx_watch_next:
 * @watch: a watch
 * @timeout_ms: milliseconds to wait at most; 0 only looks, -1 waits for ever
 * @error: where to put an error, or NULL
 *
 * Goes to the next event. Returns 1 when there is one, 0 when the time ran out. After an error it
 * stays at that error, but after SBX_E_CANCELLED the next call goes on. Errors: as fs.h says.
 * Since: 0.1
 */
SBX_PUBLIC int sbx_watch_next(sbx_watch *watch, int timeout_ms, sbx_error **error) SBX_WARN_UNUSED;

/*
 * The following are about the present event. Strings are owned by the watch until the next
 * sbx_watch_next(). Without an event they give 0 or NULL.
 */

/** sbx_watch_kind: what happened, SBX_WATCH_. Since: 0.1 */
SBX_PUBLIC int sbx_watch_kind(const sbx_watch *watch);

/** sbx_watch_path: to what; begins with the path that is watched. Since: 0.1 */
SBX_PUBLIC const char *sbx_watch_path(const sbx_watch *watch);

/** sbx_watch_to: the new path of a SBX_WATCH_RENAME, else NULL. Since: 0.1 */
SBX_PUBLIC const char *sbx_watch_to(const sbx_watch *watch);

/** sbx_watch_free: ends the watch; NULL is fine. Never blocks. Since: 0.1 */
SBX_PUBLIC void sbx_watch_free(sbx_watch *watch);

SBX_END_DECLS

#endif
