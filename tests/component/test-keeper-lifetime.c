/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lifetimes: when a sandbox ends, when the keeper does, and that nothing is left then, however
 * the end came.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/test-keeper.h"
#include "lib/test-main.h"
#include "lib/test-process.h"

#define VM_END_MS 10000 /* far more than it takes, for a busy machine */

/* The VM is gone in time. Takes the pidfd. */
static void assert_vm_ends(int vm)
{
    ck_assert_msg(test_ends_within(vm, VM_END_MS), "the VM still runs");
    close(vm);
}

/* Kills the keeper, or the guardian, and waits until the keeper has gone. */
static void kill_keeper(pid_t (*victim)(void))
{
    int keeper = test_pidfd(test_keeper_pid());

    ck_assert_int_eq(kill(victim(), SIGKILL), 0);
    ck_assert(test_ends_within(keeper, VM_END_MS));
    close(keeper);
}

static gboolean runs(int vm)
{
    return !test_ends_within(vm, 0);
}

/* A handle of a sandbox that others hold. */
static sbx *connect_to(const char *id)
{
    sbx_error *error = NULL;
    sbx *sandbox = NULL;

    test_ok(sbx_connect(id, NULL, &sandbox, &error), &error);
    return sandbox;
}

static void assert_not_found(const char *id)
{
    sbx_error *error = NULL;
    sbx *sandbox = NULL;

    test_failed(sbx_connect(id, NULL, &sandbox, &error), SBX_E_NOT_FOUND, &error, id);
    ck_assert_ptr_null(sandbox);
}

/* --- one sandbox --- */

START_TEST(create_run_kill_unref)
{
    sbx *sandbox = test_create(NULL);
    g_autofree char *text = test_sh(sandbox, "echo $((6 * 7))");
    sbx_error *error = NULL;
    int vm = test_vm_pidfd(sbx_id(sandbox));

    ck_assert_str_eq(text, "42\n");
    ck_assert(g_regex_match_simple("^sbx_[a-z]{3}_[0-9a-hjkmnp-z]{20}$", sbx_id(sandbox), 0, 0));
    ck_assert_ptr_eq(sbx_ref(sandbox), sandbox);
    ck_assert_ptr_null(sbx_unref(sandbox));
    ck_assert(runs(vm));
    test_ok(sbx_kill(sandbox, &error), &error);
    ck_assert_msg(!runs(vm), "kill returned before the VM was gone");
    close(vm);
    ck_assert_ptr_null(sbx_unref(sandbox));
    ck_assert_ptr_null(sbx_unref(NULL));
}
END_TEST

START_TEST(goes_with_its_last_reference)
{
    sbx *sandbox = test_create(NULL);
    g_autofree char *id = g_strdup(sbx_id(sandbox));
    int vm = test_vm_pidfd(id);

    sbx_ref(sandbox);
    sbx_unref(sandbox);
    g_free(test_sh(sandbox, "true"));
    ck_assert(runs(vm));
    sbx_unref(sandbox);
    assert_vm_ends(vm);
    assert_not_found(id);
}
END_TEST

START_TEST(a_connected_handle_owns_nothing)
{
    sbx *owner = test_create(NULL);
    sbx *other = connect_to(sbx_id(owner));
    int vm = test_vm_pidfd(sbx_id(owner));
    sbx_result *result = NULL;
    sbx_error *error = NULL;

    ck_assert_str_eq(sbx_id(other), sbx_id(owner));
    g_free(test_sh(other, "true"));
    sbx_unref(other);
    g_free(test_sh(owner, "true"));
    other = connect_to(sbx_id(owner));
    sbx_unref(owner);
    assert_vm_ends(vm);
    test_failed(sbx_sh(other, "true", &result, &error), SBX_E_GONE, &error, "handle was dropped");
    sbx_unref(other);
    /* And it can kill. */
    owner = test_create(NULL);
    vm = test_vm_pidfd(sbx_id(owner));
    other = connect_to(sbx_id(owner));
    error = NULL;
    test_ok(sbx_kill(other, &error), &error);
    ck_assert(!runs(vm));
    close(vm);
    sbx_unref(other);
    sbx_unref(owner);
}
END_TEST

START_TEST(ids_of_nothing)
{
    static const char *const bad[] = {"", "x", "sbx_loc_", "sbx_loc_0123456789abcdefghji",
                                      "sbx_LOC_0123456789abcdefghjk",
                                      "sbx_loc_0123456789abcdefghjkm",
                                      "sbx_loc-0123456789abcdefghjk"};
    static const char unknown[] = "sbx_loc_0123456789abcdefghjk";
    sbx *sandbox = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        sbx_error *error = NULL;

        test_failed(sbx_connect(bad[i], NULL, &sandbox, &error), SBX_E_INVALID, &error, bad[i]);
    }
    ck_assert_int_eq(sbx_connect(NULL, NULL, &sandbox, NULL), SBX_E_INVALID);
    ck_assert_int_eq(sbx_connect(unknown, NULL, NULL, NULL), SBX_E_INVALID);
    ck_assert_int_eq(sbx_connect(unknown, NULL, &sandbox, NULL), SBX_E_NOT_FOUND);
    /* Nor did looking for it start a keeper. */
    assert_not_found(unknown);
    ck_assert_uint_eq(test_keeper_count(), 0);
    sandbox = test_create(NULL);
    assert_not_found(unknown);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(a_timed_one_survives_its_handle)
{
    sbx_options *options = test_options();
    gint64 start = g_get_monotonic_time();
    g_autofree char *id = NULL;
    sbx_error *error = NULL;
    sbx_result *result = NULL;
    sbx *sandbox;
    int vm;

    ck_assert_int_eq(sbx_options_set_timeout(options, 1500, NULL), 0);
    sandbox = test_create(options);
    id = g_strdup(sbx_id(sandbox));
    vm = test_vm_pidfd(id);
    sbx_unref(sandbox);
    sandbox = connect_to(id);
    g_free(test_sh(sandbox, "true"));
    assert_vm_ends(vm);
    ck_assert_int_ge(g_get_monotonic_time() - start, 1500 * 1000);
    test_failed(sbx_sh(sandbox, "true", &result, &error), SBX_E_GONE, &error, "time is over");
    test_ok(sbx_kill(sandbox, &error), &error);
    assert_not_found(id);
    sbx_unref(sandbox);
    sbx_options_unref(options);
}
END_TEST

/* --- the program that created it --- */

typedef struct {
    pid_t pid;
    char id[32];
} Creator;

/* A process that creates a sandbox, says its id, forks when asked to, and stays. */
static Creator start_creator(const sbx_options *options, gboolean grandchild)
{
    Creator creator = {0};
    int ends[2];
    ssize_t n;

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    creator.pid = fork();
    ck_assert_int_ge(creator.pid, 0);
    if (creator.pid == 0) {
        sbx *sandbox = test_create(options);

        if (grandchild && fork() == 0) {
            /* Keeps what it inherited, until the test ends. */
            close(ends[1]);
            for (;;)
                pause();
        }
        (void)!write(ends[1], sbx_id(sandbox), strlen(sbx_id(sandbox)));
        for (;;)
            pause();
    }
    close(ends[1]);
    n = read(ends[0], creator.id, sizeof creator.id - 1);
    ck_assert_int_gt(n, 0);
    close(ends[0]);
    return creator;
}

static void kill_creator(Creator *creator)
{
    ck_assert_int_eq(kill(creator->pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(creator->pid, NULL, 0), creator->pid);
}

START_TEST(goes_with_a_crash_of_its_creator)
{
    sbx *other = test_create(NULL);
    Creator creator = start_creator(NULL, FALSE);
    int vm = test_vm_pidfd(creator.id);

    kill_creator(&creator);
    assert_vm_ends(vm);
    g_free(test_sh(other, "true"));
    sbx_unref(other);
}
END_TEST

START_TEST(even_when_a_forked_child_holds_the_lease)
{
    Creator creator = start_creator(NULL, TRUE);
    int vm = test_vm_pidfd(creator.id);
    g_autoptr(GArray) family = test_descendants(creator.pid);
    int grandchild;

    ck_assert_uint_eq(family->len, 2);
    grandchild = test_pidfd(g_array_index(family, pid_t, 1));
    kill_creator(&creator);
    assert_vm_ends(vm);
    ck_assert(runs(grandchild));
    test_pidfd_kill(grandchild, SIGKILL);
    close(grandchild);
}
END_TEST

START_TEST(a_timed_one_survives_a_crash)
{
    sbx_options *options = test_options();
    Creator creator;
    sbx_error *error = NULL;
    sbx *sandbox;
    int vm;

    ck_assert_int_eq(sbx_options_set_timeout(options, 600000, NULL), 0);
    creator = start_creator(options, FALSE);
    vm = test_vm_pidfd(creator.id);
    kill_creator(&creator);
    sandbox = connect_to(creator.id);
    g_free(test_sh(sandbox, "true"));
    test_ok(sbx_kill(sandbox, &error), &error);
    assert_vm_ends(vm);
    sbx_unref(sandbox);
    sbx_options_unref(options);
}
END_TEST

/* Its request is not answered yet. */
START_TEST(creator_dies_while_it_creates)
{
    sbx_error *error = NULL;
    sbx_list *list = NULL;
    sbx *first;
    pid_t child;
    int vm = -1;

    first = test_create(NULL);
    sbx_unref(first);
    test_keeper_close_gate();
    kill_keeper(test_keeper_pid);
    child = fork();
    if (child == 0) {
        test_create(NULL);
        _exit(1);
    }
    /* Until it is listed. Each answer is an event of the keeper's; nothing else tells us. */
    while (vm < 0) {
        test_ok(sbx_list_get(&list, &error), &error);
        if (sbx_list_length(list) == 1) {
            g_autoptr(GArray) found = test_processes_with(sbx_list_id(list, 0));

            ck_assert_int_eq(sbx_list_status(list, 0), SBX_STATUS_STARTING);
            if (found->len == 1)
                vm = test_pidfd(g_array_index(found, pid_t, 0));
        }
        sbx_list_free(list);
    }
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    assert_vm_ends(vm);
}
END_TEST

START_TEST(handles_do_not_cross_fork)
{
    sbx *sandbox = test_create(NULL);
    sbx_command *command = sbx_command_new("true");
    sbx_command *sleeper = sbx_command_new("sleep");
    sbx_process *process = NULL;
    sbx_error *error = NULL;
    int status;
    pid_t child;

    ck_assert_int_eq(sbx_command_add_arg(sleeper, "1000", NULL), 0);
    test_ok(sbx_spawn(sandbox, sleeper, &process, &error), &error);
    child = fork();
    if (child == 0) {
        sbx_result *result = NULL;
        sbx_process *other = NULL;

        test_failed(sbx_sh(sandbox, "true", &result, &error), SBX_E_FORKED, &error,
                    sbx_id(sandbox));
        test_failed(sbx_run(sandbox, command, &result, &error), SBX_E_FORKED, &error, "fork");
        test_failed(sbx_spawn(sandbox, command, &other, &error), SBX_E_FORKED, &error, "fork");
        test_failed(sbx_process_signal(process, SIGKILL, &error), SBX_E_FORKED, &error, "fork");
        test_failed(sbx_process_wait(process, 0, &error), SBX_E_FORKED, &error, "fork");
        ck_assert_int_eq(sbx_process_exit_code(process), -1);
        test_failed(sbx_kill(sandbox, &error), SBX_E_FORKED, &error, "fork");
        sbx_process_unref(process);
        sbx_unref(sandbox);
        /* What it makes itself works, and what it connects to. */
        sandbox = test_create(NULL);
        g_free(test_sh(sandbox, "true"));
        sbx_unref(sandbox);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    g_free(test_sh(sandbox, "true"));
    ck_assert_int_eq(sbx_process_wait(process, 0, NULL), 0);
    sbx_process_unref(process);
    sbx_command_unref(sleeper);
    sbx_command_unref(command);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(listing)
{
    sbx_options *options = test_options();
    gint64 start = g_get_real_time() / 1000;
    sbx_error *error = NULL;
    sbx_list *list = NULL;
    sbx *first;
    sbx *second;

    test_ok(sbx_list_get(&list, &error), &error);
    ck_assert_uint_eq(sbx_list_length(list), 0);
    sbx_list_free(list);
    ck_assert_uint_eq(test_keeper_count(), 0);
    first = test_create(NULL);
    ck_assert_int_eq(sbx_options_set_label(options, "k\xc3\xa9y", "v", NULL), 0);
    ck_assert_int_eq(sbx_options_set_vcpus(options, 3, NULL), 0);
    ck_assert_int_eq(sbx_options_set_timeout(options, 600000, NULL), 0);
    second = test_create(options);
    test_ok(sbx_list_get(&list, &error), &error);
    ck_assert_uint_eq(sbx_list_length(list), 2);
    ck_assert_str_eq(sbx_list_id(list, 0), sbx_id(first));
    ck_assert_str_eq(sbx_list_id(list, 1), sbx_id(second));
    ck_assert_int_eq(sbx_list_status(list, 0), SBX_STATUS_RUNNING);
    ck_assert(g_str_has_prefix(sbx_list_image(list, 0), "builtin:debian-13@20260102T030405Z-"));
    ck_assert_int_ge(sbx_list_created(list, 0), start);
    ck_assert_int_eq(sbx_list_deadline(list, 0), 0);
    ck_assert_int_ge(sbx_list_deadline(list, 1), sbx_list_created(list, 1) + 600000);
    ck_assert_uint_eq(sbx_list_memory(list, 0), SBX_MEMORY_MIN);
    ck_assert_int_eq(sbx_list_vcpus(list, 1), 3);
    ck_assert_ptr_null(sbx_list_label_key(list, 0, 0));
    ck_assert_str_eq(sbx_list_label_key(list, 1, 0), "k\xc3\xa9y");
    ck_assert_str_eq(sbx_list_label_value(list, 1, 0), "v");
    ck_assert_ptr_null(sbx_list_label_key(list, 1, 1));
    ck_assert_ptr_null(sbx_list_id(list, 2));
    ck_assert_int_eq(sbx_list_status(list, 2), -1);
    ck_assert_int_eq(sbx_list_vcpus(list, 2), -1);
    sbx_list_free(list);
    ck_assert_int_eq(sbx_kill(second, NULL), 0);
    test_ok(sbx_list_get(&list, &error), &error);
    ck_assert_uint_eq(sbx_list_length(list), 1);
    sbx_list_free(list);
    sbx_unref(first);
    sbx_unref(second);
    sbx_options_unref(options);
}
END_TEST

/* --- the keeper --- */

/* Kills something of the keeper while sandboxes run: nothing is left, and the next create works. */
static void crash(pid_t (*victim)(void), int sandboxes, int within_ms)
{
    g_autoptr(GPtrArray) boxes = g_ptr_array_new();
    g_autofree char *left = NULL;
    sbx_error *error = NULL;
    sbx_result *result = NULL;
    GArray *family;
    pid_t pid;
    int code;

    for (int i = 0; i < sandboxes; i++)
        g_ptr_array_add(boxes, test_create(NULL));
    family = test_keeper_family();
    /* guardian, init, keeper, and per sandbox a VM with an agent */
    ck_assert_uint_eq(family->len, 3 + 2 * (guint)sandboxes);
    pid = victim();
    ck_assert_int_gt(pid, 1);
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    ck_assert_msg(test_family_ends_within(family, within_ms), "processes are left");
    if (victim != test_guardian_pid) {
        left = test_runtime_leftovers();
        ck_assert_msg(left == NULL, "left in the runtime directory: %s", left);
    }
    code = sbx_sh(boxes->pdata[0], "true", &result, &error);
    ck_assert_msg(code == SBX_E_GONE || code == SBX_E_KEEPER, "%s", sbx_error_code_name(code));
    ck_assert_ptr_nonnull(error);
    sbx_error_free(error);
    error = NULL;
    code = sbx_kill(boxes->pdata[0], &error);
    ck_assert_msg(code == SBX_OK, "kill after the end: %s", sbx_error_code_name(code));
    g_ptr_array_add(boxes, test_create(NULL));
    g_free(test_sh(boxes->pdata[sandboxes], "true"));
    /* Old handles do not reach new sandboxes. */
    code = sbx_sh(boxes->pdata[0], "true", &result, NULL);
    ck_assert_msg(code == SBX_E_GONE, "%s", sbx_error_code_name(code));
    for (guint i = 0; i < boxes->len; i++)
        sbx_unref(boxes->pdata[i]);
}

START_TEST(keeper_is_killed_with_twenty_sandboxes)
{
    crash(test_keeper_pid, 20, 1000);
}
END_TEST

START_TEST(guardian_is_killed)
{
    crash(test_guardian_pid, 3, 1000);
}
END_TEST

START_TEST(init_is_killed)
{
    crash(test_init_pid, 3, 1000);
}
END_TEST

START_TEST(twenty_programs_start_it_at_once)
{
    pid_t children[20];
    GArray *family;
    int gate[2];
    int done[2];
    char byte;

    ck_assert_int_eq(pipe2(gate, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(done, O_CLOEXEC), 0);
    for (gsize i = 0; i < G_N_ELEMENTS(children); i++) {
        children[i] = fork();
        if (children[i] == 0) {
            sbx *sandbox;

            close(gate[1]);
            (void)!read(gate[0], &byte, 1);
            sandbox = test_create(NULL);
            g_free(test_sh(sandbox, "true"));
            (void)!write(done[1], "d", 1);
            for (;;)
                pause();
        }
    }
    close(done[1]);
    close(gate[1]);
    for (gsize i = 0; i < G_N_ELEMENTS(children); i++)
        ck_assert_msg(read(done[0], &byte, 1) == 1, "not everybody got a sandbox");
    ck_assert_uint_eq(test_keeper_count(), 1);
    family = test_keeper_family();
    ck_assert_uint_eq(family->len, 3 + 2 * 20);
    for (gsize i = 0; i < G_N_ELEMENTS(children); i++) {
        kill(children[i], SIGKILL);
        waitpid(children[i], NULL, 0);
    }
    for (guint i = 0; i < family->len; i++)
        close(g_array_index(family, int, i));
    g_array_unref(family);
}
END_TEST

/* A program that uses a sandbox and ends. */
static void use_and_end(void)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        sbx *sandbox = test_create(NULL);

        g_free(test_sh(sandbox, "true"));
        if (sbx_kill(sandbox, NULL) < 0)
            _exit(1);
        sbx_unref(sandbox);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}

START_TEST(ends_when_idle)
{
    g_autofree char *left = NULL;
    GArray *family;

    g_setenv("LIBSANDBOX_IDLE_SECONDS", "1", TRUE);
    use_and_end();
    family = test_keeper_family();
    ck_assert_uint_eq(family->len, 3);
    ck_assert(test_family_ends_within(family, 10000));
    left = test_runtime_leftovers();
    ck_assert_msg(left == NULL, "left in the runtime directory: %s", left);
}
END_TEST

/* The idle exit while somebody comes: whatever the moment, they get a sandbox. */
START_TEST(idle_exit_and_a_create_race)
{
    g_setenv("LIBSANDBOX_IDLE_SECONDS", "1", TRUE);
    for (int i = 0; i < 8; i++) {
        use_and_end();
        /* Around the second at which it goes. On a busy machine it has gone. */
        test_family_ends_within(test_keeper_family(), 985 + 5 * i);
    }
    use_and_end();
}
END_TEST

/* At every moment of an end: it is on its way out, and its socket still has a name. */
START_TEST(create_right_after_a_kill)
{
    for (int i = 0; i < 10; i++) {
        sbx *sandbox = test_create(NULL);

        kill_keeper(i % 2 == 0 ? test_keeper_pid : test_guardian_pid);
        sbx_unref(sandbox);
    }
    use_and_end();
}
END_TEST

START_TEST(stopping_it)
{
    sbx *sandbox = test_create(NULL);
    sbx_error *error = NULL;
    GArray *family;
    int vm = test_vm_pidfd(sbx_id(sandbox));

    test_failed(sbx_keeper_stop(0, &error), SBX_E_BUSY, &error, "1 sandbox");
    ck_assert(runs(vm));
    family = test_keeper_family();
    error = NULL;
    ck_assert_int_eq(test_ok(sbx_keeper_stop(1, &error), &error), 1);
    /* All but the last steps of the exit, which nobody can wait for but by pidfd. */
    ck_assert_msg(test_family_ends_within(family, 500), "it returned before the keeper was gone");
    close(vm);
    ck_assert_int_eq(test_ok(sbx_keeper_stop(0, &error), &error), 0);
    sbx_unref(sandbox);
    use_and_end();
    ck_assert_int_eq(test_ok(sbx_keeper_stop(0, &error), &error), 1);
}
END_TEST

/* --- the runtime directory --- */

static void create_is_denied(void)
{
    sbx_error *error = NULL;
    sbx_options *options = test_options();
    sbx *sandbox = NULL;
    int code = sbx_create(options, &sandbox, &error);

    ck_assert_msg(code == SBX_E_DENIED || code == SBX_E_SYSTEM, "%s", sbx_error_code_name(code));
    ck_assert_ptr_nonnull(error);
    ck_assert_int_eq(sbx_error_code(error), code);
    ck_assert_ptr_nonnull(sbx_error_hint(error));
    ck_assert_ptr_nonnull(strstr(sbx_error_message(error), "runtime directory"));
    ck_assert_ptr_null(sandbox);
    sbx_error_free(error);
    sbx_options_unref(options);
    ck_assert_uint_eq(test_keeper_count(), 0);
}

START_TEST(runtime_dir_is_a_symlink)
{
    g_autofree char *target = g_build_filename(test_keeper.top, "target", NULL);

    ck_assert_int_eq(mkdir(target, 0700), 0);
    ck_assert_int_eq(symlink(target, test_keeper.runtime), 0);
    create_is_denied();
    ck_assert_int_eq(unlink(test_keeper.runtime), 0);
}
END_TEST

START_TEST(runtime_dir_is_open_to_others)
{
    ck_assert_int_eq(mkdir(test_keeper.runtime, 0700), 0);
    ck_assert_int_eq(chmod(test_keeper.runtime, 0777), 0);
    if (geteuid() != 0)
        create_is_denied();
    else if (chown(test_keeper.runtime, 12345, 12345) == 0)
        create_is_denied();
}
END_TEST

START_TEST(runtime_dir_cannot_be_made)
{
    if (geteuid() == 0) {
        g_setenv("LIBSANDBOX_RUNTIME_DIR", "/proc/libsandbox", TRUE);
        create_is_denied();
    } else {
        ck_assert_int_eq(chmod(test_keeper.top, 0555), 0);
        create_is_denied();
        ck_assert_int_eq(chmod(test_keeper.top, 0755), 0);
        g_setenv("LIBSANDBOX_RUNTIME_DIR", "/root/libsandbox", TRUE);
        create_is_denied();
    }
    g_setenv("LIBSANDBOX_RUNTIME_DIR", test_keeper.runtime, TRUE);
}
END_TEST

/* Longer than the 108 bytes of a socket's address. */
START_TEST(runtime_dir_has_a_long_name)
{
    g_autofree char *part = g_strnfill(90, 'd');
    g_autofree char *longer = g_build_filename(test_keeper.top, part, part, "run", NULL);
    g_autofree char *option = g_strdup_printf("--runtime-dir=%s", longer);
    g_autoptr(GArray) found = NULL;
    int pidfds[2];
    sbx *sandbox;

    ck_assert_uint_ge(strlen(longer), 200);
    g_setenv("LIBSANDBOX_RUNTIME_DIR", longer, TRUE);
    sandbox = test_create(NULL);
    g_free(test_sh(sandbox, "true"));
    found = test_processes_with(option);
    ck_assert_uint_eq(found->len, 2); /* guardian and init */
    pidfds[0] = test_pidfd(g_array_index(found, pid_t, 0));
    pidfds[1] = test_pidfd(g_array_index(found, pid_t, 1));
    test_pidfd_kill(pidfds[0], SIGTERM);
    for (int i = 0; i < 2; i++) {
        ck_assert(test_ends_within(pidfds[i], 10000));
        close(pidfds[i]);
    }
    sbx_unref(sandbox);
    g_setenv("LIBSANDBOX_RUNTIME_DIR", test_keeper.runtime, TRUE);
}
END_TEST

/* --- leaks --- */

static void cycles(int count)
{
    for (int i = 0; i < count; i++) {
        sbx *sandbox = test_create(NULL);
        sbx_error *error = NULL;

        g_free(test_sh(sandbox, "echo hello"));
        if (i % 2 == 0)
            test_ok(sbx_kill(sandbox, &error), &error);
        sbx_unref(sandbox);
    }
}

/* After this, all that was dropped before has been dealt with: a kill waits for its VM alone,
 * so the others' pidfds are waited for. */
static void settle(void)
{
    g_autoptr(GArray) family = test_descendants(test_keeper_pid());

    for (guint i = 1; i < family->len; i++) {
        pid_t pid = g_array_index(family, pid_t, i);
        g_autofree char *name = test_process_name(pid);

        if (g_strcmp0(name, "fake-vm") == 0) {
            int fd = test_pidfd(pid);

            ck_assert(test_ends_within(fd, VM_END_MS));
            close(fd);
        }
    }
    cycles(1);
}

START_TEST(two_hundred_cycles_leave_nothing)
{
    pid_t keeper;
    guint fds[2];
    guint threads;
    gsize kib[2];

    cycles(40);
    settle();
    keeper = test_keeper_pid();
    fds[0] = test_count_fds(keeper);
    fds[1] = test_count_fds(getpid());
    threads = test_count_threads(getpid());
    kib[0] = test_anonymous_kib(keeper);
    kib[1] = test_anonymous_kib(getpid());
    cycles(200);
    settle();
    ck_assert_uint_le(test_count_fds(keeper), fds[0] + 3);
    ck_assert_uint_le(test_count_fds(getpid()), fds[1]);
    ck_assert_uint_eq(test_count_threads(getpid()), threads);
    /* Workers of the pool that wait for the next job; GLib keeps a few for a while. */
    ck_assert_uint_le(test_count_threads(keeper), 12);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    /* 200 cycles that leak as little as 8 KiB each would show. (Sanitizers keep freed memory, and
     * have their own way to tell.) */
    ck_assert_uint_le(test_anonymous_kib(keeper), kib[0] + 1600);
    ck_assert_uint_le(test_anonymous_kib(getpid()), kib[1] + 1600);
#else
    (void)kib;
#endif
}
END_TEST

static Suite *lifetime_suite(void)
{
    Suite *suite = suite_create("keeper-lifetime");
    TCase *sandbox = tcase_create("sandbox");
    TCase *keeper = tcase_create("keeper");
    TCase *directory = tcase_create("runtime-dir");
    TCase *leaks = tcase_create("leaks");
    TCase *all[] = {sandbox, keeper, directory, leaks};

    for (gsize i = 0; i < G_N_ELEMENTS(all); i++) {
        tcase_set_timeout(all[i], 240);
        tcase_add_checked_fixture(all[i], test_keeper_setup, test_keeper_teardown);
        suite_add_tcase(suite, all[i]);
    }
    tcase_add_test(sandbox, create_run_kill_unref);
    tcase_add_test(sandbox, goes_with_its_last_reference);
    tcase_add_test(sandbox, a_connected_handle_owns_nothing);
    tcase_add_test(sandbox, ids_of_nothing);
    tcase_add_test(sandbox, a_timed_one_survives_its_handle);
    tcase_add_test(sandbox, goes_with_a_crash_of_its_creator);
    tcase_add_test(sandbox, even_when_a_forked_child_holds_the_lease);
    tcase_add_test(sandbox, a_timed_one_survives_a_crash);
    tcase_add_test(sandbox, creator_dies_while_it_creates);
    tcase_add_test(sandbox, handles_do_not_cross_fork);
    tcase_add_test(sandbox, listing);
    tcase_add_test(keeper, keeper_is_killed_with_twenty_sandboxes);
    tcase_add_test(keeper, guardian_is_killed);
    tcase_add_test(keeper, init_is_killed);
    tcase_add_test(keeper, twenty_programs_start_it_at_once);
    tcase_add_test(keeper, ends_when_idle);
    tcase_add_test(keeper, idle_exit_and_a_create_race);
    tcase_add_test(keeper, create_right_after_a_kill);
    tcase_add_test(keeper, stopping_it);
    tcase_add_test(directory, runtime_dir_is_a_symlink);
    tcase_add_test(directory, runtime_dir_is_open_to_others);
    tcase_add_test(directory, runtime_dir_cannot_be_made);
    tcase_add_test(directory, runtime_dir_has_a_long_name);
    tcase_add_test(leaks, two_hundred_cycles_leave_nothing);
    return suite;
}

int main(void)
{
    return test_keeper_main(lifetime_suite);
}
