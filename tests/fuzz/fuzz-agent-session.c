/* fuzz-agent-session.c: the host's session, with the input as everything the agent ever says. It
 * has a setup, a ping, a process with all its pipes and a connection under way. Each callback must come exactly
 * once, whatever the agent said. */
#include "agent/connection.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LONGEST_INPUT = 64 << 10 };

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

typedef struct {
    int setup, ping, started, exited, notified, closed, connected, over;
    guint64 in, out;
} Counts;

static void count(SbxAgentSession *session, const GError *error, gpointer data)
{
    (void)session;
    (void)error;
    ++*(int *)data;
}

static void on_started(SbxAgentProcess *process, int pid, const GError *error, gpointer data)
{
    Counts *counts = data;
    counts->started++;
    if (error == NULL && pid <= 0)
        abort();
    if (error == NULL)
        sbx_agent_process_signal(process, SIGTERM, SBX_AGENT_SCOPE_PROCESS, NULL, NULL);
}

static void on_exited(SbxAgentProcess *process, const SbxAgentExit *info, const GError *error,
                      gpointer data)
{
    Counts *counts = data;
    (void)process;
    counts->exited++;
    if ((info == NULL) == (error == NULL))
        abort();
}

static void on_notify(gpointer data)
{
    ((Counts *)data)->notified++;
}

static SbxAgentProcess *spawn(SbxAgentSession *session, Counts *counts)
{
    static const char *const argv[] = {"true", NULL};
    SbxAgentCommand command = {.argv = argv, .output_ends_at_exit = TRUE};
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    return sbx_agent_session_spawn(session, &command, open("/dev/null", O_RDONLY | O_CLOEXEC),
                                   null_fd, fcntl(null_fd, F_DUPFD_CLOEXEC, 0), on_started,
                                   on_exited, counts, on_notify);
}

static void on_connected(SbxAgentConnection *connection, const GError *error, int number,
                         gpointer data)
{
    (void)connection;
    ((Counts *)data)->connected++;
    if (number < 0 || (error == NULL && number != 0))
        abort();
}

static void on_over(gpointer data)
{
    ((Counts *)data)->over++;
}

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    Counts counts = {0};
    SbxAgentSetup setup = {.hostname = "fuzz"};
    int fds[2], client[2];

    if (size > LONGEST_INPUT || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
        return 0;
    signal(SIGPIPE, SIG_IGN);
    SbxAgentSession *session = sbx_agent_session_new(fds[0], count, &counts.closed, NULL);
    sbx_agent_session_setup(session, &setup, count, &counts.setup);
    sbx_agent_session_ping(session, count, &counts.ping);
    SbxAgentProcess *process = spawn(session, &counts);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, client) < 0)
        abort();
    SbxAgentConnection *connection = sbx_agent_connection_new(
        session, 80, NULL, client[0], &counts.in, &counts.out, on_connected, &counts, on_over);
    if (write(client[1], "hello", 5) != 5)
        abort();
    if (size > 0 && write(fds[1], data, size) != (ssize_t)size)
        abort();
    shutdown(fds[1], SHUT_WR);
    while (counts.closed == 0 || counts.notified == 0 || counts.over == 0)
        g_main_context_iteration(NULL, TRUE);
    sbx_agent_process_unref(process);
    sbx_agent_connection_unref(connection);
    close(client[1]);
    sbx_agent_session_free(session);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    close(fds[1]);
    if (counts.setup != 1 || counts.ping != 1 || counts.started != 1 || counts.exited > 1 ||
        counts.notified != 1 || counts.closed != 1 || counts.connected != 1 || counts.over != 1)
        abort();
    return 0;
}
