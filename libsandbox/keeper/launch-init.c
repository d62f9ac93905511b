/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PID 1 of the keeper's PID namespace: starts the keeper and reaps what is orphaned.
 *
 * libvirt starts QEMU as a daemon, so every QEMU is orphaned and becomes a child of this process.
 * libvirt's destroy polls with kill(pid, 0), for which a zombie still counts as alive: a PID 1 that
 * reaps at once makes that 200 ms instead of 1.6 s (measured, libvirt 9.0). It must not be the
 * keeper itself, because libvirt waits for children of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sandbox/error.h>

#include "keeper/launch.h"

/* Becomes the user for good. */
static void drop_privileges(const Launch *launch, uid_t uid)
{
    if (getuid() != uid) {
        if (setgroups(0, NULL) < 0 || setresgid(launch->gid, launch->gid, launch->gid) < 0 ||
            setresuid(uid, uid, uid) < 0)
            launch_fail(SBX_E_SYSTEM, errno, NULL, "cannot become user %u: %s", uid,
                        strerror(errno));
    }
    /* Nothing below may gain any, by whatever file. */
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        launch_fail(SBX_E_SYSTEM, errno, NULL, "cannot set no_new_privs: %s", strerror(errno));
}

static void exec_keeper(const Launch *launch, uid_t uid, char **argv)
{
    static const char *const passed[] = {
        "LIBSANDBOX_URI",           "LIBSANDBOX_IDLE_SECONDS", "LIBSANDBOX_DEBUG",
        "LIBSANDBOX_SPARES",        "LIBSANDBOX_SPARE_MEMORY", "LIBSANDBOX_TEMPLATES",
        "LIBSANDBOX_MAX_SANDBOXES", "LIBSANDBOX_MAX_MEMORY",   "LIBSANDBOX_MAX_VCPUS",
        "ASAN_OPTIONS",             "LSAN_OPTIONS",            "UBSAN_OPTIONS",
        "TSAN_OPTIONS",
    };
    /* GLib and libvirt look for their directories below these; libvirt parses tool output. */
    char *environment[32] = {
        (char *)"PATH=" LAUNCH_PATH,
        (char *)"LC_ALL=C.UTF-8",
        launch_format("HOME=%s/l", launch->vm_dir),
        launch_format("TMPDIR=%s", launch->vm_dir),
        launch_format("XDG_CONFIG_HOME=%s/l/etc", launch->vm_dir),
        launch_format("XDG_CACHE_HOME=%s/l/cache", launch->vm_dir),
        launch_format("XDG_DATA_HOME=%s/l/lib", launch->vm_dir),
        launch_format("XDG_RUNTIME_DIR=%s/l/run", launch->vm_dir),
    };
    int count = 8;

    for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++)
        if (getenv(passed[i]) != NULL)
            environment[count++] = launch_format("%s=%s", passed[i], getenv(passed[i]));
    drop_privileges(launch, uid);
    fexecve(launch->keeper_fd, argv, environment);
    launch_fail(SBX_E_KEEPER, errno, NULL, "cannot execute %s: %s", launch->keeper,
                strerror(errno));
}

/* Runs `sbx-keeper --probe-kvm` as the user that will run the VMs. */
static int kvm_works(const Launch *launch)
{
    char *argv[] = {(char *)launch->keeper, (char *)"--probe-kvm", NULL};
    int status = -1;
    pid_t child = fork();

    if (child == 0)
        exec_keeper(launch, launch->uid, argv);
    if (child > 0)
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
    if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 127)
        launch_fail(SBX_E_UNAVAILABLE, 0,
                    "install libvirt0, libvirt-daemon-driver-qemu and qemu-system-x86",
                    "the keeper cannot be executed: a shared library is missing (see %s)",
                    launch->log != NULL ? launch->log : "keeper.log");
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void run_keeper(const Launch *launch, int kvm)
{
    char *vm_dir = launch_format("--vm-dir=%s", launch->vm_dir);
    char *client = launch_format("--client-uid=%u", launch->client_uid);
    char *agent = launch_format("--agent-fd=%d", launch->agent_fd);
    char *images = launch_format("--images=%s", launch_images(launch));
    char *argv[] = {(char *)launch->keeper,
                    vm_dir,
                    client,
                    agent,
                    images,
                    (char *)(kvm ? "--kvm=try" : "--kvm=no"),
                    launch->daemon ? launch_format("--daemon-user=%u", launch->uid) : NULL,
                    NULL};

    fcntl(launch->agent_fd, F_SETFD, 0);
    exec_keeper(launch, launch->daemon ? geteuid() : launch->uid, argv);
}

void launch_init(const Launch *launch)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
    pid_t keeper;
    int kvm;

    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        signal(signals[i], SIG_DFL);
    launch_mount(launch);
    kvm = kvm_works(launch);
    if (!kvm)
        launch_mask_kvm();
    keeper = fork();
    if (keeper < 0)
        launch_fail(SBX_E_SYSTEM, errno, NULL, "cannot fork: %s", strerror(errno));
    if (keeper == 0)
        run_keeper(launch, kvm);
    close(LISTEN_FD);
    close(STATUS_FD);
    close(launch->keeper_fd);
    close(launch->agent_fd);
    for (;;) {
        int status;
        pid_t gone = waitpid(-1, &status, 0);

        if (gone < 0 && errno == EINTR)
            continue;
        if (gone != keeper && gone > 0)
            continue;
        if (gone == keeper && WIFSIGNALED(status))
            launch_log("the keeper was ended by signal %d", WTERMSIG(status));
        /* The kernel kills and reaps the rest of the namespace before this process is gone. */
        _exit(0);
    }
}
