/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The doctor: libvirt, QEMU, KVM, and what follows from them. */
#include <dlfcn.h>
#include <grp.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keeper/doctor.h"

#define LIBVIRT_OLDEST 9000000u
#define MODULE "libvirt_driver_qemu.so"
#define MODULE_HINT "as root: apt-get install libvirt-daemon-driver-qemu"
#define QEMU_HINT "as root: apt-get install qemu-system-x86"

enum { QEMU_OLDEST = 7, QEMU_CLEAN = 10 };

static void ignore(void *data, virErrorPtr error)
{
    (void)data;
    (void)error;
}

void sbx_doctor_check_libvirt(SbxDoctor *doctor, SbxCheck *check)
{
    unsigned long version = 0;
    virErrorPtr last;

    (void)doctor;
    virSetErrorFunc(NULL, ignore);
    if (virGetVersion(&version, NULL, NULL) < 0) {
        last = virGetLastError();
        sbx_check_set(check, SBX_CHECK_ERROR, "as root: apt-get install --reinstall libvirt0",
                      "libvirt cannot be initialised: %s",
                      last != NULL && last->message != NULL ? last->message : "unknown error");
    } else if (version < LIBVIRT_OLDEST) {
        sbx_check_set(check, SBX_CHECK_ERROR, "install libvirt 9.0 or newer (Debian 12 has it)",
                      "libvirt %lu.%lu.%lu is too old", version / 1000000, version / 1000 % 1000,
                      version % 1000);
    } else {
        sbx_check_set(check, SBX_CHECK_OK, NULL, "libvirt %lu.%lu.%lu", version / 1000000,
                      version / 1000 % 1000, version % 1000);
    }
}

/* libvirt's own rule is a directory fixed when it was built, below the one that it is in;
 * LIBVIRT_DRIVER_DIR is its switch for build trees. */
static char *find_module(void)
{
    static const char *const dirs[] = {"/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib",
                                       "/usr/local/lib64", "/usr/local/lib"};
    const char *forced = g_getenv("LIBVIRT_DRIVER_DIR");
    g_autofree char *beside = NULL;
    Dl_info info;

    if (forced != NULL)
        return g_build_filename(forced, MODULE, NULL);
    if (dladdr((const void *)(uintptr_t)virGetVersion, &info) != 0 && info.dli_fname != NULL)
        beside = g_path_get_dirname(info.dli_fname);
    for (size_t i = 0; i <= G_N_ELEMENTS(dirs); i++) {
        const char *dir = i == 0 ? beside : dirs[i - 1];
        g_autofree char *path =
            dir != NULL ? g_build_filename(dir, "libvirt/connection-driver", MODULE, NULL) : NULL;

        if (path != NULL && access(path, F_OK) == 0)
            return g_steal_pointer(&path);
    }
    return NULL;
}

int sbx_doctor_ask_daemon(void)
{
    virConnectPtr connection;
    virErrorPtr last;
    unsigned long libvirt = 0, qemu = 0;

    virSetErrorFunc(NULL, ignore);
    connection = virConnectOpen(g_getenv("LIBSANDBOX_URI"));
    if (connection == NULL || virConnectGetLibVersion(connection, &libvirt) < 0 ||
        virConnectGetVersion(connection, &qemu) < 0) {
        last = virGetLastError();
        puts(last != NULL && last->message != NULL ? last->message : "unknown error");
        return 1;
    }
    printf(SBX_DAEMON_ANSWERS "libvirt %lu.%lu.%lu with QEMU %lu.%lu.%lu\n", libvirt / 1000000,
           libvirt / 1000 % 1000, libvirt % 1000, qemu / 1000000, qemu / 1000 % 1000, qemu % 1000);
    virConnectClose(connection);
    return 0;
}

static void check_daemon(const SbxDoctor *doctor, SbxCheck *check)
{
    /* A daemon that hangs would hang us: another process asks it, with a deadline. */
    g_autofree char *said = sbx_doctor_capture("/proc/self/exe", SBX_ASK_DAEMON);

    if (said != NULL)
        g_strchomp(said);
    if (said != NULL && g_str_has_prefix(said, SBX_DAEMON_ANSWERS))
        sbx_check_set(check, SBX_CHECK_OK, NULL, "LIBSANDBOX_URI is %s, and its daemon %s",
                      doctor->uri, said);
    else
        sbx_check_set(check, SBX_CHECK_ERROR,
                      "start libvirtd (systemctl start libvirtd; Debian: libvirt-daemon-system) "
                      "and let this user talk to it (group libvirt), or unset LIBSANDBOX_URI",
                      "LIBSANDBOX_URI is %s, and its daemon does not answer: %s", doctor->uri,
                      said != NULL && said[0] != '\0' ? said : "it says nothing for 2 s");
}

void sbx_doctor_check_module(SbxDoctor *doctor, SbxCheck *check)
{
    g_autofree char *path = find_module();
    void *module;

    if (!sbx_doctor_is_embedded(doctor)) {
        check_daemon(doctor, check);
        return;
    }
    if (path == NULL) {
        sbx_check_set(check, SBX_CHECK_ERROR, MODULE_HINT,
                      "libvirt's QEMU driver (" MODULE ") is not installed");
        return;
    }
    /* Loading it runs nothing of it, and tells whether it fits this libvirt and has its libraries.
     */
    module = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    if (module == NULL)
        sbx_check_set(check, SBX_CHECK_ERROR, MODULE_HINT ", of the same version as libvirt0",
                      "libvirt's QEMU driver cannot be loaded: %s", dlerror());
    else
        sbx_check_set(check, SBX_CHECK_OK, NULL, "%s", path);
}

/* The names that libvirt tries. */
static char *find_qemu(const SbxDoctor *doctor)
{
    static const char *const names[] = {"qemu-system-x86_64", "qemu-kvm", "kvm"};
    char *found = NULL;

    for (size_t i = 0; found == NULL && i < G_N_ELEMENTS(names); i++)
        found = sbx_doctor_find(doctor->path, names[i]);
    if (found == NULL && doctor->paths->path == NULL && access("/usr/libexec/qemu-kvm", X_OK) == 0)
        found = g_strdup("/usr/libexec/qemu-kvm");
    return found;
}

void sbx_doctor_check_qemu(SbxDoctor *doctor, SbxCheck *check)
{
    g_autofree char *qemu = find_qemu(doctor);
    g_autofree char *said = qemu != NULL ? sbx_doctor_capture(qemu, "--version") : NULL;
    guint minor = 0;

    if (qemu == NULL) {
        sbx_check_set(check, SBX_CHECK_ERROR, QEMU_HINT, "QEMU for x86_64 is not in %s",
                      doctor->path);
        return;
    }
    if (said == NULL || !sbx_doctor_parse_version(said, &doctor->qemu_major, &minor)) {
        sbx_check_set(check, SBX_CHECK_ERROR, QEMU_HINT " --reinstall; then see what it prints",
                      "%s --version does not tell a version: %.200s", qemu,
                      said != NULL && said[0] != '\0' ? said : "it says nothing");
        return;
    }
    said[strcspn(said, "\n")] = '\0';
    if (doctor->qemu_major < QEMU_OLDEST)
        sbx_check_set(check, SBX_CHECK_WARNING, "install QEMU 7.2 or newer (Debian 12 has it)",
                      "%s: %s; versions before 7 were never tried", qemu, said);
    else
        sbx_check_set(check, SBX_CHECK_OK, NULL, "%s: %s", qemu, said);
    doctor->qemu = g_steal_pointer(&qemu);
}

static char *denied_hint(void)
{
    struct stat status;
    struct passwd *user = getpwuid(geteuid());
    struct group *group = stat("/dev/kvm", &status) == 0 ? getgrgid(status.st_gid) : NULL;

    if (user != NULL && group != NULL && (status.st_mode & 060) == 060 && status.st_gid != 0)
        return g_strdup_printf("as root: adduser %s %s; then log in again", user->pw_name,
                               group->gr_name);
    return g_strdup("as root: chgrp kvm /dev/kvm && chmod 660 /dev/kvm, which udev does where it "
                    "runs, and add this user to the group kvm");
}

void sbx_doctor_check_kvm(SbxDoctor *doctor, SbxCheck *check)
{
    SbxKvmState state = sbx_kvm_probe(&doctor->kvm_reason);
    g_autofree char *hint = NULL;

    doctor->kvm = state == SBX_KVM_WORKS;
    if (doctor->kvm) {
        sbx_check_set(check, SBX_CHECK_OK, NULL, "%s", doctor->kvm_reason);
        return;
    }
    if (state == SBX_KVM_DENIED)
        hint = denied_hint();
    else if (state == SBX_KVM_ABSENT)
        hint = g_strdup("turn virtualisation on in the firmware (in a virtual machine: nested "
                        "virtualisation; in a container: pass /dev/kvm in), and modprobe "
                        "kvm_intel or kvm_amd");
    else
        hint = g_strdup("use a machine with hardware virtualisation, or a virtual machine whose "
                        "host passes it on in hardware");
    sbx_check_set(check, SBX_CHECK_WARNING, hint,
                  "%s. Guests are emulated instead (TCG): everything in them works, 10 to 30 times "
                  "slower",
                  doctor->kvm_reason);
}

void sbx_doctor_check_accelerator(SbxDoctor *doctor, SbxCheck *check)
{
    if (doctor->qemu == NULL && sbx_doctor_is_embedded(doctor)) {
        sbx_check_set(check, SBX_CHECK_ERROR, QEMU_HINT, "none: there is no QEMU to run guests");
        return;
    }
    doctor->accelerator = doctor->kvm ? "kvm" : "tcg";
    sbx_check_set(check, SBX_CHECK_OK, NULL, "%s: %s", doctor->accelerator, doctor->kvm_reason);
}

/* Measured; each has its remedy in virt/domain-xml.c or keeper/boot.c. */
void sbx_doctor_check_versions(SbxDoctor *doctor, SbxCheck *check)
{
    if (doctor->qemu != NULL && !doctor->kvm && doctor->qemu_major < QEMU_CLEAN)
        sbx_check_set(
            check, SBX_CHECK_OK,
            "QEMU 10 (Debian 13) needs none of this and starts programs faster",
            "emulation in QEMU %u can crash a guest that uses cmpxchg16b and is slow with "
            "randomised addresses: both are turned off in guests; about one boot in a "
            "hundred with two vCPUs fails and is repeated",
            doctor->qemu_major);
    else
        sbx_check_set(check, SBX_CHECK_OK, NULL, "none of these versions");
}

void sbx_doctor_check_vsock(SbxDoctor *doctor, SbxCheck *check)
{
    (void)doctor;
    sbx_check_set(check, SBX_CHECK_OK, NULL,
                  "/dev/vhost-vsock is %s; not needed: guests are "
                  "reached over virtio-serial",
                  access("/dev/vhost-vsock", F_OK) == 0 ? "there" : "absent");
}

void sbx_doctor_check_cloud_hypervisor(SbxDoctor *doctor, SbxCheck *check)
{
    g_autofree char *found = sbx_doctor_find(doctor->path, "cloud-hypervisor");

    sbx_check_set(check, SBX_CHECK_OK, NULL, "%s; not used by this version",
                  found != NULL ? found : "not installed");
}
