/* watch.c: what happens to files, as inotify tells it.
 *
 * inotify watches directories one by one. Of a tree each directory is watched, one that appears as
 * soon as it is heard of; what was made in it before that is told as if it were made then, and may
 * be told twice. One that cannot be watched is told as events that were lost. */
#include "operations.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum {
    MASK = IN_CREATE | IN_DELETE | IN_MODIFY | IN_ATTRIB | IN_MOVED_FROM | IN_MOVED_TO |
           IN_DELETE_SELF | IN_MOVE_SELF,
    BUFFER = 64 << 10,
    READ_SIZE = 4 << 10,
    /* The two halves of a renaming follow each other at once; a missing one never comes. */
    PARTNER_MS = 20,
};

struct watch {
    int fd;
    int root;
    bool recursive;
    bool incomplete; /* something in the tree is not watched, and that has not been told */
    struct batch batch;
    char **paths; /* by watch descriptor; NULL: none */
    int count;
};

static int remember(struct watch *watch, int wd, const char *path)
{
    if (wd >= watch->count) {
        int count = wd * 2 + 16;
        char **paths = reallocarray(watch->paths, (size_t)count, sizeof *paths);
        if (paths == NULL)
            return ENOMEM;
        memset(paths + watch->count, 0, (size_t)(count - watch->count) * sizeof *paths);
        watch->paths = paths;
        watch->count = count;
    }
    free(watch->paths[wd]);
    watch->paths[wd] = strdup(path);
    return watch->paths[wd] != NULL ? 0 : ENOMEM;
}

static int tell(struct watch *watch, uint8_t kind, const char *path, const char *to)
{
    struct sbx_files_event event = {kind, path, to};
    return batch_event(&watch->batch, &event);
}

static void join(char *to, size_t size, const char *directory, const char *name)
{
    size_t length = strlen(directory);
    const char *slash = length > 0 && directory[length - 1] != '/' && name[0] != 0 ? "/" : "";

    snprintf(to, size, "%s%s%s", directory, slash, name);
}

static int tell_lost(struct watch *watch)
{
    watch->incomplete = false;
    return tell(watch, SBX_FILES_EVENT_OVERFLOW, "", NULL);
}

static int add_tree(struct watch *watch, const char *path, bool is_new);

/* What has gone away meanwhile, or is not this user's to see, is not missed. */
static void leave_out(struct watch *watch, int error)
{
    if (error != ENOENT && error != ENOTDIR && error != EACCES && error != EPERM && error != ELOOP)
        watch->incomplete = true;
}

/* The directories below one; with @is_new, everything in it is told. */
static int add_below(struct watch *watch, const char *path, int fd, bool is_new)
{
    size_t size = strlen(path) + 258;
    char *below = malloc(size);
    struct reader reader;
    const char *name;
    uint8_t kind;
    int error = reader_open(&reader, fd, READ_SIZE);
    int more = 0;

    if (error != 0) {
        free(below);
        return error;
    }
    if (below == NULL)
        error = ENOMEM;
    while (error == 0 && (more = reader_next(&reader, &name, &kind)) > 0) {
        join(below, size, path, name);
        if (is_new)
            error = tell(watch, SBX_FILES_EVENT_CREATE, below, NULL);
        if (error == 0 && kind == SBX_FILES_KIND_DIRECTORY)
            error = add_tree(watch, below, is_new);
    }
    if (error == 0 && more < 0)
        leave_out(watch, errno);
    reader_close(&reader);
    free(below);
    return error;
}

static int open_below(struct watch *watch, const char *path, int flags, bool is_new)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);

    if (fd >= 0)
        return add_below(watch, path, fd, is_new);
    leave_out(watch, errno);
    return 0;
}

static int add_tree(struct watch *watch, const char *path, bool is_new)
{
    int wd = inotify_add_watch(watch->fd, path, MASK | IN_ONLYDIR | IN_DONT_FOLLOW);
    int error = wd < 0 ? errno : remember(watch, wd, path);

    if (wd < 0 && error != ENOSPC && error != ENOMEM) {
        leave_out(watch, error);
        return 0;
    }
    return error != 0 ? error : open_below(watch, path, O_NOFOLLOW, is_new);
}

static int add_root(struct watch *watch, const char *path)
{
    watch->root = inotify_add_watch(watch->fd, path, MASK);
    int error = watch->root < 0 ? errno : remember(watch, watch->root, path);

    return error != 0 || !watch->recursive ? error : open_below(watch, path, 0, false);
}

static bool is_below(const char *path, const char *directory)
{
    size_t length = strlen(directory);
    return strncmp(path, directory, length) == 0 && (path[length] == 0 || path[length] == '/');
}

/* A directory has another name: so have those below it. @to NULL: it is out of sight. */
static int move_paths(struct watch *watch, const char *from, const char *to)
{
    char path[2 * SBX_FILES_MAX_PATH + 2];
    int error = 0;

    for (int wd = 0; wd < watch->count && error == 0; wd++) {
        if (watch->paths[wd] == NULL || wd == watch->root || !is_below(watch->paths[wd], from))
            continue;
        if (to == NULL) {
            inotify_rm_watch(watch->fd, wd);
            continue;
        }
        snprintf(path, sizeof path, "%s%s", to, watch->paths[wd] + strlen(from));
        error = remember(watch, wd, path);
    }
    return error;
}

static int appeared(struct watch *watch, const char *path, bool directory)
{
    int error = tell(watch, SBX_FILES_EVENT_CREATE, path, NULL);

    return error == 0 && directory && watch->recursive ? add_tree(watch, path, true) : error;
}

static int disappeared(struct watch *watch, const char *path, bool directory)
{
    int error = tell(watch, SBX_FILES_EVENT_REMOVE, path, NULL);

    return error == 0 && directory && watch->recursive ? move_paths(watch, path, NULL) : error;
}

static int renamed(struct watch *watch, const char *from, const char *to, bool directory)
{
    int error = tell(watch, SBX_FILES_EVENT_RENAME, from, to);

    return error == 0 && directory && watch->recursive ? move_paths(watch, from, to) : error;
}

/* The watched thing itself: others than the root are told of by the directory they are in. */
static int about_itself(struct watch *watch, const struct inotify_event *event)
{
    const char *path = watch->paths[event->wd];

    if ((event->mask & IN_IGNORED) != 0) {
        free(watch->paths[event->wd]);
        watch->paths[event->wd] = NULL;
        return 0;
    }
    if (event->wd != watch->root)
        return 0;
    if ((event->mask & (IN_DELETE_SELF | IN_MOVE_SELF)) != 0)
        return tell(watch, SBX_FILES_EVENT_REMOVE, path, NULL);
    if ((event->mask & IN_MODIFY) != 0)
        return tell(watch, SBX_FILES_EVENT_MODIFY, path, NULL);
    return (event->mask & IN_ATTRIB) != 0 ? tell(watch, SBX_FILES_EVENT_ATTRIBUTES, path, NULL) : 0;
}

static const char *path_of(const struct watch *watch, const struct inotify_event *event)
{
    return event->wd >= 0 && event->wd < watch->count ? watch->paths[event->wd] : NULL;
}

/* @partner: the event behind it, or NULL. *used: it was the other half. */
static int handle(struct watch *watch, const struct inotify_event *event,
                  const struct inotify_event *partner, bool *used)
{
    static char path[2 * SBX_FILES_MAX_PATH], to[2 * SBX_FILES_MAX_PATH];
    bool directory = (event->mask & IN_ISDIR) != 0;

    if ((event->mask & IN_Q_OVERFLOW) != 0)
        return tell_lost(watch);
    if (path_of(watch, event) == NULL)
        return 0;
    if (event->len == 0)
        return about_itself(watch, event);
    join(path, sizeof path, path_of(watch, event), event->name);
    if ((event->mask & IN_MOVED_FROM) != 0 && partner != NULL &&
        (partner->mask & IN_MOVED_TO) != 0 && partner->cookie == event->cookie &&
        path_of(watch, partner) != NULL) {
        *used = true;
        join(to, sizeof to, path_of(watch, partner), partner->name);
        return renamed(watch, path, to, directory);
    }
    if ((event->mask & (IN_CREATE | IN_MOVED_TO)) != 0)
        return appeared(watch, path, directory);
    if ((event->mask & (IN_DELETE | IN_MOVED_FROM)) != 0)
        return disappeared(watch, path, directory);
    return tell(watch, (event->mask & IN_MODIFY) != 0 ? SBX_FILES_EVENT_MODIFY
                                                      : SBX_FILES_EVENT_ATTRIBUTES, path, NULL);
}

static struct inotify_event *event_at(char *buffer, size_t length, size_t at)
{
    return at < length ? (struct inotify_event *)(void *)(buffer + at) : NULL;
}

static size_t event_size(const struct inotify_event *event)
{
    return sizeof *event + event->len;
}

/* Handles what was read. Returns how much is left: one event, whose other half may be coming. */
static size_t handle_all(struct watch *watch, char *buffer, size_t length, bool wait, int *error)
{
    struct inotify_event *event;
    size_t at = 0;

    while (*error == 0 && (event = event_at(buffer, length, at)) != NULL) {
        struct inotify_event *next = event_at(buffer, length, at + event_size(event));
        bool used = false;

        if (next == NULL && wait && (event->mask & IN_MOVED_FROM) != 0)
            break;
        *error = handle(watch, event, next, &used);
        /* Too many directories for the kernel's limit: some events will be missing. */
        if (*error == ENOSPC || (*error == 0 && watch->incomplete))
            *error = tell_lost(watch);
        at += event_size(event) + (used ? event_size(next) : 0);
    }
    memmove(buffer, buffer + at, length - at);
    return length - at;
}

static int run(struct watch *watch)
{
    static char buffer[2 * BUFFER] __attribute__((aligned(8)));
    struct pollfd ready = {.fd = watch->fd, .events = POLLIN};
    size_t left = 0;
    int error = 0;

    while (error == 0) {
        bool more = left == 0 || poll(&ready, 1, PARTNER_MS) > 0;
        ssize_t n = more ? read(watch->fd, buffer + left, BUFFER) : 0;
        if (n < 0 && errno != EINTR)
            return errno;
        left = handle_all(watch, buffer, left + (n > 0 ? (size_t)n : 0), more, &error);
        batch_flush(&watch->batch);
    }
    return error;
}

/* Never comes back with success: the host closes when it has seen enough. */
int op_watch(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    struct watch watch = {.recursive = (request->flags & SBX_FILES_RECURSIVE) != 0};
    struct sbx_tlv_writer writer;

    watch.fd = inotify_init1(IN_CLOEXEC);
    if (watch.fd < 0)
        return errno;
    batch_begin(&watch.batch, SBX_FILES_EVENTS);
    int error = add_root(&watch, request->path);
    if (error == 0) {
        sbx_tlv_writer_init(&writer, SBX_FILES_MAX_FRAME);
        sbx_files_reply_encode(&writer, reply);
        files_send(SBX_FILES_REPLY, writer.data, writer.length);
        sbx_tlv_writer_clear(&writer);
        if (watch.incomplete)
            error = tell_lost(&watch);
        batch_flush(&watch.batch);
        if (error == 0)
            error = run(&watch);
    }
    batch_end(&watch.batch);
    for (int i = 0; i < watch.count; i++)
        free(watch.paths[i]);
    free(watch.paths);
    close(watch.fd);
    return error;
}
