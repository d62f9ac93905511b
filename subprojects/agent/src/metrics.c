/* metrics.c: reads /proc by a descriptor that was opened before anybody could unmount it. */
#include "metrics.h"

#include "agent.h"
#include "cgroup.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

static int proc_fd = -1;
static int disk_fd = -1;

void metrics_init(void)
{
    proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    disk_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* The beginning of a file of /proc; empty when it cannot be read. */
static void read_proc(const char *name, char *text, size_t size)
{
    int fd = openat(proc_fd, name, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, size - 1) : 0;

    text[n > 0 ? n : 0] = 0;
    if (fd >= 0)
        close(fd);
}

static uint64_t ticks_to_us(uint64_t ticks)
{
    return ticks * 1000000u / (uint64_t)sysconf(_SC_CLK_TCK);
}

/* From "cpu user nice system idle iowait irq softirq steal": all but idle and iowait. */
static uint64_t cpu_time(void)
{
    char text[512];
    uint64_t field[8] = {0};
    char *at = text + 4;

    read_proc("stat", text, sizeof text);
    if (strncmp(text, "cpu ", 4) != 0)
        return 0;
    for (int i = 0; i < 8; i++)
        field[i] = strtoull(at, &at, 10);
    return ticks_to_us(field[0] + field[1] + field[2] + field[5] + field[6] + field[7]);
}

static uint64_t memory_available(void)
{
    static const char key[] = "\nMemAvailable:";
    char text[1024];

    read_proc("meminfo", text, sizeof text);
    const char *line = strstr(text, key);
    return line != NULL ? strtoull(line + sizeof key - 1, NULL, 10) * 1024 : 0;
}

void metrics_read(struct sbx_metrics *out)
{
    struct sysinfo info;
    struct statvfs disk;

    *out = (struct sbx_metrics){
        .uptime = agent_clock(CLOCK_BOOTTIME),
        .cpu_time = cpu_time(),
        .memory_available = memory_available(),
        .memory_peak = cgroup_peak_of_all(),
    };
    if (sysinfo(&info) == 0) {
        out->memory_total = (uint64_t)info.totalram * info.mem_unit;
        out->tasks = info.procs;
        out->load = (uint64_t)info.loads[0] * 1000 >> SI_LOAD_SHIFT;
    }
    if (disk_fd >= 0 && fstatvfs(disk_fd, &disk) == 0) {
        out->disk_total = (uint64_t)disk.f_blocks * disk.f_frsize;
        out->disk_free = (uint64_t)disk.f_bavail * disk.f_frsize;
    }
}

void metrics_of_process(pid_t pid, struct sbx_usage *out)
{
    char name[32], text[1024];
    unsigned long user, system, threads;

    snprintf(name, sizeof name, "%d/stat", (int)pid);
    read_proc(name, text, sizeof text);
    /* The program's name may hold anything, so the last parenthesis ends it. */
    const char *rest = strrchr(text, ')');
    if (rest == NULL ||
        sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %lu",
               &user, &system, &threads) != 3)
        return;
    out->cpu_user = ticks_to_us(user);
    out->cpu_system = ticks_to_us(system);
    out->tasks = threads;
    snprintf(name, sizeof name, "%d/statm", (int)pid);
    read_proc(name, text, sizeof text);
    const char *resident = strchr(text, ' ');
    if (resident != NULL)
        out->memory = strtoull(resident, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}
