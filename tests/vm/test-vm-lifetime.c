/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When sandboxes go: with the last handle, with their owner, with their deadline, with their VM,
 * with their keeper; and what others see of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vm-env.h"

/* A process that creates a sandbox, tells its id, and waits to be ended. */
typedef struct {
    pid_t pid;
    char id[32];
} Owner;

static void be_owner(int out, gint64 timeout_ms)
{
    sbx_options *options = vm_options(256 * VM_MIB);
    sbx *sandbox = NULL;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sbx_options_set_timeout(options, timeout_ms, NULL);
    if (sbx_create(options, &sandbox, NULL) < 0)
        _exit(1);
    (void)!write(out, sbx_id(sandbox), strlen(sbx_id(sandbox)));
    close(out);
    for (;;)
        pause();
}

static Owner start_owner(gint64 timeout_ms)
{
    Owner owner = {0};
    int ends[2];
    size_t length = 0;
    ssize_t n;

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    owner.pid = fork();
    if (owner.pid == 0) {
        close(ends[0]);
        be_owner(ends[1], timeout_ms);
    }
    close(ends[1]);
    while ((n = read(ends[0], owner.id + length, sizeof owner.id - 1 - length)) > 0)
        length += (size_t)n;
    close(ends[0]);
    ck_assert_msg(length == 28, "the owner made no sandbox");
    return owner;
}

static void end_owner(Owner *owner)
{
    kill(owner->pid, SIGKILL);
    waitpid(owner->pid, NULL, 0);
}

static void expect_unknown(const char *id)
{
    sbx *sandbox = NULL;
    sbx_error *error = NULL;
    int code = sbx_connect(id, NULL, &sandbox, &error);

    vm_check_error(code, SBX_E_NOT_FOUND, error, "sbx_connect");
}

START_TEST(goes_with_the_last_handle)
{
    sbx *sandbox = vm_create();
    g_autofree char *id = g_strdup(sbx_id(sandbox));
    pid_t qemu = vm_qemu(id);
    int pidfd = vm_pidfd(qemu);
    struct pollfd gone = {.fd = pidfd, .events = POLLIN};
    gint64 start;

    ck_assert_ptr_eq(sbx_ref(sandbox), sandbox);
    ck_assert_ptr_null(sbx_unref(sandbox));
    g_free(vm_sh(sandbox, "true"));
    start = vm_now_ms();
    sbx_unref(sandbox);
    ck_assert_int_lt(vm_now_ms() - start, vm_limit(20));
    ck_assert_int_eq(poll(&gone, 1, vm_limit(1000)), 1);
    close(pidfd);
}
END_TEST

START_TEST(a_second_handle_owns_nothing)
{
    sbx *sandbox = vm_create();
    sbx *second = NULL;

    ck_assert_int_eq(sbx_connect(sbx_id(sandbox), NULL, &second, NULL), SBX_OK);
    g_free(vm_sh(second, "true"));
    sbx_unref(second);
    g_free(vm_sh(sandbox, "true"));
    ck_assert_int_eq(sbx_connect(sbx_id(sandbox), NULL, &second, NULL), SBX_OK);
    ck_assert_int_eq(sbx_kill(second, NULL), SBX_OK);
    vm_expect_gone(sandbox, "killed");
    vm_expect_gone(second, "killed");
    ck_assert_int_eq(sbx_kill(sandbox, NULL), SBX_OK);
    expect_unknown(sbx_id(sandbox));
    sbx_unref(second);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(kill_returns_when_the_vm_is_gone)
{
    sbx *sandbox = vm_create();
    pid_t qemu = vm_qemu(sbx_id(sandbox));
    gint64 start = vm_now_ms();

    ck_assert_int_eq(sbx_kill(sandbox, NULL), SBX_OK);
    printf("  sbx_kill took %d ms\n", (int)(vm_now_ms() - start));
    ck_assert_int_lt(vm_now_ms() - start, vm_limit(1000));
    ck_assert_msg(kill(qemu, 0) < 0 && errno == ESRCH, "the VM is still there");
    sbx_unref(sandbox);
}
END_TEST

START_TEST(goes_when_its_owner_is_killed)
{
    Owner owner = start_owner(SBX_TIMEOUT_SESSION);
    pid_t qemu = vm_qemu(owner.id);
    gint64 start = vm_now_ms();

    end_owner(&owner);
    ck_assert_msg(vm_wait_gone(qemu, 1000), "the VM outlives its owner by more than a second");
    printf("  owner killed: VM gone after %d ms\n", (int)(vm_now_ms() - start));
    expect_unknown(owner.id);
}
END_TEST

START_TEST(goes_although_a_child_of_its_owner_lives)
{
    int ends[2];
    int alive[2]; /* the child's end of it shows that it lives */
    int hold[2];  /* our end of it keeps the child alive */
    pid_t owner;
    pid_t qemu;
    char id[32] = "";
    struct pollfd child = {.events = POLLIN};

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(alive, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(hold, O_CLOEXEC), 0);
    owner = fork();
    if (owner == 0) {
        sbx *sandbox = vm_create();

        close(hold[1]);

        /* It holds every descriptor, the lease among them, and ends when this test lets go. */
        if (fork() == 0) {
            struct pollfd test = {.fd = hold[0], .events = POLLIN};

            poll(&test, 1, -1);
            _exit(0);
        }
        (void)!write(ends[1], sbx_id(sandbox), 28);
        for (;;)
            pause();
    }
    close(alive[1]);
    ck_assert_int_eq((int)read(ends[0], id, sizeof id - 1), 28);
    qemu = vm_qemu(id);
    kill(owner, SIGKILL);
    waitpid(owner, NULL, 0);
    ck_assert_msg(vm_wait_gone(qemu, 1000), "a forked child keeps the sandbox alive");
    child.fd = alive[0];
    ck_assert_int_eq(poll(&child, 1, 0), 0);
    close(hold[1]);
    ck_assert_int_eq(poll(&child, 1, vm_limit(5000)), 1);
    close(hold[0]);
    close(ends[0]);
    close(ends[1]);
    close(alive[0]);
}
END_TEST

START_TEST(goes_when_its_creator_goes_while_it_boots)
{
    sbx_list *list = NULL;
    int starting = 0;
    pid_t creator = fork();

    if (creator == 0) {
        sbx *sandbox = vm_boot();

        sbx_unref(sandbox);
        _exit(0);
    }
    /* Until the keeper knows of it. Each round is an exchange with the keeper, not a wait. */
    while (!starting) {
        ck_assert_int_eq(sbx_list_get(&list, NULL), SBX_OK);
        for (size_t i = 0; i < sbx_list_length(list); i++)
            starting += sbx_list_status(list, i) == SBX_STATUS_STARTING;
        sbx_list_free(list);
    }
    kill(creator, SIGKILL);
    waitpid(creator, NULL, 0);
    /* A session sandbox of ours is made after that one was dropped, so its start has ended too. */
    sbx_unref(vm_create());
    ck_assert_int_eq(sbx_list_get(&list, NULL), SBX_OK);
    for (size_t i = 0; i < sbx_list_length(list); i++)
        ck_assert_int_ne(sbx_list_status(list, i), SBX_STATUS_STARTING);
    sbx_list_free(list);
}
END_TEST

START_TEST(a_forked_child_has_no_say)
{
    sbx *sandbox = vm_create();
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        sbx_result *result = NULL;
        int ok = sbx_sh(sandbox, "true", &result, NULL) == SBX_E_FORKED &&
                 sbx_kill(sandbox, NULL) == SBX_E_FORKED;

        sbx_unref(sandbox);
        _exit(ok ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    g_free(vm_sh(sandbox, "true"));
    sbx_unref(sandbox);
}
END_TEST

START_TEST(outlives_its_creator_until_its_deadline)
{
    const int lifetime = 6000;
    Owner owner = start_owner(lifetime);
    gint64 start = vm_now_ms();
    sbx *sandbox = NULL;
    sbx_list *list = NULL;
    pid_t qemu = vm_qemu(owner.id);
    struct pollfd gone = {.fd = vm_pidfd(qemu), .events = POLLIN};
    int took;

    end_owner(&owner);
    ck_assert_int_eq(sbx_connect(owner.id, NULL, &sandbox, NULL), SBX_OK);
    g_free(vm_sh(sandbox, "true"));
    ck_assert_int_eq(sbx_list_get(&list, NULL), SBX_OK);
    for (size_t i = 0; i < sbx_list_length(list); i++)
        if (strcmp(sbx_list_id(list, i), owner.id) == 0)
            ck_assert_int_ge(sbx_list_deadline(list, i), g_get_real_time() / 1000);
    sbx_list_free(list);
    ck_assert_int_eq(poll(&gone, 1, lifetime + vm_limit(1000)), 1);
    took = (int)(vm_now_ms() - start);
    ck_assert_msg(took > lifetime - 1000, "it was destroyed after %d ms", took);
    vm_expect_gone(sandbox, "its time is over");
    close(gone.fd);
    sbx_unref(sandbox);
}
END_TEST

/* A command waits in one thread of control while the VM dies by another's hand. */
START_TEST(its_vm_is_killed)
{
    sbx *sandbox = vm_boot();
    sbx_command *command = sbx_command_new("cat");
    sbx_process *process = NULL;
    sbx_error *error = NULL;
    gint64 start;
    int code;

    ck_assert_int_eq(sbx_command_set_stdio(command, SBX_STDIN, SBX_STDIO_PIPE, NULL), SBX_OK);
    ck_assert_int_eq(sbx_spawn(sandbox, command, &process, NULL), SBX_OK);
    start = vm_now_ms();
    ck_assert_int_eq(kill(vm_qemu(sbx_id(sandbox)), SIGKILL), 0);
    code = sbx_process_wait(process, vm_limit(5000), &error);
    printf("  VM killed: noticed after %d ms\n", (int)(vm_now_ms() - start));
    ck_assert_int_lt(vm_now_ms() - start, vm_limit(1000));
    ck_assert_msg(strstr(sbx_error_message(error), "virtual machine died") != NULL, "\"%s\"",
                  sbx_error_message(error));
    vm_check_error(code, SBX_E_GONE, error, "sbx_process_wait");
    start = vm_now_ms();
    vm_expect_gone(sandbox, "virtual machine died");
    ck_assert_int_lt(vm_now_ms() - start, vm_limit(200));
    ck_assert_int_eq(sbx_kill(sandbox, NULL), SBX_OK);
    sbx_process_unref(process);
    sbx_command_unref(command);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(a_stopped_vm_can_be_killed)
{
    sbx *sandbox = vm_create();
    gint64 start;

    ck_assert_int_eq(kill(vm_qemu(sbx_id(sandbox)), SIGSTOP), 0);
    start = vm_now_ms();
    ck_assert_int_eq(sbx_kill(sandbox, NULL), SBX_OK);
    ck_assert_int_lt(vm_now_ms() - start, vm_limit(1000));
    sbx_unref(sandbox);
}
END_TEST

START_TEST(the_shared_one_is_unharmed)
{
    sbx *sandbox = vm_shared();

    g_free(vm_sh(sandbox, "true"));
    sbx_unref(sandbox);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vm-lifetime");
    TCase *handles = tcase_create("handles");
    TCase *owners = tcase_create("owners");
    TCase *machines = tcase_create("machines");

    tcase_set_timeout(handles, vm_limit(120000) / 1000);
    tcase_add_test(handles, goes_with_the_last_handle);
    tcase_add_test(handles, a_second_handle_owns_nothing);
    tcase_add_test(handles, kill_returns_when_the_vm_is_gone);
    tcase_add_test(handles, a_forked_child_has_no_say);
    suite_add_tcase(suite, handles);
    tcase_set_timeout(owners, vm_limit(120000) / 1000);
    tcase_add_test(owners, goes_when_its_owner_is_killed);
    tcase_add_test(owners, goes_although_a_child_of_its_owner_lives);
    tcase_add_test(owners, goes_when_its_creator_goes_while_it_boots);
    tcase_add_test(owners, outlives_its_creator_until_its_deadline);
    suite_add_tcase(suite, owners);
    tcase_set_timeout(machines, vm_limit(120000) / 1000);
    tcase_add_test(machines, its_vm_is_killed);
    tcase_add_test(machines, a_stopped_vm_can_be_killed);
    tcase_add_test(machines, the_shared_one_is_unharmed);
    suite_add_tcase(suite, machines);
    vm_use_templates();
    return vm_main("vm-lifetime", suite);
}
