/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fork: running copies of a running sandbox.
 *
 *   admission   room for all of them
 *   capture     the sandbox as it is, in a directory of a tmpfs (capture.c)
 *   children    restored from that, each with an agent session and an identity of its own
 *   answer      when all of them run; else none is left
 *
 * The directory is removed when the children have mapped the memory; that lives as long as they do.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <sandbox/error.h>
#include <sandbox/events.h>
#include <sandbox/fork.h>

#include "keeper/boot-private.h"
#include "keeper/capture.h"
#include "keeper/env.h"
#include "keeper/event.h"
#include "keeper/identity.h"
#include "wire/fd.h"
#include "wire/json.h"

typedef struct {
    SbxKeeper *keeper;
    SbxSandbox *parent; /* a reference */
    SbxRequest *request; /* until it is answered */
    SbxSandboxConfig config; /* what is the children's own */
    SbxSandboxConfig machine; /* what is the parent's, which may end at any time */
    SbxTicket *ticket;
    guint shares;        /* of the ticket that no child has yet */
    guint count;
    guint up;            /* children that run */
    guint left;          /* children that still look here */
    GPtrArray *children; /* SbxSandbox, a reference each */
    char *dir;
    gboolean is_waiting;   /* for admission */
    gboolean is_capturing;
} Fork;

static void unref_child(gpointer data)
{
    sbx_sandbox_unref(data);
}

static void remove_dir(Fork *fork)
{
    static const char *const files[] = {"memory", "disk"};

    if (fork->dir == NULL)
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(fork->dir, files[i], NULL);

        unlink(path);
    }
    if (rmdir(fork->dir) < 0)
        g_message("cannot remove %s: %s", fork->dir, g_strerror(errno));
    g_clear_pointer(&fork->dir, g_free);
}

/* Frees it when nobody needs it any more. */
static void check_over(Fork *fork)
{
    if (fork->request != NULL || fork->is_capturing || fork->left > 0)
        return;
    remove_dir(fork);
    for (; fork->shares > 0; fork->shares--)
        sbx_ticket_release(fork->ticket);
    g_ptr_array_unref(fork->children);
    sbx_sandbox_config_clear(&fork->config);
    sbx_sandbox_config_clear(&fork->machine);
    sbx_sandbox_unref(fork->parent);
    sbx_keeper_check_idle(fork->keeper);
    g_free(fork);
}

/* Takes @fault. All children go. */
static void fail(Fork *fork, GError *fault)
{
    SbxRequest *request = g_steal_pointer(&fork->request);

    if (request == NULL) {
        g_error_free(fault);
        return;
    }
    sbx_client_unwatch(request->client, fork);
    sbx_request_fail(request, fault);
    fork->keeper->pending--;
    for (guint i = 0; i < fork->children->len; i++)
        sbx_sandbox_end(fork->children->pdata[i], "not all of its siblings could be made");
}

/* --- the children --- */

/* Leases of all of them, or a fault. One that came up may be ending again. */
static gboolean make_leases(Fork *fork, int *leases, GError **error)
{
    for (guint i = 0; i < fork->count; i++) {
        SbxSandbox *child = fork->children->pdata[i];

        if (child->state == SBX_RUNNING)
            continue;
        sbx_fault_set(error, SBX_E_GONE, 0, NULL, "a copy has ended at once: %s",
                      child->end_reason);
        return FALSE;
    }
    if (fork->config.timeout_ms != 0)
        return TRUE;
    for (guint i = 0; i < fork->count; i++) {
        leases[i] = sbx_lifetime_make_lease(fork->children->pdata[i], error);
        if (leases[i] < 0)
            return FALSE;
    }
    return TRUE;
}

static JsonObject *describe(Fork *fork)
{
    JsonObject *result = json_object_new();
    JsonArray *ids = json_array_new();

    for (guint i = 0; i < fork->count; i++)
        json_array_add_string_element(ids, ((SbxSandbox *)fork->children->pdata[i])->id);
    json_object_set_array_member(result, "ids", ids);
    return result;
}

static void become_sandbox(SbxSandbox *child, const SbxSandbox *parent)
{
    g_autofree char *text = g_strdup_printf("copy of %s", parent->id);

    child->purpose = &sbx_purpose_client;
    child->owner = NULL;
    sbx_usage_begin(child);
    sbx_lifetime_start_deadline(child);
    sbx_event_emit(child, SBX_EVENT_CREATED, text);
    sbx_event_emit(child, SBX_EVENT_READY, NULL);
}

static void answer(Fork *fork)
{
    SbxRequest *request = fork->request;
    gboolean is_session = fork->config.timeout_ms == 0;
    int leases[SBX_FORK_MAX];
    GError *fault = NULL;
    gboolean sent;

    memset(leases, -1, sizeof leases);
    if (!make_leases(fork, leases, &fault)) {
        fail(fork, fault);
    } else {
        fork->request = NULL;
        sbx_client_unwatch(request->client, fork);
        fork->keeper->pending--;
        sent = sbx_request_reply(request, describe(fork), leases,
                                 is_session ? (int)fork->count : 0);
        for (guint i = 0; i < fork->count; i++) {
            become_sandbox(fork->children->pdata[i], fork->parent);
            if (!sent)
                sbx_sandbox_end(fork->children->pdata[i],
                                "the program that was creating it has gone");
        }
        fork->left = 0;
    }
    for (guint i = 0; i < fork->count; i++)
        sbx_fd_clear(&leases[i]);
    check_over(fork);
}

static void has_identity(SbxAgentSession *session, const GError *error, gpointer data)
{
    SbxSandbox *child = data;
    Fork *fork = child->owner;

    if (!sbx_boot_agent_answered(session, error, child))
        return;
    sbx_boot_finish(child);
    child->state = SBX_RUNNING;
    if (++fork->up == fork->count)
        answer(fork);
}

static void child_up(SbxSandbox *child)
{
    sbx_identity_give(child, has_identity, child);
}

static void child_failed(SbxSandbox *child, GError *fault)
{
    fail(child->owner, fault);
}

static void child_gone(SbxSandbox *child)
{
    Fork *fork = child->owner;

    fail(fork, sbx_fault_new(SBX_E_GONE, 0, NULL, NULL, "a copy has ended at once: %s",
                             child->end_reason));
    fork->left--;
    check_over(fork);
}

static const SbxPurpose purpose_child = {
    .is_awaited = TRUE,
    .up = child_up,
    .failed = child_failed,
    .gone = child_gone,
};

static void start_child(Fork *fork, SbxTemplate *template)
{
    SbxSandboxConfig config;
    SbxSandbox *child;

    sbx_sandbox_config_copy_machine(&config, &fork->machine);
    config.timeout_ms = fork->config.timeout_ms;
    config.start_timeout_ms = fork->config.start_timeout_ms;
    g_strfreev(config.env);
    config.env = g_strdupv(fork->config.env);
    json_object_unref(config.labels);
    config.labels = json_object_ref(fork->config.labels);
    child = sbx_sandbox_new(fork->keeper, &config, &purpose_child, fork);
    child->restore_from = sbx_template_ref(template);
    child->is_copy = TRUE;
    child->ticket = fork->ticket;
    fork->shares--;
    fork->left++;
    g_ptr_array_add(fork->children, sbx_sandbox_ref(child));
    if (fork->config.timeout_ms == 0 && fork->request->message.n_fds > 0)
        sbx_lifetime_watch_owner(child,
                                 fcntl(fork->request->message.fds[0], F_DUPFD_CLOEXEC, 0));
    sbx_boot_start(child, 1);
}

/* --- the copy --- */

static void captured(SbxTemplate *template, const GError *fault, gpointer data)
{
    Fork *fork = data;

    fork->is_capturing = FALSE;
    if (fault != NULL)
        fail(fork, g_error_copy(fault));
    for (guint i = 0; i < fork->count && fork->request != NULL; i++)
        start_child(fork, template);
    check_over(fork);
}

static void begin(Fork *fork)
{
    SbxSandbox *parent = fork->parent;

    if (parent->state != SBX_RUNNING && parent->state != SBX_PAUSED) {
        fail(fork, sbx_sandbox_gone(parent));
        check_over(fork);
        return;
    }
    fork->dir = g_build_filename(fork->keeper->forks_dir, "XXXXXX", NULL);
    if (mkdtemp(fork->dir) == NULL) {
        int code = errno;

        g_clear_pointer(&fork->dir, g_free);
        fail(fork, sbx_fault_new(SBX_E_SYSTEM, code, NULL, NULL,
                                 "cannot make a directory for a copy: %s", g_strerror(code)));
        check_over(fork);
        return;
    }
    fork->is_capturing = TRUE;
    sbx_capture_config(parent, &fork->machine);
    sbx_capture(parent, fork->dir, captured, fork);
}

/* --- the request --- */

static void client_gone(gpointer data)
{
    Fork *fork = data;

    fail(fork, sbx_fault_new(SBX_E_CANCELLED, 0, NULL, NULL, "gone"));
    if (fork->is_waiting) {
        fork->shares = 0;
        sbx_ticket_release(fork->ticket);
    }
    check_over(fork);
}

static void admitted(GError *fault, gpointer data)
{
    Fork *fork = data;

    fork->is_waiting = FALSE;
    if (fault != NULL) {
        fork->shares = 0;
        fail(fork, fault);
        check_over(fork);
    } else if (fork->parent->busy != NULL) {
        fail(fork, sbx_fault_new(SBX_E_BUSY, 0, "try again", NULL,
                                 "the sandbox %s is being paused, resumed or copied",
                                 fork->parent->id));
        check_over(fork);
    } else {
        begin(fork);
    }
}

/* The parent's, with what was given on top. */
static gboolean merge_env(SbxSandboxConfig *config, char **parent, GError **error)
{
    char **env = sbx_env_merge(parent, config->env);

    g_strfreev(config->env);
    config->env = env;
    return sbx_env_fits(env, error);
}

void sbx_fork_method(SbxKeeper *keeper, SbxRequest *request)
{
    gint64 count = sbx_json_get_int(request->params, "count", 1);
    SbxSandbox *parent = sbx_sandbox_wanted(keeper, request, "id", TRUE);
    SbxSandboxConfig config = {0};
    GError *fault = NULL;
    gboolean now = FALSE;
    Fork *fork;

    if (parent == NULL || !sbx_capture_possible(parent, request))
        return;
    if (count < 1 || count > SBX_FORK_MAX)
        fault = sbx_fault_new(SBX_E_INVALID, 0, NULL, NULL, "count is not within 1 and %d",
                              SBX_FORK_MAX);
    if (fault != NULL || !sbx_sandbox_config_parse(request->params, &config, &fault) ||
        !merge_env(&config, parent->config.env, &fault)) {
        sbx_sandbox_config_clear(&config);
        sbx_request_fail(request, fault);
        return;
    }
    fork = g_new0(Fork, 1);
    *fork = (Fork){.keeper = keeper, .parent = sbx_sandbox_ref(parent), .request = request,
                   .config = config, .count = (guint)count, .shares = (guint)count};
    fork->children = g_ptr_array_new_with_free_func(unref_child);
    keeper->pending++;
    sbx_client_watch(request->client, client_gone, fork);
    fork->ticket = sbx_admission_ask(keeper->admission, fork->count, parent->config.memory,
                                     parent->config.vcpus, config.wait_ms, admitted, fork, &now,
                                     &fault);
    if (fork->ticket == NULL)
        admitted(fault, fork);
    else if (now)
        begin(fork);
    else
        fork->is_waiting = TRUE;
}
