/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* agent-talk.h: a whole conversation with an agent, a request of each kind, and what its owners
 * hear. */
#ifndef SBX_TEST_AGENT_TALK_H
#define SBX_TEST_AGENT_TALK_H

#include "agent/connection.h"
#include "agent/session.h"

#include <check.h>

/* One request: what its owner was told. */
typedef struct {
    const char *name;
    gboolean told, ended, exited;
    guint calls;
    GError *error;
} TalkItem;

enum { TALK_ITEMS_MAX = 24 };

typedef struct {
    SbxAgentSession *session;
    gboolean closed;
    GError *error;
    TalkItem items[TALK_ITEMS_MAX];
    guint count;
    GString *out, *err, *carried;
    guint readers;
    guint64 in, to;
} Talk;

/* Where a unix socket answers "hello", for the agent to connect to. */
extern char *talk_server_path;

/* With the agent at the other end of @fd, which is taken. */
void talk_begin(Talk *talk, int fd);
/* All of it, one request after the other, whatever becomes of them. */
void talk_through(Talk *talk);
/* Ends the session; everybody has heard all there is. */
void talk_end(Talk *talk);

/* Another request, and what its owner hears. Nobody may be told twice. */
TalkItem *talk_item(Talk *talk, const char *name);
void talk_on_done(SbxAgentSession *session, const GError *error, gpointer data);
void talk_on_started(SbxAgentProcess *process, int pid, const GError *error, gpointer data);
void talk_on_exited(SbxAgentProcess *process, const SbxAgentExit *info, const GError *error,
                    gpointer data);
void talk_on_end(gpointer data);

#endif
