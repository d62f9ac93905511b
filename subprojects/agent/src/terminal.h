/* terminal.h: pseudo-terminals that commands run on. */
#ifndef SBX_TERMINAL_H
#define SBX_TERMINAL_H

#include "process.h"
#include "user.h"

enum {
    TERMINAL_END_MAX = 2,
    /* More than one can hold: 64 KiB in the driver's buffers, 4 KiB in the line discipline. */
    TERMINAL_OUTPUT_MAX = 128 << 10,
};

void terminal_init(void);
/* Becomes the process's input and standard output; returns the command's end, or -1 with errno.
 * owner NULL: the agent's own user. */
int terminal_open(struct process *process, const struct sbx_size *size, const struct user *owner);
/* 0 or an errno. */
int terminal_resize(const struct process *process, const struct sbx_size *size);
/* What to type for the end of input, the byte before it being last; 0 bytes in raw mode. */
size_t terminal_end(int fd, uint8_t last, uint8_t out[TERMINAL_END_MAX]);

#endif
