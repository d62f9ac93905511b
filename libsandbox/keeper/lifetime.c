/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lifetime: when a sandbox must go.
 *
 * A session sandbox goes with its lease (a socket: the handle closes it) and with the process that
 * created it (a pidfd: a forked child may keep the lease open after a crash). Others go at their
 * deadline, which may be moved.
 */
#include <errno.h>
#include <glib-unix.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sandbox/error.h>
#include <sandbox/options.h>

#include "keeper/event.h"
#include "keeper/sandbox.h"
#include "wire/fd.h"
#include "wire/json.h"

static gboolean owner_ended(gint fd, GIOCondition condition, gpointer data)
{
    SbxSandbox *sandbox = data;

    (void)fd;
    (void)condition;
    sandbox->owner_source = 0;
    sbx_sandbox_end(sandbox, "the program that created it has ended");
    return G_SOURCE_REMOVE;
}

void sbx_lifetime_watch_owner(SbxSandbox *sandbox, int pidfd)
{
    if (pidfd < 0)
        return;
    sandbox->owner_fd = pidfd;
    sandbox->owner_source = g_unix_fd_add(pidfd, G_IO_IN | G_IO_HUP | G_IO_ERR, owner_ended,
                                          sandbox);
}

static gboolean lease_ended(gint fd, GIOCondition condition, gpointer data)
{
    SbxSandbox *sandbox = data;

    (void)fd;
    (void)condition;
    sandbox->lease_source = 0;
    sbx_sandbox_end(sandbox, "its last handle was dropped");
    return G_SOURCE_REMOVE;
}

int sbx_lifetime_make_lease(SbxSandbox *sandbox, GError **error)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0) {
        sbx_fault_set(error, SBX_E_SYSTEM, errno, NULL, "cannot make a lease: %s",
                      g_strerror(errno));
        return -1;
    }
    sandbox->lease_fd = ends[0];
    sandbox->lease_source = g_unix_fd_add(ends[0], G_IO_IN | G_IO_HUP | G_IO_ERR, lease_ended,
                                          sandbox);
    return ends[1];
}

static gboolean deadline_passed(gpointer data)
{
    SbxSandbox *sandbox = data;

    sandbox->deadline_timer = 0;
    sbx_sandbox_end(sandbox, "its time is over");
    return G_SOURCE_REMOVE;
}

/* From now on. */
static void set_deadline(SbxSandbox *sandbox, gint64 timeout)
{
    g_clear_handle_id(&sandbox->deadline_timer, g_source_remove);
    sandbox->deadline_ms = g_get_real_time() / 1000 + timeout;
    /* g_timeout_add() counts in 32 bits of milliseconds, 49 days. */
    sandbox->deadline_timer =
        timeout < G_MAXUINT ? g_timeout_add((guint)timeout, deadline_passed, sandbox)
                            : g_timeout_add_seconds((guint)(timeout / 1000), deadline_passed,
                                                    sandbox);
}

void sbx_lifetime_start_deadline(SbxSandbox *sandbox)
{
    if (sandbox->config.timeout_ms != 0)
        set_deadline(sandbox, sandbox->config.timeout_ms);
}

void sbx_lifetime_method_extend(SbxKeeper *keeper, SbxRequest *request)
{
    gint64 timeout = sbx_json_get_int(request->params, "timeout_ms", 0);
    SbxSandbox *sandbox = sbx_sandbox_wanted(keeper, request, "id", TRUE);
    JsonObject *result;

    if (sandbox == NULL)
        return;
    if (timeout < 1 || timeout > SBX_TIMEOUT_MAX_MS) {
        sbx_request_fail(request, sbx_fault_new(SBX_E_INVALID, 0, NULL, NULL,
                                                "the timeout is out of range"));
        return;
    }
    if (sandbox->deadline_ms == 0) {
        sbx_request_fail(request,
                         sbx_fault_new(SBX_E_INVALID, 0,
                                       "create it with a timeout for a deadline that can be moved",
                                       NULL, "the sandbox %s has no deadline: it ends with its "
                                       "last handle", sandbox->id));
        return;
    }
    set_deadline(sandbox, timeout);
    sbx_event_emit_extended(sandbox);
    result = json_object_new();
    json_object_set_int_member(result, "deadline_ms", sandbox->deadline_ms);
    sbx_request_reply(request, result, NULL, 0);
}

void sbx_lifetime_stop(SbxSandbox *sandbox)
{
    g_clear_handle_id(&sandbox->owner_source, g_source_remove);
    g_clear_handle_id(&sandbox->lease_source, g_source_remove);
    g_clear_handle_id(&sandbox->deadline_timer, g_source_remove);
    sbx_fd_clear(&sandbox->owner_fd);
    sbx_fd_clear(&sandbox->lease_fd);
}
