/* agent-run.c: see agent-run.h. */
#include "agent-run.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/test-main.h"

SbxAgentSession *agent_session;
const char *const no_rc[] = {"BASH_ENV=", NULL};

static struct {
    pid_t agent;
    gboolean closed;
    char *cgroup; /* NULL: none */
} fixture;

/* A hierarchy of version 2, also where the first version has most of the controllers. */
static const char *const mounts[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};

static char *make_cgroup(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(mounts); i++) {
        g_autofree char *control = g_build_filename(mounts[i], "cgroup.procs", NULL);
        g_autofree char *path =
            g_strdup_printf("%s/libsandbox-test-%d", mounts[i], (int)getpid());

        if (access(control, W_OK) == 0 && g_mkdir(path, 0755) == 0)
            return g_steal_pointer(&path);
    }
    return NULL;
}

/* Ends who is left, and waits until they are gone. */
static void empty_cgroup(const char *path)
{
    g_autofree char *killer = g_build_filename(path, "cgroup.kill", NULL);
    g_autofree char *events = g_build_filename(path, "cgroup.events", NULL);
    int kill_fd = open(killer, O_WRONLY | O_CLOEXEC);
    struct pollfd change = {.fd = open(events, O_RDONLY | O_CLOEXEC), .events = POLLPRI};
    char text[128] = "";

    ck_assert_int_eq(write(kill_fd, "1", 1), 1);
    while (pread(change.fd, text, sizeof text - 1, 0) > 0 && strstr(text, "populated 1") != NULL)
        ck_assert_int_eq(poll(&change, 1, 10000), 1);
    close(change.fd);
    close(kill_fd);
}

static void remove_cgroup(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        if (g_file_test(child, G_FILE_TEST_IS_DIR))
            remove_cgroup(child);
    }
    g_rmdir(path);
}

gboolean agent_has_cgroups(void)
{
    return fixture.cgroup != NULL;
}

void agent_run_until(const gboolean *flag)
{
    while (!*flag)
        g_main_context_iteration(NULL, TRUE);
}

static void on_closed(SbxAgentSession *session, const GError *error, gpointer data)
{
    (void)session;
    (void)error;
    *(gboolean *)data = TRUE;
}

pid_t agent_start(int fd, int reset_fd)
{
    g_autofree char *number = g_strdup_printf("%d", fd);
    g_autofree char *reset_number = g_strdup_printf("%d", reset_fd);
    const char *path = getenv("SBX_TEST_AGENT");
    const char *args[10] = {path, "--socket-fd", number, "--user-self"};
    gsize n = 4;
    pid_t pid;

    ck_assert_msg(path != NULL, "SBX_TEST_AGENT is not set");
    args[n++] = fixture.cgroup != NULL ? "--cgroup" : "--no-cgroup";
    if (fixture.cgroup != NULL)
        args[n++] = fixture.cgroup;
    if (reset_fd >= 0) {
        args[n++] = "--reset-fd";
        args[n++] = reset_number;
    }
    pid = fork();
    if (pid == 0) {
        fcntl(fd, F_SETFD, 0);
        if (reset_fd >= 0)
            fcntl(reset_fd, F_SETFD, 0);
        execv(path, (char *const *)args);
        _exit(127);
    }
    return pid;
}

void agent_await_end(pid_t pid)
{
    int status;

    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
}

void agent_set_up(void)
{
    int fds[2];

    signal(SIGPIPE, SIG_IGN);
    fixture.closed = FALSE;
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    fixture.agent = agent_start(fds[1], -1);
    close(fds[1]);
    agent_session = sbx_agent_session_new(fds[0], on_closed, &fixture.closed, NULL);
}

void agent_set_up_with_cgroups(void)
{
    ck_assert_ptr_nonnull(getenv("SBX_TEST_AGENT"));
    fixture.cgroup = make_cgroup();
    agent_set_up();
}

void agent_tear_down(void)
{
    sbx_agent_session_free(agent_session);
    agent_run_until(&fixture.closed);
    agent_await_end(fixture.agent);
    if (fixture.cgroup != NULL) {
        empty_cgroup(fixture.cgroup);
        remove_cgroup(fixture.cgroup);
    }
    g_clear_pointer(&fixture.cgroup, g_free);
}

static void on_started(SbxAgentProcess *process, int pid, const GError *error, gpointer data)
{
    AgentRun *run = data;

    (void)process;
    run->started = TRUE;
    run->pid = pid;
    run->start_error = error != NULL ? g_error_copy(error) : NULL;
}

static void on_exited(SbxAgentProcess *process, const SbxAgentExit *info, const GError *error,
                      gpointer data)
{
    AgentRun *run = data;

    (void)process;
    ck_assert(!run->exited);
    run->exited = TRUE;
    run->exit_error = error != NULL ? g_error_copy(error) : NULL;
    if (info != NULL)
        run->exit = *info;
}

static void on_notify(gpointer data)
{
    ((AgentRun *)data)->notified = TRUE;
}

static gboolean read_ready(int fd, GIOCondition condition, gpointer data)
{
    AgentRun *run = data;
    char buffer[65536];
    ssize_t n = read(fd, buffer, sizeof buffer);

    (void)condition;
    if (n > 0) {
        g_string_append_len(run->out, buffer, n);
        return G_SOURCE_CONTINUE;
    }
    close(fd);
    run->output_ended = TRUE;
    return G_SOURCE_REMOVE;
}

AgentRun *agent_run(const SbxAgentCommand *command, gboolean with_input)
{
    AgentRun *run = g_new0(AgentRun, 1);
    int in[2] = {-1, -1}, out[2];

    run->out = g_string_new(NULL);
    if (with_input) {
        ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
        fcntl(in[1], F_SETFL, O_NONBLOCK);
    }
    run->in_fd = in[1];
    ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
    g_unix_fd_add(out[0], G_IO_IN, read_ready, run);
    run->process = sbx_agent_session_spawn(agent_session, command, in[0], out[1], -1, on_started,
                                           on_exited, run, on_notify);
    agent_run_until(&run->started);
    return run;
}

gboolean agent_run_shows(AgentRun *run, const char *text)
{
    while (strstr(run->out->str, text) == NULL && !run->output_ended)
        g_main_context_iteration(NULL, TRUE);
    return strstr(run->out->str, text) != NULL;
}

void agent_run_type(AgentRun *run, const char *text)
{
    ck_assert_int_eq(write(run->in_fd, text, strlen(text)), (ssize_t)strlen(text));
}

void agent_run_finish(AgentRun *run)
{
    agent_run_until(&run->notified);
    agent_run_until(&run->output_ended);
}

void agent_run_free(AgentRun *run)
{
    if (run->in_fd >= 0)
        close(run->in_fd);
    sbx_agent_process_unref(run->process);
    g_string_free(run->out, TRUE);
    g_clear_error(&run->start_error);
    g_clear_error(&run->exit_error);
    g_free(run);
}

void agent_round_trip(void)
{
    gboolean done = FALSE;

    sbx_agent_session_ping(agent_session, on_closed, &done);
    agent_run_until(&done);
}

int agent_test_main(const char *name, TCase *tests)
{
    Suite *suite = suite_create(name);

    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    return test_run(suite);
}
