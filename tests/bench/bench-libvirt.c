/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bare libvirt, measured: domains of the shape that the keeper starts, by libvirt's own calls, with
 * nothing of ours between.
 *
 * sbx-launch starts this program in the keeper's place (see bench-reference.c), so user,
 * namespaces, /dev, libvirt's directories and the init that reaps are the keeper's. Descriptor 3, a
 * listening socket for a keeper, is a stream to bench here, and its end is the end of this process.
 * The "agent" is bench-init. Bench sends a line, and each has one line for an answer, "ok
 * NUMBER..." or "error TEXT":
 *
 *     machine IMAGE-DIRECTORY MEMORY VCPUS   what the domains are; the directory below --images
 *     pair                                   one start and one destroy: ms of each
 *     pairs THREADS MS                       start and destroy for that long: number, ms
 *     starts THREADS COUNT                   COUNT domains until all are there: ms
 *
 * "ready", or why not, is said first, when libvirt knows its QEMU.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench-samples.h"
#include "image/initramfs.h"
#include "virt/libvirt-private.h"
#include "wire/fd.h"

#define BENCH_FD 3
#define DISK_SIZE (UINT64_C(10) << 30) /* sparse, as a sandbox's */
#define THREADS_MAX 256

static char *vm_dir;
static char *images;
static int agent_fd = -1;

static SbxDriver *driver;
static SbxDriverInfo info;
static SbxDomainSpec machine = SBX_DOMAIN_SPEC_INIT;

typedef struct {
    virDomainPtr domain;
    int sockets[2]; /* QEMU's ends of the agent's and the console's are connected to them */
    char *paths[2];
    char *disk;
} Vm;

static void say(const char *format, ...) G_GNUC_PRINTF(1, 2);

static void say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vdprintf(BENCH_FD, format, args);
    va_end(args);
}

/* --- a domain --- */

static gboolean listen_on(int *fd, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return *fd >= 0 && bind(*fd, (struct sockaddr *)&address, sizeof address) == 0 &&
           listen(*fd, 1) == 0;
}

/* What a sandbox's boot has ready before it asks for the domain: it is not measured. */
static gboolean prepare(Vm *vm, const char *name, GError **error)
{
    g_auto(fd_t) disk = -1;

    vm->paths[0] = g_strdup_printf("%s/%s-a", vm_dir, name);
    vm->paths[1] = g_strdup_printf("%s/%s-c", vm_dir, name);
    vm->disk = g_strdup_printf("%s/%s-d", vm_dir, name);
    disk = open(vm->disk, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (disk >= 0 && ftruncate(disk, DISK_SIZE) == 0 && listen_on(&vm->sockets[0], vm->paths[0]) &&
        listen_on(&vm->sockets[1], vm->paths[1]))
        return TRUE;
    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
                "cannot prepare a domain in %s: %s", vm_dir, g_strerror(errno));
    return FALSE;
}

static void vm_free(Vm *vm)
{
    for (gsize i = 0; i < G_N_ELEMENTS(vm->sockets); i++) {
        sbx_fd_clear(&vm->sockets[i]);
        if (vm->paths[i] != NULL)
            unlink(vm->paths[i]);
        g_free(vm->paths[i]);
    }
    if (vm->disk != NULL)
        unlink(vm->disk);
    g_free(vm->disk);
    if (vm->domain != NULL)
        virDomainFree(vm->domain);
    g_free(vm);
}

/* @took (may be NULL): milliseconds of libvirt's call. */
static Vm *vm_start(unsigned int flags, double *took, GError **error)
{
    static gint count;
    g_autofree char *name = g_strdup_printf("bare-%d", g_atomic_int_add(&count, 1));
    g_autofree char *xml = NULL;
    SbxDomainSpec spec = machine;
    Vm *vm = g_new0(Vm, 1);
    double start;

    vm->sockets[0] = vm->sockets[1] = -1;
    if (prepare(vm, name, error)) {
        spec.name = name;
        spec.scratch = vm->disk;
        spec.agent_socket = vm->paths[0];
        spec.console_socket = vm->paths[1];
        xml = sbx_domain_xml(&spec, error);
    }
    if (xml != NULL) {
        start = now_ms();
        vm->domain = virDomainCreateXML(((SbxLibvirt *)driver)->connection, xml, flags);
        if (took != NULL)
            *took = now_ms() - start;
        if (vm->domain != NULL)
            return vm;
        sbx_libvirt_error(error, SBX_VIRT_ERROR_START_FAILED, "cannot start a domain");
    }
    vm_free(vm);
    return NULL;
}

/* Frees it, too. */
static gboolean vm_destroy(Vm *vm, double *took, GError **error)
{
    double start = now_ms();
    gboolean ok = virDomainDestroy(vm->domain) == 0;

    if (took != NULL)
        *took = now_ms() - start;
    if (!ok)
        sbx_libvirt_error(error, SBX_VIRT_ERROR_FAILED, "cannot destroy a domain");
    vm_free(vm);
    return ok;
}

/* --- many at once --- */

typedef struct {
    gpointer (*body)(gpointer crew);
    double deadline;
    gint left; /* to be started */
    gint done;
    GMutex lock;
    GPtrArray *vms;
    GError *error; /* the first */
} Crew;

static void crew_fail(Crew *crew, GError *error)
{
    g_mutex_lock(&crew->lock);
    if (crew->error == NULL)
        crew->error = error;
    else
        g_error_free(error);
    g_mutex_unlock(&crew->lock);
}

/* Until all of its threads are at their end; milliseconds. */
static double crew_run(Crew *crew, int threads)
{
    GThread *members[THREADS_MAX];
    double start = now_ms();

    for (int i = 0; i < threads; i++)
        members[i] = g_thread_new("domains", crew->body, crew);
    for (int i = 0; i < threads; i++)
        g_thread_join(members[i]);
    return now_ms() - start;
}

static gpointer start_and_destroy(gpointer data)
{
    Crew *crew = data;
    GError *error = NULL;

    while (now_ms() < crew->deadline) {
        Vm *vm = vm_start(0, NULL, &error);

        if (vm == NULL || !vm_destroy(vm, NULL, &error)) {
            crew_fail(crew, error);
            return NULL;
        }
        g_atomic_int_inc(&crew->done);
    }
    return NULL;
}

/*
 * Their guests do not run: what they would do with the CPUs is not libvirt's, and the domains are
 * to be there together.
 */
static gpointer start_only(gpointer data)
{
    Crew *crew = data;
    GError *error = NULL;

    while (g_atomic_int_add(&crew->left, -1) > 0) {
        Vm *vm = vm_start(VIR_DOMAIN_START_PAUSED, NULL, &error);

        if (vm == NULL) {
            crew_fail(crew, error);
            return NULL;
        }
        g_mutex_lock(&crew->lock);
        g_ptr_array_add(crew->vms, vm);
        g_mutex_unlock(&crew->lock);
    }
    return NULL;
}

static gpointer destroy_only(gpointer data)
{
    Crew *crew = data;
    GError *error = NULL;
    Vm *vm;

    for (;;) {
        g_mutex_lock(&crew->lock);
        vm = crew->vms->len > 0 ? g_ptr_array_steal_index_fast(crew->vms, 0) : NULL;
        g_mutex_unlock(&crew->lock);
        if (vm == NULL)
            return NULL;
        if (!vm_destroy(vm, NULL, &error))
            crew_fail(crew, g_steal_pointer(&error));
    }
}

/* --- requests --- */

static void measure_pair(void)
{
    g_autoptr(GError) error = NULL;
    double start;
    double destroy;
    Vm *vm = vm_start(0, &start, &error);

    if (vm != NULL && vm_destroy(vm, &destroy, &error))
        say("ok %.3f %.3f\n", start, destroy);
    else
        say("error %s\n", error->message);
}

static void measure_pairs(int threads, double ms)
{
    Crew crew = {.body = start_and_destroy, .deadline = now_ms() + ms};
    double took = crew_run(&crew, threads);

    if (crew.error == NULL)
        say("ok %d %.3f\n", crew.done, took);
    else
        say("error %s\n", crew.error->message);
    g_clear_error(&crew.error);
}

static void measure_starts(int threads, int count)
{
    Crew crew = {.body = start_only, .left = count, .vms = g_ptr_array_new()};
    double took = crew_run(&crew, threads);

    /* libvirt's destroy mostly waits. */
    crew.body = destroy_only;
    crew_run(&crew, MIN(4 * threads, THREADS_MAX));
    if (crew.error == NULL)
        say("ok %.3f\n", took);
    else
        say("error %s\n", crew.error->message);
    g_clear_error(&crew.error);
    g_ptr_array_unref(crew.vms);
}

static gboolean write_initramfs(const char *path, const char *modules, GError **error)
{
    g_autofree char *init = g_strdup_printf("/proc/self/fd/%d", agent_fd);
    g_auto(fd_t) fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd >= 0)
        return sbx_initramfs_write(fd, modules, init, error);
    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "cannot write %s: %s", path,
                g_strerror(errno));
    return FALSE;
}

/* What is set here lives as long as the process. */
static void set_machine(const char *directory, guint64 memory, unsigned vcpus)
{
    g_autofree char *modules = g_build_filename(images, directory, "modules.cpio", NULL);
    g_autoptr(GError) error = NULL;

    machine.memory = memory;
    machine.vcpus = vcpus;
    machine.kvm = info.kvm;
    machine.qemu_version = info.hypervisor_version;
    machine.emulator = info.emulator;
    machine.kernel = g_build_filename(images, directory, "vmlinux", NULL);
    machine.root_image = g_build_filename(images, directory, "rootfs.ext4", NULL);
    machine.initrd = g_build_filename(vm_dir, "initramfs", NULL);
    if (write_initramfs(machine.initrd, modules, &error))
        say("ok\n");
    else
        say("error %s\n", error->message);
}

static void answer(const char *line)
{
    char directory[1024];
    guint64 memory;
    unsigned vcpus;
    int threads;
    int number;

    if (sscanf(line, "machine %1023s %" G_GUINT64_FORMAT " %u", directory, &memory, &vcpus) == 3)
        set_machine(directory, memory, vcpus);
    else if (machine.kernel == NULL)
        say("error there is no machine yet\n");
    else if (strcmp(line, "pair\n") == 0)
        measure_pair();
    else if (sscanf(line, "pairs %d %d", &threads, &number) == 2)
        measure_pairs(CLAMP(threads, 1, THREADS_MAX), number);
    else if (sscanf(line, "starts %d %d", &threads, &number) == 2)
        measure_starts(CLAMP(threads, 1, THREADS_MAX), number);
    else
        say("error not understood: %s", line);
}

/* --- the program --- */

static gboolean open_libvirt(gboolean try_kvm, GError **error)
{
    g_autofree char *root = g_build_filename(vm_dir, "l", NULL);
    SbxDriverConfig config = {
        .root_dir = root,
        .context = g_main_context_new(),
        .kvm = try_kvm ? sbx_kvm_probe(NULL) : SBX_KVM_ABSENT,
    };

    driver = sbx_driver_open(&config, error);
    if (driver == NULL)
        return FALSE;
    sbx_driver_describe(driver, &info);
    return TRUE;
}

int main(int argc, char **argv)
{
    g_autofree char *kvm = NULL;
    gboolean probe = FALSE;
    GOptionEntry entries[] = {
        {"vm-dir", 0, 0, G_OPTION_ARG_FILENAME, &vm_dir, NULL, NULL},
        {"images", 0, 0, G_OPTION_ARG_FILENAME, &images, NULL, NULL},
        {"agent-fd", 0, 0, G_OPTION_ARG_INT, &agent_fd, NULL, NULL},
        {"kvm", 0, 0, G_OPTION_ARG_STRING, &kvm, NULL, NULL},
        {"probe-kvm", 0, 0, G_OPTION_ARG_NONE, &probe, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) options = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;
    char line[2048];
    FILE *requests;

    g_option_context_add_main_entries(options, entries, NULL);
    /* The keeper's others, which mean nothing here. */
    g_option_context_set_ignore_unknown_options(options, TRUE);
    if (!g_option_context_parse(options, &argc, &argv, &error))
        return 2;
    if (probe)
        return sbx_kvm_probe(NULL) == SBX_KVM_WORKS ? 0 : 1;
    requests = fdopen(BENCH_FD, "r");
    if (requests == NULL || vm_dir == NULL || images == NULL || agent_fd < 0) {
        fputs("bench-libvirt is started by bench, not by hand\n", stderr);
        return 2;
    }
    fcntl(BENCH_FD, F_SETFD, FD_CLOEXEC);
    fcntl(BENCH_FD + 1, F_SETFD, FD_CLOEXEC);
    if (!open_libvirt(g_strcmp0(kvm, "try") == 0, &error)) {
        say("error %s\n", error->message);
        return 1;
    }
    say("ready\n");
    while (fgets(line, sizeof line, requests) != NULL)
        answer(line);
    /* The namespace ends with us, and all domains with it. */
    _exit(0);
}
