/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Boot: from nothing to a guest whose agent answers.
 *
 *   main loop: listen for the guest's agent and console, start the clock, submit to a worker
 *   worker:    open the driver, find the image, write the initramfs or find the template, make the
 *              disk, start the VM
 *   main loop: the VMM connects (during its start), the agent answers a ping: up
 *
 * No more guests boot at once than the CPUs can carry, the others wait in turn: fifty at once would take
 * as long all together, and each so long that it looks hung. What somebody waits for comes before what
 * is made in advance.
 *
 * A guest that dies while it boots is tried once more: QEMU 7.2's emulation with two vCPUs lost 2 of
 * 277 boots to a race of the guest kernel's text patching (measured). One that cannot be restored from
 * its template is booted, and the template is not used again.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <sandbox/error.h>

#include "keeper/boot-private.h"
#include "keeper/template.h"
#include "wire/fd.h"

#define ATTEMPTS 2
#define FREE_ATTEMPTS 2
/* How long a VM that closed its agent's stream may take to end by itself and so tell why; libvirt polls
 * for a dead QEMU every 200 ms. One that does not end is killed. */
#define LAST_WORDS_MS 1000
/* A kill that failed (libvirt was busy with the VM, QEMU hangs in the kernel) is repeated. */
#define KILL_AGAIN_MS 1000

SbxBoot *sbx_boot_ref(SbxBoot *boot)
{
    g_atomic_ref_count_inc(&boot->refs);
    return boot;
}

void sbx_boot_trace(SbxBoot *boot, const char *what)
{
    g_debug("%s: %4" G_GINT64_FORMAT " ms: %s", boot->sandbox->id,
            (g_get_monotonic_time() - boot->since) / 1000, what);
}

void sbx_boot_free(SbxBoot *boot)
{
    if (!g_atomic_ref_count_dec(&boot->refs))
        return;
    for (int i = 0; i < SBX_LISTENERS; i++)
        g_free(boot->listeners[i].path);
    g_free(boot->given_up);
    g_free(boot->end_detail);
    g_clear_error(&boot->fault);
    sbx_domain_unref(boot->domain);
    g_clear_pointer(&boot->image, sbx_image_unref);
    sbx_fd_clear(&boot->disk_fd);
    sbx_fd_clear(&boot->vmm_fd);
    sbx_template_unref(boot->template);
    sbx_sandbox_unref(boot->sandbox);
    g_free(boot);
}

static gboolean is_current(SbxBoot *boot)
{
    return boot->sandbox->boot == boot;
}

/* --- turns --- */

static void begin(SbxBoot *boot);
static void start_clock(SbxBoot *boot);

static guint boots_at_once(SbxKeeper *keeper)
{
    guint cpus = g_get_num_processors();

    /* Under KVM much of a boot is waiting; an emulated CPU is a busy one. */
    return MAX(keeper->try_kvm ? 2 * cpus : cpus, 2);
}

static gboolean is_awaited(SbxBoot *boot)
{
    return boot->sandbox->purpose->is_awaited;
}

static gint compare_awaited(gconstpointer queued, gconstpointer data)
{
    (void)data;
    return is_awaited((SbxBoot *)queued) ? 0 : 1;
}

static SbxBoot *pop_next(SbxKeeper *keeper)
{
    GList *next = g_queue_find_custom(&keeper->boot_queue, NULL, compare_awaited);
    SbxBoot *boot;

    if (next == NULL)
        next = keeper->boot_queue.head;
    boot = next->data;
    g_queue_delete_link(&keeper->boot_queue, next);
    return boot;
}

static void next_turns(SbxKeeper *keeper)
{
    while (keeper->booting < boots_at_once(keeper) && !g_queue_is_empty(&keeper->boot_queue)) {
        SbxBoot *boot = pop_next(keeper);

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

/* --- killing --- */

/* Reports the end of the VM when nothing of it is left and nobody works on it. */
static void check_gone(SbxBoot *boot);

static void kill_vm(SbxBoot *boot);
static void guest_died(SbxBoot *boot);

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
        g_timeout_add(KILL_AGAIN_MS, kill_again, sbx_boot_ref(boot));
    guest_died(boot);
    check_gone(boot);
    sbx_boot_free(boot);
    return G_SOURCE_REMOVE;
}

static void kill_in_worker(gpointer data)
{
    SbxBoot *boot = data;
    g_autoptr(GError) error = NULL;

    boot->kill_ok = sbx_driver_kill(boot->domain, &error);
    if (!boot->kill_ok)
        g_warning("cannot kill %s: %s", boot->sandbox->id, error->message);
    g_main_context_invoke(NULL, kill_done, boot);
}

static gboolean vmm_ended(gint fd, GIOCondition condition, gpointer data)
{
    SbxBoot *boot = data;

    (void)fd;
    (void)condition;
    boot->vmm_source = 0;
    boot->vmm_ended = TRUE;
    /* Where the reason is a guess, libvirt has the better one to come. */
    if (is_current(boot) && boot->sandbox->state == SBX_ENDING && !boot->sandbox->end_is_guess)
        sbx_sandbox_vmm_ended(boot->sandbox);
    return G_SOURCE_REMOVE;
}

void sbx_boot_watch_vmm(SbxBoot *boot, int stream)
{
    struct ucred peer;
    socklen_t length = sizeof peer;
    char byte;

    if (getsockopt(stream, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0 || peer.pid <= 1)
        return;
    boot->vmm_pid = peer.pid;
    boot->vmm_fd = (int)syscall(SYS_pidfd_open, peer.pid, 0);
    /* Still connected, so the number was its own when it was opened. */
    if (boot->vmm_fd >= 0 && recv(stream, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
        sbx_fd_clear(&boot->vmm_fd);
    if (boot->vmm_fd >= 0)
        boot->vmm_source = g_unix_fd_add(boot->vmm_fd, G_IO_IN, vmm_ended, boot);
}

/* At once, and also while libvirt is still starting it, for which that is an error like any other. */
static void kill_vmm(SbxBoot *boot)
{
    if (boot->vmm_fd >= 0 && !boot->vmm_ended)
        syscall(SYS_pidfd_send_signal, boot->vmm_fd, SIGKILL, NULL, 0);
}

static void kill_vm(SbxBoot *boot)
{
    kill_vmm(boot);
    if (boot->working || boot->domain == NULL || boot->killed)
        return;
    boot->working = TRUE;
    sbx_keeper_work(boot->sandbox->keeper, kill_in_worker, sbx_boot_ref(boot));
}

/* What an attempt has put into its sandbox. */
static void clear_vm(SbxSandbox *sandbox)
{
    sbx_domain_unref(g_steal_pointer(&sandbox->domain));
    g_clear_pointer(&sandbox->session, sbx_agent_session_free);
    g_clear_pointer(&sandbox->monitor, sbx_qmp_free);
    g_clear_pointer(&sandbox->console, sbx_console_free);
    sbx_fd_clear(&sandbox->disk_fd);
    sbx_fd_clear(&sandbox->stream_fd);
    sbx_fd_clear(&sandbox->reset_fd);
}

static void check_gone(SbxBoot *boot)
{
    SbxSandbox *sandbox = boot->sandbox;

    if (boot->working || (boot->started && !boot->ended))
        return;
    if (!is_current(boot) || sandbox->state != SBX_ENDING)
        return;
    g_clear_handle_id(&boot->timer, g_source_remove);
    g_clear_handle_id(&boot->vmm_source, g_source_remove);
    end_turn(boot);
    sandbox->boot = NULL;
    sbx_console_keep(sandbox);
    clear_vm(sandbox);
    sbx_sandbox_vm_gone(sandbox);
    sbx_boot_free(boot);
}

/* --- failing, and trying again --- */

static void fail(SbxBoot *boot, GError *fault)
{
    if (boot->failed || !is_current(boot) || boot->sandbox->state != SBX_STARTING) {
        g_error_free(fault);
        return;
    }
    boot->failed = TRUE;
    sbx_boot_stop_listening(boot);
    sbx_sandbox_boot_failed(boot->sandbox, fault);
}

/* One that was restored, or given up, does not count as an attempt to boot. */
static gboolean is_free(SbxBoot *boot)
{
    return boot->template != NULL || boot->given_up != NULL;
}

/* Whether another VM may do: what was in a copy is in no other VM. */
static gboolean may_try_again(SbxBoot *boot)
{
    SbxSandbox *sandbox = boot->sandbox;

    int free_attempts = sandbox->free_attempts + (is_free(boot) ? 1 : 0);

    /* RAM in a file of its own is not what it was. */
    return sandbox->memory_file == NULL && (!sandbox->is_copy || sandbox->may_boot) &&
           boot->attempt < ATTEMPTS + MIN(free_attempts, FREE_ATTEMPTS);
}

static void try_again(SbxBoot *boot, const char *why)
{
    SbxSandbox *sandbox = boot->sandbox;

    g_message("%s: the guest %s, trying again: %s", sandbox->id,
              boot->template != NULL ? "could not be used" : "died while it booted",
              why != NULL ? why : "its console is empty");
    sbx_boot_stop_listening(boot);
    end_turn(boot);
    if (is_free(boot))
        sandbox->free_attempts++;
    if (boot->template != NULL && !boot->answered)
        sbx_template_distrust(sandbox->keeper, boot->template, why);
    sbx_template_unref(g_steal_pointer(&sandbox->restore_from));
    sandbox->is_copy = FALSE;
    sandbox->no_template = TRUE;
    /* What was begun with this VM's agent is of no concern to the next one. */
    sandbox->is_warming = FALSE;
    g_clear_handle_id(&sandbox->claim_timer, g_source_remove);
    sandbox->boot = NULL;
    g_clear_handle_id(&boot->vmm_source, g_source_remove);
    clear_vm(sandbox);
    g_clear_pointer(&sandbox->image, sbx_image_unref);
    sbx_boot_start(sandbox, boot->attempt + 1);
    sbx_boot_free(boot);
}

/* Whether the guest ran already when the driver failed to start its VM: it died meanwhile. */
static gboolean died_in_start(SbxBoot *boot)
{
    return boot->connected && may_try_again(boot) && is_current(boot) &&
           boot->sandbox->state == SBX_STARTING && sbx_fault_code(boot->fault) == SBX_E_BOOT;
}

/* Why it died, as far as anybody knows; @driver: what the driver says, which knows the least. */
static char *last_words(SbxBoot *boot, const char *driver)
{
    SbxConsole *console = boot->sandbox->console;
    char *tail;

    if (boot->given_up != NULL)
        return g_strdup(boot->given_up);
    sbx_console_drain(console);
    tail = sbx_console_tail(console);
    return tail != NULL ? tail : g_strdup(driver);
}

/* The guest died before it could be used. */
static void guest_died(SbxBoot *boot)
{
    SbxSandbox *sandbox = boot->sandbox;
    g_autofree char *said = NULL;

    if (boot->working || !boot->ended || !is_current(boot) || sandbox->state != SBX_STARTING)
        return;
    said = last_words(boot, boot->end_detail);
    if (may_try_again(boot)) {
        try_again(boot, said);
        return;
    }
    fail(boot, sbx_fault_new(SBX_E_BOOT, 0, "see the cause for the end of its console", said,
                             "the guest died while it booted, %d times", ATTEMPTS));
}

void sbx_boot_give_up(SbxBoot *boot, const char *why)
{
    if (!is_current(boot) || boot->sandbox->state != SBX_STARTING || boot->given_up != NULL)
        return;
    boot->given_up = g_strdup(why);
    g_clear_handle_id(&boot->timer, g_source_remove);
    if (!may_try_again(boot)) {
        fail(boot, sbx_fault_new(SBX_E_BOOT, 0, NULL, NULL, "%s", why));
        return;
    }
    /* guest_died() follows, at the latest when the worker is through with starting it. */
    kill_vm(boot);
}

void sbx_boot_vm_ended(SbxDomain *domain, SbxDomainEnd end, const char *detail, gpointer data)
{
    SbxBoot *boot = data;
    SbxSandbox *sandbox = boot->sandbox;

    (void)domain;
    boot->started = TRUE;
    boot->ended = TRUE;
    boot->end = end;
    boot->end_detail = g_strdup(detail);
    if (!is_current(boot))
        return;
    /* One that has not been handed out can be replaced. */
    if (sandbox->state == SBX_STARTING && !boot->failed &&
        (!boot->answered || sandbox->purpose->is_awaited || sandbox->is_warming))
        guest_died(boot);
    else
        sbx_sandbox_vm_ended(sandbox, end, detail);
    if (is_current(boot))
        check_gone(boot);
}

/* --- the order of things --- */

static void take_results(SbxBoot *boot)
{
    SbxSandbox *sandbox = boot->sandbox;

    if (!is_current(boot))
        return;
    if (boot->image != NULL && sandbox->image == NULL)
        sandbox->image = g_steal_pointer(&boot->image);
    if (boot->domain != NULL && sandbox->domain == NULL)
        sandbox->domain = sbx_domain_ref(boot->domain);
    if (sandbox->disk_fd < 0)
        sandbox->disk_fd = sbx_fd_steal(&boot->disk_fd);
}

/* The driver could not start the VM, or it died before the driver was through with it. */
static void start_failed(SbxBoot *boot)
{
    g_autofree char *said = NULL;

    if (sbx_fault_code(boot->fault) == SBX_E_BOOT)
        said = last_words(boot, NULL);
    if (died_in_start(boot)) {
        try_again(boot, said != NULL ? said : boot->fault->message);
        return;
    }
    if (said != NULL)
        sbx_fault_add_cause(boot->fault, said);
    fail(boot, g_steal_pointer(&boot->fault));
}

static gboolean boot_done(gpointer data)
{
    SbxBoot *boot = data;
    SbxSandbox *sandbox = boot->sandbox;

    sbx_boot_trace(boot, "the driver has started the VM");
    boot->working = FALSE;
    boot->started = boot->domain != NULL;
    take_results(boot);
    /* It was in use already, and what its user met was a session that broke. */
    if (boot->fault != NULL && is_current(boot) && sandbox->end_is_guess)
        sbx_sandbox_vm_ended(sandbox, SBX_DOMAIN_CRASHED, NULL);
    if (boot->fault != NULL) {
        start_failed(boot);
    } else if (sandbox->state == SBX_STARTING) {
        if (boot->given_up != NULL && is_current(boot))
            kill_vm(boot);
        guest_died(boot);
    }
    if (sandbox->state == SBX_ENDING && is_current(boot)) {
        kill_vm(boot);
        check_gone(boot);
    }
    sbx_boot_free(boot);
    return G_SOURCE_REMOVE;
}

static void boot_in_worker(gpointer data)
{
    sbx_boot_work(data);
    g_main_context_invoke(NULL, boot_done, data);
}

gboolean sbx_boot_agent_answered(SbxAgentSession *session, const GError *error,
                                 SbxSandbox *sandbox)
{
    SbxBoot *boot = sandbox->boot;

    if (session != sandbox->session || sandbox->state != SBX_STARTING || boot == NULL)
        return FALSE;
    /* A stream that broke is the VM's end, which is announced and says more. */
    if (error != NULL && !g_error_matches(error, SBX_AGENT_ERROR, SBX_AGENT_ERROR_CLOSED)) {
        if (boot->template != NULL)
            sbx_boot_give_up(boot, error->message);
        else
            fail(boot, sbx_fault_new(SBX_E_BOOT, 0, NULL, NULL, "the guest's agent: %s",
                                     error->message));
    }
    return error == NULL;
}

/* The worker may be in the driver's start for some 100 ms still; who forks it does not wait for that. */
static void take_machine(SbxBoot *boot)
{
    SbxSandbox *sandbox = boot->sandbox;
    int disk = g_atomic_int_get(&boot->disk_fd);

    if (disk < 0 || sandbox->disk_fd >= 0)
        return;
    sandbox->disk_fd = fcntl(disk, F_DUPFD_CLOEXEC, 0);
    if (sandbox->image == NULL)
        sandbox->image = sbx_image_ref(boot->image);
}

/* What follows, an identity or more, has as much time again. */
void sbx_boot_up(SbxBoot *boot)
{
    start_clock(boot);
    boot->answered = TRUE;
    take_machine(boot);
    boot->sandbox->purpose->up(boot->sandbox);
}

void sbx_boot_stop_clock(SbxSandbox *sandbox)
{
    g_clear_handle_id(&sandbox->boot->timer, g_source_remove);
}

void sbx_boot_finish(SbxSandbox *sandbox)
{
    SbxBoot *boot = sandbox->boot;

    end_turn(boot);
    sbx_boot_stop_listening(boot);
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

static void start_clock(SbxBoot *boot)
{
    g_clear_handle_id(&boot->timer, g_source_remove);
    boot->timer =
        g_timeout_add((guint)boot->sandbox->config.start_timeout_ms, timed_out, boot);
}

/* It is this boot's turn. */
static void begin(SbxBoot *boot)
{
    SbxSandbox *sandbox = boot->sandbox;
    GError *fault = NULL;

    boot->since = g_get_monotonic_time();
    start_clock(boot);
    if (!sbx_boot_listen(boot, &fault)) {
        fail(boot, fault);
        return;
    }
    boot->working = TRUE;
    sbx_keeper_work(sandbox->keeper, boot_in_worker, sbx_boot_ref(boot));
}

void sbx_boot_start(SbxSandbox *sandbox, int attempt)
{
    SbxKeeper *keeper = sandbox->keeper;
    SbxBoot *boot = g_new0(SbxBoot, 1);

    g_atomic_ref_count_init(&boot->refs);
    boot->sandbox = sbx_sandbox_ref(sandbox);
    boot->attempt = attempt;
    boot->disk_fd = -1;
    boot->vmm_fd = -1;
    for (int i = 0; i < SBX_LISTENERS; i++)
        boot->listeners[i].fd = -1;
    boot->queued = TRUE;
    sandbox->boot = boot;
    if (attempt == 1)
        g_queue_push_tail(&keeper->boot_queue, boot);
    else
        g_queue_push_head(&keeper->boot_queue, boot);
    next_turns(keeper);
}

/* --- the end --- */

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

    /* Its snapshot is being loaded still, see snapshot.c. */
    if (boot == NULL)
        return;
    g_atomic_int_set(&boot->abandoned, 1);
    if (boot->queued)
        end_turn(boot);
    sbx_boot_stop_listening(boot);
    g_clear_pointer(&sandbox->session, sbx_agent_session_free);
    if (is_ending)
        boot->timer = g_timeout_add(LAST_WORDS_MS, said_nothing, boot);
    else
        kill_vm(boot);
    /* Not from within the caller, which goes on to use the sandbox. */
    g_idle_add_full(G_PRIORITY_DEFAULT, check_gone_later, sbx_boot_ref(boot), NULL);
}
