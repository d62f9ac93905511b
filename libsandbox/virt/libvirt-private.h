/*
 * Shared by the files of the libvirt driver (and, later, by its templates).
 *
 *   libvirt-driver.c  the table of operations: open, describe, close
 *   libvirt-embed.c   the embedded driver's root directory and the event loop
 *   libvirt-daemon.c  what is special about a daemon: as whom it runs QEMU, leftovers
 *   libvirt-domain.c  starting, killing, and noticing ends
 *   libvirt-log.c     QEMU's log files: tail, bound, remove
 *   libvirt-error.c   libvirt's errors as GErrors
 */
#pragma once

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "virt/driver.h"

extern const SbxDriverOps sbx_libvirt_ops;

typedef struct {
    SbxDriver base;
    gatomicrefcount references;
    gboolean embedded;
    char *root; /* NULL unless embedded */
    virConnectPtr connection;
    GMainContext *context;
    int lifecycle_callback;
    int log_watch; /* libvirt's id of the inotify watch, or -1 */

    char *uri;
    char *emulator;
    char *accelerator_reason;
    gboolean kvm;
    char *qemu_user; /* for specs; NULL when embedded */
    gid_t qemu_group;
    unsigned long hypervisor_version;
    unsigned long libvirt_version;

    GMutex lock;
    GHashTable *domains; /* uuid text -> SbxLibvirtDomain, a reference each, until ended */
    gboolean lost;       /* the daemon closed the connection */
} SbxLibvirt;

typedef struct {
    SbxDomain base;
    virDomainPtr handle;
    char uuid[VIR_UUID_STRING_BUFLEN];
    int pidfd; /* -1 where the process cannot be signalled */
    SbxDomainEnded on_ended;

    /* Guarded by the driver's lock. */
    gboolean started; /* start() succeeded: an end is to be told */
    gboolean killed;  /* kill() was called: whatever libvirt makes of it, it was us */
    gboolean ended;
    SbxDomainEnd end;
} SbxLibvirtDomain;

SbxLibvirt *sbx_libvirt_ref(SbxLibvirt *driver);
void sbx_libvirt_unref(SbxLibvirt *driver);

/* libvirt-embed.c */
char *sbx_embed_prepare(const char *root, GError **error); /* the URI to open */
gboolean sbx_libvirt_start_events(GMainContext *context, GError **error);

/* libvirt-daemon.c */
gboolean sbx_daemon_find_user(SbxLibvirt *driver, GError **error); /* sets qemu_user, qemu_group */
void sbx_daemon_sweep(SbxLibvirt *driver, const char *own_dir);

/* libvirt-xml.c: the text that an XPath expression finds, or NULL */
char *sbx_xml_find(const char *xml, const char *expression);

/* libvirt-domain.c */
SbxDomain *sbx_libvirt_start(SbxDriver *driver, const SbxDomainSpec *spec,
                             const SbxDomainEnded *ended, GError **error);
gboolean sbx_libvirt_kill(SbxDomain *domain, GError **error);
gboolean sbx_libvirt_set_paused(SbxDomain *domain, gboolean paused, GError **error);
void sbx_libvirt_free_domain(SbxDomain *domain);
void sbx_libvirt_kill_all(SbxLibvirt *driver);
void sbx_libvirt_lose_all(SbxLibvirt *driver); /* the daemon went, and its domains with it */
int sbx_libvirt_lifecycle(virConnectPtr connection, virDomainPtr handle, int event, int detail,
                          void *data);

/* libvirt-log.c; only for the embedded driver, others keep their own logs */
int sbx_log_watch(SbxLibvirt *driver); /* an id for virEventRemoveHandle(), or -1 */
char *sbx_log_tail(SbxLibvirt *driver, const char *domain); /* NULL when there is nothing */
void sbx_log_remove(SbxLibvirt *driver, const char *domain);

/* libvirt-error.c: GError from the calling thread's last libvirt error. */
void sbx_libvirt_error(GError **error, SbxVirtError fallback, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
void sbx_libvirt_silence(void);
