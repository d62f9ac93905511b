/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events: see event.h. */
#include "keeper/event.h"

#include <string.h>

#include <sandbox/error.h>
#include <sandbox/events.h>
#include <sandbox/process.h>

#include "wire/json.h"

/* What is shown of texts; sbx_event_text() and sbx_event_command() say so. */
#define TEXT_MAX 1000
#define COMMAND_MAX 200

typedef struct {
    guint64 number;
    gint64 time_ms;
    int type;
    char id[SBX_ID_LENGTH + 1];
    char *text;
    char *command;
    int code;
    int signal;
    int cause; /* one of SBX_CAUSE_ */
    int pid;
    gint64 deadline_ms;
} Event;

typedef struct {
    SbxEventLog *events;
    SbxClient *client; /* a reference */
    char *id;          /* NULL: of all sandboxes */
    guint64 next;      /* the number it waits for */
    guint64 lost;      /* not told of yet */
    guint room_source; /* while its socket is full */
} Subscriber;

struct SbxEventLog {
    Event *ring[SBX_EVENT_LOG_SIZE]; /* by number */
    guint64 last;                 /* the newest one's number; the first is 1 */
    GPtrArray *subscribers;
    guint tell_source;
};

static void event_free(Event *event)
{
    if (event == NULL)
        return;
    g_free(event->text);
    g_free(event->command);
    g_free(event);
}

static void subscriber_free(gpointer data)
{
    Subscriber *subscriber = data;

    g_clear_handle_id(&subscriber->room_source, g_source_remove);
    sbx_client_unref(subscriber->client);
    g_free(subscriber->id);
    g_free(subscriber);
}

SbxEventLog *sbx_event_log_new(void)
{
    SbxEventLog *events = g_new0(SbxEventLog, 1);

    events->subscribers = g_ptr_array_new_with_free_func(subscriber_free);
    return events;
}

void sbx_event_log_free(SbxEventLog *events)
{
    g_clear_handle_id(&events->tell_source, g_source_remove);
    g_ptr_array_unref(events->subscribers);
    for (gsize i = 0; i < SBX_EVENT_LOG_SIZE; i++)
        event_free(events->ring[i]);
    g_free(events);
}

static guint64 oldest(const SbxEventLog *events)
{
    return events->last > SBX_EVENT_LOG_SIZE ? events->last - SBX_EVENT_LOG_SIZE + 1 : 1;
}

static Event *event_at(const SbxEventLog *events, guint64 number)
{
    return events->ring[number % SBX_EVENT_LOG_SIZE];
}

static gboolean is_wanted(const Subscriber *subscriber, const Event *event)
{
    return subscriber->id == NULL || strcmp(subscriber->id, event->id) == 0;
}

/* --- telling --- */

static void set_number(JsonObject *object, const char *name, gint64 number)
{
    if (number != 0)
        json_object_set_int_member(object, name, number);
}

static JsonObject *describe(const Event *event)
{
    JsonObject *object = json_object_new();

    json_object_set_int_member(object, "type", event->type);
    json_object_set_int_member(object, "number", (gint64)event->number);
    json_object_set_int_member(object, "time_ms", event->time_ms);
    json_object_set_string_member(object, "sandbox", event->id);
    if (event->text != NULL)
        sbx_json_set_text(object, "text", event->text);
    if (event->command != NULL)
        sbx_json_set_text(object, "command", event->command);
    set_number(object, "code", event->code);
    set_number(object, "signal", event->signal);
    if (event->type == SBX_EVENT_PROCESS_EXITED)
        json_object_set_int_member(object, "cause", event->cause);
    set_number(object, "pid", event->pid);
    set_number(object, "deadline_ms", event->deadline_ms);
    return object;
}

static JsonObject *describe_lost(const Subscriber *subscriber)
{
    JsonObject *object = json_object_new();

    json_object_set_int_member(object, "type", SBX_EVENT_LOST);
    json_object_set_int_member(object, "time_ms", g_get_real_time() / 1000);
    json_object_set_int_member(object, "code", (gint64)subscriber->lost);
    return object;
}

static void tell(Subscriber *subscriber);

static gboolean has_room(gint fd, GIOCondition condition, gpointer data)
{
    Subscriber *subscriber = data;

    (void)fd;
    (void)condition;
    subscriber->room_source = 0;
    tell(subscriber);
    return G_SOURCE_REMOVE;
}

/* Until it knows all, or its socket is full. A client that has gone has taken its subscriber along. */
static void tell(Subscriber *subscriber)
{
    SbxEventLog *events = subscriber->events;
    SbxClientOffer outcome = SBX_OFFER_SENT;

    while (outcome == SBX_OFFER_SENT &&
           (subscriber->lost > 0 || subscriber->next <= events->last)) {
        Event *event = subscriber->lost > 0 ? NULL : event_at(events, subscriber->next);

        if (event != NULL && !is_wanted(subscriber, event)) {
            subscriber->next++;
            continue;
        }
        outcome = sbx_client_offer(subscriber->client, "event",
                                   event != NULL ? describe(event) : describe_lost(subscriber));
        if (outcome == SBX_OFFER_SENT && event != NULL)
            subscriber->next++;
        else if (outcome == SBX_OFFER_SENT)
            subscriber->lost = 0;
    }
    if (outcome == SBX_OFFER_FULL)
        subscriber->room_source = sbx_client_when_room(subscriber->client, has_room, subscriber);
}

static gboolean tell_all(gpointer data)
{
    SbxEventLog *events = data;
    GPtrArray *subscribers = events->subscribers;

    events->tell_source = 0;
    /* From the end: one that goes is replaced by the last. */
    for (guint i = subscribers->len; i > 0; i--) {
        Subscriber *subscriber = i <= subscribers->len ? subscribers->pdata[i - 1] : NULL;

        if (subscriber != NULL && subscriber->room_source == 0)
            tell(subscriber);
    }
    return G_SOURCE_REMOVE;
}

static void tell_later(SbxEventLog *events)
{
    if (events->tell_source == 0)
        events->tell_source = g_idle_add_full(G_PRIORITY_DEFAULT, tell_all, events, NULL);
}

/* --- recording --- */

/* The oldest goes, also for those who have not heard of it. */
static void make_room(SbxEventLog *events, guint64 number)
{
    Event *event = event_at(events, number);

    for (guint i = 0; event != NULL && i < events->subscribers->len; i++) {
        Subscriber *subscriber = events->subscribers->pdata[i];

        if (subscriber->next > event->number)
            continue;
        subscriber->lost += is_wanted(subscriber, event) ? 1 : 0;
        subscriber->next = event->number + 1;
    }
    event_free(event);
}

/* NULL when it is nobody's sandbox. What is still to be filled in is 0. */
static Event *record(SbxSandbox *sandbox, int type)
{
    SbxEventLog *events = sandbox->keeper->events;
    Event *event;

    if (!sandbox->purpose->is_client)
        return NULL;
    event = g_new0(Event, 1);
    event->number = ++events->last;
    event->time_ms = g_get_real_time() / 1000;
    event->type = type;
    memcpy(event->id, sandbox->id, sizeof event->id);
    make_room(events, event->number);
    events->ring[event->number % SBX_EVENT_LOG_SIZE] = event;
    tell_later(events);
    return event;
}

/* Its valid beginning. */
static char *shorten(const char *text, gsize max)
{
    g_autofree char *valid = g_utf8_make_valid(text, (gssize)strnlen(text, max + 1));

    if (strlen(valid) > max)
        *g_utf8_find_prev_char(valid, valid + max + 1) = '\0';
    return g_steal_pointer(&valid);
}

void sbx_event_emit(SbxSandbox *sandbox, int type, const char *text)
{
    Event *event = record(sandbox, type);

    if (event != NULL && text != NULL)
        event->text = shorten(text, TEXT_MAX);
}

void sbx_event_emit_extended(SbxSandbox *sandbox)
{
    Event *event = record(sandbox, SBX_EVENT_EXTENDED);

    if (event != NULL)
        event->deadline_ms = sandbox->deadline_ms;
}

void sbx_event_emit_end(SbxSandbox *sandbox)
{
    if (sandbox->has_died)
        sbx_event_emit(sandbox, SBX_EVENT_DIED, sandbox->end_reason);
    sbx_event_emit(sandbox, SBX_EVENT_ENDED, sandbox->end_reason);
}

static Event *record_process(SbxSandbox *sandbox, int type, int pid, const char *command)
{
    Event *event = command != NULL ? record(sandbox, type) : NULL;

    if (event == NULL)
        return NULL;
    event->pid = pid;
    event->command = shorten(command, COMMAND_MAX);
    return event;
}

void sbx_event_emit_started(SbxSandbox *sandbox, int pid, const char *command)
{
    record_process(sandbox, SBX_EVENT_PROCESS_STARTED, pid, command);
}

/* For people. */
static char *describe_exit(const Event *event)
{
    static const char *const causes[] = {
        [SBX_CAUSE_OOM] = ": out of memory",
        [SBX_CAUSE_DEADLINE] = ": its time was over",
        [SBX_CAUSE_CPU] = ": its CPU time was used up",
        [SBX_CAUSE_OUTPUT] = ": it wrote too much",
    };
    const char *why = event->cause >= 0 && event->cause < (int)G_N_ELEMENTS(causes)
                          ? causes[event->cause]
                          : NULL;

    if (event->cause == SBX_CAUSE_UNKNOWN)
        return g_strdup("nobody knows whether it has ended");
    return g_strdup_printf("%s %d%s", event->signal != 0 ? "ended by signal" : "exit code",
                           event->signal != 0 ? event->signal : event->code,
                           why != NULL ? why : "");
}

void sbx_event_emit_exited(SbxSandbox *sandbox, int pid, const char *command, JsonObject *end)
{
    Event *event;

    if (sbx_json_get_boolean(end, "oom", FALSE))
        record_process(sandbox, SBX_EVENT_OOM, pid, command);
    event = record_process(sandbox, SBX_EVENT_PROCESS_EXITED, pid, command);
    if (event == NULL)
        return;
    event->code = (int)sbx_json_get_int(end, "exit_code", -1);
    event->signal = (int)sbx_json_get_int(end, "signal", 0);
    event->cause = (int)sbx_json_get_int(end, "cause", SBX_CAUSE_UNKNOWN);
    event->text = describe_exit(event);
}

/* --- subscribing --- */

static void client_gone(gpointer data)
{
    Subscriber *subscriber = data;

    g_ptr_array_remove_fast(subscriber->events->subscribers, subscriber);
}

static gboolean is_subscribed(const SbxEventLog *events, const SbxClient *client)
{
    for (guint i = 0; i < events->subscribers->len; i++)
        if (((Subscriber *)events->subscribers->pdata[i])->client == client)
            return TRUE;
    return FALSE;
}

/* The first event that a subscriber is told of; *count is how many of those from there on are its. */
static guint64 find_start(SbxEventLog *events, const Subscriber *subscriber, gint64 since,
                          guint64 *count)
{
    guint64 start = oldest(events);

    *count = 0;
    if (since < 0)
        return events->last + 1;
    while (start <= events->last && event_at(events, start)->time_ms < since)
        start++;
    for (guint64 i = start; i <= events->last; i++)
        *count += is_wanted(subscriber, event_at(events, i)) ? 1 : 0;
    return start;
}

/* Whether there is, or was, a sandbox of that id. */
static gboolean is_known(SbxKeeper *keeper, const char *id)
{
    if (sbx_sandbox_find(keeper, id) != NULL || g_hash_table_contains(keeper->ended, id))
        return TRUE;
    for (guint64 i = oldest(keeper->events); i <= keeper->events->last; i++)
        if (strcmp(event_at(keeper->events, i)->id, id) == 0)
            return TRUE;
    return FALSE;
}

void sbx_event_method_subscribe(SbxKeeper *keeper, SbxRequest *request)
{
    SbxEventLog *events = keeper->events;
    const char *id = sbx_json_get_string(request->params, "id");
    Subscriber *subscriber;
    JsonObject *result;
    guint64 count;

    if (is_subscribed(events, request->client)) {
        sbx_request_fail(request, sbx_fault_new(SBX_E_EXISTS, 0, NULL, NULL,
                                                "this connection has a subscription already"));
        return;
    }
    if (id != NULL && !is_known(keeper, id)) {
        sbx_request_fail(request, sbx_keeper_no_sandbox(keeper, id));
        return;
    }
    subscriber = g_new0(Subscriber, 1);
    subscriber->events = events;
    subscriber->client = sbx_client_ref(request->client);
    subscriber->id = g_strdup(id);
    subscriber->next =
        find_start(events, subscriber, sbx_json_get_int(request->params, "since_ms", -1), &count);
    result = json_object_new();
    json_object_set_int_member(result, "history", (gint64)count);
    if (!sbx_request_reply(request, result, NULL, 0)) {
        subscriber_free(subscriber);
        return;
    }
    g_ptr_array_add(events->subscribers, subscriber);
    sbx_client_watch(subscriber->client, client_gone, subscriber);
    tell_later(events);
}
