/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sbx events and sbx logs: what happened, and what happens. A sandbox that has ended cannot be
 * connected to; its events are found among those of all.
 */
#include <stdlib.h>
#include <string.h>

#include "auto.h"
#include "format.h"
#include "json.h"
#include "report.h"
#include "terminal.h"

/* What is to be shown. */
struct view {
    const struct invocation *inv;
    const char *id; /* NULL: all */
    bool follow;
    bool seen; /* something was */
    bool over; /* the sandbox has ended */
};

/* --- one event --- */

static void add_number(JsonBuilder *builder, const char *name, int64_t value)
{
    if (value)
        json_add_int(builder, name, value);
}

static void print_json(const sbx_event *event)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    bool exited = sbx_event_type(event) == SBX_EVENT_PROCESS_EXITED;

    json_builder_begin_object(builder);
    json_add_text(builder, "type", sbx_event_type_name(sbx_event_type(event)));
    json_add_int(builder, "time_ms", sbx_event_time(event));
    if (sbx_event_sandbox(event))
        json_add_text(builder, "id", sbx_event_sandbox(event));
    add_number(builder, "number", (int64_t)sbx_event_number(event));
    add_number(builder, "pid", sbx_event_pid(event));
    if (sbx_event_command(event))
        json_add_text(builder, "command", sbx_event_command(event));
    if (exited || sbx_event_type(event) == SBX_EVENT_LOST)
        json_add_int(builder, "code", sbx_event_code(event));
    if (exited)
        json_add_int(builder, "cause", sbx_event_cause(event));
    add_number(builder, "signal", sbx_event_signal(event));
    add_number(builder, "deadline_ms", sbx_event_deadline(event));
    if (sbx_event_text(event))
        json_add_text(builder, "text", sbx_event_text(event));
    json_builder_end_object(builder);
    json_print(stdout, builder);
}

static char *exact_time(int64_t milliseconds)
{
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(milliseconds / 1000);
    g_autoptr(GDateTime) local = utc ? g_date_time_to_local(utc) : NULL;
    g_autofree char *seconds = local ? g_date_time_format(local, "%Y-%m-%d %H:%M:%S") : NULL;

    return g_strdup_printf("%s.%03d", seconds ? seconds : "?", (int)(milliseconds % 1000));
}

/* What there is behind time, id and type. */
static char *details(const sbx_event *event)
{
    GString *text = g_string_new(NULL);

    if (sbx_event_pid(event))
        g_string_append_printf(text, " pid %d", sbx_event_pid(event));
    if (sbx_event_deadline(event)) {
        g_autofree char *deadline = exact_time(sbx_event_deadline(event));

        g_string_append_printf(text, " until %s", deadline);
    }
    if (sbx_event_type(event) == SBX_EVENT_LOST)
        g_string_append_printf(text, " %" G_GINT64_FORMAT " events", sbx_event_code(event));
    if (sbx_event_text(event))
        g_string_append_printf(text, " %s", sbx_event_text(event));
    if (sbx_event_command(event))
        g_string_append_printf(text, "%s %s", text->len ? ":" : "", sbx_event_command(event));
    return g_string_free(text, FALSE);
}

static const char *color_of(const sbx_event *event)
{
    switch (sbx_event_type(event)) {
    case SBX_EVENT_OOM:
    case SBX_EVENT_DIED:
    case SBX_EVENT_LOST:
        return terminal_red(stdout);
    case SBX_EVENT_READY:
        return terminal_green(stdout);
    default:
        return "";
    }
}

static void print_line(const sbx_event *event)
{
    g_autofree char *time = exact_time(sbx_event_time(event));
    g_autofree char *rest = details(event);
    g_autofree char *escaped = terminal_escape(rest);
    const char *color = color_of(event);

    printf("%s  %-28s  %s%s%s%s\n", time,
           sbx_event_sandbox(event) ? sbx_event_sandbox(event) : "-", color,
           sbx_event_type_name(sbx_event_type(event)), *color ? terminal_reset(stdout) : "",
           escaped);
}

static void show(struct view *view, const sbx_event *event)
{
    const char *id = sbx_event_sandbox(event);

    if (view->id && id && strcmp(view->id, id) != 0)
        return;
    if (invocation_has(view->inv, OPT_JSON))
        print_json(event);
    else
        print_line(event);
    fflush(stdout);
    view->seen = view->seen || id;
    view->over = view->over || (view->id && sbx_event_type(event) == SBX_EVENT_ENDED);
}

/* --- all of them --- */

static bool wants_more(const struct view *view, const sbx_events *events)
{
    return !view->over && (sbx_events_history(events) > 0 || view->follow);
}

static int show_all(struct view *view, sbx_events *events, sbx_error **error)
{
    while (wants_more(view, events)) {
        g_autoptr(sbx_event) event = NULL;
        int rc = sbx_events_wait(events, SBX_WAIT_FOREVER, error);

        if (rc >= 0)
            rc = sbx_events_next(events, &event, error);
        if (rc < 0)
            return rc;
        if (rc > 0)
            show(view, event);
    }
    return SBX_OK;
}

/* Of the sandbox, or of all with the filter in view. */
static int open_events(struct view *view, sbx *sandbox, int64_t since, sbx_error **error)
{
    g_autoptr(sbx_events) events = NULL;
    int rc = sbx_events_open(sandbox, since, &events, error);

    return rc < 0 ? rc : show_all(view, events, error);
}

static int run(struct view *view, int64_t since)
{
    g_autoptr(sbx) sandbox = NULL;
    g_autoptr(sbx_error) error = NULL;
    g_autoptr(sbx_error) missing = NULL;
    int rc = view->id ? sbx_connect(view->id, NULL, &sandbox, &missing) : SBX_OK;

    if (rc < 0 && rc != SBX_E_NOT_FOUND) {
        report_error(view->inv, missing);
        return EXIT_FAILURE;
    }
    /* Of one that is not there nothing more comes. */
    if (missing)
        view->follow = false;
    if (open_events(view, sandbox, since, &error) < 0) {
        report_error(view->inv, error);
        return EXIT_FAILURE;
    }
    if (missing && !view->seen) {
        report_error(view->inv, missing);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

/* Returns false after reporting what is wrong. */
static bool parse_since(const struct invocation *inv, int64_t *since)
{
    const char *text = invocation_value(inv, OPT_SINCE);
    g_autofree char *message = NULL;
    int64_t ago;

    *since = SBX_EVENTS_ALL;
    if (!text)
        return true;
    if (strcmp(text, "now") == 0) {
        *since = SBX_EVENTS_NEW;
        return true;
    }
    if (sbx_parse_duration(text, &ago, NULL) >= 0 && ago != SBX_TIMEOUT_SESSION) {
        *since = MAX(format_now() - ago, 0);
        return true;
    }
    message = g_strdup_printf("option --since: expected DURATION or now, not '%s'", text);
    report_failure(inv, SBX_E_INVALID, message, NULL);
    return false;
}

int cmd_events(const struct invocation *inv)
{
    struct view view = {.inv = inv, .id = inv->operands[0],
                        .follow = invocation_has(inv, OPT_FOLLOW)};
    int64_t since;

    if (!parse_since(inv, &since))
        return EXIT_USAGE;
    return run(&view, since);
}

/* --- logs --- */

/* For people, without what a terminal would act on; else as it is. */
static void print_console(const struct invocation *inv, const char *data, size_t length)
{
    if (invocation_has(inv, OPT_JSON)) {
        g_autoptr(JsonBuilder) builder = json_builder_new();
        g_autofree char *valid = g_utf8_make_valid(data, (gssize)length);

        json_builder_begin_object(builder);
        json_add_text(builder, "id", inv->operands[0]);
        json_add_text(builder, "console", valid);
        json_builder_end_object(builder);
        json_print(stdout, builder);
    } else if (terminal_is(stdout)) {
        g_auto(GStrv) lines = g_strsplit(data, "\n", -1);

        for (char **line = lines; *line; line++) {
            g_autofree char *escaped = terminal_escape(g_strchomp(*line));

            if (line[1] || *escaped)
                puts(escaped);
        }
    } else {
        fwrite(data, 1, length, stdout);
    }
}

int cmd_logs(const struct invocation *inv)
{
    struct view view = {.inv = inv, .id = inv->operands[0],
                        .follow = invocation_has(inv, OPT_FOLLOW)};
    g_autoptr(sbx_error) error = NULL;
    char *data = NULL;
    size_t length;

    if (!invocation_has(inv, OPT_CONSOLE))
        return run(&view, SBX_EVENTS_ALL);
    if (sbx_console_read(inv->operands[0], &data, &length, &error) < 0) {
        report_error(inv, error);
        return EXIT_FAILURE;
    }
    print_console(inv, data, length);
    sbx_free(data);
    return EXIT_SUCCESS;
}
