/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See report.h. */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>

#include "json.h"
#include "terminal.h"

/* An error's parts, wherever it came from. */
struct parts {
    int code;
    const char *message;
    const char *hint;
    const char *cause;
    const char *operation;
};

static void add_parts(JsonBuilder *builder, const struct parts *parts)
{
    json_builder_set_member_name(builder, "error");
    json_builder_begin_object(builder);
    json_add_text(builder, "code", sbx_error_code_name(parts->code));
    json_add_text(builder, "message", parts->message);
    json_add_text(builder, "hint", parts->hint);
    json_add_text(builder, "cause", parts->cause);
    json_add_text(builder, "operation", parts->operation);
    json_builder_end_object(builder);
}

static void print_json(const struct parts *parts)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_object(builder);
    add_parts(builder, parts);
    json_builder_end_object(builder);
    json_print(stderr, builder);
}

static void print_labelled(const char *label, const char *text)
{
    g_autofree char *escaped = terminal_escape(text);

    fprintf(stderr, "  %s%s:%s %s\n", terminal_cyan(stderr), label, terminal_reset(stderr),
            escaped);
}

/* One line stands behind the label, several below it. */
static void print_cause(const char *cause)
{
    g_autofree char *text = g_strchomp(g_strdup(cause));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    if (!lines[0])
        return;
    if (!lines[1]) {
        print_labelled("cause", lines[0]);
        return;
    }
    fprintf(stderr, "  %scause:%s\n", terminal_cyan(stderr), terminal_reset(stderr));
    for (char **line = lines; *line; line++) {
        g_autofree char *escaped = terminal_escape(g_strchomp(*line));

        fprintf(stderr, "    %s\n", escaped);
    }
}

static void print_parts(const struct invocation *inv, const struct parts *parts)
{
    g_autofree char *message = NULL;

    fflush(stdout);
    if (invocation_has(inv, OPT_JSON)) {
        print_json(parts);
        return;
    }
    message = terminal_escape(parts->message);
    fprintf(stderr, "%ssbx:%s %s\n", terminal_red(stderr), terminal_reset(stderr), message);
    if (parts->hint)
        print_labelled("hint", parts->hint);
    if (parts->cause)
        print_cause(parts->cause);
}

static struct parts parts_of_error(const sbx_error *error)
{
    return (struct parts){
        .code = sbx_error_code(error),
        .message = sbx_error_message(error),
        .hint = sbx_error_hint(error),
        .cause = sbx_error_cause(error),
        .operation = sbx_error_operation(error),
    };
}

void report_error_hint(const struct invocation *inv, const sbx_error *error, const char *hint)
{
    struct parts parts;

    /* sbx_error is only absent when there was no memory for it. */
    if (!error) {
        report_failure(inv, SBX_E_NO_MEMORY, "out of memory", NULL);
        return;
    }
    parts = parts_of_error(error);
    if (!parts.hint)
        parts.hint = hint;
    print_parts(inv, &parts);
}

void report_error(const struct invocation *inv, const sbx_error *error)
{
    report_error_hint(inv, error, NULL);
}

void report_failure(const struct invocation *inv, int code, const char *message, const char *hint)
{
    g_autofree char *operation =
        inv->command ? g_strconcat("sbx ", inv->command->name, NULL) : g_strdup("sbx");
    struct parts parts = {
        .code = code,
        .message = message,
        .hint = hint,
        .operation = operation,
    };

    print_parts(inv, &parts);
}

void report_note(const struct invocation *inv, const char *format, ...)
{
    g_autofree char *text = NULL;
    g_autofree char *escaped = NULL;
    va_list args;

    if (invocation_has(inv, OPT_QUIET) || invocation_has(inv, OPT_JSON))
        return;
    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    escaped = terminal_escape(text);
    fflush(stdout);
    fprintf(stderr, "sbx: %s\n", escaped);
}

void report_add_json(JsonBuilder *builder, const sbx_error *error)
{
    struct parts parts = parts_of_error(error);

    add_parts(builder, &parts);
}
