/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Twins: every call that blocks, as an op. See sandbox/op.h for how to use them.
 *
 * Made by libsandbox/client/async-twins.py of the other headers; do not edit.
 */
#ifndef SANDBOX_ASYNC_H
#define SANDBOX_ASYNC_H

#include <sandbox/fork.h>
#include <sandbox/handle.h>
#include <sandbox/host.h>
#include <sandbox/image.h>
#include <sandbox/limits.h>
#include <sandbox/list.h>
#include <sandbox/op.h>
#include <sandbox/pool.h>
#include <sandbox/process.h>
#include <sandbox/snapshot.h>
#include <sandbox/template.h>

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

SBX_END_DECLS

#endif
