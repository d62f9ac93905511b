/* glob.c: patterns of paths.
 *
 * Braces are alternatives, and are written out when a pattern is taken apart. "**" is any number of
 * directories; every other component is fnmatch()'s, which takes hidden files for ordinary ones. */
#include "operations.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ALTERNATIVES = 256, MAX_NAME = 255 };

struct alternative {
    bool absolute;
    size_t count;
    char **components; /* into text */
    char *text;
};

struct glob {
    int flags;
    size_t count;
    struct alternative alternatives[MAX_ALTERNATIVES];
};

static bool add_alternative(struct glob *glob, const char *pattern)
{
    struct alternative *alternative = &glob->alternatives[glob->count];
    char *rest, *component;

    alternative->absolute = pattern[0] == '/';
    alternative->text = strdup(pattern);
    alternative->components = calloc(strlen(pattern) / 2 + 1, sizeof *alternative->components);
    glob->count++;
    if (alternative->text == NULL || alternative->components == NULL)
        return false;
    for (rest = alternative->text; (component = strsep(&rest, "/")) != NULL;) {
        size_t n = alternative->count;
        bool any = strcmp(component, "**") == 0;
        if (component[0] == 0 || strcmp(component, ".") == 0 ||
            (any && n > 0 && strcmp(alternative->components[n - 1], "**") == 0))
            continue;
        alternative->components[alternative->count++] = component;
    }
    return true;
}

/* Looks from @at, behind a '{', for its '}'; marks the first ',' on the way. */
static const char *closing_brace(const char *at, bool *comma)
{
    int depth = 1;

    for (*comma = false; *at != 0; at++) {
        if (*at == '\\' && at[1] != 0)
            at++;
        else if (*at == '{')
            depth++;
        else if (*at == '}' && --depth == 0)
            return at;
        else if (*at == ',' && depth == 1)
            *comma = true;
    }
    return NULL;
}

/* The end of one alternative between braces. */
static const char *part_end(const char *at, const char *close)
{
    int depth = 0;

    for (; at < close; at++) {
        if (*at == '\\' && at + 1 < close)
            at++;
        else if (*at == '{')
            depth++;
        else if (*at == '}')
            depth--;
        else if (*at == ',' && depth == 0)
            return at;
    }
    return close;
}

static bool expand(struct glob *glob, const char *pattern)
{
    char whole[SBX_FILES_MAX_GLOB + 1];
    bool comma = false;
    const char *open = pattern, *close = NULL;

    for (; *open != 0; open++) {
        if (*open == '\\' && open[1] != 0)
            open++;
        else if (*open == '{' && (close = closing_brace(open + 1, &comma)) != NULL && comma)
            break;
    }
    if (glob->count >= MAX_ALTERNATIVES) {
        errno = E2BIG;
        return false;
    }
    if (*open == 0)
        return add_alternative(glob, pattern);
    for (const char *part = open + 1, *end;; part = end + 1) {
        end = part_end(part, close);
        int n = snprintf(whole, sizeof whole, "%.*s%.*s%s", (int)(open - pattern), pattern,
                         (int)(end - part), part, close + 1);
        if (n >= (int)sizeof whole || !expand(glob, whole))
            return false;
        if (end == close)
            return true;
    }
}

struct glob *glob_new(const char *pattern, bool ignore_case)
{
    struct glob *glob = calloc(1, sizeof *glob);

    if (glob == NULL)
        return NULL;
    glob->flags = FNM_EXTMATCH | (ignore_case ? FNM_CASEFOLD : 0);
    errno = ENOMEM;
    if (expand(glob, pattern)) {
        bool same = true;
        for (size_t i = 1; i < glob->count; i++)
            same = same && glob->alternatives[i].absolute == glob->alternatives[0].absolute;
        if (same)
            return glob;
        errno = EINVAL;
    }
    int error = errno;
    glob_free(glob);
    errno = error;
    return NULL;
}

void glob_free(struct glob *glob)
{
    if (glob == NULL)
        return;
    for (size_t i = 0; i < glob->count; i++) {
        free(glob->alternatives[i].components);
        free(glob->alternatives[i].text);
    }
    free(glob);
}

static bool is_literal(const char *component)
{
    return strpbrk(component, "*?[\\(") == NULL;
}

/* Whether all alternatives begin with these components, and go on. */
static bool shared(const struct glob *glob, size_t nth)
{
    const char *wanted = NULL;

    for (size_t i = 0; i < glob->count; i++) {
        const struct alternative *alternative = &glob->alternatives[i];
        if (nth + 1 >= alternative->count)
            return false;
        const char *component = alternative->components[nth];
        if (!is_literal(component) || (wanted != NULL && strcmp(component, wanted) != 0))
            return false;
        wanted = component;
    }
    return true;
}

void glob_root(const struct glob *glob, char *root, size_t size)
{
    size_t length = (size_t)snprintf(root, size, "%s", glob->alternatives[0].absolute ? "/" : "");

    /* Nothing is literal to who ignores case. */
    if ((glob->flags & FNM_CASEFOLD) != 0)
        return;
    for (size_t i = 0; shared(glob, i) && length < size; i++)
        length += (size_t)snprintf(root + length, size - length, "%s%s", i > 0 ? "/" : "",
                                   glob->alternatives[0].components[i]);
}

/* The next component of a path, copied; false when none is left, or it is too long for a name. */
static bool next_component(const char **path, char name[MAX_NAME + 1])
{
    size_t length = strcspn(*path, "/");

    if (length == 0 || length > MAX_NAME)
        return false;
    memcpy(name, *path, length);
    name[length] = 0;
    *path += length;
    *path += strspn(*path, "/");
    return true;
}

/* @below: whether a path that begins like this one could. */
static bool match(const struct alternative *alternative, size_t nth, const char *path, int flags,
                  bool below)
{
    char name[MAX_NAME + 1];

    for (; nth < alternative->count; nth++) {
        const char *component = alternative->components[nth];
        bool any = strcmp(component, "**") == 0;

        if (*path == 0 && below)
            return true;
        if (*path == 0 && !any)
            return false;
        if (any && match(alternative, nth + 1, path, flags, below))
            return true;
        if (any && *path == 0)
            continue;
        if (!next_component(&path, name))
            return false;
        if (any)
            nth--;
        else if (fnmatch(component, name, flags) != 0)
            return false;
    }
    return *path == 0 && !below;
}

static bool match_any(const struct glob *glob, const char *path, bool below)
{
    path += strspn(path, "/");
    for (size_t i = 0; i < glob->count; i++)
        if (match(&glob->alternatives[i], 0, path, glob->flags, below))
            return true;
    return false;
}

bool glob_matches(const struct glob *glob, const char *path)
{
    return match_any(glob, path, false);
}

bool glob_may_match_below(const struct glob *glob, const char *path)
{
    return match_any(glob, path, true);
}
