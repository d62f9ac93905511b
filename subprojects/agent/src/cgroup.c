/* cgroup.c: cgroup v2 by directory descriptors only, so that it keeps working after root in the
 * guest unmounted or deleted everything that has a path. */
#include "cgroup.h"

#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

/* What the kernel and the agent keep of the machine's memory when commands want it all. Kernel
 * memory that is not charged to a cgroup grows with the machine, hence the second part. */
enum { RESERVE_MIB = 40, RESERVE_PER_MEMORY = 64, KEEP = 4 };
#define PIDS_MAX "16384"

struct lingering {
    struct lingering *next;
    uint64_t serial;
};

static int root_fd = -1;
static int parent_fd = -1;
static uint64_t last_serial;
static struct lingering *lingering_list;
/* Empty ones kept for the next command: making and removing one costs more than a third of what
 * running a small program does. */
static struct cgroup kept[KEEP];
static size_t kept_count;

static bool write_at(int dir, const char *name, const char *value)
{
    int fd = openat(dir, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    ssize_t n = write(fd, value, strlen(value));
    close(fd);
    return n >= 0;
}

static void limit_parent(void)
{
    struct sysinfo info;
    char text[32];

    if (sysinfo(&info) == 0) {
        uint64_t total = (uint64_t)info.totalram * info.mem_unit;
        uint64_t reserve = ((uint64_t)RESERVE_MIB << 20) + total / RESERVE_PER_MEMORY;
        if (total > 2 * reserve) {
            snprintf(text, sizeof text, "%" PRIu64, total - reserve);
            write_at(parent_fd, "memory.max", text);
        }
    }
    write_at(parent_fd, "pids.max", PIDS_MAX);
    write_at(parent_fd, "cgroup.subtree_control", "+memory");
    write_at(parent_fd, "cgroup.subtree_control", "+pids");
    write_at(parent_fd, "cgroup.subtree_control", "+io");
}

static bool make_parent(void)
{
    if (parent_fd >= 0)
        close(parent_fd);
    mkdirat(root_fd, "sbx", 0755);
    parent_fd = openat(root_fd, "sbx", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (parent_fd < 0)
        return false;
    limit_parent();
    return true;
}

void cgroup_init(const char *mount_point)
{
    root_fd = open(mount_point, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root_fd < 0)
        agent_fatal("cannot open %s: %s", mount_point, strerror(errno));
    /* One by one: a kernel without one of them still gives the others. */
    write_at(root_fd, "cgroup.subtree_control", "+memory");
    write_at(root_fd, "cgroup.subtree_control", "+pids");
    write_at(root_fd, "cgroup.subtree_control", "+cpu");
    write_at(root_fd, "cgroup.subtree_control", "+io");
    if (!make_parent())
        agent_fatal("cannot make the commands' cgroup: %s", strerror(errno));
}

int cgroup_parent_fd(void)
{
    return parent_fd;
}

static void name_of(uint64_t serial, char out[24])
{
    snprintf(out, 24, "%" PRIu64, serial);
}

static bool write_number(int dir, const char *name, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRIu64, value);
    return write_at(dir, name, text);
}

static bool take_kept(struct cgroup *out)
{
    if (kept_count == 0)
        return false;
    *out = kept[--kept_count];
    cgroup_begin(out);
    out->reused = true;
    out->settled = out->begun = false;
    return true;
}

static bool make_new(struct cgroup *out)
{
    char name[24];

    out->serial = ++last_serial;
    name_of(out->serial, name);
    if (mkdirat(parent_fd, name, 0755) < 0) {
        if (errno != ENOENT && errno != ENODEV)
            return false;
        if (!make_parent() || mkdirat(parent_fd, name, 0755) < 0)
            return false;
    }
    out->fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (out->fd < 0)
        return false;
    cgroup_open_files(out);
    return true;
}

static bool set_limits(const struct cgroup *cgroup, const struct cgroup_limits *limits)
{
    if (limits->memory > 0 && !write_number(cgroup->fd, "memory.max", limits->memory))
        return false;
    /* A kernel without swap has no such file, and needs none. */
    if (limits->memory > 0 && !write_number(cgroup->fd, "memory.swap.max", 0) && errno != ENOENT)
        return false;
    return limits->tasks == 0 || write_number(cgroup->fd, "pids.max", limits->tasks);
}

bool cgroup_create(const struct cgroup_limits *limits, struct cgroup *out)
{
    bool limited = limits->memory > 0 || limits->tasks > 0 || limits->cpu;

    *out = CGROUP_NONE;
    if (root_fd < 0) {
        errno = ENOTSUP;
        return !limited;
    }
    if (!limited && take_kept(out))
        return true;
    if (!make_new(out))
        return false;
    out->limited = limited;
    if (set_limits(out, limits))
        return true;
    int error = errno;
    cgroup_release(out);
    errno = error;
    return false;
}

bool cgroup_replace(struct cgroup *cgroup)
{
    if (!cgroup->reused)
        return false;
    cgroup_close_files(cgroup);
    while (kept_count > 0)
        cgroup_close_files(&kept[--kept_count]);
    return make_new(cgroup);
}

static void signal_members(int fd, int number)
{
    char line[32];
    int list = openat(fd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
    FILE *file = list >= 0 ? fdopen(list, "r") : NULL;

    if (file == NULL) {
        if (list >= 0)
            close(list);
        return;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        long pid = strtol(line, NULL, 10);
        if (pid > 1)
            kill((pid_t)pid, number);
    }
    fclose(file);
}

bool cgroup_signal(const struct cgroup *cgroup, int number)
{
    if (cgroup->fd < 0)
        return false;
    if (number == SIGKILL && write_at(cgroup->fd, "cgroup.kill", "1"))
        return true;
    signal_members(cgroup->fd, number);
    return true;
}

/* As good as new: nobody in it, no trace of an earlier OOM kill, and little of the file cache that
 * its command has filled, which the next one would be charged for. */
static bool is_reusable(const struct cgroup *cgroup)
{
    if (cgroup->limited || kept_count >= KEEP)
        return false;
    return cgroup->settled ||
           (!cgroup_populated(cgroup) && !cgroup_saw_oom(cgroup) &&
            cgroup_read_number(cgroup->fd, "memory.current") <= CGROUP_KEEP_MEMORY);
}

static bool remove_directory(uint64_t serial)
{
    char name[24];
    name_of(serial, name);
    return unlinkat(parent_fd, name, AT_REMOVEDIR) == 0 || errno != EBUSY;
}

void cgroup_release(struct cgroup *cgroup)
{
    if (cgroup->fd < 0)
        return;
    if (is_reusable(cgroup)) {
        kept[kept_count++] = *cgroup;
        *cgroup = CGROUP_NONE;
        return;
    }
    uint64_t serial = cgroup->serial;
    cgroup_close_files(cgroup);
    if (remove_directory(serial))
        return;
    struct lingering *entry = malloc(sizeof *entry);
    if (entry == NULL)
        return;
    entry->serial = serial;
    entry->next = lingering_list;
    lingering_list = entry;
}

void cgroup_settle(void)
{
    for (size_t i = 0; i < kept_count; i++)
        cgroup_begin(&kept[i]);
}

void cgroup_collect(void)
{
    for (struct lingering **at = &lingering_list; *at != NULL;) {
        struct lingering *entry = *at;
        if (!remove_directory(entry->serial)) {
            at = &entry->next;
            continue;
        }
        *at = entry->next;
        free(entry);
    }
}
