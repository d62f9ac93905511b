/* cgroup.h: a cgroup of its own for each command, all below one that holds the limits. */
#ifndef SBX_CGROUP_H
#define SBX_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

struct cgroup {
    int fd; /* -1: the command has none */
    uint64_t serial;
};

/* The file system is mounted there. Fatal when the parent cgroup cannot be made. */
void cgroup_init(const char *mount_point);
/* Always succeeds with fd -1 when cgroups are off; false with errno otherwise. */
bool cgroup_create(struct cgroup *out);
/* False when there is no cgroup to kill in. SIGKILL is atomic, other signals go to each member. */
bool cgroup_signal(const struct cgroup *cgroup, int number);
/* Whether the OOM killer has struck in it. */
bool cgroup_saw_oom(const struct cgroup *cgroup);
/* Removed at once when empty, otherwise when its last process is gone. */
void cgroup_release(struct cgroup *cgroup);
/* An orphan was reaped: removes those that became empty. */
void cgroup_collect(void);

#endif
