/* transport.c: finding and opening the byte stream to the host. */
#include "transport.h"

#include "agent.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool port_has_name(const char *port, const char *wanted)
{
    char path[512], name[128];

    snprintf(path, sizeof path, "/sys/class/virtio-ports/%s/name", port);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, name, sizeof name - 1);
    close(fd);
    if (n <= 0)
        return false;
    name[n] = 0;
    name[strcspn(name, "\n")] = 0;
    return strcmp(name, wanted) == 0;
}

int transport_open_virtio_serial(const char *port_name)
{
    char path[512];
    struct dirent *entry;
    int fd = -1;

    DIR *dir = opendir("/sys/class/virtio-ports");
    while (dir != NULL && fd < 0 && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.' || !port_has_name(entry->d_name, port_name))
            continue;
        snprintf(path, sizeof path, "/dev/%s", entry->d_name);
        fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0)
            agent_fatal("cannot open %s: %s", path, strerror(errno));
    }
    if (dir != NULL)
        closedir(dir);
    return fd;
}

int transport_open_inherited(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        agent_fatal("fd %d is not usable: %s", fd, strerror(errno));
    return fd;
}
