/* cpu-limit.h: kills a cgroup when it has used up its CPU time. */
#ifndef SBX_CPU_LIMIT_H
#define SBX_CPU_LIMIT_H

#include "cgroup.h"

struct cpu_limit;

/* From now on; NULL with errno. The cgroup may be released before the limit is. */
struct cpu_limit *cpu_limit_start(const struct cgroup *cgroup, uint64_t microseconds);
/* Whether it has killed; NULL: no. */
bool cpu_limit_reached(const struct cpu_limit *limit);
/* Nobody asks any more. It stays in force until nobody is left in the cgroup. NULL is fine. */
void cpu_limit_release(struct cpu_limit *limit);

#endif
