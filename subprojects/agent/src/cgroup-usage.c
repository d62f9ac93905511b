/* cgroup-usage.c: what a cgroup's files tell. */
#include "cgroup.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int open_at(int dir, const char *name, int flags)
{
    return openat(dir, name, flags | O_CLOEXEC | O_NOFOLLOW);
}

void cgroup_open_files(struct cgroup *cgroup)
{
    cgroup->events = open_at(cgroup->fd, "cgroup.events", O_RDONLY);
    cgroup->cpu = open_at(cgroup->fd, "cpu.stat", O_RDONLY);
    cgroup->memory = open_at(cgroup->fd, "memory.events", O_RDONLY);
    /* Writable: whoever has it open can begin anew with it (Linux 6.12). */
    cgroup->peak = open_at(cgroup->fd, "memory.peak", O_RDWR);
    if (cgroup->peak < 0)
        cgroup->peak = open_at(cgroup->fd, "memory.peak", O_RDONLY);
}

void cgroup_close_files(struct cgroup *cgroup)
{
    const int fds[] = {cgroup->fd, cgroup->events, cgroup->cpu, cgroup->memory, cgroup->peak};

    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    *cgroup = CGROUP_NONE;
}

static bool read_text(int fd, char *text, size_t size)
{
    ssize_t n = fd >= 0 ? pread(fd, text, size - 1, 0) : -1;

    text[n > 0 ? n : 0] = 0;
    return n >= 0;
}

/* The number after the key in the text of a file; otherwise when it is not there. */
static uint64_t number_after(const char *text, const char *key, uint64_t otherwise)
{
    const char *at = strstr(text, key);
    return at != NULL ? strtoull(at + strlen(key), NULL, 10) : otherwise;
}

uint64_t cgroup_read_number(int dir, const char *name)
{
    char text[32];
    int fd = open_at(dir, name, O_RDONLY);

    read_text(fd, text, sizeof text);
    if (fd >= 0)
        close(fd);
    return strtoull(text, NULL, 10);
}

bool cgroup_populated(const struct cgroup *cgroup)
{
    char text[128];

    read_text(cgroup->events, text, sizeof text);
    return number_after(text, "populated ", 1) != 0;
}

bool cgroup_saw_oom(const struct cgroup *cgroup)
{
    char text[256];

    read_text(cgroup->memory, text, sizeof text);
    return number_after(text, "\noom_kill ", 0) > 0;
}

static bool read_cpu(const struct cgroup *cgroup, uint64_t *user, uint64_t *system)
{
    char text[256];

    if (!read_text(cgroup->cpu, text, sizeof text))
        return false;
    *user = number_after(text, "\nuser_usec ", 0);
    *system = number_after(text, "\nsystem_usec ", 0);
    return true;
}

void cgroup_begin(struct cgroup *cgroup)
{
    if (cgroup->begun)
        return;
    cgroup->begun = true;
    if (!cgroup->settled)
        read_cpu(cgroup, &cgroup->user_before, &cgroup->system_before);
    if (cgroup->peak >= 0 && pwrite(cgroup->peak, "0", 1, 0) < 0) {
        /* Its peak is another command's. */
        close(cgroup->peak);
        cgroup->peak = -1;
    }
}

bool cgroup_measure(const struct cgroup *cgroup, struct sbx_usage *out)
{
    char text[32];
    uint64_t user, system;

    if (!read_cpu(cgroup, &user, &system))
        return false;
    out->cpu_user = user - cgroup->user_before;
    out->cpu_system = system - cgroup->system_before;
    read_text(cgroup->peak, text, sizeof text);
    out->peak_memory = strtoull(text, NULL, 10);
    return true;
}

bool cgroup_finish(struct cgroup *cgroup, struct sbx_usage *out, bool *oom)
{
    /* First: what is counted after that is all there will be. */
    bool populated = cgroup_populated(cgroup);

    if (!cgroup_measure(cgroup, out))
        return false;
    *oom = cgroup_saw_oom(cgroup);
    cgroup->settled = !populated && !*oom && cgroup->peak >= 0 &&
                      out->peak_memory <= CGROUP_KEEP_MEMORY;
    if (cgroup->settled) {
        cgroup->user_before += out->cpu_user;
        cgroup->system_before += out->cpu_system;
    }
    return true;
}

/* A line a disk: "254:0 rbytes=4096 wbytes=0 rios=1 ..." */
static void read_io(int dir, struct sbx_usage *out)
{
    char text[4096];
    int fd = open_at(dir, "io.stat", O_RDONLY);

    read_text(fd, text, sizeof text);
    if (fd >= 0)
        close(fd);
    for (const char *line = text; *line != 0; line += strspn(line, "\n")) {
        char copy[256];
        size_t length = strcspn(line, "\n");
        snprintf(copy, sizeof copy, "%.*s", (int)length, line);
        out->read_bytes += number_after(copy, " rbytes=", 0);
        out->written_bytes += number_after(copy, " wbytes=", 0);
        line += length;
    }
}

bool cgroup_usage(const struct cgroup *cgroup, struct sbx_usage *out)
{
    if (cgroup->fd < 0 || !cgroup_measure(cgroup, out))
        return false;
    out->memory = cgroup_read_number(cgroup->fd, "memory.current");
    out->tasks = cgroup_read_number(cgroup->fd, "pids.current");
    read_io(cgroup->fd, out);
    return true;
}

uint64_t cgroup_peak_of_all(void)
{
    return cgroup_parent_fd() >= 0 ? cgroup_read_number(cgroup_parent_fd(), "memory.peak") : 0;
}
