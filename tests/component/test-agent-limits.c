/* test-agent-limits.c: what commands take and may take, as far as it does not need a machine of
 * its own: causes, usage, metrics, the limit of CPU time. */
#include "agent-run.h"

#include <sandbox/process.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static AgentRun *sh(const char *script)
{
    SbxAgentCommand command = {.env = no_rc, .script = script, .output_ends_at_exit = TRUE};
    AgentRun *run = agent_run(&command, FALSE);

    ck_assert_msg(run->start_error == NULL, "%s",
                  run->start_error != NULL ? run->start_error->message : "");
    return run;
}

static SbxAgentExit ended(const char *script)
{
    AgentRun *run = sh(script);
    SbxAgentExit end;

    agent_run_finish(run);
    end = run->exit;
    agent_run_free(run);
    return end;
}

START_TEST(causes)
{
    ck_assert_int_eq(ended("exit 3").cause, SBX_CAUSE_EXIT);
    ck_assert_int_eq(ended("kill -TERM $$").cause, SBX_CAUSE_SIGNAL);
    ck_assert_int_eq(ended("kill -KILL $$").cause, SBX_CAUSE_SIGNAL);
}
END_TEST

/* The end of its output is told with its exit, also when it came long before. */
START_TEST(closes_its_output_early)
{
    AgentRun *run = sh("echo out; exec >&- 2>&-; kill -STOP $$; exit 3");

    ck_assert(agent_run_shows(run, "out\n"));
    agent_round_trip();
    ck_assert(!run->exited && !run->output_ended);
    sbx_agent_process_signal(run->process, SIGCONT, SBX_AGENT_SCOPE_PROCESS, NULL, NULL);
    while (!run->exited) {
        agent_round_trip();
        sbx_agent_process_signal(run->process, SIGCONT, SBX_AGENT_SCOPE_PROCESS, NULL, NULL);
    }
    agent_run_finish(run);
    ck_assert_int_eq(run->exit.status, 3);
    ck_assert_str_eq(run->out->str, "out\n");
    agent_run_free(run);
}
END_TEST

/* CPU time counts children too, also those that nobody waited for. */
START_TEST(what_it_took)
{
    SbxAgentExit end = ended("for ((i = 0; i < 100000; i++)); do :; done");

    ck_assert_uint_gt(end.cpu_user_us + end.cpu_system_us, 10000);
    ck_assert_uint_ge(end.wall_ns / 1000, (end.cpu_user_us + end.cpu_system_us) / 2);
    ck_assert_uint_ge(end.peak_memory, 1 << 20);
    if (!agent_has_cgroups())
        return;
    end = ended("(for ((i = 0; i < 100000; i++)); do :; done; kill -KILL $$) & wait");
    ck_assert_uint_gt(end.cpu_user_us + end.cpu_system_us, 10000);
    /* The cgroup of the one before is used again, but not its figures. */
    ck_assert_uint_lt(ended("true").cpu_user_us, end.cpu_user_us + end.cpu_system_us);
}
END_TEST

typedef struct {
    gboolean done;
    SbxAgentUsage usage;
    SbxAgentMetrics metrics;
    int error; /* -1: none */
} Figures;

static void on_usage(SbxAgentProcess *process, const SbxAgentUsage *usage, const GError *error,
                     gpointer data)
{
    Figures *figures = data;

    (void)process;
    figures->done = TRUE;
    figures->error = error != NULL ? error->code : -1;
    if (usage != NULL)
        figures->usage = *usage;
}

static void on_metrics(SbxAgentSession *session, const SbxAgentMetrics *metrics,
                       const GError *error, gpointer data)
{
    Figures *figures = data;

    (void)session;
    figures->done = TRUE;
    figures->error = error != NULL ? error->code : -1;
    if (metrics != NULL)
        figures->metrics = *metrics;
}

static Figures usage_of(AgentRun *run)
{
    Figures figures = {0};

    sbx_agent_process_get_usage(run->process, on_usage, &figures);
    ck_assert(!figures.done);
    agent_run_until(&figures.done);
    return figures;
}

START_TEST(usage_while_it_runs)
{
    AgentRun *run = sh("for ((i = 0; i < 100000; i++)); do :; done;"
                       "echo ready; read < <(sleep 60)");
    Figures figures;

    ck_assert(agent_run_shows(run, "ready"));
    figures = usage_of(run);
    ck_assert_int_eq(figures.error, -1);
    ck_assert_uint_gt(figures.usage.cpu_user_us + figures.usage.cpu_system_us, 10000);
    if (!agent_has_cgroups())
        ck_assert_uint_gt(figures.usage.memory, 1 << 20);
    if (!agent_has_cgroups())
        ck_assert_uint_eq(figures.usage.tasks, 1);
    sbx_agent_process_signal(run->process, SIGKILL, SBX_AGENT_SCOPE_GROUP, NULL, NULL);
    agent_run_finish(run);
    figures = usage_of(run);
    ck_assert_int_eq(figures.error, SBX_AGENT_ERROR_NO_PROCESS);
    agent_run_free(run);
}
END_TEST

START_TEST(metrics_of_the_machine)
{
    Figures figures = {0};
    uint64_t uptime;

    sbx_agent_session_get_metrics(agent_session, on_metrics, &figures);
    agent_run_until(&figures.done);
    ck_assert_int_eq(figures.error, -1);
    uptime = figures.metrics.uptime_ns;
    ck_assert_uint_gt(uptime, 0);
    ck_assert_uint_gt(figures.metrics.cpu_time_us, 0);
    ck_assert_uint_eq(figures.metrics.memory_total,
                      (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE));
    ck_assert_uint_gt(figures.metrics.memory_available, 0);
    ck_assert_uint_gt(figures.metrics.disk_total, figures.metrics.disk_free);
    ck_assert_uint_gt(figures.metrics.tasks, 1);
    figures.done = FALSE;
    sbx_agent_session_get_metrics(agent_session, on_metrics, &figures);
    agent_run_until(&figures.done);
    ck_assert_uint_gt(figures.metrics.uptime_ns, uptime);
}
END_TEST

START_TEST(metrics_of_a_closed_session)
{
    Figures figures = {0};

    sbx_agent_session_get_metrics(agent_session, on_metrics, &figures);
    sbx_agent_session_close(agent_session);
    agent_run_until(&figures.done);
    ck_assert_int_eq(figures.error, SBX_AGENT_ERROR_CLOSED);
    figures.done = FALSE;
    sbx_agent_session_get_metrics(agent_session, on_metrics, &figures);
    agent_run_until(&figures.done);
    ck_assert_int_eq(figures.error, SBX_AGENT_ERROR_CLOSED);
}
END_TEST

static AgentRun *limited(const char *script, guint cpu_ms, uint64_t memory)
{
    SbxAgentCommand command = {.env = no_rc,
                               .script = script,
                               .cpu_limit_us = cpu_ms * 1000,
                               .memory_limit = memory,
                               .output_ends_at_exit = TRUE};
    return agent_run(&command, FALSE);
}

/* Without cgroups nothing can be limited, and nothing is run as if it were. */
START_TEST(limits_that_cannot_be_kept)
{
    AgentRun *run = limited("echo ran", 100, 0);

    ck_assert_ptr_nonnull(run->start_error);
    agent_run_finish(run);
    ck_assert_str_eq(run->out->str, "");
    agent_run_free(run);
    run = limited("echo ran", 0, 64 << 20);
    ck_assert_ptr_nonnull(run->start_error);
    agent_run_finish(run);
    agent_run_free(run);
}
END_TEST

START_TEST(cpu_time_used_up)
{
    AgentRun *run;

    if (!agent_has_cgroups())
        return;
    /* It ignores what can be ignored, and children do the work. */
    run = limited("trap '' TERM INT HUP; (while :; do :; done) & (while :; do :; done) & wait", 300,
                  0);
    agent_run_finish(run);
    ck_assert_int_eq(run->exit.cause, SBX_CAUSE_CPU);
    ck_assert(run->exit.signalled && run->exit.status == SIGKILL);
    ck_assert_uint_ge(run->exit.cpu_user_us + run->exit.cpu_system_us, 300000);
    ck_assert_uint_lt(run->exit.cpu_user_us + run->exit.cpu_system_us, 600000);
    agent_run_free(run);
}
END_TEST

/* Waiting costs nothing, and what ends in time is not touched. */
START_TEST(cpu_time_not_used_up)
{
    AgentRun *run;

    if (!agent_has_cgroups())
        return;
    run = limited("sleep 0.7; exit 3", 300, 0);
    agent_run_finish(run);
    ck_assert_int_eq(run->exit.cause, SBX_CAUSE_EXIT);
    ck_assert_int_eq(run->exit.status, 3);
    agent_run_free(run);
}
END_TEST

/* The limit outlives the main process, as what it started does. */
START_TEST(cpu_time_of_what_is_left_behind)
{
    AgentRun *run;
    int child;

    if (!agent_has_cgroups())
        return;
    run = limited("(while :; do :; done) >&- 2>&- & echo $!", 200, 0);
    agent_run_finish(run);
    ck_assert_int_eq(run->exit.cause, SBX_CAUSE_EXIT);
    child = atoi(run->out->str);
    ck_assert_int_gt(child, 1);
    agent_run_free(run);
    while (kill(child, 0) == 0)
        agent_round_trip();
}
END_TEST

static void add_common(TCase *tests)
{
    tcase_add_test(tests, causes);
    tcase_add_test(tests, closes_its_output_early);
    tcase_add_test(tests, what_it_took);
    tcase_add_test(tests, usage_while_it_runs);
    tcase_add_test(tests, metrics_of_the_machine);
    tcase_add_test(tests, metrics_of_a_closed_session);
}

int main(void)
{
    TCase *plain = tcase_create("without cgroups"), *grouped = tcase_create("with cgroups");

    tcase_add_checked_fixture(plain, agent_set_up, agent_tear_down);
    add_common(plain);
    tcase_add_test(plain, limits_that_cannot_be_kept);
    tcase_add_checked_fixture(grouped, agent_set_up_with_cgroups, agent_tear_down);
    add_common(grouped);
    tcase_add_test(grouped, cpu_time_used_up);
    tcase_add_test(grouped, cpu_time_not_used_up);
    tcase_add_test(grouped, cpu_time_of_what_is_left_behind);
    return agent_test_main("agent-limits", plain) | agent_test_main("agent-limits", grouped);
}
