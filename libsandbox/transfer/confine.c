/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the helper gives up: see confine.h.
 *
 * The list of system calls names what is refused. The helper is plain C without threads; what it
 * could be made to do by a hostile archive is what is worth refusing, and a C library that comes to
 * need another call for opening a file must not break transfers.
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

static const unsigned refused[] = {
    SYS_execve,
    SYS_execveat,
    SYS_fork,
    SYS_vfork,
    SYS_clone,
    SYS_clone3,
    SYS_socket,
    SYS_socketpair,
    SYS_connect,
    SYS_bind,
    SYS_listen,
    SYS_accept,
    SYS_accept4,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kill,
    SYS_tkill,
    SYS_pidfd_open,
    SYS_pidfd_getfd,
    SYS_pidfd_send_signal,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_unshare,
    SYS_setns,
    SYS_move_mount,
    SYS_open_tree,
    SYS_fsopen,
    SYS_mount_setattr,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_reboot,
    SYS_swapon,
    SYS_io_uring_setup,
    SYS_mknod,
    SYS_mknodat,
    SYS_open_by_handle_at,
    SYS_acct,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_sethostname,
    SYS_quotactl,
    SYS_iopl,
    SYS_ioperm,
    SYS_modify_ldt,
    SYS_personality,
};

enum { REFUSED = sizeof refused / sizeof *refused, HEAD = 5 };

#if defined(__x86_64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
#else
#error "the list of system calls is for x86-64"
#endif

static bool refuse_calls(struct tar_failure *failure)
{
    struct sock_filter filter[HEAD + REFUSED + 2] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, THIS_ARCH, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_CALLS, REFUSED + 1, 0),
    };
    struct sock_fprog program = {.len = HEAD + REFUSED + 2, .filter = filter};

    /* Each jumps behind the last one's "allow" when it is that call. */
    for (unsigned i = 0; i < REFUSED; i++)
        filter[HEAD + i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, refused[i],
                                                        (unsigned char)(REFUSED - i), 0);
    filter[HEAD + REFUSED] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    filter[HEAD + REFUSED + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, REFUSE);
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
