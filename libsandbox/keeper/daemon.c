/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * VMs of libvirt's daemon (LIBSANDBOX_URI=qemu:///system), as far as they differ from our own.
 *
 * The connection is opened at once, not by the first sandbox: the daemon and polkit look at who
 * opens it, and root's keeper has to be root then and nobody in particular afterwards.
 */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sandbox/error.h>

#include "keeper/keeper.h"
#include "wire/fault.h"

/* Root's keeper becomes a user that owns nothing, with the group of the daemon's QEMU: what it
 * makes for that group is all that the two share. */
static gboolean become(uid_t uid, gid_t gid, GError **error)
{
    if (geteuid() == uid)
        return TRUE;
    if (setgroups(0, NULL) == 0 && setresgid(gid, gid, gid) == 0 && setresuid(uid, uid, uid) == 0)
        return TRUE;
    sbx_fault_set(error, SBX_E_SYSTEM, errno, NULL, "the keeper cannot become user %u: %s", uid,
                  g_strerror(errno));
    return FALSE;
}

gboolean sbx_keeper_join_daemon(SbxKeeper *keeper, GError **error)
{
    SbxDriver *driver = sbx_keeper_driver(keeper, error);
    SbxDriverInfo info;

    if (driver == NULL)
        return FALSE;
    sbx_driver_describe(driver, &info);
    keeper->share_group = geteuid() != keeper->daemon_user;
    return become(keeper->daemon_user, info.qemu_group, error);
}

mode_t sbx_keeper_file_mode(SbxKeeper *keeper)
{
    return keeper->share_group ? 0660 : 0600;
}

/* The first directory on the way to a path, or the path itself, that we may not use. NULL: none. */
static char *find_barrier(const char *path)
{
    g_autofree char *copy = g_strdup(path);

    for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        gboolean closed;

        *slash = '\0';
        closed = access(copy, X_OK) < 0 && errno == EACCES;
        if (closed)
            return g_steal_pointer(&copy);
        *slash = '/';
    }
    return access(path, R_OK) < 0 && errno == EACCES ? g_steal_pointer(&copy) : NULL;
}

GError *sbx_keeper_image_fault(SbxKeeper *keeper, GError *fault)
{
    g_autofree char *barrier =
        keeper->daemon && keeper->images != NULL ? find_barrier(keeper->images) : NULL;
    g_autofree char *hint = NULL;
    struct stat status;
    GError *better;

    if (barrier == NULL || stat(barrier, &status) < 0)
        return fault;
    hint = g_strdup_printf("chmod o+rx %s, or set LIBSANDBOX_DATA_DIR to a place that everybody "
                           "may read",
                           barrier);
    better = sbx_fault_new(SBX_E_DENIED, EACCES, hint, fault->message,
                           "libvirt's QEMU cannot read images in %s: %s (mode %04o, user %u) keeps "
                           "other users out",
                           keeper->images, barrier, status.st_mode & 07777, status.st_uid);
    g_error_free(fault);
    return better;
}

static gboolean stop(gpointer data)
{
    sbx_keeper_stop_all(data, "libvirt's daemon has ended or was restarted");
    return G_SOURCE_REMOVE;
}

GError *sbx_keeper_start_fault(SbxKeeper *keeper, GError *reason)
{
    gboolean lost = g_error_matches(reason, SBX_VIRT_ERROR, SBX_VIRT_ERROR_GONE);
    GError *fault = NULL;

    if (!keeper->daemon)
        return sbx_keeper_driver_fault(reason);
    if (lost) {
        /* Root's keeper could not open it again. The next one can. */
        fault = sbx_fault_new(SBX_E_UNAVAILABLE, 0, "try again, once it runs", reason->message,
                              "libvirt's daemon has ended or was restarted");
        g_idle_add_full(G_PRIORITY_DEFAULT, stop, keeper, NULL);
    } else if (strstr(reason->message, "Permission denied") != NULL) {
        fault = sbx_fault_new(SBX_E_DENIED, EACCES,
                              "that file must be readable for the user as which libvirt runs QEMU; "
                              "where AppArmor or SELinux is used, the kernel's log says what they "
                              "denied",
                              NULL, "%s", reason->message);
    }
    if (fault == NULL)
        return sbx_keeper_driver_fault(reason);
    g_error_free(reason);
    return fault;
}
