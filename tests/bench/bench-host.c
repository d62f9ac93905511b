/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host and its processes, from /proc. See bench.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench.h"

static char *read_proc(pid_t pid, const char *file, gsize *length)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/%s", pid, file);
    char *text = NULL;

    return g_file_get_contents(path, &text, length, NULL) ? text : NULL;
}

char **host_arguments(pid_t pid)
{
    gsize length = 0;
    g_autofree char *text = read_proc(pid, "cmdline", &length);
    GPtrArray *arguments = g_ptr_array_new();

    for (gsize at = 0; text != NULL && at < length; at += strlen(text + at) + 1)
        g_ptr_array_add(arguments, g_strdup(text + at));
    g_ptr_array_add(arguments, NULL);
    return (char **)g_ptr_array_free(arguments, FALSE);
}

double host_kib(pid_t pid, const char *file, const char *field)
{
    g_autofree char *text = read_proc(pid, file, NULL);
    g_autofree char *label = g_strdup_printf("%s:", field);
    const char *at = text != NULL ? strstr(text, label) : NULL;

    return at != NULL ? g_ascii_strtod(at + strlen(label), NULL) : -1;
}

double host_wakeups(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/task", pid);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    double total = 0;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
        total += host_kib((pid_t)atoi(name), "status", "\nvoluntary_ctxt_switches");
    return total;
}

/* The first process that a test accepts. */
static pid_t find(gboolean (*accept)(pid_t pid, const void *data), const void *data)
{
    g_autoptr(GDir) dir = g_dir_open("/proc", 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
        if (atoi(name) > 0 && accept((pid_t)atoi(name), data))
            return (pid_t)atoi(name);
    return -1;
}

static gboolean runs_guest(pid_t pid, const void *id)
{
    g_auto(GStrv) arguments = host_arguments(pid);
    g_autofree char *wanted = g_strdup_printf("guest=%s", (const char *)id);

    for (char **argument = arguments; *argument != NULL; argument++)
        if (g_str_has_prefix(*argument, wanted))
            return TRUE;
    return FALSE;
}

pid_t host_qemu(const char *id)
{
    return find(runs_guest, id);
}

/* Both are children of the init of the keeper's namespace. */
static gboolean is_keeper_of(pid_t pid, const void *data)
{
    pid_t qemu = *(const pid_t *)data;
    g_autofree char *name = read_proc(pid, "comm", NULL);

    return name != NULL && strcmp(name, "sbx-keeper\n") == 0 &&
           host_kib(pid, "status", "PPid") == host_kib(qemu, "status", "PPid");
}

pid_t host_keeper(pid_t qemu)
{
    return find(is_keeper_of, &qemu);
}

static char *cpu_model(void)
{
    g_autofree char *text = NULL;
    const char *at;

    if (!g_file_get_contents("/proc/cpuinfo", &text, NULL, NULL) ||
        (at = strstr(text, "model name")) == NULL || (at = strchr(at, ':')) == NULL)
        return g_strdup("unknown");
    return g_strndup(at + 2, strcspn(at + 2, "\n\"\\"));
}

static const char *accelerator(pid_t qemu)
{
    g_auto(GStrv) arguments = host_arguments(qemu);

    for (char **argument = arguments; *argument != NULL; argument++)
        if (strcmp(*argument, "-accel") == 0 && argument[1] != NULL)
            return g_str_has_prefix(argument[1], "kvm") ? "kvm" : "tcg";
    return "unknown";
}

/* "7.2.22" */
static char *qemu_version(void)
{
    const char *argv[] = {"qemu-system-x86_64", "--version", NULL};
    g_autofree char *text = NULL;
    const char *at;

    if (!g_spawn_sync("/", (char **)argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL,
                      NULL, NULL, &text, NULL, NULL, NULL) ||
        (at = strstr(text, "version ")) == NULL)
        return g_strdup("unknown");
    return g_strndup(at + 8, strspn(at + 8, "0123456789."));
}

char *host_describe(pid_t qemu)
{
    g_autofree char *model = cpu_model();
    g_autofree char *version = qemu_version();
    struct utsname names;
    struct sysinfo info;

    uname(&names);
    sysinfo(&info);
    return g_strdup_printf(
        "{\"cpu\": \"%s\", \"cpus\": %ld, \"memory_mib\": %lu, \"kernel\": \"%s\", "
        "\"qemu\": \"%s\", \"accelerator\": \"%s\", \"load\": %.2f}",
        model, sysconf(_SC_NPROCESSORS_ONLN), (unsigned long)(info.totalram * info.mem_unit >> 20),
        names.release, version, qemu > 0 ? accelerator(qemu) : "unknown",
        (double)info.loads[0] / (1 << SI_LOAD_SHIFT));
}
