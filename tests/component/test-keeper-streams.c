/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Streams of commands: descriptors that a program gives, and many at once. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "lib/test-box.h"
#include "lib/test-command.h"
#include "lib/test-keeper.h"
#include "lib/test-main.h"

#define MIB ((gsize)1 << 20)

/* Bytes that differ from place to place and from seed to seed. */
static guint8 *pattern(guint seed, gsize length)
{
    guint8 *bytes = g_malloc(length);
    guint32 state = seed * 2654435761u + 1;

    for (gsize i = 0; i < length; i++) {
        state = state * 1664525u + 1013904223u;
        bytes[i] = (guint8)(state >> 24);
    }
    return bytes;
}

typedef enum { A_FILE, A_PIPE, A_SOCKET, A_TERMINAL } Kind;

/* A descriptor to give, and our own side of it; for a file the same file. */
typedef struct {
    int given;
    int ours;
} Pair;

static Pair open_file(const char *name)
{
    g_autofree char *path = g_build_filename(test_keeper.top, name, NULL);
    Pair pair = {.ours = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)};

    pair.given = open(path, O_RDWR | O_CLOEXEC);
    return pair;
}

static Pair open_terminal(void)
{
    struct termios raw;
    Pair pair;

    ck_assert_int_eq(openpty(&pair.ours, &pair.given, NULL, NULL, NULL), 0);
    ck_assert_int_eq(tcgetattr(pair.given, &raw), 0);
    cfmakeraw(&raw);
    ck_assert_int_eq(tcsetattr(pair.given, TCSANOW, &raw), 0);
    return pair;
}

static Pair open_pair(Kind kind, gboolean is_input)
{
    Pair pair = {-1, -1};
    int ends[2] = {-1, -1};

    if (kind == A_FILE)
        return open_file(is_input ? "input" : "output");
    if (kind == A_TERMINAL)
        return open_terminal();
    if (kind == A_PIPE)
        ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    else
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    pair.given = ends[is_input ? 0 : 1];
    pair.ours = ends[is_input ? 1 : 0];
    return pair;
}

typedef struct {
    int fd;
    const guint8 *bytes;
    gsize length;
} Feed;

static gpointer feed(gpointer data)
{
    Feed *self = data;

    for (gsize done = 0; done < self->length;) {
        ssize_t n = write(self->fd, self->bytes + done, self->length - done);

        if (n < 0 && errno == EAGAIN)
            continue;
        if (n <= 0)
            break;
        done += (gsize)n;
    }
    return NULL;
}

typedef struct {
    int fd;
    guint8 *bytes;
    gsize length;
} Take;

static gpointer take(gpointer data)
{
    Take *self = data;

    test_read_all(self->fd, (char *)self->bytes, self->length);
    return NULL;
}

static void set_nonblocking(int fd, gboolean wanted)
{
    int flags = fcntl(fd, F_GETFL);

    ck_assert_int_eq(fcntl(fd, F_SETFL, wanted ? flags | O_NONBLOCK : flags & ~O_NONBLOCK), 0);
}

/* `cat` between @in and @out, of which the library gets duplicates only. */
static void cat_between(Kind kind, const Pair *in, const Pair *out, const guint8 *bytes,
                        gsize length)
{
    sbx_command *command = sbx_command_new_script("exec head -c \"$0\"");
    g_autofree char *count = g_strdup_printf("%zu", length);
    g_autofree guint8 *got = g_malloc0(length);
    Feed feeding = {in->ours, bytes, length};
    Take taking = {out->ours, got, length};
    GThread *feeder;
    GThread *taker = NULL;
    sbx_result *result;

    ck_assert_int_eq(sbx_command_add_arg(command, count, NULL), 0);
    ck_assert_int_eq(sbx_command_set_fd(command, SBX_STDIN, in->given, NULL), 0);
    ck_assert_int_eq(sbx_command_set_fd(command, SBX_STDOUT, out->given, NULL), 0);
    feeder = g_thread_new("feeder", feed, &feeding);
    if (kind == A_FILE)
        g_thread_join(g_steal_pointer(&feeder));
    else
        taker = g_thread_new("taker", take, &taking);
    result = test_run_command(box, command);
    ck_assert_int_eq(sbx_result_exit_code(result), 0);
    sbx_result_free(result);
    if (kind == A_FILE) {
        /* It was written when the call came back. */
        take(&taking);
    } else {
        g_thread_join(taker);
        g_thread_join(feeder);
    }
    ck_assert_int_eq(memcmp(got, bytes, length), 0);
}

static void check_kind(Kind kind, gboolean nonblocking)
{
    /* What a terminal's writer and reader do not take in step, it throws away. */
    gsize length = kind == A_TERMINAL ? 3000 : MIB + 17;
    g_autofree guint8 *bytes = pattern(kind, length);
    Pair in = open_pair(kind, TRUE);
    Pair out = open_pair(kind, FALSE);
    int in_flags;
    int out_flags;

    set_nonblocking(in.given, nonblocking);
    set_nonblocking(out.given, nonblocking);
    in_flags = fcntl(in.given, F_GETFL);
    out_flags = fcntl(out.given, F_GETFL);
    cat_between(kind, &in, &out, bytes, length);
    ck_assert_int_eq(fcntl(in.given, F_GETFL), in_flags);
    ck_assert_int_eq(fcntl(out.given, F_GETFL), out_flags);
    close(in.given);
    close(in.ours);
    close(out.given);
    close(out.ours);
}

START_TEST(given_descriptors)
{
    check_kind((Kind)(_i / 2), _i % 2);
}
END_TEST

START_TEST(given_null)
{
    sbx_command *command = sbx_command_new_script("cat; head -c 1000000 /dev/zero");
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    sbx_result *result;

    for (int i = SBX_STDIN; i <= SBX_STDERR; i++)
        ck_assert_int_eq(sbx_command_set_fd(command, i, null, NULL), 0);
    result = test_run_command(box, command);
    ck_assert_int_eq(sbx_result_exit_code(result), 0);
    sbx_result_free(result);
    close(null);
}
END_TEST

START_TEST(bad_descriptors)
{
    sbx_command *command = sbx_command_new("true");
    sbx_process *process = NULL;
    sbx_error *error = NULL;
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    test_failed(sbx_command_set_fd(command, SBX_STDOUT, -1, &error), SBX_E_INVALID, &error, "-1");
    test_failed(sbx_command_set_fd(command, SBX_STDOUT, 9999, &error), SBX_E_INVALID, &error,
                "9999");
    test_failed(sbx_command_set_fd(command, 3, ends[0], &error), SBX_E_INVALID, &error, "3");
    test_failed(sbx_command_set_fd(command, SBX_STDIN, ends[1], &error), SBX_E_INVALID, &error,
                "reading");
    test_failed(sbx_command_set_fd(command, SBX_STDOUT, ends[0], &error), SBX_E_INVALID, &error,
                "writing");
    ck_assert_int_eq(sbx_command_set_fd(command, SBX_STDOUT, ends[1], NULL), 0);
    close(ends[1]);
    test_failed(sbx_spawn(box, command, &process, &error), SBX_E_INVALID, &error, "not open");
    ck_assert_ptr_null(process);
    close(ends[0]);
    sbx_command_unref(command);
}
END_TEST

START_TEST(inherited_output)
{
    sbx_command *command = sbx_command_new_script("echo out; echo err >&2");
    int saved = dup(STDOUT_FILENO);
    g_autoptr(GByteArray) bytes = NULL;
    gsize length;
    sbx_result *result;
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    ck_assert_int_eq(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
    close(ends[1]);
    ck_assert_int_eq(sbx_command_set_stdio(command, SBX_STDOUT, SBX_STDIO_INHERIT, NULL), 0);
    result = test_run_command(box, command);
    ck_assert_int_eq(dup2(saved, STDOUT_FILENO), STDOUT_FILENO);
    close(saved);
    bytes = test_read_to_end(ends[0]);
    ck_assert_str_eq((const char *)bytes->data, "out\n");
    sbx_result_stdout(result, &length);
    ck_assert_uint_eq(length, 0);
    ck_assert_str_eq(sbx_result_stderr(result, NULL), "err\n");
    sbx_result_free(result);
    close(ends[0]);
}
END_TEST

/* A reader that goes away gives SIGPIPE through a relay, too. */
START_TEST(nobody_reads_what_was_given)
{
    sbx_command *command = sbx_command_new("yes");
    sbx_process *process;
    int ends[2];
    char byte;

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    ck_assert_int_eq(sbx_command_set_fd(command, SBX_STDOUT, ends[1], NULL), 0);
    process = test_spawn(box, command);
    close(ends[1]);
    test_read_all(ends[0], &byte, 1);
    close(ends[0]);
    test_wait(process);
    ck_assert_int_ne(sbx_process_exit_code(process), 0);
    sbx_process_unref(process);
}
END_TEST

/* --- many at once --- */

#define CROWD 100
#define CROWD_BYTES (2 * MIB)

typedef struct {
    guint seed;
    char *fault;
} Member;

/* Writes and reads as either is possible; NULL, or what went wrong. */
static char *exchange(int in, int out, const guint8 *bytes, guint8 *got)
{
    gsize sent = 0;
    gsize taken = 0;

    set_nonblocking(in, TRUE);
    while (taken < CROWD_BYTES) {
        struct pollfd fds[] = {{.fd = sent < CROWD_BYTES ? in : -1, .events = POLLOUT},
                               {.fd = out, .events = POLLIN}};
        ssize_t n;

        if (poll(fds, 2, 60000) <= 0)
            return g_strdup_printf("stuck at %zu sent, %zu taken", sent, taken);
        if (fds[0].revents != 0 && (n = write(in, bytes + sent, CROWD_BYTES - sent)) > 0)
            sent += (gsize)n;
        if (fds[1].revents == 0)
            continue;
        n = read(out, got + taken, CROWD_BYTES - taken);
        if (n <= 0)
            return g_strdup_printf("ended at %zu sent, %zu taken", sent, taken);
        taken += (gsize)n;
    }
    return NULL;
}

static gpointer take_part(gpointer data)
{
    Member *self = data;
    sbx_command *command = sbx_command_new("cat");
    g_autofree guint8 *bytes = pattern(self->seed, CROWD_BYTES);
    g_autofree guint8 *got = g_malloc0(CROWD_BYTES);
    sbx_process *process = NULL;

    sbx_command_set_stdio(command, SBX_STDIN, SBX_STDIO_PIPE, NULL);
    if (sbx_spawn(box, command, &process, NULL) < 0) {
        self->fault = g_strdup("it did not start");
        return NULL;
    }
    sbx_command_unref(command);
    self->fault = exchange(sbx_process_fd(process, SBX_STDIN), sbx_process_fd(process, SBX_STDOUT),
                           bytes, got);
    if (self->fault == NULL && memcmp(bytes, got, CROWD_BYTES) != 0)
        self->fault = g_strdup("other bytes");
    close(sbx_process_take_fd(process, SBX_STDIN));
    if (self->fault == NULL &&
        (sbx_process_wait(process, 60000, NULL) != 1 || sbx_process_exit_code(process) != 0))
        self->fault = g_strdup("it did not end well");
    sbx_process_unref(process);
    return NULL;
}

/* One whose output nobody reads meanwhile stands still alone, and loses nothing. */
START_TEST(a_hundred_at_once)
{
    sbx_command *slow = sbx_command_new_script("seq 1 300000");
    g_autoptr(GByteArray) text = NULL;
    Member members[CROWD] = {0};
    GThread *threads[CROWD];
    sbx_process *process = test_spawn(box, slow);

    for (guint i = 0; i < CROWD; i++) {
        members[i].seed = i;
        threads[i] = g_thread_new("member", take_part, &members[i]);
    }
    for (guint i = 0; i < CROWD; i++)
        g_thread_join(threads[i]);
    for (guint i = 0; i < CROWD; i++)
        ck_assert_msg(members[i].fault == NULL, "%u: %s", i, members[i].fault);
    ck_assert_int_eq(sbx_process_wait(process, 0, NULL), 0);
    text = test_read_to_end(sbx_process_fd(process, SBX_STDOUT));
    ck_assert_uint_eq(text->len, 1988895);
    ck_assert_str_eq((const char *)text->data + text->len - 14, "299999\n300000\n");
    test_wait(process);
    sbx_process_unref(process);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("keeper-streams");
    TCase *cases = tcase_create("streams");

    tcase_set_timeout(cases, 240);
    tcase_add_checked_fixture(cases, test_box_setup, test_box_teardown);
    tcase_add_loop_test(cases, given_descriptors, 0, 2 * (A_TERMINAL + 1));
    tcase_add_test(cases, given_null);
    tcase_add_test(cases, bad_descriptors);
    tcase_add_test(cases, inherited_output);
    tcase_add_test(cases, nobody_reads_what_was_given);
    tcase_add_test(cases, a_hundred_at_once);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return test_keeper_main(make_suite);
}
