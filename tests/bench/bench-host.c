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

/* The number after "FIELD:" in /proc/PID/FILE; -1 when there is none: processes come and go. */
static double read_field(pid_t pid, const char *file, const char *field)
{
    g_autofree char *text = read_proc(pid, file, NULL);
    g_autofree char *label = g_strdup_printf("\n%s:", field);
    const char *at = text != NULL ? strstr(text, label) : NULL;

    return at != NULL ? g_ascii_strtod(at + strlen(label), NULL) : -1;
}

double host_bytes(pid_t pid, const char *file, const char *field)
{
    double kib = read_field(pid, file, field);

    if (kib < 0)
        die_text("/proc/%d/%s has no %s", pid, file, field);
    return kib * 1024;
}

double host_wakeups(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/task", pid);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    double total = 0;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
        if (atoi(name) > 0)
            total += MAX(read_field((pid_t)atoi(name), "status", "voluntary_ctxt_switches"), 0);
    if (total <= 0)
        die_text("/proc/%d does not say what its threads did", pid);
    return total;
}

/* --- processes --- */

/* Calls @visit for every process until it says TRUE; that process, or -1. */
static pid_t find(gboolean (*visit)(pid_t pid, gpointer data), gpointer data)
{
    g_autoptr(GDir) dir = g_dir_open("/proc", 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
        if (atoi(name) > 0 && visit((pid_t)atoi(name), data))
            return (pid_t)atoi(name);
    return -1;
}

static pid_t parent_of(pid_t pid)
{
    return (pid_t)read_field(pid, "status", "PPid");
}

static gboolean has_name(pid_t pid, const char *wanted)
{
    g_autofree char *name = read_proc(pid, "comm", NULL);

    return name != NULL && g_str_has_prefix(name, wanted);
}

static gboolean has_argument(pid_t pid, const char *wanted)
{
    g_auto(GStrv) arguments = host_arguments(pid);

    return g_strv_contains((const char *const *)arguments, wanted);
}

/* The launcher of our runtime directory; its init, which has the same arguments, is its child. */
static gboolean is_guardian(pid_t pid, gpointer runtime)
{
    return has_name(pid, "sbx-launch") && has_argument(pid, runtime) &&
           !has_argument(parent_of(pid), runtime);
}

pid_t host_guardian(void)
{
    g_autofree char *runtime = g_strdup_printf("--runtime-dir=%s/k", bench_dir);
    pid_t guardian = find(is_guardian, runtime);

    if (guardian < 0)
        die_text("no keeper runs");
    return guardian;
}

typedef struct {
    pid_t guardian;
    GArray *vms;
} Household;

/* All are children of the guardian's child. */
static gboolean is_keeper(pid_t pid, gpointer data)
{
    const Household *household = data;

    return has_name(pid, "sbx-keeper") && parent_of(parent_of(pid)) == household->guardian;
}

static gboolean collect_vm(pid_t pid, gpointer data)
{
    Household *household = data;

    if (has_name(pid, "qemu-system") && parent_of(parent_of(pid)) == household->guardian)
        g_array_append_val(household->vms, pid);
    return FALSE;
}

pid_t host_keeper(void)
{
    Household household = {.guardian = host_guardian()};
    pid_t keeper = find(is_keeper, &household);

    if (keeper < 0)
        die_text("the launcher %d has no keeper", household.guardian);
    return keeper;
}

GArray *host_vms(void)
{
    Household household = {.guardian = host_guardian(),
                           .vms = g_array_new(FALSE, FALSE, sizeof(pid_t))};

    find(collect_vm, &household);
    return household.vms;
}

typedef struct {
    pid_t parent;
    GArray *family;
} Birth;

static gboolean collect_child(pid_t pid, gpointer data)
{
    Birth *birth = data;

    if (parent_of(pid) == birth->parent)
        g_array_append_val(birth->family, pid);
    return FALSE;
}

GArray *host_family(pid_t pid)
{
    GArray *family = g_array_new(FALSE, FALSE, sizeof(pid_t));

    g_array_append_val(family, pid);
    for (guint i = 0; i < family->len; i++) {
        Birth birth = {g_array_index(family, pid_t, i), family};

        find(collect_child, &birth);
    }
    return family;
}

static gboolean runs_guest(pid_t pid, const char *id)
{
    g_auto(GStrv) arguments = host_arguments(pid);
    g_autofree char *wanted = g_strdup_printf("guest=%s", id);

    for (char **argument = arguments; *argument != NULL; argument++)
        if (g_str_has_prefix(*argument, wanted))
            return TRUE;
    return FALSE;
}

pid_t host_vm(sbx *sandbox)
{
    g_autoptr(GArray) vms = host_vms();

    for (guint i = 0; i < vms->len; i++)
        if (runs_guest(g_array_index(vms, pid_t, i), sbx_id(sandbox)))
            return g_array_index(vms, pid_t, i);
    if (vms->len != 1)
        die_text("which of %u VMs is that of %s cannot be told", vms->len, sbx_id(sandbox));
    return g_array_index(vms, pid_t, 0);
}

/* --- the host --- */

int host_cpus(void)
{
    return (int)sysconf(_SC_NPROCESSORS_ONLN);
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

static const char *accelerator(char **arguments)
{
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

char *host_describe(char **arguments)
{
    g_autofree char *model = cpu_model();
    g_autofree char *version = qemu_version();
    struct utsname names;
    struct sysinfo info;

    uname(&names);
    sysinfo(&info);
    return g_strdup_printf(
        "{\"cpu\": \"%s\", \"cpus\": %d, \"memory_mib\": %lu, \"kernel\": \"%s\", "
        "\"qemu\": \"%s\", \"accelerator\": \"%s\", \"load\": %.2f}",
        model, host_cpus(), (unsigned long)(info.totalram * info.mem_unit >> 20), names.release,
        version, accelerator(arguments), (double)info.loads[0] / (1 << SI_LOAD_SHIFT));
}
