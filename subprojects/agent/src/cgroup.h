/* cgroup.h: a cgroup of its own for each command, all below one that holds the limits. */
#ifndef SBX_CGROUP_H
#define SBX_CGROUP_H

#include "protocol.h"

#include <stdbool.h>
#include <stdint.h>

/* Its files that are read for every command stay open for as long as it is used; each may be -1. */
struct cgroup {
    int fd;      /* -1: the command has none */
    int events;  /* cgroup.events */
    int cpu;     /* cpu.stat */
    int memory;  /* memory.events */
    int peak;    /* memory.peak */
    uint64_t serial;
    bool limited; /* made for one command, never kept for another */
    bool reused;  /* an earlier command's */
    bool settled; /* nobody is in it any more, and its counters are as it left them */
    bool begun;   /* ready for its next command */
    /* What earlier commands have left in its counters. */
    uint64_t user_before, system_before;
};

#define CGROUP_NONE ((struct cgroup){.fd = -1, .events = -1, .cpu = -1, .memory = -1, .peak = -1})

/* How much may be charged to one that is kept. */
enum { CGROUP_KEEP_MEMORY = 4 << 20 };

/* 0: no limit. */
struct cgroup_limits {
    uint64_t memory; /* bytes; nothing of it may be swapped out */
    uint32_t tasks;  /* processes and threads */
    bool cpu;        /* somebody watches its CPU time */
};

/* The file system is mounted there. Fatal when the parent cgroup cannot be made. */
void cgroup_init(const char *mount_point);
/* False with errno. Without limits it always succeeds, as CGROUP_NONE, when cgroups are off. */
bool cgroup_create(const struct cgroup_limits *limits, struct cgroup *out);
/* The command could not be started in it: a new one, when this one was an earlier command's, which
 * root in the guest may have removed since. */
bool cgroup_replace(struct cgroup *cgroup);
/* False when there is no cgroup to kill in. SIGKILL is atomic, other signals go to each member. */
bool cgroup_signal(const struct cgroup *cgroup, int number);
/* Removed at once when empty, otherwise when its last process is gone. */
void cgroup_release(struct cgroup *cgroup);
/* Makes the kept ones ready for what comes next; for when there is nothing better to do. */
void cgroup_settle(void);
/* An orphan was reaped: removes those that became empty. */
void cgroup_collect(void);

/* --- cgroup-usage.c */
void cgroup_open_files(struct cgroup *cgroup);
void cgroup_close_files(struct cgroup *cgroup);
/* From here on it counts for a new command; whether it is as new was looked at. */
void cgroup_begin(struct cgroup *cgroup);
/* Whether anybody is in it; true when that cannot be found out. */
bool cgroup_populated(const struct cgroup *cgroup);
/* Whether the OOM killer has struck in it. */
bool cgroup_saw_oom(const struct cgroup *cgroup);
/* Its command has exited: as cgroup_measure, and whether the OOM killer has struck. */
bool cgroup_finish(struct cgroup *cgroup, struct sbx_usage *out, bool *oom);
/* CPU time and peak memory of its command; false when there is no cgroup to ask. */
bool cgroup_measure(const struct cgroup *cgroup, struct sbx_usage *out);
/* The same and the rest of a usage. */
bool cgroup_usage(const struct cgroup *cgroup, struct sbx_usage *out);
/* The most memory all commands together have used; 0: not known. */
uint64_t cgroup_peak_of_all(void);
/* A number in a file that holds nothing else; 0 when it cannot be read. */
uint64_t cgroup_read_number(int dir, const char *name);
/* The directory of all commands' cgroups, or -1. */
int cgroup_parent_fd(void);

#endif
