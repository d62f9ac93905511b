/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pause and resume: see pause.h. Over our monitor, where there is one; else through libvirt, in a
 * worker. One thing at a time is done to a VM (sandbox->busy).
 */
#include "keeper/pause.h"

#include <sandbox/error.h>
#include <sandbox/events.h>

#include "keeper/event.h"
#include "keeper/identity.h"
#include "wire/json.h"

typedef struct {
    SbxSandbox *sandbox; /* a reference */
    SbxRequest *request;
    gboolean pause;
    GError *error; /* the worker's */
} Change;

static void change_free(Change *change)
{
    if (change->sandbox->busy == change)
        change->sandbox->busy = NULL;
    sbx_sandbox_unref(change->sandbox);
    g_clear_error(&change->error);
    g_free(change);
}

static void answer(Change *change, GError *fault)
{
    SbxRequest *request = change->request;

    change_free(change);
    if (fault != NULL)
        sbx_request_fail(request, fault);
    else
        sbx_request_reply(request, json_object_new(), NULL, 0);
}

static void clock_set(SbxAgentSession *session, const GError *error, gpointer data)
{
    Change *change = data;

    (void)session;
    if (change->sandbox->state >= SBX_ENDING)
        answer(change, sbx_sandbox_gone(change->sandbox));
    else if (error != NULL)
        answer(change, sbx_fault_new(SBX_E_SYSTEM, 0, NULL, NULL,
                                     "the sandbox %s runs, but its clock was not set: %s",
                                     change->sandbox->id, error->message));
    else
        answer(change, NULL);
}

static void changed(Change *change, const GError *error)
{
    SbxSandbox *sandbox = change->sandbox;

    if (sandbox->state >= SBX_ENDING) {
        answer(change, sbx_sandbox_gone(sandbox));
    } else if (error != NULL) {
        answer(change, sbx_fault_new(SBX_E_SYSTEM, 0, NULL, NULL, "cannot %s the sandbox %s: %s",
                                     change->pause ? "pause" : "resume", sandbox->id,
                                     error->message));
    } else if (change->pause) {
        sandbox->state = SBX_PAUSED;
        sbx_usage_set_paused(sandbox, TRUE);
        sbx_event_emit(sandbox, SBX_EVENT_PAUSED, NULL);
        answer(change, NULL);
    } else {
        sandbox->state = SBX_RUNNING;
        sbx_usage_set_paused(sandbox, FALSE);
        sbx_event_emit(sandbox, SBX_EVENT_RESUMED, NULL);
        sbx_identity_set_clock(sandbox, clock_set, change);
    }
}

static void monitor_answered(SbxQmp *monitor, JsonObject *result, const GError *error,
                             gpointer data)
{
    (void)monitor;
    (void)result;
    changed(data, error);
}

static gboolean worker_done(gpointer data)
{
    Change *change = data;
    g_autoptr(GError) error = g_steal_pointer(&change->error);

    changed(change, error);
    return G_SOURCE_REMOVE;
}

static void change_in_worker(gpointer data)
{
    Change *change = data;

    sbx_driver_set_paused(change->sandbox->domain, change->pause, &change->error);
    g_main_context_invoke(NULL, worker_done, change);
}

static void begin(SbxSandbox *sandbox, SbxRequest *request, gboolean pause)
{
    Change *change = g_new0(Change, 1);

    change->sandbox = sbx_sandbox_ref(sandbox);
    change->request = request;
    change->pause = pause;
    sandbox->busy = change;
    if (sandbox->monitor != NULL)
        sbx_qmp_execute(sandbox->monitor, pause ? "stop" : "cont", NULL, -1, monitor_answered,
                        change);
    else
        sbx_keeper_work(sandbox->keeper, change_in_worker, change);
}

static void change_state(SbxKeeper *keeper, SbxRequest *request, gboolean pause)
{
    SbxSandbox *sandbox = sbx_sandbox_wanted(keeper, request, "id", TRUE);

    if (sandbox == NULL)
        return;
    if (sandbox->busy != NULL)
        sbx_request_fail(request, sbx_fault_new(SBX_E_BUSY, 0, "try again", NULL,
                                                "the sandbox %s is being paused, resumed or copied",
                                                sandbox->id));
    else if ((sandbox->state == SBX_PAUSED) == pause)
        sbx_request_reply(request, json_object_new(), NULL, 0);
    else if (sandbox->monitor == NULL &&
             (sbx_driver_capabilities(keeper->driver) & SBX_DRIVER_PAUSE) == 0)
        sbx_request_fail(request, sbx_fault_new(SBX_E_UNSUPPORTED, 0, NULL, NULL,
                                                "this hypervisor cannot pause a sandbox"));
    else
        begin(sandbox, request, pause);
}

void sbx_pause_method(SbxKeeper *keeper, SbxRequest *request)
{
    change_state(keeper, request, TRUE);
}

void sbx_resume_method(SbxKeeper *keeper, SbxRequest *request)
{
    change_state(keeper, request, FALSE);
}
