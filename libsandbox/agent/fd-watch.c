/* fd-watch.c: poll always reports hang-ups, so a watch that is paused takes its fd out. */
#include "agent/fd-watch.h"

struct _SbxFdWatch {
    GSource source;
    int fd;
    gpointer tag;
    GIOCondition condition;
    SbxFdWatchFunc func;
    gpointer data;
};

static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
    SbxFdWatch *watch = (SbxFdWatch *)source;

    (void)callback;
    (void)data;
    watch->func(watch->data);
    return G_SOURCE_CONTINUE;
}

SbxFdWatch *sbx_fd_watch_new(GMainContext *context, int fd, SbxFdWatchFunc func, gpointer data)
{
    static GSourceFuncs funcs = {.dispatch = dispatch};
    SbxFdWatch *watch = (SbxFdWatch *)g_source_new(&funcs, sizeof *watch);

    watch->fd = fd;
    watch->func = func;
    watch->data = data;
    g_source_attach(&watch->source, context);
    return watch;
}

void sbx_fd_watch_set(SbxFdWatch *watch, GIOCondition condition)
{
    if (watch->condition == condition)
        return;
    watch->condition = condition;
    if (watch->tag != NULL && condition != 0) {
        g_source_modify_unix_fd(&watch->source, watch->tag, condition);
    } else if (watch->tag != NULL) {
        g_source_remove_unix_fd(&watch->source, watch->tag);
        watch->tag = NULL;
    } else {
        watch->tag = g_source_add_unix_fd(&watch->source, watch->fd, condition);
    }
}

GIOCondition sbx_fd_watch_seen(SbxFdWatch *watch)
{
    return watch->tag != NULL ? g_source_query_unix_fd(&watch->source, watch->tag) : 0;
}

void sbx_fd_watch_free(SbxFdWatch *watch)
{
    if (watch == NULL)
        return;
    g_source_destroy(&watch->source);
    g_source_unref(&watch->source);
}
