/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files and trees in and out: the real library, helper, keeper and agent, without a VM. The
 * "sandbox" sees this machine's files, so that both sides can be looked at. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/test-box.h"
#include "lib/test-keeper.h"
#include "lib/test-main.h"
#include "lib/test-process.h"

#define MIB ((size_t)1 << 20)

static char *dir; /* of this test */

static void setup(void)
{
    test_box_setup();
    dir = g_build_filename(test_keeper.top, "work", NULL);
    /* Root's keeper and its guests are another user. */
    ck_assert_int_eq(mkdir(dir, 0777), 0);
    ck_assert_int_eq(chmod(dir, 0777), 0);
    ck_assert_int_eq(chmod(test_keeper.top, 0755), 0);
}

static void teardown(void)
{
    g_autofree char *command = g_strdup_printf("chmod -R u+rwx '%s'; rm -rf '%s'", dir, dir);

    ck_assert_int_eq(system(command), 0);
    g_free(dir);
    test_box_teardown();
}

/* A path in the test's directory; good until the program ends. */
static const char *at(const char *name)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);

    return g_intern_string(path);
}

/* Runs a script in the test's directory, which must succeed. */
static void host(const char *script)
{
    g_autofree char *command = g_strdup_printf("cd '%s' && umask 0 && set -e && %s", dir, script);
    const char *argv[] = {"bash", "-c", command, NULL};
    int status = 0;

    ck_assert(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
                           &status, NULL));
    ck_assert_msg(status == 0, "%s", script);
}

/* All that find can say of a tree, and what is in the files. */
static char *describe_tree(const char *name)
{
    g_autofree char *command =
        g_strdup_printf("cd '%s' && find . -printf '%%P|%%y|%%m|%%l|%%n|%%T@\\n' | sort && "
                        "find . -type f -print0 | sort -z | xargs -0 -r cksum",
                        at(name));
    char *text = NULL;
    int status = 0;
    const char *argv[] = {"bash", "-c", command, NULL};

    ck_assert(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &text, NULL,
                           &status, NULL));
    ck_assert_int_eq(status, 0);
    return text;
}

static void assert_same(const char *one, const char *other)
{
    g_autofree char *left = describe_tree(one);
    g_autofree char *right = describe_tree(other);

    ck_assert_str_eq(left, right);
}

static void make_tree(void)
{
    host("mkdir -p tree/sub/empty tree/closed && echo one >tree/a && ln tree/a tree/b && "
         "ln -s /nowhere tree/link && head -c 3000000 /dev/urandom >tree/large && "
         "truncate -s 20M tree/holes && printf x | dd of=tree/holes bs=1 seek=9000000 "
         "conv=notrunc status=none && printf z >tree/$'n\\xff\\nl' && "
         "mkdir tree/$(printf 'd%.0s' {1..200}) && (cd tree/d* && echo two >$(printf 'f%.0s' "
         "{1..200})) && "
         "chmod 604 tree/a && chmod 757 tree/sub && touch -d '2001-02-03 04:05:06.123456789' "
         "tree/sub/empty tree/large && echo x >tree/closed/in && chmod 555 tree/closed");
}

START_TEST(tree_there_and_back)
{
    sbx_error *error = NULL;
    struct stat status;
    int sent, fetched;

    make_tree();
    sent = test_ok(sbx_upload(box, at("tree"), at("there"), NULL, &error), &error);
    ck_assert_int_eq(sent, 13);
    assert_same("tree", "there");
    fetched = test_ok(sbx_download(box, at("there"), at("back"), NULL, &error), &error);
    ck_assert_int_eq(fetched, sent);
    assert_same("tree", "back");
    ck_assert_int_eq(stat(at("back/holes"), &status), 0);
    ck_assert_int_lt(status.st_blocks, 1000);
}
END_TEST

/* Where things go, as cp -a has it. */
START_TEST(where_things_go)
{
    sbx_error *error = NULL;

    host("mkdir -p in/sub existing && echo f >in/file && ln -s in to-in");
    test_ok(sbx_upload(box, at("in/file"), at("new"), NULL, &error), &error);
    host("cmp in/file new");
    test_ok(sbx_upload(box, at("in/file"), at("existing"), NULL, &error), &error);
    host("cmp in/file existing/file");
    test_ok(sbx_upload(box, at("in"), at("existing"), NULL, &error), &error);
    host("cmp in/file existing/in/file");
    test_ok(sbx_upload(box, at("in/."), at("existing"), NULL, &error), &error);
    host("test -d existing/sub");
    test_ok(sbx_upload(box, at("in/."), at("contents"), NULL, &error), &error);
    host("test -d contents/sub && cmp in/file contents/file");
    test_ok(sbx_upload(box, at("in"), at("made/"), NULL, &error), &error);
    host("cmp in/file made/in/file");
    test_ok(sbx_upload(box, at("to-in"), at("link"), NULL, &error), &error);
    host("test -L link");
    test_ok(sbx_upload(box, at("to-in/"), at("followed"), NULL, &error), &error);
    host("test ! -L followed && cmp in/file followed/file");
    test_failed(sbx_upload(box, at("in/file"), at("no/such/place"), NULL, &error), SBX_E_NOT_FOUND,
                &error, "No such file or directory");
}
END_TEST

START_TEST(names_the_file_that_failed)
{
    sbx_error *error = NULL;

    host("mkdir -p tree/x over/tree && echo f >over/tree/x && mkdir -p over2/file && echo f >file");
    test_failed(sbx_upload(box, at("none"), at("there"), NULL, &error), SBX_E_NOT_FOUND, &error,
                "cannot open \"none\"");
    test_failed(sbx_download(box, at("none"), at("here"), NULL, &error), SBX_E_NOT_FOUND, &error,
                "in the sandbox: cannot open \"none\"");
    test_failed(sbx_upload(box, at("tree"), at("over"), NULL, &error), SBX_E_EXISTS, &error,
                "in the sandbox: \"tree/x\" is a directory");
    test_failed(sbx_upload(box, at("file"), at("over2"), NULL, &error), SBX_E_EXISTS, &error,
                "\"file\" is no directory");
    host("test -d over2/file && test -z \"$(find . -name '.sbx*')\"");
    test_failed(sbx_upload(box, NULL, "x", NULL, &error), SBX_E_INVALID, &error, "NULL");
    test_failed(sbx_upload(box, "x", "", NULL, &error), SBX_E_INVALID, &error, "empty");
    test_failed(sbx_upload(NULL, "x", "x", NULL, &error), SBX_E_INVALID, &error, "NULL");
}
END_TEST

START_TEST(existing_files)
{
    sbx_transfer_options *options = sbx_transfer_options_new();
    sbx_error *error = NULL;

    host("mkdir from to && echo new >from/f && echo old >to/f && ln to/f to/other");
    test_ok(sbx_transfer_options_set_existing(options, SBX_EXISTING_REFUSE, &error), &error);
    test_failed(sbx_upload(box, at("from/f"), at("to"), options, &error), SBX_E_EXISTS, &error,
                "\"f\" is there already");
    test_ok(sbx_transfer_options_set_existing(options, SBX_EXISTING_KEEP, &error), &error);
    test_ok(sbx_upload(box, at("from/f"), at("to"), options, &error), &error);
    host("test $(cat to/f) = old");
    test_ok(sbx_transfer_options_set_existing(options, SBX_EXISTING_REPLACE, &error), &error);
    test_ok(sbx_upload(box, at("from/f"), at("to"), options, &error), &error);
    /* The old one is not written into: it may have other names. */
    host("test $(cat to/f) = new && test $(cat to/other) = old");
    test_failed(sbx_transfer_options_set_existing(options, 3, &error), SBX_E_INVALID, &error, "3");
    sbx_transfer_options_free(options);
}
END_TEST

/* Who goes on with a copy that was broken off has the file, and maybe not all of its names. */
START_TEST(kept_files_with_more_names)
{
    sbx_transfer_options *options = sbx_transfer_options_new();
    sbx_error *error = NULL;

    host("mkdir from to && echo x >from/f && ln from/f from/g && ln from/f from/h");
    test_ok(sbx_transfer_options_set_existing(options, SBX_EXISTING_KEEP, &error), &error);
    ck_assert_int_eq(test_ok(sbx_upload(box, at("from/."), at("to"), options, &error), &error), 4);
    ck_assert_int_eq(test_ok(sbx_upload(box, at("from/."), at("to"), options, &error), &error), 1);
    host("rm to/g");
    ck_assert_int_eq(test_ok(sbx_upload(box, at("from/."), at("to"), options, &error), &error), 2);
    host("test to/f -ef to/g && test to/f -ef to/h");
    sbx_transfer_options_free(options);
}
END_TEST

START_TEST(left_out)
{
    sbx_error *error = NULL;

    host("mkdir from to && mkfifo from/p && echo x >from/f");
    ck_assert_int_eq(test_ok(sbx_upload(box, at("from/."), at("to"), NULL, &error), &error), 2);
    ck_assert_int_eq(test_ok(sbx_download(box, at("from/p"), at("to/"), NULL, &error), &error), 0);
    /* A file without a size would be empty. */
    ck_assert_int_eq(test_ok(sbx_download(box, "/proc/version", at("to/"), NULL, &error), &error),
                     0);
    host("test \"$(ls to)\" = f");
}
END_TEST

START_TEST(patterns_and_limits)
{
    sbx_transfer_options *options = sbx_transfer_options_new();
    sbx_error *error = NULL;

    host("mkdir -p t/.git t/a/b && echo 1 >t/.git/x && echo 2 >t/a/b/c.o && echo 3 >t/a/b/c.c");
    test_ok(sbx_transfer_options_add_exclude(options, ".git", &error), &error);
    test_ok(sbx_transfer_options_add_exclude(options, "t/*/*.o", &error), &error);
    test_ok(sbx_upload(box, at("t"), at("out"), options, &error), &error);
    host("test ! -e out/.git && test ! -e out/a/b/c.o && test -e out/a/b/c.c");
    sbx_transfer_options_set_glob(options, 1);
    test_ok(sbx_download(box, at("t/a/b/*.c"), at("globbed"), options, &error), &error);
    host("test -e globbed/c.c");
    test_failed(sbx_download(box, at("t/*.none"), at("globbed"), options, &error), SBX_E_NOT_FOUND,
                &error, "no file matches");
    sbx_transfer_options_set_glob(options, 0);
    sbx_transfer_options_set_max_entries(options, 2);
    test_failed(sbx_download(box, at("t"), at("few"), options, &error), SBX_E_TOO_BIG, &error,
                "more than the 2 entries");
    sbx_transfer_options_set_max_entries(options, 100);
    sbx_transfer_options_set_max_bytes(options, 3);
    test_ok(sbx_download(box, at("t"), at("small"), options, &error), &error);
    sbx_transfer_options_set_max_bytes(options, 1);
    test_failed(sbx_download(box, at("t"), at("smaller"), options, &error), SBX_E_TOO_BIG, &error,
                "more than the 1 bytes");
    sbx_transfer_options_free(options);
}
END_TEST

typedef struct {
    int calls;
    int last;
    int warnings;
    gboolean cancel;
} Progress;

static int on_progress(void *data, int permille, const char *stage, const char *text)
{
    Progress *progress = data;

    ck_assert_int_ge(permille, progress->last);
    ck_assert_int_le(permille, 1000);
    ck_assert(g_utf8_validate(text, -1, NULL));
    progress->last = permille;
    progress->calls++;
    progress->warnings += strcmp(stage, "warning") == 0;
    return progress->cancel;
}

START_TEST(progress_and_warnings)
{
    sbx_transfer_options *options = sbx_transfer_options_new();
    Progress progress = {0};
    sbx_error *error = NULL;

    host("mkdir t && head -c 20000000 /dev/zero >t/f && mkfifo t/p");
    sbx_transfer_options_set_progress(options, on_progress, &progress);
    test_ok(sbx_download(box, at("t"), at("out"), options, &error), &error);
    ck_assert_int_eq(progress.last, 1000);
    ck_assert_int_gt(progress.calls, 1);
    ck_assert_int_eq(progress.warnings, 1);
    host("cmp t/f out/f && test ! -e out/p");
    progress = (Progress){0};
    test_ok(sbx_upload(box, at("t"), at("out2"), options, &error), &error);
    ck_assert_int_eq(progress.warnings, 1);
    progress = (Progress){.cancel = TRUE};
    test_failed(sbx_upload(box, at("t"), at("out3"), options, &error), SBX_E_CANCELLED, &error,
                "cancelled");
    ck_assert_int_eq(progress.calls, 1);
    sbx_transfer_options_free(options);
}
END_TEST

START_TEST(archives_to_and_from_descriptors)
{
    const char *names[] = {"tree/a", "tree/sub"};
    const char *upwards[] = {"tree/../.."};
    sbx_error *error = NULL;
    int file;

    make_tree();
    file = open(at("all.tar"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    test_ok(sbx_tar_create(box, at("tree"), NULL, 0, file, NULL, &error), &error);
    host("mkdir unpacked && tar -C unpacked -xpf all.tar 2>/dev/null");
    assert_same("tree", "unpacked");
    ck_assert_int_eq(lseek(file, 0, SEEK_SET), 0);
    test_ok(sbx_tar_extract(box, at("again"), file, NULL, &error), &error);
    assert_same("tree", "again");
    /* At its end there is nothing left. */
    test_failed(sbx_tar_extract(box, at("again"), file, NULL, &error), SBX_E_INVALID, &error,
                "ends early");
    ck_assert_int_eq(ftruncate(file, 0), 0);
    ck_assert_int_eq(lseek(file, 0, SEEK_SET), 0);
    test_ok(sbx_tar_create(box, dir, names, 2, file, NULL, &error), &error);
    host("test \"$(tar -tf all.tar)\" = \"$(printf 'tree/a\\ntree/sub\\ntree/sub/empty')\"");
    test_failed(sbx_tar_create(box, dir, upwards, 1, file, NULL, &error), SBX_E_INVALID, &error,
                "not a name below");
    test_failed(sbx_tar_create(box, dir, names, 2, -1, NULL, &error), SBX_E_INVALID, &error, "-1");
    test_failed(sbx_tar_extract(box, at("again"), -1, NULL, &error), SBX_E_INVALID, &error, "-1");
    test_failed(sbx_tar_create(box, dir, names, 2, 987654, NULL, &error), SBX_E_INVALID, &error,
                "987654");
    close(file);
    file = open("/dev/full", O_WRONLY | O_CLOEXEC);
    test_failed(sbx_tar_create(box, dir, names, 2, file, NULL, &error), SBX_E_NO_SPACE, &error,
                "No space");
    close(file);
}
END_TEST

START_TEST(from_sandbox_to_sandbox)
{
    sbx *other = test_create(NULL);
    sbx_error *error = NULL;

    make_tree();
    ck_assert_int_eq(
        test_ok(sbx_copy_across(box, at("tree"), other, at("across"), NULL, &error), &error), 13);
    assert_same("tree", "across");
    test_failed(sbx_copy_across(box, at("tree"), other, at("no/place/here"), NULL, &error),
                SBX_E_NOT_FOUND, &error, "cannot open the directory");
    test_failed(sbx_copy_across(box, at("none"), other, at("x"), NULL, &error), SBX_E_NOT_FOUND,
                &error, "none");
    test_ok(sbx_kill(other, &error), &error);
    test_failed(sbx_copy_across(box, at("tree"), other, at("x"), NULL, &error), SBX_E_GONE, &error,
                "has ended");
    sbx_unref(other);
}
END_TEST

/* What a guest's root may send instead of an archive. */
static const struct {
    const char *python;
    int code;
    const char *word;
} hostile[] = {
    {"add('../../escaped', b'x')", SBX_E_DENIED, "leads upwards"},
    {"add('/tmp/escaped', b'x')", SBX_E_DENIED, "absolute"},
    {"link('l', '/tmp'); add('l/escaped', b'x')", SBX_E_DENIED, "symbolic link"},
    {"hard('h', '../victim')", SBX_E_DENIED, "leads upwards"},
    {"hard('h', 'before')", SBX_E_DENIED, "not of this archive"},
    {"out.write(b'rubbish' * 1000)", SBX_E_PROTOCOL, "checksum"},
    {"add('f', b'x' * 5000, cut=True)", SBX_E_PROTOCOL, "ends early"},
};

/* The host's helper alone, as the guest's end would have it. */
START_TEST(hostile_archives)
{
    static const char prologue[] =
        "import tarfile, io, sys, os\n"
        "out = io.BytesIO(); t = tarfile.open(fileobj=out, mode='w:', format=tarfile.PAX_FORMAT)\n"
        "cut_at = None\n"
        "def add(n, b, cut=False):\n"
        "    global cut_at\n"
        "    i = tarfile.TarInfo(n); i.size = len(b); t.addfile(i, io.BytesIO(b))\n"
        "    if cut: cut_at = 1000\n"
        "def link(n, to):\n"
        "    i = tarfile.TarInfo(n); i.type = tarfile.SYMTYPE; i.linkname = to; t.addfile(i)\n"
        "def hard(n, to):\n"
        "    i = tarfile.TarInfo(n); i.type = tarfile.LNKTYPE; i.linkname = to; t.addfile(i)\n"
        "%s\n"
        "if out.tell() and not hostile_raw: t.close()\n"
        "sys.stdout.buffer.write(out.getvalue()[:cut_at])\n";
    g_autofree char *body = g_strdup_printf(prologue, hostile[_i].python);
    g_autofree char *script = g_strconcat(
        "hostile_raw = ", strstr(hostile[_i].python, "out.write") ? "True\n" : "False\n", body,
        NULL);
    sbx_error *error = NULL;
    int file;

    host("mkdir target && echo secret >target/before && echo victim >victim");
    ck_assert(g_file_set_contents(at("make.py"), script, -1, NULL));
    host("python3 make.py >evil.tar");
    file = open(at("evil.tar"), O_RDONLY | O_CLOEXEC);
    /* The same code runs on both sides; here it is the guest's. */
    test_failed(sbx_tar_extract(box, at("target"), file, NULL, &error),
                hostile[_i].code == SBX_E_PROTOCOL ? SBX_E_INVALID : hostile[_i].code, &error,
                hostile[_i].word);
    close(file);
    host("test ! -e escaped && test ! -e /tmp/escaped && test $(cat target/before) = secret");
}
END_TEST

/* A gigabyte of nothing: neither side keeps it. */
START_TEST(memory_stays_flat)
{
    gsize before, after;
    sbx_error *error = NULL;

    host("head -c 300M /dev/zero >big");
    test_ok(sbx_download(box, at("big"), at("warm"), NULL, &error), &error);
    before = test_anonymous_kib(test_keeper_pid()) + test_anonymous_kib(getpid());
    test_ok(sbx_download(box, at("big"), at("copy"), NULL, &error), &error);
    after = test_anonymous_kib(test_keeper_pid()) + test_anonymous_kib(getpid());
    /* A sanitizer keeps what was freed. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    ck_assert_uint_lt(after, before + 4096);
#else
    (void)before;
    (void)after;
#endif
    host("cmp big copy");
}
END_TEST

/* What it has given up. */
static void assert_confined(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/status", pid);
    g_autofree char *status = NULL;

    ck_assert(g_file_get_contents(path, &status, NULL, NULL));
    ck_assert_ptr_nonnull(strstr(status, "\nNoNewPrivs:\t1\n"));
    ck_assert_ptr_nonnull(strstr(status, "\nSeccomp:\t2\n"));
}

/* The only one of these that @top has started; other tests have theirs. */
static pid_t only_one(pid_t top, GArray *found)
{
    g_autoptr(GArray) ours = test_descendants(top);
    pid_t only = 0;

    for (guint i = 0; i < found->len; i++) {
        for (guint j = 0; j < ours->len; j++) {
            if (g_array_index(found, pid_t, i) != g_array_index(ours, pid_t, j))
                continue;
            ck_assert_int_eq(only, 0);
            only = g_array_index(found, pid_t, i);
        }
    }
    ck_assert_int_gt(only, 0);
    g_array_unref(found);
    return only;
}

/* Who dies in the middle leaves no helper and no worker behind. */
START_TEST(client_dies_in_the_middle)
{
    int ends[2];
    pid_t pid, worker, helper;
    int pidfds[2];
    char byte;

    /* Larger than all the pipes between, and nobody reads at the far end. */
    host("head -c 50M /dev/zero >big");
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    pid = fork();
    if (pid == 0) {
        sbx *sandbox = NULL;

        if (sbx_connect(sbx_id(box), NULL, &sandbox, NULL) == 0)
            sbx_tar_create(sandbox, dir, NULL, 0, ends[1], NULL, NULL);
        _exit(0);
    }
    close(ends[1]);
    ck_assert_int_eq(read(ends[0], &byte, 1), 1);
    worker = only_one(test_init_pid(), test_processes_with("--worker"));
    helper = only_one(pid, test_processes_starting("relay"));
    assert_confined(helper);
    pidfds[0] = test_pidfd(worker);
    pidfds[1] = test_pidfd(helper);
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    for (int i = 0; i < 2; i++) {
        ck_assert(test_ends_within(pidfds[i], 20000));
        close(pidfds[i]);
    }
    close(ends[0]);
}
END_TEST

static Suite *transfer_suite(void)
{
    Suite *suite = suite_create("transfer");
    TCase *cases = tcase_create("transfer");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, tree_there_and_back);
    tcase_add_test(cases, where_things_go);
    tcase_add_test(cases, names_the_file_that_failed);
    tcase_add_test(cases, existing_files);
    tcase_add_test(cases, kept_files_with_more_names);
    tcase_add_test(cases, left_out);
    tcase_add_test(cases, patterns_and_limits);
    tcase_add_test(cases, progress_and_warnings);
    tcase_add_test(cases, archives_to_and_from_descriptors);
    tcase_add_test(cases, from_sandbox_to_sandbox);
    tcase_add_loop_test(cases, hostile_archives, 0, G_N_ELEMENTS(hostile));
    tcase_add_test(cases, memory_stays_flat);
    tcase_add_test(cases, client_dies_in_the_middle);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return test_keeper_main(transfer_suite);
}
