/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of images: parsing, and the mapping to directory names.
 *
 * A name is one or two words joined by ':'; a word starts with a lower-case letter or digit and
 * goes on with those, '.', '_' or '-'. So no name contains '/', none starts with '.', and '+' is
 * free to stand for ':' in the file system: the mapping is one to one and cannot leave a directory.
 */
#include "image/name.h"

#include <string.h>

#include "image/failure.h"

enum { VERSION_TIME_LENGTH = 16, VERSION_LENGTH = 25 };

static const char name_hint[] =
    "image names look like \"builtin:debian-13\" or \"builtin:debian-13@VERSION\"";

static gboolean is_word_start(char c)
{
    return g_ascii_islower(c) || g_ascii_isdigit(c);
}

static gboolean is_name(const char *name)
{
    int colons = 0;

    if (!is_word_start(name[0]) || strlen(name) > SBX_IMAGE_NAME_MAX)
        return FALSE;
    for (const char *c = name + 1; *c; c++) {
        if (*c == ':' && (++colons > 1 || !is_word_start(c[1])))
            return FALSE;
        if (!is_word_start(*c) && !strchr(":._-", *c))
            return FALSE;
    }
    return TRUE;
}

gboolean sbx_image_version_is_valid(const char *version)
{
    if (strlen(version) != VERSION_LENGTH)
        return FALSE;
    for (int i = 0; i < VERSION_LENGTH; i++) {
        gboolean fits = i == 8                       ? version[i] == 'T'
                        : i == VERSION_TIME_LENGTH - 1 ? version[i] == 'Z'
                        : i == VERSION_TIME_LENGTH     ? version[i] == '-'
                        : i < VERSION_TIME_LENGTH
                            ? g_ascii_isdigit(version[i])
                            : g_ascii_isxdigit(version[i]) && !g_ascii_isupper(version[i]);

        if (!fits)
            return FALSE;
    }
    return TRUE;
}

/* For messages: at most 64 bytes, printable ASCII. */
static char *quote(const char *text)
{
    g_autofree char *start = g_strndup(text, 64);

    return g_strescape(start, NULL);
}

SbxImageName *sbx_image_parse_name(const char *text, GError **error)
{
    g_autoptr(SbxImageName) parsed = g_new0(SbxImageName, 1);
    const char *at = strchr(text, '@');

    parsed->name = at ? g_strndup(text, (gsize)(at - text)) : g_strdup(text);
    parsed->version = at ? g_strdup(at + 1) : NULL;
    if (!is_name(parsed->name) || (at && !sbx_image_version_is_valid(parsed->version))) {
        g_autofree char *quoted = quote(text);

        sbx_fault_set(error, SBX_E_INVALID, 0, name_hint,
                            "\"%s\" is not the name of an image", quoted);
        return NULL;
    }
    parsed->slug = g_strdelimit(g_strdup(parsed->name), ":", '+');
    return g_steal_pointer(&parsed);
}

void sbx_image_name_free(SbxImageName *name)
{
    if (!name)
        return;
    g_free(name->name);
    g_free(name->version);
    g_free(name->slug);
    g_free(name);
}

char *sbx_image_name_from_slug(const char *slug)
{
    g_autofree char *name = NULL;

    if (strchr(slug, ':'))
        return NULL;
    name = g_strdelimit(g_strdup(slug), "+", ':');
    return is_name(name) ? g_steal_pointer(&name) : NULL;
}
