/* fd-watch.h: a GSource for one fd whose conditions change often, and may be none. */
#ifndef SBX_AGENT_FD_WATCH_H
#define SBX_AGENT_FD_WATCH_H

#include <glib.h>

typedef struct _SbxFdWatch SbxFdWatch;
typedef void (*SbxFdWatchFunc)(gpointer data);

/* Watches for nothing at first. The fd stays the caller's. */
SbxFdWatch *sbx_fd_watch_new(GMainContext *context, int fd, SbxFdWatchFunc func, gpointer data);
/* With none, not even a hang-up is looked for. */
void sbx_fd_watch_set(SbxFdWatch *watch, GIOCondition condition);
/* From inside the function: what there is. */
GIOCondition sbx_fd_watch_seen(SbxFdWatch *watch);
void sbx_fd_watch_free(SbxFdWatch *watch);

#endif
