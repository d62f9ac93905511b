/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files and trees into a sandbox and out of it.
 *
 * Everything goes as one tar stream, which keeps modes, owners (as numbers, when who writes is root),
 * times to the nanosecond, symbolic and hard links, holes, extended attributes, empty directories, and
 * names of any bytes. Inside the sandbox it is read and written with the rights of a user of the
 * sandbox, outside with those of the calling program, in a helper process that is confined to the
 * target.
 *
 * Where things go is as with `cp -a SOURCE TARGET`:
 *
 *   - TARGET is an existing directory, or ends in a slash (then it is made when it is missing): SOURCE
 *     goes into it, under its own name;
 *   - otherwise SOURCE becomes TARGET, whose directory must exist;
 *   - "DIRECTORY/." as SOURCE is what is in DIRECTORY: it goes into TARGET, which is made when it is
 *     missing;
 *   - a symbolic link as SOURCE is copied as a link, unless a slash is behind it.
 *
 * Directories that are there already are merged with, and keep their own mode, owner and times. A file
 * replaces one of its name as a whole: whoever opens it finds the old one or the new one. A directory
 * never replaces a file, nor a file a directory.
 *
 * What comes out of a sandbox is not trusted: names that are absolute or contain "..", hard links to
 * what is not of the transfer and ways through symbolic links end the call; devices, fifos and sockets
 * are left out with a warning, and so is what the kernel makes up (/proc, /sys); setuid and setgid
 * bits are dropped, and so are extended attributes that are not "user." ones (except root's ACLs),
 * unless they are asked for. A symbolic link is made as it is, wherever it leads: look before
 * following one. The same holds for what goes in.
 *
 * A call that fails leaves what was complete by then.
 */
#ifndef SANDBOX_TRANSFER_H
#define SANDBOX_TRANSFER_H

#include <stddef.h>
#include <stdint.h>

#include <sandbox/handle.h>
#include <sandbox/image.h>

SBX_BEGIN_DECLS

typedef struct sbx_transfer_options sbx_transfer_options;

/* What becomes of a file that is there already. */
#define SBX_EXISTING_REPLACE 0 /* it is replaced as a whole */
#define SBX_EXISTING_REFUSE 1  /* the call fails with SBX_E_EXISTS */
#define SBX_EXISTING_KEEP 2    /* it stays */

#define SBX_TRANSFER_BYTES_DEFAULT 68719476736 /* 64 GiB */
#define SBX_TRANSFER_ENTRIES_DEFAULT 1000000
#define SBX_TRANSFER_EXCLUDES_MAX 256

/** sbx_transfer_options_new: defaults; NULL when memory is short. Since: 0.1 */
SBX_PUBLIC sbx_transfer_options *sbx_transfer_options_new(void);

/** sbx_transfer_options_free: frees them; NULL is fine. Since: 0.1 */
SBX_PUBLIC void sbx_transfer_options_free(sbx_transfer_options *options);

/**
 * sbx_transfer_options_set_user:
 * @options: options
 * @user: a user name or number of the sandbox, or NULL for "app". Copied.
 * @error: where to put an error, or NULL
 *
 * Who reads and writes inside. Relative paths there are below that user's home. Only as "root" owners
 * are kept on the way in. Errors: SBX_E_INVALID. An unknown user is reported by the transfer.
 * Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_transfer_options_set_user(sbx_transfer_options *options, const char *user,
                                             sbx_error **error);

/**
 * sbx_transfer_options_set_owners:
 * @options: options
 * @keep: 1 to keep owners, as numbers, where root writes (the default); 0: all belongs to who writes
 *
 * Never blocks. Since: 0.1
 */
SBX_PUBLIC void sbx_transfer_options_set_owners(sbx_transfer_options *options, int keep);

/**
 * sbx_transfer_options_set_privileged:
 * @options: options
 * @keep: 1 to keep setuid and setgid bits, and as root extended attributes of all kinds, file
 *   capabilities among them; 0 (the default) to drop them
 *
 * Never blocks. Since: 0.1
 */
SBX_PUBLIC void sbx_transfer_options_set_privileged(sbx_transfer_options *options, int keep);

/**
 * sbx_transfer_options_set_existing:
 * @options: options
 * @policy: SBX_EXISTING_REPLACE (the default), SBX_EXISTING_REFUSE or SBX_EXISTING_KEEP
 * @error: where to put an error, or NULL
 *
 * Errors: SBX_E_INVALID. Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_transfer_options_set_existing(sbx_transfer_options *options, int policy,
                                                 sbx_error **error);

/**
 * sbx_transfer_options_add_exclude:
 * @options: options
 * @pattern: as a shell has it: *, ?, [...]; * goes over slashes. Copied.
 * @error: where to put an error, or NULL
 *
 * Leaves out what matches, with all below it. A pattern without a slash is compared with the last name,
 * one with a slash with the path from the source's own name on.
 *
 * Errors: SBX_E_INVALID, SBX_E_TOO_BIG (more than SBX_TRANSFER_EXCLUDES_MAX). Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_transfer_options_add_exclude(sbx_transfer_options *options, const char *pattern,
                                                sbx_error **error);

/**
 * sbx_transfer_options_set_glob:
 * @options: options
 * @glob: 1: a path in a sandbox that things are taken from is a pattern, and the target a directory,
 *   made when it is missing; 0 (the default): it is a path, whatever characters are in it
 *
 * Never blocks. Since: 0.1
 */
SBX_PUBLIC void sbx_transfer_options_set_glob(sbx_transfer_options *options, int glob);

/**
 * sbx_transfer_options_set_max_bytes:
 * @options: options
 * @bytes: how many bytes all files together may have, holes included; for sbx_tar_create(),
 *   sbx_tar_extract() and sbx_copy_across(), the stream too. Default SBX_TRANSFER_BYTES_DEFAULT
 *
 * More fail with SBX_E_TOO_BIG. Never blocks. Since: 0.1
 */
SBX_PUBLIC void sbx_transfer_options_set_max_bytes(sbx_transfer_options *options, uint64_t bytes);

/**
 * sbx_transfer_options_set_max_entries:
 * @options: options
 * @entries: how many files, directories and links there may be. Default SBX_TRANSFER_ENTRIES_DEFAULT
 *
 * More fail with SBX_E_TOO_BIG. Some tens of bytes of memory are needed for each. Never blocks.
 * Since: 0.1
 */
SBX_PUBLIC void sbx_transfer_options_set_max_entries(sbx_transfer_options *options,
                                                     uint64_t entries);

/**
 * sbx_transfer_options_set_progress:
 * @options: options
 * @progress: called now and then, or NULL; see sbx_progress_func in image.h
 * @data: for @progress
 *
 * Its stages are "copy", and "warning" for each of the first warnings, whose text is the warning; the
 * permille stays 0 while the size is not known. To know it, the source is walked twice. Never blocks.
 * Since: 0.1
 */
SBX_PUBLIC void sbx_transfer_options_set_progress(sbx_transfer_options *options,
                                                  sbx_progress_func progress, void *data);

/*
 * The following block until all is there. They return how many files, directories and links were
 * transferred (at most INT_MAX), without those that were left out or kept, or a negative code. Errors:
 *
 * SBX_E_NOT_FOUND (a source, or the target's directory), SBX_E_EXISTS, SBX_E_DENIED (a permission,
 * or an archive that tries to get out of the target), SBX_E_NO_SPACE, SBX_E_TOO_BIG (a limit
 * above), SBX_E_PROTOCOL (a sandbox sent what is no archive), SBX_E_EXEC (no such user),
 * SBX_E_CANCELLED (by the progress callback), SBX_E_TIMEOUT (the sandbox's side does not end: 10 s
 * after all was received, 10 minutes after all was sent), SBX_E_GONE, SBX_E_KEEPER, SBX_E_SYSTEM,
 * SBX_E_INVALID. The message names the file, and says on which side it is.
 */

/**
 * sbx_upload:
 * @sandbox: a sandbox
 * @local_path: a file or directory of this machine
 * @guest_path: where it goes in the sandbox; relative: below the user's home
 * @options: how, or NULL
 * @error: where to put an error, or NULL
 *
 * Copies a file or tree into the sandbox. Since: 0.1
 */
SBX_PUBLIC int sbx_upload(sbx *sandbox, const char *local_path, const char *guest_path,
                          const sbx_transfer_options *options, sbx_error **error);

/**
 * sbx_download:
 * @sandbox: a sandbox
 * @guest_path: a file or directory of the sandbox; relative: below the user's home
 * @local_path: where it goes on this machine
 * @options: how, or NULL
 * @error: where to put an error, or NULL
 *
 * Copies a file or tree out of the sandbox. Since: 0.1
 */
SBX_PUBLIC int sbx_download(sbx *sandbox, const char *guest_path, const char *local_path,
                            const sbx_transfer_options *options, sbx_error **error);

/**
 * sbx_copy_across:
 * @source: the sandbox that has it
 * @source_path: a file or directory in it
 * @target: the sandbox that gets it; may be @source
 * @target_path: where it goes there
 * @options: how, or NULL
 * @error: where to put an error, or NULL
 *
 * Copies a file or tree from one sandbox to another, without a stop on this machine. Since: 0.1
 */
SBX_PUBLIC int sbx_copy_across(sbx *source, const char *source_path, sbx *target,
                               const char *target_path, const sbx_transfer_options *options,
                               sbx_error **error);

/**
 * sbx_tar_create:
 * @sandbox: a sandbox
 * @directory: a directory of the sandbox
 * @names: paths below it, which stay whole in the archive; NULL: all that is in the directory
 * @count: how many names
 * @fd: where the archive goes: a file, a pipe, a socket; stays the caller's
 * @options: how, or NULL
 * @error: where to put an error, or NULL
 *
 * Like `tar -C DIRECTORY -c NAMES`: an archive in the pax format that any tar reads. When somebody else
 * may write to @fd meanwhile, or it is not blocking, that is no matter. Since: 0.1
 */
SBX_PUBLIC int sbx_tar_create(sbx *sandbox, const char *directory, const char *const *names,
                              size_t count, int fd, const sbx_transfer_options *options,
                              sbx_error **error);

/**
 * sbx_tar_extract:
 * @sandbox: a sandbox
 * @directory: a directory of the sandbox; made when it is missing, its own directory not
 * @fd: where the archive is read from, to the end; stays the caller's
 * @options: how, or NULL
 * @error: where to put an error, or NULL
 *
 * Like `tar -C DIRECTORY -x`. Takes archives as GNU tar, bsdtar, Go and Python write them, not
 * compressed. SBX_E_INVALID also says that it is none. Since: 0.1
 */
SBX_PUBLIC int sbx_tar_extract(sbx *sandbox, const char *directory, int fd,
                               const sbx_transfer_options *options, sbx_error **error);

SBX_END_DECLS

#endif
