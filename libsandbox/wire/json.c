/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading and writing JSON objects without trusting them: see json.h. */
#include "wire/json.h"

#include <string.h>

#include <sandbox/error.h>

#include "wire/fault.h"

/*
 * Members of an object times the bytes of their names, of all objects together: how many bytes
 * json-glib compares at most. It takes as long as MEMBER_COST bytes to come to the next name.
 * SBX_ENV_MAX variables with as long names as SBX_ENV_TOTAL_MAX allows are half of it.
 */
#define EFFORT_MAX (G_GUINT64_CONSTANT(1) << 30)
#define MEMBER_COST 16

/* What a scan has seen of an object or array that is open. */
typedef struct {
    gboolean is_object;
    gsize name_start; /* where the next member's name is */
    guint64 members;
    guint64 name_bytes;
} Level;

typedef struct {
    Level levels[SBX_JSON_DEPTH_MAX];
    guint depth;
    guint64 effort; /* of parsing it, see EFFORT_MAX */
} Scan;

static gboolean open_level(Scan *scan, gsize at, gboolean is_object)
{
    if (scan->depth == SBX_JSON_DEPTH_MAX || (scan->depth == 0 && !is_object))
        return FALSE;
    scan->levels[scan->depth++] = (Level){.is_object = is_object, .name_start = at + 1};
    return TRUE;
}

static gboolean close_level(Scan *scan)
{
    const Level *level;

    if (scan->depth == 0)
        return FALSE;
    level = &scan->levels[--scan->depth];
    scan->effort += level->members * level->name_bytes;
    return scan->effort <= EFFORT_MAX;
}

/* One character outside strings. FALSE: no object, or more than we take. */
static gboolean scan_structure(Scan *scan, gsize at, char c)
{
    Level *level = scan->depth > 0 ? &scan->levels[scan->depth - 1] : NULL;

    switch (c) {
    case '{':
    case '[':
        return open_level(scan, at, c == '{');
    case '}':
    case ']':
        return close_level(scan);
    case ',':
        if (level != NULL)
            level->name_start = at + 1;
        break;
    case ':':
        if (level == NULL || !level->is_object)
            return FALSE;
        level->members++;
        level->name_bytes += at - level->name_start + MEMBER_COST;
        return level->members * level->name_bytes <= EFFORT_MAX;
    case '\'':
    case '/':
    case '#':
        /* json-glib also reads comments and other strings, in which brackets would not count. */
        return FALSE;
    default:
        break;
    }
    return scan->depth > 0 || strchr(" \t\r\n", c) != NULL;
}

/* Index of the string's closing quote, or the end of the text. */
static gsize end_of_string(const char *text, gsize length, gsize at)
{
    for (at++; at < length && text[at] != '"'; at++)
        if (text[at] == '\\')
            at++;
    return at;
}

/* Whether this can be one object that is no trap for json-glib: it recurses without a limit,
 * compares a repeated member name with all others, and leaks all but the last of several values. */
static gboolean is_bounded(const char *text, gsize length)
{
    Scan scan = {.depth = 0};
    gboolean begun = FALSE;

    for (gsize i = 0; i < length; i++) {
        gboolean was_open = scan.depth > 0;

        if (text[i] == '"' && was_open) {
            i = end_of_string(text, length, i);
            continue;
        }
        if (!scan_structure(&scan, i, text[i]))
            return FALSE;
        if (!was_open && scan.depth > 0) {
            if (begun)
                return FALSE;
            begun = TRUE;
        }
    }
    return scan.depth == 0;
}

JsonObject *sbx_json_parse(const char *text, gsize length, GError **error)
{
    g_autoptr(JsonParser) parser = NULL;
    g_autoptr(GError) reason = NULL;
    JsonNode *root;

    if (length > G_MAXSSIZE || memchr(text, 0, length) != NULL ||
        !g_utf8_validate(text, (gssize)length, NULL) || !is_bounded(text, length)) {
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
