/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Output without end: cut off at its limit, thrown away, or held up by a reader that does not read.
 * 300 MB, with SBX_TEST_FULL=1 10 GB. Meanwhile another command and another sandbox are served, and
 * the keeper's memory stays what it was. */
#include <string.h>
#include <unistd.h>

#include "vm-env.h"

#define LIMIT 1000000

static sbx *box;
static sbx *neighbour;
static gint64 keeper_before;

static const char *flood(void)
{
    return vm_full() ? "dd if=/dev/zero bs=1M count=9537 2>/dev/null"
                     : "dd if=/dev/zero bs=1M count=286 2>/dev/null";
}

static void setup(void)
{
    box = vm_shared();
    neighbour = vm_create();
    keeper_before = vm_status_kib(vm_keeper(NULL), "RssAnon");
}

/* Both are served, in the time that a busy machine takes for that. */
static void check_neighbours(void)
{
    gint64 begun = vm_now_ms();
    g_autofree char *same = vm_sh(box, "seq 1000 | tail -n 1");
    g_autofree char *other = vm_sh(neighbour, "seq 1000 | tail -n 1");
    gint64 keeper = vm_status_kib(vm_keeper(NULL), "RssAnon");

    ck_assert_str_eq(same, "1000");
    ck_assert_str_eq(other, "1000");
    ck_assert_int_lt(vm_now_ms() - begun, vm_limit(30000));
    ck_assert_msg(keeper <= keeper_before + 8192, "the keeper grew from %d to %d KiB",
                  (int)keeper_before, (int)keeper);
}

static void teardown(void)
{
    check_neighbours();
    sbx_unref(neighbour);
    sbx_unref(box);
}

START_TEST(cut_at_its_limit)
{
    sbx_command *command = sbx_command_new_script(flood());
    sbx_result *result = NULL;
    sbx_error *error = NULL;
    size_t length = 0;

    ck_assert_int_eq(sbx_command_set_output_limit(command, LIMIT, NULL), SBX_OK);
    if (sbx_run(box, command, &result, &error) < 0)
        ck_abort_msg("sbx_run: %s", sbx_error_message(error));
    ck_assert_int_eq(sbx_result_cause(result), SBX_CAUSE_OUTPUT);
    ck_assert_int_eq(sbx_result_output_cut(result), 1);
    sbx_result_stdout(result, &length);
    ck_assert_uint_eq(length, LIMIT);
    sbx_result_free(result);
    sbx_command_unref(command);
}
END_TEST

/* sbx_sh() keeps what it reads: more than it takes, 1 GiB, is an error, and ends the command. */
START_TEST(too_much_for_a_result)
{
    sbx_result *result = NULL;
    sbx_error *error = NULL;
    int code = sbx_sh(box, "exec -a endless yes", &result, &error);

    vm_check_error(code, SBX_E_TOO_BIG, error, "sbx_sh");
    check_neighbours();
    g_free(vm_sh(box, "! pgrep -f '^endless'"));
}
END_TEST

static sbx_process *start(int mode)
{
    sbx_command *command = sbx_command_new_script(flood());
    sbx_process *process = NULL;

    ck_assert_int_eq(sbx_command_set_stdio(command, SBX_STDOUT, mode, NULL), SBX_OK);
    ck_assert_int_eq(sbx_spawn(box, command, &process, NULL), SBX_OK);
    sbx_command_unref(command);
    return process;
}

static void finish(sbx_process *process)
{
    ck_assert_int_eq(sbx_process_wait(process, vm_limit(60000), NULL), 1);
    ck_assert_int_eq(sbx_process_exit_code(process), 0);
    ck_assert_int_eq(sbx_process_cause(process), SBX_CAUSE_EXIT);
    ck_assert_int_eq(sbx_process_output_cut(process), 0);
    sbx_process_unref(process);
}

START_TEST(thrown_away)
{
    sbx_process *process = start(SBX_STDIO_NULL);

    check_neighbours();
    finish(process);
}
END_TEST

/* A reader that stops now and then; every byte comes all the same. */
START_TEST(read_slowly)
{
    guint64 total = (vm_full() ? UINT64_C(9537) : UINT64_C(286)) * VM_MIB;
    guint64 pause = total / 4;
    guint64 done = 0;
    sbx_process *process = start(SBX_STDIO_PIPE);
    g_autofree char *buffer = g_malloc(VM_MIB);
    ssize_t n;

    /* Nobody reads yet. */
    check_neighbours();
    ck_assert_int_eq(sbx_process_wait(process, 0, NULL), 0);
    while ((n = read(sbx_process_fd(process, SBX_STDOUT), buffer, VM_MIB)) > 0) {
        ck_assert(buffer[0] == 0 && memcmp(buffer, buffer + 1, (size_t)n - 1) == 0);
        if (done / pause != (done + (guint64)n) / pause)
            check_neighbours();
        done += (guint64)n;
    }
    ck_assert_uint_eq(done, total);
    finish(process);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vm-flood");
    TCase *cases = tcase_create("flood");

    tcase_set_timeout(cases, vm_limit(vm_full() ? 1800000 : 300000) / 1000);
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, cut_at_its_limit);
    if (vm_full())
        tcase_add_test(cases, too_much_for_a_result);
    tcase_add_test(cases, thrown_away);
    tcase_add_test(cases, read_slowly);
    suite_add_tcase(suite, cases);
    return vm_main("vm-flood", suite);
}
