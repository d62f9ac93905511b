/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Templates: booted VMs, saved. See include/sandbox/template.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/private.h"

#define ID_DIGITS 64
#define ID_PREFIX_MIN 8

struct sbx_template_list {
    JsonArray *items; /* of objects */
};

/* A build, as its caller sees it. */
typedef struct {
    sbx_progress_func progress;
    void *data;
    int permille;
    char *stage; /* the last one */
} Build;

/* What has come so far is told once more when a signal interrupts the wait. */
static int take_progress(void *data, JsonObject *notification)
{
    Build *build = data;
    JsonObject *params = sbx_json_get_object(notification, "params");
    const char *method = sbx_json_get_string(notification, "method");

    if (notification != NULL && g_strcmp0(method, "template.progress") != 0)
        return 0;
    if (params != NULL) {
        const char *stage = sbx_json_get_string(params, "stage");
        gint64 done = sbx_json_get_int(params, "done", 0);
        gint64 total = sbx_json_get_int(params, "total", 0);

        if (total > 0 && done > 0) {
            int permille = (int)((double)MIN(done, total) / (double)total * 1000);

            build->permille = MAX(build->permille, permille);
        }
        if (stage != NULL) {
            g_free(build->stage);
            build->stage = g_strdup(stage);
        }
    }
    return build->progress(build->data, build->permille, build->stage, build->stage);
}

/* 1 when it was built, 0 when it was there. */
static int take_built(const SbxReply *reply, char **id, const char *operation, sbx_error **error)
{
    const char *text = sbx_json_get_string(reply->result, "id");
    char *copy;

    if (text == NULL)
        return sbx_fail(error, SBX_E_PROTOCOL, 0, operation, NULL,
                        "the keeper's answer has no template id");
    if (id != NULL) {
        copy = strdup(text); /* for sbx_free() */
        if (copy == NULL)
            return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, operation, NULL, "out of memory");
        *id = copy;
    }
    return sbx_json_get_boolean(reply->result, "built", FALSE) ? 1 : 0;
}

int sbx_template_build(const sbx_options *options, int force, sbx_progress_func progress,
                       void *data, char **id, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    Build build = {.progress = progress, .data = data};
    SbxWatch watch = {.fn = take_progress, .data = &build};
    JsonObject *params;
    int code = sbx_options_kind(options, &params, __func__, error);

    if (code < 0)
        return code;
    json_object_set_boolean_member(params, "force", force != 0);
    build.stage = g_strdup("waiting");
    code = sbx_call_watched("template.build", params, progress != NULL ? &watch : NULL, &reply,
                            __func__, error);
    g_free(build.stage);
    return code < 0 ? code : take_built(&reply, id, __func__, error);
}

/* Takes @params. */
static int remove_templates(JsonObject *params, const char *operation, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    int code = sbx_call(1, "template.remove", params, NULL, 0, &reply, operation, error);

    return code < 0 ? code : (int)CLAMP(sbx_json_get_int(reply.result, "removed", 0), 0, G_MAXINT);
}

int sbx_template_remove(const char *id, sbx_error **error)
{
    size_t length = id != NULL ? strlen(id) : 0;
    JsonObject *params;

    if (length < ID_PREFIX_MIN || length > ID_DIGITS || strspn(id, "0123456789abcdef") != length)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__,
                        "give 8 to 64 digits as `sbx template list` shows them",
                        "\"%.80s\" is not the id of a template", id != NULL ? id : "(null)");
    params = json_object_new();
    json_object_set_string_member(params, "id", id);
    return remove_templates(params, __func__, error);
}

int sbx_template_remove_all(sbx_error **error)
{
    JsonObject *params = json_object_new();

    json_object_set_boolean_member(params, "all", TRUE);
    return remove_templates(params, __func__, error);
}

int sbx_template_list_get(sbx_template_list **out, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    sbx_template_list *list;
    int code;

    if (out == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "out is NULL");
    code = sbx_call(1, "template.list", NULL, NULL, 0, &reply, __func__, error);
    if (code < 0)
        return code;
    list = g_try_new0(struct sbx_template_list, 1);
    if (list == NULL)
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, __func__, NULL, "out of memory");
    list->items = sbx_reply_items(&reply, "templates");
    *out = list;
    return SBX_OK;
}

void sbx_template_list_free(sbx_template_list *list)
{
    if (list == NULL)
        return;
    json_array_unref(list->items);
    g_free(list);
}

size_t sbx_template_list_length(const sbx_template_list *list)
{
    return json_array_get_length(list->items);
}

static JsonObject *item(const sbx_template_list *list, size_t index)
{
    return sbx_item(list->items, index);
}

const char *sbx_template_list_id(const sbx_template_list *list, size_t index)
{
    return sbx_json_get_string(item(list, index), "id");
}

int sbx_template_list_state(const sbx_template_list *list, size_t index)
{
    const char *state = sbx_json_get_string(item(list, index), "state");

    if (g_strcmp0(state, "ready") == 0)
        return SBX_TEMPLATE_READY;
    return g_strcmp0(state, "building") == 0 ? SBX_TEMPLATE_BUILDING : -1;
}

const char *sbx_template_list_image(const sbx_template_list *list, size_t index)
{
    return sbx_json_get_string(item(list, index), "image");
}

uint64_t sbx_template_list_memory(const sbx_template_list *list, size_t index)
{
    return (uint64_t)sbx_json_get_int(item(list, index), "memory", 0);
}

int sbx_template_list_vcpus(const sbx_template_list *list, size_t index)
{
    return (int)sbx_json_get_int(item(list, index), "vcpus", item(list, index) != NULL ? 0 : -1);
}

uint64_t sbx_template_list_disk_size(const sbx_template_list *list, size_t index)
{
    return (uint64_t)sbx_json_get_int(item(list, index), "disk_size", 0);
}

const char *sbx_template_list_accelerator(const sbx_template_list *list, size_t index)
{
    return sbx_json_get_string(item(list, index), "accelerator");
}

const char *sbx_template_list_vmm(const sbx_template_list *list, size_t index)
{
    return sbx_json_get_string(item(list, index), "vmm");
}

int64_t sbx_template_list_created(const sbx_template_list *list, size_t index)
{
    return sbx_json_get_int(item(list, index), "created_ms", 0);
}

int64_t sbx_template_list_used(const sbx_template_list *list, size_t index)
{
    return sbx_json_get_int(item(list, index), "used_ms", 0);
}

uint64_t sbx_template_list_size(const sbx_template_list *list, size_t index)
{
    return (uint64_t)sbx_json_get_int(item(list, index), "size", 0);
}
