/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Create: from a client's request to a running sandbox.
 *
 *   admission   there has to be room (admission.c), else the request waits or is refused
 *   claim       a spare of that kind is taken (pool.c), or a VM is started (boot.c)
 *   identity    the guest is told who it is; then the client gets its sandbox
 *
 * A client that goes away meanwhile takes all of it along.
 */
#include <unistd.h>

#include <sandbox/error.h>
#include <sandbox/events.h>

#include "keeper/event.h"
#include "keeper/identity.h"
#include "keeper/pool.h"
#include "keeper/snapshot.h"
#include "wire/fd.h"

/* An agent that was let run again has to answer; a round trip takes less than a millisecond, on a
 * machine with much to do some hundred. One that does not is replaced. */
#define IDENTITY_MS 10000

/* --- the guest gets its identity --- */

static SbxRequest *take_request(SbxSandbox *sandbox)
{
    SbxRequest *request = g_steal_pointer(&sandbox->create_request);

    if (request != NULL)
        sbx_client_unwatch(request->client, sandbox);
    return request;
}

static void answer(SbxSandbox *sandbox)
{
    SbxRequest *request = take_request(sandbox);
    JsonObject *result;
    GError *fault = NULL;
    int lease = -1;
    gboolean sent;

    sandbox->state = SBX_RUNNING;
    sbx_usage_begin(sandbox);
    if (sandbox->config.timeout_ms == 0) {
        lease = sbx_lifetime_make_lease(sandbox, &fault);
        if (lease < 0) {
            sbx_request_fail(request, fault);
            sbx_sandbox_end(sandbox, "its lease could not be made");
            return;
        }
    }
    sbx_lifetime_start_deadline(sandbox);
    sbx_event_emit(sandbox, SBX_EVENT_READY, NULL);
    result = json_object_new();
    json_object_set_string_member(result, "id", sandbox->id);
    sent = sbx_request_reply(request, result, &lease, lease >= 0 ? 1 : 0);
    if (lease >= 0)
        close(lease);
    if (!sent)
        sbx_sandbox_end(sandbox, "the program that was creating it has gone");
}

static void has_identity(SbxAgentSession *session, const GError *error, gpointer data)
{
    SbxSandbox *sandbox = data;

    if (!sbx_boot_agent_answered(session, error, sandbox))
        return;
    g_clear_handle_id(&sandbox->claim_timer, g_source_remove);
    g_debug("%s: %6.1f ms: it has its identity", sandbox->id,
            (double)(g_get_monotonic_time() - sandbox->claimed_us) / 1000);
    sbx_boot_finish(sandbox);
    answer(sandbox);
    sbx_pool_answered(sandbox);
}

static gboolean no_identity(gpointer data)
{
    SbxSandbox *sandbox = data;

    sandbox->claim_timer = 0;
    sbx_boot_give_up(sandbox->boot, "its agent does not answer");
    return G_SOURCE_REMOVE;
}

static void client_up(SbxSandbox *sandbox)
{
    g_clear_handle_id(&sandbox->claim_timer, g_source_remove);
    sandbox->claimed_us = g_get_monotonic_time();
    sandbox->claim_timer = g_timeout_add(IDENTITY_MS, no_identity, sandbox);
    sbx_identity_give(sandbox, has_identity, sandbox);
}

static void client_failed(SbxSandbox *sandbox, GError *fault)
{
    SbxRequest *request = take_request(sandbox);

    if (request != NULL)
        sbx_request_fail(request, fault);
    else
        g_error_free(fault);
}

static void client_gone(SbxSandbox *sandbox)
{
    SbxRequest *request = take_request(sandbox);

    if (request != NULL)
        sbx_request_fail(request, sbx_fault_new(SBX_E_CANCELLED, 0, NULL, NULL,
                                                "the sandbox was not created: %s",
                                                sandbox->end_reason));
}

const SbxPurpose sbx_purpose_client = {
    .is_client = TRUE,
    .is_awaited = TRUE,
    .up = client_up,
    .failed = client_failed,
    .gone = client_gone,
};

/* --- a VM for it --- */

static void creator_gone(gpointer data)
{
    sbx_sandbox_end(data, "the program that was creating it has gone");
}

/* The machine is the same, and a worker may be reading that at this moment: it stays. Takes @from. */
static void take_wishes(SbxSandboxConfig *to, SbxSandboxConfig *from)
{
    g_strfreev(to->env);
    to->env = g_steal_pointer(&from->env);
    json_object_unref(to->labels);
    to->labels = g_steal_pointer(&from->labels);
    to->timeout_ms = from->timeout_ms;
    to->start_timeout_ms = from->start_timeout_ms;
    to->spares = from->spares;
    sbx_sandbox_config_clear(from);
}

/* Makes a spare, or one to be, the client's; @config is taken. */
static void adopt(SbxSandbox *sandbox, SbxSandboxConfig *config)
{
    take_wishes(&sandbox->config, config);
    sandbox->purpose = &sbx_purpose_client;
    sandbox->owner = NULL;
    sandbox->created_ms = g_get_real_time() / 1000;
    /* One whose agent does not answer yet comes up as any other. */
    if (!sandbox->is_warming)
        return;
    sandbox->state = SBX_STARTING;
    /* It is stopped, or about to be. */
    if (sandbox->monitor != NULL)
        sbx_qmp_execute(sandbox->monitor, "cont", NULL, -1, NULL, NULL);
    client_up(sandbox);
}

/* Takes @config, @request and @ticket. */
static void begin(SbxKeeper *keeper, SbxRequest *request, SbxSandboxConfig *config,
                  SbxTicket *ticket)
{
    SbxSandbox *sandbox = config->root == NULL ? sbx_pool_claim(keeper, config) : NULL;
    gboolean is_new = sandbox == NULL;
    gboolean is_session = config->timeout_ms == 0;

    if (is_new)
        sandbox = sbx_sandbox_new(keeper, config, &sbx_purpose_client, NULL);
    sandbox->ticket = ticket;
    sandbox->create_request = request;
    sbx_client_watch(request->client, creator_gone, sandbox);
    if (is_session)
        sbx_lifetime_watch_owner(sandbox, sbx_request_take_fd(request, 0));
    if (!is_new)
        adopt(sandbox, config);
    sbx_event_emit(sandbox, SBX_EVENT_CREATED,
                   sandbox->config.root != NULL ? sandbox->config.root : sandbox->config.image);
    if (is_new && sandbox->config.root != NULL)
        sbx_snapshot_boot(sandbox);
    else if (is_new)
        sbx_boot_start(sandbox, 1);
    sbx_keeper_check_idle(keeper);
}

/* --- admission --- */

/* A request that waits for room. */
typedef struct {
    SbxKeeper *keeper;
    SbxRequest *request;
    SbxSandboxConfig config;
    SbxTicket *ticket;
} Waiting;

/* Takes it out of the waiting ones; the request and the config remain the caller's. */
static void stop_waiting(Waiting *waiting)
{
    sbx_client_unwatch(waiting->request->client, waiting);
    waiting->keeper->pending--;
}

static void waiter_gone(gpointer data)
{
    Waiting *waiting = data;

    sbx_ticket_release(waiting->ticket);
    waiting->keeper->pending--;
    sbx_sandbox_config_clear(&waiting->config);
    sbx_request_fail(waiting->request, sbx_fault_new(SBX_E_CANCELLED, 0, NULL, NULL, "gone"));
    g_free(waiting);
}

static void admitted(GError *fault, gpointer data)
{
    Waiting *waiting = data;

    stop_waiting(waiting);
    if (fault == NULL && waiting->keeper->stopping) {
        sbx_ticket_release(waiting->ticket);
        fault = sbx_fault_new(SBX_E_CANCELLED, 0, NULL, NULL, "the keeper is being stopped");
    }
    if (fault != NULL) {
        sbx_request_fail(waiting->request, fault);
        sbx_sandbox_config_clear(&waiting->config);
    } else {
        begin(waiting->keeper, waiting->request, &waiting->config, waiting->ticket);
    }
    sbx_keeper_check_idle(waiting->keeper);
    g_free(waiting);
}

void sbx_sandbox_create(SbxKeeper *keeper, SbxRequest *request, SbxSandboxConfig *config)
{
    Waiting *waiting = g_new0(Waiting, 1);
    GError *fault = NULL;
    gboolean now = FALSE;
    SbxTicket *ticket = sbx_admission_ask(keeper->admission, 1, config->memory, config->vcpus,
                                          config->wait_ms, admitted, waiting, &now, &fault);

    if (ticket == NULL || now) {
        g_free(waiting);
        if (ticket != NULL)
            begin(keeper, request, config, ticket);
        else
            sbx_request_fail(request, fault);
        sbx_sandbox_config_clear(config);
        return;
    }
    waiting->keeper = keeper;
    waiting->request = request;
    waiting->config = *config;
    memset(config, 0, sizeof *config);
    waiting->ticket = ticket;
    keeper->pending++;
    sbx_client_watch(request->client, waiter_gone, waiting);
}
