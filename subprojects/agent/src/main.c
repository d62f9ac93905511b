/* main.c: PID 1 of a guest; or a server on an inherited socket, for tests:
 *
 *   sbx-agent --socket-fd N [--reset-fd N] [--no-cgroup] [--user-self]
 *
 * or, run by either, a worker of theirs (see worker.h).
 */
#include "agent.h"
#include "boot.h"
#include "cgroup.h"
#include "identity.h"
#include "launch.h"
#include "loop.h"
#include "metrics.h"
#include "reaper.h"
#include "reset.h"
#include "server.h"
#include "terminal.h"
#include "transport.h"
#include "worker.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void usage(void)
{
    fprintf(stderr, "usage: sbx-agent --socket-fd N [--reset-fd N] [--no-cgroup | --cgroup DIR] "
                    "[--user-self]\n");
    exit(2);
}

/* The socket's fd; reset_fd is left alone when there is none. */
static int parse_options(int argc, char **argv, int *reset_fd)
{
    static const struct option options[] = {{"socket-fd", required_argument, NULL, 's'},
                                            {"reset-fd", required_argument, NULL, 'r'},
                                            {"no-cgroup", no_argument, NULL, 'c'},
                                            {"cgroup", required_argument, NULL, 'g'},
                                            {"user-self", no_argument, NULL, 'u'},
                                            {NULL, 0, NULL, 0}};
    int choice, fd = -1;

    while ((choice = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (choice == 's')
            fd = atoi(optarg);
        else if (choice == 'r')
            *reset_fd = atoi(optarg);
        else if (choice == 'c')
            agent_mode.no_cgroup = true;
        else if (choice == 'g')
            agent_mode.cgroup = optarg;
        else if (choice == 'u')
            agent_mode.user_self = true;
        else
            usage();
    }
    if (fd < 0 || optind != argc)
        usage();
    return fd;
}

/* Ignored signals would be inherited by every command. */
static void default_signals(void)
{
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
}

static bool after_batch(void)
{
    bool more = reaper_continue();
    more = server_flush() || more;
    cgroup_settle();
    return more;
}

int main(int argc, char **argv)
{
    int fd, reset_fd = -1;

    if (worker_asked_for(argc, argv))
        return worker_main(argc - 2, argv + 2);
    agent_boot_started = agent_clock(CLOCK_BOOTTIME);
    worker_init();
    agent_mode.init = getpid() == 1 && argc < 2;
    default_signals();
    if (agent_mode.init) {
        fd = boot(&reset_fd);
    } else {
        agent_redirect_stdio();
        fd = transport_open_inherited(parse_options(argc, argv, &reset_fd));
        if (reset_fd >= 0)
            transport_open_inherited(reset_fd);
        if (!agent_mode.no_cgroup)
            cgroup_init(agent_mode.cgroup != NULL ? agent_mode.cgroup : "/sys/fs/cgroup");
    }
    loop_init();
    reaper_init();
    launch_init();
    metrics_init();
    terminal_init();
    identity_init();
    server_init(fd);
    reset_init(reset_fd);
    agent_boot_ready = agent_clock(CLOCK_BOOTTIME);
    loop_run(after_batch);
}
