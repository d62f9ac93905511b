/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process that stands for a virtual machine. It connects to the keeper's sockets as a VMM
 * would, writes to the console, and runs the real agent in a PID namespace of its own, so that
 * whatever runs "inside" dies with it. SIGTERM is how the driver ends it: the inside dies first.
 *
 * Between agent and keeper it passes bytes on and looks for magic words in what the agent says:
 *     FAKE-DIE       the VM dies at once
 *     FAKE-POWEROFF  the guest turns itself off
 *     FAKE-GARBAGE   the agent talks nonsense from here on
 * They are looked for in every mode. Modes:
 *     ok             nothing goes wrong
 *     never-answers  connects, but there is no agent
 *     never-connects does not even connect to the agent's socket
 *     dies-at-boot   dies before the agent runs; dies-once: only at the first attempt
 *     dies-in-start  like dies-at-boot, and its monitor has connected
 *     dies-warming   dies when it is told to warm up, as spares are
 *     short-lived    dies a second after it was told to warm up
 *     garbage        nonsense from the beginning
 *     slow=PATH      the agent starts when something can be read from the fifo PATH
 */
#include "fake-vm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define AGENT_FD 3
#define MAGIC_MAX 16

static const char console_text[] = "fake: Linux version 6.12\r\n"
                                   "fake: the last words \x1b[1m\xff\r\n";
static const char panic_text[] = "fake: Kernel panic - not syncing: no init found\r\n";

/* In the keeper's own script: what a spare runs before it waits (warm-up.c). */
static const char warm_up_text[] = "/bin/true";

static pid_t inside = -1;
static const char *mode = "";

static void die(const char *what)
{
    perror(what);
    exit(3);
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    /* A keeper that lost interest meanwhile has removed it. */
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        exit(4);
    return fd;
}

static void write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return;
        bytes += n;
        length -= (size_t)n;
    }
}

static void map_self(const char *path, unsigned int id)
{
    char text[64];
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int length = snprintf(text, sizeof text, "%u %u 1", id, id);

    if (fd < 0 || write(fd, text, (size_t)length) < 0)
        die(path);
    close(fd);
}

/* The keeper's /dev has no terminals; a guest has. Ours is made of the same devices. */
static void mount_devices(void)
{
    static const char *const names[] = {"null", "zero", "full", "random", "urandom"};
    char old[32], path[32];
    int fds[5];

    for (int i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "/dev/%s", names[i]);
        fds[i] = open(path, O_PATH | O_CLOEXEC);
    }
    if (mount("fake", "/dev", "tmpfs", MS_NOSUID, "mode=0755") < 0)
        die("tmpfs on /dev");
    for (int i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "/dev/%s", names[i]);
        snprintf(old, sizeof old, "/proc/self/fd/%d", fds[i]);
        close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
        if (mount(old, path, NULL, MS_BIND, NULL) < 0)
            die(path);
        close(fds[i]);
    }
    mkdir("/dev/pts", 0755);
    if (mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "ptmxmode=0666") < 0)
        die("devpts");
}

/* A PID namespace, so that all that runs inside dies with its PID 1. */
static void leave(void)
{
    unsigned int uid = geteuid();
    unsigned int gid = getegid();
    int fd;

    if (unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS) < 0) {
        /* Then what is inside outlives its VM, until the keeper's own namespace goes. */
        perror("unshare");
        return;
    }
    fd = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)!write(fd, "deny", 4);
        close(fd);
    }
    map_self("/proc/self/gid_map", gid);
    map_self("/proc/self/uid_map", uid);
    mount_devices();
}

/* Runs the agent; returns our end of its socket. */
static int run_agent(void)
{
    char *argv[] = {(char *)"sbx-agent", (char *)"--socket-fd", (char *)"4", (char *)"--no-cgroup",
                    (char *)"--user-self", NULL};
    int ends[2];
    sigset_t none;

    leave();
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        die("socketpair");
    inside = fork();
    if (inside < 0)
        die("fork");
    if (inside == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getpid() == 1 && mount("proc", "/proc", "proc", 0, NULL) < 0)
            die("/proc");
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        if (ends[1] != 4 && dup2(ends[1], 4) < 0)
            die("dup2");
        fcntl(4, F_SETFD, 0);
        fcntl(AGENT_FD, F_SETFD, FD_CLOEXEC);
        fexecve(AGENT_FD, argv, environ);
        die("fexecve");
    }
    close(ends[1]);
    return ends[0];
}

static void end(int code)
{
    if (inside > 0) {
        kill(inside, SIGKILL);
        while (waitpid(inside, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    _exit(code);
}

static void talk_nonsense(int keeper)
{
    char bytes[4096];
    unsigned int seed = 20260102;

    for (size_t i = 0; i < sizeof bytes; i++) {
        seed = seed * 1103515245u + 12345u;
        bytes[i] = (char)(seed >> 16);
    }
    write_all(keeper, bytes, sizeof bytes);
}

static int has_magic(const char *bytes, size_t length, const char *word)
{
    return memmem(bytes, length, word, strlen(word)) != NULL;
}

static void obey(const char *bytes, size_t length, int keeper)
{
    if (has_magic(bytes, length, "FAKE-DIE"))
        end(5);
    if (has_magic(bytes, length, "FAKE-POWEROFF"))
        end(0);
    if (has_magic(bytes, length, "FAKE-GARBAGE"))
        talk_nonsense(keeper);
}

/* What a spare runs before it waits tells that this is one. */
static void see_warm_up(const char *bytes, size_t length)
{
    if (!has_magic(bytes, length, warm_up_text))
        return;
    if (strcmp(mode, "dies-warming") == 0)
        end(5);
    if (strcmp(mode, "short-lived") == 0)
        alarm(1);
}

/* Passes on what one side said; FALSE at its end. */
static int pass(int from, int to, int keeper)
{
    static char buffer[MAGIC_MAX + 65536]; /* the end of the agent's last piece, and this one */
    ssize_t n = read(from, buffer + MAGIC_MAX, sizeof buffer - MAGIC_MAX);

    if (n < 0 && errno == EINTR)
        return 1;
    if (n <= 0)
        return 0;
    if (to == keeper) {
        obey(buffer, (size_t)n + MAGIC_MAX, keeper);
        write_all(to, buffer + MAGIC_MAX, (size_t)n);
        memmove(buffer, buffer + n, MAGIC_MAX);
    } else {
        see_warm_up(buffer + MAGIC_MAX, (size_t)n);
        write_all(to, buffer + MAGIC_MAX, (size_t)n);
    }
    return 1;
}

static void serve(int keeper, int agent, int signals)
{
    struct pollfd ready[3] = {{.fd = signals, .events = POLLIN},
                              {.fd = keeper, .events = POLLIN},
                              {.fd = agent, .events = POLLIN}};

    for (;;) {
        if (poll(ready, 3, -1) < 0 && errno != EINTR)
            die("poll");
        if (ready[0].revents != 0)
            end(FAKE_VM_KILLED);
        /* A VMM outlives both connections; the driver is who ends it. */
        if (ready[1].revents != 0 && !pass(keeper, agent, keeper))
            ready[1].fd = -1;
        if (ready[2].revents != 0 && !pass(agent, keeper, keeper))
            ready[2].fd = -1;
    }
}

/* Waits for the test, or for the end. */
static void wait_at_gate(const char *path, int signals)
{
    struct pollfd ready[2] = {{.fd = signals, .events = POLLIN}, {.events = POLLIN}};

    /* Writable too, so that it does not hang up between two writers. */
    ready[1].fd = open(path, O_RDWR | O_CLOEXEC);
    if (ready[1].fd < 0)
        die(path);
    while (poll(ready, 2, -1) < 0 && errno == EINTR)
        ;
    if (ready[0].revents != 0)
        end(FAKE_VM_KILLED);
    close(ready[1].fd);
}

int fake_vm_main(int argc, char **argv)
{
    int agent = -1;
    int keeper = -1;
    int console;
    int first;
    int signals;
    sigset_t mask;

    if (argc < 7)
        return 2;
    mode = argv[2];
    sigemptyset(&mask);
    sigaddset(&mask, SIGTERM);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    signal(SIGPIPE, SIG_DFL);
    signals = signalfd(-1, &mask, SFD_CLOEXEC);
    first = strchr(argv[3] + 8, '-') == NULL;
    console = connect_to(argv[5]);
    write_all(console, console_text, sizeof console_text - 1);
    if (strcmp(mode, "never-connects") != 0)
        keeper = connect_to(argv[4]);
    if (strcmp(mode, "dies-in-start") == 0)
        connect_to(argv[6]);
    if (strcmp(mode, "dies-at-boot") == 0 || strcmp(mode, "dies-in-start") == 0 ||
        (strcmp(mode, "dies-once") == 0 && first)) {
        write_all(console, panic_text, sizeof panic_text - 1);
        return 6;
    }
    if (strncmp(mode, "slow=", 5) == 0)
        wait_at_gate(mode + 5, signals);
    if (strcmp(mode, "garbage") == 0)
        talk_nonsense(keeper);
    else if (strncmp(mode, "never-", 6) != 0)
        agent = run_agent();
    serve(keeper, agent, signals);
    return 0;
}
