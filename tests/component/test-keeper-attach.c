/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes that nobody is attached to, and coming back to them. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/test-box.h"
#include "lib/test-command.h"
#include "lib/test-keeper.h"
#include "lib/test-main.h"

static sbx_process *attach(int64_t id)
{
    sbx_error *error = NULL;
    sbx_process *process = NULL;

    test_ok(sbx_process_attach(box, id, &process, &error), &error);
    ck_assert_int_eq(sbx_process_id(process), id);
    return process;
}

static void detach(sbx_process *process)
{
    sbx_error *error = NULL;

    test_ok(sbx_process_detach(process, &error), &error);
}

/* What `seq 1 COUNT` prints. */
static GString *numbers(int count)
{
    GString *text = g_string_new(NULL);

    for (int i = 1; i <= count; i++)
        g_string_append_printf(text, "%d\n", i);
    return text;
}

static void assert_text(const GByteArray *bytes, const char *text, gsize length)
{
    ck_assert_uint_eq(bytes->len, length);
    ck_assert_int_eq(memcmp(bytes->data, text, length), 0);
}

/* Some to the first who was there, the rest to the second. */
START_TEST(no_byte_is_lost)
{
    sbx_process *first = test_spawn_script(box, "seq 1 40000; exec sleep 1000");
    g_autoptr(GString) wanted = numbers(40000);
    g_autoptr(GByteArray) rest = NULL;
    g_autofree char *end = NULL;
    sbx_process *second;
    gsize done;

    end = g_malloc0(1000);
    test_read_all(sbx_process_fd(first, SBX_STDOUT), end, 1000);
    detach(first);
    rest = test_read_to_end(sbx_process_fd(first, SBX_STDOUT));
    ck_assert_int_eq(memcmp(end, wanted->str, 1000), 0);
    done = 1000 + rest->len;
    ck_assert_uint_lt(done, wanted->len);
    ck_assert_int_eq(memcmp(rest->data, wanted->str + 1000, rest->len), 0);
    second = attach(sbx_process_id(first));
    ck_assert_int_eq(sbx_process_pid(second), sbx_process_pid(first));
    g_free(end);
    end = g_malloc0(wanted->len);
    test_read_all(sbx_process_fd(second, SBX_STDOUT), end, wanted->len - done);
    ck_assert_int_eq(memcmp(end, wanted->str + done, wanted->len - done), 0);
    ck_assert_int_eq(sbx_process_wait(second, 0, NULL), 0);
    sbx_process_kill(second, NULL);
    test_wait(second);
    sbx_process_unref(first);
    sbx_process_unref(second);
}
END_TEST

/* Of much more than is kept, the last bytes, without a hole towards what comes live. */
START_TEST(the_last_bytes_are_kept)
{
    sbx_command *command = sbx_command_new_script("seq 1 200000; echo 1 >&2; exec sleep 1000");
    g_autoptr(GString) wanted = numbers(200000);
    g_autoptr(GString) got = g_string_new(NULL);
    sbx_process *started;
    sbx_process *process;
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(sbx_command_set_fd(command, SBX_STDERR, ends[1], NULL), 0);
    sbx_command_set_detached(command, 1);
    started = test_spawn(box, command);
    close(ends[1]);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(sbx_process_fd(started, i), -1);
    ck_assert_int_eq(test_read_number(ends[0]), 1);
    close(ends[0]);
    process = attach(sbx_process_id(started));
    ck_assert_int_eq(sbx_process_fd(process, SBX_STDIN), -1);
    ck_assert_int_eq(sbx_process_fd(process, SBX_STDERR), -1);
    while (!g_str_has_suffix(got->str, "\n200000\n")) {
        char buffer[4096];
        ssize_t n = read(sbx_process_fd(process, SBX_STDOUT), buffer, sizeof buffer);

        ck_assert_int_gt(n, 0);
        g_string_append_len(got, buffer, n);
    }
    ck_assert_uint_ge(got->len, SBX_OUTPUT_KEPT);
    ck_assert_uint_lt(got->len, wanted->len);
    ck_assert_str_eq(got->str, wanted->str + wanted->len - got->len);
    sbx_process_kill(process, NULL);
    test_wait(process);
    sbx_process_unref(process);
    sbx_process_unref(started);
}
END_TEST

START_TEST(after_its_end)
{
    sbx_command *command = sbx_command_new_script("seq 1 40000; echo err >&2; exit 7");
    sbx_process *started;
    sbx_process *process;
    sbx_error *error = NULL;

    sbx_command_set_detached(command, 1);
    started = test_spawn(box, command);
    test_failed(sbx_process_wait(started, -1, &error), SBX_E_INVALID, &error, "detached");
    process = attach(sbx_process_id(started));
    test_wait(process);
    sbx_process_unref(process);
    /* It has ended for sure; of what was not read then, the rest may be here. */
    process = attach(sbx_process_id(started));
    test_wait(process);
    ck_assert_int_eq(sbx_process_exit_code(process), 7);
    ck_assert_int_eq(sbx_process_cause(process), SBX_CAUSE_EXIT);
    sbx_process_unref(process);
    sbx_process_unref(started);
}
END_TEST

static char *fifo_path(void)
{
    char *path = g_build_filename(test_keeper.top, "go-on", NULL);

    ck_assert_int_eq(mkfifo(path, 0666), 0);
    ck_assert_int_eq(chmod(path, 0666), 0);
    return path;
}

static void open_and_close(const char *path)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    close(fd);
}

/* Ends while nobody is there; then everything it wrote is told, once, and how it ended. */
START_TEST(output_and_status_of_one_that_ended_alone)
{
    g_autofree char *path = fifo_path();
    g_autofree char *script =
        g_strdup_printf("read <'%s'; seq 1 40000; echo err >&2; exit 7", path);
    g_autoptr(GString) wanted = numbers(40000);
    g_autoptr(GByteArray) out = NULL;
    g_autoptr(GByteArray) err = NULL;
    sbx_process *started = test_spawn_script(box, script);
    sbx_process *process;
    int64_t id = sbx_process_id(started);
    sbx_process_list *list = NULL;

    sbx_process_unref(started);
    open_and_close(path);
    do {
        sbx_process_list_free(list);
        ck_assert_int_eq(sbx_process_list_get(box, &list, NULL), 0);
        ck_assert_uint_eq(sbx_process_list_length(list), 1);
    } while (sbx_process_list_state(list, 0) == SBX_PROCESS_RUNNING);
    ck_assert_int_eq(sbx_process_list_exit_code(list, 0), 7);
    sbx_process_list_free(list);
    process = attach(id);
    test_wait(process);
    ck_assert_int_eq(sbx_process_exit_code(process), 7);
    out = test_read_to_end(sbx_process_fd(process, SBX_STDOUT));
    err = test_read_to_end(sbx_process_fd(process, SBX_STDERR));
    assert_text(out, wanted->str, wanted->len);
    assert_text(err, "err\n", 4);
    sbx_process_unref(process);
    process = attach(id);
    g_byte_array_unref(out);
    out = test_read_to_end(sbx_process_fd(process, SBX_STDOUT));
    ck_assert_uint_eq(out->len, 0);
    test_wait(process);
    sbx_process_unref(process);
}
END_TEST

/* In a process of its own: spawns, tells the number to @fd, and reads nothing. */
static void spawn_in_a_client(const char *script, int fd)
{
    sbx_command *command = sbx_command_new_script(script);
    sbx_process *process = NULL;
    sbx *own = NULL;
    char text[32];

    if (sbx_connect(sbx_id(box), NULL, &own, NULL) < 0 ||
        sbx_spawn(own, command, &process, NULL) < 0)
        _exit(1);
    g_snprintf(text, sizeof text, "%d\n", (int)sbx_process_id(process));
    if (write(fd, text, strlen(text)) < 0)
        _exit(1);
    for (;;)
        pause();
}

/* A client in the middle of everything: the process does not notice. */
START_TEST(client_of_a_spawn_dies)
{
    g_autofree char *path = fifo_path();
    g_autofree char *script = g_strdup_printf("exec 2>/dev/null; seq 1 60000 & read <'%s'; wait; "
                                              "seq 1 1000; exit 5",
                                              path);
    g_autoptr(GString) wanted = numbers(1000);
    g_autoptr(GByteArray) out = NULL;
    sbx_process *process;
    pid_t client;
    int ends[2];
    int id;

    ck_assert_int_eq(pipe(ends), 0);
    client = fork();
    if (client == 0)
        spawn_in_a_client(script, ends[1]);
    id = test_read_number(ends[0]);
    ck_assert_int_eq(kill(client, SIGKILL), 0);
    ck_assert_int_eq(waitpid(client, NULL, 0), client);
    open_and_close(path);
    process = attach(id);
    out = test_read_to_end(sbx_process_fd(process, SBX_STDOUT));
    test_wait(process);
    ck_assert_int_eq(sbx_process_exit_code(process), 5);
    ck_assert_uint_gt(out->len, wanted->len);
    ck_assert_str_eq((const char *)out->data + out->len - wanted->len, wanted->str);
    sbx_process_unref(process);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

START_TEST(who_may_attach)
{
    sbx_process *first = test_spawn_script(box, "echo 1; exec sleep 1000");
    sbx_process *second = NULL;
    sbx_error *error = NULL;
    int64_t id = sbx_process_id(first);

    ck_assert_int_eq(test_read_number(sbx_process_fd(first, SBX_STDOUT)), 1);
    test_failed(sbx_process_attach(box, id, &second, &error), SBX_E_BUSY, &error, "attached");
    test_failed(sbx_process_attach(box, id + 1, &second, &error), SBX_E_NOT_FOUND, &error,
                "no process");
    test_failed(sbx_process_attach(box, -1, &second, &error), SBX_E_NOT_FOUND, &error,
                "no process");
    test_failed(sbx_process_attach(box, id, NULL, &error), SBX_E_INVALID, &error, "NULL");
    detach(first);
    detach(first);
    ck_assert_int_eq(sbx_process_fd(first, SBX_STDIN), -1);
    second = attach(id);
    test_ok(sbx_process_signal(first, SIGTERM, &error), &error);
    test_wait(second);
    detach(second);
    ck_assert_int_eq(sbx_process_wait(second, 0, NULL), 1);
    sbx_process_unref(second);
    second = NULL;
    test_ok(sbx_kill(box, &error), &error);
    test_failed(sbx_process_attach(box, id, &second, &error), SBX_E_GONE, &error, "ended");
    test_failed(sbx_process_detach(first, &error), SBX_E_GONE, &error, "ended");
    ck_assert_ptr_null(second);
    sbx_process_unref(first);
}
END_TEST

/* It reads to the end, and goes on. */
START_TEST(input_ends_at_leaving)
{
    sbx_command *command = sbx_command_new_script("cat; echo done");
    g_autoptr(GByteArray) out = NULL;
    sbx_process *first;
    sbx_process *second;
    int in;

    ck_assert_int_eq(sbx_command_set_stdio(command, SBX_STDIN, SBX_STDIO_PIPE, NULL), 0);
    first = test_spawn(box, command);
    in = sbx_process_take_fd(first, SBX_STDIN);
    ck_assert_int_eq(write(in, "hello\n", 6), 6);
    detach(first);
    second = attach(sbx_process_id(first));
    test_wait(second);
    out = test_read_to_end(sbx_process_fd(second, SBX_STDOUT));
    ck_assert_ptr_nonnull(strstr((const char *)out->data, "done\n"));
    close(in);
    sbx_process_unref(first);
    sbx_process_unref(second);
}
END_TEST

START_TEST(listing)
{
    sbx_command *command = sbx_command_new("sleep");
    sbx_process_list *list = NULL;
    sbx_port_list *ports = NULL;
    sbx_stats *stats = NULL;
    sbx_stat *stat = NULL;
    sbx_error *error = NULL;
    sbx_process *sleeper;
    sbx_process *other;
    int64_t now = g_get_real_time() / 1000;

    test_ok(sbx_process_list_get(box, &list, &error), &error);
    ck_assert_uint_eq(sbx_process_list_length(list), 0);
    ck_assert_ptr_null(sbx_process_list_command(list, 0));
    ck_assert_int_eq(sbx_process_list_state(list, 0), -1);
    sbx_process_list_free(list);
    ck_assert_int_eq(sbx_command_add_arg(command, "1000", NULL), 0);
    sleeper = test_spawn(box, command);
    other = test_spawn_script(box, "# \xff\nexit 3");
    test_wait(other);
    /* What the library runs for itself is not among them, while it runs and afterwards. */
    test_ok(sbx_fs_stat(box, "/", NULL, &stat, &error), &error);
    test_ok(sbx_list_ports(box, &ports, &error), &error);
    test_ok(sbx_stats_get(box, &stats, &error), &error);
    ck_assert_int_eq(sbx_stats_value(stats, SBX_STAT_COMMANDS), 1);
    test_ok(sbx_process_list_get(box, &list, &error), &error);
    ck_assert_uint_eq(sbx_process_list_length(list), 2);
    ck_assert_int_eq(sbx_process_list_id(list, 0), sbx_process_id(sleeper));
    ck_assert_int_eq(sbx_process_list_pid(list, 0), sbx_process_pid(sleeper));
    ck_assert_str_eq(sbx_process_list_command(list, 0), "sleep 1000");
    ck_assert_str_eq(sbx_process_list_user(list, 0), "app");
    ck_assert_int_ge(sbx_process_list_started(list, 0), now);
    ck_assert_int_eq(sbx_process_list_state(list, 0), SBX_PROCESS_RUNNING);
    ck_assert_int_eq(sbx_process_list_attached(list, 0), 1);
    ck_assert_int_eq(sbx_process_list_exit_code(list, 0), -1);
    ck_assert_int_eq(sbx_process_list_cause(list, 0), -1);
    ck_assert_str_eq(sbx_process_list_command(list, 1), "# \xef\xbf\xbd exit 3");
    ck_assert_int_eq(sbx_process_list_state(list, 1), SBX_PROCESS_EXITED);
    ck_assert_int_eq(sbx_process_list_attached(list, 1), 0);
    ck_assert_int_eq(sbx_process_list_exit_code(list, 1), 3);
    ck_assert_int_eq(sbx_process_list_cause(list, 1), SBX_CAUSE_EXIT);
    sbx_process_list_free(list);
    sbx_port_list_free(ports);
    sbx_stats_free(stats);
    sbx_stat_free(stat);
    sbx_process_unref(other);
    sbx_process_unref(sleeper);
}
END_TEST

START_TEST(the_oldest_are_forgotten)
{
    sbx_process_list *list = NULL;
    sbx_process *process = NULL;
    sbx_error *error = NULL;
    int64_t first = 0;

    for (int i = 0; i < SBX_PROCESSES_REMEMBERED + 3; i++) {
        process = test_spawn(box, sbx_command_new("true"));
        test_wait(process);
        if (i == 0)
            first = sbx_process_id(process);
        sbx_process_unref(process);
    }
    test_ok(sbx_process_list_get(box, &list, &error), &error);
    ck_assert_uint_eq(sbx_process_list_length(list), SBX_PROCESSES_REMEMBERED);
    ck_assert_int_eq(sbx_process_list_id(list, 0), first + 3);
    sbx_process_list_free(list);
    process = NULL;
    test_failed(sbx_process_attach(box, first + 2, &process, &error), SBX_E_NOT_FOUND, &error,
                "no process");
    sbx_process_unref(attach(first + 3));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("keeper-attach");
    TCase *cases = tcase_create("attach");

    tcase_set_timeout(cases, 120);
    tcase_add_checked_fixture(cases, test_box_setup, test_box_teardown);
    tcase_add_test(cases, no_byte_is_lost);
    tcase_add_test(cases, the_last_bytes_are_kept);
    tcase_add_test(cases, after_its_end);
    tcase_add_test(cases, output_and_status_of_one_that_ended_alone);
    tcase_add_test(cases, client_of_a_spawn_dies);
    tcase_add_test(cases, who_may_attach);
    tcase_add_test(cases, input_ends_at_leaving);
    tcase_add_test(cases, listing);
    tcase_add_test(cases, the_oldest_are_forgotten);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return test_keeper_main(make_suite);
}
