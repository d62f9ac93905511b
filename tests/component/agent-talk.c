/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See agent-talk.h. */
#include "agent-talk.h"

#include "agent-run.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

char *talk_server_path;

TalkItem *talk_item(Talk *talk, const char *name)
{
    TalkItem *item = &talk->items[talk->count++];

    ck_assert_uint_le(talk->count, TALK_ITEMS_MAX);
    item->name = name;
    return item;
}

static void tell(TalkItem *item, const GError *error)
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

void talk_on_done(SbxAgentSession *session, const GError *error, gpointer data)
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

void talk_on_started(SbxAgentProcess *process, int pid, const GError *error, gpointer data)
{
    TalkItem *item = data;

    (void)process;
    ck_assert(!item->ended && !item->exited && item->calls++ == 0);
    ck_assert((pid > 0) == (error == NULL));
    item->told = TRUE;
    item->error = error != NULL ? g_error_copy(error) : NULL;
}

void talk_on_exited(SbxAgentProcess *process, const SbxAgentExit *info, const GError *error,
                    gpointer data)
{
    TalkItem *item = data;

    (void)process;
    ck_assert(item->told && item->error == NULL && !item->ended && !item->exited);
    ck_assert((info == NULL) == (error != NULL));
    item->exited = TRUE;
    item->error = error != NULL ? g_error_copy(error) : NULL;
}

static void on_connected(SbxAgentConnection *connection, const GError *error, int number,
                         gpointer data)
{
    TalkItem *item = data;

    (void)connection;
    (void)number;
    ck_assert(!item->ended);
    tell(item, error);
}

void talk_on_end(gpointer data)
{
    TalkItem *item = data;

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
    TalkItem *item = talk_item(talk, "setup");

    sbx_agent_session_setup(talk->session, &setup, talk_on_done, item);
    agent_run_until(&item->told);
    ck_assert((sbx_agent_session_get_info(talk->session) != NULL) == (item->error == NULL));
    sbx_agent_session_ping(talk->session, talk_on_done, item = talk_item(talk, "ping"));
    agent_run_until(&item->told);
    sbx_agent_session_get_metrics(talk->session, on_metrics, item = talk_item(talk, "metrics"));
    agent_run_until(&item->told);
}

static void run_command(Talk *talk)
{
    SbxAgentCommand command = {
        .env = no_rc, .script = "cat; echo err >&2; exit 3", .output_ends_at_exit = TRUE};
    TalkItem *item = talk_item(talk, "process");
    int out = output(talk, talk->out);
    int err = output(talk, talk->err);
    SbxAgentProcess *process =
        sbx_agent_session_spawn(talk->session, &command, input("in\n"), out, err, talk_on_started,
                                talk_on_exited, item, talk_on_end);

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
    TalkItem *item = talk_item(talk, "terminal");
    TalkItem *asked;
    GString *nothing = g_string_new(NULL);
    SbxAgentProcess *process =
        sbx_agent_session_spawn(talk->session, &command, -1, output(talk, nothing), -1,
                                talk_on_started, talk_on_exited, item, talk_on_end);

    agent_run_until(&item->told);
    sbx_agent_process_get_usage(process, on_usage, asked = talk_item(talk, "usage"));
    agent_run_until(&asked->told);
    sbx_agent_process_resize(process, 25, 81, talk_on_done, asked = talk_item(talk, "resize"));
    agent_run_until(&asked->told);
    sbx_agent_process_signal(process, SIGTERM, SBX_AGENT_SCOPE_PROCESS, talk_on_done,
                             asked = talk_item(talk, "signal"));
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
    TalkItem *item = talk_item(talk, "no program");
    SbxAgentProcess *process = sbx_agent_session_spawn(
        talk->session, &command, -1, -1, -1, talk_on_started, talk_on_exited, item, talk_on_end);

    agent_run_until(&item->ended);
    sbx_agent_process_unref(process);
}

static void connect_to_socket(Talk *talk, const char *name, const char *path)
{
    TalkItem *item = talk_item(talk, name);
    SbxAgentConnection *connection;
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    shutdown(ends[0], SHUT_WR);
    collect(talk, ends[0], talk->carried);
    connection = sbx_agent_connection_new(talk->session, 0, path, ends[1], &talk->in, &talk->to,
                                          on_connected, item, talk_on_end);
    agent_run_until(&item->ended);
    await_outputs(talk);
    sbx_agent_connection_unref(connection);
}

static void park(Talk *talk)
{
    TalkItem *item = talk_item(talk, "park");

    sbx_agent_session_park(talk->session, talk_on_done, item);
    agent_run_until(&item->told);
}

void talk_begin(Talk *talk, int fd)
{
    *talk =
        (Talk){.out = g_string_new(NULL), .err = g_string_new(NULL), .carried = g_string_new(NULL)};
    talk->session = sbx_agent_session_new(fd, on_closed, talk, NULL);
}

void talk_through(Talk *talk)
{
    ask_first(talk);
    run_command(talk);
    end_terminal(talk);
    fail_to_start(talk);
    connect_to_socket(talk, "connection", talk_server_path);
    connect_to_socket(talk, "refused connection", "/nowhere/socket");
    park(talk);
}

void talk_end(Talk *talk)
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
