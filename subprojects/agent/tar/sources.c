/* sources.c: what is to be in an archive, and under which names.
 *
 * As cp has it: a source goes by its last name; "directory/." is what is in the directory; a slash
 * at the end follows a link. With a directory to start from, names are below it and stay whole. */
#include "create.h"
#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || *name == '\0';
}

static bool add_contents(struct tar_creation *creation, int at, const char *path)
{
    return tar_set_path(creation, ".") && tar_add(creation, at, path, true);
}

static int open_parent(struct tar_creation *creation, int at, const char *path)
{
    int fd = openat(at, path, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        tar_fail_errno(creation->failure, errno, "cannot open the directory %s", tar_quote(path));
    return fd;
}

/* Changes the path. whole: it is the name in the archive, too. */
static bool add_path(struct tar_creation *creation, int at, char *path, bool whole)
{
    size_t length = strlen(path);
    bool follow = false;
    char *slash;
    const char *name;
    bool added;
    int parent;

    while (length > 1 && path[length - 1] == '/') {
        path[--length] = '\0';
        follow = true;
    }
    slash = strrchr(path, '/');
    name = slash != NULL ? slash + 1 : path;
    if (is_dots(name))
        return add_contents(creation, at, path);
    if (!tar_set_path(creation, whole ? path : name))
        return false;
    if (slash == NULL)
        return tar_add(creation, at, name, follow);
    *slash = '\0';
    parent = open_parent(creation, at, slash == path ? "/" : path);
    if (parent < 0)
        return false;
    added = tar_add(creation, parent, name, follow);
    close(parent);
    return added;
}

static bool is_below(const char *name)
{
    if (*name == '/')
        return false;
    while (*name != '\0') {
        size_t length = strcspn(name, "/");

        if (length == 2 && memcmp(name, "..", 2) == 0)
            return false;
        name += length + (name[length] == '/');
    }
    return true;
}

static bool add_source(struct tar_creation *creation, int at, const char *source)
{
    bool whole = creation->options->directory != NULL;
    char *copy;
    bool added;

    if (*source == '\0')
        return tar_fail(creation->failure, TAR_INVALID, "a source's name is empty");
    if (whole && !is_below(source))
        return tar_fail(creation->failure, TAR_INVALID, "%s is not a name below %s",
                        tar_quote(source), tar_quote(creation->options->directory));
    if (strlen(source) >= PATH_MAX)
        return tar_fail(creation->failure, TAR_TOO_BIG, "%s is longer than %d bytes",
                        tar_quote(source), PATH_MAX - 1);
    copy = strdup(source);
    if (copy == NULL)
        return tar_fail(creation->failure, TAR_NO_MEMORY, "out of memory");
    added = add_path(creation, at, copy, whole);
    free(copy);
    return added;
}

/* Every path that matches, which must be one at least. */
static bool add_glob(struct tar_creation *creation, const char *pattern)
{
    glob_t found;
    int result = glob(pattern, 0, NULL, &found);
    bool added = true;

    if (result == GLOB_NOMATCH)
        return tar_fail(creation->failure, TAR_NOT_FOUND, "no file matches %s", tar_quote(pattern));
    if (result != 0)
        return tar_fail(creation->failure, result == GLOB_NOSPACE ? TAR_NO_MEMORY : TAR_SYSTEM,
                        "cannot look for what matches %s", tar_quote(pattern));
    for (size_t i = 0; i < found.gl_pathc && added; i++)
        added = add_source(creation, AT_FDCWD, found.gl_pathv[i]);
    globfree(&found);
    return added;
}

bool tar_add_sources(struct tar_creation *creation)
{
    const struct tar_options *options = creation->options;
    bool added = true;
    int at = AT_FDCWD;

    if (options->directory != NULL) {
        at = open_parent(creation, AT_FDCWD, options->directory);
        if (at < 0)
            return false;
    }
    for (size_t i = 0; i < options->source_count && added; i++)
        added = options->glob ? add_glob(creation, options->sources[i])
                              : add_source(creation, at, options->sources[i]);
    if (at >= 0)
        close(at);
    return added;
}
