/* metrics.h: figures of the machine, and of a process that has no cgroup. */
#ifndef SBX_METRICS_H
#define SBX_METRICS_H

#include "protocol.h"

#include <sys/types.h>

/* Once the root file system is there: what has a path then may have none later. */
void metrics_init(void);
void metrics_read(struct sbx_metrics *out);
/* From /proc; what cannot be read is left alone. */
void metrics_of_process(pid_t pid, struct sbx_usage *out);

#endif
