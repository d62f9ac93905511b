/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Methods: the requests that clients make. Parameters and results are described in doc/protocol.md. */
#include <string.h>

#include <sandbox/error.h>

#include "keeper/capture.h"
#include "keeper/env.h"
#include "keeper/event.h"
#include "keeper/pause.h"
#include "keeper/pool.h"
#include "keeper/port.h"
#include "keeper/snapshot.h"
#include "keeper/template.h"
#include "keeper/sandbox.h"
#include "wire/json.h"

typedef void (*Method)(SbxKeeper *keeper, SbxRequest *request);

/* The running sandbox that a request names, or NULL and the request answered. */
SbxSandbox *sbx_sandbox_wanted(SbxKeeper *keeper, SbxRequest *request, const char *member,
                               gboolean paused_too)
{
    const char *id = sbx_json_get_string(request->params, member);
    SbxSandbox *sandbox = sbx_sandbox_find(keeper, id);

    if (sandbox == NULL)
        sbx_request_fail(request, sbx_keeper_no_sandbox(keeper, id));
    else if (sandbox->state >= SBX_ENDING)
        sbx_request_fail(request, sbx_sandbox_gone(sandbox));
    else if (sandbox->state == SBX_STARTING)
        sbx_request_fail(request, sbx_fault_new(SBX_E_BUSY, 0, NULL, NULL,
                                                "the sandbox %s is still starting", id));
    else if (sandbox->state == SBX_PAUSED && !paused_too)
        sbx_request_fail(request, sbx_fault_new(SBX_E_BUSY, 0, "resume it: sbx_resume()", NULL,
                                                "the sandbox %s is paused", id));
    else
        return sandbox;
    return NULL;
}

static void create(SbxKeeper *keeper, SbxRequest *request)
{
    SbxSandboxConfig config;
    GError *fault = NULL;

    if (keeper->stopping)
        sbx_request_fail(request, sbx_fault_new(SBX_E_KEEPER, 0, "try again", NULL,
                                                "the keeper is being stopped"));
    else if (sbx_sandbox_config_parse(request->params, &config, &fault) &&
             (config.root == NULL || sbx_snapshot_fill_in(keeper, &config, &fault)))
        sbx_sandbox_create(keeper, request, &config);
    else {
        sbx_sandbox_config_clear(&config);
        sbx_request_fail(request, fault);
    }
}

static void connect(SbxKeeper *keeper, SbxRequest *request)
{
    const char *id = sbx_json_get_string(request->params, "id");
    SbxSandbox *sandbox = sbx_sandbox_find(keeper, id);
    JsonObject *result;

    if (sandbox == NULL || (sandbox->state != SBX_RUNNING && sandbox->state != SBX_PAUSED)) {
        GError *fault = sandbox != NULL && sandbox->state >= SBX_ENDING
                            ? sbx_sandbox_gone(sandbox)
                            : sbx_keeper_no_sandbox(keeper, id);

        /* For someone who comes anew, a sandbox that has ended is not there. */
        fault->code = SBX_E_NOT_FOUND;
        sbx_request_fail(request, fault);
        return;
    }
    result = json_object_new();
    json_object_set_string_member(result, "id", sandbox->id);
    sbx_request_reply(request, result, NULL, 0);
}

static void kill_sandbox(SbxKeeper *keeper, SbxRequest *request)
{
    const char *id = sbx_json_get_string(request->params, "id");
    SbxSandbox *sandbox = sbx_sandbox_find(keeper, id);

    if (sandbox != NULL)
        sbx_sandbox_kill(sandbox, request);
    else
        sbx_request_reply(request, json_object_new(), NULL, 0);
}

static void run(SbxKeeper *keeper, SbxRequest *request)
{
    SbxSandbox *sandbox = sbx_sandbox_wanted(keeper, request, "sandbox", FALSE);

    if (sandbox != NULL)
        sbx_process_start(sandbox, request, SBX_PROCESS_RUN);
}

static void spawn(SbxKeeper *keeper, SbxRequest *request)
{
    SbxSandbox *sandbox = sbx_sandbox_wanted(keeper, request, "sandbox", FALSE);

    if (sandbox != NULL)
        sbx_process_start(sandbox, request, SBX_PROCESS_SPAWN);
}

static void start(SbxKeeper *keeper, SbxRequest *request)
{
    SbxSandbox *sandbox = sbx_sandbox_wanted(keeper, request, "sandbox", FALSE);

    if (sandbox != NULL)
        sbx_process_start(sandbox, request, SBX_PROCESS_START);
}

static void send_signal(SbxKeeper *keeper, SbxRequest *request)
{
    SbxSandbox *sandbox = sbx_sandbox_wanted(keeper, request, "sandbox", FALSE);

    if (sandbox != NULL)
        sbx_process_send_signal(sandbox, request);
}

static void stop(SbxKeeper *keeper, SbxRequest *request)
{
    g_autoptr(GPtrArray) sandboxes = sbx_keeper_sandboxes(keeper, TRUE);
    guint alive = sandboxes->len;

    if (alive > 0 && !sbx_json_get_boolean(request->params, "force", FALSE)) {
        sbx_request_fail(request, sbx_fault_new(SBX_E_BUSY, 0, "kill them first, or use force", NULL,
                                                "%u sandboxes are alive", alive));
        return;
    }
    sbx_request_reply(request, json_object_new(), NULL, 0);
    sbx_keeper_stop_all(keeper, "the keeper was stopped");
}

static void limits_get(SbxKeeper *keeper, SbxRequest *request)
{
    sbx_request_reply(request, sbx_admission_describe(keeper->admission), NULL, 0);
}

static void limits_set(SbxKeeper *keeper, SbxRequest *request)
{
    SbxLimits limits;
    gint64 sandboxes, memory, vcpus;

    sbx_admission_get(keeper->admission, &limits);
    sandboxes = sbx_json_get_int(request->params, "sandboxes", limits.sandboxes);
    memory = sbx_json_get_int(request->params, "memory", (gint64)limits.memory);
    vcpus = sbx_json_get_int(request->params, "vcpus", limits.vcpus);
    if (sandboxes < 0 || sandboxes > G_MAXUINT || memory < 0 || vcpus < 0 || vcpus > G_MAXUINT) {
        sbx_request_fail(request, sbx_fault_new(SBX_E_INVALID, 0, NULL, NULL,
                                                "a limit is out of range"));
        return;
    }
    limits = (SbxLimits){(guint)sandboxes, (guint64)memory, (guint)vcpus};
    sbx_admission_set(keeper->admission, &limits);
    sbx_request_reply(request, json_object_new(), NULL, 0);
}

static const struct {
    const char *name;
    Method method;
} methods[] = {
    {"sandbox.create", create}, {"sandbox.connect", connect}, {"sandbox.kill", kill_sandbox},
    {"sandbox.list", sbx_list_method}, {"process.run", run},         {"process.spawn", spawn},
    {"process.signal", send_signal}, {"keeper.stop", stop},
    {"process.start", start},              {"process.list", sbx_process_method_list},
    {"process.detach", sbx_process_method_detach},
    {"process.attach", sbx_process_method_attach},
    {"process.resize", sbx_process_resize_method},
    {"process.usage", sbx_process_usage_method},
    {"sandbox.pause", sbx_pause_method},   {"sandbox.resume", sbx_resume_method},
    {"sandbox.fork", sbx_fork_method},     {"sandbox.snapshot", sbx_snapshot_method},
    {"sandbox.extend", sbx_lifetime_method_extend},
    {"sandbox.info", sbx_list_method_one},
    {"sandbox.console", sbx_console_method_read},
    {"sandbox.stats", sbx_stats_method_get},
    {"usage.total", sbx_usage_method_total},
    {"env.get", sbx_env_method_get},       {"env.list", sbx_env_method_list},
    {"env.set", sbx_env_method_set},       {"env.delete", sbx_env_method_delete},
    {"events.subscribe", sbx_event_method_subscribe},
    {"snapshot.list", sbx_snapshot_method_list},
    {"snapshot.remove", sbx_snapshot_method_remove},
    {"template.list", sbx_template_method_list},
    {"template.build", sbx_template_method_build},
    {"template.remove", sbx_template_method_remove},
    {"limits.get", limits_get},            {"limits.set", limits_set},
    {"pool.list", sbx_pool_method_list},    {"pool.set", sbx_pool_method_set},
    {"pool.fill", sbx_pool_method_fill},    {"pool.drain", sbx_pool_method_drain},
    {"port.connect", sbx_port_method_connect},
    {"port.forward", sbx_port_method_forward},
};

void sbx_methods_dispatch(SbxKeeper *keeper, const char *method, SbxRequest *request)
{
    sbx_keeper_rest_later(keeper);
    for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
        if (strcmp(methods[i].name, method) == 0) {
            methods[i].method(keeper, request);
            return;
        }
    }
    sbx_request_fail(request, sbx_fault_new(SBX_E_UNSUPPORTED, 0,
                                            "end the running keeper: `sbx keeper stop`", NULL,
                                            "the running keeper does not know \"%.64s\"", method));
}
