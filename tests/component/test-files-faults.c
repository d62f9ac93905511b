/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * File calls whose worker breaks off at any byte, or says what no worker says. The library and the
 * worker are real; between them is a keeper of this test, which counts bytes.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sandbox/sandbox.h>

#include "lib/test-main.h"
#include "wire/json.h"
#include "wire/message.h"

#define ID "sbx_loc_00000000000000000000"
#define UNLIMITED G_MAXSIZE

extern char **environ;

static struct {
    GMutex lock; /* guards what follows */
    gsize input; /* bytes that the next worker gets */
    gsize output;
    const guint8 *says; /* instead of a worker */
    gsize says_length;
    guint spawned;

    char *dir;
    int listener;
    GThread *thread;
} peer;

/* What stands between the library and one worker. */
typedef struct {
    int from;
    int to;
    gsize limit;
} Channel;

static Channel *channel_new(int from, int to, gsize limit)
{
    Channel *channel = g_new(Channel, 1);

    *channel = (Channel){from, to, limit};
    return channel;
}

/* Frees the channel. */
static gpointer pump(gpointer data)
{
    Channel *channel = data;
    char buffer[4096];
    ssize_t n;

    while (channel->limit > 0 &&
           (n = read(channel->from, buffer, MIN(channel->limit, sizeof buffer))) > 0) {
        channel->limit -= (gsize)n;
        if (write(channel->to, buffer, (size_t)n) != n)
            break;
    }
    close(channel->to);
    close(channel->from);
    g_free(channel);
    return NULL;
}

static pid_t start_worker(int in, int out)
{
    char *argv[] = {(char *)"sbx-agent", (char *)"--worker", (char *)"files", NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    g_assert_cmpint(posix_spawn(&pid, getenv("SBX_TEST_AGENT"), &actions, NULL, argv, environ), ==,
                    0);
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

/* Runs until the worker has gone, one way or the other. */
static void run_worker(int in, int out, gsize input, gsize output)
{
    int to[2];
    int from[2];
    pid_t pid;

    g_assert_cmpint(pipe2(to, O_CLOEXEC), ==, 0);
    g_assert_cmpint(pipe2(from, O_CLOEXEC), ==, 0);
    pid = start_worker(to[0], from[1]);
    close(to[0]);
    close(from[1]);
    /* It ends when the library has closed its end, which is after it heard of the worker's. */
    g_thread_unref(g_thread_new("forth", pump, channel_new(in, to[1], input)));
    pump(channel_new(from[0], out, output));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void say(int in, int out, const guint8 *bytes, gsize length)
{
    char waste[4096];

    if (write(out, bytes, length) < 0)
        g_assert_cmpint(errno, ==, EPIPE);
    while (read(in, waste, sizeof waste) > 0)
        continue;
    close(in);
    close(out);
}

static void serve_spawn(int fd, SbxMessage *message)
{
    g_autoptr(JsonObject) answer = NULL;
    g_autoptr(JsonObject) end = NULL;
    JsonObject *result = json_object_new();
    JsonObject *params = json_object_new();
    int in = sbx_message_take_fd(message, 0);
    int out = sbx_message_take_fd(message, 1);
    gsize input, output, says_length;
    const guint8 *says;

    g_mutex_lock(&peer.lock);
    input = peer.input;
    output = peer.output;
    says = g_steal_pointer(&peer.says);
    says_length = peer.says_length;
    peer.input = peer.output = UNLIMITED;
    peer.spawned++;
    g_mutex_unlock(&peer.lock);
    json_object_set_int_member(result, "process", 1);
    json_object_set_int_member(result, "pid", 1);
    answer = sbx_message_result(sbx_json_get_int(message->object, "id", -1), result);
    sbx_message_send(fd, answer, NULL, 0, NULL);
    if (says != NULL)
        say(in, out, says, says_length);
    else
        run_worker(in, out, input, output);
    json_object_set_int_member(params, "exit_code", 137);
    json_object_set_int_member(params, "signal", 9);
    end = sbx_message_notification("process.exited", params);
    sbx_message_send(fd, end, NULL, 0, NULL);
}

static gpointer serve(gpointer data)
{
    int fd = GPOINTER_TO_INT(data);

    for (;;) {
        g_auto(SbxMessage) message = {0};
        g_autoptr(JsonObject) answer = NULL;
        JsonObject *result;

        if (sbx_message_receive(fd, &message, NULL) <= 0)
            break;
        if (g_strcmp0(sbx_json_get_string(message.object, "method"), "process.spawn") == 0) {
            serve_spawn(fd, &message);
            continue;
        }
        result = json_object_new();
        json_object_set_string_member(result, "id", ID);
        answer = sbx_message_result(sbx_json_get_int(message.object, "id", -1), result);
        sbx_message_send(fd, answer, NULL, 0, NULL);
    }
    close(fd);
    return NULL;
}

static gpointer accept_all(gpointer data)
{
    int fd;

    while ((fd = accept4(peer.listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
        g_thread_unref(g_thread_new("serve", serve, GINT_TO_POINTER(fd)));
    return data;
}

static void setup(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char pattern[] = "/tmp/sbx-faults-XXXXXX";

    signal(SIGPIPE, SIG_IGN);
    ck_assert_ptr_nonnull(g_mkdtemp(pattern));
    peer.dir = g_strdup(pattern);
    g_setenv("LIBSANDBOX_RUNTIME_DIR", peer.dir, TRUE);
    g_snprintf(address.sun_path, sizeof address.sun_path, "%s/keeper.sock", peer.dir);
    peer.listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(peer.listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(peer.listener, 64), 0);
    peer.input = peer.output = UNLIMITED;
    peer.thread = g_thread_new("accept", accept_all, NULL);
}

static void teardown(void)
{
    g_autofree char *socket_path = g_build_filename(peer.dir, "keeper.sock", NULL);

    shutdown(peer.listener, SHUT_RDWR);
    g_thread_join(peer.thread);
    close(peer.listener);
    g_unlink(socket_path);
    ck_assert_int_eq(g_rmdir(peer.dir), 0);
    g_free(peer.dir);
}

static sbx *connect_box(void)
{
    sbx *box = NULL;

    ck_assert_int_eq(sbx_connect(ID, NULL, &box, NULL), SBX_OK);
    return box;
}

static void limit(gsize input, gsize output)
{
    g_mutex_lock(&peer.lock);
    peer.input = input;
    peer.output = output;
    peer.spawned = 0;
    g_mutex_unlock(&peer.lock);
}

/* Whatever a call has said so far must be true, or that it broke off. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        int code_ = (call);                                                                        \
        if (code_ < 0)                                                                             \
            return code_;                                                                          \
    } while (0)

static int read_back(sbx *box, const char *path)
{
    size_t length = 0;
    void *data = NULL;

    TRY(sbx_fs_read_file(box, path, NULL, &data, &length, NULL));
    ck_assert_uint_eq(length, 5);
    ck_assert_str_eq(data, "hello");
    sbx_free(data);
    return SBX_OK;
}

static int use_file(sbx_file *file)
{
    sbx_stat *stat = NULL;
    char buffer[8] = "";
    size_t length = 99;

    TRY(sbx_file_read(file, buffer, sizeof buffer, &length, NULL));
    ck_assert_uint_eq(length, 5);
    ck_assert_str_eq(buffer, "hello");
    TRY(sbx_file_write(file, " you", 4, NULL));
    TRY(sbx_file_stat(file, &stat, NULL));
    ck_assert_uint_eq(sbx_stat_size(stat), 9);
    sbx_stat_free(stat);
    return sbx_file_close(file, NULL);
}

static int list(sbx *box, const char *directory)
{
    sbx_dir *dir = NULL;
    int code;
    int count = 0;

    TRY(sbx_fs_read_dir(box, directory, NULL, &dir, NULL));
    while ((code = sbx_dir_next(dir, NULL)) > 0) {
        ck_assert_str_eq(sbx_dir_name(dir), "f");
        count++;
    }
    ck_assert(code < 0 || count == 1);
    sbx_dir_free(dir);
    return code;
}

static int fail_as_expected(sbx *box, const char *path)
{
    sbx_stat *stat = NULL;
    int code = sbx_fs_stat(box, path, NULL, &stat, NULL);

    ck_assert_ptr_null(stat);
    return code == SBX_E_FILE ? SBX_OK : code;
}

/* Something of everything: requests with data and without, replies, failures, streams. */
static int exchange(sbx *box, const char *directory)
{
    g_autofree char *path = g_build_filename(directory, "f", NULL);
    g_autofree char *below = g_build_filename(path, "x", NULL);
    sbx_file *file = NULL;
    int code;

    TRY(sbx_fs_write_file(box, path, NULL, "hello", 5, NULL));
    TRY(read_back(box, path));
    TRY(fail_as_expected(box, below));
    TRY(list(box, directory));
    TRY(sbx_fs_open(box, path, SBX_OPEN_READ | SBX_OPEN_WRITE, NULL, &file, NULL));
    code = use_file(file);
    sbx_file_unref(file);
    return code;
}

/* Cuts the exchange after each of its bytes, until it goes through. */
static void cut_everywhere(gboolean input)
{
    char directory[] = "/tmp/sbx-faults-files-XXXXXX";
    g_autofree char *path = NULL;
    gsize cut = 0;
    int code;

    ck_assert_ptr_nonnull(g_mkdtemp(directory));
    path = g_build_filename(directory, "f", NULL);
    do {
        sbx *box = connect_box();

        limit(input ? cut : UNLIMITED, input ? UNLIMITED : cut);
        code = exchange(box, directory);
        ck_assert_msg(code == SBX_OK || code == SBX_E_PROTOCOL, "cut at %zu: %d", cut, code);
        if (code != SBX_OK) {
            /* The next call has another worker. */
            ck_assert_int_eq(sbx_fs_write_file(box, path, NULL, "hello", 5, NULL), SBX_OK);
            ck_assert_int_eq(read_back(box, path), SBX_OK);
            ck_assert_uint_eq(peer.spawned, 2);
        }
        sbx_unref(box);
        cut++;
        /* One that is lost between two calls is replaced without a word. */
    } while (code != SBX_OK || peer.spawned > 1);
    ck_assert_uint_gt(cut, 200);
    g_unlink(path);
    g_rmdir(directory);
}

START_TEST(the_reply_ends_anywhere)
{
    cut_everywhere(FALSE);
}
END_TEST

START_TEST(the_request_ends_anywhere)
{
    cut_everywhere(TRUE);
}
END_TEST

#define BYTES(text) {(const guint8 *)(text), sizeof(text) - 1}

/* Answers to "read the file", "look at it", "list it": none of them is one. */
static const struct {
    const guint8 *bytes;
    gsize length;
} lies[] = {
    BYTES(""),
    BYTES("\0\0\0\0"),
    BYTES("hello, world, this is no frame"),
    BYTES("\0\0\0\0\0"),                           /* no such type */
    BYTES("\0\0\0\0\1"),                           /* a request */
    BYTES("\0\0\0\0\3"),                           /* the end of data */
    BYTES("\xff\xff\xff\xff\2"),                   /* longer than frames are */
    BYTES("\0\20\0\1\2"),                          /* by one byte */
    BYTES("\0\0\0\0\5"),                           /* a failure without an errno */
    BYTES("\0\0\0\11\5\11\0\0\0\4\0\0\0\0"),       /* with errno 0 */
    BYTES("\0\0\0\11\5\11\0\0\0\4\0\1\0\0"),       /* with errno 65536 */
    BYTES("\0\0\0\1\4\1"),                         /* a reply of one byte */
    BYTES("\0\0\0\6\4\140\0\0\0\1\0"),             /* with a stat of one byte */
    BYTES("\0\0\0\5\4\100\0\0\0\377"),             /* with a path beyond its end */
    BYTES("\0\0\0\6\6\141\0\0\0\1\1"),             /* an entry of one byte */
    BYTES("\0\0\0\14\6\141\0\0\0\7\1\0\0\0\0.."), /* with a name that is not ended */
    BYTES("\0\0\0\15\6\141\0\0\0\10\1\0\0\0\0..\0"),
    BYTES("\0\0\0\16\6\141\0\0\0\11\1\0\0\0\0a/b\0"),
    BYTES("\0\0\0\13\6\141\0\0\0\6\1\0\0\0\0\0"),
    BYTES("\0\0\0\14\6\141\0\0\0\7\11\0\0\0\0f\0"), /* of a kind that is none */
};

static void let_say(size_t nth)
{
    g_mutex_lock(&peer.lock);
    peer.says = lies[nth].bytes;
    peer.says_length = lies[nth].length;
    g_mutex_unlock(&peer.lock);
}

START_TEST(nonsense)
{
    sbx *box = connect_box();
    sbx_error *error = NULL;
    sbx_stat *stat = NULL;
    sbx_dir *dir = NULL;
    void *data = NULL;
    int code;

    let_say((size_t)_i);
    /* A worker that says nothing at all would be waited for, so it ends. */
    if (lies[_i].length < 5) {
        sbx_unref(box);
        return;
    }
    code = sbx_fs_stat(box, "/etc", NULL, &stat, &error);
    ck_assert_int_eq(code, SBX_E_PROTOCOL);
    ck_assert_ptr_nonnull(strstr(sbx_error_message(error), "nonsense"));
    sbx_error_free(error);
    let_say((size_t)_i);
    ck_assert_int_eq(sbx_fs_read_file(box, "/etc", NULL, &data, NULL, NULL), SBX_E_PROTOCOL);
    let_say((size_t)_i);
    ck_assert_int_eq(sbx_fs_read_dir(box, "/etc", NULL, &dir, NULL), SBX_OK);
    ck_assert_int_eq(sbx_dir_next(dir, NULL), SBX_E_PROTOCOL);
    ck_assert_int_eq(sbx_dir_next(dir, NULL), SBX_E_PROTOCOL);
    sbx_dir_free(dir);
    ck_assert_ptr_null(stat);
    ck_assert_ptr_null(data);
    /* None of these workers was kept. */
    ck_assert_int_eq(sbx_fs_stat(box, "/etc", NULL, &stat, NULL), SBX_OK);
    sbx_stat_free(stat);
    sbx_unref(box);
}
END_TEST

/* More data than was asked for, to an open file. */
START_TEST(too_much_is_nonsense)
{
    static const guint8 answer[] = "\0\0\0\0\4" "\0\0\0\5\2" "12345" "\0\0\0\0\4";
    sbx *box = connect_box();
    sbx_file *file = NULL;
    char buffer[4] = "";
    size_t length = 99;

    g_mutex_lock(&peer.lock);
    peer.says = answer;
    peer.says_length = sizeof answer - 1;
    g_mutex_unlock(&peer.lock);
    ck_assert_int_eq(sbx_fs_open(box, "/etc/passwd", 0, NULL, &file, NULL), SBX_OK);
    ck_assert_int_eq(sbx_file_read(file, buffer, sizeof buffer, &length, NULL), SBX_E_PROTOCOL);
    ck_assert_uint_eq(length, 99);
    ck_assert_mem_eq(buffer, "\0\0\0\0", 4);
    sbx_file_unref(file);
    sbx_unref(box);
}
END_TEST

/* What a worker makes of requests that no library sends: it ends, by itself. */
START_TEST(nonsense_to_the_worker)
{
    static const struct {
        const guint8 *bytes;
        gsize length;
    } requests[] = {
        BYTES("\0\0\0\0\1"),                 BYTES("\0\0\0\0\2"),
        BYTES("\0\0\0\0\0"),                 BYTES("\xff\xff\xff\xff\1"),
        BYTES("\0\0\0\11\1\1\0\0\0\4\0\0\0\0"), BYTES("\0\0\0\11\1\1\0\0\0\4\0\0\0\1"),
        BYTES("\0\0\0\11\1\1\0\0\0\4\377\377\377\377"), BYTES("\0\0\0\3\1\1\0\0"),
    };
    int to[2];
    int from[2];
    int status;
    pid_t pid;
    char byte;

    ck_assert_int_eq(pipe2(to, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(from, O_CLOEXEC), 0);
    pid = start_worker(to[0], from[1]);
    close(to[0]);
    close(from[1]);
    ck_assert_int_eq(write(to[1], requests[_i].bytes, requests[_i].length),
                     (ssize_t)requests[_i].length);
    ck_assert_int_eq(read(from[0], &byte, 1), 0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 2);
    close(to[1]);
    close(from[0]);
}
END_TEST

/* Operations on a file that is not open, and requests one after the other without waiting. */
START_TEST(requests_out_of_order)
{
    static const guint8 ops[] = {23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33};
    int to[2];
    int from[2];
    pid_t pid;

    ck_assert_int_eq(pipe2(to, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(from, O_CLOEXEC), 0);
    pid = start_worker(to[0], from[1]);
    close(to[0]);
    close(from[1]);
    for (size_t i = 0; i < sizeof ops; i++) {
        guint8 request[] = {0, 0, 0, 9, 1, 1, 0, 0, 0, 4, 0, 0, 0, ops[i]};
        static const guint8 end[] = {0, 0, 0, 0, 3};

        ck_assert_int_eq(write(to[1], request, sizeof request), sizeof request);
        if (ops[i] == 24)
            ck_assert_int_eq(write(to[1], end, sizeof end), sizeof end);
    }
    for (size_t i = 0; i < sizeof ops; i++) {
        guint8 reply[14];
        gsize got = 0;
        ssize_t n;

        /* "Bad file descriptor", but for writing nothing. */
        while (got < sizeof reply && (n = read(from[0], reply + got, sizeof reply - got)) > 0)
            got += (gsize)n;
        if (ops[i] == 24) {
            ck_assert_int_eq(reply[4], 4);
            ck_assert_int_eq(read(from[0], reply, 4), 4);
            continue;
        }
        ck_assert_mem_eq(reply, ((guint8[]){0, 0, 0, 9, 5, 9, 0, 0, 0, 4, 0, 0, 0, EBADF}), 14);
    }
    close(to[1]);
    close(from[0]);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("files-faults");
    TCase *cases = tcase_create("files-faults");

    if (getenv("SBX_TEST_AGENT") == NULL)
        return test_skip("the agent is not known; run it by `meson test`");
    tcase_set_timeout(cases, 240);
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, the_reply_ends_anywhere);
    tcase_add_test(cases, the_request_ends_anywhere);
    tcase_add_loop_test(cases, nonsense, 0, G_N_ELEMENTS(lies));
    tcase_add_test(cases, too_much_is_nonsense);
    tcase_add_loop_test(cases, nonsense_to_the_worker, 0, 8);
    tcase_add_test(cases, requests_out_of_order);
    suite_add_tcase(suite, cases);
    return test_run(suite);
}
