/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What every program of this folder stands on: directories of its own, one running sandbox that its
 * tests share, and a teardown that fails when anything is left.
 *
 * Check forks for every test. The shared sandbox belongs to the program, and tests reach it by its
 * id, as another process of the same user would; a test that wants a sandbox for itself creates one
 * and loses it, whatever happens, when its process ends.
 *
 * LIBSANDBOX_DATA_DIR or the user's own data directory is where the base image comes from. Nothing
 * is written there but libvirt's cache. SBX_TEST_TIME_FACTOR stretches every limit, SBX_TEST_FULL=1
 * runs the large variants, SBX_TEST_MUST_RUN=1 turns a skipped program into a failed one.
 */
#ifndef SBX_TESTS_VM_ENV_H
#define SBX_TESTS_VM_ENV_H

#include <check.h>
#include <glib.h>
#include <sandbox/sandbox.h>
#include <sys/types.h>

#define VM_MIB UINT64_C(1048576)
#define VM_SHARED_MEMORY (512 * VM_MIB)

/* Before vm_main(): this program's sandboxes may start from templates that were built for all
 * programs, as nearly all of a user's do, and need not boot. With SBX_TEST_TEMPLATES, see
 * make-templates.sh. */
void vm_use_templates(void);
/* Runs a program's tests; returns what main() returns. */
int vm_main(const char *name, Suite *suite);

/* --- places --- */

/* The scratch directory, and a path in it (freed with g_free()). */
const char *vm_dir(void);
char *vm_path(const char *name);
/* The directory of the base image's version. */
const char *vm_image_dir(void);

/* --- time --- */

gint64 vm_now_ms(void);
/* A limit in milliseconds as this machine needs it. */
int vm_limit(int milliseconds);
/* SBX_TEST_FULL */
gboolean vm_full(void);

/* --- sandboxes; all of these fail the test when they cannot do it --- */

/* Another handle to the shared sandbox; dropping it ends nothing. */
sbx *vm_shared(void);
/* A new one with 256 MiB. */
sbx *vm_create(void);
sbx *vm_create_with(const sbx_options *options);
/* The same that has booted, whatever vm_use_templates() allows. */
sbx *vm_boot(void);
sbx_options *vm_options(guint64 memory);
/* Runs a script that must exit with 0; returns its output, without the last newline. */
char *vm_sh(sbx *sandbox, const char *script);
/* Runs a script that must exit with @code; returns its standard error. */
char *vm_sh_fails(sbx *sandbox, const char *script, int code);
/* Runs a script in a sandbox that has ended or is about to: the code must be SBX_E_GONE and the
 * message must match the pattern (a GRegex). */
void vm_expect_gone(sbx *sandbox, const char *pattern);
/* Fails unless @code is @wanted and the error says the same; frees the error. */
void vm_check_error(int code, int wanted, sbx_error *error, const char *operation);

/* --- processes of the host --- */

/* Those whose command line contains @text, as GArray of pid_t. */
GArray *vm_processes(const char *text);
/* The keeper of this program, or of the runtime directory @runtime (NULL: this program's). */
pid_t vm_keeper(const char *runtime);
/* The VM of a sandbox. */
pid_t vm_qemu(const char *id);
/* Whether it was started from a template. */
gboolean vm_is_clone(const char *id);
/* The ids of all VMs of a keeper, spares among them; @runtime as for vm_keeper(). */
GPtrArray *vm_machines(const char *runtime);
int vm_pidfd(pid_t pid);
/* Opens a pidfd for each. */
GArray *vm_pidfds(GArray *pids);
/* Waits until all have ended; FALSE when the time ran out. Closes and frees. */
gboolean vm_wait_all_gone(GArray *pidfds, int milliseconds);
gboolean vm_wait_gone(pid_t pid, int milliseconds);
/* A number of /proc/PID/status in KiB, for example "RssAnon". */
gint64 vm_status_kib(pid_t pid, const char *field);

/* --- what may not be left --- */

/* Describes sockets, mounts, processes and files that have @runtime in their name; NULL when there
 * is nothing but the two lock files. Freed with g_free(). */
char *vm_leftovers(const char *runtime);

#endif
