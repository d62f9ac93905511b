/* agent-run.h: commands run by the real agent (SBX_TEST_AGENT) in its test mode, over a socketpair,
 * for tests of single features. */
#ifndef SBX_TEST_AGENT_RUN_H
#define SBX_TEST_AGENT_RUN_H

#include "agent/session.h"

#include <check.h>
#include <sys/types.h>

/* What the .bashrc of whoever runs the tests does is none of their business. */
extern const char *const no_rc[];

/* The agent at the other end of a stream and, unless that is -1, of a port for resets. Both stay
 * the caller's. It has the cgroup of the fixture below, if any. */
pid_t agent_start(int fd, int reset_fd);
/* It ends by itself, since the stream has ended, and its sanitizers had nothing to say. */
void agent_await_end(pid_t pid);

extern SbxAgentSession *agent_session;

/* Checked fixtures. The second gives the agent a cgroup of its own; see agent_has_cgroups. */
void agent_set_up(void);
void agent_set_up_with_cgroups(void);
void agent_tear_down(void);
/* False on a machine where the tests may make none. */
gboolean agent_has_cgroups(void);

/* One command, its streams and its end. */
typedef struct {
    SbxAgentProcess *process;
    GString *out;
    int in_fd;             /* write to it; -1 without input */
    gboolean started, exited, notified, output_ended;
    int pid;
    SbxAgentExit exit;
    GError *start_error, *exit_error;
} AgentRun;

/* With input when wanted; its output is collected. Returns when it runs, or has failed to. */
AgentRun *agent_run(const SbxAgentCommand *command, gboolean with_input);
/* Until the output holds that text, or has ended: false. */
gboolean agent_run_shows(AgentRun *run, const char *text);
void agent_run_type(AgentRun *run, const char *text);
/* Until it has exited and its output has ended. */
void agent_run_finish(AgentRun *run);
void agent_run_free(AgentRun *run);

void agent_run_until(const gboolean *flag);
/* The answer to a ping, so all that was sent before has been dealt with. */
void agent_round_trip(void);
/* Runs the tests of one case. */
int agent_test_main(const char *name, TCase *tests);

#endif
