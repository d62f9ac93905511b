/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A keeper without a hypervisor: everything of sbx-keeper but its driver, which starts the real
 * agent as an ordinary process (fake-vm.c) instead of a VM.
 *
 * LIBSANDBOX_URI selects what goes wrong, because it is a variable that the launcher passes on:
 * "fake:" and one of
 *     ok              nothing
 *     no-memory       start fails: the host has no memory for it
 *     unavailable     start fails: something is not installed
 *     start-fails     start fails: the VMM says no
 *     dies-in-start   start fails: the guest ran already, and the VM died before start was through
 *     start-lasts     start fails, when the VM ends: until then all seems well
 *     dies-starting   the keeper itself ends before it listens
 *     and whatever fake-vm.c knows.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake-vm.h"
#include "keeper/keeper.h"

#define VM_AGENT_FD 3

typedef struct {
    SbxDriver driver;
    const char *mode;
    int agent_fd;
    GMutex lock;
    GHashTable *alive; /* set of FakeDomain, each with a reference */
} FakeDriver;

typedef struct {
    SbxDomain domain;
    int pidfd;
    SbxDomainEnded ended;
} FakeDomain;

static void fake_free_domain(SbxDomain *domain)
{
    FakeDomain *fake = (FakeDomain *)domain;

    if (fake->pidfd >= 0)
        close(fake->pidfd);
    g_free(domain->name);
    g_free(fake);
}

/* The VM's process ended: the one place that reaps it and tells. */
static gboolean vm_ended(gint fd, GIOCondition condition, gpointer data)
{
    FakeDomain *fake = data;
    FakeDriver *driver = (FakeDriver *)fake->domain.driver;
    SbxDomainEnd end = SBX_DOMAIN_CRASHED;
    int status = 0;

    (void)fd;
    (void)condition;
    if (waitpid(fake->domain.pid, &status, 0) < 0)
        g_error("waitpid: %s", g_strerror(errno));
    if (WIFEXITED(status) && WEXITSTATUS(status) == FAKE_VM_KILLED)
        end = SBX_DOMAIN_DESTROYED;
    else if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        end = SBX_DOMAIN_SHUTDOWN;
    g_mutex_lock(&driver->lock);
    g_hash_table_remove(driver->alive, fake);
    g_mutex_unlock(&driver->lock);
    if (fake->ended.fn != NULL)
        fake->ended.fn(&fake->domain, end, end == SBX_DOMAIN_CRASHED ? "fake: it broke" : NULL,
                       fake->ended.data);
    if (fake->ended.free != NULL)
        fake->ended.free(fake->ended.data);
    sbx_domain_unref(&fake->domain);
    return G_SOURCE_REMOVE;
}

static int run_vm(FakeDriver *driver, const SbxDomainSpec *spec, pid_t *pid)
{
    char *argv[] = {(char *)"fake-vm",
                    (char *)FAKE_VM_OPTION,
                    (char *)driver->mode,
                    (char *)spec->name,
                    (char *)spec->agent_socket,
                    (char *)spec->console_socket,
                    (char *)spec->monitor_socket,
                    NULL};
    posix_spawn_file_actions_t actions;
    int failed;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, driver->agent_fd, VM_AGENT_FD);
    failed = posix_spawn(pid, "/proc/self/exe", &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

static gboolean refuse(FakeDriver *driver, const SbxDomainSpec *spec, GError **error)
{
    static const struct {
        const char *mode;
        SbxVirtError code;
    } refusals[] = {
        {"no-memory", SBX_VIRT_ERROR_NO_MEMORY},
        {"unavailable", SBX_VIRT_ERROR_UNAVAILABLE},
        {"start-fails", SBX_VIRT_ERROR_START_FAILED},
    };

    g_assert(g_file_test(spec->kernel, G_FILE_TEST_IS_REGULAR));
    g_assert(g_file_test(spec->initrd, G_FILE_TEST_IS_REGULAR));
    g_assert(g_file_test(spec->root_image, G_FILE_TEST_IS_REGULAR));
    g_assert(fcntl(spec->scratch_fd, F_GETFD) >= 0);
    for (gsize i = 0; i < G_N_ELEMENTS(refusals); i++) {
        if (strcmp(refusals[i].mode, driver->mode) != 0)
            continue;
        g_set_error(error, SBX_VIRT_ERROR, refusals[i].code, "fake: %s", driver->mode);
        return TRUE;
    }
    return FALSE;
}

/* As libvirt has it when QEMU ends while it is still being asked. */
static SbxDomain *died_in_start(pid_t pid, const SbxDomainEnded *ended, GError **error)
{
    while (waitpid(pid, NULL, 0) < 0)
        if (errno != EINTR)
            g_error("waitpid: %s", g_strerror(errno));
    if (ended->free != NULL)
        ended->free(ended->data);
    g_set_error(error, SBX_VIRT_ERROR, SBX_VIRT_ERROR_START_FAILED,
                "fake: the VMM closed its monitor");
    return NULL;
}

static SbxDomain *fake_start(SbxDriver *base, const SbxDomainSpec *spec,
                             const SbxDomainEnded *ended, GError **error)
{
    FakeDriver *driver = (FakeDriver *)base;
    FakeDomain *fake;
    pid_t pid = -1;
    int failed;

    if (refuse(driver, spec, error)) {
        if (ended->free != NULL)
            ended->free(ended->data);
        return NULL;
    }
    failed = run_vm(driver, spec, &pid);
    if (failed != 0)
        g_error("cannot run the fake VM: %s", g_strerror(failed));
    if (strcmp(driver->mode, "dies-in-start") == 0 || strcmp(driver->mode, "start-lasts") == 0)
        return died_in_start(pid, ended, error);
    fake = g_new0(FakeDomain, 1);
    g_atomic_ref_count_init(&fake->domain.references);
    fake->domain.driver = base;
    fake->domain.name = g_strdup(spec->name);
    fake->domain.pid = pid;
    fake->ended = *ended;
    fake->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (fake->pidfd < 0)
        g_error("pidfd_open: %s", g_strerror(errno));
    g_mutex_lock(&driver->lock);
    g_hash_table_add(driver->alive, sbx_domain_ref(&fake->domain));
    g_mutex_unlock(&driver->lock);
    g_unix_fd_add(fake->pidfd, G_IO_IN, vm_ended, fake);
    return &fake->domain;
}

static void kill_and_wait(FakeDomain *fake)
{
    struct pollfd ending = {.fd = fake->pidfd, .events = POLLIN};

    /* The VM's process kills all that is inside before it ends. */
    syscall(SYS_pidfd_send_signal, fake->pidfd, SIGTERM, NULL, 0);
    while (poll(&ending, 1, -1) < 0 && errno == EINTR)
        ;
}

static gboolean fake_kill(SbxDomain *domain, GError **error)
{
    (void)error;
    kill_and_wait((FakeDomain *)domain);
    return TRUE;
}

static void fake_close(SbxDriver *base)
{
    FakeDriver *driver = (FakeDriver *)base;
    GHashTableIter iter;
    gpointer domain;

    g_hash_table_iter_init(&iter, driver->alive);
    while (g_hash_table_iter_next(&iter, &domain, NULL))
        kill_and_wait(domain);
}

static void fake_describe(SbxDriver *driver, SbxDriverInfo *info)
{
    (void)driver;
    *info = (SbxDriverInfo){.uri = "fake:///",
                            .hypervisor = "fake",
                            .hypervisor_version = 7002000,
                            .emulator = "/nonexistent/qemu",
                            .accelerator_reason = "there is no VM"};
}

static const SbxDriverOps fake_ops = {
    .name = "fake",
    .close = fake_close,
    .describe = fake_describe,
    .start = fake_start,
    .kill = fake_kill,
    .free_domain = fake_free_domain,
};

/* The value of "--name=" on the command line that sbx-launch made. */
static const char *option(char **argv, const char *name)
{
    for (int i = 1; argv[i] != NULL; i++)
        if (g_str_has_prefix(argv[i], name))
            return argv[i] + strlen(name);
    g_error("%s is missing", name);
}

int main(int argc, char **argv)
{
    FakeDriver driver = {.driver.ops = &fake_ops};
    SbxKeeper keeper = {.agent_fd = -1, .driver = &driver.driver};
    const char *uri = g_getenv("LIBSANDBOX_URI");

    if (argc > 1 && strcmp(argv[1], FAKE_VM_OPTION) == 0)
        return fake_vm_main(argc, argv);
    if (argc > 1 && strcmp(argv[1], "--probe-kvm") == 0)
        return 1;
    driver.mode = uri != NULL && g_str_has_prefix(uri, "fake:") ? uri + 5 : "ok";
    driver.alive = g_hash_table_new(NULL, NULL);
    g_mutex_init(&driver.lock);
    keeper.vm_dir = g_strdup(option(argv, "--vm-dir="));
    keeper.client_uid = (uid_t)atoi(option(argv, "--client-uid="));
    keeper.agent_fd = driver.agent_fd = atoi(option(argv, "--agent-fd="));
    if (strcmp(driver.mode, "dies-starting") == 0)
        _exit(1);
    sbx_keeper_serve(&keeper);
    g_hash_table_unref(driver.alive);
    return 0;
}
