/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Terminals: commands that run on a pseudo-terminal of the guest.
 *
 * Standard input, output and error of such a command are one terminal, and it is the command's
 * controlling terminal: keys like Ctrl-C become signals, programs may ask for its size. What is written
 * to SBX_STDIN is typed, what is read from SBX_STDOUT is shown; there is no separate standard error.
 *
 * Input to a terminal has no end. Closing SBX_STDIN types the terminal's end-of-file character (as
 * Ctrl-D does; twice when a line has been begun), which ends the input of programs that read lines, and
 * nothing when a program has put the terminal into raw mode. Closing SBX_STDOUT hangs the terminal
 * up: the command and its foreground processes get SIGHUP. So a terminal does not outlive the program
 * that looked at it.
 */
#ifndef SANDBOX_TERMINAL_H
#define SANDBOX_TERMINAL_H

#include <sandbox/process.h>

SBX_BEGIN_DECLS

#define SBX_TERMINAL_SIZE_MAX 65535 /* rows or columns */

/**
 * sbx_command_set_terminal:
 * @command: a command
 * @rows: lines of text, 1 to SBX_TERMINAL_SIZE_MAX; 0, with @columns 0: no terminal (the default)
 * @columns: characters of a line, 1 to SBX_TERMINAL_SIZE_MAX
 * @error: where to put an error, or NULL
 *
 * Runs the command on a terminal of that size. SBX_STDERR becomes SBX_STDIO_MERGE and must stay it;
 * SBX_STDOUT must be read by somebody: sbx_spawn() refuses SBX_STDIO_NULL for it with SBX_E_INVALID.
 * With SBX_STDIO_NULL for SBX_STDIN the end of the input is typed at once. TERM is set to
 * "xterm-256color" unless the sandbox's or the command's environment has one, or starts empty.
 *
 * Errors: SBX_E_INVALID. Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_command_set_terminal(sbx_command *command, int rows, int columns,
                                        sbx_error **error);

/**
 * sbx_process_resize:
 * @process: a process on a terminal
 * @rows: lines of text, 1 to SBX_TERMINAL_SIZE_MAX
 * @columns: characters of a line, 1 to SBX_TERMINAL_SIZE_MAX
 * @error: where to put an error, or NULL
 *
 * Gives its terminal another size; the processes in its foreground get SIGWINCH. A process that has
 * ended already is a success. Blocks for one round trip.
 *
 * Errors: SBX_E_INVALID (also: it has no terminal), SBX_E_GONE, SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_process_resize(sbx_process *process, int rows, int columns, sbx_error **error);

SBX_END_DECLS

#endif
