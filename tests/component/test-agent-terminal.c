/* test-agent-terminal.c: commands on a terminal: what they see, how it ends, who waits for whom. */
#include "agent-run.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static SbxAgentCommand on_terminal(const char *script)
{
    return (SbxAgentCommand){.env = no_rc, .script = script, .rows = 24, .columns = 80};
}

static AgentRun *run_script(const char *script)
{
    SbxAgentCommand command = on_terminal(script);
    AgentRun *run = agent_run(&command, TRUE);

    ck_assert_msg(run->start_error == NULL, "%s",
                  run->start_error != NULL ? run->start_error->message : "");
    return run;
}

static void close_input(AgentRun *run)
{
    close(run->in_fd);
    run->in_fd = -1;
}

static void assert_shows(AgentRun *run, const char *text)
{
    ck_assert_msg(agent_run_shows(run, text), "no \"%s\" in \"%s\"", text, run->out->str);
}

START_TEST(what_it_is)
{
    AgentRun *run = run_script("tty; stty size; echo $TERM; [ -t 0 -a -t 1 -a -t 2 ] && echo all;"
                               "echo err >&2; echo controlling > /dev/tty; exit 5");

    agent_run_finish(run);
    assert_shows(run, "/dev/pts/");
    assert_shows(run, "24 80\r\nxterm-256color\r\nall\r\nerr\r\ncontrolling\r\n");
    ck_assert_int_eq(run->exit.status, 5);
    agent_run_free(run);
}
END_TEST

START_TEST(the_callers_term)
{
    const char *const env[] = {"BASH_ENV=", "TERM=dumb", NULL};
    SbxAgentCommand command = on_terminal("echo $TERM");
    AgentRun *run;

    command.env = env;
    run = agent_run(&command, FALSE);
    agent_run_finish(run);
    ck_assert_str_eq(run->out->str, "dumb\r\n");
    agent_run_free(run);
}
END_TEST

static void on_done(SbxAgentSession *session, const GError *error, gpointer data)
{
    (void)session;
    *(int *)data = error != NULL ? error->code : -1;
}

/* The error's code, -1 for none. */
static int resize(AgentRun *run, guint rows, guint columns)
{
    int code = -2;

    sbx_agent_process_resize(run->process, rows, columns, on_done, &code);
    while (code == -2)
        g_main_context_iteration(NULL, TRUE);
    return code;
}

START_TEST(resized)
{
    AgentRun *run = run_script("trap 'stty size; kill $!; exit' WINCH;"
                               "sleep 1000 & echo ready; wait");

    assert_shows(run, "ready");
    ck_assert_int_eq(resize(run, 50, 132), -1);
    assert_shows(run, "50 132");
    agent_run_finish(run);
    ck_assert_int_eq(resize(run, 10, 10), SBX_AGENT_ERROR_NO_PROCESS);
    agent_run_free(run);
}
END_TEST

START_TEST(sizes_that_are_none)
{
    SbxAgentCommand plain = {.script = "read", .env = no_rc};
    SbxAgentCommand half = on_terminal("true");
    AgentRun *run = run_script("read");

    ck_assert_int_eq(resize(run, 0, 80), SBX_AGENT_ERROR_INVALID);
    ck_assert_int_eq(resize(run, 24, 65536), SBX_AGENT_ERROR_INVALID);
    close_input(run);
    agent_run_finish(run);
    agent_run_free(run);
    run = agent_run(&plain, TRUE);
    ck_assert_int_eq(resize(run, 24, 80), SBX_AGENT_ERROR_INVALID);
    close_input(run);
    agent_run_finish(run);
    agent_run_free(run);
    half.columns = 0;
    run = agent_run(&half, FALSE);
    ck_assert(g_error_matches(run->start_error, SBX_AGENT_ERROR, SBX_AGENT_ERROR_INVALID));
    agent_run_finish(run);
    agent_run_free(run);
}
END_TEST

START_TEST(end_of_input_is_typed)
{
    AgentRun *run = run_script("stty -echo; echo ready; cat; echo done");

    assert_shows(run, "ready");
    agent_run_type(run, "a line\nhalf a line");
    close_input(run);
    agent_run_finish(run);
    assert_shows(run, "ready\r\na line\r\nhalf a linedone\r\n");
    ck_assert_int_eq(run->exit.status, 0);
    agent_run_free(run);
}
END_TEST

/* Without standard input nobody types, which is what a reader sees. */
START_TEST(no_input)
{
    SbxAgentCommand command = on_terminal("cat; echo done");
    AgentRun *run = agent_run(&command, FALSE);

    agent_run_finish(run);
    ck_assert_str_eq(run->out->str, "done\r\n");
    agent_run_free(run);
}
END_TEST

START_TEST(keys_that_interrupt)
{
    /* Busy: a bash that is signalled on its way into read() blocks there and keeps its trap. */
    AgentRun *run = run_script("trap 'echo caught; exit 7' INT;"
                               "echo ready; while :; do :; done");

    assert_shows(run, "ready");
    agent_run_type(run, "\003");
    agent_run_finish(run);
    assert_shows(run, "caught");
    ck_assert_int_eq(run->exit.status, 7);
    agent_run_free(run);
}
END_TEST

static void feed(AgentRun *run, const char *bytes, size_t length)
{
    for (size_t sent = 0; sent < length;) {
        ssize_t n = write(run->in_fd, bytes + sent, length - sent);
        sent += n > 0 ? (size_t)n : 0;
        g_main_context_iteration(NULL, FALSE);
    }
}

START_TEST(raw_bytes_both_ways)
{
    enum { SIZE = 1 << 20 };
    AgentRun *run = run_script("stty raw -echo; echo ready; head -c 1048576; exit 0");
    g_autofree char *bytes = g_malloc(SIZE);

    for (int i = 0; i < SIZE; i++)
        bytes[i] = (char)((i * 7 + i / 251) & 0xff);
    assert_shows(run, "ready\n");
    g_string_truncate(run->out, 0);
    feed(run, bytes, SIZE);
    agent_run_finish(run);
    ck_assert_uint_eq(run->out->len, SIZE);
    ck_assert(memcmp(run->out->str, bytes, SIZE) == 0);
    agent_run_free(run);
}
END_TEST

START_TEST(all_output_before_the_end)
{
    AgentRun *run = run_script("for ((i = 0; i < 20000; i++)); do echo $i; done");
    const char *at = run->out->str;

    agent_run_finish(run);
    at = run->out->str;
    for (long i = 0; i < 20000; i++) {
        ck_assert_int_eq(strtol(at, (char **)&at, 10), i);
        at += 2;
    }
    ck_assert_int_eq(*at, 0);
    agent_run_free(run);
}
END_TEST

/* Neither the agent nor the others wait for it. */
START_TEST(nobody_reads_what_is_typed)
{
    SbxAgentCommand command = on_terminal("exec sleep 1000");
    AgentRun *run = agent_run(&command, TRUE), *other;
    g_autofree char *line = g_strnfill(65536, 'x');
    size_t sent = 0;

    /* Until all buffers are full: it takes no more for a while of answers. */
    for (int full = 0; full < 5;) {
        ssize_t n = write(run->in_fd, line, 65536);
        sent += n > 0 ? (size_t)n : 0;
        full = n > 0 ? 0 : full + 1;
        agent_round_trip();
        ck_assert_uint_lt(sent, 16 << 20);
    }
    other = run_script("echo here");
    agent_run_finish(other);
    assert_shows(other, "here");
    agent_run_free(other);
    sbx_agent_process_signal(run->process, SIGKILL, SBX_AGENT_SCOPE_PROCESS, NULL, NULL);
    agent_run_finish(run);
    ck_assert(run->exit.signalled && run->exit.status == SIGKILL);
    agent_run_free(run);
}
END_TEST

typedef struct {
    gboolean exited, notified;
    SbxAgentExit exit;
} End;

static void on_exited(SbxAgentProcess *process, const SbxAgentExit *info, const GError *error,
                      gpointer data)
{
    End *end = data;

    (void)process;
    ck_assert_ptr_null(error);
    end->exited = TRUE;
    end->exit = *info;
}

/* Whoever looks at the terminal goes away while nothing happens on it. */
START_TEST(hangs_up)
{
    const char *const argv[] = {"sleep", "1000", NULL};
    SbxAgentCommand command = {.argv = argv, .rows = 24, .columns = 80};
    End end = {0};
    int in[2], out[2];
    SbxAgentProcess *process;

    ck_assert_int_eq(pipe(in), 0);
    ck_assert_int_eq(pipe(out), 0);
    process = sbx_agent_session_spawn(agent_session, &command, in[0], out[1], -1, NULL, on_exited,
                                      &end, NULL);
    agent_round_trip();
    ck_assert(!end.exited);
    close(out[0]);
    agent_run_until(&end.exited);
    ck_assert(end.exit.signalled && end.exit.status == SIGHUP);
    sbx_agent_process_unref(process);
    close(in[1]);
}
END_TEST

/* What leaves for a session of its own is not waited for, though it has the terminal open. */
START_TEST(left_behind)
{
    SbxAgentCommand command =
        on_terminal("trap 'echo parent; exit 0' USR1;"
                    "setsid bash -c 'trap \"\" HUP; echo child $$; kill -USR1 $0;"
                    "exec sleep 1000' $$"
                    "& wait");
    AgentRun *run;
    const char *child;

    command.output_ends_at_exit = TRUE;
    run = agent_run(&command, FALSE);
    agent_run_finish(run);
    assert_shows(run, "parent");
    ck_assert_int_eq(run->exit.status, 0);
    child = strstr(run->out->str, "child ");
    ck_assert_ptr_nonnull(child);
    ck_assert_int_eq(kill((pid_t)atoi(child + strlen("child ")), SIGKILL), 0);
    agent_run_free(run);
}
END_TEST

START_TEST(many)
{
    enum { COUNT = 40 };
    AgentRun *runs[COUNT];

    for (int i = 0; i < COUNT; i++)
        runs[i] = run_script("stty -echo; echo ready; read line; echo \"<$line>\"");
    for (int i = 0; i < COUNT; i++) {
        g_autofree char *line = g_strdup_printf("line %d\n", i);
        assert_shows(runs[i], "ready");
        agent_run_type(runs[i], line);
    }
    for (int i = 0; i < COUNT; i++) {
        g_autofree char *wanted = g_strdup_printf("ready\r\n<line %d>\r\n", i);
        agent_run_finish(runs[i]);
        ck_assert_str_eq(runs[i]->out->str, wanted);
        agent_run_free(runs[i]);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("terminals");

    tcase_add_checked_fixture(tests, agent_set_up, agent_tear_down);
    tcase_add_test(tests, what_it_is);
    tcase_add_test(tests, the_callers_term);
    tcase_add_test(tests, resized);
    tcase_add_test(tests, sizes_that_are_none);
    tcase_add_test(tests, end_of_input_is_typed);
    tcase_add_test(tests, no_input);
    tcase_add_test(tests, keys_that_interrupt);
    tcase_add_test(tests, raw_bytes_both_ways);
    tcase_add_test(tests, all_output_before_the_end);
    tcase_add_test(tests, nobody_reads_what_is_typed);
    tcase_add_test(tests, hangs_up);
    tcase_add_test(tests, left_behind);
    tcase_add_test(tests, many);
    return agent_test_main("agent-terminal", tests);
}
