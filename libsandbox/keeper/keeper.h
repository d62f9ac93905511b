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
typedef struct SbxPools SbxPools;
typedef struct SbxEventLog SbxEventLog;
struct SbxAdmission;

/* What sandboxes that have ended have used, see usage.h. */
typedef struct {
    guint64 sandboxes; /* those that are there included */
    gint64 cpu_us;
    gint64 running_us;
    gint64 paused_us;
    gint64 gib_ms;
    gint64 paused_gib_ms;
} SbxUsageTotal;

struct SbxKeeper {
    GMainLoop *loop;
    char *vm_dir;     /* our private tmpfs; with a daemon, a directory of ours on the host */
    char *templates_dir; /* NULL: there are none */
    char *snapshots_dir;
    char *forks_dir;  /* memory of VMs that are being copied; a tmpfs */
    char *images;     /* where this user's images are; NULL: below vm_dir */
    gboolean daemon;  /* libvirt's daemon runs the VMs, see daemon.c */
    uid_t daemon_user;    /* then: who we are to be once it is connected */
    gboolean share_group; /* its QEMU reaches our files as our group */
    uid_t client_uid; /* who may talk to us, besides root */
    int agent_fd;     /* the guest agent's program */
    int listen_fd;
    gboolean try_kvm;
    guint idle_seconds;
    SbxImageDirs *image_dirs;

    GThreadPool *workers;
    GMutex driver_lock; /* held while the driver is opened, by a worker */
    SbxDriver *driver;  /* NULL until the first sandbox needs it, or after a failed open */

    GMutex boot_lock;         /* guards the three tables, used by workers */
    GHashTable *templates;    /* id -> SbxTemplate, those that were loaded */
    gint templates_lost;      /* atomic: how often one was removed or turned out to be no good */
    GHashTable *initramfs;    /* image version's directory -> path of the initramfs */
    GHashTable *blank_disks;  /* size in MiB -> descriptor of an empty file system */

    GHashTable *clients;   /* set of SbxClient */
    GHashTable *sandboxes; /* id -> SbxSandbox, until its VM is gone */
    struct SbxAdmission *admission;
    SbxPools *pools;
    GHashTable *builds;    /* key -> SbxTemplateBuild, see template-build.c */
    guint pending;         /* requests for which something goes on besides sandboxes */
    GHashTable *ended;     /* id -> why it ended, the latest few */
    GQueue ended_order;    /* ids, owned by the table */
    GQueue ended_consoles; /* of those that died, the latest few; see console.h */
    SbxEventLog *events;
    SbxUsageTotal usage;
    gint64 next_process;
    GQueue boot_queue; /* SbxBoot that wait for their turn, see boot.c */
    guint booting;     /* those that have it */
    guint idle_timer;
    guint rest_timer;
    gint64 last_request_us;
    gboolean stopping;
};

/* serve.c: serves on descriptor 3 until there is nothing left to do, then cleans up. vm_dir and
 * images (freed), client_uid, daemon, agent_fd and try_kvm are set; driver as well where it is not
 * to be opened. */
void sbx_keeper_serve(SbxKeeper *keeper);

/* Runs a function in a worker thread. */
typedef void (*SbxWork)(gpointer data);
void sbx_keeper_work(SbxKeeper *keeper, SbxWork work, gpointer data);
/* Starts or stops the clock towards the idle exit, after anything that may change it. */
void sbx_keeper_check_idle(SbxKeeper *keeper);
/* All of them, or the clients', in no order; free the array only. */
GPtrArray *sbx_keeper_sandboxes(SbxKeeper *keeper, gboolean only_clients);
/* Destroys all sandboxes, then leaves the main loop. */
void sbx_keeper_stop_all(SbxKeeper *keeper, const char *why);

/* In a worker: the driver, opened by the first caller. NULL with a fault set. */
SbxDriver *sbx_keeper_driver(SbxKeeper *keeper, GError **error);
/* A fault from an error of the driver; takes @error. */
GError *sbx_keeper_driver_fault(GError *error);

/* daemon.c */

/* Opens the driver, then becomes keeper->daemon_user for good. */
gboolean sbx_keeper_join_daemon(SbxKeeper *keeper, GError **error);
/* The mode of sockets and files that QEMU has to open. */
mode_t sbx_keeper_file_mode(SbxKeeper *keeper);
/* Better faults, where there are: of an image that was not found, of a VM that did not start. Both
 * take the error. In a worker. */
GError *sbx_keeper_image_fault(SbxKeeper *keeper, GError *fault);
GError *sbx_keeper_start_fault(SbxKeeper *keeper, GError *reason);

/* Remembers why a sandbox ended. */
void sbx_keeper_note_end(SbxKeeper *keeper, const char *id, const char *why);
/* SBX_E_GONE for an id that is remembered, else SBX_E_NOT_FOUND. */
GError *sbx_keeper_no_sandbox(SbxKeeper *keeper, const char *id);

/* rest.c: there is something to do; when that is over for a while, memory is given back. */
void sbx_keeper_rest_later(SbxKeeper *keeper);

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
/* Opens LIBSANDBOX_URI, and prints what answers or why nothing does; returns the exit code. May
 * hang: the doctor runs it as a program of its own. */
int sbx_doctor_ask_daemon(void);
#define SBX_ASK_DAEMON "--ask-daemon"
#define SBX_DAEMON_ANSWERS "answers: "
void sbx_doctor_paths_clear(SbxDoctorPaths *paths);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SbxDoctorPaths, sbx_doctor_paths_clear)

#endif
