/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The guest of what bench compares with: says that it runs and turns the machine off. Anywhere else
 * than as an init it does nothing: that is the program of the empty fork and exec.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    static const char text[] = "\nINIT RUNS\n";
    int fd;

    /* PID 1 can also be a container's. */
    if (getpid() != 1 || argc < 1 || strcmp(argv[0], "/init") != 0)
        return 0;
    mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
    fd = open("/dev/ttyS0", O_WRONLY);
    if (fd >= 0 && write(fd, text, sizeof text - 1) > 0)
        fsync(fd);
    reboot(RB_POWER_OFF);
    return 0;
}
