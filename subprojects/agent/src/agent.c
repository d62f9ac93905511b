/* agent.c: the ways the agent ends, and its clock. Nothing else is ever printed. */
#include "agent.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/reboot.h>
#include <time.h>
#include <unistd.h>

struct agent_mode agent_mode;
uint64_t agent_boot_started;
uint64_t agent_boot_ready;
static int console = STDERR_FILENO;

uint64_t agent_clock(int clock)
{
    struct timespec now = {0};
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void agent_set_console(int fd)
{
    console = fd;
}

void agent_redirect_stdio(void)
{
    int fd = open("/dev/null", O_RDWR);
    if (fd < 0)
        return;
    dup2(fd, 0);
    dup2(fd, 1);
    if (agent_mode.init || fcntl(2, F_GETFD) < 0)
        dup2(fd, 2);
    if (fd > 2)
        close(fd);
}

_Noreturn void agent_end(int status)
{
    /* No sync: the disk is thrown away with the machine. */
    if (agent_mode.init) {
        reboot(RB_POWER_OFF);
        reboot(RB_HALT_SYSTEM);
    }
    exit(status);
}

_Noreturn void agent_fatal(const char *format, ...)
{
    va_list args;

    dprintf(console, "sbx-agent: fatal: ");
    va_start(args, format);
    vdprintf(console, format, args);
    va_end(args);
    dprintf(console, "\n");
    agent_end(1);
}
