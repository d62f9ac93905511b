/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events. See include/sandbox/events.h. A subscription has a link of its own, on which the keeper
 * sends notifications, one a packet: nothing is kept here, so the link is readable exactly when there
 * is something to say.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "client/private.h"

struct sbx_events {
    pid_t pid; /* of the process that opened it */
    SbxLink link;
    uint64_t history;
};

struct sbx_event {
    JsonObject *values;
};

static int subscribe(sbx *sandbox, int64_t since, SbxLink *link, SbxReply *reply,
                     const char *operation, sbx_error **error)
{
    JsonObject *params = json_object_new();

    json_object_set_int_member(params, "since_ms", since);
    if (sandbox != NULL)
        json_object_set_string_member(params, "id", sandbox->id);
    return sbx_link_call(link, "events.subscribe", params, NULL, 0, reply, operation, error);
}

static int open_events(sbx *sandbox, int64_t since, sbx_events *events, sbx_error **error)
{
    const char *operation = "sbx_events_open";
    g_auto(SbxReply) reply = {0};
    sbx_error *reason = NULL;
    int code = sbx_link_take(sandbox == NULL, &events->link, operation, &reason);

    if (code >= 0)
        code = subscribe(sandbox, since, &events->link, &reply, operation, &reason);
    if (code == SBX_E_NOT_FOUND && sandbox != NULL) {
        sbx_error_free(reason);
        return sbx_fail(error, SBX_E_GONE, 0, operation, NULL,
                        "the sandbox %s has ended, and its events are forgotten", sandbox->id);
    }
    if (code < 0)
        return reason != NULL ? sbx_fail_with(error, reason) : code;
    if (fcntl(events->link.fd, F_SETFL, O_NONBLOCK) < 0)
        return sbx_fail(error, SBX_E_SYSTEM, errno, operation, NULL,
                        "cannot make a subscription: %s", g_strerror(errno));
    events->history = (uint64_t)MAX(sbx_json_get_int(reply.result, "history", 0), 0);
    return SBX_OK;
}

int sbx_events_open(sbx *sandbox, int64_t since, sbx_events **out, sbx_error **error)
{
    sbx_events *events;
    int code = sandbox != NULL ? sbx_check_handle(sandbox, __func__, error) : SBX_OK;

    if (code < 0)
        return code;
    if (out == NULL || since < SBX_EVENTS_NEW)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "out is NULL, or since is out of range");
    events = g_try_new0(sbx_events, 1);
    if (events == NULL)
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, __func__, NULL, "out of memory");
    events->pid = getpid();
    events->link.fd = -1;
    code = open_events(sandbox, since, events, error);
    if (code < 0)
        sbx_events_free(events);
    else
        *out = events;
    return code;
}

void sbx_events_free(sbx_events *events)
{
    if (events == NULL)
        return;
    sbx_link_drop(&events->link);
    g_free(events);
}

int sbx_events_get_fd(sbx_events *events)
{
    return events->link.fd;
}

uint64_t sbx_events_history(const sbx_events *events)
{
    return events->history;
}

static int check(const sbx_events *events, const char *operation, sbx_error **error)
{
    if (events == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, operation, NULL, "events is NULL");
    if (events->pid != getpid())
        return sbx_fail(error, SBX_E_FORKED, 0, operation, "open another one",
                        "the subscription was opened before fork()");
    return SBX_OK;
}

/* A lost event of the history is one less to come. */
static void count(sbx_events *events, JsonObject *values)
{
    uint64_t came = 1;

    if (sbx_json_get_int(values, "type", 0) == SBX_EVENT_LOST)
        came = (uint64_t)MAX(sbx_json_get_int(values, "code", 0), 0);
    events->history -= MIN(events->history, came);
}

/* 1 with an event's values, 0 when there are none now. */
static int receive(sbx_events *events, JsonObject **values, const char *operation,
                   sbx_error **error)
{
    for (;;) {
        g_auto(SbxMessage) message = {0};
        GError *reason = NULL;
        int got = sbx_message_receive(events->link.fd, &message, &reason);
        JsonObject *params;

        if (got < 0 && sbx_fault_errno(reason) == EAGAIN) {
            g_error_free(reason);
            return 0;
        }
        if (got < 0 && sbx_fault_errno(reason) != ECONNRESET)
            return sbx_fail_fault(error, operation, reason);
        g_clear_error(&reason);
        if (got <= 0)
            return sbx_fail(error, SBX_E_KEEPER, EPIPE, operation, NULL,
                            "the keeper has gone; its sandboxes have ended");
        params = sbx_json_get_object(message.object, "params");
        if (g_strcmp0(sbx_json_get_string(message.object, "method"), "event") != 0 ||
            params == NULL)
            continue;
        *values = json_object_ref(params);
        return 1;
    }
}

int sbx_events_next(sbx_events *events, sbx_event **out, sbx_error **error)
{
    JsonObject *values = NULL;
    sbx_event *event;
    int code = check(events, __func__, error);

    if (code < 0)
        return code;
    if (out == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "out is NULL");
    code = receive(events, &values, __func__, error);
    if (code != 1)
        return code;
    event = g_try_new0(sbx_event, 1);
    if (event == NULL) {
        json_object_unref(values);
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, __func__, NULL, "out of memory");
    }
    count(events, values);
    event->values = values;
    *out = event;
    return 1;
}

int sbx_events_wait(sbx_events *events, int64_t timeout_ms, sbx_error **error)
{
    int64_t deadline;
    int ready = check(events, __func__, error);

    if (ready >= 0)
        ready = sbx_check_timeout(timeout_ms, __func__, error);
    if (ready < 0)
        return ready;
    deadline = timeout_ms == SBX_WAIT_FOREVER ? -1 : sbx_now_ms() + timeout_ms;
    ready = sbx_wait_one(events->link.fd, POLLIN, deadline);
    if (ready < 0)
        return sbx_fail(error, SBX_E_SYSTEM, -ready, __func__, NULL, "cannot wait: %s",
                        g_strerror(-ready));
    return ready;
}

void sbx_event_free(sbx_event *event)
{
    if (event == NULL)
        return;
    json_object_unref(event->values);
    g_free(event);
}

int sbx_event_type(const sbx_event *event)
{
    return (int)sbx_json_get_int(event->values, "type", 0);
}

const char *sbx_event_type_name(int type)
{
    static const char *const names[] = {
        [SBX_EVENT_CREATED] = "created",
        [SBX_EVENT_READY] = "ready",
        [SBX_EVENT_PAUSED] = "paused",
        [SBX_EVENT_RESUMED] = "resumed",
        [SBX_EVENT_PROCESS_STARTED] = "process-started",
        [SBX_EVENT_PROCESS_EXITED] = "process-exited",
        [SBX_EVENT_OOM] = "oom",
        [SBX_EVENT_EXTENDED] = "extended",
        [SBX_EVENT_KILLED] = "killed",
        [SBX_EVENT_DIED] = "died",
        [SBX_EVENT_ENDED] = "ended",
        [SBX_EVENT_LOST] = "lost",
    };

    return type > 0 && type < (int)G_N_ELEMENTS(names) ? names[type] : "unknown";
}

uint64_t sbx_event_number(const sbx_event *event)
{
    return (uint64_t)sbx_json_get_int(event->values, "number", 0);
}

int64_t sbx_event_time(const sbx_event *event)
{
    return sbx_json_get_int(event->values, "time_ms", 0);
}

const char *sbx_event_sandbox(const sbx_event *event)
{
    return sbx_json_get_string(event->values, "sandbox");
}

const char *sbx_event_text(const sbx_event *event)
{
    return sbx_json_get_string(event->values, "text");
}

int64_t sbx_event_code(const sbx_event *event)
{
    return sbx_json_get_int(event->values, "code", 0);
}

int sbx_event_signal(const sbx_event *event)
{
    return (int)sbx_json_get_int(event->values, "signal", 0);
}

int sbx_event_cause(const sbx_event *event)
{
    return (int)sbx_json_get_int(event->values, "cause", -1);
}

int sbx_event_pid(const sbx_event *event)
{
    return (int)sbx_json_get_int(event->values, "pid", 0);
}

const char *sbx_event_command(const sbx_event *event)
{
    return sbx_json_get_string(event->values, "command");
}

int64_t sbx_event_deadline(const sbx_event *event)
{
    return sbx_json_get_int(event->values, "deadline_ms", 0);
}
