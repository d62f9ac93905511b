/* modules.c: reads /modules/list ("name.ko group" a line, in load order) and loads by group. */
#include "modules.h"

#include "agent.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOLDER "/modules/"

/* False when it needs a symbol of a module that is not there yet. */
static bool load(const char *name)
{
    char path[256];
    bool loaded = true;

    snprintf(path, sizeof path, FOLDER "%s", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        agent_fatal("cannot open %s: %s", path, strerror(errno));
    if (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST && errno != ENODEV) {
        loaded = false;
        if (errno != ENOENT)
            agent_fatal("cannot load %s: %s", path, strerror(errno));
    }
    close(fd);
    return loaded;
}

static bool load_group(const char *group)
{
    char line[256], name[128], of[32];
    bool loaded = true;
    FILE *list = fopen(FOLDER "list", "re");

    if (list == NULL)
        return true;
    while (loaded && fgets(line, sizeof line, list) != NULL)
        if (sscanf(line, "%127s %31s", name, of) == 2 && strcmp(of, group) == 0)
            loaded = load(name);
    fclose(list);
    return loaded;
}

void modules_load(const char *group)
{
    if (!load_group(group))
        agent_fatal("a module of group %s needs one that is missing", group);
}

pid_t modules_load_begin(const char *group)
{
    pid_t child = fork();

    if (child < 0)
        agent_fatal("fork: %s", strerror(errno));
    if (child == 0)
        _exit(load_group(group) ? 0 : 1);
    return child;
}

void modules_load_end(pid_t aside, const char *group)
{
    int status;

    if (waitpid(aside, &status, 0) != aside || status != 0)
        modules_load(group);
}

/* The device id of /sys/bus/virtio/devices/NAME, or 0. */
static unsigned long virtio_device_id(const char *name)
{
    char path[512], text[32];

    snprintf(path, sizeof path, "/sys/bus/virtio/devices/%s/device", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = 0;
    return strtoul(text, NULL, 16);
}

void modules_load_for_devices(void)
{
    enum { NET = 1, RNG = 4, VSOCK = 19 };
    bool net = false, rng = false, vsock = false;
    struct dirent *entry;
    DIR *devices = opendir("/sys/bus/virtio/devices");

    while (devices != NULL && (entry = readdir(devices)) != NULL) {
        unsigned long id = virtio_device_id(entry->d_name);
        net |= id == NET;
        rng |= id == RNG;
        vsock |= id == VSOCK;
    }
    if (devices != NULL)
        closedir(devices);
    if (rng)
        modules_load("rng");
    if (net)
        modules_load("net");
    if (vsock)
        modules_load("vsock");
}

void modules_delete_files(void)
{
    struct dirent *entry;
    DIR *folder = opendir(FOLDER);

    while (folder != NULL && (entry = readdir(folder)) != NULL)
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder != NULL)
        closedir(folder);
}
