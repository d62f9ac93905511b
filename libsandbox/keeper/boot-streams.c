/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The VMM's connections to us.
 *
 * The VMM connects to us, not we to it: the streams are there before libvirt says that the VM runs,
 * and the names of the sockets are gone as soon as they are connected.
 *
 * What happens when the monitor connects is what makes the VM run: `cont` for one that boots, the
 * template's state and then `cont` for one that is restored.
 */
#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <sandbox/error.h>

#include "keeper/boot-private.h"
#include "keeper/identity.h"
#include "keeper/state-pipe.h"
#include "wire/fd.h"
#include "wire/json.h"

/* A restored guest answers after 50-500 ms; on a machine with much to do some seconds. One that does
 * not is booted instead. */
#define RESTORE_MS 20000

static void listener_clear(SbxListener *listener)
{
    g_clear_handle_id(&listener->source, g_source_remove);
    sbx_fd_clear(&listener->fd);
    /* The name itself stays: a worker may be reading it still. */
    if (listener->path != NULL)
        unlink(listener->path);
}

void sbx_boot_stop_listening(SbxBoot *boot)
{
    g_clear_handle_id(&boot->timer, g_source_remove);
    for (int i = 0; i < SBX_LISTENERS; i++)
        listener_clear(&boot->listeners[i]);
}

static int accept_one(SbxBoot *boot, SbxListenerKind kind)
{
    SbxListener *listener = &boot->listeners[kind];
    int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0)
        return -1;
    listener->source = 0;
    listener_clear(listener);
    return fd;
}

/* --- the agent --- */

static void session_closed(SbxAgentSession *session, const GError *error, gpointer data)
{
    SbxSandbox *sandbox = data;

    if (session == sandbox->session && sandbox->state != SBX_STARTING)
        sbx_sandbox_lost(sandbox, error);
}

static void unref_sandbox(gpointer data)
{
    sbx_sandbox_unref(data);
}

static void agent_is_up(SbxAgentSession *session, const GError *error, gpointer data)
{
    SbxSandbox *sandbox = data;

    if (!sbx_boot_agent_answered(session, error, sandbox))
        return;
    sbx_boot_trace(sandbox->boot, "the agent answers");
    sbx_boot_up(sandbox->boot);
}

/* A copy of a running VM has two streams to its agent, which come one after the other. */
static void begin_session(SbxBoot *boot)
{
    SbxSandbox *sandbox = boot->sandbox;

    if (sandbox->purpose->is_loader || sandbox->stream_fd < 0 ||
        (sandbox->is_copy && sandbox->reset_fd < 0))
        return;
    if (sandbox->is_copy)
        sandbox->session = sbx_agent_session_new_clone(
            sbx_fd_steal(&sandbox->stream_fd), sbx_fd_steal(&sandbox->reset_fd), session_closed,
            sbx_sandbox_ref(sandbox), unref_sandbox);
    else
        sandbox->session = sbx_agent_session_new(sbx_fd_steal(&sandbox->stream_fd), session_closed,
                                                 sbx_sandbox_ref(sandbox), unref_sandbox);
    /* Setup sets the clock: it must not lie in the stream while the kernel boots, for seconds. */
    sbx_agent_session_ping(sandbox->session, agent_is_up, sandbox);
}

static gboolean agent_connected(gint fd, GIOCondition condition, gpointer data)
{
    SbxBoot *boot = data;
    int stream = accept_one(boot, SBX_LISTEN_AGENT);

    (void)fd;
    (void)condition;
    if (stream < 0)
        return G_SOURCE_CONTINUE;
    sbx_boot_trace(boot, "the VMM has connected");
    sbx_fd_clear(&boot->sandbox->stream_fd);
    boot->sandbox->stream_fd = stream;
    begin_session(boot);
    return G_SOURCE_REMOVE;
}

static gboolean reset_connected(gint fd, GIOCondition condition, gpointer data)
{
    SbxBoot *boot = data;
    int stream = accept_one(boot, SBX_LISTEN_RESET);

    (void)fd;
    (void)condition;
    if (stream < 0)
        return G_SOURCE_CONTINUE;
    sbx_fd_clear(&boot->sandbox->reset_fd);
    boot->sandbox->reset_fd = stream;
    if (boot->sandbox->is_copy)
        begin_session(boot);
    return G_SOURCE_REMOVE;
}

static gboolean console_connected(gint fd, GIOCondition condition, gpointer data)
{
    SbxBoot *boot = data;
    int stream = accept_one(boot, SBX_LISTEN_CONSOLE);

    (void)fd;
    (void)condition;
    if (stream < 0)
        return G_SOURCE_CONTINUE;
    boot->sandbox->console = sbx_console_new(stream);
    return G_SOURCE_REMOVE;
}

/* --- the monitor --- */

/* A VM that was saved stopped is stopped when it is restored, whatever was said before. */
static void restore_goes_on(SbxSandbox *sandbox, const char *status)
{
    SbxBoot *boot = sandbox->boot;

    if (g_strcmp0(status, "completed") == 0) {
        boot->restoring = FALSE;
        sbx_boot_trace(boot, "it is restored");
        sbx_qmp_execute(sandbox->monitor, "cont", NULL, -1, NULL, NULL);
    } else if (g_strcmp0(status, "failed") == 0) {
        boot->restoring = FALSE;
        sbx_boot_give_up(boot, "the VMM does not accept the template's state");
    }
}

static void monitor_event(SbxQmp *monitor, const char *event, JsonObject *values, gpointer data)
{
    SbxSandbox *sandbox = data;

    if (monitor != sandbox->monitor)
        return;
    if (sandbox->boot != NULL && sandbox->boot->restoring && values != NULL &&
        strcmp(event, "MIGRATION") == 0)
        restore_goes_on(sandbox, sbx_json_get_string(values, "status"));
    /* Its last moment. */
    if (strcmp(event, "SHUTDOWN") == 0)
        sbx_usage_sample(sandbox);
    if (sandbox->on_event != NULL)
        sandbox->on_event(sandbox, event, values);
}

static void restore_step_done(SbxQmp *monitor, JsonObject *result, const GError *error,
                              gpointer data)
{
    SbxBoot *boot = data;

    (void)result;
    /* A monitor that closed is the VM's end, which is announced. */
    if (error != NULL && monitor == boot->sandbox->monitor &&
        !g_error_matches(error, SBX_QMP_ERROR, SBX_QMP_ERROR_CLOSED))
        sbx_boot_give_up(boot, error->message);
    sbx_boot_free(boot);
}

static gboolean restore_timed_out(gpointer data)
{
    SbxBoot *boot = data;

    boot->timer = 0;
    sbx_boot_give_up(boot, "the restored guest does not answer");
    return G_SOURCE_REMOVE;
}

static void restore(SbxBoot *boot, SbxTemplate *template)
{
    SbxQmp *monitor = boot->sandbox->monitor;
    g_autoptr(GError) error = NULL;
    g_auto(fd_t) state = sbx_state_pipe_send(template->state, &error);

    if (state < 0) {
        sbx_boot_give_up(boot, error->message);
        return;
    }
    g_clear_handle_id(&boot->timer, g_source_remove);
    boot->timer = g_timeout_add(RESTORE_MS, restore_timed_out, boot);
    boot->restoring = TRUE;
    sbx_qmp_migrate_capabilities(monitor, TRUE, restore_step_done, sbx_boot_ref(boot));
    sbx_qmp_migrate(monitor, state, TRUE, restore_step_done, sbx_boot_ref(boot));
}

/*
 * Lets the guest run now. libvirt starts QEMU stopped and asks it for some 400 properties of its
 * CPU, one at a time, 310-350 ms, more than a whole boot takes under KVM. The guest boots, or is
 * restored, during that: a cold create took 2.9 s instead of 3.4 s here (TCG, QEMU 7.2, medians of
 * 14). libvirt is told to leave the VM stopped, so that it says no `cont` of its own later.
 */
static gboolean monitor_connected(gint fd, GIOCondition condition, gpointer data)
{
    SbxBoot *boot = data;
    SbxSandbox *sandbox = boot->sandbox;
    SbxTemplate *template = g_atomic_pointer_get(&boot->template);
    int stream = accept_one(boot, SBX_LISTEN_MONITOR);

    (void)fd;
    (void)condition;
    if (stream < 0)
        return G_SOURCE_CONTINUE;
    sbx_boot_trace(boot, "its monitor has connected");
    boot->connected = TRUE;
    sbx_boot_watch_vmm(boot, stream);
    sandbox->monitor = sbx_qmp_new(stream, monitor_event, sandbox);
    if (sandbox->purpose->is_loader) {
        sandbox->purpose->up(sandbox);
        return G_SOURCE_REMOVE;
    }
    if (template != NULL)
        restore(boot, template);
    else
        sbx_qmp_execute(sandbox->monitor, "cont", NULL, -1, NULL, NULL);
    return G_SOURCE_REMOVE;
}

/* --- listening --- */

static const struct {
    const char *what;
    GUnixFDSourceFunc connected;
} kinds[SBX_LISTENERS] = {
    [SBX_LISTEN_AGENT] = {"agent", agent_connected},
    [SBX_LISTEN_CONSOLE] = {"console", console_connected},
    [SBX_LISTEN_MONITOR] = {"monitor", monitor_connected},
    [SBX_LISTEN_RESET] = {"reset", reset_connected},
};

static gboolean listen_for(SbxBoot *boot, SbxListenerKind kind, GError **error)
{
    SbxListener *listener = &boot->listeners[kind];
    const char *what = kinds[kind].what;
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
    listener->source = g_unix_fd_add(listener->fd, G_IO_IN, kinds[kind].connected, boot);
    return TRUE;
}

gboolean sbx_boot_listen(SbxBoot *boot, GError **error)
{
    for (int kind = 0; kind < SBX_LISTENERS; kind++) {
        /* AppArmor and SELinux, which a daemon uses, know nothing of our monitor. Without it there
         * are no clones, and without those nothing to reset. */
        if (boot->sandbox->keeper->daemon &&
            (kind == SBX_LISTEN_MONITOR || kind == SBX_LISTEN_RESET))
            continue;
        if (!listen_for(boot, kind, error))
            return FALSE;
    }
    return TRUE;
}
