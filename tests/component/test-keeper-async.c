/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls as operations: the real library, keeper and agent, without a VM. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/test-box.h"
#include "lib/test-keeper.h"
#include "lib/test-main.h"
#include "lib/test-op.h"
#include "lib/test-process.h"

#define SCRIPTS 100

static sbx_op *start_sh(const char *script, sbx_result **out, sbx_queue *queue)
{
    sbx_error *error = NULL;
    sbx_op *op = NULL;

    ck_assert_int_eq(test_ok(sbx_sh_start(box, script, out, queue, &op, &error), &error), 0);
    ck_assert_ptr_nonnull(op);
    ck_assert_int_eq(sbx_op_is_done(op), 0);
    return op;
}

static void assert_says(sbx_result *result, const char *wanted)
{
    ck_assert_ptr_nonnull(result);
    ck_assert_str_eq(sbx_result_stdout(result, NULL), wanted);
    sbx_result_free(result);
}

/* One thread, one descriptor, one loop. */
START_TEST(hundred_scripts_on_one_thread)
{
    guint fds = test_count_fds(getpid());
    sbx_result *results[SCRIPTS] = {NULL};
    sbx_error *error = NULL;
    int finished = 0;
    sbx_op *op;

    for (int i = 0; i < SCRIPTS; i++) {
        g_autofree char *script = g_strdup_printf("read < /dev/null; echo %d; exit %d", i, i);

        op = start_sh(script, &results[i], NULL);
        sbx_op_set_data(op, GINT_TO_POINTER(i));
    }
    while (finished < SCRIPTS) {
        int more = test_dispatch(NULL);

        for (; (op = sbx_queue_next(NULL)) != NULL; more--, finished++) {
            int i = GPOINTER_TO_INT(sbx_op_data(op));
            g_autofree char *wanted = g_strdup_printf("%d\n", i);

            ck_assert_int_eq(test_ok(sbx_op_finish(op, &error), &error), 0);
            ck_assert_int_eq(sbx_result_exit_code(results[i]), i);
            assert_says(results[i], wanted);
            sbx_op_unref(op);
        }
        ck_assert_int_eq(more, 0);
    }
    ck_assert_uint_eq(test_count_threads(getpid()), 1);
    /* The queue's own three, and links to the keeper that wait for the next call. */
    ck_assert_uint_le(test_count_fds(getpid()), fds + 3 + 15);
}
END_TEST

/* Nothing runs by itself, and what runs does not need what it was started with. */
START_TEST(arguments_are_copied)
{
    char script[64] = "echo $VALUE";
    sbx_command *command = sbx_command_new_script(script);
    sbx_options *options = test_options();
    sbx_error *error = NULL;
    sbx_result *result = NULL;
    sbx_result *other = NULL;
    sbx *sandbox = NULL;
    sbx_op *ops[3];

    test_ok(sbx_options_set_label(options, "k", "v", &error), &error);
    test_ok(sbx_command_set_env(command, "VALUE", "one", &error), &error);
    test_ok(sbx_run_start(box, command, &result, NULL, &ops[0], &error), &error);
    test_ok(sbx_command_set_env(command, "VALUE", "two", &error), &error);
    sbx_command_unref(command);
    test_ok(sbx_create_start(options, &sandbox, NULL, &ops[1], &error), &error);
    sbx_options_unref(options);
    ops[2] = start_sh(script, &other, NULL);
    memset(script, 'x', sizeof script - 1);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(test_ok(test_op_end(ops[i], &error), &error), 0);
    assert_says(result, "one\n");
    assert_says(other, "\n");
    g_free(test_sh(sandbox, "true"));
    sbx_unref(sandbox);
}
END_TEST

/* The op holds the sandbox, too. */
START_TEST(the_handle_may_go)
{
    sbx *sandbox = test_create(NULL);
    sbx_error *error = NULL;
    sbx_result *result = NULL;
    sbx_op *op = NULL;

    test_ok(sbx_sh_start(sandbox, "echo on", &result, NULL, &op, &error), &error);
    sbx_unref(sandbox);
    test_ok(test_op_end(op, &error), &error);
    assert_says(result, "on\n");
}
END_TEST

START_TEST(times_out)
{
    sbx_command *command = sbx_command_new_script("read line < /dev/tty0; exec sleep 1000");
    gint64 before = g_get_monotonic_time();
    sbx_error *error = NULL;
    sbx_process *process = NULL;
    sbx_op *op = NULL;
    sbx_op *longer = NULL;

    test_ok(sbx_spawn_start(box, command, &process, NULL, &op, &error), &error);
    test_ok(test_op_end(op, &error), &error);
    sbx_command_unref(command);
    /* One that waits longer must not hold it up. */
    test_ok(sbx_process_wait_start(process, TEST_PATIENCE_MS, NULL, &longer, &error), &error);
    test_ok(sbx_process_wait_start(process, 200, NULL, &op, &error), &error);
    ck_assert_int_eq(test_ok(sbx_op_wait(op, 0, &error), &error), 0);
    ck_assert_int_eq(test_ok(sbx_op_wait(op, 30, &error), &error), 0);
    ck_assert_int_eq(sbx_op_finish(op, NULL), SBX_E_BUSY);
    while (!sbx_op_is_done(op))
        test_dispatch(NULL);
    ck_assert_int_eq(test_ok(test_op_end(op, &error), &error), 0);
    ck_assert_int_ge(g_get_monotonic_time() - before, 200000);
    ck_assert_int_eq(sbx_op_is_done(longer), 0);
    /* Two wait for the same descriptor, and both hear of the end. */
    test_ok(sbx_process_wait_start(process, -1, NULL, &op, &error), &error);
    test_ok(sbx_process_signal(process, SIGKILL, &error), &error);
    ck_assert_int_eq(test_ok(test_op_end(op, &error), &error), 1);
    ck_assert_int_eq(test_ok(test_op_end(longer, &error), &error), 1);
    ck_assert_int_eq(sbx_process_exit_signal(process), SIGKILL);
    sbx_process_unref(process);
}
END_TEST

START_TEST(errors_are_those_of_the_call)
{
    sbx_command *command = sbx_command_new("no-such-program-here");
    sbx_result *untouched = (sbx_result *)&command;
    sbx_result *result = untouched;
    sbx_error *error = NULL;
    sbx_error *again = NULL;
    sbx_op *op = NULL;

    test_ok(sbx_run_start(box, command, &result, NULL, &op, &error), &error);
    ck_assert_int_eq(test_ok(sbx_op_wait(op, TEST_PATIENCE_MS, &error), &error), 1);
    test_failed(sbx_op_finish(op, &error), SBX_E_EXEC, &error, "no-such-program-here");
    test_failed(sbx_op_finish(op, &again), SBX_E_EXEC, &again, "no-such-program-here");
    ck_assert_int_eq(sbx_op_finish(op, NULL), SBX_E_EXEC);
    sbx_op_unref(op);
    ck_assert_ptr_eq(result, untouched);
    sbx_command_unref(command);
    /* What is wrong with the arguments, too, comes as the call's own error. */
    test_ok(sbx_sh_start(box, NULL, &result, NULL, &op, &error), &error);
    test_failed(test_op_end(op, &error), SBX_E_INVALID, &error, "NULL");
    test_ok(sbx_sh_start(NULL, "true", &result, NULL, &op, &error), &error);
    test_failed(test_op_end(op, &error), SBX_E_INVALID, &error, "NULL");
    test_ok(sbx_sh_start(box, "true", NULL, NULL, &op, &error), &error);
    test_failed(test_op_end(op, &error), SBX_E_INVALID, &error, "NULL");
    ck_assert_ptr_eq(result, untouched);
    test_failed(sbx_sh_start(box, "true", &result, NULL, NULL, &error), SBX_E_INVALID, &error,
                "op");
}
END_TEST

/* Others have their turn although one always could go on. */
START_TEST(a_flood_does_not_stop_others)
{
    sbx_result *flood_result = NULL;
    sbx_error *error = NULL;
    sbx_op *flood = start_sh("exec cat /dev/zero", &flood_result, NULL);

    for (int i = 0; i < 10; i++) {
        sbx_result *result = NULL;
        sbx_op *op = start_sh("echo through", &result, NULL);

        while (!sbx_op_is_done(op))
            test_dispatch(NULL);
        test_ok(test_op_end(op, &error), &error);
        assert_says(result, "through\n");
    }
    ck_assert_int_eq(sbx_op_is_done(flood), 0);
    ck_assert_int_eq(sbx_op_cancel(flood), 1);
    test_failed(test_op_end(flood, &error), SBX_E_CANCELLED, &error, "cancelled");
    ck_assert_ptr_null(flood_result);
}
END_TEST

/* A fifo that scripts write a line to when they run. */
static int make_mark(char **script)
{
    g_autofree char *path = g_build_filename(test_keeper.top, "mark", NULL);
    int fd;

    ck_assert_int_eq(mkfifo(path, 0666), 0);
    ck_assert_int_eq(chmod(path, 0666), 0);
    fd = open(path, O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    *script = g_strdup_printf("echo > %s; exec sleep 1000", path);
    return fd;
}

/* Dispatches until a script has written its mark. */
static void await_mark(int mark, sbx_queue *queue)
{
    sbx_error *error = NULL;
    char byte;

    for (;;) {
        struct pollfd ready[] = {{.fd = mark, .events = POLLIN},
                                 {.fd = sbx_get_fd(queue), .events = POLLIN}};

        ck_assert_int_gt(poll(ready, 2, TEST_PATIENCE_MS), 0);
        if (ready[0].revents != 0)
            break;
        ck_assert_int_ge(sbx_dispatch(queue, &error), 0);
    }
    ck_assert_int_eq(read(mark, &byte, 1), 1);
}

START_TEST(a_cancelled_call)
{
    g_autofree char *script = NULL;
    int mark = make_mark(&script);
    guint fds;
    sbx_result *result = NULL;
    sbx_error *error = NULL;
    sbx_op *op;

    /* Before it ran at all. */
    op = start_sh("true", &result, NULL);
    fds = test_count_fds(getpid());
    ck_assert_int_eq(sbx_op_cancel(op), 1);
    ck_assert_int_eq(sbx_op_cancel(op), 1);
    ck_assert_ptr_eq(sbx_queue_next(NULL), op);
    ck_assert_ptr_null(sbx_queue_next(NULL));
    test_failed(test_op_end(op, &error), SBX_E_CANCELLED, &error, "cancelled");
    /* While it waits for the script: it is done at once, and closes what it had. */
    op = start_sh(script, &result, NULL);
    await_mark(mark, NULL);
    ck_assert_int_eq(sbx_op_is_done(op), 0);
    ck_assert_int_eq(sbx_op_cancel(op), 1);
    ck_assert_int_eq(sbx_op_is_done(op), 1);
    test_failed(test_op_end(op, &error), SBX_E_CANCELLED, &error, "cancelled");
    ck_assert_ptr_null(result);
    ck_assert_uint_le(test_count_fds(getpid()), fds);
    g_free(test_sh(box, "true"));
    close(mark);
}
END_TEST

START_TEST(dropped_while_it_runs)
{
    g_autofree char *script = NULL;
    int mark = make_mark(&script);
    sbx_queue *queue = NULL;
    sbx_error *error = NULL;
    guint fds = test_count_fds(getpid());
    sbx_result **result = g_new0(sbx_result *, 1);
    sbx_op *op;

    test_ok(sbx_queue_new(&queue, &error), &error);
    sbx_op_unref(start_sh(script, result, queue));
    op = start_sh(script, result, queue);
    await_mark(mark, queue);
    /* The op keeps its queue. */
    sbx_queue_unref(queue);
    sbx_op_unref(op);
    g_free(result); /* nobody writes there any more */
    ck_assert_uint_le(test_count_fds(getpid()), fds);
    g_free(test_sh(box, "true"));
    close(mark);
}
END_TEST

/* --- threads --- */

typedef struct {
    sbx_queue *queue;
    int number;
    gboolean sync;
} Worker;

static gpointer work(gpointer data)
{
    Worker *worker = data;

    for (int round = 0; round < 10; round++) {
        sbx_result *results[4] = {NULL};
        sbx_op *ops[4];
        g_autofree char *wanted = g_strdup_printf("%d.%d\n", worker->number, round);
        g_autofree char *script = g_strdup_printf("echo %d.%d", worker->number, round);

        for (int i = 0; i < 4; i++)
            if (sbx_sh_start(box, script, &results[i], worker->queue, &ops[i], NULL) != 0)
                return (gpointer) "start";
        for (int i = 0; i < 4; i++) {
            if (sbx_op_wait(ops[i], TEST_PATIENCE_MS, NULL) != 1 ||
                sbx_op_finish(ops[i], NULL) != 0)
                return (gpointer) "wait";
            if (strcmp(sbx_result_stdout(results[i], NULL), wanted) != 0)
                return (gpointer) "output";
            sbx_result_free(results[i]);
            sbx_op_unref(ops[i]);
        }
        if (worker->sync && sbx_sh(box, script, &results[0], NULL) == 0)
            sbx_result_free(results[0]);
    }
    return NULL;
}

/* A queue for each thread, or one for all: whoever waits dispatches for the others. */
START_TEST(threads)
{
    Worker workers[4];
    GThread *running[4];
    sbx_error *error = NULL;

    for (int i = 0; i < 4; i++) {
        workers[i] = (Worker){.number = i, .sync = i % 2};
        if (_i == 1)
            test_ok(sbx_queue_new(&workers[i].queue, &error), &error);
        running[i] = g_thread_new("worker", work, &workers[i]);
    }
    for (int i = 0; i < 4; i++) {
        const char *wrong = g_thread_join(running[i]);

        ck_assert_msg(wrong == NULL, "thread %d: %s", i, wrong);
        sbx_queue_unref(workers[i].queue);
    }
}
END_TEST

static gpointer cancel_later(gpointer data)
{
    sbx_op_cancel(data);
    return NULL;
}

/* One thread waits for ever, another one has it end; an op ends although its thread has gone. */
START_TEST(cancelled_by_another_thread)
{
    sbx_result *result = NULL;
    sbx_error *error = NULL;
    sbx_op *op = start_sh("exec sleep 1000", &result, NULL);
    GThread *thread;

    test_dispatch(NULL);
    thread = g_thread_new("cancel", cancel_later, op);
    ck_assert_int_eq(test_ok(sbx_op_wait(op, -1, &error), &error), 1);
    g_thread_join(thread);
    test_failed(test_op_end(op, &error), SBX_E_CANCELLED, &error, "cancelled");
    ck_assert_ptr_null(result);
}
END_TEST

/* --- the descriptor --- */

/* It says so when somebody else finished an op, once. */
START_TEST(news_of_ops_finished_elsewhere)
{
    struct pollfd ready = {.fd = sbx_get_fd(NULL), .events = POLLIN};
    sbx_result *result = NULL;
    sbx_error *error = NULL;
    sbx_op *op = start_sh("true", &result, NULL);

    ck_assert_int_eq(sbx_get_fd(NULL), ready.fd);
    ck_assert_int_eq(test_ok(sbx_op_wait(op, TEST_PATIENCE_MS, &error), &error), 1);
    ck_assert_int_eq(poll(&ready, 1, 0), 1);
    ck_assert_int_eq(test_ok(sbx_dispatch(NULL, &error), &error), 1);
    ck_assert_int_eq(poll(&ready, 1, 0), 0);
    ck_assert_int_eq(test_ok(sbx_dispatch(NULL, &error), &error), 0);
    ck_assert_ptr_eq(sbx_queue_next(NULL), op);
    test_ok(test_op_end(op, &error), &error);
    sbx_result_free(result);
}
END_TEST

/* In an epoll set of the program's, as loops have it, and nothing to do means not readable. */
START_TEST(in_an_epoll_set)
{
    struct epoll_event event = {.events = EPOLLIN};
    int set = epoll_create1(EPOLL_CLOEXEC);
    sbx_result *result = NULL;
    sbx_error *error = NULL;
    sbx_op *op;

    ck_assert_int_eq(epoll_ctl(set, EPOLL_CTL_ADD, sbx_get_fd(NULL), &event), 0);
    ck_assert_int_eq(epoll_wait(set, &event, 1, 0), 0);
    op = start_sh("read < /dev/null; echo done", &result, NULL);
    while (!sbx_op_is_done(op)) {
        ck_assert_int_eq(epoll_wait(set, &event, 1, TEST_PATIENCE_MS), 1);
        ck_assert_int_ge(sbx_dispatch(NULL, &error), 0);
    }
    ck_assert_int_eq(epoll_wait(set, &event, 1, 0), 0);
    test_ok(test_op_end(op, &error), &error);
    assert_says(result, "done\n");
    close(set);
}
END_TEST

/* --- callbacks and helper programs --- */

typedef struct {
    pthread_t thread;
    int calls;
    int answer;
    int reentered;
    void *stack;
} Progress;

static int take_progress(void *data, int permille, const char *stage, const char *text)
{
    Progress *progress = data;
    sbx_error *error = NULL;
    pthread_attr_t attributes;
    void *bottom;
    size_t size;

    ck_assert_int_le(permille, 1000);
    ck_assert_ptr_nonnull(stage);
    ck_assert_ptr_nonnull(text);
    ck_assert(pthread_equal(progress->thread, pthread_self()));
    /* On the thread's own stack, where interpreters expect to be. */
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &bottom, &size);
    pthread_attr_destroy(&attributes);
    progress->stack = __builtin_frame_address(0);
    ck_assert((char *)progress->stack > (char *)bottom &&
              (char *)progress->stack < (char *)bottom + size);
    progress->calls++;
    test_failed(sbx_dispatch(NULL, &error), SBX_E_INVALID, &error, "callback");
    return progress->answer;
}

START_TEST(callbacks)
{
    Progress progress = {.thread = pthread_self()};
    sbx_error *error = NULL;
    sbx_op *op = NULL;

    test_ok(sbx_image_verify_start("builtin:debian-13", take_progress, &progress, NULL, &op,
                                   &error), &error);
    ck_assert_int_eq(progress.calls, 0);
    test_ok(test_op_end(op, &error), &error);
    ck_assert_int_gt(progress.calls, 0);
    progress.answer = 1;
    test_ok(sbx_image_verify_start("builtin:debian-13", take_progress, &progress, NULL, &op,
                                   &error), &error);
    test_failed(test_op_end(op, &error), SBX_E_CANCELLED, &error, "progress callback");
    /* The helper program is waited for, so it takes a while. */
    test_ok(sbx_image_verify_start("builtin:debian-13", NULL, NULL, NULL, &op, &error), &error);
    test_dispatch(NULL);
    ck_assert_int_ge(sbx_op_cancel(op), 0);
    test_failed(test_op_end(op, &error), SBX_E_CANCELLED, &error, "cancelled");
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
}
END_TEST

/* --- ends --- */

START_TEST(the_keeper_dies)
{
    sbx_command *command = sbx_command_new("sleep");
    sbx_result *results[10] = {NULL};
    sbx_error *error = NULL;
    sbx_process *process = NULL;
    sbx_op *ops[10];
    sbx_op *waiting = NULL;
    GArray *family = test_keeper_family();

    test_ok(sbx_command_add_arg(command, "1000", &error), &error);
    test_ok(sbx_spawn(box, command, &process, &error), &error);
    sbx_command_unref(command);
    test_ok(sbx_process_wait_start(process, -1, NULL, &waiting, &error), &error);
    for (int i = 0; i < 10; i++)
        ops[i] = start_sh("exec sleep 1000", &results[i], NULL);
    test_dispatch(NULL);
    ck_assert_int_eq(kill(test_keeper_pid(), SIGKILL), 0);
    for (int i = 0; i < 10; i++) {
        int code = test_op_end(ops[i], &error);

        ck_assert_msg(code == SBX_E_GONE || code == SBX_E_KEEPER, "%s", sbx_error_code_name(code));
        ck_assert_ptr_nonnull(error);
        sbx_error_free(error);
        error = NULL;
        ck_assert_ptr_null(results[i]);
    }
    test_failed(test_op_end(waiting, &error), SBX_E_GONE, &error, "ended");
    sbx_process_unref(process);
    ck_assert(test_family_ends_within(family, 20000));
}
END_TEST

static int forked(sbx_queue *queue, sbx_op *op)
{
    sbx_list *list = NULL;
    sbx_error *error = NULL;
    sbx_op *own = NULL;

    if (sbx_op_cancel(op) != SBX_E_FORKED || sbx_op_wait(op, 0, NULL) != SBX_E_FORKED ||
        sbx_op_finish(op, NULL) != SBX_E_FORKED || sbx_dispatch(queue, &error) != SBX_E_FORKED ||
        sbx_error_code(error) != SBX_E_FORKED || sbx_get_fd(queue) != SBX_E_FORKED ||
        sbx_queue_next(queue) != NULL ||
        sbx_list_get_start(&list, queue, &own, NULL) != SBX_E_FORKED || own != NULL)
        return 1;
    sbx_error_free(error);
    sbx_op_unref(op);
    sbx_queue_unref(queue);
    /* The default queue is its own. */
    if (sbx_list_get_start(&list, NULL, &own, NULL) != 0 ||
        sbx_op_wait(own, TEST_PATIENCE_MS, NULL) != 1 || sbx_op_finish(own, NULL) != 0 ||
        sbx_list_length(list) != 1)
        return 2;
    sbx_list_free(list);
    sbx_op_unref(own);
    return 0;
}

START_TEST(after_fork)
{
    sbx_queue *queue = NULL;
    sbx_result *results[2] = {NULL};
    sbx_error *error = NULL;
    sbx_op *op;
    sbx_op *standard;
    int status;
    pid_t child;

    test_ok(sbx_queue_new(&queue, &error), &error);
    op = start_sh("read < /dev/null; echo parent", &results[0], queue);
    standard = start_sh("echo standard", &results[1], NULL);
    test_dispatch(queue);
    test_dispatch(NULL);
    child = fork();
    if (child == 0)
        _exit(forked(queue, op));
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", status);
    test_ok(test_op_end(op, &error), &error);
    assert_says(results[0], "parent\n");
    test_ok(test_op_end(standard, &error), &error);
    assert_says(results[1], "standard\n");
    sbx_queue_unref(queue);
}
END_TEST

/* The library keeps some links to the keeper, of those that were in use at once: from here on as many as
 * it ever keeps, whatever the machine does beside this. */
static void use_many_links(void)
{
    g_autofree char *path = g_build_filename(test_keeper.top, "all-wait", NULL);
    g_autofree char *script = g_strdup_printf("read < '%s'", path);
    sbx_result *results[20] = {NULL};
    sbx_error *error = NULL;
    sbx_op *ops[20];
    int fd;

    ck_assert_int_eq(mkfifo(path, 0666), 0);
    ck_assert_int_eq(chmod(path, 0666), 0);
    for (int i = 0; i < 20; i++)
        ops[i] = start_sh(script, &results[i], NULL);
    test_dispatch(NULL);
    fd = open(path, O_RDWR | O_CLOEXEC);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(write(fd, "\n", 1), 1);
    for (int i = 0; i < 20; i++) {
        test_ok(test_op_end(ops[i], &error), &error);
        sbx_result_free(results[i]);
    }
    close(fd);
    unlink(path);
}

/* Many rounds take no more than the first one. */
START_TEST(nothing_is_left)
{
    guint fds = 0;
    gsize kib = 0;

    for (int round = 0; round < 12; round++) {
        sbx_queue *queue = NULL;
        sbx_error *error = NULL;
        sbx_result *results[20] = {NULL};
        sbx_op *ops[20];

        test_ok(sbx_queue_new(&queue, &error), &error);
        for (int i = 0; i < 20; i++)
            ops[i] = start_sh(i % 3 == 0 ? "exec sleep 1000" : "echo x", &results[i], queue);
        for (int i = 0; i < 20; i++)
            if (i % 3 != 0)
                ck_assert_int_eq(test_ok(test_op_end(ops[i], &error), &error), 0);
        for (int i = 0; i < 20; i++) {
            sbx_result_free(results[i]);
            if (i % 3 == 0)
                sbx_op_unref(ops[i]);
        }
        sbx_queue_unref(queue);
        if (round == 5) {
            use_many_links();
            fds = test_count_fds(getpid());
            kib = test_anonymous_kib(getpid());
        }
    }
    use_many_links();
    ck_assert_uint_le(test_count_fds(getpid()), fds);
    /* A sanitizer keeps what was freed. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    ck_assert_uint_le(test_anonymous_kib(getpid()), kib + 1024);
#endif
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("keeper-async");
    TCase *cases = tcase_create("with a sandbox");
    TCase *threaded = tcase_create("threads");

    tcase_set_timeout(cases, 120);
    tcase_add_checked_fixture(cases, test_box_setup, test_box_teardown);
    tcase_add_test(cases, hundred_scripts_on_one_thread);
    tcase_add_test(cases, arguments_are_copied);
    tcase_add_test(cases, the_handle_may_go);
    tcase_add_test(cases, times_out);
    tcase_add_test(cases, errors_are_those_of_the_call);
    tcase_add_test(cases, a_flood_does_not_stop_others);
    tcase_add_test(cases, a_cancelled_call);
    tcase_add_test(cases, dropped_while_it_runs);
    tcase_add_test(cases, in_an_epoll_set);
    tcase_add_test(cases, callbacks);
    tcase_add_test(cases, the_keeper_dies);
    tcase_add_test(cases, after_fork);
    tcase_add_test(cases, nothing_is_left);
    suite_add_tcase(suite, cases);
    /* By itself for the thread sanitizer, see tests/run.sh. */
    tcase_set_timeout(threaded, 120);
    tcase_add_checked_fixture(threaded, test_box_setup, test_box_teardown);
    tcase_add_loop_test(threaded, threads, 0, 2);
    tcase_add_test(threaded, cancelled_by_another_thread);
    tcase_add_test(threaded, news_of_ops_finished_elsewhere);
    suite_add_tcase(suite, threaded);
    return suite;
}

int main(void)
{
    return test_keeper_main(suite);
}
