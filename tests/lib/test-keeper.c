/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A keeper of a test's own: see test-keeper.h. */
#include "lib/test-keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image/tree.h"
#include "lib/test-image.h"
#include "lib/test-main.h"
#include "lib/test-process.h"

/* An ordinary user that no password file has. */
#define ORDINARY_UID 60999

TestKeeper test_keeper;

/* The build's programs, by their installed names. */
static const struct {
    const char *name;
    const char *variable;
} helpers[] = {
    {"sbx-launch", "SBX_TEST_LAUNCH"},
    {"sbx-keeper", "SBX_TEST_KEEPER"},
    {"sbx-agent", "SBX_TEST_AGENT"},
};
/* --- the program --- */

static int user_namespaces_work(void)
{
    int status = 1;
    pid_t child;

#ifdef __SANITIZE_THREAD__
    /* Its own thread keeps a process from making a user namespace, which root does not need. */
    return geteuid() == 0;
#endif
    child = fork();
    if (child == 0)
        _exit(unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS) == 0 ? 0 : 1);
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Whether everybody may pass through all directories above a file. */
static int is_open_to_all(const char *path)
{
    g_autofree char *dir = g_path_get_dirname(path);
    struct stat status;

    if (stat(dir, &status) < 0 || (status.st_mode & S_IXOTH) == 0)
        return 0;
    return strcmp(dir, "/") == 0 || is_open_to_all(dir);
}

static void become_ordinary(void)
{
    const char *launch = getenv("SBX_TEST_LAUNCH");

    if (launch != NULL && !is_open_to_all(launch))
        exit(test_skip("the build directory is closed to other users"));
    if (setgroups(0, NULL) < 0 || setresgid(ORDINARY_UID, ORDINARY_UID, ORDINARY_UID) < 0 ||
        setresuid(ORDINARY_UID, ORDINARY_UID, ORDINARY_UID) < 0)
        abort();
    /* Once more from the start: a process that changed its user cannot be looked at in /proc. */
    execl("/proc/self/exe", "test", NULL);
    perror("the ordinary user cannot execute this test");
    exit(test_skip("this directory is closed to other users"));
}

int test_keeper_main(Suite *(*suite)(void))
{
    g_autofree char *mke2fs = g_find_program_in_path("mke2fs");

    if (getenv("SBX_TEST_USER") != NULL && geteuid() == 0)
        become_ordinary();
    for (gsize i = 0; i < G_N_ELEMENTS(helpers); i++)
        if (getenv(helpers[i].variable) == NULL)
            return test_skip("the helper programs are not known; run it by `meson test`");
    if (!user_namespaces_work())
        return test_skip("this machine does not let us make namespaces");
    if (mke2fs == NULL && access("/usr/sbin/mke2fs", X_OK) != 0)
        return test_skip("mke2fs is missing: install e2fsprogs");
    signal(SIGPIPE, SIG_IGN);
    return test_run(suite());
}

/* --- fixtures --- */

static void make_libexec(void)
{
    g_autofree char *dir = g_build_filename(test_keeper.top, "libexec", NULL);

    ck_assert_int_eq(mkdir(dir, 0755), 0);
    for (gsize i = 0; i < G_N_ELEMENTS(helpers); i++) {
        g_autofree char *path = g_build_filename(dir, helpers[i].name, NULL);

        ck_assert_int_eq(symlink(getenv(helpers[i].variable), path), 0);
    }
    g_setenv("LIBSANDBOX_LIBEXEC_DIR", dir, TRUE);
}

void test_keeper_setup(void)
{
    g_autofree char *images = NULL;

    test_keeper.top = g_strdup("/tmp/sbxt-XXXXXX");
    ck_assert_ptr_nonnull(g_mkdtemp_full(test_keeper.top, 0755));
    /* Root's keeper is another user, who passes through. */
    ck_assert_int_eq(chmod(test_keeper.top, 0755), 0);
    test_keeper.runtime = g_build_filename(test_keeper.top, "run", NULL);
    test_keeper.data = g_build_filename(test_keeper.top, "data", NULL);
    images = g_build_filename(test_keeper.data, "images", NULL);
    test_keeper.image_dir = test_image_publish(images);
    make_libexec();
    g_setenv("LIBSANDBOX_RUNTIME_DIR", test_keeper.runtime, TRUE);
    g_setenv("LIBSANDBOX_DATA_DIR", test_keeper.data, TRUE);
    g_setenv("LIBSANDBOX_IDLE_SECONDS", "60", TRUE);
    /* A test of spares says so. */
    g_setenv("LIBSANDBOX_SPARES", "0", TRUE);
    test_keeper_mode("ok");
}

void test_keeper_mode(const char *mode)
{
    g_autofree char *uri = g_strconcat("fake:", mode, NULL);

    g_setenv("LIBSANDBOX_URI", uri, TRUE);
}

static char *gate_path(void)
{
    return g_build_filename(test_keeper.top, "gate", NULL);
}

void test_keeper_close_gate(void)
{
    g_autofree char *path = gate_path();
    g_autofree char *mode = g_strconcat("slow=", path, NULL);

    ck_assert_int_eq(mkfifo(path, 0666), 0);
    ck_assert_int_eq(chmod(path, 0666), 0);
    test_keeper_mode(mode);
}

void test_keeper_open_gate(void)
{
    g_autofree char *path = gate_path();
    int fd = open(path, O_RDWR | O_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "x", 1), 1);
    /* Left open: what nobody has read yet would be lost. The process ends soon. */
}

void test_keeper_shut_gate(void)
{
    g_autofree char *path = gate_path();
    int fd = open(path, O_RDWR | O_CLOEXEC);
    char byte;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(read(fd, &byte, 1), 1);
    close(fd);
}

/* Sanitizers' reports and broken invariants are in the keeper's log and nowhere else. (The
 * guardian's leak checker cannot run: in a dead PID namespace nothing can be cloned. It says so
 * without a colon.) */
static void assert_log_is_clean(void)
{
    static const char *const bad[] = {"Sanitizer: ", "runtime error:", "CRITICAL **", "WARNING **",
                                      "ERROR **", "Assertion"};
    g_autofree char *path = g_build_filename(test_keeper.data, "log", "keeper.log", NULL);
    g_autofree char *log = NULL;

    if (!g_file_get_contents(path, &log, NULL, NULL))
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        ck_assert_msg(strstr(log, bad[i]) == NULL, "the keeper's log: %s", log);
}

static void assert_no_mounts(void)
{
    g_autofree char *mounts = NULL;

    ck_assert(g_file_get_contents("/proc/self/mountinfo", &mounts, NULL, NULL));
    ck_assert_msg(strstr(mounts, test_keeper.top) == NULL, "a mount is left");
}

void test_keeper_teardown(void)
{
    GArray *family = test_keeper_family();
    pid_t keeper = test_keeper_pid();
    g_autofree char *left = NULL;

    /* By itself, so that its leak checker runs. */
    if (keeper > 0)
        kill(keeper, SIGTERM);
    ck_assert_msg(test_family_ends_within(family, 20000), "processes of the keeper are left");
    assert_log_is_clean();
    left = test_runtime_leftovers();
    ck_assert_msg(left == NULL, "left in the runtime directory: %s", left);
    assert_no_mounts();
    ck_assert(sbx_tree_remove(test_keeper.top, NULL));
    g_free(test_keeper.top);
    g_free(test_keeper.runtime);
    g_free(test_keeper.data);
    g_free(test_keeper.image_dir);
}

char *test_runtime_leftovers(void)
{
    g_autoptr(GDir) dir = g_dir_open(test_keeper.runtime, 0, NULL);
    g_autoptr(GString) names = g_string_new(NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
        if (!g_str_has_suffix(name, ".lock") && !g_str_equal(name, "keeper.log"))
            g_string_append_printf(names, "%s ", name);
    return names->len > 0 ? g_strdup(names->str) : NULL;
}

/* --- calls --- */

int test_ok_at(int code, sbx_error **error, const char *file, int line)
{
    if (code < 0)
        ck_abort_msg("%s:%d: %s: %s (hint: %s; cause: %s)", file, line, sbx_error_code_name(code),
                     *error != NULL ? sbx_error_message(*error) : "no error",
                     *error != NULL ? sbx_error_hint(*error) : "",
                     *error != NULL ? sbx_error_cause(*error) : "");
    ck_assert_ptr_null(*error);
    return code;
}

void test_failed_at(int code, int wanted, sbx_error **error, const char *word, const char *file,
                    int line)
{
    const char *message = *error != NULL ? sbx_error_message(*error) : "no error";

    ck_assert_msg(code == wanted, "%s:%d: %s instead of %s: %s", file, line,
                  sbx_error_code_name(code), sbx_error_code_name(wanted), message);
    ck_assert_msg(*error != NULL, "%s:%d: no error", file, line);
    ck_assert_msg(sbx_error_code(*error) == code, "%s:%d: the error has %s", file, line,
                  sbx_error_code_name(sbx_error_code(*error)));
    ck_assert_ptr_null(strchr(message, '\n'));
    ck_assert_msg(strstr(message, word) != NULL, "%s:%d: no \"%s\" in: %s", file, line, word,
                  message);
    sbx_error_free(*error);
    *error = NULL;
}

sbx_options *test_options(void)
{
    sbx_options *options = sbx_options_new();

    ck_assert_int_eq(sbx_options_set_memory(options, SBX_MEMORY_MIN, NULL), 0);
    ck_assert_int_eq(sbx_options_set_disk_size(options, SBX_DISK_SIZE_MIN, NULL), 0);
    /* What the .bashrc of whoever runs the tests does is none of their business. */
    ck_assert_int_eq(sbx_options_set_env(options, "BASH_ENV", "", NULL), 0);
    return options;
}

sbx *test_create(const sbx_options *options)
{
    sbx_options *own = options == NULL ? test_options() : NULL;
    sbx_error *error = NULL;
    sbx *sandbox = NULL;

    test_ok(sbx_create(own != NULL ? own : options, &sandbox, &error), &error);
    ck_assert_ptr_nonnull(sandbox);
    sbx_options_unref(own);
    return sandbox;
}

char *test_sh(sbx *sandbox, const char *script)
{
    sbx_error *error = NULL;
    sbx_result *result = NULL;
    char *text;

    test_ok(sbx_sh(sandbox, script, &result, &error), &error);
    ck_assert_msg(sbx_result_exit_code(result) == 0, "exit code %d; %s",
                  sbx_result_exit_code(result), (const char *)sbx_result_stderr(result, NULL));
    text = g_strdup(sbx_result_stdout(result, NULL));
    sbx_result_free(result);
    return text;
}

/* --- processes --- */

static gboolean descends(pid_t pid, pid_t from)
{
    g_autoptr(GArray) family = test_descendants(from);

    for (guint i = 1; i < family->len; i++)
        if (g_array_index(family, pid_t, i) == pid)
            return TRUE;
    return FALSE;
}

/* The guardian and init share a command line; init is the guardian's child. */
static pid_t launcher(gboolean guardian)
{
    g_autofree char *option = g_strdup_printf("--runtime-dir=%s", test_keeper.runtime);
    g_autoptr(GArray) found = test_processes_with(option);

    for (guint i = 0; i < found->len; i++) {
        pid_t pid = g_array_index(found, pid_t, i);
        gboolean is_child = FALSE;

        for (guint j = 0; j < found->len; j++)
            is_child |= descends(pid, g_array_index(found, pid_t, j));
        if (is_child != guardian)
            return pid;
    }
    return 0;
}

pid_t test_guardian_pid(void)
{
    return launcher(TRUE);
}

pid_t test_init_pid(void)
{
    return launcher(FALSE);
}

/* The keepers below the launchers of this test's runtime directory. */
static GArray *keepers(void)
{
    g_autofree char *option = g_strdup_printf("--runtime-dir=%s", test_keeper.runtime);
    g_autoptr(GArray) launchers = test_processes_with(option);
    g_autoptr(GArray) all = test_processes_starting("--vm-dir=");
    GArray *found = g_array_new(FALSE, FALSE, sizeof(pid_t));

    for (guint i = 0; i < all->len; i++) {
        pid_t pid = g_array_index(all, pid_t, i);
        gboolean is_child = FALSE;
        gboolean ours = FALSE;

        /* What a keeper is about to execute still looks like itself. This is asked first: of a child
         * that ends in between both answers are no. */
        for (guint j = 0; j < all->len; j++)
            is_child |= descends(pid, g_array_index(all, pid_t, j));
        for (guint j = 0; !is_child && j < launchers->len; j++)
            ours |= descends(pid, g_array_index(launchers, pid_t, j));
        if (ours)
            g_array_append_val(found, pid);
    }
    return found;
}

guint test_keeper_count(void)
{
    g_autoptr(GArray) found = keepers();

    return found->len;
}

pid_t test_keeper_pid(void)
{
    g_autoptr(GArray) found = keepers();

    ck_assert_uint_le(found->len, 1);
    return found->len == 1 ? g_array_index(found, pid_t, 0) : 0;
}

GArray *test_keeper_family(void)
{
    GArray *pidfds = g_array_new(FALSE, FALSE, sizeof(int));
    pid_t guardian = test_guardian_pid();
    g_autoptr(GArray) family = guardian > 0 ? test_descendants(guardian) : NULL;

    for (guint i = 0; family != NULL && i < family->len; i++) {
        int fd = (int)syscall(SYS_pidfd_open, g_array_index(family, pid_t, i), 0);

        if (fd >= 0) /* else it ended since */
            g_array_append_val(pidfds, fd);
    }
    return pidfds;
}

gboolean test_family_ends_within(GArray *pidfds, int milliseconds)
{
    gint64 deadline = g_get_monotonic_time() / 1000 + milliseconds;
    gboolean all = TRUE;

    for (guint i = 0; i < pidfds->len; i++) {
        int fd = g_array_index(pidfds, int, i);
        gint64 left = MAX(0, deadline - g_get_monotonic_time() / 1000);

        all &= test_ends_within(fd, (int)left);
        close(fd);
    }
    g_array_unref(pidfds);
    return all;
}

int test_vm_pidfd(const char *id)
{
    g_autoptr(GArray) found = test_processes_with(id);

    ck_assert_msg(found->len == 1, "%u processes have %s on their command line", found->len, id);
    return test_pidfd(g_array_index(found, pid_t, 0));
}

static gboolean is_listed(GPtrArray *names, const char *name)
{
    for (guint i = 0; i < names->len; i++)
        if (strcmp(names->pdata[i], name) == 0)
            return TRUE;
    return FALSE;
}

GPtrArray *test_vm_names(void)
{
    g_autoptr(GArray) family = test_descendants(test_keeper_pid());
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 1; i < family->len; i++) {
        pid_t pid = g_array_index(family, pid_t, i);
        g_autofree char *name = test_process_argument(pid, 3);
        g_autofree char *program = test_process_name(pid);

        /* A VM that is about to execute its agent still looks like itself. */
        if (g_strcmp0(program, "fake-vm") == 0 && name != NULL && !is_listed(names, name))
            g_ptr_array_add(names, g_steal_pointer(&name));
    }
    return names;
}
