/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-agent-cut.c: the agent, or its host, dies at any byte of a whole conversation.
 *
 * One conversation with the real agent is recorded at a relay. What the agent said in it is then said
 * once more to a session that asks the same, N bytes of it, for every N; what the host said is said to
 * an agent of its own. A piece is said when as many requests have come as had come when it was
 * recorded, so that no answer precedes its question. */
#include "agent/connection.h"
#include "agent/session.h"
#include "agent-run.h"

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
                counter->skip = (gsize)counter->head[0] << 16 | (gsize)counter->head[1] << 8 |
                                counter->head[2];
                counter->count += counter->head[FRAME_TYPE_AT] == FRAME_HEADERS;
            }
        }
        bytes += n;
        length -= n;
    }
}

static Speech said_by_agent, said_by_host;
static char *server_path;

/* --- the conversation --- */

/* One request: what its owner was told. */
typedef struct {
    const char *name;
    gboolean told, ended, exited;
    guint calls;
    GError *error;
} Item;

enum { ITEMS_MAX = 24, TEXT_MAX = 64 };

typedef struct {
    SbxAgentSession *session;
    gboolean closed;
    GError *error;
    Item items[ITEMS_MAX];
    guint count;
    GString *out, *err, *carried;
    guint readers;
    guint64 in, to;
} Talk;

static Item *item_new(Talk *talk, const char *name)
{
    Item *item = &talk->items[talk->count++];

    ck_assert_uint_le(talk->count, ITEMS_MAX);
    item->name = name;
    return item;
}

static void tell(Item *item, const GError *error)
{
    ck_assert_msg(!item->told, "%s was told twice", item->name);
    item->told = TRUE;
    item->error = error != NULL ? g_error_copy(error) : NULL;
}

static void on_closed(SbxAgentSession *session, const GError *error, gpointer data)
{
    Talk *talk = data;

    (void)session;
    ck_assert(!talk->closed);
    talk->closed = TRUE;
    talk->error = g_error_copy(error);
}

static void on_done(SbxAgentSession *session, const GError *error, gpointer data)
{
    (void)session;
    tell(data, error);
}

static void on_metrics(SbxAgentSession *session, const SbxAgentMetrics *metrics,
                       const GError *error, gpointer data)
{
    (void)session;
    ck_assert((metrics == NULL) == (error != NULL));
    tell(data, error);
}

static void on_usage(SbxAgentProcess *process, const SbxAgentUsage *usage, const GError *error,
                     gpointer data)
{
    (void)process;
    ck_assert((usage == NULL) == (error != NULL));
    tell(data, error);
}

static void on_started(SbxAgentProcess *process, int pid, const GError *error, gpointer data)
{
    Item *item = data;

    (void)process;
    ck_assert(!item->ended && !item->exited && item->calls++ == 0);
    ck_assert((pid > 0) == (error == NULL));
    item->told = TRUE;
    item->error = error != NULL ? g_error_copy(error) : NULL;
}

static void on_exited(SbxAgentProcess *process, const SbxAgentExit *info, const GError *error,
                      gpointer data)
{
    Item *item = data;

    (void)process;
    ck_assert(item->told && item->error == NULL && !item->ended && !item->exited);
    ck_assert((info == NULL) == (error != NULL));
    item->exited = TRUE;
    item->error = error != NULL ? g_error_copy(error) : NULL;
}

static void on_connected(SbxAgentConnection *connection, const GError *error, int number,
                         gpointer data)
{
    Item *item = data;

    (void)connection;
    (void)number;
    ck_assert(!item->ended);
    tell(item, error);
}

static void on_end(gpointer data)
{
    Item *item = data;

    ck_assert_msg(!item->ended, "%s ended twice", item->name);
    ck_assert_msg(item->told, "%s ended untold", item->name);
    item->ended = TRUE;
}

typedef struct {
    Talk *talk;
    GString *text;
} Reader;

static gboolean read_ready(int fd, GIOCondition condition, gpointer data)
{
    Reader *reader = data;
    char buffer[4096];
    ssize_t n = read(fd, buffer, sizeof buffer);

    (void)condition;
    if (n > 0) {
        g_string_append_len(reader->text, buffer, n);
        return G_SOURCE_CONTINUE;
    }
    close(fd);
    reader->talk->readers--;
    g_free(reader);
    return G_SOURCE_REMOVE;
}

static void collect(Talk *talk, int fd, GString *text)
{
    Reader *reader = g_new(Reader, 1);

    *reader = (Reader){talk, text};
    talk->readers++;
    g_unix_fd_add(fd, G_IO_IN, read_ready, reader);
}

/* The end that is handed over; the other is read here. */
static int output(Talk *talk, GString *text)
{
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    collect(talk, ends[0], text);
    return ends[1];
}

static int input(const char *text)
{
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    ck_assert_int_eq(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
    close(ends[1]);
    return ends[0];
}

static void await_outputs(Talk *talk)
{
    while (talk->readers > 0)
        g_main_context_iteration(NULL, TRUE);
}

static void ask_first(Talk *talk)
{
    const char *const env[] = {"A=b", NULL};
    SbxAgentSetup setup = {.hostname = "test", .realtime_ns = 1, .env = env};
    Item *item = item_new(talk, "setup");

    sbx_agent_session_setup(talk->session, &setup, on_done, item);
    agent_run_until(&item->told);
    ck_assert((sbx_agent_session_get_info(talk->session) != NULL) == (item->error == NULL));
    sbx_agent_session_ping(talk->session, on_done, item = item_new(talk, "ping"));
    agent_run_until(&item->told);
    sbx_agent_session_get_metrics(talk->session, on_metrics, item = item_new(talk, "metrics"));
    agent_run_until(&item->told);
}

static void run_command(Talk *talk)
{
    SbxAgentCommand command = {.env = no_rc,
                               .script = "cat; echo err >&2; exit 3",
                               .output_ends_at_exit = TRUE};
    Item *item = item_new(talk, "process");
    int out = output(talk, talk->out);
    int err = output(talk, talk->err);
    SbxAgentProcess *process = sbx_agent_session_spawn(talk->session, &command, input("in\n"), out,
                                                       err, on_started, on_exited, item, on_end);

    agent_run_until(&item->ended);
    await_outputs(talk);
    sbx_agent_process_unref(process);
}

/* A process with a terminal: its figures, its size, a signal. */
static void end_terminal(Talk *talk)
{
    SbxAgentCommand command = {.argv = (const char *const[]){"sleep", "1000", NULL},
                               .rows = 24,
                               .columns = 80,
                               .output_ends_at_exit = TRUE};
    Item *item = item_new(talk, "terminal");
    Item *asked;
    GString *nothing = g_string_new(NULL);
    SbxAgentProcess *process =
        sbx_agent_session_spawn(talk->session, &command, -1, output(talk, nothing), -1, on_started,
                                on_exited, item, on_end);

    agent_run_until(&item->told);
    sbx_agent_process_get_usage(process, on_usage, asked = item_new(talk, "usage"));
    agent_run_until(&asked->told);
    sbx_agent_process_resize(process, 25, 81, on_done, asked = item_new(talk, "resize"));
    agent_run_until(&asked->told);
    sbx_agent_process_signal(process, SIGTERM, SBX_AGENT_SCOPE_PROCESS, on_done,
                             asked = item_new(talk, "signal"));
    agent_run_until(&asked->told);
    agent_run_until(&item->ended);
    await_outputs(talk);
    ck_assert_uint_eq(nothing->len, 0);
    g_string_free(nothing, TRUE);
    sbx_agent_process_unref(process);
}

/* Answers that are refusals. */
static void fail_to_start(Talk *talk)
{
    SbxAgentCommand command = {.argv = (const char *const[]){"there-is-none", NULL}};
    Item *item = item_new(talk, "no program");
    SbxAgentProcess *process = sbx_agent_session_spawn(talk->session, &command, -1, -1, -1,
                                                       on_started, on_exited, item, on_end);

    agent_run_until(&item->ended);
    sbx_agent_process_unref(process);
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

static void connect_to_socket(Talk *talk, const char *name, const char *path)
{
    Item *item = item_new(talk, name);
    SbxAgentConnection *connection;
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    shutdown(ends[0], SHUT_WR);
    collect(talk, ends[0], talk->carried);
    connection = sbx_agent_connection_new(talk->session, 0, path, ends[1], &talk->in, &talk->to,
                                          on_connected, item, on_end);
    agent_run_until(&item->ended);
    await_outputs(talk);
    sbx_agent_connection_unref(connection);
}

static void park(Talk *talk)
{
    Item *item = item_new(talk, "park");

    sbx_agent_session_park(talk->session, on_done, item);
    agent_run_until(&item->told);
}

static void talk_begin(Talk *talk, int fd)
{
    *talk = (Talk){.out = g_string_new(NULL),
                   .err = g_string_new(NULL),
                   .carried = g_string_new(NULL)};
    talk->session = sbx_agent_session_new(fd, on_closed, talk, NULL);
}

static void talk_through(Talk *talk)
{
    ask_first(talk);
    run_command(talk);
    end_terminal(talk);
    fail_to_start(talk);
    connect_to_socket(talk, "connection", server_path);
    connect_to_socket(talk, "refused connection", "/nowhere/socket");
    park(talk);
}

static void talk_end(Talk *talk)
{
    sbx_agent_session_free(g_steal_pointer(&talk->session));
    agent_run_until(&talk->closed);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    for (guint i = 0; i < talk->count; i++)
        g_clear_error(&talk->items[i].error);
    g_clear_error(&talk->error);
    g_string_free(talk->out, TRUE);
    g_string_free(talk->err, TRUE);
    g_string_free(talk->carried, TRUE);
}

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

static void listen_at_path(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_strlcpy(address.sun_path, server_path, sizeof address.sun_path);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    g_unix_fd_add(listener, G_IO_IN, serve_one, NULL);
}

static gboolean is_refused(const Item *item)
{
    return g_str_equal(item->name, "no program") || g_str_equal(item->name, "refused connection");
}

static void assert_all_went_well(const Talk *talk)
{
    for (guint i = 0; i < talk->count; i++) {
        const Item *item = &talk->items[i];

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
    server_path = g_strdup_printf("/tmp/sbx-test-cut.%d", (int)getpid());
    listen_at_path();
    record(talk_through);
    g_unlink(server_path);
}

static void forget(void)
{
    g_byte_array_unref(said_by_host.bytes);
    g_array_unref(said_by_host.pieces);
    g_byte_array_unref(said_by_agent.bytes);
    g_array_unref(said_by_agent.pieces);
    g_clear_pointer(&server_path, g_free);
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

            ck_assert_int_eq(send(self->fd, said_by_agent.bytes->data + self->said, n,
                                  MSG_NOSIGNAL), (ssize_t)n);
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
    agent.source = g_unix_fd_add(ends[1], at_once == 1 ? G_IO_IN | G_IO_OUT : G_IO_IN, double_ready,
                                 &agent);
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

/* The agent ends by itself, and so does all it had started: whatever is left of it is our child now. */
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
    Item *item = item_new(talk, "process");
    SbxAgentProcess *process;
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    process = sbx_agent_session_spawn(talk->session, &command, ends[0], -1, -1, on_started,
                                      on_exited, item, on_end);
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

/* All three happen in one turn of the main loop: the agent says that the process has exited, it dies,
 * and what it will not read any more is sent to it. The exit is told all the same. */
START_TEST(agent_dies_when_it_is_written_to)
{
    Double agent = {.counter.skip = PREFACE_LENGTH, .limit = answered, .at_once = G_MAXSIZE,
                    .pauses = TRUE};
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
    Item *item;

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    shutdown(ends[1], SHUT_RD);
    talk_begin(&talk, ends[0]);
    sbx_agent_session_ping(talk.session, on_done, item = item_new(&talk, "ping"));
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
