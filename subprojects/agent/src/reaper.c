/* reaper.c: SIGCHLD by signalfd; every signal is blocked in the agent, and nothing is handled. */
#include "reaper.h"

#include "agent.h"
#include "cgroup.h"
#include "loop.h"
#include "process.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* A fork bomb's corpses must not keep the agent from answering. */
enum { BATCH = 128 };

static struct source child_source = {.fd = -1};
static bool pending;

static void children_ready(struct source *source, uint32_t events)
{
    struct signalfd_siginfo info;

    (void)events;
    /* However many children died, the signal is there once. */
    pending = read(source->fd, &info, sizeof info) > 0 || pending;
}

void reaper_init(void)
{
    sigset_t set;

    sigfillset(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0 || !loop_add(&child_source, fd, EPOLLIN, children_ready))
        agent_fatal("signalfd: %s", strerror(errno));
}

bool reaper_continue(void)
{
    struct rusage usage;
    int status;
    bool orphans = false;

    if (!pending)
        return false;
    for (int i = 0; i < BATCH; i++) {
        pid_t pid = wait4(-1, &status, WNOHANG, &usage);
        if (pid <= 0) {
            pending = false;
            break;
        }
        if (!process_exited(pid, status, &usage))
            orphans = true;
    }
    if (orphans)
        cgroup_collect();
    return pending;
}
