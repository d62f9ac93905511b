/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands in a sandbox, for tests: each of these must succeed. */
#pragma once

#include <glib.h>
#include <sandbox/sandbox.h>

/* Starts a command; drops the reference to it. */
sbx_process *test_spawn(sbx *sandbox, sbx_command *command);
sbx_process *test_spawn_script(sbx *sandbox, const char *script);
/* Runs a command; drops the reference to it. */
sbx_result *test_run_command(sbx *sandbox, sbx_command *command);
/* Waits for the end. */
void test_wait(sbx_process *process);

/* Exactly so many bytes. */
void test_read_all(int fd, char *bytes, gsize length);
/* Up to end-of-file; a NUL follows. */
GByteArray *test_read_to_end(int fd);
/* A number and a newline. */
int test_read_number(int fd);
