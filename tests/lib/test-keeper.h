/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A keeper of a test's own: directories, an image, the fake driver's mode; and what a test asks of
 * the processes around it. The real client library starts it through the real sbx-launch.
 */
#pragma once

#include <check.h>
#include <glib.h>
#include <sandbox/sandbox.h>
#include <sys/types.h>

typedef struct {
    char *top;       /* all that follows is below it */
    char *runtime;   /* LIBSANDBOX_RUNTIME_DIR */
    char *data;      /* LIBSANDBOX_DATA_DIR */
    char *image_dir; /* the image's only version */
} TestKeeper;

extern TestKeeper test_keeper;

/* main(): runs the suite as this user or, with SBX_TEST_USER set, as an ordinary one. Skips what
 * this machine cannot do. */
int test_keeper_main(Suite *(*suite)(void));

/* Fixtures. The teardown ends the keeper and asserts that nothing of it is left. */
void test_keeper_setup(void);
void test_keeper_teardown(void);
/* Before the first sandbox: what the fake driver does, see fake-keeper.c and fake-vm.c. */
void test_keeper_mode(const char *mode);
/* Before the first sandbox: the fifo of mode "slow", and how to open it. */
void test_keeper_close_gate(void);
void test_keeper_open_gate(void);
/* Closes it again. */
void test_keeper_shut_gate(void);

/* Fails the test with the error's text when @code is negative; returns @code. */
#define test_ok(code, error) test_ok_at(code, error, __FILE__, __LINE__)
int test_ok_at(int code, sbx_error **error, const char *file, int line);
/* Asserts the code, and that the error has it and a word in its message; frees and clears it. */
#define test_failed(code, wanted, error, word)                                                     \
    test_failed_at(code, wanted, error, word, __FILE__, __LINE__)
void test_failed_at(int code, int wanted, sbx_error **error, const char *word, const char *file,
                    int line);

/* Options for a small sandbox. */
sbx_options *test_options(void);
/* Creates one, which must succeed. */
sbx *test_create(const sbx_options *options);
/* Runs a script, which must succeed; returns its output. */
char *test_sh(sbx *sandbox, const char *script);

/* The processes of this test's keeper; 0 when there is none. */
pid_t test_keeper_pid(void);
pid_t test_guardian_pid(void);
pid_t test_init_pid(void);
guint test_keeper_count(void);
/* pidfds of the guardian and all below it. */
GArray *test_keeper_family(void);
/* All of them end in time; closes them and frees the array. */
gboolean test_family_ends_within(GArray *pidfds, int milliseconds);
/* The pidfd of the process that stands for a sandbox's VM. */
int test_vm_pidfd(const char *id);
/* The names of the VMs, which are ids of sandboxes (and "ID-2" for a second attempt). */
GPtrArray *test_vm_names(void);

/* What is in the runtime directory beyond lock files, as text; NULL when there is nothing. */
char *test_runtime_leftovers(void);
