/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rest: what the keeper gives back when it has had nothing to do for a while: free heap, and pages of
 * programs' text. Most of the latter ran once (libvirt's start, the linker, XML parsers of a domain's
 * start); what is needed again comes back from the page cache.
 */
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "keeper/keeper.h"

#define REST_AFTER_SECONDS 3

/* Executable and not writable: nobody has changed it, so dropping it loses nothing. (What is only
 * readable may hold relocations.) */
static void drop_text(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512];
    unsigned long start, end;
    char path[2];

    while (maps != NULL && fgets(line, sizeof line, maps) != NULL)
        if (sscanf(line, "%lx-%lx r-xp %*s %*s %*s %1[/]", &start, &end, path) == 3)
            madvise((void *)start, end - start, MADV_DONTNEED);
    if (maps != NULL)
        fclose(maps);
}

static gboolean rest(gpointer data)
{
    SbxKeeper *keeper = data;
    gint64 quiet = g_get_monotonic_time() - keeper->last_request_us;

    if (quiet < REST_AFTER_SECONDS * G_USEC_PER_SEC || keeper->booting > 0)
        return G_SOURCE_CONTINUE;
    keeper->rest_timer = 0;
    malloc_trim(0);
    drop_text();
    return G_SOURCE_REMOVE;
}

void sbx_keeper_rest_later(SbxKeeper *keeper)
{
    keeper->last_request_us = g_get_monotonic_time();
    if (keeper->rest_timer == 0)
        keeper->rest_timer = g_timeout_add_seconds(REST_AFTER_SECONDS, rest, keeper);
}
