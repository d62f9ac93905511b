/*
 * The driver interface: what the keeper asks of whatever runs its virtual machines.
 *
 * A table of operations, so that tests can put a fake behind it. The sbx_driver_*() functions
 * below are the only way callers reach the table.
 *
 * Threads. open, start, kill and close block (a cold open takes seconds, a start 300 ms or more)
 * and are meant for worker threads; start and kill may run in any number of threads at once.
 * Notifications arrive on the GMainContext given to open, never inside a call of this interface.
 */
#pragma once

#include <gio/gio.h>
#include <sys/types.h>

#include "virt/domain-xml.h"
#include "virt/kvm-probe.h"

#define SBX_VIRT_ERROR sbx_virt_error_quark()
GQuark sbx_virt_error_quark(void);

typedef enum {
    SBX_VIRT_ERROR_FAILED,       /* anything else; the message is libvirt's */
    SBX_VIRT_ERROR_UNAVAILABLE,  /* something must be installed, started or permitted first */
    SBX_VIRT_ERROR_INVALID,      /* the caller's configuration or spec makes no sense */
    SBX_VIRT_ERROR_START_FAILED, /* libvirt or QEMU could not start this VM */
    SBX_VIRT_ERROR_NO_MEMORY,    /* the host has not enough memory for it */
    SBX_VIRT_ERROR_NO_SPACE,     /* a file system is full */
    SBX_VIRT_ERROR_GONE,         /* the VM or the connection to the driver is no more */
    SBX_VIRT_ERROR_TIMED_OUT,
} SbxVirtError;

typedef enum {
    SBX_DRIVER_CLONE = 1 << 0,        /* spares from a template's memory */
    SBX_DRIVER_PAUSE = 1 << 1,        /* suspend and resume, start paused */
    SBX_DRIVER_HOTPLUG = 1 << 2,      /* disks and NICs of a running VM */
    SBX_DRIVER_SNAPSHOT = 1 << 3,     /* device state and memory to a file */
    SBX_DRIVER_AUTODESTROY = 1 << 4,  /* the driver itself ends VMs when its caller dies; without
                                         it the keeper's PID namespace has to */
    SBX_DRIVER_USER_NETWORK = 1 << 5, /* NICs without privileges or a prepared tap */
    SBX_DRIVER_VSOCK = 1 << 6,        /* the host has vhost-vsock */
} SbxDriverCapabilities;

typedef struct SbxDriver SbxDriver;
typedef struct SbxDomain SbxDomain;

typedef struct {
    /* NULL: libvirt's embedded QEMU driver below root_dir. Else a URI such as qemu:///system. The
     * daemon looks at who opens it; afterwards the process may become another user. */
    const char *uri;
    /* Embedded: absolute and short (sockets below it have 108-byte names); see libvirt-embed.c
     * for what must be there. One per process, for its whole life. */
    const char *root_dir;
    /* A daemon's driver: a directory of the caller alone, in which its VMs' initrds lie. Whatever
     * boots from there is left over from an earlier caller and is removed; NULL: nothing is. */
    const char *own_dir;
    /* Where notifications run; NULL: the default one. */
    GMainContext *context;
    /* What sbx_kvm_probe() said, and why. Anything but SBX_KVM_WORKS means TCG. */
    SbxKvmState kvm;
    const char *kvm_reason;
} SbxDriverConfig;

/* Strings belong to the driver. Versions are libvirt's numbers, as in SbxDomainSpec. */
typedef struct {
    const char *uri;
    const char *hypervisor; /* "QEMU" */
    unsigned long hypervisor_version;
    unsigned long libvirt_version;
    const char *emulator; /* its path */
    gboolean kvm;
    const char *accelerator_reason;
    /* A daemon's driver: the group that its QEMU has; -1 where QEMU is run as the caller. */
    gid_t qemu_group;
} SbxDriverInfo;

typedef enum {
    SBX_DOMAIN_SHUTDOWN,  /* the guest turned itself off, rebooted or panicked */
    SBX_DOMAIN_CRASHED,   /* the VMM ended by itself or was killed by somebody else, or the
                             connection to libvirt's daemon was lost and the VM with it */
    SBX_DOMAIN_DESTROYED, /* sbx_driver_kill() or sbx_driver_close() */
} SbxDomainEnd;

/*
 * Runs exactly once per domain that start() returned, on the driver's context, possibly before
 * start() has returned in its thread. The VMM's process is gone by then (but a daemon that
 * crashed may have left it). `detail` is the VMM's last words, or NULL.
 */
typedef void (*SbxDomainEndedFunc)(SbxDomain *domain, SbxDomainEnd end, const char *detail,
                                   gpointer data);

/* fn may be NULL. free runs exactly once: after fn, or when start fails. Any thread then. */
typedef struct {
    SbxDomainEndedFunc fn;
    gpointer data;
    GDestroyNotify free;
} SbxDomainEnded;

typedef struct {
    const char *name;
    SbxDriver *(*open)(const SbxDriverConfig *config, GError **error);
    void (*close)(SbxDriver *driver);
    void (*describe)(SbxDriver *driver, SbxDriverInfo *info);
    SbxDomain *(*start)(SbxDriver *driver, const SbxDomainSpec *spec, const SbxDomainEnded *ended,
                        GError **error);
    gboolean (*kill)(SbxDomain *domain, GError **error);
    void (*free_domain)(SbxDomain *domain);
    /* Only with SBX_DRIVER_PAUSE. */
    gboolean (*set_paused)(SbxDomain *domain, gboolean paused, GError **error);
} SbxDriverOps;

/* The heads of every driver's own structures. */
struct SbxDriver {
    const SbxDriverOps *ops;
    SbxDriverCapabilities capabilities;
};

struct SbxDomain {
    SbxDriver *driver; /* a reference, whatever the driver counts it with */
    gatomicrefcount references;
    char *name;
    pid_t pid; /* in the caller's PID namespace; 0 where that is not known */
};

/* Opens the driver for config->uri. Close it with sbx_driver_close(). */
SbxDriver *sbx_driver_open(const SbxDriverConfig *config, GError **error);

/*
 * Kills what still runs and waits until each is gone. No start or kill may be under way.
 * Notifications still queued run afterwards. Domains that are still held keep what they need;
 * of their functions only ref, unref, name and pid may be used from then on.
 */
void sbx_driver_close(SbxDriver *driver);

SbxDriverCapabilities sbx_driver_capabilities(SbxDriver *driver);
void sbx_driver_describe(SbxDriver *driver, SbxDriverInfo *info);

/*
 * Starts a VM; it runs when this returns. The caller must listen on the spec's sockets already.
 * spec->kvm and spec->qemu_version are the caller's choice, normally from describe. `ended` may
 * be NULL. The domain is a reference of the caller's; it does not keep the VM alive or end it.
 */
SbxDomain *sbx_driver_start(SbxDriver *driver, const SbxDomainSpec *spec,
                            const SbxDomainEnded *ended, GError **error);

/* Ends the VM at once, without asking it. When it returns TRUE the VMM's process is gone, now or
 * from before: killing what has ended is no error. */
gboolean sbx_driver_kill(SbxDomain *domain, GError **error);

/* Stops the VM, or lets it go on; blocks. With a monitor of the caller's own, that is the way: libvirt
 * does not know the state of a VM that was started paused. */
gboolean sbx_driver_set_paused(SbxDomain *domain, gboolean paused, GError **error);

SbxDomain *sbx_domain_ref(SbxDomain *domain);
SbxDomain *sbx_domain_unref(SbxDomain *domain); /* takes NULL, returns NULL, does not block */
const char *sbx_domain_name(SbxDomain *domain);
pid_t sbx_domain_pid(SbxDomain *domain);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SbxDomain, sbx_domain_unref)
