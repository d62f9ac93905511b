/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fork: running copies of a sandbox.
 *
 * Prepare a sandbox once (install packages, load data, warm an interpreter), then fork it as often
 * as it is wanted: each child starts from that very state and shares the parent's memory and disk
 * until one of them writes.
 */
#ifndef SANDBOX_FORK_H
#define SANDBOX_FORK_H

#include <sandbox/handle.h>

SBX_BEGIN_DECLS

#define SBX_FORK_MAX 64 /* children of one call */

/**
 * sbx_fork:
 * @sandbox: the parent, running or paused; it stays as it is
 * @count: how many children, 1 to SBX_FORK_MAX
 * @options: timeout, start timeout, wait, environment (added to the parent's) and labels of the
 *   children, or NULL for the defaults; not changed, not kept. Image, memory, vCPUs and disk size
 *   are the parent's: options where one of these, root or spares was set are SBX_E_INVALID.
 * @out: (out): an array with room for @count handles, each one reference
 * @error: where to put an error, or NULL
 *
 * Makes copies of the sandbox as it is at the moment of the call: memory, disk and processes. All
 * are made or none. The parent goes on after a pause, of about a second where guests are emulated;
 * of a paused one the children run. Blocks until every child answers.
 *
 * What a child gets of its own, before anybody can run a command in it: its id, host name and
 * machine id, entropy (the kernel's random generator is reseeded through the VM generation id and
 * by the keeper), the time of day. Its lifetime is that of @options, as for sbx_create(); labels
 * are not the parent's.
 *
 * What it shares with the parent's past:
 * - Processes go on in the child from where they were. Nobody is attached to them: their standard
 *   input is at end-of-file, their output is dropped. The sbx_process objects are for the parent's.
 * - Random generators of programs (the state of Python's `random`, that of a TLS library) that were
 *   seeded before the fork are copied as they are, and bring the same numbers in every child: have
 *   programs reseed after a fork. What the kernel gives (getrandom(), /dev/urandom) differs.
 * - Secrets in memory and on disk.
 * - The monotonic clock goes on from the parent's value.
 * - Network connections that were open would not survive.
 *
 * Errors: SBX_E_INVALID, SBX_E_GONE (the parent has ended), SBX_E_BUSY (no room for all of them,
 * see sbx_options_set_wait()), SBX_E_NO_SPACE, SBX_E_BOOT (a child did not come up in its start
 * timeout), SBX_E_UNSUPPORTED (this hypervisor cannot), SBX_E_CANCELLED, SBX_E_KEEPER,
 * SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_fork(sbx *sandbox, unsigned int count, const sbx_options *options, sbx **out,
                        sbx_error **error) SBX_WARN_UNUSED;

SBX_END_DECLS

#endif
