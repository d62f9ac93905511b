/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sandbox: one microVM from the moment somebody wants it to its end.
 *
 *     STARTING --ready--> RUNNING <--> PAUSED --end--> ENDING --VM gone--> ENDED
 *      |    ^                                             ^
 *      v    | claimed                                     |
 *     SPARE-+---------------------end---------------------+
 *
 * Most are made for a client; its purpose says what else a VM is for: a spare that a client claims
 * later (pool.c), one that is saved as a template (template-build.c), one that takes in a running VM
 * to be saved (capture.c). Only a client's are seen from outside.
 *
 * create.c makes them for clients, boot.c brings them up, identity.c gives them their identity,
 * sandbox.c holds their state and takes them down, lifetime.c says when they must go, process.c runs
 * commands in them, port.c connects to their ports.
 */
#ifndef SBX_KEEPER_SANDBOX_H
#define SBX_KEEPER_SANDBOX_H

#include <json-glib/json-glib.h>

#include "agent/session.h"
#include "image/store.h"
#include "keeper/client.h"
#include "keeper/console.h"
#include "keeper/admission.h"
#include "keeper/keeper.h"
#include "keeper/template-store.h"
#include "keeper/usage.h"
#include "virt/qmp.h"

#define SBX_ID_LENGTH 28

typedef enum { SBX_STARTING, SBX_SPARE, SBX_RUNNING, SBX_PAUSED, SBX_ENDING, SBX_ENDED } SbxState;

/* What was asked for. */
typedef struct {
    char *image;
    guint64 memory;
    guint vcpus;
    guint64 disk_size;
    gint64 timeout_ms; /* 0: session */
    gint64 start_timeout_ms;
    gint64 wait_ms;     /* for room, see admission.h */
    gint spares;        /* -1: as the pool is set */
    char *root;         /* a snapshot's name, or NULL */
    gboolean given_memory; /* it was asked for */
    gboolean given_vcpus;
    gboolean given_disk_size;
    gboolean is_same_machine; /* as the snapshot's */
    char **env; /* NAME=value */
    JsonObject *labels;
} SbxSandboxConfig;


/* What a VM is for. */
typedef struct {
    gboolean is_client;  /* it is somebody's sandbox */
    gboolean is_awaited; /* somebody waits for it: it is started first, and replaced when it fails */
    gboolean is_loader;  /* its VMM is given a VM, which never runs there */
    /* The agent answers. A loader: the monitor has connected. */
    void (*up)(SbxSandbox *sandbox);
    /* It cannot be had; takes the fault. It is ended afterwards. */
    void (*failed)(SbxSandbox *sandbox, GError *fault);
    /* Nothing of it is left. */
    void (*gone)(SbxSandbox *sandbox);
} SbxPurpose;

typedef struct SbxBoot SbxBoot;

struct SbxSandbox {
    gatomicrefcount refs;
    SbxKeeper *keeper;
    char id[SBX_ID_LENGTH + 1];
    SbxSandboxConfig config;
    SbxState state;
    gint64 created_ms;
    gint64 deadline_ms;
    SbxUsage usage;

    const SbxPurpose *purpose;
    gpointer owner;             /* the purpose's: a pool, a build, a capture, a fork */
    SbxRequest *create_request; /* until it is answered */
    SbxTicket *ticket;          /* its share of what there may be; NULL when it has none */
    gboolean is_warming;        /* a spare, whose agent answers */
    gint64 claimed_us;          /* when its agent was told who it is */
    guint claim_timer;          /* an agent that was told who it is has to answer */

    /* How the VM is made; set before it is started. */
    SbxTemplate *restore_from; /* a template of its own: a fork's, a snapshot's */
    gboolean is_copy;          /* ... in which somebody's agent session was under way */
    gboolean may_boot;         /* ... and when it cannot be restored its disk is booted */
    int disk_from;             /* the scratch disk is a copy of this; -1: it is empty */
    char *memory_file;         /* its RAM becomes this file */
    char *disk_file;           /* its scratch disk has this name */
    gboolean no_template;      /* it was tried */
    int free_attempts;

    SbxBoot *boot; /* the latest attempt to start a VM */
    SbxImage *image;
    SbxDomain *domain;
    SbxConsole *console;
    SbxAgentSession *session;
    SbxQmp *monitor; /* NULL with libvirt's daemon */
    void (*on_event)(SbxSandbox *sandbox, const char *event, JsonObject *values);
    int stream_fd; /* of the agent, until its session begins */
    int reset_fd;
    int disk_fd;
    gpointer busy; /* what is being done with the VM as a whole: see pause.c, capture.c */

    /* lifetime.c */
    int lease_fd;
    guint lease_source;
    int owner_fd;
    guint owner_source;
    guint deadline_timer;

    GHashTable *processes; /* number -> SbxProcess */
    GQueue ended_processes; /* those of them that have ended, in that order */
    guint n_workers;        /* those of them that are helpers of ours and have not */

    /* port.c */
    GQueue connections;
    GQueue forwards;
    guint64 port_bytes_in; /* into the guest, by all connections so far */
    guint64 port_bytes_out;

    char *end_reason;
    gboolean has_died;     /* nobody wanted it to end */
    gboolean is_hidden;    /* its VMM has ended; libvirt may be tidying up still */
    gboolean end_is_guess; /* the VM's own end, when it is known, is the better reason */
    GPtrArray *end_waiters; /* SbxRequest: answered when the VM is gone */
    GPtrArray *orphans;     /* SbxProcess whose fate is told when the VM is gone */
};

SbxSandbox *sbx_sandbox_ref(SbxSandbox *sandbox);
void sbx_sandbox_unref(SbxSandbox *sandbox);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SbxSandbox, sbx_sandbox_unref)

/* A new one in state STARTING; takes what is in @config. The keeper's table holds it until its VM is
 * gone, for which somebody has to start one: sbx_boot_start(). */
SbxSandbox *sbx_sandbox_new(SbxKeeper *keeper, SbxSandboxConfig *config,
                            const SbxPurpose *purpose, gpointer owner);
/* A client's. */
SbxSandbox *sbx_sandbox_find(SbxKeeper *keeper, const char *id);
/* Ends it for a reason that completes "the sandbox ... has ended: ". Does nothing when it is ending. */
void sbx_sandbox_end(SbxSandbox *sandbox, const char *reason);
/* The same for one that cannot be used any more, which nobody wanted. */
void sbx_sandbox_die(SbxSandbox *sandbox, const char *reason);
/* Ends it because its agent's session ended with @error (NULL: none). When the stream just closed, the
 * VM is probably ending, and how it ends makes the better reason. */
void sbx_sandbox_lost(SbxSandbox *sandbox, const GError *error);
/* Ends it and answers @request (taken) when its VM is gone. */
void sbx_sandbox_kill(SbxSandbox *sandbox, SbxRequest *request);
/* One of SBX_STATUS_. */
int sbx_sandbox_status(const SbxSandbox *sandbox);
/* One item of a listing. */
JsonObject *sbx_sandbox_describe(SbxSandbox *sandbox);
/* SBX_E_GONE with the reason. */
GError *sbx_sandbox_gone(SbxSandbox *sandbox);
/* Takes what a request asks for into @config; FALSE with a fault set. */
gboolean sbx_sandbox_config_parse(JsonObject *params, SbxSandboxConfig *config, GError **error);
void sbx_sandbox_config_clear(SbxSandboxConfig *config);
/* The same machine for another sandbox: no environment, no labels, session lifetime. */
void sbx_sandbox_config_copy_machine(SbxSandboxConfig *to, const SbxSandboxConfig *from);
/* NAME=value strings of an {"names", "values"} object (NULL: none); NULL with a fault set. */
char **sbx_env_parse(JsonObject *object, GError **error);

/* methods.c */

/* The running sandbox that a request names in @member, or NULL and the request answered. */
SbxSandbox *sbx_sandbox_wanted(SbxKeeper *keeper, SbxRequest *request, const char *member,
                               gboolean paused_too);

/* create.c */

extern const SbxPurpose sbx_purpose_client;

/* Makes a sandbox; answers @request (taken) when it runs or cannot. Takes what is in @config. */
void sbx_sandbox_create(SbxKeeper *keeper, SbxRequest *request, SbxSandboxConfig *config);

/* boot.c */

/* Starts the VM in a worker; the purpose's up() or failed() follows. The first attempt is 1. */
void sbx_boot_start(SbxSandbox *sandbox, int attempt);
/* What goes on after up() is over: the next one's turn, nobody listens any more. */
void sbx_boot_finish(SbxSandbox *sandbox);
/* It may take as long as it likes from here. */
void sbx_boot_stop_clock(SbxSandbox *sandbox);
/* While it is STARTING: this VM is of no use, another takes its place if one can; else it fails. */
void sbx_boot_give_up(SbxBoot *boot, const char *why);
/* Whether an answer of the agent of a STARTING sandbox still matters, and is no error. Errors are
 * dealt with. */
gboolean sbx_boot_agent_answered(SbxAgentSession *session, const GError *error,
                                 SbxSandbox *sandbox);
/* Gives up: kills the VM if there is one; sbx_sandbox_vm_gone() follows when nothing is left. A VM that
 * seems to end by itself (@is_ending) gets a moment to do so, since then it is known why. May be called
 * again, to be less patient. */
void sbx_boot_abandon(SbxSandbox *sandbox, gboolean is_ending);
void sbx_boot_free(SbxBoot *boot);

/* What boot.c reports. */
void sbx_sandbox_boot_failed(SbxSandbox *sandbox, GError *fault);
void sbx_sandbox_vm_ended(SbxSandbox *sandbox, SbxDomainEnd end, const char *detail);
void sbx_sandbox_vm_gone(SbxSandbox *sandbox);
/* Its process has ended, libvirt has still to tidy up: whoever killed it need not wait for that. */
void sbx_sandbox_vmm_ended(SbxSandbox *sandbox);

/* boot-worker.c, in a worker */

SbxImage *sbx_keeper_find_image(SbxKeeper *keeper, const char *text, GError **error);
/* What the config and the driver say of a VM. */
void sbx_keeper_fill_in_machine(SbxDriver *driver, const SbxSandboxConfig *config,
                                SbxDomainSpec *spec);

/* lifetime.c */

/* Watches the process that asked, by the pidfd it sent along (taken; -1 when there is none). */
void sbx_lifetime_watch_owner(SbxSandbox *sandbox, int pidfd);
/* Makes the lease of a session sandbox; returns the client's end, or -1 with a fault set. */
int sbx_lifetime_make_lease(SbxSandbox *sandbox, GError **error);
void sbx_lifetime_start_deadline(SbxSandbox *sandbox);
void sbx_lifetime_stop(SbxSandbox *sandbox);
/* Method. Takes the request. */
void sbx_lifetime_method_extend(SbxKeeper *keeper, SbxRequest *request);

/* list.c: methods. They take the request. */

void sbx_list_method(SbxKeeper *keeper, SbxRequest *request);
void sbx_list_method_one(SbxKeeper *keeper, SbxRequest *request);

/* console-keep.c */

/* Its VM is gone. */
void sbx_console_keep(SbxSandbox *sandbox);
void sbx_console_forget_all(SbxKeeper *keeper);
/* Method. Takes the request. */
void sbx_console_method_read(SbxKeeper *keeper, SbxRequest *request);

/* process.c */

typedef struct SbxProcess SbxProcess;
typedef enum {
    SBX_PROCESS_RUN,   /* the request is answered at its end */
    SBX_PROCESS_SPAWN, /* ... when it has started; its end is told to the client */
    SBX_PROCESS_START, /* ... and nobody is attached to it */
} SbxProcessMode;
/* Starts a command; takes @request. */
void sbx_process_start(SbxSandbox *sandbox, SbxRequest *request, SbxProcessMode mode);
void sbx_process_send_signal(SbxSandbox *sandbox, SbxRequest *request);
/* The process that a request names, or NULL when it has ended. */
SbxAgentProcess *sbx_process_find(SbxSandbox *sandbox, JsonObject *params);
/* Answers @request, which may come too late for its process. */
void sbx_process_acknowledge(SbxAgentSession *session, const GError *error, gpointer request);
/* What an error of the agent session is to a client. */
GError *sbx_agent_fault(const GError *error);

/* process-end.c */

/* Tells a process's client that the sandbox has gone, and frees it. */
void sbx_process_orphaned(SbxProcess *process);
void sbx_process_forget_ended(SbxSandbox *sandbox);

/* process-attach.c */

void sbx_process_method_detach(SbxKeeper *keeper, SbxRequest *request);
void sbx_process_method_attach(SbxKeeper *keeper, SbxRequest *request);
void sbx_process_method_list(SbxKeeper *keeper, SbxRequest *request);
/* How many of them run that were not started by the library for itself. */
guint sbx_process_count_running(SbxSandbox *sandbox);

/* process-requests.c */

JsonObject *sbx_exit_to_json(const SbxAgentExit *exit);
void sbx_process_resize_method(SbxKeeper *keeper, SbxRequest *request);
void sbx_process_usage_method(SbxKeeper *keeper, SbxRequest *request);

#endif
