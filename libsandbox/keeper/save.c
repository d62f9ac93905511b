/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Save: the state of a VM whose RAM is in a file already. QEMU leaves out RAM that is shared
 * ("x-ignore-shared"), so that is a migration of some 0.2 MB, into a pipe.
 */
#include <sandbox/error.h>

#include "keeper/state-pipe.h"
#include "keeper/template.h"
#include "wire/fd.h"
#include "wire/json.h"

typedef struct {
    SbxSandbox *sandbox; /* a reference */
    SbxSaved saved;
    gpointer data;
    GBytes *state;
    GError *fault;
    int pending; /* callbacks still to come */
} Save;

static void finish(Save *save)
{
    if (--save->pending > 0)
        return;
    if (save->fault != NULL)
        g_clear_pointer(&save->state, g_bytes_unref);
    save->saved(save->sandbox, save->state, save->fault, save->data);
    g_clear_pointer(&save->state, g_bytes_unref);
    g_clear_error(&save->fault);
    sbx_sandbox_unref(save->sandbox);
    g_free(save);
}

static void note(Save *save, const char *what, const GError *error)
{
    if (error != NULL && save->fault == NULL)
        save->fault = sbx_fault_new(g_error_matches(error, SBX_QMP_ERROR, SBX_QMP_ERROR_CLOSED)
                                        ? SBX_E_BOOT
                                        : SBX_E_SYSTEM,
                                    sbx_fault_errno(error), NULL, NULL,
                                    "cannot save the virtual machine: %s: %s", what,
                                    error->message);
}

static void command_done(SbxQmp *monitor, JsonObject *result, const GError *error, gpointer data)
{
    (void)monitor;
    (void)result;
    note(data, "the VMM", error);
    finish(data);
}

static void is_complete(SbxQmp *monitor, JsonObject *result, const GError *error, gpointer data)
{
    Save *save = data;
    const char *status = result != NULL ? sbx_json_get_string(result, "status") : NULL;

    (void)monitor;
    note(save, "the VMM", error);
    if (save->fault == NULL && g_strcmp0(status, "completed") != 0)
        save->fault = sbx_fault_new(SBX_E_SYSTEM, 0, NULL, NULL,
                                    "cannot save the virtual machine: the VMM says \"%.64s\"",
                                    status != NULL ? status : "nothing");
    finish(save);
}

/* The VMM closes its end when it is through, well or not. */
static void received(GBytes *state, const GError *error, gpointer data)
{
    Save *save = data;

    note(save, "its state", error);
    if (state != NULL)
        save->state = g_bytes_ref(state);
    if (save->sandbox->monitor != NULL) {
        save->pending++;
        sbx_qmp_execute(save->sandbox->monitor, "query-migrate", NULL, -1, is_complete, save);
    } else if (save->fault == NULL) {
        save->fault = sbx_fault_new(SBX_E_GONE, 0, NULL, NULL, "the virtual machine has ended");
    }
    finish(save);
}

static gboolean fail_later(gpointer data)
{
    finish(data);
    return G_SOURCE_REMOVE;
}

void sbx_vm_save(SbxSandbox *sandbox, SbxSaved saved, gpointer data)
{
    Save *save = g_new0(Save, 1);
    g_auto(fd_t) fd = -1;

    save->sandbox = sbx_sandbox_ref(sandbox);
    save->saved = saved;
    save->data = data;
    save->pending = 1;
    if (sandbox->monitor == NULL)
        save->fault = sbx_fault_new(SBX_E_GONE, 0, NULL, NULL, "the virtual machine has ended");
    else
        fd = sbx_state_pipe_receive(received, save, &save->fault);
    if (fd < 0) {
        g_idle_add_full(G_PRIORITY_DEFAULT, fail_later, save, NULL);
        return;
    }
    save->pending += 3;
    sbx_qmp_execute(sandbox->monitor, "stop", NULL, -1, command_done, save);
    sbx_qmp_migrate_capabilities(sandbox->monitor, TRUE, command_done, save);
    sbx_qmp_migrate(sandbox->monitor, fd, FALSE, command_done, save);
}
