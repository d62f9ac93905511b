/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See raw.h. */
#include "raw.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios before;
static bool is_raw;

void raw_enter(void)
{
    struct termios raw;

    if (!is_raw && tcgetattr(STDIN_FILENO, &before) < 0)
        return;
    /* A background job must not touch it, and would be stopped. */
    if (tcgetpgrp(STDIN_FILENO) != getpgrp())
        return;
    raw = before;
    cfmakeraw(&raw);
    is_raw = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

void raw_leave(void)
{
    if (is_raw)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
    is_raw = false;
}

void raw_size(int *rows, int *columns)
{
    struct winsize size;

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
            *rows = size.ws_row;
            *columns = size.ws_col;
            return;
        }
    }
    *rows = 24;
    *columns = 80;
}
