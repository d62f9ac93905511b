/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What process.c and attach.c share: a process and its pipes. */
#ifndef SBX_CLIENT_PROCESS_PRIVATE_H
#define SBX_CLIENT_PROCESS_PRIVATE_H

#include <pthread.h>

#include "client/private.h"
#include "wire/fd.h"

struct sbx_process {
    gint refs;
    sbx *sandbox;
    pthread_mutex_t lock; /* guards what follows */
    SbxLink link;
    gint64 number; /* the keeper's name for it */
    int pid;
    int fds[3];
    int state; /* 0 = running, 1 = ended, negative = how waiting failed */
    SbxEnd end;
    char *failure;
};

/* The pipes of one command: ours and theirs. */
typedef struct {
    int ours[3];
    int theirs[3];
} SbxPipes;

#define SBX_PIPES_INIT                                                                             \
    {                                                                                              \
        {-1, -1, -1}, {-1, -1, -1}                                                                 \
    }

void sbx_pipes_clear(SbxPipes *pipes);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SbxPipes, sbx_pipes_clear)
/* One for each mode that is SBX_STDIO_PIPE. */
int sbx_pipes_open(SbxPipes *pipes, const int *modes, const char *operation, sbx_error **error);

/* A handle to the process of an answer; takes the link and our ends of the pipes on success. */
int sbx_process_new(sbx *sandbox, SbxLink *link, const SbxReply *reply, SbxPipes *pipes,
                    sbx_process **out, const char *operation, sbx_error **error);
/* A link for a call about a sandbox that somebody has a handle to. */
int sbx_process_take_link(sbx *sandbox, SbxLink *link, const char *operation, sbx_error **error);
/* A keeper that has gone took the sandbox along. */
int sbx_process_sandbox_gone(sbx *sandbox, const char *operation, sbx_error **error);
/* Hands on how a call failed. Who has a handle has a sandbox that was there: one that the keeper does
 * not know, because it is a new keeper or has forgotten it, has ended. */
int sbx_process_call_failed(sbx *sandbox, sbx_error *reason, const char *operation,
                            sbx_error **error);
/* attach.c: nobody will tell its end to this handle. */
void sbx_process_note_detached(sbx_process *process);

#endif
