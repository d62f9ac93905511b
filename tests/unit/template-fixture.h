/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A template store of a test's own, and small templates in it. */
#pragma once

#include <check.h>

#include "keeper/template-store-private.h"

enum {
    FIXTURE_MEMORY = 4 << 20,
    FIXTURE_DISK = 1 << 20,
    FIXTURE_STATE = 100000,
};

extern char *fixture_dir; /* the store's; it is below fixture_top */
extern char *fixture_top;
extern SbxTemplateKey fixture_key;
extern char *fixture_id; /* of that key */

void fixture_setup(void);
/* Asserts that no descriptor was left open. */
void fixture_teardown(void);

/* A build with its three files, whose times have settled, so that publication stamps them. */
char *fixture_build(int *hold);
/* One that is published. */
void fixture_publish(void);
/* Asserts that it loads. */
SbxTemplate *fixture_load(void);
/* Asserts that it is found damaged, with these words, and gone then. */
void fixture_assert_damaged(const char *name, const char *words);
/* Asserts that the template is there, or is not, as far as its name goes. */
void fixture_assert_exists(const char *name, gboolean exists);

/* How many build directories there are. */
guint fixture_count_builds(void);

/* A path in the template's directory; FILE may be NULL. Free it. */
char *fixture_path(const char *file);
void fixture_write(const char *path, const char *text);
/* Changes one byte and restores the modification time. */
void fixture_flip(const char *path, off_t offset);
/* Waits until the clock of file times has passed that of the file's last change. */
void fixture_settle(const char *path);
/* Sets the modification time so many days back. */
void fixture_age(const char *path, int days);
gint64 fixture_mtime(const char *path);
