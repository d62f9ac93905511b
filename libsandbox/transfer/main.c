/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sbx-transfer: the host's side of transfers, in a process of its own, so that what a guest sends
 * is not taken apart within the user's program. It speaks the language of the guest's workers, see
 * subprojects/agent/tar/command.h:
 *
 *   sbx-transfer create OPTIONS -- SOURCE...     archive to descriptor 4
 *   sbx-transfer extract OPTIONS -- TARGET       archive from descriptor 4
 *   sbx-transfer relay MAX-BYTES                 bytes from descriptor 4 to 5
 *
 * Messages go to descriptor 3. The work ends when nobody reads them any more.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "transfer/confine.h"
#include "transfer/relay.h"

enum { REPORT_FD = 3, STREAM_FD = 4, OTHER_FD = 5, PIPE_BYTES = 1 << 20, EXIT_WRONG_USE = 2 };

/* Our end of a pipe: we must never block in it, or we would not see that the work is not wanted any
 * more. A larger pipe saves changes between its ends. */
static void prepare_stream(void)
{
    int flags = fcntl(STREAM_FD, F_GETFL);

    if (flags >= 0)
        fcntl(STREAM_FD, F_SETFL, flags | O_NONBLOCK);
    fcntl(STREAM_FD, F_SETPIPE_SZ, PIPE_BYTES);
}

/* Whatever the calling program does to signals, its umask or its descriptors is its own affair. */
static void detach_from_caller(unsigned int last_fd)
{
    close_range(last_fd + 1, ~0U, 0);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    umask(022);
}

int main(int argc, char **argv)
{
    const char *word = argc > 2 ? argv[1] : "";
    struct tar_command command = {
        .stream_fd = STREAM_FD, .watch_fd = REPORT_FD, .report_fd = REPORT_FD, .progress = true};

    if (strcmp(word, "relay") == 0) {
        detach_from_caller(OTHER_FD);
        return relay(argv[2], STREAM_FD, OTHER_FD, REPORT_FD);
    }
    detach_from_caller(STREAM_FD);
    prepare_stream();
    if (strcmp(word, "create") == 0) {
        command.confine = confine_reader;
        return tar_command_create(argc - 1, argv + 1, &command);
    }
    if (strcmp(word, "extract") == 0) {
        command.confine = confine_writer;
        return tar_command_extract(argc - 1, argv + 1, &command);
    }
    return EXIT_WRONG_USE;
}
