/*
 * Writes domain XML with libxml2's writer, which escapes whatever it is given.
 *
 * The machine is the smallest that boots a stock kernel quickly: q35 with SeaBIOS (qboot hangs
 * with vmgenid), virtio disks, one virtio-serial port for the agent, a serial console, entropy
 * and a generation id. No USB, graphics, sound, balloon or NIC.
 *
 * Both streams connect *from* QEMU to sockets on which the keeper listens: it then has each
 * stream from the first byte, no path has to be waited for, and a guest that floods its console
 * meets a socket's buffer and not somebody's disk.
 *
 * Guest RAM that clones share is a file, which libvirt's own XML cannot say (its file backends make
 * the file's name themselves): it is given to QEMU in a qemu:commandline element.
 */
#include "virt/domain-xml.h"

#include <libxml/xmlwriter.h>
#include <string.h>

#include "virt/driver.h"

enum { QEMU_10 = 10 * 1000000 };

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlTextWriter, xmlFreeTextWriter)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlBuffer, xmlBufferFree)

/* The writer's calls fail only when memory runs out; the result is checked once, at the end. */
static void begin(xmlTextWriter *w, const char *name)
{
    xmlTextWriterStartElement(w, BAD_CAST name);
}

static void end(xmlTextWriter *w)
{
    xmlTextWriterEndElement(w);
}

static void attribute(xmlTextWriter *w, const char *name, const char *value)
{
    xmlTextWriterWriteAttribute(w, BAD_CAST name, BAD_CAST value);
}

static void text_element(xmlTextWriter *w, const char *name, const char *text)
{
    xmlTextWriterWriteElement(w, BAD_CAST name, BAD_CAST text);
}

/* An element with attributes only: name, value, ..., NULL. */
static void G_GNUC_NULL_TERMINATED element(xmlTextWriter *w, const char *name, ...)
{
    va_list args;
    const char *key;

    begin(w, name);
    va_start(args, name);
    while ((key = va_arg(args, const char *)) != NULL)
        attribute(w, key, va_arg(args, const char *));
    va_end(args);
    end(w);
}

static gboolean is_old_tcg(const SbxDomainSpec *spec)
{
    return !spec->kvm && spec->qemu_version < QEMU_10;
}

char *sbx_kernel_cmdline(const SbxDomainSpec *spec)
{
    /* cryptomgr.notests: 0.36 s of self tests at boot under TCG. panic=-1: a panic ends the VM. */
    GString *line = g_string_new("console=ttyS0 quiet panic=-1 cryptomgr.notests");

    /* Emulated timers are too coarse for the kernel's calibration, which then distrusts them. */
    if (!spec->kvm)
        g_string_append(line, " tsc=reliable no_timer_check");
    /* On a busy host they are worse: clocks of guests that were not told ran up to 8 times too fast. */
    if (!spec->kvm && spec->tsc_khz > 0)
        g_string_append_printf(line, " tsc_early_khz=%u", spec->tsc_khz);
    /*
     * QEMU before 10 translates ld.so anew at every exec when the guest randomises addresses: a
     * warm `true` takes 22 ms with it and 2.6 ms without. It costs the guest's own programs their
     * address randomisation, so never where it gains nothing.
     */
    if (is_old_tcg(spec))
        g_string_append(line, " norandmaps");
    return g_string_free(line, FALSE);
}

static void write_boot(xmlTextWriter *w, const SbxDomainSpec *spec)
{
    g_autofree char *cmdline = spec->cmdline == NULL ? sbx_kernel_cmdline(spec) : NULL;

    begin(w, "os");
    begin(w, "type");
    attribute(w, "arch", "x86_64");
    attribute(w, "machine", "q35");
    xmlTextWriterWriteString(w, BAD_CAST "hvm");
    end(w);
    text_element(w, "kernel", spec->kernel);
    if (spec->initrd != NULL)
        text_element(w, "initrd", spec->initrd);
    text_element(w, "cmdline", cmdline != NULL ? cmdline : spec->cmdline);
    end(w);
    begin(w, "features");
    element(w, "acpi", NULL);
    element(w, "apic", NULL);
    end(w);
}

/*
 * KVM: host-passthrough. Templates and their clones run on the host that made them, so a portable
 * model would only cost features; `migratable` keeps out what cannot be saved. A guest needs no
 * virtualisation of its own: leaving it out is attack surface saved.
 *
 * TCG: everything it can emulate. Without cx16 on QEMU before 10: its emulation crashed 9 of 71
 * boots of stock kernels with a double fault; none without. Without erms and fsrm, which tell kernel
 * and C library that `rep movsb` is the fastest way to copy: emulated it takes a byte at a time, and
 * what they do instead eight. A process's output passes at 129 MiB/s instead of 44.
 */
static void write_cpu(xmlTextWriter *w, const SbxDomainSpec *spec)
{
    begin(w, "cpu");
    if (spec->kvm) {
        attribute(w, "mode", "host-passthrough");
        attribute(w, "check", "none");
        attribute(w, "migratable", "on");
        element(w, "feature", "policy", "disable", "name", "vmx", NULL);
    } else {
        attribute(w, "mode", "maximum");
        attribute(w, "check", "none");
        if (is_old_tcg(spec))
            element(w, "feature", "policy", "disable", "name", "cx16", NULL);
        element(w, "feature", "policy", "disable", "name", "erms", NULL);
        element(w, "feature", "policy", "disable", "name", "fsrm", NULL);
    }
    element(w, "feature", "policy", "disable", "name", "svm", NULL);
    end(w);
}

/*
 * Where devices are on the root bus. Left to itself libvirt puts a root port before each of them, and
 * five ports that the firmware and the kernel have to walk cost a guest's boot 0.3 s under TCG.
 */
typedef enum { SLOT_ROOT = 2, SLOT_SCRATCH, SLOT_SERIAL, SLOT_RNG } Slot;

/* Virtio 1.0 only: no legacy registers that nobody uses. */
#define VIRTIO_MODEL "virtio-non-transitional"

static void write_address(xmlTextWriter *w, Slot slot)
{
    char number[8];

    g_snprintf(number, sizeof number, "0x%02x", slot);
    element(w, "address", "type", "pci", "domain", "0x0000", "bus", "0x00", "slot", number,
            "function", "0x0", NULL);
}

/* Formats are always stated: libvirt and QEMU must never guess one from hostile content. */
static void write_disk(xmlTextWriter *w, const char *path, const char *fdgroup, const char *target)
{
    gboolean scratch = strcmp(target, "vdb") == 0;

    begin(w, "disk");
    attribute(w, "type", "file");
    attribute(w, "device", "disk");
    attribute(w, "model", VIRTIO_MODEL);
    begin(w, "driver");
    attribute(w, "name", "qemu");
    attribute(w, "type", "raw");
    if (scratch) {
        /* It dies with the VM: its flushes need not reach a disk, its discards free host space. */
        attribute(w, "cache", "unsafe");
        attribute(w, "discard", "unmap");
        /* A full host disk is an I/O error for the guest; QEMU's default would stop the VM. */
        attribute(w, "error_policy", "report");
    }
    end(w);
    begin(w, "source");
    attribute(w, "file", path);
    if (fdgroup != NULL)
        attribute(w, "fdgroup", fdgroup);
    end(w);
    element(w, "target", "dev", target, "bus", "virtio", NULL);
    if (!scratch)
        element(w, "readonly", NULL);
    write_address(w, scratch ? SLOT_SCRATCH : SLOT_ROOT);
    end(w);
}

static void write_disks(xmlTextWriter *w, const SbxDomainSpec *spec)
{
    if (spec->root_image != NULL)
        write_disk(w, spec->root_image, NULL, "vda");
    if (spec->scratch_fd >= 0)
        write_disk(w, "/" SBX_SCRATCH_FDGROUP, SBX_SCRATCH_FDGROUP, "vdb");
    else if (spec->scratch != NULL)
        write_disk(w, spec->scratch, NULL, "vdb");
}

static void write_channel(xmlTextWriter *w, const char *socket, const char *port)
{
    begin(w, "channel");
    attribute(w, "type", "unix");
    element(w, "source", "mode", "connect", "path", socket, NULL);
    element(w, "target", "type", "virtio", "name", port, NULL);
    end(w);
}

static void write_streams(xmlTextWriter *w, const SbxDomainSpec *spec)
{
    if (spec->console_socket != NULL) {
        begin(w, "serial");
        attribute(w, "type", "unix");
        element(w, "source", "mode", "connect", "path", spec->console_socket, NULL);
        element(w, "target", "type", "isa-serial", "port", "0", NULL);
        end(w);
    }
    if (spec->agent_socket != NULL) {
        begin(w, "controller");
        attribute(w, "type", "virtio-serial");
        attribute(w, "index", "0");
        attribute(w, "model", VIRTIO_MODEL);
        write_address(w, SLOT_SERIAL);
        end(w);
        write_channel(w, spec->agent_socket, SBX_AGENT_PORT);
    }
    if (spec->reset_socket != NULL)
        write_channel(w, spec->reset_socket, SBX_RESET_PORT);
}

static void write_devices(xmlTextWriter *w, const SbxDomainSpec *spec)
{
    begin(w, "devices");
    if (spec->emulator != NULL)
        text_element(w, "emulator", spec->emulator);
    write_disks(w, spec);
    element(w, "controller", "type", "usb", "model", "none", NULL);
    write_streams(w, spec);
    begin(w, "rng");
    attribute(w, "model", VIRTIO_MODEL);
    /* QEMU's own getrandom(): no device node to open. */
    element(w, "backend", "model", "builtin", NULL);
    write_address(w, SLOT_RNG);
    end(w);
    element(w, "memballoon", "model", "none", NULL);
    end(w);
}

static void write_user(xmlTextWriter *w, const SbxDomainSpec *spec)
{
    if (spec->qemu_user == NULL)
        return;
    begin(w, "seclabel");
    attribute(w, "type", "static");
    attribute(w, "model", "dac");
    attribute(w, "relabel", "no");
    text_element(w, "label", spec->qemu_user);
    end(w);
}

static void write_argument(xmlTextWriter *w, const char *option, const char *value)
{
    element(w, "qemu:arg", "value", option, NULL);
    element(w, "qemu:arg", "value", value, NULL);
}

static void write_memory_backend(xmlTextWriter *w, const SbxDomainSpec *spec)
{
    g_autoptr(GString) backend = g_string_new(NULL);

    g_string_printf(backend, "memory-backend-%s,id=" SBX_MEMORY_BACKEND ",size=%" G_GUINT64_FORMAT,
                    spec->memory_file != NULL ? "file" : "ram", (guint64)spec->memory);
    if (spec->memory_file != NULL)
        g_string_append_printf(backend, ",mem-path=%s,share=%s", spec->memory_file,
                               spec->memory_shared ? "on" : "off");
    write_argument(w, "-object", backend->str);
    /* libvirt has named a backend as well; the last one counts. */
    write_argument(w, "-machine", "memory-backend=" SBX_MEMORY_BACKEND);
}

/* A QMP monitor besides libvirt's (see monitor_socket in domain-xml.h) and what goes with it. */
static void write_command_line(xmlTextWriter *w, const SbxDomainSpec *spec)
{
    g_autofree char *chardev = NULL;

    if (spec->monitor_socket == NULL)
        return;
    chardev = g_strdup_printf("socket,id=sbx-monitor,path=%s", spec->monitor_socket);
    begin(w, "qemu:commandline");
    write_argument(w, "-chardev", chardev);
    write_argument(w, "-mon", "chardev=sbx-monitor,mode=control");
    write_memory_backend(w, spec);
    if (spec->incoming)
        write_argument(w, "-incoming", "defer");
    end(w);
}

/* An emulated processor that the host takes its CPU from while it holds one of its kernel's locks lets
 * the others spin, for as long as the host's scheduler likes. It happens whenever one wakes another:
 * a pipe between two processes was four times slower on a busy host. Whoever is SCHED_BATCH preempts
 * nobody when it wakes up; its share is the same. Under KVM the kernels tell each other. */
static void write_scheduling(xmlTextWriter *w, const SbxDomainSpec *spec)
{
    g_autofree char *vcpus = g_strdup_printf("0-%u", spec->vcpus - 1);

    if (spec->kvm || spec->vcpus == 1)
        return;
    begin(w, "cputune");
    element(w, "vcpusched", "vcpus", vcpus, "scheduler", "batch", NULL);
    end(w);
}

static void write_domain(xmlTextWriter *w, const SbxDomainSpec *spec)
{
    begin(w, "domain");
    attribute(w, "type", spec->kvm ? "kvm" : "qemu");
    if (spec->monitor_socket != NULL)
        attribute(w, "xmlns:qemu", "http://libvirt.org/schemas/domain/qemu/1.0");
    text_element(w, "name", spec->name);
    if (spec->uuid != NULL)
        text_element(w, "uuid", spec->uuid);
    /* A fresh generation id per start: restored guests notice and reseed their entropy. */
    element(w, "genid", NULL);
    begin(w, "memory");
    attribute(w, "unit", "b");
    xmlTextWriterWriteFormatString(w, "%" G_GUINT64_FORMAT, (guint64)spec->memory);
    end(w);
    begin(w, "vcpu");
    xmlTextWriterWriteFormatString(w, "%u", spec->vcpus);
    end(w);
    write_scheduling(w, spec);
    write_boot(w, spec);
    write_cpu(w, spec);
    element(w, "clock", "offset", "utc", NULL);
    text_element(w, "on_poweroff", "destroy");
    text_element(w, "on_reboot", "destroy");
    text_element(w, "on_crash", "destroy");
    write_devices(w, spec);
    write_user(w, spec);
    write_command_line(w, spec);
    end(w);
}

static gboolean is_name(const char *name)
{
    if (name == NULL || !g_ascii_isalnum(name[0]) || strlen(name) > 64)
        return FALSE;
    for (const char *c = name; *c != '\0'; c++)
        if (!g_ascii_isalnum(*c) && strchr("-_.", *c) == NULL)
            return FALSE;
    return TRUE;
}

/* XML cannot carry control characters. */
static gboolean is_plain_text(const char *text)
{
    if (!g_utf8_validate(text, -1, NULL))
        return FALSE;
    for (const char *c = text; *c != '\0'; c++)
        if (g_ascii_iscntrl(*c))
            return FALSE;
    return TRUE;
}

/* libvirt would take a relative path as its own. */
static gboolean is_path(const char *path)
{
    return path == NULL || (path[0] == '/' && is_plain_text(path));
}

static gboolean invalid(GError **error, const char *field, const char *value)
{
    g_set_error(error, SBX_VIRT_ERROR, SBX_VIRT_ERROR_INVALID,
                "cannot describe the virtual machine: %s is not valid: %s", field,
                value != NULL ? value : "(none)");
    return FALSE;
}

static gboolean check_spec(const SbxDomainSpec *spec, GError **error)
{
    const struct {
        const char *field;
        const char *path;
    } paths[] = {
        {"kernel", spec->kernel},
        {"initrd", spec->initrd},
        {"root image", spec->root_image},
        {"scratch disk", spec->scratch},
        {"agent socket", spec->agent_socket},
        {"console socket", spec->console_socket},
        {"monitor socket", spec->monitor_socket},
        {"reset socket", spec->reset_socket},
        {"memory file", spec->memory_file},
        {"emulator", spec->emulator},
    };

    if (!is_name(spec->name))
        return invalid(error, "name", spec->name);
    if (spec->uuid != NULL && !g_uuid_string_is_valid(spec->uuid))
        return invalid(error, "uuid", spec->uuid);
    if (spec->memory < 1024 * 1024)
        return invalid(error, "memory", "less than one MiB");
    if (spec->vcpus == 0)
        return invalid(error, "number of vCPUs", "0");
    if (spec->kernel == NULL)
        return invalid(error, "kernel", NULL);
    if (spec->monitor_socket == NULL && (spec->memory_file != NULL || spec->incoming))
        return invalid(error, "a saved VM's memory", "needs a monitor");
    /* QEMU would read it as the beginning of the next option. */
    if (spec->monitor_socket != NULL && strchr(spec->monitor_socket, ',') != NULL)
        return invalid(error, "monitor socket", spec->monitor_socket);
    if (spec->memory_file != NULL && strchr(spec->memory_file, ',') != NULL)
        return invalid(error, "memory file", spec->memory_file);
    if (spec->qemu_user != NULL && !is_plain_text(spec->qemu_user))
        return invalid(error, "user of QEMU", spec->qemu_user);
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++)
        if (!is_path(paths[i].path))
            return invalid(error, paths[i].field, paths[i].path);
    if (spec->cmdline != NULL && !is_plain_text(spec->cmdline))
        return invalid(error, "kernel command line", spec->cmdline);
    return TRUE;
}

char *sbx_domain_xml(const SbxDomainSpec *spec, GError **error)
{
    if (!check_spec(spec, error))
        return NULL;

    g_autoptr(xmlBuffer) buffer = xmlBufferCreate();
    g_autoptr(xmlTextWriter) w = buffer != NULL ? xmlNewTextWriterMemory(buffer, 0) : NULL;
    if (w == NULL)
        g_error("out of memory");
    xmlTextWriterSetIndent(w, 1);
    write_domain(w, spec);
    if (xmlTextWriterEndDocument(w) < 0)
        g_error("out of memory");
    return g_strndup((const char *)xmlBufferContent(buffer), (gsize)xmlBufferLength(buffer));
}
