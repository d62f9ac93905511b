/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The doctor: user, namespaces, directories, memory and limits. */
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "keeper/doctor.h"

#define MIB (UINT64_C(1) << 20)
#define GIB ((double)(UINT64_C(1) << 30))

enum {
    DEFAULT_MIB = 1280, /* a sandbox's memory unless it asks for something else */
    OVERHEAD_MIB = 44,  /* of QEMU, measured as Pss of an idle guest under TCG */
    BUILD_MIB = 2560,   /* an image build's peak of 0.9 GiB, the image, disks of sandboxes */
    FILES_PER_SANDBOX = 10,
    FILES_FEW = 1024,
    VM_DIR_MAX = 42, /* as in launch-main.c */
};

/* Where a container or a kernel without the permission is the reason, in most cases. */
#define CONTAINER_HINT                                                                             \
    "in a container, run it with CAP_SYS_ADMIN and without a seccomp or AppArmor profile that "    \
    "forbids mounts (docker run --cap-add SYS_ADMIN --security-opt seccomp=unconfined "            \
    "--security-opt apparmor=unconfined)"
#define EARLIER_HINT "solve the problem above first"

void sbx_doctor_check_install(SbxDoctor *doctor, SbxCheck *check)
{
    const char *missing = doctor->paths->missing;

    if (missing != NULL)
        sbx_check_set(check, SBX_CHECK_ERROR,
                      "install libsandbox completely (meson install), or set "
                      "LIBSANDBOX_LIBEXEC_DIR",
                      "helper programs are missing: %s", missing);
    else
        sbx_check_set(check, SBX_CHECK_OK, NULL, "no helper program is missing");
}

void sbx_doctor_check_user(SbxDoctor *doctor, SbxCheck *check)
{
    const SbxDoctorLaunch *launch = &doctor->launch;
    struct passwd *user = launch->uid >= 0 ? getpwuid((uid_t)launch->uid) : NULL;

    if (launch->uid < 0)
        sbx_check_set(check, SBX_CHECK_ERROR, launch->hint != NULL ? launch->hint : CONTAINER_HINT,
                      "%s", launch->failure);
    else
        sbx_check_set(check, SBX_CHECK_OK, NULL,
                      "the keeper%s as user %" G_GINT64_FORMAT " (%s)",
                      sbx_doctor_is_embedded(doctor) || geteuid() != 0 ? " and QEMU run" : " runs",
                      launch->uid,
                      user != NULL     ? user->pw_name
                      : geteuid() == 0 ? "chosen for having no name and no file"
                                       : "without a name");
}

void sbx_doctor_check_namespaces(SbxDoctor *doctor, SbxCheck *check)
{
    const SbxDoctorLaunch *launch = &doctor->launch;
    const char *kinds = geteuid() == 0 ? "PID and mount" : "user, PID and mount";

    if (launch->entered)
        sbx_check_set(check, SBX_CHECK_OK, NULL, "%s namespaces can be made", kinds);
    else if (launch->uid < 0)
        sbx_check_set(check, SBX_CHECK_WARNING, EARLIER_HINT, "not examined");
    else
        sbx_check_set(check, SBX_CHECK_ERROR, launch->hint != NULL ? launch->hint : CONTAINER_HINT,
                      "%s", launch->failure);
}

void sbx_doctor_check_mounts(SbxDoctor *doctor, SbxCheck *check)
{
    const SbxDoctorLaunch *launch = &doctor->launch;

    if (!launch->entered)
        sbx_check_set(check, SBX_CHECK_WARNING, EARLIER_HINT, "not examined");
    else if (!launch->mounted)
        sbx_check_set(check, SBX_CHECK_ERROR, launch->hint != NULL ? launch->hint : CONTAINER_HINT,
                      "%s", launch->failure);
    else if (launch->log->len > 0)
        sbx_check_set(check, SBX_CHECK_WARNING, CONTAINER_HINT,
                      "the keeper gets its tmpfs, but: %s", launch->log->str);
    else
        sbx_check_set(check, SBX_CHECK_OK, NULL, "tmpfs, /proc and /dev can be mounted there");
}

void sbx_doctor_check_runtime(SbxDoctor *doctor, SbxCheck *check)
{
    const char *path = doctor->paths->runtime_dir;
    const char *problem = doctor->paths->runtime_problem;
    struct stat status;

    if (path == NULL)
        sbx_check_set(check, problem != NULL ? SBX_CHECK_ERROR : SBX_CHECK_WARNING,
                      "set XDG_RUNTIME_DIR to a directory that only you can write", "%s",
                      problem != NULL ? problem : "none was given");
    else if (lstat(path, &status) < 0 && errno == ENOENT)
        sbx_check_set(check, SBX_CHECK_OK, NULL, "%s, not made yet", path);
    else if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 022) != 0)
        sbx_check_set(check, SBX_CHECK_ERROR,
                      "remove it, or set XDG_RUNTIME_DIR to a directory of your own",
                      "%s is not a directory that only user %u can write", path, geteuid());
    else if (strlen(path) + strlen("/vm") > VM_DIR_MAX)
        sbx_check_set(check, SBX_CHECK_OK, NULL,
                      "%s; too long for libvirt's sockets, so VMs are kept below /tmp", path);
    else
        sbx_check_set(check, SBX_CHECK_OK, NULL, "%s", path);
}

/* The nearest directory up from a path that exists. */
static char *nearest(const char *path)
{
    char *dir = g_strdup(path);

    while (access(dir, F_OK) < 0 && strcmp(dir, "/") != 0 && strcmp(dir, ".") != 0) {
        char *up = g_path_get_dirname(dir);

        g_free(dir);
        dir = up;
    }
    return dir;
}

/* Whether a directory can be written, or made. Returns what is there of it, or NULL, with the check
 * set to a warning that says what follows. */
static char *check_writable(SbxCheck *check, const char *path, const char *hint,
                            const char *consequence)
{
    g_autofree char *dir = path != NULL ? nearest(path) : NULL;

    if (path == NULL)
        sbx_check_set(check, SBX_CHECK_WARNING, hint, "there is none, as HOME is not set: %s",
                      consequence);
    else if (!g_file_test(dir, G_FILE_TEST_IS_DIR))
        sbx_check_set(check, SBX_CHECK_WARNING, hint, "%s: %s is not a directory: %s", path, dir,
                      consequence);
    else if (access(dir, W_OK | X_OK) < 0)
        sbx_check_set(check, SBX_CHECK_WARNING, hint, "%s cannot be %s: %s: %s", path,
                      strcmp(dir, path) == 0 ? "written" : "made", g_strerror(errno), consequence);
    else
        return g_steal_pointer(&dir);
    return NULL;
}

void sbx_doctor_check_data(SbxDoctor *doctor, SbxCheck *check)
{
    const char *path = doctor->paths->data_dir;
    g_autofree char *dir =
        check_writable(check, path, "set LIBSANDBOX_DATA_DIR to a directory that you can write",
                       "disks of sandboxes are kept in memory and images cannot be built");
    struct statvfs space;
    guint64 mib;

    if (dir == NULL)
        return;
    if (statvfs(dir, &space) < 0) {
        sbx_check_set(check, SBX_CHECK_WARNING, "examine that file system", "%s: %s", dir,
                      g_strerror(errno));
        return;
    }
    mib = (guint64)space.f_bavail * space.f_frsize / MIB;
    if (mib < BUILD_MIB)
        sbx_check_set(check, SBX_CHECK_WARNING,
                      "free some space there, or set LIBSANDBOX_DATA_DIR to a larger place",
                      "%s: %" G_GUINT64_FORMAT " MiB free; building an image and running sandboxes "
                      "want %d",
                      path, mib, BUILD_MIB);
    else
        sbx_check_set(check, SBX_CHECK_OK, NULL, "%s: %.1f GiB free", path,
                      (double)mib * MIB / GIB);
}

void sbx_doctor_check_cache(SbxDoctor *doctor, SbxCheck *check)
{
    const char *path = doctor->paths->cache_dir;
    g_autofree char *dir =
        check_writable(check, path, "set LIBSANDBOX_DATA_DIR to a directory that you can write",
                       "each new keeper spends about 4 s on learning about QEMU");

    if (dir != NULL)
        sbx_check_set(check, SBX_CHECK_OK, NULL, "%s", path);
}

void sbx_doctor_check_log(SbxDoctor *doctor, SbxCheck *check)
{
    g_autofree char *path =
        doctor->paths->log != NULL ? g_path_get_dirname(doctor->paths->log) : NULL;
    g_autofree char *dir =
        check_writable(check, path, "set LIBSANDBOX_DATA_DIR to a directory that you can write",
                       "the keeper's log goes to the runtime directory");

    if (dir != NULL && access(doctor->paths->log, F_OK) == 0 &&
        access(doctor->paths->log, W_OK) < 0)
        sbx_check_set(check, SBX_CHECK_WARNING, "remove it",
                      "%s cannot be written: the keeper's log goes to the runtime directory",
                      doctor->paths->log);
    else if (dir != NULL)
        sbx_check_set(check, SBX_CHECK_OK, NULL, "%s", doctor->paths->log);
}

/* A number from a file of one line; G_MAXUINT64 when there is none ("max"). */
static guint64 read_number(const char *path)
{
    g_autofree char *text = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL) || !g_ascii_isdigit(text[0]))
        return G_MAXUINT64;
    return g_ascii_strtoull(text, NULL, 10);
}

/* A line of /proc/meminfo, in bytes. */
static guint64 meminfo(const char *text, const char *name)
{
    const char *line = text != NULL ? strstr(text, name) : NULL;

    return line != NULL ? g_ascii_strtoull(line + strlen(name), NULL, 10) * 1024 : 0;
}

void sbx_doctor_check_memory(SbxDoctor *doctor, SbxCheck *check)
{
    g_autofree char *text = NULL;
    guint64 total, available, limit, used, fit;

    (void)doctor;
    (void)!g_file_get_contents("/proc/meminfo", &text, NULL, NULL);
    total = meminfo(text, "MemTotal:");
    available = meminfo(text, "MemAvailable:");
    /* Of the container that we are in; the root of a host's cgroups has no such files. */
    limit = read_number("/sys/fs/cgroup/memory.max");
    used = read_number("/sys/fs/cgroup/memory.current");
    if (limit < total) {
        total = limit;
        available = MIN(available, used < limit ? limit - used : 0);
    }
    fit = available / ((DEFAULT_MIB + OVERHEAD_MIB) * MIB);
    if (total == 0)
        sbx_check_set(check, SBX_CHECK_WARNING, "mount /proc", "the memory's size is not known");
    else if (fit == 0)
        sbx_check_set(check, SBX_CHECK_WARNING,
                      "end something, or ask for less memory (sbx_options_set_memory())",
                      "%.1f of %.1f GiB are available, too little for a sandbox of %d MiB",
                      (double)available / GIB, (double)total / GIB, DEFAULT_MIB);
    else
        sbx_check_set(check, SBX_CHECK_OK, NULL,
                      "%.1f of %.1f GiB are available, enough for %" G_GUINT64_FORMAT
                      " sandboxes of %d MiB that use all of theirs",
                      (double)available / GIB, (double)total / GIB, fit, DEFAULT_MIB);
}

void sbx_doctor_check_files(SbxDoctor *doctor, SbxCheck *check)
{
    struct rlimit files;

    (void)doctor;
    if (getrlimit(RLIMIT_NOFILE, &files) < 0)
        sbx_check_set(check, SBX_CHECK_WARNING, "see `ulimit -Hn`", "not known: %s",
                      g_strerror(errno));
    else if (files.rlim_max < FILES_FEW)
        sbx_check_set(check, SBX_CHECK_WARNING,
                      "raise the hard limit (LimitNOFILE= of a service, limits.conf)",
                      "at most %" G_GUINT64_FORMAT " open files: about %" G_GUINT64_FORMAT
                      " sandboxes",
                      (guint64)files.rlim_max, (guint64)files.rlim_max / FILES_PER_SANDBOX);
    else
        sbx_check_set(check, SBX_CHECK_OK, NULL,
                      "the keeper may open %" G_GUINT64_FORMAT " files; a sandbox takes about %d",
                      (guint64)files.rlim_max, FILES_PER_SANDBOX);
}
