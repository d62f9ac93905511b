/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See json.h. */
#include "json.h"

void json_add_text(JsonBuilder *builder, const char *name, const char *text)
{
    g_autofree char *valid = text ? g_utf8_make_valid(text, -1) : NULL;

    json_builder_set_member_name(builder, name);
    if (valid)
        json_builder_add_string_value(builder, valid);
    else
        json_builder_add_null_value(builder);
}

void json_add_int(JsonBuilder *builder, const char *name, gint64 value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_int_value(builder, value);
}

void json_add_bool(JsonBuilder *builder, const char *name, gboolean value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_boolean_value(builder, value);
}

/*
 * JSON allows DEL and the C1 controls (U+0080 to U+009F) in strings, terminals act on them. They
 * can be nowhere else in the text, so each is replaced by its escape.
 */
static void print_escaped(FILE *stream, const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == 0x7f)
            fputs("\\u007f", stream);
        else if (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)
            fprintf(stream, "\\u00%02x", *++p);
        else
            putc(*p, stream);
    }
}

void json_print_node(FILE *stream, JsonNode *node)
{
    g_autofree char *text = json_to_string(node, FALSE);

    print_escaped(stream, text);
    putc('\n', stream);
}

void json_print(FILE *stream, JsonBuilder *builder)
{
    JsonNode *root = json_builder_get_root(builder);

    json_print_node(stream, root);
    json_node_unref(root);
}
