/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Boot: from nothing to a guest whose agent answered.
 *
 *   main loop: listen for the guest's agent and console, start the clock, submit to a worker
 *   worker:    open the driver, find the image, write the initramfs, make the disk, start the VM
 *   main loop: the VMM connects (during its start), the agent answers ping and setup: ready
 *
 * The VMM connects to us, not we to it: the stream is there before libvirt says that the VM runs, and
 * the names of the sockets are gone as soon as they are connected.
 *
 * No more guests boot at once than the CPUs can carry, the others wait in turn: fifty at once would take
 * as long all together, and each so long that it looks hung.
 *
 * A guest that dies while it boots is tried once more: QEMU 7.2's emulation with two vCPUs lost 2 of
 * 277 boots to a race of the guest kernel's text patching (measured).
 */
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <sandbox/error.h>

#include "image/initramfs.h"
#include "keeper/disk.h"
#include "keeper/sandbox.h"
#include "wire/fd.h"

#define ATTEMPTS 2
/* How long a VM that closed its agent's stream may take to end by itself and so tell why; libvirt polls
 * for a dead QEMU every 200 ms. One that does not end is killed. */
#define LAST_WORDS_MS 1000
/* A kill that failed (libvirt was busy with the VM, QEMU hangs in the kernel) is repeated. */
#define KILL_AGAIN_MS 1000

/* A socket on which the VMM is to connect once. */
typedef struct {
    char *path;
    int fd;
    guint source;
} Listener;

struct SbxBoot {
    gatomicrefcount refs; /* the sandbox's, the worker's, the driver's notification's */
    SbxSandbox *sandbox;  /* a reference */
    int attempt;
    gint64 since; /* when it began, for trace() */
    gint abandoned; /* atomic; workers look at it */
    Listener agent;
    Listener console;
    Listener monitor;
    int monitor_fd;
    guint monitor_source;
    guint timer;
    gboolean queued;   /* waits for its turn */
    gboolean has_turn; /* counts in keeper->booting */
    gboolean answered; /* the agent has; what follows is no boot failure */
    gboolean working;  /* a worker starts or kills the VM */
    gboolean started;  /* the VM was started, so its end will be announced */
    gboolean ended;    /* it was announced */
    gboolean killed;   /* a kill has succeeded */
    gboolean kill_ok;  /* what the worker says of it */
    gboolean failed;   /* the sandbox has been told */
    SbxDomainEnd end;
    char *end_detail;
    GError *fault;     /* the worker's */
    SbxDomain *domain; /* the worker's */
    SbxImage *image;   /* the worker's */
};

static SbxBoot *boot_ref(SbxBoot *boot)
{
    g_atomic_ref_count_inc(&boot->refs);
    return boot;
}

/* Where the time of a boot goes: LIBSANDBOX_DEBUG=1 shows it in the log. Any thread. */
static void trace(SbxBoot *boot, const char *what)
{
    g_debug("%s: %4" G_GINT64_FORMAT " ms: %s", boot->sandbox->id,
            (g_get_monotonic_time() - boot->since) / 1000, what);
}

static void listener_clear(Listener *listener)
{
    g_clear_handle_id(&listener->source, g_source_remove);
    sbx_fd_clear(&listener->fd);
    /* The name itself stays: a worker may be reading it still. */
    if (listener->path != NULL)
        unlink(listener->path);
}

void sbx_boot_free(SbxBoot *boot)
{
    if (!g_atomic_ref_count_dec(&boot->refs))
        return;
    g_free(boot->agent.path);
    g_free(boot->console.path);
    g_free(boot->monitor.path);
    g_free(boot->end_detail);
    g_clear_error(&boot->fault);
    sbx_domain_unref(boot->domain);
    g_clear_pointer(&boot->image, sbx_image_unref);
    sbx_sandbox_unref(boot->sandbox);
    g_free(boot);
}

/* Cleans up what belongs to the main loop. */
static void stop_listening(SbxBoot *boot)
{
    g_clear_handle_id(&boot->timer, g_source_remove);
    listener_clear(&boot->agent);
    listener_clear(&boot->console);
    listener_clear(&boot->monitor);
    g_clear_handle_id(&boot->monitor_source, g_source_remove);
    sbx_fd_clear(&boot->monitor_fd);
}

static void begin(SbxBoot *boot);

static guint boots_at_once(SbxKeeper *keeper)
{
    guint cpus = g_get_num_processors();

    /* Under KVM much of a boot is waiting; an emulated CPU is a busy one. */
    return MAX(keeper->try_kvm ? 2 * cpus : cpus, 2);
}

static void next_turns(SbxKeeper *keeper)
{
    while (keeper->booting < boots_at_once(keeper) && !g_queue_is_empty(&keeper->boot_queue)) {
        SbxBoot *boot = g_queue_pop_head(&keeper->boot_queue);

        boot->queued = FALSE;
        boot->has_turn = TRUE;
        keeper->booting++;
        begin(boot);
    }
}

static gboolean next_turns_later(gpointer data)
{
    next_turns(data);
    return G_SOURCE_REMOVE;
}

/* The boot is over, one way or the other. */
static void end_turn(SbxBoot *boot)
{
    SbxKeeper *keeper = boot->sandbox->keeper;

    if (boot->queued)
        g_queue_remove(&keeper->boot_queue, boot);
    boot->queued = FALSE;
    if (!boot->has_turn)
        return;
    boot->has_turn = FALSE;
    keeper->booting--;
    /* Whoever ends a boot is in the middle of something. */
    g_idle_add_full(G_PRIORITY_DEFAULT, next_turns_later, keeper, NULL);
}

static gboolean is_current(SbxBoot *boot)
{
    return boot->sandbox->boot == boot;
}

/* Reports the end of the VM when nothing of it is left and nobody works on it. */
static void check_gone(SbxBoot *boot);

/* --- workers --- */

static void work_kill(gpointer data)
{
    SbxBoot *boot = data;
    g_autoptr(GError) error = NULL;

    boot->kill_ok = sbx_driver_kill(boot->domain, &error);
    if (!boot->kill_ok)
        g_warning("cannot kill %s: %s", boot->sandbox->id, error->message);
}

static void kill_vm(SbxBoot *boot);

static gboolean kill_again(gpointer data)
{
    SbxBoot *boot = data;

    if (!boot->ended)
        kill_vm(boot);
    sbx_boot_free(boot);
    return G_SOURCE_REMOVE;
}

static gboolean kill_done(gpointer data)
{
    SbxBoot *boot = data;

    boot->working = FALSE;
    boot->killed = boot->kill_ok;
    if (!boot->killed)
        g_timeout_add(KILL_AGAIN_MS, kill_again, boot_ref(boot));
    check_gone(boot);
    sbx_boot_free(boot);
    return G_SOURCE_REMOVE;
}

static void kill_in_worker(gpointer data)
{
    work_kill(data);
    g_main_context_invoke(NULL, kill_done, data);
}

static void kill_vm(SbxBoot *boot)
{
    if (boot->working || boot->domain == NULL || boot->killed)
        return;
    boot->working = TRUE;
    sbx_keeper_work(boot->sandbox->keeper, kill_in_worker, boot_ref(boot));
}

static void check_gone(SbxBoot *boot)
{
    SbxSandbox *sandbox = boot->sandbox;

    if (boot->working || (boot->started && !boot->ended))
        return;
    if (!is_current(boot) || sandbox->state != SBX_ENDING)
        return;
    g_clear_handle_id(&boot->timer, g_source_remove);
    end_turn(boot);
    sandbox->boot = NULL;
    sbx_domain_unref(g_steal_pointer(&sandbox->domain));
    g_clear_pointer(&sandbox->console, sbx_console_free);
    sbx_sandbox_vm_gone(sandbox);
    sbx_boot_free(boot);
}

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

static void vm_ended(SbxDomain *domain, SbxDomainEnd end, const char *detail, gpointer data);

static void boot_free_notify(gpointer data)
{
    sbx_boot_free(data);
}

static SbxDomain *start_vm(SbxBoot *boot, SbxDriver *driver, const char *initramfs, int disk,
                           GError **error)
{
    SbxSandbox *sandbox = boot->sandbox;
    SbxDomainSpec spec = SBX_DOMAIN_SPEC_INIT;
    SbxDomainEnded ended = {vm_ended, boot_ref(boot), boot_free_notify};
    SbxDriverInfo info;
    SbxDomain *domain;
    GError *reason = NULL;
    g_autofree char *name = g_strdup_printf("%s-%d", sandbox->id, boot->attempt);

    sbx_driver_describe(driver, &info);
    spec.name = boot->attempt == 1 ? sandbox->id : name;
    spec.memory = sandbox->config.memory;
    spec.vcpus = sandbox->config.vcpus;
    spec.kvm = info.kvm;
    spec.qemu_version = info.hypervisor_version;
    spec.emulator = info.emulator;
    spec.kernel = boot->image->vmlinux;
    spec.initrd = initramfs;
    spec.root_image = boot->image->rootfs;
    spec.scratch_fd = disk;
    spec.agent_socket = boot->agent.path;
    spec.console_socket = boot->console.path;
    spec.monitor_socket = boot->monitor.path;
    domain = sbx_driver_start(driver, &spec, &ended, &reason);
    if (domain == NULL)
        g_propagate_error(error, sbx_keeper_start_fault(sandbox->keeper, reason));
    return domain;
}

static void boot_vm(SbxBoot *boot)
{
    SbxSandbox *sandbox = boot->sandbox;
    SbxKeeper *keeper = sandbox->keeper;
    SbxDriver *driver = sbx_keeper_driver(keeper, &boot->fault);
    g_autoptr(SbxImageName) name = NULL;
    g_autofree char *initramfs = NULL;
    g_auto(fd_t) disk = -1;

    if (driver == NULL)
        return;
    trace(boot, "the driver is open");
    name = sbx_image_parse_name(sandbox->config.image, &boot->fault);
    if (name == NULL)
        return;
    boot->image = sbx_image_store_find_in(keeper->image_dirs, name, &boot->fault);
    if (boot->image == NULL) {
        boot->fault = sbx_keeper_image_fault(keeper, boot->fault);
        return;
    }
    initramfs = initramfs_for(keeper, boot->image, &boot->fault);
    if (initramfs == NULL)
        return;
    disk = sbx_disk_new(keeper, sandbox->config.disk_size, &boot->fault);
    if (disk < 0)
        return;
    trace(boot, "image, initramfs and disk are ready");
    if (!g_atomic_int_get(&boot->abandoned))
        boot->domain = start_vm(boot, driver, initramfs, disk, &boot->fault);
}

static void fail(SbxBoot *boot, GError *fault)
{
    if (boot->failed || !is_current(boot) || boot->sandbox->state != SBX_STARTING) {
        g_error_free(fault);
        return;
    }
    boot->failed = TRUE;
    stop_listening(boot);
    sbx_sandbox_boot_failed(boot->sandbox, fault);
}

static void try_again(SbxBoot *boot, const char *why)
{
    SbxSandbox *sandbox = boot->sandbox;

    g_message("%s: the guest died while it booted, trying again: %s", sandbox->id,
              why != NULL ? why : "its console is empty");
    stop_listening(boot);
    end_turn(boot);
    sandbox->boot = NULL;
    sbx_domain_unref(g_steal_pointer(&sandbox->domain));
    g_clear_pointer(&sandbox->session, sbx_agent_session_free);
    g_clear_pointer(&sandbox->console, sbx_console_free);
    g_clear_pointer(&sandbox->image, sbx_image_unref);
    sbx_boot_start(sandbox, boot->attempt + 1);
    sbx_boot_free(boot);
}

/* Whether the guest ran already when the driver failed to start its VM: it died meanwhile. */
static gboolean died_in_start(SbxBoot *boot)
{
    return boot->monitor_fd >= 0 && boot->attempt < ATTEMPTS && is_current(boot) &&
           boot->sandbox->state == SBX_STARTING && sbx_fault_code(boot->fault) == SBX_E_BOOT;
}

/* The guest died before its agent answered. */
static void guest_died(SbxBoot *boot)
{
    SbxSandbox *sandbox = boot->sandbox;
    g_autofree char *tail = NULL;
    const char *said;

    if (boot->working || !boot->ended || !is_current(boot) || sandbox->state != SBX_STARTING)
        return;
    sbx_console_drain(sandbox->console);
    tail = sbx_console_tail(sandbox->console);
    said = tail != NULL ? tail : boot->end_detail;
    if (boot->attempt < ATTEMPTS) {
        try_again(boot, said);
        return;
    }
    fail(boot, sbx_fault_new(SBX_E_BOOT, 0, "see the cause for the end of its console", said,
                             "the guest died while it booted, %d times", ATTEMPTS));
}

static void vm_ended(SbxDomain *domain, SbxDomainEnd end, const char *detail, gpointer data)
{
    SbxBoot *boot = data;

    (void)domain;
    boot->started = TRUE;
    boot->ended = TRUE;
    boot->end = end;
    boot->end_detail = g_strdup(detail);
    if (!is_current(boot))
        return;
    if (boot->sandbox->state == SBX_STARTING && !boot->failed)
        guest_died(boot);
    else
        sbx_sandbox_vm_ended(boot->sandbox, end, detail);
    if (is_current(boot))
        check_gone(boot);
}

static gboolean boot_done(gpointer data)
{
    SbxBoot *boot = data;
    SbxSandbox *sandbox = boot->sandbox;

    trace(boot, "the driver has started the VM");
    boot->working = FALSE;
    boot->started = boot->domain != NULL;
    if (is_current(boot)) {
        if (boot->image != NULL && sandbox->image == NULL)
            sandbox->image = g_steal_pointer(&boot->image);
        if (boot->domain != NULL && sandbox->domain == NULL)
            sandbox->domain = sbx_domain_ref(boot->domain);
    }
    if (boot->fault != NULL && died_in_start(boot))
        try_again(boot, boot->fault->message);
    else if (boot->fault != NULL)
        fail(boot, g_steal_pointer(&boot->fault));
    else if (sandbox->state == SBX_STARTING)
        guest_died(boot);
    if (sandbox->state == SBX_ENDING && is_current(boot)) {
        kill_vm(boot);
        check_gone(boot);
    }
    sbx_boot_free(boot);
    return G_SOURCE_REMOVE;
}

static void boot_in_worker(gpointer data)
{
    boot_vm(data);
    g_main_context_invoke(NULL, boot_done, data);
}

/* --- the guest's streams --- */

/* Whether an answer still matters, and is no error. */
static gboolean agent_answered(SbxAgentSession *session, const GError *error, SbxSandbox *sandbox)
{
    if (session != sandbox->session || sandbox->state != SBX_STARTING || sandbox->boot == NULL)
        return FALSE;
    /* A stream that broke is the VM's end, which is announced and says more. */
    if (error != NULL && !g_error_matches(error, SBX_AGENT_ERROR, SBX_AGENT_ERROR_CLOSED))
        fail(sandbox->boot, sbx_fault_new(SBX_E_BOOT, 0, NULL, NULL, "the guest's agent: %s",
                                          error->message));
    return error == NULL;
}

static void setup_done(SbxAgentSession *session, const GError *error, gpointer data)
{
    SbxSandbox *sandbox = data;
    const SbxAgentInfo *info;

    if (!agent_answered(session, error, sandbox))
        return;
    info = sbx_agent_session_get_info(session);
    g_debug("%s: the guest's clock: agent started at %u ms, ready at %u ms", sandbox->id,
            (guint)(info->boot_agent_ns / 1000000), (guint)(info->boot_ready_ns / 1000000));
    trace(sandbox->boot, "the guest has its identity");
    sandbox->boot->answered = TRUE;
    end_turn(sandbox->boot);
    stop_listening(sandbox->boot);
    sbx_sandbox_booted(sandbox);
}

static void session_closed(SbxAgentSession *session, const GError *error, gpointer data)
{
    SbxSandbox *sandbox = data;

    if (session == sandbox->session && sandbox->state == SBX_RUNNING)
        sbx_sandbox_lost(sandbox, error);
}

static void unref_sandbox(gpointer data)
{
    sbx_sandbox_unref(data);
}

/* A fresh identity: nothing of it is shared with any other sandbox. */
static void setup_guest(SbxSandbox *sandbox)
{
    guchar random[16 + 64];
    char machine_id[33];
    char hostname[16];
    SbxAgentSetup setup = {
        .hostname = hostname,
        .machine_id = machine_id,
        .realtime_ns = (uint64_t)g_get_real_time() * 1000,
        .entropy = random + 16,
        .entropy_length = 64,
        .env = (const char *const *)sandbox->config.env,
    };

    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        g_error("getrandom: %s", g_strerror(errno));
    for (int i = 0; i < 16; i++)
        g_snprintf(machine_id + 2 * i, 3, "%02x", random[i]);
    g_snprintf(hostname, sizeof hostname, "%.12s", sandbox->id + 8);
    sbx_agent_session_setup(sandbox->session, &setup, setup_done, sandbox);
}

static void agent_is_up(SbxAgentSession *session, const GError *error, gpointer data)
{
    SbxSandbox *sandbox = data;

    if (!agent_answered(session, error, sandbox))
        return;
    trace(sandbox->boot, "the agent answers");
    setup_guest(sandbox);
}

static int accept_one(Listener *listener)
{
    int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0)
        return -1;
    listener->source = 0;
    listener_clear(listener);
    return fd;
}

static gboolean agent_connected(gint fd, GIOCondition condition, gpointer data)
{
    SbxBoot *boot = data;
    int stream = accept_one(&boot->agent);

    (void)fd;
    (void)condition;
    if (stream < 0)
        return G_SOURCE_CONTINUE;
    trace(boot, "the VMM has connected");
    boot->sandbox->session = sbx_agent_session_new(stream, session_closed,
                                                   sbx_sandbox_ref(boot->sandbox), unref_sandbox);
    /* Setup sets the clock: it must not lie in the stream while the kernel boots, for seconds. */
    sbx_agent_session_ping(boot->sandbox->session, agent_is_up, boot->sandbox);
    return G_SOURCE_REMOVE;
}

static gboolean console_connected(gint fd, GIOCondition condition, gpointer data)
{
    SbxBoot *boot = data;
    int stream = accept_one(&boot->console);

    (void)fd;
    (void)condition;
    if (stream < 0)
        return G_SOURCE_CONTINUE;
    boot->sandbox->console = sbx_console_new(stream);
    return G_SOURCE_REMOVE;
}

/* Answers and events; only the stream's end matters. */
static gboolean monitor_said(gint fd, GIOCondition condition, gpointer data)
{
    SbxBoot *boot = data;
    char text[4096];
    ssize_t n = read(fd, text, sizeof text);

    (void)condition;
    if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
        return G_SOURCE_CONTINUE;
    boot->monitor_source = 0;
    return G_SOURCE_REMOVE;
}

/*
 * Lets the guest run now. libvirt starts QEMU stopped, asks it for some 400 properties of its CPU, one
 * at a time, and only then lets it run: 310-350 ms, more than a whole boot takes under KVM. The guest
 * boots during that: a create takes 2.9 s instead of 3.4 s here (TCG, QEMU 7.2, medians of 14). libvirt's own `cont` later does nothing, and its events tell it the state.
 */
static gboolean monitor_connected(gint fd, GIOCondition condition, gpointer data)
{
    static const char go[] = "{\"execute\": \"qmp_capabilities\"}\n{\"execute\": \"cont\"}\n";
    SbxBoot *boot = data;
    int stream = accept_one(&boot->monitor);

    (void)fd;
    (void)condition;
    if (stream < 0)
        return G_SOURCE_CONTINUE;
    trace(boot, "its monitor has connected");
    g_unix_set_fd_nonblocking(stream, TRUE, NULL);
    (void)!send(stream, go, sizeof go - 1, MSG_NOSIGNAL);
    boot->monitor_fd = stream;
    boot->monitor_source = g_unix_fd_add(stream, G_IO_IN | G_IO_HUP | G_IO_ERR, monitor_said, boot);
    return G_SOURCE_REMOVE;
}

static gboolean listen_on(SbxBoot *boot, Listener *listener, const char *what,
                          GUnixFDSourceFunc connected, GError **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    listener->path = g_strdup_printf("%s/%s-%c%d", boot->sandbox->keeper->vm_dir,
                                     boot->sandbox->id + 8, *what, boot->attempt);
    listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    g_strlcpy(address.sun_path, listener->path, sizeof address.sun_path);
    unlink(listener->path);
    if (strlen(listener->path) >= sizeof address.sun_path || listener->fd < 0 ||
        bind(listener->fd, (struct sockaddr *)&address, sizeof address) < 0 ||
        chmod(listener->path, sbx_keeper_file_mode(boot->sandbox->keeper)) < 0 ||
        listen(listener->fd, 1) < 0) {
        sbx_fault_set(error, SBX_E_SYSTEM, errno, NULL, "cannot listen for the guest's %s: %s", what,
                      g_strerror(errno));
        return FALSE;
    }
    listener->source = g_unix_fd_add(listener->fd, G_IO_IN, connected, boot);
    return TRUE;
}

static gboolean timed_out(gpointer data)
{
    SbxBoot *boot = data;
    g_autofree char *tail = NULL;

    boot->timer = 0;
    sbx_console_drain(boot->sandbox->console);
    tail = sbx_console_tail(boot->sandbox->console);
    fail(boot, sbx_fault_new(SBX_E_BOOT, ETIMEDOUT,
                             "give it more time with sbx_options_set_start_timeout()", tail,
                             "the guest's agent did not answer within %" G_GINT64_FORMAT " ms",
                             boot->sandbox->config.start_timeout_ms));
    return G_SOURCE_REMOVE;
}

/* It is this boot's turn. */
static void begin(SbxBoot *boot)
{
    SbxSandbox *sandbox = boot->sandbox;
    GError *fault = NULL;

    boot->since = g_get_monotonic_time();
    boot->timer = g_timeout_add((guint)sandbox->config.start_timeout_ms, timed_out, boot);
    /* AppArmor and SELinux, which a daemon uses, know nothing of our monitor. */
    if (!listen_on(boot, &boot->agent, "agent", agent_connected, &fault) ||
        !listen_on(boot, &boot->console, "console", console_connected, &fault) ||
        (!sandbox->keeper->daemon &&
         !listen_on(boot, &boot->monitor, "monitor", monitor_connected, &fault))) {
        fail(boot, fault);
        return;
    }
    boot->working = TRUE;
    sbx_keeper_work(sandbox->keeper, boot_in_worker, boot_ref(boot));
}

void sbx_boot_start(SbxSandbox *sandbox, int attempt)
{
    SbxKeeper *keeper = sandbox->keeper;
    SbxBoot *boot = g_new0(SbxBoot, 1);

    g_atomic_ref_count_init(&boot->refs);
    boot->sandbox = sbx_sandbox_ref(sandbox);
    boot->attempt = attempt;
    boot->agent.fd = -1;
    boot->console.fd = -1;
    boot->monitor.fd = -1;
    boot->monitor_fd = -1;
    boot->queued = TRUE;
    sandbox->boot = boot;
    if (attempt == 1)
        g_queue_push_tail(&keeper->boot_queue, boot);
    else
        g_queue_push_head(&keeper->boot_queue, boot);
    next_turns(keeper);
}

static gboolean check_gone_later(gpointer data)
{
    SbxBoot *boot = data;

    check_gone(boot);
    sbx_boot_free(boot);
    return G_SOURCE_REMOVE;
}

static gboolean said_nothing(gpointer data)
{
    SbxBoot *boot = data;

    boot->timer = 0;
    kill_vm(boot);
    return G_SOURCE_REMOVE;
}

void sbx_boot_abandon(SbxSandbox *sandbox, gboolean is_ending)
{
    SbxBoot *boot = sandbox->boot;

    g_atomic_int_set(&boot->abandoned, 1);
    if (boot->queued)
        end_turn(boot);
    stop_listening(boot);
    g_clear_pointer(&sandbox->session, sbx_agent_session_free);
    if (is_ending)
        boot->timer = g_timeout_add(LAST_WORDS_MS, said_nothing, boot);
    else
        kill_vm(boot);
    /* Not from within the caller, which goes on to use the sandbox. */
    g_idle_add_full(G_PRIORITY_DEFAULT, check_gone_later, boot_ref(boot), NULL);
}
