/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Options: how a sandbox is made.
 *
 * An sbx_options is a plain counted object in this process. Setting one up never blocks. It may be
 * used for any number of sbx_create() calls. One thread at a time may change it; any number may use
 * it unchanged.
 */
#ifndef SANDBOX_OPTIONS_H
#define SANDBOX_OPTIONS_H

#include <stdint.h>

#include <sandbox/error.h>

SBX_BEGIN_DECLS

typedef struct sbx_options sbx_options;

/* Limits that are checked when an option is set. */
#define SBX_MEMORY_MIN (UINT64_C(128) << 20)   /* bytes: less does not boot the base image */
#define SBX_MEMORY_MAX (UINT64_C(1) << 40)     /* bytes; the host's own memory is checked at create */
#define SBX_VCPUS_MAX 64
#define SBX_DISK_SIZE_MIN (UINT64_C(64) << 20) /* bytes */
#define SBX_DISK_SIZE_MAX (UINT64_C(1) << 40)  /* bytes */
#define SBX_LABELS_MAX 5
#define SBX_LABEL_KEY_MAX 64                   /* bytes */
#define SBX_LABEL_VALUE_MAX 128                /* bytes */
#define SBX_ENV_MAX 1024                       /* variables */
#define SBX_ENV_BYTES_MAX 131072               /* bytes of one NAME=value */
#define SBX_ENV_TOTAL_MAX 524288               /* bytes of all of them */
#define SBX_TIMEOUT_SESSION INT64_C(0)         /* the sandbox ends with the last handle */
#define SBX_TIMEOUT_MAX_MS (INT64_C(366) * 86400000)
#define SBX_WAIT_FOREVER (-INT64_C(1))
#define SBX_SPARES_AUTO (-1) /* the keeper decides */
#define SBX_SPARES_MAX 256

/**
 * sbx_options_new:
 *
 * Options with the defaults: image "builtin:debian-13", 1280 MiB of memory, 2 vCPUs, a 10 GiB disk,
 * session lifetime, no labels, no extra environment; no waiting for room; spares as the keeper
 * thinks fit.
 *
 * Returns a new reference, or NULL when memory is short. Never blocks. Since: 0.1
 */
SBX_PUBLIC sbx_options *sbx_options_new(void);

/**
 * sbx_options_ref:
 * @options: options, not NULL
 *
 * Takes one more reference and returns @options. Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC sbx_options *sbx_options_ref(sbx_options *options);

/**
 * sbx_options_unref:
 * @options: options, or NULL
 *
 * Drops a reference; the last one frees the options. Returns NULL. Never blocks; any thread.
 * Since: 0.1
 */
SBX_PUBLIC sbx_options *sbx_options_unref(sbx_options *options);

/**
 * sbx_options_set_image:
 * @options: options
 * @image: an image name as `sbx image list` shows it, optionally followed by "@" and a version:
 *   "builtin:debian-13", "builtin:debian-13@20260102T030405Z-1a2b3c4d". Copied.
 * @error: where to put an error, or NULL
 *
 * Chooses what the sandbox boots from. Without a version it is the newest one.
 *
 * Errors: SBX_E_INVALID when the name is not well formed. Whether the image exists is found out by
 * sbx_create(). Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_options_set_image(sbx_options *options, const char *image, sbx_error **error);

/**
 * sbx_options_set_memory:
 * @options: options
 * @bytes: guest memory in bytes, SBX_MEMORY_MIN to SBX_MEMORY_MAX; rounded up to a whole MiB
 * @error: where to put an error, or NULL
 *
 * Errors: SBX_E_INVALID when out of range. sbx_create() fails with SBX_E_BUSY when the host has less
 * memory than that. Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_options_set_memory(sbx_options *options, uint64_t bytes, sbx_error **error);

/**
 * sbx_options_set_vcpus:
 * @options: options
 * @count: number of virtual CPUs, 1 to SBX_VCPUS_MAX
 * @error: where to put an error, or NULL
 *
 * Errors: SBX_E_INVALID when out of range. Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_options_set_vcpus(sbx_options *options, unsigned int count, sbx_error **error);

/**
 * sbx_options_set_disk_size:
 * @options: options
 * @bytes: size of the sandbox's own disk in bytes, SBX_DISK_SIZE_MIN to SBX_DISK_SIZE_MAX; rounded
 *   up to a whole MiB. It is sparse: the host pays for what the guest writes.
 * @error: where to put an error, or NULL
 *
 * Errors: SBX_E_INVALID when out of range. Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_options_set_disk_size(sbx_options *options, uint64_t bytes, sbx_error **error);

/**
 * sbx_options_set_timeout:
 * @options: options
 * @milliseconds: SBX_TIMEOUT_SESSION, or how long the sandbox may live, counted from the moment
 *   sbx_create() returns; at most SBX_TIMEOUT_MAX_MS
 * @error: where to put an error, or NULL
 *
 * With SBX_TIMEOUT_SESSION the sandbox belongs to the creating process: it ends with the last
 * reference to its handle, with sbx_kill(), or when that process ends, however it ends. With a
 * duration it survives the handle and the process, can be attached to with sbx_connect(), and is
 * destroyed at its deadline even when handles are still held.
 *
 * Errors: SBX_E_INVALID when negative or too large. Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_options_set_timeout(sbx_options *options, int64_t milliseconds,
                                       sbx_error **error);

/**
 * sbx_options_set_start_timeout:
 * @options: options
 * @milliseconds: how long the guest may take to come up, 1 to 3600000; default 60000. When many
 *   sandboxes are made at once their guests boot in turn; the time counts from when it is this one's.
 * @error: where to put an error, or NULL
 *
 * Errors: SBX_E_INVALID when out of range; sbx_create() fails with SBX_E_BOOT when the time runs
 * out. Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_options_set_start_timeout(sbx_options *options, int64_t milliseconds,
                                             sbx_error **error);

/**
 * sbx_options_set_root:
 * @options: options
 * @snapshot: the name of a snapshot, see sbx_snapshot(), or NULL to take it back. Copied.
 * @error: where to put an error, or NULL
 *
 * Has the sandbox go on from a snapshot instead of booting an image. Memory, vCPUs and disk size
 * are the snapshot's unless they are set. A VM goes on only as what it was: with other memory or
 * vCPUs, or after an upgrade of the hypervisor, the image boots with the snapshot's disk, and what
 * was running is not. Another disk size, or an image that is set as well, make sbx_create() fail
 * with SBX_E_INVALID. Environment variables that are set are added to the snapshot's.
 *
 * Errors: SBX_E_INVALID when it is not a snapshot's name. Whether there is one of that name is
 * found out by sbx_create(). Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_options_set_root(sbx_options *options, const char *snapshot, sbx_error **error);

/**
 * sbx_options_set_wait:
 * @options: options
 * @milliseconds: how long sbx_create() and sbx_fork() may wait for room when the limits (see
 *   limits.h) are reached: 0 (the default) not at all, at most SBX_TIMEOUT_MAX_MS, or
 *   SBX_WAIT_FOREVER
 * @error: where to put an error, or NULL
 *
 * Callers are served in order of arrival. When the time is over the call fails with SBX_E_BUSY;
 * what can never fit is refused at once. The start timeout counts from when there is room.
 *
 * Errors: SBX_E_INVALID when out of range. Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_options_set_wait(sbx_options *options, int64_t milliseconds, sbx_error **error);

/**
 * sbx_options_set_spares:
 * @options: options
 * @count: how many spares of this kind of sandbox (image, memory, vCPUs, disk size) the keeper is
 *   to have ready while it runs, 1 to SBX_SPARES_MAX; SBX_SPARES_AUTO (the default) to leave it to
 *   the keeper; 0 to use none and keep none: the sandbox boots afresh
 * @error: where to put an error, or NULL
 *
 * See pool.h. Errors: SBX_E_INVALID when out of range. Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_options_set_spares(sbx_options *options, int count, sbx_error **error);

/**
 * sbx_options_set_env:
 * @options: options
 * @name: variable name: not empty, no '='. Copied.
 * @value: its value, or NULL to take the variable out of the options again. Copied.
 * @error: where to put an error, or NULL
 *
 * Sets an environment variable that every command in the sandbox sees.
 *
 * Errors: SBX_E_INVALID for a bad name, SBX_E_TOO_BIG beyond SBX_ENV_MAX variables,
 * SBX_ENV_BYTES_MAX bytes of one or SBX_ENV_TOTAL_MAX bytes of all. Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_options_set_env(sbx_options *options, const char *name, const char *value,
                                   sbx_error **error);

/**
 * sbx_options_set_label:
 * @options: options
 * @key: 1 to SBX_LABEL_KEY_MAX bytes of UTF-8. Copied.
 * @value: at most SBX_LABEL_VALUE_MAX bytes of UTF-8, or NULL to take the label out. Copied.
 * @error: where to put an error, or NULL
 *
 * Labels are shown by sbx_list_get(); at most SBX_LABELS_MAX of them.
 *
 * Errors: SBX_E_INVALID, SBX_E_TOO_BIG. Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_options_set_label(sbx_options *options, const char *key, const char *value,
                                     sbx_error **error);

/**
 * sbx_parse_size:
 * @text: a number with an optional unit: "1073741824", "512MiB", "1GiB", "2GB", "1.5GiB". KiB, MiB,
 *   GiB, TiB are powers of 1024; kB, MB, GB, TB powers of 1000.
 * @bytes: (out): the size in bytes
 * @error: where to put an error, or NULL
 *
 * Errors: SBX_E_INVALID. Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC int sbx_parse_size(const char *text, uint64_t *bytes, sbx_error **error);

/**
 * sbx_parse_duration:
 * @text: "session", or a number with a unit: "500ms", "30s", "5m", "2h", "1d"
 * @milliseconds: (out): SBX_TIMEOUT_SESSION for "session", else the duration, at least 1
 * @error: where to put an error, or NULL
 *
 * Errors: SBX_E_INVALID. Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC int sbx_parse_duration(const char *text, int64_t *milliseconds, sbx_error **error);

SBX_END_DECLS

#endif
