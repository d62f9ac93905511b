/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx: the command line of libsandbox. Reads the command line and hands over to a command. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "help.h"
#include "parse.h"
#include "report.h"
#include "terminal.h"

/* A standard stream that is closed would be given to the next file opened. Writing to standard output
 * still fails then: what is lost must not look like success. */
static void ensure_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            if (open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY) != fd)
                _exit(EXIT_SANDBOX);
}

static int print_help(const struct invocation *inv)
{
    if (inv->command)
        help_print_command(stdout, inv->command);
    else if (inv->group)
        help_print_group(stdout, inv->group);
    else
        help_print(stdout);
    return EXIT_SUCCESS;
}

static int dispatch(const struct invocation *inv)
{
    if (invocation_has(inv, OPT_NO_COLOR))
        terminal_disable_color();
    if (inv->usage_error) {
        report_failure(inv, SBX_E_INVALID, inv->usage_error, inv->usage_hint);
        return EXIT_USAGE;
    }
    if (invocation_has(inv, OPT_HELP))
        return print_help(inv);
    if (invocation_has(inv, OPT_VERSION))
        return cmd_version(inv);
    if (inv->command)
        return inv->command->run(inv);
    if (inv->group)
        help_print_group(stderr, inv->group);
    else
        help_print(stderr);
    return EXIT_USAGE;
}

/* What was printed may still fail to be written: a full disk must not look like success. */
static int finish_output(const struct invocation *inv, int status)
{
    g_autofree char *text = NULL;

    if (!ferror(stdout) && fflush(stdout) == 0)
        return status;
    if (errno != EPIPE) {
        text = g_strdup_printf("cannot write standard output: %s", g_strerror(errno));
        report_failure(inv, SBX_E_SYSTEM, text, NULL);
    }
    return status ? status : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct invocation inv;
    int status;

    ensure_standard_streams();
    invocation_parse(&inv, argc, argv);
    status = finish_output(&inv, dispatch(&inv));
    invocation_clear(&inv);
    return status;
}
