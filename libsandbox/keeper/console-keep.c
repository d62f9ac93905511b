/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Console: what clients may see of it, also of the last few sandboxes that died by themselves. */
#include <sandbox/error.h>

#include "keeper/sandbox.h"
#include "wire/json.h"

#define KEPT 16

typedef struct {
    char id[SBX_ID_LENGTH + 1];
    GBytes *bytes;
} Kept;

static void kept_free(gpointer data)
{
    Kept *kept = data;

    g_bytes_unref(kept->bytes);
    g_free(kept);
}

void sbx_console_keep(SbxSandbox *sandbox)
{
    GQueue *queue = &sandbox->keeper->ended_consoles;
    Kept *kept;

    if (!sandbox->has_died || !sandbox->purpose->is_client || sandbox->console == NULL)
        return;
    sbx_console_drain(sandbox->console);
    kept = g_new0(Kept, 1);
    g_strlcpy(kept->id, sandbox->id, sizeof kept->id);
    kept->bytes = sbx_console_bytes(sandbox->console);
    g_queue_push_tail(queue, kept);
    if (g_queue_get_length(queue) > KEPT)
        kept_free(g_queue_pop_head(queue));
}

void sbx_console_forget_all(SbxKeeper *keeper)
{
    g_queue_clear_full(&keeper->ended_consoles, kept_free);
}

static gint has_id(gconstpointer data, gconstpointer id)
{
    return g_strcmp0(((const Kept *)data)->id, id);
}

/* NULL when there is none. */
static GBytes *find(SbxKeeper *keeper, const char *id)
{
    SbxSandbox *sandbox = sbx_sandbox_find(keeper, id);
    GList *kept = g_queue_find_custom(&keeper->ended_consoles, id, has_id);

    if (kept != NULL)
        return g_bytes_ref(((Kept *)kept->data)->bytes);
    if (sandbox == NULL)
        return NULL;
    sbx_console_drain(sandbox->console);
    return sbx_console_bytes(sandbox->console);
}

void sbx_console_method_read(SbxKeeper *keeper, SbxRequest *request)
{
    const char *id = sbx_json_get_string(request->params, "id");
    g_autoptr(GBytes) bytes = id != NULL ? find(keeper, id) : NULL;
    g_autofree char *text = NULL;
    JsonObject *result;

    if (bytes == NULL) {
        sbx_request_fail(request, sbx_keeper_no_sandbox(keeper, id));
        return;
    }
    text = g_base64_encode(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    result = json_object_new();
    json_object_set_string_member(result, "data", text);
    sbx_request_reply(request, result, NULL, 0);
}
