/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sandboxes: made, found, paused, copied, saved, ended. */
#include <string.h>

#include "scenario.h"

static int set_env(void *options, const char *name, const char *value, sbx_error **error)
{
    return sbx_options_set_env(options, name, value, error);
}

static int set_label(void *options, const char *key, const char *value, sbx_error **error)
{
    return sbx_options_set_label(options, key, value, error);
}

/* Those of create and fork; the library refuses what the one or the other does not take. */
static int set_options(Step *step, sbx_options *options)
{
    sbx_error **error = &step->error;
    int code = SBX_OK;

    if (code >= 0 && has(step, "image"))
        code = sbx_options_set_image(options, text_of(step, "image"), error);
    if (code >= 0 && has(step, "root"))
        code = sbx_options_set_root(options, text_of(step, "root"), error);
    if (code >= 0 && has(step, "memory"))
        code = sbx_options_set_memory(options, (guint64)number_of(step, "memory", 0), error);
    if (code >= 0 && has(step, "vcpus"))
        code = sbx_options_set_vcpus(options, (guint)number_of(step, "vcpus", 0), error);
    if (code >= 0 && has(step, "disk_size"))
        code = sbx_options_set_disk_size(options, (guint64)number_of(step, "disk_size", 0), error);
    if (code >= 0 && has(step, "timeout_ms"))
        code = sbx_options_set_timeout(options, number_of(step, "timeout_ms", 0), error);
    if (code >= 0 && has(step, "start_timeout_ms"))
        code =
            sbx_options_set_start_timeout(options, number_of(step, "start_timeout_ms", 0), error);
    if (code >= 0)
        code = for_each_pair(step, "env", set_env, options);
    return code >= 0 ? for_each_pair(step, "labels", set_label, options) : code;
}

static int create(Step *step)
{
    g_autoptr(sbx_options) options = sbx_options_new();
    sbx *sandbox = NULL;
    int code = set_options(step, options);

    if (code >= 0)
        code = sbx_create(options, &sandbox, &step->error);
    if (code >= 0)
        keep(step, text_of(step, "as"), SANDBOX, sandbox);
    return code;
}

static int connect_to(Step *step)
{
    sbx *other = kept(step, text_of(step, "to"), SANDBOX);
    sbx *sandbox = NULL;
    int code = sbx_connect(other != NULL ? sbx_id(other) : text_of(step, "sandbox"), NULL, &sandbox,
                           &step->error);

    if (code >= 0)
        keep(step, text_of(step, "as"), SANDBOX, sandbox);
    return code;
}

static int id(Step *step)
{
    step->result = node_text(sbx_id(step->on));
    return SBX_OK;
}

static JsonObject *listed(const sbx_list *list, gsize index)
{
    static const char *const states[] = {"starting", "running", "stopped", "paused"};
    JsonObject *object = json_object_new();
    JsonObject *labels = json_object_new();
    const char *key;

    for (gsize n = 0; (key = sbx_list_label_key(list, index, n)) != NULL; n++)
        json_object_set_string_member(labels, key, sbx_list_label_value(list, index, n));
    json_object_set_object_member(object, "labels", labels);
    json_object_set_string_member(object, "status", states[sbx_list_status(list, index)]);
    json_object_set_int_member(object, "memory", (gint64)sbx_list_memory(list, index));
    json_object_set_int_member(object, "vcpus", sbx_list_vcpus(list, index));
    json_object_set_int_member(object, "disk_size", (gint64)sbx_list_disk_size(list, index));
    return object;
}

static int set_wanted_label(void *options, const char *key, const char *value, sbx_error **error)
{
    return sbx_list_options_set_label(options, key, value, error);
}

static int list(Step *step)
{
    g_autoptr(sbx_list_options) options = sbx_list_options_new();
    g_autoptr(sbx_list) found = NULL;
    GPtrArray *objects;
    int code = for_each_pair(step, "labels", set_wanted_label, options);

    if (code >= 0)
        code = sbx_list_get_filtered(options, &found, &step->error);
    if (code < 0)
        return code;
    objects = g_ptr_array_new();
    for (gsize i = 0; i < sbx_list_length(found); i++)
        g_ptr_array_add(objects, listed(found, i));
    step->result = node_sorted_objects(objects, "labels");
    return code;
}

static int pause_it(Step *step)
{
    return sbx_pause(step->on, &step->error);
}

static int resume_it(Step *step)
{
    return sbx_resume(step->on, &step->error);
}

static int kill_it(Step *step)
{
    return sbx_kill(step->on, &step->error);
}

static int extend(Step *step)
{
    gint64 deadline;
    int code = sbx_extend(step->on, number_of(step, "ms", 0), &deadline, &step->error);

    if (code >= 0)
        step->result = node_number(deadline);
    return code;
}

static int fork_it(Step *step)
{
    g_autoptr(sbx_options) options = sbx_options_new();
    sbx *children[SBX_FORK_MAX];
    guint count = (guint)number_of(step, "count", 0);
    g_auto(GStrv) names = words_of(step, "as");
    int code = set_options(step, options);

    if (code >= 0)
        code = sbx_fork(step->on, count, options, children, &step->error);
    for (guint i = 0; code >= 0 && i < count; i++)
        keep(step, names[i], SANDBOX, children[i]);
    return code;
}

static int snapshot(Step *step)
{
    return sbx_snapshot(step->on, text_of(step, "name"), &step->error);
}

static int snapshot_remove(Step *step)
{
    return sbx_snapshot_remove(text_of(step, "name"), &step->error);
}

static int snapshot_list(Step *step)
{
    g_autoptr(sbx_snapshot_list) found = NULL;
    int code = sbx_snapshot_list_get(&found, &step->error);
    GPtrArray *names;

    if (code < 0)
        return code;
    names = g_ptr_array_new_with_free_func(g_free);
    for (gsize i = 0; i < sbx_snapshot_list_length(found); i++)
        g_ptr_array_add(names, g_strdup(sbx_snapshot_list_name(found, i)));
    step->result = node_sorted_texts(names);
    return code;
}

static int figure_called(const char *name)
{
    int figure = 0;

    while (sbx_stats_name(figure) != NULL && strcmp(sbx_stats_name(figure), name) != 0)
        figure++;
    return figure;
}

static int stats(Step *step)
{
    g_autoptr(sbx_stats) figures = NULL;
    g_auto(GStrv) names = words_of(step, "figures");
    int code = sbx_stats_get(step->on, &figures, &step->error);
    JsonObject *object;

    if (code < 0)
        return code;
    object = json_object_new();
    for (guint i = 0; names[i] != NULL; i++)
        json_object_set_boolean_member(object, names[i],
                                       sbx_stats_value(figures, figure_called(names[i])) > 0);
    step->result = node_object(object);
    return code;
}

/* The name of the next event, whenever it comes, or NULL with @code set. */
static const char *next_event(sbx_events *events, int *code, sbx_error **error)
{
    sbx_event *event = NULL;
    const char *name;

    while ((*code = sbx_events_next(events, &event, error)) == 0)
        if ((*code = sbx_events_wait(events, SBX_WAIT_FOREVER, error)) < 0)
            return NULL;
    if (*code < 0)
        return NULL;
    name = sbx_event_type_name(sbx_event_type(event));
    sbx_event_free(event);
    return name;
}

static int events(Step *step)
{
    g_autoptr(sbx_events) subscription = NULL;
    JsonArray *names;
    const char *name;
    int code = sbx_events_open(step->on, SBX_EVENTS_ALL, &subscription, &step->error);

    if (code < 0)
        return code;
    names = json_array_new();
    while ((name = next_event(subscription, &code, &step->error)) != NULL) {
        json_array_add_string_element(names, name);
        if (g_str_equal(name, text_of(step, "until")))
            break;
    }
    step->result = json_node_init_array(json_node_alloc(), names);
    json_array_unref(names);
    return code;
}

static int drop(Step *step)
{
    forget(step);
    return SBX_OK;
}

const Verb sandbox_verbs[] = {
    {"create", NOTHING, create,
     "memory vcpus disk_size timeout_ms start_timeout_ms env labels image root"},
    {"connect", NOTHING, connect_to, "to sandbox"},
    {"id", SANDBOX, id, ""},
    {"list", NOTHING, list, "labels"},
    {"pause", SANDBOX, pause_it, ""},
    {"resume", SANDBOX, resume_it, ""},
    {"kill", SANDBOX, kill_it, ""},
    {"extend", SANDBOX, extend, "ms"},
    {"fork", SANDBOX, fork_it, "count env labels timeout_ms start_timeout_ms"},
    {"snapshot", SANDBOX, snapshot, "name"},
    {"snapshot.remove", NOTHING, snapshot_remove, "name"},
    {"snapshot.list", NOTHING, snapshot_list, ""},
    {"stats", SANDBOX, stats, "figures"},
    {"events", SANDBOX, events, "until"},
    {"drop", ANYTHING, drop, ""},
    {NULL, NOTHING, NULL, NULL},
};
