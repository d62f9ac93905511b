/* worker.h: what the agent does in a process of its own, for the keeper, with some user's rights.
 *
 * A worker is this same binary, executed as any command is, with WORKER_OPTION and the worker's name
 * and arguments. It talks by its standard streams, and ends like any command. */
#ifndef SBX_WORKER_H
#define SBX_WORKER_H

#include <stdbool.h>

#define WORKER_OPTION "--worker"

/* First thing, while the binary can still be found. */
void worker_init(void);
int worker_program_fd(void);
bool worker_exists(const char *name);

/* In the process that is one: */
bool worker_asked_for(int argc, char **argv);
/* Runs the worker argv[0]; returns its exit code. */
int worker_main(int argc, char **argv);

#endif
