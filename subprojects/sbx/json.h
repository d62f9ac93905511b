/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Machine-readable output (--json): one line of JSON per document. */
#ifndef SBX_JSON_H
#define SBX_JSON_H

#include <json-glib/json-glib.h>
#include <stdio.h>

/* A string value; bytes that are not UTF-8 are replaced, NULL becomes null. */
void json_add_text(JsonBuilder *builder, const char *name, const char *text);
void json_add_int(JsonBuilder *builder, const char *name, gint64 value);
void json_add_bool(JsonBuilder *builder, const char *name, gboolean value);

/* Prints a finished document and a newline. */
void json_print(FILE *stream, JsonBuilder *builder);
void json_print_node(FILE *stream, JsonNode *node);

#endif
