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
    if (!make_parent())
        agent_fatal("cannot make the commands' cgroup: %s", strerror(errno));
}

static void name_of(uint64_t serial, char out[24])
{
    snprintf(out, 24, "%" PRIu64, serial);
}

bool cgroup_create(struct cgroup *out)
{
    char name[24];

    out->fd = -1;
    if (root_fd < 0)
        return true;
    while (kept_count > 0) {
        *out = kept[--kept_count];
        if (faccessat(out->fd, "cgroup.events", F_OK, 0) == 0)
            return true;
        close(out->fd); /* root in the guest removed it */
    }
    out->serial = ++last_serial;
    name_of(out->serial, name);
    if (mkdirat(parent_fd, name, 0755) < 0) {
        if (errno != ENOENT && errno != ENODEV)
            return false;
        if (!make_parent() || mkdirat(parent_fd, name, 0755) < 0)
            return false;
    }
    out->fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    return out->fd >= 0;
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

/* The number after the key in a file of "key number" lines; otherwise when it cannot be read. */
static unsigned long read_count(int dir, const char *name, const char *key, unsigned long otherwise)
{
    char text[512];

    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return otherwise;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = 0;
    const char *count = strstr(text, key);
    return count != NULL ? strtoul(count + strlen(key), NULL, 10) : otherwise;
}

bool cgroup_saw_oom(const struct cgroup *cgroup)
{
    return cgroup->fd >= 0 && read_count(cgroup->fd, "memory.events", "\noom_kill ", 0) > 0;
}

/* As good as new: nobody in it, and no trace of an earlier OOM kill. */
static bool is_reusable(const struct cgroup *cgroup)
{
    return read_count(cgroup->fd, "cgroup.events", "populated ", 1) == 0 &&
           read_count(cgroup->fd, "memory.events", "\noom_kill ", 1) == 0;
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
    if (kept_count < KEEP && is_reusable(cgroup)) {
        kept[kept_count++] = *cgroup;
        cgroup->fd = -1;
        return;
    }
    close(cgroup->fd);
    cgroup->fd = -1;
    if (remove_directory(cgroup->serial))
        return;
    struct lingering *entry = malloc(sizeof *entry);
    if (entry == NULL)
        return;
    entry->serial = cgroup->serial;
    entry->next = lingering_list;
    lingering_list = entry;
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
