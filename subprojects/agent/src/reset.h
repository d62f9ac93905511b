/* reset.h: the port by which a clone of a running machine is told to begin a new session. */
#ifndef SBX_RESET_H
#define SBX_RESET_H

/* Takes fd over; -1: this machine has no such port. */
void reset_init(int fd);

#endif
