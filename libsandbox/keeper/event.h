/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events: what happened to clients' sandboxes, the last 1000, and who wants to be told.
 *
 * A subscriber is a place in that ring and nothing else: one that does not read falls behind, loses
 * the oldest and is told how many.
 */
#ifndef SBX_KEEPER_EVENT_H
#define SBX_KEEPER_EVENT_H

#include "keeper/sandbox.h"

#define SBX_EVENT_LOG_SIZE 1000

SbxEventLog *sbx_event_log_new(void);
/* After the last client has gone. */
void sbx_event_log_free(SbxEventLog *events);

/* Of a client's sandbox; others have none. @text may be NULL. May be called from anywhere in the main
 * loop: subscribers are told later. */
void sbx_event_emit(SbxSandbox *sandbox, int type, const char *text);
void sbx_event_emit_extended(SbxSandbox *sandbox);
/* What it ended of: died, if it did, and ended. */
void sbx_event_emit_end(SbxSandbox *sandbox);
/* Of a command; @command is its text for people. NULL is one of ours, of which there are none. */
void sbx_event_emit_started(SbxSandbox *sandbox, int pid, const char *command);
/* @end: exit_code, signal, oom and cause, as the client is told. */
void sbx_event_emit_exited(SbxSandbox *sandbox, int pid, const char *command, JsonObject *end);

/* Method. Takes the request. */
void sbx_event_method_subscribe(SbxKeeper *keeper, SbxRequest *request);

#endif
