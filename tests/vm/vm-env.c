/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See vm-env.h. */
#include "vm-env.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SKIPPED 77

static char *scratch;
static char *image_dir;
static sbx *shared;
static char *shared_id;
/* SBX_TEST_OWN_DIRECTORIES=1: the directories are those of the user, and no others. */
static gboolean own_directories;
static gboolean use_templates;

/* --- places --- */

const char *vm_dir(void)
{
    return scratch;
}

char *vm_path(const char *name)
{
    return g_build_filename(scratch, name, NULL);
}

const char *vm_image_dir(void)
{
    return image_dir;
}

/* The runtime directory, as the library chooses it. */
static char *runtime_dir(void)
{
    const char *xdg = g_getenv("XDG_RUNTIME_DIR");

    if (!own_directories)
        return vm_path("r");
    if (xdg != NULL)
        return g_build_filename(xdg, "libsandbox", NULL);
    return g_strdup_printf("/tmp/libsandbox-%u", geteuid());
}

/* --- time --- */

gint64 vm_now_ms(void)
{
    return g_get_monotonic_time() / 1000;
}

int vm_limit(int milliseconds)
{
    const char *factor = g_getenv("SBX_TEST_TIME_FACTOR");
    double times = factor != NULL ? g_ascii_strtod(factor, NULL) : 1;

    return (int)(milliseconds * MAX(times, 1));
}

gboolean vm_full(void)
{
    return g_strcmp0(g_getenv("SBX_TEST_FULL"), "1") == 0;
}

/* --- sandboxes --- */

static char *describe(int code, const sbx_error *error)
{
    const char *cause;

    if (error == NULL)
        return g_strdup(sbx_error_code_name(code));
    cause = sbx_error_cause(error);
    return g_strdup_printf("%s: %s%s%s", sbx_error_code_name(code), sbx_error_message(error),
                           cause != NULL ? "\n" : "", cause != NULL ? cause : "");
}

void vm_check_error(int code, int wanted, sbx_error *error, const char *operation)
{
    g_autofree char *text = describe(code, error);

    ck_assert_msg(code == wanted, "%s instead of %s", text, sbx_error_code_name(wanted));
    ck_assert_ptr_nonnull(error);
    ck_assert_int_eq(sbx_error_code(error), wanted);
    ck_assert_str_eq(sbx_error_operation(error), operation);
    ck_assert_uint_gt(strlen(sbx_error_message(error)), 10);
    sbx_error_free(error);
}

sbx *vm_shared(void)
{
    sbx *sandbox = NULL;
    sbx_error *error = NULL;
    int code = sbx_connect(shared_id, NULL, &sandbox, &error);
    g_autofree char *text = describe(code, error);

    ck_assert_msg(code == SBX_OK, "the shared sandbox: %s", text);
    return sandbox;
}

sbx_options *vm_options(guint64 memory)
{
    sbx_options *options = sbx_options_new();

    ck_assert_ptr_nonnull(options);
    ck_assert_int_eq(sbx_options_set_memory(options, memory, NULL), SBX_OK);
    /* A busy machine without KVM needs it. */
    ck_assert_int_eq(sbx_options_set_start_timeout(options, vm_limit(180000), NULL), SBX_OK);
    return options;
}

sbx *vm_create_with(const sbx_options *options)
{
    sbx *sandbox = NULL;
    sbx_error *error = NULL;
    int code = sbx_create(options, &sandbox, &error);
    g_autofree char *text = describe(code, error);

    ck_assert_msg(code == SBX_OK, "sbx_create: %s", text);
    return sandbox;
}

sbx *vm_create(void)
{
    sbx_options *options = vm_options(256 * VM_MIB);
    sbx *sandbox = vm_create_with(options);

    sbx_options_unref(options);
    return sandbox;
}

sbx *vm_boot(void)
{
    sbx_options *options = vm_options(256 * VM_MIB);
    sbx *sandbox;

    ck_assert_int_eq(sbx_options_set_spares(options, 0, NULL), SBX_OK);
    sandbox = vm_create_with(options);
    sbx_options_unref(options);
    return sandbox;
}

static sbx_result *run_script(sbx *sandbox, const char *script, int wanted)
{
    sbx_result *result = NULL;
    sbx_error *error = NULL;
    int code = sbx_sh(sandbox, script, &result, &error);
    g_autofree char *text = describe(code, error);

    ck_assert_msg(code == SBX_OK, "`%.200s`: %s", script, text);
    ck_assert_msg(sbx_result_exit_code(result) == wanted, "`%.200s` exited with %d: %.2000s",
                  script, sbx_result_exit_code(result),
                  (const char *)sbx_result_stderr(result, NULL));
    return result;
}

char *vm_sh(sbx *sandbox, const char *script)
{
    sbx_result *result = run_script(sandbox, script, 0);
    char *text = g_strdup(sbx_result_stdout(result, NULL));
    size_t length = strlen(text);

    sbx_result_free(result);
    if (length > 0 && text[length - 1] == '\n')
        text[length - 1] = '\0';
    return text;
}

char *vm_sh_fails(sbx *sandbox, const char *script, int code)
{
    sbx_result *result = run_script(sandbox, script, code);
    char *text = g_strdup(sbx_result_stderr(result, NULL));

    sbx_result_free(result);
    return text;
}

void vm_expect_gone(sbx *sandbox, const char *pattern)
{
    sbx_result *result = NULL;
    sbx_error *error = NULL;
    int code = sbx_sh(sandbox, "true", &result, &error);

    ck_assert_msg(code < 0, "a command ran in a sandbox that has ended");
    ck_assert_msg(g_regex_match_simple(pattern, sbx_error_message(error), 0, 0),
                  "\"%s\" does not match %s", sbx_error_message(error), pattern);
    vm_check_error(code, SBX_E_GONE, error, "sbx_sh");
}

/* --- processes of the host --- */

/* The command line with spaces in place of its zeros, or NULL. */
static char *command_line(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/cmdline", pid);
    char *text = NULL;
    gsize length = 0;

    if (!g_file_get_contents(path, &text, &length, NULL))
        return NULL;
    for (gsize i = 0; i < length; i++)
        if (text[i] == '\0')
            text[i] = ' ';
    return text;
}

GArray *vm_processes(const char *text)
{
    GArray *pids = g_array_new(FALSE, FALSE, sizeof(pid_t));
    GDir *proc = g_dir_open("/proc", 0, NULL);
    const char *name;

    while (proc != NULL && (name = g_dir_read_name(proc)) != NULL) {
        pid_t pid = (pid_t)atoi(name);
        g_autofree char *line = pid > 0 && pid != getpid() ? command_line(pid) : NULL;

        if (line != NULL && strstr(line, text) != NULL)
            g_array_append_val(pids, pid);
    }
    g_clear_pointer(&proc, g_dir_close);
    return pids;
}

pid_t vm_keeper(const char *runtime)
{
    g_autofree char *own = runtime_dir();
    g_autofree char *option = g_strdup_printf("--vm-dir=%s/", runtime != NULL ? runtime : own);
    GArray *pids = vm_processes(option);
    pid_t pid = pids->len > 0 ? g_array_index(pids, pid_t, 0) : -1;

    g_array_unref(pids);
    return pid;
}

pid_t vm_qemu(const char *id)
{
    g_autofree char *name = g_strdup_printf("guest=%s", id);
    GArray *pids = vm_processes(name);
    pid_t pid = pids->len > 0 ? g_array_index(pids, pid_t, 0) : -1;

    ck_assert_msg(pids->len == 1, "%u processes run the VM of %s", pids->len, id);
    g_array_unref(pids);
    return pid;
}

gboolean vm_is_clone(const char *id)
{
    g_autofree char *line = command_line(vm_qemu(id));

    return line != NULL && strstr(line, " -incoming ") != NULL;
}

GPtrArray *vm_machines(const char *runtime)
{
    g_autofree char *own = runtime_dir();
    g_autofree char *files = g_strdup_printf("%s/", runtime != NULL ? runtime : own);
    GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
    GArray *pids = vm_processes(files);

    for (guint i = 0; i < pids->len; i++) {
        g_autofree char *line = command_line(g_array_index(pids, pid_t, i));
        const char *name = line != NULL ? strstr(line, "guest=") : NULL;

        if (name != NULL)
            g_ptr_array_add(ids, g_strndup(name + 6, strcspn(name + 6, ", ")));
    }
    g_array_unref(pids);
    return ids;
}

int vm_pidfd(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

GArray *vm_pidfds(GArray *pids)
{
    GArray *fds = g_array_new(FALSE, FALSE, sizeof(int));

    for (guint i = 0; i < pids->len; i++) {
        int fd = vm_pidfd(g_array_index(pids, pid_t, i));

        if (fd >= 0)
            g_array_append_val(fds, fd);
    }
    return fds;
}

gboolean vm_wait_all_gone(GArray *pidfds, int milliseconds)
{
    gint64 deadline = vm_now_ms() + vm_limit(milliseconds);
    gboolean gone = TRUE;

    for (guint i = 0; i < pidfds->len; i++) {
        struct pollfd waiting = {.fd = g_array_index(pidfds, int, i), .events = POLLIN};
        gint64 left = deadline - vm_now_ms();

        if (poll(&waiting, 1, (int)MAX(left, 0)) != 1)
            gone = FALSE;
        close(waiting.fd);
    }
    g_array_unref(pidfds);
    return gone;
}

gboolean vm_wait_gone(pid_t pid, int milliseconds)
{
    GArray *pids = g_array_new(FALSE, FALSE, sizeof(pid_t));
    GArray *fds;

    g_array_append_val(pids, pid);
    fds = vm_pidfds(pids);
    g_array_unref(pids);
    return vm_wait_all_gone(fds, milliseconds);
}

gint64 vm_status_kib(pid_t pid, const char *field)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/status", pid);
    g_autofree char *text = NULL;
    g_autofree char *label = g_strdup_printf("\n%s:", field);
    const char *at;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return -1;
    at = strstr(text, label);
    return at != NULL ? g_ascii_strtoll(at + strlen(label), NULL, 10) : -1;
}

/* --- what may not be left --- */

/* Adds the lines of a file that contain @text. */
static void find_lines(GString *found, const char *path, const char *text)
{
    g_autofree char *content = NULL;
    g_auto(GStrv) lines = NULL;

    if (!g_file_get_contents(path, &content, NULL, NULL))
        return;
    lines = g_strsplit(content, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++)
        if (strstr(lines[i], text) != NULL)
            g_string_append_printf(found, "%s: %s\n", path, lines[i]);
}

static void find_files(GString *found, const char *directory, const char *const *allowed)
{
    GDir *dir = g_dir_open(directory, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
        if (!g_strv_contains(allowed, name))
            g_string_append_printf(found, "file: %s/%s\n", directory, name);
    g_clear_pointer(&dir, g_dir_close);
}

char *vm_leftovers(const char *runtime)
{
    static const char *const locks[] = {"start.lock", "keeper.lock", "keeper.log", NULL};
    static const char *const none[] = {NULL};
    g_autofree char *disks = vm_path("data/disks");
    GString *found = g_string_new(NULL);
    GArray *pids = vm_processes(runtime);

    for (guint i = 0; i < pids->len; i++) {
        g_autofree char *line = command_line(g_array_index(pids, pid_t, i));

        /* Whoever ran us may have the directory on its command line; only our helpers matter. */
        if (line != NULL && (strstr(line, "sbx-") != NULL || strstr(line, "qemu") != NULL))
            g_string_append_printf(found, "process: %.200s\n", line);
    }
    g_array_unref(pids);
    find_lines(found, "/proc/net/unix", runtime);
    find_lines(found, "/proc/self/mountinfo", runtime);
    find_files(found, runtime, locks);
    find_files(found, disks, none);
    return g_string_free(found, found->len == 0);
}

/* --- the program --- */

static int skip(const char *name, const char *reason)
{
    gboolean must = g_strcmp0(g_getenv("SBX_TEST_MUST_RUN"), "1") == 0;

    printf("%s: %s: %s\n", name, must ? "FAILED, it had to run" : "skipped", reason);
    return must ? 1 : SKIPPED;
}

/* Where the base image of the caller's environment is, or NULL. */
static char *find_image(char **reason)
{
    sbx_image_list *images = NULL;
    sbx_error *error = NULL;
    char *path = NULL;

    if (sbx_image_list_get(&images, &error) < 0) {
        *reason = g_strdup_printf("cannot list images: %s", sbx_error_message(error));
        sbx_error_free(error);
        return NULL;
    }
    for (size_t i = 0; path == NULL && i < sbx_image_list_length(images); i++)
        if (strcmp(sbx_image_list_name(images, i), SBX_IMAGE_DEFAULT) == 0)
            path = g_strdup(sbx_image_list_path(images, i));
    sbx_image_list_free(images);
    if (path == NULL)
        *reason = g_strdup("there is no " SBX_IMAGE_DEFAULT "; run `sbx image build`");
    return path;
}

/* The user's cache of what libvirt learned about QEMU, which takes seconds, or NULL. */
static char *find_cache(void)
{
    const char *data = g_getenv("LIBSANDBOX_DATA_DIR");
    char *path;

    if (data != NULL)
        path = g_build_filename(data, "cache/libvirt", NULL);
    else if (geteuid() == 0)
        path = g_strdup("/var/lib/libsandbox/cache/libvirt");
    else
        path = g_build_filename(g_get_user_cache_dir(), "libsandbox/libvirt", NULL);
    if (!g_file_test(path, G_FILE_TEST_IS_DIR))
        g_clear_pointer(&path, g_free);
    return path;
}

void vm_use_templates(void)
{
    use_templates = g_getenv("SBX_TEST_TEMPLATES") != NULL;
}

static void link_templates(void)
{
    g_autofree char *link = vm_path("data/cache/templates");

    if (symlink(g_getenv("SBX_TEST_TEMPLATES"), link) < 0)
        g_error("cannot make %s: %s", link, g_strerror(errno));
}

static void set_up_directories(const char *cache)
{
    g_autofree char *runtime = vm_path("r");
    g_autofree char *data = vm_path("data");
    g_autofree char *own_cache = vm_path("data/cache");
    g_autofree char *link = vm_path("data/cache/libvirt");
    g_autofree char *images = vm_path("data/images");
    g_autofree char *by_name = g_path_get_dirname(image_dir);
    g_autofree char *source = g_path_get_dirname(by_name);

    g_mkdir_with_parents(own_cache, 0755);
    if (cache != NULL && symlink(cache, link) < 0)
        g_error("cannot make %s: %s", link, g_strerror(errno));
    if (symlink(source, images) < 0)
        g_error("cannot make %s: %s", images, g_strerror(errno));
    g_setenv("LIBSANDBOX_DATA_DIR", data, TRUE);
    g_setenv("LIBSANDBOX_RUNTIME_DIR", runtime, TRUE);
    /* A program that is about spares says so before vm_main(). */
    g_setenv("LIBSANDBOX_SPARES", "0", FALSE);
    if (use_templates)
        link_templates();
    else
        g_setenv("LIBSANDBOX_TEMPLATES", "0", FALSE);
}

/* Short: sockets are made below it. */
static gboolean make_scratch(void)
{
    scratch = g_strdup("/tmp/sbxv-XXXXXX");
    return mkdtemp(scratch) != NULL && chmod(scratch, 0755) == 0;
}

static void remove_tree(const char *path)
{
    const char *argv[] = {"rm", "-rf", "--one-file-system", path, NULL};

    g_spawn_sync("/", (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
}

/* The first boot, which also tells whether this machine can boot at all. Returns an exit status. */
static int start_shared(const char *name)
{
    sbx_options *options = sbx_options_new();
    sbx_error *error = NULL;
    g_autofree char *text = NULL;
    gint64 start = vm_now_ms();
    int code;

    sbx_options_set_memory(options, VM_SHARED_MEMORY, NULL);
    sbx_options_set_start_timeout(options, vm_limit(180000), NULL);
    sbx_options_set_env(options, "FROM_OPTIONS", "a b'c\n\xc3\xa9", NULL);
    sbx_options_set_label(options, "suite", name, NULL);
    code = sbx_create(options, &shared, &error);
    sbx_options_unref(options);
    if (code == SBX_OK) {
        shared_id = g_strdup(sbx_id(shared));
        printf("%s: first sandbox after %" G_GINT64_FORMAT " ms\n", name, vm_now_ms() - start);
        return 0;
    }
    text = describe(code, error);
    sbx_error_free(error);
    if (code == SBX_E_UNAVAILABLE)
        return skip(name, text);
    printf("%s: FAILED, no sandbox: %s\n", name, text);
    return 1;
}

static int check_nothing_left(const char *name)
{
    g_autofree char *runtime = runtime_dir();
    g_autofree char *left = NULL;
    sbx_error *error = NULL;
    GArray *pidfds;
    GArray *pids = vm_processes(runtime);
    int status = 0;

    pidfds = vm_pidfds(pids);
    g_array_unref(pids);
    shared = sbx_unref(shared);
    if (sbx_keeper_stop(1, &error) < 0) {
        printf("%s: FAILED, sbx_keeper_stop: %s\n", name, sbx_error_message(error));
        sbx_error_free(error);
        status = 1;
    }
    if (!vm_wait_all_gone(pidfds, 5000)) {
        printf("%s: FAILED, processes outlive the keeper\n", name);
        status = 1;
    }
    left = vm_leftovers(runtime);
    if (left != NULL) {
        printf("%s: FAILED, left behind:\n%s", name, left);
        status = 1;
    }
    return status;
}

static int run_suite(const char *name, Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_set_tap(runner, g_getenv("SBX_TEST_TAP"));
    fflush(stdout);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    failed += check_nothing_left(name);
    return failed > 0 ? 1 : 0;
}

static void show_log(void)
{
    g_autofree char *path = vm_path("data/log/keeper.log");
    g_autofree char *text = NULL;

    if (g_file_get_contents(path, &text, NULL, NULL))
        printf("--- keeper.log\n%s---\n", text);
}

int vm_main(const char *name, Suite *suite)
{
    g_autofree char *reason = NULL;
    g_autofree char *cache = find_cache();
    int status;

    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    image_dir = find_image(&reason);
    if (image_dir == NULL)
        return skip(name, reason);
    if (!make_scratch()) {
        printf("%s: FAILED, no directory: %s\n", name, g_strerror(errno));
        return 1;
    }
    own_directories = g_strcmp0(g_getenv("SBX_TEST_OWN_DIRECTORIES"), "1") == 0;
    if (!own_directories)
        set_up_directories(cache);
    status = start_shared(name);
    if (status == 0)
        status = run_suite(name, suite);
    else
        sbx_keeper_stop(1, NULL);
    if (status == 1)
        show_log();
    remove_tree(scratch);
    return status;
}
