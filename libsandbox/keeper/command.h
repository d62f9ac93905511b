/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A command as a client's request has it. The one place where the keeper looks at what a program
 * that need not be our client says of one.
 */
#ifndef SBX_KEEPER_COMMAND_H
#define SBX_KEEPER_COMMAND_H

#include <json-glib/json-glib.h>

#include "agent/session.h"

/* The strings belong to it; @agent points to them. */
typedef struct {
    char **argv;
    char *script;
    char **env;
    char *cwd;
    char *user;
    gboolean piped[3];
    gboolean relayed[3]; /* ... with a descriptor that somebody else has, too */
    SbxAgentCommand agent;
} SbxWantedCommand;

/* @command is zeroed, and to be cleared in any case. FALSE with a fault set when it makes no sense.
 */
gboolean sbx_command_parse(JsonObject *params, SbxWantedCommand *command, GError **error);
void sbx_wanted_command_clear(SbxWantedCommand *command);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SbxWantedCommand, sbx_wanted_command_clear)

/* A number that may be missing, which is 0; FALSE when it is not between 0 and @max. */
gboolean sbx_command_get_limit(JsonObject *params, const char *name, gint64 max, gint64 *out);

#endif
