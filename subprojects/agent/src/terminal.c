/* terminal.c: the master's side. Input and output each have a descriptor of it, both non-blocking,
 * which the pumps treat like pipes; the terminal hangs up when both are closed. A master whose
 * terminal has no user left reads EIO, which the pumps take for the end that it is. */
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

/* Debian's group "tty", which programs that write to others' terminals belong to. */
enum { TTY_GROUP = 5 };

static int pts_fd = -1;

void terminal_init(void)
{
    pts_fd = open("/dev/pts", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int open_master(void)
{
    enum { FLAGS = O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC };

    int fd = openat(pts_fd, "ptmx", FLAGS);
    /* Where only the device outside of the file system is for everybody. */
    return fd >= 0 ? fd : open("/dev/ptmx", FLAGS);
}

static int set_size(int fd, const struct sbx_size *size)
{
    struct winsize window = {.ws_row = (unsigned short)size->rows,
                             .ws_col = (unsigned short)size->columns};
    return ioctl(fd, TIOCSWINSZ, &window);
}

/* Without its path, which may lead elsewhere by now. */
static int open_command_end(int master, const struct user *owner)
{
    int unlocked = 0;

    if (ioctl(master, TIOCSPTLCK, &unlocked) < 0)
        return -1;
    int fd = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0 && owner != NULL &&
        (fchown(fd, owner->uid, TTY_GROUP) < 0 || fchmod(fd, 0620) < 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

int terminal_open(struct process *process, const struct sbx_size *size, const struct user *owner)
{
    int master = open_master();
    if (master < 0)
        return -1;
    int other = fcntl(master, F_DUPFD_CLOEXEC, 3);
    int end = set_size(master, size) == 0 ? open_command_end(master, owner) : -1;
    if (other < 0 || end < 0) {
        int error = errno;
        close(master);
        if (other >= 0)
            close(other);
        if (end >= 0)
            close(end);
        errno = error;
        return -1;
    }
    process->terminal = true;
    /* What is taken and not wanted is closed with the process. */
    if (output_adopt(&process->outputs[0], master) && input_adopt(process, other))
        return end;
    close(end);
    errno = ENOMEM;
    return -1;
}

int terminal_resize(const struct process *process, const struct sbx_size *size)
{
    int fd = process->outputs[0].source.fd;

    /* The kernel tells the foreground processes (SIGWINCH). */
    return fd >= 0 && set_size(fd, size) == 0 ? 0 : EIO;
}

size_t terminal_end(int fd, uint8_t last, uint8_t out[TERMINAL_END_MAX])
{
    struct termios settings;

    if (tcgetattr(fd, &settings) < 0 || (settings.c_lflag & (ICANON | ISIG)) == 0)
        return 0;
    out[0] = out[1] = settings.c_cc[VEOF];
    /* A program that edits lines by itself, as shells do, takes it as a key. */
    if ((settings.c_lflag & ICANON) == 0)
        return 1;
    /* Within a line the first only hands over what there is of it. */
    return last == 0 || last == '\n' || last == '\r' || last == settings.c_cc[VEOF] ? 1 : 2;
}
