/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The keeper: what its files share.
 *
 * One thread runs the main loop: clients, agent sessions, lifetimes. What blocks (libvirt, images,
 * disks) is done by worker threads, which report back with g_main_context_invoke(). Nothing here is
 * locked except what workers share, and that says so.
 */
#ifndef SBX_KEEPER_KEEPER_H
#define SBX_KEEPER_KEEPER_H

#include <glib.h>
#include <sys/types.h>

#include "image/dirs.h"
#include "virt/driver.h"

typedef struct SbxKeeper SbxKeeper;
typedef struct SbxClient SbxClient;
typedef struct SbxSandbox SbxSandbox;

struct SbxKeeper {
    GMainLoop *loop;
    char *vm_dir;     /* our private tmpfs */
    uid_t client_uid; /* who may talk to us, besides root */
    int agent_fd;     /* the guest agent's program */
    int listen_fd;
    gboolean try_kvm;
    guint idle_seconds;
    SbxImageDirs *image_dirs;

    GThreadPool *workers;
    GMutex driver_lock; /* held while the driver is opened, by a worker */
    SbxDriver *driver;  /* NULL until the first sandbox needs it, or after a failed open */

    GMutex boot_lock;         /* guards the two tables, used by workers */
    GHashTable *initramfs;    /* image version's directory -> path of the initramfs */
    GHashTable *blank_disks;  /* size in MiB -> descriptor of an empty file system */

    GHashTable *clients;   /* set of SbxClient */
    GHashTable *sandboxes; /* id -> SbxSandbox, until its VM is gone */
    GHashTable *ended;     /* id -> why it ended, the latest few */
    GQueue ended_order;    /* ids, owned by the table */
    gint64 next_process;
    guint idle_timer;
    gboolean stopping;
};

/* serve.c: serves on descriptor 3 until there is nothing left to do, then cleans up. vm_dir (freed),
 * client_uid, agent_fd and try_kvm are set; driver as well where it is not to be opened. */
void sbx_keeper_serve(SbxKeeper *keeper);

/* Runs a function in a worker thread. */
typedef void (*SbxWork)(gpointer data);
void sbx_keeper_work(SbxKeeper *keeper, SbxWork work, gpointer data);
/* Starts or stops the clock towards the idle exit, after anything that may change it. */
void sbx_keeper_check_idle(SbxKeeper *keeper);
/* All sandboxes, in no order; free the array only. */
GPtrArray *sbx_keeper_sandboxes(SbxKeeper *keeper);
/* Destroys all sandboxes, then leaves the main loop. */
void sbx_keeper_stop_all(SbxKeeper *keeper, const char *why);

/* In a worker: the driver, opened by the first caller. NULL with a fault set. */
SbxDriver *sbx_keeper_driver(SbxKeeper *keeper, GError **error);
/* A fault from an error of the driver; takes @error. */
GError *sbx_keeper_driver_fault(GError *error);

/* Remembers why a sandbox ended. */
void sbx_keeper_note_end(SbxKeeper *keeper, const char *id, const char *why);
/* SBX_E_GONE for an id that is remembered, else SBX_E_NOT_FOUND. */
GError *sbx_keeper_no_sandbox(SbxKeeper *keeper, const char *id);

/* doctor.c */

#define SBX_DOCTOR_URI "qemu:///embed"

/* What the client computed for itself and for sbx-launch; NULL: it could not. */
typedef struct {
    char *runtime_dir;
    char *runtime_problem; /* why there is no usable one */
    char *data_dir;
    char *cache_dir;
    char *log;     /* the file */
    char *missing; /* our programs that are not installed, or NULL */
    char *path;    /* where the keeper looks for programs; NULL: what sbx-launch sets */
} SbxDoctorPaths;

/* Prints the report of sbx_doctor() on stdout; returns the exit code. */
int sbx_doctor_main(const SbxDoctorPaths *paths);
void sbx_doctor_paths_clear(SbxDoctorPaths *paths);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SbxDoctorPaths, sbx_doctor_paths_clear)

#endif
