/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See copy-operand.h. */
#include "copy-operand.h"

#include <string.h>

void copy_operand_parse(struct copy_operand *operand, const char *text)
{
    size_t length = strcspn(text, ":/");

    *operand = (struct copy_operand){.archive = strcmp(text, "-") == 0};
    if (length > 0 && text[length] == ':') {
        operand->id = g_strndup(text, length);
        text += length + 1;
    }
    operand->path = g_strdup(operand->id && !*text ? "." : text);
}

void copy_operand_clear(struct copy_operand *operand)
{
    g_free(operand->id);
    g_free(operand->path);
}

bool copy_operand_is_pattern(const struct copy_operand *operand)
{
    return operand->id && strpbrk(operand->path, "*?[") != NULL;
}

void copy_operand_split(const struct copy_operand *operand, char **directory, char **name)
{
    g_autofree char *path = g_strdup(operand->path);
    size_t length = strlen(path);
    char *slash;

    while (length > 1 && path[length - 1] == '/')
        path[--length] = '\0';
    slash = strrchr(path, '/');
    *name = g_strdup(slash ? slash + 1 : path);
    if (**name == '\0' || strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0) {
        *directory = g_steal_pointer(&path);
        g_clear_pointer(name, g_free);
        return;
    }
    *directory = slash == NULL ? g_strdup(".") : g_strndup(path, (gsize)MAX(slash - path, 1));
}
