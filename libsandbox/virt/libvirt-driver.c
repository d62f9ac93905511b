/*
 * The libvirt driver: one code for qemu:///embed and qemu:///system. Where they differ:
 *
 *                       embed                               system
 *   runs QEMU           as a child of our namespace's init  as a child of a daemon
 *   when we crash       the PID namespace's end kills all   AUTODESTROY
 *   kill                SIGKILL through a pidfd: ~10 ms     virDomainDestroy(): 200 ms and more
 *   the VMM's pid       known                               not known: another PID namespace
 *   QEMU's log          ours: bounded here, removed         virtlogd's or the daemon's, removed
 *                       when the domain ends                with virDomainDestroy() only
 *   QEMU runs as        our own user                        that too; for root as user libvirt-qemu
 */
#include <string.h>
#include <unistd.h>

#include "virt/libvirt-private.h"

SbxLibvirt *sbx_libvirt_ref(SbxLibvirt *driver)
{
    g_atomic_ref_count_inc(&driver->references);
    return driver;
}

void sbx_libvirt_unref(SbxLibvirt *driver)
{
    if (!g_atomic_ref_count_dec(&driver->references))
        return;
    g_hash_table_unref(driver->domains);
    g_mutex_clear(&driver->lock);
    g_clear_pointer(&driver->context, g_main_context_unref);
    g_free(driver->root);
    g_free(driver->uri);
    g_free(driver->emulator);
    g_free(driver->qemu_user);
    g_free(driver->accelerator_reason);
    g_free(driver);
}

static void unref_from_libvirt(void *data)
{
    sbx_libvirt_unref(data);
}

static gboolean query_emulator(SbxLibvirt *driver, const char *type)
{
    char *capabilities =
        virConnectGetDomainCapabilities(driver->connection, NULL, "x86_64", "q35", type, 0);

    if (capabilities == NULL)
        return FALSE;
    g_free(driver->emulator);
    driver->emulator = sbx_xml_find(capabilities, "string(/domainCapabilities/path)");
    free(capabilities);
    return driver->emulator != NULL;
}

/* Asks libvirt too: QEMU may lack KVM, or the daemon's user may not open what the probe could. */
static gboolean choose_accelerator(SbxLibvirt *driver, const SbxDriverConfig *config,
                                   GError **error)
{
    const char *reason =
        config->kvm_reason != NULL ? config->kvm_reason : sbx_kvm_state_name(config->kvm);

    if (config->kvm == SBX_KVM_WORKS) {
        if (query_emulator(driver, "kvm")) {
            driver->kvm = TRUE;
            driver->accelerator_reason = g_strdup(reason);
            return TRUE;
        }
        virErrorPtr last = virGetLastError();
        driver->accelerator_reason = g_strdup_printf(
            "KVM works, but libvirt cannot use it: %s",
            last != NULL && last->message != NULL ? last->message : "unknown error");
    } else {
        driver->accelerator_reason = g_strdup(reason);
    }
    if (query_emulator(driver, "qemu"))
        return TRUE;
    sbx_libvirt_error(error, SBX_VIRT_ERROR_UNAVAILABLE,
                      "libvirt finds no QEMU for x86_64; install qemu-system-x86 "
                      "(qemu-kvm, qemu-system-x86-core)");
    return FALSE;
}

static void on_connection_closed(virConnectPtr connection G_GNUC_UNUSED, int reason G_GNUC_UNUSED,
                                 void *data)
{
    sbx_libvirt_lose_all(data);
}

static void fail_open(SbxLibvirt *driver, GError **error)
{
    virErrorPtr last = virGetLastError();
    const char *message = last != NULL && last->message != NULL ? last->message : "";

    if (strstr(message, "Failed to connect socket") != NULL)
        sbx_libvirt_error(error, SBX_VIRT_ERROR_UNAVAILABLE,
                          "cannot reach %s; is libvirtd or virtqemud running, and may this user "
                          "(group libvirt) talk to it?",
                          driver->uri);
    else if (last != NULL && (last->code == VIR_ERR_NO_CONNECT ||
                              strstr(message, "no connection driver available") != NULL))
        sbx_libvirt_error(error, SBX_VIRT_ERROR_UNAVAILABLE,
                          "libvirt has no driver for %s; install its QEMU driver "
                          "(libvirt-daemon, libvirt-daemon-driver-qemu)",
                          driver->uri);
    else
        sbx_libvirt_error(error, SBX_VIRT_ERROR_UNAVAILABLE, "cannot open %s", driver->uri);
}

static gboolean connect_libvirt(SbxLibvirt *driver, GError **error)
{
    /* libvirt's first open of an embedded driver is not thread-safe. */
    static GMutex first_open;

    g_mutex_lock(&first_open);
    driver->connection = virConnectOpen(driver->uri);
    g_mutex_unlock(&first_open);
    if (driver->connection == NULL) {
        fail_open(driver, error);
        return FALSE;
    }
    driver->lifecycle_callback =
        virConnectDomainEventRegisterAny(driver->connection, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                         VIR_DOMAIN_EVENT_CALLBACK(sbx_libvirt_lifecycle),
                                         sbx_libvirt_ref(driver), unref_from_libvirt);
    if (driver->lifecycle_callback < 0) {
        sbx_libvirt_unref(driver);
        sbx_libvirt_error(error, SBX_VIRT_ERROR_FAILED, "cannot watch domains of %s", driver->uri);
        return FALSE;
    }
    if (!driver->embedded &&
        virConnectRegisterCloseCallback(driver->connection, on_connection_closed,
                                        sbx_libvirt_ref(driver), unref_from_libvirt) < 0)
        sbx_libvirt_unref(driver);
    return TRUE;
}

static gboolean fill_in(SbxLibvirt *driver, const SbxDriverConfig *config, GError **error)
{
    if (!choose_accelerator(driver, config, error))
        return FALSE;
    if (virConnectGetVersion(driver->connection, &driver->hypervisor_version) < 0 ||
        virConnectGetLibVersion(driver->connection, &driver->libvirt_version) < 0) {
        sbx_libvirt_error(error, SBX_VIRT_ERROR_FAILED, "cannot ask %s for its version",
                          driver->uri);
        return FALSE;
    }
    if (!driver->embedded) {
        if (!sbx_daemon_find_user(driver, error))
            return FALSE;
        if (config->own_dir != NULL)
            sbx_daemon_sweep(driver, config->own_dir);
    }
    driver->base.capabilities = SBX_DRIVER_PAUSE | SBX_DRIVER_HOTPLUG | SBX_DRIVER_USER_NETWORK;
    /* A daemon's security drivers know nothing of our monitor and of RAM in our files. */
    driver->base.capabilities |= driver->embedded ? SBX_DRIVER_CLONE | SBX_DRIVER_SNAPSHOT
                                                  : SBX_DRIVER_AUTODESTROY;
    if (access("/dev/vhost-vsock", R_OK | W_OK) == 0)
        driver->base.capabilities |= SBX_DRIVER_VSOCK;
    return TRUE;
}

/* Kills, unregisters and disconnects: also after a failed open, where there is less to undo. */
static void sbx_libvirt_close(SbxDriver *base)
{
    SbxLibvirt *driver = (SbxLibvirt *)base;

    if (driver->connection != NULL) {
        sbx_libvirt_kill_all(driver);
        if (driver->log_watch >= 0)
            virEventRemoveHandle(driver->log_watch);
        if (driver->lifecycle_callback >= 0)
            virConnectDomainEventDeregisterAny(driver->connection, driver->lifecycle_callback);
        if (!driver->embedded)
            virConnectUnregisterCloseCallback(driver->connection, on_connection_closed);
        virConnectClose(driver->connection);
        driver->connection = NULL;
    }
    sbx_libvirt_unref(driver);
}

static SbxDriver *sbx_libvirt_open(const SbxDriverConfig *config, GError **error)
{
    SbxLibvirt *driver = g_new0(SbxLibvirt, 1);

    driver->base.ops = &sbx_libvirt_ops;
    g_atomic_ref_count_init(&driver->references);
    g_mutex_init(&driver->lock);
    driver->domains = g_hash_table_new(g_str_hash, g_str_equal);
    driver->lifecycle_callback = -1;
    driver->log_watch = -1;
    driver->qemu_group = (gid_t)-1;
    driver->context =
        g_main_context_ref(config->context != NULL ? config->context : g_main_context_default());
    driver->embedded = config->uri == NULL || g_str_has_prefix(config->uri, "qemu:///embed");
    if (driver->embedded) {
        driver->root = g_strdup(config->root_dir);
        driver->uri = sbx_embed_prepare(driver->root, error);
    } else {
        driver->uri = g_strdup(config->uri);
    }
    if (driver->uri == NULL || !sbx_libvirt_start_events(driver->context, error) ||
        !connect_libvirt(driver, error) || !fill_in(driver, config, error)) {
        sbx_libvirt_close(&driver->base);
        return NULL;
    }
    driver->log_watch = sbx_log_watch(driver);
    return &driver->base;
}

static void sbx_libvirt_describe(SbxDriver *base, SbxDriverInfo *info)
{
    SbxLibvirt *driver = (SbxLibvirt *)base;

    *info = (SbxDriverInfo){
        .uri = driver->uri,
        .hypervisor = "QEMU",
        .hypervisor_version = driver->hypervisor_version,
        .libvirt_version = driver->libvirt_version,
        .emulator = driver->emulator,
        .kvm = driver->kvm,
        .accelerator_reason = driver->accelerator_reason,
        .qemu_group = driver->qemu_group,
    };
}

const SbxDriverOps sbx_libvirt_ops = {
    .name = "libvirt",
    .open = sbx_libvirt_open,
    .close = sbx_libvirt_close,
    .describe = sbx_libvirt_describe,
    .start = sbx_libvirt_start,
    .kill = sbx_libvirt_kill,
    .free_domain = sbx_libvirt_free_domain,
    .set_paused = sbx_libvirt_set_paused,
};
