/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The runner of C: reads the scenario, carries out its steps, prints what came of each. */
#include "scenario.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    Kind kind;
    void *object;
} Handle;

static const Verb *const tables[] = {sandbox_verbs, process_verbs, fs_verbs,
                                     file_verbs,    host_verbs,    port_verbs};

static void release_handle(void *data)
{
    Handle *handle = data;

    switch (handle->kind) {
    case SANDBOX:
        sbx_unref(handle->object);
        break;
    case PROCESS:
        sbx_process_unref(handle->object);
        break;
    case OPEN_FILE:
        sbx_file_unref(handle->object);
        break;
    case WATCH:
        sbx_watch_free(handle->object);
        break;
    case FORWARD:
        sbx_forward_unref(handle->object);
        break;
    default:
        g_assert_not_reached();
    }
    g_free(handle);
}

void keep(Step *step, const char *name, Kind kind, void *object)
{
    Handle *handle = g_new0(Handle, 1);

    handle->kind = kind;
    handle->object = object;
    g_hash_table_insert(step->runner->handles, g_strdup(name), handle);
}

void *kept(Step *step, const char *name, Kind kind)
{
    Handle *handle = name != NULL ? g_hash_table_lookup(step->runner->handles, name) : NULL;

    return handle != NULL && (kind == ANYTHING || handle->kind == kind) ? handle->object : NULL;
}

void forget(Step *step)
{
    g_hash_table_remove(step->runner->handles, text_of(step, "on"));
}

static const Verb *find_verb(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(tables); i++)
        for (const Verb *verb = tables[i]; verb->name != NULL; verb++)
            if (g_strcmp0(verb->name, name) == 0)
                return verb;
    return NULL;
}

/* The first key that the verb does not know, or NULL. */
static char *unknown_option(const Verb *verb, JsonObject *arguments)
{
    g_autofree char *all = g_strconcat("id do on as expect note ", verb->options, NULL);
    g_auto(GStrv) known = g_strsplit(all, " ", -1);
    g_autoptr(GList) keys = json_object_get_members(arguments);

    for (GList *key = keys; key != NULL; key = key->next)
        if (!g_strv_contains((const char *const *)known, key->data))
            return g_strdup(key->data);
    return NULL;
}

static JsonNode *word(const char *key, const char *value)
{
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, key, value);
    return node_object(object);
}

/* What came of a step. */
static JsonNode *carry_out(Runner *runner, JsonObject *arguments)
{
    Step step = {.runner = runner, .arguments = arguments};
    const char *name = text_of(&step, "do");
    const Verb *verb = find_verb(name);
    g_autofree char *unknown = verb != NULL ? unknown_option(verb, arguments) : NULL;
    JsonNode *result;
    int code;

    if (verb == NULL)
        return word("unsupported", name);
    if (unknown != NULL) {
        g_autofree char *which = g_strdup_printf("%s %s", name, unknown);

        return word("unsupported", which);
    }
    if (verb->on != NOTHING && (step.on = kept(&step, text_of(&step, "on"), verb->on)) == NULL)
        return word("error", "NO_HANDLE");
    code = verb->carry_out(&step);
    result = code < 0 ? node_error(code, step.error) : g_steal_pointer(&step.result);
    if (step.error != NULL)
        fprintf(stderr, "%s: %s\n", text_of(&step, "id"), sbx_error_message(step.error));
    sbx_error_free(step.error);
    g_clear_pointer(&step.result, json_node_unref);
    return result != NULL ? result : json_node_new(JSON_NODE_NULL);
}

static void print_line(const char *id, JsonNode *result)
{
    JsonObject *line = json_object_new();
    g_autoptr(JsonNode) node = NULL;
    g_autofree char *text = NULL;

    json_object_set_string_member(line, "id", id);
    json_object_set_member(line, "result", result);
    node = node_object(line);
    text = json_to_string(node, FALSE);
    printf("%s\n", text);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    g_autoptr(GError) problem = NULL;
    Runner runner = {0};
    JsonArray *steps;

    if (argc != 3) {
        fprintf(stderr, "usage: run-scenario SCENARIO.json SCRATCH\n");
        return 2;
    }
    if (!json_parser_load_from_file(parser, argv[1], &problem)) {
        fprintf(stderr, "run-scenario: %s\n", problem->message);
        return 2;
    }
    runner.scratch = argv[2];
    runner.handles = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, release_handle);
    steps =
        json_object_get_array_member(json_node_get_object(json_parser_get_root(parser)), "steps");
    for (guint i = 0; i < json_array_get_length(steps); i++) {
        JsonObject *step = json_array_get_object_element(steps, i);

        print_line(json_object_get_string_member(step, "id"), carry_out(&runner, step));
    }
    g_hash_table_unref(runner.handles);
    return 0;
}
