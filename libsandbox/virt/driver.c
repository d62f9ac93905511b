/*
 * The thin layer between callers and a driver's operations: choice by URI, references, dispatch.
 */
#include "virt/driver.h"

#include <string.h>

#include "virt/libvirt-private.h"

G_DEFINE_QUARK(sbx - virt - error - quark, sbx_virt_error)

SbxDriver *sbx_driver_open(const SbxDriverConfig *config, GError **error)
{
    if (config->uri == NULL || g_str_has_prefix(config->uri, "qemu:///embed") ||
        g_str_has_prefix(config->uri, "qemu:///system"))
        return sbx_libvirt_ops.open(config, error);
    g_set_error(error, SBX_VIRT_ERROR, SBX_VIRT_ERROR_UNAVAILABLE,
                "no driver for %s; known: qemu:///embed (the default), qemu:///system",
                config->uri);
    return NULL;
}

void sbx_driver_close(SbxDriver *driver)
{
    if (driver != NULL)
        driver->ops->close(driver);
}

SbxDriverCapabilities sbx_driver_capabilities(SbxDriver *driver)
{
    return driver->capabilities;
}

void sbx_driver_describe(SbxDriver *driver, SbxDriverInfo *info)
{
    driver->ops->describe(driver, info);
}

SbxDomain *sbx_driver_start(SbxDriver *driver, const SbxDomainSpec *spec,
                            const SbxDomainEnded *ended, GError **error)
{
    static const SbxDomainEnded nobody;

    return driver->ops->start(driver, spec, ended != NULL ? ended : &nobody, error);
}

gboolean sbx_driver_kill(SbxDomain *domain, GError **error)
{
    return domain->driver->ops->kill(domain, error);
}

gboolean sbx_driver_set_paused(SbxDomain *domain, gboolean paused, GError **error)
{
    if (domain->driver->ops->set_paused != NULL)
        return domain->driver->ops->set_paused(domain, paused, error);
    g_set_error(error, SBX_VIRT_ERROR, SBX_VIRT_ERROR_UNAVAILABLE, "the driver %s cannot pause",
                domain->driver->ops->name);
    return FALSE;
}

SbxDomain *sbx_domain_ref(SbxDomain *domain)
{
    g_atomic_ref_count_inc(&domain->references);
    return domain;
}

SbxDomain *sbx_domain_unref(SbxDomain *domain)
{
    if (domain != NULL && g_atomic_ref_count_dec(&domain->references))
        domain->driver->ops->free_domain(domain);
    return NULL;
}

const char *sbx_domain_name(SbxDomain *domain)
{
    return domain->name;
}

pid_t sbx_domain_pid(SbxDomain *domain)
{
    return domain->pid;
}
