/*
 * QEMU's log files below the embedded driver's root.
 *
 * QEMU writes its stderr there itself, and a guest may be able to make it talk. So the directory
 * is watched and a file that outgrows its bound is cut to nothing: libvirt opens it for
 * appending, so QEMU goes on at the start. The keeper bounds the file system besides.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "virt/libvirt-private.h"

enum {
    LOG_BOUND = 256 * 1024,
    TAIL_BYTES = 4096,
    TAIL_LINES = 8,
};

static char *log_directory(SbxLibvirt *driver)
{
    return g_build_filename(driver->root, "log", "qemu", NULL);
}

static char *log_path(SbxLibvirt *driver, const char *domain)
{
    g_autofree char *file = g_strconcat(domain, ".log", NULL);

    return g_build_filename(driver->root, "log", "qemu", file, NULL);
}

static void bound(const char *directory, const char *file)
{
    g_autofree char *path = g_build_filename(directory, file, NULL);
    struct stat status;
    int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return;
    if (fstat(fd, &status) == 0 && status.st_size > LOG_BOUND && ftruncate(fd, 0) < 0)
        g_warning("cannot cut %s: %s", path, g_strerror(errno));
    close(fd);
}

static void on_log_written(int watch G_GNUC_UNUSED, int fd, int events G_GNUC_UNUSED, void *data)
{
    const char *directory = data;
    char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t got;

    while ((got = read(fd, buffer, sizeof buffer)) > 0) {
        for (char *at = buffer; at < buffer + got;) {
            const struct inotify_event *event = (const struct inotify_event *)at;

            if (event->len > 0)
                bound(directory, event->name);
            at += sizeof *event + event->len;
        }
    }
}

typedef struct {
    int fd;
    char *directory;
} LogWatch;

static void on_watch_event(int watch, int fd, int events, void *data)
{
    on_log_written(watch, fd, events, ((LogWatch *)data)->directory);
}

static void free_watch(void *data)
{
    LogWatch *watch = data;

    close(watch->fd);
    g_free(watch->directory);
    g_free(watch);
}

int sbx_log_watch(SbxLibvirt *driver)
{
    LogWatch *watch;
    int id;

    if (!driver->embedded)
        return -1;
    watch = g_new0(LogWatch, 1);
    watch->directory = log_directory(driver);
    watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch->fd < 0 || inotify_add_watch(watch->fd, watch->directory, IN_MODIFY) < 0) {
        g_warning("cannot watch %s: %s", watch->directory, g_strerror(errno));
        free_watch(watch);
        return -1;
    }
    id = virEventAddHandle(watch->fd, VIR_EVENT_HANDLE_READABLE, on_watch_event, watch, free_watch);
    if (id < 0)
        free_watch(watch);
    return id;
}

/* QEMU's own lines only: libvirt writes the command line into the same file. */
static gboolean is_last_words(const char *line)
{
    return strstr(line, "qemu-system") != NULL && strstr(line, ": ") != NULL &&
           strstr(line, "LC_ALL") == NULL && strstr(line, "terminating on signal") == NULL;
}

char *sbx_log_tail(SbxLibvirt *driver, const char *domain)
{
    if (!driver->embedded)
        return NULL;

    g_autofree char *path = log_path(driver, domain);
    char buffer[TAIL_BYTES + 1];
    struct stat status;
    ssize_t got = -1;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return NULL;
    if (fstat(fd, &status) == 0)
        got = pread(fd, buffer, TAIL_BYTES, MAX(0, status.st_size - TAIL_BYTES));
    close(fd);
    if (got <= 0)
        return NULL;
    buffer[got] = '\0';

    g_autofree char *text = g_utf8_make_valid(buffer, -1);
    g_auto(GStrv) lines = g_strsplit(g_strchomp(text), "\n", -1);
    g_autoptr(GString) tail = g_string_new(NULL);
    guint taken = 0;
    for (guint i = g_strv_length(lines); i > 0 && taken < TAIL_LINES; i--) {
        if (!is_last_words(lines[i - 1]))
            continue;
        if (taken++ > 0)
            g_string_prepend_c(tail, '\n');
        g_string_prepend(tail, lines[i - 1]);
    }
    return taken > 0 ? g_string_free(g_steal_pointer(&tail), FALSE) : NULL;
}

void sbx_log_remove(SbxLibvirt *driver, const char *domain)
{
    if (!driver->embedded)
        return;

    g_autofree char *path = log_path(driver, domain);
    if (unlink(path) < 0 && errno != ENOENT)
        g_warning("cannot remove %s: %s", path, g_strerror(errno));
}
