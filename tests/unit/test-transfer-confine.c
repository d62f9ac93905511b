/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What sbx-transfer can still do when it has given up the rest, and what it cannot. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/test-main.h"
#include "transfer/confine.h"

enum { A_CALL_THAT_NO_KERNEL_HAS = 4000, UNCONFINED = 77 };

typedef bool (*Confine)(struct tar_failure *failure);

static bool as_writer(struct tar_failure *failure)
{
    int root = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return root >= 0 && confine_writer(NULL, root, failure);
}

static bool as_reader(struct tar_failure *failure)
{
    return confine_reader(NULL, -1, failure);
}

static const Confine roles[] = {as_writer, as_reader, confine_relay};

/* All that are refused must be: without the filter each of them does something, or says something
 * else than EPERM. */
static const struct {
    const char *name;
    long number;
    long args[4];
} refused[] = {
    {"execve", SYS_execve, {(long)"/bin/true", 0, 0, 0}},
    {"fork", SYS_fork, {0}},
    {"clone3", SYS_clone3, {0}},
    {"socket", SYS_socket, {AF_UNIX, SOCK_STREAM, 0, 0}},
    {"connect", SYS_connect, {-1, 0, 0, 0}},
    {"kill", SYS_kill, {0, 0, 0, 0}},
    {"tgkill", SYS_tgkill, {-1, -1, 0, 0}},
    {"ptrace", SYS_ptrace, {-1, 0, 0, 0}},
    {"process_vm_readv", SYS_process_vm_readv, {0}},
    {"prlimit64", SYS_prlimit64, {0, RLIMIT_CORE, 0, 0}},
    {"memfd_create", SYS_memfd_create, {(long)"x", 0, 0, 0}},
    {"mknodat", SYS_mknodat, {-1, (long)"x", 0, 0}},
    {"ioctl", SYS_ioctl, {-1, 0, 0, 0}},
    {"prctl", SYS_prctl, {15 /* PR_SET_NAME */, (long)"x", 0, 0}},
    {"io_uring_setup", SYS_io_uring_setup, {0}},
    {"open_by_handle_at", SYS_open_by_handle_at, {-1, 0, 0, 0}},
    {"setuid", SYS_setuid, {-1, 0, 0, 0}},
    {"one of tomorrow", A_CALL_THAT_NO_KERNEL_HAS, {0}},
    {"x32's read", 0x40000000, {-1, 0, 0, 0}},
};
enum { REFUSED = sizeof refused / sizeof *refused };

/* In a child: 0 when all are refused, else 1 + which is not. */
static int try_refused(void)
{
    for (int i = 0; i < REFUSED; i++) {
        const long *args = refused[i].args;
        long result = syscall(refused[i].number, args[0], args[1], args[2], args[3]);

        if (result == 0 && (refused[i].number == SYS_fork || refused[i].number == SYS_clone3))
            _exit(0); /* a child of it */
        if (result != -1 || errno != EPERM)
            return 1 + i;
    }
    return 0;
}

static int in_child(Confine confine, int (*run)(void))
{
    struct tar_failure failure = {0};
    int status = 0;
    pid_t pid = fork();

    if (pid == 0)
        _exit(confine != NULL && !confine(&failure) ? UNCONFINED : run());
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status), "it died: %x", (unsigned)status);
    return WEXITSTATUS(status);
}

START_TEST(forbidden_calls_are_refused)
{
    int which = in_child(roles[_i], try_refused);

    ck_assert_int_ne(which, UNCONFINED);
    ck_assert_msg(which == 0, "%s is not refused", which > 0 ? refused[which - 1].name : "");
}
END_TEST

/* Pipes, memory, time, and (but for the relay) files. */
static int use_the_rest(void)
{
    char byte = 0;
    char *much = malloc(8 << 20);
    struct timespec now;

    if (much == NULL || clock_gettime(CLOCK_MONOTONIC, &now) < 0)
        return 1;
    memset(much, 1, 8 << 20);
    free(much);
    return write(STDOUT_FILENO, &byte, 0) == 0 && fcntl(STDOUT_FILENO, F_GETFL) >= 0 ? 0 : 1;
}

static int make_a_file(void)
{
    int directory = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char name[64];
    int fd;

    snprintf(name, sizeof name, "sbx-confine-%d", (int)getpid());
    fd = openat(directory, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, "x", 1) != 1 || ftruncate(fd, 0) < 0 || futimens(fd, NULL) < 0)
        return 1;
    return unlinkat(directory, name, 0) == 0 ? 0 : 1;
}

START_TEST(the_rest_works)
{
    ck_assert_int_eq(in_child(roles[_i], use_the_rest), 0);
}
END_TEST

START_TEST(a_writer_writes)
{
    ck_assert_int_eq(in_child(as_writer, make_a_file), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transfer-confine");
    TCase *cases = tcase_create("confine");

    tcase_add_loop_test(cases, forbidden_calls_are_refused, 0, 3);
    tcase_add_loop_test(cases, the_rest_works, 0, 3);
    tcase_add_test(cases, a_writer_writes);
    suite_add_tcase(suite, cases);
    return test_run(suite);
}
