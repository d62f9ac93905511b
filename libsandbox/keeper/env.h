/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Env: a sandbox's environment variables. Its config has the table, which is what counts; the guest's
 * agent has a copy, for the commands it starts.
 *
 * A table is a vector of NAME=value strings, each name once.
 */
#ifndef SBX_KEEPER_ENV_H
#define SBX_KEEPER_ENV_H

#include "keeper/sandbox.h"

/* The value in a table, or NULL. */
const char *sbx_env_value(char **env, const char *name);
/* A copy of a table with @name set, or without it when @value is NULL. */
char **sbx_env_with(char **env, const char *name, const char *value);
/* A copy of a table with all of another one set. */
char **sbx_env_merge(char **env, char **other);
/* FALSE with a fault set when there is too much in it. */
gboolean sbx_env_fits(char **env, GError **error);

/* A table as text to keep, and back; NULL when it is damaged. */
char *sbx_env_to_text(char **env);
char **sbx_env_from_text(const char *text);

/* Methods. They take the request. */
void sbx_env_method_get(SbxKeeper *keeper, SbxRequest *request);
void sbx_env_method_list(SbxKeeper *keeper, SbxRequest *request);
void sbx_env_method_set(SbxKeeper *keeper, SbxRequest *request);
void sbx_env_method_delete(SbxKeeper *keeper, SbxRequest *request);

#endif
