/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line with commands that run: a shell on a terminal, deadlines, detached ones. */
#include <errno.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "lib/test-box.h"
#include "lib/test-keeper.h"
#include "lib/test-main.h"

static char *said; /* the last one's standard error */

/* Runs sbx with these words; returns its exit status. */
static int run_sbx(char **out, const char *first, ...)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    g_autofree char *own = NULL;
    int status;
    va_list list;

    g_clear_pointer(&said, g_free);
    g_ptr_array_add(words, getenv("SBX_TEST_CLI"));
    va_start(list, first);
    for (const char *word = first; word != NULL; word = va_arg(list, const char *))
        g_ptr_array_add(words, (char *)word);
    va_end(list);
    g_ptr_array_add(words, NULL);
    ck_assert(g_spawn_sync(NULL, (char **)words->pdata, NULL, G_SPAWN_DEFAULT, NULL, NULL,
                           out != NULL ? out : &own, &said, &status, NULL));
    ck_assert_msg(WIFEXITED(status), "status %x; %s", (unsigned)status, said);
    return WEXITSTATUS(status);
}

/* sbx on a terminal of its own. */
typedef struct {
    int fd;
    pid_t pid;
    GString *shown;
} Session;

static Session start_session(const char *const *words)
{
    struct winsize size = {.ws_row = 30, .ws_col = 100};
    Session session = {.shown = g_string_new(NULL)};

    session.pid = forkpty(&session.fd, NULL, NULL, &size);
    ck_assert_int_ge(session.pid, 0);
    if (session.pid == 0) {
        execv(words[0], (char *const *)words);
        _exit(99);
    }
    return session;
}

/* Reads until the text has come; what is shown begins behind it then. */
static void await(Session *session, const char *text)
{
    const char *found;

    while ((found = strstr(session->shown->str, text)) == NULL) {
        char buffer[4096];
        ssize_t n = read(session->fd, buffer, sizeof buffer);

        ck_assert_msg(n > 0, "no \"%s\" in \"%s\"", text, session->shown->str);
        g_string_append_len(session->shown, buffer, n);
    }
    g_string_erase(session->shown, 0, found + strlen(text) - session->shown->str);
}

static void type(Session *session, const char *keys)
{
    ck_assert_int_eq(write(session->fd, keys, strlen(keys)), (ssize_t)strlen(keys));
}

/* Its exit status, when it has ended; what it still shows is dropped. */
static int end_session(Session *session)
{
    char buffer[4096];
    int status;

    while (read(session->fd, buffer, sizeof buffer) > 0)
        ;
    ck_assert_int_eq(waitpid(session->pid, &status, 0), session->pid);
    ck_assert_msg(WIFEXITED(status), "status %x", (unsigned)status);
    close(session->fd);
    g_string_free(session->shown, TRUE);
    return WEXITSTATUS(status);
}

START_TEST(an_interactive_shell)
{
    const char *words[] = {getenv("SBX_TEST_CLI"),
                           "exec",
                           "-it",
                           "-e",
                           "PS1=ready> ",
                           sbx_id(box),
                           "--",
                           "bash",
                           "--norc",
                           "--noprofile",
                           "-i",
                           NULL};
    struct winsize larger = {.ws_row = 40, .ws_col = 120};
    Session session = start_session(words);

    await(&session, "ready> ");
    type(&session, "stty size\r");
    await(&session, "30 100\r\n");
    /* Only at a prompt: what is typed while a shell changes the terminal's mode can be lost. */
    await(&session, "ready> ");
    type(&session, "until stty size | grep -q '40 120'; do sleep 0.05; done; echo o''k\r");
    ck_assert_int_eq(ioctl(session.fd, TIOCSWINSZ, &larger), 0);
    await(&session, "ok\r\n");
    await(&session, "ready> ");
    /* Not in the foreground: a signal that comes before the job has the terminal would wait for it.
     */
    type(&session, "trap 'echo go''t it; exit 7' INT; sleep 1000 </dev/null >/dev/null 2>&1 & "
                   "echo be''gun; wait\r");
    await(&session, "begun\r\n");
    type(&session, "\x03");
    await(&session, "got it\r\n");
    ck_assert_int_eq(end_session(&session), 7);
}
END_TEST

START_TEST(leaving_and_coming_back)
{
    g_autofree char *number = NULL;
    Session session;
    const char *words[] = {getenv("SBX_TEST_CLI"), "attach", sbx_id(box), NULL, NULL};

    ck_assert_int_eq(run_sbx(&number, "exec", "-dt", "-e", "PS1=ready> ", sbx_id(box), "bash",
                             "--norc", "--noprofile", "-i", NULL),
                     0);
    g_strchomp(number);
    words[3] = number;
    session = start_session(words);
    await(&session, "ready> ");
    type(&session, "x=he''re\r");
    await(&session, "ready> ");
    type(&session, "\x1d");
    ck_assert_int_eq(end_session(&session), 130);
    session = start_session(words);
    type(&session, "echo =$x=; stty size\r");
    await(&session, "=here=\r\n30 100\r\n");
    await(&session, "ready> ");
    type(&session, "exit 3\r");
    ck_assert_int_eq(end_session(&session), 3);
    ck_assert_int_eq(run_sbx(NULL, "attach", sbx_id(box), number, NULL), 3);
}
END_TEST

/* As many rows as there is room for, none of them wrapped. */
START_TEST(stats_on_a_small_terminal)
{
    const char *words[] = {getenv("SBX_TEST_CLI"), "stats", NULL};
    struct winsize small = {.ws_row = 6, .ws_col = 40};
    sbx *others[] = {test_create(NULL), test_create(NULL)};
    Session session = start_session(words);
    int status;

    await(&session, "\033[?7l");
    await(&session, "\033[?7h");
    ck_assert_int_eq(ioctl(session.fd, TIOCSWINSZ, &small), 0);
    /* It may have been under way; from the next on it is as small. */
    await(&session, "\033[?7h");
    await(&session, "UPTIME");
    await(&session, "(2 more)\r\n\r\nSince");
    await(&session, "\033[?7h");
    type(&session, "\x03");
    ck_assert_int_eq(waitpid(session.pid, &status, 0), session.pid);
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT, "status %x", (unsigned)status);
    close(session.fd);
    g_string_free(session.shown, TRUE);
    sbx_unref(others[0]);
    sbx_unref(others[1]);
}
END_TEST

START_TEST(deadline_of_exec)
{
    ck_assert_int_eq(
        run_sbx(NULL, "exec", "--timeout", "300ms", sbx_id(box), "sleep", "1000", NULL), 124);
    /* A sanitizer may have said something before. */
    ck_assert_msg(g_str_has_suffix(said, "sbx: the command was killed when its time was over\n"),
                  "it says \"%s\"", said);
    ck_assert_int_eq(
        run_sbx(NULL, "exec", "--timeout", "5m", sbx_id(box), "sh", "-c", "exit 5", NULL), 5);
}
END_TEST

START_TEST(detached_listed_signalled_attached)
{
    g_autofree char *number = NULL;
    g_autofree char *list = NULL;
    g_autofree char *numbers = NULL;
    g_autofree char *out = NULL;
    g_autofree char *both = NULL;

    ck_assert_int_eq(run_sbx(&number, "exec", "-d", sbx_id(box), "--", "sh", "-c",
                             "echo hello; exec sleep 1000", NULL),
                     0);
    ck_assert_int_eq(run_sbx(&numbers, "ps", "-q", sbx_id(box), NULL), 0);
    ck_assert_str_eq(numbers, number);
    g_strchomp(number);
    ck_assert_int_eq(run_sbx(&list, "ps", "--json", sbx_id(box), NULL), 0);
    ck_assert_ptr_nonnull(strstr(list, "\"command\":\"sh -c echo hello; exec sleep 1000\""));
    ck_assert_ptr_nonnull(strstr(list, "\"state\":\"running\",\"attached\":false"));
    ck_assert_int_eq(run_sbx(NULL, "signal", sbx_id(box), number, "NOTHING", NULL), 2);
    ck_assert_int_eq(run_sbx(NULL, "signal", sbx_id(box), "999999", "TERM", NULL), 1);
    ck_assert_int_eq(run_sbx(NULL, "signal", sbx_id(box), number, "SIGTERM", NULL), 0);
    ck_assert_int_eq(run_sbx(&out, "attach", sbx_id(box), number, NULL), 128 + SIGTERM);
    ck_assert_str_eq(out, "hello\n");
    ck_assert_int_eq(run_sbx(&both, "ps", sbx_id(box), NULL), 0);
    ck_assert_ptr_nonnull(strstr(both, "signal 15 "));
    ck_assert_int_eq(run_sbx(NULL, "attach", sbx_id(box), "999999", NULL), 125);
    ck_assert_int_eq(run_sbx(NULL, "attach", sbx_id(box), "x", NULL), 2);
}
END_TEST

/* The archive's other end stands still, and would for ever. */
START_TEST(copy_ended_by_a_signal)
{
    g_autofree char *target = g_strdup_printf("%s:from-archive", sbx_id(box));
    const char *words[] = {getenv("SBX_TEST_CLI"), "copy", "-", target, NULL};
    char begun[256];
    GPid pid;
    int in, err, status;

    ck_assert(g_spawn_async_with_pipes(NULL, (char **)words, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL,
                                       NULL, &pid, &in, NULL, &err, NULL));
    ck_assert_int_gt(read(err, begun, sizeof begun), 0);
    ck_assert_int_eq(kill(pid, SIGTERM), 0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 130);
    close(in);
    close(err);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("keeper-shell");
    TCase *cases = tcase_create("shell");

    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, test_box_setup, test_box_teardown);
    tcase_add_test(cases, an_interactive_shell);
    tcase_add_test(cases, leaving_and_coming_back);
    tcase_add_test(cases, stats_on_a_small_terminal);
    tcase_add_test(cases, deadline_of_exec);
    tcase_add_test(cases, copy_ended_by_a_signal);
    tcase_add_test(cases, detached_listed_signalled_attached);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return test_keeper_main(make_suite);
}
