/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Twins: every call that blocks, as an op. See sandbox/op.h for how to use them.
 *
 * Made by libsandbox/client/async-twins.py of the other headers; do not edit.
 */
#ifndef SANDBOX_ASYNC_H
#define SANDBOX_ASYNC_H

#include <sandbox/console.h>
#include <sandbox/directory.h>
#include <sandbox/env.h>
#include <sandbox/events.h>
#include <sandbox/file.h>
#include <sandbox/fork.h>
#include <sandbox/fs.h>
#include <sandbox/handle.h>
#include <sandbox/host.h>
#include <sandbox/image.h>
#include <sandbox/limits.h>
#include <sandbox/list.h>
#include <sandbox/op.h>
#include <sandbox/pool.h>
#include <sandbox/port.h>
#include <sandbox/process-list.h>
#include <sandbox/process.h>
#include <sandbox/snapshot.h>
#include <sandbox/stats.h>
#include <sandbox/template.h>
#include <sandbox/terminal.h>
#include <sandbox/transfer.h>
#include <sandbox/usage.h>
#include <sandbox/watch.h>

SBX_BEGIN_DECLS

/**
 * sbx_connect_start:
 * @id: a sandbox id, "sbx_" ... as sbx_id() gives it
 * @options: reserved, pass NULL
 * @out: (out): a handle to the running sandbox, one reference
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_connect(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_connect_start(const char *id, const sbx_options *options, sbx **out,
                                 sbx_queue *queue, sbx_op **op, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_connect_port_start:
 * @sandbox: a running sandbox
 * @port: a TCP port in it, 1 to 65535
 * @fd_out: (out): a connected unix stream socket, blocking and close-on-exec; the caller closes it
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_connect_port(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_connect_port_start(sbx *sandbox, int port, int *fd_out, sbx_queue *queue,
                                      sbx_op **op, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_connect_unix_start:
 * @sandbox: a running sandbox
 * @guest_path: absolute path of a listening stream socket in it, at most SBX_GUEST_PATH_MAX bytes
 * @fd_out: (out): as for sbx_connect_port()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_connect_unix(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_connect_unix_start(sbx *sandbox, const char *guest_path, int *fd_out,
                                      sbx_queue *queue, sbx_op **op,
                                      sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_console_read_start:
 * @id: a sandbox's id, see sbx_id(); one of the last few that died by themselves will do, too
 * @data: (out): a copy of the last SBX_CONSOLE_MAX bytes at most, with a NUL behind; the caller
 *   frees it with sbx_free(). The guest wrote them: any bytes, also what terminals act on
 * @length: (out): how many, without the NUL; may be NULL
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_console_read(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_console_read_start(const char *id, char **data, size_t *length, sbx_queue *queue,
                                      sbx_op **op, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_copy_across_start:
 * @source: the sandbox that has it
 * @source_path: a file or directory in it
 * @target: the sandbox that gets it; may be @source
 * @target_path: where it goes there
 * @options: how, or NULL
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_copy_across(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_copy_across_start(sbx *source, const char *source_path, sbx *target,
                                     const char *target_path, const sbx_transfer_options *options,
                                     sbx_queue *queue, sbx_op **op,
                                     sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_create_start:
 * @options: how to make it, or NULL for the defaults; not changed, not kept
 * @out: (out): the new sandbox, one reference
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_create(): see there. What it returns and fails with is what sbx_op_finish() tells when
 * the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL), SBX_E_NO_MEMORY,
 * SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_create_start(const sbx_options *options, sbx **out, sbx_queue *queue,
                                sbx_op **op, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_dir_next_start:
 * @dir: a stream; it must stay valid until the op is done
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_dir_next(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_dir_next_start(sbx_dir *dir, sbx_queue *queue, sbx_op **op,
                                  sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_doctor_start:
 * @json: (out): the report as JSON text, freed with sbx_free()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_doctor(): see there. What it returns and fails with is what sbx_op_finish() tells when
 * the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL), SBX_E_NO_MEMORY,
 * SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_doctor_start(char **json, sbx_queue *queue, sbx_op **op,
                                sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_download_start:
 * @sandbox: a sandbox
 * @guest_path: a file or directory of the sandbox; relative: below the user's home
 * @local_path: where it goes on this machine
 * @options: how, or NULL
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_download(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_download_start(sbx *sandbox, const char *guest_path, const char *local_path,
                                  const sbx_transfer_options *options, sbx_queue *queue,
                                  sbx_op **op, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_env_delete_start:
 * @sandbox: a sandbox, may be paused
 * @name: a variable's name
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_env_delete(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_env_delete_start(sbx *sandbox, const char *name, sbx_queue *queue, sbx_op **op,
                                    sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_env_get_start:
 * @sandbox: a sandbox, may be paused
 * @name: a variable's name
 * @value: (out): its value; the caller frees it with sbx_free()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_env_get(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_env_get_start(sbx *sandbox, const char *name, char **value, sbx_queue *queue,
                                 sbx_op **op, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_env_list_get_start:
 * @sandbox: a sandbox, may be paused
 * @out: (out): the table as it is now; the caller frees it with sbx_env_list_free()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_env_list_get(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_env_list_get_start(sbx *sandbox, sbx_env_list **out, sbx_queue *queue,
                                      sbx_op **op, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_env_set_start:
 * @sandbox: a sandbox, may be paused
 * @name: a variable's name
 * @value: its new value
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_env_set(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_env_set_start(sbx *sandbox, const char *name, const char *value,
                                 sbx_queue *queue, sbx_op **op, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_events_open_start:
 * @sandbox: whose events, or NULL for those of all sandboxes of this user
 * @since: SBX_EVENTS_NEW, SBX_EVENTS_ALL, or milliseconds since 1970 UTC: what the keeper remembers
 *   from then on comes first
 * @out: (out): the subscription; the caller frees it with sbx_events_free()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_events_open(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_events_open_start(sbx *sandbox, int64_t since, sbx_events **out,
                                     sbx_queue *queue, sbx_op **op,
                                     sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_events_wait_start:
 * @events: a subscription; it must stay valid until the op is done
 * @timeout_ms: milliseconds to wait at most; 0: not at all; SBX_WAIT_FOREVER
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_events_wait(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_events_wait_start(sbx_events *events, int64_t timeout_ms, sbx_queue *queue,
                                     sbx_op **op, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_extend_start:
 * @sandbox: a sandbox with a deadline, see sbx_options_set_timeout()
 * @milliseconds: how long it is to live from now on, 1 to SBX_TIMEOUT_MAX_MS
 * @deadline: (out): its new deadline, milliseconds since 1970 UTC; may be NULL
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_extend(): see there. What it returns and fails with is what sbx_op_finish() tells when
 * the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL), SBX_E_NO_MEMORY,
 * SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_extend_start(sbx *sandbox, int64_t milliseconds, int64_t *deadline,
                                sbx_queue *queue, sbx_op **op, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_file_close_start:
 * @file: a file
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_file_close(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_file_close_start(sbx_file *file, sbx_queue *queue, sbx_op **op,
                                    sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_file_datasync_start:
 * @file: as for sbx_file_datasync()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_file_datasync(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_file_datasync_start(sbx_file *file, sbx_queue *queue, sbx_op **op,
                                       sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_file_lock_start:
 * @file: a file
 * @flags: SBX_LOCK_SHARED or SBX_LOCK_EXCLUSIVE, and SBX_LOCK_TRY
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_file_lock(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_file_lock_start(sbx_file *file, unsigned int flags, sbx_queue *queue,
                                   sbx_op **op, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_file_read_start:
 * @file: a file
 * @buffer: where to put what is read
 * @size: room in it, bytes
 * @length: (out): bytes that were read; 0 is the end of the file (or a @size of 0)
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_file_read(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_file_read_start(sbx_file *file, void *buffer, size_t size, size_t *length,
                                   sbx_queue *queue, sbx_op **op,
                                   sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_file_seek_start:
 * @file: a file
 * @offset: bytes
 * @whence: SBX_SEEK_SET, SBX_SEEK_CUR or SBX_SEEK_END
 * @position: (out): the new position; may be NULL
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_file_seek(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_file_seek_start(sbx_file *file, int64_t offset, int whence, int64_t *position,
                                   sbx_queue *queue, sbx_op **op,
                                   sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_file_stat_start:
 * @file: a file
 * @out: (out): what is known about it; freed with sbx_stat_free()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_file_stat(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_file_stat_start(sbx_file *file, sbx_stat **out, sbx_queue *queue, sbx_op **op,
                                   sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_file_sync_start:
 * @file: as for sbx_file_sync()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_file_sync(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_file_sync_start(sbx_file *file, sbx_queue *queue, sbx_op **op,
                                   sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_file_truncate_start:
 * @file: a file open for writing
 * @size: its new size in bytes, not negative
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_file_truncate(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_file_truncate_start(sbx_file *file, int64_t size, sbx_queue *queue, sbx_op **op,
                                       sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_file_unlock_start:
 * @file: as for sbx_file_unlock()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_file_unlock(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_file_unlock_start(sbx_file *file, sbx_queue *queue, sbx_op **op,
                                     sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_file_utime_start:
 * @file: a file
 * @atime: as for sbx_fs_utime()
 * @mtime: likewise
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_file_utime(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_file_utime_start(sbx_file *file, int64_t atime, int64_t mtime, sbx_queue *queue,
                                    sbx_op **op, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_file_write_start:
 * @file: a file
 * @data: what to write
 * @length: number of bytes
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_file_write(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_file_write_start(sbx_file *file, const void *data, size_t length,
                                    sbx_queue *queue, sbx_op **op,
                                    sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fork_start:
 * @sandbox: the parent, running or paused; it stays as it is
 * @count: how many children, 1 to SBX_FORK_MAX
 * @options: timeout, start timeout, wait, environment (added to the parent's) and labels of the
 *   children, or NULL for the defaults; not changed, not kept. Image, memory, vCPUs and disk size
 *   are the parent's: options where one of these, root or spares was set are SBX_E_INVALID.
 * @out: (out): an array with room for @count handles, each one reference
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_fork(): see there. What it returns and fails with is what sbx_op_finish() tells when
 * the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL), SBX_E_NO_MEMORY,
 * SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_fork_start(sbx *sandbox, unsigned int count, const sbx_options *options,
                              sbx **out, sbx_queue *queue, sbx_op **op,
                              sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_forward_new_start:
 * @sandbox: a sandbox
 * @guest_port: a TCP port in it, 1 to 65535. Nothing need listen yet
 * @host_address: where to listen: an IPv4 or IPv6 address in numbers, NULL for "127.0.0.1", or the
 *   absolute path of a unix socket to be made, at most 107 bytes, for this user only
 * @host_port: the port here, 0 for any that is free; 0 with a unix socket
 * @out: (out): the forward; the caller drops it with sbx_forward_unref()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_forward_new(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_forward_new_start(sbx *sandbox, int guest_port, const char *host_address,
                                     int host_port, sbx_forward **out, sbx_queue *queue,
                                     sbx_op **op, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_forward_new_fd_start:
 * @sandbox: a sandbox
 * @guest_port: a TCP port in it, or 0
 * @guest_path: with @guest_port 0: a socket, as for sbx_forward_new_unix(); else NULL
 * @listen_fd: a listening stream socket. It stays the caller's, who should close it: as long as a
 *   copy is open the port stays taken. It is made non-blocking
 * @out: (out): as for sbx_forward_new()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_forward_new_fd(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_forward_new_fd_start(sbx *sandbox, int guest_port, const char *guest_path,
                                        int listen_fd, sbx_forward **out, sbx_queue *queue,
                                        sbx_op **op, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_forward_new_unix_start:
 * @sandbox: a sandbox
 * @guest_path: absolute path of a stream socket in it, at most SBX_GUEST_PATH_MAX bytes
 * @host_address: as for sbx_forward_new()
 * @host_port: likewise
 * @out: (out): likewise
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_forward_new_unix(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_forward_new_unix_start(sbx *sandbox, const char *guest_path,
                                          const char *host_address, int host_port,
                                          sbx_forward **out, sbx_queue *queue, sbx_op **op,
                                          sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_forward_wait_start:
 * @forward: a forward
 * @timeout_ms: milliseconds to wait at most; 0 only looks, -1 waits for ever
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_forward_wait(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_forward_wait_start(sbx_forward *forward, int timeout_ms, sbx_queue *queue,
                                      sbx_op **op, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_chmod_start:
 * @sandbox: a sandbox
 * @path: a file or directory; symbolic links are followed
 * @mode: its new permissions, 0 to 07777 (octal)
 * @options: user
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_fs_chmod(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_chmod_start(sbx *sandbox, const char *path, int mode,
                                  const sbx_fs_options *options, sbx_queue *queue, sbx_op **op,
                                  sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_chown_start:
 * @sandbox: a sandbox
 * @path: a file or directory
 * @uid: its new owner, a number of the guest, or -1 to keep it
 * @gid: its new group, likewise
 * @options: user (giving away a file takes "root"), SBX_FS_NO_FOLLOW
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_fs_chown(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_chown_start(sbx *sandbox, const char *path, int64_t uid, int64_t gid,
                                  const sbx_fs_options *options, sbx_queue *queue, sbx_op **op,
                                  sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_copy_file_start:
 * @sandbox: a sandbox
 * @path: a file
 * @to: the file to make or replace
 * @options: user, SBX_FS_NO_REPLACE
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_fs_copy_file(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_copy_file_start(sbx *sandbox, const char *path, const char *to,
                                      const sbx_fs_options *options, sbx_queue *queue, sbx_op **op,
                                      sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_glob_start:
 * @sandbox: a sandbox; the stream keeps a reference to it
 * @pattern: "*" and "?" stand for bytes of a name, "[...]" for one of several, "{a,b}" for
 *   alternatives, "**" for any number of directories, "!(a|b)", "?(a)", "*(a)", "+(a)", "@(a)" as
 *   in bash; a backslash takes the meaning from the next byte. Names that begin with '.' are
 *   matched, too. Below 4096 bytes.
 * @options: user, directory, max_depth (counted from the first component with a wildcard), match,
 *   skip, flags as for sbx_fs_walk(); may be NULL
 * @out: (out): what the pattern matches, in no order; nothing is no error
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_fs_glob(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_glob_start(sbx *sandbox, const char *pattern, const sbx_fs_options *options,
                                 sbx_dir **out, sbx_queue *queue, sbx_op **op,
                                 sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_link_start:
 * @sandbox: a sandbox
 * @path: a file
 * @to: one more name for it, in the same file system
 * @options: user
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_fs_link(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_link_start(sbx *sandbox, const char *path, const char *to,
                                 const sbx_fs_options *options, sbx_queue *queue, sbx_op **op,
                                 sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_lstat_start:
 * @sandbox: a sandbox
 * @path: a file, directory, ...; of a symbolic link, the link itself
 * @options: user
 * @out: (out): what is known about it; freed with sbx_stat_free()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_fs_lstat(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_lstat_start(sbx *sandbox, const char *path, const sbx_fs_options *options,
                                  sbx_stat **out, sbx_queue *queue, sbx_op **op,
                                  sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_mkdir_start:
 * @sandbox: a sandbox
 * @path: the directory to make
 * @options: user, mode, SBX_FS_RECURSIVE: the missing ones above it, too, and it may be there
 *   already
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_fs_mkdir(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_mkdir_start(sbx *sandbox, const char *path, const sbx_fs_options *options,
                                  sbx_queue *queue, sbx_op **op, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_open_start:
 * @sandbox: a sandbox; the file keeps a reference to it
 * @path: a file
 * @flags: SBX_OPEN_ flags, added up; 0 is SBX_OPEN_READ
 * @options: user, mode; may be NULL
 * @out: (out): the open file, one reference
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_fs_open(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_open_start(sbx *sandbox, const char *path, unsigned int flags,
                                 const sbx_fs_options *options, sbx_file **out, sbx_queue *queue,
                                 sbx_op **op, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_read_dir_start:
 * @sandbox: a sandbox; the stream keeps a reference to it
 * @path: a directory
 * @options: user; may be NULL
 * @out: (out): its entries, without "." and "..", in no order
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_fs_read_dir(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_read_dir_start(sbx *sandbox, const char *path, const sbx_fs_options *options,
                                     sbx_dir **out, sbx_queue *queue, sbx_op **op,
                                     sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_read_file_start:
 * @sandbox: a sandbox
 * @path: a file
 * @options: user, max_size
 * @data: (out): its bytes and one NUL that @length does not count; freed with sbx_free()
 * @length: (out): number of bytes; may be NULL
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_fs_read_file(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_read_file_start(sbx *sandbox, const char *path, const sbx_fs_options *options,
                                      void **data, size_t *length, sbx_queue *queue, sbx_op **op,
                                      sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_read_to_fd_start:
 * @sandbox: a sandbox
 * @path: a file
 * @options: user
 * @fd: a descriptor of this program to write to; stays open
 * @length: (out): bytes that were written; may be NULL
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_fs_read_to_fd(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_read_to_fd_start(sbx *sandbox, const char *path,
                                       const sbx_fs_options *options, int fd, uint64_t *length,
                                       sbx_queue *queue, sbx_op **op,
                                       sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_readlink_start:
 * @sandbox: a sandbox
 * @path: a symbolic link
 * @options: user
 * @out: (out): what it says; freed with sbx_free()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_fs_readlink(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_readlink_start(sbx *sandbox, const char *path, const sbx_fs_options *options,
                                     char **out, sbx_queue *queue, sbx_op **op,
                                     sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_realpath_start:
 * @sandbox: a sandbox
 * @path: something that exists
 * @options: user
 * @out: (out): its absolute path without symbolic links, "." and ".."; freed with sbx_free()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_fs_realpath(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_realpath_start(sbx *sandbox, const char *path, const sbx_fs_options *options,
                                     char **out, sbx_queue *queue, sbx_op **op,
                                     sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_remove_start:
 * @sandbox: a sandbox
 * @path: a file, a symbolic link (not what it names), or an empty directory
 * @options: user, SBX_FS_RECURSIVE: a directory with all that is in it
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_fs_remove(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_remove_start(sbx *sandbox, const char *path, const sbx_fs_options *options,
                                   sbx_queue *queue, sbx_op **op,
                                   sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_rename_start:
 * @sandbox: a sandbox
 * @path: what to rename
 * @to: its new path, in the same file system; a file there is replaced
 * @options: user, SBX_FS_NO_REPLACE
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_fs_rename(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_rename_start(sbx *sandbox, const char *path, const char *to,
                                   const sbx_fs_options *options, sbx_queue *queue, sbx_op **op,
                                   sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_stat_start:
 * @sandbox: a sandbox
 * @path: a file, directory, ...; symbolic links are followed
 * @options: user
 * @out: (out): what is known about it; freed with sbx_stat_free()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_fs_stat(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_stat_start(sbx *sandbox, const char *path, const sbx_fs_options *options,
                                 sbx_stat **out, sbx_queue *queue, sbx_op **op,
                                 sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_symlink_start:
 * @sandbox: a sandbox
 * @target: what the link says; need not exist, relative to the link's directory
 * @path: the link to make
 * @options: user
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_fs_symlink(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_symlink_start(sbx *sandbox, const char *target, const char *path,
                                    const sbx_fs_options *options, sbx_queue *queue, sbx_op **op,
                                    sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_temp_dir_start:
 * @sandbox: a sandbox
 * @options: user, directory, affixes
 * @out: (out): the path of a new directory with mode 0700; freed with sbx_free()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_fs_temp_dir(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_temp_dir_start(sbx *sandbox, const sbx_fs_options *options, char **out,
                                     sbx_queue *queue, sbx_op **op,
                                     sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_temp_file_start:
 * @sandbox: a sandbox
 * @options: user, directory, affixes
 * @out: (out): the path of a new, empty file with mode 0600; freed with sbx_free()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_fs_temp_file(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_temp_file_start(sbx *sandbox, const sbx_fs_options *options, char **out,
                                      sbx_queue *queue, sbx_op **op,
                                      sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_truncate_start:
 * @sandbox: a sandbox
 * @path: a file
 * @size: its new size in bytes, not negative; what is beyond is cut off, what is missing is zeros
 * @options: user
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_fs_truncate(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_truncate_start(sbx *sandbox, const char *path, int64_t size,
                                     const sbx_fs_options *options, sbx_queue *queue, sbx_op **op,
                                     sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_utime_start:
 * @sandbox: a sandbox
 * @path: a file or directory
 * @atime: when it was read last: nanoseconds since 1970 UTC, SBX_TIME_OMIT or SBX_TIME_NOW
 * @mtime: when it was changed last, likewise
 * @options: user, SBX_FS_NO_FOLLOW
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_fs_utime(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_utime_start(sbx *sandbox, const char *path, int64_t atime, int64_t mtime,
                                  const sbx_fs_options *options, sbx_queue *queue, sbx_op **op,
                                  sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_walk_start:
 * @sandbox: a sandbox; the stream keeps a reference to it
 * @path: where to begin
 * @options: user, max_depth, match, skip, SBX_FS_FOLLOW_LINKS, SBX_FS_SKIP_DENIED, SBX_FS_NO_FILES,
 *   SBX_FS_NO_DIRECTORIES, SBX_FS_NO_SYMLINKS, SBX_FS_IGNORE_CASE; may be NULL
 * @out: (out): the entry of @path itself, and all below it, each directory before what is in it
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_fs_walk(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_walk_start(sbx *sandbox, const char *path, const sbx_fs_options *options,
                                 sbx_dir **out, sbx_queue *queue, sbx_op **op,
                                 sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_watch_start:
 * @sandbox: a sandbox; the watch keeps a reference to it
 * @path: a file or directory
 * @options: user, SBX_FS_RECURSIVE: the whole tree below a directory; may be NULL
 * @out: (out): the watch
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_fs_watch(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_watch_start(sbx *sandbox, const char *path, const sbx_fs_options *options,
                                  sbx_watch **out, sbx_queue *queue, sbx_op **op,
                                  sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_write_file_start:
 * @sandbox: a sandbox
 * @path: a file
 * @options: user, mode, SBX_FS_APPEND, SBX_FS_CREATE_NEW, SBX_FS_NO_CREATE, SBX_FS_ATOMIC
 * @data: what to write
 * @length: number of bytes
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_fs_write_file(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_write_file_start(sbx *sandbox, const char *path,
                                       const sbx_fs_options *options, const void *data,
                                       size_t length, sbx_queue *queue, sbx_op **op,
                                       sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_fs_write_from_fd_start:
 * @sandbox: a sandbox
 * @path: a file
 * @options: as for sbx_fs_write_file()
 * @fd: a descriptor of this program to read from, to its end; stays open
 * @length: (out): bytes that were read; may be NULL
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_fs_write_from_fd(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_fs_write_from_fd_start(sbx *sandbox, const char *path,
                                          const sbx_fs_options *options, int fd, uint64_t *length,
                                          sbx_queue *queue, sbx_op **op,
                                          sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_image_build_start:
 * @image: the name of a builtin image, or NULL for SBX_IMAGE_DEFAULT
 * @options: how, or NULL
 * @progress: called often enough for a progress bar, or NULL
 * @data: for @progress
 * @version: (out): the version that is there now, freed with sbx_free(); may be NULL
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_image_build(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_image_build_start(const char *image, const sbx_image_build_options *options,
                                     sbx_progress_func progress, void *data, char **version,
                                     sbx_queue *queue, sbx_op **op,
                                     sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_image_list_get_start:
 * @out: (out): the list; the caller frees it with sbx_image_list_free()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_image_list_get(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_image_list_get_start(sbx_image_list **out, sbx_queue *queue, sbx_op **op,
                                        sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_image_remove_start:
 * @image: "NAME" for all its versions, or "NAME@VERSION" for one
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_image_remove(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_image_remove_start(const char *image, sbx_queue *queue, sbx_op **op,
                                      sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_image_verify_start:
 * @image: "NAME" for its newest version, or "NAME@VERSION"
 * @progress: for a progress bar, or NULL
 * @data: for @progress
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_image_verify(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_image_verify_start(const char *image, sbx_progress_func progress, void *data,
                                      sbx_queue *queue, sbx_op **op,
                                      sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_keeper_stop_start:
 * @force: 0 to refuse while sandboxes are alive, 1 to destroy them
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_keeper_stop(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_keeper_stop_start(int force, sbx_queue *queue, sbx_op **op,
                                     sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_kill_start:
 * @sandbox: a sandbox
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_kill(): see there. What it returns and fails with is what sbx_op_finish() tells when
 * the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL), SBX_E_NO_MEMORY,
 * SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_kill_start(sbx *sandbox, sbx_queue *queue, sbx_op **op,
                              sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_limits_get_start:
 * @out: (out): limits and what is in use; the caller frees it with sbx_limits_free()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_limits_get(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_limits_get_start(sbx_limits **out, sbx_queue *queue, sbx_op **op,
                                    sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_limits_set_start:
 * @limit: one of SBX_LIMIT_
 * @value: the new limit, at most UINT32_MAX (memory: INT64_MAX); 0: none
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_limits_set(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_limits_set_start(int limit, uint64_t value, sbx_queue *queue, sbx_op **op,
                                    sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_list_get_start:
 * @out: (out): the list; the caller frees it with sbx_list_free()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_list_get(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_list_get_start(sbx_list **out, sbx_queue *queue, sbx_op **op,
                                  sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_list_get_filtered_start:
 * @options: which sandboxes, or NULL for all; not changed, not kept
 * @out: (out): the list; the caller frees it with sbx_list_free()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_list_get_filtered(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_list_get_filtered_start(const sbx_list_options *options, sbx_list **out,
                                           sbx_queue *queue, sbx_op **op,
                                           sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_list_get_one_start:
 * @sandbox: a sandbox
 * @out: (out): a list of this sandbox alone; the caller frees it with sbx_list_free()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_list_get_one(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_list_get_one_start(sbx *sandbox, sbx_list **out, sbx_queue *queue, sbx_op **op,
                                      sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_list_ports_start:
 * @sandbox: a running sandbox
 * @out: (out): the list; the caller frees it with sbx_port_list_free()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_list_ports(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_list_ports_start(sbx *sandbox, sbx_port_list **out, sbx_queue *queue,
                                    sbx_op **op, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_pause_start:
 * @sandbox: a sandbox
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_pause(): see there. What it returns and fails with is what sbx_op_finish() tells when
 * the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL), SBX_E_NO_MEMORY,
 * SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_pause_start(sbx *sandbox, sbx_queue *queue, sbx_op **op,
                               sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_pool_drain_start:
 * @image: "NAME" or "NAME@VERSION" for the spares of an image, or NULL for all
 * @drained: (out): how many spares were ended; may be NULL
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_pool_drain(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_pool_drain_start(const char *image, unsigned int *drained, sbx_queue *queue,
                                    sbx_op **op, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_pool_fill_start:
 * @options: image, memory, vCPUs and disk size of the kind, or NULL for the defaults; the other
 *   options do not matter, but root must not be set
 * @count: how many spares, 1 to SBX_SPARES_MAX
 * @timeout_ms: milliseconds to wait at most, 1 to SBX_TIMEOUT_MAX_MS, or SBX_WAIT_FOREVER
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_pool_fill(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_pool_fill_start(const sbx_options *options, unsigned int count,
                                   int64_t timeout_ms, sbx_queue *queue, sbx_op **op,
                                   sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_pool_list_get_start:
 * @out: (out): the list; the caller frees it with sbx_pool_list_free()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_pool_list_get(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_pool_list_get_start(sbx_pool_list **out, sbx_queue *queue, sbx_op **op,
                                       sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_pool_set_budget_start:
 * @bytes: host memory that all spares together may take, at most INT64_MAX; 0: no spares
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_pool_set_budget(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_pool_set_budget_start(uint64_t bytes, sbx_queue *queue, sbx_op **op,
                                         sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_pool_set_size_start:
 * @size: how many spares each kind has, 0 to SBX_SPARES_MAX, or SBX_SPARES_AUTO
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_pool_set_size(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_pool_set_size_start(int size, sbx_queue *queue, sbx_op **op,
                                       sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_process_attach_start:
 * @sandbox: a sandbox; the process keeps a reference to it
 * @id: as sbx_process_id() or sbx_process_list_id() has it
 * @out: (out): the process, one reference
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_process_attach(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_process_attach_start(sbx *sandbox, int64_t id, sbx_process **out,
                                        sbx_queue *queue, sbx_op **op,
                                        sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_process_detach_start:
 * @process: a process
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_process_detach(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_process_detach_start(sbx_process *process, sbx_queue *queue, sbx_op **op,
                                        sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_process_get_usage_start:
 * @process: a running process
 * @out: (out): its usage at this moment; the caller frees it with sbx_usage_free()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_process_get_usage(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_process_get_usage_start(sbx_process *process, sbx_usage **out, sbx_queue *queue,
                                           sbx_op **op, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_process_kill_start:
 * @process: a process
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_process_kill(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_process_kill_start(sbx_process *process, sbx_queue *queue, sbx_op **op,
                                      sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_process_list_get_start:
 * @sandbox: a sandbox
 * @out: (out): the list; the caller frees it with sbx_process_list_free()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_process_list_get(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_process_list_get_start(sbx *sandbox, sbx_process_list **out, sbx_queue *queue,
                                          sbx_op **op, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_process_resize_start:
 * @process: a process on a terminal
 * @rows: lines of text, 1 to SBX_TERMINAL_SIZE_MAX
 * @columns: characters of a line, 1 to SBX_TERMINAL_SIZE_MAX
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_process_resize(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_process_resize_start(sbx_process *process, int rows, int columns,
                                        sbx_queue *queue, sbx_op **op,
                                        sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_process_signal_start:
 * @process: a process
 * @signal: a signal number of Linux x86-64, 1 to 64
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_process_signal(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_process_signal_start(sbx_process *process, int signal, sbx_queue *queue,
                                        sbx_op **op, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_process_signal_by_id_start:
 * @sandbox: a sandbox
 * @id: as sbx_process_id() or sbx_process_list_id() has it
 * @signal: a signal number of Linux x86-64, 1 to 64
 * @scope: SBX_SCOPE_PROCESS, SBX_SCOPE_GROUP or SBX_SCOPE_ALL
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_process_signal_by_id(): see there. What it returns and fails with is what
 * sbx_op_finish() tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is
 * NULL), SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_process_signal_by_id_start(sbx *sandbox, int64_t id, int signal, int scope,
                                              sbx_queue *queue, sbx_op **op,
                                              sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_process_signal_scope_start:
 * @process: a process
 * @signal: a signal number of Linux x86-64, 1 to 64
 * @scope: SBX_SCOPE_PROCESS, SBX_SCOPE_GROUP or SBX_SCOPE_ALL
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_process_signal_scope(): see there. What it returns and fails with is what
 * sbx_op_finish() tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is
 * NULL), SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_process_signal_scope_start(sbx_process *process, int signal, int scope,
                                              sbx_queue *queue, sbx_op **op,
                                              sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_process_wait_start:
 * @process: a process
 * @timeout_ms: milliseconds to wait at most; 0 only looks, -1 waits for ever
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_process_wait(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_process_wait_start(sbx_process *process, int timeout_ms, sbx_queue *queue,
                                      sbx_op **op, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_resume_start:
 * @sandbox: a sandbox
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_resume(): see there. What it returns and fails with is what sbx_op_finish() tells when
 * the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL), SBX_E_NO_MEMORY,
 * SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_resume_start(sbx *sandbox, sbx_queue *queue, sbx_op **op,
                                sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_run_start:
 * @sandbox: a sandbox
 * @command: what to run; its standard streams are pipes that this call reads, its input is empty
 * @out: (out): exit code and output; the caller frees it with sbx_result_free()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_run(): see there. What it returns and fails with is what sbx_op_finish() tells when
 * the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL), SBX_E_NO_MEMORY,
 * SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_run_start(sbx *sandbox, const sbx_command *command, sbx_result **out,
                             sbx_queue *queue, sbx_op **op, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_sh_start:
 * @sandbox: a sandbox
 * @script: a bash script, as for `bash -c`; at most 16 MiB, any bytes but NUL
 * @out: (out): exit code and output; the caller frees it with sbx_result_free()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_sh(): see there. What it returns and fails with is what sbx_op_finish() tells when the
 * op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL), SBX_E_NO_MEMORY,
 * SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_sh_start(sbx *sandbox, const char *script, sbx_result **out, sbx_queue *queue,
                            sbx_op **op, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_snapshot_start:
 * @sandbox: a sandbox, running or paused; it stays as it is
 * @name: the snapshot's name: 1 to SBX_SNAPSHOT_NAME_MAX of a-z, 0-9, '.', '_', '-', the first one
 *   a letter or digit
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_snapshot(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_snapshot_start(sbx *sandbox, const char *name, sbx_queue *queue, sbx_op **op,
                                  sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_snapshot_list_get_start:
 * @out: (out): the list; the caller frees it with sbx_snapshot_list_free()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_snapshot_list_get(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_snapshot_list_get_start(sbx_snapshot_list **out, sbx_queue *queue, sbx_op **op,
                                           sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_snapshot_remove_start:
 * @name: a snapshot's name
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_snapshot_remove(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_snapshot_remove_start(const char *name, sbx_queue *queue, sbx_op **op,
                                         sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_spawn_start:
 * @sandbox: a sandbox; the process keeps a reference to it
 * @command: what to run; not changed, not kept
 * @out: (out): the running process, one reference
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_spawn(): see there. What it returns and fails with is what sbx_op_finish() tells when
 * the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL), SBX_E_NO_MEMORY,
 * SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_spawn_start(sbx *sandbox, const sbx_command *command, sbx_process **out,
                               sbx_queue *queue, sbx_op **op, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_stats_get_start:
 * @sandbox: a sandbox, may be paused
 * @out: (out): its figures; the caller frees them with sbx_stats_free()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_stats_get(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_stats_get_start(sbx *sandbox, sbx_stats **out, sbx_queue *queue, sbx_op **op,
                                   sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_stats_get_total_start:
 * @out: (out): sums; the caller frees them with sbx_stats_free()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_stats_get_total(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_stats_get_total_start(sbx_stats **out, sbx_queue *queue, sbx_op **op,
                                         sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_tar_create_start:
 * @sandbox: a sandbox
 * @directory: a directory of the sandbox
 * @names: paths below it, which stay whole in the archive; NULL: all that is in the directory
 * @count: how many names
 * @fd: where the archive goes: a file, a pipe, a socket; stays the caller's
 * @options: how, or NULL
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_tar_create(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_tar_create_start(sbx *sandbox, const char *directory, const char *const *names,
                                    size_t count, int fd, const sbx_transfer_options *options,
                                    sbx_queue *queue, sbx_op **op,
                                    sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_tar_extract_start:
 * @sandbox: a sandbox
 * @directory: a directory of the sandbox; made when it is missing, its own directory not
 * @fd: where the archive is read from, to the end; stays the caller's
 * @options: how, or NULL
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_tar_extract(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_tar_extract_start(sbx *sandbox, const char *directory, int fd,
                                     const sbx_transfer_options *options, sbx_queue *queue,
                                     sbx_op **op, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_template_build_start:
 * @options: image, memory, vCPUs and disk size of the sandboxes that the template is for, or NULL
 *   for the defaults; the other options do not matter, but root must not be set
 * @force: 1 to build it anew even when there is a good one, 0 not to
 * @progress: called as the build goes on, or NULL; also when a signal interrupts waiting, so that a
 *   handler's flag is seen at once
 * @data: for @progress
 * @id: (out): the template's id, 64 hexadecimal digits, freed with sbx_free(); may be NULL
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_template_build(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_template_build_start(const sbx_options *options, int force,
                                        sbx_progress_func progress, void *data, char **id,
                                        sbx_queue *queue, sbx_op **op,
                                        sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_template_list_get_start:
 * @out: (out): the list; the caller frees it with sbx_template_list_free()
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_template_list_get(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_template_list_get_start(sbx_template_list **out, sbx_queue *queue, sbx_op **op,
                                           sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_template_remove_start:
 * @id: a template's id, or its first 8 or more digits when no other begins with them
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_template_remove(): see there. What it returns and fails with is what sbx_op_finish()
 * tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_template_remove_start(const char *id, sbx_queue *queue, sbx_op **op,
                                         sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_template_remove_all_start:
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_template_remove_all(): see there. What it returns and fails with is what
 * sbx_op_finish() tells when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is
 * NULL), SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_template_remove_all_start(sbx_queue *queue, sbx_op **op,
                                             sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_upload_start:
 * @sandbox: a sandbox
 * @local_path: a file or directory of this machine
 * @guest_path: where it goes in the sandbox; relative: below the user's home
 * @options: how, or NULL
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_upload(): see there. What it returns and fails with is what sbx_op_finish() tells when
 * the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL), SBX_E_NO_MEMORY,
 * SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_upload_start(sbx *sandbox, const char *local_path, const char *guest_path,
                                const sbx_transfer_options *options, sbx_queue *queue, sbx_op **op,
                                sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_wait_port_start:
 * @sandbox: a running sandbox
 * @port: a TCP port in it, 1 to 65535
 * @timeout_ms: milliseconds to wait at most; 0 only looks, -1 waits for ever
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_wait_port(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_wait_port_start(sbx *sandbox, int port, int timeout_ms, sbx_queue *queue,
                                   sbx_op **op, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_watch_next_start:
 * @watch: a watch; it must stay valid until the op is done
 * @timeout_ms: milliseconds to wait at most; 0 only looks, -1 waits for ever
 * @queue: whose op it is, or NULL for the default queue
 * @op: (out): the running call, one reference
 * @error: where to put an error of the start, or NULL
 *
 * Starts sbx_watch_next(): see there. What it returns and fails with is what sbx_op_finish() tells
 * when the op is done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL),
 * SBX_E_NO_MEMORY, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_watch_next_start(sbx_watch *watch, int timeout_ms, sbx_queue *queue, sbx_op **op,
                                    sbx_error **error) SBX_WARN_UNUSED;

SBX_END_DECLS

#endif
