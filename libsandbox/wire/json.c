/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading and writing JSON objects without trusting them: see json.h. */
#include "wire/json.h"

#include <string.h>

#include <sandbox/error.h>

#include "wire/fault.h"

/* True when brackets outside strings nest no deeper than the limit, as far as JSON proper goes. */
static gboolean depth_ok(const char *text, gsize length)
{
    int depth = 0;
    gboolean in_string = FALSE;

    for (gsize i = 0; i < length; i++) {
        char c = text[i];

        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = FALSE;
        } else if (c == '"') {
            in_string = TRUE;
        } else if (c == '\'' || c == '/' || c == '#') {
            /* json-glib also reads comments and other strings, in which brackets would not count. */
            return FALSE;
        } else if (c == '[' || c == '{') {
            if (++depth > SBX_JSON_DEPTH_MAX)
                return FALSE;
        } else if (c == ']' || c == '}') {
            depth--;
        }
    }
    return TRUE;
}

JsonObject *sbx_json_parse(const char *text, gsize length, GError **error)
{
    g_autoptr(JsonParser) parser = NULL;
    g_autoptr(GError) reason = NULL;
    JsonNode *root;

    if (length > G_MAXSSIZE || memchr(text, 0, length) != NULL ||
        !g_utf8_validate(text, (gssize)length, NULL) || !depth_ok(text, length)) {
        sbx_fault_set(error, SBX_E_PROTOCOL, 0, NULL, "the peer sent a message that is not JSON");
        return NULL;
    }
    parser = json_parser_new_immutable();
    if (!json_parser_load_from_data(parser, text, (gssize)length, &reason)) {
        sbx_fault_set(error, SBX_E_PROTOCOL, 0, NULL, "the peer sent a message that is not JSON: %s",
                      reason->message);
        return NULL;
    }
    root = json_parser_get_root(parser);
    if (root == NULL || !JSON_NODE_HOLDS_OBJECT(root)) {
        sbx_fault_set(error, SBX_E_PROTOCOL, 0, NULL, "the peer sent JSON that is not an object");
        return NULL;
    }
    return json_node_dup_object(root);
}

char *sbx_json_print(JsonObject *object, gsize *length)
{
    g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), object);
    g_autoptr(JsonGenerator) generator = json_generator_new();

    json_generator_set_root(generator, node);
    return json_generator_to_data(generator, length);
}

static JsonNode *value_of(JsonObject *object, const char *name, GType type)
{
    JsonNode *node = object != NULL ? json_object_get_member(object, name) : NULL;

    if (node == NULL || !JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != type)
        return NULL;
    return node;
}

gint64 sbx_json_get_int(JsonObject *object, const char *name, gint64 fallback)
{
    JsonNode *node = value_of(object, name, G_TYPE_INT64);

    return node != NULL ? json_node_get_int(node) : fallback;
}

gboolean sbx_json_get_boolean(JsonObject *object, const char *name, gboolean fallback)
{
    JsonNode *node = value_of(object, name, G_TYPE_BOOLEAN);

    return node != NULL ? json_node_get_boolean(node) : fallback;
}

const char *sbx_json_get_string(JsonObject *object, const char *name)
{
    JsonNode *node = value_of(object, name, G_TYPE_STRING);

    return node != NULL ? json_node_get_string(node) : NULL;
}

JsonObject *sbx_json_get_object(JsonObject *object, const char *name)
{
    JsonNode *node = object != NULL ? json_object_get_member(object, name) : NULL;

    return node != NULL && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

JsonArray *sbx_json_get_array(JsonObject *object, const char *name)
{
    JsonNode *node = object != NULL ? json_object_get_member(object, name) : NULL;

    return node != NULL && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

void sbx_json_set_text(JsonObject *object, const char *name, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);

    json_object_set_string_member(object, name, valid);
}

JsonNode *sbx_json_bytes_node(const char *bytes)
{
    JsonNode *node = json_node_alloc();

    if (g_utf8_validate(bytes, -1, NULL)) {
        json_node_init_string(node, bytes);
    } else {
        g_autofree char *encoded = g_base64_encode((const guchar *)bytes, strlen(bytes));
        g_autoptr(JsonObject) object = json_object_new();

        json_object_set_string_member(object, "base64", encoded);
        json_node_init_object(node, object);
    }
    return node;
}

char *sbx_json_node_bytes(JsonNode *node)
{
    const char *encoded;
    g_autofree char *decoded = NULL;
    gsize length = 0;

    if (node == NULL)
        return NULL;
    if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING)
        return json_node_dup_string(node);
    if (!JSON_NODE_HOLDS_OBJECT(node))
        return NULL;
    encoded = sbx_json_get_string(json_node_get_object(node), "base64");
    if (encoded == NULL)
        return NULL;
    decoded = (char *)g_base64_decode(encoded, &length);
    if (memchr(decoded, 0, length) != NULL)
        return NULL;
    return g_strndup(decoded, length);
}

char *sbx_json_get_bytes(JsonObject *object, const char *name)
{
    return sbx_json_node_bytes(object != NULL ? json_object_get_member(object, name) : NULL);
}

char **sbx_json_get_bytes_array(JsonObject *object, const char *name)
{
    JsonArray *array = sbx_json_get_array(object, name);
    guint length = array != NULL ? json_array_get_length(array) : 0;
    g_auto(GStrv) vector = g_new0(char *, (gsize)length + 1);

    for (guint i = 0; i < length; i++) {
        vector[i] = sbx_json_node_bytes(json_array_get_element(array, i));
        if (vector[i] == NULL)
            return NULL;
    }
    return g_steal_pointer(&vector);
}
