/* test-agent-session.c: the host's session against the real agent (SBX_TEST_AGENT) in its test
 * mode, over a socketpair; and against ends that only pretend to be one. */
#include "agent/session.h"
#include "agent-run.h"

#include <check.h>
#include <glib-unix.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/test-main.h"

typedef struct {
    SbxAgentSession *session;
    pid_t agent;
    gboolean closed;
    GError *error;
} Fixture;

static Fixture fixture;

static void on_closed(SbxAgentSession *session, const GError *error, gpointer data)
{
    Fixture *self = data;
    (void)session;
    ck_assert(!self->closed);
    self->closed = TRUE;
    self->error = g_error_copy(error);
}

static void set_up(void)
{
    int fds[2];

    signal(SIGPIPE, SIG_IGN);
    memset(&fixture, 0, sizeof fixture);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    fixture.agent = agent_start(fds[1], -1);
    close(fds[1]);
    fixture.session = sbx_agent_session_new(fds[0], on_closed, &fixture, NULL);
}

static void tear_down(void)
{
    int status;

    sbx_agent_session_free(fixture.session);
    agent_run_until(&fixture.closed);
    ck_assert_int_eq(waitpid(fixture.agent, &status, 0), fixture.agent);
    g_clear_error(&fixture.error);
    /* In the normal case it ended because we hung up, and its sanitizers had nothing to say. */
    if (!WIFSIGNALED(status))
        ck_assert_int_eq(WEXITSTATUS(status), 0);
}

/* One command, what went in and what came out. */
typedef struct {
    SbxAgentProcess *process;
    GByteArray *out, *err;
    const char *input;
    gsize input_length, input_sent;
    int in_fd;
    gboolean started, exited, notified;
    guint readers, open_outputs_at_exit;
    int pid;
    SbxAgentExit exit;
    GError *start_error, *exit_error;
} Run;

static void on_started(SbxAgentProcess *process, int pid, const GError *error, gpointer data)
{
    Run *run = data;
    (void)process;
    ck_assert(!run->started && !run->exited && !run->notified);
    run->started = TRUE;
    run->pid = pid;
    if (error != NULL)
        run->start_error = g_error_copy(error);
}

static void on_exited(SbxAgentProcess *process, const SbxAgentExit *info, const GError *error,
                      gpointer data)
{
    Run *run = data;
    (void)process;
    ck_assert(run->started && run->start_error == NULL && !run->exited && !run->notified);
    run->exited = TRUE;
    if (error != NULL)
        run->exit_error = g_error_copy(error);
    else
        run->exit = *info;
}

static void on_notify(gpointer data)
{
    Run *run = data;
    ck_assert(!run->notified);
    run->notified = TRUE;
}

typedef struct {
    Run *run;
    GByteArray *to;
} Reader;

static gboolean read_ready(int fd, GIOCondition condition, gpointer data)
{
    Reader *reader = data;
    guint8 buffer[65536];
    ssize_t n = read(fd, buffer, sizeof buffer);

    (void)condition;
    if (n > 0) {
        g_byte_array_append(reader->to, buffer, (guint)n);
        return G_SOURCE_CONTINUE;
    }
    close(fd);
    reader->run->readers--;
    g_free(reader);
    return G_SOURCE_REMOVE;
}

static void add_reader(Run *run, int fd, GByteArray *to)
{
    Reader *reader = g_new(Reader, 1);
    *reader = (Reader){run, to};
    run->readers++;
    g_unix_fd_add(fd, G_IO_IN, read_ready, reader);
}

static gboolean write_ready(int fd, GIOCondition condition, gpointer data)
{
    Run *run = data;
    ssize_t n = write(fd, run->input + run->input_sent, run->input_length - run->input_sent);

    (void)condition;
    run->input_sent += n > 0 ? (gsize)n : 0;
    if (n >= 0 && run->input_sent < run->input_length)
        return G_SOURCE_CONTINUE;
    close(fd);
    run->in_fd = -1;
    return G_SOURCE_REMOVE;
}

static Run *run_new(void)
{
    Run *run = g_new0(Run, 1);
    run->out = g_byte_array_new();
    run->err = g_byte_array_new();
    run->in_fd = -1;
    return run;
}

static void run_free(Run *run)
{
    sbx_agent_process_unref(run->process);
    g_byte_array_unref(run->out);
    g_byte_array_unref(run->err);
    g_clear_error(&run->start_error);
    g_clear_error(&run->exit_error);
    g_free(run);
}

static void start(Run *run, const SbxAgentCommand *command)
{
    int in[2] = {-1, -1}, out[2], err[2] = {-1, -1};

    if (run->input != NULL) {
        ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
        fcntl(in[1], F_SETFL, O_NONBLOCK);
        g_unix_fd_add(run->in_fd = in[1], G_IO_OUT, write_ready, run);
    }
    ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
    add_reader(run, out[0], run->out);
    if (!command->merge_stderr) {
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, err), 0);
        add_reader(run, err[0], run->err);
    }
    run->process = sbx_agent_session_spawn(fixture.session, command, in[0], out[1], err[1],
                                           on_started, on_exited, run, on_notify);
    ck_assert(!run->started && !run->notified);
}

static void finish(Run *run)
{
    agent_run_until(&run->notified);
    while (run->readers > 0 || run->in_fd >= 0)
        g_main_context_iteration(NULL, TRUE);
}

static Run *sh_full(const char *script, const char *input)
{
    SbxAgentCommand command = {.env = no_rc, .script = script, .output_ends_at_exit = TRUE};
    Run *run = run_new();

    run->input = input;
    run->input_length = input != NULL ? strlen(input) : 0;
    start(run, &command);
    finish(run);
    return run;
}

static void assert_output(const GByteArray *got, const char *wanted)
{
    g_autofree char *text = g_strndup((const char *)got->data, got->len);
    ck_assert_str_eq(text, wanted);
}

static void on_done(SbxAgentSession *session, const GError *error, gpointer data)
{
    (void)session;
    ck_assert_msg(error == NULL, "%s", error != NULL ? error->message : "");
    *(gboolean *)data = TRUE;
}

static void set_up_guest(const char *const *env)
{
    SbxAgentSetup setup = {.hostname = "test", .realtime_ns = 1, .env = env};
    gboolean done = FALSE;

    sbx_agent_session_setup(fixture.session, &setup, on_done, &done);
    ck_assert(!done);
    agent_run_until(&done);
}

START_TEST(setup_and_ping)
{
    const char *const env[] = {"FROM_SETUP=yes", "OTHER=1", NULL};
    gboolean done = FALSE;

    ck_assert_ptr_null(sbx_agent_session_get_info(fixture.session));
    set_up_guest(env);
    ck_assert_ptr_nonnull(sbx_agent_session_get_info(fixture.session)->kernel_release);
    sbx_agent_session_ping(fixture.session, on_done, &done);
    agent_run_until(&done);
    Run *run = sh_full("echo $FROM_SETUP$OTHER", NULL);
    assert_output(run->out, "yes1\n");
    run_free(run);
    set_up_guest(NULL);
    run = sh_full("echo $FROM_SETUP$OTHER", NULL);
    assert_output(run->out, "\n");
    run_free(run);
}
END_TEST

START_TEST(streams_are_separate)
{
    Run *run = sh_full("cat; echo out; echo err >&2; exit 7", "in\n");
    assert_output(run->out, "in\nout\n");
    assert_output(run->err, "err\n");
    ck_assert_int_eq(run->exit.status, 7);
    ck_assert(!run->exit.signalled);
    ck_assert_uint_gt(run->exit.max_rss, 0);
    ck_assert_uint_gt(run->exit.wall_ns, 0);
    run_free(run);
}
END_TEST

START_TEST(merged_stderr)
{
    SbxAgentCommand command = {.env = no_rc, .script = "echo 1; echo 2 >&2; echo 3",
                               .merge_stderr = TRUE,
                               .output_ends_at_exit = TRUE};
    Run *run = run_new();
    start(run, &command);
    finish(run);
    assert_output(run->out, "1\n2\n3\n");
    run_free(run);
}
END_TEST

START_TEST(died_of_a_signal)
{
    Run *run = sh_full("kill -SEGV $$", NULL);
    ck_assert(run->exit.signalled);
    ck_assert_int_eq(run->exit.status, SIGSEGV);
    run_free(run);
}
END_TEST

static Run *run_argv(SbxAgentCommand command, const char *const *argv)
{
    Run *run = run_new();
    command.argv = argv;
    start(run, &command);
    finish(run);
    return run;
}

static void assert_start_error(SbxAgentCommand command, const char *const *argv, int code,
                               const char *text)
{
    Run *run = run_argv(command, argv);
    ck_assert(run->started && !run->exited);
    ck_assert(g_error_matches(run->start_error, SBX_AGENT_ERROR, code));
    ck_assert_ptr_nonnull(strstr(run->start_error->message, text));
    run_free(run);
}

START_TEST(start_failures)
{
    const char *const foo[] = {"foo-is-not-there", NULL}, *const yes[] = {"true", NULL};
    const char *const file[] = {"/etc/passwd", NULL}, *const folder[] = {"/nowhere/x", NULL};
    const char *const bad_env[] = {"NOVALUE", NULL};
    g_autofree char *garbage = g_strdup_printf("/tmp/sbx-test-garbage.%d", (int)getpid());
    const char *const damaged[] = {garbage, NULL};

    assert_start_error((SbxAgentCommand){0}, foo, SBX_AGENT_ERROR_NO_PROGRAM,
                       "no such program: \"foo-is-not-there\"");
    assert_start_error((SbxAgentCommand){0}, folder, SBX_AGENT_ERROR_NO_PROGRAM, "no such program");
    assert_start_error((SbxAgentCommand){0}, file, SBX_AGENT_ERROR_NOT_EXECUTABLE, "cannot run");
    ck_assert(g_file_set_contents_full(garbage, "\177ELF", 4, G_FILE_SET_CONTENTS_NONE, 0755, NULL));
    assert_start_error((SbxAgentCommand){0}, damaged, SBX_AGENT_ERROR_NOT_A_PROGRAM, "cannot run");
    unlink(garbage);
    assert_start_error((SbxAgentCommand){.cwd = "/nowhere"}, yes, SBX_AGENT_ERROR_BAD_DIRECTORY,
                       "no such directory: \"/nowhere\"");
    assert_start_error((SbxAgentCommand){.cwd = "/etc/passwd"}, yes,
                       SBX_AGENT_ERROR_BAD_DIRECTORY, "cannot enter");
    assert_start_error((SbxAgentCommand){.env = bad_env}, yes, SBX_AGENT_ERROR_INVALID,
                       "malformed");
    assert_start_error((SbxAgentCommand){0}, NULL, SBX_AGENT_ERROR_INVALID, "malformed");
}
END_TEST

START_TEST(environment_and_directory)
{
    const char *const env[] = {"A=1", "A=2", NULL}, *const argv[] = {"env", NULL};
    const char *const pwd[] = {"pwd", NULL};

    Run *run = run_argv((SbxAgentCommand){.env = env, .clear_env = TRUE}, argv);
    assert_output(run->out, "A=2\n");
    run_free(run);
    run = run_argv((SbxAgentCommand){.env = env}, argv);
    g_byte_array_append(run->out, (const guint8 *)"", 1);
    ck_assert_ptr_nonnull(strstr((char *)run->out->data, "LANG=C.UTF-8\n"));
    ck_assert_ptr_nonnull(strstr((char *)run->out->data, "PATH=/usr/local/sbin:"));
    run_free(run);
    run = run_argv((SbxAgentCommand){.cwd = "/usr/bin"}, pwd);
    assert_output(run->out, "/usr/bin\n");
    run_free(run);
}
END_TEST

START_TEST(nothing_leaks_into_commands)
{
    Run *run = sh_full("ls /proc/self/fd | tr '\\n' ' '; "
                       "grep -E 'Sig(Blk|Ign)' /proc/self/status | cut -f2 | tr '\\n' ' '; "
                       "ps -o sid= -p $$ | tr -d ' ' | grep -qx $$ && echo own",
                       NULL);
    assert_output(run->out, "0 1 2 3 0000000000000000 0000000000000000 own\n");
    run_free(run);
}
END_TEST

START_TEST(long_script)
{
    g_autoptr(GString) script = g_string_new("#!/bin/bash\n");
    while (script->len < 10 << 20)
        g_string_append(script, "# a long comment, again and again and again and again\n");
    g_string_append(script, "echo $0 $# $(ls /proc/self/fd | wc -l)\ncat\nexit 5\n");
    Run *run = sh_full(script->str, "input");
    assert_output(run->out, "bash 0 4\ninput");
    ck_assert_int_eq(run->exit.status, 5);
    run_free(run);
}
END_TEST

START_TEST(background_children)
{
    Run *run = sh_full("(exec sleep 300) & echo $!", NULL);
    pid_t child = (pid_t)atoi((const char *)run->out->data);
    ck_assert_int_eq(run->exit.status, 0);
    ck_assert_int_eq(kill(child, SIGKILL), 0); /* it lives on */
    run_free(run);
    /* It can write more than a pipe holds, long after, without harm. */
    run = sh_full("mkfifo /tmp/sbx-test-fifo.$$; "
                  "(read x < /tmp/sbx-test-fifo.$$; head -c 1000000 /dev/zero; "
                  "echo $? > /tmp/sbx-test-fifo.$$) & echo $$",
                  NULL);
    g_autofree char *fifo = g_strdup_printf("/tmp/sbx-test-fifo.%d",
                                            atoi((const char *)run->out->data));
    g_autofree char *script = g_strdup_printf("echo > %s; cat %s; rm %s", fifo, fifo, fifo);
    run_free(run);
    run = sh_full(script, NULL);
    assert_output(run->out, "0\n");
    run_free(run);
}
END_TEST

START_TEST(output_until_eof)
{
    SbxAgentCommand command = {.env = no_rc, .script = "(read x; echo late) <&0 & exit 3"};
    Run *run = run_new();
    const char *const wanted = "late\n";

    run->input = "";
    start(run, &command);
    agent_run_until(&run->exited);
    ck_assert_int_eq(run->exit.status, 3);
    finish(run);
    assert_output(run->out, wanted);
    run_free(run);
}
END_TEST

START_TEST(signals)
{
    /* Busy: a bash that is signalled on its way into read() blocks there and keeps its trap. */
    SbxAgentCommand command = {.env = no_rc, .script = "trap 'echo got; exit 9' TERM; echo ready; "
                                         "while :; do :; done",
                               .output_ends_at_exit = TRUE};
    Run *run = run_new();
    gboolean done = FALSE;

    start(run, &command);
    while (run->out->len == 0)
        g_main_context_iteration(NULL, TRUE);
    sbx_agent_process_signal(run->process, SIGTERM, SBX_AGENT_SCOPE_PROCESS, on_done, &done);
    agent_run_until(&done);
    finish(run);
    assert_output(run->out, "ready\ngot\n");
    ck_assert_int_eq(run->exit.status, 9);
    run_free(run);
}
END_TEST

static void on_no_process(SbxAgentSession *session, const GError *error, gpointer data)
{
    (void)session;
    ck_assert(g_error_matches(error, SBX_AGENT_ERROR, SBX_AGENT_ERROR_NO_PROCESS));
    *(gboolean *)data = TRUE;
}

START_TEST(signal_after_exit)
{
    gboolean done = FALSE;
    Run *run = sh_full("true", NULL);
    sbx_agent_process_signal(run->process, SIGKILL, SBX_AGENT_SCOPE_PROCESS, on_no_process, &done);
    agent_run_until(&done);
    run_free(run);
}
END_TEST

START_TEST(input_nobody_reads)
{
    gsize length = 4 << 20;
    g_autofree char *input = g_strnfill(length, 'x');
    Run *run = sh_full("exec <&-; echo closed; read -t 100 x < /dev/null; exit 0", input);
    assert_output(run->out, "closed\n");
    ck_assert_uint_lt(run->input_sent, length);
    run_free(run);
}
END_TEST

static void fill(char *text, gsize length, unsigned seed)
{
    for (gsize i = 0; i + 8 <= length; i += 8)
        memcpy(text + i, &(guint64){i * 2654435761u + seed * 0x9e3779b97f4a7c15u}, 8);
}

START_TEST(fifty_at_once)
{
    enum { COUNT = 50, SIZE = 2 << 20 };
    SbxAgentCommand command = {.argv = (const char *const[]){"cat", NULL},
                               .output_ends_at_exit = TRUE};
    Run *runs[COUNT];
    g_autofree char *data = g_malloc((gsize)COUNT * SIZE);

    for (int i = 0; i < COUNT; i++) {
        runs[i] = run_new();
        runs[i]->input = data + (gsize)i * SIZE;
        runs[i]->input_length = SIZE;
        fill(data + (gsize)i * SIZE, SIZE, (unsigned)i + 1);
        start(runs[i], &command);
    }
    for (int i = 0; i < COUNT; i++) {
        finish(runs[i]);
        ck_assert_int_eq(runs[i]->exit.status, 0);
        ck_assert_uint_eq(runs[i]->out->len, SIZE);
        ck_assert_int_eq(memcmp(runs[i]->out->data, runs[i]->input, SIZE), 0);
        run_free(runs[i]);
    }
}
END_TEST

START_TEST(slow_reader_stops_only_itself)
{
    SbxAgentCommand command = {.argv = (const char *const[]){"head", "-c", "8000000", "/dev/zero",
                                                              NULL},
                               .output_ends_at_exit = TRUE};
    Run *slow = run_new();
    int out[2];
    char buffer[65536];
    gsize total = 0;
    ssize_t n;

    ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
    slow->process = sbx_agent_session_spawn(fixture.session, &command, -1, out[1], -1, on_started,
                                            on_exited, slow, on_notify);
    for (int i = 0; i < 5; i++) {
        Run *run = sh_full("head -c 1000000 /dev/zero", NULL);
        ck_assert_uint_eq(run->out->len, 1000000);
        run_free(run);
    }
    ck_assert(!slow->exited);
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    while ((n = read(out[0], buffer, sizeof buffer)) != 0) {
        total += n > 0 ? (gsize)n : 0;
        if (n < 0)
            g_main_context_iteration(NULL, TRUE);
    }
    ck_assert_uint_eq(total, 8000000);
    agent_run_until(&slow->notified);
    close(out[0]);
    run_free(slow);
}
END_TEST

START_TEST(reader_goes_away)
{
    SbxAgentCommand command = {.argv = (const char *const[]){"yes", NULL},
                               .output_ends_at_exit = TRUE};
    Run *run = run_new();
    int out[2];

    ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
    close(out[0]);
    run->process = sbx_agent_session_spawn(fixture.session, &command, -1, out[1], -1, on_started,
                                           on_exited, run, on_notify);
    agent_run_until(&run->notified);
    ck_assert(run->exit.signalled);
    ck_assert_int_eq(run->exit.status, SIGPIPE);
    run_free(run);
}
END_TEST

START_TEST(cancel_kills)
{
    SbxAgentCommand command = {.env = no_rc, .script = "echo $$; sleep 300 & wait",
                               .output_ends_at_exit = TRUE};
    Run *run = run_new();

    start(run, &command);
    while (run->out->len == 0)
        g_main_context_iteration(NULL, TRUE);
    sbx_agent_process_cancel(run->process);
    ck_assert(!run->notified);
    finish(run);
    ck_assert(!run->exited);
    run_free(run);
    run = sh_full("true", NULL);
    run_free(run);
}
END_TEST

START_TEST(park_and_resume)
{
    gboolean done = FALSE;
    int fd = -1;

    (void)fd;
    set_up_guest(NULL);
    Run *run = sh_full("echo before", NULL);
    run_free(run);
    sbx_agent_session_park(fixture.session, on_done, &done);
    agent_run_until(&done);
    /* As a restored clone does: the same stream, a new session. */
    int stream = -1;
    for (int i = 3; i < 64 && stream < 0; i++) {
        int type;
        socklen_t size = sizeof type;
        if (getsockopt(i, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM)
            stream = fcntl(i, F_DUPFD_CLOEXEC, 64);
    }
    ck_assert_int_ge(stream, 0);
    sbx_agent_session_free(fixture.session);
    agent_run_until(&fixture.closed);
    g_clear_error(&fixture.error);
    fixture.closed = FALSE;
    fixture.session = sbx_agent_session_new(stream, on_closed, &fixture, NULL);
    set_up_guest(NULL);
    run = sh_full("echo after", NULL);
    assert_output(run->out, "after\n");
    run_free(run);
}
END_TEST

START_TEST(agent_is_killed)
{
    SbxAgentCommand command = {.env = no_rc, .script = "echo $$; sleep 300",
                               .output_ends_at_exit = TRUE};
    Run *runs[8];

    for (int i = 0; i < 8; i++) {
        runs[i] = run_new();
        start(runs[i], &command);
    }
    while (runs[7]->out->len == 0)
        g_main_context_iteration(NULL, TRUE);
    kill(fixture.agent, SIGKILL);
    for (int i = 0; i < 8; i++) {
        finish(runs[i]);
        ck_assert(g_error_matches(runs[i]->exit_error, SBX_AGENT_ERROR, SBX_AGENT_ERROR_CLOSED));
        kill(runs[i]->pid, SIGKILL);
        run_free(runs[i]);
    }
    agent_run_until(&fixture.closed);
    Run *run = run_argv((SbxAgentCommand){0}, (const char *const[]){"true", NULL});
    ck_assert(g_error_matches(run->start_error, SBX_AGENT_ERROR, SBX_AGENT_ERROR_CLOSED));
    run_free(run);
}
END_TEST

static void on_started_close(SbxAgentProcess *process, int pid, const GError *error, gpointer data)
{
    on_started(process, pid, error, data);
    sbx_agent_session_free(fixture.session);
    fixture.session = NULL;
    ck_assert(!((Run *)data)->exited);
}

START_TEST(free_inside_a_callback)
{
    SbxAgentCommand command = {.env = no_rc, .script = "sleep 1000 & echo $!; wait"};
    Run *run = run_new();

    run->process = sbx_agent_session_spawn(fixture.session, &command, -1, -1, -1, on_started_close,
                                           on_exited, run, on_notify);
    agent_run_until(&run->notified);
    ck_assert(g_error_matches(run->exit_error, SBX_AGENT_ERROR, SBX_AGENT_ERROR_CLOSED));
    kill(-run->pid, SIGKILL);
    run_free(run);
}
END_TEST

/* --- against impostors */

static void hostile(const void *bytes, gsize length, gboolean hang_up, int code)
{
    int fds[2];
    Fixture local = {0};
    Run *run = run_new();
    SbxAgentCommand command = {.env = no_rc, .script = "true", .output_ends_at_exit = TRUE};
    int out[2];

    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    local.session = sbx_agent_session_new(fds[0], on_closed, &local, NULL);
    ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
    run->process = sbx_agent_session_spawn(local.session, &command, -1, out[1], -1, on_started,
                                           on_exited, run, on_notify);
    ck_assert_int_eq(write(fds[1], bytes, length), (ssize_t)length);
    if (hang_up)
        close(fds[1]);
    agent_run_until(&local.closed);
    agent_run_until(&run->notified);
    ck_assert_msg(g_error_matches(local.error, SBX_AGENT_ERROR, code), "%s", local.error->message);
    if (code == SBX_AGENT_ERROR_PROTOCOL)
        ck_assert(g_str_has_prefix(local.error->message, "agent protocol violation: "));
    if (!hang_up)
        close(fds[1]);
    close(out[0]);
    g_clear_error(&local.error);
    sbx_agent_session_free(local.session);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    run_free(run);
}

START_TEST(impostors)
{
    static const char settings[] = "\0\0\0\4\0\0\0\0\0";
    static const char text[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    static const char big[] = "\xff\xff\xff\0\0\0\0\0\1";
    static const char push[] = "\0\0\0\4\0\0\0\0\0\0\0\5\5\4\0\0\0\1\0\0\0\2\x88";
    static const char early[] = "\0\0\0\4\0\0\0\0\0\0\0\1\0\1\0\0\0\1x";
    static const char goaway[] = "\0\0\0\4\0\0\0\0\0\0\0\10\7\0\0\0\0\0\0\0\0\0\0\0\0\0";
    /* 200 without a pid */
    static const char no_pid[] = "\0\0\0\4\0\0\0\0\0\0\0\1\1\4\0\0\0\1\x88";

    hostile(text, sizeof text - 1, FALSE, SBX_AGENT_ERROR_PROTOCOL);
    hostile(big, sizeof big - 1, FALSE, SBX_AGENT_ERROR_PROTOCOL);
    hostile(push, sizeof push - 1, FALSE, SBX_AGENT_ERROR_PROTOCOL);
    hostile(early, sizeof early - 1, FALSE, SBX_AGENT_ERROR_PROTOCOL);
    hostile(goaway, sizeof goaway - 1, FALSE, SBX_AGENT_ERROR_PROTOCOL);
    hostile(no_pid, sizeof no_pid - 1, FALSE, SBX_AGENT_ERROR_PROTOCOL);
    hostile(settings, sizeof settings - 1, TRUE, SBX_AGENT_ERROR_CLOSED);
}
END_TEST

START_TEST(settings_flood)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    for (int i = 0; i < 5000; i++)
        g_byte_array_append(bytes, (const guint8 *)"\0\0\0\4\0\0\0\0\0", 9);
    hostile(bytes->data, bytes->len, FALSE, SBX_AGENT_ERROR_PROTOCOL);
}
END_TEST

START_TEST(continuation_flood)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_byte_array_append(bytes, (const guint8 *)"\0\0\0\4\0\0\0\0\0\0\0\1\1\0\0\0\0\1\x88", 19);
    for (int i = 0; i < 5000; i++)
        g_byte_array_append(bytes, (const guint8 *)"\0\0\0\11\0\0\0\0\1", 9);
    hostile(bytes->data, bytes->len, FALSE, SBX_AGENT_ERROR_PROTOCOL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("agent-session");
    TCase *real = tcase_create("agent"), *fake = tcase_create("impostors");

    tcase_add_checked_fixture(real, set_up, tear_down);
    tcase_set_timeout(real, 60);
    tcase_add_test(real, setup_and_ping);
    tcase_add_test(real, streams_are_separate);
    tcase_add_test(real, merged_stderr);
    tcase_add_test(real, died_of_a_signal);
    tcase_add_test(real, start_failures);
    tcase_add_test(real, environment_and_directory);
    tcase_add_test(real, nothing_leaks_into_commands);
    tcase_add_test(real, long_script);
    tcase_add_test(real, background_children);
    tcase_add_test(real, output_until_eof);
    tcase_add_test(real, signals);
    tcase_add_test(real, signal_after_exit);
    tcase_add_test(real, input_nobody_reads);
    tcase_add_test(real, fifty_at_once);
    tcase_add_test(real, slow_reader_stops_only_itself);
    tcase_add_test(real, reader_goes_away);
    tcase_add_test(real, cancel_kills);
    tcase_add_test(real, park_and_resume);
    tcase_add_test(real, agent_is_killed);
    tcase_add_test(real, free_inside_a_callback);
    tcase_add_test(fake, impostors);
    tcase_add_test(fake, settings_flood);
    tcase_add_test(fake, continuation_flood);
    suite_add_tcase(suite, real);
    suite_add_tcase(suite, fake);
    return test_run(suite);
}
