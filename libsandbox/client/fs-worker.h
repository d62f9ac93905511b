/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What file calls share: the guest's worker "files" at the other end of two pipes, one request at a
 * time. Its frames are described in the agent's files.h.
 */
#ifndef SBX_CLIENT_FS_WORKER_H
#define SBX_CLIENT_FS_WORKER_H

#include <files.h>
#include <poll.h>

#include "client/private.h"

struct sbx_fs_options {
    char *user;
    unsigned int flags;
    int mode;
    uint64_t max_size;
    char *directory;
    char *prefix;
    char *suffix;
    int max_depth;
    GPtrArray *match;
    GPtrArray *skip;
};

/* Another one with the same settings, or NULL. */
sbx_fs_options *sbx_fs_options_copy(const sbx_fs_options *options);

struct sbx_stat {
    struct sbx_files_stat fields;
};

/* Whose call it is, on what: for errors. */
typedef struct {
    sbx *sandbox;
    const sbx_fs_options *options; /* may be NULL */
    const char *operation;
    const char *verb; /* "cannot VERB PATH" */
    const char *path;
    const char *to; /* may be NULL */
    sbx_error **error;
} SbxFsCall;

struct SbxFsWorker {
    sbx_process *process; /* holds the sandbox, but not while the worker is idle */
    sbx *sandbox;
    char *user; /* NULL: app */
    int in;
    int out;
    gboolean broken; /* nobody knows what would come next */
    guint8 *buffer;  /* what was received */
    size_t at;
    size_t length;
    size_t allocated;
};

/* How many ops of a handle may have a worker each for one call. Files, directories and watches that
 * stay open are not among them. */
#define SBX_FS_TURNS 32

/* fs-turn.c: a call that is over with its reply begins, and is over. An op waits when SBX_FS_TURNS
 * calls of the handle go on. Checks the handle. */
int sbx_fs_begin(const SbxFsCall *call);
void sbx_fs_end(const SbxFsCall *call);

/* Checks handle, path and options; an idle worker of that user or a new one. */
int sbx_fs_take(const SbxFsCall *call, SbxFsWorker **out);
/* Back to the handle, or to its end when it is broken. Never blocks. */
void sbx_fs_give(SbxFsWorker *worker);
void sbx_fs_worker_free(SbxFsWorker *worker);

/* A request with the defaults, and the options of the call. */
void sbx_fs_request(const SbxFsCall *call, uint32_t op, struct sbx_files_request *request);
int sbx_fs_send(const SbxFsCall *call, SbxFsWorker *worker,
                const struct sbx_files_request *request);
int sbx_fs_put(const SbxFsCall *call, SbxFsWorker *worker, uint8_t type, const void *data,
               size_t length);
/* Whether the worker has already something to say. Does not wait. */
gboolean sbx_fs_has_spoken(const SbxFsWorker *worker);
/* The next frame: 1; 0 when the deadline passed; or an error, after which the worker is broken. The
 * frame is good until the next call. */
int sbx_fs_receive(const SbxFsCall *call, SbxFsWorker *worker, int64_t deadline_ms,
                   struct sbx_files_frame *frame);
/* The same of a stream that comes by itself: a wait that was cancelled has lost nothing of it, and
 * leaves the worker as it was. */
int sbx_fs_receive_more(const SbxFsCall *call, SbxFsWorker *worker, int64_t deadline_ms,
                        struct sbx_files_frame *frame);
/* Takes a REPLY or FAILURE; anything else breaks the worker. @reply may be NULL. */
int sbx_fs_finish(const SbxFsCall *call, SbxFsWorker *worker, const struct sbx_files_frame *frame,
                  struct sbx_files_reply *reply);
/* Waits for the reply to a request that streams nothing. */
int sbx_fs_reply(const SbxFsCall *call, SbxFsWorker *worker, struct sbx_files_reply *reply);

/* Worker, request, reply; the reply's path and stat are copied out when they are wanted. */
int sbx_fs_exchange(const SbxFsCall *call, const struct sbx_files_request *request, char **path,
                    sbx_stat **stat);

/* fs-error.c */

/* The guest's errno as an error. @path: what it is about, NULL: the call's. */
int sbx_fs_failed(const SbxFsCall *call, int sys_errno, const char *path);
/* What sbx_wait() said. */
int sbx_fs_wait_failed(const SbxFsCall *call, int result);
/* Frees the reason and makes it one of this call. */
int sbx_fs_fail_with(const SbxFsCall *call, sbx_error *reason);
/* The same failure once more: a copy. */
int sbx_fs_fail_again(const sbx_error *failure, sbx_error **error);
/* The worker breaks the protocol. */
int sbx_fs_nonsense(const SbxFsCall *call, SbxFsWorker *worker);
int sbx_fs_out_of_memory(const SbxFsCall *call);
/* A path for a message: printable, valid UTF-8, not too long. Freed with g_free(). */
char *sbx_fs_show(const char *path);

/* quiet-write.c */

/* writev() to a pipe or socket whose reader may have gone: EPIPE, but no SIGPIPE. */
struct iovec;
ssize_t sbx_write_quietly(int fd, const struct iovec *parts, int count);

#endif
