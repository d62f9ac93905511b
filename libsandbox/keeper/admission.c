/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Admission: see admission.h.
 *
 * A share is taken the moment there is room, so that what is in use is always true and nobody comes
 * between; only the caller's notice waits for the main loop. The first of the queue never fits:
 * whatever may change that (a release, a limit, one ahead that leaves) admits from the head until
 * one does not fit.
 */
#include "keeper/admission.h"

#include <sandbox/error.h>
#include <sandbox/options.h>

#include "wire/fault.h"
#include "wire/units.h"

typedef enum { SANDBOXES, MEMORY, VCPUS, N_KINDS } Kind;

static const struct {
    const char *name; /* of the member in a description */
    const char *variable;
    const char *one;
    const char *many;
} kinds[N_KINDS] = {
    [SANDBOXES] = {"sandboxes", "LIBSANDBOX_MAX_SANDBOXES", " sandbox", " sandboxes"},
    [MEMORY] = {"memory", "LIBSANDBOX_MAX_MEMORY", " of memory", " of memory"},
    [VCPUS] = {"vcpus", "LIBSANDBOX_MAX_VCPUS", " vCPU", " vCPUs"},
};

struct SbxAdmission {
    guint64 limits[N_KINDS]; /* 0: none */
    guint64 used[N_KINDS];
    GQueue waiting; /* SbxTicket, in order of arrival */
    GQueue decided; /* SbxTicket whose callback is due, in order of decision */
    guint deliver_source;
    guint tickets;
};

struct SbxTicket {
    SbxAdmission *admission;
    GQueue *queue; /* the one it is in; NULL: it is admitted, and its caller knows */
    GList link;
    guint count;
    guint64 each[N_KINDS]; /* of one sandbox */
    gint64 wait_ms;
    guint timer;
    GError *fault; /* of a decided one: why it is not admitted */
    SbxAdmitted admitted;
    gpointer data;
};

/* --- text --- */

static char *print_number(Kind kind, guint64 value)
{
    return kind == MEMORY ? sbx_units_print_size(value)
                          : g_strdup_printf("%" G_GUINT64_FORMAT, value);
}

static char *print_amount(Kind kind, guint64 value)
{
    g_autofree char *number = print_number(kind, value);

    return g_strconcat(number, value == 1 ? kinds[kind].one : kinds[kind].many, NULL);
}

/* "a sandbox with 1280MiB of memory and 2 vCPUs" */
static char *print_wish(SbxTicket *ticket)
{
    g_autofree char *memory = print_amount(MEMORY, ticket->each[MEMORY]);
    g_autofree char *vcpus = print_amount(VCPUS, ticket->each[VCPUS]);

    if (ticket->count == 1)
        return g_strdup_printf("a sandbox with %s and %s", memory, vcpus);
    return g_strdup_printf("%u sandboxes with %s and %s each", ticket->count, memory, vcpus);
}

/* --- room --- */

static guint64 asked(SbxTicket *ticket, Kind kind)
{
    return ticket->count * ticket->each[kind];
}

/* Without a limit it is what JSON can say, which is beyond any host; so no sum overflows. */
static guint64 limit_of(SbxTicket *ticket, Kind kind)
{
    guint64 limit = ticket->admission->limits[kind];

    return limit != 0 ? limit : G_MAXINT64;
}

static gboolean kind_fits(SbxTicket *ticket, Kind kind, guint64 used)
{
    guint64 limit = limit_of(ticket, kind);

    return used <= limit && asked(ticket, kind) <= limit - used;
}

static gboolean fits_now(SbxTicket *ticket)
{
    for (Kind kind = 0; kind < N_KINDS; kind++)
        if (!kind_fits(ticket, kind, ticket->admission->used[kind]))
            return FALSE;
    return TRUE;
}

static gboolean fits_ever(SbxTicket *ticket)
{
    for (Kind kind = 0; kind < N_KINDS; kind++)
        if (!kind_fits(ticket, kind, 0))
            return FALSE;
    return TRUE;
}

static void take(SbxTicket *ticket)
{
    for (Kind kind = 0; kind < N_KINDS; kind++)
        ticket->admission->used[kind] += asked(ticket, kind);
}

static void give_back(SbxTicket *ticket, guint count)
{
    for (Kind kind = 0; kind < N_KINDS; kind++)
        ticket->admission->used[kind] -= count * ticket->each[kind];
}

/* --- faults --- */

/* "the limit is 4GiB of memory (3GiB in use, 2GiB asked for) and ..." of those limits that are in
 * the way; empty when none is. */
static char *print_shortage(SbxTicket *ticket, gboolean ever)
{
    const guint64 *used = ticket->admission->used;
    GString *text = g_string_new(NULL);

    for (Kind kind = 0; kind < N_KINDS; kind++) {
        g_autofree char *limit = print_amount(kind, limit_of(ticket, kind));
        g_autofree char *in_use = print_number(kind, used[kind]);
        g_autofree char *wanted = print_number(kind, asked(ticket, kind));

        if (!kind_fits(ticket, kind, ever ? 0 : used[kind]))
            g_string_append_printf(text, "%s%s (%s in use, %s asked for)",
                                   text->len == 0 ? "the limit is " : " and ", limit, in_use,
                                   wanted);
    }
    return g_string_free(text, FALSE);
}

/* The settings whose limits are in the way of a ticket: "LIBSANDBOX_MAX_MEMORY and ..." */
static char *print_settings(SbxTicket *ticket, gboolean ever)
{
    GString *text = g_string_new(NULL);

    for (Kind kind = 0; kind < N_KINDS; kind++)
        if (!kind_fits(ticket, kind, ever ? 0 : ticket->admission->used[kind]))
            g_string_append_printf(text, "%s%s", text->len == 0 ? "" : " and ",
                                   kinds[kind].variable);
    return g_string_free(text, FALSE);
}

static GError *fault_never(SbxTicket *ticket)
{
    g_autofree char *wish = print_wish(ticket);
    g_autofree char *shortage = print_shortage(ticket, TRUE);
    g_autofree char *settings = print_settings(ticket, TRUE);
    g_autofree char *hint = g_strdup_printf("ask for less, or raise the limit (`sbx keeper "
                                            "limits`, or %s when the keeper starts)", settings);

    return sbx_fault_new(SBX_E_BUSY, 0, hint, NULL, "there can never be room for %s: %s", wish,
                         shortage);
}

/* Why a ticket with @ahead others before it is not admitted; with its @waited time, or NULL. */
static GError *fault_busy(SbxTicket *ticket, guint ahead, const char *waited)
{
    /* Who fits but waits in turn is held up by what holds up the first. */
    SbxTicket *first = fits_now(ticket) ? g_queue_peek_head(&ticket->admission->waiting) : ticket;
    g_autofree char *wish = print_wish(ticket);
    g_autofree char *shortage = print_shortage(ticket, FALSE);
    g_autofree char *settings = print_settings(first, FALSE);
    g_autofree char *turn = NULL;
    g_autofree char *hint = NULL;

    if (ahead > 0)
        turn = g_strdup_printf("%s%u %s before it, in order of arrival",
                               *shortage != '\0' ? ", and " : "", ahead,
                               ahead == 1 ? "other waits" : "others wait");
    hint = g_strdup_printf("end other sandboxes, raise the limit (`sbx keeper limits`, or %s when "
                           "the keeper starts), or wait%s: sbx_options_set_wait()", settings,
                           waited != NULL ? " longer" : "");
    return sbx_fault_new(SBX_E_BUSY, 0, hint, NULL, "there %s no room for %s%s%s: %s%s",
                         waited != NULL ? "was" : "is", wish, waited != NULL ? " within " : "",
                         waited != NULL ? waited : "", shortage, turn != NULL ? turn : "");
}

/* --- tickets --- */

static void enter(SbxTicket *ticket, GQueue *queue)
{
    ticket->queue = queue;
    g_queue_push_tail_link(queue, &ticket->link);
}

static void leave(SbxTicket *ticket)
{
    g_clear_handle_id(&ticket->timer, g_source_remove);
    g_queue_unlink(ticket->queue, &ticket->link);
    ticket->queue = NULL;
}

static void ticket_free(SbxTicket *ticket)
{
    ticket->admission->tickets--;
    g_clear_error(&ticket->fault);
    g_free(ticket);
}

/* Tells the caller. It may do anything in its callback, so this is the last that is done. */
static void tell(SbxTicket *ticket)
{
    SbxAdmitted admitted = ticket->admitted;
    gpointer data = ticket->data;
    GError *fault = g_steal_pointer(&ticket->fault);

    if (fault != NULL)
        ticket_free(ticket);
    admitted(fault, data);
}

/* One a turn: callbacks may admit more, and the loop has others to serve. */
static gboolean deliver(gpointer data)
{
    SbxAdmission *admission = data;
    SbxTicket *ticket = g_queue_peek_head(&admission->decided);
    gboolean more;

    if (ticket != NULL)
        leave(ticket);
    more = !g_queue_is_empty(&admission->decided);
    if (!more)
        admission->deliver_source = 0;
    if (ticket != NULL)
        tell(ticket);
    return more ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* Takes a ticket out of the queue, admitted or with a fault (taken). */
static void decide(SbxTicket *ticket, GError *fault)
{
    SbxAdmission *admission = ticket->admission;

    leave(ticket);
    ticket->fault = fault;
    enter(ticket, &admission->decided);
    if (admission->deliver_source == 0)
        admission->deliver_source = g_idle_add_full(G_PRIORITY_DEFAULT, deliver, admission, NULL);
}

static void admit_waiting(SbxAdmission *admission)
{
    SbxTicket *ticket;

    while ((ticket = g_queue_peek_head(&admission->waiting)) != NULL && fits_now(ticket)) {
        take(ticket);
        decide(ticket, NULL);
    }
}

static gboolean wait_over(gpointer data)
{
    SbxTicket *ticket = data;
    SbxAdmission *admission = ticket->admission;
    gint ahead = g_queue_link_index(&admission->waiting, &ticket->link);
    g_autofree char *waited = sbx_units_print_duration(ticket->wait_ms);

    ticket->timer = 0;
    ticket->fault = fault_busy(ticket, (guint)ahead, waited);
    leave(ticket);
    admit_waiting(admission);
    tell(ticket);
    return G_SOURCE_REMOVE;
}

static void start_waiting(SbxTicket *ticket)
{
    gint64 wait = ticket->wait_ms;

    enter(ticket, &ticket->admission->waiting);
    if (wait == SBX_WAIT_FOREVER)
        return;
    /* g_timeout_add() counts in 32 bits of milliseconds, 49 days. */
    ticket->timer = wait < G_MAXUINT
                        ? g_timeout_add((guint)wait, wait_over, ticket)
                        : g_timeout_add_seconds((guint)((wait + 999) / 1000), wait_over, ticket);
}

/* --- what the keeper calls --- */

static gboolean check_request(guint count, guint64 memory, gint64 wait_ms, GError **error)
{
    guint64 total;

    if (count == 0 || !g_uint64_checked_mul(&total, count, memory) || total > G_MAXINT64) {
        sbx_fault_set(error, SBX_E_INVALID, 0, NULL,
                      "%u sandboxes with %" G_GUINT64_FORMAT " bytes of memory each were asked for",
                      count, memory);
        return FALSE;
    }
    if (wait_ms < SBX_WAIT_FOREVER || wait_ms > SBX_TIMEOUT_MAX_MS) {
        sbx_fault_set(error, SBX_E_INVALID, 0, NULL,
                      "cannot wait %" G_GINT64_FORMAT " ms for room: at least %d, at most %"
                      G_GINT64_FORMAT, wait_ms, (int)SBX_WAIT_FOREVER, SBX_TIMEOUT_MAX_MS);
        return FALSE;
    }
    return TRUE;
}

static SbxTicket *ticket_new(SbxAdmission *admission, guint count, guint64 memory, guint vcpus)
{
    SbxTicket *ticket = g_new0(SbxTicket, 1);

    ticket->admission = admission;
    ticket->link.data = ticket;
    ticket->count = count;
    ticket->each[SANDBOXES] = 1;
    ticket->each[MEMORY] = memory;
    ticket->each[VCPUS] = vcpus;
    admission->tickets++;
    return ticket;
}

SbxTicket *sbx_admission_ask(SbxAdmission *admission, guint count, guint64 memory, guint vcpus,
                             gint64 wait_ms, SbxAdmitted admitted, gpointer data, gboolean *now,
                             GError **error)
{
    guint ahead = g_queue_get_length(&admission->waiting);
    SbxTicket *ticket;
    GError *fault = NULL;
    gboolean at_once;

    if (!check_request(count, memory, wait_ms, error))
        return NULL;
    ticket = ticket_new(admission, count, memory, vcpus);
    ticket->wait_ms = wait_ms;
    ticket->admitted = admitted;
    ticket->data = data;
    at_once = ahead == 0 && fits_now(ticket);
    if (!fits_ever(ticket))
        fault = fault_never(ticket);
    else if (!at_once && wait_ms == 0)
        fault = fault_busy(ticket, ahead, NULL);
    if (fault != NULL) {
        ticket_free(ticket);
        g_propagate_error(error, fault);
        return NULL;
    }
    if (at_once)
        take(ticket);
    else
        start_waiting(ticket);
    *now = at_once;
    return ticket;
}

void sbx_ticket_release(SbxTicket *ticket)
{
    SbxAdmission *admission = ticket->admission;
    gboolean waits = ticket->queue == &admission->waiting;
    guint count = ticket->queue != NULL ? ticket->count : 1;

    if (!waits && ticket->fault == NULL)
        give_back(ticket, count);
    if (ticket->queue != NULL)
        leave(ticket);
    ticket->count -= count;
    if (ticket->count == 0)
        ticket_free(ticket);
    admit_waiting(admission);
}

void sbx_admission_set(SbxAdmission *admission, const SbxLimits *limits)
{
    GList *next;

    admission->limits[SANDBOXES] = limits->sandboxes;
    admission->limits[MEMORY] = MIN(limits->memory, (guint64)G_MAXINT64);
    admission->limits[VCPUS] = limits->vcpus;
    for (GList *link = admission->waiting.head; link != NULL; link = next) {
        next = link->next;
        if (!fits_ever(link->data))
            decide(link->data, fault_never(link->data));
    }
    admit_waiting(admission);
}

void sbx_admission_get(SbxAdmission *admission, SbxLimits *limits)
{
    limits->sandboxes = (guint)admission->limits[SANDBOXES];
    limits->memory = admission->limits[MEMORY];
    limits->vcpus = (guint)admission->limits[VCPUS];
}

static JsonObject *describe_amounts(const guint64 *amounts)
{
    JsonObject *object = json_object_new();

    for (Kind kind = 0; kind < N_KINDS; kind++)
        json_object_set_int_member(object, kinds[kind].name, (gint64)amounts[kind]);
    return object;
}

JsonObject *sbx_admission_describe(SbxAdmission *admission)
{
    JsonObject *object = json_object_new();

    json_object_set_object_member(object, "limits", describe_amounts(admission->limits));
    json_object_set_object_member(object, "used", describe_amounts(admission->used));
    json_object_set_int_member(object, "waiting", g_queue_get_length(&admission->waiting));
    return object;
}

/* A limit of the environment; 0 for none. */
static guint64 read_setting(Kind kind)
{
    const char *text = g_getenv(kinds[kind].variable);
    guint64 value = 0;

    if (text == NULL)
        return 0;
    if (kind == MEMORY ? sbx_units_parse_size(text, &value)
                       : g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT32, &value, NULL))
        return value;
    g_warning("%s is \"%.64s\", which is not %s: ignored, there is no such limit",
              kinds[kind].variable, text,
              kind == MEMORY ? "a size like 512MiB or 16GiB" : "a number");
    return 0;
}

SbxAdmission *sbx_admission_new(void)
{
    SbxAdmission *admission = g_new0(SbxAdmission, 1);

    for (Kind kind = 0; kind < N_KINDS; kind++)
        admission->limits[kind] = read_setting(kind);
    g_queue_init(&admission->waiting);
    g_queue_init(&admission->decided);
    return admission;
}

void sbx_admission_free(SbxAdmission *admission)
{
    g_assert(admission->tickets == 0);
    g_clear_handle_id(&admission->deliver_source, g_source_remove);
    g_free(admission);
}
