/*
 * libvirt domain XML, and the guest kernel's command line, from a plain description of a VM.
 */
#pragma once

#include <glib.h>
#include <stdint.h>

/*
 * Strings are borrowed: they only have to live for the call. Absolute paths throughout. QEMU's
 * version is libvirt's number, 1000000 * major + 1000 * minor + micro; 0 means not known, and
 * brings the workarounds for old ones.
 */
typedef struct {
    const char *name; /* letters, digits, '-', '_', '.'; unique */
    const char *uuid; /* canonical text form; NULL: libvirt makes one */
    uint64_t memory;  /* bytes */
    unsigned vcpus;
    gboolean kvm; /* FALSE: TCG */
    unsigned long qemu_version;
    unsigned tsc_khz;     /* TCG: the host's, see host-tsc.h; 0: the guest finds out */
    const char *emulator; /* NULL: libvirt chooses */
    const char *kernel;
    const char *initrd;
    const char *cmdline;      /* NULL: sbx_kernel_cmdline() */
    const char *root_image;   /* raw, read-only, shared between VMs; appears as vda; may be NULL */
    const char *scratch;      /* raw, writable, of this VM only; appears as vdb; may be NULL */
    int scratch_fd;           /* used instead of `scratch` when not negative; borrowed */
    const char *agent_socket; /* unix sockets on which the caller listens already: QEMU connects */
    const char *console_socket;
    /* The same for a QMP monitor; may be NULL. It exists to let the caller say `cont` at once:
     * libvirt asks a new QEMU for some 400 properties of its CPU, 310-350 ms, before it does. */
    const char *monitor_socket;
    /* The second port of the agent, over which a clone of a running VM is told to begin anew. */
    const char *reset_socket;
    /* Guest RAM: with a monitor it is a memory backend of our own, SBX_MEMORY_BACKEND, so that every
     * VM can be restored from every other. NULL: anonymous memory. Else this file, of exactly
     * `memory` bytes, mapped shared (the file becomes the RAM) or private (copy on write). */
    const char *memory_file;
    gboolean memory_shared;
    /* Waits for "migrate-incoming" instead of booting. */
    gboolean incoming;
    /* libvirt leaves it stopped: the caller says `cont` on the monitor, when it likes. */
    gboolean start_paused;
    /* qemu:///system only: as whom QEMU runs, "+UID:+GID"; then no file changes its owner. NULL:
     * libvirt chooses, and makes images, kernel and initrd that user's. */
    const char *qemu_user;
} SbxDomainSpec;

/* What a spec must be set to before its fields are filled in. */
#define SBX_DOMAIN_SPEC_INIT                                                                       \
    {                                                                                              \
        .scratch_fd = -1                                                                           \
    }

/* The fdgroup name under which the driver passes scratch_fd. */
#define SBX_SCRATCH_FDGROUP "scratch"

/* The names of the virtio-serial ports that the guest's agent opens. */
#define SBX_AGENT_PORT "org.libsandbox.agent.0"
#define SBX_RESET_PORT "org.libsandbox.reset.0"

#define SBX_MEMORY_BACKEND "sbx-ram"

/* The XML, to be freed with g_free(), or NULL and SBX_VIRT_ERROR_INVALID. Any thread. */
char *sbx_domain_xml(const SbxDomainSpec *spec, GError **error);

/* The guest kernel's command line for that accelerator and QEMU; free it with g_free(). */
char *sbx_kernel_cmdline(const SbxDomainSpec *spec);
