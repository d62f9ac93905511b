/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading and writing JSON objects without trusting them: every getter checks the type and answers a
 * default for what is missing or of another type.
 *
 * JSON text is UTF-8, file names and arguments of Linux are bytes. A byte string is written as a JSON
 * string when it is valid UTF-8 without NUL, else as {"base64": "..."}.
 */
#ifndef SBX_WIRE_JSON_H
#define SBX_WIRE_JSON_H

#include <glib.h>
#include <json-glib/json-glib.h>

/* Brackets may nest this deep; json-glib's parser recurses and has no limit of its own. */
#define SBX_JSON_DEPTH_MAX 16

/* Parses one JSON object, and nothing behind it, with no more members than do not take long (a
 * repeated name is compared with all others: 10,000 short ones are too many, in arrays there may be
 * any number); NULL with *error (SBX_FAULT, SBX_E_PROTOCOL) set. */
JsonObject *sbx_json_parse(const char *text, gsize length, GError **error);
/* Text of an object, NUL-terminated. */
char *sbx_json_print(JsonObject *object, gsize *length);

gint64 sbx_json_get_int(JsonObject *object, const char *name, gint64 fallback);
gboolean sbx_json_get_boolean(JsonObject *object, const char *name, gboolean fallback);
const char *sbx_json_get_string(JsonObject *object, const char *name);
JsonObject *sbx_json_get_object(JsonObject *object, const char *name);
JsonArray *sbx_json_get_array(JsonObject *object, const char *name);

/* A string for people: what is not UTF-8 is replaced. */
void sbx_json_set_text(JsonObject *object, const char *name, const char *text);

JsonNode *sbx_json_bytes_node(const char *bytes);
/* The bytes of such a node, NUL-terminated; NULL when it is of another type or holds a NUL. */
char *sbx_json_node_bytes(JsonNode *node);
/* The same for a member; NULL when it is missing. */
char *sbx_json_get_bytes(JsonObject *object, const char *name);
/* An array of such nodes as a NULL-terminated vector; NULL when one is of another type. A missing
 * member is an empty vector. */
char **sbx_json_get_bytes_array(JsonObject *object, const char *name);

#endif
