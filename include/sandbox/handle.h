/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The sandbox handle.
 *
 * An sbx is a counted reference to one microVM. Calls are thread-safe. After fork() the child may
 * only drop the handles it inherited (which does not end the sandbox); every other call fails with
 * SBX_E_FORKED. No call installs signal handlers, starts threads or leaves child processes to reap.
 */
#ifndef SANDBOX_HANDLE_H
#define SANDBOX_HANDLE_H

#include <sandbox/error.h>
#include <sandbox/options.h>
#include <sandbox/result.h>

SBX_BEGIN_DECLS

typedef struct sbx sbx;

/**
 * sbx_create:
 * @options: how to make it, or NULL for the defaults; not changed, not kept
 * @out: (out): the new sandbox, one reference
 * @error: where to put an error, or NULL
 *
 * Makes a fresh microVM and returns when a command can run in it. Blocks for that long (see
 * sbx_options_set_start_timeout()). The first call of a user starts the keeper process, which also
 * takes a moment. On failure nothing is left behind.
 *
 * Errors: SBX_E_INVALID (options that exclude each other), SBX_E_UNAVAILABLE (no QEMU, libvirt,
 * image: the hint says what to do), SBX_E_NOT_FOUND (no such image or snapshot), SBX_E_IMAGE,
 * SBX_E_NO_SPACE, SBX_E_BUSY (not enough memory on the host, or the limits are reached), SBX_E_BOOT
 * (guest did not come up; the cause has the end of its console), SBX_E_CANCELLED (somebody killed
 * it, or stopped the keeper, meanwhile), SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_create(const sbx_options *options, sbx **out, sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_connect:
 * @id: a sandbox id, "sbx_" ... as sbx_id() gives it
 * @options: reserved, pass NULL
 * @out: (out): a handle to the running sandbox, one reference
 * @error: where to put an error, or NULL
 *
 * Attaches to a running sandbox of the same user. The handle does not own the sandbox: dropping it
 * ends nothing. Blocks for one exchange with the keeper.
 *
 * Errors: SBX_E_INVALID (not an id), SBX_E_NOT_FOUND (no such sandbox, or it has ended),
 * SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_connect(const char *id, const sbx_options *options, sbx **out,
                           sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_sh:
 * @sandbox: a sandbox
 * @script: a bash script, as for `bash -c`; at most 16 MiB, any bytes but NUL
 * @out: (out): exit code and output; the caller frees it with sbx_result_free()
 * @error: where to put an error, or NULL
 *
 * Runs the script as user "app" in /home/app, with no standard input and with BASH_ENV set to
 * ~/.bashrc, and waits for its end. A script that fails is a success of this call: look at
 * sbx_result_exit_code(). Background processes of the script keep running; their later output is
 * dropped. Output is kept in memory: at most 1 GiB for both streams together.
 *
 * Blocks until the script ends. Several threads may run scripts in one sandbox at once.
 *
 * Errors: SBX_E_GONE (the sandbox ended), SBX_E_EXEC (bash could not be started), SBX_E_TOO_BIG,
 * SBX_E_NO_MEMORY, SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_sh(sbx *sandbox, const char *script, sbx_result **out,
                      sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_kill:
 * @sandbox: a sandbox
 * @error: where to put an error, or NULL
 *
 * Destroys the VM at once, whoever created it; nothing inside gets a chance to react. Returns when
 * the VM's process is gone. Killing a sandbox that has ended already is a success. The handle stays
 * valid and must still be dropped.
 *
 * Errors: SBX_E_KEEPER, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_kill(sbx *sandbox, sbx_error **error);

/**
 * sbx_pause:
 * @sandbox: a sandbox
 * @error: where to put an error, or NULL
 *
 * Stops the VM's CPUs. A paused sandbox uses no CPU and keeps its memory, its processes stand
 * still. Calls that need the guest (sbx_run(), sbx_spawn(), signals) fail with SBX_E_BUSY until
 * sbx_resume(); sbx_kill(), sbx_fork() and sbx_snapshot() work. Its deadline keeps running, and
 * what ends a sandbox ends a paused one, too. Pausing a paused sandbox succeeds. Blocks for one
 * exchange with the keeper.
 *
 * Errors: SBX_E_GONE (the sandbox has ended), SBX_E_KEEPER, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_pause(sbx *sandbox, sbx_error **error);

/**
 * sbx_resume:
 * @sandbox: a sandbox
 * @error: where to put an error, or NULL
 *
 * Lets a paused sandbox go on; one that runs already is a success. The guest's wall clock is set
 * anew; its monotonic clock has not advanced meanwhile. Blocks for one exchange with keeper and
 * guest.
 *
 * Errors: SBX_E_GONE (the sandbox has ended), SBX_E_KEEPER, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_resume(sbx *sandbox, sbx_error **error);

/**
 * sbx_extend:
 * @sandbox: a sandbox with a deadline, see sbx_options_set_timeout()
 * @milliseconds: how long it is to live from now on, 1 to SBX_TIMEOUT_MAX_MS
 * @deadline: (out): its new deadline, milliseconds since 1970 UTC; may be NULL
 * @error: where to put an error, or NULL
 *
 * Sets a new deadline, which may also be earlier than the old one. Whoever has a handle may do so. A
 * sandbox of session lifetime has none and gets none. Blocks for one exchange with the keeper.
 *
 * Errors: SBX_E_INVALID (out of range; session lifetime), SBX_E_GONE (the sandbox has ended),
 * SBX_E_KEEPER, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_extend(sbx *sandbox, int64_t milliseconds, int64_t *deadline,
                          sbx_error **error);

/**
 * sbx_ref:
 * @sandbox: a sandbox
 *
 * Takes one more reference and returns @sandbox. Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC sbx *sbx_ref(sbx *sandbox);

/**
 * sbx_unref:
 * @sandbox: a sandbox, or NULL
 *
 * Drops a reference. When the last one goes and the sandbox has session lifetime and was created by
 * this process, its VM is destroyed; the call does not wait for that. Returns NULL. Never blocks; any
 * thread. Since: 0.1
 */
SBX_PUBLIC sbx *sbx_unref(sbx *sandbox);

/**
 * sbx_id:
 * @sandbox: a sandbox
 *
 * The id, matching ^sbx_([a-z]{3})_[0-9a-hjkmnp-z]{20}$. Owned by @sandbox. Never blocks; any
 * thread. Since: 0.1
 */
SBX_PUBLIC const char *sbx_id(sbx *sandbox);

SBX_END_DECLS

#endif
