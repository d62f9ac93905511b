/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sandbox: one microVM from the request that makes it to its end.
 *
 *     STARTING --ready--> RUNNING --end--> ENDING --VM gone--> ENDED
 *         \------------------end-------------^
 *
 * boot.c brings it up, sandbox.c holds its state and takes it down, lifetime.c says when it must go,
 * process.c runs commands in it.
 */
#ifndef SBX_KEEPER_SANDBOX_H
#define SBX_KEEPER_SANDBOX_H

#include <json-glib/json-glib.h>

#include "agent/session.h"
#include "image/store.h"
#include "keeper/client.h"
#include "keeper/console.h"
#include "keeper/keeper.h"

#define SBX_ID_LENGTH 28

typedef enum { SBX_STARTING, SBX_RUNNING, SBX_ENDING, SBX_ENDED } SbxState;

/* What was asked for. */
typedef struct {
    char *image;
    guint64 memory;
    guint vcpus;
    guint64 disk_size;
    gint64 timeout_ms; /* 0: session */
    gint64 start_timeout_ms;
    char **env; /* NAME=value */
    JsonObject *labels;
} SbxSandboxConfig;

typedef struct SbxBoot SbxBoot;

struct SbxSandbox {
    gatomicrefcount refs;
    SbxKeeper *keeper;
    char id[SBX_ID_LENGTH + 1];
    SbxSandboxConfig config;
    SbxState state;
    gint64 created_ms;
    gint64 deadline_ms;

    SbxRequest *create_request; /* until it is answered */
    SbxBoot *boot;              /* the latest attempt to start a VM */
    SbxImage *image;
    SbxDomain *domain;
    SbxConsole *console;
    SbxAgentSession *session;

    /* lifetime.c */
    int lease_fd;
    guint lease_source;
    int owner_fd;
    guint owner_source;
    guint deadline_timer;

    GHashTable *processes; /* number -> SbxProcess */

    char *end_reason;
    gboolean end_is_guess; /* the VM's own end, when it is known, is the better reason */
    GPtrArray *end_waiters; /* SbxRequest: answered when the VM is gone */
    GPtrArray *orphans;     /* SbxProcess whose fate is told when the VM is gone */
};

SbxSandbox *sbx_sandbox_ref(SbxSandbox *sandbox);
void sbx_sandbox_unref(SbxSandbox *sandbox);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SbxSandbox, sbx_sandbox_unref)

/* Starts to make a sandbox; answers @request (taken) when it runs or cannot. Takes what is in
 * @config. */
void sbx_sandbox_create(SbxKeeper *keeper, SbxRequest *request, SbxSandboxConfig *config);
SbxSandbox *sbx_sandbox_find(SbxKeeper *keeper, const char *id);
/* Ends it for a reason that completes "the sandbox ... has ended: ". Does nothing when it is ending. */
void sbx_sandbox_end(SbxSandbox *sandbox, const char *reason);
/* Ends it because its agent's session ended with @error (NULL: none). When the stream just closed, the
 * VM is probably ending, and how it ends makes the better reason. */
void sbx_sandbox_lost(SbxSandbox *sandbox, const GError *error);
/* Ends it and answers @request (taken) when its VM is gone. */
void sbx_sandbox_kill(SbxSandbox *sandbox, SbxRequest *request);
/* One item of a listing. */
JsonObject *sbx_sandbox_describe(SbxSandbox *sandbox);
/* SBX_E_GONE with the reason. */
GError *sbx_sandbox_gone(SbxSandbox *sandbox);
/* Takes what a request asks for into @config; FALSE with a fault set. */
gboolean sbx_sandbox_config_parse(JsonObject *params, SbxSandboxConfig *config, GError **error);
void sbx_sandbox_config_clear(SbxSandboxConfig *config);
/* NAME=value strings of an {"names", "values"} object (NULL: none); NULL with a fault set. */
char **sbx_env_parse(JsonObject *object, GError **error);

/* boot.c */

/* Starts the VM in a worker; sbx_sandbox_booted() or sbx_sandbox_boot_failed() follows. The first
 * attempt is 1. */
void sbx_boot_start(SbxSandbox *sandbox, int attempt);
/* Gives up: kills the VM if there is one; sbx_sandbox_vm_gone() follows when nothing is left. A VM that
 * seems to end by itself (@is_ending) gets a moment to do so, since then it is known why. May be called
 * again, to be less patient. */
void sbx_boot_abandon(SbxSandbox *sandbox, gboolean is_ending);
void sbx_boot_free(SbxBoot *boot);

/* What boot.c reports. */
void sbx_sandbox_booted(SbxSandbox *sandbox);
void sbx_sandbox_boot_failed(SbxSandbox *sandbox, GError *fault);
void sbx_sandbox_vm_ended(SbxSandbox *sandbox, SbxDomainEnd end, const char *detail);
void sbx_sandbox_vm_gone(SbxSandbox *sandbox);

/* lifetime.c */

/* Watches the process that asked, by the pidfd it sent along (taken; -1 when there is none). */
void sbx_lifetime_watch_owner(SbxSandbox *sandbox, int pidfd);
/* Makes the lease of a session sandbox; returns the client's end, or -1 with a fault set. */
int sbx_lifetime_make_lease(SbxSandbox *sandbox, GError **error);
void sbx_lifetime_start_deadline(SbxSandbox *sandbox);
void sbx_lifetime_stop(SbxSandbox *sandbox);

/* process.c */

typedef struct SbxProcess SbxProcess;
/* Runs a command and answers @request (taken) at its end (@wait) or when it was started. */
void sbx_process_start(SbxSandbox *sandbox, SbxRequest *request, gboolean wait);
void sbx_process_send_signal(SbxSandbox *sandbox, SbxRequest *request);
/* Tells a process's client that the sandbox has gone, and frees it. */
void sbx_process_orphaned(SbxProcess *process);

#endif
