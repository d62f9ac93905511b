/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Usage: see usage.h. */
#include "keeper/usage.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "keeper/boot-private.h"

/* CPU time of a process and when it started; FALSE when it is not there. Only the host's kernel writes
 * this file, but for the process's name, which is in the last brackets. */
static gboolean read_process(pid_t pid, gint64 *cpu_us, guint64 *started)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)pid);
    g_autofree char *text = NULL;
    unsigned long user, system;
    unsigned long long start;
    const char *fields;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return FALSE;
    fields = strrchr(text, ')');
    if (fields == NULL ||
        sscanf(fields + 1,
               " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d %*d %llu",
               &user, &system, &start) != 3)
        return FALSE;
    *cpu_us = (gint64)(user + system) * (G_USEC_PER_SEC / sysconf(_SC_CLK_TCK));
    *started = start;
    return TRUE;
}

/* libvirt may still be busy with its start when a guest is up: then its monitor has told. */
static pid_t find_vmm(const SbxSandbox *sandbox)
{
    pid_t pid = sandbox->domain != NULL ? sbx_domain_pid(sandbox->domain) : 0;

    return pid > 0 || sandbox->boot == NULL ? pid : sandbox->boot->vmm_pid;
}

void sbx_usage_begin(SbxSandbox *sandbox)
{
    SbxUsage *usage = &sandbox->usage;

    if (usage->since_us != 0)
        return;
    sandbox->keeper->usage.sandboxes++;
    usage->since_us = g_get_monotonic_time();
    usage->vmm = find_vmm(sandbox);
    if (usage->vmm > 0 && !read_process(usage->vmm, &usage->cpu_start_us, &usage->vmm_started))
        usage->vmm = 0;
}

void sbx_usage_sample(SbxSandbox *sandbox)
{
    SbxUsage *usage = &sandbox->usage;
    guint64 started;
    gint64 cpu;

    if (usage->vmm > 0 && read_process(usage->vmm, &cpu, &started) && started == usage->vmm_started)
        usage->cpu_us = MAX(usage->cpu_us, cpu - usage->cpu_start_us);
}

/* Adds the time since the last change. */
static void settle(SbxUsage *usage)
{
    gint64 now = g_get_monotonic_time();

    if (usage->since_us == 0)
        return;
    *(usage->is_paused ? &usage->paused_us : &usage->running_us) += now - usage->since_us;
    usage->since_us = now;
}

void sbx_usage_set_paused(SbxSandbox *sandbox, gboolean paused)
{
    settle(&sandbox->usage);
    sandbox->usage.is_paused = paused;
}

void sbx_usage_end(SbxSandbox *sandbox)
{
    SbxUsageTotal *total = &sandbox->keeper->usage;
    SbxUsage *usage = &sandbox->usage;

    if (usage->since_us == 0)
        return;
    sbx_usage_sample(sandbox);
    settle(usage);
    usage->since_us = 0;
    total->cpu_us += usage->cpu_us;
    total->running_us += usage->running_us;
    total->paused_us += usage->paused_us;
    total->gib_ms += sbx_usage_gib_ms(sandbox, usage->running_us);
    total->paused_gib_ms += sbx_usage_gib_ms(sandbox, usage->paused_us);
}

static gint64 since(const SbxUsage *usage, gboolean paused)
{
    if (usage->since_us == 0 || usage->is_paused != paused)
        return 0;
    return g_get_monotonic_time() - usage->since_us;
}

gint64 sbx_usage_running_us(const SbxSandbox *sandbox)
{
    return sandbox->usage.running_us + since(&sandbox->usage, FALSE);
}

gint64 sbx_usage_paused_us(const SbxSandbox *sandbox)
{
    return sandbox->usage.paused_us + since(&sandbox->usage, TRUE);
}

gint64 sbx_usage_gib_ms(const SbxSandbox *sandbox, gint64 time_us)
{
    return (gint64)(sandbox->config.memory >> 20) * (time_us / 1000) / 1024;
}

/* Those that are there, on top of those that were. */
static void add_sandbox(SbxUsageTotal *total, SbxSandbox *sandbox)
{
    gint64 running = sbx_usage_running_us(sandbox);
    gint64 paused = sbx_usage_paused_us(sandbox);

    if (sandbox->usage.since_us == 0)
        return;
    sbx_usage_sample(sandbox);
    total->cpu_us += sandbox->usage.cpu_us;
    total->running_us += running;
    total->paused_us += paused;
    total->gib_ms += sbx_usage_gib_ms(sandbox, running);
    total->paused_gib_ms += sbx_usage_gib_ms(sandbox, paused);
}

void sbx_usage_method_total(SbxKeeper *keeper, SbxRequest *request)
{
    g_autoptr(GPtrArray) sandboxes = sbx_keeper_sandboxes(keeper, TRUE);
    SbxUsageTotal total = keeper->usage;
    JsonObject *result = json_object_new();

    for (guint i = 0; i < sandboxes->len; i++)
        add_sandbox(&total, sandboxes->pdata[i]);
    json_object_set_int_member(result, "sandboxes", (gint64)total.sandboxes);
    json_object_set_int_member(result, "cpu", total.cpu_us);
    json_object_set_int_member(result, "uptime", total.running_us / 1000);
    json_object_set_int_member(result, "paused", total.paused_us / 1000);
    json_object_set_int_member(result, "memory_time", total.gib_ms);
    json_object_set_int_member(result, "memory_paused", total.paused_gib_ms);
    json_object_set_int_member(result, "network_received", 0);
    json_object_set_int_member(result, "network_sent", 0);
    sbx_request_reply(request, result, NULL, 0);
}
