/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pause, resume and fork. The shared sandbox works all the time, see vm-work.h; most tests fork it.
 * Forks are timed; SBX_TEST_FULL=1 makes 100 of them instead of 8.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vm-env.h"
#include "vm-work.h"

/* --- forks --- */

static void fork_with(sbx *parent, unsigned int count, const sbx_options *options, sbx **children)
{
    sbx_error *error = NULL;
    int code = sbx_fork(parent, count, options, children, &error);

    ck_assert_msg(code == SBX_OK, "sbx_fork: %s: %s", sbx_error_code_name(code),
                  error != NULL ? sbx_error_message(error) : "");
    for (unsigned int i = 0; i < count; i++)
        ck_assert_ptr_nonnull(children[i]);
}

/* Children have the default's minute to come up; a busy machine needs more. */
static sbx_options *fork_options(gint64 timeout_ms)
{
    sbx_options *options = sbx_options_new();

    ck_assert_int_eq(sbx_options_set_timeout(options, timeout_ms, NULL), SBX_OK);
    ck_assert_int_eq(sbx_options_set_start_timeout(options, vm_limit(180000), NULL), SBX_OK);
    return options;
}

static sbx *fork_one(sbx *parent, gint64 timeout_ms)
{
    sbx_options *options = fork_options(timeout_ms);
    sbx *child = NULL;

    fork_with(parent, 1, options, &child);
    sbx_options_unref(options);
    return child;
}

/* A sandbox that a test may do with as it likes. */
static sbx *a_copy(void)
{
    sbx *parent = vm_shared();
    sbx *child = fork_one(parent, SBX_TIMEOUT_SESSION);

    sbx_unref(parent);
    return child;
}

static void end_sandbox(sbx *sandbox)
{
    ck_assert_int_eq(sbx_kill(sandbox, NULL), SBX_OK);
    sbx_unref(sandbox);
}

static void expect_fork_fails(sbx *parent, unsigned int count, const sbx_options *options,
                              int wanted, const char *pattern)
{
    sbx *children[SBX_FORK_MAX + 1] = {NULL};
    sbx_error *error = NULL;
    int code = sbx_fork(parent, count, options, children, &error);

    ck_assert_msg(code < 0, "it was forked");
    for (size_t i = 0; i < G_N_ELEMENTS(children); i++)
        ck_assert_ptr_null(children[i]);
    ck_assert_msg(g_regex_match_simple(pattern, sbx_error_message(error), 0, 0),
                  "\"%s\" does not match %s", sbx_error_message(error), pattern);
    vm_check_error(code, wanted, error, "sbx_fork");
}

/* A fork in a thread of its own. */
typedef struct {
    sbx *parent;
    sbx *child;
    sbx_error *error;
    int code;
    pthread_t thread;
} Forking;

static void *fork_in_thread(void *data)
{
    Forking *self = data;

    self->code = sbx_fork(self->parent, 1, NULL, &self->child, &self->error);
    return NULL;
}

static void forking_start(Forking *self, sbx *parent)
{
    *self = (Forking){.parent = parent};
    ck_assert_int_eq(pthread_create(&self->thread, NULL, fork_in_thread, self), 0);
}

/* --- pause --- */

/* @call fails with an error in "error". */
#define EXPECT_ERROR(call, wanted, operation)                                                      \
    do {                                                                                           \
        sbx_error *error = NULL;                                                                   \
        int failed = call;                                                                         \
                                                                                                   \
        vm_check_error(failed, wanted, error, operation);                                          \
    } while (0)

/* User and system time of a process, in clock ticks. */
static guint64 cpu_ticks(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid);
    g_autofree char *text = NULL;
    unsigned long user;
    unsigned long system;

    ck_assert(g_file_get_contents(path, &text, NULL, NULL));
    ck_assert_int_eq(sscanf(strrchr(text, ')'), ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                            &user, &system),
                     2);
    return user + system;
}

static double uptime_of(sbx *sandbox)
{
    g_autofree char *text = vm_sh(sandbox, "cat /proc/uptime");

    return g_ascii_strtod(text, NULL);
}

static void check_clock(sbx *sandbox)
{
    g_autofree char *text = vm_sh(sandbox, "date +%s%3N");
    gint64 off = g_get_real_time() / 1000 - g_ascii_strtoll(text, NULL, 10);

    ck_assert_msg(ABS(off) < vm_limit(1500), "the guest's clock is %d ms behind", (int)off);
}

static int status_of(const char *id)
{
    sbx_list *list = NULL;
    int status = -1;

    ck_assert_int_eq(sbx_list_get(&list, NULL), SBX_OK);
    for (size_t i = 0; i < sbx_list_length(list); i++)
        if (strcmp(sbx_list_id(list, i), id) == 0)
            status = sbx_list_status(list, i);
    sbx_list_free(list);
    return status;
}

static void expect_paused(sbx *sandbox)
{
    sbx_result *result = NULL;
    sbx_error *error = NULL;
    int code = sbx_sh(sandbox, "true", &result, &error);

    ck_assert_ptr_null(result);
    ck_assert_msg(strstr(sbx_error_message(error), "is paused") != NULL, "\"%s\"",
                  sbx_error_message(error));
    vm_check_error(code, SBX_E_BUSY, error, "sbx_sh");
    ck_assert_int_eq(status_of(sbx_id(sandbox)), SBX_STATUS_PAUSED);
}

/* Time that passes is what is tested here, not an event. */
static void let_pass(int milliseconds)
{
    poll(NULL, 0, milliseconds);
}

START_TEST(stands_still_while_paused)
{
    sbx *sandbox = a_copy();
    pid_t qemu = vm_qemu(sbx_id(sandbox));
    VmTicker *watched = vm_ticker_start(sandbox);
    double up = uptime_of(sandbox);
    gint64 start = vm_now_ms();
    guint64 ticks;
    guint64 lines;

    ck_assert_int_eq(sbx_pause(sandbox, NULL), SBX_OK);
    ck_assert_int_eq(sbx_pause(sandbox, NULL), SBX_OK);
    expect_paused(sandbox);
    let_pass(500); /* for what was under way */
    lines = vm_ticker_lines(watched);
    ticks = cpu_ticks(qemu);
    let_pass(2500);
    ck_assert_uint_le(cpu_ticks(qemu) - ticks, 1);
    ck_assert_uint_eq(vm_ticker_lines(watched), lines);
    expect_paused(sandbox);
    ck_assert_int_eq(sbx_resume(sandbox, NULL), SBX_OK);
    check_clock(sandbox);
    ck_assert_int_eq(sbx_resume(sandbox, NULL), SBX_OK);
    ck_assert_int_eq(status_of(sbx_id(sandbox)), SBX_STATUS_RUNNING);
    ck_assert_msg(uptime_of(sandbox) - up < (double)(vm_now_ms() - start - 2500) / 1000,
                  "the guest's monotonic clock went on");
    g_free(vm_sh(sandbox, vm_ticker_goes_on));
    vm_work_check(sandbox);
    vm_ticker_end(watched, sandbox);
    end_sandbox(sandbox);
}
END_TEST

START_TEST(a_paused_one_ends_as_others_do)
{
    sbx *killed = a_copy();
    sbx *dropped = a_copy();
    pid_t vms[] = {vm_qemu(sbx_id(killed)), vm_qemu(sbx_id(dropped)), -1};
    sbx *parent = vm_shared();
    sbx *timed = fork_one(parent, 4000);

    vms[2] = vm_qemu(sbx_id(timed));
    ck_assert_int_eq(sbx_pause(timed, NULL), SBX_OK);
    ck_assert_int_eq(sbx_pause(killed, NULL), SBX_OK);
    ck_assert_int_eq(sbx_pause(dropped, NULL), SBX_OK);
    ck_assert_int_eq(sbx_kill(killed, NULL), SBX_OK);
    ck_assert_msg(vm_wait_gone(vms[0], 0), "the VM is still there");
    sbx_unref(dropped);
    ck_assert_msg(vm_wait_gone(vms[1], 1000), "a paused VM outlives its last handle");
    ck_assert_msg(vm_wait_gone(vms[2], 5000), "a paused VM outlives its deadline");
    vm_expect_gone(timed, "its time is over");
    EXPECT_ERROR(sbx_resume(timed, &error), SBX_E_GONE, "sbx_resume");
    EXPECT_ERROR(sbx_pause(killed, &error), SBX_E_GONE, "sbx_pause");
    sbx_unref(timed);
    sbx_unref(killed);
    sbx_unref(parent);
    vm_check_only_shared();
}
END_TEST

/* --- what goes on --- */

START_TEST(work_goes_on)
{
    sbx *parent = vm_shared();
    sbx_options *options = fork_options(SBX_TIMEOUT_SESSION);
    VmTicker *watched = vm_ticker_start(parent);
    guint64 before = vm_work_lines(parent, "w0");
    sbx *children[2] = {NULL};
    gint64 start;
    gint64 stall;

    vm_ticker_stall(watched);
    start = vm_now_ms();
    fork_with(parent, 2, options, children);
    stall = vm_ticker_stall(watched);
    printf("  2 children after %d ms, the parent stood still for %d ms\n",
           (int)(vm_now_ms() - start), (int)stall);
    for (int i = 0; i < 2; i++) {
        ck_assert_uint_ge(vm_work_lines(children[i], "w0"), before);
        g_free(vm_sh(children[i], vm_ticker_goes_on));
        vm_work_check(children[i]);
    }
    g_free(vm_sh(parent, vm_ticker_goes_on));
    vm_work_check(parent);
    vm_ticker_end(watched, parent);
    for (int i = 0; i < 2; i++)
        end_sandbox(children[i]);
    sbx_options_unref(options);
    sbx_unref(parent);
    vm_check_only_shared();
}
END_TEST

/* The clock of its scheduler, with which it marks messages, in seconds: it is set by nobody. */
static double kernel_clock_of(sbx *sandbox)
{
    g_autofree char *text =
        vm_sh(sandbox, "echo now | sudo tee /dev/kmsg >/dev/null; sudo dmesg | tail -n 1");

    ck_assert_msg(text[0] == '[' && g_str_has_suffix(text, "] now"), "\"%s\"", text);
    return g_ascii_strtod(text + 1, NULL);
}

START_TEST(its_clocks_go_on)
{
    sbx *parent = vm_shared();
    gint64 start = vm_now_ms();
    double kernel = kernel_clock_of(parent);
    double up = uptime_of(parent);
    sbx *child = fork_one(parent, SBX_TIMEOUT_SESSION);
    double kernel_later = kernel_clock_of(child);
    double up_later = uptime_of(child);
    double passed = (double)(vm_now_ms() - start) / 1000 + 1;

    ck_assert_msg(kernel_later > kernel && kernel_later < kernel + passed,
                  "the kernel's clock went from %f to %f", kernel, kernel_later);
    ck_assert_msg(up_later >= up && up_later < up + passed,
                  "the monotonic clock went from %f to %f", up, up_later);
    check_clock(child);
    end_sandbox(child);
    sbx_unref(parent);
    vm_check_only_shared();
}
END_TEST

/* What must differ: scripts that print one line. */
static const char *const identities[] = {
    "hostname",
    "cat /proc/sys/kernel/hostname",
    "cat /etc/machine-id",
    "od -An -tx1 -N16 /dev/urandom",
    "python3 -c 'import os; print(os.getrandom(16).hex())'",
    "cat /proc/sys/kernel/random/uuid",
};

START_TEST(each_is_its_own)
{
    sbx *all[4] = {vm_shared()};
    sbx_options *options = fork_options(SBX_TIMEOUT_SESSION);
    g_autofree char *boot_id = vm_sh(all[0], "cat /proc/sys/kernel/random/boot_id");
    g_autofree char *other_boot_id = NULL;

    fork_with(all[0], 3, options, all + 1);
    for (size_t k = 0; k < G_N_ELEMENTS(identities); k++) {
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

        for (int i = 0; i < 4; i++) {
            char *said = vm_sh(all[i], identities[k]);

            ck_assert_uint_ge(strlen(said), 8);
            ck_assert_msg(g_hash_table_add(seen, said), "`%s` says the same twice", identities[k]);
        }
    }
    for (int i = 0; i < 4; i++)
        check_clock(all[i]);
    other_boot_id = vm_sh(all[1], "cat /proc/sys/kernel/random/boot_id");
    printf("  the boot id is %s\n", strcmp(boot_id, other_boot_id) == 0 ? "shared" : "its own");
    for (int i = 1; i < 4; i++)
        end_sandbox(all[i]);
    sbx_options_unref(options);
    sbx_unref(all[0]);
}
END_TEST

START_TEST(its_environment_is_the_parents_and_more)
{
    sbx *parent = vm_shared();
    sbx_options *options = fork_options(SBX_TIMEOUT_SESSION);
    sbx *child = NULL;
    g_autofree char *before = vm_sh(parent, "printf %s \"$FROM_OPTIONS-$ADDED\"");
    g_autofree char *said = NULL;
    g_autofree char *in_parent = NULL;

    ck_assert_int_eq(sbx_options_set_env(options, "ADDED", "x y", NULL), SBX_OK);
    ck_assert_int_eq(sbx_options_set_label(options, "kind", "child", NULL), SBX_OK);
    fork_with(parent, 1, options, &child);
    said = vm_sh(child, "printf %s \"$FROM_OPTIONS-$ADDED\"");
    ck_assert_str_eq(said, "a b'c\n\xc3\xa9-x y");
    in_parent = vm_sh(parent, "printf %s \"$FROM_OPTIONS-$ADDED\"");
    ck_assert_str_eq(in_parent, before);
    sbx_unref(child);
    /* One of the parent's is overridden. */
    child = NULL;
    ck_assert_int_eq(sbx_options_set_env(options, "FROM_OPTIONS", "other", NULL), SBX_OK);
    fork_with(parent, 1, options, &child);
    g_free(said);
    said = vm_sh(child, "printf %s \"$FROM_OPTIONS\"");
    ck_assert_str_eq(said, "other");
    end_sandbox(child);
    sbx_options_unref(options);
    sbx_unref(parent);
}
END_TEST

/* --- kinds of forks --- */

START_TEST(four_at_once)
{
    sbx *parent = vm_shared();
    sbx_options *options = fork_options(SBX_TIMEOUT_SESSION);
    sbx *children[4] = {NULL};
    gint64 start = vm_now_ms();

    fork_with(parent, 4, options, children);
    printf("  4 children after %d ms\n", (int)(vm_now_ms() - start));
    ck_assert_uint_eq(vm_sandboxes_used(), 5);
    for (int i = 0; i < 4; i++) {
        g_autofree char *script = g_strdup_printf("test ! -e mine && echo %d >mine && sync", i);

        g_free(vm_sh(children[i], script));
    }
    for (int i = 0; i < 4; i++) {
        g_autofree char *said = vm_sh(children[i], "cat mine");

        ck_assert_int_eq(atoi(said), i);
        end_sandbox(children[i]);
    }
    g_free(vm_sh(parent, "test ! -e mine"));
    sbx_options_unref(options);
    sbx_unref(parent);
    vm_check_only_shared();
}
END_TEST

START_TEST(a_grandchild)
{
    sbx *child = a_copy();
    sbx *grandchild;

    g_free(vm_sh(child, "echo child >here"));
    grandchild = fork_one(child, SBX_TIMEOUT_SESSION);
    /* It needs nothing of those it comes from. */
    end_sandbox(child);
    g_free(vm_sh(grandchild, "test $(cat here) = child"));
    vm_work_check(grandchild);
    end_sandbox(grandchild);
    vm_check_only_shared();
}
END_TEST

START_TEST(of_a_paused_one)
{
    sbx *parent = a_copy();
    sbx *child;

    ck_assert_int_eq(sbx_pause(parent, NULL), SBX_OK);
    let_pass(2000); /* which the child's clock must not lack */
    child = fork_one(parent, SBX_TIMEOUT_SESSION);
    check_clock(child);
    vm_work_check(child);
    expect_paused(parent);
    ck_assert_int_eq(sbx_resume(parent, NULL), SBX_OK);
    check_clock(parent);
    vm_work_check(parent);
    end_sandbox(child);
    end_sandbox(parent);
}
END_TEST

START_TEST(what_cannot_be_asked_for)
{
    sbx *parent = vm_shared();
    sbx_options *options = vm_options(512 * VM_MIB);
    sbx *ended = a_copy();

    expect_fork_fails(parent, 0, NULL, SBX_E_INVALID, "out of range");
    expect_fork_fails(parent, SBX_FORK_MAX + 1, NULL, SBX_E_INVALID, "out of range");
    expect_fork_fails(parent, 1, options, SBX_E_INVALID, "memory of a fork");
    sbx_options_unref(options);
    options = sbx_options_new();
    ck_assert_int_eq(sbx_options_set_root(options, "none", NULL), SBX_OK);
    expect_fork_fails(parent, 1, options, SBX_E_INVALID, "not from the snapshot");
    ck_assert_int_eq(sbx_kill(ended, NULL), SBX_OK);
    expect_fork_fails(ended, 1, NULL, SBX_E_GONE, "killed|no sandbox");
    sbx_options_unref(options);
    sbx_unref(ended);
    sbx_unref(parent);
}
END_TEST

START_TEST(not_enough_time)
{
    sbx *parent = vm_shared();
    sbx_options *options = sbx_options_new();

    ck_assert_int_eq(sbx_options_set_start_timeout(options, 1, NULL), SBX_OK);
    expect_fork_fails(parent, 2, options, SBX_E_BOOT, "did not answer within 1 ms");
    /* What is left of them is gone before another sandbox is. */
    end_sandbox(a_copy());
    vm_work_check(parent);
    sbx_options_unref(options);
    sbx_unref(parent);
    vm_check_only_shared();
}
END_TEST

/* --- when children end --- */

START_TEST(with_a_timeout_they_outlive_their_handles)
{
    const int lifetime = 5000;
    sbx *parent = vm_shared();
    sbx *child = fork_one(parent, lifetime);
    g_autofree char *id = g_strdup(sbx_id(child));
    int pidfd = vm_pidfd(vm_qemu(id));
    struct pollfd gone = {.fd = pidfd, .events = POLLIN};

    sbx_unref(child);
    ck_assert_int_eq(sbx_connect(id, NULL, &child, NULL), SBX_OK);
    g_free(vm_sh(child, "true"));
    ck_assert_int_eq(poll(&gone, 1, lifetime + vm_limit(1000)), 1);
    vm_expect_gone(child, "its time is over");
    close(pidfd);
    sbx_unref(child);
    sbx_unref(parent);
}
END_TEST

/* In a process of its own: forks, tells the ids, and waits to be ended. */
static void be_owner(int out)
{
    sbx *parent;
    sbx *children[2] = {NULL};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    parent = vm_shared();
    if (sbx_fork(parent, 2, NULL, children, NULL) < 0)
        _exit(1);
    for (int i = 0; i < 2; i++)
        (void)!write(out, sbx_id(children[i]), 28);
    for (;;)
        pause();
}

START_TEST(session_children_end_with_their_process)
{
    int ends[2];
    char ids[2][29] = {{0}};
    pid_t vms[2];
    pid_t owner;

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    owner = fork();
    if (owner == 0)
        be_owner(ends[1]);
    close(ends[1]);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq((int)read(ends[0], ids[i], 28), 28);
        vms[i] = vm_qemu(ids[i]);
    }
    kill(owner, SIGKILL);
    waitpid(owner, NULL, 0);
    close(ends[0]);
    for (int i = 0; i < 2; i++)
        ck_assert_msg(vm_wait_gone(vms[i], 1000), "a child outlives its owner");
    /* A call after them is answered after they were noticed. */
    end_sandbox(a_copy());
    vm_check_only_shared();
}
END_TEST

START_TEST(each_ends_with_its_handle)
{
    sbx *parent = vm_shared();
    sbx_options *options = fork_options(SBX_TIMEOUT_SESSION);
    sbx *children[2] = {NULL};
    pid_t vm;

    fork_with(parent, 2, options, children);
    vm = vm_qemu(sbx_id(children[0]));
    sbx_unref(children[0]);
    ck_assert_msg(vm_wait_gone(vm, 1000), "a child outlives its handle");
    g_free(vm_sh(children[1], "true"));
    end_sandbox(children[1]);
    sbx_options_unref(options);
    sbx_unref(parent);
}
END_TEST

/* --- what goes wrong --- */

START_TEST(no_room)
{
    sbx *parent = vm_shared();
    sbx_options *options = fork_options(SBX_TIMEOUT_SESSION);
    sbx *children[2] = {NULL};

    ck_assert_int_eq(sbx_limits_set(SBX_LIMIT_SANDBOXES, 3, NULL), SBX_OK);
    expect_fork_fails(parent, 3, options, SBX_E_BUSY, "limit");
    vm_check_only_shared();
    fork_with(parent, 2, options, children);
    expect_fork_fails(parent, 1, options, SBX_E_BUSY, "limit");
    /* Room is given back. */
    end_sandbox(children[0]);
    children[0] = NULL;
    fork_with(parent, 1, options, children);
    ck_assert_int_eq(sbx_limits_set(SBX_LIMIT_SANDBOXES, 0, NULL), SBX_OK);
    end_sandbox(children[0]);
    end_sandbox(children[1]);
    vm_work_check(parent);
    sbx_options_unref(options);
    sbx_unref(parent);
    vm_check_only_shared();
}
END_TEST

START_TEST(one_thing_at_a_time)
{
    sbx *parent = vm_shared();
    VmWatch watch = vm_watch_begin();
    Forking forking;

    forking_start(&forking, parent);
    vm_watch_wait(&watch, VM_STAGE_BEGUN);
    expect_fork_fails(parent, 1, NULL, SBX_E_BUSY, "being paused, resumed or copied");
    EXPECT_ERROR(sbx_pause(parent, &error), SBX_E_BUSY, "sbx_pause");
    EXPECT_ERROR(sbx_snapshot(parent, "meanwhile", &error), SBX_E_BUSY, "sbx_snapshot");
    g_free(vm_sh(parent, "true"));
    pthread_join(forking.thread, NULL);
    ck_assert_int_eq(forking.code, SBX_OK);
    end_sandbox(forking.child);
    vm_watch_end(&watch);
    sbx_unref(parent);
    vm_check_only_shared();
}
END_TEST

typedef enum { BY_US, VM_OF_PARENT, VM_OF_LOADER } Victim;

static const struct {
    VmStage stage;
    Victim victim;
} accidents[] = {
    {VM_STAGE_LOADER, BY_US},     {VM_STAGE_STOPPED, VM_OF_PARENT}, {VM_STAGE_STOPPED, VM_OF_LOADER},
    {VM_STAGE_BEGUN, BY_US},      {VM_STAGE_STOPPED, BY_US},        {VM_STAGE_BEGUN, VM_OF_PARENT},
    {VM_STAGE_LOADER, VM_OF_PARENT},
};
#define ACCIDENTS_SMALL 3

/* The VM whose memory is a file of the capture. The parent may have come from another one. */
static pid_t loader_vm(const VmWatch *watch)
{
    g_autofree char *name = g_path_get_basename(watch->capture);
    g_autofree char *dir = g_build_filename("forks", name, NULL);
    GArray *pids = vm_processes(dir);
    pid_t pid = pids->len > 0 ? g_array_index(pids, pid_t, 0) : -1;

    g_array_unref(pids);
    ck_assert_int_gt(pid, 0);
    return pid;
}

/* The fork fails, or was through already; the sandbox ends, or goes on. */
START_TEST(a_vm_dies_meanwhile)
{
    Victim victim = accidents[_i].victim;
    sbx *parent;
    pid_t qemu;
    VmWatch watch;
    Forking forking;

    if (!vm_full() && _i >= ACCIDENTS_SMALL)
        return;
    parent = a_copy();
    qemu = vm_qemu(sbx_id(parent));
    /* Enough to copy that the moment is not missed. */
    g_free(vm_sh(parent, "head -c 50M /dev/urandom >more; sync"));
    watch = vm_watch_begin();
    forking_start(&forking, parent);
    vm_watch_wait(&watch, accidents[_i].stage);
    if (victim == BY_US)
        ck_assert_int_eq(sbx_kill(parent, NULL), SBX_OK);
    else
        kill(victim == VM_OF_PARENT ? qemu : loader_vm(&watch), SIGKILL);
    pthread_join(forking.thread, NULL);
    printf("  %s\n", forking.code < 0 ? sbx_error_message(forking.error) : "it was through");
    if (forking.code == SBX_OK)
        end_sandbox(forking.child);
    else
        ck_assert_int_eq(forking.code, (victim == VM_OF_LOADER ? SBX_E_BOOT : SBX_E_GONE));
    sbx_error_free(forking.error);
    if (victim == VM_OF_LOADER)
        vm_work_check(parent);
    else
        vm_expect_gone(parent, victim == BY_US ? "killed" : "virtual machine died");
    end_sandbox(parent);
    vm_watch_end(&watch);
    vm_check_only_shared();
}
END_TEST

/* --- again and again --- */

static int compare_times(const void *a, const void *b)
{
    return (int)(*(const gint64 *)a - *(const gint64 *)b);
}

static void print_times(const char *what, gint64 *times, int count)
{
    qsort(times, (size_t)count, sizeof *times, compare_times);
    printf("  %s of %d: min %d, median %d, max %d ms\n", what, count, (int)times[0],
           (int)times[count / 2], (int)times[count - 1]);
}

START_TEST(again_and_again)
{
    int count = 100;
    g_autofree gint64 *times = g_new0(gint64, count);
    g_autofree gint64 *stalls = g_new0(gint64, count);
    sbx *parent = vm_shared();
    VmTicker *watched = vm_ticker_start(parent);

    for (int i = 0; i < count; i++) {
        guint64 before = vm_work_lines(parent, "w0");
        gint64 start;
        sbx *child;

        vm_ticker_stall(watched);
        start = vm_now_ms();
        child = fork_one(parent, SBX_TIMEOUT_SESSION);
        times[i] = vm_now_ms() - start;
        stalls[i] = vm_ticker_stall(watched);
        g_free(vm_sh(child, vm_work_no_gaps));
        ck_assert_uint_ge(vm_work_lines(child, "w0"), before);
        end_sandbox(child);
    }
    g_free(vm_sh(parent, vm_ticker_goes_on));
    vm_work_check(parent);
    vm_ticker_end(watched, parent);
    sbx_unref(parent);
    print_times("forks", times, count);
    print_times("the parent's longest stalls", stalls, count);
    vm_check_only_shared();
}
END_TEST

static TCase *add_case(Suite *suite, const char *name, int seconds)
{
    TCase *tests = tcase_create(name);

    tcase_set_timeout(tests, vm_limit(seconds * 1000) / 1000);
    tcase_add_unchecked_fixture(tests, vm_work_start, NULL);
    suite_add_tcase(suite, tests);
    return tests;
}

int main(void)
{
    Suite *suite = suite_create("vm-fork");
    TCase *pause = add_case(suite, "pause", 120);
    TCase *content = add_case(suite, "content", 120);
    TCase *kinds = add_case(suite, "kinds", 120);
    TCase *lifetimes = add_case(suite, "lifetimes", 120);
    TCase *failures = add_case(suite, "failures", 120);
    TCase *many = add_case(suite, "many", 1200);
    TCase *clocks = tcase_create("clocks"); /* of an idle parent */

    tcase_set_timeout(clocks, vm_limit(120000) / 1000);
    tcase_add_test(clocks, its_clocks_go_on);
    suite_add_tcase(suite, clocks);
    tcase_add_test(pause, stands_still_while_paused);
    tcase_add_test(pause, a_paused_one_ends_as_others_do);
    tcase_add_test(content, work_goes_on);
    tcase_add_test(content, each_is_its_own);
    tcase_add_test(content, its_environment_is_the_parents_and_more);
    tcase_add_test(kinds, four_at_once);
    if (vm_full())
        tcase_add_test(kinds, a_grandchild);
    tcase_add_test(kinds, of_a_paused_one);
    tcase_add_test(kinds, what_cannot_be_asked_for);
    if (vm_full())
        tcase_add_test(kinds, not_enough_time);
    tcase_add_test(lifetimes, with_a_timeout_they_outlive_their_handles);
    tcase_add_test(lifetimes, session_children_end_with_their_process);
    tcase_add_test(lifetimes, each_ends_with_its_handle);
    tcase_add_test(failures, no_room);
    tcase_add_test(failures, one_thing_at_a_time);
    tcase_add_loop_test(failures, a_vm_dies_meanwhile, 0, G_N_ELEMENTS(accidents));
    if (vm_full())
        tcase_add_test(many, again_and_again);
    return vm_main("vm-fork", suite);
}
