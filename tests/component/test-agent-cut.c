/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-agent-cut.c: the agent, or its host, dies at any byte of a whole conversation.
 *
 * One conversation with the real agent is recorded at a relay. What the agent said in it is then
 * said once more to a session that asks the same, N bytes of it, for every N; what the host said is
 * said to an agent of its own. A piece is said when as many requests have come as had come when it
 * was recorded, so that no answer precedes its question. */
#include "agent-run.h"
#include "agent-talk.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/test-main.h"
#include "lib/test-process.h"

/* --- one side's bytes, as they were said --- */

enum { PREFACE_LENGTH = 24, FRAME_HEAD = 9, FRAME_TYPE_AT = 3, FRAME_HEADERS = 1 };

typedef struct {
    gsize end;    /* of this piece, in all bytes */
    guint before; /* the other side's requests, or answers, that came before it */
} Piece;

typedef struct {
    GByteArray *bytes;
    GArray *pieces; /* of Piece */
} Speech;

/* Requests or answers, counted in one side's bytes: the host's preface, then frames. */
typedef struct {
    guint count;
    gsize skip; /* to the next frame's head */
    guint8 head[FRAME_HEAD];
    gsize have;
} Counter;

static void counter_feed(Counter *counter, const guint8 *bytes, gsize length)
{
    while (length > 0) {
        gsize n = counter->skip > 0 ? MIN(length, counter->skip) : 1;

        if (counter->skip > 0) {
            counter->skip -= n;
        } else {
            counter->head[counter->have++] = *bytes;
            if (counter->have == sizeof counter->head) {
                counter->have = 0;
                counter->skip =
                    (gsize)counter->head[0] << 16 | (gsize)counter->head[1] << 8 | counter->head[2];
                counter->count += counter->head[FRAME_TYPE_AT] == FRAME_HEADERS;
            }
        }
        bytes += n;
        length -= n;
    }
}

static Speech said_by_agent, said_by_host;

/* --- the recording --- */

typedef struct {
    int to;
    Speech *speech;
    Counter *own, *other;
    guint source;
} Relay;

static gboolean relay_ready(int fd, GIOCondition condition, gpointer data)
{
    Relay *relay = data;
    guint8 buffer[65536];
    ssize_t n = read(fd, buffer, sizeof buffer);
    Piece piece = {.before = relay->other->count};

    (void)condition;
    ck_assert_int_gt(n, 0);
    g_byte_array_append(relay->speech->bytes, buffer, (guint)n);
    piece.end = relay->speech->bytes->len;
    g_array_append_val(relay->speech->pieces, piece);
    counter_feed(relay->own, buffer, (gsize)n);
    ck_assert_int_eq(write(relay->to, buffer, (gsize)n), n);
    return G_SOURCE_CONTINUE;
}

static gboolean serve_one(int fd, GIOCondition condition, gpointer data)
{
    int server = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

    (void)condition;
    (void)data;
    ck_assert_int_ge(server, 0);
    ck_assert_int_eq(write(server, "hello", 5), 5);
    close(server);
    close(fd);
    return G_SOURCE_REMOVE;
}

static void listen_at_path(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_strlcpy(address.sun_path, talk_server_path, sizeof address.sun_path);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    g_unix_fd_add(listener, G_IO_IN, serve_one, NULL);
}

static gboolean is_refused(const TalkItem *item)
{
    return g_str_equal(item->name, "no program") || g_str_equal(item->name, "refused connection");
}

static void assert_all_went_well(const Talk *talk)
{
    for (guint i = 0; i < talk->count; i++) {
        const TalkItem *item = &talk->items[i];

        ck_assert_msg((item->error != NULL) == is_refused(item), "%s: %s", item->name,
                      item->error != NULL ? item->error->message : "no error");
    }
}

static void assert_all_was_said(const Talk *talk)
{
    assert_all_went_well(talk);
    ck_assert_str_eq(talk->out->str, "in\n");
    ck_assert_str_eq(talk->err->str, "err\n");
    ck_assert_str_eq(talk->carried->str, "hello");
}

static void record(void (*converse)(Talk *talk))
{
    Counter requests = {.skip = PREFACE_LENGTH};
    Counter answers = {0};
    Relay host = {.speech = &said_by_host, .own = &requests, .other = &answers};
    Relay agent = {.speech = &said_by_agent, .own = &answers, .other = &requests};
    int near[2], far[2];
    Talk talk;
    pid_t pid;

    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, near), 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, far), 0);
    pid = agent_start(far[1], -1);
    close(far[1]);
    said_by_host = (Speech){g_byte_array_new(), g_array_new(FALSE, FALSE, sizeof(Piece))};
    said_by_agent = (Speech){g_byte_array_new(), g_array_new(FALSE, FALSE, sizeof(Piece))};
    agent.to = near[1];
    host.to = far[0];
    host.source = g_unix_fd_add(near[1], G_IO_IN, relay_ready, &host);
    agent.source = g_unix_fd_add(far[0], G_IO_IN, relay_ready, &agent);
    talk_begin(&talk, near[0]);
    converse(&talk);
    assert_all_went_well(&talk);
    g_source_remove(host.source);
    g_source_remove(agent.source);
    close(near[1]);
    close(far[0]);
    talk_end(&talk);
    /* A parked agent awaits another host. */
    kill(pid, SIGKILL);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

static void record_all(void)
{
    talk_server_path = g_strdup_printf("/tmp/sbx-test-cut.%d", (int)getpid());
    listen_at_path();
    record(talk_through);
    g_unlink(talk_server_path);
}

static void forget(void)
{
    g_byte_array_unref(said_by_host.bytes);
    g_array_unref(said_by_host.pieces);
    g_byte_array_unref(said_by_agent.bytes);
    g_array_unref(said_by_agent.pieces);
    g_clear_pointer(&talk_server_path, g_free);
}

/* --- the agent dies --- */

/* Stands for the agent. */
typedef struct {
    int fd;
    Counter counter;
    gsize said, limit, at_once;
    gboolean pauses; /* at the limit: it does not die there */
    guint source;
} Double;

static void speak(Double *self)
{
    for (guint i = 0; i < said_by_agent.pieces->len && self->said < self->limit; i++) {
        const Piece *piece = &g_array_index(said_by_agent.pieces, Piece, i);

        if (piece->before > self->counter.count)
            return;
        while (self->said < MIN(piece->end, self->limit)) {
            gsize n = MIN(MIN(piece->end, self->limit) - self->said, self->at_once);

            ck_assert_int_eq(
                send(self->fd, said_by_agent.bytes->data + self->said, n, MSG_NOSIGNAL),
                (ssize_t)n);
            self->said += n;
            if (self->at_once == 1)
                return;
        }
    }
}

static void die_when_done(Double *self)
{
    if (self->fd < 0 || self->said < self->limit || self->pauses)
        return;
    close(self->fd);
    self->fd = -1;
}

static gboolean double_ready(int fd, GIOCondition condition, gpointer data)
{
    Double *self = data;
    guint8 buffer[65536];
    ssize_t n = (condition & G_IO_IN) != 0 ? read(fd, buffer, sizeof buffer) : 0;

    if (n > 0)
        counter_feed(&self->counter, buffer, (gsize)n);
    speak(self);
    die_when_done(self);
    if (self->fd >= 0)
        return G_SOURCE_CONTINUE;
    self->source = 0;
    return G_SOURCE_REMOVE;
}

/* How many requests went as they should. A refusal of the agent's is an answer, too. */
static guint count_answers(const Talk *talk)
{
    guint count = 0;

    for (guint i = 0; i < talk->count; i++) {
        const GError *error = talk->items[i].error;

        count += error == NULL || error->code != SBX_AGENT_ERROR_CLOSED;
        ck_assert_msg(error == NULL || error->code == SBX_AGENT_ERROR_CLOSED ||
                          is_refused(&talk->items[i]),
                      "%s: %s", talk->items[i].name, error != NULL ? error->message : "");
        ck_assert_msg(error == NULL || error->code != SBX_AGENT_ERROR_CLOSED ||
                          strstr(error->message, "the agent") != NULL,
                      "%s: %s", talk->items[i].name, error != NULL ? error->message : "");
    }
    return count;
}

static guint hear(gsize limit, gsize at_once)
{
    Double agent = {.counter.skip = PREFACE_LENGTH, .limit = limit, .at_once = at_once};
    guint fds = test_count_fds(getpid());
    guint answers;
    int ends[2];
    Talk talk;

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    agent.fd = ends[1];
    agent.source =
        g_unix_fd_add(ends[1], at_once == 1 ? G_IO_IN | G_IO_OUT : G_IO_IN, double_ready, &agent);
    speak(&agent);
    if (agent.said == limit)
        g_clear_handle_id(&agent.source, g_source_remove);
    die_when_done(&agent);
    talk_begin(&talk, ends[0]);
    talk_through(&talk);
    ck_assert_int_eq(agent.fd, -1);
    agent_run_until(&talk.closed);
    ck_assert_msg(talk.error->code == SBX_AGENT_ERROR_CLOSED, "%s", talk.error->message);
    answers = count_answers(&talk);
    ck_assert(g_str_has_prefix("in\n", talk.out->str));
    ck_assert(g_str_has_prefix("err\n", talk.err->str));
    ck_assert(g_str_has_prefix("hello", talk.carried->str));
    if (limit == said_by_agent.bytes->len)
        assert_all_was_said(&talk);
    talk_end(&talk);
    ck_assert_msg(test_count_fds(getpid()) == fds, "after %zu bytes fds are left", limit);
    return answers;
}

/* All that arrived counts: with more bytes never less is known. */
START_TEST(agent_dies_at_any_byte)
{
    guint before = 0;

    for (gsize n = 0; n <= said_by_agent.bytes->len; n++) {
        guint answers = hear(n, G_MAXSIZE);

        ck_assert_msg(answers >= before && answers <= before + 1, "%u answers of %u, %zu bytes",
                      answers, before, n);
        before = answers;
    }
    ck_assert_uint_eq(hear(said_by_agent.bytes->len, 1), before);
}
END_TEST

/* --- the host dies --- */

/* Where the last request ends: after it, the agent is parked and awaits another host. */
static gsize last_request(void)
{
    const guint8 *bytes = said_by_host.bytes->data;
    gsize end = 0;

    for (gsize at = PREFACE_LENGTH; at + FRAME_HEAD <= said_by_host.bytes->len;) {
        gsize length = (gsize)bytes[at] << 16 | (gsize)bytes[at + 1] << 8 | bytes[at + 2];

        if (bytes[at + FRAME_TYPE_AT] == FRAME_HEADERS)
            end = at + FRAME_HEAD + length;
        at += FRAME_HEAD + length;
    }
    return end;
}

static void read_answers(int fd, Counter *answers, guint wanted)
{
    guint8 buffer[65536];

    while (answers->count < wanted) {
        ssize_t n = read(fd, buffer, sizeof buffer);

        ck_assert_int_gt(n, 0);
        counter_feed(answers, buffer, (gsize)n);
    }
}

/* Says N bytes of what the host said to an agent of its own, and hangs up. */
static pid_t say_to_agent(gsize limit)
{
    Counter answers = {0};
    gsize said = 0;
    int ends[2];
    pid_t pid;

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    pid = agent_start(ends[1], -1);
    close(ends[1]);
    for (guint i = 0; said < limit; i++) {
        const Piece *piece = &g_array_index(said_by_host.pieces, Piece, i);
        gsize n = MIN(piece->end, limit) - said;

        read_answers(ends[0], &answers, piece->before);
        ck_assert_int_eq(send(ends[0], said_by_host.bytes->data + said, n, MSG_NOSIGNAL),
                         (ssize_t)n);
        said += n;
    }
    close(ends[0]);
    return pid;
}

/* The agent ends by itself, and so does all it had started: whatever is left of it is our child
 * now. */
static void assert_agent_ends(gsize limit)
{
    guint fds = test_count_fds(getpid());
    pid_t agent = say_to_agent(limit);
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, 0)) > 0)
        if (pid == agent)
            ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
                          "after %zu bytes the agent ended with %x", limit, (unsigned)status);
    ck_assert_uint_eq(test_count_fds(getpid()), fds);
}

/* But for the first: a host that has said nothing was never there. */
START_TEST(host_dies_at_any_byte)
{
    gsize end = last_request();
    pid_t parked;

    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    for (gsize n = 1; n < end; n++)
        assert_agent_ends(n);
    parked = say_to_agent(end);
    kill(parked, SIGKILL);
    ck_assert_int_eq(waitpid(parked, NULL, 0), parked);
}
END_TEST

/* --- the agent dies just when it is written to --- */

static gsize answered; /* bytes the agent had said when its process was given input */
static Double *dying;
static int dies;

/* The agent's last words, and its end. */
static gboolean die_ready(int fd, GIOCondition condition, gpointer data)
{
    (void)fd;
    (void)condition;
    (void)data;
    dying->limit = said_by_agent.bytes->len;
    dying->pauses = FALSE;
    speak(dying);
    g_clear_handle_id(&dying->source, g_source_remove);
    die_when_done(dying);
    return G_SOURCE_REMOVE;
}

static void write_to_process(Talk *talk)
{
    SbxAgentCommand command = {.env = no_rc, .script = "read x; exit 3"};
    TalkItem *item = talk_item(talk, "process");
    SbxAgentProcess *process;
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    process = sbx_agent_session_spawn(talk->session, &command, ends[0], -1, -1, talk_on_started,
                                      talk_on_exited, item, talk_on_end);
    agent_run_until(&item->told);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    if (dying == NULL)
        answered = said_by_agent.bytes->len;
    else
        ck_assert_int_eq(eventfd_write(dies, 1), 0);
    ck_assert_int_eq(write(ends[1], "x\n", 2), 2);
    agent_run_until(&item->ended);
    close(ends[1]);
    sbx_agent_process_unref(process);
}

static void record_input(void)
{
    record(write_to_process);
}

/* All three happen in one turn of the main loop: the agent says that the process has exited, it
 * dies, and what it will not read any more is sent to it. The exit is told all the same. */
START_TEST(agent_dies_when_it_is_written_to)
{
    Double agent = {
        .counter.skip = PREFACE_LENGTH, .limit = answered, .at_once = G_MAXSIZE, .pauses = TRUE};
    int ends[2];
    Talk talk;

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    agent.fd = ends[1];
    dies = eventfd(0, EFD_CLOEXEC);
    dying = &agent;
    /* Sources have their turns in this order. */
    agent.source = g_unix_fd_add(agent.fd, G_IO_IN, double_ready, &agent);
    g_unix_fd_add(dies, G_IO_IN, die_ready, NULL);
    talk_begin(&talk, ends[0]);
    write_to_process(&talk);
    assert_all_went_well(&talk);
    ck_assert(talk.items[0].exited);
    agent_run_until(&talk.closed);
    ck_assert_int_eq(talk.error->code, SBX_AGENT_ERROR_CLOSED);
    close(dies);
    talk_end(&talk);
}
END_TEST

/* Nobody reads, and nobody hangs up: that is an end, too. */
START_TEST(agent_reads_no_more)
{
    int ends[2];
    Talk talk;
    TalkItem *item;

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    shutdown(ends[1], SHUT_RD);
    talk_begin(&talk, ends[0]);
    sbx_agent_session_ping(talk.session, talk_on_done, item = talk_item(&talk, "ping"));
    agent_run_until(&item->told);
    ck_assert_int_eq(item->error->code, SBX_AGENT_ERROR_CLOSED);
    agent_run_until(&talk.closed);
    close(ends[1]);
    talk_end(&talk);
}
END_TEST

int main(void)
{
    TCase *written = tcase_create("written");
    Suite *suite = suite_create("agent-cut");
    TCase *tests = tcase_create("cut");

    tcase_add_checked_fixture(tests, record_all, forget);
    tcase_add_test(tests, agent_dies_at_any_byte);
    tcase_add_test(tests, host_dies_at_any_byte);
    tcase_add_checked_fixture(written, record_input, forget);
    tcase_add_test(written, agent_dies_when_it_is_written_to);
    tcase_add_test(written, agent_reads_no_more);
    tcase_set_timeout(tests, 240);
    tcase_set_timeout(written, 60);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, written);
    return test_run(suite);
}
