/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What tests of file calls share: a sandbox without a VM, whose guest is this machine, and a directory
 * in it.
 */
#pragma once

#include <glib.h>
#include <sandbox/sandbox.h>

#include "lib/test-box.h"

extern char *top; /* a directory of the guest's, of this test */

/* Check's fixture. */
void files_setup(void);
void files_teardown(void);

/* A path below the test's directory. The last few are kept. */
const char *at(const char *name);
sbx_fs_options *with_flags(unsigned int flags);
/* What a file has, and shall have. */
void put(const char *path, const char *text);
void assert_text(const char *path, const char *wanted);
/* sbx_fs_lstat(), which must succeed. */
sbx_stat *look(const char *path);
/* Runs a script, which must succeed; returns its output. */
char *sh(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* Asserts code, guest's errno, and a word of the message; frees the error. */
void assert_errno(int code, int wanted, int sys_errno, sbx_error **error, const char *word);
/* The workers of this test's keeper; of pid_t. */
GArray *workers(void);
guint worker_count(void);
/* Whether the guest's users have limits that this test can meet: not when it runs as root. */
gboolean is_ordinary(void);
