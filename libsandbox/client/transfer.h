/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A transfer: workers in sandboxes, the helper program sbx-transfer between them and this machine,
 * and what each of them reports (the lines of subprojects/agent/tar/command.h).
 */
#ifndef SBX_CLIENT_TRANSFER_H
#define SBX_CLIENT_TRANSFER_H

#include <glib.h>

#include <sandbox/sandbox.h>

struct sbx_transfer_options {
    char *user;
    int owners;
    int privileged;
    int existing;
    int glob;
    GPtrArray *excludes; /* char*; NULL: none */
    uint64_t max_bytes;
    uint64_t max_entries;
    sbx_progress_func progress;
    void *progress_data;
};

/* Another one with the same settings, or NULL. */
sbx_transfer_options *sbx_transfer_options_copy(const sbx_transfer_options *options);
/* Never NULL. */
const sbx_transfer_options *sbx_transfer_options_or_defaults(const sbx_transfer_options *options);

/* What one side said. */
typedef struct {
    gboolean done;
    gboolean failed;
    guint64 entries;
    char *kind;
    int sys_errno;
    char *text;
} SbxTransferSide;

typedef struct {
    const char *operation;
    char *subject; /* for messages: what could not be done */
    const sbx_transfer_options *options;
    sbx_process *creator;   /* a worker that sends, or NULL */
    sbx_process *extractor; /* a worker that receives, or NULL */
    SbxTransferSide host, create, extract;
    gboolean host_extracts; /* the helper makes the files */
    int permille;
    gboolean cancelled;
} SbxTransfer;

void sbx_transfer_clear(SbxTransfer *transfer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SbxTransfer, sbx_transfer_clear)

/* New arguments for one side: a word, and what the options say to both; NULL-terminated by
 * sbx_transfer_finish_args(), which adds paths that may look like options. */
GPtrArray *sbx_transfer_args(const SbxTransfer *transfer, const char *word);
void sbx_transfer_add_arg(GPtrArray *args, const char *arg);
void sbx_transfer_finish_args(GPtrArray *args, const char *const *paths, size_t count);

/* How long a worker that extracts may go on when all was sent: a million directories in an emulated
 * guest. Set by tests. */
extern int sbx_transfer_rest_ms;

/* Starts a worker with those arguments (the first one is its name). */
int sbx_transfer_spawn(SbxTransfer *transfer, sbx *sandbox, GPtrArray *args, int stream,
                       sbx_process **out, sbx_error **error);
/* Runs the helper with those arguments (the first one is replaced), which gets the workers' streams
 * and @own (-1: none; stays the caller's), and waits for all. Returns the number of entries. */
int sbx_transfer_run(SbxTransfer *transfer, GPtrArray *args, int own, sbx_error **error);

#endif
