/* boot.c: the order of things as PID 1. */
#include "boot.h"

#include "agent.h"
#include "cgroup.h"
#include "modules.h"
#include "mount.h"
#include "protocol.h"
#include "transport.h"

#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_COMMAND_LINE = 4096, MAX_DEVICE = 128 };

static void open_console(void)
{
    int fd = open("/dev/console", O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd >= 0)
        agent_set_console(fd);
}

/* The value of "key=" on the kernel command line; out is left alone when there is none. */
static void command_line_value(const char *line, const char *key, char *out, size_t size)
{
    size_t length = strlen(key);

    for (const char *at = line; *at != 0; at += strspn(at, " \n")) {
        size_t word = strcspn(at, " \n");
        if (word > length && strncmp(at, key, length) == 0 && word - length < size) {
            memcpy(out, at + length, word - length);
            out[word - length] = 0;
        }
        at += word;
    }
}

static void read_command_line(char line[MAX_COMMAND_LINE])
{
    int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, line, MAX_COMMAND_LINE - 1) : 0;

    line[n > 0 ? n : 0] = 0;
    if (fd >= 0)
        close(fd);
}

static void loopback_up(void)
{
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return;
    if (ioctl(fd, SIOCGIFFLAGS, &request) == 0) {
        request.ifr_flags |= IFF_UP;
        ioctl(fd, SIOCSIFFLAGS, &request);
    }
    close(fd);
}

static void escape_oom_killer(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "-1000", 5) < 0)
        agent_fatal("cannot set the agent's OOM score");
    close(fd);
}

static int open_port(void)
{
    int port = transport_open_virtio_serial(SBX_PROTO_PORT_NAME);
    if (port < 0)
        agent_fatal("no virtio-serial port is named %s", SBX_PROTO_PORT_NAME);
    return port;
}

int boot(int *reset_port)
{
    char line[MAX_COMMAND_LINE];
    char root[MAX_DEVICE] = "/dev/vda", scratch[MAX_DEVICE] = "/dev/vdb";

    umask(022);
    mount_early();
    agent_redirect_stdio();
    open_console();
    read_command_line(line);
    command_line_value(line, "sbx.root=", root, sizeof root);
    command_line_value(line, "sbx.scratch=", scratch, sizeof scratch);
    pid_t overlay = modules_load_begin("overlay");
    modules_load("boot");
    /* Not before the driver has them: a device file is there before its disk can be opened. */
    pid_t disks = mount_disks_begin(root, scratch);
    modules_load_for_devices();
    modules_load_end(overlay, "overlay");
    modules_delete_files();
    int port = open_port();
    mount_root(disks);
    mount_late();
    escape_oom_killer();
    cgroup_init("/sys/fs/cgroup");
    loopback_up();
    /* Last: the driver names one port after the other, and a machine need not have this one. */
    *reset_port = transport_open_virtio_serial(SBX_PROTO_RESET_PORT_NAME);
    return port;
}
