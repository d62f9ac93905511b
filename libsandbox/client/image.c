/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Images: see include/sandbox/image.h. The work is done by the helper program sbx-image, whose
 * progress and answer come through pipes that are read on the calling thread.
 */
#include <stdlib.h>
#include <string.h>

#include "client/helper.h"
#include "client/private.h"

enum {
    URL_BYTES = 2048,
    ARGS = 10,
};

struct sbx_image_build_options {
    char *mirror;
    int deno;
    int force;
};

struct sbx_image_list {
    JsonArray *items; /* of objects */
};

/* One call of the helper. */
typedef struct {
    sbx_progress_func progress;
    void *data;
    int permille;
} Call;

/* "PERMILLE\tSTAGE\ttext" */
static int take_line(void *data, char *line)
{
    Call *call = data;
    char *stage = strchr(line, '\t');
    char *text = stage != NULL ? strchr(stage + 1, '\t') : NULL;
    long permille;

    if (text == NULL || call->progress == NULL)
        return 0;
    *stage++ = '\0';
    *text++ = '\0';
    permille = strtol(line, NULL, 10);
    call->permille = (int)CLAMP(permille, call->permille, 1000);
    return call->progress(call->data, call->permille, stage, text);
}

static int judge(const SbxHelper *helper, JsonObject **out, sbx_error **error)
{
    g_autoptr(JsonObject) answer =
        sbx_json_parse(helper->answer->str, helper->answer->len, NULL);
    JsonObject *failure = sbx_json_get_object(answer, "error");

    if (helper->cancelled)
        return sbx_fail(error, SBX_E_CANCELLED, 0, helper->operation, NULL,
                        "the progress callback cancelled the call");
    if (failure != NULL)
        return sbx_fail_fault(error, helper->operation, sbx_fault_from_json(failure));
    if (answer == NULL)
        return sbx_fail(error, SBX_E_SYSTEM, 0, helper->operation,
                        "see whether the system log tells that it was killed, then try again",
                        "the helper program sbx-image ended without an answer");
    *out = g_steal_pointer(&answer);
    return SBX_OK;
}

/* Runs sbx-image with @args (NULL-terminated, at most ARGS - 4). */
static int run(const char *const *args, sbx_progress_func progress, void *data,
               const char *operation, JsonObject **out, sbx_error **error)
{
    Call call = {.progress = progress, .data = data};
    g_auto(SbxHelper) helper = {.operation = operation, .line = take_line, .data = &call};
    char *program = sbx_find_helper("sbx-image", operation, error);
    const char *argv[ARGS + 1] = {program, "--progress-fd", G_STRINGIFY(SBX_HELPER_LINE_FD)};
    int code;

    if (program == NULL)
        return SBX_E_UNAVAILABLE;
    for (int i = 0; args[i] != NULL && i < ARGS - 3; i++)
        argv[i + 3] = args[i];
    code = sbx_helper_run(&helper, argv, error);
    free(program);
    return code < 0 ? code : judge(&helper, out, error);
}

/* A name goes into the arguments, so it must not look like an option. */
static int check_name(const char *image, const char *operation, sbx_error **error)
{
    if (image != NULL && image[0] != '-' && image[0] != '\0')
        return SBX_OK;
    return sbx_fail(error, SBX_E_INVALID, 0, operation,
                    "image names look like \"" SBX_IMAGE_DEFAULT "\"",
                    "\"%s\" is not the name of an image", image != NULL ? image : "NULL");
}

sbx_image_build_options *sbx_image_build_options_new(void)
{
    sbx_image_build_options *options = calloc(1, sizeof *options);

    if (options != NULL)
        options->deno = 1;
    return options;
}

void sbx_image_build_options_free(sbx_image_build_options *options)
{
    if (options == NULL)
        return;
    free(options->mirror);
    free(options);
}

sbx_image_build_options *sbx_image_build_options_copy(const sbx_image_build_options *options)
{
    sbx_image_build_options *copy = malloc(sizeof *copy);

    if (copy == NULL)
        return NULL;
    *copy = *options;
    copy->mirror = options->mirror != NULL ? strdup(options->mirror) : NULL;
    if (options->mirror != NULL && copy->mirror == NULL) {
        free(copy);
        return NULL;
    }
    return copy;
}

int sbx_image_build_options_set_mirror(sbx_image_build_options *options, const char *url,
                                       sbx_error **error)
{
    char *copy = NULL;

    if (options == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "options is NULL");
    if (url != NULL && (strstr(url, ":/") == NULL || strlen(url) > URL_BYTES || url[0] == '-'))
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, "give an http:, https: or file: URL",
                        "the mirror is not a usable URL");
    if (url != NULL) {
        copy = strdup(url);
        if (copy == NULL)
            return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, __func__, NULL, "out of memory");
    }
    free(options->mirror);
    options->mirror = copy;
    return SBX_OK;
}

void sbx_image_build_options_set_deno(sbx_image_build_options *options, int wanted)
{
    if (options != NULL)
        options->deno = wanted != 0;
}

void sbx_image_build_options_set_force(sbx_image_build_options *options, int force)
{
    if (options != NULL)
        options->force = force != 0;
}

static int take_built(JsonObject *answer, char **version, const char *operation,
                      sbx_error **error)
{
    const char *text = sbx_json_get_string(answer, "version");
    char *copy;

    if (text == NULL)
        return sbx_fail(error, SBX_E_PROTOCOL, 0, operation, NULL,
                        "the helper program sbx-image gave no version");
    if (version != NULL) {
        copy = strdup(text);
        if (copy == NULL)
            return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, operation, NULL, "out of memory");
        *version = copy;
    }
    return sbx_json_get_boolean(answer, "built", FALSE) ? 1 : 0;
}

int sbx_image_build(const char *image, const sbx_image_build_options *options,
                    sbx_progress_func progress, void *data, char **version, sbx_error **error)
{
    const char *name = image != NULL ? image : SBX_IMAGE_DEFAULT;
    const char *args[ARGS] = {"build", name};
    g_autoptr(JsonObject) answer = NULL;
    int n = 2;
    int code = check_name(name, __func__, error);

    if (code < 0)
        return code;
    if (options != NULL && options->mirror != NULL) {
        args[n++] = "--mirror";
        args[n++] = options->mirror;
    }
    if (options != NULL && !options->deno)
        args[n++] = "--no-deno";
    if (options != NULL && options->force)
        args[n++] = "--force";
    code = run(args, progress, data, __func__, &answer, error);
    return code < 0 ? code : take_built(answer, version, __func__, error);
}

int sbx_image_remove(const char *image, sbx_error **error)
{
    const char *args[] = {"remove", image, NULL};
    g_autoptr(JsonObject) answer = NULL;
    int code = check_name(image, __func__, error);

    /* Spares of it are nobody's yet. Without a keeper there are none; of any other failure the tool
     * tells, because then the image is in use. */
    if (code == SBX_OK)
        sbx_pool_drain(image, NULL, NULL);
    if (code == SBX_OK)
        code = run(args, NULL, NULL, __func__, &answer, error);
    return code < 0 ? code : (int)sbx_json_get_int(answer, "removed", 0);
}

int sbx_image_verify(const char *image, sbx_progress_func progress, void *data, sbx_error **error)
{
    const char *args[] = {"verify", image, NULL};
    g_autoptr(JsonObject) answer = NULL;
    int code = check_name(image, __func__, error);

    if (code == SBX_OK)
        code = run(args, progress, data, __func__, &answer, error);
    return code;
}

int sbx_image_list_get(sbx_image_list **out, sbx_error **error)
{
    const char *const args[] = {"list", NULL};
    g_autoptr(JsonObject) answer = NULL;
    sbx_image_list *list;
    JsonArray *items;
    int code;

    if (out == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "out is NULL");
    code = run(args, NULL, NULL, __func__, &answer, error);
    if (code < 0)
        return code;
    list = malloc(sizeof *list);
    if (list == NULL)
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, __func__, NULL, "out of memory");
    items = sbx_json_get_array(answer, "images");
    list->items = items != NULL ? json_array_ref(items) : json_array_new();
    *out = list;
    return SBX_OK;
}

void sbx_image_list_free(sbx_image_list *list)
{
    if (list == NULL)
        return;
    json_array_unref(list->items);
    free(list);
}

size_t sbx_image_list_length(const sbx_image_list *list)
{
    return list != NULL ? json_array_get_length(list->items) : 0;
}

static JsonObject *item(const sbx_image_list *list, size_t index)
{
    JsonNode *node;

    if (index >= sbx_image_list_length(list))
        return NULL;
    node = json_array_get_element(list->items, (guint)index);
    return JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

const char *sbx_image_list_name(const sbx_image_list *list, size_t index)
{
    return sbx_json_get_string(item(list, index), "name");
}

const char *sbx_image_list_version(const sbx_image_list *list, size_t index)
{
    return sbx_json_get_string(item(list, index), "version");
}

int64_t sbx_image_list_created(const sbx_image_list *list, size_t index)
{
    return sbx_json_get_int(item(list, index), "created_ms", 0);
}

uint64_t sbx_image_list_size(const sbx_image_list *list, size_t index)
{
    return (uint64_t)sbx_json_get_int(item(list, index), "size", 0);
}

/* A damaged version has none: its manifest cannot be read. */
const char *sbx_image_list_kernel(const sbx_image_list *list, size_t index)
{
    JsonObject *object = item(list, index);
    const char *kernel = sbx_json_get_string(object, "kernel");

    return kernel == NULL && object != NULL ? "" : kernel;
}

const char *sbx_image_list_path(const sbx_image_list *list, size_t index)
{
    return sbx_json_get_string(item(list, index), "path");
}

int sbx_image_list_in_use(const sbx_image_list *list, size_t index)
{
    JsonObject *object = item(list, index);

    return object == NULL ? -1 : sbx_json_get_boolean(object, "in_use", FALSE) ? 1 : 0;
}
