/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files about processes share. process.c starts them, process-end.c ends them and remembers how
 * they ended, process-attach.c says who is attached to them and lists them.
 *
 * One of "process.run" belongs to the client that waits for it, and is killed when that goes. One of
 * "process.spawn" lives until its end or the sandbox's; while a client is attached to it, that one is
 * told the end. What is known of it stays in the table when it has ended.
 */
#ifndef SBX_KEEPER_PROCESS_PRIVATE_H
#define SBX_KEEPER_PROCESS_PRIVATE_H

#include "keeper/relay.h"
#include "keeper/sandbox.h"

struct SbxProcess {
    SbxSandbox *sandbox; /* a reference */
    gint64 number;
    int pid; /* the guest's; 0 until it has started */
    char *text; /* what it is, for people */
    gboolean is_worker; /* one of ours: not listed or remembered, without events */
    gboolean is_counted; /* among the sandbox's workers */
    char *user; /* NULL: the default */
    gint64 started_ms;
    SbxRequest *request; /* until it is answered */
    SbxClient *client;   /* a reference; whom its end is told. NULL: it is detached */
    gboolean wait;       /* answer at the end, not at the start */
    gboolean is_started_detached;
    gboolean is_orphan;    /* its session broke; how, is told when the sandbox has ended */
    gboolean is_abandoned; /* nobody wants to know any more: it is being killed */
    gboolean ends_with_output; /* its end is told when all output was delivered */
    gboolean is_kept[3];   /* streams that a client can attach to */
    guint start_timer;     /* until the guest has said that it runs */
    guint deadline_timer;
    guint grace_timer;     /* it was killed: the guest has to confirm that */
    gboolean is_overdue;   /* it was killed at its deadline */
    gboolean kill_arrived; /* ... while it was alive, as the agent says */
    JsonObject *end;       /* how it ended; NULL while it runs, or its output is not delivered yet */
    JsonObject *held_end;  /* to be told when the relays are done */
    SbxRelay *relays[3];
    SbxAgentProcess *agent_process;
};

/* process-attach.c */

GError *sbx_process_not_found(SbxSandbox *sandbox, gint64 number);

/* process-end.c */

/* From the request to start it: its client may go, its time may pass. */
void sbx_process_watch(SbxProcess *process, gint64 deadline_ms);
/* It begins, or it is over: how many workers its sandbox has. */
void sbx_process_count_worker(SbxProcess *process, gboolean is_there);
/* Nobody is told its end any more. */
void sbx_process_drop_client(SbxProcess *process);
/* That client is told. */
void sbx_process_set_client(SbxProcess *process, SbxClient *client);
/* It has started: a kill that came before found nothing. */
void sbx_process_kill_again(SbxProcess *process);
/* It has ended; takes @end. */
void sbx_process_finish(SbxProcess *process, JsonObject *end);
/* How it ended cannot be known, or it never began; takes @fault. */
void sbx_process_finish_with_fault(SbxProcess *process, GError *fault);
/* The data of a relay is the process. */
void sbx_process_relay_done(gpointer process);
void sbx_process_free(SbxProcess *process);

#endif
