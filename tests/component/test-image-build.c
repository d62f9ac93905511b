/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Image builds: the public functions, the real sbx-image, and a fake build-image beside it that
 * does what the variable FAKE says. SBX_TEST_IMAGE_TOOL names the program under test.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <sandbox/sandbox.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image/tree.h"
#include "wire/fd.h"

#define SLUG "builtin+debian-13"

static const char fake_script[] =
    "#!/bin/bash\n"
    "printf '%s %s\\n' $$ $PPID >>\"$FAKE_DIR/runs\"\n"
    "printf '%s\\n' \"$*\" >\"$FAKE_DIR/args\"\n"
    "out=$2\n"
    "say() { printf '%s\\t%s\\t%s\\n' \"$1\" \"$2\" \"$3\" >&9; }\n"
    "file() {\n"
    "  printf '\"%s\":{\"size\":%s,\"sha256\":\"%s\"}' $1 $(stat -c %s $1) \\\n"
    "    $(sha256sum $1 | cut -d' ' -f1)\n"
    "}\n"
    "stopped() { kill $waiting; touch \"$FAKE_DIR/cleaned\"; exit 143; }\n"
    "say 0 start 'starting'; say nonsense; say 50 half 'half way'; say 20 back 'falling'\n"
    "case $FAKE in\n"
    "exit*) echo noise; echo 'build-image: the reason' >&2; exit ${FAKE#exit} ;;\n"
    "hang) trap stopped TERM; mkdir $out/.build.x; touch $out/.build.x/f\n"
    "  sleep infinity & waiting=$!; say 60 hang 'hanging'; wait ;;\n"
    "gate) say 60 gate 'at the gate'; read -r line <\"$FAKE_DIR/gate\" ;;\n"
    "orphan) setsid sleep infinity & echo $! >\"$FAKE_DIR/orphan\" ;;\n"
    "esac\n"
    "cd \"$out\" || exit 1\n"
    "mkdir scratch\n"
    "head -c 4096 /dev/zero >rootfs.ext4\n"
    "printf '\\x53\\xef' | dd of=rootfs.ext4 bs=1 seek=1080 conv=notrunc status=none\n"
    "echo kernel >vmlinux; echo modules >modules.cpio\n"
    "printf '{\"format\":1,\"name\":\"builtin:debian-13\",\"suite\":\"trixie\",' >manifest.json\n"
    "printf '\"created\":\"2026-01-02T03:04:05Z\",\"architecture\":\"x86_64\",' >>manifest.json\n"
    "printf '\"kernel\":{\"release\":\"6.12\"},' >>manifest.json\n"
    "printf '\"deno\":null,\"files\":{%s,%s,%s}}' \"$(file rootfs.ext4)\" \"$(file vmlinux)\" \\\n"
    "  \"$(file modules.cpio)\" >>manifest.json\n"
    "[[ $FAKE != short ]] || rm vmlinux\n"
    "[[ $FAKE != flipped ]] || echo Kernel >vmlinux\n"
    "say 100 done 'done'\n";

static char *top;
static char *images;
static char *tool;
static guint fds_before;

static guint count_fds(void)
{
    g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
    guint count = 0;

    while (g_dir_read_name(dir))
        count++;
    return count;
}

static char *below_top(const char *file)
{
    return g_build_filename(top, file, NULL);
}

static void fake(const char *what)
{
    g_setenv("FAKE", what, TRUE);
}

static void setup(void)
{
    g_autofree char *script = NULL;
    g_autofree char *program = NULL;
    gsize length;

    fds_before = count_fds();
    top = g_dir_make_tmp("sbx-build-XXXXXX", NULL);
    images = below_top("images");
    tool = below_top("sbx-image");
    script = below_top("build-image");
    ck_assert(g_file_get_contents(g_getenv("SBX_TEST_IMAGE_TOOL"), &program, &length, NULL));
    ck_assert(g_file_set_contents_full(tool, program, (gssize)length, 0, 0755, NULL));
    ck_assert(g_file_set_contents_full(script, fake_script, -1, 0, 0755, NULL));
    g_setenv("LIBSANDBOX_LIBEXEC_DIR", top, TRUE);
    g_setenv("LIBSANDBOX_DATA_DIR", top, TRUE);
    g_setenv("FAKE_DIR", top, TRUE);
    fake("ok");
}

/* Only versions and the lock file may be there: no build directory, no remains. */
static void assert_tidy(void)
{
    g_autoptr(GDir) dir = g_dir_open(images, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir)))
        ck_assert_msg(g_str_equal(name, SLUG) || g_str_equal(name, ".lock-" SLUG), "left: %s",
                      name);
}

static void teardown(void)
{
    assert_tidy();
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
    ck_assert(sbx_tree_remove(top, NULL));
    g_free(top);
    g_free(images);
    g_free(tool);
    ck_assert_uint_eq(count_fds(), fds_before);
}

static guint count_runs(void)
{
    g_autofree char *path = below_top("runs");
    g_autofree char *text = NULL;
    guint lines = 0;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return 0;
    for (const char *c = text; *c; c++)
        lines += *c == '\n';
    return lines;
}

static gboolean exists(const char *file)
{
    g_autofree char *path = below_top(file);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

static char *build_ok(int expected)
{
    sbx_error *error = NULL;
    char *version = NULL;
    int result = sbx_image_build(NULL, NULL, NULL, NULL, &version, &error);

    ck_assert_msg(result == expected, "%d: %s (%s)", result,
                  error ? sbx_error_message(error) : "", error ? sbx_error_cause(error) : "");
    ck_assert_ptr_nonnull(version);
    return version;
}

static void assert_build_fails(int code, const char *words)
{
    sbx_error *error = NULL;
    char *version = NULL;

    ck_assert_int_eq(sbx_image_build(NULL, NULL, NULL, NULL, &version, &error), code);
    ck_assert_ptr_null(version);
    ck_assert_int_eq(sbx_error_code(error), code);
    ck_assert_str_eq(sbx_error_operation(error), "sbx_image_build");
    ck_assert_msg(strstr(sbx_error_message(error), words) != NULL, "%s",
                  sbx_error_message(error));
    sbx_error_free(error);
    assert_tidy();
}

typedef struct {
    GString *stages;
    int last;
    const char *cancel_at;
} Seen;

static int see(void *data, int permille, const char *stage, const char *text)
{
    Seen *seen = data;

    ck_assert_int_ge(permille, seen->last);
    ck_assert_int_le(permille, 1000);
    ck_assert_ptr_nonnull(text);
    seen->last = permille;
    g_string_append_printf(seen->stages, "%s ", stage);
    return seen->cancel_at && g_str_equal(stage, seen->cancel_at);
}

START_TEST(success)
{
    Seen seen = {.stages = g_string_new(NULL)};
    g_autofree char *version = NULL;
    g_autofree char *again = NULL;
    g_autofree char *left = NULL;
    sbx_image_list *list = NULL;

    ck_assert_int_eq(sbx_image_build("builtin:debian-13", NULL, see, &seen, &version, NULL), 1);
    ck_assert_str_eq(seen.stages->str, "start half back done publish done ");
    ck_assert_int_eq(seen.last, 1000);
    again = build_ok(0);
    ck_assert_str_eq(again, version);
    ck_assert_uint_eq(count_runs(), 1);
    ck_assert_int_eq(sbx_image_list_get(&list, NULL), 0);
    ck_assert_uint_eq(sbx_image_list_length(list), 1);
    ck_assert_str_eq(sbx_image_list_name(list, 0), "builtin:debian-13");
    ck_assert_str_eq(sbx_image_list_version(list, 0), version);
    ck_assert_str_eq(sbx_image_list_kernel(list, 0), "6.12");
    ck_assert_int_eq(sbx_image_list_created(list, 0), 1767323045000);
    ck_assert_uint_gt(sbx_image_list_size(list, 0), 0);
    ck_assert_int_eq(sbx_image_list_in_use(list, 0), 0);
    ck_assert_int_eq(sbx_image_list_in_use(list, 1), -1);
    ck_assert_ptr_null(sbx_image_list_name(list, 1));
    left = g_build_filename(sbx_image_list_path(list, 0), "scratch", NULL);
    ck_assert(!g_file_test(left, G_FILE_TEST_EXISTS));
    sbx_image_list_free(list);
    ck_assert_int_eq(sbx_image_verify("builtin:debian-13", NULL, NULL, NULL), 0);
    ck_assert_int_eq(sbx_image_remove("builtin:debian-13", NULL), 1);
    ck_assert_int_eq(sbx_image_remove("builtin:debian-13", NULL), SBX_E_NOT_FOUND);
    g_string_free(seen.stages, TRUE);
}
END_TEST

START_TEST(options_reach_the_script)
{
    sbx_image_build_options *options = sbx_image_build_options_new();
    g_autofree char *first = build_ok(1);
    g_autofree char *second = NULL;
    g_autofree char *path = below_top("args");
    g_autofree char *args = NULL;

    sbx_image_build_options_set_deno(options, 0);
    sbx_image_build_options_set_force(options, 1);
    ck_assert_int_eq(sbx_image_build_options_set_mirror(options, "-x", NULL), SBX_E_INVALID);
    ck_assert_int_eq(sbx_image_build_options_set_mirror(options, "http://m/d", NULL), 0);
    ck_assert_int_eq(sbx_image_build(NULL, options, NULL, NULL, &second, NULL), 1);
    /* The manifest is the same, so the time must differ, even within one second. */
    ck_assert_str_gt(second, first);
    ck_assert(g_file_get_contents(path, &args, NULL, NULL));
    ck_assert(g_str_has_suffix(args, "--progress-fd 9 --mirror http://m/d --no-deno\n"));
    ck_assert_int_eq(sbx_image_build_options_set_mirror(options, "http://m/$(x)", NULL), 0);
    ck_assert_int_eq(sbx_image_build(NULL, options, NULL, NULL, NULL, NULL), SBX_E_INVALID);
    sbx_image_build_options_free(options);
}
END_TEST

static const struct {
    const char *fake;
    int code;
    const char *words;
} failures[] = {
    {"exit1", SBX_E_SYSTEM, "the reason"},
    {"exit2", SBX_E_INTERNAL, "the reason"},
    {"exit3", SBX_E_UNAVAILABLE, "the reason"},
    {"exit4", SBX_E_UNAVAILABLE, "the reason"},
    {"exit5", SBX_E_NO_SPACE, "the reason"},
    {"exit130", SBX_E_CANCELLED, "cancelled"},
    {"exit143", SBX_E_CANCELLED, "cancelled"},
    {"exit77", SBX_E_SYSTEM, "the reason"},
    {"short", SBX_E_IMAGE, "vmlinux"},
    {"flipped", SBX_E_IMAGE, "vmlinux"},
};

START_TEST(failure)
{
    g_autofree char *version = NULL;

    fake(failures[_i].fake);
    assert_build_fails(failures[_i].code, failures[_i].words);
    fake("ok");
    version = build_ok(1);
}
END_TEST

START_TEST(other_names)
{
    sbx_error *error = NULL;

    ck_assert_int_eq(sbx_image_build("builtin:none", NULL, NULL, NULL, NULL, &error),
                     SBX_E_NOT_FOUND);
    ck_assert_ptr_nonnull(sbx_error_hint(error));
    sbx_error_free(error);
    ck_assert_int_eq(sbx_image_build("../x", NULL, NULL, NULL, NULL, NULL), SBX_E_INVALID);
    ck_assert_int_eq(sbx_image_build("--force", NULL, NULL, NULL, NULL, NULL), SBX_E_INVALID);
    ck_assert_int_eq(sbx_image_remove(NULL, NULL), SBX_E_INVALID);
    ck_assert_int_eq(sbx_image_verify("a", NULL, NULL, NULL), SBX_E_NOT_FOUND);
    ck_assert_int_eq(sbx_image_list_get(NULL, NULL), SBX_E_INVALID);
    ck_assert_uint_eq(count_runs(), 0);
}
END_TEST

START_TEST(cancelled)
{
    Seen seen = {.stages = g_string_new(NULL), .cancel_at = "hang"};
    g_autofree char *version = NULL;
    sbx_error *error = NULL;

    fake("hang");
    ck_assert_int_eq(sbx_image_build(NULL, NULL, see, &seen, NULL, &error), SBX_E_CANCELLED);
    sbx_error_free(error);
    ck_assert(exists("cleaned"));
    assert_tidy();
    fake("ok");
    version = build_ok(1);
    g_string_free(seen.stages, TRUE);
}
END_TEST

START_TEST(host_ignores_its_children)
{
    g_autofree char *version = NULL;
    Seen seen = {.stages = g_string_new(NULL), .cancel_at = "hang"};

    signal(SIGCHLD, SIG_IGN);
    version = build_ok(1);
    fake("hang");
    ck_assert_int_eq(sbx_image_remove("builtin:debian-13", NULL), 1);
    ck_assert_int_eq(sbx_image_build(NULL, NULL, see, &seen, NULL, NULL), SBX_E_CANCELLED);
    ck_assert(exists("cleaned"));
    signal(SIGCHLD, SIG_DFL);
    g_string_free(seen.stages, TRUE);
}
END_TEST

START_TEST(orphans_are_ended)
{
    g_autofree char *version = NULL;
    g_autofree char *path = below_top("orphan");
    g_autofree char *pid = NULL;

    fake("orphan");
    version = build_ok(1);
    ck_assert(g_file_get_contents(path, &pid, NULL, NULL));
    ck_assert_int_eq(kill(atoi(pid), 0), -1);
    ck_assert_int_eq(errno, ESRCH);
}
END_TEST

static void open_gate(void)
{
    g_autofree char *path = below_top("gate");
    g_auto(fd_t) fd = open(path, O_WRONLY | O_CLOEXEC);

    ck_assert_int_eq(write(fd, "go\n", 3), 3);
}

/* The second builder: lets the first one go on as soon as it is seen to wait. */
static int see_wait(void *data, int permille, const char *stage, const char *text)
{
    (void)permille;
    (void)text;
    if (g_str_equal(stage, "wait") && !*(int *)data) {
        *(int *)data = 1;
        open_gate();
    }
    return 0;
}

static gpointer build_second(gpointer data)
{
    char *version = NULL;

    ck_assert_int_eq(sbx_image_build(NULL, NULL, see_wait, data, &version, NULL), 0);
    return version;
}

typedef struct {
    GThread *second;
    int waited;
} Race;

static int see_gate(void *data, int permille, const char *stage, const char *text)
{
    Race *race = data;

    (void)permille;
    (void)text;
    if (g_str_equal(stage, "gate"))
        race->second = g_thread_new("second", build_second, &race->waited);
    return 0;
}

START_TEST(two_builders)
{
    g_autofree char *gate = below_top("gate");
    g_autofree char *first = NULL;
    g_autofree char *second = NULL;
    Race race = {0};

    ck_assert_int_eq(mkfifo(gate, 0600), 0);
    fake("gate");
    ck_assert_int_eq(sbx_image_build(NULL, NULL, see_gate, &race, &first, NULL), 1);
    second = g_thread_join(race.second);
    ck_assert_int_eq(race.waited, 1);
    ck_assert_str_eq(first, second);
    ck_assert_uint_eq(count_runs(), 1);
}
END_TEST

/* Starts the tool as a child of ours and returns when the script hangs. */
static pid_t start_hanging(int *progress)
{
    char bytes[4096] = "";
    gsize length = 0;
    int ends[2];
    pid_t pid;

    fake("hang");
    ck_assert_int_eq(pipe(ends), 0);
    pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY);

        dup2(null, 1);
        dup2(ends[1], 9);
        execl(tool, tool, "build", "builtin:debian-13", "--progress-fd", "9", NULL);
        _exit(127);
    }
    close(ends[1]);
    while (!strstr(bytes, "hanging")) {
        ssize_t n = read(ends[0], bytes + length, sizeof(bytes) - 1 - length);

        ck_assert_int_gt(n, 0);
        length += (gsize)n;
    }
    *progress = ends[0];
    return pid;
}

static void script_pids(pid_t *script, pid_t *guard)
{
    g_autofree char *path = below_top("runs");
    g_autofree char *text = NULL;

    ck_assert(g_file_get_contents(path, &text, NULL, NULL));
    ck_assert_int_eq(sscanf(text, "%d %d", script, guard), 2);
}

START_TEST(tool_is_killed)
{
    g_autofree char *version = NULL;
    int progress;
    pid_t pid = start_hanging(&progress);
    pid_t script, guard;

    script_pids(&script, &guard);
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    waitpid(pid, NULL, 0);
    close(progress);
    fake("ok");
    /* Waits for the guard's clean-up by itself. */
    version = build_ok(1);
    ck_assert(exists("cleaned"));
    ck_assert_int_eq(kill(script, 0), -1);
    ck_assert_int_eq(errno, ESRCH);
}
END_TEST

START_TEST(tool_and_guard_are_killed)
{
    g_autofree char *version = NULL;
    int progress;
    pid_t pid = start_hanging(&progress);
    pid_t script, guard;

    script_pids(&script, &guard);
    ck_assert_int_eq(kill(guard, SIGSTOP), 0);
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    waitpid(pid, NULL, 0);
    ck_assert_int_eq(kill(guard, SIGKILL), 0);
    close(progress);
    fake("ok");
    version = build_ok(1);
}
END_TEST

START_TEST(tool_gets_a_signal)
{
    int progress;
    pid_t pid = start_hanging(&progress);
    int status;

    ck_assert_int_eq(kill(pid, SIGINT), 0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 1);
    ck_assert(exists("cleaned"));
    close(progress);
}
END_TEST

START_TEST(reader_of_progress_goes)
{
    int progress;
    pid_t pid = start_hanging(&progress);
    int status;

    close(progress);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(WEXITSTATUS(status), 1);
    ck_assert(exists("cleaned"));
}
END_TEST

START_TEST(damaged_is_built_again)
{
    g_autofree char *first = build_ok(1);
    g_autofree char *path = g_build_filename(images, SLUG, first, "vmlinux", NULL);
    g_autofree char *second = NULL;
    sbx_error *error = NULL;

    ck_assert(g_file_set_contents(path, "Kernel\n", -1, NULL));
    ck_assert_int_eq(sbx_image_verify("builtin:debian-13", NULL, NULL, &error), SBX_E_IMAGE);
    ck_assert_ptr_nonnull(strstr(sbx_error_message(error), "vmlinux"));
    ck_assert_ptr_nonnull(sbx_error_hint(error));
    sbx_error_free(error);
    second = build_ok(1);
    ck_assert_str_gt(second, first);
    ck_assert_int_eq(sbx_image_verify("builtin:debian-13", NULL, NULL, NULL), 0);
    ck_assert_int_eq(sbx_image_remove("builtin:debian-13", NULL), 2);
}
END_TEST

START_TEST(nowhere_to_write)
{
    g_setenv("LIBSANDBOX_DATA_DIR", "/proc/nowhere", TRUE);
    ck_assert_int_eq(sbx_image_build(NULL, NULL, NULL, NULL, NULL, NULL), SBX_E_SYSTEM);
    ck_assert_uint_eq(count_runs(), 0);
}
END_TEST

static Suite *build_suite(void)
{
    Suite *suite = suite_create("image-build");
    TCase *tests = tcase_create("build");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, success);
    tcase_add_test(tests, options_reach_the_script);
    tcase_add_loop_test(tests, failure, 0, G_N_ELEMENTS(failures));
    tcase_add_test(tests, other_names);
    tcase_add_test(tests, cancelled);
    tcase_add_test(tests, host_ignores_its_children);
    tcase_add_test(tests, orphans_are_ended);
    tcase_add_test(tests, two_builders);
    tcase_add_test(tests, tool_is_killed);
    tcase_add_test(tests, tool_and_guard_are_killed);
    tcase_add_test(tests, tool_gets_a_signal);
    tcase_add_test(tests, reader_of_progress_goes);
    tcase_add_test(tests, damaged_is_built_again);
    tcase_add_test(tests, nowhere_to_write);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    SRunner *runner;
    int failed;

    if (!g_getenv("SBX_TEST_IMAGE_TOOL")) {
        g_printerr("skipped: SBX_TEST_IMAGE_TOOL does not name the sbx-image to test\n");
        return g_getenv("SBX_TEST_MUST_RUN") ? EXIT_FAILURE : 77;
    }
    runner = srunner_create(build_suite());
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
