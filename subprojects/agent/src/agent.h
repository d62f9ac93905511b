/* agent.h: how this agent was started, and the ways it ends. */
#ifndef SBX_AGENT_H
#define SBX_AGENT_H

#include <stdbool.h>
#include <stdint.h>

#define AGENT_VERSION "0.1.0"

struct agent_mode {
    bool init;       /* PID 1 of a guest; otherwise the test mode on an ordinary machine */
    bool no_cgroup;  /* commands stay in the agent's own cgroup */
    const char *cgroup; /* below which commands get theirs; NULL: where it is mounted */
    bool user_self;  /* commands run as whoever runs the agent, whatever user they ask for */
};

extern struct agent_mode agent_mode;
extern uint64_t agent_boot_started; /* CLOCK_BOOTTIME, ns */
extern uint64_t agent_boot_ready;

uint64_t agent_clock(int clock); /* ns */

/* Prints "sbx-agent: fatal: ..." to the console (test mode: standard error), ends the machine. */
_Noreturn void agent_fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The host hung up: powers off, or exits in the test mode. */
_Noreturn void agent_end(int status);
/* Descriptors 0 to 2 become /dev/null, so that no other descriptor takes their place; standard
 * error stays in the test mode. */
void agent_redirect_stdio(void);
/* Where agent_fatal writes. */
void agent_set_console(int fd);

#endif
