/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file system of a sandbox, by paths. Open files are in file.h, directories and trees in
 * directory.h, watching in watch.h.
 *
 * What a call does it does in the guest, with the rights of a user of the guest: "app", unless its
 * options say another. A path is bytes without NUL, at most SBX_PATH_MAX of them as the guest's
 * kernel has it; a relative one is relative to the home of that user. Strings that come back are
 * bytes, too, and need not be UTF-8.
 *
 * Every call blocks for one round trip to the guest and the time that the operation takes there.
 * The first ones of a handle start a helper process in the guest, which later ones use again. Each
 * call may be made from any thread; several run side by side, each with a helper of its own. Of the
 * ops of one handle 32 do, and the others wait for their turn; when all 32 stand still, for a
 * FIFO's other end perhaps, one more goes on each second. A file, directory or watch that is open
 * has a helper of its own, too, outside of those turns. A sandbox has at most 512 helpers, of all
 * its handles; one more fails with SBX_E_BUSY. While a sandbox is paused a call waits, or fails
 * with SBX_E_BUSY.
 *
 * Errors, of all calls: SBX_E_NOT_FOUND, SBX_E_EXISTS, SBX_E_DENIED, SBX_E_NO_SPACE, SBX_E_BUSY,
 * SBX_E_TOO_BIG and SBX_E_INVALID say what they say of files as well; SBX_E_FILE is any other
 * failure of the guest's file system (no directory, a directory, not empty, too many links, ...).
 * In all these cases sbx_error_errno() gives the guest's errno. SBX_E_EXEC: there is no such user.
 * SBX_E_GONE: the sandbox has ended, maybe while the call ran. SBX_E_PROTOCOL: the helper in the
 * guest died or talked nonsense; the next call starts another. SBX_E_FORKED, SBX_E_KEEPER,
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM as everywhere. What a failed call has done so far stays done, where
 * nothing else is said.
 */
#ifndef SANDBOX_FS_H
#define SANDBOX_FS_H

#include <stddef.h>
#include <stdint.h>

#include <sandbox/handle.h>
#include <sandbox/stat.h>

SBX_BEGIN_DECLS

#define SBX_PATH_MAX 4095 /* bytes of a path, without its NUL */

typedef struct sbx_fs_options sbx_fs_options;

/* Flags, see sbx_fs_options_set_flags(). Where a call does not name one, it has no meaning. */
#define SBX_FS_RECURSIVE 1       /* and what is above or below */
#define SBX_FS_NO_FOLLOW 2       /* a symbolic link itself, not what it names */
#define SBX_FS_APPEND 4          /* write at the end of what is there */
#define SBX_FS_CREATE_NEW 8      /* fail when the file is there already */
#define SBX_FS_NO_CREATE 16      /* fail when the file is not there */
#define SBX_FS_ATOMIC 32         /* the whole new contents, or the old ones */
#define SBX_FS_NO_REPLACE 64     /* fail when the target is there already */
#define SBX_FS_FOLLOW_LINKS 128  /* go into directories that symbolic links name */
#define SBX_FS_SKIP_DENIED 256   /* leave out directories that the user may not read */
#define SBX_FS_NO_FILES 512      /* leave out what is neither directory nor symbolic link */
#define SBX_FS_NO_DIRECTORIES 1024
#define SBX_FS_NO_SYMLINKS 2048
#define SBX_FS_IGNORE_CASE 4096  /* patterns match upper and lower case alike */

#define SBX_FS_GLOBS_MAX 64      /* patterns of each list */

/**
 * sbx_fs_options_new:
 *
 * Options that change nothing. One object may serve many calls, also at once as long as nobody sets
 * anything. Returns NULL when memory is short. Never blocks. Since: 0.1
 */
SBX_PUBLIC sbx_fs_options *sbx_fs_options_new(void);

/** sbx_fs_options_free: frees them; NULL is fine. Never blocks. Since: 0.1 */
SBX_PUBLIC void sbx_fs_options_free(sbx_fs_options *options);

/**
 * sbx_fs_options_set_user:
 * @options: options
 * @user: a user name or number of the guest, or NULL for "app". Copied.
 * @error: where to put an error, or NULL
 *
 * Whose rights, home and ownership the call has. Errors: SBX_E_INVALID. Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_options_set_user(sbx_fs_options *options, const char *user,
                                       sbx_error **error);

/**
 * sbx_fs_options_set_flags:
 * @options: options
 * @flags: SBX_FS_ flags, added up; replaces what was set before
 * @error: where to put an error, or NULL
 *
 * Errors: SBX_E_INVALID (a flag that this version does not know). Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_options_set_flags(sbx_fs_options *options, unsigned int flags,
                                        sbx_error **error);

/**
 * sbx_fs_options_set_mode:
 * @options: options
 * @mode: permissions, 0 to 07777 (octal), or -1 for the usual ones: 0666 for files, 0777 for
 *   directories
 * @error: where to put an error, or NULL
 *
 * For sbx_fs_mkdir(), sbx_fs_write_file(), sbx_fs_write_from_fd() and sbx_fs_open(). What is made
 * has them without the bits of sbx_fs_umask(). Writing a whole file gives one that is there already
 * exactly these. Errors: SBX_E_INVALID. Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_options_set_mode(sbx_fs_options *options, int mode, sbx_error **error);

/**
 * sbx_fs_options_set_max_size:
 * @options: options
 * @bytes: the most that sbx_fs_read_file() takes into memory; the default is 1 GiB
 *
 * Never blocks. Since: 0.1
 */
SBX_PUBLIC void sbx_fs_options_set_max_size(sbx_fs_options *options, uint64_t bytes);

/**
 * sbx_fs_options_set_directory:
 * @options: options
 * @directory: a directory of the guest, or NULL for the default. Copied.
 * @error: where to put an error, or NULL
 *
 * Where sbx_fs_temp_dir() and sbx_fs_temp_file() make something (default /tmp), and what a relative
 * pattern of sbx_fs_glob() is relative to (default: the user's home; what is found then has paths
 * that begin with this directory). Errors: SBX_E_INVALID. Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_options_set_directory(sbx_fs_options *options, const char *directory,
                                            sbx_error **error);

/**
 * sbx_fs_options_set_affixes:
 * @options: options
 * @prefix: how names of sbx_fs_temp_dir() and sbx_fs_temp_file() begin, or NULL. Copied.
 * @suffix: how they end, or NULL. Copied.
 * @error: where to put an error, or NULL
 *
 * Each at most 100 bytes, without '/'. Errors: SBX_E_INVALID. Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_options_set_affixes(sbx_fs_options *options, const char *prefix,
                                          const char *suffix, sbx_error **error);

/**
 * sbx_fs_options_set_max_depth:
 * @options: options
 * @depth: how deep sbx_fs_walk() and sbx_fs_glob() go: 0 is the top alone, 1 what is in it; -1 (the
 *   default) is all
 * @error: where to put an error, or NULL
 *
 * Errors: SBX_E_INVALID. Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_options_set_max_depth(sbx_fs_options *options, int depth, sbx_error **error);

/**
 * sbx_fs_options_add_match:
 * @options: options
 * @pattern: a pattern as sbx_fs_glob() has them, below 4096 bytes. Copied.
 * @error: where to put an error, or NULL
 *
 * sbx_fs_walk() and sbx_fs_glob() then tell only of what matches one of these. A pattern without
 * '/' is compared with names, any other with paths relative to the top. Errors: SBX_E_INVALID,
 * SBX_E_TOO_BIG (more than SBX_FS_GLOBS_MAX). Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_options_add_match(sbx_fs_options *options, const char *pattern,
                                        sbx_error **error);

/**
 * sbx_fs_options_add_skip:
 * @options: options
 * @pattern: as for sbx_fs_options_add_match()
 * @error: where to put an error, or NULL
 *
 * sbx_fs_walk() and sbx_fs_glob() do not tell of what matches one of these, and do not go into it.
 * Errors: SBX_E_INVALID, SBX_E_TOO_BIG. Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_options_add_skip(sbx_fs_options *options, const char *pattern,
                                       sbx_error **error);

/*
 * In what follows: @sandbox is a sandbox, @path a path in it, @options may be NULL, and @error is
 * where to put an error, or NULL. For blocking, threads and errors see above.
 */

/**
 * sbx_fs_read_file:
 * @sandbox: a sandbox
 * @path: a file
 * @options: user, max_size
 * @data: (out): its bytes and one NUL that @length does not count; freed with sbx_free()
 * @length: (out): number of bytes; may be NULL
 * @error: where to put an error, or NULL
 *
 * Reads a whole file into memory. SBX_E_TOO_BIG when it is longer than the options allow: nothing
 * is read then, if the guest tells the size beforehand. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_read_file(sbx *sandbox, const char *path, const sbx_fs_options *options,
                                void **data, size_t *length, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_write_file:
 * @sandbox: a sandbox
 * @path: a file
 * @options: user, mode, SBX_FS_APPEND, SBX_FS_CREATE_NEW, SBX_FS_NO_CREATE, SBX_FS_ATOMIC
 * @data: what to write
 * @length: number of bytes
 * @error: where to put an error, or NULL
 *
 * Replaces the contents of a file, which is made when it is missing. With SBX_FS_ATOMIC the
 * contents are put into a new file beside it, which takes its place when it is complete: whoever
 * reads meanwhile sees the old file or the new one, and a call that fails or dies leaves the old
 * one. A symbolic link stays one. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_write_file(sbx *sandbox, const char *path, const sbx_fs_options *options,
                                 const void *data, size_t length, sbx_error **error);

/**
 * sbx_fs_read_to_fd:
 * @sandbox: a sandbox
 * @path: a file
 * @options: user
 * @fd: a descriptor of this program to write to; stays open
 * @length: (out): bytes that were written; may be NULL
 * @error: where to put an error, or NULL
 *
 * Copies a whole file of any size to a descriptor, in little memory. SBX_E_SYSTEM with its errno
 * when the descriptor takes no more; no SIGPIPE is raised. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_read_to_fd(sbx *sandbox, const char *path, const sbx_fs_options *options,
                                 int fd, uint64_t *length, sbx_error **error);

/**
 * sbx_fs_write_from_fd:
 * @sandbox: a sandbox
 * @path: a file
 * @options: as for sbx_fs_write_file()
 * @fd: a descriptor of this program to read from, to its end; stays open
 * @length: (out): bytes that were read; may be NULL
 * @error: where to put an error, or NULL
 *
 * Like sbx_fs_write_file() with contents of any size, in little memory. SBX_E_SYSTEM with its errno
 * when the descriptor cannot be read. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_write_from_fd(sbx *sandbox, const char *path, const sbx_fs_options *options,
                                    int fd, uint64_t *length, sbx_error **error);

/**
 * sbx_fs_stat:
 * @sandbox: a sandbox
 * @path: a file, directory, ...; symbolic links are followed
 * @options: user
 * @out: (out): what is known about it; freed with sbx_stat_free()
 * @error: where to put an error, or NULL
 *
 * Since: 0.1
 */
SBX_PUBLIC int sbx_fs_stat(sbx *sandbox, const char *path, const sbx_fs_options *options,
                           sbx_stat **out, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_lstat:
 * @sandbox: a sandbox
 * @path: a file, directory, ...; of a symbolic link, the link itself
 * @options: user
 * @out: (out): what is known about it; freed with sbx_stat_free()
 * @error: where to put an error, or NULL
 *
 * Since: 0.1
 */
SBX_PUBLIC int sbx_fs_lstat(sbx *sandbox, const char *path, const sbx_fs_options *options,
                            sbx_stat **out, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_mkdir:
 * @sandbox: a sandbox
 * @path: the directory to make
 * @options: user, mode, SBX_FS_RECURSIVE: the missing ones above it, too, and it may be there
 *   already
 * @error: where to put an error, or NULL
 *
 * Since: 0.1
 */
SBX_PUBLIC int sbx_fs_mkdir(sbx *sandbox, const char *path, const sbx_fs_options *options,
                            sbx_error **error);

/**
 * sbx_fs_remove:
 * @sandbox: a sandbox
 * @path: a file, a symbolic link (not what it names), or an empty directory
 * @options: user, SBX_FS_RECURSIVE: a directory with all that is in it
 * @error: where to put an error, or NULL
 *
 * A tree is removed without following links, whatever is done to it meanwhile. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_remove(sbx *sandbox, const char *path, const sbx_fs_options *options,
                             sbx_error **error);

/**
 * sbx_fs_rename:
 * @sandbox: a sandbox
 * @path: what to rename
 * @to: its new path, in the same file system; a file there is replaced
 * @options: user, SBX_FS_NO_REPLACE
 * @error: where to put an error, or NULL
 *
 * Since: 0.1
 */
SBX_PUBLIC int sbx_fs_rename(sbx *sandbox, const char *path, const char *to,
                             const sbx_fs_options *options, sbx_error **error);

/**
 * sbx_fs_copy_file:
 * @sandbox: a sandbox
 * @path: a file
 * @to: the file to make or replace
 * @options: user, SBX_FS_NO_REPLACE
 * @error: where to put an error, or NULL
 *
 * Copies contents and permissions inside the guest. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_copy_file(sbx *sandbox, const char *path, const char *to,
                                const sbx_fs_options *options, sbx_error **error);

/**
 * sbx_fs_link:
 * @sandbox: a sandbox
 * @path: a file
 * @to: one more name for it, in the same file system
 * @options: user
 * @error: where to put an error, or NULL
 *
 * Makes a hard link. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_link(sbx *sandbox, const char *path, const char *to,
                           const sbx_fs_options *options, sbx_error **error);

/**
 * sbx_fs_symlink:
 * @sandbox: a sandbox
 * @target: what the link says; need not exist, relative to the link's directory
 * @path: the link to make
 * @options: user
 * @error: where to put an error, or NULL
 *
 * Makes a symbolic link. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_symlink(sbx *sandbox, const char *target, const char *path,
                              const sbx_fs_options *options, sbx_error **error);

/**
 * sbx_fs_readlink:
 * @sandbox: a sandbox
 * @path: a symbolic link
 * @options: user
 * @out: (out): what it says; freed with sbx_free()
 * @error: where to put an error, or NULL
 *
 * Since: 0.1
 */
SBX_PUBLIC int sbx_fs_readlink(sbx *sandbox, const char *path, const sbx_fs_options *options,
                               char **out, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_realpath:
 * @sandbox: a sandbox
 * @path: something that exists
 * @options: user
 * @out: (out): its absolute path without symbolic links, "." and ".."; freed with sbx_free()
 * @error: where to put an error, or NULL
 *
 * Since: 0.1
 */
SBX_PUBLIC int sbx_fs_realpath(sbx *sandbox, const char *path, const sbx_fs_options *options,
                               char **out, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_chmod:
 * @sandbox: a sandbox
 * @path: a file or directory; symbolic links are followed
 * @mode: its new permissions, 0 to 07777 (octal)
 * @options: user
 * @error: where to put an error, or NULL
 *
 * Since: 0.1
 */
SBX_PUBLIC int sbx_fs_chmod(sbx *sandbox, const char *path, int mode,
                            const sbx_fs_options *options, sbx_error **error);

/**
 * sbx_fs_chown:
 * @sandbox: a sandbox
 * @path: a file or directory
 * @uid: its new owner, a number of the guest, or -1 to keep it
 * @gid: its new group, likewise
 * @options: user (giving away a file takes "root"), SBX_FS_NO_FOLLOW
 * @error: where to put an error, or NULL
 *
 * Since: 0.1
 */
SBX_PUBLIC int sbx_fs_chown(sbx *sandbox, const char *path, int64_t uid, int64_t gid,
                            const sbx_fs_options *options, sbx_error **error);

#define SBX_TIME_OMIT INT64_MIN /* leave that time as it is */
#define SBX_TIME_NOW INT64_MAX  /* the guest's present */

/**
 * sbx_fs_utime:
 * @sandbox: a sandbox
 * @path: a file or directory
 * @atime: when it was read last: nanoseconds since 1970 UTC, SBX_TIME_OMIT or SBX_TIME_NOW
 * @mtime: when it was changed last, likewise
 * @options: user, SBX_FS_NO_FOLLOW
 * @error: where to put an error, or NULL
 *
 * Since: 0.1
 */
SBX_PUBLIC int sbx_fs_utime(sbx *sandbox, const char *path, int64_t atime, int64_t mtime,
                            const sbx_fs_options *options, sbx_error **error);

/**
 * sbx_fs_truncate:
 * @sandbox: a sandbox
 * @path: a file
 * @size: its new size in bytes, not negative; what is beyond is cut off, what is missing is zeros
 * @options: user
 * @error: where to put an error, or NULL
 *
 * Since: 0.1
 */
SBX_PUBLIC int sbx_fs_truncate(sbx *sandbox, const char *path, int64_t size,
                               const sbx_fs_options *options, sbx_error **error);

/**
 * sbx_fs_umask:
 * @sandbox: a sandbox
 * @mask: permissions that nothing made by file calls of this handle gets, 0 to 0777 (octal), or
 *   -1 to leave it
 * @previous: (out): what it was before; may be NULL
 * @error: where to put an error, or NULL
 *
 * It is 022 at first. It belongs to the handle, is kept by this program and sent along with every
 * call: it changes nothing for processes of the sandbox, or other handles. Never blocks; any
 * thread. Errors: SBX_E_INVALID, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_umask(sbx *sandbox, int mask, int *previous, sbx_error **error);

/**
 * sbx_fs_temp_dir:
 * @sandbox: a sandbox
 * @options: user, directory, affixes
 * @out: (out): the path of a new directory with mode 0700; freed with sbx_free()
 * @error: where to put an error, or NULL
 *
 * Nobody removes it but you, or the end of the sandbox. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_temp_dir(sbx *sandbox, const sbx_fs_options *options, char **out,
                               sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_temp_file:
 * @sandbox: a sandbox
 * @options: user, directory, affixes
 * @out: (out): the path of a new, empty file with mode 0600; freed with sbx_free()
 * @error: where to put an error, or NULL
 *
 * Since: 0.1
 */
SBX_PUBLIC int sbx_fs_temp_file(sbx *sandbox, const sbx_fs_options *options, char **out,
                                sbx_error **error) SBX_WARN_UNUSED;

SBX_END_DECLS

#endif
