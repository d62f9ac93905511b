/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stats: what a sandbox takes now. A worker reads what the host's kernel knows (a walk through a VMM's
 * page tables takes some milliseconds a GiB), the guest is asked meanwhile; one that does not answer
 * in time is left at that.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "keeper/sandbox.h"
#include "wire/fd.h"

#define GUEST_MS 1000
/* A guest that answers none is asked no more. */
#define ASKED_MAX 8

typedef struct {
    guint refs; /* main loop only: the worker's, the agent's */
    SbxSandbox *sandbox; /* a reference */
    SbxRequest *request; /* until it is answered */
    JsonObject *figures;
    guint timer;
    gboolean guest_awaited;
    gboolean host_awaited;
    /* The worker's. */
    pid_t vmm;
    int disk_fd;
    gint64 resident, private, disk; /* -1: not known */
} Ask;

static void ask_unref(Ask *ask)
{
    if (--ask->refs > 0)
        return;
    g_clear_handle_id(&ask->timer, g_source_remove);
    sbx_fd_clear(&ask->disk_fd);
    json_object_unref(ask->figures);
    sbx_sandbox_unref(ask->sandbox);
    g_free(ask);
}

static void set(Ask *ask, const char *name, gint64 value)
{
    if (value >= 0)
        json_object_set_int_member(ask->figures, name, value);
}

/* The answer, when nobody is awaited any more. */
static void check_complete(Ask *ask)
{
    if (ask->request == NULL || ask->host_awaited || ask->guest_awaited)
        return;
    g_clear_handle_id(&ask->timer, g_source_remove);
    sbx_request_reply(g_steal_pointer(&ask->request), json_object_ref(ask->figures), NULL, 0);
}

/* --- the host --- */

static gint64 kib_of(const char *text, const char *name)
{
    const char *found = text != NULL ? strstr(text, name) : NULL;

    return found != NULL ? (gint64)g_ascii_strtoull(found + strlen(name), NULL, 10) << 10 : -1;
}

static gboolean host_done(gpointer data)
{
    Ask *ask = data;

    set(ask, "host_memory", ask->resident);
    set(ask, "host_private", ask->private);
    set(ask, "host_disk", ask->disk);
    ask->host_awaited = FALSE;
    check_complete(ask);
    ask_unref(ask);
    return G_SOURCE_REMOVE;
}

static void read_host(gpointer data)
{
    Ask *ask = data;
    g_autofree char *path = g_strdup_printf("/proc/%d/smaps_rollup", (int)ask->vmm);
    g_autofree char *text = NULL;
    struct stat disk;

    if (ask->vmm > 0 && g_file_get_contents(path, &text, NULL, NULL) && text[0] != '\0') {
        ask->resident = kib_of(text, "\nRss:");
        ask->private = kib_of(text, "\nPrivate_Clean:") + kib_of(text, "\nPrivate_Dirty:");
    }
    if (ask->disk_fd >= 0 && fstat(ask->disk_fd, &disk) == 0)
        ask->disk = (gint64)disk.st_blocks * 512;
    g_main_context_invoke(NULL, host_done, ask);
}

/* What the keeper itself knows. */
static void set_known(Ask *ask)
{
    SbxSandbox *sandbox = ask->sandbox;
    gint64 running = sbx_usage_running_us(sandbox);
    gint64 paused = sbx_usage_paused_us(sandbox);

    sbx_usage_sample(sandbox);
    set(ask, "cpu", sandbox->usage.vmm > 0 ? sandbox->usage.cpu_us : -1);
    set(ask, "uptime", running / 1000);
    set(ask, "paused", paused / 1000);
    set(ask, "memory_time", sbx_usage_gib_ms(sandbox, running));
    set(ask, "memory_paused", sbx_usage_gib_ms(sandbox, paused));
    set(ask, "memory_size", (gint64)sandbox->config.memory);
    set(ask, "disk_size", (gint64)sandbox->config.disk_size);
    set(ask, "network_received", 0);
    set(ask, "network_sent", 0);
    set(ask, "commands", sbx_process_count_running(sandbox));
    set(ask, "sandboxes", 1);
}

/* --- the guest --- */

static gboolean guest_silent(gpointer data)
{
    Ask *ask = data;

    ask->timer = 0;
    ask->guest_awaited = FALSE;
    check_complete(ask);
    return G_SOURCE_REMOVE;
}

/* Its own claim; 0 is what it does not know. */
static void set_claim(Ask *ask, const char *name, guint64 value)
{
    if (value > 0)
        set(ask, name, (gint64)MIN(value, (guint64)G_MAXINT64));
}

static void guest_answered(SbxAgentSession *session, const SbxAgentMetrics *metrics,
                           const GError *error, gpointer data)
{
    Ask *ask = data;

    (void)session;
    (void)error;
    if (metrics != NULL && ask->request != NULL) {
        set_claim(ask, "guest_cpu", metrics->cpu_time_us);
        set_claim(ask, "guest_memory", metrics->memory_total - metrics->memory_available);
        set_claim(ask, "guest_memory_peak", metrics->memory_peak);
        set_claim(ask, "guest_disk_used", metrics->disk_total - metrics->disk_free);
        set_claim(ask, "guest_disk_size", metrics->disk_total);
        set_claim(ask, "guest_processes", metrics->tasks);
    }
    ask->sandbox->usage.asked--;
    ask->guest_awaited = FALSE;
    check_complete(ask);
    ask_unref(ask);
}

static void ask_guest(Ask *ask)
{
    if (ask->sandbox->usage.asked >= ASKED_MAX)
        return;
    ask->sandbox->usage.asked++;
    ask->guest_awaited = TRUE;
    ask->refs++;
    ask->timer = g_timeout_add(GUEST_MS, guest_silent, ask);
    sbx_agent_session_get_metrics(ask->sandbox->session, guest_answered, ask);
}

void sbx_stats_method_get(SbxKeeper *keeper, SbxRequest *request)
{
    SbxSandbox *sandbox = sbx_sandbox_wanted(keeper, request, "id", TRUE);
    Ask *ask;

    if (sandbox == NULL)
        return;
    ask = g_new0(Ask, 1);
    ask->refs = 1;
    ask->sandbox = sbx_sandbox_ref(sandbox);
    ask->request = request;
    ask->figures = json_object_new();
    set_known(ask);
    ask->vmm = sandbox->usage.vmm;
    ask->disk_fd = sandbox->disk_fd >= 0 ? fcntl(sandbox->disk_fd, F_DUPFD_CLOEXEC, 0) : -1;
    ask->resident = ask->private = ask->disk = -1;
    ask->host_awaited = TRUE;
    if (sandbox->state == SBX_RUNNING)
        ask_guest(ask);
    sbx_keeper_work(keeper, read_host, ask);
}
