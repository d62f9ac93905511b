/*
 * What is special about libvirt's daemon.
 *
 * The user. Left to itself the daemon runs QEMU as libvirt-qemu and makes kernel, initrd and images
 * that user's. Images are shared, and their stamps (image/check.h) notice a change of owner; so
 * every domain states its user and that no file is to be given away. Which user:
 *   - root's VMs: the daemon's own, which has what the host's administrator gave it (/dev/kvm, a
 *     group). The keeper shares its group, and files with that group;
 *   - an ordinary user's: that user, as with the embedded driver. libvirt-qemu could not connect to
 *     sockets that others must not reach, nor read an image in a home directory. The group is the
 *     daemon's, for its directories.
 *
 * Leftovers. A keeper that dies between define and undefine of a domain leaves its definition (see
 * libvirt-domain.c), and a daemon that dies leaves QEMU. Both boot from an initrd in the keeper's
 * own directory.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "virt/libvirt-private.h"

#define USER_OF_QEMU "string(/capabilities/host/secmodel[model='dac']/baselabel[@type='qemu'])"

gboolean sbx_daemon_find_user(SbxLibvirt *driver, GError **error)
{
    char *capabilities = virConnectGetCapabilities(driver->connection);
    g_autofree char *user = NULL;
    unsigned uid, gid;

    if (capabilities == NULL) {
        sbx_libvirt_error(error, SBX_VIRT_ERROR_FAILED, "cannot ask %s what it can do",
                          driver->uri);
        return FALSE;
    }
    user = sbx_xml_find(capabilities, USER_OF_QEMU);
    free(capabilities);
    if (user == NULL || sscanf(user, "+%u:+%u", &uid, &gid) != 2) {
        g_set_error(error, SBX_VIRT_ERROR, SBX_VIRT_ERROR_UNAVAILABLE,
                    "%s does not tell as which user it runs QEMU: it says %s", driver->uri,
                    user != NULL ? user : "nothing");
        return FALSE;
    }
    driver->qemu_group = (gid_t)gid;
    driver->qemu_user = g_strdup_printf("+%u:+%u", geteuid() == 0 ? uid : geteuid(), gid);
    return TRUE;
}

static gboolean is_left_over(virDomainPtr domain, const char *own_dir)
{
    char *xml = virDomainGetXMLDesc(domain, 0);
    g_autofree char *initrd = xml != NULL ? sbx_xml_find(xml, "string(/domain/os/initrd)") : NULL;
    size_t length = strlen(own_dir);

    free(xml);
    return initrd != NULL && strncmp(initrd, own_dir, length) == 0 && initrd[length] == '/';
}

void sbx_daemon_sweep(SbxLibvirt *driver, const char *own_dir)
{
    virDomainPtr *domains = NULL;
    int count = virConnectListAllDomains(driver->connection, &domains, 0);

    for (int i = 0; i < count; i++) {
        if (is_left_over(domains[i], own_dir)) {
            g_message("removing %s, left over from an earlier keeper",
                      virDomainGetName(domains[i]));
            if (virDomainIsActive(domains[i]) == 1)
                virDomainDestroy(domains[i]);
            /* One without a definition is gone by now. */
            virDomainUndefine(domains[i]);
        }
        virDomainFree(domains[i]);
    }
    free(domains);
}
