/* reaper.h: collects every child, orphans too. */
#ifndef SBX_REAPER_H
#define SBX_REAPER_H

#include <stdbool.h>

void reaper_init(void);
/* Continues after a pause for fairness; true when there may be more. */
bool reaper_continue(void);

#endif
