/* environment.c: base entries from the user, then setup's defaults, then the command's own. */
#include "environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

enum { BASE_ENTRIES = 9, BASE_SIZE = 8192 };

static char **defaults;
static size_t default_count;

bool environment_set_defaults(const char *const *entries, size_t count)
{
    char **copy = calloc(count + 1, sizeof *copy);
    if (copy == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        copy[i] = strdup(entries[i]);
        if (copy[i] == NULL) {
            while (i > 0)
                free(copy[--i]);
            free(copy);
            return false;
        }
    }
    for (size_t i = 0; i < default_count; i++)
        free(defaults[i]);
    free(defaults);
    defaults = copy;
    default_count = count;
    return true;
}

struct builder {
    char **list;
    size_t count;
    char *text; /* room for the base entries, behind the list */
    size_t left;
};

static void add(struct builder *builder, const char *entry)
{
    size_t name = strcspn(entry, "=") + 1;

    for (size_t i = 0; i < builder->count; i++) {
        if (strncmp(builder->list[i], entry, name) == 0) {
            builder->list[i] = (char *)entry;
            return;
        }
    }
    builder->list[builder->count++] = (char *)entry;
}

static void add_base(struct builder *builder, const char *name, const char *value,
                     const char *suffix)
{
    int n = snprintf(builder->text, builder->left, "%s=%s%s", name, value, suffix);
    if (n < 0 || (size_t)n >= builder->left)
        return;
    add(builder, builder->text);
    builder->text += n + 1;
    builder->left -= (size_t)n + 1;
}

char **environment_build(const struct sbx_command *command, const struct user *user,
                         const char *cwd)
{
    size_t max = BASE_ENTRIES + default_count + command->env_count + 1;
    char *memory = malloc(max * sizeof(char *) + BASE_SIZE);
    if (memory == NULL)
        return NULL;
    struct builder builder = {.list = (char **)(void *)memory,
                              .text = memory + max * sizeof(char *),
                              .left = BASE_SIZE};

    if ((command->flags & SBX_COMMAND_CLEAR_ENV) == 0) {
        add_base(&builder, "PATH", DEFAULT_PATH, "");
        add_base(&builder, "HOME", user->home, "");
        add_base(&builder, "USER", user->name, "");
        add_base(&builder, "LOGNAME", user->name, "");
        add_base(&builder, "SHELL", user->shell, "");
        add_base(&builder, "LANG", "C.UTF-8", "");
        if (cwd[0] == '/')
            add_base(&builder, "PWD", cwd, "");
        if (command->rows > 0)
            add_base(&builder, "TERM", "xterm-256color", "");
        if (command->script != NULL)
            add_base(&builder, "BASH_ENV", user->home, "/.bashrc");
        for (size_t i = 0; i < default_count; i++)
            add(&builder, defaults[i]);
    }
    for (size_t i = 0; i < command->env_count; i++)
        add(&builder, command->env[i]);
    builder.list[builder.count] = NULL;
    return builder.list;
}

const char *environment_get(char *const *environment, const char *name)
{
    size_t length = strlen(name);
    for (; *environment != NULL; environment++)
        if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
            return *environment + length + 1;
    return NULL;
}
