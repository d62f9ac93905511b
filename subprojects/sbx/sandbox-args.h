/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options that describe a sandbox or a command, turned into the library's objects. */
#ifndef SBX_SANDBOX_ARGS_H
#define SBX_SANDBOX_ARGS_H

#include "auto.h"
#include "parse.h"

/*
 * Each returns NULL after reporting what is wrong with the command line; the exit status is then
 * EXIT_USAGE.
 */
sbx_options *sandbox_args_options(const struct invocation *inv);
/* words: the command and its arguments, ends with NULL; its streams are pipes, input too. */
sbx_command *sandbox_args_command(const struct invocation *inv, char *const *words);

/* What --timeout says in milliseconds; SBX_TIMEOUT_SESSION without one. Only after the above. */
int64_t sandbox_args_timeout(const struct invocation *inv);

/* sbx_create() with the error reported; a missing image or snapshot gets a hint. */
sbx *sandbox_args_create(const struct invocation *inv, const sbx_options *options);

#endif
