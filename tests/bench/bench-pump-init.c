/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The guest of the raw pump: an init with nothing between it and the virtio-serial port. It reads
 * requests, 'o' (send) or 'i' (take in) and eight bytes of length, and answers the latter with one
 * byte at the end.
 */
#include <endian.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As much as the agent moves at a time. */
#define CHUNK 65536

static char buffer[CHUNK];

/* Loads what the list in the initramfs says is needed to boot. */
static void load_modules(void)
{
    char line[256], name[128], group[32], path[160];
    FILE *list = fopen("/modules/list", "r");

    while (list != NULL && fgets(line, sizeof line, list) != NULL) {
        int fd;

        if (sscanf(line, "%127s %31s", name, group) != 2 || strcmp(group, "boot") != 0)
            continue;
        snprintf(path, sizeof path, "/modules/%s", name);
        fd = open(path, O_RDONLY);
        if (fd >= 0) {
            syscall(SYS_finit_module, fd, "", 0);
            close(fd);
        }
    }
    if (list != NULL)
        fclose(list);
}

static int read_all(int fd, void *to, size_t length)
{
    char *at = to;

    while (length > 0) {
        ssize_t n = read(fd, at, length);

        if (n <= 0)
            return 0;
        at += n;
        length -= (size_t)n;
    }
    return 1;
}

static void serve(int fd)
{
    char request[9];

    while (read_all(fd, request, sizeof request)) {
        uint64_t left;

        memcpy(&left, request + 1, sizeof left);
        left = be64toh(left);
        while (left > 0) {
            size_t want = left < CHUNK ? (size_t)left : CHUNK;
            ssize_t n = request[0] == 'o' ? write(fd, buffer, want) : read(fd, buffer, want);

            if (n <= 0)
                return;
            left -= (uint64_t)n;
        }
        if (request[0] == 'i' && write(fd, "k", 1) != 1)
            return;
    }
}

int main(void)
{
    char path[64];
    int fd = -1;

    if (getpid() != 1)
        return 0;
    mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
    load_modules();
    for (int device = 0; device < 4 && fd < 0; device++) {
        snprintf(path, sizeof path, "/dev/vport%dp1", device);
        fd = open(path, O_RDWR);
    }
    if (fd >= 0)
        serve(fd);
    reboot(RB_POWER_OFF);
    return 0;
}
