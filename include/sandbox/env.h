/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Env: the environment variables of a sandbox.
 *
 * One table for the sandbox, begun by sbx_options_set_env() and seen by everybody who holds a
 * handle. Every command that is started later sees it; commands that run already do not. A command's
 * own variables (sbx_command_set_env()) come on top. Forks and snapshots take the table along, a
 * pause changes nothing.
 *
 * Below the table are the variables that every command has: PATH, HOME, USER, LOGNAME, SHELL, LANG,
 * PWD, and for scripts BASH_ENV. They are not in the table. A variable of the same name in the table
 * takes the place of such a one; when it is deleted, the command has its own again.
 *
 * Names are non-empty and without '='; names and values are bytes. At most SBX_ENV_MAX variables,
 * SBX_ENV_BYTES_MAX bytes of one, SBX_ENV_TOTAL_MAX bytes of all.
 */
#ifndef SANDBOX_ENV_H
#define SANDBOX_ENV_H

#include <stddef.h>

#include <sandbox/error.h>
#include <sandbox/handle.h>

SBX_BEGIN_DECLS

typedef struct sbx_env_list sbx_env_list;

/**
 * sbx_env_get:
 * @sandbox: a sandbox, may be paused
 * @name: a variable's name
 * @value: (out): its value; the caller frees it with sbx_free()
 * @error: where to put an error, or NULL
 *
 * Blocks for one exchange with the keeper. Any thread.
 *
 * Errors: SBX_E_INVALID (not a name), SBX_E_NOT_FOUND (it is not in the table), SBX_E_GONE,
 * SBX_E_KEEPER, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_env_get(sbx *sandbox, const char *name, char **value, sbx_error **error);

/**
 * sbx_env_set:
 * @sandbox: a sandbox, may be paused
 * @name: a variable's name
 * @value: its new value
 * @error: where to put an error, or NULL
 *
 * Adds or changes a variable. When this returns, every command that is started sees it. Blocks for
 * one exchange with keeper and guest. Any thread; of two calls at once, one is the last.
 *
 * Errors: SBX_E_INVALID (not a name), SBX_E_TOO_BIG (a limit above), SBX_E_GONE, SBX_E_TIMEOUT (the
 * guest did not answer within 30 s; the change is in the table), SBX_E_KEEPER, SBX_E_FORKED.
 * Since: 0.1
 */
SBX_PUBLIC int sbx_env_set(sbx *sandbox, const char *name, const char *value, sbx_error **error);

/**
 * sbx_env_delete:
 * @sandbox: a sandbox, may be paused
 * @name: a variable's name
 * @error: where to put an error, or NULL
 *
 * Takes a variable out of the table; one that is not there is a success. As sbx_env_set() otherwise.
 *
 * Errors: SBX_E_INVALID (not a name), SBX_E_GONE, SBX_E_TIMEOUT, SBX_E_KEEPER, SBX_E_FORKED.
 * Since: 0.1
 */
SBX_PUBLIC int sbx_env_delete(sbx *sandbox, const char *name, sbx_error **error);

/**
 * sbx_env_list_get:
 * @sandbox: a sandbox, may be paused
 * @out: (out): the table as it is now; the caller frees it with sbx_env_list_free()
 * @error: where to put an error, or NULL
 *
 * The list is immutable, in no order, and may be read from any thread. Blocks for one exchange with
 * the keeper.
 *
 * Errors: SBX_E_GONE, SBX_E_KEEPER, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_env_list_get(sbx *sandbox, sbx_env_list **out, sbx_error **error);

/** sbx_env_list_free: frees the list; NULL is fine. Since: 0.1 */
SBX_PUBLIC void sbx_env_list_free(sbx_env_list *list);

/** sbx_env_list_length: the number of variables in it. Since: 0.1 */
SBX_PUBLIC size_t sbx_env_list_length(const sbx_env_list *list);

/** sbx_env_list_name: the name of the variable at @index, owned by the list; NULL past the end.
 * Since: 0.1 */
SBX_PUBLIC const char *sbx_env_list_name(const sbx_env_list *list, size_t index);

/** sbx_env_list_value: its value, likewise. Since: 0.1 */
SBX_PUBLIC const char *sbx_env_list_value(const sbx_env_list *list, size_t index);

SBX_END_DECLS

#endif
