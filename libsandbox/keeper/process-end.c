/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Process end: deadlines, clients that go away, and what is told and remembered of the end. */
#include <signal.h>

#include <sandbox/error.h>
#include <sandbox/process.h>

#include "keeper/event.h"
#include "keeper/process-private.h"
#include "wire/json.h"

/* How long the guest may take to confirm that a command was killed. */
#define GRACE_SECONDS 5

void sbx_process_drop_client(SbxProcess *process)
{
    if (process->client == NULL)
        return;
    sbx_client_unwatch(process->client, process);
    g_clear_pointer(&process->client, sbx_client_unref);
}

void sbx_process_count_worker(SbxProcess *process, gboolean is_there)
{
    if (!process->is_worker || process->is_counted == is_there)
        return;
    process->is_counted = is_there;
    process->sandbox->n_workers += is_there ? 1 : -1;
}

void sbx_process_free(SbxProcess *process)
{
    sbx_process_count_worker(process, FALSE);
    g_clear_handle_id(&process->start_timer, g_source_remove);
    g_clear_handle_id(&process->deadline_timer, g_source_remove);
    g_clear_handle_id(&process->grace_timer, g_source_remove);
    g_hash_table_remove(process->sandbox->processes, &process->number);
    sbx_process_drop_client(process);
    for (int i = 0; i < 3; i++)
        g_clear_pointer(&process->relays[i], sbx_relay_unref);
    g_clear_pointer(&process->end, json_object_unref);
    g_clear_pointer(&process->held_end, json_object_unref);
    g_clear_pointer(&process->agent_process, sbx_agent_process_unref);
    sbx_sandbox_unref(process->sandbox);
    g_free(process->text);
    g_free(process->user);
    g_free(process);
}

void sbx_process_finish_with_fault(SbxProcess *process, GError *fault)
{
    if (process->request != NULL) {
        sbx_request_fail(g_steal_pointer(&process->request), fault);
    } else {
        JsonObject *params = json_object_new();

        json_object_set_object_member(params, "error", sbx_fault_to_json(fault));
        if (process->client != NULL)
            sbx_client_notify(process->client, "process.exited", params);
        else
            json_object_unref(params);
        g_error_free(fault);
    }
    sbx_process_free(process);
}

void sbx_process_orphaned(SbxProcess *process)
{
    sbx_process_finish_with_fault(process, sbx_sandbox_gone(process->sandbox));
}

/* What is known of it stays; takes @end. */
static void remember(SbxProcess *process, JsonObject *end)
{
    GQueue *ended = &process->sandbox->ended_processes;

    process->end = end;
    sbx_process_count_worker(process, FALSE);
    /* Its output was under way for longer than there was a sandbox. */
    if (process->sandbox->state == SBX_ENDED) {
        sbx_process_free(process);
        return;
    }
    g_clear_handle_id(&process->deadline_timer, g_source_remove);
    g_clear_handle_id(&process->grace_timer, g_source_remove);
    sbx_process_drop_client(process);
    g_queue_push_tail(ended, process);
    if (ended->length > SBX_PROCESSES_REMEMBERED)
        sbx_process_free(g_queue_pop_head(ended));
}

void sbx_process_forget_ended(SbxSandbox *sandbox)
{
    SbxProcess *process;

    while ((process = g_queue_pop_head(&sandbox->ended_processes)) != NULL)
        sbx_process_free(process);
}

static gboolean output_is_under_way(const SbxProcess *process)
{
    for (int i = SBX_STDOUT; i <= SBX_STDERR; i++)
        if (process->relays[i] != NULL && !sbx_relay_is_over(process->relays[i]))
            return TRUE;
    return FALSE;
}

void sbx_process_finish(SbxProcess *process, JsonObject *end)
{
    if (process->ends_with_output && !process->is_abandoned && output_is_under_way(process)) {
        process->held_end = end;
    } else if (process->wait || process->is_abandoned) {
        if (process->request != NULL)
            sbx_request_reply(g_steal_pointer(&process->request), end, NULL, 0);
        else
            json_object_unref(end);
        sbx_process_free(process);
    } else {
        if (process->client != NULL)
            sbx_client_notify(process->client, "process.exited", json_object_ref(end));
        if (process->is_worker) {
            json_object_unref(end);
            sbx_process_free(process);
        } else {
            remember(process, end);
        }
    }
}

void sbx_process_relay_done(gpointer data)
{
    SbxProcess *process = data;

    if (process->held_end != NULL && !output_is_under_way(process))
        sbx_process_finish(process, g_steal_pointer(&process->held_end));
}

/* The guest does not say what became of it, so nothing is said of it. */
static void finish_unknown(SbxProcess *process)
{
    JsonObject *end;

    sbx_agent_process_detach(process->agent_process);
    if (process->request != NULL && !process->wait) {
        sbx_process_finish_with_fault(
            process, sbx_fault_new(SBX_E_TIMEOUT, 0, NULL, NULL,
                                   "the deadline passed, and the guest does not say whether the "
                                   "command has started"));
        return;
    }
    end = json_object_new();
    json_object_set_int_member(end, "exit_code", -1);
    json_object_set_int_member(end, "cause", SBX_CAUSE_UNKNOWN);
    sbx_event_emit_exited(process->sandbox, process->pid, process->is_worker ? NULL : process->text,
                          end);
    process->ends_with_output = FALSE;
    sbx_process_finish(process, end);
}

/* Its VM does not run now; what was sent to its agent is still there when it does. */
static gboolean guest_stands_still(const SbxProcess *process)
{
    return process->sandbox->state == SBX_PAUSED || process->sandbox->busy != NULL;
}

static gboolean grace_passed(gpointer data)
{
    SbxProcess *process = data;

    if (guest_stands_still(process))
        return G_SOURCE_CONTINUE;
    process->grace_timer = 0;
    /* It has ended, and somebody has still to read its output. */
    if (sbx_agent_process_has_exited(process->agent_process) && !process->is_abandoned)
        return G_SOURCE_REMOVE;
    finish_unknown(process);
    return G_SOURCE_REMOVE;
}

/* The agent's answer may come when the process has been forgotten. */
typedef struct {
    SbxSandbox *sandbox; /* a reference */
    gint64 number;
} Kill;

static void kill_sent(SbxAgentSession *session, const GError *error, gpointer data)
{
    Kill *kill = data;
    SbxProcess *process = g_hash_table_lookup(kill->sandbox->processes, &kill->number);

    (void)session;
    if (process != NULL && error == NULL)
        process->kill_arrived = TRUE;
    sbx_sandbox_unref(kill->sandbox);
    g_free(kill);
}

static void kill_all(SbxProcess *process)
{
    Kill *kill = g_new0(Kill, 1);

    kill->sandbox = sbx_sandbox_ref(process->sandbox);
    kill->number = process->number;
    sbx_agent_process_signal(process->agent_process, SIGKILL, SBX_AGENT_SCOPE_CGROUP, kill_sent,
                             kill);
    if (process->grace_timer == 0)
        process->grace_timer = g_timeout_add_seconds(GRACE_SECONDS, grace_passed, process);
}

void sbx_process_kill_again(SbxProcess *process)
{
    if (process->is_abandoned || process->is_overdue)
        kill_all(process);
}

static gboolean deadline_passed(gpointer data)
{
    SbxProcess *process = data;

    process->deadline_timer = 0;
    /* In time; only its output is under way. What it left in the background goes on. */
    if (sbx_agent_process_has_exited(process->agent_process))
        return G_SOURCE_REMOVE;
    process->is_overdue = TRUE;
    kill_all(process);
    return G_SOURCE_REMOVE;
}

/* The call that waits for it was given up. */
static void abandon(SbxProcess *process)
{
    process->is_abandoned = TRUE;
    g_clear_handle_id(&process->deadline_timer, g_source_remove);
    sbx_request_fail(g_steal_pointer(&process->request),
                     sbx_fault_new(SBX_E_CANCELLED, 0, NULL, NULL, "the client has gone"));
    for (int i = 0; i < 3; i++)
        if (process->relays[i] != NULL)
            sbx_relay_stop(process->relays[i]);
    if (process->held_end != NULL)
        sbx_process_finish(process, g_steal_pointer(&process->held_end));
    else
        kill_all(process);
}

static void client_gone(gpointer data)
{
    SbxProcess *process = data;

    g_clear_pointer(&process->client, sbx_client_unref);
    if (process->is_orphan)
        return;
    if (process->request != NULL)
        abandon(process);
    else
        sbx_agent_process_allow_leaving(process->agent_process);
}

void sbx_process_set_client(SbxProcess *process, SbxClient *client)
{
    process->client = sbx_client_ref(client);
    sbx_client_watch(client, client_gone, process);
}

void sbx_process_watch(SbxProcess *process, gint64 deadline_ms)
{
    sbx_process_set_client(process, process->request->client);
    if (deadline_ms <= 0)
        return;
    /* g_timeout_add() counts in 32 bits of milliseconds, 49 days. */
    process->deadline_timer =
        deadline_ms < G_MAXUINT
            ? g_timeout_add((guint)deadline_ms, deadline_passed, process)
            : g_timeout_add_seconds((guint)(deadline_ms / 1000), deadline_passed, process);
}
