/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directories, trees, patterns, watching: the real library, keeper, agent and worker, without a VM. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "files-fixture.h"
#include "lib/test-keeper.h"
#include "lib/test-op.h"
#include "lib/test-process.h"

START_TEST(trees_are_made_and_removed)
{
    sbx_fs_options *recursive = with_flags(SBX_FS_RECURSIVE);
    sbx_error *error = NULL;
    sbx_stat *stat = NULL;

    test_ok(sbx_fs_mkdir(box, at("a/b//c/"), recursive, &error), &error);
    test_ok(sbx_fs_mkdir(box, at("a/b/c"), recursive, &error), &error);
    put(at("a/keep"), "x");
    test_failed(sbx_fs_mkdir(box, at("a/keep/d"), recursive, &error), SBX_E_FILE, &error, "keep");
    test_failed(sbx_fs_mkdir(box, at("a/keep"), recursive, &error), SBX_E_EXISTS, &error, "keep");
    /* A link in it is removed, what it names is not. */
    g_free(sh("cd '%s' && mkdir out && touch out/x && ln -s ../out a/link && ln -s none a/dangling"
              " && mkfifo a/fifo && chmod 0 a/keep", top));
    test_ok(sbx_fs_remove(box, at("a"), recursive, &error), &error);
    test_failed(sbx_fs_lstat(box, at("a"), NULL, &stat, &error), SBX_E_NOT_FOUND, &error, "a");
    assert_text(at("out/x"), "");
    test_failed(sbx_fs_remove(box, at("a"), recursive, &error), SBX_E_NOT_FOUND, &error, "a");
    /* Of a link itself. */
    g_free(sh("ln -s out '%s'", at("link")));
    test_ok(sbx_fs_remove(box, at("link"), recursive, &error), &error);
    assert_text(at("out/x"), "");
    sbx_fs_options_free(recursive);
}
END_TEST

/* Deeper than any limit of open files or path lengths, and wide. */
START_TEST(deep_and_wide_trees)
{
    sbx_fs_options *recursive = with_flags(SBX_FS_RECURSIVE);
    sbx_error *error = NULL;
    sbx_dir *dir = NULL;
    int code;
    int count = 0;

    /* Three of a thousand levels each, put into one another. */
    g_free(sh("cd '%s' && d=$(printf 'd/%%.0s' {1..1000}) && mkdir -p t/$d m/$d b/$d && "
              "touch b/${d}deepest && mv b m/$d && mv m t/$d", top));
    g_free(sh("cd '%s/t' && for i in {1..20000}; do : >$i; done", top));
    test_ok(sbx_fs_walk(box, at("t"), NULL, &dir, &error), &error);
    while ((code = sbx_dir_next(dir, &error)) > 0)
        count++;
    test_ok(code, &error);
    ck_assert_int_eq(count, 3004 + 20000);
    ck_assert_ptr_null(sbx_dir_path(dir));
    sbx_dir_free(dir);
    test_ok(sbx_fs_remove(box, at("t"), recursive, &error), &error);
    sbx_fs_options_free(recursive);
}
END_TEST

/* Somebody swaps directories for links all the time: what the links name stays. */
START_TEST(removal_follows_no_link)
{
    sbx_fs_options *recursive = with_flags(SBX_FS_RECURSIVE);
    sbx_error *error = NULL;
    sbx_command *command;
    sbx_process *racer = NULL;
    g_autofree char *script = g_strdup_printf(
        "cd '%s'; mkdir victim; touch victim/{1..50}; echo; while :; do "
        "mkdir -p t/a/b 2>/dev/null; mv t/a t/x 2>/dev/null; ln -s ../victim t/a 2>/dev/null; "
        "rm -rf t/x 2>/dev/null; done", top);
    char byte;
    g_autofree char *left = NULL;

    command = sbx_command_new_script(script);
    test_ok(sbx_command_set_stdio(command, SBX_STDERR, SBX_STDIO_NULL, &error), &error);
    test_ok(sbx_spawn(box, command, &racer, &error), &error);
    ck_assert_int_eq(read(sbx_process_fd(racer, SBX_STDOUT), &byte, 1), 1);
    for (int i = 0; i < 200; i++)
        sbx_fs_remove(box, at("t"), recursive, NULL);
    test_ok(sbx_process_signal(racer, SIGKILL, &error), &error);
    test_ok(sbx_process_wait(racer, -1, &error), &error);
    /* The racer itself may have made a directory there. */
    left = sh("find '%s' -type f | wc -l", at("victim"));
    ck_assert_str_eq(left, "50\n");
    sbx_process_unref(racer);
    sbx_command_unref(command);
    sbx_fs_options_free(recursive);
}
END_TEST

static int compare(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All paths of a stream, sorted, relative to the test's directory, with '|' between. Frees the stream. */
static char *paths_of(sbx_dir *dir)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    sbx_error *error = NULL;
    int code;

    while ((code = sbx_dir_next(dir, &error)) > 0) {
        const char *path = sbx_dir_path(dir);

        if (g_str_has_prefix(path, top))
            path += strlen(top) + (path[strlen(top)] == '/');
        g_ptr_array_add(paths, g_strdup(path));
    }
    test_ok(code, &error);
    ck_assert_int_eq(sbx_dir_next(dir, &error), 0);
    sbx_dir_free(dir);
    g_ptr_array_sort(paths, compare);
    g_ptr_array_add(paths, NULL);
    return g_strjoinv("|", (char **)paths->pdata);
}

static void assert_walk(const sbx_fs_options *options, const char *wanted)
{
    sbx_error *error = NULL;
    sbx_dir *dir = NULL;
    g_autofree char *found = NULL;

    test_ok(sbx_fs_walk(box, top, options, &dir, &error), &error);
    found = paths_of(dir);
    ck_assert_str_eq(found, wanted);
}

static void assert_glob(const char *pattern, const sbx_fs_options *options, const char *wanted)
{
    sbx_error *error = NULL;
    sbx_dir *dir = NULL;
    g_autofree char *found = NULL;

    test_ok(sbx_fs_glob(box, pattern, options, &dir, &error), &error);
    found = paths_of(dir);
    ck_assert_msg(strcmp(found, wanted) == 0, "\"%s\": \"%s\", not \"%s\"", pattern, found, wanted);
}

static void make_tree(void)
{
    g_free(sh("cd '%s' && mkdir -p src/deep/er .hid && touch a.c B.h src/x.c src/deep/y.c "
              "src/deep/er/z.h .hid/w.c && ln -s src link && ln -s .. src/up && ln -s none dangling",
              top));
}

START_TEST(directories)
{
    sbx_error *error = NULL;
    sbx_dir *dir = NULL;
    int seen = 0;

    make_tree();
    test_ok(sbx_fs_read_dir(box, top, NULL, &dir, &error), &error);
    ck_assert_ptr_null(sbx_dir_name(dir));
    while (sbx_dir_next(dir, &error) > 0) {
        int kind = sbx_dir_kind(dir);

        seen++;
        ck_assert_str_eq(sbx_dir_path(dir), at(sbx_dir_name(dir)));
        ck_assert_int_eq(sbx_dir_depth(dir), 1);
        if (strcmp(sbx_dir_name(dir), "src") == 0)
            ck_assert_int_eq(kind, SBX_KIND_DIRECTORY);
        if (strcmp(sbx_dir_name(dir), "link") == 0)
            ck_assert_int_eq(kind, SBX_KIND_SYMLINK);
        if (strcmp(sbx_dir_name(dir), "a.c") == 0)
            ck_assert_int_eq(kind, SBX_KIND_FILE);
    }
    ck_assert_int_eq(seen, 6);
    sbx_dir_free(dir);
    /* Left in the middle. */
    dir = NULL;
    test_ok(sbx_fs_read_dir(box, "/usr/bin", NULL, &dir, &error), &error);
    ck_assert_int_eq(sbx_dir_next(dir, &error), 1);
    sbx_dir_free(dir);
    sbx_dir_free(NULL);
}
END_TEST

START_TEST(walks)
{
    sbx_fs_options *options = sbx_fs_options_new();
    sbx_error *error = NULL;
    sbx_dir *dir = NULL;

    make_tree();
    assert_walk(NULL, "|.hid|.hid/w.c|B.h|a.c|dangling|link|src|src/deep|src/deep/er|src/deep/er/z.h|"
                      "src/deep/y.c|src/up|src/x.c");
    test_ok(sbx_fs_options_set_max_depth(options, 1, &error), &error);
    assert_walk(options, "|.hid|B.h|a.c|dangling|link|src");
    test_ok(sbx_fs_options_set_max_depth(options, 0, &error), &error);
    assert_walk(options, "");
    test_ok(sbx_fs_options_set_max_depth(options, -1, &error), &error);
    test_ok(sbx_fs_options_set_flags(options, SBX_FS_NO_DIRECTORIES | SBX_FS_NO_SYMLINKS, &error),
            &error);
    assert_walk(options, ".hid/w.c|B.h|a.c|src/deep/er/z.h|src/deep/y.c|src/x.c");
    test_ok(sbx_fs_options_add_match(options, "*.c", &error), &error);
    assert_walk(options, ".hid/w.c|a.c|src/deep/y.c|src/x.c");
    test_ok(sbx_fs_options_add_match(options, "src/**/z.*", &error), &error);
    test_ok(sbx_fs_options_add_skip(options, ".*", &error), &error);
    test_ok(sbx_fs_options_add_skip(options, "src/deep/y*", &error), &error);
    assert_walk(options, "a.c|src/deep/er/z.h|src/x.c");
    sbx_fs_options_free(options);
    /* Links go round in a circle here: each directory is seen once on the way down. */
    options = with_flags(SBX_FS_FOLLOW_LINKS | SBX_FS_NO_FILES);
    test_ok(sbx_fs_options_add_skip(options, "deep", &error), &error);
    assert_walk(options, "|.hid|dangling|link|link/up|src|src/up");
    sbx_fs_options_free(options);
    test_ok(sbx_fs_walk(box, at("a.c"), NULL, &dir, &error), &error);
    ck_assert_int_eq(sbx_dir_next(dir, &error), 1);
    ck_assert_str_eq(sbx_dir_name(dir), "a.c");
    ck_assert_int_eq(sbx_dir_kind(dir), SBX_KIND_FILE);
    ck_assert_int_eq(sbx_dir_depth(dir), 0);
    ck_assert_int_eq(sbx_dir_next(dir, &error), 0);
    sbx_dir_free(dir);
    dir = NULL;
    test_ok(sbx_fs_walk(box, at("none"), NULL, &dir, &error), &error);
    test_failed(sbx_dir_next(dir, &error), SBX_E_NOT_FOUND, &error, "none");
    sbx_dir_free(dir);
}
END_TEST

START_TEST(forbidden_directories)
{
    sbx_fs_options *skip = with_flags(SBX_FS_SKIP_DENIED);
    sbx_error *error = NULL;
    sbx_dir *dir = NULL;
    int code;

    g_free(sh("cd '%s' && mkdir no yes && touch yes/f && chmod 0 no", top));
    if (is_ordinary()) {
        test_ok(sbx_fs_walk(box, top, NULL, &dir, &error), &error);
        while ((code = sbx_dir_next(dir, &error)) > 0)
            continue;
        test_failed(code, SBX_E_DENIED, &error, "/no\"");
        sbx_dir_free(dir);
    }
    assert_walk(skip, "|no|yes|yes/f");
    sbx_fs_options_free(skip);
    g_free(sh("chmod 700 '%s/no'", top));
}
END_TEST

START_TEST(globs)
{
    sbx_fs_options *options = sbx_fs_options_new();
    sbx_error *error = NULL;
    g_autofree char *absolute = NULL;

    make_tree();
    test_ok(sbx_fs_options_set_directory(options, top, &error), &error);
    assert_glob("*.c", options, "a.c");
    assert_glob("*.[ch]", options, "B.h|a.c");
    assert_glob("**/*.c", options, ".hid/w.c|a.c|src/deep/y.c|src/x.c");
    assert_glob("src/**", options, "src|src/deep|src/deep/er|src/deep/er/z.h|src/deep/y.c|src/up|src/x.c");
    assert_glob("src/*/*/z.h", options, "src/deep/er/z.h");
    assert_glob("{a,b}.c", options, "a.c");
    assert_glob("{src/{x,nope},a}.{c,h}", options, "a.c|src/x.c");
    assert_glob("s?c/./x.c", options, "src/x.c");
    assert_glob("src/x.c", options, "src/x.c");
    assert_glob("!(a|link|src).[a-z]", options, "B.h");
    assert_glob("nothing*", options, "");
    assert_glob("none/*", options, "");
    assert_glob("a\\.c", options, "a.c");
    /* What is said is followed, what is found is not. */
    assert_glob("link/*", options, "link/deep|link/up|link/x.c");
    assert_glob("lin?/*", options, "");
    absolute = g_strdup_printf("%s/s*/*.c", top);
    assert_glob(absolute, options, "src/x.c");
    assert_glob(absolute, NULL, "src/x.c");
    test_ok(sbx_fs_options_set_flags(options, SBX_FS_IGNORE_CASE, &error), &error);
    assert_glob("SRC/X.C", options, "src/x.c");
    sbx_fs_options_free(options);
}
END_TEST

typedef struct {
    int kind;
    char *path;
    char *to;
} Event;

/* The next event that is not about contents or attributes. */
static Event next_event(sbx_watch *watch)
{
    sbx_error *error = NULL;
    Event event = {0};

    do
        ck_assert_int_eq(test_ok(sbx_watch_next(watch, 20000, &error), &error), 1);
    while (sbx_watch_kind(watch) == SBX_WATCH_ATTRIBUTES ||
           sbx_watch_kind(watch) == SBX_WATCH_MODIFY);
    event.kind = sbx_watch_kind(watch);
    event.path = g_strdup(sbx_watch_path(watch));
    event.to = g_strdup(sbx_watch_to(watch));
    return event;
}

static void assert_event(sbx_watch *watch, int kind, const char *path, const char *to)
{
    Event event = next_event(watch);

    ck_assert_int_eq(event.kind, kind);
    ck_assert_str_eq(event.path, path);
    ck_assert_pstr_eq(event.to, to);
    g_free(event.path);
    g_free(event.to);
}

START_TEST(watching_a_directory)
{
    sbx_error *error = NULL;
    sbx_watch *watch = NULL;
    struct pollfd ready;

    test_failed(sbx_fs_watch(box, at("none"), NULL, &watch, &error), SBX_E_NOT_FOUND, &error,
                "none");
    test_ok(sbx_fs_watch(box, top, NULL, &watch, &error), &error);
    ck_assert_int_eq(sbx_watch_next(watch, 0, &error), 0);
    ck_assert_int_eq(sbx_watch_kind(watch), 0);
    put(at("new\n\xff"), "");
    ready = (struct pollfd){.fd = sbx_watch_fd(watch), .events = POLLIN};
    ck_assert_int_eq(poll(&ready, 1, 20000), 1);
    assert_event(watch, SBX_WATCH_CREATE, at("new\n\xff"), NULL);
    test_ok(sbx_fs_rename(box, at("new\n\xff"), at("b"), NULL, &error), &error);
    assert_event(watch, SBX_WATCH_RENAME, at("new\n\xff"), at("b"));
    test_ok(sbx_fs_remove(box, at("b"), NULL, &error), &error);
    assert_event(watch, SBX_WATCH_REMOVE, at("b"), NULL);
    put(at("c"), "");
    assert_event(watch, SBX_WATCH_CREATE, at("c"), NULL);
    put(at("c"), "text");
    do
        ck_assert_int_eq(sbx_watch_next(watch, 20000, &error), 1);
    while (sbx_watch_kind(watch) != SBX_WATCH_MODIFY);
    ck_assert_str_eq(sbx_watch_path(watch), at("c"));
    sbx_watch_free(watch);
    sbx_watch_free(NULL);
}
END_TEST

START_TEST(watching_a_tree)
{
    sbx_fs_options *recursive = with_flags(SBX_FS_RECURSIVE);
    sbx_error *error = NULL;
    sbx_watch *watch = NULL;
    Event event = {0};

    test_ok(sbx_fs_mkdir(box, at("tree/a/b"), recursive, &error), &error);
    test_ok(sbx_fs_mkdir(box, at("elsewhere"), NULL, &error), &error);
    test_ok(sbx_fs_watch(box, at("tree"), recursive, &watch, &error), &error);
    put(at("tree/a/b/1"), "");
    assert_event(watch, SBX_WATCH_CREATE, at("tree/a/b/1"), NULL);
    /* Renamed above: what is below has another name from then on. */
    test_ok(sbx_fs_rename(box, at("tree/a"), at("tree/z"), NULL, &error), &error);
    assert_event(watch, SBX_WATCH_RENAME, at("tree/a"), at("tree/z"));
    put(at("tree/z/b/2"), "");
    assert_event(watch, SBX_WATCH_CREATE, at("tree/z/b/2"), NULL);
    /* New ones are watched, and what was in them at once is not lost. */
    g_free(sh("mkdir -p '%s' && touch '%s'", at("tree/n/m"), at("tree/n/m/3")));
    do {
        g_free(event.path);
        event = next_event(watch);
        ck_assert_int_eq(event.kind, SBX_WATCH_CREATE);
    } while (strcmp(event.path, at("tree/n/m/3")) != 0);
    g_free(event.path);
    test_ok(sbx_fs_rename(box, at("tree/z"), at("elsewhere/z"), NULL, &error), &error);
    do {
        event = next_event(watch);
        g_free(event.path);
    } while (event.kind != SBX_WATCH_REMOVE);
    put(at("elsewhere/z/b/4"), "");
    put(at("tree/last"), "");
    assert_event(watch, SBX_WATCH_CREATE, at("tree/last"), NULL);
    sbx_watch_free(watch);
    sbx_fs_options_free(recursive);
}
END_TEST

/* Deeper than a path can be long: what cannot be watched is told, and the rest is watched. */
START_TEST(watching_a_tree_that_is_too_deep)
{
    sbx_fs_options *recursive = with_flags(SBX_FS_RECURSIVE);
    sbx_error *error = NULL;
    sbx_watch *watch = NULL;
    Event event = {0};

    g_free(sh("cd '%s' && mkdir -p tree/a tree/z elsewhere && cd elsewhere && "
              "name=$(printf 'd%%.0s' {1..200}) && mkdir d && cd d && "
              "for i in {1..25}; do mkdir $name && cd -P ./$name || exit; done",
              top));
    test_ok(sbx_fs_watch(box, at("tree"), recursive, &watch, &error), &error);
    ck_assert_int_eq(sbx_watch_next(watch, 0, &error), 0);
    test_ok(sbx_fs_rename(box, at("elsewhere/d"), at("tree/d"), NULL, &error), &error);
    do {
        g_free(event.path);
        event = next_event(watch);
    } while (event.kind == SBX_WATCH_CREATE);
    ck_assert_int_eq(event.kind, SBX_WATCH_OVERFLOW);
    ck_assert_str_eq(event.path, "");
    g_free(event.path);
    put(at("tree/z/1"), "");
    assert_event(watch, SBX_WATCH_CREATE, at("tree/z/1"), NULL);
    sbx_watch_free(watch);
    /* It is so from the beginning. */
    test_ok(sbx_fs_watch(box, at("tree"), recursive, &watch, &error), &error);
    assert_event(watch, SBX_WATCH_OVERFLOW, "", NULL);
    put(at("tree/z/2"), "");
    assert_event(watch, SBX_WATCH_CREATE, at("tree/z/2"), NULL);
    sbx_watch_free(watch);
    sbx_fs_options_free(recursive);
}
END_TEST

/* Gives up an op that waits for something to come. */
static void cancel_waiting(sbx_op *op)
{
    sbx_error *error = NULL;

    ck_assert_int_ge(test_dispatch(NULL), 0);
    ck_assert_int_eq(sbx_op_is_done(op), 0);
    ck_assert_int_eq(sbx_op_cancel(op), 1);
    test_failed(test_op_end(op, &error), SBX_E_CANCELLED, &error, "cancelled");
}

START_TEST(a_watch_whose_wait_was_cancelled)
{
    sbx_error *error = NULL;
    sbx_watch *watch = NULL;
    sbx_op *op = NULL;

    test_ok(sbx_fs_watch(box, top, NULL, &watch, &error), &error);
    for (int i = 0; i < 3; i++) {
        g_autofree char *name = g_strdup_printf("f%d", i);

        test_ok(sbx_watch_next_start(watch, -1, NULL, &op, &error), &error);
        cancel_waiting(op);
        g_free(sh("mkfifo %s", at(name)));
        assert_event(watch, SBX_WATCH_CREATE, at(name), NULL);
    }
    sbx_watch_free(watch);
}
END_TEST

START_TEST(a_directory_whose_wait_was_cancelled)
{
    g_autoptr(GArray) idle = NULL;
    sbx_error *error = NULL;
    sbx_dir *dir = NULL;
    sbx_op *op = NULL;
    int worker;

    put(at("f"), "");
    idle = workers();
    ck_assert_uint_eq(idle->len, 1);
    worker = test_pidfd(g_array_index(idle, pid_t, 0));
    test_pidfd_kill(worker, SIGSTOP);
    test_ok(sbx_fs_read_dir(box, top, NULL, &dir, &error), &error);
    test_ok(sbx_dir_next_start(dir, NULL, &op, &error), &error);
    cancel_waiting(op);
    ck_assert_ptr_null(sbx_dir_name(dir));
    test_pidfd_kill(worker, SIGCONT);
    ck_assert_int_eq(test_ok(sbx_dir_next(dir, &error), &error), 1);
    ck_assert_str_eq(sbx_dir_name(dir), "f");
    ck_assert_int_eq(test_ok(sbx_dir_next(dir, &error), &error), 0);
    sbx_dir_free(dir);
    close(worker);
}
END_TEST

static Suite *suite(void)
{
    Suite *files = suite_create("keeper-file-trees");
    TCase *cases = tcase_create("files");

    tcase_set_timeout(cases, 120);
    tcase_add_checked_fixture(cases, files_setup, files_teardown);
    tcase_add_test(cases, trees_are_made_and_removed);
    tcase_add_test(cases, deep_and_wide_trees);
    tcase_add_test(cases, removal_follows_no_link);
    tcase_add_test(cases, directories);
    tcase_add_test(cases, walks);
    tcase_add_test(cases, forbidden_directories);
    tcase_add_test(cases, globs);
    tcase_add_test(cases, watching_a_directory);
    tcase_add_test(cases, watching_a_tree);
    tcase_add_test(cases, watching_a_tree_that_is_too_deep);
    tcase_add_test(cases, a_watch_whose_wait_was_cancelled);
    tcase_add_test(cases, a_directory_whose_wait_was_cancelled);
    suite_add_tcase(files, cases);
    return files;
}

int main(void)
{
    return test_keeper_main(suite);
}
