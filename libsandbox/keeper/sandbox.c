/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sandbox: its state, and how it is taken down. See sandbox.h. */
#include "keeper/sandbox.h"

#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <sandbox/error.h>
#include <sandbox/events.h>
#include <sandbox/list.h>

#include "keeper/event.h"
#include "keeper/pool.h"
#include "keeper/port.h"
#include "wire/fd.h"
#include "wire/json.h"

/* The reference's ids name a region; ours are all here. */
#define REGION "loc"

SbxSandbox *sbx_sandbox_ref(SbxSandbox *sandbox)
{
    g_atomic_ref_count_inc(&sandbox->refs);
    return sandbox;
}

/* The last reference may be a worker's: only memory is left by then, see finish(). */
void sbx_sandbox_unref(SbxSandbox *sandbox)
{
    if (!g_atomic_ref_count_dec(&sandbox->refs))
        return;
    sbx_sandbox_config_clear(&sandbox->config);
    sbx_template_unref(sandbox->restore_from);
    sbx_fd_clear(&sandbox->disk_from);
    sbx_fd_clear(&sandbox->disk_fd);
    g_free(sandbox->memory_file);
    g_free(sandbox->disk_file);
    g_free(sandbox->end_reason);
    g_hash_table_unref(sandbox->processes);
    g_ptr_array_unref(sandbox->end_waiters);
    g_ptr_array_unref(sandbox->orphans);
    g_free(sandbox);
}

static void make_id(char *id)
{
    static const char letters[] = "0123456789abcdefghjkmnpqrstuvwxyz";
    size_t count = sizeof letters - 1;
    char *next = g_stpcpy(id, "sbx_" REGION "_");

    for (int made = 0; made < 20;) {
        guchar byte;

        if (getrandom(&byte, 1, 0) == 1 && byte < 256 / count * count) {
            *next++ = letters[byte % count];
            made++;
        }
    }
    *next = '\0';
}

SbxSandbox *sbx_sandbox_new(SbxKeeper *keeper, SbxSandboxConfig *config,
                            const SbxPurpose *purpose, gpointer owner)
{
    SbxSandbox *sandbox = g_new0(SbxSandbox, 1);

    g_atomic_ref_count_init(&sandbox->refs);
    sandbox->keeper = keeper;
    sandbox->config = *config;
    memset(config, 0, sizeof *config);
    sandbox->purpose = purpose;
    sandbox->owner = owner;
    do
        make_id(sandbox->id);
    while (g_hash_table_contains(keeper->sandboxes, sandbox->id));
    sandbox->created_ms = g_get_real_time() / 1000;
    sandbox->lease_fd = -1;
    sandbox->owner_fd = -1;
    sandbox->disk_from = -1;
    sandbox->stream_fd = -1;
    sandbox->reset_fd = -1;
    sandbox->disk_fd = -1;
    sandbox->processes = g_hash_table_new(g_int64_hash, g_int64_equal);
    sandbox->end_waiters = g_ptr_array_new();
    sandbox->orphans = g_ptr_array_new();
    g_hash_table_insert(keeper->sandboxes, sandbox->id, sandbox);
    sbx_keeper_check_idle(keeper);
    return sandbox;
}

SbxSandbox *sbx_sandbox_find(SbxKeeper *keeper, const char *id)
{
    SbxSandbox *sandbox = id != NULL ? g_hash_table_lookup(keeper->sandboxes, id) : NULL;

    return sandbox != NULL && sandbox->purpose->is_client && !sandbox->is_hidden ? sandbox : NULL;
}

GError *sbx_sandbox_gone(SbxSandbox *sandbox)
{
    return sbx_fault_new(SBX_E_GONE, 0, NULL, NULL, "the sandbox %s has ended: %s", sandbox->id,
                         sandbox->end_reason != NULL ? sandbox->end_reason : "unknown reason");
}

void sbx_sandbox_boot_failed(SbxSandbox *sandbox, GError *fault)
{
    g_autofree char *reason = g_strdup_printf("it did not start: %s", fault->message);

    sandbox->purpose->failed(sandbox, fault);
    sbx_sandbox_die(sandbox, reason);
}

static void end(SbxSandbox *sandbox, const char *reason, gboolean guess)
{
    if (sandbox->state >= SBX_ENDING)
        return;
    g_debug("%s ends: %s", sandbox->id, reason);
    sandbox->state = SBX_ENDING;
    sandbox->end_reason = g_strdup(reason);
    sandbox->end_is_guess = guess;
    sbx_usage_end(sandbox);
    g_clear_handle_id(&sandbox->claim_timer, g_source_remove);
    sbx_lifetime_stop(sandbox);
    sbx_ports_end(sandbox);
    sbx_pool_forget(sandbox);
    sbx_boot_abandon(sandbox, guess);
}

void sbx_sandbox_end(SbxSandbox *sandbox, const char *reason)
{
    end(sandbox, reason, FALSE);
}

void sbx_sandbox_die(SbxSandbox *sandbox, const char *reason)
{
    sandbox->has_died |= sandbox->state < SBX_ENDING;
    end(sandbox, reason, FALSE);
}

void sbx_sandbox_lost(SbxSandbox *sandbox, const GError *error)
{
    sandbox->has_died |= sandbox->state < SBX_ENDING;
    end(sandbox, error != NULL ? error->message : "the connection to its guest broke",
        error == NULL || g_error_matches(error, SBX_AGENT_ERROR, SBX_AGENT_ERROR_CLOSED));
}

void sbx_sandbox_vm_ended(SbxSandbox *sandbox, SbxDomainEnd end_kind, const char *detail)
{
    g_autofree char *reason = NULL;

    if (end_kind == SBX_DOMAIN_SHUTDOWN)
        reason = g_strdup("its guest shut down, rebooted or panicked");
    else if (end_kind == SBX_DOMAIN_CRASHED && detail != NULL)
        reason = g_strdup_printf("its virtual machine died: %s", detail);
    else
        reason = g_strdup("its virtual machine died");
    if (sandbox->end_is_guess && end_kind != SBX_DOMAIN_DESTROYED) {
        g_free(sandbox->end_reason);
        sandbox->end_reason = g_steal_pointer(&reason);
        sandbox->end_is_guess = FALSE;
    } else {
        sbx_sandbox_die(sandbox, reason);
    }
}

void sbx_sandbox_vmm_ended(SbxSandbox *sandbox)
{
    g_autoptr(GPtrArray) waiters = g_steal_pointer(&sandbox->end_waiters);

    /* For everybody else it is gone from here on. */
    if (!sandbox->is_hidden && sandbox->purpose->is_client) {
        sbx_keeper_note_end(sandbox->keeper, sandbox->id, sandbox->end_reason);
        sbx_event_emit_end(sandbox);
    }
    sandbox->is_hidden = TRUE;
    if (sandbox->ticket != NULL)
        sbx_ticket_release(g_steal_pointer(&sandbox->ticket));
    sandbox->end_waiters = g_ptr_array_new();
    for (guint i = 0; i < waiters->len; i++)
        sbx_request_reply(waiters->pdata[i], json_object_new(), NULL, 0);
}

/* Nothing of the VM is left: answers whoever waits, and forgets the sandbox. */
void sbx_sandbox_vm_gone(SbxSandbox *sandbox)
{
    SbxKeeper *keeper = sandbox->keeper;

    g_debug("%s is gone", sandbox->id);
    sandbox->state = SBX_ENDED;
    g_hash_table_remove(keeper->sandboxes, sandbox->id);
    for (guint i = 0; i < sandbox->orphans->len; i++)
        sbx_process_orphaned(sandbox->orphans->pdata[i]);
    sbx_process_forget_ended(sandbox);
    sbx_sandbox_vmm_ended(sandbox);
    g_clear_pointer(&sandbox->image, sbx_image_unref);
    sandbox->purpose->gone(sandbox);
    sbx_keeper_check_idle(keeper);
    sbx_sandbox_unref(sandbox);
}

void sbx_sandbox_kill(SbxSandbox *sandbox, SbxRequest *request)
{
    g_ptr_array_add(sandbox->end_waiters, request);
    if (sandbox->state == SBX_ENDING) {
        sbx_boot_abandon(sandbox, FALSE);
    } else {
        sbx_event_emit(sandbox, SBX_EVENT_KILLED, NULL);
        sbx_sandbox_end(sandbox, "it was killed");
    }
}

int sbx_sandbox_status(const SbxSandbox *sandbox)
{
    static const int status[] = {
        [SBX_STARTING] = SBX_STATUS_STARTING, [SBX_SPARE] = SBX_STATUS_STARTING,
        [SBX_RUNNING] = SBX_STATUS_RUNNING,   [SBX_PAUSED] = SBX_STATUS_PAUSED,
        [SBX_ENDING] = SBX_STATUS_STOPPED,    [SBX_ENDED] = SBX_STATUS_STOPPED,
    };

    return status[sandbox->state];
}

JsonObject *sbx_sandbox_describe(SbxSandbox *sandbox)
{
    JsonObject *object = json_object_new();
    g_autofree char *image =
        sandbox->image != NULL
            ? g_strdup_printf("%s@%s", sandbox->image->name, sandbox->image->version)
            : g_strdup(sandbox->config.image);

    json_object_set_string_member(object, "id", sandbox->id);
    json_object_set_int_member(object, "status", sbx_sandbox_status(sandbox));
    json_object_set_string_member(object, "image", image);
    json_object_set_int_member(object, "created_ms", sandbox->created_ms);
    json_object_set_int_member(object, "deadline_ms", sandbox->deadline_ms);
    json_object_set_int_member(object, "memory", (gint64)sandbox->config.memory);
    json_object_set_int_member(object, "vcpus", sandbox->config.vcpus);
    json_object_set_int_member(object, "disk_size", (gint64)sandbox->config.disk_size);
    json_object_set_int_member(object, "uptime_ms", sbx_usage_running_us(sandbox) / 1000);
    json_object_set_object_member(object, "labels", json_object_ref(sandbox->config.labels));
    return object;
}
