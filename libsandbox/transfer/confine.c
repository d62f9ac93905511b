/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the helper gives up: see confine.h.
 *
 * The list of system calls names what is allowed: what the tar code calls, and what C libraries
 * make of that and of memory. All others fail with EPERM, as if the helper had no right to them, and
 * do not kill it: a C library that tries a newer call first falls back to the one that it knows.
 */
#include "transfer/confine.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "message.h"

#define REFUSE (SECCOMP_RET_ERRNO | EPERM)
#define X32_CALLS 0x40000000u

/* Landlock's rights by version; older headers do not have them all. */
#define ACCESS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define ACCESS_REFER (UINT64_C(1) << 13)    /* version 2 */
#define ACCESS_TRUNCATE (UINT64_C(1) << 14) /* version 3 */
#define ACCESS_VERSION_1 ((UINT64_C(1) << 13) - 1)

static const unsigned allowed[] = {
    /* memory */
    SYS_brk,
    SYS_mmap,
    SYS_munmap,
    SYS_mremap,
    SYS_mprotect,
    SYS_madvise,
    /* bytes */
    SYS_read,
    SYS_readv,
    SYS_pread64,
    SYS_preadv,
    SYS_write,
    SYS_writev,
    SYS_pwrite64,
    SYS_pwritev,
    SYS_lseek,
    SYS_splice,
    SYS_sendto,
    SYS_sendfile,
    SYS_copy_file_range,
    SYS_poll,
    SYS_ppoll,
    SYS_fcntl,
    SYS_dup,
    SYS_dup2,
    SYS_dup3,
    SYS_close,
    SYS_close_range,
    SYS_fsync,
    SYS_fdatasync,
    SYS_fadvise64,
    SYS_fallocate,
    SYS_ftruncate,
    /* files, by name below a directory */
    SYS_openat,
    SYS_openat2,
    SYS_newfstatat,
    SYS_statx,
    SYS_faccessat,
    SYS_faccessat2,
    SYS_readlinkat,
    SYS_mkdirat,
    SYS_symlinkat,
    SYS_linkat,
    SYS_renameat,
    SYS_renameat2,
    SYS_unlinkat,
    SYS_fchmodat,
    SYS_fchownat,
    SYS_utimensat,
    SYS_umask,
    /* files, by descriptor */
    SYS_fstat,
    SYS_fstatfs,
    SYS_getdents64,
    SYS_fchmod,
    SYS_fchown,
    SYS_fgetxattr,
    SYS_fsetxattr,
    SYS_flistxattr,
    SYS_fremovexattr,
    /* itself */
    SYS_exit,
    SYS_exit_group,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_sigaltstack,
    SYS_restart_syscall,
    SYS_futex,
    SYS_sched_yield,
    SYS_getpid,
    SYS_gettid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_getrandom,
    /* time */
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_gettimeofday,
    SYS_nanosleep,
    SYS_clock_nanosleep,
};

enum { ALLOWED = sizeof allowed / sizeof *allowed, HEAD = 5 };

#if defined(__x86_64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
#else
#error "the list of system calls is for x86-64"
#endif

static bool refuse_calls(struct tar_failure *failure)
{
    struct sock_filter filter[HEAD + ALLOWED + 2] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, THIS_ARCH, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_CALLS, ALLOWED, 0),
    };
    struct sock_fprog program = {.len = HEAD + ALLOWED + 2, .filter = filter};

    /* Each jumps behind the last one's "refuse" when it is that call. */
    for (unsigned i = 0; i < ALLOWED; i++)
        filter[HEAD + i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i],
                                                        (unsigned char)(ALLOWED - i), 0);
    filter[HEAD + ALLOWED] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, REFUSE);
    filter[HEAD + ALLOWED + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
        return true;
    return tar_fail_errno(failure, errno, "cannot install a seccomp filter");
}

/* Without Landlock there is openat2() all the same, which the extractor stands on. */
static bool restrict_files(uint64_t allowed, int root_fd, struct tar_failure *failure)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    struct landlock_ruleset_attr attributes = {.handled_access_fs =
                                                   ACCESS_VERSION_1 | ACCESS_REFER |
                                                   (version >= 3 ? ACCESS_TRUNCATE : 0)};
    struct landlock_path_beneath_attr rule = {
        .allowed_access = attributes.handled_access_fs & allowed, .parent_fd = root_fd};
    int fd;
    bool done;

    /* The first one refuses links between directories, come what may. */
    if (version < 2)
        return true;
    fd = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
    done = fd >= 0 &&
           (root_fd < 0 ||
            syscall(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0) &&
           syscall(SYS_landlock_restrict_self, fd, 0) == 0;
    if (!done)
        tar_fail_errno(failure, errno, "cannot restrict itself to the target directory");
    if (fd >= 0)
        close(fd);
    return done;
}

bool confine_writer(void *data, int root_fd, struct tar_failure *failure)
{
    uint64_t made = LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |
                    LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REMOVE_FILE;

    (void)data;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           restrict_files(made | ACCESS_READ | ACCESS_REFER | ACCESS_TRUNCATE |
                              LANDLOCK_ACCESS_FS_WRITE_FILE,
                          root_fd, failure) &&
           refuse_calls(failure);
}

/* It reads what the caller may read: only the guest's end is hostile, and that sends nothing. */
bool confine_reader(void *data, int root_fd, struct tar_failure *failure)
{
    (void)data;
    (void)root_fd;
    return refuse_calls(failure);
}

bool confine_relay(struct tar_failure *failure)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && restrict_files(0, -1, failure) &&
           refuse_calls(failure);
}
