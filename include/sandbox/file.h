/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Open files of a sandbox.
 *
 * An sbx_file is a file that a process in the guest holds open for this program: position, lock and
 * all end with it. One call at a time: another thread's call on the same file meanwhile fails with
 * SBX_E_BUSY. Blocking, and errors, are as fs.h says; a call that waits (for a lock, a FIFO's other
 * end) holds up nobody else. After an error of the connection (SBX_E_GONE, SBX_E_PROTOCOL,
 * SBX_E_CANCELLED) the file is closed: all later calls fail with SBX_E_PROTOCOL.
 */
#ifndef SANDBOX_FILE_H
#define SANDBOX_FILE_H

#include <stddef.h>
#include <stdint.h>

#include <sandbox/fs.h>

SBX_BEGIN_DECLS

typedef struct sbx_file sbx_file;

#define SBX_OPEN_READ 1
#define SBX_OPEN_WRITE 2
#define SBX_OPEN_APPEND 4      /* write, always at the end */
#define SBX_OPEN_CREATE 8      /* make it when it is missing */
#define SBX_OPEN_CREATE_NEW 16 /* make it; fail when it is there */
#define SBX_OPEN_TRUNCATE 32   /* cut it to nothing; needs SBX_OPEN_WRITE */

#define SBX_SEEK_SET 0 /* from the beginning */
#define SBX_SEEK_CUR 1 /* from where we are */
#define SBX_SEEK_END 2 /* from the end */

#define SBX_LOCK_SHARED 0    /* flags of sbx_file_lock() */
#define SBX_LOCK_EXCLUSIVE 1
#define SBX_LOCK_TRY 2       /* fail with SBX_E_BUSY instead of waiting */

/**
 * sbx_fs_open:
 * @sandbox: a sandbox; the file keeps a reference to it
 * @path: a file
 * @flags: SBX_OPEN_ flags, added up; 0 is SBX_OPEN_READ
 * @options: user, mode; may be NULL
 * @out: (out): the open file, one reference
 * @error: where to put an error, or NULL
 *
 * Opens a file. SBX_OPEN_CREATE, SBX_OPEN_CREATE_NEW and SBX_OPEN_TRUNCATE need SBX_OPEN_WRITE or
 * SBX_OPEN_APPEND. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_open(sbx *sandbox, const char *path, unsigned int flags,
                           const sbx_fs_options *options, sbx_file **out,
                           sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_file_ref:
 * @file: a file, not NULL
 *
 * Takes one more reference and returns @file. Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC sbx_file *sbx_file_ref(sbx_file *file);

/**
 * sbx_file_unref:
 * @file: a file, or NULL
 *
 * Drops a reference; returns NULL. The last one closes the file without waiting for that. Never
 * blocks; any thread. Since: 0.1
 */
SBX_PUBLIC sbx_file *sbx_file_unref(sbx_file *file);

/**
 * sbx_file_close:
 * @file: a file
 * @error: where to put an error, or NULL
 *
 * Closes the file in the guest and says whether that went well. The reference must still be
 * dropped; closing twice is a success. Since: 0.1
 */
SBX_PUBLIC int sbx_file_close(sbx_file *file, sbx_error **error);

/**
 * sbx_file_read:
 * @file: a file
 * @buffer: where to put what is read
 * @size: room in it, bytes
 * @length: (out): bytes that were read; 0 is the end of the file (or a @size of 0)
 * @error: where to put an error, or NULL
 *
 * Reads from the file's position. Of a plain file less than @size comes only at its end; of
 * anything else, what is there, waiting until something is. Since: 0.1
 */
SBX_PUBLIC int sbx_file_read(sbx_file *file, void *buffer, size_t size, size_t *length,
                             sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_file_write:
 * @file: a file
 * @data: what to write
 * @length: number of bytes
 * @error: where to put an error, or NULL
 *
 * Writes all of it at the file's position. After an error, sbx_file_seek() tells how far it came.
 * Since: 0.1
 */
SBX_PUBLIC int sbx_file_write(sbx_file *file, const void *data, size_t length, sbx_error **error);

/**
 * sbx_file_seek:
 * @file: a file
 * @offset: bytes
 * @whence: SBX_SEEK_SET, SBX_SEEK_CUR or SBX_SEEK_END
 * @position: (out): the new position; may be NULL
 * @error: where to put an error, or NULL
 *
 * Since: 0.1
 */
SBX_PUBLIC int sbx_file_seek(sbx_file *file, int64_t offset, int whence, int64_t *position,
                             sbx_error **error);

/**
 * sbx_file_truncate:
 * @file: a file open for writing
 * @size: its new size in bytes, not negative
 * @error: where to put an error, or NULL
 *
 * Since: 0.1
 */
SBX_PUBLIC int sbx_file_truncate(sbx_file *file, int64_t size, sbx_error **error);

/** sbx_file_sync: returns when contents and attributes are on the guest's disk. Since: 0.1 */
SBX_PUBLIC int sbx_file_sync(sbx_file *file, sbx_error **error);

/** sbx_file_datasync: returns when the contents are on the guest's disk. Since: 0.1 */
SBX_PUBLIC int sbx_file_datasync(sbx_file *file, sbx_error **error);

/**
 * sbx_file_lock:
 * @file: a file
 * @flags: SBX_LOCK_SHARED or SBX_LOCK_EXCLUSIVE, and SBX_LOCK_TRY
 * @error: where to put an error, or NULL
 *
 * Takes the lock of flock(), or changes its kind, waiting as long as others hold it. It is seen by
 * every process of the guest, and ends with the file. Since: 0.1
 */
SBX_PUBLIC int sbx_file_lock(sbx_file *file, unsigned int flags, sbx_error **error);

/** sbx_file_unlock: gives up the lock; a success without one. Since: 0.1 */
SBX_PUBLIC int sbx_file_unlock(sbx_file *file, sbx_error **error);

/**
 * sbx_file_utime:
 * @file: a file
 * @atime: as for sbx_fs_utime()
 * @mtime: likewise
 * @error: where to put an error, or NULL
 *
 * Since: 0.1
 */
SBX_PUBLIC int sbx_file_utime(sbx_file *file, int64_t atime, int64_t mtime, sbx_error **error);

/**
 * sbx_file_stat:
 * @file: a file
 * @out: (out): what is known about it; freed with sbx_stat_free()
 * @error: where to put an error, or NULL
 *
 * Since: 0.1
 */
SBX_PUBLIC int sbx_file_stat(sbx_file *file, sbx_stat **out, sbx_error **error) SBX_WARN_UNUSED;

SBX_END_DECLS

#endif
