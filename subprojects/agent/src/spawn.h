/* spawn.h: from a command as it arrived to a running process. */
#ifndef SBX_SPAWN_H
#define SBX_SPAWN_H

#include "process.h"

/* Fills in pid, flags, pipes and cgroup; or the failure, whose text is good until the next call. */
bool spawn(struct process *process, const uint8_t *body, size_t length,
           struct sbx_failure *failure);

#endif
