/*
 * The KVM probe.
 *
 * Some hosts offer a paravirtual nested KVM: it opens, reports API 12, creates virtual machines
 * and emulates their code instruction by instruction, until it meets one it does not know. No
 * stock kernel boots there. So the probe executes an SSE2 instruction: hardware virtualisation
 * runs it and reaches the `hlt` after it; such an emulator stops with KVM_EXIT_INTERNAL_ERROR.
 *
 * The machine lives in a forked child: a hung KVM_RUN is ended by the child's own alarm, and
 * whatever the kernel keeps for the machine goes with the process. The child only makes system
 * calls, so forking from a program with threads is safe.
 */
#include "virt/kvm-probe.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    GUEST_SIZE = 0x10000,
    GUEST_CODE = 0x1000,
    PROBE_SECONDS = 2,
    CR0_PE = 1 << 0,
    CR0_MP = 1 << 1,
    CR0_ET = 1 << 4,
    CR0_NE = 1 << 5,
    CR4_OSFXSR = 1 << 9,
    CR4_OSXMMEXCPT = 1 << 10,
};

/* What the child found, sent to the parent as it is. */
typedef struct {
    const char *step; /* what failed; points at a literal, equally valid in the parent */
    int error;        /* its errno, or 0 */
    uint32_t exit_reason;
    uint32_t suberror;
} ProbeReport;

/* sqrtpd %xmm0, %xmm0; hlt */
static const uint8_t guest_code[] = {0x66, 0x0f, 0x51, 0xc0, 0xf4};

static gboolean fail(ProbeReport *report, const char *step)
{
    report->step = step;
    report->error = errno;
    return FALSE;
}

static void set_flat_segment(struct kvm_segment *segment, uint16_t selector, uint8_t type)
{
    *segment = (struct kvm_segment){
        .base = 0,
        .limit = 0xffffffff,
        .selector = selector,
        .type = type,
        .present = 1,
        .db = 1,
        .s = 1,
        .g = 1,
    };
}

static gboolean set_registers(int vcpu, ProbeReport *report)
{
    struct kvm_sregs sregs;
    struct kvm_regs regs = {.rip = GUEST_CODE, .rsp = GUEST_SIZE, .rflags = 2};

    if (ioctl(vcpu, KVM_GET_SREGS, &sregs) < 0)
        return fail(report, "KVM_GET_SREGS");
    set_flat_segment(&sregs.cs, 0x08, 0x0b);
    set_flat_segment(&sregs.ds, 0x10, 0x03);
    sregs.es = sregs.fs = sregs.gs = sregs.ss = sregs.ds;
    sregs.cr0 = CR0_PE | CR0_MP | CR0_ET | CR0_NE;
    sregs.cr4 = CR4_OSFXSR | CR4_OSXMMEXCPT;
    if (ioctl(vcpu, KVM_SET_SREGS, &sregs) < 0)
        return fail(report, "KVM_SET_SREGS");
    if (ioctl(vcpu, KVM_SET_REGS, &regs) < 0)
        return fail(report, "KVM_SET_REGS");
    return TRUE;
}

static gboolean add_memory(int machine, ProbeReport *report)
{
    void *memory =
        mmap(NULL, GUEST_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return fail(report, "guest memory");
    memcpy((uint8_t *)memory + GUEST_CODE, guest_code, sizeof guest_code);

    struct kvm_userspace_memory_region region = {
        .guest_phys_addr = 0,
        .memory_size = GUEST_SIZE,
        .userspace_addr = (uintptr_t)memory,
    };
    if (ioctl(machine, KVM_SET_USER_MEMORY_REGION, &region) < 0)
        return fail(report, "KVM_SET_USER_MEMORY_REGION");
    return TRUE;
}

static gboolean run_guest(int kvm, ProbeReport *report)
{
    int version = ioctl(kvm, KVM_GET_API_VERSION, 0);
    if (version != KVM_API_VERSION)
        return fail(report, "KVM_GET_API_VERSION");
    int machine = ioctl(kvm, KVM_CREATE_VM, 0);
    if (machine < 0)
        return fail(report, "KVM_CREATE_VM");
    if (!add_memory(machine, report))
        return FALSE;
    int vcpu = ioctl(machine, KVM_CREATE_VCPU, 0);
    if (vcpu < 0)
        return fail(report, "KVM_CREATE_VCPU");
    int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    if (size < (int)sizeof(struct kvm_run))
        return fail(report, "KVM_GET_VCPU_MMAP_SIZE");
    struct kvm_run *run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
    if (run == MAP_FAILED)
        return fail(report, "vCPU state");
    if (!set_registers(vcpu, report))
        return FALSE;
    if (ioctl(vcpu, KVM_RUN, 0) < 0)
        return fail(report, "KVM_RUN");
    report->exit_reason = run->exit_reason;
    if (run->exit_reason == KVM_EXIT_INTERNAL_ERROR)
        report->suberror = run->internal.suberror;
    return TRUE;
}

/* Never returns. */
static void child_main(int kvm, int report_fd)
{
    ProbeReport report = {0};
    sigset_t alarm_only;

    signal(SIGALRM, SIG_DFL);
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    sigprocmask(SIG_UNBLOCK, &alarm_only, NULL);
    alarm(PROBE_SECONDS);
    run_guest(kvm, &report);
    _exit(write(report_fd, &report, sizeof report) == (ssize_t)sizeof report ? 0 : 1);
}

static SbxKvmState judge(const ProbeReport *report, gboolean complete, char **reason)
{
    if (!complete) {
        *reason = g_strdup_printf("the KVM probe did not finish within %d seconds", PROBE_SECONDS);
        return SBX_KVM_BROKEN;
    }
    if (report->step != NULL) {
        *reason = g_strdup_printf("the KVM probe failed at %s: %s", report->step,
                                  g_strerror(report->error));
        return SBX_KVM_BROKEN;
    }
    if (report->exit_reason == KVM_EXIT_HLT) {
        *reason = g_strdup("KVM runs guest code natively");
        return SBX_KVM_WORKS;
    }
    if (report->exit_reason == KVM_EXIT_INTERNAL_ERROR)
        *reason = g_strdup_printf("KVM stops with exit reason %u (suberror %u): paravirtual nested "
                                  "KVM cannot run stock kernels",
                                  report->exit_reason, report->suberror);
    else
        *reason =
            g_strdup_printf("KVM stops with exit reason %u instead of a halt", report->exit_reason);
    return SBX_KVM_BROKEN;
}

static SbxKvmState probe_in_child(int kvm, char **reason)
{
    ProbeReport report = {0};
    int fds[2];
    ssize_t got;

    if (pipe2(fds, O_CLOEXEC) < 0) {
        *reason = g_strdup_printf("the KVM probe could not start: %s", g_strerror(errno));
        return SBX_KVM_BROKEN;
    }
    pid_t child = fork();
    if (child == 0)
        child_main(kvm, fds[1]);
    int fork_error = errno;
    close(fds[1]);
    if (child < 0) {
        close(fds[0]);
        *reason = g_strdup_printf("the KVM probe could not start: %s", g_strerror(fork_error));
        return SBX_KVM_BROKEN;
    }
    /* Ends with the report or, when the alarm killed the child, with the end of file. */
    do
        got = read(fds[0], &report, sizeof report);
    while (got < 0 && errno == EINTR);
    close(fds[0]);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    return judge(&report, got == (ssize_t)sizeof report, reason);
}

SbxKvmState sbx_kvm_probe_device(const char *device, char **reason)
{
    g_autofree char *text = NULL;
    SbxKvmState state;

    int kvm = open(device, O_RDWR | O_CLOEXEC);
    if (kvm >= 0) {
        state = probe_in_child(kvm, &text);
        close(kvm);
    } else if (errno == EACCES || errno == EPERM) {
        state = SBX_KVM_DENIED;
        text = g_strdup_printf("permission denied on %s; add this user to its group (kvm)", device);
    } else {
        state = SBX_KVM_ABSENT;
        text = g_strdup_printf("%s: %s", device, g_strerror(errno));
    }
    if (reason != NULL)
        *reason = g_steal_pointer(&text);
    return state;
}

SbxKvmState sbx_kvm_probe(char **reason)
{
    return sbx_kvm_probe_device("/dev/kvm", reason);
}

const char *sbx_kvm_state_name(SbxKvmState state)
{
    switch (state) {
    case SBX_KVM_WORKS:
        return "works";
    case SBX_KVM_ABSENT:
        return "absent";
    case SBX_KVM_DENIED:
        return "denied";
    case SBX_KVM_BROKEN:
        return "broken";
    }
    return "unknown";
}
