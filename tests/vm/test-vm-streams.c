/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Standard streams, large and binary data each way, exit codes, signals. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "vm-env.h"

#define TEN_MB 10000000

static sbx_process *spawn_script(sbx *sandbox, const char *script, int in, int out, int err)
{
    sbx_command *command = sbx_command_new_script(script);
    sbx_process *process = NULL;
    sbx_error *error = NULL;

    ck_assert_int_eq(sbx_command_set_stdio(command, SBX_STDIN, in, NULL), SBX_OK);
    ck_assert_int_eq(sbx_command_set_stdio(command, SBX_STDOUT, out, NULL), SBX_OK);
    ck_assert_int_eq(sbx_command_set_stdio(command, SBX_STDERR, err, NULL), SBX_OK);
    if (sbx_spawn(sandbox, command, &process, &error) < 0)
        ck_abort_msg("sbx_spawn: %s", sbx_error_message(error));
    sbx_command_unref(command);
    return process;
}

static void wait_for_exit(sbx_process *process, int exit_code)
{
    ck_assert_int_eq(sbx_process_wait(process, vm_limit(60000), NULL), 1);
    ck_assert_int_eq(sbx_process_exit_code(process), exit_code);
}

/* Reads to the end. */
static GByteArray *read_all(int fd)
{
    GByteArray *bytes = g_byte_array_new();
    guint8 buffer[65536];
    ssize_t n;

    while ((n = read(fd, buffer, sizeof buffer)) > 0 || (n < 0 && errno == EINTR))
        if (n > 0)
            g_byte_array_append(bytes, buffer, (guint)n);
    ck_assert_int_eq((int)n, 0);
    return bytes;
}

/* Bytes without any pattern, the same for the same seed. */
static guint8 *random_bytes(gsize length, guint32 seed)
{
    guint8 *bytes = g_malloc(length);
    GRand *random = g_rand_new_with_seed(seed);

    for (gsize i = 0; i < length; i++)
        bytes[i] = (guint8)g_rand_int(random);
    g_rand_free(random);
    return bytes;
}

START_TEST(keeps_the_streams_apart)
{
    sbx *sandbox = vm_shared();
    sbx_result *result = NULL;
    size_t length = 0;

    ck_assert_int_eq(sbx_sh(sandbox, "printf 'a\\0b'; echo e >&2; exit 3", &result, NULL), SBX_OK);
    ck_assert_mem_eq(sbx_result_stdout(result, &length), "a\0b", 4);
    ck_assert_uint_eq(length, 3);
    ck_assert_str_eq(sbx_result_stderr(result, NULL), "e\n");
    ck_assert_int_eq(sbx_result_exit_code(result), 3);
    ck_assert_int_eq(sbx_result_signal(result), 0);
    sbx_result_free(result);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(passes_exit_codes_and_signals)
{
    static const struct {
        const char *script;
        int exit_code;
        int signal;
    } cases[] = {
        {"true", 0, 0},
        {"exit 255", 255, 0},
        {"exit 256", 0, 0},
        {"no-such-command", 127, 0},
        {"/etc/passwd", 126, 0},
        {"kill -9 $$", 137, SIGKILL},
        {"kill -15 $$", 143, SIGTERM},
        {"kill -11 $$", 139, SIGSEGV},
        {"kill -35 $$", 163, 35},
        {"if", 2, 0},
    };
    sbx *sandbox = vm_shared();

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        sbx_result *result = NULL;

        ck_assert_int_eq(sbx_sh(sandbox, cases[i].script, &result, NULL), SBX_OK);
        ck_assert_msg(sbx_result_exit_code(result) == cases[i].exit_code &&
                          sbx_result_signal(result) == cases[i].signal && !sbx_result_oom(result),
                      "`%s`: exit code %d, signal %d", cases[i].script,
                      sbx_result_exit_code(result), sbx_result_signal(result));
        sbx_result_free(result);
    }
    sbx_unref(sandbox);
}
END_TEST

START_TEST(says_what_cannot_be_started)
{
    static const struct {
        const char *program;
        const char *cwd;
        const char *user;
        const char *named;
    } cases[] = {
        {"no-such-program", NULL, NULL, "no-such-program"},
        {"/etc/passwd", NULL, NULL, "/etc/passwd"},
        {"true", "/no/such/place", NULL, "/no/such/place"},
        {"true", NULL, "nobody-like-this", "nobody-like-this"},
    };
    sbx *sandbox = vm_shared();

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        sbx_command *command = sbx_command_new(cases[i].program);
        sbx_process *process = NULL;
        sbx_error *error = NULL;
        int code;

        ck_assert_int_eq(sbx_command_set_cwd(command, cases[i].cwd, NULL), SBX_OK);
        ck_assert_int_eq(sbx_command_set_user(command, cases[i].user, NULL), SBX_OK);
        code = sbx_spawn(sandbox, command, &process, &error);
        ck_assert_msg(code < 0 && strstr(sbx_error_message(error), cases[i].named) != NULL,
                      "case %zu: \"%s\"", i, code < 0 ? sbx_error_message(error) : "it started");
        vm_check_error(code, SBX_E_EXEC, error, "sbx_spawn");
        sbx_command_unref(command);
    }
    sbx_unref(sandbox);
}
END_TEST

START_TEST(runs_as_another_user_elsewhere)
{
    sbx *sandbox = vm_shared();
    sbx_command *command = sbx_command_new("sh");
    sbx_result *result = NULL;

    ck_assert_int_eq(sbx_command_add_arg(command, "-c", NULL), SBX_OK);
    ck_assert_int_eq(sbx_command_add_arg(command, "id -un; pwd; echo \"$1\"", NULL), SBX_OK);
    ck_assert_int_eq(sbx_command_add_arg(command, "sh", NULL), SBX_OK);
    ck_assert_int_eq(sbx_command_add_arg(command, "\xff 'one' \"arg\"\n", NULL), SBX_OK);
    ck_assert_int_eq(sbx_command_set_user(command, "root", NULL), SBX_OK);
    ck_assert_int_eq(sbx_command_set_cwd(command, "/var/tmp", NULL), SBX_OK);
    ck_assert_int_eq(sbx_run(sandbox, command, &result, NULL), SBX_OK);
    ck_assert_str_eq(sbx_result_stdout(result, NULL), "root\n/var/tmp\n\xff 'one' \"arg\"\n\n");
    sbx_result_free(result);
    sbx_command_unref(command);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(reads_10_mb)
{
    sbx *sandbox = vm_shared();
    sbx_result *result = NULL;
    size_t length = 0;
    const guint8 *bytes;
    g_autofree char *sum = NULL;

    g_free(vm_sh(sandbox, "head -c 10000000 /dev/urandom > /tmp/ten"));
    ck_assert_int_eq(
        sbx_sh(sandbox, "cat /tmp/ten; sha256sum < /tmp/ten | cut -d' ' -f1 >&2", &result, NULL),
        SBX_OK);
    bytes = sbx_result_stdout(result, &length);
    ck_assert_uint_eq(length, TEN_MB);
    sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, bytes, length);
    ck_assert_int_eq(strncmp(sum, sbx_result_stderr(result, NULL), 64), 0);
    sbx_result_free(result);
    g_free(vm_sh(sandbox, "rm /tmp/ten"));
    sbx_unref(sandbox);
}
END_TEST

/* Writes and reads at once, each as far as the other lets it. */
static GByteArray *exchange(int in, int out, const guint8 *bytes, gsize length)
{
    GByteArray *back = g_byte_array_new();
    guint8 buffer[65536];
    gsize sent = 0;
    ssize_t n = 1;

    fcntl(in, F_SETFL, O_NONBLOCK);
    while (n != 0) {
        struct pollfd ready[2] = {{.fd = in, .events = POLLOUT}, {.fd = out, .events = POLLIN}};

        ck_assert_int_gt(poll(ready, 2, vm_limit(60000)), 0);
        if (in >= 0 && ready[0].revents != 0) {
            ssize_t written = write(in, bytes + sent, length - sent);

            ck_assert(written >= 0 || errno == EAGAIN);
            sent += written > 0 ? (gsize)written : 0;
            if (sent == length) {
                close(in);
                in = -1;
            }
        }
        if (ready[1].revents != 0) {
            n = read(out, buffer, sizeof buffer);
            ck_assert_int_ge((int)n, 0);
            g_byte_array_append(back, buffer, (guint)n);
        }
    }
    return back;
}

START_TEST(sends_10_mb_and_gets_them_back)
{
    sbx *sandbox = vm_shared();
    sbx_process *process =
        spawn_script(sandbox, "cat", SBX_STDIO_PIPE, SBX_STDIO_PIPE, SBX_STDIO_NULL);
    g_autofree guint8 *bytes = random_bytes(TEN_MB, 1);
    GByteArray *back = exchange(sbx_process_take_fd(process, SBX_STDIN),
                                sbx_process_fd(process, SBX_STDOUT), bytes, TEN_MB);

    ck_assert_uint_eq(back->len, TEN_MB);
    ck_assert_int_eq(memcmp(back->data, bytes, TEN_MB), 0);
    wait_for_exit(process, 0);
    g_byte_array_unref(back);
    sbx_process_unref(process);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(runs_a_script_of_10_mb)
{
    sbx *sandbox = vm_shared();
    GString *script = g_string_sized_new(TEN_MB + 100);
    g_autofree char *output = NULL;

    while (script->len < TEN_MB)
        g_string_append(script,
                        ": a line that does nothing, but is read, all the hundred bytes of it "
                        "###########################\n");
    g_string_append(script, "echo ${#BASH_EXECUTION_STRING} done\n");
    output = vm_sh(sandbox, script->str);
    ck_assert_msg(g_str_has_suffix(output, " done"), "\"%s\"", output);
    ck_assert_int_ge(g_ascii_strtoll(output, NULL, 10), 0);
    g_string_free(script, TRUE);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(refuses_a_script_beyond_its_limit)
{
    sbx *sandbox = vm_shared();
    sbx_result *result = NULL;
    sbx_error *error = NULL;
    g_autofree char *script = g_malloc((20 << 20) + 1);
    int code;

    memset(script, ' ', 20 << 20);
    script[20 << 20] = '\0';
    code = sbx_sh(sandbox, script, &result, &error);
    vm_check_error(code, SBX_E_TOO_BIG, error, "sbx_sh");
    g_free(vm_sh(sandbox, "true"));
    sbx_unref(sandbox);
}
END_TEST

START_TEST(merges_standard_error)
{
    sbx *sandbox = vm_shared();
    sbx_process *process = spawn_script(sandbox, "echo 1; echo 2 >&2; echo 3", SBX_STDIO_NULL,
                                        SBX_STDIO_PIPE, SBX_STDIO_MERGE);
    GByteArray *output = read_all(sbx_process_fd(process, SBX_STDOUT));

    ck_assert_uint_eq(output->len, 6);
    ck_assert_int_eq(memcmp(output->data, "1\n2\n3\n", 6), 0);
    ck_assert_int_eq(sbx_process_fd(process, SBX_STDERR), -1);
    wait_for_exit(process, 0);
    g_byte_array_unref(output);
    sbx_process_unref(process);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(stops_a_writer_that_nobody_reads)
{
    sbx *sandbox = vm_shared();
    sbx_process *process = spawn_script(sandbox, "yes | tee >(wc -c > /tmp/written) ; true",
                                        SBX_STDIO_NULL, SBX_STDIO_PIPE, SBX_STDIO_NULL);
    gint64 before = vm_status_kib(vm_keeper(NULL), "RssAnon");
    gint64 after;

    /* Not a byte is read; other commands go on meanwhile. */
    for (int i = 0; i < 20; i++)
        g_free(vm_sh(sandbox, "true"));
    after = vm_status_kib(vm_keeper(NULL), "RssAnon");
    ck_assert_int_eq(sbx_process_wait(process, 0, NULL), 0);
    ck_assert_msg(after - before < 8192, "the keeper grew by %d KiB", (int)(after - before));
    /* The reader goes away: the writer ends by SIGPIPE. */
    close(sbx_process_take_fd(process, SBX_STDOUT));
    wait_for_exit(process, 0);
    sbx_process_unref(process);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(signals_a_process)
{
    sbx *sandbox = vm_shared();
    /* Busy: a bash that is signalled on its way into read() blocks there and keeps its trap. */
    sbx_process *process =
        spawn_script(sandbox, "trap 'echo caught; exit 7' TERM; echo ready; while :; do :; done",
                     SBX_STDIO_PIPE, SBX_STDIO_PIPE, SBX_STDIO_NULL);
    char text[16] = "";
    GByteArray *rest;

    ck_assert_int_eq((int)read(sbx_process_fd(process, SBX_STDOUT), text, sizeof text), 6);
    ck_assert_str_eq(text, "ready\n");
    ck_assert_int_gt(sbx_process_pid(process), 1);
    ck_assert_int_eq(sbx_process_exit_code(process), -1);
    ck_assert_int_eq(sbx_process_signal(process, SIGTERM, NULL), SBX_OK);
    rest = read_all(sbx_process_fd(process, SBX_STDOUT));
    ck_assert_int_eq(memcmp(rest->data, "caught\n", 7), 0);
    wait_for_exit(process, 7);
    ck_assert_int_eq(sbx_process_signal(process, SIGTERM, NULL), SBX_OK);
    g_byte_array_unref(rest);
    sbx_process_unref(process);

    process = spawn_script(sandbox, "sleep 1000", SBX_STDIO_NULL, SBX_STDIO_NULL, SBX_STDIO_NULL);
    ck_assert_int_eq(sbx_process_signal(process, SIGKILL, NULL), SBX_OK);
    wait_for_exit(process, 137);
    ck_assert_int_eq(sbx_process_exit_signal(process), SIGKILL);
    sbx_process_unref(process);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(does_not_wait_for_what_runs_in_the_background)
{
    sbx *sandbox = vm_shared();
    gint64 start = vm_now_ms();
    g_autofree char *pid = vm_sh(sandbox, "sleep 1000 & echo $!");
    g_autofree char *kill = g_strdup_printf("kill %s", pid);

    ck_assert_int_lt(vm_now_ms() - start, vm_limit(20000));
    g_free(vm_sh(sandbox, kill)); /* it still ran */
    sbx_unref(sandbox);
}
END_TEST

typedef struct {
    sbx *sandbox;
    int number;
    gboolean ok;
} Caller;

static void *call(void *data)
{
    Caller *caller = data;
    g_autofree char *script =
        g_strdup_printf("seq %d 20000 | md5sum; echo %d", caller->number, caller->number);
    g_autofree char *wanted = g_strdup_printf("\n%d\n", caller->number);
    sbx_result *result = NULL;

    if (sbx_sh(caller->sandbox, script, &result, NULL) == SBX_OK) {
        caller->ok = g_str_has_suffix(sbx_result_stdout(result, NULL), wanted);
        sbx_result_free(result);
    }
    return NULL;
}

START_TEST(serves_many_threads)
{
    sbx *sandbox = vm_shared();
    pthread_t threads[8];
    Caller callers[8];

    for (int i = 0; i < 8; i++) {
        callers[i] = (Caller){sandbox, i + 1, FALSE};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, call, &callers[i]), 0);
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_msg(callers[i].ok, "thread %d did not get its output", i);
    }
    sbx_unref(sandbox);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vm-streams");
    TCase *small = tcase_create("small");
    TCase *large = tcase_create("large");

    tcase_set_timeout(small, vm_limit(90000) / 1000);
    tcase_add_test(small, keeps_the_streams_apart);
    tcase_add_test(small, passes_exit_codes_and_signals);
    tcase_add_test(small, says_what_cannot_be_started);
    tcase_add_test(small, runs_as_another_user_elsewhere);
    tcase_add_test(small, merges_standard_error);
    tcase_add_test(small, signals_a_process);
    tcase_add_test(small, does_not_wait_for_what_runs_in_the_background);
    tcase_add_test(small, serves_many_threads);
    suite_add_tcase(suite, small);
    tcase_set_timeout(large, vm_limit(180000) / 1000);
    tcase_add_test(large, reads_10_mb);
    tcase_add_test(large, sends_10_mb_and_gets_them_back);
    tcase_add_test(large, runs_a_script_of_10_mb);
    tcase_add_test(large, refuses_a_script_beyond_its_limit);
    tcase_add_test(large, stops_a_writer_that_nobody_reads);
    suite_add_tcase(suite, large);
    vm_use_templates();
    return vm_main("vm-streams", suite);
}
