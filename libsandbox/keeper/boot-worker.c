/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of a boot that blocks. It runs in a worker; the main loop takes over what it finds. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sandbox/error.h>

#include "image/initramfs.h"
#include "keeper/boot-private.h"
#include "keeper/disk.h"
#include "keeper/template.h"
#include "virt/host-tsc.h"
#include "wire/fd.h"

/* The initramfs for an image, written once per keeper. */
static char *initramfs_for(SbxKeeper *keeper, SbxImage *image, GError **error)
{
    g_autofree char *agent = g_strdup_printf("/proc/self/fd/%d", keeper->agent_fd);
    g_autofree char *path = NULL;
    const char *known;
    g_auto(fd_t) fd = -1;

    g_mutex_lock(&keeper->boot_lock);
    known = g_hash_table_lookup(keeper->initramfs, image->dir);
    if (known != NULL) {
        path = g_strdup(known);
    } else {
        path = g_strdup_printf("%s/initramfs-%u", keeper->vm_dir,
                               g_hash_table_size(keeper->initramfs));
        fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, sbx_keeper_file_mode(keeper));
        if (fd >= 0 && sbx_initramfs_write(fd, image->modules, agent, error))
            g_hash_table_insert(keeper->initramfs, g_strdup(image->dir), g_strdup(path));
        else
            g_clear_pointer(&path, g_free);
        if (fd < 0)
            sbx_fault_set(error, SBX_E_SYSTEM, errno, NULL, "cannot write the initramfs: %s",
                          g_strerror(errno));
    }
    g_mutex_unlock(&keeper->boot_lock);
    return g_steal_pointer(&path);
}

void sbx_keeper_fill_in_machine(SbxDriver *driver, const SbxSandboxConfig *config,
                                SbxDomainSpec *spec)
{
    SbxDriverInfo info;

    sbx_driver_describe(driver, &info);
    spec->memory = config->memory;
    spec->vcpus = config->vcpus;
    spec->kvm = info.kvm;
    spec->qemu_version = info.hypervisor_version;
    spec->tsc_khz = spec->kvm ? 0 : sbx_host_tsc_khz();
    spec->emulator = info.emulator;
}

static void boot_free_notify(gpointer data)
{
    sbx_boot_free(data);
}

static void fill_in_memory(SbxBoot *boot, SbxDomainSpec *spec)
{
    SbxSandbox *sandbox = boot->sandbox;

    if (boot->template != NULL) {
        spec->memory_file = boot->template->memory_path;
        spec->incoming = TRUE;
    } else if (sandbox->memory_file != NULL) {
        spec->memory_file = sandbox->memory_file;
        spec->memory_shared = TRUE;
        spec->incoming = sandbox->purpose->is_loader;
    }
}

static SbxDomain *start_vm(SbxBoot *boot, SbxDriver *driver, const char *initramfs, int disk,
                           GError **error)
{
    SbxSandbox *sandbox = boot->sandbox;
    SbxDomainSpec spec = SBX_DOMAIN_SPEC_INIT;
    SbxDomainEnded ended = {sbx_boot_vm_ended, sbx_boot_ref(boot), boot_free_notify};
    SbxDomain *domain;
    GError *reason = NULL;
    g_autofree char *name = g_strdup_printf("%s-%d", sandbox->id, boot->attempt);

    sbx_keeper_fill_in_machine(driver, &sandbox->config, &spec);
    spec.name = boot->attempt == 1 ? sandbox->id : name;
    spec.kernel = boot->image->vmlinux;
    spec.initrd = initramfs;
    spec.root_image = boot->image->rootfs;
    spec.scratch_fd = disk;
    spec.agent_socket = boot->listeners[SBX_LISTEN_AGENT].path;
    spec.console_socket = boot->listeners[SBX_LISTEN_CONSOLE].path;
    spec.monitor_socket = boot->listeners[SBX_LISTEN_MONITOR].path;
    spec.reset_socket = boot->listeners[SBX_LISTEN_RESET].path;
    spec.start_paused = spec.monitor_socket != NULL;
    fill_in_memory(boot, &spec);
    domain = sbx_driver_start(driver, &spec, &ended, &reason);
    if (domain == NULL)
        g_propagate_error(error, sbx_keeper_start_fault(sandbox->keeper, reason));
    return domain;
}

SbxImage *sbx_keeper_find_image(SbxKeeper *keeper, const char *text, GError **error)
{
    g_autoptr(SbxImageName) name = sbx_image_parse_name(text, error);
    GError *fault = NULL;
    SbxImage *image;

    if (name == NULL)
        return NULL;
    image = sbx_image_store_find_in(keeper->image_dirs, name, &fault);
    if (image == NULL)
        g_propagate_error(error, sbx_keeper_image_fault(keeper, fault));
    return image;
}

/* A template that its sandbox came with, or the one for its kind when there is one. */
static SbxTemplate *choose_template(SbxBoot *boot, SbxDriver *driver)
{
    SbxSandbox *sandbox = boot->sandbox;

    if (sandbox->restore_from != NULL)
        return sbx_template_ref(sandbox->restore_from);
    if (sandbox->no_template || sandbox->memory_file != NULL || sandbox->config.spares == 0 ||
        boot->listeners[SBX_LISTEN_MONITOR].path == NULL)
        return NULL;
    return sbx_template_find(sandbox->keeper, driver, boot->image, &sandbox->config);
}

static int make_disk(SbxBoot *boot, GError **error)
{
    SbxSandbox *sandbox = boot->sandbox;
    const char *path = sandbox->disk_file;
    int fd;

    if (boot->template != NULL)
        return sbx_disk_copy(sandbox->keeper, boot->template->disk_fd, sandbox->config.disk_size,
                             error);
    if (sandbox->disk_from >= 0)
        return sbx_disk_copy(sandbox->keeper, sandbox->disk_from, sandbox->config.disk_size, error);
    if (path == NULL)
        return sbx_disk_new(sandbox->keeper, sandbox->config.disk_size, error);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || ftruncate(fd, (off_t)sandbox->config.disk_size) < 0) {
        sbx_fault_set(error, errno == ENOSPC ? SBX_E_NO_SPACE : SBX_E_SYSTEM, errno, NULL,
                      "cannot make %s: %s", path, g_strerror(errno));
        sbx_fd_clear(&fd);
    }
    return fd;
}

void sbx_boot_work(SbxBoot *boot)
{
    SbxSandbox *sandbox = boot->sandbox;
    SbxKeeper *keeper = sandbox->keeper;
    SbxDriver *driver = sbx_keeper_driver(keeper, &boot->fault);
    g_autofree char *initramfs = NULL;
    g_auto(fd_t) disk = -1;

    if (driver == NULL)
        return;
    sbx_boot_trace(boot, "the driver is open");
    boot->image = sbx_keeper_find_image(keeper, sandbox->config.image, &boot->fault);
    if (boot->image == NULL)
        return;
    initramfs = initramfs_for(keeper, boot->image, &boot->fault);
    if (initramfs == NULL)
        return;
    g_atomic_pointer_set(&boot->template, choose_template(boot, driver));
    disk = make_disk(boot, &boot->fault);
    if (disk < 0)
        return;
    g_atomic_int_set(&boot->disk_fd, fcntl(disk, F_DUPFD_CLOEXEC, 0));
    sbx_boot_trace(boot, boot->template != NULL ? "template and disk are ready"
                                                : "image, initramfs and disk are ready");
    if (!g_atomic_int_get(&boot->abandoned))
        boot->domain = start_vm(boot, driver, initramfs, disk, &boot->fault);
}
