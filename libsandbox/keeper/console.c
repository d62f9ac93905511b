/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Console: see console.h. Draining it is as urgent as anything: a guest that panics with nobody
 * reading its serial port took 34-45 s to write its last words, 1-2 bytes at a time (measured, QEMU
 * 7.2), and 0.2 s with somebody.
 */
#include "keeper/console.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

#define RING_SIZE 8192
#define TAIL_LINES 30 /* a panic and the stack trace after it */

struct SbxConsole {
    int fd;
    guint source;
    gsize total; /* bytes ever written; the next goes to total % RING_SIZE */
    char ring[RING_SIZE];
};

/* Returns FALSE at the end of the stream. */
static gboolean read_some(SbxConsole *console)
{
    gsize at = console->total % RING_SIZE;
    ssize_t n = read(console->fd, console->ring + at, RING_SIZE - at);

    if (n > 0)
        console->total += (gsize)n;
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer data)
{
    SbxConsole *console = data;

    (void)fd;
    (void)condition;
    if (read_some(console))
        return G_SOURCE_CONTINUE;
    console->source = 0;
    return G_SOURCE_REMOVE;
}

SbxConsole *sbx_console_new(int fd)
{
    SbxConsole *console = g_new0(SbxConsole, 1);

    console->fd = fd;
    g_unix_set_fd_nonblocking(fd, TRUE, NULL);
    console->source = g_unix_fd_add_full(G_PRIORITY_DEFAULT, fd, G_IO_IN | G_IO_HUP | G_IO_ERR,
                                         on_readable, console, NULL);
    return console;
}

void sbx_console_free(SbxConsole *console)
{
    if (console == NULL)
        return;
    g_clear_handle_id(&console->source, g_source_remove);
    close(console->fd);
    g_free(console);
}

void sbx_console_drain(SbxConsole *console)
{
    gsize before;

    if (console == NULL || console->source == 0)
        return;
    /* One ring at most: a flooding guest must not hold us here. */
    before = console->total;
    do {
        gsize seen = console->total;

        if (!read_some(console) || console->total == seen)
            return;
    } while (console->total - before < RING_SIZE);
}

char *sbx_console_tail(SbxConsole *console)
{
    g_autofree char *text = NULL;
    gsize length;
    gsize start;
    int lines = 0;

    if (console == NULL || console->total == 0)
        return NULL;
    length = MIN(console->total, RING_SIZE);
    start = console->total - length;
    text = g_malloc(length + 1);
    for (gsize i = 0; i < length; i++) {
        char c = console->ring[(start + i) % RING_SIZE];

        text[i] = c == '\n' || (guchar)c >= 0x20 ? c : ' ';
    }
    text[length] = '\0';
    g_strchomp(text);
    for (char *c = text + strlen(text); c > text; c--)
        if (*c == '\n' && ++lines == TAIL_LINES)
            return g_utf8_make_valid(c + 1, -1);
    return g_utf8_make_valid(text, -1);
}
