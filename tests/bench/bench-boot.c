/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bare boot: what creating a sandbox is compared with.
 *
 * The same kernel, the same modules in the initramfs (not loaded), an init that does nothing, the
 * same machine: what libvirt gave the running VM for -machine, -accel, -cpu, -m and -smp is taken
 * from that VM's command line.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "image/initramfs.h"
#include "wire/fd.h"

#define MARK "INIT RUNS"
#define PATIENCE_MS 120000

struct BareBoot {
    char *initramfs;
    GPtrArray *argv;
};

static char *make_initramfs(const char *init, GError **error)
{
    g_autofree char *modules = g_build_filename(machine.image_dir, "modules.cpio", NULL);
    char *path = g_build_filename(bench_dir, "initramfs", NULL);
    g_auto(fd_t) fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd >= 0 && sbx_initramfs_write(fd, modules, init, error))
        return path;
    if (fd < 0)
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "cannot write %s: %s",
                    path, g_strerror(errno));
    g_free(path);
    return NULL;
}

/* A -machine value without what names objects of the other command line. */
static char *plain_machine(const char *value)
{
    g_auto(GStrv) parts = g_strsplit(value, ",", -1);
    g_autoptr(GPtrArray) kept = g_ptr_array_new();

    for (char **part = parts; *part != NULL; part++)
        if (!g_str_has_prefix(*part, "memory-backend=") && !g_str_has_prefix(*part, "pflash"))
            g_ptr_array_add(kept, *part);
    g_ptr_array_add(kept, NULL);
    return g_strjoinv(",", (char **)kept->pdata);
}

static void copy_option(GPtrArray *argv, const char *option, const char *value)
{
    g_autofree char *plain =
        strcmp(option, "-machine") == 0 ? plain_machine(value) : g_strdup(value);

    /* A second -machine may have named a memory backend and nothing else. */
    if (*plain == '\0')
        return;
    g_ptr_array_add(argv, g_strdup(option));
    g_ptr_array_add(argv, g_steal_pointer(&plain));
}

/* Adds those of the other VM's options that make the machine; FALSE when one is missing. */
static gboolean copy_options(GPtrArray *argv, char **like)
{
    static const char *const options[] = {"-accel", "-cpu", "-m", "-smp", "-append", "-machine"};
    gboolean found[G_N_ELEMENTS(options)] = {FALSE};
    gboolean all = TRUE;

    for (char **argument = like; *argument != NULL && argument[1] != NULL; argument++) {
        for (gsize i = 0; i < G_N_ELEMENTS(options); i++) {
            if (strcmp(*argument, options[i]) != 0)
                continue;
            copy_option(argv, *argument, argument[1]);
            found[i] = TRUE;
        }
    }
    for (gsize i = 0; i < G_N_ELEMENTS(options); i++)
        all = all && found[i];
    return all;
}

/* @rest: what this one has besides, to be ended with NULL. */
static BareBoot *boot_new(const char *init, const char *const *rest, GError **error)
{
    BareBoot *boot = g_new0(BareBoot, 1);

    boot->argv = g_ptr_array_new_with_free_func(g_free);
    boot->initramfs = make_initramfs(init, error);
    if (boot->initramfs == NULL) {
        bare_boot_free(boot);
        return NULL;
    }
    g_ptr_array_add(boot->argv, g_strdup(machine.arguments[0]));
    if (!copy_options(boot->argv, machine.arguments)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "the VM's command line is not understood");
        bare_boot_free(boot);
        return NULL;
    }
    for (gsize i = 0; rest[i] != NULL; i++)
        g_ptr_array_add(boot->argv, g_strdup(rest[i]));
    g_ptr_array_add(boot->argv, g_strdup("-kernel"));
    g_ptr_array_add(boot->argv, g_build_filename(machine.image_dir, "vmlinux", NULL));
    g_ptr_array_add(boot->argv, g_strdup("-initrd"));
    g_ptr_array_add(boot->argv, g_strdup(boot->initramfs));
    g_ptr_array_add(boot->argv, NULL);
    return boot;
}

#define NO_DEFAULTS "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"

BareBoot *bare_boot_new(GError **error)
{
    static const char *const rest[] = {NO_DEFAULTS, "-serial", "stdio", NULL};

    return boot_new(BENCH_INIT, rest, error);
}

BareBoot *bare_boot_new_pump(const char *path, GError **error)
{
    g_autofree char *chardev = g_strdup_printf("socket,id=pump,path=%s", path);
    const char *const rest[] = {NO_DEFAULTS,
                                "-device",
                                "virtio-serial-pci",
                                "-chardev",
                                chardev,
                                "-device",
                                "virtserialport,nr=1,chardev=pump,name=pump",
                                NULL};

    return boot_new(BENCH_PUMP_INIT, rest, error);
}

GPid bare_boot_spawn(BareBoot *boot)
{
    g_autoptr(GError) error = NULL;
    GPid pid;

    if (!g_spawn_async("/", (char **)boot->argv->pdata, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                       &pid, &error))
        die_text("%s", error->message);
    return pid;
}

/* Reads until the mark came; its time, or -1. */
static double read_until_mark(int fd)
{
    g_autoptr(GString) text = g_string_new(NULL);
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    double deadline = now_ms() + PATIENCE_MS;
    char buffer[4096];

    while (strstr(text->str, MARK) == NULL) {
        ssize_t n;

        if (poll(&ready, 1, (int)MAX(deadline - now_ms(), 0)) <= 0)
            return -1;
        n = read(fd, buffer, sizeof buffer);
        if (n <= 0)
            return -1;
        g_string_append_len(text, buffer, n);
    }
    return now_ms();
}

double bare_boot_run(BareBoot *boot)
{
    g_autoptr(GError) error = NULL;
    double start = now_ms();
    double end;
    GPid pid;
    int out = -1;

    if (!g_spawn_async_with_pipes("/", (char **)boot->argv->pdata, NULL, G_SPAWN_DO_NOT_REAP_CHILD,
                                  NULL, NULL, &pid, NULL, &out, NULL, &error)) {
        fprintf(stderr, "bench: %s\n", error->message);
        return -1;
    }
    end = read_until_mark(out);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(out);
    return end < 0 ? -1 : end - start;
}

void bare_boot_free(BareBoot *boot)
{
    if (boot->initramfs != NULL)
        unlink(boot->initramfs);
    g_free(boot->initramfs);
    g_ptr_array_unref(boot->argv);
    g_free(boot);
}
