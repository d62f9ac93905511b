/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Process list: the commands of a sandbox. Immutable once made; may be read from any thread. */
#ifndef SANDBOX_PROCESS_LIST_H
#define SANDBOX_PROCESS_LIST_H

#include <stddef.h>
#include <stdint.h>

#include <sandbox/handle.h>

SBX_BEGIN_DECLS

typedef struct sbx_process_list sbx_process_list;

#define SBX_PROCESS_RUNNING 0
#define SBX_PROCESS_EXITED 1

/**
 * sbx_process_list_get:
 * @sandbox: a sandbox
 * @out: (out): the list; the caller frees it with sbx_process_list_free()
 * @error: where to put an error, or NULL
 *
 * Lists what was started with sbx_spawn(), sbx_run() and sbx_sh() by anybody and is still running, and
 * the latest SBX_PROCESSES_REMEMBERED of sbx_spawn() that have ended, oldest first. What these have
 * started themselves is not in it, nor what the library runs in the sandbox for calls of files and
 * ports. Blocks for one exchange with the keeper.
 *
 * Errors: SBX_E_INVALID, SBX_E_GONE, SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_process_list_get(sbx *sandbox, sbx_process_list **out, sbx_error **error);

/** sbx_process_list_free: frees the list; NULL is fine. Since: 0.1 */
SBX_PUBLIC void sbx_process_list_free(sbx_process_list *list);

/** sbx_process_list_length: the number of processes in it. Since: 0.1 */
SBX_PUBLIC size_t sbx_process_list_length(const sbx_process_list *list);

/*
 * The following take an index below sbx_process_list_length(). Strings are owned by the list. An index
 * out of range gives NULL, 0 or -1.
 */

/** sbx_process_list_id: as sbx_process_id() has it. Since: 0.1 */
SBX_PUBLIC int64_t sbx_process_list_id(const sbx_process_list *list, size_t index);

/** sbx_process_list_pid: its process id inside the guest, 0 until it has started. Since: 0.1 */
SBX_PUBLIC int sbx_process_list_pid(const sbx_process_list *list, size_t index);

/** sbx_process_list_command: its program and arguments, or its script, in one line of UTF-8, cut after
 * 1 KiB; what is no UTF-8 is replaced. Since: 0.1 */
SBX_PUBLIC const char *sbx_process_list_command(const sbx_process_list *list, size_t index);

/** sbx_process_list_user: the guest's user it was started as, as it was asked for. Since: 0.1 */
SBX_PUBLIC const char *sbx_process_list_user(const sbx_process_list *list, size_t index);

/** sbx_process_list_started: when it was asked for, milliseconds since 1970 UTC. Since: 0.1 */
SBX_PUBLIC int64_t sbx_process_list_started(const sbx_process_list *list, size_t index);

/** sbx_process_list_state: SBX_PROCESS_RUNNING or SBX_PROCESS_EXITED. Since: 0.1 */
SBX_PUBLIC int sbx_process_list_state(const sbx_process_list *list, size_t index);

/** sbx_process_list_attached: 1 when some client is attached to it, 0 when it is detached. Since: 0.1 */
SBX_PUBLIC int sbx_process_list_attached(const sbx_process_list *list, size_t index);

/** sbx_process_list_exit_code: as sbx_process_exit_code() has it. Since: 0.1 */
SBX_PUBLIC int sbx_process_list_exit_code(const sbx_process_list *list, size_t index);

/** sbx_process_list_cause: one of SBX_CAUSE_, or -1 while it runs. Since: 0.1 */
SBX_PUBLIC int sbx_process_list_cause(const sbx_process_list *list, size_t index);

SBX_END_DECLS

#endif
