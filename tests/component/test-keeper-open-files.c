/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Open files, descriptors, and the life of workers: the real library, keeper, agent and worker, without a VM. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files-fixture.h"
#include "lib/test-keeper.h"
#include "lib/test-op.h"
#include "lib/test-process.h"

#define MIB ((size_t)1 << 20)

START_TEST(open_files)
{
    sbx_error *error = NULL;
    sbx_file *file = NULL;
    sbx_stat *stat = NULL;
    char buffer[32] = "";
    size_t length = 99;
    int64_t position = -1;

    test_ok(sbx_fs_open(box, at("f"), SBX_OPEN_READ | SBX_OPEN_WRITE | SBX_OPEN_CREATE, NULL, &file,
                        &error), &error);
    test_ok(sbx_file_write(file, "hello world", 11, &error), &error);
    test_ok(sbx_file_seek(file, -5, SBX_SEEK_END, &position, &error), &error);
    ck_assert_int_eq(position, 6);
    test_ok(sbx_file_read(file, buffer, sizeof buffer, &length, &error), &error);
    ck_assert_uint_eq(length, 5);
    ck_assert_mem_eq(buffer, "world", 5);
    test_ok(sbx_file_read(file, buffer, sizeof buffer, &length, &error), &error);
    ck_assert_uint_eq(length, 0);
    test_ok(sbx_file_read(file, NULL, 0, &length, &error), &error);
    test_failed(sbx_file_read(file, buffer, (size_t)-1, &length, &error), SBX_E_INVALID, &error,
                "negative");
    test_failed(sbx_file_seek(file, -100, SBX_SEEK_CUR, NULL, &error), SBX_E_INVALID, &error, "f");
    test_failed(sbx_file_seek(file, 0, 3, NULL, &error), SBX_E_INVALID, &error, "3");
    test_failed(sbx_file_truncate(file, -1, &error), SBX_E_INVALID, &error, "negative");
    test_ok(sbx_file_truncate(file, 4, &error), &error);
    test_ok(sbx_file_sync(file, &error), &error);
    test_ok(sbx_file_datasync(file, &error), &error);
    test_ok(sbx_file_utime(file, 1000, 2000, &error), &error);
    test_ok(sbx_file_stat(file, &stat, &error), &error);
    ck_assert_uint_eq(sbx_stat_size(stat), 4);
    ck_assert_int_eq(sbx_stat_mtime(stat), 2000);
    sbx_stat_free(stat);
    test_ok(sbx_file_close(file, &error), &error);
    test_ok(sbx_file_close(file, &error), &error);
    test_failed(sbx_file_sync(file, &error), SBX_E_INVALID, &error, "closed");
    sbx_file_unref(file);
    assert_text(at("f"), "hell");
    /* The worker that had it works on. */
    ck_assert_uint_eq(worker_count(), 1);
}
END_TEST

START_TEST(ways_to_open)
{
    sbx_error *error = NULL;
    sbx_file *file = NULL;
    char byte;
    size_t length;

    put(at("f"), "old");
    test_failed(sbx_fs_open(box, at("none"), 0, NULL, &file, &error), SBX_E_NOT_FOUND, &error,
                "none");
    test_failed(sbx_fs_open(box, at("f"), SBX_OPEN_WRITE | SBX_OPEN_CREATE_NEW, NULL, &file, &error),
                SBX_E_EXISTS, &error, "f");
    test_failed(sbx_fs_open(box, at("f"), SBX_OPEN_CREATE, NULL, &file, &error), SBX_E_INVALID,
                &error, "writing");
    test_failed(sbx_fs_open(box, at("f"), 64, NULL, &file, &error), SBX_E_INVALID, &error, "0x40");
    test_ok(sbx_fs_open(box, at("f"), SBX_OPEN_APPEND, NULL, &file, &error), &error);
    test_ok(sbx_file_write(file, "+", 1, &error), &error);
    assert_errno(sbx_file_read(file, &byte, 1, &length, &error), SBX_E_FILE, EBADF, &error, "f");
    sbx_file_unref(file);
    assert_text(at("f"), "old+");
    file = NULL;
    test_ok(sbx_fs_open(box, at("f"), SBX_OPEN_READ, NULL, &file, &error), &error);
    assert_errno(sbx_file_write(file, "+", 1, &error), SBX_E_FILE, EBADF, &error, "f");
    test_ok(sbx_file_read(file, &byte, 1, &length, &error), &error);
    ck_assert_int_eq(byte, 'o');
    sbx_file_unref(file);
    file = NULL;
    test_ok(sbx_fs_open(box, at("f"), SBX_OPEN_WRITE | SBX_OPEN_TRUNCATE, NULL, &file, &error),
            &error);
    sbx_file_unref(file);
    assert_text(at("f"), "");
}
END_TEST

/* More than any pipe or frame holds, through an open file. */
START_TEST(much_through_an_open_file)
{
    g_autofree guint8 *data = g_malloc(20 * MIB);
    g_autofree guint8 *back = g_malloc(20 * MIB + 1);
    sbx_error *error = NULL;
    sbx_file *file = NULL;
    size_t length = 0;

    for (size_t i = 0; i < 20 * MIB; i++)
        data[i] = (guint8)(i * 2654435761u >> 13);
    test_ok(sbx_fs_open(box, at("f"), SBX_OPEN_READ | SBX_OPEN_WRITE | SBX_OPEN_CREATE, NULL, &file,
                        &error), &error);
    test_ok(sbx_file_write(file, data, 20 * MIB, &error), &error);
    test_ok(sbx_file_seek(file, 0, SBX_SEEK_SET, NULL, &error), &error);
    test_ok(sbx_file_read(file, back, 20 * MIB + 1, &length, &error), &error);
    ck_assert_uint_eq(length, 20 * MIB);
    ck_assert(memcmp(data, back, 20 * MIB) == 0);
    sbx_file_unref(file);
}
END_TEST

START_TEST(locks)
{
    sbx_error *error = NULL;
    sbx_file *one = NULL;
    sbx_file *two = NULL;

    put(at("f"), "");
    test_ok(sbx_fs_open(box, at("f"), 0, NULL, &one, &error), &error);
    test_ok(sbx_fs_open(box, at("f"), 0, NULL, &two, &error), &error);
    test_ok(sbx_file_lock(one, SBX_LOCK_SHARED, &error), &error);
    test_ok(sbx_file_lock(two, SBX_LOCK_SHARED | SBX_LOCK_TRY, &error), &error);
    test_failed(sbx_file_lock(two, SBX_LOCK_EXCLUSIVE | SBX_LOCK_TRY, &error), SBX_E_BUSY, &error,
                "lock");
    test_failed(sbx_file_lock(two, 4, &error), SBX_E_INVALID, &error, "0x4");
    test_ok(sbx_file_unlock(two, &error), &error);
    test_ok(sbx_file_lock(one, SBX_LOCK_EXCLUSIVE, &error), &error);
    test_failed(sbx_file_lock(two, SBX_LOCK_TRY, &error), SBX_E_BUSY, &error, "lock");
    /* Others of the guest see it; it ends with the file. */
    g_free(sh("! flock -n '%s' true", at("f")));
    sbx_file_unref(one);
    test_ok(sbx_file_lock(two, SBX_LOCK_EXCLUSIVE, &error), &error);
    sbx_file_unref(two);
    g_free(sh("flock '%s' true", at("f")));
}
END_TEST

static gpointer lock_in_a_thread(gpointer data)
{
    int code;

    /* The other thread may be in a call of its own just now. */
    do
        code = sbx_file_lock(data, SBX_LOCK_EXCLUSIVE, NULL);
    while (code == SBX_E_BUSY);
    return GINT_TO_POINTER(code);
}

/* One that waits holds up nobody, and refuses a second call on the same file. */
START_TEST(a_call_that_waits)
{
    sbx_error *error = NULL;
    sbx_file *holder = NULL;
    sbx_file *waiter = NULL;
    GThread *thread;
    int code;

    put(at("f"), "");
    test_ok(sbx_fs_open(box, at("f"), 0, NULL, &holder, &error), &error);
    test_ok(sbx_fs_open(box, at("f"), 0, NULL, &waiter, &error), &error);
    test_ok(sbx_file_lock(holder, SBX_LOCK_EXCLUSIVE, &error), &error);
    thread = g_thread_new("lock", lock_in_a_thread, waiter);
    /* Until the thread is in its call, this one succeeds. */
    do
        code = sbx_file_sync(waiter, &error);
    while (code == SBX_OK);
    test_failed(code, SBX_E_BUSY, &error, "running");
    put(at("other"), "text");
    assert_text(at("other"), "text");
    test_ok(sbx_file_unlock(holder, &error), &error);
    ck_assert_int_eq(GPOINTER_TO_INT(g_thread_join(thread)), SBX_OK);
    sbx_file_unref(holder);
    sbx_file_unref(waiter);
}
END_TEST

static gpointer read_in_a_thread(gpointer data)
{
    sbx_error *error = NULL;
    void *contents = NULL;
    int code = sbx_fs_read_file(box, data, NULL, &contents, NULL, &error);

    sbx_free(contents);
    sbx_error_free(error);
    return GINT_TO_POINTER(code);
}

/* Nobody ever writes to the FIFO: the call ends with the sandbox. */
START_TEST(killed_while_a_call_waits)
{
    sbx_error *error = NULL;
    GThread *thread;
    sbx_file *file = NULL;
    sbx_watch *watch = NULL;
    sbx_dir *dir = NULL;
    void *data = NULL;
    sbx *other = test_create(NULL);
    sbx *mine = box;
    struct inotify_event event; /* of a file, so without a name */
    int code, writer, opened;
    g_autofree char *fifo = g_strdup(at("fifo"));

    g_free(sh("mkfifo '%s'", fifo));
    box = other;
    test_ok(sbx_fs_open(other, "/dev/zero", 0, NULL, &file, &error), &error);
    test_ok(sbx_fs_watch(other, "/tmp", NULL, &watch, &error), &error);
    test_ok(sbx_fs_read_dir(other, "/usr/bin", NULL, &dir, &error), &error);
    writer = open(fifo, O_RDWR | O_CLOEXEC);
    opened = inotify_init1(IN_CLOEXEC);
    ck_assert_int_ge(inotify_add_watch(opened, fifo, IN_OPEN), 0);
    thread = g_thread_new("read", read_in_a_thread, fifo);
    ck_assert_int_gt(read(opened, &event, sizeof event), 0);
    test_ok(sbx_kill(other, &error), &error);
    ck_assert_int_eq(GPOINTER_TO_INT(g_thread_join(thread)), SBX_E_GONE);
    test_failed(sbx_file_sync(file, &error), SBX_E_GONE, &error, "");
    test_failed(sbx_file_sync(file, &error), SBX_E_PROTOCOL, &error, "lost");
    do
        code = sbx_watch_next(watch, -1, &error);
    while (code > 0);
    test_failed(code, SBX_E_GONE, &error, "");
    while (sbx_dir_next(dir, &error) > 0)
        continue;
    sbx_error_free(error);
    error = NULL;
    test_failed(sbx_fs_read_file(other, "/etc/passwd", NULL, &data, NULL, &error), SBX_E_GONE,
                &error, "");
    sbx_dir_free(dir);
    sbx_watch_free(watch);
    sbx_file_unref(file);
    sbx_unref(other);
    box = mine;
    close(opened);
    close(writer);
}
END_TEST

/* A handle's workers go with it, and so does an open file's that was only dropped. */
START_TEST(nothing_is_left)
{
    sbx_error *error = NULL;
    sbx *other = NULL;
    sbx_file *file = NULL;
    g_autoptr(GArray) found = NULL;
    g_autoptr(GArray) pidfds = g_array_new(FALSE, FALSE, sizeof(int));
    guint fds = test_count_fds(getpid());
    void *data = NULL;

    test_ok(sbx_connect(sbx_id(box), NULL, &other, &error), &error);
    test_ok(sbx_fs_open(other, "/dev/zero", 0, NULL, &file, &error), &error);
    test_ok(sbx_fs_read_file(other, "/etc/passwd", NULL, &data, NULL, &error), &error);
    sbx_free(data);
    found = workers();
    ck_assert_uint_eq(found->len, 3);
    for (guint i = 0; i < found->len; i++) {
        int pidfd = test_pidfd(g_array_index(found, pid_t, i));

        g_array_append_val(pidfds, pidfd);
    }
    sbx_file_unref(file);
    sbx_unref(other);
    ck_assert_uint_le(test_count_fds(getpid()), fds + pidfds->len + 2);
    for (guint i = 0, left = pidfds->len; i < pidfds->len; i++) {
        int pidfd = g_array_index(pidfds, int, i);

        /* The one of the test's own handle stays. */
        left -= test_ends_within(pidfd, left > 1 ? 10000 : 0);
        ck_assert(i + 1 < pidfds->len || left == 1);
        close(pidfd);
    }
}
END_TEST

static void with_worker_killed(int signal)
{
    g_autoptr(GArray) found = workers();

    for (guint i = 0; i < found->len; i++) {
        int pidfd = test_pidfd(g_array_index(found, pid_t, i));

        test_pidfd_kill(pidfd, signal);
        ck_assert(test_ends_within(pidfd, 10000));
        close(pidfd);
    }
}

START_TEST(a_worker_dies)
{
    sbx_error *error = NULL;
    sbx_file *file = NULL;

    put(at("f"), "x");
    signal(SIGPIPE, SIG_DFL);
    test_ok(sbx_fs_open(box, at("f"), 0, NULL, &file, &error), &error);
    with_worker_killed(SIGKILL);
    test_failed(sbx_file_sync(file, &error), SBX_E_PROTOCOL, &error, "helper");
    test_failed(sbx_file_sync(file, &error), SBX_E_PROTOCOL, &error, "lost");
    sbx_file_unref(file);
    assert_text(at("f"), "x");
    with_worker_killed(SIGTERM);
    /* An idle one's death may be noticed by the call that needs it; the next one has another. */
    if (sbx_fs_write_file(box, at("f"), NULL, "y", 1, &error) < 0)
        test_failed(SBX_E_PROTOCOL, SBX_E_PROTOCOL, &error, "helper");
    put(at("f"), "y");
    assert_text(at("f"), "y");
}
END_TEST

START_TEST(after_fork)
{
    sbx_error *error = NULL;
    sbx_file *file = NULL;
    sbx_dir *dir = NULL;
    int status;
    pid_t child;

    put(at("f"), "x");
    test_ok(sbx_fs_open(box, at("f"), 0, NULL, &file, &error), &error);
    test_ok(sbx_fs_read_dir(box, top, NULL, &dir, &error), &error);
    child = fork();
    if (child == 0) {
        void *data;
        int good = sbx_file_sync(file, NULL) == SBX_E_FORKED &&
                   sbx_dir_next(dir, NULL) == SBX_E_FORKED &&
                   sbx_fs_umask(box, 0, NULL, NULL) == SBX_E_FORKED &&
                   sbx_fs_read_file(box, "/etc/passwd", NULL, &data, NULL, NULL) == SBX_E_FORKED;

        sbx_dir_free(dir);
        sbx_file_unref(file);
        sbx_unref(box);
        _exit(good ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    /* What the child dropped was not its. */
    test_ok(sbx_file_sync(file, &error), &error);
    ck_assert_int_eq(sbx_dir_next(dir, &error), 1);
    assert_text(at("f"), "x");
    sbx_dir_free(dir);
    sbx_file_unref(file);
}
END_TEST

/* A local file of that size with a pattern; its descriptor is at the beginning. */
static int local_file(size_t size)
{
    int fd = memfd_create("local", MFD_CLOEXEC);
    g_autofree guint8 *block = g_malloc(MIB);

    for (size_t i = 0; i < MIB; i++)
        block[i] = (guint8)(i * 2654435761u >> 11);
    for (size_t done = 0; done < size; done += MIB)
        ck_assert_int_eq(write(fd, block, MIN(MIB, size - done)), (ssize_t)MIN(MIB, size - done));
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static char *checksum_of(int fd)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree guint8 *block = g_malloc(MIB);
    ssize_t n;

    lseek(fd, 0, SEEK_SET);
    while ((n = read(fd, block, MIB)) > 0)
        g_checksum_update(sum, block, n);
    return g_strdup(g_checksum_get_string(sum));
}

START_TEST(descriptors)
{
    int in = local_file(30 * MIB + 7);
    int out = memfd_create("out", MFD_CLOEXEC);
    sbx_error *error = NULL;
    uint64_t length = 0;
    g_autofree char *sent = checksum_of(in);
    g_autofree char *got = NULL;
    int ends[2];

    lseek(in, 0, SEEK_SET);
    test_ok(sbx_fs_write_from_fd(box, at("f"), NULL, in, &length, &error), &error);
    ck_assert_uint_eq(length, 30 * MIB + 7);
    length = 0;
    test_ok(sbx_fs_read_to_fd(box, at("f"), NULL, out, &length, &error), &error);
    ck_assert_uint_eq(length, 30 * MIB + 7);
    got = checksum_of(out);
    ck_assert_str_eq(sent, got);
    test_failed(sbx_fs_read_to_fd(box, at("f"), NULL, -1, NULL, &error), SBX_E_INVALID, &error,
                "-1");
    test_failed(sbx_fs_write_from_fd(box, at("f"), NULL, 12345, NULL, &error), SBX_E_SYSTEM, &error,
                "12345");
    /* A reader that went away: an error, and no signal. */
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    close(ends[0]);
    put(at("f"), "text");
    signal(SIGPIPE, SIG_DFL);
    test_failed(sbx_fs_read_to_fd(box, at("f"), NULL, ends[1], NULL, &error), SBX_E_SYSTEM, &error,
                "Broken pipe");
    close(ends[1]);
    /* What cannot be written is not sent to the end. */
    lseek(in, 0, SEEK_SET);
    test_failed(sbx_fs_write_from_fd(box, top, NULL, in, NULL, &error), SBX_E_FILE, &error, top);
    close(in);
    close(out);
    assert_text(at("f"), "text");
}
END_TEST

static gpointer drain_slowly(gpointer data)
{
    int fd = GPOINTER_TO_INT(data);
    char buffer[1000];
    gsize total = 0;
    ssize_t n;

    while ((n = read(fd, buffer, sizeof buffer)) > 0)
        total += (gsize)n;
    return GSIZE_TO_POINTER(total);
}

/* Blocking pipes of the caller's, narrower than a frame. */
START_TEST(narrow_pipes)
{
    sbx_error *error = NULL;
    GThread *thread;
    int ends[2];
    int in = local_file(3 * MIB);

    test_ok(sbx_fs_write_from_fd(box, at("f"), NULL, in, NULL, &error), &error);
    close(in);
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    thread = g_thread_new("drain", drain_slowly, GINT_TO_POINTER(ends[0]));
    test_ok(sbx_fs_read_to_fd(box, at("f"), NULL, ends[1], NULL, &error), &error);
    close(ends[1]);
    ck_assert_uint_eq(GPOINTER_TO_SIZE(g_thread_join(thread)), 3 * MIB);
    close(ends[0]);
}
END_TEST

/* The program dies while it writes: the old file is there, nothing else is. */
START_TEST(a_client_dies_in_the_middle)
{
    sbx_fs_options *options = with_flags(SBX_FS_ATOMIC);
    g_autofree char *list = NULL;
    g_autoptr(GArray) found = NULL;
    struct pollfd ends_of[2];
    int ends[2];
    int status;
    pid_t child;

    put(at("f"), "old");
    ck_assert_int_eq(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        g_autofree char *path = g_strdup(at("f"));
        sbx *own = NULL;

        if (sbx_connect(sbx_id(box), NULL, &own, NULL) == SBX_OK)
            sbx_fs_write_from_fd(own, path, options, ends[0], NULL, NULL);
        _exit(1);
    }
    close(ends[0]);
    ck_assert_int_eq(write(ends[1], "half", 4), 4);
    /* The new one grows beside it. */
    do {
        g_free(list);
        list = sh("ls -A '%s' | grep -c '^.sbx-' || :", top);
    } while (strcmp(list, "1\n") != 0);
    found = workers();
    ck_assert_uint_eq(found->len, 2);
    for (int i = 0; i < 2; i++)
        ends_of[i] = (struct pollfd){test_pidfd(g_array_index(found, pid_t, i)), POLLIN, 0};
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    /* Its worker ends; this handle's stays. */
    ck_assert_int_eq(poll(ends_of, 2, 10000), 1);
    close(ends_of[0].fd);
    close(ends_of[1].fd);
    g_free(list);
    list = sh("ls -A '%s'", top);
    ck_assert_str_eq(list, "f\n");
    assert_text(at("f"), "old");
    close(ends[1]);
    sbx_fs_options_free(options);
}
END_TEST

static gpointer call_often(gpointer data)
{
    g_autofree char *path = g_strdup_printf("%s/thread%d", top, GPOINTER_TO_INT(data));

    for (int i = 0; i < 50; i++) {
        g_autofree char *text = g_strdup_printf("%d.%d", GPOINTER_TO_INT(data), i);
        void *back = NULL;
        gboolean good;

        if (sbx_fs_write_file(box, path, NULL, text, strlen(text), NULL) < 0 ||
            sbx_fs_read_file(box, path, NULL, &back, NULL, NULL) < 0)
            return GINT_TO_POINTER(1);
        good = strcmp(back, text) == 0;
        sbx_free(back);
        if (!good)
            return GINT_TO_POINTER(1);
    }
    return NULL;
}

START_TEST(many_threads)
{
    GThread *threads[8];

    for (int i = 0; i < 8; i++)
        threads[i] = g_thread_new("files", call_often, GINT_TO_POINTER(i));
    for (int i = 0; i < 8; i++)
        ck_assert_ptr_null(g_thread_join(threads[i]));
}
END_TEST

/* --- very many at once --- */

#define MANY 200

static void wait_for(sbx_op **ops, int count)
{
    sbx_error *error = NULL;

    for (int i = 0; i < count; i++)
        test_ok(test_op_end(ops[i], &error), &error);
}

/* Each call that goes on has a process in the guest; a program can start more of them than a guest
 * has room for. */
START_TEST(many_ops)
{
    sbx_error *error = NULL;
    sbx_op *ops[MANY];
    guint most = 0;

    for (int i = 0; i < MANY; i++) {
        g_autofree char *name = g_strdup_printf("many-%d", i);

        test_ok(sbx_fs_write_file_start(box, at(name), NULL, "x", 1, NULL, &ops[i], &error),
                &error);
    }
    while (!sbx_op_is_done(ops[MANY - 1])) {
        most = MAX(most, worker_count());
        test_dispatch(NULL);
    }
    wait_for(ops, MANY);
    /* One more for a second in which the machine did nothing. */
    ck_assert_uint_gt(most, 2);
    ck_assert_uint_le(most, 40);
    g_free(sh("test $(ls %s | wc -l) = %d", at("."), MANY));
}
END_TEST

/* Those that go on wait for one that has not begun. */
START_TEST(ops_that_wait_for_others)
{
    sbx_error *error = NULL;
    sbx_op *reads[32], *writes[32], *cancelled;
    void *data[32] = {NULL};
    sbx_stat *stat = NULL;
    sbx_fs_options *options = with_flags(SBX_FS_NO_CREATE);

    for (int i = 0; i < 32; i++)
        g_free(sh("mkfifo -m 666 %s/fifo-%d", top, i));
    for (int i = 0; i < 32; i++) {
        g_autofree char *name = g_strdup_printf("fifo-%d", i);

        test_ok(
            sbx_fs_read_file_start(box, at(name), NULL, &data[i], NULL, NULL, &reads[i], &error),
            &error);
    }
    test_ok(sbx_fs_stat_start(box, top, NULL, &stat, NULL, &cancelled, &error), &error);
    for (int i = 0; i < 32; i++) {
        g_autofree char *name = g_strdup_printf("fifo-%d", i);

        test_ok(sbx_fs_write_file_start(box, at(name), options, "x", 1, NULL, &writes[i], &error),
                &error);
    }
    sbx_fs_options_free(options);
    test_dispatch(NULL);
    /* A call that blocks does not wait for them: this thread is who dispatches. */
    sbx_stat_free(look(top));
    sbx_op_cancel(cancelled);
    test_failed(test_op_end(cancelled, &error), SBX_E_CANCELLED, &error, "cancelled");
    ck_assert_ptr_null(stat);
    wait_for(writes, 32);
    wait_for(reads, 32);
    for (int i = 0; i < 32; i++) {
        ck_assert_str_eq(data[i], "x");
        sbx_free(data[i]);
    }
}
END_TEST

#define HELPERS_MAX 512

/* What is open has a helper for itself, so that there is an end to it; and the sandbox goes on. */
START_TEST(too_many_open_files)
{
    struct rlimit limit;
    sbx_error *error = NULL;
    sbx_file *files[HELPERS_MAX + 1] = {NULL};
    int count = 0;
    int code;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    while (count <= HELPERS_MAX && (code = sbx_fs_open(box, "/etc/passwd", SBX_OPEN_READ, NULL,
                                                       &files[count], &error)) == SBX_OK)
        count++;
    ck_assert_int_eq(count, HELPERS_MAX);
    test_failed(code, SBX_E_BUSY, &error, "helpers");
    g_free(sh("true"));
    /* Its helper is free for the next call. */
    test_ok(sbx_file_close(files[count - 1], &error), &error);
    assert_text("/proc/sys/kernel/ostype", "Linux\n");
    while (count > 0)
        sbx_file_unref(files[--count]);
}
END_TEST

static Suite *suite(void)
{
    Suite *files = suite_create("keeper-open-files");
    TCase *cases = tcase_create("files");

    tcase_set_timeout(cases, 120);
    tcase_add_checked_fixture(cases, files_setup, files_teardown);
    tcase_add_test(cases, open_files);
    tcase_add_test(cases, ways_to_open);
    tcase_add_test(cases, much_through_an_open_file);
    tcase_add_test(cases, locks);
    tcase_add_test(cases, a_call_that_waits);
    tcase_add_test(cases, killed_while_a_call_waits);
    tcase_add_test(cases, nothing_is_left);
    tcase_add_test(cases, a_worker_dies);
    tcase_add_test(cases, after_fork);
    tcase_add_test(cases, descriptors);
    tcase_add_test(cases, narrow_pipes);
    tcase_add_test(cases, a_client_dies_in_the_middle);
    tcase_add_test(cases, many_threads);
    tcase_add_test(cases, many_ops);
    tcase_add_test(cases, ops_that_wait_for_others);
    tcase_add_test(cases, too_many_open_files);
    suite_add_tcase(files, cases);
    return files;
}

int main(void)
{
    return test_keeper_main(suite);
}
