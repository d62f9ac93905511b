/* Terminals: an interactive shell in a fresh sandbox, with the size of this one, also when that
 * changes. Ctrl-D or `exit` ends it. */
#include <poll.h>
#include <sandbox/sandbox.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t resized;

static void on_resize(int number)
{
    (void)number;
    resized = 1;
}

static int fail(sbx_error *error)
{
    fprintf(stderr, "%s\n", sbx_error_message(error));
    sbx_error_free(error);
    return 1;
}

static struct winsize size_here(void)
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};

    ioctl(STDIN_FILENO, TIOCGWINSZ, &size);
    return size;
}

/* Hands on what comes at one end; 0 at its end. */
static int hand_on(int from, int to)
{
    char bytes[4096];
    ssize_t n = read(from, bytes, sizeof bytes);

    return n > 0 && write(to, bytes, (size_t)n) == n;
}

static void talk(sbx_process *process)
{
    int in = sbx_process_take_fd(process, SBX_STDIN);
    struct pollfd ends[] = {{.fd = sbx_process_fd(process, SBX_STDOUT), .events = POLLIN},
                            {.fd = STDIN_FILENO, .events = POLLIN}};

    for (;;) {
        int ready = poll(ends, 2, -1);

        if (resized) {
            struct winsize size = size_here();
            resized = 0;
            sbx_process_resize(process, size.ws_row, size.ws_col, NULL);
        }
        if (ready < 0)
            continue;
        if (ends[0].revents != 0 && !hand_on(ends[0].fd, STDOUT_FILENO))
            break;
        if (ends[1].revents != 0 && !hand_on(STDIN_FILENO, in)) {
            close(in); /* types the end of input */
            in = -1;
            ends[1].fd = -1;
        }
    }
    if (in >= 0)
        close(in);
}

int main(void)
{
    struct termios before, raw;
    struct winsize size = size_here();
    struct sigaction action = {.sa_handler = on_resize};
    sbx_command *command = sbx_command_new("bash");
    sbx_process *process = NULL;
    sbx_error *error = NULL;
    sbx *sandbox = NULL;
    int is_terminal = tcgetattr(STDIN_FILENO, &before) == 0;

    if (sbx_command_set_terminal(command, size.ws_row, size.ws_col, &error) < 0 ||
        sbx_command_set_stdio(command, SBX_STDIN, SBX_STDIO_PIPE, &error) < 0 ||
        sbx_create(NULL, &sandbox, &error) < 0 ||
        sbx_spawn(sandbox, command, &process, &error) < 0)
        return fail(error);
    sigaction(SIGWINCH, &action, NULL);
    if (is_terminal) {
        raw = before;
        cfmakeraw(&raw);
        tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    talk(process);
    if (is_terminal)
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
    if (sbx_process_wait(process, -1, &error) < 0)
        return fail(error);
    printf("the shell ended with %d\n", sbx_process_exit_code(process));
    sbx_process_unref(process);
    sbx_command_unref(command);
    sbx_unref(sandbox);
    return 0;
}
