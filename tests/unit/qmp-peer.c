/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A scripted QEMU: see qmp-peer.h. */
#include "qmp-peer.h"

#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/test-process.h"

SbxQmp *monitor;
int theirs;
GString *told;
static guint fds_before;
static gboolean inside; /* a call of the monitor's: no callback may run */

void drop_monitor(void)
{
    inside = TRUE;
    sbx_qmp_free(g_steal_pointer(&monitor));
    inside = FALSE;
}

static void on_event(SbxQmp *qmp, const char *event, JsonObject *values, gpointer data)
{
    ck_assert(qmp == monitor && data == &theirs && !inside);
    g_string_append_printf(told, "%s%s ", event, values == NULL ? "" : "+");
    if (g_str_equal(event, "FREE"))
        drop_monitor();
}

void on_done(SbxQmp *qmp, JsonObject *result, const GError *error, gpointer data)
{
    Answer *answer = data;

    ck_assert_ptr_nonnull(qmp);
    ck_assert(!inside);
    ck_assert_int_eq(answer->calls++, 0);
    ck_assert(error == NULL || result == NULL);
    answer->number = result == NULL                        ? -2
                     : json_object_has_member(result, "n") ? json_object_get_int_member(result, "n")
                                                           : -1;
    if (told != NULL)
        g_string_append_printf(told, "%" G_GINT64_FORMAT " ", answer->number);
    if (error != NULL) {
        ck_assert(error->domain == SBX_QMP_ERROR);
        answer->code = error->code;
        answer->failed = TRUE;
        g_strlcpy(answer->message, error->message, sizeof answer->message);
    }
    if (answer->frees)
        drop_monitor();
}

void assert_failed(const Answer *answer, SbxQmpError code, const char *message)
{
    ck_assert_int_eq(answer->calls, 1);
    ck_assert(answer->failed);
    ck_assert_msg(answer->code == (int)code && strstr(answer->message, message) != NULL, "%d: %s",
                  answer->code, answer->message);
}

void assert_result(const Answer *answer, gint64 number)
{
    ck_assert_int_eq(answer->calls, 1);
    ck_assert_msg(!answer->failed, "%s", answer->message);
    ck_assert_int_eq(answer->number, number);
}

void execute(const char *name, int fd, Answer *answer)
{
    inside = TRUE;
    sbx_qmp_execute(monitor, name, NULL, fd, answer != NULL ? on_done : NULL, answer);
    inside = FALSE;
}

void peer_start(void)
{
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    theirs = ends[1];
    monitor = sbx_qmp_new(ends[0], on_event, &theirs);
}

void peer_setup(void)
{
    /* The main context's own descriptor is there from its first turn on. */
    g_main_context_iteration(NULL, FALSE);
    fds_before = test_count_fds(getpid());
    told = g_string_new(NULL);
    peer_start();
}

void settle(void)
{
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

void hang_up(void)
{
    if (theirs >= 0)
        close(theirs);
    theirs = -1;
}

void peer_teardown(void)
{
    drop_monitor();
    settle();
    hang_up();
    ck_assert_uint_eq(test_count_fds(getpid()), fds_before);
    g_string_free(told, TRUE);
}

void wait_for(const Answer *answer)
{
    while (answer->calls == 0)
        g_main_context_iteration(NULL, TRUE);
}

void say_bytes(const char *bytes, gsize length)
{
    while (length > 0) {
        ssize_t n = send(theirs, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0) {
            ck_assert_int_eq(errno, EAGAIN);
            g_main_context_iteration(NULL, TRUE);
            continue;
        }
        bytes += n;
        length -= (gsize)n;
    }
}

void say(const char *text)
{
    say_bytes(text, strlen(text));
}

/* One line as QEMU reads it, byte by byte; NULL when there is no more for now. *fd is what came
 * with its first byte; one that comes later is a failure. */
void say_result(int id, int number)
{
    g_autofree char *text = g_strdup_printf("{\"return\": {\"n\": %d}, \"id\": %d}\n", number, id);

    say(text);
}

/* A descriptor among these bytes without an @fd is a failure. */
static ssize_t take_bytes(char *bytes, gsize length, int *fd)
{
    union {
        char space[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {bytes, length};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = sizeof control};
    ssize_t n = recvmsg(theirs, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

    if (n >= 0 && CMSG_FIRSTHDR(&header) != NULL) {
        ck_assert_ptr_nonnull(fd);
        memcpy(fd, CMSG_DATA(CMSG_FIRSTHDR(&header)), sizeof *fd);
    }
    return n;
}

/* How much of what has come belongs to the line, at least 1. */
static gsize rest_of_line(void)
{
    char bytes[65536];
    ssize_t n = recv(theirs, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
    const char *end = n > 0 ? memchr(bytes, '\n', (gsize)n) : NULL;

    return end != NULL ? (gsize)(end + 1 - bytes) : (gsize)MAX(n, 1);
}

char *hear(int *fd)
{
    g_autoptr(GString) line = g_string_new(NULL);
    char bytes[65536];

    while (!g_str_has_suffix(line->str, "\n")) {
        gboolean begins = line->len == 0;
        ssize_t n = take_bytes(bytes, begins ? 1 : rest_of_line(), begins ? fd : NULL);

        if (n < 0 && begins)
            return NULL;
        if (n < 0) {
            ck_assert_int_eq(errno, EAGAIN);
            g_main_context_iteration(NULL, TRUE);
            continue;
        }
        ck_assert_int_gt(n, 0);
        g_string_append_len(line, bytes, n);
    }
    g_string_truncate(line, line->len - 1);
    return g_string_free(g_steal_pointer(&line), FALSE);
}

void expect_line(const char *expected)
{
    g_autofree char *line = hear(NULL);

    ck_assert_pstr_eq(line, expected);
}

void negotiate(void)
{
    expect_line("{\"execute\":\"qmp_capabilities\",\"id\":1}");
    say(QMP_HELLO);
}

void assert_hung_up(void)
{
    char byte;

    settle();
    while (recv(theirs, &byte, 1, MSG_DONTWAIT) == 1)
        ;
    /* Linux says ECONNRESET when the other end had not read everything. */
    ck_assert(recv(theirs, &byte, 1, MSG_DONTWAIT) == 0 || errno == ECONNRESET);
}
