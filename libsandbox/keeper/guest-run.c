/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guest run: see guest-run.h. */
#include "keeper/guest-run.h"

#include <signal.h>

/* A busy guest's patience with a process that was killed. */
#define KILL_MS 10000

typedef struct {
    SbxSandbox *sandbox; /* a reference */
    SbxAgentSession *session; /* only to be told from another */
    SbxAgentProcess *process;
    SbxAgentDoneFunc done;
    gpointer data;
    guint timer;
} Run;

static void finish(Run *run, const GError *error)
{
    SbxAgentDoneFunc done = g_steal_pointer(&run->done);

    g_clear_handle_id(&run->timer, g_source_remove);
    if (done != NULL)
        done(run->session, error, run->data);
}

static void run_free(gpointer data)
{
    Run *run = data;

    g_clear_handle_id(&run->timer, g_source_remove);
    g_clear_pointer(&run->process, sbx_agent_process_unref);
    sbx_sandbox_unref(run->sandbox);
    g_free(run);
}

static void started(SbxAgentProcess *process, int pid, const GError *error, gpointer data)
{
    (void)process;
    (void)pid;
    if (error != NULL)
        finish(data, g_error_matches(error, SBX_AGENT_ERROR, SBX_AGENT_ERROR_CLOSED) ? error : NULL);
}

static void exited(SbxAgentProcess *process, const SbxAgentExit *status, const GError *error,
                   gpointer data)
{
    (void)process;
    (void)status;
    finish(data, error);
}

static gboolean does_not_end(gpointer data)
{
    Run *run = data;

    run->timer = 0;
    sbx_agent_process_cancel(run->process);
    finish(run, NULL);
    return G_SOURCE_REMOVE;
}

static gboolean took_too_long(gpointer data)
{
    Run *run = data;

    /* Nothing of it may go on afterwards: an agent that serves it still cannot be parked. */
    g_message("%s: a script of our own takes too long and is left at that", run->sandbox->id);
    run->timer = g_timeout_add(KILL_MS, does_not_end, run);
    sbx_agent_process_signal(run->process, SIGKILL, SBX_AGENT_SCOPE_CGROUP, NULL, NULL);
    return G_SOURCE_REMOVE;
}

void sbx_guest_run(SbxSandbox *sandbox, const char *script, guint limit_ms, SbxAgentDoneFunc done,
                   gpointer data)
{
    SbxAgentCommand command = {.script = script, .output_ends_at_exit = TRUE};
    Run *run = g_new0(Run, 1);

    run->sandbox = sbx_sandbox_ref(sandbox);
    run->session = sandbox->session;
    run->done = done;
    run->data = data;
    run->timer = g_timeout_add(limit_ms, took_too_long, run);
    run->process = sbx_agent_session_spawn(sandbox->session, &command, -1, -1, -1, started, exited,
                                           run, run_free);
}
