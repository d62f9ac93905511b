/* cpu-limit.c: a timer for each, set to the earliest moment at which what is left can be used up:
 * when all processors work for this cgroup alone. Then what was really used is looked up, and the
 * timer set again for what is left now, or the cgroup killed. */
#include "cpu-limit.h"

#include "loop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/sysinfo.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* The kernel's accounts are not finer than this by much, and a killed process runs to its next
 * entry to the kernel anyway. */
enum { MIN_SLEEP_US = 2000, MAX_SLEEP_US = 60000000 };

struct cpu_limit {
    struct garbage garbage;
    struct source timer;
    struct cgroup cgroup; /* descriptors of its own */
    uint64_t microseconds;
    bool reached;
    bool released;
};

static uint64_t used(const struct cpu_limit *limit)
{
    struct sbx_usage usage = {0};

    cgroup_measure(&limit->cgroup, &usage);
    return usage.cpu_user + usage.cpu_system;
}

static void discard(struct cpu_limit *limit)
{
    loop_close(&limit->timer);
    cgroup_close_files(&limit->cgroup);
    loop_free_later(&limit->garbage);
}

static bool arm(struct cpu_limit *limit, uint64_t left)
{
    uint64_t sleep = left / (uint64_t)get_nprocs();

    if (sleep < MIN_SLEEP_US)
        sleep = MIN_SLEEP_US;
    if (sleep > MAX_SLEEP_US)
        sleep = MAX_SLEEP_US;
    struct itimerspec when = {.it_value = {.tv_sec = (time_t)(sleep / 1000000),
                                           .tv_nsec = (long)(sleep % 1000000) * 1000}};
    return timerfd_settime(limit->timer.fd, 0, &when, NULL) == 0;
}

static void strike(struct cpu_limit *limit)
{
    limit->reached = true;
    cgroup_signal(&limit->cgroup, SIGKILL);
    loop_close(&limit->timer);
    if (limit->released)
        discard(limit);
}

static void time_to_look(struct source *source, uint32_t events)
{
    struct cpu_limit *limit =
        (struct cpu_limit *)(void *)((char *)source - offsetof(struct cpu_limit, timer));
    uint64_t expirations;

    (void)events;
    if (read(source->fd, &expirations, sizeof expirations) < 0)
        return;
    uint64_t so_far = used(limit);
    if (so_far >= limit->microseconds)
        strike(limit);
    else if (limit->released && !cgroup_populated(&limit->cgroup))
        discard(limit);
    else
        arm(limit, limit->microseconds - so_far);
}

struct cpu_limit *cpu_limit_start(const struct cgroup *cgroup, uint64_t microseconds)
{
    struct cpu_limit *limit = calloc(1, sizeof *limit);

    if (limit == NULL)
        return NULL;
    limit->microseconds = microseconds;
    limit->cgroup = CGROUP_NONE;
    limit->timer.fd = -1;
    limit->cgroup.fd = fcntl(cgroup->fd, F_DUPFD_CLOEXEC, 3);
    cgroup_open_files(&limit->cgroup);
    limit->cgroup.user_before = cgroup->user_before;
    limit->cgroup.system_before = cgroup->system_before;
    int fd = limit->cgroup.cpu >= 0
                 ? timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)
                 : -1;
    if (fd >= 0 && loop_add(&limit->timer, fd, EPOLLIN, time_to_look) && arm(limit, microseconds))
        return limit;
    int error = errno;
    discard(limit);
    errno = error;
    return NULL;
}

bool cpu_limit_reached(const struct cpu_limit *limit)
{
    return limit != NULL && limit->reached;
}

void cpu_limit_release(struct cpu_limit *limit)
{
    if (limit == NULL)
        return;
    limit->released = true;
    if (limit->reached || !cgroup_populated(&limit->cgroup))
        discard(limit);
}
