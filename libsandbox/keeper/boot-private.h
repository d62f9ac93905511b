/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared by the files of a boot:
 *
 *   boot.c          the order of things: turns, attempts, retries, the end
 *   boot-worker.c   what blocks: driver, image, initramfs or template, disk, starting the VM
 *   boot-streams.c  the VMM's connections to us: agent, console, monitor, reset port
 */
#ifndef SBX_KEEPER_BOOT_PRIVATE_H
#define SBX_KEEPER_BOOT_PRIVATE_H

#include "keeper/sandbox.h"

typedef enum {
    SBX_LISTEN_AGENT,
    SBX_LISTEN_CONSOLE,
    SBX_LISTEN_MONITOR,
    SBX_LISTEN_RESET,
    SBX_LISTENERS,
} SbxListenerKind;

/* A socket on which the VMM is to connect once. */
typedef struct {
    char *path;
    int fd;
    guint source;
} SbxListener;

struct SbxBoot {
    gatomicrefcount refs; /* the sandbox's, the worker's, the driver's notification's */
    SbxSandbox *sandbox;  /* a reference */
    int attempt;
    gint64 since;   /* when it began, for sbx_boot_trace() */
    gint abandoned; /* atomic; workers look at it */
    SbxListener listeners[SBX_LISTENERS];
    guint timer;
    gboolean queued;    /* waits for its turn */
    gboolean has_turn;  /* counts in keeper->booting */
    pid_t vmm_pid;      /* likewise; else 0 */
    int vmm_fd;         /* pidfd of the VMM, from its monitor's connection on; else -1 */
    guint vmm_source;
    gboolean vmm_ended; /* its process */
    gboolean connected; /* the monitor is: QEMU runs, whatever libvirt still does */
    gboolean restoring; /* the VMM takes in the template's state */
    gboolean answered;  /* the agent has */
    gboolean working;   /* a worker starts or kills the VM */
    gboolean started;   /* the VM was started, so its end will be announced */
    gboolean ended;     /* it was announced */
    gboolean killed;    /* a kill has succeeded */
    gboolean kill_ok;   /* what the worker says of it */
    gboolean failed;    /* the sandbox has been told */
    char *given_up;     /* why this VM was killed in favour of another */
    SbxDomainEnd end;
    char *end_detail;
    GError *fault;     /* the worker's */
    SbxDomain *domain; /* the worker's */
    SbxImage *image;   /* the worker's */
    int disk_fd;       /* the worker's: the VM's scratch disk */
    /* What the VM is restored from; NULL: it boots. Set by the worker before the VM starts. */
    SbxTemplate *template;
};

SbxBoot *sbx_boot_ref(SbxBoot *boot);
/* Where the time of a boot goes: LIBSANDBOX_DEBUG=1 shows it in the log. Any thread. */
void sbx_boot_trace(SbxBoot *boot, const char *what);
/* The agent has answered its first ping. */
void sbx_boot_up(SbxBoot *boot);
/* The driver's notification. */
void sbx_boot_vm_ended(SbxDomain *domain, SbxDomainEnd end, const char *detail, gpointer data);

/* The VMM has connected its monitor: from here on it can be killed, whatever libvirt is doing. */
void sbx_boot_watch_vmm(SbxBoot *boot, int stream);

/* boot-worker.c; in a worker: fills in image, template, domain or fault. */
void sbx_boot_work(SbxBoot *boot);

/* boot-streams.c */
gboolean sbx_boot_listen(SbxBoot *boot, GError **error);
void sbx_boot_stop_listening(SbxBoot *boot);

#endif
