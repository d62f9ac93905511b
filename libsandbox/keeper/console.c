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

#include <sandbox/console.h>

/* It begins small and grows with what is written. */
#define RING_MIN 8192
#define RING_MAX SBX_CONSOLE_MAX
#define TAIL_LINES 30 /* a panic and the stack trace after it */
#define TAIL_MAX 8192

struct SbxConsole {
    int fd;
    guint source;
    gsize total; /* bytes ever written; the next goes to total % size */
    gsize size;
    char *ring;
};

/* Returns FALSE at the end of the stream. */
static gboolean read_some(SbxConsole *console)
{
    gsize at;
    ssize_t n;

    /* Full for the first time: nothing has been overwritten yet. */
    if (console->total == console->size && console->size < RING_MAX) {
        console->size *= 2;
        console->ring = g_realloc(console->ring, console->size);
    }
    at = console->total % console->size;
    n = read(console->fd, console->ring + at, console->size - at);
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
    console->size = RING_MIN;
    console->ring = g_malloc(RING_MIN);
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
    g_free(console->ring);
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
    } while (console->total - before < RING_MAX);
}

/* The last @max bytes at most. */
static char *copy_end(SbxConsole *console, gsize max, gsize *length)
{
    gsize start;
    char *bytes;

    *length = MIN(MIN(console->total, console->size), max);
    start = console->total - *length;
    bytes = g_malloc(*length + 1);
    for (gsize i = 0; i < *length; i++)
        bytes[i] = console->ring[(start + i) % console->size];
    return bytes;
}

GBytes *sbx_console_bytes(SbxConsole *console)
{
    gsize length = 0;
    char *bytes = console != NULL ? copy_end(console, RING_MAX, &length) : NULL;

    return g_bytes_new_take(bytes, length);
}

char *sbx_console_tail(SbxConsole *console)
{
    g_autofree char *text = NULL;
    gsize length;
    int lines = 0;

    if (console == NULL || console->total == 0)
        return NULL;
    text = copy_end(console, TAIL_MAX, &length);
    for (gsize i = 0; i < length; i++) {
        char c = text[i];

        text[i] = c == '\n' || (guchar)c >= 0x20 ? c : ' ';
    }
    text[length] = '\0';
    g_strchomp(text);
    for (char *c = text + strlen(text); c > text; c--)
        if (*c == '\n' && ++lines == TAIL_LINES)
            return g_utf8_make_valid(c + 1, -1);
    return g_utf8_make_valid(text, -1);
}
